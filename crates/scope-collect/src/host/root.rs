//! The file tree of the machine itself, as pid 1 sees it, from within a container too.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::file;
use super::mounts::{self, Mount};

/// The root directory of pid 1.
///
/// `PROC/1/root` leads there but takes the right to trace pid 1. Where pid 1 has the reader's own root (the same mount, by its id, which is unique on the
/// machine) `/` does instead, so that an ordinary user on the host sees it too; where the same directory of the same file system is mounted elsewhere (a
/// container with `-v /:/host:ro`), that does. A container without `--pid=host` has a pid 1 of its own, and that is its host.
#[derive(Debug)]
pub struct HostRoot {
    root: OwnedFd,
    /// Whether the reader's own root is meant.
    is_own: bool,
}

impl HostRoot {
    /// Opens the root of pid 1 of `proc`; none where it cannot be reached.
    pub fn open(proc: &Path) -> Option<Self> {
        let (mut first, mut own) = (Vec::new(), Vec::new());
        let tables = [("1/mountinfo", &mut first), ("self/mountinfo", &mut own)];
        // What cannot be read is empty.
        let _ = tables.map(|(table, content)| file::read(&proc.join(table), content, mounts::MOUNTS_BYTES));
        let root = root_mount(&first);
        if root.is_some() && root_mount(&own).map(|mount| mount.id) == root.map(|mount| mount.id) {
            return open_directory(Path::new("/")).map(|root| Self { root, is_own: true });
        }
        let elsewhere = || {
            let root = root?;
            let bound = mounts::parse(&own).find(|mount| mount.device == root.device && mount.root == root.root)?;
            open_directory(&mounts::unescape(bound.at))
        };
        open_directory(&proc.join("1/root")).or_else(elsewhere).map(|root| Self { root, is_own: false })
    }

    /// Whether pid 1 and the reader have the same root.
    pub fn is_own(&self) -> bool {
        self.is_own
    }

    /// Opens a file by its path on the machine. Absolute symbolic links on the way lead to the machine's files, not to the reader's.
    pub(crate) fn open_file(&self, path: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
        let path = path.strip_prefix("/").unwrap_or(path);
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let flags = flags | OFlags::CLOEXEC;
        match rustix::fs::openat2(&self.root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS) {
            // Before Linux 5.6, or refused by a container's seccomp filter of that time.
            Err(Errno::NOSYS | Errno::PERM) => rustix::fs::openat(&self.root, path, flags, Mode::empty()),
            other => other,
        }
    }

    /// Replaces `buffer` by the content of a file, cut after `limit` bytes.
    pub(crate) fn read(&self, path: &str, buffer: &mut Vec<u8>, limit: usize) -> Result<bool, Errno> {
        let descriptor = self.open_file(Path::new(path), OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?;
        file::read_all(descriptor, buffer, limit)
    }
}

fn open_directory(path: &Path) -> Option<OwnedFd> {
    rustix::fs::openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok()
}

/// The mount at `/` of a mount table.
pub(super) fn root_mount(table: &[u8]) -> Option<Mount<'_>> {
    // Several where one covers another: the last is on top.
    mounts::parse(table).filter(|mount| mount.at == b"/").last()
}
