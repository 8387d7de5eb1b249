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

/// Every parser of the files of one process, on anything.
#[cfg(any(fuzzing, test))]
pub(crate) fn parse_anything(content: &[u8]) {
    if let Some(stat) = stat::parse(content) {
        assert!(content.len() >= stat.comm.len());
    }
    let _ = (stat::number(content), facts::identity(content), entry::run_time(content), entry::io(content));
    assert!(users::parse(content).len() <= content.len());
    assert!(facts::arguments(content).len() <= content.len() + 1);
}

#[cfg(test)]
pub(crate) mod tests;
