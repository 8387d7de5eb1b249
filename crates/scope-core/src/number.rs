//! A figure: an integer or a float, whichever says it exactly. No NaN, no infinity, so every figure survives JSON.

use std::cmp::Ordering;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

/// Integers up to this size are exact as a float: 2^53.
pub const EXACT_IN_FLOAT: u64 = 1 << 53;

/// A finite figure. Whole numbers are kept as integers whatever they came from, so `24.0` and `24` are the same figure and are written `24`.
#[derive(Clone, Copy, Debug)]
pub struct Number(Repr);

#[derive(Clone, Copy, Debug)]
enum Repr {
    /// A whole number from 0.
    Unsigned(u64),
    /// A whole number below 0.
    Negative(i64),
    /// A finite number with a fraction, or a whole one too large for the others.
    Float(f64),
}

impl Number {
    /// The figure nought.
    pub const ZERO: Self = Self(Repr::Unsigned(0));

    /// The figure for `value`; none for NaN and the infinities, which no encoding can carry.
    pub fn from_f64(value: f64) -> Option<Self> {
        // Most figures are whole and small. Below 2^63 a float that is the same after a turn as an integer is whole; -0.0 is 0.
        let whole = value as i64;
        if value < 9_223_372_036_854_775_808.0 && whole as f64 == value {
            return Some(Self(u64::try_from(whole).map_or(Repr::Negative(whole), Repr::Unsigned)));
        }
        if !value.is_finite() {
            return None;
        }
        // From 2^63 every float is whole, and every one below 2^64, which is exact as a float, fits u64.
        let fits = (9_223_372_036_854_775_808.0..18_446_744_073_709_551_616.0).contains(&value);
        Some(Self(if fits { Repr::Unsigned(value as u64) } else { Repr::Float(value) }))
    }

    /// The figure as a float; beyond 2^53 the nearest one.
    #[inline]
    pub fn as_f64(self) -> f64 {
        match self.0 {
            Repr::Unsigned(value) => value as f64,
            Repr::Negative(value) => value as f64,
            Repr::Float(value) => value,
        }
    }

    /// The figure as a counter, where it is a whole number from 0.
    #[inline]
    pub fn as_u64(self) -> Option<u64> {
        match self.0 {
            Repr::Unsigned(value) => Some(value),
            _ => None,
        }
    }

    /// The figure as a signed integer, where it is one.
    pub fn as_i64(self) -> Option<i64> {
        match self.0 {
            Repr::Unsigned(value) => i64::try_from(value).ok(),
            Repr::Negative(value) => Some(value),
            Repr::Float(_) => None,
        }
    }

    /// Whether a float holds the figure exactly.
    pub fn exact_in_f64(self) -> bool {
        match self.0 {
            Repr::Unsigned(value) => value <= EXACT_IN_FLOAT,
            Repr::Negative(value) => value.unsigned_abs() <= EXACT_IN_FLOAT,
            Repr::Float(_) => true,
        }
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(Repr::Unsigned(value))
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Self {
        Self(Repr::Unsigned(value.into()))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(u64::try_from(value).map_or(Repr::Negative(value), Repr::Unsigned))
    }
}

impl PartialEq for Number {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0, other.0) {
            (Repr::Unsigned(a), Repr::Unsigned(b)) => a.cmp(&b),
            (Repr::Negative(a), Repr::Negative(b)) => a.cmp(&b),
            (Repr::Negative(_), Repr::Unsigned(_)) => Ordering::Less,
            (Repr::Unsigned(_), Repr::Negative(_)) => Ordering::Greater,
            // A float here is never a whole number within the integers' range, so rounding the other side decides rightly; the tie that
            // rounding can make (2^64 against u64::MAX) goes to the float.
            (Repr::Float(a), _) => a.total_cmp(&other.as_f64()).then(if matches!(other.0, Repr::Float(_)) { Ordering::Equal } else { Ordering::Greater }),
            (_, Repr::Float(b)) => self.as_f64().total_cmp(&b).then(Ordering::Less),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::Unsigned(value) => value.fmt(f),
            Repr::Negative(value) => value.fmt(f),
            Repr::Float(value) => value.fmt(f),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Repr::Unsigned(value) => serializer.serialize_u64(value),
            Repr::Negative(value) => serializer.serialize_i64(value),
            Repr::Float(value) => serializer.serialize_f64(value),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Figure;
        impl Visitor<'_> for Figure {
            type Value = Number;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Number, E> {
                Ok(value.into())
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Number, E> {
                Ok(value.into())
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Number, E> {
                Number::from_f64(value).ok_or_else(|| E::custom("not a finite number"))
            }
        }
        deserializer.deserialize_any(Figure)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn json_keeps_every_figure(value in any::<f64>()) {
            if let Some(number) = Number::from_f64(value) {
                let text = serde_json::to_string(&number).unwrap();
                prop_assert_eq!(serde_json::from_str::<Number>(&text).unwrap(), number, "{}", text);
            }
        }

        #[test]
        fn json_keeps_every_counter(value in any::<u64>()) {
            let text = serde_json::to_string(&Number::from(value)).unwrap();
            prop_assert_eq!(text.clone(), value.to_string());
            prop_assert_eq!(serde_json::from_str::<Number>(&text).unwrap(), Number::from(value));
        }

        #[test]
        fn orders_as_the_reals(a in any::<i64>(), b in any::<i64>()) {
            prop_assert_eq!(Number::from(a).cmp(&Number::from(b)), a.cmp(&b));
        }
    }

    #[test]
    fn a_whole_float_is_an_integer() {
        assert_eq!(Number::from_f64(24.0).unwrap().to_string(), "24");
        assert_eq!(Number::from_f64(-0.0).unwrap().to_string(), "0");
        assert_eq!(Number::from_f64(f64::NAN), None);
        assert!(Number::from_f64(18_446_744_073_709_551_616.0).unwrap() > Number::from(u64::MAX));
    }
}
