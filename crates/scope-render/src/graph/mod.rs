//! One graph of everything that a state says: what several agents say of a node combined, parents found, flows resolved and paired.
//!
//! Nodes are numbers here, sorted by kind and id; everything about them is borrowed from the state. What is shown, and how nodes are grouped, is
//! [`crate::view`]'s business.
//!
//! | module | part |
//! |---|---|
//! | `nodes` | nodes in order, and who speaks of each |
//! | `order` | which mentions are of one node, and in which order the nodes stand |
//! | `columns` | what of them does not depend on the state |
//! | `carried` | nodes after a change in a few sources |
//! | `said` | what one of them says |
//! | `parents` | what belongs to what: climbing, nearest common parents |
//! | `address` | who listens where, whose address is whose, what is public |
//! | `reports` | flows as columns, and what their ends resolve to |
//! | `pairs` | the reports of both ends of the same connections |
//! | `links` | connections between two nodes, each drawn once |
//! | `listening` | where nodes can be reached, kept from one graph to the next |
//! | `networks` | the addresses of containers, kept from one graph to the next |
//! | `memo` | what views ask again and again |
//! | `kept` | a graph without its state, for drawing the figures of the same nodes again |
//! | `ahead` | figures and attributes brought near before they are read |
//! | `halves` | a list in two pieces, as two threads made it |
//! | `threads` | two parts of the work at once, where there is much |
//! | `version` | numbers that tell whether facts have changed, without looking at them |

mod address;
mod ahead;
mod carried;
mod columns;
mod halves;
mod kept;
mod links;
mod listening;
mod memo;
mod networks;
mod nodes;
mod order;
mod pairs;
pub(crate) mod parents;
mod peers;
mod reports;
mod said;
pub(crate) mod threads;
mod version;

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock, OnceLock};

use scope_core::flow::Side;
use scope_core::record::{FieldRecord, Problem};
use scope_core::state::State;
use scope_core::{AgentName, Number, Timestamp, Value};

pub use ahead::{AHEAD, look_at};
pub use kept::Kept;
pub use links::{Figures, Link};
pub(crate) use memo::{Verdicts, Words};
pub(crate) use nodes::KindId;
pub use peers::Pseudo;
pub(crate) use peers::safe;

use nodes::Nodes;
use parents::Parents;
use reports::Report;

/// No node.
pub(crate) const NONE: u32 = u32::MAX;

/// Nodes whose values are compared as they are, before numbers are kept for those of all.
const FEW: usize = 32;

/// Nobody who names things knows it, so nobody can make two values look alike.
static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(FEW));

/// Everything that a state says, as one graph. Nodes are numbers from 0; those from [`Graph::first_pseudo`] on stand for what nobody watches.
#[derive(Debug)]
pub struct Graph<'s> {
    agents: Vec<Agent<'s>>,
    /// By their numbers, with the revisions of what they say of nodes.
    sources: Vec<(&'s AgentName, &'s str, u64)>,
    nodes: Nodes<'s>,
    parents: Arc<Parents>,
    reports: Vec<Report<'s>>,
    pairs: Arc<pairs::Pairs>,
    links: Vec<Link>,
    pseudo: Vec<Pseudo<'s>>,
    troubles: Vec<Trouble<'s>>,
    over: u64,
    link_versions: OnceLock<Box<[u64]>>,
    /// Shared with whoever keeps the graph.
    memo: Arc<memo::Memo>,
}

/// An agent that speaks in the state.
#[derive(Clone, Copy, Debug)]
pub struct Agent<'s> {
    /// Its name.
    pub name: &'s AgentName,
    /// When its latest report was closed, by its own clock.
    pub at: Option<Timestamp>,
    /// Microseconds between its reports; 0 where it does not say.
    interval_us: i64,
    /// When its run began; 0 where the run's id does not tell.
    started_us: i64,
    /// Of its name: the same in every graph.
    hash: u64,
}

/// Something that an agent could not see or do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble<'s> {
    /// Who says it.
    pub agent: &'s AgentName,
    /// Which part of it.
    pub source: &'s str,
    /// What it says.
    pub problem: &'s Problem,
}

impl<'s> Graph<'s> {
    /// The graph of what `state` says.
    pub fn build(state: &'s State) -> Self {
        Self::build_after(state, None)
    }

    /// The same; what `former` found out about nodes whose facts are still the same is not found out again.
    pub fn build_after(state: &'s State, former: Option<&Kept>) -> Self {
        let agents = agents(state);
        let after = former.and_then(|former| carried::after(state, former));
        let (mut nodes, mut carried) = match after {
            Some((nodes, carried)) => (nodes, Some(carried)),
            None => (Nodes::gather(state), None),
        };
        let (mut reports, mut over) = reports::gather(state, &mut nodes);
        let (mut parents, versions, same, (networks, listening)) = if let Some(former) = former {
            let (parents, versions, same) = if let Some(carried) = &mut carried {
                carried.imply(&nodes, former);
                let parents = Parents::resolve_after(&nodes, &former.parents, carried);
                let (versions, same) = version::of_facts_after(&nodes, &parents, &agents, former, carried);
                (parents, versions, same)
            } else {
                let parents = Parents::resolve(&nodes);
                let versions = version::of_facts(&nodes, &parents, &agents);
                let same = former.memo.same(&versions);
                (parents, versions, same)
            };
            let networks = networks::Networks::gather(&nodes, former.memo.networks.get(), &same);
            let listening = listening::Listening::gather(&nodes, former.memo.listening.get(), &same);
            (parents, versions, same, (networks, listening))
        } else {
            let is_large = nodes.len() >= threads::LARGE;
            let here = || (Parents::resolve(&nodes), listening::Listening::gather(&nodes, None, &[]));
            let ((parents, listening), networks) = threads::both(is_large, here, || networks::Networks::gather(&nodes, None, &[]));
            (parents, Vec::new(), Vec::new(), (networks, listening))
        };
        let mut pseudo = Vec::new();
        let mut peers = peers::Peers::new(nodes.len(), &mut pseudo);
        let places = address::Places::index(&nodes, &parents, &networks, &listening, &reports, agents.len());
        over += reports::resolve(&mut reports, &nodes, &parents, &places, &mut peers);
        let samples = pairs::Samples::new(&reports, &agents);
        let pairs = pairs::find(&reports, &nodes, &parents, &samples);
        let mut links = links::draw(&reports, &pairs, &samples, &parents, nodes.len() >= threads::LARGE);
        links::end(&mut links, &reports, |report| report.unknown_peer(&mut peers));
        drop(places);
        parents.extend(pseudo.iter().map(|pseudo| pseudo.parent));
        let sources = state.agents().flat_map(|(name, agent)| agent.sources().map(move |(source, said)| (name, source, said.nodes_revision()))).collect();
        let count = nodes.len() + pseudo.len();
        let memo = former.map_or_else(memo::Memo::default, |former| memo::Memo::after(&former.memo, &same, &versions, count));
        memo.networks.get_or_init(|| networks);
        memo.listening.get_or_init(|| listening);
        Self {
            agents,
            sources,
            nodes,
            parents: Arc::new(parents),
            reports,
            pairs: Arc::new(pairs),
            links,
            pseudo,
            troubles: troubles(state),
            over,
            link_versions: OnceLock::new(),
            memo: Arc::new(memo),
        }
    }

    /// How many nodes there are, those that nobody watches among them.
    pub fn len(&self) -> usize {
        self.nodes.len() + self.pseudo.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of the first node that stands for what nobody watches.
    pub fn first_pseudo(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// The node with this id.
    pub fn find(&self, id: &str) -> Option<u32> {
        let pseudo = || self.pseudo.iter().position(|pseudo| pseudo.id == id).map(|at| (self.nodes.len() + at) as u32);
        self.nodes.find(id).or_else(pseudo)
    }

    /// The nodes that a person may mean by `text`: by id, by the beginning of what follows the kind (8 letters at least), by name; at most `max`.
    pub fn search(&self, text: &str, max: usize) -> Vec<u32> {
        if let Some(node) = self.find(text) {
            return vec![node];
        }
        let begins = |node: u32| text.len() >= 8 && self.id(node).split_once(':').is_some_and(|(_, rest)| rest.starts_with(text));
        (0..self.len() as u32).filter(|node| self.name(*node) == Some(text) || begins(*node)).take(max).collect()
    }

    /// The id of a node.
    pub fn id(&self, node: u32) -> &str {
        match self.pseudo(node) {
            Some(pseudo) => &pseudo.id,
            None => self.nodes.id(node),
        }
    }

    /// The kind of a node.
    pub fn kind(&self, node: u32) -> &str {
        match self.pseudo(node) {
            Some(pseudo) => pseudo.kind,
            None => self.nodes.kind_name(self.nodes.kind(node)),
        }
    }

    /// The name of a node for people, where it has one.
    pub fn name(&self, node: u32) -> Option<&str> {
        match self.pseudo(node) {
            Some(pseudo) => Some(&pseudo.name),
            None => self.nodes.name(node),
        }
    }

    /// The name of a node, else what of its id tells it apart. Never empty.
    pub fn label(&self, node: u32) -> &str {
        if let Some(name) = self.name(node).filter(|name| !name.is_empty()) {
            return name;
        }
        let id = self.id(node);
        match id.split_once(':') {
            // As engines cut ids for people.
            Some(("container" | "image", hex)) => hex.get(..12).unwrap_or(hex),
            Some((_, rest)) => rest,
            None => id,
        }
    }

    /// What stands for something that nobody watches, where `node` is such.
    pub fn pseudo(&self, node: u32) -> Option<&Pseudo<'s>> {
        (node as usize).checked_sub(self.nodes.len()).and_then(|at| self.pseudo.get(at))
    }

    /// One attribute of a node. Where several agents say it, the one that the node belongs to is believed, else the first by name.
    pub fn attr(&self, node: u32, name: &str) -> Option<&'s Value> {
        self.nodes.said(node).iter().find_map(|said| said.attr(name))
    }

    /// Whether all of `nodes` have the value that `value` is for one attribute.
    pub(crate) fn all_have(&self, nodes: &[u32], name: &str, value: &Value) -> bool {
        let (few, many) = nodes.split_at(nodes.len().min(FEW));
        let has = |node: &u32| self.attr(*node, name) == Some(value);
        if !few.iter().all(has) {
            return false;
        }
        if many.is_empty() {
            return true;
        }
        // Of large groups it is asked for again and again, while hardly any of them changes.
        let Some(values) = self.memo.values(name, self.len()) else { return many.iter().all(has) };
        let wanted = value.fingerprint(*SEED).max(1);
        let number = |node: u32| values.of(node, || self.attr(node, name).map_or(0, |value| value.fingerprint(*SEED)));
        many.iter().all(|node| number(*node) == wanted)
    }

    /// One figure of a node.
    pub fn metric(&self, node: u32, name: &str) -> Option<Number> {
        self.nodes.said(node).iter().find_map(|said| said.state.metric(name))
    }

    /// All attributes of a node, by name.
    pub fn attrs(&self, node: u32) -> Vec<(&'s str, &'s Value)> {
        let mut attrs: Vec<_> = self.nodes.said(node).iter().flat_map(|said| said.state.attrs()).collect();
        // Stable: of one name the first speaker stays.
        attrs.sort_by_key(|(name, _)| *name);
        attrs.dedup_by_key(|(name, _)| *name);
        attrs
    }

    /// All figures of a node, by name.
    pub fn metrics(&self, node: u32) -> Vec<(&'s str, Number)> {
        let mut metrics: Vec<_> = self.nodes.said(node).iter().flat_map(|said| said.state.metrics()).map(|(name, value, _)| (name, value)).collect();
        metrics.sort_by_key(|(name, _)| *name);
        metrics.dedup_by_key(|(name, _)| *name);
        metrics
    }

    /// The agents that speak of a node, by name.
    pub fn speakers(&self, node: u32) -> Vec<&'s AgentName> {
        let mut names: Vec<_> = self.nodes.said(node).iter().filter_map(|said| self.agents.get(said.agent as usize)).map(|agent| agent.name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The agents that speak of any of several nodes, by name.
    pub(crate) fn speakers_of(&self, nodes: &[u32]) -> Vec<&'s AgentName> {
        let mut speaks = vec![false; self.agents.len()];
        for said in nodes.iter().flat_map(|node| self.nodes.said(*node)) {
            if let Some(speaks) = speaks.get_mut(said.agent as usize) {
                *speaks = true;
            }
        }
        self.agents.iter().zip(speaks).filter(|(_, speaks)| *speaks).map(|(agent, _)| agent.name).collect()
    }

    /// Who speaks of a node, and with which of its parts, in no particular order.
    pub(crate) fn said_by(&self, node: u32) -> impl Iterator<Item = (&'s AgentName, &'s str)> {
        self.nodes.said(node).iter().filter_map(|said| self.sources.get(said.source_number as usize)).map(|(agent, source, _)| (*agent, *source))
    }

    /// The parts of agents that speak of a node, by name.
    pub fn sources(&self, node: u32) -> Vec<&'s str> {
        let mut names: Vec<_> = self.said_by(node).map(|(_, source)| source).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Where a node can be reached, as each agent says.
    pub fn endpoints(&self, node: u32) -> impl Iterator<Item = &'s scope_core::endpoint::OwnedEndpoint> {
        self.nodes.said(node).iter().flat_map(|said| said.state.endpoints().unwrap_or_default())
    }

    /// Another number whenever anything was said of a node, be it the same as before, or somebody else speaks of it.
    pub fn moves(&self, node: u32) -> u64 {
        self.nodes.said(node).iter().fold(0, |moves, said| version::mix(version::mix(moves, said.slot.number()), u64::from(said.moves)))
    }

    /// Calls `visit` with each figure of a node, in an order that stays while the same speak of it. Where several say one, the first of them counts.
    pub fn each_metric(&self, node: u32, mut visit: impl FnMut(&'s str, Number)) {
        for said in self.nodes.said(node) {
            said.each_list(|figures| figures.iter().for_each(|(name, value)| visit(name, *value)));
        }
    }

    /// Calls `visit` with the figures of a node as they were said, list by list, in the order of [`Graph::each_metric`].
    pub fn each_list(&self, node: u32, mut visit: impl FnMut(&'s scope_core::Figures)) {
        for said in self.nodes.said(node) {
            said.each_list(&mut visit);
        }
    }

    /// Whether a node of a kept graph has gone since.
    pub fn is_gone(&self, node: u32) -> bool {
        self.pseudo(node).is_none() && self.nodes.id(node).is_empty()
    }

    /// All that a node belongs to, nearest first.
    pub fn above(&self, node: u32) -> Vec<u32> {
        let mut above = self.parents.above(node);
        above.remove(0);
        above
    }

    /// When the latest report was closed, by the clock of its agent.
    pub fn latest(&self) -> Timestamp {
        self.agents.iter().filter_map(|agent| agent.at).max().unwrap_or_default()
    }

    /// What a node belongs to.
    pub fn parents(&self, node: u32) -> &[u32] {
        self.parents.of(node)
    }

    /// The container that a process is in.
    pub fn container_of(&self, node: u32) -> Option<u32> {
        if self.kind(node) != "process" {
            return None;
        }
        self.parents(node).iter().copied().find(|parent| self.kind(*parent) == "container")
    }

    /// The connections, each once, in no particular order.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The agents, by name.
    pub fn agents(&self) -> &[Agent<'s>] {
        &self.agents
    }

    /// The problems that hold, by agent, source and message.
    pub fn troubles(&self) -> &[Trouble<'s>] {
        &self.troubles
    }

    /// How many flows were left out because an end of theirs is gone.
    pub fn flows_over(&self) -> u64 {
        self.over
    }

    /// The hash of the id of a node that somebody watches.
    pub(crate) fn id_hash(&self, node: u32) -> u64 {
        self.nodes.id_hash(node)
    }

    /// The number of a kind, where any node is of it.
    pub(crate) fn kind_id(&self, kind: &str) -> Option<KindId> {
        self.nodes.kind_id(kind)
    }

    /// The number of a node's kind; none for what nobody watches.
    pub(crate) fn node_kind(&self, node: u32) -> Option<KindId> {
        ((node as usize) < self.nodes.len()).then(|| self.nodes.kind(node))
    }

    /// The nodes of a kind, in order.
    pub(crate) fn of_kind(&self, kind: Option<KindId>) -> impl Iterator<Item = u32> {
        (0..self.first_pseudo()).filter(move |node| kind.is_some() && self.node_kind(*node) == kind)
    }

    /// For each node the nearest nodes of a kind that it belongs to, itself among them.
    pub(crate) fn climb(&self, to: Option<KindId>) -> Arc<parents::Climb> {
        let find = || self.parents.climb(self.len(), |node| to.is_some() && self.node_kind(node) == to);
        // No node has the number that stands for a kind of which there is none.
        self.memo.climb(to.unwrap_or(KindId::MAX), find)
    }

    /// The answers to a question about the facts of each node, for as long as these hold. `question` tells it from all others.
    pub(crate) fn verdicts(&self, question: &str) -> Arc<Verdicts> {
        self.memo.verdicts(question, self.len())
    }

    /// The number of the agent that reported a connection at this side of it, else of the one that did at the other.
    pub(crate) fn reporter(&self, link: &Link, side: Side) -> Option<u32> {
        let (here, there) = if side == Side::Client { (link.client, link.server) } else { (link.server, link.client) };
        [here, there].into_iter().find_map(|at| self.reports.get(at as usize)).map(|report| report.agent)
    }

    /// Whether an agent speaks of a node, or runs on it.
    pub(crate) fn speaks(&self, agent: u32, node: u32) -> bool {
        let says = || (node as usize) < self.nodes.len() && self.nodes.said(node).iter().any(|said| said.agent == agent);
        let runs = || self.agents.get(agent as usize).is_some_and(|agent| self.id(node).strip_prefix("host:") == Some(agent.name.as_str()));
        says() || runs()
    }

    /// The words that answer a question about the facts of each node, for as long as these hold. `question` tells it from all others.
    pub(crate) fn words(&self, question: &str) -> Arc<Words> {
        self.memo.words(question, self.len())
    }

    /// The flow that the client's agent reported.
    pub(crate) fn report(&self, at: u32) -> Option<&'s scope_core::Flow> {
        self.reports.get(at as usize).map(|report| report.flow)
    }
}

fn agents(state: &State) -> Vec<Agent<'_>> {
    let agent = |(name, agent): (_, &scope_core::state::AgentState)| {
        let (name, tick): (&AgentName, _) = (name, agent.tick());
        Agent {
            name,
            at: tick.map(|tick| tick.at),
            interval_us: tick.and_then(|tick| tick.tick.interval_ms).map_or(0, |ms| ms.min(3_600_000) as i64 * 1000),
            hash: scope_core::state::id_hash(name.as_str()),
            // A run is a UUID of version 7: its first 48 bits are milliseconds since 1970.
            started_us: tick.map_or(0, |tick| (tick.stamp.run.as_u128() >> 80) as i64 * 1000),
        }
    };
    state.agents().map(agent).collect()
}

fn troubles(state: &State) -> Vec<Trouble<'_>> {
    state.agents().flat_map(|(agent, said)| said.problems().map(move |(source, problem)| Trouble { agent, source, problem })).collect()
}

/// What is said of fields, by name; of one name what the first agent says.
pub fn field_records(state: &State) -> Vec<&FieldRecord> {
    let mut fields: Vec<&FieldRecord> = state.agents().flat_map(|(_, agent)| agent.sources()).flat_map(|(_, source)| source.fields()).collect();
    fields.sort_by(|a, b| a.name.cmp(&b.name));
    fields.dedup_by(|a, b| a.name == b.name);
    fields
}
