//! The link between an agent and a server: its messages, records as frames and back, compression, and the digest that both ends compare. How bytes
//! travel, when a connection is made anew and what is done with a report is the business of whoever holds both ends of a socket.
//!
//! A connection begins with [`message::Hello`] and [`message::Welcome`]. Reports then go up as [`message::Report`]s made by an [`Encoder`] and read by a
//! [`Decoder`]; both keep the same tables for as long as the connection lasts. Every message goes through a [`Packer`] and an [`Unpacker`], one pair for each
//! direction of a connection.

mod chunk;
mod column;
mod decode;
mod digest;
mod encode;
mod facts;
mod flow;
mod key;
mod merged;
pub mod message;
mod number;
mod part;
mod received;
mod schema;
mod spare;
mod weight;
mod whole;

pub use chunk::{Packer, Unpacker};
pub use decode::Decoder;
pub use digest::digest;
pub use encode::Encoder;
pub use received::Received;
pub use weight::weight;
pub use whole::whole;

/// The version of the protocol. A peer of another one is understood as far as it can be: unknown frames and fields are skipped.
pub const PROTOCOL: u32 = 1;

/// Largest frame accepted, decompressed. A report is cut into parts below it.
pub const FRAME_BYTES: usize = 1 << 20;

/// Largest chunk accepted, as it travels: a frame that does not compress, and what zstd adds.
pub const CHUNK_BYTES: usize = FRAME_BYTES + (64 << 10);

/// At this size a part of a report is closed. With one more record it still fits a frame.
const PART_BYTES: usize = 400 << 10;

/// Heaviest record that the link carries, by [`weight`]. No container's facts come near it.
pub const RECORD_BYTES: usize = 512 << 10;

/// Entries of each table of a connection, at most.
const TABLE: usize = 1 << 19;

/// Bytes of text and facts in the tables of a connection, at most.
const TABLE_BYTES: usize = 64 << 20;

/// Records of one report, at most.
const REPORT_RECORDS: usize = 1 << 20;

/// Bytes that one report may come to, as the tables count them. A frame can name much that was said before.
const REPORT_BYTES: usize = 256 << 20;

/// What came over the link cannot be used. The connection is of no use any more: both ends' tables differ.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The bytes are no message.
    #[error("a frame cannot be read: {0}")]
    Message(#[from] prost::DecodeError),
    /// The compressed bytes are damaged.
    #[error("a frame cannot be decompressed: {0}")]
    Compression(#[source] std::io::Error),
    /// A frame is larger than [`FRAME_BYTES`].
    #[error("a frame is larger than 1 MiB")]
    FrameTooLarge,
    /// Something is named that was never introduced, or twice.
    #[error("a frame contradicts those before it: {0}")]
    Contradiction(&'static str),
    /// A text is not what it must be.
    #[error("a frame holds what is no {0}")]
    Invalid(&'static str),
    /// More is introduced than a connection may hold.
    #[error("a frame goes beyond what a connection may hold: {0}")]
    TooMuch(&'static str),
}
