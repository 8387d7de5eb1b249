//! Frames: what clients are sent, as one JSON text each. When they are made, and to whom they go, is [`super::hub`]'s and [`super::client`]'s business.

use std::time::Instant;

use scope_core::Timestamp;
use serde::Serialize;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::table::{Own, Row};

/// The version that agents say they have.
pub(super) const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// A frame, shared by all clients.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) kind: &'static str,
    pub(super) sequence: u64,
    pub(super) sent_at: Timestamp,
    pub(super) text: Utf8Bytes,
    /// When it was made, to tell how long it took to be sent.
    pub(super) made: Instant,
}

/// What every frame says.
#[derive(Debug, Serialize)]
pub(super) struct Header<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) agent_id: &'a str,
    pub(super) sent_at: Timestamp,
    pub(super) sequence: u64,
}

/// `container_stats_batch`: the containers that are up.
#[derive(Debug, Serialize)]
pub(super) struct Batch<'a> {
    pub(super) containers: Vec<Row<'a>>,
    /// How many more there are than a frame holds.
    #[serde(skip_serializing_if = "is_nought")]
    pub(super) containers_omitted: usize,
    pub(super) agent_metrics: Own,
}

/// `agent_status`: what the agent is.
#[derive(Debug, Serialize)]
pub(super) struct Status<'a> {
    pub(super) uptime_secs: u64,
    pub(super) version: &'static str,
    pub(super) features: &'a [String],
}

/// `heartbeat`: the agent is alive, and last read figures then.
#[derive(Debug, Serialize)]
pub(super) struct Heartbeat {
    pub(super) polled_at: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_nought(count: &usize) -> bool {
    *count == 0
}

impl Frame {
    /// Writes a frame.
    pub(super) fn new(header: &Header<'_>, body: &impl Serialize) -> Result<Self, serde_json::Error> {
        #[derive(Serialize)]
        struct Whole<'a, T> {
            #[serde(flatten)]
            header: &'a Header<'a>,
            #[serde(flatten)]
            body: &'a T,
        }
        let text = serde_json::to_string(&Whole { header, body })?.into();
        Ok(Self { kind: header.kind, sequence: header.sequence, sent_at: header.sent_at, text, made: Instant::now() })
    }
}
