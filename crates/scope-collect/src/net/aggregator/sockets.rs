//! What sockets tell: those that are there, those that are no more, and what is left of connections that came and went unseen.

use std::num::{NonZeroU32, NonZeroU64};

use scope_core::{Protocol, Timestamp};

use super::{Aggregator, TIME_WAIT_SLACK_US, take_figures};
use crate::net::connection::{NetNs, Socket, SocketState};
use crate::net::ends::Ends;
use crate::net::flows::seen;
use crate::net::table::{Connection, Totals};

/// How long the kernel keeps a socket in `TimeWait`, microseconds (`TCP_TIMEWAIT_LEN`).
const TIME_WAIT_US: i64 = 60_000_000;

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

/// Whether a socket is not that of a connection with the same ends.
fn is_another(known: &Connection, socket: &Socket) -> bool {
    known.cookie != 0 && known.cookie != socket.cookie
}

impl Aggregator {
    /// A connected socket, as of `read`.
    pub fn socket(&mut self, socket: &Socket, read: Read) {
        let ends = Ends { proto: socket.proto, local: socket.local, remote: socket.remote };
        let netns = socket.netns;
        if socket.state == SocketState::TimeWait {
            self.time_wait(netns, ends, socket, read);
            return;
        }
        // Closed by its process; the kernel is left to say goodbye.
        let orphaned = socket.inode == 0
            && socket.proto == Protocol::Tcp
            && !matches!(socket.state, SocketState::Established | SocketState::SynSent | SocketState::CloseWait);
        if orphaned && self.still_there(netns, ends, socket) {
            return;
        }
        let mut before = 0;
        let known = match self.connections.get_mut(netns, &ends) {
            Some(known) if is_another(known, socket) => {
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
                connection.counted = Totals::new(socket.tx_bytes, socket.rx_bytes, socket.retrans);
            }
            if !self.connections.insert(netns, ends, connection) {
                return;
            }
            self.born.push((netns, ends));
            let Some(connection) = self.connections.get_mut(netns, &ends) else { return };
            connection
        };
        let was_seen = connection.seen;
        (connection.cookie, connection.cookie_by_end) = (socket.cookie, false);
        connection.seen |= seen::SOCK_DIAG;
        connection.round = self.round;
        connection.over = orphaned;
        if socket.inode != 0 {
            connection.inode = socket.inode;
        }
        connection.cgroup = socket.cgroup.and_then(NonZeroU64::new).or(connection.cgroup);
        connection.pid = socket.pid.and_then(NonZeroU32::new).or(connection.pid);
        connection.dialled = connection.dialled.or(socket.dialled);
        connection.rtt_us = socket.rtt_us.and_then(NonZeroU32::new);
        let known = connection.totals;
        connection.totals = Totals::new(socket.tx_bytes.or(known.tx_bytes()), socket.rx_bytes.or(known.rx_bytes()), socket.retrans.or(known.retrans()));
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
        if since.micros_since(closed) > TIME_WAIT_SLACK_US || self.known.is_tracked(netns, &ends) {
            return;
        }
        self.one_ended.settle(netns, &ends);
        let other = self.known.addresses.locate(netns, ends.remote.ip()).map(|netns| (netns, ends.reversed()));
        for (netns, ends) in [Some((netns, ends)), other].into_iter().flatten() {
            if self.connections.get(netns, &ends).is_some() || self.remains.holds(netns, ends) {
                continue;
            }
            let mut connection = Connection::new(closed, true);
            connection.seen = seen::SOCK_DIAG;
            connection.state = SocketState::TimeWait;
            connection.over = true;
            if let Some(ended) = self.endings.take(netns, ends, None) {
                connection.end(&ended);
            }
            let has_ended = connection.ended;
            if self.connections.insert(netns, ends, connection) {
                self.born.push((netns, ends));
            }
            if has_ended {
                self.look_at_both(netns, ends);
            }
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

    /// Whether what is left of closed connections in `netns` is to be read though none was opened since: of one that was seen there, the other end was not.
    pub fn wants_closed(&self, netns: NetNs) -> bool {
        self.one_ended.has(netns)
    }

    /// Ends of TCP connections in `netns` that are known from tracking alone: a question to the kernel shows whether they are still there.
    pub fn unconfirmed(&self, netns: NetNs) -> impl Iterator<Item = Ends> {
        self.connections.of(netns).filter(|(ends, c)| ends.proto == Protocol::Tcp && !c.has_socket() && !c.over).map(|(ends, _)| ends)
    }
}
