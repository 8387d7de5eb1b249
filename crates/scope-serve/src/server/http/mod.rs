//! How requests come in and answers go out: the listener, connections, time and size limits, the base path, and what every answer carries. What is
//! answered is the business of `api`, `ops` and `page`.

mod body;
pub(super) mod listener;
mod router;

pub(super) use router::router;
