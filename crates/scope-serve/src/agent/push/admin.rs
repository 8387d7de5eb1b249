//! Figures and health of an agent that pushes, for this machine only.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use tokio::net::TcpListener;

use super::PushError;
use super::figures::Figures;

/// Listens at `at`.
pub(super) async fn bind(at: SocketAddr) -> Result<TcpListener, PushError> {
    if !at.ip().is_loopback() {
        let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, "not an address of this machine alone: take 127.0.0.1 or [::1]");
        return Err(PushError::Admin { at, source });
    }
    TcpListener::bind(at).await.map_err(|source| PushError::Admin { at, source })
}

/// Serves until it is dropped.
pub(super) async fn serve(listener: Option<TcpListener>, figures: Arc<Figures>) -> Infallible {
    if let Some(listener) = listener {
        let health = Arc::clone(&figures);
        let routes =
            Router::new()
                .route("/metrics", get(|| async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], figures.text()) }))
                .route(
                    "/healthz",
                    get(|| async move {
                        if health.is_up() { (StatusCode::OK, "up\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "the server cannot be reached\n") }
                    }),
                )
                .layer(middleware::from_fn(local));
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::warn!(%error, "figures and health are no longer served");
        }
    }
    std::future::pending().await
}

/// Pages of other sites reach this address through a browser; a name that leads here is not ours.
async fn local(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(host, |(name, _)| name);
    let ours = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    if ours && !request.headers().contains_key(header::ORIGIN) {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, "this address is for this machine\n").into_response()
    }
}
