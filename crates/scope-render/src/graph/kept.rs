//! A graph without its state: which records each node and connection stands for, by place. With a later state it is a graph again, and nothing is joined
//! anew: for whoever draws the figures of the same nodes again and again.

use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

use scope_core::flow::{Peer, Side};
use scope_core::state::{NodeState, Slot, SourceState, State};
use scope_core::{AgentName, CompactString, Flow, FlowKey, NodeId, Protocol, SocketAddress, Timestamp};

use super::columns::{Columns, Spoken};
use super::links::Drawing;
use super::memo::Memo;
use super::nodes::Nodes;
use super::pairs::{Pairs, Samples};
use super::parents::Parents;
use super::peers::Pseudo;
use super::reports::{Report, Sure};
use super::said::Said;
use super::threads::LARGE;
use super::{Graph, Link, threads};

/// A graph without its state.
#[derive(Debug)]
pub struct Kept {
    pub(super) agents: Vec<AgentName>,
    pub(super) sources: Vec<KeptSource>,
    pub(super) columns: Arc<Columns>,
    pub(super) spoken: Arc<Spoken>,
    /// The ids of nodes that no record describes.
    pub(super) implied: Vec<(u32, NodeId)>,
    kind_names: Vec<CompactString>,
    pub(super) said: Vec<KeptSaid>,
    pub(super) parents: Arc<Parents>,
    reports: Vec<KeptReport>,
    pairs: Arc<Pairs>,
    links: Vec<Link>,
    pseudo: Vec<Pseudo<'static>>,
    over: u64,
    pub(super) memo: Arc<Memo>,
}

/// A source of an agent, and which of all that it has said of nodes it was that the graph was made of.
#[derive(Debug)]
pub(super) struct KeptSource {
    pub(super) agent: AgentName,
    pub(super) name: CompactString,
    pub(super) revision: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct KeptSaid {
    pub(super) agent: u32,
    pub(super) source: u32,
    pub(super) slot: Slot,
}

#[derive(Clone, Copy, Debug)]
struct KeptReport {
    source: u32,
    slot: Slot,
    agent: u32,
    owner: u32,
    peer: u32,
    sure: Sure,
    side: Side,
}

/// Stands for what has gone since.
static GONE: LazyLock<NodeState> = LazyLock::new(NodeState::default);
static OVER: LazyLock<Option<Flow>> = LazyLock::new(|| {
    let nowhere: SocketAddress = "0.0.0.0:0".parse().ok()?;
    let key = FlowKey { owner: "gone:flow".parse().ok()?, peer: Peer::Dialled(nowhere.clone()), server_addr: nowhere, proto: Protocol::Tcp };
    Some(Flow::new(key, Timestamp::default()))
});

impl Graph<'_> {
    /// The graph without its state.
    pub fn keep(self) -> Kept {
        let said = self.nodes.all_said().iter().map(|said| KeptSaid { agent: said.agent, source: said.source_number, slot: said.slot });
        let kept = |report: &Report<'_>| KeptReport {
            source: report.source,
            slot: report.slot,
            agent: report.agent,
            owner: report.owner,
            peer: report.peer,
            sure: report.sure,
            side: report.side,
        };
        let implied = (0..self.nodes.len() as u32).filter(|node| self.nodes.said(*node).is_empty());
        Kept {
            agents: self.agents.iter().map(|agent| agent.name.clone()).collect(),
            sources: self
                .sources
                .iter()
                .map(|(agent, name, revision)| KeptSource { agent: (*agent).clone(), name: (*name).into(), revision: *revision })
                .collect(),
            said: said.collect(),
            implied: implied.filter_map(|node| Some((node, self.nodes.id(node).parse().ok()?))).collect(),
            kind_names: self.nodes.kind_names().map(CompactString::from).collect(),
            columns: self.nodes.columns(),
            spoken: self.nodes.spoken(),
            parents: self.parents,
            reports: self.reports.iter().map(kept).collect(),
            pairs: self.pairs,
            links: self.links,
            pseudo: self.pseudo.iter().map(Pseudo::to_static).collect(),
            over: self.over,
            memo: self.memo,
        }
    }
}

impl Kept {
    /// The graph with what `state` says now of its nodes and connections. What came meanwhile is not in it; what went has no figures any more. None where
    /// connections are no longer drawn between the same ends, or its agents are others: then the graph is to be built anew.
    pub fn graph<'s>(&'s self, state: &'s State) -> Option<Graph<'s>> {
        let agents = super::agents(state);
        if !agents.iter().map(|agent| agent.name).eq(&self.agents) {
            return None;
        }
        let source = |source: &KeptSource| state.agent(&source.agent).and_then(|agent| agent.source_state(&source.name));
        let sources: Vec<Option<&'s SourceState>> = self.sources.iter().map(source).collect();
        let at = |number: u32| sources.get(number as usize).copied().flatten();
        let gone: &'s NodeState = &GONE;
        let blank = self.said.first().map(|said| Said::new(said.agent, said.source, said.slot, u32::MAX, gone));
        let (mut found, mut ids) = (Vec::new(), vec![""; self.said.len()]);
        found.extend(blank.into_iter().cycle().take(self.said.len()));
        for place in self.columns.walk() {
            let (Some(said), Some(found), Some(id)) = (self.said.get(*place as usize), found.get_mut(*place as usize), ids.get_mut(*place as usize)) else {
                continue;
            };
            let held = at(said.source).and_then(|source| source.node_at(said.slot));
            *id = held.map_or("", |(id, _, _)| id.as_str());
            let (state, moves) = held.map_or((gone, u32::MAX), |(_, state, moves)| (state, moves));
            *found = Said::new(said.agent, said.source, said.slot, moves, state);
            // Figures are asked for; whoever asks for facts finds them in the state.
            found.look_for_figures();
        }
        let implied = self.implied.iter().map(|(node, id)| (*node, id.as_str()));
        let nodes = Nodes::with(&self.columns, found, &ids, implied, self.kind_names.iter().map(CompactString::as_str), &self.spoken);
        let over = OVER.as_ref()?;
        let mut lost = vec![false; self.reports.len()];
        let mut reports = Vec::with_capacity(self.reports.len());
        for (kept, lost) in self.reports.iter().zip(&mut lost) {
            let flow = at(kept.source).and_then(|source| source.flow_at(kept.slot));
            *lost = flow.is_none();
            let flow = flow.unwrap_or(over);
            let KeptReport { source, slot, agent, owner, peer, sure, side } = *kept;
            reports.push(Report { flow, source, slot, agent, owner, peer, sure, side, at: None });
        }
        let links = self.redraw(&reports, &lost, &agents)?;
        let troubles = super::troubles(state);
        let sources = self.sources.iter().map(|source| (&source.agent, source.name.as_str(), source.revision)).collect();
        let (parents, pairs, pseudo) = (Arc::clone(&self.parents), Arc::clone(&self.pairs), self.pseudo.clone());
        Some(Graph {
            agents,
            sources,
            nodes,
            parents,
            reports,
            pairs,
            links,
            pseudo,
            troubles,
            over: self.over,
            link_versions: OnceLock::new(),
            memo: Arc::clone(&self.memo),
        })
    }

    /// The links with their figures as they are now; those of flows that have gone as they were.
    fn redraw(&self, reports: &[Report<'_>], lost: &[bool], agents: &[super::Agent<'_>]) -> Option<Vec<Link>> {
        let samples = Samples::new(reports, agents);
        let drawing = Drawing { reports, pairs: &self.pairs, samples: &samples, parents: &self.parents };
        let half = reports.len() / 2;
        // Links stand in the order of the reports that they were drawn for.
        let (former, later) = self.links.split_at(self.links.partition_point(|link| (link.drawn_for() as usize) < half));
        let redraw = |of: Range<usize>, links: &[Link]| self.redraw_some(&drawing, lost, of, links);
        let (drawn, others) = threads::both(self.said.len() >= LARGE, || redraw(0..half, former), || redraw(half..reports.len(), later));
        let mut drawn = drawn?;
        drawn.append(&mut others?);
        Some(drawn)
    }

    /// The links of some of the reports, which were `former`.
    fn redraw_some(&self, drawing: &Drawing<'_, '_>, lost: &[bool], of: Range<usize>, former: &[Link]) -> Option<Vec<Link>> {
        let is_lost = |report: &u32| lost.get(*report as usize).copied().unwrap_or(false);
        let mut drawn = Vec::with_capacity(former.len());
        let mut former = former;
        for report in of.start as u32..of.end as u32 {
            let (old, later) = former.split_at(former.iter().position(|link| link.drawn_for() != report).unwrap_or(former.len()));
            former = later;
            // What the other end still says of a flow that has gone is no news: the next structure tells what became of it.
            if is_lost(&report) || self.pairs.of(report).iter().any(is_lost) {
                drawn.extend_from_slice(old);
                continue;
            }
            let start = drawn.len();
            drawing.links_of(report, &mut drawn);
            let new = drawn.get_mut(start..).unwrap_or_default();
            if !new.iter().map(|link| (link.client, link.server)).eq(old.iter().map(|link| (link.client, link.server))) {
                return None;
            }
            for (new, old) in new.iter_mut().zip(old) {
                (new.from, new.to) = (old.from, old.to);
            }
        }
        Some(drawn)
    }
}
