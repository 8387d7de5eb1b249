//! Connections become flows: which end dialled, whose the ends are, what was translated between, and what counts where. Reads nothing
//! itself: observations come in, and the table of flows comes out, so that any way of reading can feed it.
//!
//! A tick is: [`Aggregator::begin`], any number of observations ([`listeners`](Aggregator::listeners), [`tracked`](Aggregator::tracked),
//! [`socket`](Aggregator::socket), [`ended`](Aggregator::ended), [`absent`](Aggregator::absent), [`end_of_dump`](Aggregator::end_of_dump)), then
//! [`attribute`](Aggregator::attribute), then [`end`](Aggregator::end). Tracked connections may also come in between ticks.

mod attribution;
mod endings;
mod known;
mod one_ended;
mod proxied;
mod remains;
mod sockets;
mod tracked;

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

use compact_str::CompactString;
use hashbrown::HashMap;
use scope_core::{AgentName, Protocol, Scope, SocketAddress, Timestamp, flow};

use self::endings::Endings;
use self::known::Known;
use self::one_ended::OneEnded;
use self::remains::Remains;
use super::cgroup_tree::CgroupTree;
use super::connection::{NetNs, Socket, SocketState};
use super::ends::Ends;
use super::flows::{Figures, FlowTable, seen};
use super::listeners::Listeners;
use super::owner::Owners;
use super::proxy::Proxies;
use super::scope::Addresses;
use super::table::{Connection, Connections, LIMIT};

pub use self::known::Tracking;
pub use self::sockets::Read;

/// How far the time at which a connection was closed may be off: the kernel's clock ticks every 1 to 10 ms, and a dump takes a while.
const TIME_WAIT_SLACK_US: i64 = 100_000;

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

/// The joins of connections with everything else that is known.
#[derive(Debug)]
pub struct Aggregator {
    known: Known,
    connections: Connections,
    flows: FlowTable,
    remains: Remains,
    endings: Endings,
    one_ended: OneEnded,
    /// TCP connections that tracking told of, by the namespace of the end.
    told: HashMap<NetNs, u64>,
    /// Ends that came up since the last attribution.
    born: Vec<(NetNs, Ends)>,
    at: Timestamp,
    round: u32,
    drain: u32,
}

impl Aggregator {
    /// Knows the agent and nothing else.
    pub fn new(agent: &AgentName, realm: &Scope, host: NetNs) -> Self {
        Self {
            known: Known::new(agent, realm, host),
            connections: Connections::default(),
            flows: FlowTable::default(),
            remains: Remains::default(),
            endings: Endings::default(),
            one_ended: OneEnded::default(),
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
        &mut self.known.owners
    }

    /// Who owns what.
    pub fn owners(&self) -> &Owners {
        &self.known.owners
    }

    /// Takes another map of addresses.
    pub fn set_addresses(&mut self, addresses: Addresses) {
        self.known.addresses = addresses;
    }

    /// The map of addresses.
    pub fn addresses(&self) -> &Addresses {
        &self.known.addresses
    }

    /// Takes the running proxies.
    pub fn proxies_mut(&mut self) -> &mut Proxies {
        &mut self.known.proxies
    }

    /// The running proxies.
    pub fn proxies(&self) -> &Proxies {
        &self.known.proxies
    }

    /// Who listens where.
    pub fn listening(&self) -> &Listeners {
        &self.known.listeners
    }

    /// Sets which part of the connections is remembered from now on, of those that have room: one in `part`. The rest is counted as lost.
    pub fn remember(&mut self, part: u32) {
        self.connections.set_room(LIMIT / (part as usize).max(1));
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
        self.known.tracking = tracking;
        self.known.udp_timeouts = udp_timeouts;
    }

    /// What was lost so far.
    pub fn losses(&self) -> Losses {
        Losses { connections: self.connections.dropped(), listeners: self.known.listeners.dropped(), folded: self.flows.folded() }
    }

    /// Forgets namespaces that are gone.
    pub fn retain_namespaces(&mut self, keep: impl Fn(NetNs) -> bool) {
        self.known.listeners.retain(&keep);
        self.told.retain(|netns, _| keep(*netns));
        self.endings.retain_namespaces(&keep);
        let gone: Vec<NetNs> = self.connections.namespaces().filter(|netns| !keep(*netns)).collect();
        for netns in gone {
            self.connections.of_mut(netns).for_each(|(_, connection)| connection.over = true);
        }
    }

    /// All listening TCP and unconnected UDP sockets of a namespace.
    pub fn listeners(&mut self, netns: NetNs, sockets: &[Socket]) {
        self.known.listeners.replace(netns, sockets, self.at);
    }

    /// Takes a connection out. Returns how many are still to be counted as opened, where it was not attributed yet.
    fn close(&mut self, netns: NetNs, ends: &Ends) -> u32 {
        let Some(mut connection) = self.connections.remove(netns, ends) else { return 0 };
        if let Some(client) = connection.on_behalf_of.take() {
            self.known.proxies.passed(*ends, *client, self.at);
        }
        if let Some(flow) = connection.flow {
            self.flows.count(flow, take_figures(&mut connection));
            self.flows.close(flow, if connection.state == SocketState::TimeWait { connection.since } else { self.at });
            if connection.state == SocketState::SynSent {
                self.flows.failed(flow, 1);
            }
            if ends.proto == Protocol::Tcp && !connection.ended {
                self.endings.wait(netns, *ends, flow, &connection, self.at);
            }
        }
        if connection.attributed { 0 } else { connection.before.saturating_add(u32::from(connection.new)) }
    }

    fn keep_remains(&mut self, netns: NetNs, ends: Ends) {
        let Some(connection) = self.connections.get(netns, &ends) else { return };
        if ends.proto == Protocol::Udp || connection.seen & seen::CONNTRACK != 0 {
            return;
        }
        // Found in `TimeWait` long after its end: the next dump tells it apart by its time alone.
        let past = connection.state == SocketState::TimeWait && self.at.micros_since(connection.since) > TIME_WAIT_SLACK_US;
        let event_due = self.known.is_tracked(netns, &ends) && connection.drain == self.drain;
        if event_due || !(past || self.known.is_tracked(netns, &ends)) {
            self.remains.keep(netns, ends, self.at, connection.drain);
        }
    }

    /// Ends a tick: what is over goes, flows get their figures, and names from `name`.
    pub fn end(&mut self, name: impl FnMut(IpAddr) -> Option<CompactString>) {
        let over: Vec<(NetNs, Ends)> = self.connections.iter().filter(|(_, _, c)| c.over && c.attributed).map(|(netns, ends, _)| (netns, ends)).collect();
        for (netns, ends) in over {
            self.keep_remains(netns, ends);
            self.close(netns, &ends);
        }
        self.remains.expire(self.at);
        self.endings.expire(self.at);
        self.known.proxies.expire(self.at);
        self.connections.shrink();
        let mut flows = std::mem::take(&mut self.flows);
        flows.end_tick(self.at, |from, proto, at: &SocketAddress| self.known.server(from, proto, SocketAddr::new(at.ip, at.port)), name);
        self.flows = flows;
    }

    /// Every connection there is, as raw rows.
    pub fn rows(&self, groups: &mut CgroupTree) -> Vec<flow::Connection> {
        let mut rows: Vec<flow::Connection> = self
            .connections
            .iter()
            .filter(|(_, _, connection)| !connection.over)
            .map(|(netns, ends, connection)| {
                let cgroup = connection.cgroup.and_then(|id| groups.path(id.get()).cloned());
                let side = connection.side.unwrap_or_else(|| self.known.side(netns, &ends, connection));
                let owner = self.known.owner(netns, &ends, side, connection, cgroup.as_ref());
                let scoped = |at: SocketAddr| SocketAddress { scope: self.known.addresses.scope(netns, at.ip()).clone(), ip: at.ip(), port: at.port() };
                flow::Connection {
                    owner: owner.node,
                    proto: ends.proto,
                    local: scoped(ends.local),
                    remote: scoped(ends.remote),
                    side: Some(side),
                    state: CompactString::const_new(connection.state.as_str()),
                    pid: connection.pid.map(NonZeroU32::get),
                    tx_bytes_total: connection.totals.tx_bytes(),
                    rx_bytes_total: connection.totals.rx_bytes(),
                    seen_by: seen::names(connection.seen),
                }
            })
            .collect();
        rows.sort_unstable();
        rows
    }
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
        tx_bytes: more(totals.tx_bytes(), counted.tx_bytes()),
        rx_bytes: more(totals.rx_bytes(), counted.rx_bytes()),
        retrans: more(totals.retrans(), counted.retrans()),
        rtt_us: connection.rtt_us.take().map(NonZeroU32::get),
    }
}
