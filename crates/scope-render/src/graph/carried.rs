//! Nodes after a change in a few sources: what the others say stands where it stood in a former graph, and is neither looked up by its id nor put in order
//! again. The result is that of `nodes` from nothing.

use std::cmp::Ordering;
use std::sync::Arc;

use hashbrown::HashMap;
use scope_core::NodeId;
use scope_core::state::{Slot, SourceState, State};

use super::columns::{Columns, Spoken};
use super::kept::{Kept, KeptSaid};
use super::nodes::{KindId, Nodes, Words, is_same, settle};
use super::order::{Order, split_kind};
use super::said::Said;
use super::{NONE, threads};

/// What became of the nodes of a former graph.
#[derive(Debug)]
pub(super) struct Carried {
    /// For each node where it stood; [`NONE`] where it did not.
    from: Vec<u32>,
    /// For each former node where it stands; [`NONE`] where it has gone.
    to: Vec<u32>,
    /// For each node whether other facts may be said of it.
    touched: Vec<bool>,
}

impl Carried {
    /// The nodes that no record describes, once they are known: they stand at the end.
    pub(super) fn imply(&mut self, nodes: &Nodes<'_>, former: &Kept) {
        let first = self.from.len() as u32;
        self.from.resize(nodes.len(), NONE);
        self.touched.resize(nodes.len(), false);
        for (old, id) in &former.implied {
            if let Some(new) = nodes.find(id.as_str()).filter(|new| *new >= first)
                && let (Some(from), Some(to)) = (self.from.get_mut(new as usize), self.to.get_mut(*old as usize))
            {
                (*from, *to) = (*old, new);
            }
        }
    }

    /// Where a node of which nothing else is said stood.
    pub(super) fn untouched(&self, node: u32) -> Option<u32> {
        self.from(node).filter(|_| self.touched.get(node as usize) == Some(&false))
    }

    /// Where a node stood.
    pub(super) fn from(&self, node: u32) -> Option<u32> {
        self.from.get(node as usize).copied().filter(|old| *old != NONE)
    }

    /// Where a former node stands.
    pub(super) fn to(&self, old: u32) -> Option<u32> {
        self.to.get(old as usize).copied().filter(|new| *new != NONE)
    }
}

/// A source of an agent, and what of it is looked at anew.
struct Source<'s> {
    agent: u32,
    state: &'s SourceState,
    /// Where the nodes stood of which it spoke, in order; none where it says nothing else but figures.
    former: Option<Vec<Slot>>,
}

/// What is said of a node now, and was not before.
struct Added<'s> {
    id: &'s NodeId,
    hash: u64,
    said: Said<'s>,
}

/// Where what was added belongs: before an old node, or to it.
struct Place {
    old: u32,
    is_new: bool,
    /// From where on in what was added, and up to where.
    added: std::ops::Range<usize>,
}

/// The nodes of `state`, and what became of those of `former`; none where the agents or their sources are others.
pub(super) fn after<'s>(state: &'s State, former: &Kept) -> Option<(Nodes<'s>, Carried)> {
    let mut sources = sources(state, former)?;
    for said in &former.said {
        if let Some(slots) = sources.get_mut(said.source as usize).and_then(|source| source.former.as_mut()) {
            slots.push(said.slot);
        }
    }
    let agents: HashMap<&str, u32> = state.agents().zip(0..).map(|((name, _), number)| (name.as_str(), number)).collect();
    let mut added: Vec<Added<'s>> = Vec::new();
    for (source, number) in sources.iter_mut().zip(0..) {
        let Some(slots) = &mut source.former else { continue };
        slots.sort_unstable();
        for placed in source.state.placed_nodes().filter(|placed| slots.binary_search(&placed.slot).is_err()) {
            let mut said = Said::new(source.agent, number, placed.slot, placed.moves, placed.node);
            look(&mut said);
            added.push(Added { id: placed.id, hash: placed.hash, said });
        }
    }
    let described = former.columns.len() - former.implied.len();
    let old = Old { columns: &former.columns, said: &former.said, sources: &sources, described };
    let places = old.places(&mut added, &agents);
    let spoken = spoken(former, &sources);
    let still = Still::find(former, &sources)?;
    Some(old.merge(&still, &added, &places, agents, spoken))
}

/// All sources of a state, if they are those of the former graph.
fn sources<'s>(state: &'s State, former: &Kept) -> Option<Vec<Source<'s>>> {
    if !state.agents().map(|(name, _)| name).eq(&former.agents) {
        return None;
    }
    let mut known = former.sources.iter();
    let mut sources = Vec::with_capacity(former.sources.len());
    for ((agent, said), number) in state.agents().zip(0..) {
        for (name, state) in said.sources() {
            let known = known.next().filter(|known| known.agent == *agent && known.name == name)?;
            let former = (known.revision != state.nodes_revision()).then(Vec::new);
            sources.push(Source { agent: number, state, former });
        }
    }
    known.next().is_none().then_some(sources)
}

/// Which agents speak of which kinds: those that say something else are asked again.
fn spoken(former: &Kept, sources: &[Source<'_>]) -> Arc<Spoken> {
    let mut spoken = Arc::clone(&former.spoken);
    let mut last = NONE;
    for source in sources.iter().filter(|source| source.former.is_some()) {
        if source.agent == last {
            continue;
        }
        last = source.agent;
        let mut kinds: Vec<&str> = Vec::new();
        for placed in sources.iter().filter(|source| source.agent == last).flat_map(|source| source.state.placed_nodes()) {
            let kind = split_kind(placed.id.as_str()).0;
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let known = spoken.of(last);
        if known.len() != kinds.len() || !known.iter().all(|kind| kinds.contains(&kind.as_str())) {
            Arc::make_mut(&mut spoken).replace(last, &kinds);
        }
    }
    spoken
}

/// What is still said of what was said in the former graph.
struct Still<'s> {
    /// In the order in which it lies in the memory.
    said: Vec<(&'s str, Said<'s>)>,
    /// For each part of what was said where that stands; [`NONE`] where it is not said any more.
    places: Vec<u32>,
}

impl<'s> Still<'s> {
    fn find(former: &Kept, sources: &[Source<'s>]) -> Option<Self> {
        let mut still = Self { said: Vec::with_capacity(former.said.len()), places: vec![NONE; former.said.len()] };
        for at in former.columns.walk() {
            let KeptSaid { agent, source: number, slot } = *former.said.get(*at as usize)?;
            let source = sources.get(number as usize)?;
            if let (Some((id, state, moves)), Some(place)) = (source.state.node_at(slot), still.places.get_mut(*at as usize)) {
                *place = still.said.len() as u32;
                still.said.push((id.as_str(), Said::new(agent, number, slot, moves, state)));
            }
        }
        threads::halves(&mut still.said, |said| said.iter_mut().for_each(|(_, said)| look(said)));
        Some(still)
    }

    fn at(&self, said: usize) -> Option<&(&'s str, Said<'s>)> {
        self.places.get(said).and_then(|place| self.said.get(*place as usize))
    }
}

fn look(said: &mut Said<'_>) {
    said.look();
    said.look_for_figures();
}

/// The nodes of the former graph that records described, and where to find what is said of them now.
struct Old<'a, 's> {
    columns: &'a Columns,
    said: &'a [KeptSaid],
    sources: &'a [Source<'s>],
    described: usize,
}

impl<'s> Old<'_, 's> {
    fn said(&self, node: u32) -> &[KeptSaid] {
        self.said.get(self.columns.said(node)).unwrap_or_default()
    }

    /// The id of a former node, if anybody who spoke of it still does.
    fn id(&self, node: u32) -> Option<&'s NodeId> {
        self.said(node).iter().find_map(|said| Some(self.sources.get(said.source as usize)?.state.node_at(said.slot)?.0))
    }

    fn find(&self, id: &NodeId, hash: u64) -> Option<u32> {
        self.columns.find(hash, |node| self.id(node).is_some_and(|known| is_same(known.as_str(), id.as_str())))
    }

    /// The first of the former nodes that comes after `id`.
    fn next(&self, id: &NodeId, order: &Order<'_, '_>) -> u32 {
        let key = order.key(id.as_str());
        let (mut from, mut to) = (0, self.described as u32);
        while from < to {
            let middle = from + (to - from) / 2;
            // Of one that has gone nobody can tell where it stood.
            let Some((at, known)) = (middle..to).find_map(|node| Some((node, self.id(node)?))) else {
                to = middle;
                continue;
            };
            if order.key(known.as_str()).cmp(&key) == Ordering::Less { from = at + 1 } else { to = middle }
        }
        from
    }

    /// Puts in order what was added: where each node that it is of stands among the former ones.
    fn places(&self, added: &mut [Added<'s>], agents: &HashMap<&'s str, u32>) -> Vec<Place> {
        let order = Order(agents);
        added.sort_by(|a, b| order.key(a.id.as_str()).cmp(&order.key(b.id.as_str())).then(a.said.source_number.cmp(&b.said.source_number)));
        let mut places = Vec::new();
        let mut start = 0;
        for of_one in added.chunk_by(|a, b| is_same(a.id.as_str(), b.id.as_str())) {
            let range = start..start + of_one.len();
            start = range.end;
            if let Some(first) = of_one.first() {
                let place = match self.find(first.id, first.hash) {
                    Some(old) => Place { old, is_new: false, added: range },
                    None => Place { old: self.next(first.id, &order), is_new: true, added: range },
                };
                places.push(place);
            }
        }
        places
    }

    fn merge(&self, still: &Still<'s>, added: &[Added<'s>], places: &[Place], agents: HashMap<&'s str, u32>, spoken: Arc<Spoken>) -> (Nodes<'s>, Carried) {
        let count = self.described + places.len();
        let mut merged = Merged {
            ids: Vec::with_capacity(count),
            columns: Columns::with_capacity(count),
            said: Vec::with_capacity(self.said.len() + added.len()),
            kind_names: Words::default(),
            kinds: Vec::new(),
            agents,
        };
        let mut carried = Carried { from: Vec::with_capacity(count), to: vec![NONE; self.columns.len()], touched: Vec::with_capacity(count) };
        let (mut new, mut extra) = (Vec::new(), Vec::with_capacity(added.len()));
        // Where what was said stands now.
        let mut walk = vec![NONE; self.said.len()];
        let mut places = places.iter().peekable();
        let said_of = |place: &Place| added.get(place.added.clone()).unwrap_or_default();
        for node in 0..=self.described as u32 {
            while let Some(place) = places.next_if(|place| place.is_new && place.old == node) {
                let (start, said) = (merged.said.len(), said_of(place));
                merged.said.extend(said.iter().map(|added| added.said));
                extra.extend(start as u32..merged.said.len() as u32);
                if let Some(first) = said.first() {
                    new.push((first.hash, merged.ids.len() as u32));
                    merged.touched(start, first.id.as_str(), first.hash);
                    carried.from.push(NONE);
                    carried.touched.push(true);
                }
            }
            if node as usize == self.described {
                break;
            }
            let start = merged.said.len();
            let (mut id, mut is_touched) = (None, false);
            for at in self.columns.said(node) {
                is_touched |= self.said.get(at).and_then(|said| self.sources.get(said.source as usize)).is_none_or(|source| source.former.is_some());
                if let (Some((text, said)), Some(to)) = (still.at(at), walk.get_mut(at)) {
                    id = id.or(Some(*text));
                    *to = merged.said.len() as u32;
                    merged.said.push(*said);
                }
            }
            if let Some(place) = places.next_if(|place| !place.is_new && place.old == node) {
                let start = merged.said.len();
                merged.said.extend(said_of(place).iter().map(|added| added.said));
                extra.extend(start as u32..merged.said.len() as u32);
                is_touched = true;
            }
            // Nobody speaks of it any more.
            let Some(id) = id else { continue };
            if let Some(to) = carried.to.get_mut(node as usize) {
                *to = merged.ids.len() as u32;
            }
            carried.from.push(node);
            carried.touched.push(is_touched);
            let hash = self.columns.hash(node);
            if is_touched {
                merged.touched(start, id, hash);
            } else {
                merged.same(start, id, hash, self.columns.kind(node));
            }
        }
        let moved = |at: &u32| walk.get(*at as usize).copied().filter(|to| *to != NONE);
        let walk = self.columns.walk().iter().filter_map(moved).chain(extra).collect();
        merged.columns.end(merged.said.len() as u32, walk);
        merged.columns.find_as(self.columns, |old| carried.to(old), &new);
        let Merged { ids, columns, said, kind_names, agents, .. } = merged;
        (Nodes::of(ids, columns, kind_names, said.into(), spoken, agents), carried)
    }
}

/// Nodes in the making.
struct Merged<'s> {
    ids: Vec<&'s str>,
    columns: Columns,
    said: Vec<Said<'s>>,
    kind_names: Words<'s>,
    /// For each former number of a kind what it is now.
    kinds: Vec<Option<KindId>>,
    agents: HashMap<&'s str, u32>,
}

impl<'s> Merged<'s> {
    /// Adds a node of which the same is said, by the same, from `start` on.
    fn same(&mut self, start: usize, id: &'s str, hash: u64, kind: KindId) {
        let known = self.kinds.get(usize::from(kind)).copied().flatten();
        let kind = known.unwrap_or_else(|| {
            let number = self.kind_of(start);
            if self.kinds.len() <= usize::from(kind) {
                self.kinds.resize(usize::from(kind) + 1, None);
            }
            if let Some(place) = self.kinds.get_mut(usize::from(kind)) {
                *place = Some(number);
            }
            number
        });
        self.ids.push(id);
        self.columns.push(hash, kind, start as u32);
    }

    /// Adds a node of which something else may be said, or by others.
    fn touched(&mut self, start: usize, id: &'s str, hash: u64) {
        let said = self.said.get_mut(start..).unwrap_or_default();
        said.sort_unstable_by_key(|said| said.source_number);
        let kind = self.kind_of(start);
        settle(id, self.said.get_mut(start..).unwrap_or_default(), &self.agents);
        self.ids.push(id);
        self.columns.push(hash, kind, start as u32);
    }

    /// The number of the kind that the first of all sources calls it.
    fn kind_of(&mut self, start: usize) -> KindId {
        let first = self.said.get(start..).unwrap_or_default().iter().min_by_key(|said| said.source_number);
        first.map_or(0, |said| self.kind_names.number(said.state.kind()))
    }
}
