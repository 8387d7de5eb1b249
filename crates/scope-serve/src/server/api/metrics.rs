//! Figures over time: of one node, or of all that a filter takes, each by itself or taken together by a label.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use scope_core::limits::cut;
use scope_core::{NodeId, Timestamp, state};
use scope_render::graph::Graph;
use scope_render::view::{Selection, find};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::Query;
use super::json::{self, Written};
use super::node::{PointOut, unknown};
use super::question::{read_filter, registry};
use super::{Allowed, Read};
use crate::server::app::{App, now};
use crate::server::problem::ProblemDetails;
use crate::server::series::{Aggregate, POINTS, Range, aggregate, readable};

/// Lines of one answer.
const LINES: usize = 100;
/// Seconds that a range spans, where the caller names no beginning.
const SPAN_SECS: i64 = 15 * 60;
/// Seconds between points, where the caller names none.
const STEP_SECS: u32 = 15;

/// Which figure, of what, and when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MetricsQuery {
    /// The figure, or what filters call it: `cpu_pct`, `cpu`.
    metric: String,
    /// Of one node only, by its id.
    id: Option<String>,
    /// Of the nodes of this kind: `container`, `process`, `host`, `image`.
    #[param(inline)]
    kind: Option<Kind>,
    /// Of the nodes that match: `app:web`.
    filter: Option<String>,
    /// When to begin; 15 minutes ago where absent.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// When to end; now where absent.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Seconds between points. Below 15 only the last 15 seconds are known.
    #[param(minimum = 1, maximum = 3600)]
    step: Option<u32>,
    /// Nodes that have the same value of this are one line: `label:app`, `compose_project`.
    by: Option<String>,
    /// How several nodes become one line; without `by` all of them do.
    #[param(inline)]
    aggregate: Option<How>,
}

/// How several nodes become one line.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum How {
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
    /// The largest.
    Max,
}

/// A kind of node with figures.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Containers.
    Container,
    /// Processes.
    Process,
    /// Hosts.
    Host,
    /// Images.
    Image,
}

/// Figures over time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Lines {
    /// The figure.
    metric: String,
    /// The first point that was asked for.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// The last point that was asked for.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Seconds between points.
    step: u32,
    /// The lines, those with the largest figures first; at most 100.
    lines: Vec<Line>,
    /// How many lines there are.
    lines_total: usize,
}

/// One line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Line {
    /// The node, where the line is one node's.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The node's name, or the value that its nodes have in common.
    name: String,
    /// How many nodes it is made of.
    nodes: usize,
    /// What is known, in order of time.
    points: Vec<PointOut>,
}

/// Figures over time.
#[utoipa::path(
    get, path = "/api/v1/metrics", tag = "nodes", params(MetricsQuery),
    responses(
        (status = 200, body = Lines),
        (status = 400, description = "The range, the step or the filter cannot be understood", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "There is no such node", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn query(caller: Allowed<Read>, State(app): State<Arc<App>>, Query(query): Query<MetricsQuery>) -> Result<Written, ProblemDetails> {
    let range = range(&query)?;
    let shared = Arc::clone(&app);
    let identity = caller.identity.clone();
    app.read(identity, move |state| {
        let metric = figure(state, &query.metric)?;
        let groups = groups(state, &query)?;
        let how = match query.aggregate {
            Some(How::Avg) => Aggregate::Avg,
            Some(How::Max) => Aggregate::Max,
            Some(How::Sum) | None => Aggregate::Sum,
        };
        let mut lines: Vec<Line> = groups
            .into_iter()
            .map(|(name, ids)| {
                let single = (query.id.is_some() || (query.by.is_none() && query.aggregate.is_none())).then(|| ids.first().map(ToString::to_string)).flatten();
                let found = shared.live.series().query(&caller.identity.tenant, &ids, &metric, range, now());
                let points = if let [line] = found.as_slice() { line.clone() } else { aggregate(&found, how) };
                Line { id: single, name, nodes: ids.len(), points: points.into_iter().map(PointOut::from).collect() }
            })
            .filter(|line| !line.points.is_empty())
            .collect();
        let largest = |line: &Line| line.points.iter().map(PointOut::largest).fold(f32::NEG_INFINITY, f32::max);
        // Stable: equals stay in the order of their nodes.
        lines.sort_by(|a, b| largest(b).total_cmp(&largest(a)));
        let lines_total = lines.len();
        lines.truncate(LINES);
        json::write(&Lines { metric: metric.clone(), from: range.from, to: range.to, step: range.step_secs, lines, lines_total })
    })
    .await
}

fn range(query: &MetricsQuery) -> Result<Range, ProblemDetails> {
    let bad = |detail: String| ProblemDetails::new(StatusCode::BAD_REQUEST, detail);
    let to = query.to.unwrap_or_else(now);
    let from = query.from.unwrap_or_else(|| Timestamp::from_micros(to.as_micros().saturating_sub((SPAN_SECS - 1) * 1_000_000)));
    let step_secs = query.step.unwrap_or(STEP_SECS);
    if !(1..=3600).contains(&step_secs) {
        return Err(bad(format!("step is {step_secs}; it is 1 to 3600 seconds")));
    }
    if from > to {
        return Err(bad("`from` is later than `to`".to_owned()));
    }
    let points = to.as_micros().saturating_sub(from.as_micros()) / 1_000_000 / i64::from(step_secs);
    if points >= POINTS as i64 {
        return Err(bad(format!("that makes {points} points; an answer has {POINTS} at most: make the step longer, or the range shorter")));
    }
    Ok(Range { from, to, step_secs })
}

/// The name of the figure that is asked for. One that nobody knows is a typing error.
fn figure(state: &state::State, asked: &str) -> Result<String, ProblemDetails> {
    let registry = registry(state);
    let figures = || registry.resolve(asked).into_iter().filter(|target| target.key.is_none());
    let is_figure = |target: &scope_core::field::Target| registry.unit(target).is_some_and(scope_core::field::Unit::is_figure);
    if let Some(known) = figures().find(is_figure) {
        return Ok(known.field.to_string());
    }
    // A plugin's figure needs no record of its own, and has a past while nobody has it now.
    let is_name = asked.len() <= 128 && asked.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b':'));
    let near: Vec<String> = registry.suggest(asked).into_iter().map(|near| format!("`{near}`")).collect();
    let graph = Graph::build(state);
    if (is_name && near.is_empty() && !registry.knows(asked)) || (0..graph.len() as u32).any(|node| graph.metric(node, asked).is_some()) {
        return Ok(asked.to_owned());
    }
    let near = if near.is_empty() { String::new() } else { format!("; near to it are {}", near.join(", ")) };
    Err(ProblemDetails::new(StatusCode::BAD_REQUEST, format!("there is no figure `{}`{near}", cut(asked, 80).escape_debug())))
}

/// The nodes of each line, by its name.
fn groups(state: &state::State, query: &MetricsQuery) -> Result<Vec<(String, Vec<NodeId>)>, ProblemDetails> {
    let graph = Graph::build(state);
    if let Some(id) = &query.id {
        let node = graph.find(id).ok_or_else(|| unknown(id))?;
        let ids = readable(state, id.parse().ok());
        return Ok(vec![(graph.label(node).to_owned(), ids)]);
    }
    let registry = registry(state);
    let filter = query.filter.as_deref().map(|text| read_filter(text, &registry)).transpose()?;
    let view = match query.kind.unwrap_or(Kind::Container) {
        Kind::Container => "containers",
        Kind::Process => "processes",
        Kind::Host => "hosts",
        Kind::Image => "images",
    };
    let Some(view) = find(view) else { return Ok(Vec::new()) };
    let group_by = query.by.as_deref().map(|by| scope_render::view::GroupBy::parse(by, &registry)).transpose();
    let group_by = group_by.map_err(|error| ProblemDetails::new(StatusCode::BAD_REQUEST, format!("could not group: {error}")))?;
    let selection = Selection { filter: filter.as_ref(), show: &["all"], group_by: group_by.as_ref(), now: Some(now()), ..Selection::default() };
    let rendered = view.project(&graph, &selection);
    let mut groups = BTreeMap::new();
    for node in rendered.nodes.iter().filter(|node| !node.role.is_outside()) {
        let ids = readable(state, rendered.members(node).iter().filter_map(|member| graph.id(*member).parse().ok()));
        if !ids.is_empty() {
            groups.insert(node.id.to_string(), (node.name.to_string(), ids));
        }
    }
    let groups: Vec<(String, Vec<NodeId>)> = groups.into_values().collect();
    Ok(if query.by.is_none() && query.aggregate.is_some() {
        let all: Vec<NodeId> = groups.into_iter().flat_map(|(_, ids)| ids).collect();
        if all.is_empty() { Vec::new() } else { vec![(view.title.to_owned(), all)] }
    } else {
        groups
    })
}
