//! Which control group hierarchies are mounted, and where.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use compact_str::CompactString;

use super::membership::{MEMBERSHIP_BYTES, Membership, Placement};
use crate::host::file;
use crate::host::mounts;

/// Most directories looked at in search of the own control group.
const SEARCH: usize = 10_000;

/// The mounted hierarchies.
///
/// A reader in a control group namespace of its own (a container without `--cgroupns=host`) sees paths relative to its own group: a sibling is `/../<name>`,
/// itself `/`. Its mount of the whole tree then has a root like `/../..`, and the names between are found once, by looking for the own pid.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    hierarchies: Vec<Hierarchy>,
}

/// One mounted hierarchy; of version 1 once for each of its controllers.
#[derive(Clone, Debug)]
struct Hierarchy {
    /// The controller or `name=…` of version 1; empty for version 2.
    name: CompactString,
    /// Where it is mounted.
    at: PathBuf,
    /// Which of its groups is mounted there.
    root: Box<[u8]>,
    /// The components from the mounted group to that of the reader's namespace, where the root lies above it.
    own: Vec<Box<[u8]>>,
}

impl Layout {
    /// Finds the hierarchies under `sys`, by the reader's own mount table (`proc/self/mountinfo`), else by what lies in `sys/fs/cgroup`.
    pub fn discover(proc: &Path, sys: &Path) -> Self {
        let mut content = Vec::new();
        let mut layout = match file::read(&proc.join("self/mountinfo"), &mut content, mounts::MOUNTS_BYTES) {
            Ok(_) => Self::from_mounts(&content, sys),
            Err(_) => Self::default(),
        };
        if layout.is_empty() {
            layout = Self::from_directories(&sys.join("fs/cgroup"));
        }
        layout.find_own(proc);
        layout
    }

    /// Whether no hierarchy is mounted.
    pub fn is_empty(&self) -> bool {
        self.hierarchies.is_empty()
    }

    /// Each hierarchy's name (the controller or `name=…` of version 1; empty for version 2) and where it is mounted.
    pub(crate) fn hierarchies(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.hierarchies.iter().map(|hierarchy| (hierarchy.name.as_str(), hierarchy.at.as_path()))
    }

    /// The hierarchies of a `mountinfo` below `sys`. Of two mounts of one hierarchy the one that shows more of it counts.
    pub(super) fn from_mounts(content: &[u8], sys: &Path) -> Self {
        let mut layout = Self::default();
        for mount in mounts::parse(content) {
            let at = mounts::unescape(mount.at);
            if !at.starts_with(sys) {
                continue;
            }
            match mount.file_system {
                b"cgroup2" => layout.add("", &at, mount.root),
                b"cgroup" => {
                    for option in mount.super_options.split(|byte| *byte == b',').filter_map(|option| std::str::from_utf8(option).ok()) {
                        if CONTROLLERS.contains(&option) || option.starts_with("name=") {
                            layout.add(option, &at, mount.root);
                        }
                    }
                }
                _ => {}
            }
        }
        layout
    }

    fn add(&mut self, name: &str, at: &Path, root: &[u8]) {
        let found = Hierarchy { name: name.into(), at: at.to_owned(), root: root.into(), own: Vec::new() };
        match self.hierarchies.iter_mut().find(|known| known.name == name) {
            Some(known) if is_above(root, &known.root) => *known = found,
            Some(_) => {}
            None => self.hierarchies.push(found),
        }
    }

    /// The hierarchies by the usual directory names: a mount table that does not name them (a chroot, a copied tree) still has these.
    pub(super) fn from_directories(base: &Path) -> Self {
        let mut layout = Self::default();
        for at in [base.to_owned(), base.join("unified")] {
            if at.join("cgroup.controllers").exists() {
                layout.add("", &at, b"/");
            }
        }
        for name in CONTROLLERS {
            let at = base.join(name);
            // Below version 2 a group can have any name, also that of a controller; `tasks` is a file of version 1 alone.
            if at.join("tasks").exists() {
                layout.add(name, &at, b"/");
            }
        }
        layout
    }

    /// The path of a group from the top of its hierarchy, or from the mounted group where the reader is in a namespace of its own.
    pub fn whole_path<'a>(&self, placement: &'a Placement) -> Cow<'a, [u8]> {
        self.hierarchy(placement)
            .filter(|hierarchy| hierarchy.is_relative())
            .and_then(|hierarchy| hierarchy.below_mount(&placement.path))
            .map_or(Cow::Borrowed(&placement.path), Cow::Owned)
    }

    /// The directory of the group at `whole`, a leading part of [`Self::whole_path`], in the hierarchy that `placement` is about. None where that hierarchy is
    /// not mounted, or not that part of it.
    pub(super) fn directory(&self, placement: &Placement, whole: &[u8]) -> Option<PathBuf> {
        let hierarchy = self.hierarchy(placement)?;
        let below = if hierarchy.is_relative() { whole.to_vec() } else { hierarchy.below_mount(whole)? };
        let relative = below.strip_prefix(b"/").unwrap_or(&below);
        let escapes = relative.split(|byte| *byte == b'/').any(|component| component == b"..");
        (!escapes).then(|| hierarchy.at.join(OsStr::from_bytes(relative)))
    }

    fn hierarchy(&self, placement: &Placement) -> Option<&Hierarchy> {
        self.hierarchies.iter().find(|hierarchy| hierarchy.holds(placement))
    }

    /// Fills in [`Hierarchy::own`] where a root lies above the reader's namespace.
    fn find_own(&mut self, proc: &Path) {
        let mut content = Vec::new();
        if !self.hierarchies.iter().any(Hierarchy::is_relative) || file::read(&proc.join("self/cgroup"), &mut content, MEMBERSHIP_BYTES).is_err() {
            return;
        }
        let own = Membership::parse(&content, &Self::default()).placements;
        let pid = std::process::id();
        for hierarchy in self.hierarchies.iter_mut().filter(|hierarchy| hierarchy.is_relative()) {
            if let Some(placement) = own.iter().find(|placement| hierarchy.holds(placement)) {
                let mut budget = SEARCH;
                hierarchy.own = search(&hierarchy.at, levels_up(&hierarchy.root).0, &placement.path, pid, &mut budget).unwrap_or_default();
            }
        }
    }
}

impl Hierarchy {
    fn holds(&self, placement: &Placement) -> bool {
        if self.name.is_empty() { placement.hierarchy == 0 && placement.controllers.is_empty() } else { placement.has(&self.name) }
    }

    /// Whether what is mounted lies above the reader's namespace.
    fn is_relative(&self) -> bool {
        self.root.starts_with(b"/..")
    }

    /// `path` from the mounted group on, with a leading `/` unless it is empty.
    fn below_mount(&self, path: &[u8]) -> Option<Vec<u8>> {
        let (up, names) = levels_up(path);
        let (mounted_up, mounted_names) = levels_up(&self.root);
        if mounted_up == 0 {
            let rest = if mounted_names.len() > 1 { names.strip_prefix(mounted_names)? } else { names };
            return (up == 0 && (rest.is_empty() || rest.starts_with(b"/"))).then(|| rest.to_vec());
        }
        // Both are relative to the reader's namespace; what lies between has to be known by name.
        let between = if mounted_up == up { &[] } else { self.own.get(..mounted_up.checked_sub(up)?)? };
        if mounted_names.len() > 1 {
            return None;
        }
        let mut whole = Vec::new();
        for component in between {
            whole.push(b'/');
            whole.extend_from_slice(component);
        }
        if names.len() > 1 {
            whole.extend_from_slice(names);
        }
        Some(whole)
    }
}

/// How many `/..` a path begins with, and the rest.
fn levels_up(path: &[u8]) -> (usize, &[u8]) {
    let mut rest = path;
    let mut levels = 0;
    while let Some(next) = rest.strip_prefix(b"/..").filter(|next| next.is_empty() || next.starts_with(b"/")) {
        rest = next;
        levels += 1;
    }
    (levels, rest)
}

/// Whether the group `one` lies above `other`, both being roots of mounts.
fn is_above(one: &[u8], other: &[u8]) -> bool {
    let (one, other) = (levels_up(one), levels_up(other));
    (one.0, other.1.len()) > (other.0, one.1.len())
}

/// The components that lead from `at` to the group `levels` below it in whose `below` the process `pid` is.
fn search(at: &Path, levels: usize, below: &[u8], pid: u32, budget: &mut usize) -> Option<Vec<Box<[u8]>>> {
    if levels == 0 {
        let below = OsStr::from_bytes(below.strip_prefix(b"/").unwrap_or(below));
        let mut content = Vec::new();
        file::read(&at.join(below).join("cgroup.procs"), &mut content, 1 << 20).ok()?;
        let found = content.split(|byte| *byte == b'\n').any(|line| std::str::from_utf8(line).is_ok_and(|line| line.parse() == Ok(pid)));
        return found.then(Vec::new);
    }
    for entry in std::fs::read_dir(at).ok()?.flatten() {
        *budget = budget.checked_sub(1)?;
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        if let Some(mut found) = search(&entry.path(), levels - 1, below, pid, budget) {
            found.insert(0, entry.file_name().as_bytes().into());
            return Some(found);
        }
    }
    None
}

/// The controllers of version 1 (`kernel/cgroup/cgroup.c`, Linux 3.2 to 6.18).
const CONTROLLERS: [&str; 13] =
    ["cpu", "cpuacct", "memory", "pids", "blkio", "cpuset", "devices", "freezer", "hugetlb", "net_cls", "net_prio", "perf_event", "rdma"];
