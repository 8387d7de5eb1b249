//! One node in full: facts and figures as the field registry names them, what it belongs to, what belongs to it, and its connections.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use scope_core::field::{Field, Registry, Unit};
use scope_core::limits::cut;
use scope_core::{CompactString, NodeId, Number, Timestamp, Value, state};
use scope_render::graph::Graph;
use serde::Serialize;
use utoipa::ToSchema;

use super::connections::{EndOut, ends};
use super::extract::{NoQuery, Path};
use super::json::{self, Written};
use super::question::registry;
use super::shape::TroubleOut;
use super::{Allowed, Read, words};
use crate::server::app::{App, now};
use crate::server::problem::ProblemDetails;
use crate::server::series::{Point, Range};

/// Nodes that belong to one, in one answer.
const CHILDREN: usize = 1000;
/// Seconds of figures in an answer.
const FIGURES_SECS: i64 = 15 * 60;
/// Seconds between their points.
const STEP_SECS: u32 = 15;
/// Seconds of figures that come second by second.
const LATEST_SECS: i64 = 15;

/// A node in full.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeFull<'a> {
    /// Its id.
    id: &'a str,
    /// Its kind.
    kind: &'a str,
    /// Its name for people.
    name: &'a str,
    /// The agents that speak of it.
    agents: Vec<&'a str>,
    /// The sources that speak of it.
    sources: Vec<&'a str>,
    /// When this was made.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Facts, in the order in which they are to be shown.
    attrs: Vec<AttrOut<'a>>,
    /// Figures, in the order in which they are to be shown.
    metrics: Vec<MetricOut<'a>>,
    /// Where it can be reached.
    endpoints: Vec<EndpointOut>,
    /// All that it belongs to, nearest first.
    parents: Vec<Relative<'a>>,
    /// What belongs to it directly, by kind and id; at most 1,000.
    children: Vec<Relative<'a>>,
    /// How many nodes belong to it directly.
    children_total: usize,
    /// Connections that come in, its parts' among them.
    connections_in: Vec<EndOut<'a>>,
    /// Connections that go out, its parts' among them.
    connections_out: Vec<EndOut<'a>>,
    /// How many kinds of connections come in; at most 1,000 are listed.
    connections_in_total: usize,
    /// How many go out; at most 1,000 are listed.
    connections_out_total: usize,
    /// What could not be seen or done of it.
    problems: Vec<TroubleOut<'a>>,
}

/// A fact.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttrOut<'a> {
    /// Its name.
    name: &'a str,
    /// Its name for people.
    label: String,
    /// Its unit.
    #[schema(schema_with = words::units)]
    unit: &'static str,
    /// How it is shown.
    #[schema(schema_with = words::manners)]
    show: &'static str,
    /// What it is.
    #[schema(value_type = serde_json::Value)]
    value: &'a Value,
}

/// A figure, now and over time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricOut<'a> {
    /// Its name.
    name: &'a str,
    /// Its name for people.
    label: String,
    /// Its unit.
    #[schema(schema_with = words::units)]
    unit: &'static str,
    /// How it is shown.
    #[schema(schema_with = words::manners)]
    show: &'static str,
    /// What it is now.
    #[schema(value_type = f64)]
    value: Number,
    /// The last 15 seconds, second by second.
    latest: Vec<PointOut>,
    /// The last 15 minutes, in steps of 15 seconds.
    points: Vec<PointOut>,
}

/// A figure over one step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PointOut {
    /// When the step begins.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The mean over the step.
    mean: f32,
    /// The largest in the step.
    max: f32,
}

impl PointOut {
    /// The largest in the step.
    pub(super) fn largest(&self) -> f32 {
        self.max
    }
}

impl From<Point> for PointOut {
    fn from(point: Point) -> Self {
        Self { at: point.at, mean: point.mean, max: point.max }
    }
}

/// Where a node can be reached.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndpointOut {
    /// The address: `net:4be1|172.18.0.2:80/tcp`.
    at: String,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
}

/// A node that has to do with another.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Relative<'a> {
    /// Its id.
    pub(super) id: &'a str,
    /// Its kind.
    pub(super) kind: &'a str,
    /// Its name for people.
    pub(super) name: &'a str,
}

impl<'a> Relative<'a> {
    pub(super) fn of(graph: &'a Graph<'_>, node: u32) -> Self {
        Self { id: graph.id(node), kind: graph.kind(node), name: graph.label(node) }
    }
}

/// One node in full.
#[utoipa::path(
    get, path = "/api/v1/nodes/{id}", tag = "nodes",
    params(("id" = String, Path, description = "The node's id, such as `container:3f2a…`", max_length = 1024)),
    responses(
        (status = 200, body = NodeFull<'_>),
        (status = 404, description = "There is no such node", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show(caller: Allowed<Read>, State(app): State<Arc<App>>, Path(id): Path<String>, _: NoQuery) -> Result<Written, ProblemDetails> {
    let shared = Arc::clone(&app);
    let tenant = caller.identity.tenant.clone();
    app.read(caller.identity, move |state| {
        let graph = Graph::build(state);
        let node = graph.find(&id).ok_or_else(|| unknown(&id))?;
        let lines = |secs: i64, step_secs: u32| {
            let to = now();
            let from = Timestamp::from_micros(to.as_micros() - (secs - 1) * 1_000_000);
            // What nobody watches has no id of ours, and no figures.
            id.parse::<NodeId>().map(|id| shared.live.series().node(&tenant, &id, Range { from, to, step_secs }, to)).unwrap_or_default()
        };
        json::write(&full(state, &graph, node, lines(LATEST_SECS, 1), lines(FIGURES_SECS, STEP_SECS)))
    })
    .await
}

/// There is no such node, for this caller.
pub(super) fn unknown(id: &str) -> ProblemDetails {
    ProblemDetails::new(StatusCode::NOT_FOUND, format!("there is no node `{}`; /api/v1/search finds nodes by name", cut(id, 200)))
}

type Lines = std::collections::BTreeMap<CompactString, Vec<Point>>;

fn full<'a>(state: &'a state::State, graph: &'a Graph<'a>, node: u32, mut latest: Lines, mut points: Lines) -> NodeFull<'a> {
    let registry = registry(state);
    let mut attrs = graph.attrs(node);
    attrs.sort_by_key(|(name, _)| place(&registry, name));
    let mut metrics = graph.metrics(node);
    metrics.sort_by_key(|(name, _)| place(&registry, name));
    let line = |lines: &mut Lines, name: &str| lines.remove(name).unwrap_or_default().into_iter().map(PointOut::from).collect();
    let metric = |(name, value): (&'a str, Number)| {
        let (label, unit, show) = told(&registry, name);
        MetricOut { name, label, unit, show, value, latest: line(&mut latest, name), points: line(&mut points, name) }
    };
    let attr = |(name, value): (&'a str, &'a Value)| {
        let (label, unit, show) = told(&registry, name);
        AttrOut { name, label, unit, show, value }
    };
    let children: Vec<u32> = (0..graph.len() as u32).filter(|child| graph.parents(*child).contains(&node)).collect();
    let ((connections_in, connections_in_total), (connections_out, connections_out_total)) = ends(graph, node);
    let id = graph.id(node);
    NodeFull {
        id,
        kind: graph.kind(node),
        name: graph.label(node),
        agents: graph.speakers(node).into_iter().map(scope_core::AgentName::as_str).collect(),
        sources: graph.sources(node),
        at: now(),
        attrs: attrs.into_iter().map(attr).collect(),
        metrics: metrics.into_iter().map(metric).collect(),
        endpoints: graph.endpoints(node).map(|endpoint| EndpointOut { at: endpoint.at.to_string(), since: endpoint.since }).collect(),
        parents: graph.above(node).into_iter().map(|parent| Relative::of(graph, parent)).collect(),
        children_total: children.len(),
        children: children.into_iter().take(CHILDREN).map(|child| Relative::of(graph, child)).collect(),
        connections_in,
        connections_out,
        connections_in_total,
        connections_out_total,
        problems: TroubleOut::of_node(graph, id),
    }
}

/// Where a field stands among the others: known ones in the registry's order, others after them by name.
fn place<'a>(registry: &Registry, name: &'a str) -> (u32, &'a str) {
    (registry.get(name).map_or(u32::MAX, Field::priority), name)
}

/// Label, unit and manner of a field; of an unknown one what its name says.
fn told(registry: &Registry, name: &str) -> (String, &'static str, &'static str) {
    if let Some(field) = registry.get(name) {
        return (field.label().to_owned(), field.unit().as_str(), field.show().as_str());
    }
    let unit = Unit::of_name(name).unwrap_or(Unit::Text);
    (name.replace('_', " "), unit.as_str(), unit.default_show().as_str())
}
