//! A map whose entries keep their places: whoever found one can come back to it without looking it up, and learns when it has gone meanwhile. Keys may be
//! shared with whoever asks, and are not looked at then. What is kept therein is not its business.

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
pub struct Slots<K, V> {
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
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<&V> {
        self.place(key, HASHER.hash_one(key)).and_then(|place| self.held(place)).map(|(_, value)| value)
    }

    /// The value of `key`, to be changed.
    pub fn get_mut<Q: Hash + Equivalent<K> + ?Sized>(&mut self, key: &Q) -> Option<&mut V> {
        let place = self.place(key, HASHER.hash_one(key))?;
        let entry = self.entries.get_mut(place as usize)?;
        entry.moves = entry.moves.wrapping_add(1);
        entry.held.as_mut().map(|(_, value)| value)
    }

    /// The same. It is looked for at `next` first, which becomes the place after it: keys that come in the order of their places are not looked up. The map
    /// takes over the key, so that it is known again without being read.
    pub fn next_mut(&mut self, key: &Arc<K>, next: &mut u32) -> Option<&mut V> {
        let is_there = self.held(*next).is_some_and(|(held, _)| Arc::ptr_eq(held, key) || held == key);
        let place = if is_there { *next } else { self.place(key.as_ref(), HASHER.hash_one(key))? };
        *next = place.wrapping_add(1);
        let entry = self.entries.get_mut(place as usize)?;
        entry.moves = entry.moves.wrapping_add(1);
        let (held, value) = entry.held.as_mut()?;
        if !Arc::ptr_eq(held, key) {
            held.clone_from(key);
        }
        Some(value)
    }

    /// Adds an entry whose key is not there yet.
    pub fn insert(&mut self, key: K, value: V) {
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
    pub fn change(&mut self, key: K, act: impl FnOnce(&mut V))
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
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
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
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().filter_map(|entry| entry.held.as_ref()).map(|(key, value)| (key.as_ref(), value))
    }

    /// How many places there are, those of entries that have gone among them.
    pub fn places_len(&self) -> usize {
        self.entries.len()
    }

    /// The entries, where they stand, their hashes, and how often they have changed.
    pub fn places(&self) -> impl Iterator<Item = (Slot, &K, &V, u64, u32)> {
        let map = self.map;
        let placed = move |entry: &Entry<K, V>, place| Slot { map, place, life: entry.life };
        self.entries
            .iter()
            .zip(0..)
            .filter_map(move |(entry, place)| entry.held.as_ref().map(|(key, value)| (placed(entry, place), key.as_ref(), value, entry.hash, entry.moves)))
    }

    /// What stands at `slot`, if it has not gone meanwhile, and how often it has changed.
    pub fn at(&self, slot: Slot) -> Option<(&K, &V, u32)> {
        let entry = self.entries.get(slot.place as usize).filter(|entry| self.map == slot.map && entry.life == slot.life)?;
        entry.held.as_ref().map(|(key, value)| (key.as_ref(), value, entry.moves))
    }

    /// All entries, given away.
    pub fn into_entries(self) -> impl Iterator<Item = (K, V)>
    where
        K: Clone,
    {
        self.entries.into_iter().filter_map(|entry| entry.held).map(|(key, value)| (Arc::unwrap_or_clone(key), value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Keys come in any order, some of them twice, some gone and some that never were: found is what a look-up finds, and that alone is changed.
        #[test]
        fn what_comes_next_is_what_is_looked_up(gone in proptest::collection::btree_set(0_u8..40, 0..20), asked in proptest::collection::vec(0_u8..50, 0..100)) {
            let mut slots: Slots<u8, u32> = Slots::default();
            (0..40).for_each(|key| slots.insert(key, 0));
            slots.retain(|key, _| !gone.contains(key));
            (60..65).for_each(|key| slots.insert(key, 0));
            let copy = slots.clone();
            let keys: Vec<Arc<u8>> = (0..50).map(Arc::new).collect();
            let (mut next, mut counts) = (0, std::collections::BTreeMap::new());
            for key in asked.iter().filter_map(|asked| keys.get(usize::from(*asked))) {
                let found = slots.next_mut(key, &mut next);
                prop_assert_eq!(found.is_some(), copy.get(key.as_ref()).is_some());
                if let Some(value) = found {
                    *value += 1;
                    *counts.entry(**key).or_insert(0) += 1;
                }
            }
            for (key, value) in slots.iter() {
                prop_assert_eq!(*value, counts.get(key).copied().unwrap_or(0), "{}", key);
                prop_assert_eq!(copy.get(key), Some(&0), "a copy has its own values");
            }
        }
    }
}
