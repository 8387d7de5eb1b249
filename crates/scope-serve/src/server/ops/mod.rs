//! What those who run a server look at: whether it lives, whether it is ready, and figures of itself and of containers.

mod counters;
mod health;
mod metrics;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::app::App;

pub(super) use counters::Counters;

/// Routes outside of the API, where tools expect them.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/healthz", get(health::healthz)).route("/readyz", get(health::readyz)).route("/metrics", get(metrics::metrics))
}

/// The same for this machine alone, where nobody has an identity: of metrics the server's own figures, and no agent's or container's.
pub(super) fn admin(app: Arc<App>) -> Router {
    let routes = Router::new().route("/healthz", get(health::healthz)).route("/readyz", get(health::readyz)).route("/metrics", get(metrics::own));
    routes.with_state(app)
}
