//! Time limits of request bodies: a body that trickles holds nothing up.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use crate::server::app::App;

/// Routes whose bodies are streams, which only pauses end.
const STREAMS: [&str; 1] = ["/api/v1/records"];

/// Ends a request's body with an error when it pauses too long, or takes too long as a whole.
pub(super) async fn limit_time(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let limits = app.config.limits;
    let whole = (!STREAMS.iter().any(|path| request.uri().path().ends_with(path))).then_some(limits.body);
    next.run(request.map(|body| limited(body, limits.body_pause, whole))).await
}

fn limited(body: Body, pause: Duration, whole: Option<Duration>) -> Body {
    let end = whole.map(|whole| Instant::now() + whole);
    Body::from_stream(stream::unfold(Some(body.into_data_stream()), move |body| async move {
        let mut body = body?;
        let pauses = Instant::now() + pause;
        let deadline = end.map_or(pauses, |end| end.min(pauses));
        match tokio::time::timeout_at(deadline, body.next()).await {
            Ok(Some(Ok(bytes))) => Some((Ok(bytes), Some(body))),
            Ok(Some(Err(error))) => Some((Err(error), None)),
            Ok(None) => None,
            Err(_) => Some((Err(axum::Error::new(std::io::Error::from(std::io::ErrorKind::TimedOut))), None)),
        }
    }))
}
