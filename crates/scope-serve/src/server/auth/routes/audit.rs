//! `/api/v1/audit`: what was done and what was refused.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::extract::{Asked, MayReadSettings};
use super::on_disk;
use crate::server::auth::{Auth, Refused};
use crate::server::problem::ProblemDetails;
use crate::server::store::AuditPage;

/// Which part of the audit.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// Entries before this number; the newest without.
    before: Option<u64>,
    /// At most so many, up to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// The audit, the newest entry first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "identity", params(Page), responses(
    (status = 200, body = AuditPage), (status = 422, body = ProblemDetails)
))]
pub(super) async fn list(
    State(auth): State<Arc<Auth>>,
    MayReadSettings(identity): MayReadSettings,
    Asked(page): Asked<Page>,
) -> Result<Json<AuditPage>, Refused> {
    let limit = page.limit.unwrap_or(100);
    if !(1..=1000).contains(&limit) {
        return Err(Refused::Invalid("`limit` lies between 1 and 1000".to_owned()));
    }
    let found = on_disk(auth, move |auth| {
        // What waits for the disk belongs to the answer.
        auth.flush()?;
        Ok(auth.store().audited(&identity.tenant, page.before, limit)?)
    });
    Ok(Json(found.await?))
}
