//! Subscriptions over a WebSocket: one for each socket, pings, and a close frame that says why. How messages travel is `socket`'s business.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::socket::{Socket, Upgrade};
use super::{SubscribeQuery, bad, open};
use crate::server::api::extract::Query;
use crate::server::api::{Allowed, Read};
use crate::server::app::App;
use crate::server::problem::ProblemDetails;
use crate::server::views::{Kind, Subscription};

/// How often the other end is asked for a sign of life.
const PING: Duration = Duration::from_secs(20);
/// Silence after which it is taken for dead.
const SILENCE: Duration = Duration::from_mins(1);
/// How long one message may take on its way into the network.
const SEND: Duration = Duration::from_secs(30);

/// A view or a node kept current, over a WebSocket.
///
/// The first message is a snapshot; what follows are changes of structure and of figures. Each has a number, and a snapshot has an epoch: with both,
/// `resume` goes on after a break. A subscriber that is too slow gets a fresh snapshot.
#[utoipa::path(
    get, path = "/api/v1/subscribe", tag = "subscriptions", params(SubscribeQuery),
    responses(
        (status = 101, description = "The socket is open"),
        (status = 400, description = "It is no upgrade, or cannot be understood", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "There is no such view or node", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 426, description = "The connection cannot be upgraded", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "This caller has too many subscriptions", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "There are too many subscriptions", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn subscribe(
    caller: Allowed<Read>,
    State(app): State<Arc<App>>,
    Query(query): Query<SubscribeQuery>,
    upgrade: Result<Upgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ProblemDetails> {
    let deflated: fn(Kind) -> bool = match query.encoding.as_deref() {
        None => |_| false,
        Some("deflate") => |_| true,
        Some("deflate-snapshots") => |kind| kind == Kind::Snapshot,
        Some(_) => return Err(bad("`encoding` is deflate or deflate-snapshots, or absent".to_owned())),
    };
    let upgrade = upgrade.map_err(|error| ProblemDetails::new(error.status(), format!("{}; /api/v1/events has the same without", error.body_text())))?;
    let (subscription, place) = open(&app, caller.identity, query).await?;
    let over = caller.standing.over();
    Ok(upgrade.open(move |socket| async move {
        serve(socket, subscription, &app, deflated, over).await;
        drop(place);
    }))
}

async fn serve(mut socket: Socket, mut subscription: Subscription, app: &App, deflated: fn(Kind) -> bool, over: impl Future<Output = ()>) {
    let mut over = pin!(over);
    let mut ping = interval(PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    loop {
        let sent = tokio::select! {
            () = app.stopping() => break close(&mut socket, CloseCode::Away, "the server ends").await,
            () = &mut over => break close(&mut socket, CloseCode::Policy, "sign in again").await,
            message = subscription.next() => match message {
                Some(message) if deflated(message.kind()) => timeout(SEND, socket.send(false, message.deflated())).await,
                Some(message) => timeout(SEND, socket.send(true, message.bytes())).await,
                None => break close(&mut socket, CloseCode::Away, "the server ends").await,
            },
            said = socket.heard() => match said {
                Ok(()) => {
                    heard = Instant::now();
                    continue;
                }
                Err(_) => break,
            },
            _ = ping.tick() => {
                if heard.elapsed() > SILENCE {
                    break close(&mut socket, CloseCode::Policy, "no sign of life").await;
                }
                timeout(SEND, socket.ping()).await
            }
        };
        if !matches!(sent, Ok(Ok(()))) {
            break;
        }
    }
}

async fn close(socket: &mut Socket, code: CloseCode, reason: &'static str) {
    // Whoever is gone need not be told.
    let _ = timeout(Duration::from_secs(1), socket.close(code, reason)).await;
}
