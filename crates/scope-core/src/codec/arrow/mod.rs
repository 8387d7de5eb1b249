//! Records as Arrow IPC streams and back: one row a record, one [`schema`] for all of them. Which encoding an input has is the
//! [reader](super::Reader)'s business.

mod build;
mod columns;
mod message;
mod read;
mod rows;
mod schema;
mod write;

pub(super) use message::Container;
pub(super) use read::Stream;
pub use schema::{SCHEMA_VERSION, schema};
pub(super) use write::Encoder;
