//! Nodes in order, and who speaks of each. Nothing here knows what a kind means.
//!
//! A large state lies all over the memory, so every pass here is small and touches each part once: many can then wait for the memory at the same time.

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashMap;
use scope_core::NodeId;
use scope_core::state::{State, id_hash};

use super::columns::{Columns, Spoken};
use super::halves::Halves;
use super::order::{self, Mention, Ordered, Places, split_kind};
use super::said::{Found, Said};
use super::threads::{self, LARGE};

/// The number of a kind.
pub(crate) type KindId = u16;

/// All nodes, sorted by kind and id; processes by agent, pid and start.
#[derive(Debug)]
pub(crate) struct Nodes<'s> {
    ids: Vec<&'s str>,
    columns: Arc<Columns>,
    kind_names: Words<'s>,
    said: Halves<Said<'s>>,
    spoken: Arc<Spoken>,
    agents: HashMap<&'s str, u32>,
}

impl<'s> Nodes<'s> {
    /// All nodes that exist in `state`.
    pub(super) fn gather(state: &'s State) -> Self {
        let agents: HashMap<&str, u32> = state.agents().zip(0..).map(|((name, _), number)| (name.as_str(), number)).collect();
        let (mentions, mut said) = order::mentions(state);
        let is_large = mentions.len() >= LARGE;
        // What is said lies elsewhere than the ids, and looking there is mostly waiting for the memory.
        let (Ordered { first, places, mut by_hash, spoken }, (kinds, kind_names)) =
            threads::both(is_large, || order::order(&mentions, &agents), || look(&mut said));
        for place in &mut by_hash {
            *place = places.rank(*place);
        }
        let (one, other) = first.split_at(first.len() / 2);
        // Each of the others' nodes has a mention of its own.
        let part = |first: &[u32], others: &[u32]| Part::of(first, mentions.len() - others.len(), &mentions, &said, &kinds, &places, &agents);
        let (Part { mut ids, mut columns, said: in_order, numbers }, mut other) = threads::both(is_large, || part(one, other), || part(other, one));
        columns.append(other.columns, in_order.len() as u32);
        ids.append(&mut other.ids);
        let in_order = Halves::of(in_order, other.said);
        let mut walk = vec![0; mentions.len()];
        for (number, place) in numbers.into_iter().chain(other.numbers).zip(0..) {
            if let Some(at) = walk.get_mut(number as usize) {
                *at = place;
            }
        }
        columns.find_by(by_hash);
        columns.end(in_order.len() as u32, walk);
        Self::of(ids, columns, kind_names, in_order, Arc::new(spoken), agents)
    }

    /// The nodes of these parts, in order, and the hosts that belong to them.
    pub(super) fn of(
        ids: Vec<&'s str>,
        columns: Columns,
        kind_names: Words<'s>,
        said: Halves<Said<'s>>,
        spoken: Arc<Spoken>,
        agents: HashMap<&'s str, u32>,
    ) -> Self {
        let mut nodes = Self { ids, columns: Arc::new(columns), kind_names, said, spoken, agents };
        nodes.imply_hosts();
        nodes
    }

    /// Adds hosts that others belong to and that their agent does not describe: its host source is off, or was cut from the stream.
    fn imply_hosts(&mut self) {
        let unspoken: Vec<u32> = self.agents.values().copied().filter(|agent| !self.spoken.contains(*agent, "host")).collect();
        if unspoken.is_empty() {
            return;
        }
        let parents =
            self.said.iter().filter(|said| unspoken.contains(&said.agent)).flat_map(|said| said.parents.iter().map(move |parent| (said.agent, parent)));
        let mut hosts: Vec<(u32, &'s NodeId)> = parents.filter(|(_, parent)| parent.kind() == "host" && self.find(parent.as_str()).is_none()).collect();
        hosts.sort_unstable();
        hosts.dedup_by_key(|(_, id)| *id);
        for (agent, id) in hosts {
            self.find_or_imply(agent, id);
        }
    }

    fn add(&mut self, id: &'s str, hash: u64, kind: KindId) -> u32 {
        let number = self.ids.len() as u32;
        self.ids.push(id);
        let said = self.said.len() as u32;
        let columns = Arc::make_mut(&mut self.columns);
        // `starts` ends with the end of the last node's speakers, which is where those of the new one begin and end.
        columns.push(hash, kind, said);
        columns.find_at(hash, number);
        number
    }

    /// All that is said of nodes, node by node.
    pub(super) fn all_said(&self) -> &Halves<Said<'s>> {
        &self.said
    }

    /// The names of kinds, by their numbers.
    pub(super) fn kind_names(&self) -> impl Iterator<Item = &'s str> {
        self.kind_names.words.iter().copied()
    }

    /// Which agents speak of nodes of which kinds.
    pub(super) fn spoken(&self) -> Arc<Spoken> {
        Arc::clone(&self.spoken)
    }

    /// What does not depend on the state.
    pub(super) fn columns(&self) -> Arc<Columns> {
        Arc::clone(&self.columns)
    }

    /// The nodes of these columns, with what is said of them now; `ids` belong to `said`, those of nodes that nobody describes come beside them. The id of a
    /// node that has gone is empty.
    pub(super) fn with(
        columns: &Arc<Columns>,
        said: Vec<Said<'s>>,
        said_ids: &[&'s str],
        implied: impl Iterator<Item = (u32, &'s str)>,
        kind_names: impl Iterator<Item = &'s str>,
        spoken: &Arc<Spoken>,
    ) -> Self {
        let mut ids = Vec::with_capacity(columns.len());
        for node in 0..columns.len() as u32 {
            let of = said_ids.get(columns.said(node));
            ids.push(of.into_iter().flatten().copied().find(|id| !id.is_empty()).unwrap_or_default());
        }
        for (node, id) in implied {
            if let Some(place) = ids.get_mut(node as usize) {
                *place = id;
            }
        }
        let kind_names = Words { words: kind_names.collect(), last: 0 };
        Self { ids, columns: Arc::clone(columns), kind_names, said: said.into(), spoken: Arc::clone(spoken), agents: HashMap::new() }
    }

    /// How many nodes there are.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The node with this id, of this hash.
    pub(super) fn find_hashed(&self, id: &str, hash: u64) -> Option<u32> {
        self.columns.find(hash, |number| self.ids.get(number as usize).is_some_and(|known| is_same(known, id)))
    }

    /// The node with this id.
    pub(crate) fn find(&self, id: &str) -> Option<u32> {
        self.find_hashed(id, id_hash(id))
    }

    /// The node that a record of `agent` names. One that nobody describes is taken at the record's word, unless the agent describes others of
    /// its kind: then it is gone, and the record is about to follow.
    pub(super) fn find_or_imply(&mut self, agent: u32, id: &'s NodeId) -> Option<u32> {
        let hash = id_hash(id.as_str());
        if let Some(number) = self.find_hashed(id.as_str(), hash) {
            return Some(number);
        }
        if self.spoken.contains(agent, id.kind()) {
            return None;
        }
        let kind = self.kind_names.number(id.kind());
        Some(self.add(id.as_str(), hash, kind))
    }

    /// The id of a node.
    pub(crate) fn id(&self, node: u32) -> &'s str {
        self.ids.get(node as usize).copied().unwrap_or_default()
    }

    /// The name of a node, by the first who has one for it.
    pub(crate) fn name(&self, node: u32) -> Option<&'s str> {
        self.said(node).iter().find_map(|said| match said.attrs() {
            Found::Several => said.state.name().map(scope_core::CompactString::as_str),
            _ => said.name,
        })
    }

    /// The hash of a node's id; the same for one id as long as the process lives.
    pub(crate) fn id_hash(&self, node: u32) -> u64 {
        self.columns.hash(node)
    }

    /// The number of a node's kind.
    pub(crate) fn kind(&self, node: u32) -> KindId {
        self.columns.kind(node)
    }

    /// The kind with this number.
    pub(crate) fn kind_name(&self, kind: KindId) -> &'s str {
        self.kind_names.words.get(usize::from(kind)).copied().unwrap_or_default()
    }

    /// The number of a kind, where any node is of it.
    pub(crate) fn kind_id(&self, name: &str) -> Option<KindId> {
        self.kind_names.words.iter().position(|kind| *kind == name).map(|at| at as KindId)
    }

    /// Who speaks of a node.
    pub(crate) fn said(&self, node: u32) -> &[Said<'s>] {
        self.said.range(self.columns.said(node))
    }
}

/// Puts the agent that a node belongs to before the other speakers.
pub(super) fn settle(id: &str, said: &mut [Said<'_>], agents: &HashMap<&str, u32>) {
    let (Some(first), Some(last)) = (said.first(), said.last()) else { return };
    if first.agent != last.agent
        && let Some(owner) = agent_in(id).and_then(|name| agents.get(name))
    {
        said.sort_by_key(|said| said.agent != *owner);
    }
}

/// Nodes in order, from one on.
#[derive(Default)]
struct Part<'s> {
    ids: Vec<&'s str>,
    columns: Columns,
    said: Vec<Said<'s>>,
    /// The numbers of the mentions, as what they say follows each other here.
    numbers: Vec<u32>,
}

impl<'s> Part<'s> {
    /// The nodes whose first mentions are these, with room for at most so many mentions.
    fn of(
        first: &[u32],
        most: usize,
        mentions: &Halves<Mention<'s>>,
        said: &Halves<Said<'s>>,
        kinds: &[KindId],
        places: &Places,
        agents: &HashMap<&str, u32>,
    ) -> Self {
        // As many as both halves have: those of the other are put behind these.
        let (ids, columns) = (Vec::with_capacity(mentions.len()), Columns::with_capacity(mentions.len()));
        let mut part = Self { ids, columns, said: Vec::with_capacity(most), numbers: Vec::with_capacity(most) };
        for first in first {
            let start = part.said.len();
            let Some((Mention { id, hash, .. }, kind)) = mentions.get(*first).zip(kinds.get(*first as usize)) else { continue };
            part.ids.push(id);
            part.columns.push(*hash, *kind, start as u32);
            let mut number = *first;
            while let Some(said) = said.get(number) {
                part.said.push(*said);
                part.numbers.push(number);
                number = places.next(number);
            }
            settle(id, part.said.get_mut(start..).unwrap_or_default(), agents);
        }
        part
    }
}

/// Looks once into each state of what is said; gives back the kinds that these are of, and their names.
fn look<'s>(said: &mut Halves<Said<'s>>) -> (Vec<KindId>, Words<'s>) {
    let mut names = Words::default();
    let mut kinds = Vec::with_capacity(said.len());
    for said in said.iter_mut() {
        let latest = said.state.layers().first();
        kinds.push(latest.map_or(0, |latest| names.number(&latest.node.kind)));
        said.look();
        said.look_for_figures();
    }
    (kinds, names)
}

/// Whether two texts are one. What different sources say of a node is often one text in memory, which then need not be looked at.
#[inline]
pub(super) fn is_same(one: &str, other: &str) -> bool {
    (one.len() == other.len() && std::ptr::eq(one.as_ptr(), other.as_ptr())) || one == other
}

/// The agent in the id of a host or a process.
fn agent_in(id: &str) -> Option<&str> {
    match split_kind(id) {
        ("host", agent) => Some(agent),
        ("process", rest) => rest.rsplitn(3, ':').nth(2),
        _ => None,
    }
}

/// Words numbered as they come. They come in long runs, so the last one is tried first.
#[derive(Debug, Default)]
pub(super) struct Words<'s> {
    pub(super) words: Vec<&'s str>,
    last: u16,
}

impl<'s> Words<'s> {
    pub(super) fn number(&mut self, word: &'s str) -> u16 {
        if self.words.get(usize::from(self.last)) != Some(&word) {
            let known = self.words.iter().position(|known| *known == word);
            self.last = known.unwrap_or_else(|| {
                self.words.push(word);
                self.words.len() - 1
            }) as u16;
        }
        self.last
    }

    /// For each word its place in alphabetical order; the last place for all that come late.
    pub(super) fn ranks(&self) -> Vec<u8> {
        let mut order: Vec<usize> = (0..self.words.len()).collect();
        order.sort_unstable_by_key(|number| self.words.get(*number));
        let mut ranks = vec![u8::MAX; order.len()];
        for (rank, number) in order.into_iter().enumerate() {
            if let Some(place) = ranks.get_mut(number) {
                *place = u8::try_from(rank).unwrap_or(u8::MAX);
            }
        }
        ranks
    }
}

/// A text that is borrowed where it can be.
pub(crate) type Text<'s> = Cow<'s, str>;
