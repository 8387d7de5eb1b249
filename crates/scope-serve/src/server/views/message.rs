//! A message to subscribers: made once, sent to all of a view.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// All there is.
    Snapshot,
    /// What came, changed its facts, or went.
    Change,
    /// What moved.
    Figures,
}

/// A message. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Message(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    epoch: u64,
    seq: u64,
    kind: Kind,
    json: Arc<String>,
    deflated: OnceLock<Bytes>,
}

impl Message {
    pub(super) fn new(epoch: u64, seq: u64, kind: Kind, json: String) -> Self {
        Self(Arc::new(Inner { epoch, seq, kind, json: Arc::new(json), deflated: OnceLock::new() }))
    }

    /// Since when numbers count: with the number it says where to go on.
    pub fn epoch(&self) -> u64 {
        self.0.epoch
    }

    /// Its number: each message of a view has the next one; a snapshot has that of the last message that it holds already.
    pub fn seq(&self) -> u64 {
        self.0.seq
    }

    /// What it says.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The message as JSON.
    pub fn json(&self) -> Arc<String> {
        Arc::clone(&self.0.json)
    }

    /// The same as bytes that all who send it share.
    pub fn bytes(&self) -> Bytes {
        struct Text(Arc<String>);
        impl AsRef<[u8]> for Text {
            fn as_ref(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }
        Bytes::from_owner(Text(self.json()))
    }

    /// The JSON as raw DEFLATE (RFC 1951), compressed when first asked for, once for all subscribers.
    pub fn deflated(&self) -> Bytes {
        Bytes::clone(self.0.deflated.get_or_init(|| {
            let json = self.0.json.as_bytes();
            let mut encoder = DeflateEncoder::new(Vec::with_capacity(json.len() / 4 + 64), Compression::new(1));
            // Writing to memory does not fail.
            let _ = encoder.write_all(json);
            encoder.finish().unwrap_or_default().into()
        }))
    }
}
