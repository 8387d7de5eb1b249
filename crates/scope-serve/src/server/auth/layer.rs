//! Identification as a layer around routes, and the identity as an argument of their handlers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::{Auth, Denied, Identity, OPEN, Peer, Refused, Standing};
use crate::server::guard::{self, Guard};

/// Puts the guard, and within it the identification, around every route of `router`, its fallback and its upgrades. The listener must have put a
/// [`Peer`] into each request's extensions.
pub fn protect(router: Router, guard: Arc<Guard>, auth: Arc<Auth>) -> Router {
    router.layer(middleware::from_fn_with_state(auth, identify)).layer(middleware::from_fn_with_state(guard, guard::check))
}

async fn identify(State(auth): State<Arc<Auth>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Some(peer) = parts.extensions.get::<Peer>() else {
        return Refused::Internal("a request came without its peer: the listener must set it".to_owned()).into_response();
    };
    match auth.identify(&parts, peer) {
        Ok(identity) => {
            parts.extensions.insert(Standing::new(Arc::clone(&auth), identity.clone()));
            parts.extensions.insert(identity);
        }
        // Some routes need no identity. Those that do find none.
        Err(Refused::Denied(Denied::SignIn)) => {}
        // Whoever signs in again proves it anew, and the guard knows that no other site's page sent it: a session that is open has nothing to confirm.
        Err(Refused::Csrf) if is_open(&parts) => {}
        Err(refused) => return refused.into_response(),
    }
    next.run(Request::from_parts(parts, body)).await
}

/// Whether the request is for a route that needs no identity, under whichever base path.
fn is_open(parts: &Parts) -> bool {
    OPEN.iter().any(|(method, path)| parts.method == *method && parts.uri.path().ends_with(path))
}

/// Who asks: an argument of every handler that needs an identity. Without one the request is answered 401.
#[derive(Clone, Debug)]
pub struct Caller(pub Identity);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        parts.extensions.get::<Identity>().cloned().map(Self).ok_or(Refused::Denied(Denied::SignIn))
    }
}
