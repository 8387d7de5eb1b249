//! One node in full: what it is, what it belongs to, what belongs to it, and its connections, as one message that is sent anew whenever something
//! but a figure changed, and figures by name.

use std::collections::BTreeMap;

use scope_core::{NodeId, Number, Protocol, Timestamp, Value};
use scope_render::graph::{Figures, Graph};
use serde::Serialize;

use super::channel::Channel;
use super::compute::Sent;
use super::message::Kind;
use super::picture::{EDGE_FIGURES, edge_figures};
use super::write::Json;

/// Most children and most connections told of one node; how many there are is told all the same.
const MOST: usize = 1000;

/// What subscribers of one node have.
#[derive(Debug, Default)]
pub(super) struct NodeKept {
    facts: String,
    metrics: BTreeMap<String, Number>,
    connections: Vec<[Option<u64>; 7]>,
}

#[derive(Serialize)]
struct Full<'a> {
    node: Option<Facts<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parents: Vec<Relative<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<Relative<'a>>,
    children_total: usize,
    connections: Vec<Connection<'a>>,
    connections_total: usize,
}

#[derive(Serialize)]
struct Facts<'a> {
    id: &'a str,
    kind: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    agents: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    endpoints: Vec<String>,
    attrs: BTreeMap<&'a str, &'a Value>,
}

#[derive(Clone, Copy, Serialize)]
struct Relative<'a> {
    id: &'a str,
    kind: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct Connection<'a> {
    direction: &'static str,
    peer: Relative<'a>,
    port: String,
}

/// All connections of one kind with one peer.
type Ends<'a> = BTreeMap<(&'static str, &'a str, Protocol, u16), (u32, Figures)>;

impl NodeKept {
    /// Tells what is new of the node.
    pub(super) fn compute(&mut self, channel: &Channel, id: &NodeId, graph: &Graph<'_>, at: Timestamp) -> Sent {
        let node = graph.find(id.as_str());
        let ends = node.map(|node| connections(graph, node)).unwrap_or_default();
        let facts = serde_json::to_string(&full(graph, node, &ends)).unwrap_or_default();
        let metrics: BTreeMap<String, Number> =
            node.map(|node| graph.metrics(node)).unwrap_or_default().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let figures: Vec<[Option<u64>; 7]> = ends.values().take(MOST).map(|(_, figures)| edge_figures(figures)).collect();
        let mut sent = Sent::default();
        if facts == self.facts {
            let moved: BTreeMap<&str, Option<Number>> = metrics
                .iter()
                .filter(|(name, value)| self.metrics.get(*name) != Some(value))
                .map(|(name, value)| (name.as_str(), Some(*value)))
                .chain(self.metrics.keys().filter(|name| !metrics.contains_key(*name)).map(|name| (name.as_str(), None)))
                .collect();
            let mut edges: Vec<(usize, usize, Option<u64>)> = Vec::new();
            for (number, (old, new)) in self.connections.iter().zip(&figures).enumerate() {
                edges.extend(old.iter().zip(new).enumerate().filter(|(_, (old, new))| old != new).map(|(figure, (_, new))| (number, figure, *new)));
            }
            if !moved.is_empty() || !edges.is_empty() {
                let mut json = Json::new("figures", channel.next_seq(), at);
                json.field("metrics", &moved);
                json.field("connections", &edges);
                sent.count(channel.send(Kind::Figures, json.end()));
            }
            (self.metrics, self.connections) = (metrics, figures);
        } else {
            (self.facts, self.metrics, self.connections) = (facts, metrics, figures);
            // The first computation of all makes the snapshot that everybody waits for.
            let mut json = Json::new("change", channel.next_seq(), at);
            self.whole(&mut json);
            sent.count(channel.send(Kind::Change, json.end()));
        }
        if channel.wants_snapshot() {
            let mut json = Json::new("snapshot", channel.seq(), at);
            json.field("epoch", &channel.epoch());
            json.edge_names_of_connections();
            self.whole(&mut json);
            channel.send_snapshot(json.end());
            sent.messages += 1;
        }
        sent
    }

    fn whole(&self, json: &mut Json) {
        json.key("full");
        json.raw(&self.facts);
        json.field("metrics", &self.metrics);
        json.field("connections", &self.connections);
    }
}

impl Json {
    fn edge_names_of_connections(&mut self) {
        self.field("connection_metrics", &EDGE_FIGURES);
    }
}

fn relative<'a>(graph: &'a Graph<'_>, node: u32) -> Relative<'a> {
    Relative { id: graph.id(node), kind: graph.kind(node), name: graph.label(node) }
}

fn full<'a>(graph: &'a Graph<'_>, node: Option<u32>, ends: &Ends<'a>) -> Full<'a> {
    let mut full = Full { node: None, parents: Vec::new(), children: Vec::new(), children_total: 0, connections: Vec::new(), connections_total: ends.len() };
    let Some(node) = node else { return full };
    full.node = Some(Facts {
        id: graph.id(node),
        kind: graph.kind(node),
        name: graph.label(node),
        agents: graph.speakers(node).into_iter().map(|agent| agent.as_str()).collect(),
        endpoints: graph.endpoints(node).map(|endpoint| endpoint.at.to_string()).collect(),
        attrs: graph.attrs(node).into_iter().collect(),
    });
    full.parents = graph.parents(node).iter().map(|parent| relative(graph, *parent)).collect();
    for child in (0..graph.len() as u32).filter(|child| graph.parents(*child).contains(&node)) {
        full.children_total += 1;
        if full.children.len() < MOST {
            full.children.push(relative(graph, child));
        }
    }
    let connection = |((direction, _, protocol, port), (peer, _)): (&(&'static str, &str, Protocol, u16), &(u32, Figures))| Connection {
        direction,
        peer: relative(graph, *peer),
        port: format!("{protocol}/{port}"),
    };
    full.connections = ends.iter().take(MOST).map(connection).collect();
    full
}

/// The connections of a node and of what belongs to it, with the outside.
fn connections<'a>(graph: &'a Graph<'_>, node: u32) -> Ends<'a> {
    let within = graph.within(node);
    let is_within = |end: u32| within.get(end as usize).copied().unwrap_or(false);
    let mut ends = Ends::new();
    for link in graph.links() {
        let (direction, peer) = match (is_within(link.from), is_within(link.to)) {
            (true, false) => ("out", link.to),
            (false, true) => ("in", link.from),
            _ => continue,
        };
        let place = ends.entry((direction, graph.id(peer), link.protocol, link.port)).or_insert_with(|| (peer, Figures::default()));
        place.1.add(link.figures);
    }
    ends
}
