//! The routes of identities: sessions, tokens, enrolments, credentials of agents, the audit. Each asks `authorize`, but for [`OPEN`], by which identities are
//! proved in the first place.

mod audit;
mod enrolments;
mod extract;
mod sessions;
mod tokens;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Auth, Refused};

/// Routes that need no identity, by method and path: what is sent to them proves one. They are slowed down for addresses that fail.
pub const OPEN: [(&str, &str); 2] = [("POST", "/api/v1/session"), ("POST", "/api/v1/enrol")];

/// All of them, with their descriptions.
pub fn routes<S: Clone + Send + Sync + 'static>(auth: Arc<Auth>) -> OpenApiRouter<S> {
    OpenApiRouter::new()
        .routes(routes!(sessions::sign_in, sessions::show, sessions::sign_out))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(enrolments::enrol))
        .routes(routes!(enrolments::list, enrolments::create))
        .routes(routes!(enrolments::revoke))
        .routes(routes!(enrolments::agents))
        .routes(routes!(enrolments::revoke_agent))
        .routes(routes!(audit::list))
        .with_state(auth)
}

/// Does what waits for the disk where waiting is allowed.
async fn on_disk<T: Send + 'static>(auth: Arc<Auth>, work: impl FnOnce(&Auth) -> Result<T, Refused> + Send + 'static) -> Result<T, Refused> {
    match tokio::task::spawn_blocking(move || work(&auth)).await {
        Ok(done) => done,
        Err(panic) => Err(Refused::Internal(panic.to_string())),
    }
}
