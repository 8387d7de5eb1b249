//! What connection tracking tells: ends that come up and go, and bytes that no socket counts.

use scope_core::{Protocol, Side};

use super::Aggregator;
use crate::net::connection::{NetNs, Tracked, TrackedEvent};
use crate::net::ends::Ends;
use crate::net::flows::seen;
use crate::net::table::{Connection, Totals};

/// How long a UDP exchange counts as open after its last packet, seconds.
const UDP_OPEN_SECS: u32 = 15;

impl Aggregator {
    /// Events of connection tracking follow that were read at once.
    pub fn begin_drain(&mut self) {
        self.drain += 1;
    }

    /// An event of connection tracking, or an entry of its table. It stands for up to two ends on this host.
    pub fn tracked(&mut self, tracked: &Tracked) {
        self.known.translations.learn(tracked);
        let host = self.known.addresses.host();
        let client = Ends { proto: tracked.proto, local: tracked.original.src, remote: tracked.original.dst };
        let server = Ends { proto: tracked.proto, local: tracked.reply.src, remote: tracked.reply.dst };
        for (side, ends) in [(Side::Client, client), (Side::Server, server)] {
            let Some(netns) = self.known.addresses.locate(host, ends.local.ip()) else { continue };
            self.tracked_end(tracked, side, netns, ends);
        }
    }

    fn tracked_end(&mut self, tracked: &Tracked, side: Side, netns: NetNs, ends: Ends) {
        let idle = self.known.udp_idle(tracked);
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
                let late = self.remains.is_late(netns, ends, self.drain);
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
        if tracked.event == TrackedEvent::New
            && let Some(ended) = self.endings.take(netns, ends, Some(self.drain))
        {
            connection.end(&ended);
        }
        let is_over = connection.ended;
        if self.connections.insert(netns, ends, connection) {
            self.born.push((netns, ends));
        }
        if is_over {
            self.look_at_both(netns, ends);
        }
    }

    /// How many TCP connections with an end in `netns` tracking has told of so far.
    pub fn told_of(&self, netns: NetNs) -> u64 {
        self.told.get(&netns).copied().unwrap_or(0)
    }
}

/// Bytes as connection tracking has them, where no socket has them better.
fn count_tracked(connection: &mut Connection, tracked: &Tracked, side: Side) {
    if let Some((from_client, from_server)) = tracked.bytes
        && !(connection.has_socket() && tracked.proto == Protocol::Tcp)
    {
        let (tx, rx) = if side == Side::Client { (from_client, from_server) } else { (from_server, from_client) };
        connection.totals = Totals::new(Some(tx), Some(rx), connection.totals.retrans());
    }
}
