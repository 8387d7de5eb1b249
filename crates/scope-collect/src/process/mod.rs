//! Processes: who they are (facts) and what they use (figures), read from `/proc` in rounds.
//!
//! A round reads `stat` of each process and what is due of the rest. Sockets are not here, nor is what a container is called.

mod entry;
mod facts;
mod files;
mod scanner;
mod source;
mod stat;
mod users;

pub use entry::{Figures, Key, Process};
pub use facts::Facts;
pub use scanner::{Counts, ProcessError, Round, Scanner, ScannerOptions};
pub use source::ProcessSource;
pub use stat::State;
pub use users::Users;

#[cfg(test)]
pub(crate) mod tests;
