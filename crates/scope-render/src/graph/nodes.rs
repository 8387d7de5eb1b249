//! Nodes in order, and who speaks of each. Nothing here knows what a kind means.
//!
//! A large state lies all over the memory, so every pass here is small and touches each part once: many can then wait for the memory at the same time.

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::hash_table::Entry;
use hashbrown::{HashMap, HashTable};
use scope_core::NodeId;
use scope_core::state::{State, id_hash};

use super::NONE;
use super::columns::{Columns, Spoken};
use super::said::{Attrs, Said};
use super::threads::{self, LARGE};

/// The number of a kind.
pub(crate) type KindId = u16;

/// All nodes, sorted by kind and id; processes by agent, pid and start.
#[derive(Debug)]
pub(crate) struct Nodes<'s> {
    ids: Vec<&'s str>,
    columns: Arc<Columns>,
    kind_names: Words<'s>,
    said: Vec<Said<'s>>,
    spoken: Arc<Spoken>,
    agents: HashMap<&'s str, u32>,
}

struct Mention<'s> {
    id: &'s str,
    hash: u64,
    kind: KindId,
    said: Said<'s>,
}

impl<'s> Nodes<'s> {
    /// All nodes that exist in `state`, of which about `about` things are said.
    pub(super) fn gather(state: &'s State, about: usize) -> Self {
        let mut mentions = Vec::with_capacity(about);
        let mut source_number = 0;
        for ((_, agent), number) in state.agents().zip(0..) {
            for (source, said) in agent.sources() {
                mentions.extend(said.placed_nodes().map(|placed| Mention {
                    id: placed.id.as_str(),
                    hash: placed.hash,
                    kind: 0,
                    said: Said::new(number, source, source_number, placed.slot, placed.moves, placed.node),
                }));
                source_number += 1;
            }
        }
        let agents: HashMap<&str, u32> = state.agents().zip(0..).map(|((name, _), number)| (name.as_str(), number)).collect();
        let kind_names = Mention::fill(&mut mentions);
        let Ordered { first, places, mut by_hash, spoken } = order(&mentions, &agents);
        for place in &mut by_hash {
            *place = places.rank(*place);
        }

        let mut columns = Columns::found_by(by_hash, first.len());
        let (mut ids, mut said) = (Vec::with_capacity(first.len()), Vec::with_capacity(mentions.len()));
        let mut walk = vec![0; mentions.len()];
        for mut number in first {
            let start = said.len();
            if let Some(Mention { id, hash, kind, .. }) = mentions.get(number as usize) {
                ids.push(*id);
                columns.push(*hash, *kind, start as u32);
            }
            while let Some(mention) = mentions.get(number as usize) {
                if let Some(place) = walk.get_mut(number as usize) {
                    *place = said.len() as u32;
                }
                said.push(mention.said);
                number = places.next(number);
            }
            settle(ids.last().copied().unwrap_or_default(), said.get_mut(start..).unwrap_or_default(), &agents);
        }
        columns.end(said.len() as u32, walk);
        Self::of(ids, columns, kind_names, said, Arc::new(spoken), agents)
    }

    /// The nodes of these parts, in order, and the hosts that belong to them.
    pub(super) fn of(
        ids: Vec<&'s str>,
        columns: Columns,
        kind_names: Words<'s>,
        said: Vec<Said<'s>>,
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
    pub(super) fn all_said(&self) -> &[Said<'s>] {
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
        Self { ids, columns: Arc::clone(columns), kind_names, said, spoken: Arc::clone(spoken), agents: HashMap::new() }
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
        self.said(node).iter().find_map(|said| match said.attrs {
            Attrs::Several => said.state.name().map(scope_core::CompactString::as_str),
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
        self.said.get(self.columns.said(node)).unwrap_or_default()
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

impl<'s> Mention<'s> {
    /// Looks into each node's state once; gives back the names of the kinds. That is mostly waiting for the memory, which two can do at once.
    fn fill(mentions: &mut [Self]) -> Words<'s> {
        let (one, other) = mentions.split_at_mut(mentions.len() / 2);
        let is_large = one.len() + other.len() >= LARGE;
        let (mut names, (others, mentions)) = threads::both(
            is_large,
            || Self::look(one),
            || {
                let names = Self::look(other);
                (names, other)
            },
        );
        let numbers: Vec<KindId> = others.words.into_iter().map(|word| names.number(word)).collect();
        for mention in mentions {
            mention.kind = numbers.get(usize::from(mention.kind)).copied().unwrap_or(mention.kind);
        }
        names
    }

    fn look(mentions: &mut [Self]) -> Words<'s> {
        let mut names = Words::default();
        for Self { kind, said, .. } in mentions {
            let layers = said.state.layers();
            if let Some(latest) = layers.first() {
                *kind = names.number(&latest.node.kind);
            }
            said.look();
            said.look_for_figures();
        }
        names
    }
}

/// Whether two texts are one. What different sources say of a node is often one text in memory, which then need not be looked at.
#[inline]
pub(super) fn is_same(one: &str, other: &str) -> bool {
    (one.len() == other.len() && std::ptr::eq(one.as_ptr(), other.as_ptr())) || one == other
}

/// Mentions brought together by the nodes that they are of, and these in order.
struct Ordered {
    /// The first mention of each node, node by node.
    first: Vec<u32>,
    places: Places,
    /// The nodes by the hashes of their ids: the numbers of their first mentions.
    by_hash: HashTable<u32>,
    spoken: Spoken,
}

/// By the number of a mention.
#[derive(Default)]
struct Places {
    /// The next of the same node; [`NONE`] for the last.
    next: Vec<u32>,
    /// Of a first mention, which node in order it is of.
    rank: Vec<u32>,
}

impl Places {
    fn next(&self, mention: u32) -> u32 {
        self.next.get(mention as usize).copied().unwrap_or(NONE)
    }

    fn rank(&self, mention: u32) -> u32 {
        self.rank.get(mention as usize).copied().unwrap_or(NONE)
    }
}

/// The nodes in order, their mentions by agent and source; and who speaks of which kind. Only one mention of each is sorted: most texts are never compared.
fn order<'s>(mentions: &[Mention<'s>], agents: &HashMap<&'s str, u32>) -> Ordered {
    let id = |number: u32| mentions.get(number as usize).map_or("", |mention| mention.id);
    let hash = |number: u32| mentions.get(number as usize).map_or(0, |mention| mention.hash);
    let mut by_hash: HashTable<u32> = HashTable::with_capacity(mentions.len());
    // While they are brought together: of a first mention the last one of its node.
    let mut places = Places { next: vec![NONE; mentions.len()], rank: vec![NONE; mentions.len()] };
    let (mut words, mut spoken) = (Words::default(), Spoken::default());
    let mut word_of = vec![0_u16; mentions.len()];
    let mut keys: Vec<(u64, u32)> = Vec::with_capacity(mentions.len());
    let (mut last, mut last_agent) = ((NONE, 0), (NONE, ""));
    for (mention, number) in mentions.iter().zip(0..) {
        let known = by_hash.entry(mention.hash, |known| hash(*known) == mention.hash && is_same(id(*known), mention.id), |known| hash(*known));
        let word_number = match known {
            Entry::Occupied(first) => {
                let first = *first.get() as usize;
                if let Some(end) = places.rank.get_mut(first) {
                    if let Some(next) = places.next.get_mut(*end as usize) {
                        *next = number;
                    }
                    *end = number;
                }
                word_of.get(first).copied().unwrap_or_default()
            }
            Entry::Vacant(place) => {
                place.insert(number);
                let (word, rest) = split_kind(mention.id);
                let word_number = words.number(word);
                if let (Some(end), Some(word)) = (places.rank.get_mut(number as usize), word_of.get_mut(number as usize)) {
                    (*end, *word) = (number, word_number);
                }
                let mut agent_number = |name: &'s str| {
                    if last_agent.1 != name {
                        last_agent = (agents.get(name).copied().unwrap_or(NONE), name);
                    }
                    last_agent.0
                };
                keys.push((u64::from(word_number) << 56 | sort_key(word, rest, &mut agent_number), number));
                word_number
            }
        };
        if last != (mention.said.agent, word_number) {
            last = (mention.said.agent, word_number);
            spoken.add(mention.said.agent, words.words.get(usize::from(word_number)).copied().unwrap_or_default());
        }
    }
    let ranks = words.ranks();
    for (key, _) in &mut keys {
        let rank = ranks.get((*key >> 56) as usize).copied().unwrap_or(u8::MAX);
        *key = *key & ((1 << 56) - 1) | u64::from(rank) << 56;
    }
    if words.words.len() > usize::from(u8::MAX) {
        // More kinds than have room in a key.
        let order = Order(agents);
        keys.sort_unstable_by(|a, b| order.key(id(a.1)).cmp(&order.key(id(b.1))));
    } else {
        keys.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| id(a.1).cmp(id(b.1))));
    }
    let first: Vec<u32> = keys.into_iter().map(|(_, number)| number).collect();
    for (number, rank) in first.iter().zip(0..) {
        if let Some(place) = places.rank.get_mut(*number as usize) {
            *place = rank;
        }
    }
    Ordered { first, places, by_hash, spoken }
}

/// How nodes are put in order, one by one.
pub(super) struct Order<'a, 's>(pub(super) &'a HashMap<&'s str, u32>);

impl Order<'_, '_> {
    /// What tells where a node with this id stands.
    pub(super) fn key<'i>(&self, id: &'i str) -> (&'i str, u64, &'i str) {
        let (word, rest) = split_kind(id);
        (word, sort_key(word, rest, &mut |agent| self.0.get(agent).copied().unwrap_or(NONE)), id)
    }
}

/// The kind before the colon of an id, and the rest.
pub(super) fn split_kind(id: &str) -> (&str, &str) {
    let colon = id.bytes().position(|byte| byte == b':').unwrap_or(0);
    (id.get(..colon).unwrap_or_default(), id.get(colon + 1..).unwrap_or_default())
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
    words: Vec<&'s str>,
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
    fn ranks(&self) -> Vec<u8> {
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

/// 56 bits that sort mostly like the id, so that few comparisons look at the texts: the first seven letters; of a process agent, pid and start.
fn sort_key<'s>(word: &str, rest: &'s str, agent_number: &mut impl FnMut(&'s str) -> u32) -> u64 {
    if word == "process"
        && let Some((agent, pid, ticks)) = process_parts(rest)
    {
        // A pid has 22 bits at most (`PID_MAX_LIMIT`, include/linux/threads.h).
        return u64::from(agent_number(agent) & 0xf_ffff) << 36 | (pid & 0x3f_ffff) << 14 | ticks & 0x3fff;
    }
    let mut bytes = [0_u8; 8];
    for (to, from) in bytes.iter_mut().skip(1).zip(rest.bytes()) {
        *to = from;
    }
    u64::from_be_bytes(bytes)
}

/// Agent, pid and start of a process.
fn process_parts(rest: &str) -> Option<(&str, u64, u64)> {
    let (rest, ticks) = split_number(rest)?;
    let (agent, pid) = split_number(rest)?;
    Some((agent, pid, ticks))
}

/// The number after the last colon, and what stands before it.
fn split_number(text: &str) -> Option<(&str, u64)> {
    let (mut number, mut place) = (0_u64, 1_u64);
    for (at, byte) in text.bytes().enumerate().rev() {
        if byte == b':' {
            return Some((text.get(..at)?, number));
        }
        number = number.wrapping_add(u64::from(byte.wrapping_sub(b'0')).wrapping_mul(place));
        place = place.wrapping_mul(10);
    }
    None
}

/// A text that is borrowed where it can be.
pub(crate) type Text<'s> = Cow<'s, str>;
