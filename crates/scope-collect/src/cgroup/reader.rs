//! All watched control groups, read in rounds with a bounded number of descriptors.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use compact_str::CompactString;
use hashbrown::HashMap;

use super::group::{Figures, Group, Removed, SLOW};
use super::layout::Layout;
use super::membership::{MEMBERSHIP_BYTES, Membership};
use crate::host::file;

/// Capacity of the buffer for one file. `io.stat` and version 1's `blkio` files need 100 bytes for each block device.
const BUFFER: usize = 64 << 10;

/// Keeps seldom read files from taking a descriptor ever again.
const NEVER: usize = usize::MAX;

/// Why a control group cannot be watched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CgroupError {
    /// The process is gone, or may not be looked at.
    #[error("read the control groups of process {pid}")]
    Membership {
        /// The process.
        pid: u32,
        /// What the kernel said.
        source: io::Error,
    },
    /// The process is in no control group of that container, or its hierarchies are not mounted where they were looked for.
    #[error("find the control group of container {container} by process {pid} in {}", sys.display())]
    NotFound {
        /// The container.
        container: CompactString,
        /// A process said to be in it.
        pid: u32,
        /// Where hierarchies were looked for.
        sys: PathBuf,
    },
}

/// Reads the figures of containers from their control groups, keeping the files open: one `pread` costs 0.5 µs, opening and closing adds 6 µs.
pub struct Cgroups {
    proc: PathBuf,
    sys: PathBuf,
    layout: Layout,
    groups: HashMap<CompactString, Group>,
    /// How many more descriptors may be kept.
    spare: usize,
    /// Of them those for what is read every round.
    reserve: usize,
    buffer: Vec<u8>,
}

impl Cgroups {
    /// A reader of the hierarchies below `sys` for the processes in `proc`, which keeps at most `descriptors` files open. With fewer than eleven for each
    /// container the seldom read files are opened anew each time, then the others.
    pub fn new(proc: &Path, sys: &Path, descriptors: usize) -> Self {
        Self {
            proc: proc.to_owned(),
            sys: sys.to_owned(),
            layout: Layout::discover(proc, sys),
            groups: HashMap::new(),
            spare: descriptors,
            reserve: descriptors / 4,
            buffer: Vec::with_capacity(BUFFER),
        }
    }

    /// A quarter of the descriptors that this process may have.
    pub fn descriptors() -> usize {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        usize::try_from(limit.unwrap_or(1 << 16)).unwrap_or(usize::MAX) / 4
    }

    /// The control groups of process `pid`.
    pub fn membership(&mut self, pid: u32) -> Result<Membership, CgroupError> {
        let path = self.proc.join(pid.to_string()).join("cgroup");
        file::read(&path, &mut self.buffer, MEMBERSHIP_BYTES).map_err(|source| CgroupError::Membership { pid, source: source.into() })?;
        Ok(Membership::parse(&self.buffer, &self.layout))
    }

    /// Watches the container `id` in which the process `pid` runs. A container that is watched already stays as it is.
    pub fn watch(&mut self, id: &str, pid: u32) -> Result<(), CgroupError> {
        if self.is_watched(id) {
            return Ok(());
        }
        let membership = self.membership(pid)?;
        if self.watch_member(id, &membership) {
            return Ok(());
        }
        Err(CgroupError::NotFound { container: id.into(), pid, sys: self.sys.clone() })
    }

    /// Watches the container `id` to which `membership`, that of a process, belongs; says whether its control group was found.
    pub fn watch_member(&mut self, id: &str, membership: &Membership) -> bool {
        if self.is_watched(id) {
            return true;
        }
        let found = Group::find(id, membership, &self.layout);
        found.map(|group| self.groups.insert(id.into(), group)).is_some()
    }

    /// Whether `id` is watched.
    pub fn is_watched(&self, id: &str) -> bool {
        self.groups.contains_key(id)
    }

    /// The watched containers, in no order.
    pub fn watched(&self) -> impl Iterator<Item = &CompactString> {
        self.groups.keys()
    }

    /// Ends watching `id`.
    pub fn forget(&mut self, id: &str) {
        if let Some(group) = self.groups.remove(id) {
            self.spare += group.kept();
        }
    }

    /// The figures of container `id` at `now`. None when it is not watched, or no more: then it is forgotten.
    pub fn read(&mut self, id: &str, now: Instant) -> Option<Figures> {
        let Self { groups, spare, reserve, buffer, .. } = self;
        let group = groups.get_mut(id)?;
        if let Err(Removed) = group.read(now, phase(id), spare, *reserve, buffer) {
            self.forget(id);
            return None;
        }
        let figures = group.figures;
        // Nothing left for what is read every round: take back what is read seldom.
        if self.spare == 0 && self.reserve != NEVER {
            self.reclaim();
        }
        Some(figures)
    }

    /// Closes the seldom read files of all groups and lets them be opened anew each time.
    fn reclaim(&mut self) {
        let freed: usize = self.groups.values_mut().map(Group::close_slow).sum();
        self.spare += freed;
        self.reserve = NEVER;
    }

    /// The kernel's number of the container's control group in version 2, as sockets carry it (`INET_DIAG_CGROUP_ID`). None without version 2.
    pub fn cgroup_id(&self, id: &str) -> Option<u64> {
        self.groups.get(id)?.id
    }
}

/// When, within [`SLOW`], a container's costly figures are read: spread by id, so that not all fall into one round.
fn phase(id: &str) -> Duration {
    let tail = id.get(id.len().saturating_sub(4)..).and_then(|tail| u16::from_str_radix(tail, 16).ok()).unwrap_or(0);
    SLOW.mul_f64(f64::from(tail) / 65_536.0)
}
