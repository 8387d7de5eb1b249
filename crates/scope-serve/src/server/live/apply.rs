//! Puts a report into the state, and tells what kind of change that was.

use scope_core::link::Received;
use scope_core::record::{Body, Gone, Record};
use scope_core::state::{AgentState, Applied, NodeState, State};
use scope_core::{AgentName, Flow, Moved, Node, Timestamp, Value};

use super::limits::Limits;
use super::marks::Change;

/// What became of a report.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// What it changed.
    pub(super) change: Change,
    /// Records beyond a limit.
    pub(super) over: u64,
    /// Nodes and flows that came, less those that went; exact after [`count`].
    pub(super) nodes: usize,
    pub(super) flows: usize,
    /// Whether something may have gone, so that they are to be counted anew.
    pub(super) recount: bool,
}

/// Sets the figures of known nodes in place, said `at` by our clock: of each node of the report's lists in their order, whether that was done. The others are
/// to be applied as records.
pub(super) fn moved(state: &mut State, agent: &AgentName, report: &Received, at: Timestamp) -> Vec<bool> {
    let said = state.agent_mut(agent);
    expect(said, &report.records);
    let mut placed = Vec::with_capacity(report.moved.iter().map(Moved::len).sum());
    for moved in &report.moved {
        said.apply_moved(report.stamp, at, moved, &mut placed);
    }
    placed
}

/// The tick comes last, and tells what is not to be counted.
fn expect(said: &mut AgentState, records: &[Record]) {
    if let Some(Record { body: Body::Tick(tick), stamp, .. }) = records.last() {
        said.expect(*stamp, tick);
    }
}

/// Applies records of `agent`, of which `nodes` and `flows` are known to exist.
pub(super) fn apply(state: &mut State, agent: &AgentName, records: Vec<Record>, limits: &Limits, nodes: usize, flows: usize) -> Outcome {
    let mut outcome = Outcome { nodes, flows, ..Outcome::default() };
    let said = state.agent_mut(agent);
    expect(said, &records);
    for record in records {
        let source = said.source_state(&record.source);
        match &record.body {
            Body::Node(node) => match source.and_then(|source| source.node_state(&node.id)) {
                Some(known) => {
                    if !record.extra.is_empty() || !same_facts(known, node) {
                        outcome.change.structure = true;
                    }
                    outcome.change.figures |= !node.metrics.is_empty();
                }
                None if outcome.nodes >= limits.nodes_per_agent => {
                    outcome.over += 1;
                    continue;
                }
                None => {
                    outcome.nodes += 1;
                    outcome.change.structure = true;
                }
            },
            Body::Flow(flow) => match source.and_then(|source| source.flow(&flow.key)) {
                Some(known) if !same_ends(known, flow) => outcome.change.structure = true,
                Some(known) => {
                    // Whom an address belonged to is asked for the time when a connection was last open.
                    outcome.change.drift |= known.ports != flow.ports || known.last_seen != flow.last_seen;
                    outcome.change.figures = true;
                }
                None if outcome.flows >= limits.flows_per_agent => {
                    outcome.over += 1;
                    continue;
                }
                None => {
                    outcome.flows += 1;
                    outcome.change.structure = true;
                }
            },
            Body::Gone(gone) => {
                let exists = source.is_some_and(|source| match gone {
                    Gone::Node(id) => source.node_state(id).is_some(),
                    Gone::Flow(key) => source.flow(key).is_some(),
                });
                outcome.change.structure |= exists;
                outcome.recount |= exists;
            }
            Body::Problem(problem) => outcome.change.structure |= !source.is_some_and(|source| source.problems().any(|known| known == problem)),
            Body::Field(field) => outcome.change.structure |= !source.is_some_and(|source| source.fields().any(|known| known == field)),
            Body::Tick(tick) => {
                let full = tick.sources.iter().any(|(_, said)| said.full);
                outcome.change.structure |= full;
                outcome.recount |= full;
                outcome.change.figures = true;
            }
            Body::Connection(_) | Body::Unknown(_) => {}
        }
        if let Applied::NotState(_) = said.apply(record) {
            outcome.over += 1;
        }
    }
    if outcome.recount {
        (outcome.nodes, outcome.flows) = count(said);
    }
    outcome
}

/// How many nodes and flows an agent speaks of, once for each source.
fn count(agent: &AgentState) -> (usize, usize) {
    (agent.nodes_unsorted().count(), agent.flows_unsorted().count())
}

/// Whether a node says nothing new but figures.
fn same_facts(known: &NodeState, node: &Node) -> bool {
    let attr = |(name, value): (&str, &Value)| match known.attr(name) {
        Some(old) => old == value,
        None => matches!(value, Value::Null),
    };
    known.kind() == node.kind
        && (node.name.is_none() || known.name() == node.name.as_ref())
        && (node.parents.is_none() || known.parents() == node.parents.as_deref())
        && (node.endpoints.is_none() || known.endpoints() == node.endpoints.as_deref())
        && node.attrs.iter().all(attr)
}

/// Whether a flow is still between the same two, as far as it tells.
fn same_ends(known: &Flow, flow: &Flow) -> bool {
    let any = |flow: &Flow| flow.open > 0 || flow.opened_total != Some(0) || flow.failed_total.is_some_and(|failed| failed > 0);
    any(known) == any(flow)
        && known.since == flow.since
        && known.server == flow.server
        && known.server_name == flow.server_name
        && known.command == flow.command
        && known.seen_by == flow.seen_by
}
