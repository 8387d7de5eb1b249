//! What the machine is called, and what tells it from another of that name.

use std::ffi::CStr;
use std::fmt::Write;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::thread::LinkNameSpaceType;
use sha2::{Digest, Sha256};

use super::root::HostRoot;

/// Longest host name taken, in bytes; the kernel's own have 64.
const NAME_BYTES: usize = 253;

/// `PROC_UTS_INIT_INO` (`include/linux/proc_ns.h`, since Linux 3.8): the inode of the UTS namespace that the machine booted with.
const INITIAL_UTS: u64 = 0xEFFF_FFFE;

/// Where a host name was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameSource {
    /// The kernel's, for the UTS namespace of pid 1.
    Uts,
    /// `/etc/hostname` of pid 1's root.
    File,
    /// The kernel's for this process, which may be in a container with a name of its own.
    Own,
}

/// The name of the machine, and where it was found.
///
/// It is the one that pid 1 has: in a container `gethostname` and also `/proc/sys/kernel/hostname` of the host's `/proc` give the name of the *reader's* UTS
/// namespace, mostly a container id. So, the first that works: the own name if pid 1 is in the same namespace, or if the own namespace is the one that the machine
/// booted with; the name as a thread reads it that has joined pid 1's namespace (takes `CAP_SYS_ADMIN`); `/etc/hostname` of pid 1's root; the own name.
pub fn host_name(proc: &Path, root: Option<&HostRoot>) -> (String, NameSource) {
    let own_namespace = inode(&proc.join("self/ns/uts"));
    let first = inode(&proc.join("1/ns/uts"));
    let is_own = match first {
        Some(first) => own_namespace == Some(first),
        None => own_namespace == Some(INITIAL_UTS),
    };
    if is_own {
        return (own_name(), NameSource::Uts);
    }
    if first.is_some()
        && let Some(name) = joined_name(&proc.join("1/ns/uts"))
    {
        return (name, NameSource::Uts);
    }
    let mut content = Vec::new();
    if let Some(root) = root
        && root.read("etc/hostname", &mut content, 4096).is_ok()
        && let Some(name) = name_in_file(&content)
    {
        return (name, NameSource::File);
    }
    (own_name(), NameSource::Own)
}

/// The first line of an `/etc/hostname` that is neither empty nor a comment (`hostname(5)`).
pub(super) fn name_in_file(content: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(content);
    let name = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    Some(scope_core::limits::cut(name, NAME_BYTES).into_owned())
}

fn own_name() -> String {
    text(rustix::system::uname().nodename())
}

fn text(name: &CStr) -> String {
    scope_core::limits::cut(&name.to_string_lossy(), NAME_BYTES).into_owned()
}

/// The name that a thread has which joined the namespace; the thread ends, so nothing else of this process moves.
fn joined_name(namespace: &Path) -> Option<String> {
    let descriptor = rustix::fs::openat(CWD, namespace, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let read = move || {
        rustix::thread::move_into_link_name_space(descriptor.as_fd(), Some(LinkNameSpaceType::HostNameAndNISDomainName)).ok()?;
        Some(own_name())
    };
    std::thread::Builder::new().name("uts".into()).spawn(read).ok()?.join().ok()?
}

fn inode(namespace: &Path) -> Option<u64> {
    rustix::fs::stat(namespace).ok().map(|stat| stat.st_ino)
}

/// A number for the machine that survives reboots, from its machine-id: 64 hexadecimal digits.
///
/// `machine-id(5)` forbids to show the id itself to others, so this is SHA-256 over a text of ours and the id; the id has 122 random bits, so there is no
/// way back. None where pid 1's root cannot be read or has no machine-id.
pub fn machine_id(root: &HostRoot) -> Option<String> {
    let mut content = Vec::new();
    for path in ["etc/machine-id", "var/lib/dbus/machine-id"] {
        if root.read(path, &mut content, 64).is_ok()
            && let Some(id) = content.get(..32)
            && id.iter().all(u8::is_ascii_hexdigit)
        {
            return Some(hash(id));
        }
    }
    None
}

fn hash(id: &[u8]) -> String {
    let digest = Sha256::new().chain_update(b"scope machine-id 1\n").chain_update(id).finalize();
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    #[test]
    fn a_hostname_file_may_have_comments() {
        assert_eq!(name_in_file(b"# set by hand\n\n  db-1 \n").as_deref(), Some("db-1"));
        assert_eq!(name_in_file(b"# nothing\n"), None);
        assert_eq!(name_in_file(b"\xff\n").as_deref(), Some("\u{fffd}"));
    }

    #[test]
    fn the_name_of_this_machine_is_found_live() {
        let proc = Path::new("/proc");
        let (name, _) = host_name(proc, HostRoot::open(proc).as_ref());
        assert!(!name.is_empty());
    }

    #[test]
    fn a_machine_id_is_hashed_and_kept_stable() {
        let hashed = hash(b"0123456789abcdef0123456789abcdef");
        assert_eq!(hashed.len(), 64);
        assert!(!hashed.contains("0123456789abcdef"));
        assert_ne!(hashed, hash(b"0123456789abcdef0123456789abcdee"));
    }
}
