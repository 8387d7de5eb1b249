//! One record as one JSON object. Framing into lines is [`super::Reader`]'s business.
//!
//! ```json
//! {"record":"gone","agent":"host-a","run":"0192f0c1-…","seq":42,"source":"docker","at":"2026-11-21T18:34:00.123456Z","id":"container:77b1…"}
//! ```
//!
//! Keys come in any order. What a field means depends on the type of the record: `state` is the state of a connection, and nothing that a node
//! knows, so a node that has it keeps it in [`Record::extra`](crate::Record) whatever its shape. `null` for a known field is its absence.

mod read;
mod visible;
mod write;

use crate::record::Body;

pub use visible::{Visible, is_unseen};

pub(super) use read::{Malformed, MissingField, decode, flow_key, is_known};

/// The types of record, a bit each, so that a field can say which of them have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind(u8);

impl Kind {
    pub(super) const NODE: Self = Self(1);
    pub(super) const FLOW: Self = Self(1 << 1);
    pub(super) const CONNECTION: Self = Self(1 << 2);
    pub(super) const GONE: Self = Self(1 << 3);
    pub(super) const PROBLEM: Self = Self(1 << 4);
    pub(super) const FIELD: Self = Self(1 << 5);
    pub(super) const TICK: Self = Self(1 << 6);
    /// A type that this version does not know, and none of whose fields.
    pub(super) const UNKNOWN: Self = Self(0);

    pub(super) fn of_word(record: &str) -> Self {
        match record {
            "node" => Self::NODE,
            "flow" => Self::FLOW,
            "connection" => Self::CONNECTION,
            "gone" => Self::GONE,
            "problem" => Self::PROBLEM,
            "field" => Self::FIELD,
            "tick" => Self::TICK,
            _ => Self::UNKNOWN,
        }
    }

    pub(super) fn of_body(body: &Body) -> Self {
        match body {
            Body::Node(_) => Self::NODE,
            Body::Flow(_) => Self::FLOW,
            Body::Connection(_) => Self::CONNECTION,
            Body::Gone(_) => Self::GONE,
            Body::Problem(_) => Self::PROBLEM,
            Body::Field(_) => Self::FIELD,
            Body::Tick(_) => Self::TICK,
            Body::Unknown(_) => Self::UNKNOWN,
        }
    }

    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}
