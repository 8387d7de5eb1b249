//! `/api/v1/session`: signing in and out, and who one is.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse};
use axum::{Extension, Json};
use http::{HeaderMap, StatusCode, header};
use scope_core::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Body, MayRead};
use super::on_disk;
use crate::server::auth::{Auth, Identity, Peer, Refused, Role, Via};

/// What proves who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    /// A token, or the one-time code of the first start.
    token: String,
}

/// Who a caller is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WhoAmI {
    /// The token's name, or `loopback`.
    name: String,
    /// Whose state it reads.
    tenant: String,
    /// What it may do; absent for an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    /// The filter that it sees through; absent where it sees everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<String>,
    /// How it was proved: `loopback`, `token`, `session`, `agent`.
    via: Via,
    /// What each change has to carry in the header `X-Scope-CSRF`; only with a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf: Option<String>,
    /// When the session ends, where it was just opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Timestamp>,
}

impl WhoAmI {
    fn new(identity: Identity, csrf: Option<String>, expires: Option<Timestamp>) -> Self {
        let filter = identity.visibility.filter().map(ToString::to_string);
        Self { name: identity.name.into(), tenant: identity.tenant.to_string(), role: identity.role, filter, via: identity.via, csrf, expires }
    }
}

/// Open a session with a token or a one-time code. The answer sets a cookie.
#[utoipa::path(post, path = "/api/v1/session", tag = "identity", request_body = SignIn, responses((status = 200, body = WhoAmI)))]
pub(super) async fn sign_in(State(auth): State<Arc<Auth>>, Extension(peer): Extension<Peer>, Body(body): Body<SignIn>) -> Result<impl IntoResponse, Refused> {
    let signed_in = on_disk(auth, move |auth| auth.sign_in(&body.token, &peer)).await?;
    Ok((AppendHeaders([(header::SET_COOKIE, signed_in.cookie)]), Json(WhoAmI::new(signed_in.identity, Some(signed_in.csrf), Some(signed_in.expires)))))
}

/// Who the caller is, and the token that confirms changes of its session.
#[utoipa::path(get, path = "/api/v1/session", tag = "identity", responses((status = 200, body = WhoAmI)))]
pub(super) async fn show(
    State(auth): State<Arc<Auth>>,
    MayRead(identity): MayRead,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Json<WhoAmI>, Refused> {
    let csrf = if identity.via == Via::Session { auth.csrf(&headers, &peer)? } else { None };
    Ok(Json(WhoAmI::new(identity, csrf, None)))
}

/// End the session. The answer removes the cookie.
#[utoipa::path(delete, path = "/api/v1/session", tag = "identity", responses((status = 204)))]
pub(super) async fn sign_out(
    State(auth): State<Arc<Auth>>,
    _: MayRead,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refused> {
    let cookie = on_disk(auth, move |auth| auth.sign_out(&headers, &peer)).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, cookie)])))
}
