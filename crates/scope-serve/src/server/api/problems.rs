//! What agents could not see or do, as far as it concerns what the caller may see.

use std::sync::Arc;

use axum::extract::State;
use scope_render::graph::Graph;
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::NoQuery;
use super::json::{self, Written};
use super::shape::TroubleOut;
use super::{Allowed, Read};
use crate::server::app::App;
use crate::server::problem::ProblemDetails;

/// All problems that hold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemList<'a> {
    /// The problems, by agent, source and message.
    problems: Vec<TroubleOut<'a>>,
}

/// What could not be seen or done, and what to do about it.
#[utoipa::path(get, path = "/api/v1/problems", tag = "agents", responses((status = 200, body = ProblemList<'_>)))]
pub(crate) async fn list(caller: Allowed<Read>, State(app): State<Arc<App>>, _: NoQuery) -> Result<Written, ProblemDetails> {
    app.read(caller.identity, |state| json::write(&ProblemList { problems: TroubleOut::all(&Graph::build(state)) })).await
}
