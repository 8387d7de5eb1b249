//! What one source of one agent says: its entities, and which of its reports were full.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::node::{NodeLayer, NodeState};
use crate::flow::{Flow, FlowKey};
use crate::id::NodeId;
use crate::moved::Moved;
use crate::record::{FieldRecord, Node, Problem, Stamp};
use crate::slots::{Slot, Slots};
use crate::time::Timestamp;
use crate::value::{Fields, Value};
use compact_str::CompactString;

/// Reports whose ticks have not come yet, at most. A stream without ticks would otherwise grow without end; past this the oldest are
/// given up, and should one of them be full after all, it retires nothing.
const OPEN_REPORTS: usize = 64;

/// Numbers for what is said of nodes. No number comes twice, so copies of a state that go different ways have different ones.
static REVISIONS: AtomicU64 = AtomicU64::new(1);

/// What one source says.
#[derive(Clone, Debug, Default)]
pub struct SourceState {
    /// The latest report that is known to be full and whole. Nothing older holds.
    full: Option<(Stamp, Timestamp)>,
    /// Reports after it that are not known to be whole.
    open: BTreeMap<Stamp, OpenReport>,
    /// The latest report that is known, before its tick has come, not to be full.
    partial: Option<Stamp>,
    nodes: Slots<NodeId, NodeState>,
    /// Another one whenever anything but figures of nodes may have changed.
    revision: u64,
    flows: Slots<FlowKey, FlowState>,
    problems: BTreeMap<Problem, (Stamp, Timestamp)>,
    fields: BTreeMap<CompactString, (Stamp, Timestamp, FieldRecord)>,
}

/// A node, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct PlacedNode<'a> {
    /// Where.
    pub slot: Slot,
    /// Its id.
    pub id: &'a NodeId,
    /// Of its id: [`super::id_hash`].
    pub hash: u64,
    /// What is said of it.
    pub node: &'a NodeState,
    /// How often anything was said of it.
    pub moves: u32,
}

/// A flow is said whole each time, so its latest record is all there is.
#[derive(Clone, Debug, Default)]
pub(super) struct FlowState {
    /// Of few that exist anybody said that they were over before.
    pub(super) gone: Option<Box<(Stamp, Timestamp)>>,
    /// Copies of a state share it.
    pub(super) last: Option<Arc<FlowRecord>>,
}

/// The latest record of a flow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FlowRecord {
    pub(super) stamp: Stamp,
    pub(super) at: Timestamp,
    pub(super) flow: Flow,
    pub(super) extra: Fields<Value>,
}

impl FlowState {
    fn add(&mut self, new: FlowRecord) {
        self.last = std::mem::take(&mut self.last).max(Some(Arc::new(new)));
        self.settle();
    }

    fn settle(&mut self) {
        let Some(gone) = &self.gone else { return };
        self.last.take_if(|last| last.stamp <= gone.0);
    }
}

#[derive(Clone, Debug, Default)]
struct OpenReport {
    /// Hashes of the entities mentioned: a set, because a record may come twice. A collision only makes the report look incomplete, and then nothing is retired.
    mentioned: BTreeSet<u64>,
    /// How many a full report has, and when it was closed.
    expected: Option<(u64, Timestamp)>,
}

fn fingerprint(entity: &impl Hash, class: u8) -> u64 {
    // Fixed keys: states that are merged must agree on it.
    let mut hasher = std::hash::DefaultHasher::new();
    class.hash(&mut hasher);
    entity.hash(&mut hasher);
    hasher.finish()
}

impl SourceState {
    /// Whether a record of this stamp is overtaken by a full report.
    fn is_over(&self, stamp: Stamp) -> bool {
        self.full.is_some_and(|(full, _)| stamp < full)
    }

    pub(super) fn node(&mut self, stamp: Stamp, at: Timestamp, node: Node, extra: Fields<Value>) {
        if self.is_over(stamp) {
            return;
        }
        let mention = self.counts(stamp).then(|| fingerprint(&node.id, 0));
        // The key is cloned only for a node that is new.
        let changes = if let Some(state) = self.nodes.get_mut(&node.id) {
            state.add(NodeLayer { stamp, at, node, extra })
        } else {
            let (id, mut state) = (node.id.clone(), NodeState::default());
            state.add(NodeLayer { stamp, at, node, extra });
            self.nodes.insert(id, state);
            true
        };
        if changes {
            self.nodes_changed();
        }
        self.mention(stamp, mention);
    }

    fn nodes_changed(&mut self) {
        self.revision = REVISIONS.fetch_add(1, Ordering::Relaxed);
    }

    /// Adds the figures of nodes, of each of which `placed` tells whether it was possible; where not, a record of the node says the same.
    pub(super) fn all_moved(&mut self, stamp: Stamp, at: Timestamp, moved: &Moved, placed: &mut Vec<bool>) {
        // Only of a report that is neither overtaken nor to be counted.
        let is_simple = !self.is_over(stamp) && !self.counts(stamp);
        // They come in the order in which they came first, and so they stand here.
        let mut next = 0;
        placed
            .extend(moved.iter().map(|(id, values)| is_simple && self.nodes.next_mut(id, &mut next).is_some_and(|node| node.moved(stamp, at, moved, values))));
    }

    pub(super) fn add_flow(&mut self, stamp: Stamp, at: Timestamp, flow: Flow, extra: Fields<Value>) {
        if self.is_over(stamp) {
            return;
        }
        let mention = self.counts(stamp).then(|| fingerprint(&flow.key, 1));
        match self.flows.get_mut(&flow.key) {
            Some(state) => state.add(FlowRecord { stamp, at, flow, extra }),
            None => self.flows.change(flow.key.clone(), |state| state.add(FlowRecord { stamp, at, flow, extra })),
        }
        self.mention(stamp, mention);
    }

    pub(super) fn problem(&mut self, stamp: Stamp, at: Timestamp, problem: Problem) {
        if self.is_over(stamp) {
            return;
        }
        let mention = self.counts(stamp).then(|| fingerprint(&problem, 2));
        let place = self.problems.entry(problem).or_insert((stamp, at));
        *place = (*place).max((stamp, at));
        self.mention(stamp, mention);
    }

    pub(super) fn field(&mut self, stamp: Stamp, at: Timestamp, field: FieldRecord) {
        if self.is_over(stamp) {
            return;
        }
        let mention = self.counts(stamp).then(|| fingerprint(&field.name, 3));
        let new = (stamp, at, field);
        match self.fields.get_mut(&new.2.name) {
            Some(old) if *old < new => *old = new,
            Some(_) => {}
            None => drop(self.fields.insert(new.2.name.clone(), new)),
        }
        self.mention(stamp, mention);
    }

    pub(super) fn node_gone(&mut self, stamp: Stamp, at: Timestamp, id: NodeId) {
        if !self.is_over(stamp) {
            self.nodes.change(id, |node| node.end(stamp, at));
            self.nodes_changed();
        }
    }

    pub(super) fn flow_gone(&mut self, stamp: Stamp, at: Timestamp, key: FlowKey) {
        if !self.is_over(stamp) {
            self.flows.change(key, |flow| {
                flow.gone = flow.gone.take().max(Some(Box::new((stamp, at))));
                flow.settle();
            });
        }
    }

    /// Whether it is to be known what the report of this stamp mentions: not of one that is known to be whole, nor of one that will not be full.
    fn counts(&self, stamp: Stamp) -> bool {
        self.partial != Some(stamp) && self.full.is_none_or(|(full, _)| stamp > full)
    }

    fn mention(&mut self, stamp: Stamp, entity: Option<u64>) {
        let Some(entity) = entity else { return };
        let report = self.open.entry(stamp).or_default();
        report.mentioned.insert(entity);
        let expected = report.expected;
        if expected.is_some() {
            self.close_whole(stamp);
        } else if self.open.len() > OPEN_REPORTS {
            self.open.pop_first();
        }
    }

    /// The tick of `stamp` says: a full report of `expected` entities.
    pub(super) fn claim_full(&mut self, stamp: Stamp, at: Timestamp, expected: u64) {
        if self.full.is_some_and(|(full, _)| stamp < full) {
            return;
        }
        if let Some((full, when)) = &mut self.full
            && *full == stamp
        {
            *when = at.max(*when);
            return;
        }
        let report = self.open.entry(stamp).or_default();
        // Two ticks of one report differ where one stream was merged before: what was overtaken since is not said again, and counts less.
        report.expected = Some(report.expected.map_or((expected, at), |(other, when)| (other.min(expected), when.max(at))));
        self.close_whole(stamp);
        if self.open.len() > OPEN_REPORTS {
            self.open.pop_first();
        }
    }

    /// The tick of `stamp` says: not a full report. There is nothing to count.
    pub(super) fn claim_partial(&mut self, stamp: Stamp) {
        if self.open.get(&stamp).is_some_and(|report| report.expected.is_none()) {
            self.open.remove(&stamp);
        }
    }

    /// The tick of `stamp`, which is at hand already, does not say that the report is full.
    pub(super) fn expect_partial(&mut self, stamp: Stamp) {
        self.partial = Some(stamp);
    }

    /// Retires what came before the report `stamp`, if that is whole.
    fn close_whole(&mut self, stamp: Stamp) {
        let Some(OpenReport { mentioned, expected: Some((expected, at)) }) = self.open.get(&stamp) else { return };
        if (mentioned.len() as u64) < *expected {
            return;
        }
        self.retire_before(stamp, *at);
    }

    fn retire_before(&mut self, stamp: Stamp, at: Timestamp) {
        self.full = self.full.max(Some((stamp, at)));
        self.open.retain(|open, _| *open > stamp);
        self.nodes.retain(|_, node| node.retire(stamp));
        self.nodes_changed();
        self.flows.retain(|_, flow| {
            flow.gone.take_if(|gone| gone.0 < stamp);
            flow.last.take_if(|last| last.stamp < stamp);
            flow.gone.is_some() || flow.last.is_some()
        });
        self.problems.retain(|_, (said, _)| *said >= stamp);
        self.fields.retain(|_, (said, _, _)| *said >= stamp);
    }

    /// Whether any entity is only known to have been over before `at`.
    pub(super) fn remembers_gone(&self, at: Timestamp) -> bool {
        let over = |flow: &FlowState| flow.last.is_none() && flow.gone.as_ref().is_some_and(|gone| gone.1 < at);
        self.nodes.iter().any(|(_, node)| node.is_only_gone_before(at)) || self.flows.iter().any(|(_, flow)| over(flow))
    }

    /// Forgets that entities were said to be over before `at`.
    pub(super) fn forget_gone(&mut self, at: Timestamp) {
        self.nodes.retain(|_, node| !node.is_only_gone_before(at));
        self.flows.retain(|_, flow| flow.last.is_some() || flow.gone.as_ref().is_none_or(|gone| gone.1 >= at));
    }

    pub(super) fn merge(&mut self, mut other: Self) {
        // Both sides first know the same full report; from there on everything is a union.
        match (self.full, other.full) {
            (Some((ours, _)), Some((theirs, _))) if ours == theirs => self.full = self.full.max(other.full),
            (ours, Some((stamp, at))) if ours < Some((stamp, at)) => self.retire_before(stamp, at),
            (Some((stamp, at)), _) => other.retire_before(stamp, at),
            _ => {}
        }
        self.nodes_changed();
        for (id, theirs) in other.nodes.into_entries() {
            match self.nodes.get_mut(&id) {
                Some(ours) => ours.merge(theirs),
                None => self.nodes.insert(id, theirs),
            }
        }
        for (key, theirs) in other.flows.into_entries() {
            self.flows.change(key, |ours| {
                ours.gone = ours.gone.take().max(theirs.gone);
                ours.last = std::mem::take(&mut ours.last).max(theirs.last);
                ours.settle();
            });
        }
        for (problem, said) in other.problems {
            let ours = self.problems.entry(problem).or_insert(said);
            *ours = (*ours).max(said);
        }
        for (name, theirs) in other.fields {
            match self.fields.get_mut(&name) {
                Some(ours) if *ours < theirs => *ours = theirs,
                Some(_) => {}
                None => drop(self.fields.insert(name, theirs)),
            }
        }
        let mut touched = Vec::with_capacity(other.open.len());
        for (stamp, theirs) in other.open {
            let ours = self.open.entry(stamp).or_default();
            ours.mentioned.extend(theirs.mentioned);
            ours.expected = match (ours.expected, theirs.expected) {
                (Some((a, at)), Some((b, bt))) => Some((a.min(b), at.max(bt))),
                (a, b) => a.or(b),
            };
            touched.push(stamp);
        }
        // The latest whole report retires the most; the earlier ones are closed by it.
        for stamp in touched.into_iter().rev() {
            self.close_whole(stamp);
        }
        while self.open.len() > OPEN_REPORTS {
            self.open.pop_first();
        }
    }

    /// The latest full report that came whole, and when it was closed.
    pub fn full(&self) -> Option<(Stamp, Timestamp)> {
        self.full
    }

    /// Reports that say how many entities they have, and lack some: with how many are expected.
    pub(super) fn incomplete(&self) -> impl Iterator<Item = (Stamp, u64, Timestamp)> {
        self.open.iter().filter_map(|(stamp, report)| report.expected.map(|(expected, at)| (*stamp, expected, at)))
    }

    /// A number that stands for the nodes that exist, where each stands, and all that is said of them but figures. Where it is the same as before, or in a
    /// copy of the state, these are the same.
    pub fn nodes_revision(&self) -> u64 {
        self.revision
    }

    /// The nodes that exist, in no particular order.
    pub fn nodes_unsorted(&self) -> impl Iterator<Item = (&NodeId, &NodeState)> {
        self.nodes.iter().filter(|(_, node)| !node.layers().is_empty())
    }

    /// The flows that exist, in no particular order.
    pub fn flows_unsorted(&self) -> impl Iterator<Item = &Flow> {
        self.flows.iter().filter_map(|(_, flow)| flow.last.as_ref()).map(|last| &last.flow)
    }

    /// The nodes that exist, and where each stands: for [`SourceState::node_at`].
    pub fn placed_nodes(&self) -> impl Iterator<Item = PlacedNode<'_>> {
        let placed = |(slot, id, node, hash, moves)| PlacedNode { slot, id, hash, node, moves };
        self.nodes.places().map(placed).filter(|placed| !placed.node.layers().is_empty())
    }

    /// At most how many nodes exist: those that have gone may be among them.
    pub fn most_nodes(&self) -> usize {
        self.nodes.places_len()
    }

    /// The flows that exist, and where each stands: for [`SourceState::flow_at`].
    pub fn placed_flows(&self) -> impl Iterator<Item = (Slot, &Flow)> {
        self.flows.places().filter_map(|(slot, _, flow, _, _)| flow.last.as_ref().map(|last| (slot, &last.flow)))
    }

    /// The node that stood at `slot`, if it still exists, and how often anything was said of it.
    pub fn node_at(&self, slot: Slot) -> Option<(&NodeId, &NodeState, u32)> {
        self.nodes.at(slot).filter(|(_, node, _)| !node.layers().is_empty())
    }

    /// The latest that is said of the flow that stood at `slot`, if it still exists.
    pub fn flow_at(&self, slot: Slot) -> Option<&Flow> {
        self.flows.at(slot).and_then(|(_, flow, _)| flow.last.as_ref()).map(|last| &last.flow)
    }

    /// The problems that hold, by message.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems.keys()
    }

    /// What is said of fields, by name.
    pub fn fields(&self) -> impl Iterator<Item = &FieldRecord> {
        self.fields.values().map(|(_, _, field)| field)
    }

    /// One node, where it exists.
    pub fn node_state(&self, id: &NodeId) -> Option<&NodeState> {
        self.nodes.get(id).filter(|node| !node.layers().is_empty())
    }

    /// The latest that is said of one flow, where it exists.
    pub fn flow(&self, key: &FlowKey) -> Option<&Flow> {
        self.flows.get(key).and_then(|flow| flow.last.as_ref()).map(|last| &last.flow)
    }

    pub(super) fn all_nodes(&self) -> impl Iterator<Item = (&NodeId, &NodeState)> {
        self.nodes.iter()
    }

    pub(super) fn all_flows(&self) -> impl Iterator<Item = (&FlowKey, &FlowState)> {
        self.flows.iter()
    }

    pub(super) fn all_problems(&self) -> impl Iterator<Item = (&Problem, (Stamp, Timestamp))> {
        self.problems.iter().map(|(problem, said)| (problem, *said))
    }

    pub(super) fn all_fields(&self) -> impl Iterator<Item = (&FieldRecord, Stamp, Timestamp)> {
        self.fields.values().map(|(stamp, at, field)| (field, *stamp, *at))
    }
}
