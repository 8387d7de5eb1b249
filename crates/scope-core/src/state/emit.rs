//! State as records again: the fewest that make the same state.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{AgentState, State};
use crate::flow::FlowKey;
use crate::id::{AgentName, NodeId};
use crate::record::{Body, Gone, Problem, Record, Stamp, Tick};
use crate::time::Timestamp;
use crate::value::Fields;

impl State {
    /// The records that make this state, agent by agent: first what exists and what is over, report by report, each closed by its tick.
    /// The order is the same for the same state.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        self.agents().flat_map(|(name, agent)| agent.records(name))
    }
}

impl AgentState {
    fn records(&self, agent: &AgentName) -> Vec<Record> {
        let mut records = Vec::new();
        for (source, state) in &self.sources {
            let mut push = |stamp, at, body, extra| records.push(Record { agent: agent.clone(), stamp, source: source.clone(), at, body, extra });
            for (id, node) in state.all_nodes() {
                if let Some((stamp, at)) = node.gone() {
                    push(stamp, at, Body::Gone(Gone::Node(id.clone())), Fields::default());
                }
                for layer in node.layers() {
                    push(layer.stamp, layer.at, Body::Node(layer.node.clone()), layer.extra.clone());
                }
            }
            for (key, flow) in state.all_flows() {
                if let Some((stamp, at)) = flow.gone.as_deref().copied() {
                    push(stamp, at, Body::Gone(Gone::Flow(Box::new(key.clone()))), Fields::default());
                }
                if let Some(last) = &flow.last {
                    push(last.stamp, last.at, Body::Flow(Box::new(last.flow.clone())), last.extra.clone());
                }
            }
            for (problem, (stamp, at)) in state.all_problems() {
                push(stamp, at, Body::Problem(problem.clone()), Fields::default());
            }
            for (field, stamp, at) in state.all_fields() {
                push(stamp, at, Body::Field(field.clone()), Fields::default());
            }
        }
        let ticks = self.ticks(&records);
        records.extend(ticks.into_iter().map(|(stamp, (at, tick))| Record {
            agent: agent.clone(),
            stamp,
            source: CompactString::default(),
            at,
            body: Body::Tick(tick),
            extra: Fields::default(),
        }));
        records.sort_by(|a, b| order(a).cmp(&order(b)));
        records
    }

    /// The ticks that say which reports were full, and the latest one.
    fn ticks(&self, records: &[Record]) -> BTreeMap<Stamp, (Timestamp, Tick)> {
        let mut ticks = BTreeMap::new();
        if let Some(last) = &self.tick {
            ticks.insert(last.stamp, (last.at, last.tick.clone()));
        }
        let mut claim = |stamp: Stamp, at: Timestamp, source: &CompactString, records: u64| {
            let (when, tick) = ticks.entry(stamp).or_insert_with(|| (at, Tick::default()));
            *when = at.max(*when);
            let mut said = tick.sources.get(source).cloned().unwrap_or_default();
            said.full = true;
            said.records = records;
            tick.sources.insert(source.clone(), said);
        };
        for (source, state) in &self.sources {
            if let Some((full, at)) = state.full() {
                // What later reports overtook is not said again, so it is not counted either.
                let said = records.iter().filter(|record| record.stamp == full && record.source == *source && !matches!(record.body, Body::Gone(_)));
                claim(full, at, source, said.count() as u64);
            }
            for (stamp, expected, at) in state.incomplete() {
                claim(stamp, at, source, expected);
            }
        }
        ticks
    }
}

/// Reports in order, within each what it says by its identity, the tick last.
fn order(record: &Record) -> (Stamp, Identity<'_>, &str) {
    let identity = match &record.body {
        Body::Field(field) => Identity::Field(&field.name),
        Body::Node(node) => Identity::Node(&node.id),
        Body::Flow(flow) => Identity::Flow(&flow.key),
        Body::Gone(gone) => Identity::Gone(gone),
        Body::Problem(problem) => Identity::Problem(problem),
        Body::Connection(_) | Body::Unknown(_) | Body::Tick(_) => Identity::Tick,
    };
    (record.stamp, identity, &record.source)
}

/// What a record is about, in the order in which a report says it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identity<'a> {
    Field(&'a str),
    Node(&'a NodeId),
    Flow(&'a FlowKey),
    Gone(&'a Gone),
    Problem(&'a Problem),
    Tick,
}
