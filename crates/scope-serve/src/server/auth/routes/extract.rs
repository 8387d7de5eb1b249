//! Arguments of handlers: the caller once it is known to be allowed, then bodies, paths and queries, whose rejections are problem details too.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::server::auth::{Action, Caller, Identity, Refused, Target, authorize};

/// A caller that may read what its tenant has. These come first among a handler's arguments, so that nothing of a request is read before.
pub(super) struct MayRead(pub(super) Identity);

/// A caller that may read settings.
pub(super) struct MayReadSettings(pub(super) Identity);

/// A caller that may change settings.
pub(super) struct MayChangeSettings(pub(super) Identity);

async fn allowed<S: Sync>(parts: &mut Parts, state: &S, action: Action) -> Result<Identity, Refused> {
    let Caller(identity) = Caller::from_request_parts(parts, state).await?;
    authorize(&identity, action, Target::Tenant(&identity.tenant))?;
    Ok(identity)
}

impl<S: Sync> FromRequestParts<S> for MayRead {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        allowed(parts, state, Action::Read).await.map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for MayReadSettings {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        allowed(parts, state, Action::ReadSettings).await.map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for MayChangeSettings {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        allowed(parts, state, Action::ChangeSettings).await.map(Self)
    }
}

/// A body of JSON.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let body = Json::from_request(request, state).await;
        body.map(|Json(body)| Self(body)).map_err(|rejection| Refused::Malformed(rejection.status(), rejection.body_text()))
    }
}

/// The one variable part of a path.
pub(super) struct Part(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Part {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(part)| Self(part)).map_err(|rejection| Refused::Malformed(rejection.status(), rejection.body_text()))
    }
}

/// A query.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let query = Query::from_request_parts(parts, state).await;
        query.map(|Query(query)| Self(query)).map_err(|rejection| Refused::Malformed(rejection.status(), rejection.body_text()))
    }
}
