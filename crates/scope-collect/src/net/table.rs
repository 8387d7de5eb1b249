//! The connections that are there now, one entry for each end on this host. Bounded; what does not fit is counted.

use std::net::SocketAddr;

use hashbrown::HashMap;
use scope_core::{Protocol, Side, Timestamp};

use super::connection::{NetNs, SocketState};
use super::flows::FlowRef;

/// Most ends remembered.
pub const LIMIT: usize = 131_072;

/// What tells the connections of one namespace apart, as seen from one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ends {
    /// TCP or UDP.
    pub proto: Protocol,
    /// This end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
}

impl Ends {
    /// The same connection seen from the other end, where nothing is translated between.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { proto: self.proto, local: self.remote, remote: self.local }
    }
}

/// One end of a connection.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Connection {
    /// Where it is counted; `None` before it is attributed, and for a proxy's own ends.
    pub flow: Option<FlowRef>,
    /// Whether it has been attributed, or left out on purpose.
    pub attributed: bool,
    /// Which end this is.
    pub side: Option<Side>,
    /// Whether this end dialled, by the kernel's own counters.
    pub dialled: Option<bool>,
    /// Which end this is by connection tracking.
    pub tracked_side: Option<Side>,
    /// The socket's cookie; 0 where no socket has been seen.
    pub cookie: u64,
    /// The socket's inode; 0 where none is known.
    pub inode: u64,
    /// The control group that the socket was made in.
    pub cgroup: Option<u64>,
    /// The last state seen.
    pub state: SocketState,
    /// The last totals seen.
    pub totals: Totals,
    /// The part of `totals` that the flow already has.
    pub counted: Totals,
    /// Round trip, microseconds.
    pub rtt_us: Option<u32>,
    /// When it was first seen.
    pub since: Timestamp,
    /// Whether it was opened since the collector watches.
    pub new: bool,
    /// Connections with the same ends that came and went before it could be attributed.
    pub before: u64,
    /// Who saw it, as bits of [`super::flows::seen`].
    pub seen: u8,
    /// The round of reading in which its socket was last seen.
    pub round: u64,
    /// How often events had been read when it was first seen by its socket; tells a repeated event from a new connection.
    pub drain: u64,
    /// The process that holds it.
    pub pid: Option<u32>,
    /// Whether its owner cannot be told any closer.
    pub settled: bool,
    /// It is over, and goes once it has been counted.
    pub over: bool,
    /// For a proxy's connection to a container: for whom it is.
    pub on_behalf_of: Option<SocketAddr>,
}

/// Bytes and segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Bytes sent.
    pub tx_bytes: Option<u64>,
    /// Bytes received.
    pub rx_bytes: Option<u64>,
    /// Segments sent again.
    pub retrans: Option<u32>,
}

impl Connection {
    /// One that nothing is known of yet.
    pub fn new(since: Timestamp, new: bool) -> Self {
        Self {
            flow: None,
            attributed: false,
            side: None,
            dialled: None,
            tracked_side: None,
            cookie: 0,
            inode: 0,
            cgroup: None,
            state: SocketState::Established,
            totals: Totals::default(),
            counted: Totals::default(),
            rtt_us: None,
            since,
            new,
            before: 0,
            seen: 0,
            round: 0,
            drain: 0,
            pid: None,
            settled: false,
            over: false,
            on_behalf_of: None,
        }
    }

    /// Whether its socket has been seen.
    pub fn has_socket(&self) -> bool {
        self.cookie != 0
    }
}

/// The connections of all namespaces.
#[derive(Debug)]
pub struct Connections {
    by_netns: HashMap<NetNs, HashMap<Ends, Connection>>,
    len: usize,
    room: usize,
    dropped: u64,
}

impl Default for Connections {
    fn default() -> Self {
        Self { by_netns: HashMap::new(), len: 0, room: LIMIT, dropped: 0 }
    }
}

impl Connections {
    /// The connection with these ends.
    pub fn get(&self, netns: NetNs, ends: &Ends) -> Option<&Connection> {
        self.by_netns.get(&netns)?.get(ends)
    }

    /// The connection with these ends.
    pub fn get_mut(&mut self, netns: NetNs, ends: &Ends) -> Option<&mut Connection> {
        self.by_netns.get_mut(&netns)?.get_mut(ends)
    }

    /// Adds one; `false` where the table is full.
    pub fn insert(&mut self, netns: NetNs, ends: Ends, connection: Connection) -> bool {
        if self.len >= self.room {
            self.dropped += 1;
            return false;
        }
        if self.by_netns.entry(netns).or_default().insert(ends, connection).is_none() {
            self.len += 1;
        }
        true
    }

    /// Sets how many are remembered from now on. Those that are there stay until they are over.
    pub fn set_room(&mut self, room: usize) {
        self.room = room;
    }

    /// Takes one out.
    pub fn remove(&mut self, netns: NetNs, ends: &Ends) -> Option<Connection> {
        let connections = self.by_netns.get_mut(&netns)?;
        let removed = connections.remove(ends)?;
        self.len -= 1;
        if connections.is_empty() {
            self.by_netns.remove(&netns);
        }
        Some(removed)
    }

    /// Those of one namespace.
    pub fn of(&self, netns: NetNs) -> impl Iterator<Item = (&Ends, &Connection)> {
        self.by_netns.get(&netns).into_iter().flatten()
    }

    /// Those of one namespace.
    pub fn of_mut(&mut self, netns: NetNs) -> impl Iterator<Item = (&Ends, &mut Connection)> {
        self.by_netns.get_mut(&netns).into_iter().flatten()
    }

    /// All.
    pub fn iter(&self) -> impl Iterator<Item = (NetNs, &Ends, &Connection)> {
        self.by_netns.iter().flat_map(|(netns, connections)| connections.iter().map(|(ends, connection)| (*netns, ends, connection)))
    }

    /// All.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (NetNs, &Ends, &mut Connection)> {
        self.by_netns.iter_mut().flat_map(|(netns, connections)| connections.iter_mut().map(|(ends, connection)| (*netns, ends, connection)))
    }

    /// The namespaces that have any.
    pub fn namespaces(&self) -> impl Iterator<Item = NetNs> {
        self.by_netns.keys().copied()
    }

    /// How many of one namespace there are.
    pub fn len_of(&self, netns: NetNs) -> usize {
        self.by_netns.get(&netns).map_or(0, HashMap::len)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Connections that did not fit, since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Gives back the room that a burst took.
    pub fn shrink(&mut self) {
        for connections in self.by_netns.values_mut() {
            if connections.capacity() > 1024 && connections.len() < connections.capacity() / 8 {
                connections.shrink_to(connections.len() * 2);
            }
        }
        if self.by_netns.capacity() > 1024 && self.by_netns.len() < self.by_netns.capacity() / 8 {
            self.by_netns.shrink_to(self.by_netns.len() * 2);
        }
    }
}
