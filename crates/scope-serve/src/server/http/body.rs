//! Time limits of request bodies: a body that trickles holds nothing up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use http::StatusCode;
use tokio::time::Instant;

use crate::server::app::App;
use crate::server::problem::ProblemDetails;

/// Routes whose bodies are streams, which only pauses end.
const STREAMS: [&str; 1] = ["/api/v1/records"];

/// Ends a request's body with an error when it pauses too long, or takes too long as a whole. Whatever a route makes of that, the answer says what happened.
pub(super) async fn limit_time(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let limits = app.config.limits;
    let whole = (!STREAMS.iter().any(|path| request.uri().path().ends_with(path))).then_some(limits.body);
    let late = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&late);
    let response = next.run(request.map(|body| limited(body, limits.body_pause, whole, told))).await;
    if late.load(Ordering::Relaxed) && response.status().is_client_error() {
        let detail = match whole {
            Some(whole) => format!("the body did not come: it may pause for {:?}, and take {whole:?} as a whole", limits.body_pause),
            None => format!("the body did not come: it may pause for {:?}", limits.body_pause),
        };
        return ProblemDetails::new(StatusCode::REQUEST_TIMEOUT, detail).into_response();
    }
    response
}

fn limited(body: Body, pause: Duration, whole: Option<Duration>, late: Arc<AtomicBool>) -> Body {
    let end = whole.map(|whole| Instant::now() + whole);
    Body::from_stream(stream::unfold(Some((body.into_data_stream(), late)), move |body| async move {
        let (mut body, late) = body?;
        let pauses = Instant::now() + pause;
        let deadline = end.map_or(pauses, |end| end.min(pauses));
        match tokio::time::timeout_at(deadline, body.next()).await {
            Ok(Some(Ok(bytes))) => Some((Ok(bytes), Some((body, late)))),
            Ok(Some(Err(error))) => Some((Err(error), None)),
            Ok(None) => None,
            Err(_) => {
                late.store(true, Ordering::Relaxed);
                Some((Err(axum::Error::new(std::io::Error::from(std::io::ErrorKind::TimedOut))), None))
            }
        }
    }))
}
