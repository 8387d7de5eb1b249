//! Bounded reads of small files into a buffer that is kept.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::buffer::spare_capacity;
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};
use rustix::path::Arg;

/// How a file is opened for reading: never waiting, as for the other end of a pipe that somebody put in its place.
const READ: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// Opens `name` below `directory` for reading.
pub(crate) fn open_at(directory: impl AsFd, name: impl Arg + Copy) -> Result<OwnedFd, Errno> {
    retry_on_intr(|| rustix::fs::openat(directory.as_fd(), name, READ, Mode::empty()))
}

/// Replaces `buffer` by the content of `path`, cut after `limit` bytes; says whether it was all.
pub(crate) fn read(path: &Path, buffer: &mut Vec<u8>, limit: usize) -> Result<bool, Errno> {
    let file = open_at(CWD, path)?;
    read_all(file, buffer, limit)
}

/// Replaces `buffer` by what is left to read of `file`, cut after `limit` bytes; says whether it was all.
pub(crate) fn read_all(file: impl AsFd, buffer: &mut Vec<u8>, limit: usize) -> Result<bool, Errno> {
    buffer.clear();
    loop {
        if buffer.capacity() == buffer.len() {
            buffer.reserve(buffer.len().max(4096).min(limit.saturating_sub(buffer.len()) + 1));
        }
        let got = retry_on_intr(|| rustix::io::read(file.as_fd(), spare_capacity(buffer)))?;
        if buffer.len() > limit {
            buffer.truncate(limit);
            return Ok(false);
        }
        if got == 0 {
            return Ok(true);
        }
    }
}

/// Replaces `buffer` by what one `pread` from the beginning of `file` gives: all of a kernel file that is made up at the first read, as those of `/proc/PID`
/// and control groups are, provided that the buffer's capacity holds it.
pub(crate) fn read_once(file: impl AsFd, buffer: &mut Vec<u8>) -> Result<(), Errno> {
    buffer.clear();
    retry_on_intr(|| rustix::io::pread(file.as_fd(), spare_capacity(buffer), 0)).map(|_| ())
}

/// Opens `name` below `directory` and does [`read_once`].
pub(crate) fn read_once_at(directory: impl AsFd, name: impl Arg + Copy, buffer: &mut Vec<u8>) -> Result<(), Errno> {
    read_once(open_at(directory, name)?, buffer)
}
