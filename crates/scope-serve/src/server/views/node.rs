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
    /// What a process runs in: its container, or its host where it is in none. Names of processes alone tell nobody who talks.
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<Relative<'a>>,
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

/// The container that a process is in, else its host; nothing for what is no process.
fn home(graph: &Graph<'_>, node: u32) -> Option<u32> {
    if graph.kind(node) != "process" {
        return None;
    }
    let above = graph.above(node);
    let nearest = |kind: &str| above.iter().copied().find(|one| graph.kind(*one) == kind);
    nearest("container").or_else(|| nearest("host"))
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
        within: home(graph, *peer).map(|home| relative(graph, home)),
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use scope_core::state::State;
    use serde_json::{Value, json};

    use super::super::tests::records;
    use super::*;

    const DB: &str = "container:1111111111111111111111111111111111111111111111111111111111111111";
    const API: &str = "container:2222222222222222222222222222222222222222222222222222222222222222";

    #[test]
    fn a_process_that_talks_is_told_with_what_it_is_in() {
        let node = |id: &str, kind: &str, parents: &[&str]| json!({"record":"node","agent":"a","source":"x","id":id,"kind":kind,"name":kind,"parents":parents});
        let flow = |owner: &str| {
            json!({"record":"flow","agent":"a","source":"x","side":"client","proto":"tcp","owner":owner,"server":DB,"server_addr":"net:x|10.0.0.9:5432",
                "dialled":"net:x|10.0.0.9:5432","since":"2026-11-21T18:34:00Z","last_seen":"2026-11-21T18:35:00Z","open":1,"opened_total":1,"ports":[],"seen_by":["sock_diag"]})
        };
        let events = [
            node("host:a", "host", &[]),
            node(DB, "container", &["host:a"]),
            node(API, "container", &["host:a"]),
            node("process:a:1:1", "process", &[API]),
            node("process:a:2:1", "process", &["host:a"]),
            flow("process:a:1:1"),
            flow("process:a:2:1"),
            flow(API),
        ];
        let mut state = State::default();
        for record in records(&events, 1) {
            let _ = state.apply(record);
        }
        let graph = Graph::build(&state);
        let db = graph.find(DB);
        let told = serde_json::to_value(full(&graph, db, &connections(&graph, db.unwrap()))).unwrap();
        let within: Vec<(&Value, &Value)> = told["connections"].as_array().unwrap().iter().map(|one| (&one["peer"]["id"], &one["within"]["id"])).collect();
        let expected = [(json!(API), Value::Null), (json!("process:a:1:1"), json!(API)), (json!("process:a:2:1"), json!("host:a"))];
        assert_eq!(within, expected.iter().map(|(peer, within)| (peer, within)).collect::<Vec<_>>());
    }
}
