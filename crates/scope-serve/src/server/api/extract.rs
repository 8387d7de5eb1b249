//! Paths and queries of requests, whose refusals are problem details.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::server::problem::ProblemDetails;

/// The parts of the path.
pub(super) struct Path<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = ProblemDetails;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemDetails> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(path)| Self(path)).map_err(|error| ProblemDetails::new(error.status(), error.body_text()))
    }
}

/// What follows the question mark.
pub(super) struct Query<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ProblemDetails;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemDetails> {
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(query)| Self(query)).map_err(|error| ProblemDetails::new(error.status(), error.body_text()))
    }
}

/// No query at all: a parameter that nobody reads is a mistake of the caller.
pub(super) struct NoQuery;

impl<S: Send + Sync> FromRequestParts<S> for NoQuery {
    type Rejection = ProblemDetails;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ProblemDetails> {
        match parts.uri.query().unwrap_or_default() {
            "" => Ok(Self),
            query => {
                let query = scope_core::limits::cut(query, 80);
                Err(ProblemDetails::new(http::StatusCode::BAD_REQUEST, format!("this takes no parameters, and there are some: {query}")))
            }
        }
    }
}
