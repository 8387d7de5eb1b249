//! Which processes are seen, and how much of them: rights, the pid namespace, and what `/proc` hides.

use std::path::Path;

use super::{Finding, Rights, text};
use crate::config::Source;
use crate::host::{file, mounts};

/// Most processes looked into; more tell nothing new.
const LOOKED_AT: usize = 4096;
/// What lets a container see the host's processes.
const IN_A_CONTAINER: &str = "docker run --pid=host --network=host --cap-add=SYS_PTRACE --cap-add=SYS_ADMIN --cap-add=NET_ADMIN";

/// Looks into every process.
pub(super) fn visible(proc: &Path, rights: Rights) -> Vec<Finding> {
    let Some(seen) = Seen::count(proc) else {
        let found = format!("{} is not the /proc of a kernel: no process can be seen", proc.display());
        return vec![Finding::missing(Source::Process, "processes", found, "mount -t proc proc /proc, or name the host's with --proc DIR")];
    };
    let mut findings = vec![whose(proc, seen), contents(seen)];
    if !rights.has(Rights::SYS_PTRACE) {
        findings.extend(hidden(proc));
    }
    findings
}

/// Processes, and those of them whose open files are closed to this user.
#[derive(Clone, Copy, Debug)]
struct Seen {
    all: usize,
    closed: usize,
}

impl Seen {
    fn count(proc: &Path) -> Option<Self> {
        let mut seen = Self { all: 0, closed: 0 };
        for entry in std::fs::read_dir(proc).ok()?.flatten() {
            let is_process = entry.file_name().to_str().is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
            if is_process && seen.all < LOOKED_AT {
                seen.all += 1;
                let opened = std::fs::read_dir(entry.path().join("fd"));
                seen.closed += usize::from(opened.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied));
            }
        }
        (seen.all > 0).then_some(seen)
    }
}

/// Kernel threads are children of pid 2, and only the host's own pid namespace has them.
fn whose(proc: &Path, seen: Seen) -> Finding {
    let is_host = text(&proc.join("2/comm")).is_some_and(|name| name.trim() == "kthreadd");
    if is_host {
        return Finding::ok(Source::Process, "processes", format!("{} of the host are seen, kernel threads among them", seen.all));
    }
    let found = format!("{} are seen: those of one pid namespace, as in a container, not the host's", seen.all);
    Finding::missing(Source::Process, "processes", found, format!("{IN_A_CONTAINER}, or -v /proc:/host/proc:ro and --proc /host/proc"))
}

fn contents(seen: Seen) -> Finding {
    // A few sandboxed processes are refused to anyone.
    if seen.closed * 10 <= seen.all {
        return Finding::ok(Source::Process, "open files of others", "are told: connections and I/O are known per process");
    }
    let found = format!(
        "are closed to this user for {} of {} processes: their I/O, programs and directories are unknown, and their connections are shown for the container or the host",
        seen.closed, seen.all
    );
    Finding::missing(
        Source::Process,
        "open files of others",
        found,
        "run as root (sudo scope …), or: setcap cap_sys_ptrace,cap_sys_admin,cap_net_admin,cap_dac_read_search+ep \"$(command -v scope)\"",
    )
}

/// Whether `/proc` is mounted so that others' processes do not show at all.
fn hidden(proc: &Path) -> Option<Finding> {
    let mut content = Vec::new();
    file::read(&proc.join("self/mountinfo"), &mut content, mounts::MOUNTS_BYTES).ok()?;
    let hides = |options: &[u8]| {
        options.split(|byte| *byte == b',').any(|option| option.strip_prefix(b"hidepid=").is_some_and(|level| !matches!(level, b"0" | b"off")))
    };
    let mount = mounts::parse(&content).find(|mount| mount.file_system == b"proc" && hides(mount.super_options))?;
    let at = mounts::unescape(mount.at);
    let found = format!("{} hides other users' processes (hidepid)", at.display());
    Some(Finding::missing(Source::Process, "hidepid", found, format!("run as root, or: mount -o remount,hidepid=0 {}", at.display())))
}
