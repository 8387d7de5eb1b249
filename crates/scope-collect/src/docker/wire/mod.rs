//! What engines answer, and how it becomes facts. Nothing here talks to an engine.
//!
//! Engines differ by version and kind in what they leave out and how they write it, so every field is read on its own: one that is missing or odd is unknown,
//! and the rest stands. What is read is bounded, and secrets are taken out at once.

mod container;
mod event;
mod health;
mod image;
mod network;
mod stats;
mod usage;
mod version;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::net::IpAddr;

use compact_str::CompactString;
use scope_core::Timestamp;
use scope_core::redact::Redactor;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::facts::{Port, Transport};

pub(crate) use container::{Summary, inspect, list};
pub(crate) use event::{Event, FILTER, event};
pub(crate) use image::image;
pub(crate) use network::{network, networks};
pub(crate) use stats::stats;
pub use stats::{Interfaces, StatsSample};
pub(crate) use usage::usage;
pub use usage::{ContainerUsage, DiskUsage, VolumeUsage};
pub(crate) use version::{Greeting, version};

/// Every decoder of what engines answer, on anything.
#[cfg(any(fuzzing, test))]
pub(crate) fn decode_anything(answer: &[u8]) {
    let redactor = Redactor::new();
    let _ = (inspect(answer, &redactor), image(answer, &redactor), network(answer, &redactor), stats(answer), usage(answer), version(answer), event(answer));
    if let Ok((containers, _)) = list(answer, &redactor) {
        assert!(containers.len() <= answer.len());
    }
    if let Ok(networks) = networks(answer, &redactor) {
        assert!(networks.len() <= answer.len());
    }
}

/// Longest name of a container, network, volume or image kept, in bytes.
const NAME_BYTES: usize = 512;
/// Longest path kept, in bytes: the kernel's `PATH_MAX`.
const PATH_BYTES: usize = 4096;
/// Most labels, variables, ports and mounts of one container kept, each.
const ITEMS: usize = 512;
/// Most text of labels, variables, ports, mounts and networks of one container read, in bytes.
const CONTAINER_BYTES: usize = 256 << 10;
/// Longest label or argument that is looked into, in bytes: looking for secrets takes time, and [`scope_core::redact`] shows its beginning only.
const LOOKED_INTO_BYTES: usize = 64 << 10;

/// A field that may be anything.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(transparent)]
struct Raw<'a>(#[serde(borrow)] Option<&'a RawValue>);

impl<'a> Raw<'a> {
    /// The field, if it is what is wanted.
    fn get<T: Deserialize<'a>>(self) -> Option<T> {
        self.0.and_then(|raw| serde_json::from_str(raw.get()).ok())
    }

    /// A text that is not empty.
    fn text(self) -> Option<Cow<'a, str>> {
        self.get::<Text<'a>>().map(|Text(text)| text).filter(|text| !text.is_empty())
    }

    /// A text that is not empty, cut to `max` bytes.
    fn text_within(self, max: usize) -> Option<CompactString> {
        self.text().map(|text| scope_core::limits::cut(&text, max).as_ref().into())
    }

    /// A list of whatever.
    fn list(self) -> Vec<Raw<'a>> {
        self.get().unwrap_or_default()
    }

    /// The entries of an object.
    fn entries(self) -> Vec<(Cow<'a, str>, Raw<'a>)> {
        self.get::<Entries<'a>>().map(|Entries(entries)| entries).unwrap_or_default()
    }

    /// A number above nought: engines write noughts and -1 for what is not set.
    fn positive(self) -> Option<u64> {
        self.get::<i64>().and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0)
    }

    fn flag(self) -> bool {
        self.get().unwrap_or_default()
    }

    /// A time; engines write the year 1 for never.
    fn time(self) -> Option<Timestamp> {
        self.text()?.parse().ok().filter(|at: &Timestamp| at.as_micros() > 0)
    }

    fn ip(self) -> Option<IpAddr> {
        self.text()?.parse().ok()
    }
}

/// A text that borrows from the answer where nothing in it is escaped.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// An object whose keys are data, in the order it was written.
struct Entries<'a>(Vec<(Cow<'a, str>, Raw<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Entries<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some((Text(key), value)) = map.next_entry::<Text<'de>, Raw<'de>>()? {
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// What one container, image or network may still take, and what had to be left out.
struct Room {
    bytes: usize,
    dropped: u32,
}

impl Room {
    fn new() -> Self {
        Self { bytes: CONTAINER_BYTES, dropped: 0 }
    }

    /// Keeps those of `items` that `keep` makes something of, within the bounds. The second part of what `keep` gives is the text's length.
    fn take<T, U>(&mut self, items: Vec<T>, mut keep: impl FnMut(T) -> Option<(U, usize)>) -> Vec<U> {
        let mut kept = Vec::new();
        for item in items {
            let fit = (kept.len() < ITEMS).then(|| keep(item)).flatten().filter(|(_, bytes)| *bytes <= self.bytes);
            match fit {
                Some((item, bytes)) => {
                    self.bytes -= bytes;
                    kept.push(item);
                }
                None => self.dropped = self.dropped.saturating_add(1),
            }
        }
        kept
    }

    /// Labels without their secrets, in the order of their names.
    fn labels(&mut self, labels: Raw<'_>, redactor: &Redactor) -> Vec<(CompactString, CompactString)> {
        let kept = self.take(labels.entries(), |(key, value)| {
            let value = within_sight(value.text().unwrap_or_default());
            let bytes = key.len().min(NAME_BYTES) + value.len();
            Some(((key, value), bytes))
        });
        let shown = kept.into_iter().map(|(key, value)| {
            let shown = CompactString::from(redactor.label(&key, &value));
            (CompactString::from(scope_core::limits::cut(&key, scope_core::redact::MAX_NAME_BYTES)), shown)
        });
        let mut labels: Vec<_> = shown.collect();
        labels.sort_unstable();
        labels.dedup_by(|a, b| a.0 == b.0);
        labels
    }

    /// A list of texts, each cut to `max` bytes.
    fn texts(&mut self, list: Raw<'_>, max: usize) -> Vec<CompactString> {
        self.take(list.list(), |item| {
            let text = item.text_within(max)?;
            let bytes = text.len();
            Some((text, bytes))
        })
    }
}

/// A text that is too long to be looked into for secrets is not shown at all.
fn within_sight(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.len() > LOOKED_INTO_BYTES { Cow::Borrowed(scope_core::redact::ELLIPSIS) } else { text }
}

/// The port in `80/tcp` or `80`.
fn port(text: &str) -> Option<Port> {
    let (number, transport) = text.split_once('/').unwrap_or((text, "tcp"));
    let transport = match transport {
        "tcp" => Transport::Tcp,
        "udp" => Transport::Udp,
        "sctp" => Transport::Sctp,
        _ => return None,
    };
    Some(Port { port: number.parse().ok().filter(|port| *port > 0)?, transport })
}

/// The answer as text. Engines pass on what programs wrote, which need not be UTF-8.
fn as_text(answer: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(answer)
}
