//! The part of a state that a filter leaves, as if the rest did not exist. Who may see what is decided elsewhere.

use hashbrown::{HashMap, HashSet};
use scope_core::filter::Filter;
use scope_core::record::{Body, Node, Record, SourceTick, Stamp};
use scope_core::state::{AgentState, NodeState, State};
use scope_core::value::Fields;
use scope_core::{AgentName, CompactString, NodeId, RunId, Tick, Timestamp};

use super::subject::Asking;
use crate::graph::{Graph, NONE};

/// What is left of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// Nothing.
    Nothing,
    /// That it exists, and what it is called: something visible belongs to it.
    Identity,
    /// All.
    All,
}

/// The state as it is for somebody who sees what `filter` takes: those nodes, what they belong to as bare identities, and what belongs to them. A node
/// to which a part of the filter after a `-` applies is not there, nor is what belongs to it, whatever else that belongs to. Flows are those of visible
/// owners, and say nothing of another end that is not visible but its address. Problems are those of visible nodes; those of an agent itself, its own fields and
/// what it costs are there where the filter takes its host, and so all that is on it.
///
/// Nothing tells of reports in which nothing is visible: all is of one report, whose number is made of `now`, and an agent that speaks was last heard as its
/// interval says.
pub fn restrict(state: &State, filter: &Filter, now: Timestamp) -> State {
    let graph = Graph::build(state);
    let left = visible(&graph, filter, now);
    let left_of = |node: u32| left.get(node as usize).copied().unwrap_or(Left::Nothing);
    let of = |id: &str| graph.find(id).map_or(Left::Nothing, left_of);
    let takes_host = |name: &AgentName| {
        let host = graph.find(NodeId::host(name).as_str());
        filter.is_all() || (!filter.may_exclude() && host.is_some_and(|host| filter.takes(&Asking::new(&graph, host), now)))
    };
    let named = named(&graph, left_of);
    let mut restricted = State::default();
    for (name, agent) in state.agents() {
        let whole = takes_host(name);
        // Of one that never closed a report, when anything visible was said.
        let said_at = || {
            let visible = agent.nodes_unsorted().filter(|(id, _)| of(id.as_str()) == Left::All);
            visible.flat_map(|(_, node)| node.layers()).map(|layer| layer.at).max().unwrap_or(now)
        };
        let heard = agent.tick().map_or_else(said_at, |tick| heard_at(tick.at, tick.tick.interval_ms, now));
        let mut part =
            Part { name, run: agent.tick().map_or_else(RunId::default, |tick| tick.stamp.run), heard, now, state: &mut restricted, counts: HashMap::new() };
        for (source, said) in agent.sources() {
            for (id, node) in said.nodes_unsorted() {
                match of(id.as_str()) {
                    Left::Nothing => {}
                    Left::Identity => part.identity(source, id, node),
                    Left::All => part.node(source, node, |id| of(id) != Left::Nothing),
                }
            }
            for known in said.flows_unsorted().filter(|flow| of(flow.key.owner.as_str()) == Left::All) {
                let mut flow = known.clone();
                flow.server.take_if(|server| of(server.as_str()) == Left::Nothing);
                if !filter.is_all() && !named.contains(&std::ptr::from_ref(known).addr()) {
                    flow.server_name = None;
                }
                part.push(source, Body::Flow(Box::new(flow)));
            }
            for problem in said.problems() {
                if problem.id.as_ref().map_or(whole, |id| of(id.as_str()) == Left::All) {
                    part.push(source, Body::Problem(problem.clone()));
                }
            }
            for field in said.fields().filter(|_| whole) {
                part.push(source, Body::Field(field.clone()));
            }
        }
        part.close(agent, whole);
    }
    restricted
}

/// When an agent was last heard, for somebody who is not to learn of each report: one that speaks, at the end of its last interval by the clock of `now`.
pub fn heard_at(at: Timestamp, interval_ms: Option<u64>, now: Timestamp) -> Timestamp {
    let interval = interval_ms.map_or(0, |ms| i64::try_from(ms.saturating_mul(1000)).unwrap_or(i64::MAX));
    let is_late = now.as_micros().saturating_sub(at.as_micros()) >= interval.saturating_mul(2);
    if interval == 0 || is_late { at } else { Timestamp::from_micros(now.as_micros().div_euclid(interval).saturating_mul(interval)) }
}

/// The flows, by where they lie, of which every other end that the graph tells is visible: the names of other ends are not to be known either.
fn named(graph: &Graph<'_>, left_of: impl Fn(u32) -> Left) -> HashSet<usize> {
    let ends = graph.links().iter().flat_map(|link| [(link.client, link.to), (link.server, link.from)]).filter(|(report, _)| *report != NONE);
    let (mut named, mut unnamed) = (HashSet::new(), HashSet::new());
    for (report, end) in ends {
        let Some(flow) = graph.report(report) else { continue };
        let flows = if left_of(end) == Left::Nothing { &mut unnamed } else { &mut named };
        flows.insert(std::ptr::from_ref(flow).addr());
    }
    named.retain(|flow| !unnamed.contains(flow));
    named
}

/// What is left of each node of the graph. Of what nobody watches nothing is: it is found anew.
fn visible(graph: &Graph<'_>, filter: &Filter, now: Timestamp) -> Vec<Left> {
    #[derive(Clone, Copy)]
    struct Asked {
        matches: bool,
        takes: bool,
        excludes: bool,
    }
    let asked: Vec<Asked> = (0..graph.first_pseudo())
        .map(|node| {
            let subject = Asking::new(graph, node);
            let matches = filter.matches(&subject, now);
            Asked { matches, takes: matches && filter.takes(&subject, now), excludes: filter.excludes(&subject, now) }
        })
        .collect();
    let asked = |node: u32| asked.get(node as usize).copied().unwrap_or(Asked { matches: false, takes: false, excludes: false });
    let mut left = vec![Left::Nothing; graph.len()];
    for node in 0..graph.first_pseudo() {
        let above = graph.above(node);
        let is_out = asked(node).excludes || above.iter().any(|parent| asked(*parent).excludes);
        if is_out || !(asked(node).matches || above.iter().any(|parent| asked(*parent).takes)) {
            continue;
        }
        for parent in above {
            if let Some(left) = left.get_mut(parent as usize).filter(|left| **left == Left::Nothing) {
                *left = Left::Identity;
            }
        }
        if let Some(left) = left.get_mut(node as usize) {
            *left = Left::All;
        }
    }
    left
}

/// The part of one agent's state that is left.
struct Part<'a> {
    name: &'a AgentName,
    run: RunId,
    /// When the agent was last heard.
    heard: Timestamp,
    now: Timestamp,
    state: &'a mut State,
    /// Records kept of each source.
    counts: HashMap<CompactString, u64>,
}

impl Part<'_> {
    fn identity(&mut self, source: &str, id: &NodeId, node: &NodeState) {
        let bare = Node { kind: node.kind().into(), name: node.name().cloned(), ..Node::new(id.clone()) };
        self.push(source, Body::Node(bare));
    }

    fn node(&mut self, source: &str, node: &NodeState, is_left: impl Fn(&str) -> bool) {
        for layer in node.layers() {
            let mut said = layer.node.clone();
            if let Some(parents) = &mut said.parents {
                *parents = parents.iter().filter(|parent| is_left(parent.as_str())).cloned().collect();
            }
            self.put(layer.stamp.run, source, layer.at, Body::Node(said), layer.extra.clone());
        }
        *self.counts.entry(source.into()).or_default() += 1;
    }

    fn push(&mut self, source: &str, body: Body) {
        self.put(self.run, source, self.heard, body, Fields::default());
        *self.counts.entry(source.into()).or_default() += 1;
    }

    fn put(&mut self, run: RunId, source: &str, at: Timestamp, body: Body, extra: Fields<scope_core::Value>) {
        // Nothing is put here that state does not hold.
        let _ = self.state.apply(Record { agent: self.name.clone(), stamp: Stamp { run, seq: self.number() }, source: source.into(), at, body, extra });
    }

    /// The number of the one report that all is of.
    fn number(&self) -> u64 {
        u64::try_from(self.now.as_micros()).unwrap_or_default().max(1)
    }

    /// The tick: what it cost and what was lost is told of those agents of which all is visible. It retires nothing.
    fn close(self, agent: &AgentState, whole: bool) {
        let (Some(last), false) = (agent.tick(), self.counts.is_empty()) else { return };
        let stamp = Stamp { run: self.run, seq: self.number() };
        let mut tick = Tick { interval_ms: last.tick.interval_ms, ..Tick::default() };
        for (source, records) in self.counts {
            let said = last.tick.sources.get(&source).filter(|_| whole);
            let said = SourceTick { full: false, records, took_us: said.and_then(|said| said.took_us), dropped: said.and_then(|said| said.dropped) };
            tick.sources.insert(source, said);
        }
        if whole {
            tick.metrics.clone_from(&last.tick.metrics);
        }
        let (source, extra) = (CompactString::default(), Fields::default());
        let _ = self.state.apply(Record { agent: self.name.clone(), stamp, source, at: self.heard, body: Body::Tick(tick), extra });
    }
}
