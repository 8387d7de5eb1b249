//! One process as it is remembered between rounds.

use std::os::fd::OwnedFd;
use std::time::Instant;

use super::facts::Facts;
use super::stat::State;
use crate::host::file;

/// What tells a process from all others since boot: a pid is used again, but not within one clock tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The pid.
    pub pid: u32,
    /// Clock ticks from boot to its start: field 22 of `stat`.
    pub start_ticks: u64,
}

/// A process.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its identity.
    pub key: Key,
    /// Its parent's pid; 0 for none.
    pub parent: u32,
    /// Whether it is a thread of the kernel.
    pub is_kernel_thread: bool,
    /// What rarely changes.
    pub facts: Facts,
    /// Counts up when facts or the parent change.
    pub revision: u32,
    /// What moves.
    pub figures: Figures,
}

/// What moves of a process. Absent where it is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// What it is doing.
    pub state: State,
    /// CPU time in user mode, in microseconds with the resolution of a clock tick; ended threads included.
    pub user_us: u64,
    /// CPU time in the kernel, likewise.
    pub system_us: u64,
    /// Threads.
    pub threads: u32,
    /// Memory in RAM, shared pages included, in bytes.
    pub resident_bytes: u64,
    /// Address space, in bytes.
    pub virtual_bytes: u64,
    /// Open files. Before Linux 6.2 they are counted one by one, up to 10,000.
    pub open_files: Option<u64>,
    /// Bytes that it made the disks read: `read_bytes` of `/proc/PID/io`. Absent for a reader that may not trace it.
    pub read_bytes: Option<u64>,
    /// Bytes that it made or will make the disks write.
    pub write_bytes: Option<u64>,
}

/// A process and what is needed to read it again.
pub(super) struct Entry {
    pub(super) process: Process,
    /// The round that saw it last.
    pub(super) round: u64,
    /// `stat`, kept open.
    pub(super) stat: Option<OwnedFd>,
    /// `schedstat`, kept open while the process has one thread.
    pub(super) schedstat: Option<OwnedFd>,
    /// Time that the main thread has run, in nanoseconds, as `schedstat` had it before `stat` was read.
    pub(super) run_ns: Option<u64>,
    /// Which program image it runs: see [`super::stat::Stat::image`].
    pub(super) image: u64,
    /// Whether it has been seen in two rounds, and so been read whole.
    pub(super) is_settled: bool,
    /// Whether its I/O may not be read.
    pub(super) is_denied: bool,
    /// When the facts are read again.
    pub(super) facts_due: Instant,
    /// When open files are read again if it used the CPU since.
    pub(super) active_due: Instant,
    /// When they and I/O are in any case.
    pub(super) idle_due: Instant,
    /// The CPU time in the last round.
    pub(super) cpu_then: u64,
    /// Whether it used the CPU since open files were read.
    pub(super) used_since: bool,
}

impl Entry {
    /// Files kept open.
    pub(super) fn descriptors(&self) -> usize {
        usize::from(self.stat.is_some()) + usize::from(self.schedstat.is_some())
    }

    /// Whether `schedstat` tells that the process is as it was when `stat` was read last.
    pub(super) fn has_not_run(&mut self, now: Instant, buffer: &mut Vec<u8>) -> bool {
        let Some(schedstat) = &self.schedstat else { return false };
        if file::read_once(schedstat, buffer).is_err() {
            self.schedstat = None;
            return false;
        }
        let before = std::mem::replace(&mut self.run_ns, run_time(buffer));
        before.is_some() && before == self.run_ns && now < self.idle_due
    }
}

/// The time on a processor of a `schedstat`, in nanoseconds; none where the kernel does not count it.
pub(super) fn run_time(content: &[u8]) -> Option<u64> {
    super::stat::number(content.split(|byte| *byte == b' ').next()?).filter(|ran| *ran > 0)
}

/// `read_bytes` and `write_bytes` of a `/proc/PID/io` (`fs/proc/base.c`, `do_io_accounting`). What was truncated before it reached a disk
/// (`cancelled_write_bytes`) is not taken off: it may be another process's, and a counter must not fall.
pub(super) fn io(content: &[u8]) -> (Option<u64>, Option<u64>) {
    let field = |name: &[u8]| content.split(|byte| *byte == b'\n').find_map(|line| super::stat::number(line.strip_prefix(name)?));
    (field(b"read_bytes: "), field(b"write_bytes: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn io_counts_disks_only() {
        let content =
            b"rchar: 323934931\nwchar: 323929600\nsyscr: 632687\nsyscw: 632675\nread_bytes: 4096\nwrite_bytes: 323932160\ncancelled_write_bytes: 160\n";
        assert_eq!(io(content), (Some(4096), Some(323_932_160)));
        assert_eq!(io(b""), (None, None));
    }
}
