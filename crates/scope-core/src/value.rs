//! Typed attribute values. Static facts only: moving figures are [`Number`]s.

use std::fmt;

use compact_str::CompactString;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::number::Number;
use crate::time::Timestamp;

/// The value of an attribute.
///
/// In JSON a time is a string in the canonical form of [`Timestamp`], and any string in exactly that form is a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// No longer known: takes back what the same source said earlier. JSON `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer or a float.
    Number(Number),
    /// A point in time.
    Time(Timestamp),
    /// Text.
    Text(CompactString),
    /// A list.
    List(Vec<Value>),
    /// A map, its keys sorted and unique.
    Map(Fields<Value>),
}

/// A map from names to values, kept as a vector sorted by name: half the memory of a tree, and written in canonical order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fields<T>(Vec<(CompactString, T)>);

impl<T> Default for Fields<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Fields<T> {
    /// An empty map with room for `capacity` entries.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.binary_search_by(|(key, _)| key.as_str().cmp(name)).ok().and_then(|at| self.0.get(at)).map(|(_, value)| value)
    }

    /// Sets `name` to `value`; gives back what it replaced.
    pub fn insert(&mut self, name: impl Into<CompactString>, value: T) -> Option<T> {
        let name = name.into();
        // Names usually come in order, from a sorted encoding.
        if self.0.last().is_none_or(|(last, _)| *last < name) {
            self.0.push((name, value));
            return None;
        }
        match self.0.binary_search_by(|(key, _)| key.cmp(&name)) {
            Ok(at) => self.0.get_mut(at).map(|(_, old)| std::mem::replace(old, value)),
            Err(at) => {
                self.0.insert(at, (name, value));
                None
            }
        }
    }

    /// Takes `name` out.
    pub fn remove(&mut self, name: &str) -> Option<T> {
        self.0.binary_search_by(|(key, _)| key.as_str().cmp(name)).ok().map(|at| self.0.remove(at).1)
    }

    /// Keeps the entries for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &T) -> bool) {
        self.0.retain(|(name, value)| keep(name, value));
    }

    /// Takes out what `other` has too, in one walk along both.
    pub fn remove_all<U>(&mut self, other: &Fields<U>) {
        if self.is_empty() || other.is_empty() {
            return;
        }
        let mut others = other.0.iter().peekable();
        self.0.retain(|(name, _)| {
            while let Some((other, _)) = others.peek() {
                match other.cmp(name) {
                    std::cmp::Ordering::Less => drop(others.next()),
                    std::cmp::Ordering::Equal => return false,
                    std::cmp::Ordering::Greater => return true,
                }
            }
            true
        });
    }

    /// Whether any name in it is one of `other` too.
    pub fn has_any_of<U>(&self, other: &Fields<U>) -> bool {
        let mut others = other.0.iter().peekable();
        self.0.iter().any(|(name, _)| {
            while others.next_if(|(other, _)| other < name).is_some() {}
            others.peek().is_some_and(|(other, _)| other == name)
        })
    }

    /// Whether all names of `other` are in it.
    pub fn has_all_of<U>(&self, other: &Fields<U>) -> bool {
        let mut ours = self.0.iter();
        self.len() >= other.len() && other.0.iter().all(|(name, _)| ours.by_ref().find(|(ours, _)| ours >= name).is_some_and(|(ours, _)| ours == name))
    }

    /// The entries in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &T)> + DoubleEndedIterator {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> IntoIterator for Fields<T> {
    type Item = (CompactString, T);
    type IntoIter = std::vec::IntoIter<Self::Item>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
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
        Self(entries)
    }
}

impl<K: Into<CompactString>, T> FromIterator<(K, T)> for Fields<T> {
    /// Of two entries of one name the later stays.
    fn from_iter<I: IntoIterator<Item = (K, T)>>(entries: I) -> Self {
        let mut fields = Self::default();
        fields.extend(entries);
        fields
    }
}

impl<K: Into<CompactString>, T> Extend<(K, T)> for Fields<T> {
    fn extend<I: IntoIterator<Item = (K, T)>>(&mut self, entries: I) {
        for (name, value) in entries {
            self.insert(name, value);
        }
    }
}

impl<T: Serialize> Serialize for Fields<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name.as_str(), value)?;
        }
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fields<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
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
        deserializer.deserialize_map(Entries(std::marker::PhantomData))
    }
}

impl Value {
    /// The text, of a text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The figure, of a number.
    pub fn as_number(&self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The time, of a time.
    pub fn as_time(&self) -> Option<Timestamp> {
        match self {
            Self::Time(at) => Some(*at),
            _ => None,
        }
    }

    /// The value, of a bool.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The items, of a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, of a map.
    pub fn as_map(&self) -> Option<&Fields<Value>> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a text, cut to [`crate::limits::TEXT_BYTES`]; a text in the canonical form of a time is that time, as it would be after a round trip.
    pub fn text(text: &str) -> Self {
        Self::from_str_exact(&crate::limits::cut(text, crate::limits::TEXT_BYTES))
    }

    /// The value of a text of any length.
    pub(crate) fn from_str_exact(text: &str) -> Self {
        // Only the canonical form is a time, so that a label that merely looks like one is kept letter by letter.
        if text.len() == 27
            && text.ends_with('Z')
            && text.as_bytes().get(10) == Some(&b'T')
            && let Ok(at) = text.parse::<Timestamp>()
            && at.to_string() == text
        {
            return Self::Time(at);
        }
        Self::Text(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Number(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Number(value.into())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Self {
        Self::Number(value)
    }
}

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Time(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::text(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::text(&value)
    }
}

impl From<Fields<Value>> for Value {
    fn from(value: Fields<Value>) -> Self {
        Self::Map(value)
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl fmt::Display for Value {
    /// Scalars plainly, lists and maps as JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Time(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
            Self::List(_) | Self::Map(_) => f.write_str(&serde_json::to_string(self).unwrap_or_default()),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => value.serialize(serializer),
            Self::Time(value) => value.serialize(serializer),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Map(entries) => entries.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        de::DeserializeSeed::deserialize(Any { depth: crate::limits::DEPTH }, deserializer)
    }
}

/// Reads a value with at most `depth` lists and maps in each other, so that no text can make a value that exhausts the stack of whoever walks it.
#[derive(Clone, Copy)]
struct Any {
    depth: usize,
}

impl Any {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom(format_args!("lists and maps nested deeper than {}", crate::limits::DEPTH)))?;
        Ok(Self { depth })
    }
}

impl<'de> de::DeserializeSeed<'de> for Any {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an attribute value")
    }
    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from_str_exact(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut entries = Vec::new();
        while let Some(name) = map.next_key::<CompactString>()? {
            entries.push((name, map.next_value_seed(inner)?));
        }
        Ok(Value::Map(entries.into()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fields_from_entries_are_fields_from_inserts(entries in prop::collection::vec(("[a-d]{0,2}", any::<u8>()), 0..12)) {
            let entries: Vec<(CompactString, u8)> = entries.into_iter().map(|(name, value)| (name.into(), value)).collect();
            prop_assert_eq!(Fields::from(entries.clone()), entries.into_iter().collect::<Fields<u8>>());
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(serde_json::from_str::<Value>(&nested(crate::limits::DEPTH)).is_ok());
        let error = serde_json::from_str::<Value>(&nested(crate::limits::DEPTH + 1)).unwrap_err().to_string();
        assert!(error.contains("nested deeper than 16"), "{error}");
    }
}
