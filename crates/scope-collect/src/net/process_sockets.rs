//! Which process holds a socket: the links in `/proc/PID/fd`, read only for sockets nobody is known for yet, and no more of them in a tick
//! than the budget allows.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};

use hashbrown::{HashMap, HashSet};
use rustix::fs::{Mode, OFlags, RawDir};
use rustix::io::Errno;

/// Links read in a tick, on average: 2,000 cost 4 to 6 ms.
pub const LINKS_PER_TICK: i64 = 2_000;
/// Most descriptors looked at in one process.
const LINKS_PER_PROCESS: usize = 65_536;
/// Most sockets remembered.
const HOLDERS: usize = 65_536;
/// Ticks after which a socket whose holder was not found is looked for again: it may have been passed on.
const AGAIN_AFTER: u64 = 10;

/// What a tick's search did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    /// Links read.
    pub links: usize,
    /// Sockets found.
    pub found: usize,
    /// Processes whose descriptors may not be read.
    pub denied: usize,
    /// Groups of sockets put off because the budget was spent.
    pub put_off: usize,
}

impl Searched {
    /// Adds another search.
    pub fn add(&mut self, other: Self) {
        self.links += other.links;
        self.found += other.found;
        self.denied += other.denied;
        self.put_off += other.put_off;
    }
}

#[derive(Clone, Copy, Debug)]
struct Holder {
    /// `None`: looked for and not found.
    pid: Option<u32>,
    looked_at: u64,
}

/// The cache, and the budget.
#[derive(Debug)]
pub struct ProcessSockets {
    proc: PathBuf,
    holders: HashMap<u64, Holder>,
    tokens: i64,
    tick: u64,
    /// The process at which the budget was spent last: the next search goes on there, so that whoever has the highest pids has a turn, too.
    resume: u32,
}

impl ProcessSockets {
    /// Knows none yet; `proc` is where the proc file system is mounted.
    pub fn new(proc: &Path) -> Self {
        Self { proc: proc.to_owned(), holders: HashMap::new(), tokens: LINKS_PER_TICK, tick: 0, resume: 0 }
    }

    /// The process that holds the socket with this inode.
    pub fn holder(&self, inode: u64) -> Option<u32> {
        self.holders.get(&inode)?.pid
    }

    /// Whether the socket should be looked for: not known, or not found a while ago.
    pub fn is_wanted(&self, inode: u64) -> bool {
        inode != 0
            && match self.holders.get(&inode) {
                None => true,
                Some(holder) => holder.pid.is_none() && self.tick.saturating_sub(holder.looked_at) >= AGAIN_AFTER,
            }
    }

    /// Forgets sockets that are gone and processes that ended, and refills the budget. Call once a tick.
    pub fn next_tick(&mut self, is_live: impl Fn(u64) -> bool, is_running: impl Fn(u32) -> bool) {
        self.tick += 1;
        self.tokens = self.tokens.saturating_add(LINKS_PER_TICK).min(LINKS_PER_TICK);
        self.holders.retain(|inode, holder| is_live(*inode) && holder.pid.is_none_or(&is_running));
    }

    /// Looks for `wanted` in `pids` before everything else, and takes out what was found. What was not is left to [`Self::search`].
    pub fn search_first(&mut self, pids: &[u32], wanted: &mut HashSet<u64>) -> Searched {
        let mut searched = Searched::default();
        for pid in pids {
            if wanted.is_empty() {
                break;
            }
            self.search_counted(*pid, wanted, &mut searched);
        }
        searched
    }

    /// Looks for each group's sockets in the group's processes, which are sorted, until the budget is spent; the next search goes on where this
    /// one ended. A search of one process is never cut short; what it takes beyond the budget is taken from the next ticks.
    pub fn search<'a>(&mut self, groups: impl IntoIterator<Item = (&'a [u32], &'a mut HashSet<u64>)>) -> Searched {
        let mut searched = Searched::default();
        for (pids, wanted) in groups {
            let mut complete = true;
            wanted.retain(|inode| self.is_wanted(*inode));
            let (earlier, later) = pids.split_at(pids.partition_point(|pid| *pid < self.resume));
            for pid in later.iter().chain(earlier) {
                if wanted.is_empty() {
                    break;
                }
                if self.tokens <= 0 {
                    complete = false;
                    if searched.put_off == 0 {
                        self.resume = *pid;
                    }
                    break;
                }
                self.search_counted(*pid, wanted, &mut searched);
            }
            if complete {
                for inode in wanted.drain() {
                    self.remember(inode, None);
                }
            } else {
                searched.put_off += 1;
            }
        }
        searched
    }

    fn search_counted(&mut self, pid: u32, wanted: &mut HashSet<u64>, searched: &mut Searched) {
        match self.search_process(pid, wanted) {
            Ok((links, found)) => {
                self.tokens -= links as i64 + 4; // opening the directory costs about four links
                searched.links += links;
                searched.found += found;
            }
            Err(e) => {
                self.tokens -= 2;
                searched.denied += usize::from(matches!(e, Errno::ACCESS | Errno::PERM));
            }
        }
    }

    fn remember(&mut self, inode: u64, pid: Option<u32>) {
        if self.holders.len() < HOLDERS || self.holders.contains_key(&inode) {
            self.holders.insert(inode, Holder { pid, looked_at: self.tick });
        }
    }

    fn search_process(&mut self, pid: u32, wanted: &mut HashSet<u64>) -> Result<(usize, usize), Errno> {
        let path = self.proc.join(format!("{pid}/fd"));
        let dir = rustix::fs::open(&path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let mut entries = [MaybeUninit::<u8>::uninit(); 8192];
        let mut walk = RawDir::new(&dir, &mut entries);
        let (mut links, mut found) = (0, 0);
        while let Some(entry) = walk.next() {
            let entry = entry?;
            if !entry.file_name().to_bytes().first().is_some_and(u8::is_ascii_digit) {
                continue;
            }
            links += 1;
            let inode = match socket_inode(&dir, entry.file_name()) {
                // The directory may be listed and its links not be read: then none of them may.
                Err(e @ (Errno::ACCESS | Errno::PERM)) => return Err(e),
                other => other.ok().flatten(),
            };
            if let Some(inode) = inode
                && wanted.remove(&inode)
            {
                found += 1;
                self.remember(inode, Some(pid));
                if wanted.is_empty() {
                    break;
                }
            }
            if links >= LINKS_PER_PROCESS {
                break;
            }
        }
        Ok((links, found))
    }
}

fn socket_inode(dir: &rustix::fd::OwnedFd, name: &CStr) -> Result<Option<u64>, Errno> {
    let mut target = [0_u8; 64];
    let len = rustix::fs::readlinkat_raw(dir, name, &mut target[..])?;
    Ok(target.get(..len).and_then(parse_socket_link))
}

/// The inode in `socket:[12345]`.
pub fn parse_socket_link(target: &[u8]) -> Option<u64> {
    let digits = target.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    std::str::from_utf8(digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]

    use super::*;

    /// A proc file system in which each of these processes holds so many sockets; the inodes are `pid * 10,000` and up.
    fn proc(pids: &[u32], sockets: u64) -> tempfile::TempDir {
        let proc = tempfile::tempdir().unwrap();
        for pid in pids {
            let fd = proc.path().join(format!("{pid}/fd"));
            std::fs::create_dir_all(&fd).unwrap();
            for number in 0..sockets {
                std::os::unix::fs::symlink(format!("socket:[{}]", u64::from(*pid) * 10_000 + number), fd.join(number.to_string())).unwrap();
            }
        }
        proc
    }

    #[test]
    fn who_has_the_highest_pid_has_a_turn_too() {
        let pids = [1, 2, 3];
        let proc = proc(&pids, 1_500);
        let mut sockets = ProcessSockets::new(proc.path());
        let last = 30_000 + 1_499;
        let mut ticks = 0;
        while sockets.holder(last).is_none() {
            ticks += 1;
            assert!(ticks <= 5, "never gets to the last process");
            sockets.next_tick(|_| true, |_| true);
            let mut wanted = HashSet::from([last]);
            let searched = sockets.search([(&pids[..], &mut wanted)]);
            assert!(searched.links <= 2 * 1_500, "a tick's budget, and the process at which it was spent");
        }
        assert_eq!(sockets.holder(last), Some(3));
    }
}
