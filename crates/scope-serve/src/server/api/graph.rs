//! One view as it is now: its nodes page by page, the edges that begin there, what is hidden, and why something is not to be seen.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use scope_core::Timestamp;
use scope_core::state;
use scope_render::graph::Graph;
use scope_render::view::{Rendered, View};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Path, Query};
use super::json::{self, Written};
use super::question::{Question, find_view};
use super::shape::{EdgeOut, HiddenOut, NodeOut, TroubleOut};
use super::words::{self, ROLES};
use super::{Allowed, Read};
use crate::server::app::{App, now};
use crate::server::problem::ProblemDetails;

/// Nodes of one page, where the caller names no number.
const PAGE: usize = 1000;
/// Nodes of one page, at most.
const MAX_PAGE: usize = 10_000;
/// What of a view is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GraphQuery {
    /// Only what matches: `cpu > 20 app:web -namespace:kube-system state:running`.
    filter: Option<String>,
    /// Nodes that share this are drawn as one: `label:KEY`, or an attribute such as `compose_project`.
    group_by: Option<String>,
    /// What the view leaves out by itself and is to be shown: words with commas between them, or `all`.
    show: Option<String>,
    /// Nodes of one page.
    #[param(minimum = 1, maximum = 10_000)]
    limit: Option<usize>,
    /// Where the page begins: `next` of the page before it.
    after: Option<String>,
    /// A node's id, the beginning of one, or a name: the answer says whether and why it is in the view.
    why: Option<String>,
}

/// A page of a view.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GraphPage<'a> {
    /// The view.
    view: &'static str,
    /// What its nodes were collapsed by instead of what the view says.
    #[serde(skip_serializing_if = "Option::is_none")]
    group_by: Option<&'a str>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The nodes of this page, in an order that does not change.
    nodes: Vec<NodeOut<'a>>,
    /// The edges whose client is on this page.
    edges: Vec<EdgeOut<'a>>,
    /// How many nodes there are on all pages.
    nodes_total: usize,
    /// How many edges there are on all pages.
    edges_total: usize,
    /// `after` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// What is not shown.
    hidden: HiddenOut,
    /// What agents could not see or do.
    problems: Vec<TroubleOut<'a>>,
    /// Whether and why the nodes that `why` names are in the view.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    why: Vec<Why>,
}

/// Whether and why a node is in a view.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Why {
    /// The node.
    id: String,
    /// `shown`, `within`, `left out`, `filtered`, `outside`, `gone` or `unknown`.
    #[schema(schema_with = words::verdicts)]
    verdict: &'static str,
    /// The reasons, the decisive one last.
    reasons: Vec<String>,
}

/// A view as it is now.
///
/// Large views come in pages: `next` of one is `after` of the next. The order is that of roles and ids, so a page neither repeats nor leaves out what
/// was there all the time.
#[utoipa::path(
    get, path = "/api/v1/views/{view}", tag = "views", params(("view" = String, Path, description = "The view's name"), GraphQuery),
    responses(
        (status = 200, body = GraphPage<'_>),
        (status = 400, description = "The filter, the grouping or the page cannot be understood", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "There is no such view", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show(
    caller: Allowed<Read>,
    State(app): State<Arc<App>>,
    Path(view): Path<String>,
    Query(query): Query<GraphQuery>,
) -> Result<Written, ProblemDetails> {
    let view = find_view(&view)?;
    app.read(caller.identity, move |state| page(view, &query, state)).await
}

fn page(view: &'static View, query: &GraphQuery, state: &state::State) -> Result<Written, ProblemDetails> {
    let graph = Graph::build(state);
    let question = Question::new(state, query.filter.as_deref(), query.group_by.as_deref(), query.show.as_deref())?;
    let selection = question.selection();
    let rendered = view.project(&graph, &selection);
    let (nodes, next) = turn(&rendered, query)?;
    let mut on_page = vec![false; rendered.nodes.len()];
    for node in &nodes {
        if let Some(on_page) = on_page.get_mut(*node) {
            *on_page = true;
        }
    }
    let begins_here = |from: u32| on_page.get(from as usize).copied().unwrap_or_default();
    let why = query.why.as_deref().map(|text| view.explain(state, &graph, &selection, text)).unwrap_or_default();
    json::write(&GraphPage {
        view: view.name,
        group_by: rendered.group_by,
        at: now(),
        nodes: nodes.iter().filter_map(|node| rendered.nodes.get(*node)).map(|node| NodeOut::of(&rendered, node)).collect(),
        edges: rendered.edges.iter().filter(|edge| begins_here(edge.from)).map(|edge| EdgeOut::of(&rendered, edge)).collect(),
        nodes_total: rendered.nodes.len(),
        edges_total: rendered.edges.len(),
        next,
        hidden: (&rendered.hidden).into(),
        problems: TroubleOut::all(&graph),
        why: why.into_iter().map(|found| Why { id: found.id, verdict: found.verdict.as_str(), reasons: found.reasons }).collect(),
    })
}

/// The nodes of the page, and where the next one begins.
fn turn(rendered: &Rendered<'_, '_>, query: &GraphQuery) -> Result<(Vec<usize>, Option<String>), ProblemDetails> {
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(ProblemDetails::new(StatusCode::BAD_REQUEST, format!("limit is {limit}; a page has 1 to {MAX_PAGE} nodes")));
    }
    let place = |at: usize| rendered.nodes.get(at).map(|node| (node.role, node.id.as_ref()));
    let mut order: Vec<usize> = (0..rendered.nodes.len()).collect();
    order.sort_by_key(|at| place(*at));
    let begin = match query.after.as_deref() {
        None => 0,
        Some(after) => {
            let wrong = || ProblemDetails::new(StatusCode::BAD_REQUEST, "`after` is none of the places that `next` named");
            let (role, id) = after.split_once(' ').ok_or_else(wrong)?;
            let last = ROLES.into_iter().find(|known| known.as_str() == role).ok_or_else(wrong)?;
            order.partition_point(|at| place(*at).is_some_and(|place| place <= (last, id)))
        }
    };
    let rest = order.split_off(begin);
    let next = (rest.len() > limit).then(|| rest.get(limit - 1).and_then(|at| place(*at))).flatten();
    let next = next.map(|(role, id)| format!("{} {id}", role.as_str()));
    Ok((rest.into_iter().take(limit).collect(), next))
}
