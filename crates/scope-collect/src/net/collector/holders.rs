//! Finds out which processes hold the sockets that are new.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use hashbrown::{HashMap, HashSet};

use super::Collector;
use crate::net::connection::NetNs;
use crate::net::problems;

impl Collector {
    /// Looks for those that are wanted, within the budget of a tick.
    pub(super) fn find_holders(&mut self, now: Instant) {
        let wanted = self.aggregator.wanted(&self.processes);
        self.groups.refresh(wanted.iter().filter_map(|(_, _, group)| *group), now);
        let inodes = self.aggregator.inodes();
        let world = Arc::clone(&self.world);
        self.processes.next_tick(|inode| inodes.contains(&inode), |pid| world.processes.contains_key(&pid));
        if wanted.is_empty() || world.processes.is_empty() {
            return;
        }

        // Processes by control group where that is known, else by namespace.
        let mut by_group: HashMap<&[u8], Vec<u32>> = HashMap::new();
        let mut by_netns: HashMap<NetNs, Vec<u32>> = HashMap::new();
        for (pid, process) in world.processes.iter().filter(|(_, process)| process.settled) {
            if let Some(group) = &process.cgroup {
                by_group.entry(group).or_default().push(*pid);
            }
            if let Some((_, netns)) = self.netns_of_pid.get(pid) {
                by_netns.entry(*netns).or_default().push(*pid);
            }
        }
        let mut proxied: HashSet<u64> = HashSet::new();
        let mut in_group: BTreeMap<Vec<u8>, HashSet<u64>> = BTreeMap::new();
        let mut in_netns: BTreeMap<NetNs, HashSet<u64>> = BTreeMap::new();
        for (inode, netns, group) in &wanted {
            if *netns == self.host && !self.aggregator.proxies().is_empty() {
                proxied.insert(*inode);
            }
            // The root group says little: where all are in it, the namespace has fewer processes. A socket may also be held from another namespace.
            let narrow = |path: &[u8]| path.len() > 1 || !by_netns.contains_key(netns);
            let path = group.and_then(|id| self.groups.path(id)).filter(|path| narrow(path) && by_group.contains_key(&***path));
            match path {
                Some(path) => in_group.entry(path.to_vec()).or_default().insert(*inode),
                None => in_netns.entry(*netns).or_default().insert(*inode),
            };
        }
        for pids in by_group.values_mut().chain(by_netns.values_mut()) {
            pids.sort_unstable();
        }
        // A proxy's sockets decide how others are read: first, and without remembering who was not found.
        let proxies = self.aggregator.proxies().pids().to_vec();
        let mut searched = self.processes.search_first(&proxies, &mut proxied);
        let groups = in_group.iter_mut().filter_map(|(path, inodes)| Some((by_group.get(path.as_slice())?.as_slice(), inodes)));
        let namespaces = in_netns.iter_mut().filter_map(|(netns, inodes)| Some((by_netns.get(netns)?.as_slice(), inodes)));
        searched.add(self.processes.search(groups.chain(namespaces)));
        if searched.denied > 0 && searched.links == 0 {
            self.meet(problems::closed_processes(), now);
        }
    }
}
