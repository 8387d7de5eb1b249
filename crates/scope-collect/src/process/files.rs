//! The files of one process, and when each is read.

use std::ffi::CStr;
use std::io::Write;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use compact_str::CompactString;
use hashbrown::HashMap;
use rustix::fd::AsFd;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RawDir};
use rustix::io::Errno;

use super::entry::{self, Entry, Figures, Key, Process};
use super::facts::{self, COMMAND_BYTES, Facts};
use super::stat::{Stat, State};
use crate::cgroup::{Layout, Membership};
use crate::host::file;

/// How old facts may become that change without a sign: a title set by the process, a move to another control group, another directory.
const FACTS: Duration = Duration::from_mins(1);

/// How old the number of open files may become of a process that used the CPU since it was read.
const ACTIVE: Duration = Duration::from_secs(5);

/// How old open files and I/O may become of a process that did not.
const IDLE: Duration = Duration::from_secs(30);

/// Most open files counted one by one.
const OPEN_FILES: u64 = 10_000;

/// Longest path kept of a program or a directory.
const PATH_BYTES: usize = 1024;

/// Capacity of the buffer for one file: `status` has 2 KiB, `cgroup` 5 KiB with version 1 on a deep path.
const BUFFER: usize = 16 << 10;

/// Reads the files of processes in one `/proc`.
pub(super) struct Files {
    proc: OwnedFd,
    layout: Layout,
    /// Control groups by the text of `/proc/PID/cgroup`, as most processes share theirs.
    memberships: HashMap<Box<[u8]>, Arc<Membership>>,
    /// Whether the size of `/proc/PID/fd` is the number of open files (Linux 6.2).
    fd_size_counts: bool,
    /// Whether the kernel tells how long a thread has run (`CONFIG_SCHED_INFO`).
    has_schedstat: bool,
    tick_us: u64,
    page_bytes: u64,
    path: Vec<u8>,
    buffer: Vec<u8>,
}

impl Files {
    pub(super) fn open(proc: &Path, layout: Layout) -> Result<Self, Errno> {
        let proc = rustix::fs::openat(CWD, proc, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        // This process has files open, so nought means that the kernel does not count.
        let fd_size_counts = rustix::fs::statat(&proc, "self/fd", AtFlags::empty()).is_ok_and(|stat| stat.st_size > 0);
        let mut buffer = Vec::with_capacity(BUFFER);
        let has_schedstat = file::read_once_at(&proc, c"self/schedstat", &mut buffer).is_ok() && entry::run_time(&buffer).is_some();
        Ok(Self {
            proc,
            layout,
            memberships: HashMap::new(),
            fd_size_counts,
            has_schedstat,
            tick_us: 1_000_000 / rustix::param::clock_ticks_per_second().max(1),
            page_bytes: rustix::param::page_size() as u64,
            path: Vec::new(),
            buffer,
        })
    }

    pub(super) fn directory(&self) -> BorrowedFd<'_> {
        self.proc.as_fd()
    }

    /// The control groups in which processes are.
    pub(super) fn memberships(&self) -> impl Iterator<Item = &Arc<Membership>> {
        self.memberships.values().filter(|membership| Arc::strong_count(membership) > 1)
    }

    /// Lets go of control groups in which no process is left.
    pub(super) fn forget_unused(&mut self) {
        self.memberships.retain(|_, membership| Arc::strong_count(membership) > 1);
    }

    /// Opens `PID/stat` and reads it into `content`; none when the process is gone.
    pub(super) fn open_stat(&mut self, pid: u32, content: &mut Vec<u8>) -> Option<OwnedFd> {
        self.set_path(pid, "stat");
        let descriptor = file::open_at(&self.proc, self.path()).ok()?;
        file::read_once(&descriptor, content).ok()?;
        Some(descriptor)
    }

    /// Keeps open what the next round reads of a process that has outlived one, as far as there are `spare` descriptors: what tells whether it has run
    /// before `stat`, which for such processes is not needed often, so it leaves the last `reserve`.
    pub(super) fn keep_open(&mut self, entry: &mut Entry, stat: OwnedFd, spare: &mut usize, reserve: usize) {
        let mut take = |reserve: usize| {
            let is_left = *spare > reserve;
            *spare -= usize::from(is_left);
            is_left
        };
        let has_one_thread = entry.process.figures.threads == 1;
        if !has_one_thread {
            entry.schedstat = None;
        } else if entry.schedstat.is_none() && self.has_schedstat && take(0) {
            // Read for the first time in the next round, so that nothing it did after stat was read gets lost.
            self.set_path(entry.process.key.pid, "schedstat");
            (entry.schedstat, entry.run_ns) = (file::open_at(&self.proc, self.path()).ok(), None);
        }
        if take(if entry.schedstat.is_some() { reserve } else { 0 }) {
            entry.stat = Some(stat);
        }
    }

    /// A process seen for the first time.
    pub(super) fn first(&mut self, stat: &Stat<'_>, now: Instant) -> Entry {
        let key = Key { pid: stat.pid, start_ticks: stat.start_ticks };
        let facts = Facts { comm: CompactString::from_utf8_lossy(stat.comm), ..Facts::default() };
        let process = Process { key, parent: stat.parent, is_kernel_thread: stat.is_kernel_thread, facts, revision: 0, figures: Figures::default() };
        let mut entry = Entry {
            process,
            round: 0,
            stat: None,
            schedstat: None,
            run_ns: None,
            image: stat.image,
            is_settled: false,
            is_denied: false,
            facts_due: now,
            active_due: now,
            idle_due: now,
            cpu_then: 0,
            used_since: false,
        };
        self.take_stat(&mut entry.process, stat);
        self.read_command(&mut entry.process.facts, stat.pid);
        self.read_cgroups(&mut entry.process.facts, stat.pid);
        entry
    }

    /// A process seen again.
    pub(super) fn renew(&mut self, entry: &mut Entry, stat: &Stat<'_>, now: Instant) {
        let pid = stat.pid;
        let parent = entry.process.parent;
        self.take_stat(&mut entry.process, stat);
        entry.process.revision += u32::from(parent != stat.parent);
        // A zombie has neither memory nor files: what it was is what was read before.
        if stat.state == State::Zombie {
            return;
        }
        let renamed = entry.process.facts.comm.as_bytes() != stat.comm;
        let phase = phase(entry.process.key);
        if !entry.is_settled || renamed || entry.image != stat.image || now >= entry.facts_due {
            let before = entry.process.facts.clone();
            entry.image = stat.image;
            entry.process.facts.comm = CompactString::from_utf8_lossy(stat.comm);
            self.read_command(&mut entry.process.facts, pid);
            self.read_cgroups(&mut entry.process.facts, pid);
            self.read_identity(&mut entry.process.facts, pid);
            // It gave up its memory and its control groups before it is a zombie (do_exit, kernel/exit.c): what it was is what was read before.
            let Facts { args, exe, .. } = &entry.process.facts;
            if args.is_empty() && exe.is_none() && (before.exe.is_some() || (stat.virtual_bytes == 0 && !before.args.is_empty())) {
                entry.process.facts = before;
                return;
            }
            entry.facts_due = now + if entry.is_settled { FACTS } else { FACTS.mul_f64(phase) };
            entry.process.revision += u32::from(before != entry.process.facts);
        }
        // I/O and open files take CPU time, so a process that used none since is as it was, but for what is too short for a clock tick.
        let cpu = entry.process.figures.user_us + entry.process.figures.system_us;
        let used = cpu != entry.cpu_then;
        entry.cpu_then = cpu;
        entry.used_since |= used;
        let whole = !entry.is_settled || now >= entry.idle_due;
        let spread = |period: Duration| if entry.is_settled { period } else { period.mul_f64(phase) };
        if whole || (entry.used_since && now >= entry.active_due) {
            entry.process.figures.open_files = self.count_files(pid);
            entry.used_since = false;
            entry.active_due = now + spread(ACTIVE);
        }
        if whole {
            entry.idle_due = now + spread(IDLE);
        }
        if whole || (used && !entry.is_denied) {
            entry.is_denied = self.read_io(&mut entry.process, pid);
        }
        entry.is_settled = true;
    }

    fn take_stat(&self, process: &mut Process, stat: &Stat<'_>) {
        process.parent = stat.parent;
        let figures = &mut process.figures;
        figures.state = stat.state;
        figures.user_us = stat.user_ticks.saturating_mul(self.tick_us);
        figures.system_us = stat.system_ticks.saturating_mul(self.tick_us);
        figures.threads = stat.threads;
        figures.resident_bytes = stat.resident_pages.saturating_mul(self.page_bytes);
        figures.virtual_bytes = stat.virtual_bytes;
    }

    fn read_command(&mut self, facts: &mut Facts, pid: u32) {
        if self.read(pid, "cmdline") {
            facts.args_cut = self.buffer.len() > COMMAND_BYTES;
            self.buffer.truncate(COMMAND_BYTES);
            let args = facts::arguments(&self.buffer);
            if args != facts.args {
                facts.args = args;
            }
        }
    }

    fn read_cgroups(&mut self, facts: &mut Facts, pid: u32) {
        if !self.read(pid, "cgroup") {
            return;
        }
        let known = self.memberships.get(&self.buffer[..]).map(Arc::clone);
        facts.cgroups = known.unwrap_or_else(|| {
            let membership = Arc::new(Membership::parse(&self.buffer, &self.layout));
            self.memberships.insert(self.buffer.as_slice().into(), Arc::clone(&membership));
            membership
        });
    }

    fn read_identity(&mut self, facts: &mut Facts, pid: u32) {
        if self.read(pid, "status") {
            (facts.uid, facts.container_pid) = facts::identity(&self.buffer);
        }
        facts.exe = self.read_link(pid, "exe");
        facts.cwd = self.read_link(pid, "cwd");
    }

    /// Reads I/O; says whether that was refused.
    fn read_io(&mut self, process: &mut Process, pid: u32) -> bool {
        self.set_path(pid, "io");
        let Self { proc, path, buffer, .. } = self;
        if let Err(refused) = file::read_once_at(&*proc, c_path(path), buffer) {
            return matches!(refused, Errno::ACCESS | Errno::PERM);
        }
        (process.figures.read_bytes, process.figures.write_bytes) = entry::io(&self.buffer);
        false
    }

    fn count_files(&mut self, pid: u32) -> Option<u64> {
        self.set_path(pid, "fd");
        if self.fd_size_counts {
            let stat = rustix::fs::statat(&self.proc, self.path(), AtFlags::empty()).ok()?;
            return u64::try_from(stat.st_size).ok();
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::openat(&self.proc, self.path(), flags, Mode::empty()).ok()?;
        self.buffer.clear();
        let mut entries = RawDir::new(directory, self.buffer.spare_capacity_mut());
        let mut count = 0;
        while let Some(Ok(entry)) = entries.next() {
            count += u64::from(entry.file_name().to_bytes().first().is_some_and(u8::is_ascii_digit));
            if count >= OPEN_FILES {
                break;
            }
        }
        Some(count)
    }

    fn read(&mut self, pid: u32, name: &str) -> bool {
        self.set_path(pid, name);
        let Self { proc, path, buffer, .. } = self;
        file::read_once_at(&*proc, c_path(path), buffer).is_ok()
    }

    fn read_link(&mut self, pid: u32, name: &str) -> Option<String> {
        self.set_path(pid, name);
        let target = rustix::fs::readlinkat(&self.proc, self.path(), Vec::with_capacity(PATH_BYTES)).ok()?;
        Some(scope_core::limits::cut(&target.to_string_lossy(), PATH_BYTES).into_owned())
    }

    fn set_path(&mut self, pid: u32, name: &str) {
        self.path.clear();
        // Writing to a vector cannot fail.
        let _ = write!(self.path, "{pid}/{name}\0");
    }

    fn path(&self) -> &CStr {
        c_path(&self.path)
    }
}

fn c_path(path: &[u8]) -> &CStr {
    CStr::from_bytes_with_nul(path).unwrap_or_default()
}

/// Where in its period, from 0 to 1, a process is read again: spread by identity, so that those found in one round do not stay together.
fn phase(key: Key) -> f64 {
    let mixed = (u64::from(key.pid) ^ key.start_ticks.rotate_left(20)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 48) as f64 / 65_536.0
}
