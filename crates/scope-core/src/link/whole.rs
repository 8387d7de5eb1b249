//! An agent's state as one full report: what is said when the other end is to start over.

use compact_str::CompactString;

use crate::id::AgentName;
use crate::record::{Body, Node, Record, SourceTick, Stamp, Tick};
use crate::state::{AgentState, NodeState};
use crate::time::Timestamp;
use crate::value::{Fields, Value};

/// All that `state` holds, as one full report of every source with the given stamp, the tick last. Whoever takes it in holds the same as `state`, whatever it
/// held with lower stamps.
pub fn whole(state: &AgentState, agent: &AgentName, stamp: Stamp, at: Timestamp) -> Vec<Record> {
    let mut records = Vec::new();
    let last = state.tick();
    let mut tick = Tick { interval_ms: last.and_then(|last| last.tick.interval_ms), ..Tick::default() };
    if let Some(last) = last {
        tick.metrics.clone_from(&last.tick.metrics);
    }
    for (name, source) in state.sources() {
        let before = records.len();
        let mut push = |body, extra| records.push(Record { agent: agent.clone(), stamp, source: name.into(), at, body, extra });
        for (id, node) in source.nodes_unsorted() {
            let (node, extra) = gathered(Node::new(id.clone()), node);
            push(Body::Node(node), extra);
        }
        for flow in source.flows_unsorted() {
            push(Body::Flow(Box::new(flow.clone())), Fields::default());
        }
        for problem in source.problems() {
            push(Body::Problem(problem.clone()), Fields::default());
        }
        for field in source.fields() {
            push(Body::Field(field.clone()), Fields::default());
        }
        let said = last.and_then(|last| last.tick.sources.get(name)).cloned().unwrap_or_default();
        tick.sources.insert(name, SourceTick { full: true, records: (records.len() - before) as u64, ..said });
    }
    records.push(Record { agent: agent.clone(), stamp, source: CompactString::default(), at, body: Body::Tick(tick), extra: Fields::default() });
    records
}

/// The layers of a node as one.
fn gathered(mut node: Node, state: &NodeState) -> (Node, Fields<Value>) {
    let mut extra = Fields::default();
    node.kind = state.kind().into();
    node.name = state.name().cloned();
    node.parents = state.parents().map(Into::into);
    node.endpoints = state.endpoints().map(Into::into);
    node.attrs = state.attrs().map(|(name, value)| (name, value.clone())).collect();
    for layer in state.layers() {
        node.metrics.extend(layer.node.metrics.iter().map(|(name, figure)| (name, *figure)));
        extra.extend(layer.extra.iter().map(|(name, value)| (name, value.clone())));
    }
    (node, extra)
}
