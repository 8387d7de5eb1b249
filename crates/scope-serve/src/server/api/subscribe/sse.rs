//! Subscriptions as Server-Sent Events, for networks that break WebSockets.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use tokio::time::timeout;

use super::{SubscribeQuery, bad, open};
use crate::server::api::extract::Query;
use crate::server::api::{Allowed, Read};
use crate::server::app::App;
use crate::server::problem::ProblemDetails;
use crate::server::views::{Kind, Message};

/// How often a silent stream says that it is there.
const ALIVE: Duration = Duration::from_secs(15);

/// A view or a node kept current, as Server-Sent Events.
///
/// The same messages as over the WebSocket, in events named `snapshot`, `change` and `figures`; `end` says that the server ends, or that the caller is to sign in again. Each has an id
/// `EPOCH-SEQ`: sent back as `Last-Event-ID`, as browsers do by themselves, the stream goes on there. A browser's `EventSource` works with a session's cookie;
/// with a token, read the stream by `fetch`.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "subscriptions", params(SubscribeQuery),
    responses(
        (status = 200, description = "Events without end", body = String, content_type = "text/event-stream"),
        (status = 400, description = "It cannot be understood", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "There is no such view or node", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "This caller has too many subscriptions", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "There are too many subscriptions", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn events(
    caller: Allowed<Read>,
    State(app): State<Arc<App>>,
    Query(mut query): Query<SubscribeQuery>,
    headers: HeaderMap,
) -> Result<Response, ProblemDetails> {
    if query.encoding.is_some() {
        return Err(bad("events are text: `encoding` is for the WebSocket".to_owned()));
    }
    if let Some(last) = headers.get("last-event-id").and_then(|id| id.to_str().ok()) {
        query.resume = Some(last.to_owned());
    }
    let (subscription, place) = open(&app, caller.identity, query).await?;
    let over = Box::pin(caller.standing.over());
    let events = stream::unfold(Some((subscription, place, app, over)), |open| async move {
        let (mut subscription, place, app, mut over) = open?;
        let event = tokio::select! {
            () = app.stopping() => None,
            () = &mut over => None,
            message = timeout(ALIVE, subscription.next()) => Some(message),
        };
        let (text, goes_on) = match event {
            Some(Ok(Some(message))) => (write(&message), true),
            Some(Err(_)) => (":\n\n".to_owned(), true),
            Some(Ok(None)) | None => ("event: end\ndata: {}\n\n".to_owned(), false),
        };
        Some((Ok::<_, Infallible>(Bytes::from(text)), goes_on.then_some((subscription, place, app, over))))
    });
    let mut response = Body::from_stream(events).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // nginx passes the stream on as it comes.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// A message as an event. JSON has no line breaks of its own.
fn write(message: &Message) -> String {
    let name = match message.kind() {
        Kind::Snapshot => "snapshot",
        Kind::Change => "change",
        Kind::Figures => "figures",
    };
    format!("id: {}-{}\nevent: {name}\ndata: {}\n\n", message.epoch(), message.seq(), message.json())
}
