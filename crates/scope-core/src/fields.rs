//! Values by name: a map kept as a vector sorted by name. Whoever reads the same map again and again lets all that have it share it.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use compact_str::CompactString;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// A map from names to values, kept as a vector sorted by name: half the memory of a tree, and written in canonical order.
#[derive(Clone)]
pub struct Fields<T>(Entries<T>);

/// The entries, of this map alone or shared with others.
#[derive(Clone)]
enum Entries<T> {
    Own(Vec<(CompactString, T)>),
    Shared(Arc<[(CompactString, T)]>),
}

/// Of so many entries the one that is looked for is found sooner by its length than by its order: most others are told apart without a look at their letters.
const FEW: usize = 16;

impl<T> Default for Fields<T> {
    fn default() -> Self {
        Self(Entries::Own(Vec::new()))
    }
}

impl<T> Fields<T> {
    /// An empty map with room for `capacity` entries.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Entries::Own(Vec::with_capacity(capacity)))
    }

    /// Entries whose names are sorted, each once.
    pub(crate) fn from_sorted(entries: Vec<(CompactString, T)>) -> Self {
        debug_assert!(entries.is_sorted_by(|(a, _), (b, _)| a < b), "entries in order");
        Self(Entries::Own(entries))
    }

    /// The same map, whose copies share their entries from now on.
    #[must_use]
    pub(crate) fn into_shared(self) -> Self {
        match self.0 {
            Entries::Own(entries) => Self(Entries::Shared(entries.into())),
            shared @ Entries::Shared(_) => Self(shared),
        }
    }

    /// Gives back room that it has and does not use, and what `each` gives back of the values. A map that is shared has no more than it needs.
    pub(crate) fn fit(&mut self, mut each: impl FnMut(&mut T)) {
        if let Entries::Own(entries) = &mut self.0 {
            for (_, value) in entries.iter_mut() {
                each(value);
            }
            entries.shrink_to_fit();
        }
    }

    #[inline]
    fn entries(&self) -> &[(CompactString, T)] {
        match &self.0 {
            Entries::Own(entries) => entries,
            Entries::Shared(entries) => entries,
        }
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.entries().binary_search_by(|(key, _)| key.as_str().cmp(name))
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&T> {
        if self.entries().len() <= FEW {
            return self.entries().iter().find(|(known, _)| known == name).map(|(_, value)| value);
        }
        self.find(name).ok().and_then(|at| self.entries().get(at)).map(|(_, value)| value)
    }

    /// Whether any name in it is one of `other` too.
    pub fn has_any_of<U>(&self, other: &Fields<U>) -> bool {
        let mut others = other.entries().iter().peekable();
        self.entries().iter().any(|(name, _)| {
            while others.next_if(|(other, _)| other < name).is_some() {}
            others.peek().is_some_and(|(other, _)| other == name)
        })
    }

    /// Whether all names of `other` are in it.
    pub fn has_all_of<U>(&self, other: &Fields<U>) -> bool {
        let mut ours = self.entries().iter();
        self.len() >= other.len() && other.entries().iter().all(|(name, _)| ours.by_ref().find(|(ours, _)| ours >= name).is_some_and(|(ours, _)| ours == name))
    }

    /// The entries in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &T)> + DoubleEndedIterator {
        self.entries().iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }
}

impl<T: Clone> Fields<T> {
    /// Changes the entries, after making them those of this map alone.
    fn edit<R>(&mut self, act: impl FnOnce(&mut Vec<(CompactString, T)>) -> R) -> R {
        match &mut self.0 {
            Entries::Own(entries) => act(entries),
            Entries::Shared(shared) => {
                let mut entries = shared.to_vec();
                let result = act(&mut entries);
                self.0 = Entries::Own(entries);
                result
            }
        }
    }

    /// Sets `name` to `value`; gives back what it replaced.
    pub fn insert(&mut self, name: impl Into<CompactString>, value: T) -> Option<T> {
        let name = name.into();
        self.edit(|entries| {
            // Names usually come in order, from a sorted encoding.
            if entries.last().is_none_or(|(last, _)| *last < name) {
                entries.push((name, value));
                return None;
            }
            match entries.binary_search_by(|(key, _)| key.cmp(&name)) {
                Ok(at) => entries.get_mut(at).map(|(_, old)| std::mem::replace(old, value)),
                Err(at) => {
                    entries.insert(at, (name, value));
                    None
                }
            }
        })
    }

    /// Takes `name` out.
    pub fn remove(&mut self, name: &str) -> Option<T> {
        self.find(name).ok().map(|at| self.edit(|entries| entries.remove(at).1))
    }

    /// Keeps the entries for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &T) -> bool) {
        self.edit(|entries| entries.retain(|(name, value)| keep(name, value)));
    }

    /// Takes out what `other` has too, in one walk along both.
    pub fn remove_all<U>(&mut self, other: &Fields<U>) {
        if !self.has_any_of(other) {
            return;
        }
        let mut others = other.entries().iter().peekable();
        let mut is_left = |name: &CompactString| {
            while others.next_if(|(other, _)| other < name).is_some() {}
            others.peek().is_none_or(|(other, _)| other != name)
        };
        self.edit(|entries| entries.retain(|(name, _)| is_left(name)));
    }
}

impl<T: fmt::Debug> fmt::Debug for Fields<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<T: PartialEq> PartialEq for Fields<T> {
    fn eq(&self, other: &Self) -> bool {
        self.entries() == other.entries()
    }
}

impl<T: Eq> Eq for Fields<T> {}

impl<T: PartialOrd> PartialOrd for Fields<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.entries().partial_cmp(other.entries())
    }
}

impl<T: Ord> Ord for Fields<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.entries().cmp(other.entries())
    }
}

impl<T: Clone> IntoIterator for Fields<T> {
    type Item = (CompactString, T);
    type IntoIter = std::vec::IntoIter<Self::Item>;
    fn into_iter(mut self) -> Self::IntoIter {
        self.edit(std::mem::take).into_iter()
    }
}

impl<T> From<Vec<(CompactString, T)>> for Fields<T> {
    /// Entries in any order; of two of one name the later stays. For decoders: a hostile order costs a sort, not a shift for each entry.
    fn from(mut entries: Vec<(CompactString, T)>) -> Self {
        if !entries.is_sorted_by(|(a, _), (b, _)| a < b) {
            // Stable, so that entries of one name stay in their order; reversed, because of those the first is kept.
            entries.reverse();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            entries.dedup_by(|(a, _), (b, _)| a == b);
        }
        Self(Entries::Own(entries))
    }
}

impl<K: Into<CompactString>, T: Clone> FromIterator<(K, T)> for Fields<T> {
    /// Of two entries of one name the later stays.
    fn from_iter<I: IntoIterator<Item = (K, T)>>(entries: I) -> Self {
        let mut fields = Self::default();
        fields.extend(entries);
        fields
    }
}

impl<K: Into<CompactString>, T: Clone> Extend<(K, T)> for Fields<T> {
    fn extend<I: IntoIterator<Item = (K, T)>>(&mut self, entries: I) {
        for (name, value) in entries {
            self.insert(name, value);
        }
    }
}

impl<T: Serialize> Serialize for Fields<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.entries() {
            map.serialize_entry(name.as_str(), value)?;
        }
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fields<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Map<T> {
            type Value = Fields<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<T>, A::Error> {
                let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(8).min(64));
                while let Some(entry) = map.next_entry::<CompactString, T>()? {
                    entries.push(entry);
                }
                Ok(entries.into())
            }
        }
        deserializer.deserialize_map(Map(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fields_from_entries_are_fields_from_inserts(entries in prop::collection::vec(("[a-d]{0,2}", any::<u8>()), 0..12)) {
            let entries: Vec<(CompactString, u8)> = entries.into_iter().map(|(name, value)| (name.into(), value)).collect();
            prop_assert_eq!(Fields::from(entries.clone()), entries.into_iter().collect::<Fields<u8>>());
        }

        #[test]
        fn shared_fields_change_alone(entries in prop::collection::vec(("[a-d]{0,2}", any::<u8>()), 0..12), name in "[a-d]{0,2}", value: u8) {
            let own: Fields<u8> = entries.into_iter().collect();
            let shared = own.clone().into_shared();
            let (mut ours, mut theirs) = (own.clone(), shared.clone());
            prop_assert_eq!(ours.insert(name.as_str(), value), theirs.insert(name.as_str(), value));
            prop_assert_eq!(&ours, &theirs);
            prop_assert_eq!(ours.remove(&name), theirs.remove(&name));
            prop_assert_eq!(&ours, &theirs);
            theirs = shared.clone();
            theirs.remove_all(&own);
            prop_assert!(theirs.is_empty());
            prop_assert_eq!(&shared, &own, "what one copy loses the others keep");
        }
    }
}
