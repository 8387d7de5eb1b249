//! The figures of a node: names and values apart, because most nodes of a sort have the same names. Who decodes many of them lets them share one list of names.

use std::cmp::Ordering;
use std::fmt;

use compact_str::CompactString;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::number::Number;

mod shared;

pub use shared::SharedNames;

/// Names, of these figures alone or shared with others.
#[derive(Clone)]
enum Names {
    Own(Vec<CompactString>),
    Shared(SharedNames),
}

impl Names {
    #[inline]
    fn list(&self) -> &[CompactString] {
        match self {
            Self::Own(names) => names,
            Self::Shared(names) => names.names(),
        }
    }

    /// Changes the list, after making it one of these figures alone.
    fn edit<R>(&mut self, act: impl FnOnce(&mut Vec<CompactString>) -> R) -> R {
        match self {
            Self::Own(names) => act(names),
            Self::Shared(shared) => {
                let mut names = shared.names().to_vec();
                let result = act(&mut names);
                *self = Self::Own(names);
                result
            }
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Shared(ours), Self::Shared(theirs)) if ours.is_same(theirs))
    }
}

/// Figures by name, in the order of their names.
#[derive(Clone)]
pub struct Figures {
    names: Names,
    /// As many as there are names.
    values: Vec<Number>,
}

impl Default for Figures {
    fn default() -> Self {
        Self { names: Names::Own(Vec::new()), values: Vec::new() }
    }
}

impl Figures {
    /// No figures yet, with room for `capacity`.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { names: Names::Own(Vec::with_capacity(capacity)), values: Vec::with_capacity(capacity) }
    }

    /// Figures of these names, in the same order; none where there are more or fewer.
    pub fn shared(names: SharedNames, values: Vec<Number>) -> Option<Self> {
        (names.names().len() == values.len()).then_some(Self { names: Names::Shared(names), values })
    }

    /// The list of names, where it is shared.
    #[inline]
    pub fn shared_names(&self) -> Option<&SharedNames> {
        match &self.names {
            Names::Shared(names) => Some(names),
            Names::Own(_) => None,
        }
    }

    /// The values, in the order of their names.
    #[inline]
    pub fn values(&self) -> &[Number] {
        &self.values
    }

    /// Takes over `values`, which are of the same names. Whether they were as many.
    pub(crate) fn set(&mut self, values: &[Number]) -> bool {
        let fits = self.values.len() == values.len();
        if fits {
            self.values.copy_from_slice(values);
        }
        fits
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.names.list().binary_search_by(|known| known.as_str().cmp(name))
    }

    /// The figure of this name.
    pub fn get(&self, name: &str) -> Option<&Number> {
        self.find(name).ok().and_then(|at| self.values.get(at))
    }

    /// Sets the figure `name`; gives back what it replaced.
    pub fn insert(&mut self, name: impl Into<CompactString>, value: Number) -> Option<Number> {
        let name = name.into();
        // Names usually come in order, from a sorted encoding.
        if self.names.list().last().is_none_or(|last| *last < name) {
            self.names.edit(|names| names.push(name));
            self.values.push(value);
            return None;
        }
        match self.find(&name) {
            Ok(at) => self.values.get_mut(at).map(|old| std::mem::replace(old, value)),
            Err(at) => {
                self.names.edit(|names| names.insert(at, name));
                self.values.insert(at, value);
                None
            }
        }
    }

    /// Takes out what `other` has too, in one walk along both.
    pub fn remove_all(&mut self, other: &Self) {
        if self.is_empty() || other.is_empty() {
            return;
        }
        if self.names.is_same(&other.names) {
            *self = Self::default();
            return;
        }
        let mut theirs = other.names.list().iter().peekable();
        let is_left = |name: &CompactString| {
            while theirs.next_if(|their| *their < name).is_some() {}
            theirs.peek().is_none_or(|their| *their != name)
        };
        let left: Vec<bool> = self.names.list().iter().map(is_left).collect();
        if left.iter().all(|left| *left) {
            return;
        }
        let mut kept = left.iter().copied();
        self.names.edit(|names| names.retain(|_| kept.next().unwrap_or(true)));
        let mut kept = left.iter().copied();
        self.values.retain(|_| kept.next().unwrap_or(true));
    }

    /// Whether any name in it is one of `other` too.
    pub fn has_any_of(&self, other: &Self) -> bool {
        if self.names.is_same(&other.names) {
            return !self.is_empty();
        }
        let mut theirs = other.names.list().iter().peekable();
        self.names.list().iter().any(|name| {
            while theirs.next_if(|their| *their < name).is_some() {}
            theirs.peek().is_some_and(|their| *their == name)
        })
    }

    /// Whether all names of `other` are in it.
    pub fn has_all_of(&self, other: &Self) -> bool {
        if self.names.is_same(&other.names) {
            return true;
        }
        let mut ours = self.names.list().iter();
        self.len() >= other.len() && other.names.list().iter().all(|name| ours.by_ref().find(|ours| *ours >= name).is_some_and(|ours| ours == name))
    }

    /// The figures in the order of their names.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Number)> + DoubleEndedIterator {
        self.names.list().iter().map(CompactString::as_str).zip(&self.values)
    }

    /// How many there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl PartialEq for Figures {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values && (self.names.is_same(&other.names) || self.names.list() == other.names.list())
    }
}

impl Eq for Figures {}

impl PartialOrd for Figures {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Figures {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl IntoIterator for Figures {
    type Item = (CompactString, Number);
    type IntoIter = std::iter::Zip<std::vec::IntoIter<CompactString>, std::vec::IntoIter<Number>>;
    fn into_iter(mut self) -> Self::IntoIter {
        self.names.edit(std::mem::take).into_iter().zip(self.values)
    }
}

impl From<Vec<(CompactString, Number)>> for Figures {
    /// Figures in any order; of two of one name the later stays. For decoders: a hostile order costs a sort, not a shift for each figure.
    fn from(mut figures: Vec<(CompactString, Number)>) -> Self {
        if !figures.is_sorted_by(|(a, _), (b, _)| a < b) {
            // Stable, so that figures of one name stay in their order; reversed, because of those the first is kept.
            figures.reverse();
            figures.sort_by(|(a, _), (b, _)| a.cmp(b));
            figures.dedup_by(|(a, _), (b, _)| a == b);
        }
        let (names, values) = figures.into_iter().unzip();
        Self { names: Names::Own(names), values }
    }
}

impl<K: Into<CompactString>> FromIterator<(K, Number)> for Figures {
    /// Of two figures of one name the later stays.
    fn from_iter<I: IntoIterator<Item = (K, Number)>>(figures: I) -> Self {
        let mut all = Self::default();
        all.extend(figures);
        all
    }
}

impl<K: Into<CompactString>> Extend<(K, Number)> for Figures {
    fn extend<I: IntoIterator<Item = (K, Number)>>(&mut self, figures: I) {
        for (name, value) in figures {
            self.insert(name, value);
        }
    }
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Figures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Figures;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of figures")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Figures, A::Error> {
                let mut figures = Figures::with_capacity(map.size_hint().unwrap_or(8).min(64));
                // Mostly in order; what is not is sorted once, at the end.
                let mut late = Vec::new();
                while let Some((name, value)) = map.next_entry::<CompactString, Number>()? {
                    if late.is_empty() && figures.names.list().last().is_none_or(|last| *last < name) {
                        figures.insert(name, value);
                    } else {
                        late.push((name, value));
                    }
                }
                if late.is_empty() {
                    return Ok(figures);
                }
                Ok(figures.into_iter().chain(late).collect::<Vec<_>>().into())
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use proptest::prelude::*;

    use super::*;
    use crate::value::Fields;

    type Entries = Vec<(String, u8)>;

    fn entries() -> impl Strategy<Value = Entries> {
        prop::collection::vec(("[a-e]{0,2}", any::<u8>()), 0..12)
    }

    fn fields(entries: &Entries) -> Fields<Number> {
        entries.iter().map(|(name, value)| (name.as_str(), Number::from(u64::from(*value)))).collect()
    }

    /// The same figures, of names of their own or of shared ones.
    fn figures(entries: &Entries, shared: bool) -> Figures {
        let own: Figures = entries.iter().map(|(name, value)| (name.as_str(), Number::from(u64::from(*value)))).collect();
        if !shared {
            return own;
        }
        let names = SharedNames::new(own.iter().map(|(name, _)| name.into()).collect()).unwrap();
        Figures::shared(names, own.values().to_vec()).unwrap()
    }

    fn list(figures: &Figures) -> Vec<(String, Number)> {
        figures.iter().map(|(name, value)| (name.to_owned(), *value)).collect()
    }

    proptest! {
        #[test]
        fn figures_are_a_map_from_names_to_numbers(a in entries(), b in entries(), shared_a in any::<bool>(), shared_b in any::<bool>(), same in any::<bool>()) {
            let (model_a, model_b) = (fields(&a), if same { fields(&a) } else { fields(&b) });
            let ours = figures(&a, shared_a);
            let theirs = if same { ours.clone() } else { figures(&b, shared_b) };
            let listed = |fields: &Fields<Number>| fields.iter().map(|(name, value)| (name.to_owned(), *value)).collect::<Vec<_>>();
            prop_assert_eq!(list(&ours), listed(&model_a));
            prop_assert_eq!(ours == theirs, model_a == model_b);
            prop_assert_eq!(ours.cmp(&theirs), model_a.cmp(&model_b));
            prop_assert_eq!(ours.has_any_of(&theirs), model_a.has_any_of(&model_b));
            prop_assert_eq!(ours.has_all_of(&theirs), model_a.has_all_of(&model_b));
            let (mut less, mut model_less) = (ours.clone(), model_a.clone());
            less.remove_all(&theirs);
            model_less.remove_all(&model_b);
            prop_assert_eq!(list(&less), listed(&model_less));
            let (mut more, mut model_more) = (ours.clone(), model_a.clone());
            for (name, value) in &b {
                let value = Number::from(u64::from(*value));
                prop_assert_eq!(more.insert(name.as_str(), value), model_more.insert(name.as_str(), value));
                prop_assert_eq!(more.get(name), model_more.get(name));
            }
            prop_assert_eq!(list(&more), listed(&model_more));
            prop_assert_eq!(&Figures::from(a.iter().map(|(name, value)| (name.into(), Number::from(u64::from(*value)))).collect::<Vec<_>>()), &ours);
            let json = serde_json::to_string(&ours).unwrap();
            prop_assert_eq!(&json, &serde_json::to_string(&model_a).unwrap());
            prop_assert_eq!(&serde_json::from_str::<Figures>(&json).unwrap(), &ours);
        }
    }

    #[test]
    fn json_in_any_order_is_read_and_the_later_of_two_stays() {
        let read: Figures = serde_json::from_str(r#"{"b":1,"a":2,"b":3}"#).unwrap();
        assert_eq!(list(&read), [("a".to_owned(), Number::from(2_u64)), ("b".to_owned(), Number::from(3_u64))]);
    }
}
