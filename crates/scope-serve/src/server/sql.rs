//! The process that answers SQL: what the command runs when the server starts it again for one question.

pub use super::api::worker::work;
