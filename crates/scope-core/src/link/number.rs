//! Figures as differences: of counts, of hundredths, or not at all.

use crate::number::{EXACT_IN_FLOAT, Number};

/// How a figure is said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Said {
    /// A count, by what it differs from the count before.
    Count(i64),
    /// Hundredths: percentages and rates are rounded to these.
    Hundredths(i64),
    /// The figure itself.
    Float(f64),
}

/// How to say `new` after `old`. None for a figure that a float does not hold and that is no count.
pub(super) fn say(old: Number, new: Number) -> Option<Said> {
    if let Some(count) = new.as_u64() {
        return Some(Said::Count(count.wrapping_sub(old.as_u64().unwrap_or(0)) as i64));
    }
    if let Some(hundredths) = hundredths(new) {
        return Some(Said::Hundredths(hundredths.wrapping_sub(self::hundredths(old).unwrap_or(0))));
    }
    Number::from_f64(new.as_f64()).filter(|same| *same == new).map(|_| Said::Float(new.as_f64()))
}

/// A figure as it was heard last: what is said next is said by its difference from that.
#[derive(Clone, Copy, Debug)]
pub(super) enum Last {
    /// A count.
    Count(u64),
    /// Hundredths, as many as stand for one figure alone.
    Hundredths(i64),
    /// Any other, finite.
    Float(f64),
}

impl Last {
    /// What nothing was said of yet.
    pub(super) const NONE: Self = Self::Count(0);

    /// The count that is `delta` more.
    #[inline]
    pub(super) fn count(self, delta: i64) -> Self {
        let count = match self {
            Self::Count(count) => count,
            other => other.number().as_u64().unwrap_or(0),
        };
        Self::Count(count.wrapping_add(delta as u64))
    }

    /// The figure that is `delta` hundredths more.
    #[inline]
    pub(super) fn hundredths(self, delta: i64) -> Self {
        let hundredths = match self {
            Self::Hundredths(hundredths) => hundredths,
            other => self::hundredths(other.number()).unwrap_or(0),
        };
        let hundredths = hundredths.wrapping_add(delta);
        if hundredths.unsigned_abs() <= EXACT_IN_FLOAT / 8 { Self::Hundredths(hundredths) } else { Self::Float(hundredths as f64 / 100.0) }
    }

    /// The figure itself; none where it is not finite.
    pub(super) fn float(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self::Float(value))
    }

    /// The figure.
    #[inline]
    pub(super) fn number(self) -> Number {
        match self {
            Self::Count(count) => count.into(),
            Self::Hundredths(hundredths) => from_hundredths(hundredths).unwrap_or(Number::ZERO),
            Self::Float(value) => Number::from_f64(value).unwrap_or(Number::ZERO),
        }
    }
}

fn hundredths(number: Number) -> Option<i64> {
    let scaled = (number.as_f64() * 100.0).round();
    if scaled.abs() > EXACT_IN_FLOAT as f64 {
        return None;
    }
    let hundredths = scaled as i64;
    from_hundredths(hundredths).filter(|same| *same == number).map(|_| hundredths)
}

fn from_hundredths(hundredths: i64) -> Option<Number> {
    Number::from_f64(hundredths as f64 / 100.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use proptest::prelude::*;

    fn any_number() -> impl Strategy<Value = Number> {
        prop_oneof![
            any::<u64>().prop_map(Number::from),
            any::<i64>().prop_map(Number::from),
            (-100_000_i64..100_000).prop_map(|hundredths| Number::from_f64(hundredths as f64 / 100.0).unwrap()),
            // About where hundredths stop to stand for one figure alone.
            (48_u32..55, -100_i64..100).prop_map(|(power, more)| Number::from_f64(((1_i64 << power) + more) as f64 / 100.0).unwrap()),
            any::<f64>().prop_filter_map("not finite", Number::from_f64),
        ]
    }

    proptest! {
        #[test]
        fn what_is_said_is_heard_whatever_was_said_before(figures in prop::collection::vec(any_number(), 1..8)) {
            let (mut old, mut last) = (Number::ZERO, Last::NONE);
            for new in figures {
                let heard = match say(old, new) {
                    Some(Said::Count(delta)) => last.count(delta),
                    Some(Said::Hundredths(delta)) => last.hundredths(delta),
                    Some(Said::Float(value)) => Last::float(value).unwrap(),
                    None => continue,
                };
                prop_assert_eq!(heard.number(), new);
                (old, last) = (new, heard);
            }
        }

        #[test]
        fn any_difference_is_a_figure(deltas in prop::collection::vec((any::<bool>(), any::<i64>()), 0..20)) {
            let mut last = Last::NONE;
            for (is_count, delta) in deltas {
                last = if is_count { last.count(delta) } else { last.hundredths(delta) };
                prop_assert!(last.number().as_f64().is_finite());
            }
        }

        #[test]
        fn percentages_are_short(old in 0_i64..100_000, step in -50_i64..50) {
            let figure = |hundredths: i64| Number::from_f64(hundredths as f64 / 100.0).unwrap();
            let short = match say(figure(old), figure(old + step)).unwrap() {
                Said::Hundredths(delta) => delta == step || figure(old).as_u64().is_some(),
                Said::Count(_) => figure(old + step).as_u64().is_some(),
                Said::Float(_) => false,
            };
            prop_assert!(short);
        }
    }
}
