//! SQL over a view: one SELECT, answered in a process of its own that has the state, no files, no network, and a deadline. What may be asked is decided
//! in the renderer, which reads the statement before polars does; what the process may do is set in `confine`.

#[cfg(feature = "sql")]
mod answer;
#[cfg(feature = "sql")]
mod confine;
#[cfg(feature = "sql")]
pub(in crate::server) mod worker;

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::extract::NoQuery;
use super::{Allowed, Query};
use crate::server::app::App;
use crate::server::problem::ProblemDetails;

/// A question.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SqlQuestion {
    /// One SELECT over the tables `nodes`, `edges` and `flows`.
    #[schema(example = "SELECT name, cpu_pct FROM nodes ORDER BY cpu_pct DESC LIMIT 10")]
    sql: String,
    /// The view whose tables they are; `containers` where absent.
    #[serde(default = "containers")]
    #[schema(example = "containers", default = "containers")]
    view: String,
    /// Only what matches is in the tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    filter: Option<String>,
}

fn containers() -> String {
    "containers".to_owned()
}

/// An answer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct SqlAnswer {
    /// The names of the columns.
    columns: Vec<String>,
    /// The rows, a value a column.
    rows: Vec<Vec<Value>>,
    /// Whether there were more rows than an answer has.
    cut: bool,
}

/// Answers one SELECT.
#[utoipa::path(
    post, path = "/api/v1/sql", tag = "records", request_body = SqlQuestion,
    responses(
        (status = 200, body = SqlAnswer),
        (status = 400, description = "It is no JSON", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "There is no such view", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 415, description = "The body is not said to be JSON", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "It is not one SELECT over the tables, or cannot be answered", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 501, description = "This build has no SQL", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Too many questions at once", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 504, description = "The answer took too long", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn ask(
    caller: Allowed<Query>,
    State(app): State<Arc<App>>,
    _: NoQuery,
    question: Result<axum::Json<SqlQuestion>, JsonRejection>,
) -> Result<Response, ProblemDetails> {
    let axum::Json(question) = question.map_err(|error| ProblemDetails::new(error.status(), error.body_text()))?;
    answer(&app, caller.identity, question).await
}

#[cfg(feature = "sql")]
async fn answer(app: &Arc<App>, identity: crate::server::auth::Identity, question: SqlQuestion) -> Result<Response, ProblemDetails> {
    answer::answer(app, identity, question).await
}

#[cfg(not(feature = "sql"))]
#[expect(clippy::unused_async, reason = "with SQL it waits for a process")]
async fn answer(_: &Arc<App>, _: crate::server::auth::Identity, _: SqlQuestion) -> Result<Response, ProblemDetails> {
    let detail = "this build has no SQL: `make release` builds it in; or GET /api/v1/records as Arrow, and ask DuckDB";
    Err(ProblemDetails::new(http::StatusCode::NOT_IMPLEMENTED, detail))
}
