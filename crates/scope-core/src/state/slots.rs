//! A map whose entries keep their places: whoever found one can come back to it without looking it up, and learns when it has gone meanwhile.
//! What is kept therein is not its business.

use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use hashbrown::{DefaultHashBuilder, Equivalent, HashTable};

/// Where an entry stands. Good for the map that it is from, and for copies of that; in any other map nothing stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// Which map it is from.
    map: u32,
    place: u32,
    /// Counts what has stood there.
    life: u32,
}

impl Slot {
    /// A number that tells it from the others.
    pub fn number(self) -> u64 {
        (u64::from(self.map) << 32 | u64::from(self.place)).wrapping_add(u64::from(self.life).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

/// Counts maps, so that a place in one is not taken for a place in another. After four thousand million of them two may be mixed up: a figure is wrong
/// until the structure is looked at again.
static MAPS: AtomicU32 = AtomicU32::new(0);

/// Entries by key, and by place.
#[derive(Clone, Debug)]
pub(super) struct Slots<K, V> {
    map: u32,
    entries: Vec<Entry<K, V>>,
    free: Vec<u32>,
    table: HashTable<u32>,
}

#[derive(Clone, Debug)]
struct Entry<K, V> {
    hash: u64,
    life: u32,
    /// Counts changes.
    moves: u32,
    /// Copies of a map share the keys.
    held: Option<(Arc<K>, V)>,
}

/// One for the whole process, so that a copy finds what the original would.
static HASHER: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);

/// The hash of the text of an id, by which states find it; the same as long as the process lives.
pub fn id_hash(id: &str) -> u64 {
    HASHER.hash_one(id)
}

impl<K, V> Default for Slots<K, V> {
    fn default() -> Self {
        Self { map: MAPS.fetch_add(1, Ordering::Relaxed), entries: Vec::new(), free: Vec::new(), table: HashTable::new() }
    }
}

impl<K: Hash + Eq, V> Slots<K, V> {
    fn place<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q, hash: u64) -> Option<u32> {
        let is_it =
            |place: &u32| self.entries.get(*place as usize).and_then(|entry| entry.held.as_ref()).is_some_and(|(held, _)| key.equivalent(held.as_ref()));
        self.table.find(hash, is_it).copied()
    }

    fn held(&self, place: u32) -> Option<&(Arc<K>, V)> {
        self.entries.get(place as usize)?.held.as_ref()
    }

    /// The value of `key`.
    pub(super) fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<&V> {
        self.place(key, HASHER.hash_one(key)).and_then(|place| self.held(place)).map(|(_, value)| value)
    }

    /// The value of `key`, to be changed.
    pub(super) fn get_mut<Q: Hash + Equivalent<K> + ?Sized>(&mut self, key: &Q) -> Option<&mut V> {
        // Nothing stands there.
        self.get_mut_next(key, &mut { u32::MAX })
    }

    /// The same; `next` is where it is looked for first, and becomes the place after it: keys that come in the order of their places are not looked up.
    pub(super) fn get_mut_next<Q: Hash + Equivalent<K> + ?Sized>(&mut self, key: &Q, next: &mut u32) -> Option<&mut V> {
        let is_there = self.held(*next).is_some_and(|(held, _)| key.equivalent(held.as_ref()));
        let place = if is_there { *next } else { self.place(key, HASHER.hash_one(key))? };
        *next = place.wrapping_add(1);
        let entry = self.entries.get_mut(place as usize)?;
        entry.moves = entry.moves.wrapping_add(1);
        entry.held.as_mut().map(|(_, value)| value)
    }

    /// Adds an entry whose key is not there yet.
    pub(super) fn insert(&mut self, key: K, value: V) {
        let hash = HASHER.hash_one(&key);
        let free = self.free.pop().and_then(|place| Some((place, self.entries.get_mut(place as usize)?)));
        let place = if let Some((place, entry)) = free {
            (entry.hash, entry.held) = (hash, Some((Arc::new(key), value)));
            place
        } else {
            self.entries.push(Entry { hash, life: 0, moves: 0, held: Some((Arc::new(key), value)) });
            self.entries.len() as u32 - 1
        };
        let entries = &self.entries;
        self.table.insert_unique(hash, place, |place| entries.get(*place as usize).map_or(0, |entry| entry.hash));
    }

    /// Changes the value of `key`, made where there is none.
    pub(super) fn change(&mut self, key: K, act: impl FnOnce(&mut V))
    where
        V: Default,
    {
        if let Some(value) = self.get_mut(&key) {
            return act(value);
        }
        let mut value = V::default();
        act(&mut value);
        self.insert(key, value);
    }

    /// Keeps the entries for which `keep` holds.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        for (entry, place) in self.entries.iter_mut().zip(0_u32..) {
            let Some((key, value)) = &mut entry.held else { continue };
            if keep(key, value) {
                entry.moves = entry.moves.wrapping_add(1);
                continue;
            }
            entry.held = None;
            entry.life = entry.life.wrapping_add(1);
            self.free.push(place);
            if let Ok(found) = self.table.find_entry(entry.hash, |known| *known == place) {
                found.remove();
            }
        }
    }

    /// The entries, in the order of their places.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().filter_map(|entry| entry.held.as_ref()).map(|(key, value)| (key.as_ref(), value))
    }

    /// The entries, where they stand, their hashes, and how often they have changed.
    pub(super) fn places(&self) -> impl Iterator<Item = (Slot, &K, &V, u64, u32)> {
        let map = self.map;
        let placed = move |entry: &Entry<K, V>, place| Slot { map, place, life: entry.life };
        self.entries
            .iter()
            .zip(0..)
            .filter_map(move |(entry, place)| entry.held.as_ref().map(|(key, value)| (placed(entry, place), key.as_ref(), value, entry.hash, entry.moves)))
    }

    /// What stands at `slot`, if it has not gone meanwhile, and how often it has changed.
    pub(super) fn at(&self, slot: Slot) -> Option<(&K, &V, u32)> {
        let entry = self.entries.get(slot.place as usize).filter(|entry| self.map == slot.map && entry.life == slot.life)?;
        entry.held.as_ref().map(|(key, value)| (key.as_ref(), value, entry.moves))
    }

    /// All entries, given away.
    pub(super) fn into_entries(self) -> impl Iterator<Item = (K, V)>
    where
        K: Clone,
    {
        self.entries.into_iter().filter_map(|entry| entry.held).map(|(key, value)| (Arc::unwrap_or_clone(key), value))
    }
}
