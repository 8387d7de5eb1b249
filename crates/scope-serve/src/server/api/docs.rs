//! The OpenAPI document, and a page to browse it.

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};

use crate::server::app::App;

/// Where the document is. It describes the API and tells nothing of anybody's state, so it is open to everybody.
pub(super) fn routes(document: Arc<utoipa::openapi::OpenApi>) -> Router<Arc<App>> {
    Router::new().route("/api/v1/openapi.json", get(move || async move { Json(document.as_ref().clone()) }))
}
