//! Brings namespaces, addresses and owners up to what the other sources know.

use std::sync::Arc;
use std::time::Instant;

use hashbrown::{HashMap, HashSet};

use super::{Collector, EVENTS_AT_ONCE};
use crate::net::connection::NetNs;
use crate::net::namespaces::netns_of;
use crate::net::scope::{Addresses, Member};
use crate::net::world::World;
use crate::net::{problems, rtnetlink};

/// Most processes whose namespace is looked up in a tick.
const NEW_PROCESSES: usize = 500;
/// Instead of a namespace: that of a process whose namespace this user may not know.
const CLOSED: NetNs = NetNs::MAX;

impl Collector {
    /// Brings namespaces, addresses and owners up to what the other sources know.
    pub(super) fn learn(&mut self, world: &Arc<World>, now: Instant) {
        let networks_changed = !Arc::ptr_eq(&self.world, world) && !same_networks(&self.world, world);
        self.world = Arc::clone(world);

        // The namespaces in use, each with a process in it.
        let mut wanted: HashMap<NetNs, u32> = HashMap::new();
        wanted.insert(self.host, self.host_pid);
        let mut container_netns = HashMap::with_capacity(world.containers.len());
        for container in &world.containers {
            let start = world.processes.get(&container.pid).map_or(0, |process| process.start_ticks);
            if let Some(netns) = self.netns_of(container.pid, start) {
                wanted.entry(netns).or_insert(container.pid);
                container_netns.insert(container.id.clone(), netns);
            }
        }
        let mut lookups = 0;
        for (pid, process) in &world.processes {
            let known = self.netns_of_pid.get(pid).is_some_and(|(start, _)| *start == process.start_ticks);
            if !process.settled || (!known && lookups >= NEW_PROCESSES) {
                continue;
            }
            lookups += usize::from(!known);
            if let Some(netns) = self.netns_of(*pid, process.start_ticks) {
                wanted.entry(netns).or_insert(*pid);
            }
        }
        let is_closed = |pid: &u32| self.netns_of_pid.get(pid).is_some_and(|(_, netns)| *netns == CLOSED);
        let in_containers = world.processes.iter().filter(|(_, process)| process.container.is_some()).map(|(pid, _)| pid);
        if world.containers.iter().map(|container| &container.pid).chain(in_containers).any(is_closed) {
            self.meet(problems::closed_namespaces(), now);
        }
        self.netns_of_pid.retain(|pid, _| world.processes.contains_key(pid) || world.containers.iter().any(|c| c.pid == *pid));

        let before: HashSet<NetNs> = self.namespaces.iter().map(|n| n.netns).collect();
        for error in self.namespaces.watch(&wanted) {
            self.meet_namespace_error(&error, now);
        }
        let same_namespaces = before.len() == self.namespaces.len() && self.namespaces.iter().all(|n| before.contains(&n.netns));
        if !same_namespaces {
            let Self { readings, aggregator, namespaces, .. } = self;
            readings.retain(|netns, _| namespaces.get_mut(*netns).is_some());
            let watched: HashSet<NetNs> = namespaces.iter().map(|n| n.netns).collect();
            aggregator.retain_namespaces(|netns| watched.contains(&netns));
        }

        let links_changed = self.links_changed();
        if links_changed || networks_changed {
            self.reread(&before);
        }
        self.container_netns = container_netns;
        self.find_young();
        if links_changed || networks_changed || !same_namespaces {
            self.map_addresses(&wanted, &before);
        }
        let (owners, container_netns) = (self.aggregator.owners_mut(), &self.container_netns);
        owners.update(world, self.host, |container| container_netns.get(&container.id).copied());
        self.aggregator.proxies_mut().replace(world.processes.iter().filter_map(|(pid, process)| Some((*pid, process.proxy?))));
    }

    /// Marks namespaces that were made for a container since the first tick, before they are read for the first time.
    fn find_young(&mut self) {
        let Some(since) = self.watching_since else { return };
        for container in &self.world.containers {
            let Some(netns) = self.container_netns.get(&container.id).filter(|netns| **netns != self.host) else { continue };
            let reading = self.readings.entry(*netns).or_default();
            if reading.dumped.is_none() && reading.listeners_read.is_none() && container.started_at.is_some_and(|at| at >= since) {
                reading.young = true;
                reading.closed_since = Some(since);
            }
        }
    }

    fn netns_of(&mut self, pid: u32, start_ticks: u64) -> Option<NetNs> {
        if let Some((start, netns)) = self.netns_of_pid.get(&pid)
            && *start == start_ticks
        {
            return Some(*netns).filter(|netns| ![0, CLOSED].contains(netns));
        }
        let is_closed = |error: std::io::Error| if error.kind() == std::io::ErrorKind::PermissionDenied { CLOSED } else { 0 };
        let netns = netns_of(&self.settings.proc, pid).unwrap_or_else(is_closed);
        self.netns_of_pid.insert(pid, (start_ticks, netns));
        Some(netns).filter(|netns| ![0, CLOSED].contains(netns))
    }

    /// Whether links or addresses of the host changed since it was last asked.
    fn links_changed(&mut self) -> bool {
        let Some(links) = &mut self.links else { return false };
        if let Ok(drained) = links.drain(&mut self.buffer, EVENTS_AT_ONCE, |_| {}) {
            drained.messages > 0 || drained.overruns > 0
        } else {
            self.links = None;
            false
        }
    }

    /// Reads links and addresses of these namespaces again.
    fn reread(&mut self, netns: &HashSet<NetNs>) {
        for netns in netns {
            if let Some(namespace) = self.namespaces.get_mut(*netns)
                && let Err(e) = namespace.reread(&mut self.buffer)
            {
                tracing::debug!(netns, error = %e, "addresses");
            }
        }
    }

    /// Maps all addresses anew. `processes` has one of each namespace; those in `before` were read before this tick.
    fn map_addresses(&mut self, processes: &HashMap<NetNs, u32>, before: &HashSet<NetNs>) {
        let mut beside = self.neighbours.find(&mut self.namespaces, self.host, &self.settings.proc, processes, &mut self.buffer);
        // A container in a container: the outer one got a link as well, and the host's links tell nothing of it.
        if self.namespaces.iter().any(|n| n.netns != self.host && !before.contains(&n.netns) && self.neighbours.leads_astray(n)) {
            self.reread(before);
            beside = self.neighbours.find(&mut self.namespaces, self.host, &self.settings.proc, processes, &mut self.buffer);
        }
        let mut attached: HashMap<NetNs, Vec<&str>> = HashMap::new();
        for container in &self.world.containers {
            if let Some(netns) = self.container_netns.get(&container.id) {
                attached.entry(*netns).or_default().extend(container.addresses.iter().map(|a| a.network.as_str()));
            }
        }
        let members: Vec<Member<'_>> = self
            .namespaces
            .iter()
            .map(|n| Member {
                netns: n.netns,
                addresses: &n.addresses,
                networks: attached.get(&n.netns).map_or(&[], Vec::as_slice),
                beside: beside.get(&n.netns).map_or(&[], Vec::as_slice),
            })
            .collect();
        for member in &members {
            let usable_v6 = |a: &rtnetlink::LinkAddress| matches!(a.ip, std::net::IpAddr::V6(ip) if !ip.is_loopback() && !ip.is_unicast_link_local());
            self.readings.entry(member.netns).or_default().has_v6 = member.addresses.iter().any(usable_v6);
        }
        let addresses = Addresses::new(&self.settings.agent, &self.settings.realm, self.host, &members, &self.world.networks);
        self.aggregator.set_addresses(addresses);
    }
}

fn same_networks(a: &World, b: &World) -> bool {
    let networks = |world: &World| world.networks.iter().map(|n| (n.id.clone(), n.subnets.clone())).collect::<Vec<_>>();
    a.containers.len() == b.containers.len()
        && a.containers.iter().zip(&b.containers).all(|(a, b)| a.id == b.id && a.pid == b.pid && a.addresses == b.addresses)
        && a.networks.len() == b.networks.len()
        && networks(a) == networks(b)
}
