//! What nodes, edges and problems look like in answers.

use scope_core::{Number, Timestamp, Value};
use scope_render::graph::{Figures, Graph, Trouble};
use scope_render::view::{Edge, Hidden, Node, Rendered, Role};
use serde::Serialize;
use utoipa::ToSchema;

use super::json::Pairs;
use super::words;

/// A node of a view.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeOut<'a> {
    /// Its id.
    #[schema(example = "container:3f2a9d1c5b7e80463f2a9d1c5b7e80463f2a9d1c5b7e80463f2a9d1c5b7e8046")]
    id: &'a str,
    /// Its kind; of a group the kind of what is in it.
    kind: &'a str,
    /// Its name for people.
    name: &'a str,
    /// What it is: `member` (of the view's kind), `group`, `stand_in` (an end of another kind), `uncontained` or `pseudo`.
    #[schema(schema_with = words::roles)]
    role: &'static str,
    /// How many nodes a group stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<usize>,
    /// What it belongs to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parents: Vec<&'a str>,
    /// The name of the container that a process is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<&'a str>,
    /// The agents that speak of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    agents: Vec<&'a str>,
    /// Facts.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    attrs: Pairs<'a, &'a Value>,
    /// Figures.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    #[schema(value_type = std::collections::BTreeMap<String, f64>)]
    metrics: Pairs<'a, Number>,
}

impl<'a> NodeOut<'a> {
    pub(super) fn of(rendered: &'a Rendered<'a, 'a>, node: &'a Node<'a>) -> Self {
        let members = rendered.members(node);
        let graph = rendered.graph();
        let parents = match members {
            [member] => graph.parents(*member).iter().map(|parent| graph.id(*parent)).collect(),
            _ => Vec::new(),
        };
        Self {
            id: &node.id,
            kind: node.kind,
            name: &node.name,
            role: node.role.as_str(),
            members: (node.role == Role::Group).then_some(members.len()),
            parents,
            within: rendered.within(node),
            agents: rendered.agents(node).into_iter().map(scope_core::AgentName::as_str).collect(),
            attrs: Pairs(rendered.attrs(node)),
            metrics: Pairs(rendered.metrics(node)),
        }
    }
}

/// Connections from a client to a server. Figures are seen from the client; what nobody could see is absent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EdgeOut<'a> {
    /// The client's id.
    from: &'a str,
    /// The server's id.
    to: &'a str,
    /// Protocols and ports: `tcp/80`.
    ports: Vec<String>,
    #[serde(flatten)]
    figures: FiguresOut,
    /// When the first was seen.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// When one was last open.
    #[schema(value_type = String, format = DateTime)]
    last_seen: Timestamp,
    /// What the server was called by those who dialled it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    server_names: Vec<&'a str>,
    /// The commands of clients that no process stands for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    commands: Vec<&'a str>,
    /// The sources that saw it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    seen_by: Vec<&'a str>,
}

impl<'a> EdgeOut<'a> {
    pub(super) fn of(rendered: &'a Rendered<'a, 'a>, edge: &Edge) -> Self {
        let id = |node: u32| rendered.nodes.get(node as usize).map_or("", |node| &*node.id);
        Self {
            from: id(edge.from),
            to: id(edge.to),
            ports: rendered.ports(edge).into_iter().map(|(protocol, port, _)| format!("{protocol}/{port}")).collect(),
            figures: edge.figures.into(),
            since: edge.since,
            last_seen: edge.last_seen,
            server_names: rendered.server_names(edge),
            commands: rendered.commands(edge),
            seen_by: rendered.seen_by(edge),
        }
    }
}

/// What went over connections, seen from the client.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FiguresOut {
    /// Connections open now.
    open: u64,
    /// Connections opened since the flow began.
    #[serde(skip_serializing_if = "Option::is_none")]
    opened_total: Option<u64>,
    /// Attempts that failed since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_total: Option<u64>,
    /// Bytes from client to server since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    tx_bytes_total: Option<u64>,
    /// Bytes from server to client since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    rx_bytes_total: Option<u64>,
    /// Segments sent again since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    retrans_total: Option<u64>,
    /// Round trip in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    rtt_us: Option<u64>,
}

impl From<Figures> for FiguresOut {
    fn from(figures: Figures) -> Self {
        let Figures { open, opened_total, failed_total, tx_bytes_total, rx_bytes_total, retrans_total, rtt_us } = figures;
        Self { open, opened_total, failed_total, tx_bytes_total, rx_bytes_total, retrans_total, rtt_us }
    }
}

/// What is not shown, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HiddenOut {
    /// Nodes that are not shown: by the word that shows them, or `filter`.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    nodes: Pairs<'static, u64>,
    /// Flows that are not shown: `of_hidden` (an end is hidden), `inside` (begins and ends in one node), `outside` (between ends outside of the view),
    /// `over` (an end is gone).
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    flows: Pairs<'static, u64>,
}

impl From<&Hidden> for HiddenOut {
    fn from(hidden: &Hidden) -> Self {
        let mut nodes: Vec<(&str, u64)> = hidden.by_default.iter().map(|(name, _, count)| (*name, *count)).collect();
        nodes.push(("filter", hidden.by_filter));
        let flows =
            vec![("of_hidden", hidden.flows_of_hidden), ("inside", hidden.flows_inside), ("outside", hidden.flows_outside), ("over", hidden.flows_over)];
        let some = |mut counts: Vec<(&'static str, u64)>| {
            counts.retain(|(_, count)| *count > 0);
            Pairs(counts)
        };
        Self { nodes: some(nodes), flows: some(flows) }
    }
}

/// Something that an agent could not see or do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TroubleOut<'a> {
    /// The agent that says it.
    agent: &'a str,
    /// Which part of it.
    source: &'a str,
    /// What failed, on what.
    message: &'a str,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    /// The node that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

impl<'a> TroubleOut<'a> {
    pub(super) fn all(graph: &Graph<'a>) -> Vec<Self> {
        graph.troubles().iter().map(Self::of).collect()
    }

    /// Those that concern one node.
    pub(super) fn of_node(graph: &Graph<'a>, id: &str) -> Vec<Self> {
        let concerns = |trouble: &&Trouble<'a>| trouble.problem.id.as_ref().is_some_and(|of| of.as_str() == id);
        graph.troubles().iter().filter(concerns).map(Self::of).collect()
    }

    fn of(trouble: &Trouble<'a>) -> Self {
        let problem = trouble.problem;
        Self {
            agent: trouble.agent.as_str(),
            source: trouble.source,
            message: &problem.message,
            hint: problem.hint.as_deref(),
            id: problem.id.as_ref().map(scope_core::NodeId::as_str),
        }
    }
}
