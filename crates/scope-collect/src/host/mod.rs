//! The machine itself: what it is (facts) and what it does (figures). Its processes, containers and connections are elsewhere.
//!
//! All of it is read from `/proc` and `/sys`, wherever they are mounted, and from the file tree of pid 1, so that a collector in a container speaks about its
//! host when it is given the host's `/proc`.

mod addresses;
mod disks;
mod figures;
pub(crate) mod file;
pub(crate) mod mounts;
mod name;
mod os;
pub(crate) mod pressure;
mod root;
mod source;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use addresses::InterfaceAddress;
pub use disks::Disk;
pub use figures::{CpuTimes, DiskIo, HostFigures, Memory, NetworkIo, boot_seconds};
pub use name::{NameSource, host_name, machine_id};
pub use os::Os;
pub use pressure::{Pressure, Pressures, Stalled};
pub use root::HostRoot;
pub use source::HostSource;
pub(crate) use source::put_pressures;

/// Every parser of the machine's files, on anything.
#[cfg(any(fuzzing, test))]
pub(crate) fn parse_anything(content: &[u8]) {
    figures::parse_anything(content);
    addresses::parse_anything(content);
    let _ = (os::parse(content), name::name_in_file(content), pressure::parse(content), root::root_mount(content));
    for mount in mounts::parse(content) {
        assert!(mounts::unescape(mount.at).as_os_str().len() <= mount.at.len());
    }
    assert!(disks::on_disks(content).len() <= disks::DISKS);
}

/// How old addresses and the use of disks may become.
pub const SLOW: Duration = Duration::from_secs(30);

/// What the machine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFacts {
    /// Its name, and where that was found.
    pub name: String,
    /// Where the name was found.
    pub name_source: NameSource,
    /// SHA-256 over the machine-id: see [`machine_id`].
    pub machine_id: Option<String>,
    /// The operating system of pid 1's root.
    pub os: Os,
    /// The kernel's release: `6.1.0-28-amd64`.
    pub kernel: String,
    /// The kernel's word for the architecture: `x86_64`, `aarch64`.
    pub architecture: String,
    /// Processors on line.
    pub processors: Option<u32>,
    /// When it booted, in seconds since 1970 UTC.
    pub boot_seconds: Option<u64>,
    /// Addresses of all interfaces, up to [`SLOW`] old.
    pub addresses: Vec<InterfaceAddress>,
    /// Whether those are all.
    pub addresses_complete: bool,
    /// File systems on disks, up to [`SLOW`] old; none where pid 1's mounts or its root cannot be read.
    pub disks: Option<Vec<Disk>>,
}

/// Reads one machine.
#[derive(Debug)]
pub struct HostReader {
    proc: PathBuf,
    sys: PathBuf,
    root: Option<HostRoot>,
    facts: HostFacts,
    slow_due: Option<Instant>,
    buffer: Vec<u8>,
}

impl HostReader {
    /// Reads what does not change of the machine whose `/proc` and `/sys` are mounted there.
    pub fn new(proc: &Path, sys: &Path) -> Self {
        let root = HostRoot::open(proc);
        let (name, name_source) = host_name(proc, root.as_ref());
        let kernel = rustix::system::uname();
        let facts = HostFacts {
            name,
            name_source,
            machine_id: root.as_ref().and_then(machine_id),
            os: root.as_ref().map(os::read).unwrap_or_default(),
            kernel: kernel.release().to_string_lossy().into_owned(),
            architecture: kernel.machine().to_string_lossy().into_owned(),
            processors: None,
            boot_seconds: None,
            addresses: Vec::new(),
            addresses_complete: true,
            disks: None,
        };
        Self { proc: proc.to_owned(), sys: sys.to_owned(), root, facts, slow_due: None, buffer: Vec::new() }
    }

    /// What the machine is, as of the last [`Self::read`].
    pub fn facts(&self) -> &HostFacts {
        &self.facts
    }

    /// The file tree of the machine; none where it cannot be reached.
    pub fn root(&self) -> Option<&HostRoot> {
        self.root.as_ref()
    }

    /// Reads the figures, and the facts that are due at `now`.
    pub fn read(&mut self, now: Instant) -> HostFigures {
        let figures = figures::read(&self.proc, &self.sys, &mut self.buffer);
        if let Some(cpu) = &figures.cpu {
            self.facts.processors = Some(cpu.processors);
            // Once: the kernel computes it anew from the wall clock at each read, and it moves with every correction of that.
            self.facts.boot_seconds.get_or_insert(cpu.boot_seconds);
        }
        if self.slow_due.is_none_or(|due| now >= due) {
            self.slow_due = Some(now + SLOW);
            (self.facts.addresses, self.facts.addresses_complete) = addresses::read(&self.proc);
            self.facts.disks = self.root.as_ref().and_then(|root| disks::read(&self.proc, root));
        }
        figures
    }
}

#[cfg(test)]
mod tests;
