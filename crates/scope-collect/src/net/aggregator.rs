//! Connections become flows: which end dialled, whose the ends are, what was translated between, and what counts where. Reads nothing
//! itself: observations come in, and the table of flows comes out, so that any way of reading can feed it.
//!
//! A tick is: [`Aggregator::begin`], any number of observations ([`listeners`](Aggregator::listeners), [`tracked`](Aggregator::tracked),
//! [`socket`](Aggregator::socket), [`absent`](Aggregator::absent), [`end_of_dump`](Aggregator::end_of_dump)), then
//! [`attribute`](Aggregator::attribute), then [`end`](Aggregator::end). Tracked connections may also come in between ticks.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use compact_str::CompactString;
use hashbrown::{HashMap, HashSet};
use scope_core::{AgentName, NodeId, Protocol, Scope, Side, SocketAddress, Timestamp, flow};

use super::cgroup_tree::CgroupTree;
use super::connection::{NetNs, Socket, SocketState, Tracked, TrackedEvent};
use super::flows::{At, Figures, FlowTable, Key, seen};
use super::listeners::{FIRST_EPHEMERAL_PORT, Listeners};
use super::nat::Translations;
use super::owner::{Owner, Owners};
use super::process_sockets::ProcessSockets;
use super::proxy::Proxies;
use super::scope::Addresses;
use super::table::{Connection, Connections, Ends, Totals};

/// How long the kernel keeps a socket in `TimeWait`, microseconds (`TCP_TIMEWAIT_LEN`).
const TIME_WAIT_US: i64 = 60_000_000;
/// How far the time at which a connection was closed may be off: the kernel's clock ticks every 1 to 10 ms, and a dump takes a while.
const TIME_WAIT_SLACK_US: i64 = 100_000;
/// How long after its end a connection may turn up in `TimeWait` for the first time, microseconds: the longest time between two dumps.
const REMAINS_US: i64 = 20_000_000;
/// Most connections remembered for that.
const REMAINS: usize = 16_384;
/// How long a UDP exchange counts as open after its last packet, seconds.
const UDP_OPEN_SECS: u32 = 15;

/// What was observed and could not be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Connections that did not fit the table.
    pub connections: u64,
    /// Listeners that did not fit.
    pub listeners: u64,
    /// Connections counted for a network instead of their peer.
    pub folded: u64,
}

/// When sockets were read, and what that says of the ones that were not known before.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    /// When reading began.
    pub at: Timestamp,
    /// Whether the namespace was read before: then what is new was opened in between, else it may be older than the collector.
    pub again: bool,
    /// When sockets in `TimeWait` were last read there.
    pub time_wait_since: Option<Timestamp>,
}

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

#[derive(Clone, Copy, Debug)]
struct Remains {
    at: Timestamp,
    drain: u64,
}

/// The joins of connections with everything else that is known.
#[derive(Debug)]
pub struct Aggregator {
    addresses: Addresses,
    owners: Owners,
    listeners: Listeners,
    translations: Translations,
    proxies: Proxies,
    connections: Connections,
    flows: FlowTable,
    tracking: Tracking,
    udp_timeouts: (u32, u32),
    /// Connections that were seen open by their sockets alone and are over: neither what is left of them in the kernel nor a late event is
    /// another connection.
    remains: HashMap<(NetNs, Ends), Remains>,
    /// TCP connections that tracking told of, by the namespace of the end.
    told: HashMap<NetNs, u64>,
    /// Ends that came up since the last attribution.
    born: Vec<(NetNs, Ends)>,
    at: Timestamp,
    round: u64,
    drain: u64,
}

impl Aggregator {
    /// Knows the agent and nothing else.
    pub fn new(agent: &AgentName, realm: &Scope, host: NetNs) -> Self {
        Self {
            addresses: Addresses::new(agent, realm, host, &[], &[]),
            owners: Owners::new(agent),
            listeners: Listeners::default(),
            translations: Translations::default(),
            proxies: Proxies::default(),
            connections: Connections::default(),
            flows: FlowTable::default(),
            tracking: Tracking::default(),
            udp_timeouts: (30, 120),
            remains: HashMap::new(),
            told: HashMap::new(),
            born: Vec::new(),
            at: Timestamp::default(),
            round: 0,
            drain: 0,
        }
    }

    /// Begins a tick at the time `at`.
    pub fn begin(&mut self, at: Timestamp) {
        self.at = at;
        self.round += 1;
    }

    /// Takes new knowledge of the other sources.
    pub fn owners_mut(&mut self) -> &mut Owners {
        &mut self.owners
    }

    /// Who owns what.
    pub fn owners(&self) -> &Owners {
        &self.owners
    }

    /// Takes another map of addresses.
    pub fn set_addresses(&mut self, addresses: Addresses) {
        self.addresses = addresses;
    }

    /// The map of addresses.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Takes the running proxies.
    pub fn proxies_mut(&mut self) -> &mut Proxies {
        &mut self.proxies
    }

    /// The running proxies.
    pub fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// Who listens where.
    pub fn listening(&self) -> &Listeners {
        &self.listeners
    }

    /// The connections that are there now.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// The flows.
    pub fn flows(&self) -> &FlowTable {
        &self.flows
    }

    /// Says what connection tracking sees from now on, and after how many seconds it forgets UDP (unanswered, answered).
    pub fn set_tracking(&mut self, tracking: Tracking, udp_timeouts: (u32, u32)) {
        self.tracking = tracking;
        self.udp_timeouts = udp_timeouts;
    }

    /// What was lost so far.
    pub fn losses(&self) -> Losses {
        Losses { connections: self.connections.dropped(), listeners: self.listeners.dropped(), folded: self.flows.folded() }
    }

    /// Forgets namespaces that are gone.
    pub fn retain_namespaces(&mut self, keep: impl Fn(NetNs) -> bool) {
        self.listeners.retain(&keep);
        self.told.retain(|netns, _| keep(*netns));
        let gone: Vec<NetNs> = self.connections.namespaces().filter(|netns| !keep(*netns)).collect();
        for netns in gone {
            self.connections.of_mut(netns).for_each(|(_, connection)| connection.over = true);
        }
    }

    /// All listening TCP and unconnected UDP sockets of a namespace.
    pub fn listeners(&mut self, netns: NetNs, sockets: &[Socket]) {
        self.listeners.replace(netns, sockets, self.at);
    }

    /// Events of connection tracking follow that were read at once.
    pub fn begin_drain(&mut self) {
        self.drain += 1;
    }

    /// An event of connection tracking, or an entry of its table. It stands for up to two ends on this host.
    pub fn tracked(&mut self, tracked: &Tracked) {
        self.translations.learn(tracked);
        let host = self.addresses.host();
        let client = Ends { proto: tracked.proto, local: tracked.original.src, remote: tracked.original.dst };
        let server = Ends { proto: tracked.proto, local: tracked.reply.src, remote: tracked.reply.dst };
        for (side, ends) in [(Side::Client, client), (Side::Server, server)] {
            let Some(netns) = self.addresses.locate(host, ends.local.ip()) else { continue };
            self.tracked_end(tracked, side, netns, ends);
        }
    }

    fn tracked_end(&mut self, tracked: &Tracked, side: Side, netns: NetNs, ends: Ends) {
        let idle = self.udp_idle(tracked);
        let known = self.connections.get_mut(netns, &ends);
        match (tracked.event, known) {
            (TrackedEvent::Destroy, Some(known)) => {
                // A socket says better when a TCP connection is over.
                known.over |= !known.has_socket();
                count_tracked(known, tracked, side);
            }
            (TrackedEvent::New, Some(known)) if known.has_socket() && known.seen & seen::CONNTRACK == 0 && known.drain + 1 == self.drain => {
                // Its socket was seen between two readings of events.
                known.seen |= seen::CONNTRACK;
                known.tracked_side = Some(side);
                known.attributed = false;
                self.born.push((netns, ends));
            }
            (TrackedEvent::New, Some(_)) => {
                // The ends are used again: what was there is over.
                let before = self.close(netns, &ends);
                self.tracked_born(tracked, side, netns, ends);
                if let Some(connection) = self.connections.get_mut(netns, &ends) {
                    connection.before = before;
                }
            }
            (TrackedEvent::Present | TrackedEvent::Update, Some(known)) => {
                known.seen |= seen::CONNTRACK;
                known.tracked_side = Some(side);
                count_tracked(known, tracked, side);
                if tracked.proto == Protocol::Udp && !known.has_socket() && idle.is_some_and(|secs| secs >= UDP_OPEN_SECS) {
                    known.over = true;
                }
                if let Some(flow) = known.flow {
                    self.flows.seen_by(flow, seen::CONNTRACK);
                }
            }
            (TrackedEvent::New, None) => {
                let late = self.remains.remove(&(netns, ends)).is_some_and(|remains| remains.drain + 1 == self.drain);
                if !late {
                    self.tracked_born(tracked, side, netns, ends);
                }
            }
            (TrackedEvent::Present, None) if tracked.proto == Protocol::Udp && idle.is_some_and(|secs| secs < UDP_OPEN_SECS) => {
                self.tracked_born(tracked, side, netns, ends);
            }
            // What the table still holds of TCP may be over for days; sockets tell. A closed end needs nothing.
            (TrackedEvent::Present | TrackedEvent::Update | TrackedEvent::Destroy, None) => {}
        }
    }

    fn tracked_born(&mut self, tracked: &Tracked, side: Side, netns: NetNs, ends: Ends) {
        if tracked.proto == Protocol::Tcp {
            *self.told.entry(netns).or_insert(0) += 1;
        }
        let mut connection = Connection::new(self.at, tracked.event == TrackedEvent::New);
        connection.tracked_side = Some(side);
        connection.seen = seen::CONNTRACK;
        count_tracked(&mut connection, tracked, side);
        if tracked.event == TrackedEvent::Present {
            connection.counted = connection.totals; // what was before is not ours
        }
        if self.connections.insert(netns, ends, connection) {
            self.born.push((netns, ends));
        }
    }

    /// How many TCP connections with an end in `netns` tracking has told of so far.
    pub fn told_of(&self, netns: NetNs) -> u64 {
        self.told.get(&netns).copied().unwrap_or(0)
    }

    /// Seconds since the last packet of a UDP exchange.
    fn udp_idle(&self, tracked: &Tracked) -> Option<u32> {
        let (unanswered, answered) = self.udp_timeouts;
        let whole = if tracked.assured { answered } else { unanswered };
        tracked.timeout_secs.filter(|_| tracked.proto == Protocol::Udp).map(|left| whole.saturating_sub(left))
    }

    /// A connected socket, as of `read`.
    pub fn socket(&mut self, socket: &Socket, read: Read) {
        let ends = Ends { proto: socket.proto, local: socket.local, remote: socket.remote };
        let netns = socket.netns;
        if socket.state == SocketState::TimeWait {
            self.time_wait(netns, ends, socket, read);
            return;
        }
        let mut before = 0;
        let known = match self.connections.get_mut(netns, &ends) {
            Some(known) if known.has_socket() && known.cookie != socket.cookie => {
                before = self.close(netns, &ends);
                None
            }
            known => known,
        };
        let connection = if let Some(known) = known {
            known
        } else {
            let mut connection = Connection::new(self.at, read.again);
            connection.drain = self.drain;
            connection.before = before;
            if !read.again {
                // What it did before is not ours to count.
                connection.counted = Totals { tx_bytes: socket.tx_bytes, rx_bytes: socket.rx_bytes, retrans: socket.retrans };
            }
            if !self.connections.insert(netns, ends, connection) {
                return;
            }
            self.born.push((netns, ends));
            let Some(connection) = self.connections.get_mut(netns, &ends) else { return };
            connection
        };
        let was_seen = connection.seen;
        // Closed by its process; the kernel is left to say goodbye.
        let orphaned = socket.inode == 0
            && socket.proto == Protocol::Tcp
            && !matches!(socket.state, SocketState::Established | SocketState::SynSent | SocketState::CloseWait);
        connection.cookie = socket.cookie;
        connection.seen |= seen::SOCK_DIAG;
        connection.round = self.round;
        connection.over = orphaned;
        if socket.inode != 0 {
            connection.inode = socket.inode;
        }
        connection.cgroup = socket.cgroup.or(connection.cgroup);
        connection.pid = socket.pid.or(connection.pid);
        connection.dialled = connection.dialled.or(socket.dialled);
        connection.rtt_us = socket.rtt_us;
        let totals = &mut connection.totals;
        *totals =
            Totals { tx_bytes: socket.tx_bytes.or(totals.tx_bytes), rx_bytes: socket.rx_bytes.or(totals.rx_bytes), retrans: socket.retrans.or(totals.retrans) };
        connection.state = socket.state;
        if let Some(flow) = connection.flow {
            self.flows.count(flow, take_figures(connection));
            if connection.seen != was_seen {
                self.flows.seen_by(flow, connection.seen);
            }
        }
    }

    /// A socket whose connection is over, on the side that closed first. Where nothing else sees connections that come and go, this does: it
    /// also stands for the other end.
    fn time_wait(&mut self, netns: NetNs, ends: Ends, socket: &Socket, read: Read) {
        let Some(since) = read.time_wait_since else { return };
        let closed = Timestamp::from_micros(read.at.as_micros().saturating_sub(TIME_WAIT_US - i64::from(socket.expires_ms).saturating_mul(1000)));
        if since.micros_since(closed) > TIME_WAIT_SLACK_US || self.is_tracked(netns, &ends) {
            return;
        }
        let other = self.addresses.locate(netns, ends.remote.ip()).map(|netns| (netns, ends.reversed()));
        for (netns, ends) in [Some((netns, ends)), other].into_iter().flatten() {
            if self.connections.get(netns, &ends).is_some() || self.remains.contains_key(&(netns, ends)) {
                continue;
            }
            let mut connection = Connection::new(closed, true);
            connection.seen = seen::SOCK_DIAG;
            connection.state = SocketState::TimeWait;
            connection.over = true;
            if self.connections.insert(netns, ends, connection) {
                self.born.push((netns, ends));
            }
        }
    }

    /// Whether connection tracking sees this connection.
    pub fn is_tracked(&self, netns: NetNs, ends: &Ends) -> bool {
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

    /// The kernel has no connection with these ends (any more).
    pub fn absent(&mut self, netns: NetNs, ends: &Ends) {
        if let Some(connection) = self.connections.get_mut(netns, ends) {
            connection.over = true;
        }
    }

    /// All sockets of `proto` in `netns` have been told: those that were not are over.
    pub fn end_of_dump(&mut self, netns: NetNs, proto: Protocol) {
        let round = self.round;
        for (ends, connection) in self.connections.of_mut(netns) {
            let told = ends.proto != proto || connection.round == round || connection.over;
            // UDP without a socket of its own is known from tracking alone, which also says when it is over.
            if !told && (proto == Protocol::Tcp || connection.has_socket()) {
                connection.over = true;
            }
        }
    }

    /// Ends of TCP connections in `netns` that are known from tracking alone: a question to the kernel shows whether they are still there.
    pub fn unconfirmed(&self, netns: NetNs) -> impl Iterator<Item = Ends> {
        self.connections.of(netns).filter(|(ends, c)| ends.proto == Protocol::Tcp && !c.has_socket() && !c.over).map(|(ends, _)| *ends)
    }

    /// Inodes of sockets whose holder would tell more, each with its namespace and control group, listeners first.
    pub fn wanted(&self, processes: &ProcessSockets) -> Vec<(u64, NetNs, Option<u64>)> {
        let listeners = self.listeners.iter().filter(|(_, l)| l.is_open()).map(|(netns, l)| (l.inode, netns, l.cgroup));
        let connections = self.connections.iter().filter(|(_, _, c)| c.pid.is_none() && !c.over).map(|(netns, _, c)| (c.inode, netns, c.cgroup));
        listeners.chain(connections).filter(|(inode, _, _)| processes.is_wanted(*inode)).collect()
    }

    /// Inodes of all sockets that are known.
    pub fn inodes(&self) -> HashSet<u64> {
        let listeners = self.listeners.iter().map(|(_, l)| l.inode);
        listeners.chain(self.connections.iter().map(|(_, _, c)| c.inode)).filter(|inode| *inode != 0).collect()
    }

    /// Decides for everything new whose it is and which way it goes, and looks again at what can be told closer by now.
    pub fn attribute(&mut self, groups: &mut CgroupTree, processes: &ProcessSockets) {
        let Self { listeners, owners, .. } = self;
        listeners.attribute(|netns, listener| {
            let cgroup = listener.cgroup.and_then(|id| groups.path(id).cloned());
            owners.of_socket(netns, cgroup.as_ref(), processes.holder(listener.inode))
        });

        // A proxy's ends first, so that clients are known by the time the container's end is looked at.
        let mut born = std::mem::take(&mut self.born);
        let host = self.addresses.host();
        if !self.proxies.is_empty() {
            let rank = |(netns, ends): &(NetNs, Ends)| {
                if *netns != host {
                    (2, 0)
                } else if self.proxies.leads_to(ends.proto, ends.remote) {
                    (1, self.connections.get(*netns, ends).map_or(0, |c| c.inode))
                } else {
                    (0, self.connections.get(*netns, ends).map_or(0, |c| c.inode))
                }
            };
            born.sort_by_cached_key(rank);
        }
        for (netns, ends) in born.drain(..) {
            self.attribute_one(netns, ends, groups, processes);
        }
        self.born = born;

        let mut closer = Vec::new();
        let Self { connections, proxies, owners, .. } = self;
        for (netns, ends, connection) in connections.iter_mut() {
            if connection.settled || !connection.has_socket() || connection.over {
                continue;
            }
            connection.pid = connection.pid.or_else(|| processes.holder(connection.inode));
            let Some(pid) = connection.pid else { continue };
            if proxies.is_proxy(pid) || owners.process(pid).is_some_and(|process| process.settled) {
                closer.push((netns, *ends));
            }
        }
        for (netns, ends) in closer {
            self.attribute_one(netns, ends, groups, processes);
        }
    }

    fn attribute_one(&mut self, netns: NetNs, ends: Ends, groups: &mut CgroupTree, processes: &ProcessSockets) {
        let Some(connection) = self.connections.get(netns, &ends) else { return };
        let side = self.side(netns, &ends, connection);
        let holder = connection.pid.or_else(|| processes.holder(connection.inode));
        let mut connection = connection.clone();
        connection.side = Some(side);
        connection.pid = holder;
        connection.attributed = true;

        let refused = !connection.has_socket() && connection.state != SocketState::TimeWait && self.is_refused(netns, &ends, side);
        // Nobody listens here, so nobody serves: the attempt is the client's alone.
        let ours = !(refused && side == Side::Server) && (netns != self.addresses.host() || self.through_proxy(&ends, side, &mut connection));
        let (flow, port) = if ours {
            let cgroup = connection.cgroup.and_then(|id| groups.path(id).cloned());
            let owner = self.owner(netns, &ends, side, &connection, cgroup.as_ref());
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
                let attempts = if counted { 0 } else { u64::from(connection.new) } + std::mem::take(&mut connection.before);
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

    /// Which end `ends` is. Who listens comes first; then counters of the kernel that only the end that dialled has; then who sent the first
    /// packet; and where none of it is known, ports.
    fn side(&self, netns: NetNs, ends: &Ends, connection: &Connection) -> Side {
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
    fn is_refused(&self, netns: NetNs, ends: &Ends, side: Side) -> bool {
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

    /// Deals with a proxy's own ends on the host; `false` if this is one, which is counted nowhere.
    fn through_proxy(&mut self, ends: &Ends, side: Side, connection: &mut Connection) -> bool {
        let by_proxy = connection.pid.map(|pid| self.proxies.is_proxy(pid));
        match side {
            // What a client opens to a published port and the kernel does not translate, the proxy takes.
            Side::Server => {
                let Some(target) = self.proxies.target_of(ends.proto, ends.local) else { return true };
                if by_proxy == Some(false) {
                    return true;
                }
                if connection.flow.is_none() && !connection.settled {
                    self.proxies.taken(ends.proto, target, ends.remote, self.at);
                }
                false
            }
            Side::Client => {
                if by_proxy == Some(false) || !self.proxies.leads_to(ends.proto, ends.remote) {
                    return true;
                }
                if connection.on_behalf_of.is_none() {
                    connection.on_behalf_of = self.proxies.passed_on(ends.proto, ends.remote, self.at);
                }
                by_proxy != Some(true) && connection.on_behalf_of.is_none()
            }
        }
    }

    fn owner(&self, netns: NetNs, ends: &Ends, side: Side, connection: &Connection, cgroup: Option<&Arc<[u8]>>) -> Owner {
        if connection.has_socket() && (connection.inode != 0 || cgroup.is_some()) {
            return self.owners.of_socket(netns, cgroup, connection.pid);
        }
        // Gone before anybody could look: a server's end is its listener's.
        let listener = match side {
            Side::Server => self.listener_owner(netns, ends.proto, ends.local),
            Side::Client => None,
        };
        listener.unwrap_or_else(|| self.owners.of_netns(netns))
    }

    /// The owner of the listeners at `at`: the nearest node that holds for all of them.
    fn listener_owner(&self, netns: NetNs, proto: Protocol, at: SocketAddr) -> Option<Owner> {
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
    fn server(&self, from: NetNs, proto: Protocol, at: SocketAddr) -> Option<NodeId> {
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

    /// The flow that an end belongs to, and the client's port as it is seen beyond this host.
    fn flow(&mut self, netns: NetNs, ends: &Ends, side: Side, connection: &mut Connection, owner: &Owner) -> (super::flows::FlowRef, u16) {
        let host = self.addresses.host();
        let scoped = |addresses: &Addresses, from: NetNs, at: SocketAddr| (addresses.scope(from, at.ip()).clone(), at);
        match side {
            Side::Client => {
                let translated = self.translations.server_of(ends.proto, ends.local, ends.remote);
                let mut server = scoped(&self.addresses, if translated.is_some() { host } else { netns }, translated.unwrap_or(ends.remote));
                if translated.is_none()
                    && self.addresses.locate(netns, ends.remote.ip()) == Some(host)
                    && let Some(target) = self.proxies.target_of(ends.proto, ends.remote)
                {
                    server = scoped(&self.addresses, host, target);
                    connection.seen |= seen::PROXY;
                }
                let node = self.server(if server.1 == ends.remote { netns } else { host }, ends.proto, server.1);
                let dialled = At { scope: self.addresses.scope(netns, ends.remote.ip()), ip: ends.remote.ip(), port: ends.remote.port() };
                let at = At { scope: &server.0, ip: server.1.ip(), port: server.1.port() };
                let key = Key::new(side, &owner.node, ends.proto, dialled, at);
                let port = self.translations.client_port_of(ends.proto, ends.local, ends.remote).unwrap_or(ends.local.port());
                (self.flows.flow(key, node.as_ref(), netns, self.at), port)
            }
            Side::Server => {
                let mut client = (netns, ends.remote);
                if let Some(original) = self.translations.client_of(ends.proto, ends.local, ends.remote) {
                    client = (host, original);
                } else if self.proxies.leads_to(ends.proto, ends.local)
                    && let Some(behalf) = self.connections.get(host, &ends.reversed()).and_then(|proxied| proxied.on_behalf_of)
                {
                    client = (host, behalf);
                    connection.seen |= seen::PROXY;
                }
                let client_scope = self.addresses.scope(client.0, client.1.ip());
                let far = At { scope: client_scope, ip: client.1.ip(), port: 0 };
                let at = At { scope: self.addresses.scope(netns, ends.local.ip()), ip: ends.local.ip(), port: ends.local.port() };
                let key = Key::new(side, &owner.node, ends.proto, far, at);
                (self.flows.flow(key, None, netns, self.at), ends.remote.port())
            }
        }
    }

    /// Takes a connection out. Returns how many are still to be counted as opened, where it was not attributed yet.
    fn close(&mut self, netns: NetNs, ends: &Ends) -> u64 {
        let Some(mut connection) = self.connections.remove(netns, ends) else { return 0 };
        if let Some(flow) = connection.flow {
            self.flows.count(flow, take_figures(&mut connection));
            self.flows.close(flow, if connection.state == SocketState::TimeWait { connection.since } else { self.at });
            if connection.state == SocketState::SynSent {
                self.flows.failed(flow, 1);
            }
        }
        if connection.attributed { 0 } else { connection.before + u64::from(connection.new) }
    }

    fn keep_remains(&mut self, netns: NetNs, ends: Ends) {
        let Some(connection) = self.connections.get(netns, &ends) else { return };
        if ends.proto == Protocol::Udp || self.remains.len() >= REMAINS || connection.seen & seen::CONNTRACK != 0 {
            return;
        }
        // Found in `TimeWait` long after its end: the next dump tells it apart by its time alone.
        let past = connection.state == SocketState::TimeWait && self.at.micros_since(connection.since) > TIME_WAIT_SLACK_US;
        let event_due = self.is_tracked(netns, &ends) && connection.drain == self.drain;
        if event_due || !(past || self.is_tracked(netns, &ends)) {
            self.remains.insert((netns, ends), Remains { at: self.at, drain: connection.drain });
        }
    }

    /// Ends a tick: what is over goes, flows get their figures, and names from `name`.
    pub fn end(&mut self, name: impl FnMut(IpAddr) -> Option<CompactString>) {
        let over: Vec<(NetNs, Ends)> = self.connections.iter().filter(|(_, _, c)| c.over && c.attributed).map(|(netns, ends, _)| (netns, *ends)).collect();
        for (netns, ends) in over {
            self.keep_remains(netns, ends);
            self.close(netns, &ends);
        }
        let at = self.at;
        self.remains.retain(|_, remains| at.micros_since(remains.at) < REMAINS_US);
        self.connections.shrink();
        let mut flows = std::mem::take(&mut self.flows);
        flows.end_tick(self.at, |from, proto, at: &SocketAddress| self.server(from, proto, SocketAddr::new(at.ip, at.port)), name);
        self.flows = flows;
    }

    /// Every connection there is, as raw rows.
    pub fn rows(&self, groups: &mut CgroupTree) -> Vec<flow::Connection> {
        let mut rows: Vec<flow::Connection> = self
            .connections
            .iter()
            .filter(|(_, _, connection)| !connection.over)
            .map(|(netns, ends, connection)| {
                let cgroup = connection.cgroup.and_then(|id| groups.path(id).cloned());
                let owner = self.owner(netns, ends, connection.side.unwrap_or(Side::Client), connection, cgroup.as_ref());
                let scoped = |at: SocketAddr| SocketAddress { scope: self.addresses.scope(netns, at.ip()).clone(), ip: at.ip(), port: at.port() };
                flow::Connection {
                    owner: owner.node,
                    proto: ends.proto,
                    local: scoped(ends.local),
                    remote: scoped(ends.remote),
                    side: connection.side,
                    state: CompactString::const_new(connection.state.as_str()),
                    pid: connection.pid,
                    tx_bytes_total: connection.totals.tx_bytes,
                    rx_bytes_total: connection.totals.rx_bytes,
                    seen_by: seen::names(connection.seen),
                }
            })
            .collect();
        rows.sort_unstable();
        rows
    }
}

/// Which end `ends` is, by ports: who has a chosen port against one that the kernel gave is the server. Where both chose theirs (`both_serve`)
/// the same answer has to come out at both ends.
fn by_ports(ends: &Ends, both_serve: bool) -> Side {
    let (local, remote) = ((ends.local.port(), ends.local.ip()), (ends.remote.port(), ends.remote.ip()));
    let chosen_here = local.0 < FIRST_EPHEMERAL_PORT && remote.0 >= FIRST_EPHEMERAL_PORT;
    if chosen_here || (both_serve && local < remote) { Side::Server } else { Side::Client }
}

/// What a connection did since its flow was last told, which thereby is.
fn take_figures(connection: &mut Connection) -> Figures {
    fn more<T: Copy + Into<u64>>(total: Option<T>, counted: Option<T>) -> Option<u64> {
        let total: u64 = total?.into();
        Some(total.saturating_sub(counted.map_or(0, Into::into)))
    }
    let (totals, counted) = (connection.totals, connection.counted);
    connection.counted = totals;
    Figures {
        tx_bytes: more(totals.tx_bytes, counted.tx_bytes),
        rx_bytes: more(totals.rx_bytes, counted.rx_bytes),
        retrans: more(totals.retrans, counted.retrans),
        rtt_us: connection.rtt_us.take(),
    }
}

/// Bytes as connection tracking has them, where no socket has them better.
fn count_tracked(connection: &mut Connection, tracked: &Tracked, side: Side) {
    if let Some((from_client, from_server)) = tracked.bytes
        && !(connection.has_socket() && tracked.proto == Protocol::Tcp)
    {
        let (tx, rx) = if side == Side::Client { (from_client, from_server) } else { (from_server, from_client) };
        connection.totals.tx_bytes = Some(tx);
        connection.totals.rx_bytes = Some(rx);
    }
}
