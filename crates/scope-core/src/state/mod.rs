//! State: what a set of records says, whatever order they came in. Agents are kept apart; what several of them say of one node is
//! combined when a graph is built, not here.
//!
//! State is a join-semilattice: [`State::merge`] is commutative, associative and idempotent, the empty state is its identity, and
//! [`State::apply`] is merging the state of one record. So streams can be shuffled, duplicated, cut and split, and reach the same state.
//!
//! Everything lives under (agent, source), each with three rules that only compare stamps:
//! - a field has the value of the greatest stamp that set it;
//! - `gone` takes back what its source said of the entity with its stamp or a lower one;
//! - a tick that says `full` takes back what its source said with a lower stamp, once as many entities as it counts have arrived with its own.

mod emit;
mod node;
mod source;

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;

use crate::flow::Flow;
use crate::id::{AgentName, NodeId};
use crate::moved::Moved;
use crate::record::{Body, Gone, Problem, Record, Stamp, Tick};
use crate::time::Timestamp;

pub use crate::slots::{Slot, id_hash};
pub use node::{NodeLayer, NodeState};
pub use source::{PlacedNode, SourceState};

/// What all records so far say. A copy costs little: it shares each agent's part with the original until either changes it.
#[derive(Clone, Debug, Default)]
pub struct State {
    agents: BTreeMap<AgentName, Arc<AgentState>>,
}

/// What all records of one agent say.
#[derive(Clone, Debug, Default)]
pub struct AgentState {
    tick: Option<LastTick>,
    sources: BTreeMap<CompactString, SourceState>,
}

/// The latest tick of an agent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LastTick {
    /// Which report it closed.
    pub stamp: Stamp,
    /// When, by the agent's clock.
    pub at: Timestamp,
    /// What it said.
    pub tick: Tick,
}

/// What became of a record that was applied.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub enum Applied {
    /// It is part of the state now, or was overtaken by what the state knows.
    Taken,
    /// It is not of a kind that state holds: a raw connection, or a type of record unknown to this version. Here it is back.
    NotState(Box<Record>),
}

impl State {
    /// Adds what `record` says.
    pub fn apply(&mut self, record: Record) -> Applied {
        if matches!(record.body, Body::Connection(_) | Body::Unknown(_)) {
            return Applied::NotState(Box::new(record));
        }
        match self.agents.get_mut(&record.agent) {
            Some(agent) => Arc::make_mut(agent).apply(record),
            None => self.agent_mut(&record.agent.clone()).apply(record),
        }
    }

    /// What one agent says, to be changed; nothing yet where it was not heard of.
    pub fn agent_mut(&mut self, name: &AgentName) -> &mut AgentState {
        Arc::make_mut(self.agents.entry(name.clone()).or_default())
    }

    /// Adds what `other` knows.
    pub fn merge(&mut self, other: Self) {
        for (name, theirs) in other.agents {
            let (ours, theirs) = (Arc::make_mut(self.agents.entry(name).or_default()), Arc::unwrap_or_clone(theirs));
            ours.tick = std::mem::take(&mut ours.tick).max(theirs.tick);
            for (name, theirs) in theirs.sources {
                match ours.sources.entry(name) {
                    std::collections::btree_map::Entry::Vacant(place) => drop(place.insert(theirs)),
                    std::collections::btree_map::Entry::Occupied(mut place) => place.get_mut().merge(theirs),
                }
            }
        }
    }

    /// Forgets that nodes and flows were said to be over before `at`. Only for a state whose records come in order: where an older record of the same
    /// entity can still arrive, it would come back to life.
    pub fn forget_gone(&mut self, at: Timestamp) {
        for agent in self.agents.values_mut() {
            // What nobody has to change stays shared.
            if agent.sources.values().any(|source| source.remembers_gone(at)) {
                for source in Arc::make_mut(agent).sources.values_mut() {
                    source.forget_gone(at);
                }
            }
        }
    }

    /// The agents heard of, by name.
    pub fn agents(&self) -> impl Iterator<Item = (&AgentName, &AgentState)> {
        self.agents.iter().map(|(name, agent)| (name, agent.as_ref()))
    }

    /// What one agent said.
    pub fn agent(&self, name: &AgentName) -> Option<&AgentState> {
        self.agents.get(name).map(Arc::as_ref)
    }

    /// Forgets an agent; gives back what it had said.
    pub fn remove_agent(&mut self, name: &AgentName) -> Option<AgentState> {
        self.agents.remove(name).map(Arc::unwrap_or_clone)
    }
}

impl AgentState {
    /// Adds what a record of this agent says; whose it says to be is not looked at.
    pub fn apply(&mut self, record: Record) -> Applied {
        let Record { agent, stamp, source, at, body, extra } = record;
        if matches!(body, Body::Connection(_) | Body::Unknown(_)) {
            return Applied::NotState(Box::new(Record { agent, stamp, source, at, body, extra }));
        }
        if let Body::Tick(tick) = body {
            for (name, said) in tick.sources.iter() {
                if said.full {
                    self.source(name).claim_full(stamp, at, said.records);
                } else if let Some(source) = self.sources.get_mut(name) {
                    source.claim_partial(stamp);
                }
            }
            self.tick = std::mem::take(&mut self.tick).max(Some(LastTick { stamp, at, tick }));
            return Applied::Taken;
        }
        let source = self.source(&source);
        match body {
            Body::Node(node) => source.node(stamp, at, node, extra),
            Body::Flow(flow) => source.add_flow(stamp, at, *flow, extra),
            Body::Problem(problem) => source.problem(stamp, at, problem),
            Body::Field(field) => source.field(stamp, at, field),
            Body::Gone(Gone::Node(id)) => source.node_gone(stamp, at, id),
            Body::Gone(Gone::Flow(key)) => source.flow_gone(stamp, at, *key),
            Body::Tick(_) | Body::Connection(_) | Body::Unknown(_) => {}
        }
        Applied::Taken
    }

    /// Says ahead what the tick of the report `stamp` will say, for whoever has a report whole before it is applied: what sources that are not full mention
    /// need not be counted.
    pub fn expect(&mut self, stamp: Stamp, tick: &Tick) {
        for (name, _) in tick.sources.iter().filter(|(_, said)| !said.full) {
            if let Some(source) = self.sources.get_mut(name) {
                source.expect_partial(stamp);
            }
        }
    }

    /// Adds the figures of a list, as far as that is quickly done: for nodes that were told the same figures before, in a report that is known not to be
    /// full ([`AgentState::expect`]). `placed` gets for each node whether it was done; of the others the record is to be applied.
    pub fn apply_moved(&mut self, stamp: Stamp, at: Timestamp, moved: &Moved, placed: &mut Vec<bool>) {
        match self.sources.get_mut(moved.source()) {
            Some(source) => source.all_moved(stamp, at, moved, placed),
            None => placed.resize(placed.len() + moved.len(), false),
        }
    }

    fn source(&mut self, name: &str) -> &mut SourceState {
        self.sources.entry(CompactString::from(name)).or_default()
    }

    /// The latest tick.
    pub fn tick(&self) -> Option<&LastTick> {
        self.tick.as_ref()
    }

    /// The sources heard of, by name.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &SourceState)> {
        self.sources.iter().map(|(name, source)| (name.as_str(), source))
    }

    /// What one source says.
    pub fn source_state(&self, name: &str) -> Option<&SourceState> {
        self.sources.get(name)
    }

    /// All that is said of nodes, a source after the other, in no particular order of ids within each. One node can come once per source.
    pub fn nodes_unsorted(&self) -> impl Iterator<Item = (&NodeId, &NodeState)> {
        self.sources.values().flat_map(SourceState::nodes_unsorted)
    }

    /// All flows, a source after the other, in no particular order within each.
    pub fn flows_unsorted(&self) -> impl Iterator<Item = &Flow> {
        self.sources.values().flat_map(SourceState::flows_unsorted)
    }

    /// All problems, with the source that has them, by source and message.
    pub fn problems(&self) -> impl Iterator<Item = (&str, &Problem)> {
        self.sources.iter().flat_map(|(name, source)| source.problems().map(move |problem| (name.as_str(), problem)))
    }
}

#[cfg(test)]
mod tests;
