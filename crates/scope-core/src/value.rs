//! Typed attribute values. Static facts only: moving figures are [`Number`]s.

use std::fmt;

use compact_str::CompactString;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

pub use crate::fields::Fields;
use crate::hash::Hash;
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

impl Value {
    /// A number that stands for the value: alike values have the same one, and others mostly another. It withstands no attack by those who know `seed`.
    pub fn fingerprint(&self, seed: u64) -> u64 {
        Hash::new(seed).value(self).end()
    }

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

    /// Gives back room that lists and maps have and do not use.
    pub(crate) fn fit(&mut self) {
        match self {
            Self::List(items) => {
                items.iter_mut().for_each(Self::fit);
                items.shrink_to_fit();
            }
            Self::Map(entries) => entries.fit(Self::fit),
            _ => {}
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

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(serde_json::from_str::<Value>(&nested(crate::limits::DEPTH)).is_ok());
        let error = serde_json::from_str::<Value>(&nested(crate::limits::DEPTH + 1)).unwrap_err().to_string();
        assert!(error.contains("nested deeper than 16"), "{error}");
    }
}
