//! What one source says of one node: a few layers, one for each report that still says something.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use compact_str::CompactString;
use smallvec::SmallVec;

use crate::endpoint::OwnedEndpoint;
use crate::hash::Hash;
use crate::id::NodeId;
use crate::moved::Moved;
use crate::number::Number;
use crate::record::{Node, Stamp};
use crate::time::Timestamp;
use crate::value::{Fields, Value};

/// What one report said of a node and no later one has said anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeLayer {
    /// The report.
    pub stamp: Stamp,
    /// When it was said, by the agent's clock.
    pub at: Timestamp,
    /// What of it still holds.
    pub node: Node,
    /// Fields of the record that this version does not know.
    pub extra: Fields<Value>,
}

impl NodeLayer {
    /// Adds what another record with the same stamp says: a copy of this one, or a part of the same report. Should they contradict each other
    /// the greater value wins, so that the order of arrival never decides.
    fn join(&mut self, other: Self) {
        fn join_fields<T: Ord + Clone>(ours: &mut Fields<T>, theirs: Fields<T>) {
            for (name, value) in theirs {
                if ours.get(&name).is_none_or(|old| *old < value) {
                    ours.insert(name, value);
                }
            }
        }
        self.at = self.at.max(other.at);
        self.node.kind = std::mem::take(&mut self.node.kind).max(other.node.kind);
        self.node.name = self.node.name.take().max(other.node.name);
        self.node.parents = self.node.parents.take().max(other.node.parents);
        self.node.endpoints = self.node.endpoints.take().max(other.node.endpoints);
        join_fields(&mut self.node.attrs, other.node.attrs);
        for (name, value) in other.node.metrics {
            if self.node.metrics.get(&name).is_none_or(|old| *old < value) {
                self.node.metrics.insert(name, value);
            }
        }
        join_fields(&mut self.extra, other.extra);
    }

    /// Whether it says the figures of `moved`, of that kind of node, and nothing else.
    fn says_only(&self, moved: &Moved) -> bool {
        let node = &self.node;
        node.metrics.shared_names().is_some_and(|names| names.is_same(moved.names()))
            && node.kind == moved.kind()
            && node.name.is_none()
            && node.parents.is_none()
            && node.endpoints.is_none()
            && node.attrs.is_empty()
            && self.extra.is_empty()
    }

    /// Whether `later` says anything anew that this one says.
    fn overlaps(&self, later: &Self) -> bool {
        let (ours, theirs) = (&self.node, &later.node);
        (ours.name.is_some() && theirs.name.is_some())
            || (ours.parents.is_some() && theirs.parents.is_some())
            || (ours.endpoints.is_some() && theirs.endpoints.is_some())
            || ours.attrs.has_any_of(&theirs.attrs)
            || ours.metrics.has_any_of(&theirs.metrics)
            || self.extra.has_any_of(&later.extra)
    }

    /// Whether `later` says all anew that this one says.
    fn is_covered_by(&self, later: &Self) -> bool {
        let (ours, theirs) = (&self.node, &later.node);
        (ours.name.is_none() || theirs.name.is_some())
            && (ours.parents.is_none() || theirs.parents.is_some())
            && (ours.endpoints.is_none() || theirs.endpoints.is_some())
            && theirs.metrics.has_all_of(&ours.metrics)
            && theirs.attrs.has_all_of(&ours.attrs)
            && later.extra.has_all_of(&self.extra)
    }

    /// Drops what `later` says anew; whether anything is left.
    fn yield_to(&mut self, later: &Self) -> bool {
        let (ours, theirs) = (&mut self.node, &later.node);
        ours.name.take_if(|_| theirs.name.is_some());
        ours.parents.take_if(|_| theirs.parents.is_some());
        ours.endpoints.take_if(|_| theirs.endpoints.is_some());
        ours.attrs.remove_all(&theirs.attrs);
        ours.metrics.remove_all(&theirs.metrics);
        self.extra.remove_all(&later.extra);
        ours.name.is_some()
            || ours.parents.is_some()
            || ours.endpoints.is_some()
            || !ours.attrs.is_empty()
            || !ours.metrics.is_empty()
            || !self.extra.is_empty()
    }
}

/// What one source says of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeState {
    /// Everything said up to here is over. Of few nodes that exist anybody said so, and all of them lie side by side.
    gone: Option<Box<(Stamp, Timestamp)>>,
    /// Newest first; no field stands in two of them. Copies of a state share them. Most nodes have two: facts, and the figures of now.
    layers: SmallVec<[Arc<NodeLayer>; 2]>,
    facts: FactsHash,
}

/// The hash of the facts of a node, once somebody asked for it; 0 before.
#[derive(Debug, Default)]
struct FactsHash(AtomicU64);

impl Clone for FactsHash {
    fn clone(&self) -> Self {
        Self(AtomicU64::new(self.0.load(Ordering::Relaxed)))
    }
}

impl PartialEq for FactsHash {
    /// It follows from the layers: whether anybody asked makes no difference.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for FactsHash {}

impl NodeState {
    /// The layers that hold, newest first. No field stands in two of them; none where the node is gone.
    #[inline]
    pub fn layers(&self) -> &[Arc<NodeLayer>] {
        &self.layers
    }

    /// When the node was last said to be over, if it was.
    pub(super) fn gone(&self) -> Option<(Stamp, Timestamp)> {
        self.gone.as_deref().copied()
    }

    /// Whether a report of this stamp is taken back.
    fn is_over(&self, stamp: Stamp) -> bool {
        self.gone.as_ref().is_some_and(|gone| stamp <= gone.0)
    }

    /// The kind, as the latest report has it; empty where the node is gone.
    pub fn kind(&self) -> &str {
        self.layers.first().map_or("", |layer| &layer.node.kind)
    }

    /// The name for people.
    pub fn name(&self) -> Option<&CompactString> {
        self.layers.iter().find_map(|layer| layer.node.name.as_ref())
    }

    /// What the node belongs to.
    pub fn parents(&self) -> Option<&[NodeId]> {
        self.layers.iter().find_map(|layer| layer.node.parents.as_deref())
    }

    /// Where the node can be reached.
    pub fn endpoints(&self) -> Option<&[OwnedEndpoint]> {
        self.layers.iter().find_map(|layer| layer.node.endpoints.as_deref())
    }

    /// The attributes known, layer by layer: each name comes once.
    pub fn attrs(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.layers.iter().flat_map(|layer| layer.node.attrs.iter()).filter(|(_, value)| !matches!(value, Value::Null))
    }

    /// One attribute.
    pub fn attr(&self, name: &str) -> Option<&Value> {
        self.layers.iter().find_map(|layer| layer.node.attrs.get(name)).filter(|value| !matches!(value, Value::Null))
    }

    /// The figures known, with when they were taken by the agent's clock, layer by layer: each name comes once.
    pub fn metrics(&self) -> impl Iterator<Item = (&str, Number, Timestamp)> {
        self.layers.iter().flat_map(|layer| layer.node.metrics.iter().map(|(name, value)| (name, *value, layer.at)))
    }

    /// One figure.
    pub fn metric(&self, name: &str) -> Option<Number> {
        self.layers.iter().find_map(|layer| layer.node.metrics.get(name)).copied()
    }

    /// A number that stands for the facts: kind, name, parents, endpoints and attributes as they are now, whichever reports said them. Never 0. States that
    /// say the same of a node have the same one.
    pub fn facts_hash(&self) -> u64 {
        match self.facts.0.load(Ordering::Relaxed) {
            0 => {
                let hash = self.hash_facts().max(1);
                self.facts.0.store(hash, Ordering::Relaxed);
                hash
            }
            hash => hash,
        }
    }

    /// A sum over the facts: no order among them, and no need to gather the layers.
    pub(super) fn hash_facts(&self) -> u64 {
        let said = |tag: u64, name: &str| Hash::new(tag).text(name);
        let mut sum = said(0, self.kind()).end();
        let mut add = |hash: Hash| sum = sum.wrapping_add(hash.end());
        if let Some(name) = self.name() {
            add(said(1, name));
        }
        if let Some(parents) = self.parents() {
            add(said(2, "").ids(parents));
        }
        if let Some(endpoints) = self.endpoints() {
            add(said(3, "").endpoints(endpoints));
        }
        for (name, value) in self.attrs() {
            add(said(4, name).value(value));
        }
        sum
    }

    /// The facts may be others than those that the hash stands for.
    fn facts_changed(&mut self) {
        *self.facts.0.get_mut() = 0;
    }

    /// Adds a layer. Whether anything but figures may be others than before.
    pub(super) fn add(&mut self, mut new: NodeLayer) -> bool {
        if self.is_over(new.stamp) {
            return false;
        }
        let node = &new.node;
        let has_facts = node.name.is_some() || node.parents.is_some() || node.endpoints.is_some() || !node.attrs.is_empty();
        let changes = has_facts || self.layers.is_empty() || node.kind != self.kind();
        if changes {
            self.facts_changed();
        }
        let place = self.layers.partition_point(|layer| layer.stamp > new.stamp);
        let (later, earlier) = self.layers.split_at_mut(place);
        if let Some(same) = earlier.first_mut().filter(|layer| layer.stamp == new.stamp) {
            // Later layers took from this one what they say anew, and take it from the copy too.
            let mut any = true;
            for layer in &*later {
                any = new.yield_to(layer);
            }
            if any || later.is_empty() {
                Arc::make_mut(same).join(new);
            }
            self.settle(place);
            return changes;
        }
        let mut holds = true;
        for layer in &*later {
            holds = new.yield_to(layer);
        }
        if !holds && !later.is_empty() {
            return changes;
        }
        // What says all anew that the next one says takes its place: so it is with figures, second by second.
        match self.layers.get_mut(place).filter(|layer| layer.is_covered_by(&new)) {
            Some(layer) => match Arc::get_mut(layer) {
                Some(layer) => *layer = new,
                None => *layer = Arc::new(new),
            },
            None => self.layers.insert(place, Arc::new(new)),
        }
        self.settle(place);
        changes
    }

    /// Adds a layer that says nothing but figures, where the latest one says nothing but the same ones: it becomes the new one, in place. Whether that is so.
    pub(super) fn moved(&mut self, stamp: Stamp, at: Timestamp, moved: &Moved, values: &[Number]) -> bool {
        if self.is_over(stamp) {
            return false;
        }
        let Some(latest) = self.layers.first_mut().filter(|latest| latest.stamp < stamp && latest.says_only(moved)) else { return false };
        if let Some(latest) = Arc::get_mut(latest) {
            (latest.stamp, latest.at) = (stamp, at);
            latest.node.metrics.set(values)
        } else {
            *latest = Arc::new(NodeLayer { stamp, at, node: moved.node(&latest.node.id, values), extra: Fields::default() });
            true
        }
    }

    /// Takes from the layers earlier than the one at `place` what it says anew.
    fn settle(&mut self, place: usize) {
        let mut at = place + 1;
        while at < self.layers.len() {
            let (head, tail) = self.layers.split_at_mut(at);
            let (Some(later), Some(layer)) = (head.get(place), tail.first_mut()) else { return };
            if layer.is_covered_by(later) {
                self.layers.remove(at);
            } else {
                if layer.overlaps(later) {
                    Arc::make_mut(layer).yield_to(later);
                }
                at += 1;
            }
        }
    }

    /// Takes back everything up to `stamp`.
    pub(super) fn end(&mut self, stamp: Stamp, at: Timestamp) {
        let gone = self.gone().map_or((stamp, at), |gone| gone.max((stamp, at)));
        self.gone = Some(Box::new(gone));
        self.layers.retain(|layer| layer.stamp > gone.0);
        self.facts_changed();
    }

    /// Drops what is older than the full report `full`; whether anything is left, be it only that the node is gone.
    pub(super) fn retire(&mut self, full: Stamp) -> bool {
        self.gone.take_if(|gone| gone.0 < full);
        let before = self.layers.len();
        self.layers.retain(|layer| layer.stamp >= full);
        if self.layers.len() < before {
            self.facts_changed();
        }
        self.gone.is_some() || !self.layers.is_empty()
    }

    /// Whether nothing is known but that the node was over before `at`.
    pub(super) fn is_only_gone_before(&self, at: Timestamp) -> bool {
        self.layers.is_empty() && self.gone().is_none_or(|(_, when)| when < at)
    }

    pub(super) fn merge(&mut self, other: Self) {
        if let Some((stamp, at)) = other.gone() {
            self.end(stamp, at);
        }
        for layer in other.layers {
            self.add(Arc::unwrap_or_clone(layer));
        }
    }
}
