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

/// The inverse of [`say`]. None where there is no such figure.
pub(super) fn hear(old: Number, said: Said) -> Option<Number> {
    match said {
        Said::Count(delta) => Some(old.as_u64().unwrap_or(0).wrapping_add(delta as u64).into()),
        Said::Hundredths(delta) => from_hundredths(hundredths(old).unwrap_or(0).wrapping_add(delta)),
        Said::Float(value) => Number::from_f64(value),
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
            any::<f64>().prop_filter_map("not finite", Number::from_f64),
        ]
    }

    proptest! {
        #[test]
        fn what_is_said_is_heard(old in any_number(), new in any_number()) {
            if let Some(said) = say(old, new) {
                prop_assert_eq!(hear(old, said), Some(new));
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
