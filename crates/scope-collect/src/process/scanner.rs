//! Rounds over all processes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hashbrown::HashMap;
use rustix::fs::{RawDir, SeekFrom};
use rustix::io::Errno;

use super::entry::{Entry, Key, Process};
use super::files::Files;
use super::stat;
use crate::cgroup::{Layout, Membership};
use crate::config::Config;
use crate::host::file;

/// How old the knowledge may become that a pid is a kernel thread's.
const KERNEL_THREADS: Duration = Duration::from_mins(1);

/// Longest `stat`: 52 numbers of at most 20 digits.
const STAT_BYTES: usize = 2048;

/// Bytes of `/proc` listed by one call.
const LISTING: usize = 32 << 10;

/// Why processes cannot be seen at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// The directory is not there or may not be read.
    #[error("list processes in {}", proc.display())]
    List {
        /// Where `/proc` was said to be.
        proc: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
}

/// How to scan.
#[derive(Clone, Debug)]
pub struct ScannerOptions {
    /// Most processes followed; what is beyond is counted as dropped.
    pub processes: usize,
    /// Whether kernel threads are followed.
    pub kernel_threads: bool,
    /// How many files may be kept open, at most two for each process. One costs 4 KiB of kernel memory; together they save four fifths of a process's round.
    pub descriptors: usize,
}

impl Default for ScannerOptions {
    /// 50,000 processes, no kernel threads; descriptors an eighth of what this process may have, at most 2,048.
    fn default() -> Self {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let descriptors = usize::try_from(limit.unwrap_or(1 << 16)).unwrap_or(usize::MAX) / 8;
        Self { processes: 50_000, kernel_threads: false, descriptors: descriptors.min(2048) }
    }
}

/// What a round counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Kernel threads left out.
    pub kernel_threads: u64,
    /// Processes beyond [`ScannerOptions::processes`]; kernel threads among them are not told apart.
    pub dropped: u64,
    /// Processes whose I/O, program and directory may not be read.
    pub denied: u64,
}

/// What a round found.
#[derive(Debug)]
pub struct Round<'a> {
    scanner: &'a Scanner,
    gone: Vec<Key>,
    counts: Counts,
}

impl Round<'_> {
    /// All processes, in no order.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        self.scanner.known.values().map(|entry| &entry.process)
    }

    /// The process that has `pid`.
    pub fn get(&self, pid: u32) -> Option<&Process> {
        self.scanner.known.get(&pid).map(|entry| &entry.process)
    }

    /// The control groups in which processes are, each combination once.
    pub fn memberships(&self) -> impl Iterator<Item = &Arc<Membership>> {
        self.scanner.files.memberships()
    }

    /// The processes of the last round that are no more.
    pub fn gone(&self) -> &[Key] {
        &self.gone
    }

    /// What was left out.
    pub fn counts(&self) -> Counts {
        self.counts
    }
}

/// A kernel thread that is left out, so that its `stat` need not be read again.
struct KernelThread {
    inode: u64,
    round: u64,
    due: Instant,
}

/// Reads all processes in rounds.
///
/// What a round costs: the listing of `/proc`, one read of `stat` for each process that has run since the last round, and of the other files what is due.
/// Whether a process has run, `schedstat` tells for a seventh of the cost; that is the main thread's, so it serves for processes with one thread. A process
/// that has not run is as it was, but for its parent and for memory that was taken from it: those are at most 30 s old.
///
/// A new process is read in two steps, so that a storm of short ones stays cheap: its command line and control groups when it is first seen, user, directory,
/// program, open files and I/O (and the control groups again, as engines move a process after they made it) in the round after. Later facts are read again
/// after an `exec`, which shows in `stat`, and every 60 s. I/O is read in each round in which the process has used the CPU, open files every 5 s while it
/// does, both every 30 s where it does not, each process at its own time.
pub struct Scanner {
    files: Files,
    path: PathBuf,
    options: ScannerOptions,
    /// Boxed: half of the table's places are empty.
    known: HashMap<u32, Box<Entry>>,
    kernel: HashMap<u32, KernelThread>,
    round: u64,
    /// Files that may still be kept open.
    spare: usize,
    listed: Vec<(u32, u64)>,
    listing: Vec<u8>,
    content: Vec<u8>,
}

impl std::fmt::Debug for Scanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scanner").field("path", &self.path).field("known", &self.known.len()).field("round", &self.round).finish_non_exhaustive()
    }
}

impl Scanner {
    /// A scanner of the processes in `proc`; `layout` tells what their control groups mean.
    pub fn new(proc: &Path, layout: Layout, options: ScannerOptions) -> Result<Self, ProcessError> {
        let files = Files::open(proc, layout).map_err(|source| ProcessError::List { proc: proc.to_owned(), source: source.into() })?;
        Ok(Self {
            files,
            path: proc.to_owned(),
            spare: options.descriptors,
            options,
            known: HashMap::new(),
            kernel: HashMap::new(),
            round: 0,
            listed: Vec::new(),
            listing: Vec::with_capacity(LISTING),
            content: Vec::with_capacity(STAT_BYTES),
        })
    }

    /// A scanner of the processes that the settings name.
    pub fn from_config(config: &Config) -> Result<Self, ProcessError> {
        let options = ScannerOptions { kernel_threads: config.kernel_threads, ..ScannerOptions::default() };
        Self::new(&config.proc_root, Layout::discover(&config.proc_root, &config.sys_root), options)
    }

    /// Reads all processes at `now`.
    pub fn scan(&mut self, now: Instant) -> Result<Round<'_>, ProcessError> {
        self.list().map_err(|source| ProcessError::List { proc: self.path.clone(), source: source.into() })?;
        self.round += 1;
        let mut counts = Counts::default();
        let mut gone = Vec::new();
        let listed = std::mem::take(&mut self.listed);
        for (pid, inode) in &listed {
            self.visit(*pid, *inode, now, &mut counts, &mut gone);
        }
        self.listed = listed;
        let Self { round, known, kernel, .. } = self;
        let mut open = 0;
        known.retain(|_, entry| {
            let stays = entry.round == *round;
            if stays {
                open += entry.descriptors();
            } else {
                gone.push(entry.process.key);
            }
            stays
        });
        self.spare = self.options.descriptors.saturating_sub(open);
        kernel.retain(|_, thread| thread.round == *round);
        if !gone.is_empty() {
            self.files.forget_unused();
        }
        Ok(Round { scanner: self, gone, counts })
    }

    /// Fills [`Self::listed`] with the pids and the inodes of their directories.
    fn list(&mut self) -> Result<(), Errno> {
        self.listed.clear();
        rustix::fs::seek(self.files.directory(), SeekFrom::Start(0))?;
        let mut entries = RawDir::new(self.files.directory(), self.listing.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry?;
            if let Some(pid) = stat::number(entry.file_name().to_bytes()).and_then(|pid| u32::try_from(pid).ok()) {
                self.listed.push((pid, entry.ino()));
            }
        }
        Ok(())
    }

    /// Reads one process; what cannot be read has ended meanwhile.
    fn visit(&mut self, pid: u32, inode: u64, now: Instant, counts: &mut Counts, gone: &mut Vec<Key>) {
        // A directory's inode belongs to one process: while it is the same, so is the thread. Nothing documents that, so at times it is looked at again.
        if let Some(thread) = self.kernel.get_mut(&pid)
            && thread.inode == inode
            && now < thread.due
        {
            thread.round = self.round;
            counts.kernel_threads += 1;
            return;
        }
        let is_room = self.known.len() < self.options.processes;
        let kept = match self.known.get_mut(&pid) {
            Some(entry) => {
                if entry.has_not_run(now, &mut self.content) {
                    entry.round = self.round;
                    counts.denied += u64::from(entry.is_denied);
                    return;
                }
                entry.stat.take()
            }
            None if !is_room => {
                counts.dropped += 1;
                return;
            }
            None => None,
        };
        // A kept file is bound to its process: once that is gone it fails with ESRCH, whoever has the pid by then.
        let kept = kept.filter(|stat| file::read_once(stat, &mut self.content).is_ok());
        let Some(descriptor) = kept.or_else(|| self.files.open_stat(pid, &mut self.content)) else { return };
        let Some(stat) = stat::parse(&self.content).filter(|stat| stat.pid == pid) else { return };
        if stat.is_kernel_thread && !self.options.kernel_threads {
            counts.kernel_threads += 1;
            self.kernel.insert(pid, KernelThread { inode, round: self.round, due: now + KERNEL_THREADS });
            return;
        }
        let entry = match self.known.get_mut(&pid) {
            Some(entry) if entry.process.key.start_ticks == stat.start_ticks => {
                self.files.renew(entry, &stat, now);
                self.files.keep_open(entry, descriptor, &mut self.spare, self.options.descriptors / 2);
                entry
            }
            Some(entry) => {
                gone.push(entry.process.key);
                **entry = self.files.first(&stat, now);
                entry
            }
            None => self.known.entry(pid).insert(Box::new(self.files.first(&stat, now))).into_mut(),
        };
        entry.round = self.round;
        counts.denied += u64::from(entry.is_denied);
    }
}
