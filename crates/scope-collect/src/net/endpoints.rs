//! Where each node can be reached: its listeners, with `*` written out as addresses that others can use, and its published ports.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use scope_core::endpoint::OwnedEndpoint;
use scope_core::limits::ITEMS;
use scope_core::{Address, Endpoint, NodeId, Protocol, Scope, Timestamp};

use super::aggregator::Aggregator;
use super::connection::NetNs;
use super::listeners::{FIRST_EPHEMERAL_PORT, Listener};
use super::world::World;

/// The endpoints of every node that has any, in order. A listener belongs to the closest node that is known of its owners: the process where it is
/// settled, else the container or the host. A `docker-proxy`'s listeners are its container's.
pub fn endpoints(aggregator: &Aggregator, world: &World) -> BTreeMap<NodeId, Vec<OwnedEndpoint>> {
    let mut found: BTreeMap<NodeId, Vec<OwnedEndpoint>> = BTreeMap::new();
    let mut add = |node: &NodeId, at: Endpoint, since: Option<Timestamp>| {
        let endpoints = found.entry(node.clone()).or_default();
        if endpoints.len() < ITEMS {
            endpoints.push(OwnedEndpoint { at, since });
        }
    };
    for (netns, listener) in aggregator.listening().iter().filter(|(_, listener)| listener.is_open()) {
        let Some(owner) = &listener.owner else { continue };
        let port = listener.at.port();
        let client = listener.proto == Protocol::Udp && port >= FIRST_EPHEMERAL_PORT;
        if client || owner.pid.is_some_and(|pid| aggregator.proxies().is_proxy(pid)) {
            continue;
        }
        for (scope, address) in reached_at(aggregator, netns, listener) {
            add(&owner.node, Endpoint { scope, address, port, last_port: port, protocol: listener.proto }, listener.since);
        }
    }
    let addresses = aggregator.addresses();
    for container in &world.containers {
        for port in &container.published {
            let on: Vec<IpAddr> = match port.host_ip.filter(|ip| !ip.is_unspecified()) {
                Some(ip) => vec![ip],
                None => addresses.reachable_of_host().filter(|ip| port.host_ip.is_none_or(|all| all.is_ipv4() == ip.is_ipv4())).collect(),
            };
            for ip in on {
                let scope = addresses.scope(addresses.host(), ip).clone();
                let at = Endpoint { scope, address: Address::Ip(ip), port: port.host_port, last_port: port.host_port, protocol: port.proto };
                add(&container.id, at, container.started_at);
            }
        }
    }
    for endpoints in found.values_mut() {
        endpoints.sort_unstable();
        endpoints.dedup_by(|b, a| a.at == b.at); // sockets that share a port; the earliest stays
    }
    found
}

fn reached_at(aggregator: &Aggregator, netns: NetNs, listener: &Listener) -> Vec<(Scope, Address)> {
    let addresses = aggregator.addresses();
    let ip = listener.at.ip();
    let scoped = |ip: IpAddr| (addresses.scope(netns, ip).clone(), Address::Ip(ip));
    if !ip.is_unspecified() {
        return vec![scoped(ip)];
    }
    let family = |other: &IpAddr| other.is_ipv4() == ip.is_ipv4() || listener.dual_stack;
    if netns == addresses.host() {
        let everywhere = (addresses.scope(netns, SocketAddr::from(([127, 0, 0, 1], 0)).ip()).clone(), Address::Any);
        return std::iter::once(everywhere).chain(addresses.reachable_of_host().filter(family).map(scoped)).collect();
    }
    addresses.of(netns).filter(family).map(scoped).collect()
}
