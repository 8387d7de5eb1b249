//! Where a process is in the control group hierarchies: `/proc/PID/cgroup`.

use compact_str::CompactString;

use super::ids::{containers_in, pod_in};
use super::layout::Layout;

/// Longest content of a `/proc/PID/cgroup` that is looked at: a path has at most 4,096 bytes, and version 1 has up to 13 hierarchies.
pub(crate) const MEMBERSHIP_BYTES: usize = 64 << 10;

/// One line of `/proc/PID/cgroup`: a hierarchy and the path of the process in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The hierarchy's number; 0 is version 2.
    pub hierarchy: u32,
    /// Its controllers as they stand (`cpu,cpuacct`, `name=systemd`); empty for version 2.
    pub controllers: CompactString,
    /// The path. Relative to the control group namespace of the reader, so it can begin with `/..`; the kernel allows any byte but NUL and line feed.
    pub path: Box<[u8]>,
}

impl Placement {
    /// Whether the hierarchy carries `controller`.
    pub fn has(&self, controller: &str) -> bool {
        self.controllers.split(',').any(|name| name == controller)
    }
}

/// The control groups of one process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    /// A line each, in the kernel's order.
    pub placements: Vec<Placement>,
    /// The containers around the process, the outermost first; the last one is its own. Where hierarchies differ, those of the one that names the most.
    pub containers: Vec<CompactString>,
    /// The uid of its pod.
    pub pod: Option<CompactString>,
}

impl Membership {
    /// The membership that the content of a `/proc/PID/cgroup` states. `layout` turns paths that are relative to the reader's own namespace into whole ones;
    /// lines that are not in the kernel's form are skipped.
    pub fn parse(content: &[u8], layout: &Layout) -> Self {
        let mut found = Self::default();
        for line in content.split(|byte| *byte == b'\n') {
            if let Some(placement) = parse_line(line) {
                found.placements.push(placement);
            }
        }
        let mut depth = 0;
        for placement in &found.placements {
            let whole = layout.whole_path(placement);
            let containers: Vec<_> = containers_in(&whole).map(|(id, _)| CompactString::from(id)).collect();
            if containers.len() > depth || (depth == 0 && found.pod.is_none()) {
                depth = containers.len();
                found.pod = pod_in(&whole).or(found.pod);
                found.containers = containers;
            }
        }
        found
    }

    /// The container that the process runs in.
    pub fn container(&self) -> Option<&CompactString> {
        self.containers.last()
    }

    /// The path that says the most: of version 2, else of the hierarchy with the longest path.
    pub fn path(&self) -> Option<&[u8]> {
        let unified = self.placements.iter().find(|placement| placement.hierarchy == 0 && placement.path.len() > 1);
        let longest = || self.placements.iter().max_by_key(|placement| placement.path.len());
        unified.or_else(longest).map(|placement| &*placement.path)
    }

    /// The path in the version 2 hierarchy, the only one that sockets tell of. `/` for a process that only hierarchies of version 1 place anywhere.
    pub fn unified_path(&self) -> Option<&[u8]> {
        self.placements.iter().find(|placement| placement.hierarchy == 0).map(|placement| &*placement.path)
    }
}

/// `hierarchy:controllers:path`; the path may hold colons.
fn parse_line(line: &[u8]) -> Option<Placement> {
    let mut parts = line.splitn(3, |byte| *byte == b':');
    let hierarchy = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let controllers = CompactString::from(std::str::from_utf8(parts.next()?).ok()?);
    let path = parts.next()?;
    // The group was removed while the process, a zombie mostly, still counts as its member.
    let path = path.strip_suffix(b" (deleted)").unwrap_or(path);
    path.starts_with(b"/").then(|| Placement { hierarchy, controllers, path: path.into() })
}
