//! What the sources say becomes the records of a report. Remembers what was said before, so that only change is said again; what is
//! seen, and how, is each source's business.

use std::sync::Arc;

use compact_str::CompactString;
use hashbrown::HashMap;
use scope_core::flow::{Connection, FlowKey};
use scope_core::record::{FieldRecord, Gone, Problem, SourceTick, Tick};
use scope_core::value::Fields;
use scope_core::{AgentName, Body, Flow, Node, NodeId, Number, Record, RunId, Stamp, Timestamp, Value};

use self::figures::Figures;
use crate::config::Source;

mod figures;

/// A moving figure: its registered name and its value. A figure that could not be read is left out, never nought.
pub type Metric = (&'static str, Number);

/// One agent's reports, one after the other.
///
/// ```text
/// reports.begin(at, Some(interval));
/// let mut said = reports.source(Source::Docker, Coverage::Whole);
/// said.node(&facts, &metrics);
/// let records = reports.end();
/// ```
#[derive(Debug)]
pub struct Reports {
    agent: AgentName,
    run: RunId,
    seq: u64,
    at: Timestamp,
    full: bool,
    records: Vec<Record>,
    tick: Tick,
    spoken: HashMap<Source, Spoken>,
}

/// How much of what a source knows it says in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Everything. What it said in the last report and does not say in this one is over.
    Whole,
    /// Some of it: an event, or a source that failed half way. Nothing is over but what it says is gone.
    Part,
}

/// What a source has said so far, and still holds.
#[derive(Debug, Default)]
struct Spoken {
    nodes: HashMap<NodeId, SpokenNode>,
    flows: HashMap<FlowKey, (Flow, u64)>,
    problems: HashMap<Problem, u64>,
    fields: HashMap<CompactString, FieldRecord>,
    /// A problem that is over has no `gone`: the next full report leaves it out.
    needs_full: bool,
    /// The last full report.
    full_seq: u64,
}

#[derive(Debug)]
struct SpokenNode {
    facts: Arc<Node>,
    figures: Figures,
    seq: u64,
}

impl Reports {
    /// The reports of one run of `agent`.
    pub fn new(agent: AgentName, run: RunId) -> Self {
        Self { agent, run, seq: 0, at: Timestamp::default(), full: false, records: Vec::new(), tick: Tick::default(), spoken: HashMap::new() }
    }

    /// The agent's name.
    pub fn agent(&self) -> &AgentName {
        &self.agent
    }

    /// Begins a report at the time `at`; a `full` one says everything again. `interval_ms` is absent in a report for an event.
    pub fn begin(&mut self, at: Timestamp, full: bool, interval_ms: Option<u64>) {
        self.seq += 1;
        self.at = at;
        self.full = full;
        self.records.clear();
        self.tick = Tick { interval_ms, ..Tick::default() };
    }

    /// The part of the report that `source` says. Each entity at most once per report and source.
    pub fn source(&mut self, source: Source, coverage: Coverage) -> Said<'_> {
        let spoken = self.spoken.entry(source).or_default();
        let full = coverage == Coverage::Whole && (self.full || spoken.needs_full);
        if full {
            spoken.needs_full = false;
        }
        Said {
            agent: &self.agent,
            stamp: Stamp { run: self.run, seq: self.seq },
            at: self.at,
            source,
            coverage,
            full,
            records: &mut self.records,
            tick: &mut self.tick,
            spoken,
            mentioned: 0,
            dropped: 0,
            took_us: None,
        }
    }

    /// A figure of the agent itself, for the tick.
    pub fn own_metric(&mut self, (name, value): Metric) {
        self.tick.metrics.insert(name, value);
    }

    /// Raw connections as records for whoever asked, beside the reports.
    pub fn shown(&self, at: Timestamp, connections: Vec<Connection>) -> Vec<Record> {
        let record = |connection| Record {
            agent: self.agent.clone(),
            stamp: Stamp { run: self.run, seq: self.seq },
            source: CompactString::const_new(Source::Net.as_str()),
            at,
            body: Body::Connection(Box::new(connection)),
            extra: Fields::default(),
        };
        connections.into_iter().map(record).collect()
    }

    /// Ends the report: its records, the tick last.
    pub fn end(&mut self) -> Vec<Record> {
        let tick = std::mem::take(&mut self.tick);
        self.records.push(Record {
            agent: self.agent.clone(),
            stamp: Stamp { run: self.run, seq: self.seq },
            source: CompactString::default(),
            at: self.at,
            body: Body::Tick(tick),
            extra: Fields::default(),
        });
        std::mem::take(&mut self.records)
    }
}

/// What one source says in one report. Ends with [`Said::end`].
#[derive(Debug)]
#[must_use = "a part of a report counts only once it is ended"]
pub struct Said<'a> {
    agent: &'a AgentName,
    stamp: Stamp,
    at: Timestamp,
    source: Source,
    coverage: Coverage,
    full: bool,
    records: &'a mut Vec<Record>,
    tick: &'a mut Tick,
    spoken: &'a mut Spoken,
    mentioned: u64,
    dropped: u64,
    took_us: Option<u64>,
}

impl Said<'_> {
    /// The time of the report.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Says that a node exists. `facts` hold identity, name, parents, endpoints and attributes (their own `metrics` are not looked at);
    /// hand in the same [`Arc`] as long as nothing changed, then an unchanged node costs a comparison of pointers.
    ///
    /// Rates and shares are derived here, from the figures of this report and the last ones given. A figure that is read more rarely than the
    /// others is given when it was read, and holds until then.
    pub fn node(&mut self, facts: &Arc<Node>, metrics: &[Metric]) {
        let seq = self.stamp.seq;
        let mut node = Node::new(facts.id.clone());
        let Some(spoken) = self.spoken.nodes.get_mut(&facts.id) else {
            let mut figures = Figures::default();
            figures.update(metrics, self.at, seq, &mut node.metrics);
            self.spoken.nodes.insert(facts.id.clone(), SpokenNode { facts: Arc::clone(facts), figures, seq });
            let metrics = std::mem::take(&mut node.metrics);
            self.say_node(Node { metrics, ..(**facts).clone() });
            return;
        };
        spoken.seq = seq;
        spoken.figures.update(metrics, self.at, seq, &mut node.metrics);
        let same_facts = Arc::ptr_eq(&spoken.facts, facts) || *spoken.facts == **facts;
        if self.full {
            let metrics = spoken.figures.since(self.spoken.full_seq);
            spoken.facts = Arc::clone(facts);
            self.say_node(Node { metrics, ..(**facts).clone() });
            return;
        }
        if !same_facts {
            let metrics = std::mem::take(&mut node.metrics);
            node = Node { metrics, ..changed(&spoken.facts, facts) };
            spoken.facts = Arc::clone(facts);
        } else if node.metrics.is_empty() {
            return;
        }
        node.kind.clone_from(&facts.kind);
        self.say_node(node);
    }

    /// Says that a flow exists. An unchanged flow costs no record: that it is still open needs no repeating.
    pub fn flow(&mut self, flow: &Flow) {
        let seq = self.stamp.seq;
        let open = flow.open > 0;
        match self.spoken.flows.get_mut(&flow.key) {
            Some((said, mentioned)) => {
                *mentioned = seq;
                let last_seen = said.last_seen;
                if open {
                    said.last_seen = flow.last_seen;
                }
                let same = *said == *flow;
                said.last_seen = last_seen;
                if same && !self.full {
                    return;
                }
                said.clone_from(flow);
            }
            None => drop(self.spoken.flows.insert(flow.key.clone(), (flow.clone(), seq))),
        }
        self.mentioned += 1;
        self.push(Body::Flow(Box::new(flow.clone())));
    }

    /// Shows one connection; it is not part of what the source holds.
    pub fn connection(&mut self, connection: Connection) {
        self.push(Body::Connection(Box::new(connection)));
    }

    /// Says that something could not be seen or done. To be repeated in every whole report as long as it holds.
    pub fn problem(&mut self, problem: &Problem) {
        let seq = self.stamp.seq;
        let known = self.spoken.problems.insert(problem.clone(), seq);
        if self.full || known.is_none() {
            self.mentioned += 1;
            self.push(Body::Problem(problem.clone()));
        }
    }

    /// Says how a field of a plugin is to be shown.
    pub fn field(&mut self, field: &FieldRecord) {
        let same = self.spoken.fields.get(&field.name) == Some(field);
        if self.full || !same {
            self.spoken.fields.insert(field.name.clone(), field.clone());
            self.mentioned += 1;
            self.push(Body::Field(field.clone()));
        }
    }

    /// Says that a node is over. One that was never spoken of needs no word.
    pub fn gone(&mut self, id: &NodeId) {
        if self.spoken.nodes.remove(id).is_some() {
            self.push(Body::Gone(Gone::Node(id.clone())));
        }
    }

    /// Counts what was seen and had to be left out.
    pub fn dropped(&mut self, count: u64) {
        self.dropped = self.dropped.saturating_add(count);
    }

    /// The CPU time that the source took for this report, in microseconds.
    pub fn took(&mut self, micros: u64) {
        self.took_us = Some(micros);
    }

    /// Ends the source's part: what a whole report no longer mentions is over.
    pub fn end(mut self) {
        if self.coverage == Coverage::Whole {
            self.end_unmentioned();
        }
        let name = self.source.as_str();
        let full = self.full;
        if full {
            self.spoken.full_seq = self.stamp.seq;
        }
        self.tick
            .sources
            .insert(name, SourceTick { full, records: self.mentioned, took_us: self.took_us, dropped: (self.dropped > 0).then_some(self.dropped) });
    }

    fn end_unmentioned(&mut self) {
        let seq = self.stamp.seq;
        // Sorted, so that one input gives one stream. A full report retires what it leaves out, and says so by `full` alone.
        let mut nodes: Vec<NodeId> = self.spoken.nodes.extract_if(|_, node| node.seq != seq).map(|(id, _)| id).collect();
        let mut flows: Vec<FlowKey> = self.spoken.flows.extract_if(|_, (_, mentioned)| *mentioned != seq).map(|(key, _)| key).collect();
        let problems = self.spoken.problems.len();
        self.spoken.problems.retain(|_, mentioned| *mentioned == seq);
        if self.full {
            return;
        }
        self.spoken.needs_full |= self.spoken.problems.len() != problems;
        nodes.sort_unstable();
        flows.sort_unstable();
        for id in nodes {
            self.push(Body::Gone(Gone::Node(id)));
        }
        for key in flows {
            self.push(Body::Gone(Gone::Flow(Box::new(key))));
        }
    }

    fn say_node(&mut self, node: Node) {
        self.mentioned += 1;
        self.push(Body::Node(node));
    }

    fn push(&mut self, body: Body) {
        self.records.push(Record {
            agent: self.agent.clone(),
            stamp: self.stamp,
            source: CompactString::const_new(self.source.as_str()),
            at: self.at,
            body,
            extra: Fields::default(),
        });
    }
}

/// What of `facts` differs from `before`; attributes that are gone become null.
fn changed(before: &Node, facts: &Node) -> Node {
    let mut node = Node::new(facts.id.clone());
    if before.name != facts.name {
        node.name.clone_from(&facts.name);
    }
    if before.parents != facts.parents {
        node.parents = Some(facts.parents.clone().unwrap_or_default());
    }
    if before.endpoints != facts.endpoints {
        node.endpoints = Some(facts.endpoints.clone().unwrap_or_default());
    }
    for (name, value) in facts.attrs.iter() {
        if before.attrs.get(name) != Some(value) {
            node.attrs.insert(name, value.clone());
        }
    }
    for (name, _) in before.attrs.iter() {
        if facts.attrs.get(name).is_none() {
            node.attrs.insert(name, Value::Null);
        }
    }
    node
}

#[cfg(test)]
mod tests;
