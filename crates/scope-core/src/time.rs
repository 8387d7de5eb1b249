//! Points in time: microseconds since 1970 UTC, written as RFC 3339 with six digits. Reading a clock is the caller's business.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

/// A point in time in microseconds since 1970-01-01T00:00:00Z.
///
/// Written `2026-11-21T18:34:00.123456Z`. Read from any RFC 3339 text; finer digits are cut, other offsets become UTC.
///
/// ```
/// use scope_core::Timestamp;
/// let at: Timestamp = "2026-11-21T19:34:00.1234567+01:00".parse()?;
/// assert_eq!(at.to_string(), "2026-11-21T18:34:00.123456Z");
/// # Ok::<(), scope_core::time::ParseTimeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not an RFC 3339 time between the years 0000 and 9999.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an RFC 3339 time such as 2026-11-21T18:34:00Z")]
pub struct ParseTimeError(String);

/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z: what four digits of year can say.
const RANGE: std::ops::RangeInclusive<i64> = -62_167_219_200_000_000..=253_402_300_799_999_999;

impl Timestamp {
    /// The time `micros` microseconds after 1970-01-01T00:00:00Z, held within the years 0000 to 9999.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(*RANGE.start(), *RANGE.end()))
    }

    /// The time `seconds` seconds after 1970-01-01T00:00:00Z, held within the years 0000 to 9999.
    pub fn from_seconds(seconds: i64) -> Self {
        Self::from_micros(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Microseconds from `earlier` to `self`; negative where `earlier` is the later one.
    pub fn micros_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0_u8; 27];
        self.write(&mut text);
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl Timestamp {
    /// Writes the 27 characters of the canonical form. By hand: it stands in every record, and a general formatter costs as much as the rest of the line.
    fn write(self, out: &mut [u8; 27]) {
        let seconds = self.0.div_euclid(1_000_000);
        let micros = self.0.rem_euclid(1_000_000) as u32;
        let days = seconds.div_euclid(86_400);
        let second_of_day = seconds.rem_euclid(86_400) as u32;
        // Days to civil date in the proleptic Gregorian calendar, counted in 400-year eras that begin on 1 March.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * march_month + 2) / 5 + 1) as u32;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 } as u32;
        let year = (year_of_era + era * 400 + i64::from(month <= 2)) as u32;
        let mut put = |at: usize, digits: usize, mut number: u32| {
            for place in out.iter_mut().skip(at).take(digits).rev() {
                *place = b'0' + (number % 10) as u8;
                number /= 10;
            }
        };
        put(0, 4, year);
        put(5, 2, month);
        put(8, 2, day);
        put(11, 2, second_of_day / 3600);
        put(14, 2, second_of_day / 60 % 60);
        put(17, 2, second_of_day % 60);
        put(20, 6, micros);
        for (at, mark) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (26, b'Z')] {
            out[at] = mark;
        }
    }
}

impl Timestamp {
    /// Reads the canonical form back, to the last microsecond of the year 9999, where jiff ends a day earlier. None for any other form, be it a time.
    fn read(text: &[u8; 27]) -> Option<Self> {
        const FORM: &[u8; 27] = b"0000-00-00T00:00:00.000000Z";
        if !text.iter().zip(FORM).all(|(byte, form)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form }) {
            return None;
        }
        let number = |at: usize, digits: usize| text.iter().skip(at).take(digits).fold(0_i64, |number, digit| number * 10 + i64::from(*digit - b'0'));
        let (year, month, day) = (number(0, 4), number(5, 2), number(8, 2));
        let (hour, minute, second) = (number(11, 2), number(14, 2), number(17, 2));
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        // A leap second is jiff's to judge.
        if !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        // The inverse of the conversion in `write`.
        let (march_year, march_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let era = march_year.div_euclid(400);
        let year_of_era = march_year.rem_euclid(400);
        let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + (153 * march_month + 2) / 5 + day - 1;
        let seconds = (era * 146_097 + day_of_era - 719_468) * 86_400 + hour * 3600 + minute * 60 + second;
        Some(Self(seconds * 1_000_000 + number(20, 6)))
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(at) = text.as_bytes().try_into().ok().and_then(Self::read) {
            return Ok(at);
        }
        // Of RFC 3339 only: jiff alone would take a time zone in brackets too.
        let error = || ParseTimeError(crate::limits::cut(text, 64).into_owned());
        if text.len() > 64 || text.contains('[') {
            return Err(error());
        }
        let at: jiff::Timestamp = text.parse().map_err(|_| error())?;
        let micros = at.as_nanosecond().div_euclid(1000) as i64;
        if RANGE.contains(&micros) { Ok(Self(micros)) } else { Err(error()) }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0_u8; 27];
        self.write(&mut text);
        serializer.serialize_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Timestamp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 time")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(micros in RANGE) {
            let at = Timestamp::from_micros(micros);
            prop_assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
        }

        #[test]
        fn agrees_with_jiff(micros in RANGE) {
            let theirs = jiff::Timestamp::from_microsecond(micros).map(|at| format!("{at:.6}"));
            prop_assume!(theirs.is_ok());
            prop_assert_eq!(Timestamp::from_micros(micros).to_string(), theirs.unwrap());
        }

        #[test]
        fn reads_as_jiff_does(year in 0_u32..10_000, month in 0_u32..14, day in 0_u32..33, hour in 0_u32..25, minute in 0_u32..61, second in 0_u32..61) {
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.250000Z");
            let theirs = text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_microsecond);
            prop_assume!((year, month, day) < (9999, 12, 30));
            prop_assert_eq!(text.parse::<Timestamp>().map(Timestamp::as_micros).ok(), theirs.ok(), "{}", text);
        }
    }

    #[test]
    fn both_ends_of_the_range_read_back() {
        for at in [Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX)] {
            assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in ["", "now", "2026-13-01T00:00:00Z", "2026-11-21T18:34:00", "2026-11-21T18:34:00Z[UTC]", "-001000-01-01T00:00:00Z"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
