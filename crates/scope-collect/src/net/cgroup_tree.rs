//! From the id of a control group, which is all that a socket tells, to its path: a walk of the version 2 hierarchy, made again when an
//! unknown id turns up, and not too often. Ids are inode numbers, which directory entries carry, so no file is opened or examined.

use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hashbrown::{HashMap, HashSet};
use rustix::fs::{FileType, Mode, OFlags, RawDir};

/// Most groups remembered.
const GROUPS: usize = 65_536;
/// Deepest level looked at.
const DEPTH: usize = 32;
/// Time between walks, and longer where a walk takes long: at most a hundredth of the time goes into it.
const EVERY: Duration = Duration::from_secs(2);

/// The hierarchy as it was last seen.
#[derive(Debug)]
pub struct CgroupTree {
    root: Option<PathBuf>,
    paths: HashMap<u64, Arc<[u8]>>,
    /// Ids that a walk did not find: the group is gone, or outside of what is mounted here.
    unknown: HashSet<u64>,
    wanted: bool,
    next_walk: Option<Instant>,
}

impl CgroupTree {
    /// The version 2 hierarchy under `sys` (the mount point of sysfs): the whole of `fs/cgroup`, or `fs/cgroup/unified` beside version 1.
    pub fn new(sys: &Path) -> Self {
        let root = ["fs/cgroup", "fs/cgroup/unified"]
            .into_iter()
            .map(|dir| sys.join(dir))
            .find(|dir| dir.join("cgroup.procs").exists() && dir.join("cgroup.controllers").exists());
        Self { root, paths: HashMap::new(), unknown: HashSet::new(), wanted: false, next_walk: None }
    }

    /// The path of the group with this id, from the root of the hierarchy. One that is not known is looked for by the next [`Self::refresh`].
    pub fn path(&mut self, id: u64) -> Option<&Arc<[u8]>> {
        let found = self.paths.get(&id);
        if found.is_none() && !self.unknown.contains(&id) {
            self.wanted = true;
        }
        found
    }

    /// Walks the hierarchy if an unknown id was asked for since the last walk, and says whether it did. `ids` are asked for first.
    pub fn refresh(&mut self, ids: impl IntoIterator<Item = u64>, now: Instant) -> bool {
        let missing: Vec<u64> = ids.into_iter().filter(|id| !self.paths.contains_key(id) && !self.unknown.contains(id)).collect();
        let due = self.next_walk.is_none_or(|at| now >= at);
        let Some(root) = &self.root else { return false };
        if !due || (missing.is_empty() && !self.wanted) {
            return false;
        }
        let started = Instant::now();
        self.paths.clear();
        walk(root, &mut self.paths);
        self.wanted = false;
        // Ids are never used again while a group with them lives, and a group is there before its sockets are.
        self.unknown.retain(|id| !self.paths.contains_key(id));
        self.unknown.extend(missing.into_iter().filter(|id| !self.paths.contains_key(id)));
        if self.unknown.len() > GROUPS {
            self.unknown.clear();
        }
        self.next_walk = Some(now + EVERY.max(started.elapsed() * 100));
        true
    }
}

fn walk(root: &Path, paths: &mut HashMap<u64, Arc<[u8]>>) {
    let mut todo: Vec<(Vec<u8>, usize)> = vec![(Vec::new(), 0)];
    if let Ok(stat) = rustix::fs::stat(root) {
        paths.insert(stat.st_ino, Arc::from(&b"/"[..]));
    }
    let mut entries = [MaybeUninit::<u8>::uninit(); 8192];
    while let Some((parent, depth)) = todo.pop() {
        let Ok(dir) = rustix::fs::open(root.join(OsStr::from_bytes(&parent)), OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()) else {
            continue;
        };
        let mut listing = RawDir::new(&dir, &mut entries);
        while let Some(Ok(entry)) = listing.next() {
            let name = entry.file_name().to_bytes();
            if entry.file_type() != FileType::Directory || name == b"." || name == b".." || paths.len() >= GROUPS {
                continue;
            }
            let mut child = parent.clone();
            if !child.is_empty() {
                child.push(b'/');
            }
            child.extend_from_slice(name);
            let mut path = vec![b'/'];
            path.extend_from_slice(&child);
            paths.insert(entry.ino(), Arc::from(path));
            if depth < DEPTH {
                todo.push((child, depth + 1));
            }
        }
    }
}
