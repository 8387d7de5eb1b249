//! The part of a state that a filter leaves, as if the rest did not exist. Who may see what is decided elsewhere.

use hashbrown::{HashMap, HashSet};
use scope_core::filter::Filter;
use scope_core::record::{Body, Node, Record, SourceTick, Stamp};
use scope_core::state::{AgentState, NodeState, State};
use scope_core::value::Fields;
use scope_core::{AgentName, CompactString, Tick, Timestamp};

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
/// owners, and say nothing of a server that is not visible but its address; problems are those of visible nodes, and of agents of which all is visible.
pub fn restrict(state: &State, filter: &Filter, now: Timestamp) -> State {
    let graph = Graph::build(state);
    let left = visible(&graph, filter, now);
    let of = |id: &str| graph.find(id).map_or(Left::Nothing, |node| left.get(node as usize).copied().unwrap_or(Left::Nothing));
    // Servers that only the whole graph tells: their names are not to be known either.
    let unseen: HashSet<usize> = graph
        .links()
        .iter()
        .filter(|link| link.client != NONE && left.get(link.to as usize) == Some(&Left::Nothing))
        .filter_map(|link| graph.report(link.client).map(|flow| std::ptr::from_ref(flow).addr()))
        .collect();
    let mut restricted = State::default();
    for (name, agent) in state.agents() {
        let whole = agent.nodes_unsorted().next().is_some() && agent.nodes_unsorted().all(|(id, _)| of(id.as_str()) == Left::All);
        let stamp = agent.tick().map_or_else(Stamp::default, |tick| tick.stamp);
        let mut part = Part { name, stamp, now, state: &mut restricted, counts: HashMap::new() };
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
                let is_unseen = flow.server.take_if(|server| of(server.as_str()) == Left::Nothing).is_some();
                if is_unseen || unseen.contains(&std::ptr::from_ref(known).addr()) {
                    flow.server_name = None;
                }
                part.push(source, now, Body::Flow(Box::new(flow)));
            }
            for problem in said.problems() {
                if problem.id.as_ref().map_or(whole, |id| of(id.as_str()) == Left::All) {
                    part.push(source, now, Body::Problem(problem.clone()));
                }
            }
            for field in said.fields().filter(|_| whole) {
                part.push(source, now, Body::Field(field.clone()));
            }
        }
        part.close(agent, whole);
    }
    restricted
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
    stamp: Stamp,
    now: Timestamp,
    state: &'a mut State,
    /// Records kept of each source.
    counts: HashMap<CompactString, u64>,
}

impl Part<'_> {
    fn identity(&mut self, source: &str, id: &scope_core::NodeId, node: &NodeState) {
        let bare = Node { kind: node.kind().into(), name: node.name().cloned(), ..Node::new(id.clone()) };
        self.push(source, self.now, Body::Node(bare));
    }

    fn node(&mut self, source: &str, node: &NodeState, is_left: impl Fn(&str) -> bool) {
        for layer in node.layers() {
            let mut said = layer.node.clone();
            if let Some(parents) = &mut said.parents {
                *parents = parents.iter().filter(|parent| is_left(parent.as_str())).cloned().collect();
            }
            self.put(source, layer.stamp, layer.at, Body::Node(said), layer.extra.clone());
        }
        *self.counts.entry(source.into()).or_default() += 1;
    }

    fn push(&mut self, source: &str, at: Timestamp, body: Body) {
        self.put(source, self.stamp, at, body, Fields::default());
        *self.counts.entry(source.into()).or_default() += 1;
    }

    fn put(&mut self, source: &str, stamp: Stamp, at: Timestamp, body: Body, extra: Fields<scope_core::Value>) {
        // Nothing is put here that state does not hold.
        let _ = self.state.apply(Record { agent: self.name.clone(), stamp, source: source.into(), at, body, extra });
    }

    /// The tick: what it cost and what was lost is told of those agents of which all is visible. It retires nothing.
    fn close(self, agent: &AgentState, whole: bool) {
        let (Some(last), false) = (agent.tick(), self.counts.is_empty()) else { return };
        let mut tick = Tick { interval_ms: last.tick.interval_ms, ..Tick::default() };
        for (source, records) in self.counts {
            let said = last.tick.sources.get(&source).filter(|_| whole);
            let said = SourceTick { full: false, records, took_us: said.and_then(|said| said.took_us), dropped: said.and_then(|said| said.dropped) };
            tick.sources.insert(source, said);
        }
        if whole {
            tick.metrics.clone_from(&last.tick.metrics);
        }
        let record = Record {
            agent: self.name.clone(),
            stamp: last.stamp,
            source: CompactString::default(),
            at: last.at,
            body: Body::Tick(tick),
            extra: Fields::default(),
        };
        let _ = self.state.apply(record);
    }
}
