//! Records as bytes and back: NDJSON and Arrow IPC, each plain or under zstd, told apart by their first bytes.
//!
//! [`Reader`] and [`Writer`] work on any [`std::io::Read`] and [`std::io::Write`] and know all encodings; a single record as a JSON object
//! is [`Record`](crate::Record)'s `Serialize` and `Deserialize`. Both encodings hold the same thing: what one writes, read and written by the other,
//! is the same record.

mod arrow;
mod error;
mod input;
pub mod json;
mod lines;
mod reader;
mod writer;

pub use arrow::{SCHEMA_VERSION, schema};
pub use error::{Place, ReadError};
pub use json::{Visible, is_unseen};
pub use reader::Reader;
pub use writer::{Compression, Format, Writer};
