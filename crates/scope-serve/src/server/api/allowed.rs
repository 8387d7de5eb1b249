//! The one way of a handler to its caller: [`Allowed`] asks `authorize` and only then gives the identity. [`decided`] makes sure that every route did.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::server::auth::{Action, Denied, Identity, Refused, Standing, Target, authorize};
use crate::server::problem::ProblemDetails;

/// What a handler does, as a type, so that it stands in its signature.
pub(crate) trait Doing: Send + Sync {
    /// The action that is asked for.
    const ACTION: Action;
}

/// Reads what the caller may see.
pub(crate) struct Read;

impl Doing for Read {
    const ACTION: Action = Action::Read;
}

/// Hands records in: for itself where it is an agent, else for any.
pub(crate) struct Push;

impl Doing for Push {
    const ACTION: Action = Action::Push;
}

/// Runs SQL over what the caller may see.
pub(crate) struct Query;

impl Doing for Query {
    const ACTION: Action = Action::Query;
}

/// Changes what the server keeps of its tenant.
pub(crate) struct Change;

impl Doing for Change {
    const ACTION: Action = Action::ChangeSettings;
}

/// The caller, who may do `A`.
pub(crate) struct Allowed<A> {
    pub(crate) identity: Identity,
    /// For streams, which end with it.
    pub(crate) standing: Standing,
    action: PhantomData<A>,
}

/// Stands in the extensions of a request: whether anybody asked what its caller may do.
#[derive(Clone, Debug, Default)]
struct Asked(Arc<AtomicBool>);

impl<A: Doing, S: Sync> FromRequestParts<S> for Allowed<A> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        if let Some(Asked(asked)) = parts.extensions.get() {
            asked.store(true, Ordering::Relaxed);
        }
        let identity = parts.extensions.get::<Identity>().cloned().ok_or(Denied::SignIn)?;
        let standing = parts.extensions.get::<Standing>().cloned().ok_or(Denied::SignIn)?;
        // An agent may push for itself; the tenant as a whole is not its to push for.
        let target = match (&identity.agent, A::ACTION) {
            (Some(agent), Action::Push) => Target::Agent(&identity.tenant, agent),
            _ => Target::Tenant(&identity.tenant),
        };
        authorize(&identity, A::ACTION, target)?;
        Ok(Self { identity, standing, action: PhantomData })
    }
}

/// Around every route: an answer of a handler that did not ask `authorize` does not leave.
pub(super) async fn decided(mut request: Request, next: Next) -> Response {
    let asked = Asked::default();
    request.extensions_mut().insert(asked.clone());
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    if asked.0.load(Ordering::Relaxed) || response.status() == StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    tracing::error!("the route of {path} answers without a decision about its caller");
    ProblemDetails::new(StatusCode::INTERNAL_SERVER_ERROR, "this route does not decide who may use it; please report it").into_response()
}
