//! Who listens where, and whose address is whose.
//!
//! Two kinds of knowledge, kept apart: an endpoint says that a node listens at an address and port; the attributes `networks` of containers and
//! `addresses` of others say that a whole address is a node's own. A published port belongs to its container while the address it is published at
//! belongs to the host. `addresses` have no scope: they are those of the agent's realm, which its endpoints and flows tell.

use std::net::IpAddr;

use hashbrown::HashMap;
use scope_core::state::NodeState;
use scope_core::{Protocol, SocketAddress, Timestamp, Value};

use super::NONE;
use super::listening::{Listening, Place};
use super::networks::Networks;
use super::nodes::{KindId, Nodes, is_same};
use super::parents::Parents;
use super::peers::is_private;
use super::reports::Report;

/// An address, port and protocol within a scope, as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct At {
    ip: u128,
    scope: u32,
    port: u16,
    protocol: Protocol,
}

/// Stands for every address of a scope; as an address it is a multicast one that nothing listens at.
pub(super) const ANY: u128 = u128::MAX;

/// One number for both families: IPv4 as its mapped form.
pub(super) fn ip_bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

/// Whom an address and port belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Nobody who is known.
    Unknown,
    /// One node.
    Node(u32),
    /// Several that share only a host ([`NONE`] if not even that).
    Shared(u32),
}

#[derive(Clone, Copy, Debug)]
struct Listener {
    /// In microseconds; the smallest number where nobody says.
    since: i64,
    node: u32,
    /// The next one at the same place.
    next: u32,
    first_port: u16,
    last_port: u16,
}

/// Everything known of places.
#[derive(Debug)]
pub(super) struct Places<'s, 'g> {
    nodes: &'g Nodes<'s>,
    parents: &'g Parents,
    scopes: HashMap<&'g str, u32>,
    /// The scope that was last asked for: what one node or one agent says is mostly of the same.
    last: Option<(&'g str, u32)>,
    /// The scopes of container networks, by the network's id.
    networks: HashMap<&'g str, u32>,
    /// The host whose scope it is, by scope.
    hosts: Vec<u32>,
    listeners: Vec<Listener>,
    /// Where the listeners of a place begin. Those on ranges of ports are kept under port 0.
    heads: HashMap<At, u32>,
    any_range: bool,
    /// Whose address it is; [`NONE`] where several claim it.
    owners: HashMap<(u32, u128), u32>,
    /// The addresses of hosts, whatever the scope, by agent.
    of_agent: HashMap<(u32, u128), u32>,
    image: Option<KindId>,
    host: Option<KindId>,
}

impl<'s, 'g> Places<'s, 'g> {
    /// Everything that the nodes say of places.
    pub(super) fn index(
        nodes: &'g Nodes<'s>,
        parents: &'g Parents,
        networks: &'g Networks,
        listening: &'g Listening,
        reports: &[Report<'s>],
        agents: usize,
    ) -> Self {
        let mut places = Self {
            nodes,
            parents,
            scopes: HashMap::new(),
            last: None,
            networks: HashMap::new(),
            hosts: Vec::new(),
            listeners: Vec::with_capacity(listening.len()),
            heads: HashMap::with_capacity(listening.len()),
            any_range: false,
            owners: HashMap::with_capacity(networks.len()),
            of_agent: HashMap::new(),
            image: nodes.kind_id("image"),
            host: nodes.kind_id("host"),
        };
        places.scope_number("");
        let mut realms = vec![None; agents];
        let mut realm_of = |agent: u32, scope: &'g str| {
            if let Some(realm @ None) = realms.get_mut(agent as usize)
                && is_realm(scope)
            {
                *realm = Some(scope);
            }
        };
        for report in reports {
            realm_of(report.agent, report.flow.key.server_addr.scope.as_str());
        }
        let listened: Vec<(u32, bool)> = listening.scopes().iter().map(|scope| (places.scope_number(scope), is_realm(scope))).collect();
        for node in 0..nodes.len() as u32 {
            if Some(nodes.kind(node)) == places.host {
                // So that the scope of each host has a number, whether or not anything listens there.
                places.scope_number(nodes.id(node));
            }
            let speakers = nodes.said(node);
            for place in listening.of(node) {
                let Some((scope, is_realm)) = listened.get(place.scope as usize).copied() else { continue };
                if let (true, Some(said)) = (is_realm, speakers.get(usize::from(place.speaker))) {
                    realm_of(said.agent, listening.scopes().get(place.scope as usize).map_or("", |scope| scope));
                }
                let Place { ip, since, first_port, last_port, protocol, .. } = *place;
                let at = At { ip, scope, port: first_port, protocol };
                places.listen(at, Listener { since, node, next: NONE, first_port, last_port });
            }
        }
        let scopes: Vec<u32> = networks.names().iter().map(|id| places.network_number(id)).collect();
        let (process, container) = (nodes.kind_id("process"), nodes.kind_id("container"));
        for node in 0..nodes.len() as u32 {
            let kind = Some(nodes.kind(node));
            if kind == container {
                for (network, ip) in networks.of(node) {
                    places.own((scopes.get(*network as usize).copied().unwrap_or(NONE), *ip), node);
                }
            } else if kind != process {
                for said in nodes.said(node) {
                    let realm = realms.get(said.agent as usize).copied().flatten().unwrap_or_default();
                    places.own_addresses(said.state, said.agent, realm, node);
                }
            }
        }
        places
    }

    /// The addresses of anything else. Of a host they hold in every network that it is part of: it is the gateway of its bridges.
    fn own_addresses(&mut self, state: &'s NodeState, agent: u32, realm: &'g str, node: u32) {
        let Some(Value::List(addresses)) = state.attr("addresses") else { return };
        for ip in addresses.iter().filter_map(Value::as_text).filter_map(|ip| ip.parse::<IpAddr>().ok()).filter(|ip| !ip.is_loopback()) {
            let scope = self.scope_number(if is_private(ip) { realm } else { "" });
            self.own((scope, ip_bits(ip)), node);
            if Some(self.nodes.kind(node)) == self.host {
                self.of_agent.insert((agent, ip_bits(ip)), node);
            }
        }
    }

    fn scope_number(&mut self, scope: &'g str) -> u32 {
        if let Some((last, number)) = self.last
            && is_same(last, scope)
        {
            return number;
        }
        let number = match scope.strip_prefix("net:") {
            Some(id) => self.network_number(id),
            None => self.scopes.get(scope).copied().unwrap_or_else(|| self.new_scope(scope)),
        };
        self.last = Some((scope, number));
        number
    }

    fn new_scope(&mut self, scope: &'g str) -> u32 {
        let number = self.hosts.len() as u32;
        self.scopes.insert(scope, number);
        // The scope of a host is spelt like the host's id.
        self.hosts.push(if scope.starts_with("host:") { self.nodes.find(scope).unwrap_or(NONE) } else { NONE });
        number
    }

    fn network_number(&mut self, id: &'g str) -> u32 {
        let next = self.hosts.len() as u32;
        let number = *self.networks.entry(id).or_insert(next);
        if number == next {
            self.hosts.push(NONE);
        }
        number
    }

    fn scope(&self, scope: &str) -> Option<u32> {
        match scope.strip_prefix("net:") {
            Some(id) => self.networks.get(id),
            None => self.scopes.get(scope),
        }
        .copied()
    }

    fn listen(&mut self, at: At, listener: Listener) {
        let at = if listener.first_port == listener.last_port {
            at
        } else {
            self.any_range = true;
            At { port: 0, ..at }
        };
        let head = self.heads.entry(at).or_insert(NONE);
        let listener = Listener { next: *head, ..listener };
        *head = self.listeners.len() as u32;
        self.listeners.push(listener);
    }

    fn own(&mut self, at: (u32, u128), node: u32) {
        let parents = self.parents;
        self.owners
            .entry(at)
            .and_modify(|owner| {
                // A host lends its address to the containers in its network; two that are not related contradict each other.
                *owner = match *owner {
                    NONE => NONE,
                    other if parents.is_within(other, node) => node,
                    other if parents.is_within(node, other) => other,
                    _ => NONE,
                }
            })
            .or_insert(node);
    }

    /// The numbers of an address, where anybody named its scope.
    pub(super) fn at(&self, socket: &SocketAddress, protocol: Protocol) -> Option<At> {
        let scope = self.scope(socket.scope.as_str())?;
        Some(At { ip: ip_bits(socket.ip), scope, port: socket.port, protocol })
    }

    /// Who listened there at `seen`: the most exact of what is said. An endpoint that came later is not meant.
    pub(super) fn listener(&self, at: At, seen: Timestamp, found: &mut Vec<u32>) -> Owner {
        found.clear();
        for ip in [at.ip, ANY] {
            self.collect(At { ip, ..at }, at.port, seen, found);
            if found.is_empty() && self.any_range {
                self.collect(At { ip, port: 0, ..at }, at.port, seen, found);
            }
            if !found.is_empty() {
                break;
            }
        }
        match found.as_slice() {
            [] => Owner::Unknown,
            [node] => Owner::Node(*node),
            _ => self.one_of(found),
        }
    }

    fn collect(&self, key: At, port: u16, seen: Timestamp, found: &mut Vec<u32>) {
        let mut next = self.heads.get(&key).copied().unwrap_or(NONE);
        while let Some(listener) = self.listeners.get(next as usize) {
            if listener.since <= seen.as_micros() && (listener.first_port..=listener.last_port).contains(&port) && !found.contains(&listener.node) {
                found.push(listener.node);
            }
            next = listener.next;
        }
    }

    /// What stands for all of `found`: the innermost if they contain each other, else the nearest that contains them all.
    fn one_of(&self, found: &mut Vec<u32>) -> Owner {
        found.sort_unstable();
        let outer: Vec<u32> = found.iter().copied().filter(|node| found.iter().any(|other| other != node && self.parents.is_within(*other, *node))).collect();
        // Nodes that contain each other in a loop are all outer ones.
        if outer.len() < found.len() {
            found.retain(|node| !outer.contains(node));
        }
        if let [node] = found.as_slice() {
            return Owner::Node(*node);
        }
        // Two containers of one image have nothing to do with each other.
        match self.parents.common(found, |node| Some(self.nodes.kind(node)) != self.image) {
            Some(host) if Some(self.nodes.kind(host)) == self.host => Owner::Shared(host),
            Some(node) => Owner::Node(node),
            None => Owner::Shared(NONE),
        }
    }

    /// Whose address it is, as `agent` sees it: a container's, a host's. The host where the scope is a host's own.
    pub(super) fn owner(&self, agent: u32, scope: &str, ip: IpAddr) -> Option<u32> {
        let ip = ip_bits(ip);
        let owner = self.scope(scope).and_then(|scope| {
            let owner = self.owners.get(&(scope, ip)).copied();
            owner.or_else(|| self.hosts.get(scope as usize).copied().filter(|host| *host != NONE))
        });
        match owner {
            Some(NONE) => None,
            None if scope.starts_with("net:") => self.of_agent.get(&(agent, ip)).copied(),
            owner => owner,
        }
    }
}

/// Whether a scope is a realm: neither a host's own, nor a container network's, nor the world.
fn is_realm(scope: &str) -> bool {
    !scope.is_empty() && !scope.starts_with("net:") && !scope.starts_with("host:")
}
