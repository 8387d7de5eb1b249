//! The control group of one container: which of its files are read, how often, and what they say.

use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::fs::CWD;
use rustix::io::Errno;

use super::files::{self, BlockIo, Cpu, Throttling};
use super::layout::Layout;
use super::membership::{Membership, Placement};
use crate::host::file;
use crate::host::pressure::{self, Pressures};

/// What the kernel counts for a control group, with all groups below it. Absent where it is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// CPU time.
    pub cpu: Cpu,
    /// Times held back by a CPU quota. Up to [`SLOW`] old in a group without one.
    pub throttling: Option<Throttling>,
    /// Memory charged to the group, page cache and kernel memory too, in bytes.
    pub memory_usage_bytes: Option<u64>,
    /// The same without the page cache that can go first: what `docker stats` and the kubelet call memory usage. The part taken off is up to [`SLOW`] old.
    pub memory_working_set_bytes: Option<u64>,
    /// Page cache, in bytes; up to [`SLOW`] old.
    pub memory_cache_bytes: Option<u64>,
    /// Anonymous memory, in bytes; up to [`SLOW`] old.
    pub memory_anonymous_bytes: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
    /// Block I/O. Absent with version 1 from Linux 6.9 on, which counts it only under a limit.
    pub io: Option<BlockIo>,
    /// Processes ended for want of memory; up to [`SLOW`] old.
    pub oom_kills: Option<u64>,
    /// Pressure, with version 2 mounted; up to [`SLOW`] old.
    pub pressure: Pressures,
    /// Limits; up to [`RARE`] old.
    pub limits: Limits,
    /// Which of the figures that are not read in every round were read in this one.
    pub fresh: Fresh,
}

/// Which counters were read in a round. A rate has to be taken over the time between two readings, not between two rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fresh {
    /// [`Figures::throttling`].
    pub throttling: bool,
    /// [`Figures::oom_kills`] and [`Figures::pressure`].
    pub slow: bool,
}

/// What a group may use. Absent where it is unlimited or unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Memory, in bytes. In version 1 the smallest on the way to the root.
    pub memory_bytes: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
    /// Processors, as a share of their time: 1.5 is one and a half.
    pub processors: Option<f64>,
}

/// How old the costly figures may become: `memory.stat` alone costs as much as all others together, as it makes the kernel add up all processors' counters.
pub const SLOW: Duration = Duration::from_secs(5);

/// How old limits may become; they change by hand.
pub const RARE: Duration = Duration::from_mins(1);

/// A file of the group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum File {
    CpuUsage,
    CpuStat,
    MemoryUsage,
    Pids,
    IoBytes,
    IoCount,
    MemoryStat,
    Oom,
    CpuPressure,
    MemoryPressure,
    IoPressure,
}

/// The names that a file goes by: under which controller of version 1, or (empty) in version 2. The first that is there is read.
fn candidates(file: File) -> &'static [(&'static str, &'static str)] {
    match file {
        File::CpuUsage => &[("cpuacct", "cpuacct.usage")],
        File::CpuStat => &[("cpu", "cpu.stat"), ("", "cpu.stat")],
        File::MemoryUsage => &[("memory", "memory.usage_in_bytes"), ("", "memory.current")],
        File::Pids => &[("pids", "pids.current"), ("", "pids.current")],
        File::IoBytes => &[("blkio", "blkio.throttle.io_service_bytes_recursive"), ("blkio", "blkio.throttle.io_service_bytes"), ("", "io.stat")],
        // In version 2 io.stat counts both.
        File::IoCount => &[("blkio", "blkio.throttle.io_serviced_recursive"), ("blkio", "blkio.throttle.io_serviced")],
        File::MemoryStat => &[("memory", "memory.stat"), ("", "memory.stat")],
        File::Oom => &[("memory", "memory.oom_control"), ("", "memory.events")],
        File::CpuPressure => &[("", "cpu.pressure")],
        File::MemoryPressure => &[("", "memory.pressure")],
        File::IoPressure => &[("", "io.pressure")],
    }
}

/// Read at every round; the rest every [`SLOW`].
const FAST: [File; 6] = [File::CpuUsage, File::CpuStat, File::MemoryUsage, File::Pids, File::IoBytes, File::IoCount];
const SLOWLY: [File; 5] = [File::MemoryStat, File::Oom, File::CpuPressure, File::MemoryPressure, File::IoPressure];

/// Files of a group.
const FILES: usize = FAST.len() + SLOWLY.len();

/// How a file is reached.
enum Slot {
    /// Not looked for yet.
    Unknown,
    /// There is none.
    Absent,
    /// Opened for each read, for want of descriptors; by which name.
    Named(PathBuf, bool),
    /// Kept open.
    Kept(OwnedFd, bool),
}

/// The control group is no more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Removed;

/// The files of a container's control group.
pub(super) struct Group {
    /// Directories: the controller of version 1, or empty for version 2.
    directories: Vec<(&'static str, PathBuf)>,
    slots: [Slot; FILES],
    /// `st_ino` of the directory in version 2.
    pub(super) id: Option<u64>,
    pub(super) figures: Figures,
    memory: files::MemoryStat,
    slow_due: Option<Instant>,
    rare_due: Option<Instant>,
}

impl Group {
    /// Finds the directories of the group of container `id`, given a process in it.
    pub(super) fn find(id: &str, membership: &Membership, layout: &Layout) -> Option<Self> {
        let directories: Vec<_> = ["", "cpu", "cpuacct", "memory", "pids", "blkio"]
            .into_iter()
            .filter_map(|controller| {
                let holds = |placement: &&Placement| if controller.is_empty() { placement.hierarchy == 0 } else { placement.has(controller) };
                let placement = membership.placements.iter().find(holds)?;
                let whole = layout.whole_path(placement);
                // Up to the container's own group: what runs in it may have made groups below (systemd, nested engines).
                let (_, end) = super::containers_in(&whole).find(|(found, _)| *found == id)?;
                Some((controller, layout.directory(placement, whole.get(..end)?)?))
            })
            .collect();
        let unified = directories.iter().find(|(controller, _)| controller.is_empty()).map(|(_, directory)| directory);
        let inode = unified.and_then(|directory| std::fs::metadata(directory).ok()).map(|metadata| metadata.ino());
        (!directories.is_empty()).then(|| Self {
            directories,
            slots: [const { Slot::Unknown }; FILES],
            id: inode,
            figures: Figures::default(),
            memory: files::MemoryStat::default(),
            slow_due: None,
            rare_due: None,
        })
    }

    /// Descriptors kept.
    pub(super) fn kept(&self) -> usize {
        self.slots.iter().filter(|slot| matches!(slot, Slot::Kept(..))).count()
    }

    /// Closes what is read seldom, to open it anew each time; gives how many descriptors that freed.
    pub(super) fn close_slow(&mut self) -> usize {
        let before = self.kept();
        for slot in self.slots.iter_mut().skip(FAST.len()) {
            if matches!(slot, Slot::Kept(..)) {
                *slot = Slot::Unknown;
            }
        }
        before - self.kept()
    }

    /// Reads what is due. `spare` is how many more descriptors may be kept; of them the costly, seldom read files take none of the last `reserve`.
    pub(super) fn read(&mut self, now: Instant, phase: Duration, spare: &mut usize, reserve: usize, buffer: &mut Vec<u8>) -> Result<(), Removed> {
        let slow = self.slow_due.is_none_or(|due| now >= due);
        self.figures.fresh = Fresh { throttling: false, slow };
        // A group without a quota is never throttled, and then version 1's cpu.stat says nothing.
        let quota = self.figures.limits.processors.is_some();
        for (at, file) in FAST.into_iter().enumerate() {
            if file != File::CpuStat || slow || quota || self.figures.cpu.user_us.is_some() {
                self.take(at, file, spare, 0, buffer)?;
            }
        }
        if slow {
            // The first time is now, so that a single report is whole; from then on groups take turns.
            self.slow_due = Some(now + if self.slow_due.is_some() { SLOW } else { phase });
            for (at, file) in SLOWLY.into_iter().enumerate() {
                self.take(FAST.len() + at, file, spare, reserve, buffer)?;
            }
        }
        if self.rare_due.is_none_or(|due| now >= due) {
            self.rare_due = Some(now + RARE.mul_f64(0.5 + phase.as_secs_f64() / SLOW.as_secs_f64() / 2.0));
            self.read_limits(buffer);
        }
        let working_set = |usage: u64| usage.saturating_sub(self.memory.inactive_file.filter(|inactive| *inactive < usage).unwrap_or(0));
        self.figures.memory_working_set_bytes = self.figures.memory_usage_bytes.map(working_set);
        self.figures.limits.memory_bytes = self.figures.limits.memory_bytes.or(self.memory.hierarchical_limit);
        Ok(())
    }

    fn take(&mut self, at: usize, file: File, spare: &mut usize, reserve: usize, buffer: &mut Vec<u8>) -> Result<(), Removed> {
        let Some(slot) = self.slots.get_mut(at) else { return Ok(()) };
        let may_be_kept = *spare > reserve;
        if matches!(slot, Slot::Unknown) || (may_be_kept && matches!(slot, Slot::Named(..))) {
            *slot = open(&self.directories, file, may_be_kept, spare);
        }
        let (read, unified) = match slot {
            Slot::Unknown | Slot::Absent => return Ok(()),
            Slot::Kept(descriptor, unified) => (file::read_once(&*descriptor, buffer), *unified),
            Slot::Named(path, unified) => (file::read_once_at(CWD, &*path, buffer), *unified),
        };
        match read {
            Ok(()) => {
                self.interpret(file, unified, buffer);
                Ok(())
            }
            // The directory is gone: ENODEV through a kept descriptor, ENOENT by name.
            Err(Errno::NODEV | Errno::NOENT) => Err(Removed),
            // Pressure can be switched off (EOPNOTSUPP); what cannot be read is unknown.
            Err(_) => {
                *slot = Slot::Absent;
                Ok(())
            }
        }
    }

    fn interpret(&mut self, file: File, unified: bool, content: &[u8]) {
        let figures = &mut self.figures;
        match file {
            File::CpuUsage => figures.cpu.usage_us = files::single(content).map(|nanoseconds| nanoseconds / 1000),
            File::CpuStat => {
                let (cpu, throttling) = files::cpu_stat(content);
                if unified {
                    figures.cpu = Cpu { usage_us: cpu.usage_us.or(figures.cpu.usage_us), ..cpu };
                }
                figures.throttling = throttling;
                figures.fresh.throttling = true;
            }
            File::MemoryUsage => figures.memory_usage_bytes = files::single(content),
            File::Pids => figures.pids = files::single(content),
            File::IoBytes if unified => figures.io = Some(files::io_stat(content)),
            File::IoBytes => {
                if let Some((read, written)) = files::blkio(content) {
                    let io = figures.io.get_or_insert_default();
                    (io.read_bytes, io.write_bytes) = (read, written);
                }
            }
            File::IoCount => {
                if let Some((reads, writes)) = files::blkio(content) {
                    let io = figures.io.get_or_insert_default();
                    (io.reads, io.writes) = (reads, writes);
                }
            }
            File::MemoryStat => {
                self.memory = files::memory_stat(content);
                figures.memory_cache_bytes = self.memory.cache;
                figures.memory_anonymous_bytes = self.memory.anonymous;
            }
            File::Oom => figures.oom_kills = files::oom_kills(content),
            File::CpuPressure => figures.pressure.cpu = pressure::parse(content),
            File::MemoryPressure => figures.pressure.memory = pressure::parse(content),
            File::IoPressure => figures.pressure.io = pressure::parse(content),
        }
    }

    fn read_limits(&mut self, buffer: &mut Vec<u8>) {
        let mut number = |controller: &str, name: &str, parse: fn(&[u8]) -> Option<f64>| {
            let (_, directory) = self.directories.iter().find(|(found, _)| *found == controller)?;
            file::read_once_at(CWD, &directory.join(name), buffer).ok()?;
            parse(buffer)
        };
        let whole: fn(&[u8]) -> Option<f64> = |content| files::limit(content).map(|limit| limit as f64);
        let quota = number("cpu", "cpu.cfs_quota_us", whole);
        let period = number("cpu", "cpu.cfs_period_us", whole);
        self.figures.limits = Limits {
            memory_bytes: number("", "memory.max", whole).map(|bytes| bytes as u64),
            pids: number("pids", "pids.max", whole).or_else(|| number("", "pids.max", whole)).map(|pids| pids as u64),
            processors: quota
                .zip(period)
                .and_then(|(quota, period)| files::processors(quota as u64, period as u64))
                .or_else(|| number("", "cpu.max", files::cpu_max)),
        };
    }
}

fn open(directories: &[(&'static str, PathBuf)], file: File, may_be_kept: bool, spare: &mut usize) -> Slot {
    for (controller, name) in candidates(file) {
        let Some((_, directory)) = directories.iter().find(|(found, _)| found == controller) else { continue };
        let path = directory.join(name);
        let Ok(descriptor) = file::open_at(CWD, &path) else { continue };
        if may_be_kept {
            *spare -= 1;
            return Slot::Kept(descriptor, controller.is_empty());
        }
        return Slot::Named(path, controller.is_empty());
    }
    Slot::Absent
}
