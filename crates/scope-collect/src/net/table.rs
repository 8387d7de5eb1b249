//! The connections that are there now, one entry for each end on this host. Bounded; what does not fit is counted. How the ends of one namespace are kept is
//! [`super::ends`]'s business.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroU64};

use hashbrown::HashMap;
use scope_core::{Side, Timestamp};

use super::connection::{NetNs, SocketState};
use super::ends::{Ends, OfOne};
use super::flows::FlowRef;

/// Most ends remembered.
pub const LIMIT: usize = 131_072;

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
    /// The socket's cookie; 0 where neither a socket nor the end of one has been seen.
    pub cookie: u64,
    /// The socket's inode; 0 where none is known.
    pub inode: u64,
    /// The control group that the socket was made in.
    pub cgroup: Option<NonZeroU64>,
    /// The last state seen.
    pub state: SocketState,
    /// The last totals seen.
    pub totals: Totals,
    /// The part of `totals` that the flow already has.
    pub counted: Totals,
    /// Round trip, microseconds.
    pub rtt_us: Option<NonZeroU32>,
    /// When it was first seen.
    pub since: Timestamp,
    /// Whether it was opened since the collector watches.
    pub new: bool,
    /// Connections with the same ends that came and went before it could be attributed.
    pub before: u32,
    /// Who saw it, as bits of [`super::flows::seen`].
    pub seen: u8,
    /// The round of reading in which its socket was last seen.
    pub round: u32,
    /// How often events had been read when it was first seen by its socket; tells a repeated event from a new connection.
    pub drain: u32,
    /// The process that holds it.
    pub pid: Option<NonZeroU32>,
    /// Whether its owner cannot be told any closer.
    pub settled: bool,
    /// It is over, and goes once it has been counted.
    pub over: bool,
    /// The kernel told of its end: `totals` are all that it ever did, and it was connected once.
    pub ended: bool,
    /// The cookie is known from the end alone.
    pub cookie_by_end: bool,
    /// For a proxy's connection to a container: for whom it is.
    pub on_behalf_of: Option<Box<SocketAddr>>,
}

/// Bytes and segments, those that are known. A third smaller than three optional numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    tx_bytes: u64,
    rx_bytes: u64,
    retrans: u32,
    /// Which are known, as bits: bytes sent, bytes received, segments.
    known: u8,
}

impl Totals {
    /// These bytes sent and received, and segments sent again.
    pub fn new(tx_bytes: Option<u64>, rx_bytes: Option<u64>, retrans: Option<u32>) -> Self {
        Self {
            tx_bytes: tx_bytes.unwrap_or(0),
            rx_bytes: rx_bytes.unwrap_or(0),
            retrans: retrans.unwrap_or(0),
            known: u8::from(tx_bytes.is_some()) | u8::from(rx_bytes.is_some()) << 1 | u8::from(retrans.is_some()) << 2,
        }
    }

    /// Bytes sent.
    pub fn tx_bytes(&self) -> Option<u64> {
        (self.known & 1 != 0).then_some(self.tx_bytes)
    }

    /// Bytes received.
    pub fn rx_bytes(&self) -> Option<u64> {
        (self.known & 2 != 0).then_some(self.rx_bytes)
    }

    /// Segments sent again.
    pub fn retrans(&self) -> Option<u32> {
        (self.known & 4 != 0).then_some(self.retrans)
    }
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
            ended: false,
            cookie_by_end: false,
            on_behalf_of: None,
        }
    }

    /// Whether its socket has been seen.
    pub fn has_socket(&self) -> bool {
        self.cookie != 0 && !self.cookie_by_end
    }
}

/// The connections of all namespaces.
#[derive(Debug)]
pub struct Connections {
    by_netns: HashMap<NetNs, OfOne>,
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
        self.len += usize::from(self.by_netns.entry(netns).or_default().insert(ends, connection));
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
        if connections.len() == 0 {
            self.by_netns.remove(&netns);
        }
        Some(removed)
    }

    /// Those of one namespace.
    pub fn of(&self, netns: NetNs) -> impl Iterator<Item = (Ends, &Connection)> {
        self.by_netns.get(&netns).into_iter().flat_map(OfOne::iter)
    }

    /// Those of one namespace.
    pub fn of_mut(&mut self, netns: NetNs) -> impl Iterator<Item = (Ends, &mut Connection)> {
        self.by_netns.get_mut(&netns).into_iter().flat_map(OfOne::iter_mut)
    }

    /// All.
    pub fn iter(&self) -> impl Iterator<Item = (NetNs, Ends, &Connection)> {
        self.by_netns.iter().flat_map(|(netns, connections)| connections.iter().map(|(ends, connection)| (*netns, ends, connection)))
    }

    /// All.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (NetNs, Ends, &mut Connection)> {
        self.by_netns.iter_mut().flat_map(|(netns, connections)| connections.iter_mut().map(|(ends, connection)| (*netns, ends, connection)))
    }

    /// The namespaces that have any.
    pub fn namespaces(&self) -> impl Iterator<Item = NetNs> {
        self.by_netns.keys().copied()
    }

    /// How many of one namespace there are.
    pub fn len_of(&self, netns: NetNs) -> usize {
        self.by_netns.get(&netns).map_or(0, OfOne::len)
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
        self.by_netns.values_mut().for_each(OfOne::shrink);
        if self.by_netns.capacity() > 1024 && self.by_netns.len() < self.by_netns.capacity() / 8 {
            self.by_netns.shrink_to(self.by_netns.len() * 2);
        }
    }
}
