//! `/api/v1/tokens`: tokens of people and programs.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use scope_core::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Body, MayChangeSettings, MayReadSettings, Part};
use super::on_disk;
use crate::server::auth::{Auth, NewToken, Peer, Refused, Role};
use crate::server::problem::ProblemDetails;
use crate::server::store::{SecretHash, TokenRecord};

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenOut {
    /// What it is revoked by.
    id: String,
    /// What people call it.
    name: String,
    /// What it may do.
    role: Role,
    /// The filter that it sees through; absent where it sees everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    /// When it ends; absent where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Timestamp>,
    /// When it was last used, to a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used: Option<Timestamp>,
}

impl TokenOut {
    fn new(hash: &SecretHash, token: TokenRecord) -> Self {
        let TokenRecord { tenant: _, name, role, filter, created, expires, last_used } = token;
        Self { id: hash.id(), name, role, filter, created, expires, last_used }
    }
}

/// All tokens, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenList {
    tokens: Vec<TokenOut>,
}

/// A token that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenIn {
    /// What people call it.
    #[schema(example = "grafana")]
    name: String,
    /// What it may do.
    role: Role,
    /// The filter that it sees through; everything without.
    #[schema(example = "namespace:web")]
    filter: Option<String>,
    /// When it ends; never without.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Timestamp>,
}

/// A token that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenMade {
    /// The token itself: shown now and never again.
    secret: String,
    #[serde(flatten)]
    token: TokenOut,
}

/// The tokens, without their secrets.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "identity", responses((status = 200, body = TokenList)))]
pub(super) async fn list(State(auth): State<Arc<Auth>>, MayReadSettings(identity): MayReadSettings) -> Result<Json<TokenList>, Refused> {
    let tokens = on_disk(auth, move |auth| auth.tokens(&identity.tenant)).await?;
    Ok(Json(TokenList { tokens: tokens.into_iter().map(|(hash, token)| TokenOut::new(&hash, token)).collect() }))
}

/// Make a token. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "identity", request_body = TokenIn, responses(
    (status = 201, body = TokenMade),
    (status = 409, body = ProblemDetails)
))]
pub(super) async fn create(
    State(auth): State<Arc<Auth>>,
    MayChangeSettings(identity): MayChangeSettings,
    Extension(peer): Extension<Peer>,
    Body(body): Body<TokenIn>,
) -> Result<(StatusCode, Json<TokenMade>), Refused> {
    let new = NewToken { name: body.name, role: body.role, filter: body.filter, expires: body.expires };
    let (secret, token) = on_disk(auth, move |auth| auth.create_token(&identity.tenant, &identity.name, Some(peer.ip()), &new)).await?;
    let made = TokenMade { secret: secret.reveal().to_owned(), token: TokenOut::new(&secret.hash(), token) };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Revoke a token. Its sessions end with it.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "identity", params(("id" = String, Path, description = "As the list of tokens says")), responses((status = 204)))]
pub(super) async fn revoke(
    State(auth): State<Arc<Auth>>,
    MayChangeSettings(identity): MayChangeSettings,
    Extension(peer): Extension<Peer>,
    Part(id): Part,
) -> Result<StatusCode, Refused> {
    on_disk(auth, move |auth| auth.revoke_token(&identity.tenant, &identity.name, Some(peer.ip()), &id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
