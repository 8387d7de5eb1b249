//! What is known beside the connections themselves, and what follows from it for an end: which end it is, whose, who serves at the other. Nothing of it is read or
//! counted here.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use scope_core::{AgentName, NodeId, Protocol, Scope, Side};

use crate::net::connection::{NetNs, SocketState, Tracked};
use crate::net::ends::Ends;
use crate::net::listeners::{FIRST_EPHEMERAL_PORT, Listeners};
use crate::net::nat::Translations;
use crate::net::owner::{Owner, Owners};
use crate::net::proxy::Proxies;
use crate::net::scope::Addresses;
use crate::net::table::Connection;

/// Which connections are seen by connection tracking, so that nothing else has to look for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "two families times two ways, each with a setting of its own")]
pub struct Tracking {
    /// IPv4 between the host and others, and between routed networks.
    pub routed_v4: bool,
    /// IPv6 likewise.
    pub routed_v6: bool,
    /// IPv4 between containers on one bridge.
    pub bridged_v4: bool,
    /// IPv6 likewise.
    pub bridged_v6: bool,
}

/// Addresses, owners, listeners, translations and proxies.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) addresses: Addresses,
    pub(super) owners: Owners,
    pub(super) listeners: Listeners,
    pub(super) translations: Translations,
    pub(super) proxies: Proxies,
    pub(super) tracking: Tracking,
    /// After how many seconds tracking forgets UDP: unanswered, answered.
    pub(super) udp_timeouts: (u32, u32),
}

impl Known {
    /// Knows the agent and nothing else.
    pub(super) fn new(agent: &AgentName, realm: &Scope, host: NetNs) -> Self {
        Self {
            addresses: Addresses::new(agent, realm, host, &[], &[]),
            owners: Owners::new(agent),
            listeners: Listeners::default(),
            translations: Translations::default(),
            proxies: Proxies::default(),
            tracking: Tracking::default(),
            udp_timeouts: (30, 120),
        }
    }

    /// Which end `ends` is. Who listens comes first; then counters of the kernel that only the end that dialled has; then who sent the first
    /// packet; and where none of it is known, ports.
    pub(super) fn side(&self, netns: NetNs, ends: &Ends, connection: &Connection) -> Side {
        if connection.state == SocketState::SynSent {
            return Side::Client;
        }
        let here = self.listeners.is_served(netns, ends.proto, ends.local);
        let far = self.translations.server_of(ends.proto, ends.local, ends.remote).unwrap_or(ends.remote);
        let there = self.addresses.locate(netns, far.ip()).is_some_and(|netns| self.listeners.is_served(netns, ends.proto, far));
        let dialled = connection.dialled.map(|dialled| if dialled { Side::Client } else { Side::Server });
        match (here, there) {
            (true, false) => Side::Server,
            (false, true) => Side::Client,
            _ => dialled.or(connection.tracked_side).unwrap_or_else(|| by_ports(ends, here && there)),
        }
    }

    /// Whether a TCP connection that only tracking saw was an attempt at a port of this host where nobody listens.
    pub(super) fn is_refused(&self, netns: NetNs, ends: &Ends, side: Side) -> bool {
        if ends.proto != Protocol::Tcp {
            return false;
        }
        let (place, at) = match side {
            Side::Server => (Some(netns), ends.local),
            Side::Client => {
                let far = self.translations.server_of(ends.proto, ends.local, ends.remote).unwrap_or(ends.remote);
                (self.addresses.locate(netns, far.ip()), far)
            }
        };
        place.is_some_and(|place| self.listeners.knows(place) && self.listeners.taking(place, ends.proto, at).next().is_none())
    }

    /// Who owns an end.
    pub(super) fn owner(&self, netns: NetNs, ends: &Ends, side: Side, connection: &Connection, cgroup: Option<&Arc<[u8]>>) -> Owner {
        if connection.has_socket() && (connection.inode != 0 || cgroup.is_some()) {
            return self.owners.of_socket(netns, cgroup, connection.pid.map(NonZeroU32::get));
        }
        // Gone before anybody could look: a server's end is its listener's.
        let listener = match side {
            Side::Server => self.listener_owner(netns, ends.proto, ends.local),
            Side::Client => None,
        };
        listener.unwrap_or_else(|| self.owners.of_netns(netns))
    }

    /// The owner of the listeners at `at`: the nearest node that holds for all of them.
    pub(super) fn listener_owner(&self, netns: NetNs, proto: Protocol, at: SocketAddr) -> Option<Owner> {
        let mut owners = self.listeners.taking(netns, proto, at).filter_map(|listener| listener.owner.as_ref());
        let mut common = owners.next()?.clone();
        for owner in owners {
            if owner.node != common.node {
                let (a, b) = (self.owners.container_of(&common), self.owners.container_of(owner));
                common = Owner { node: if a == b { a } else { self.owners.host().clone() }, command: None, pid: None };
            }
        }
        Some(common)
    }

    /// Who serves at `at`, as seen from within `from`.
    pub(super) fn server(&self, from: NetNs, proto: Protocol, at: SocketAddr) -> Option<NodeId> {
        let netns = self.addresses.locate(from, at.ip())?;
        if let Some(owner) = self.listener_owner(netns, proto, at) {
            return Some(owner.node);
        }
        // Whoever has sockets on this very address behind other ports: within the namespace the port is translated, as for Docker's resolver
        // on 127.0.0.11.
        if at.ip().is_loopback() {
            let mut owners = self.listeners.on_address(netns, proto, at.ip()).filter(|l| l.is_open()).filter_map(|l| l.owner.as_ref());
            let own = netns != self.addresses.host();
            return owners.next().filter(|_| own).map(|owner| owner.node.clone());
        }
        if netns == self.addresses.host() {
            return self.owners.published(proto, at).or_else(|| Some(self.owners.host().clone()));
        }
        Some(self.owners.of_netns(netns).node)
    }

    /// Whether connection tracking sees this connection.
    pub(super) fn is_tracked(&self, netns: NetNs, ends: &Ends) -> bool {
        let (local, remote) = (ends.local.ip(), ends.remote.ip());
        let v4 = local.is_ipv4();
        if netns == self.addresses.host() {
            return if v4 { self.tracking.routed_v4 } else { self.tracking.routed_v6 };
        }
        // Within the namespace: the host's connection tracking has no part in it.
        if local.is_loopback()
            || remote.is_loopback()
            || local == remote
            || !self.addresses.is_linked(netns)
            || self.addresses.is_near(netns, remote)
            || self.addresses.locate(netns, remote) == Some(netns)
        {
            return false;
        }
        match (v4, self.addresses.same_network(local, remote) && !self.addresses.is_host(remote)) {
            (true, true) => self.tracking.bridged_v4,
            (false, true) => self.tracking.bridged_v6,
            (true, false) => self.tracking.routed_v4,
            (false, false) => self.tracking.routed_v6,
        }
    }

    /// Seconds since the last packet of a UDP exchange.
    pub(super) fn udp_idle(&self, tracked: &Tracked) -> Option<u32> {
        let (unanswered, answered) = self.udp_timeouts;
        let whole = if tracked.assured { answered } else { unanswered };
        tracked.timeout_secs.filter(|_| tracked.proto == Protocol::Udp).map(|left| whole.saturating_sub(left))
    }
}

/// Which end `ends` is, by ports: who has a chosen port against one that the kernel gave is the server. Where both chose theirs (`both_serve`)
/// the same answer has to come out at both ends.
fn by_ports(ends: &Ends, both_serve: bool) -> Side {
    let (local, remote) = ((ends.local.port(), ends.local.ip()), (ends.remote.port(), ends.remote.ip()));
    let chosen_here = local.0 < FIRST_EPHEMERAL_PORT && remote.0 >= FIRST_EPHEMERAL_PORT;
    if chosen_here || (both_serve && local < remote) { Side::Server } else { Side::Client }
}
