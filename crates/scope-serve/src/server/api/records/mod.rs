//! Records as they are: the state as a stream that any tool reads, and streams that any tool hands in.

pub(super) mod read;
pub(super) mod write;

/// NDJSON's media type.
const NDJSON: &str = "application/x-ndjson";
/// Arrow IPC's media type, of the stream format.
const ARROW: &str = "application/vnd.apache.arrow.stream";
