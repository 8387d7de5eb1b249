//! Decides of every end whose it is, which way it goes and to which flow it belongs.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroU64};

use hashbrown::HashSet;
use scope_core::Side;

use super::known::Known;
use super::{Aggregator, take_figures};
use crate::net::cgroup_tree::CgroupTree;
use crate::net::connection::{NetNs, SocketState};
use crate::net::ends::Ends;
use crate::net::flows::{At, FlowRef, Key, seen};
use crate::net::owner::Owner;
use crate::net::process_sockets::ProcessSockets;
use crate::net::scope::Addresses;
use crate::net::table::{Connection, Totals};

impl Aggregator {
    /// Inodes of sockets whose holder would tell more, each with its namespace and control group, listeners first.
    pub fn wanted(&self, processes: &ProcessSockets) -> Vec<(u64, NetNs, Option<u64>)> {
        let listeners = self.known.listeners.iter().filter(|(_, l)| l.is_open()).map(|(netns, l)| (l.inode, netns, l.cgroup));
        let connections =
            self.connections.iter().filter(|(_, _, c)| c.pid.is_none() && !c.over).map(|(netns, _, c)| (c.inode, netns, c.cgroup.map(NonZeroU64::get)));
        listeners.chain(connections).filter(|(inode, _, _)| processes.is_wanted(*inode)).collect()
    }

    /// Inodes of all sockets that are known.
    pub fn inodes(&self) -> HashSet<u64> {
        let listeners = self.known.listeners.iter().map(|(_, l)| l.inode);
        listeners.chain(self.connections.iter().map(|(_, _, c)| c.inode)).filter(|inode| *inode != 0).collect()
    }

    /// Decides for everything new whose it is and which way it goes, and looks again at what can be told closer by now.
    pub fn attribute(&mut self, groups: &mut CgroupTree, processes: &ProcessSockets) {
        let Known { listeners, owners, .. } = &mut self.known;
        listeners.attribute(|netns, listener| {
            let cgroup = listener.cgroup.and_then(|id| groups.path(id).cloned());
            owners.of_socket(netns, cgroup.as_ref(), processes.holder(listener.inode))
        });

        // A proxy's ends first, so that clients are known by the time the container's end is looked at.
        let mut born = std::mem::take(&mut self.born);
        let host = self.known.addresses.host();
        if !self.known.proxies.is_empty() {
            let rank = |(netns, ends): &(NetNs, Ends)| {
                if *netns != host {
                    (2, 0)
                } else if self.known.proxies.leads_to(ends.proto, ends.remote) {
                    (1, self.connections.get(*netns, ends).map_or(0, |c| c.inode))
                } else {
                    (0, self.connections.get(*netns, ends).map_or(0, |c| c.inode))
                }
            };
            born.sort_by_cached_key(rank);
        }
        self.one_ended.look_again(self.at, &self.known, &self.connections, &self.remains);
        for (netns, ends) in born {
            self.one_ended.meet(netns, &ends, self.at, &self.known, &self.connections, &self.remains);
            if self.waits_for_proxy(netns, &ends, processes) {
                self.born.push((netns, ends));
            } else {
                self.attribute_one(netns, ends, groups, processes);
            }
        }

        let mut closer = Vec::new();
        let Self { connections, known: Known { proxies, owners, .. }, .. } = self;
        for (netns, ends, connection) in connections.iter_mut() {
            if connection.settled || !connection.has_socket() || connection.over {
                continue;
            }
            connection.pid = connection.pid.or_else(|| processes.holder(connection.inode).and_then(NonZeroU32::new));
            let Some(pid) = connection.pid.map(NonZeroU32::get) else { continue };
            if proxies.is_proxy(pid) || owners.process(pid).is_some_and(|process| process.settled) {
                closer.push((netns, ends));
            }
        }
        for (netns, ends) in closer {
            self.attribute_one(netns, ends, groups, processes);
        }
    }

    fn attribute_one(&mut self, netns: NetNs, ends: Ends, groups: &mut CgroupTree, processes: &ProcessSockets) {
        let Some(connection) = self.connections.get(netns, &ends) else { return };
        let side = self.known.side(netns, &ends, connection);
        let holder = connection.pid.or_else(|| processes.holder(connection.inode).and_then(NonZeroU32::new));
        let mut connection = connection.clone();
        connection.side = Some(side);
        connection.pid = holder;
        connection.attributed = true;

        let refused = !connection.has_socket() && !connection.ended && connection.state != SocketState::TimeWait && self.known.is_refused(netns, &ends, side);
        // Nobody listens here, so nobody serves: the attempt is the client's alone.
        let ours = !(refused && side == Side::Server) && (netns != self.known.addresses.host() || self.through_proxy(&ends, side, &mut connection));
        let (flow, port) = if ours {
            let cgroup = connection.cgroup.and_then(|id| groups.path(id.get()).cloned());
            let owner = self.known.owner(netns, &ends, side, &connection, cgroup.as_ref());
            connection.settled = owner.node.kind() == "process";
            let (flow, port) = self.flow(netns, &ends, side, &mut connection, &owner);
            self.flows.command(flow, owner.command.as_ref(), connection.flow.is_none());
            (Some(flow), port)
        } else {
            connection.settled = true;
            (None, 0)
        };
        if flow != connection.flow {
            let counted = connection.flow.is_some_and(|old| self.flows.leave(old));
            if !counted && connection.new {
                connection.counted = Totals::default();
            }
            if let Some(new) = flow {
                self.flows.open(new, port, connection.seen, connection.since);
                let attempts = if counted { 0 } else { u64::from(connection.new) } + u64::from(std::mem::take(&mut connection.before));
                if refused {
                    self.flows.failed(new, attempts);
                } else {
                    self.flows.opened(new, attempts);
                }
            }
            connection.flow = flow;
        }
        if let Some(flow) = flow {
            self.flows.seen_by(flow, connection.seen);
            self.flows.count(flow, take_figures(&mut connection));
        }
        if let Some(place) = self.connections.get_mut(netns, &ends) {
            *place = connection;
        }
    }

    /// The flow that an end belongs to, and the client's port as it is seen beyond this host.
    fn flow(&mut self, netns: NetNs, ends: &Ends, side: Side, connection: &mut Connection, owner: &Owner) -> (FlowRef, u16) {
        let host = self.known.addresses.host();
        let scoped = |addresses: &Addresses, from: NetNs, at: SocketAddr| (addresses.scope(from, at.ip()).clone(), at);
        match side {
            Side::Client => {
                let translated = self.known.translations.server_of(ends.proto, ends.local, ends.remote);
                let mut server = scoped(&self.known.addresses, if translated.is_some() { host } else { netns }, translated.unwrap_or(ends.remote));
                if translated.is_none()
                    && self.known.addresses.locate(netns, ends.remote.ip()) == Some(host)
                    && let Some(target) = self.known.proxies.target_of(ends.proto, ends.remote)
                {
                    server = scoped(&self.known.addresses, host, target);
                    connection.seen |= seen::PROXY;
                }
                let node = self.known.server(if server.1 == ends.remote { netns } else { host }, ends.proto, server.1);
                let dialled = At { scope: self.known.addresses.scope(netns, ends.remote.ip()), ip: ends.remote.ip(), port: ends.remote.port() };
                let at = At { scope: &server.0, ip: server.1.ip(), port: server.1.port() };
                let key = Key::new(side, &owner.node, ends.proto, dialled, at);
                let port = self.known.translations.client_port_of(ends.proto, ends.local, ends.remote).unwrap_or(ends.local.port());
                (self.flows.flow(key, node.as_ref(), netns, self.at), port)
            }
            Side::Server => {
                let mut client = (netns, ends.remote);
                if let Some(original) = self.known.translations.client_of(ends.proto, ends.local, ends.remote) {
                    client = (host, original);
                } else if self.known.proxies.leads_to(ends.proto, ends.local)
                    && let Some(behalf) = self.behalf_of(&ends.reversed())
                {
                    client = (host, behalf);
                    connection.seen |= seen::PROXY;
                }
                let client_scope = self.known.addresses.scope(client.0, client.1.ip());
                let far = At { scope: client_scope, ip: client.1.ip(), port: 0 };
                let at = At { scope: self.known.addresses.scope(netns, ends.local.ip()), ip: ends.local.ip(), port: ends.local.port() };
                let key = Key::new(side, &owner.node, ends.proto, far, at);
                (self.flows.flow(key, None, netns, self.at), ends.remote.port())
            }
        }
    }
}
