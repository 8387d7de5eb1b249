//! Which version of control groups the machine has, and whether figures of containers can be read there.

use std::path::Path;

use super::{Finding, text};
use crate::cgroup::Layout;
use crate::config::Source;

/// What figures of containers come from: a controller's name, and what is unknown without it.
const WANTED: [(&str, &str); 4] = [("cpu", "CPU time and throttling"), ("memory", "memory"), ("io", "block I/O"), ("pids", "numbers of processes")];

/// Looks at the mounted hierarchies.
pub(super) fn readable(proc: &Path, sys: &Path) -> Vec<Finding> {
    let layout = Layout::discover(proc, sys);
    if layout.is_empty() {
        let mend = "mount -t cgroup2 none /sys/fs/cgroup; in a container: docker run -v /sys/fs/cgroup:/host/sys/fs/cgroup:ro, and --sys /host/sys";
        let found = format!("none are mounted under {}: figures of containers come from the engine, slowly", sys.display());
        return vec![Finding::missing(Source::Cgroup, "control groups", found, mend)];
    }
    let hierarchies: Vec<(&str, &Path)> = layout.hierarchies().collect();
    let closed: Vec<String> = hierarchies
        .iter()
        .filter(|(_, at)| ["cgroup.procs", "cgroup.controllers", "tasks"].iter().all(|file| text(&at.join(file)).is_none()))
        .map(|(_, at)| at.display().to_string())
        .collect();
    if !closed.is_empty() {
        let found = format!("cannot be read: {}", closed.join(", "));
        return vec![Finding::missing(Source::Cgroup, "control groups", found, "run as root, or let others read (chmod o+rx) the directories named")];
    }
    let unified = hierarchies.iter().find(|(name, _)| name.is_empty()).map(|(_, at)| *at);
    let of_v2 = unified.and_then(|at| text(&at.join("cgroup.controllers"))).unwrap_or_default();
    let has = |wanted: &str| {
        let old = match wanted {
            "io" => "blkio",
            "cpu" => "cpuacct",
            same => same,
        };
        of_v2.split_whitespace().any(|name| name == wanted) || hierarchies.iter().any(|(name, _)| *name == old || *name == wanted)
    };
    let version = match (unified.is_some(), hierarchies.iter().any(|(name, _)| !name.is_empty() && !name.starts_with("name="))) {
        (true, false) => "version 2",
        (true, true) => "versions 1 and 2 side by side",
        (false, _) => "version 1",
    };
    let missing: Vec<_> = WANTED.into_iter().filter(|(name, _)| !has(name)).collect();
    if missing.is_empty() {
        return vec![Finding::ok(Source::Cgroup, "control groups", format!("{version}, readable, with all controllers that figures come from"))];
    }
    let unknown = missing.iter().map(|(_, what)| *what).collect::<Vec<_>>().join(", ");
    let names = missing.iter().map(|(name, _)| format!("cgroup_enable={name}")).collect::<Vec<_>>().join(" ");
    let found = format!("{version}, without the controllers for {unknown}: those figures of containers are unknown");
    vec![Finding::missing(Source::Cgroup, "control groups", found, format!("boot with {names} on the kernel's command line"))]
}
