//! Whether the server lives (`/healthz`), and whether it is to be sent requests (`/readyz`). Both are open to everybody and say nothing of any state.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;

use crate::server::app::App;

/// Build and age of the server.
#[derive(Debug, Serialize)]
pub(super) struct Health {
    status: &'static str,
    version: &'static str,
    uptime_secs: u64,
}

pub(super) async fn healthz(State(app): State<Arc<App>>) -> Json<Health> {
    Json(health(&app, "ok"))
}

pub(super) async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, Json<Health>) {
    if app.is_stopping() { (StatusCode::SERVICE_UNAVAILABLE, Json(health(&app, "stopping"))) } else { (StatusCode::OK, Json(health(&app, "ok"))) }
}

fn health(app: &App, status: &'static str) -> Health {
    Health { status, version: env!("CARGO_PKG_VERSION"), uptime_secs: app.started.elapsed().as_secs() }
}
