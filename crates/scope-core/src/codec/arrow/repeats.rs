//! What the rows of a stream say again and again: read once, and shared from then on. How much of it is remembered is bounded, whatever a stream says.

use std::hash::BuildHasher;
use std::sync::Arc;

use compact_str::CompactString;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::columns::Text;
use crate::codec::json::Kind;
use crate::endpoint::{ClientAddress, Endpoint, OwnedEndpoint, SocketAddress};
use crate::figures::SharedNames;
use crate::id::{AgentName, NodeId, RunId};
use crate::value::Value;

/// Most bytes of text that one memory holds, entries included: some 15,000 ids.
const BYTES: usize = 2 << 20;

/// What an entry takes beside its text.
const ENTRY: usize = 64;

/// Longest text remembered.
const TEXT: usize = 4 << 10;

/// Most lists of names remembered of a batch, and most of a stream.
const SHAPES: usize = 16;

/// Most names, and most bytes of them, in a list that is remembered.
const NAMES: usize = 256;

/// Most parents, and most endpoints, of a node that are remembered.
pub(super) const ITEMS: usize = 8;

/// What texts stand for.
pub(super) struct Memory<T> {
    /// In the order in which they came first.
    entries: Vec<(Box<[u8]>, T)>,
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
    bytes: usize,
    /// The entry after the one last found: reports name the same things in the same order, so it is most often the next.
    next: usize,
    /// How often all of it was forgotten.
    forgotten: u32,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), places: HashTable::new(), hasher: DefaultHashBuilder::default(), bytes: 0, next: 0, forgotten: 0 }
    }
}

impl<T: Clone> Memory<T> {
    /// What the bytes of `text` stand for, read by `read` where it is not known.
    #[inline]
    pub(super) fn get<E>(&mut self, text: &[u8], read: impl FnOnce(&[u8]) -> Result<T, E>) -> Result<T, E> {
        if let Some((_, value)) = self.entries.get(self.next).filter(|(known, _)| known.as_ref() == text) {
            self.next += 1;
            return Ok(value.clone());
        }
        // Or the same once more.
        if let Some((_, value)) = self.last().filter(|(known, _)| known.as_ref() == text) {
            return Ok(value.clone());
        }
        self.look_up(text, read)
    }

    #[inline]
    fn last(&self) -> Option<&(Box<[u8]>, T)> {
        self.entries.get(self.next.checked_sub(1)?)
    }

    #[inline(never)]
    fn look_up<E>(&mut self, text: &[u8], read: impl FnOnce(&[u8]) -> Result<T, E>) -> Result<T, E> {
        let hash = self.hasher.hash_one(text);
        let place = self.places.find(hash, |place| self.entries.get(*place as usize).is_some_and(|(known, _)| known.as_ref() == text)).copied();
        if let Some((place, (_, value))) = place.and_then(|place| Some((place, self.entries.get(place as usize)?))) {
            self.next = place as usize + 1;
            return Ok(value.clone());
        }
        let value = read(text)?;
        if text.len() <= TEXT {
            if self.bytes > BYTES {
                self.entries.clear();
                self.places.clear();
                self.bytes = 0;
                self.forgotten = self.forgotten.wrapping_add(1);
            }
            self.bytes += text.len() + ENTRY;
            let (entries, hasher) = (&self.entries, &self.hasher);
            let rehash = |place: &u32| entries.get(*place as usize).map_or(0, |(known, _)| hasher.hash_one(known.as_ref()));
            self.places.insert_unique(hash, entries.len() as u32, rehash);
            self.entries.push((text.into(), value.clone()));
            self.next = self.entries.len();
        }
        Ok(value)
    }
}

/// What a column says of the row before, which this one most often repeats.
pub(super) struct Last<T> {
    /// The index of the word, within the dictionary of this batch.
    key: Option<i32>,
    value: Option<(CompactString, T)>,
}

impl<T> Default for Last<T> {
    fn default() -> Self {
        Self { key: None, value: None }
    }
}

impl<T: Clone> Last<T> {
    /// What the column says of `row`, if anything.
    #[inline]
    pub(super) fn get<E>(&mut self, column: Option<&Text>, row: usize, read: impl FnOnce(&str) -> Result<T, E>) -> Result<Option<T>, E> {
        let Some(column) = column else { return Ok(None) };
        let key = column.key(row);
        if let (Some(_), Some((_, value))) = (key.filter(|_| key == self.key), &self.value) {
            return Ok(Some(value.clone()));
        }
        let Some(text) = column.get(row) else { return Ok(None) };
        let value = match self.value.take_if(|(last, _)| last == text) {
            Some((_, value)) => value,
            None => read(text)?,
        };
        self.key = key;
        self.value = Some((text.into(), value.clone()));
        Ok(Some(value))
    }
}

/// A list of names, as a batch writes it: by its indices.
struct Shape {
    keys: Vec<i32>,
    /// None where they are not sorted, each once.
    names: Option<SharedNames>,
    /// Bytes of the names.
    bytes: usize,
}

/// Lists of names that many rows of a batch have.
#[derive(Default)]
pub(super) struct Shapes {
    batch: Vec<Shape>,
    /// Where the one of the row before is.
    last: usize,
    /// Lists of this stream: batches share them too.
    stream: Vec<SharedNames>,
}

impl Shapes {
    /// The names that `keys` stand for in `column`, and how many bytes they have; none where they are to be read one by one.
    #[inline]
    pub(super) fn get(&mut self, keys: &[i32], column: &Text) -> Option<(&SharedNames, usize)> {
        if self.batch.get(self.last).is_none_or(|shape| shape.keys != keys) {
            self.last = match self.batch.iter().position(|shape| shape.keys == keys) {
                Some(found) => found,
                None => self.learn(keys, column)?,
            };
        }
        let shape = self.batch.get(self.last)?;
        shape.names.as_ref().map(|names| (names, shape.bytes))
    }

    fn learn(&mut self, keys: &[i32], column: &Text) -> Option<usize> {
        if keys.len() > NAMES {
            return None;
        }
        let mut names: Vec<CompactString> = Vec::with_capacity(keys.len());
        let mut bytes = 0;
        for key in keys {
            let name = column.word(*key)?;
            bytes += name.len();
            if bytes > TEXT {
                return None;
            }
            names.push(name.into());
        }
        let names = names.is_sorted_by(|a, b| a < b).then(|| self.shared(names)).flatten();
        let place = if self.batch.len() < SHAPES { self.batch.len() } else { (self.last + 1) % SHAPES };
        self.batch.truncate(SHAPES);
        let shape = Shape { keys: keys.to_vec(), names, bytes };
        match self.batch.get_mut(place) {
            Some(old) => *old = shape,
            None => self.batch.push(shape),
        }
        Some(place)
    }

    fn shared(&mut self, names: Vec<CompactString>) -> Option<SharedNames> {
        if let Some(known) = self.stream.iter().find(|known| known.names() == names.as_slice()) {
            return Some(known.clone());
        }
        let names = SharedNames::new(names)?;
        if self.stream.len() >= SHAPES {
            self.stream.clear();
        }
        self.stream.push(names.clone());
        Some(names)
    }
}

/// The lists that a node was last said to have.
#[derive(Default)]
pub(super) struct Said {
    pub(super) parents: Option<Arc<[NodeId]>>,
    pub(super) endpoints: Option<Arc<[OwnedEndpoint]>>,
}

/// What nodes were last said to have, by where their ids are remembered: full reports say it again and again.
#[derive(Default)]
pub(super) struct Nodes {
    said: Vec<Said>,
    /// How often the ids had been forgotten.
    forgotten: u32,
}

impl Nodes {
    /// What the node whose id was last found was said to have; none the first time: what comes but once is not worth keeping.
    #[inline]
    pub(super) fn last(&mut self, ids: &Memory<NodeId>) -> Option<&mut Said> {
        if self.forgotten != ids.forgotten {
            self.forgotten = ids.forgotten;
            self.said.clear();
        }
        let place = ids.next.checked_sub(1)?;
        if place >= self.said.len() {
            self.said.resize_with(place + 1, Said::default);
            return None;
        }
        self.said.get_mut(place)
    }
}

/// Room in which lists are gathered, so that each takes memory once, and of its own size.
#[derive(Default)]
pub(super) struct Room {
    pub(super) parents: Vec<NodeId>,
    pub(super) endpoints: Vec<OwnedEndpoint>,
}

/// All that is remembered of a stream, column by column.
#[derive(Default)]
pub(super) struct Repeats {
    pub(super) record: Last<Kind>,
    pub(super) agent: Last<AgentName>,
    pub(super) run: Last<RunId>,
    pub(super) source: Last<CompactString>,
    pub(super) kind: Last<CompactString>,
    pub(super) ids: Memory<NodeId>,
    pub(super) nodes: Nodes,
    pub(super) room: Room,
    pub(super) parents: Memory<NodeId>,
    pub(super) owners: Memory<NodeId>,
    pub(super) servers: Memory<NodeId>,
    pub(super) endpoints: Memory<Endpoint>,
    /// Where servers listen, or the local ends of connections.
    pub(super) near: Memory<SocketAddress>,
    /// What was dialled, or the remote ends of connections.
    pub(super) far: Memory<SocketAddress>,
    pub(super) clients: Memory<ClientAddress>,
    pub(super) json: Memory<Value>,
    pub(super) attrs: Shapes,
    pub(super) metrics: Shapes,
}

impl Repeats {
    /// Forgets the indices of the batch before: dictionaries may have changed since.
    pub(super) fn begin_batch(&mut self) {
        (self.record.key, self.agent.key, self.run.key, self.source.key, self.kind.key) = (None, None, None, None, None);
        self.attrs.batch.clear();
        self.metrics.batch.clear();
    }
}
