//! Values that several commands take.

use std::time::Duration;

use clap::{Args, ValueEnum};

/// The encoding of a stream of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Encoding {
    /// A JSON object a line.
    Ndjson,
    /// An Arrow IPC stream.
    Arrow,
}

/// How to write records.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct OutputArgs {
    /// The encoding of the records written.
    #[arg(short, long, value_enum, default_value_t = Encoding::Ndjson)]
    pub(crate) output: Encoding,

    /// Compress what is written with zstd. Compressed input is recognised by itself.
    #[arg(long)]
    pub(crate) zstd: bool,
}

/// A length of time, at least a tenth of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace(pub(crate) Duration);

/// Parses `500ms`, `1s`, `2.5s`, `1m`, `1h`.
pub(crate) fn parse_pace(text: &str) -> Result<Pace, String> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("give a duration with a unit: 500ms, 1s, 5m".to_owned()),
    };
    let secs = number.parse::<f64>().map_err(|_| format!("`{number}` is not a number"))? * scale;
    if !(0.1..=86_400.0).contains(&secs) {
        return Err("must lie between 100ms and 24h".to_owned());
    }
    Ok(Pace(Duration::from_secs_f64(secs)))
}

#[cfg(feature = "serve")]
/// How long something lasts, at least a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Age {
    secs: u32,
}

#[cfg(feature = "serve")]
impl Age {
    /// When it ends that begins now.
    pub(crate) fn ends_at(self) -> scope_core::Timestamp {
        let end = std::time::SystemTime::now() + std::time::Duration::from_secs(self.secs.into());
        let since = end.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        scope_core::Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

#[cfg(feature = "serve")]
/// Parses `90m`, `12h`, `30d`.
pub(crate) fn parse_age(text: &str) -> Result<Age, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale = match unit {
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("a time is a number and m, h or d: 90m, 12h, 30d".to_owned()),
    };
    let secs = number.parse::<u32>().ok().and_then(|number| number.checked_mul(scale)).filter(|secs| (60..=3650 * 86_400).contains(secs));
    secs.map(|secs| Age { secs }).ok_or_else(|| "must lie between 1m and 3650d".to_owned())
}

#[cfg(feature = "serve")]
/// An amount of memory, at least a KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) bytes: usize,
}

#[cfg(feature = "serve")]
/// Parses `512K`, `64M`, `2G`: powers of 1024.
pub(crate) fn parse_size(text: &str) -> Result<Size, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale = match unit {
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return Err("an amount of memory is a number and K, M or G: 512K, 64M, 2G".to_owned()),
    };
    let bytes = number.parse::<usize>().ok().and_then(|number| number.checked_mul(scale)).filter(|bytes| (1 << 10..=1 << 40).contains(bytes));
    bytes.map(|bytes| Size { bytes }).ok_or_else(|| "must lie between 1K and 1024G".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "serve")]
    #[test]
    fn ages() {
        assert_eq!(parse_age("90m"), Ok(Age { secs: 5400 }));
        assert_eq!(parse_age("12h"), Ok(Age { secs: 43_200 }));
        assert_eq!(parse_age("30d"), Ok(Age { secs: 2_592_000 }));
        for text in ["", "1", "d", "1s", "0m", "-1d", "1.5h", "4000d", "99999999999d"] {
            assert!(parse_age(text).is_err(), "{text}");
        }
    }

    #[cfg(feature = "serve")]
    #[test]
    fn sizes() {
        assert_eq!(parse_size("512K"), Ok(Size { bytes: 512 << 10 }));
        assert_eq!(parse_size("96M"), Ok(Size { bytes: 96 << 20 }));
        assert_eq!(parse_size("2G"), Ok(Size { bytes: 2 << 30 }));
        for text in ["", "1", "M", "1m", "0K", "-1K", "1.5G", "1T", "99999999999999999999G", "2000G"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn lengths_of_time() {
        assert_eq!(parse_pace("500ms"), Ok(Pace(Duration::from_millis(500))));
        assert_eq!(parse_pace("2.5s"), Ok(Pace(Duration::from_millis(2500))));
        assert_eq!(parse_pace("1h"), Ok(Pace(Duration::from_hours(1))));
        for text in ["", "1", "s", "1d", "-1s", "0s", "1e9s", "1.2.3s", "99h", "50ms"] {
            assert!(parse_pace(text).is_err(), "{text}");
        }
    }
}
