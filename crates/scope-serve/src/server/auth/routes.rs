//! Routes of identities: sessions, tokens, enrolments, the audit.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use super::Auth;

/// All of them.
pub fn routes(auth: Arc<Auth>) -> OpenApiRouter {
    OpenApiRouter::new().with_state(auth)
}
