//! Figures, times and lists as people read them.

use std::fmt::Write as _;

use scope_core::field::{Show, Unit};
use scope_core::value::Fields;
use scope_core::{Number, Timestamp, Value};

/// A figure in its unit, short: `122.5MiB`, `24.5%`, `210µs`.
///
/// ```
/// use scope_core::{Number, field::Unit};
/// use scope_render::output::figure;
/// assert_eq!(figure(Number::from(128_345_600_u64), Unit::Bytes), "122.4MiB");
/// assert_eq!(figure(Number::from(210_u64), Unit::Micros), "210µs");
/// ```
pub fn figure(number: Number, unit: Unit) -> String {
    let value = number.as_f64();
    match unit {
        Unit::Bytes => scaled(value, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]),
        Unit::BytesPerSecond => scaled(value, 1024.0, &["B/s", "KiB/s", "MiB/s", "GiB/s", "TiB/s"]),
        Unit::Percent | Unit::PercentOfCore => format!("{}%", short(value)),
        Unit::PerSecond => format!("{}/s", scaled(value, 1000.0, &["", "k", "M", "G"])),
        Unit::Micros if value.abs() < 1000.0 => format!("{}µs", short(value)),
        Unit::Micros if value.abs() < 1e6 => format!("{}ms", short(value / 1e3)),
        Unit::Micros => seconds(value / 1e6),
        Unit::Seconds => seconds(value),
        Unit::Count => number
            .as_u64()
            .map_or_else(|| short(value), |count| if count < 100_000 { count.to_string() } else { scaled(value, 1000.0, &["", "k", "M", "G", "T"]) }),
        _ => number.as_i64().map_or_else(|| short(value), |whole| whole.to_string()),
    }
}

/// At most one digit after the point, none from 100 on.
fn short(value: f64) -> String {
    if value.abs() >= 99.95 || value == value.trunc() { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    let (mut value, mut at) = (value, 0);
    // 999.96 would be written 1000.
    while value.abs() >= step - 0.05 && at + 1 < units.len() {
        value /= step;
        at += 1;
    }
    let unit = units.get(at).copied().unwrap_or_default();
    if at == 0 { format!("{}{unit}", short(value)) } else { format!("{value:.1}{unit}") }
}

/// A span of time in its two largest units at most.
fn seconds(value: f64) -> String {
    let total = value.abs();
    let sign = if value < 0.0 { "-" } else { "" };
    let text = match total {
        _ if total < 60.0 => return format!("{sign}{}s", short(total)),
        _ if total < 3600.0 => format!("{}m", (total / 60.0).floor()),
        _ if total < 86_400.0 => format!("{}h", (total / 3600.0).floor()),
        _ if total < 730.0 * 86_400.0 => format!("{}d", (total / 86_400.0).floor()),
        _ => format!("{}y", (total / (365.25 * 86_400.0)).floor()),
    };
    format!("{sign}{text}")
}

/// How long before `now`.
fn ago(at: Timestamp, now: Timestamp) -> String {
    let micros = now.micros_since(at);
    if micros < 0 { format!("in {}", seconds(-micros as f64 / 1e6)) } else { format!("{} ago", seconds(micros as f64 / 1e6)) }
}

/// An attribute as text on one line, neither escaped nor cut.
pub(super) fn value(value: &Value, unit: Unit, show: Show, now: Timestamp) -> String {
    match value {
        Value::Number(number) => figure(*number, unit),
        Value::Time(at) if show == Show::TimeAgo => ago(*at, now),
        Value::List(items) => {
            let between = if show == Show::Text { " " } else { ", " };
            let mut texts: Vec<String> = Vec::with_capacity(items.len());
            for item in items {
                let text = match item {
                    Value::Text(item) => item.to_string(),
                    Value::Map(entries) => thing(entries, item),
                    item => item.to_string(),
                };
                // A port that is published for IPv4 and for IPv6 reads alike, and is told once.
                if !(matches!(item, Value::Map(_)) && texts.contains(&text)) {
                    texts.push(text);
                }
            }
            texts.join(between)
        }
        Value::Map(entries) => {
            let mut text = String::new();
            for (key, value) in entries.iter() {
                let _ = write!(text, "{}{key}={value}", if text.is_empty() { "" } else { ", " });
            }
            text
        }
        other => other.to_string(),
    }
}

/// A thing in a list: its name, a port with where it is published, or whatever says it shortest.
fn thing(entries: &Fields<Value>, item: &Value) -> String {
    let word = |name| entries.get(name).and_then(Value::as_text);
    let whole = |name| entries.get(name).and_then(Value::as_number).and_then(Number::as_u64);
    match (word("name"), whole("port"), whole("host_port")) {
        (Some(name), _, _) => name.to_owned(),
        (None, Some(port), None) => format!("{port}/{}", word("proto").unwrap_or("tcp")),
        (None, Some(port), Some(host_port)) => {
            let all = word("host_ip").is_none_or(|ip| matches!(ip, "0.0.0.0" | "::"));
            let at = if all { String::new() } else { format!("{}:", word("host_ip").unwrap_or_default()) };
            format!("{at}{host_port}→{port}/{}", word("proto").unwrap_or("tcp"))
        }
        (None, None, _) => item.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_keep_their_unit() {
        let show = |value: f64, unit| Number::from_f64(value).map(|number| figure(number, unit)).unwrap_or_default();
        assert_eq!(show(0.0, Unit::Bytes), "0B");
        assert_eq!(show(1023.99, Unit::Bytes), "1.0KiB");
        assert_eq!(show(5.0e13, Unit::Bytes), "45.5TiB");
        assert_eq!(show(0.25, Unit::PercentOfCore), "0.2%");
        assert_eq!(show(1234.5, Unit::PercentOfCore), "1234%");
        assert_eq!(show(99_999.0, Unit::Count), "99999");
        assert_eq!(show(1_234_567.0, Unit::Count), "1.2M");
        assert_eq!(show(1500.0, Unit::Micros), "1.5ms");
        assert_eq!(show(90_000_000.0, Unit::Micros), "1m");
        assert_eq!(show(3.0 * 86_400.0, Unit::Seconds), "3d");
        assert_eq!(show(-5.0, Unit::Seconds), "-5s");
    }

    #[test]
    fn ports_of_both_families_are_told_once() {
        let port = |ip: &str| {
            Value::Map(
                [("host_ip", Value::text(ip)), ("host_port", Value::from(8080_u64)), ("port", Value::from(80_u64))]
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
            )
        };
        let told = |ips: &[&str]| value(&Value::List(ips.iter().map(|ip| port(ip)).collect()), Unit::List, Show::Table, Timestamp::default());
        assert_eq!(told(&["0.0.0.0", "::", "127.0.0.1"]), "8080→80/tcp, 127.0.0.1:8080→80/tcp");
        let words = Value::List(vec![Value::text("a"), Value::text("a")]);
        assert_eq!(value(&words, Unit::List, Show::Text, Timestamp::default()), "a a");
    }

    #[test]
    fn times_are_told_from_now() {
        let now = Timestamp::from_seconds(1_000_000);
        let told = |seconds| value(&Value::Time(Timestamp::from_seconds(seconds)), Unit::Time, Show::TimeAgo, now);
        assert_eq!(told(1_000_000 - 7300), "2h ago");
        assert_eq!(told(1_000_000 + 30), "in 30s");
    }
}
