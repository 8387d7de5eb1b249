//! What a request is answered that is not let in.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::Denied;
use crate::server::problem::ProblemDetails;
use crate::server::store::StoreError;

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The identity may not do that.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The token, code or credential is unknown, was revoked, or has ended.
    #[error("these credentials are not known here, were revoked, or have ended: sign in again, or ask an administrator for a token")]
    Unknown,
    /// A change with a session cookie and without its token.
    #[error("a change with a session needs its token in the header X-Scope-CSRF; GET /api/v1/session returns it")]
    Csrf,
    /// Too many failed attempts.
    #[error("too many failed attempts: try again in {0} s")]
    TooMany(u64),
    /// The request does not read.
    #[error("{1}")]
    Malformed(StatusCode, String),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// It is not there.
    #[error("{0}")]
    Missing(String),
    /// It is there already.
    #[error("{0}")]
    Conflict(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server itself.
    #[error("{0}")]
    Internal(String),
}

impl Refused {
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Denied(Denied::Role(_)) | Self::Csrf => StatusCode::FORBIDDEN,
            Self::Denied(Denied::Elsewhere) | Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Denied(Denied::SignIn) | Self::Unknown => StatusCode::UNAUTHORIZED,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Malformed(status, _) => *status,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(_) | Self::Store(StoreError::Limit { .. }) => StatusCode::CONFLICT,
            Self::Store(StoreError::DiskFull { .. }) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<Refused> for ProblemDetails {
    fn from(refused: Refused) -> Self {
        let detail = match &refused {
            // Where the files of the server are is nobody else's business.
            Refused::Store(error @ StoreError::Limit { .. }) => error.to_string(),
            Refused::Store(StoreError::DiskFull { .. }) => "the server's disk is full: free space there and try again; nothing was changed".to_owned(),
            Refused::Store(error) => {
                tracing::error!("{error}");
                "the server's database could not be used: its log says why; nothing was changed".to_owned()
            }
            Refused::Internal(error) => {
                tracing::error!("{error}");
                "the server failed: its log says why".to_owned()
            }
            other => other.to_string(),
        };
        Self::new(refused.status(), detail)
    }
}

impl From<Denied> for ProblemDetails {
    fn from(denied: Denied) -> Self {
        Refused::from(denied).into()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let retry_after = if let Self::TooMany(secs) = self { Some(HeaderValue::from(secs)) } else { None };
        let sign_in = self.status() == StatusCode::UNAUTHORIZED;
        let mut response = ProblemDetails::from(self).into_response();
        if let Some(secs) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, secs);
        }
        if sign_in {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"scope\""));
        }
        response
    }
}
