//! Records: the one type that everything flows as. How they become bytes is [`crate::codec`]'s business, how they join [`crate::state`]'s.

use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::endpoint::OwnedEndpoint;
use crate::figures::Figures;
use crate::flow::{Connection, Flow, FlowKey};
use crate::id::{AgentName, NodeId, RunId};
use crate::time::Timestamp;
use crate::value::{Fields, Value};

/// When within its agent's life a record was said: the run, then the report of the run. The greater stamp is the later one; clocks decide nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// The run of the collector.
    pub run: RunId,
    /// The report of the run, from 1.
    pub seq: u64,
}

/// One self-contained record of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Who says it.
    pub agent: AgentName,
    /// When in the agent's life.
    pub stamp: Stamp,
    /// Which part of the agent says it, a word such as `docker`; empty on a tick, which speaks for the whole report.
    pub source: CompactString,
    /// When by the agent's clock.
    pub at: Timestamp,
    /// What is said.
    pub body: Body,
    /// Fields that this version does not know, kept for the next reader.
    pub extra: Fields<Value>,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Something exists.
    Node(Node),
    /// Connections of one kind exist.
    Flow(Box<Flow>),
    /// One connection, shown on demand.
    Connection(Box<Connection>),
    /// Something that was said earlier is over.
    Gone(Gone),
    /// Something could not be seen or done.
    Problem(Problem),
    /// How a plugin's field is to be shown.
    Field(FieldRecord),
    /// The end of a report.
    Tick(Tick),
    /// A type of record that this version does not know; its fields are in [`Record::extra`].
    Unknown(CompactString),
}

impl Body {
    /// The word in `record`.
    pub fn name(&self) -> &str {
        match self {
            Self::Node(_) => "node",
            Self::Flow(_) => "flow",
            Self::Connection(_) => "connection",
            Self::Gone(_) => "gone",
            Self::Problem(_) => "problem",
            Self::Field(_) => "field",
            Self::Tick(_) => "tick",
            Self::Unknown(name) => name,
        }
    }
}

/// A host, a container, a process, anything that a view can show.
///
/// What is absent here but was said earlier by the same source still holds, field by field: a quiet container costs its moved figures only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// Its stable identity.
    pub id: NodeId,
    /// What it is, a word: `container`.
    pub kind: CompactString,
    /// Its name for people.
    pub name: Option<CompactString>,
    /// What it belongs to: its host, its image, its pod. A set, replaced whole; shared by all records that say the same.
    pub parents: Option<Arc<[NodeId]>>,
    /// Where it can be reached. A set, replaced whole, and shared like the parents.
    pub endpoints: Option<Arc<[OwnedEndpoint]>>,
    /// Facts that rarely change.
    pub attrs: Fields<Value>,
    /// Figures that move.
    pub metrics: Figures,
}

impl Node {
    /// A node of which nothing but the identity is known. Its kind is the kind of its id.
    pub fn new(id: NodeId) -> Self {
        Self { kind: id.kind().into(), id, name: None, parents: None, endpoints: None, attrs: Fields::default(), metrics: Figures::default() }
    }
}

/// What is over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gone {
    /// A node.
    Node(NodeId),
    /// A flow.
    Flow(Box<FlowKey>),
}

/// Something that could not be seen or done. It holds until the source's next full report does not repeat it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Problem {
    /// What failed, on what.
    pub message: CompactString,
    /// What to do next.
    pub hint: Option<CompactString>,
    /// The node it concerns, where it is one.
    pub id: Option<NodeId>,
}

/// The end of a report: what it held, source by source, and what it cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tick {
    /// Milliseconds between the reports at the interval; absent in a single report and in those sent at once for an event.
    pub interval_ms: Option<u64>,
    /// What each source contributed.
    pub sources: Fields<SourceTick>,
    /// The agent's own figures, such as `agent_cpu_us_total` and `agent_mem_bytes`.
    pub metrics: Figures,
}

/// What one source contributed to a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceTick {
    /// Whether the source said all that it knows. Once all `records` have arrived, what it said earlier and did not repeat is over.
    #[serde(default)]
    pub full: bool,
    /// Nodes, flows and problems that the source mentioned in the report, each once.
    pub records: u64,
    /// CPU time that the source took for the report, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_us: Option<u64>,
    /// What the source saw and had to leave out, by its own bounds or the kernel's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<u64>,
}

/// How a plugin's field is to be shown. What the words mean is [`crate::field`]'s business; a word that it does not know is shown plainly.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FieldRecord {
    /// The attribute or figure: `queue_length`.
    pub name: CompactString,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<CompactString>,
    /// Its unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<CompactString>,
    /// How to show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show: Option<CompactString>,
    /// Its place among the others, the smallest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u32>,
    /// The kinds of node that have it; all where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<CompactString>,
    /// One line on what it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<CompactString>,
}
