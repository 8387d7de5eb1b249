//! Which mentions are of the same node, and in which order the nodes stand: by kind and id; processes by agent, pid and start.

use std::hint::black_box;

use hashbrown::hash_table::Entry;
use hashbrown::{HashMap, HashTable};
use scope_core::state::{AgentState, State};

use super::columns::Spoken;
use super::halves::Halves;
use super::nodes::{Words, is_same};
use super::said::Said;
use super::threads::{self, LARGE};
use super::{AHEAD, NONE};

/// A node that a source speaks of.
pub(super) struct Mention<'s> {
    pub(super) id: &'s str,
    pub(super) hash: u64,
    /// The number of the agent.
    agent: u32,
}

/// All that `state` says of nodes, source by source: of whom, and what, each as yet not looked into. Where that is much, on two threads.
pub(super) fn mentions(state: &State) -> (Halves<Mention<'_>>, Halves<Said<'_>>) {
    let agents = numbered(state);
    let (one, other) = agents.split_at(agents.len() / 2);
    let about = |agents: &[Numbered<'_>]| agents.iter().flat_map(|(_, _, agent)| agent.sources()).map(|(_, said)| said.most_nodes()).sum::<usize>();
    let (most, most_of_other) = (about(one), about(other));
    let ((mentions, all), (others, other_all)) = threads::both(most + most_of_other >= LARGE, || mentions_of(one, most), || mentions_of(other, most_of_other));
    (Halves::of(mentions, others), Halves::of(all, other_all))
}

/// An agent with its number and that of its first source.
pub(super) type Numbered<'s> = (u32, u32, &'s AgentState);

/// All agents, in the order of their names; their sources are numbered through.
pub(super) fn numbered(state: &State) -> Vec<Numbered<'_>> {
    let (mut agents, mut sources) = (Vec::new(), 0);
    for ((_, agent), number) in state.agents().zip(0..) {
        agents.push((number, sources, agent));
        sources += agent.sources().count() as u32;
    }
    agents
}

/// The same of some agents, with room for about so many.
fn mentions_of<'s>(agents: &[Numbered<'s>], about: usize) -> (Vec<Mention<'s>>, Vec<Said<'s>>) {
    let (mut mentions, mut all) = (Vec::with_capacity(about), Vec::with_capacity(about));
    for (agent, first_source, state) in agents {
        for ((_, said), number) in state.sources().zip(*first_source..) {
            for placed in said.placed_nodes() {
                mentions.push(Mention { id: placed.id.as_str(), hash: placed.hash, agent: *agent });
                all.push(Said::new(*agent, number, placed.slot, placed.moves, placed.node));
            }
        }
    }
    (mentions, all)
}

/// Mentions brought together by the nodes that they are of, and these in order.
pub(super) struct Ordered {
    /// The first mention of each node, node by node.
    pub(super) first: Vec<u32>,
    pub(super) places: Places,
    /// The nodes by the hashes of their ids: the numbers of their first mentions.
    pub(super) by_hash: HashTable<u32>,
    pub(super) spoken: Spoken,
}

/// By the number of a mention.
#[derive(Default)]
pub(super) struct Places {
    /// The next of the same node; [`NONE`] for the last.
    next: Vec<u32>,
    /// Of a first mention, which node in order it is of.
    rank: Vec<u32>,
}

impl Places {
    pub(super) fn next(&self, mention: u32) -> u32 {
        self.next.get(mention as usize).copied().unwrap_or(NONE)
    }

    pub(super) fn rank(&self, mention: u32) -> u32 {
        self.rank.get(mention as usize).copied().unwrap_or(NONE)
    }
}

/// The nodes in order, their mentions by agent and source; and who speaks of which kind. Only one mention of each is sorted: most texts are never compared.
pub(super) fn order<'s>(mentions: &Halves<Mention<'s>>, agents: &HashMap<&'s str, u32>) -> Ordered {
    let id = |number: u32| mentions.get(number).map_or("", |mention| mention.id);
    let hash = |number: u32| mentions.get(number).map_or(0, |mention| mention.hash);
    let mut by_hash: HashTable<u32> = HashTable::with_capacity(mentions.len());
    // While they are brought together: of a first mention the last one of its node.
    let mut places = Places { next: vec![NONE; mentions.len()], rank: vec![NONE; mentions.len()] };
    let (mut words, mut spoken) = (Words::default(), Spoken::default());
    let mut word_of = vec![0_u16; mentions.len()];
    let mut keys: Vec<(u64, u32)> = Vec::with_capacity(mentions.len());
    let (mut last, mut last_agent) = ((NONE, 0), (NONE, ""));
    for (mention, number) in mentions.iter().zip(0..) {
        if (number as usize).is_multiple_of(AHEAD) {
            look_at_ids(mentions.rest(number));
        }
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
        if last != (mention.agent, word_number) {
            last = (mention.agent, word_number);
            spoken.add(mention.agent, words.words.get(usize::from(word_number)).copied().unwrap_or_default());
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

/// Brings near the ids of the next few mentions, where these end: which agent and process they are of stands there.
fn look_at_ids(mentions: &[Mention<'_>]) {
    black_box(mentions.iter().take(AHEAD).fold(0, |seen, mention| seen ^ mention.id.as_bytes().last().copied().unwrap_or_default()));
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
