//! Records as Arrow IPC streams and back: one row a record, one [`schema`] for all of them. Which encoding an input has is the
//! [reader](super::Reader)'s business.

mod arrays;
mod build;
mod columns;
mod facts;
mod message;
mod read;
mod repeats;
mod rows;
mod schema;
mod write;

pub(super) use message::Container;
pub(super) use read::Stream;
pub use schema::{SCHEMA_VERSION, schema};
pub(super) use write::Encoder;
