//! Figures with units, durations and times in filters: `512MiB`, `50%`, `5m`, `2026-11-21`.

use std::fmt;

use crate::field::Unit;
use crate::time::Timestamp;

/// What a figure is compared with, as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Quantity {
    /// A number with its suffix.
    Figure { number: f64, suffix: &'static str },
    /// A point in time.
    Time(Timestamp),
}

/// What a quantity means for a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    /// A figure in the field's unit.
    Figure(f64),
    /// How long ago, in microseconds.
    Age(f64),
    /// A point in time.
    Time(Timestamp),
}

/// What a suffix measures, and in what. One word may measure several things: `m` is minutes of a time and mebibytes of a memory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    Percent,
    Bytes,
    BytesPerSecond,
    /// In microseconds.
    Duration,
    Count,
    CountPerSecond,
}

const KIB: f64 = 1024.0;
const SECOND: f64 = 1e6;

/// Suffixes as they are written back. A single letter is binary for bytes, as engines take it (`-m 512m`), and decimal for counts.
const SUFFIXES: &[(&str, Measure, f64)] = &[
    ("%", Measure::Percent, 1.0),
    ("B", Measure::Bytes, 1.0),
    ("kB", Measure::Bytes, 1e3),
    ("MB", Measure::Bytes, 1e6),
    ("GB", Measure::Bytes, 1e9),
    ("TB", Measure::Bytes, 1e12),
    ("KiB", Measure::Bytes, KIB),
    ("MiB", Measure::Bytes, KIB * KIB),
    ("GiB", Measure::Bytes, KIB * KIB * KIB),
    ("TiB", Measure::Bytes, KIB * KIB * KIB * KIB),
    ("B/s", Measure::BytesPerSecond, 1.0),
    ("kB/s", Measure::BytesPerSecond, 1e3),
    ("MB/s", Measure::BytesPerSecond, 1e6),
    ("GB/s", Measure::BytesPerSecond, 1e9),
    ("KiB/s", Measure::BytesPerSecond, KIB),
    ("MiB/s", Measure::BytesPerSecond, KIB * KIB),
    ("GiB/s", Measure::BytesPerSecond, KIB * KIB * KIB),
    ("k", Measure::Bytes, KIB),
    ("m", Measure::Bytes, KIB * KIB),
    ("g", Measure::Bytes, KIB * KIB * KIB),
    ("t", Measure::Bytes, KIB * KIB * KIB * KIB),
    ("us", Measure::Duration, 1.0),
    ("ms", Measure::Duration, 1e3),
    ("s", Measure::Duration, SECOND),
    ("min", Measure::Duration, 60.0 * SECOND),
    ("m", Measure::Duration, 60.0 * SECOND),
    ("h", Measure::Duration, 3600.0 * SECOND),
    ("d", Measure::Duration, 86_400.0 * SECOND),
    ("w", Measure::Duration, 7.0 * 86_400.0 * SECOND),
    ("k", Measure::Count, 1e3),
    ("m", Measure::Count, 1e6),
    ("g", Measure::Count, 1e9),
    ("/s", Measure::CountPerSecond, 1.0),
    ("k/s", Measure::CountPerSecond, 1e3),
];

/// Other ways to write a suffix.
const SPELLINGS: &[(&str, &str)] = &[("µs", "us"), ("μs", "us"), ("sec", "s"), ("days", "d"), ("day", "d"), ("hours", "h"), ("hour", "h"), ("mins", "min")];

impl Quantity {
    /// Reads a figure or a time, of any unit.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let number = text.bytes().position(|b| !(b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'))).unwrap_or(text.len());
        let (digits, suffix) = text.split_at_checked(number)?;
        if let Some(suffix) = canonical(suffix.trim_start()) {
            let well_formed = digits.bytes().any(|b| b.is_ascii_digit()) && digits.len() <= 64;
            let number: Option<f64> = digits.parse().ok().filter(|number: &f64| well_formed && number.is_finite());
            if let Some(number) = number {
                // Nought has no sign.
                return Some(Self::Figure { number: number + 0.0, suffix });
            }
        }
        let time = |text: &str| text.parse().ok().map(Self::Time);
        let is_day = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if is_day { time(&format!("{text}T00:00:00Z")) } else { time(text) }
    }

    /// What it means for a field of this unit; nothing where the two do not go together. Of a field without a known unit the figure means what its suffix
    /// says: bytes, seconds, or itself.
    pub(super) fn of(&self, unit: Option<Unit>) -> Option<Meaning> {
        let (number, suffix) = match self {
            Self::Time(at) => return matches!(unit, Some(Unit::Time | Unit::List) | None).then_some(Meaning::Time(*at)),
            Self::Figure { number, suffix } => (*number, *suffix),
        };
        let by = |measure: Measure| SUFFIXES.iter().find(|(known, of, _)| *known == suffix && *of == measure).map(|(_, _, scale)| number * scale);
        let plain = || suffix.is_empty().then_some(number);
        match unit {
            Some(Unit::Bytes) => plain().or_else(|| by(Measure::Bytes)),
            Some(Unit::BytesPerSecond) => plain().or_else(|| by(Measure::BytesPerSecond)).or_else(|| by(Measure::Bytes)),
            Some(Unit::Percent | Unit::PercentOfCore) => plain().or_else(|| by(Measure::Percent)),
            Some(Unit::Seconds) => plain().or_else(|| by(Measure::Duration).map(|us| us / SECOND)),
            Some(Unit::Micros) => plain().or_else(|| by(Measure::Duration)),
            Some(Unit::Count | Unit::Number) => plain().or_else(|| by(Measure::Count)),
            Some(Unit::PerSecond) => plain().or_else(|| by(Measure::CountPerSecond)).or_else(|| by(Measure::Count)),
            Some(Unit::Time) => return by(Measure::Duration).map(Meaning::Age),
            Some(Unit::Text | Unit::Bool | Unit::Map) => None,
            // What is in a list, or under a map's key, is not known.
            Some(Unit::List) | None => {
                let of_measure = [Measure::Percent, Measure::Bytes, Measure::BytesPerSecond, Measure::Count, Measure::CountPerSecond].into_iter().find_map(by);
                plain().or_else(|| by(Measure::Duration).map(|us| us / SECOND)).or(of_measure)
            }
        }
        .map(Meaning::Figure)
    }

    /// What a field of this unit can be compared with.
    pub(super) fn wanted(unit: Option<Unit>) -> &'static str {
        match unit {
            Some(Unit::Bytes | Unit::BytesPerSecond) => "an amount of bytes",
            Some(Unit::Seconds | Unit::Micros) => "a duration",
            Some(Unit::Time) => "a duration or a date",
            _ => "a number",
        }
    }

    /// An example of what a field of this unit can be compared with.
    pub(super) fn example(unit: Option<Unit>) -> &'static str {
        match unit {
            Some(Unit::Bytes) => "> 512MiB",
            Some(Unit::BytesPerSecond) => "> 1MiB/s",
            Some(Unit::Percent | Unit::PercentOfCore) => "> 50%",
            Some(Unit::Seconds | Unit::Micros) => "> 20ms",
            Some(Unit::Time) => "< 5m, or > 2026-01-31",
            _ => "> 20",
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Figure { number, suffix } => write!(f, "{number}{suffix}"),
            Self::Time(at) => at.fmt(f),
        }
    }
}

/// The suffix as it is written back; nothing for an unknown one.
fn canonical(suffix: &str) -> Option<&'static str> {
    if suffix.is_empty() {
        return Some("");
    }
    if let Some((_, to)) = SPELLINGS.iter().find(|(from, _)| from.eq_ignore_ascii_case(suffix)) {
        return Some(to);
    }
    SUFFIXES.iter().map(|(known, ..)| *known).find(|known| known.eq_ignore_ascii_case(suffix))
}
