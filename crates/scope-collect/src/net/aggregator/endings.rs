//! Connections whose end the kernel tells of, with all that they did: what came over them since their sockets were last looked at, and all that came over
//! those that nobody looked at in time. Which connections there are, others tell.

use hashbrown::{HashMap, HashSet};
use scope_core::{Protocol, Timestamp};

use super::{Aggregator, take_figures};
use crate::net::connection::{Ended, NetNs, Socket, SocketState};
use crate::net::ends::Ends;
use crate::net::flows::{Figures, FlowRef};
use crate::net::table::{Connection, Totals};

/// How long an end that belongs to no connection is remembered, microseconds: until then what is left of the connection in the kernel may tell of it.
const EARLY_US: i64 = 20_000_000;
/// How long the end of a connection may be told after the connection was found to be over, microseconds: the kernel tells from a queue.
const LATE_US: i64 = 3_000_000;
/// The same of one that its process closed and the kernel is left to finish, counted from when its socket was last seen: longer than two dumps are apart.
const ORPHAN_US: i64 = 60_000_000;
/// Most ends remembered of either sort. Of those beyond the bytes stay unknown.
const LIMIT: usize = 4_096;

/// Ends that came too early, and connections whose end did not come yet.
#[derive(Debug, Default)]
pub(super) struct Endings {
    early: HashMap<(NetNs, Ends), Early>,
    waiting: HashMap<(NetNs, Ends), Waiting>,
    /// Namespaces of which the kernel tells no ends, or is not listened to.
    unheard: HashSet<NetNs>,
}

/// An end that belongs to no connection yet.
#[derive(Clone, Copy, Debug)]
struct Early {
    ended: Ended,
    at: Timestamp,
    /// How often events of tracking had been read.
    drain: u32,
}

/// A connection that is over and counted, but for its last part.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    flow: FlowRef,
    /// 0 where no socket was seen.
    cookie: u64,
    counted: Totals,
    until: Timestamp,
}

impl Waiting {
    /// What a connection that ended thus did beyond what was counted.
    fn rest(&self, ended: &Ended) -> Figures {
        let more = |total: Option<u64>, counted: Option<u64>| total.map(|total| total.saturating_sub(counted.unwrap_or(0)));
        Figures {
            tx_bytes: more(ended.tx_bytes, self.counted.tx_bytes()),
            rx_bytes: more(ended.rx_bytes, self.counted.rx_bytes()),
            retrans: more(ended.retrans.map(u64::from), self.counted.retrans().map(u64::from)),
            rtt_us: None,
        }
    }
}

impl Endings {
    /// A connection is over, and the kernel may still tell of its end.
    pub(super) fn wait(&mut self, netns: NetNs, ends: Ends, flow: FlowRef, connection: &Connection, at: Timestamp) {
        let is_orphan = matches!(connection.state, SocketState::FinWait1 | SocketState::FinWait2 | SocketState::LastAck | SocketState::Closing);
        if self.waiting.len() < LIMIT && (is_orphan || !self.unheard.contains(&netns)) {
            let until = after(at, if is_orphan { ORPHAN_US } else { LATE_US });
            self.waiting.insert((netns, ends), Waiting { flow, cookie: connection.cookie, counted: connection.counted, until });
        }
    }

    /// The end of a connection that was told before the connection was. One that comes up with the reading `drain` of events can have ended since the one before only.
    pub(super) fn take(&mut self, netns: NetNs, ends: Ends, drain: Option<u32>) -> Option<Ended> {
        let early = self.early.get(&(netns, ends))?;
        if drain.is_some_and(|drain| early.drain + 1 < drain) {
            return None;
        }
        self.early.remove(&(netns, ends)).map(|early| early.ended)
    }

    /// Forgets namespaces that are gone.
    pub(super) fn retain_namespaces(&mut self, keep: impl Fn(NetNs) -> bool) {
        self.unheard.retain(|netns| keep(*netns));
    }

    /// Forgets what can belong to nothing any more at `at`.
    pub(super) fn expire(&mut self, at: Timestamp) {
        self.early.retain(|_, early| at.micros_since(early.at) < EARLY_US);
        self.waiting.retain(|_, waiting| at < waiting.until);
        shrink(&mut self.early);
        shrink(&mut self.waiting);
    }
}

fn after(at: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(at.as_micros().saturating_add(micros))
}

/// Gives back the room that a burst took.
fn shrink<V>(map: &mut HashMap<(NetNs, Ends), V>) {
    if map.capacity() > 1024 && map.len() < map.capacity() / 8 {
        map.shrink_to(map.len() * 2);
    }
}

impl Connection {
    /// It ended thus.
    pub(super) fn end(&mut self, ended: &Ended) {
        let known = self.totals;
        // What was received does not become less.
        let rx_bytes = ended.rx_bytes.map(|bytes| bytes.max(known.rx_bytes().unwrap_or(0)));
        self.totals = Totals::new(ended.tx_bytes.or(known.tx_bytes()), rx_bytes.or(known.rx_bytes()), ended.retrans.or(known.retrans()));
        (self.ended, self.over) = (true, true);
        if self.cookie == 0 {
            (self.cookie, self.cookie_by_end) = (ended.cookie, true);
        }
        if self.state != SocketState::TimeWait {
            self.state = SocketState::Close;
        }
    }
}

impl Aggregator {
    /// What one end sent the other received: where both ended on this host, that tells of either whether the byte that was taken off was a FIN.
    pub(super) fn look_at_both(&mut self, netns: NetNs, ends: Ends) {
        let Some(other) = self.known.addresses.locate(netns, ends.remote.ip()) else { return };
        let (one, other) = ((netns, ends), (other, ends.reversed()));
        for (here, there) in [(one, other), (other, one)] {
            let sent = self.connections.get(there.0, &there.1).filter(|connection| connection.ended).and_then(|connection| connection.totals.tx_bytes());
            let Some(connection) = self.connections.get_mut(here.0, &here.1).filter(|connection| connection.ended) else { return };
            let totals = connection.totals;
            if let (Some(sent), Some(received)) = (sent, totals.rx_bytes())
                && received + 1 == sent
            {
                connection.totals = Totals::new(totals.tx_bytes(), Some(sent), totals.retrans());
                if let Some(flow) = connection.flow {
                    self.flows.count(flow, take_figures(connection));
                }
            }
        }
    }

    /// The kernel has given up the socket of a connection.
    pub fn ended(&mut self, ended: &Ended) {
        let ends = Ends { proto: Protocol::Tcp, local: ended.local, remote: ended.remote };
        let place = (ended.netns, ends);
        let is_its = |cookie: u64| cookie == 0 || cookie == ended.cookie;
        // What waits came before whatever has these ends by now.
        if let Some(waiting) = self.endings.waiting.get(&place).filter(|waiting| is_its(waiting.cookie)).copied() {
            self.endings.waiting.remove(&place);
            self.flows.count(waiting.flow, waiting.rest(ended));
            return;
        }
        let connection = self.connections.get_mut(ended.netns, &ends);
        let is_there = connection.is_some();
        let is_meant = |connection: &&mut Connection| is_its(connection.cookie);
        if let Some(connection) = connection.filter(is_meant) {
            connection.end(ended);
            if let Some(flow) = connection.flow {
                self.flows.count(flow, take_figures(connection));
            }
            self.look_at_both(ended.netns, ends);
        } else if !is_there && self.endings.early.len() < LIMIT {
            self.endings.early.insert(place, Early { ended: *ended, at: self.at, drain: self.drain });
        }
    }

    /// The socket of a connection that its process closed is there yet. Whether that was counted already: then what it did since is.
    pub(super) fn still_there(&mut self, netns: NetNs, ends: Ends, socket: &Socket) -> bool {
        let Some(waiting) = self.endings.waiting.get_mut(&(netns, ends)).filter(|waiting| waiting.cookie == socket.cookie) else { return false };
        let ended = Ended {
            netns,
            local: ends.local,
            remote: ends.remote,
            cookie: socket.cookie,
            tx_bytes: socket.tx_bytes,
            rx_bytes: socket.rx_bytes,
            retrans: socket.retrans,
        };
        self.flows.count(waiting.flow, waiting.rest(&ended));
        let known = waiting.counted;
        waiting.counted = Totals::new(socket.tx_bytes.or(known.tx_bytes()), socket.rx_bytes.or(known.rx_bytes()), socket.retrans.or(known.retrans()));
        waiting.until = after(self.at, ORPHAN_US);
        self.flows.still_there(waiting.flow, self.at);
        true
    }

    /// Says of a namespace whether ends are told of it.
    pub fn hears_ends(&mut self, netns: NetNs, hears: bool) {
        if hears {
            self.endings.unheard.remove(&netns);
        } else {
            self.endings.unheard.insert(netns);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::net::SocketAddr;
    use std::path::Path;

    use scope_core::{Scope, Side};

    use super::super::Read;
    use super::*;
    use crate::net::cgroup_tree::CgroupTree;
    use crate::net::connection::{Tracked, TrackedEvent, Tuple};
    use crate::net::process_sockets::ProcessSockets;

    const HOST: NetNs = 1;
    const CLIENT: (&str, &str) = ("192.0.2.7:40000", "192.0.2.8:80");

    fn socket(cookie: u64, state: SocketState, bytes: Option<(u64, u64)>) -> Socket {
        Socket {
            proto: Protocol::Tcp,
            netns: HOST,
            local: CLIENT.0.parse().unwrap(),
            remote: CLIENT.1.parse().unwrap(),
            state,
            dual_stack: false,
            cgroup: None,
            inode: if state == SocketState::TimeWait { 0 } else { 7 },
            uid: 0,
            cookie,
            tx_bytes: bytes.map(|(tx, _)| tx),
            rx_bytes: bytes.map(|(_, rx)| rx),
            rtt_us: None,
            retrans: Some(0),
            expires_ms: if state == SocketState::TimeWait { 59_900 } else { 0 },
            dialled: None,
            pid: None,
        }
    }

    fn end(cookie: u64, tx: u64, rx: u64) -> Ended {
        let (local, remote) = (CLIENT.0.parse().unwrap(), CLIENT.1.parse().unwrap());
        Ended { netns: HOST, local, remote, cookie, tx_bytes: Some(tx), rx_bytes: Some(rx), retrans: Some(2) }
    }

    struct Watch(Aggregator, i64);

    impl Watch {
        fn new() -> Self {
            Self(Aggregator::new(&"a".parse().unwrap(), &Scope::WORLD, HOST), 0)
        }

        /// A second later: sockets are read, then ends, as the collector does.
        fn tick(&mut self, sockets: &[Socket], ends: &[Ended]) {
            self.1 += 1;
            let second = |second: i64| Timestamp::from_micros(second * 1_000_000);
            self.0.begin(second(self.1));
            for socket in sockets {
                self.0.socket(socket, Read { at: second(self.1), again: true, time_wait_since: Some(second(self.1 - 1)) });
            }
            self.0.end_of_dump(HOST, Protocol::Tcp);
            for ended in ends {
                self.0.ended(ended);
            }
            self.0.attribute(&mut CgroupTree::new(Path::new("/nonexistent")), &ProcessSockets::new(Path::new("/nonexistent")));
            self.0.end(|_| None);
        }

        /// Open now, opened, sent, received, sent again: of the one flow that there is.
        fn flow(&self) -> (u64, Option<u64>, Option<u64>, Option<u64>, Option<u64>) {
            let mut flows = self.0.flows().iter().filter(|flow| flow.key.side() == Side::Client);
            let flow = flows.next().unwrap();
            assert!(flows.next().is_none());
            (flow.open, flow.opened_total, flow.tx_bytes_total, flow.rx_bytes_total, flow.retrans_total)
        }
    }

    #[test]
    fn what_came_over_a_connection_after_the_last_look_at_it_is_counted() {
        let mut watch = Watch::new();
        watch.tick(&[socket(9, SocketState::Established, Some((10, 20)))], &[]);
        watch.tick(&[], &[end(9, 1_000, 2_000)]);
        assert_eq!(watch.flow(), (0, Some(1), Some(1_000), Some(2_000), Some(2)));
    }

    #[test]
    fn an_end_that_is_told_late_counts_once() {
        let mut watch = Watch::new();
        watch.tick(&[socket(9, SocketState::Established, Some((10, 20)))], &[]);
        watch.tick(&[], &[]);
        assert_eq!(watch.flow(), (0, Some(1), Some(10), Some(20), Some(0)));
        // Another connection had those ends before.
        watch.tick(&[], &[end(8, 7, 7), end(9, 1_000, 2_000)]);
        watch.tick(&[], &[end(9, 5_000, 5_000)]);
        assert_eq!(watch.flow(), (0, Some(1), Some(1_000), Some(2_000), Some(2)));
    }

    #[test]
    fn an_end_that_is_told_before_what_is_left_of_the_connection_is_its_end() {
        let mut watch = Watch::new();
        watch.tick(&[], &[end(9, 1_000, 2_000)]);
        watch.tick(&[socket(0, SocketState::TimeWait, None)], &[]);
        assert_eq!(watch.flow(), (0, Some(1), Some(1_000), Some(2_000), Some(2)));
    }

    #[test]
    fn ends_that_are_in_use_again_are_another_connection() {
        let mut watch = Watch::new();
        watch.tick(&[socket(9, SocketState::Established, Some((10, 20)))], &[]);
        watch.tick(&[socket(10, SocketState::Established, Some((1, 2)))], &[end(9, 1_000, 2_000)]);
        assert_eq!(watch.flow(), (1, Some(2), Some(1_001), Some(2_002), Some(2)));
    }

    #[test]
    fn of_one_that_was_reset_no_byte_is_taken_off_that_was_seen() {
        let mut watch = Watch::new();
        watch.tick(&[socket(9, SocketState::Established, Some((10, 20)))], &[]);
        watch.tick(&[], &[end(9, 10, 19)]);
        assert_eq!(watch.flow(), (0, Some(1), Some(10), Some(20), Some(2)));
    }

    #[test]
    fn a_socket_that_its_process_closed_is_no_other_connection() {
        let mut watch = Watch::new();
        let closed = |sent| Socket { inode: 0, ..socket(9, SocketState::FinWait1, Some((sent, 20))) };
        watch.tick(&[socket(9, SocketState::Established, Some((10, 20)))], &[]);
        for sent in [500, 800, 900] {
            watch.tick(&[closed(sent)], &[]);
            assert_eq!(watch.flow(), (0, Some(1), Some(sent), Some(20), Some(0)));
        }
        // The kernel sends the rest for as long as it takes.
        (0..30).for_each(|_| watch.tick(&[closed(900)], &[]));
        watch.tick(&[], &[end(9, 1_000, 20)]);
        assert_eq!(watch.flow(), (0, Some(1), Some(1_000), Some(20), Some(2)));
    }

    #[test]
    fn an_end_is_not_that_of_the_next_connection_whose_socket_was_not_seen_yet() {
        let (local, remote) = ("127.0.0.1:40000".parse().unwrap(), "127.0.0.1:80".parse().unwrap());
        let of = |cookie, bytes| Socket { local, remote, ..socket(cookie, SocketState::Established, Some(bytes)) };
        let over = |cookie, sent| Ended { local, remote, ..end(cookie, sent, 20) };
        let (there, back) = (Tuple { src: local, dst: remote }, Tuple { src: remote, dst: local });
        let event = TrackedEvent::New;
        let again = Tracked {
            event,
            proto: Protocol::Tcp,
            original: there,
            reply: back,
            zone: 0,
            id: 1,
            replied: true,
            assured: false,
            bytes: None,
            timeout_secs: None,
        };
        let mut watch = Watch::new();
        watch.tick(&[of(9, (10, 20))], &[]);
        (0..2).for_each(|_| watch.0.begin_drain());
        watch.0.tracked(&again);
        watch.tick(&[of(10, (1, 2))], &[over(9, 1_000)]);
        assert_eq!(watch.flow(), (1, Some(2), Some(1_001), Some(22), Some(2)));
        watch.tick(&[], &[over(10, 5)]);
        assert_eq!(watch.flow(), (0, Some(2), Some(1_005), Some(40), Some(4)));
    }

    #[test]
    fn what_one_end_sent_the_other_received() {
        let mut watch = Watch::new();
        let client = ("127.0.0.1:40000".parse().unwrap(), "127.0.0.1:80".parse().unwrap());
        let of = |cookie: u64, (local, remote): (SocketAddr, SocketAddr)| Socket { local, remote, ..socket(cookie, SocketState::Established, Some((1, 1))) };
        let over = |cookie, (local, remote), tx, rx| Ended { local, remote, ..end(cookie, tx, rx) };
        let server = (client.1, client.0);
        watch.tick(&[of(1, client), of(2, server)], &[]);
        // Who closed first had no FIN to take off.
        watch.tick(&[], &[over(1, client, 1_000, 4_999), over(2, server, 5_000, 1_000)]);
        let mut bytes: Vec<_> = watch.0.flows().iter().map(|flow| (flow.tx_bytes_total, flow.rx_bytes_total)).collect();
        bytes.sort_unstable();
        assert_eq!(bytes, [(Some(1_000), Some(5_000)), (Some(5_000), Some(1_000))]);
    }

    #[test]
    fn ends_that_belong_to_nothing_are_forgotten() {
        let mut watch = Watch::new();
        watch.tick(&[], &[end(9, 1_000, 2_000)]);
        (0..25).for_each(|_| watch.tick(&[], &[]));
        assert!(watch.0.endings.early.is_empty() && watch.0.flows().is_empty());
        (0..2 * LIMIT as u64).for_each(|cookie| {
            let local = SocketAddr::from(([192, 0, (cookie >> 8) as u8, cookie as u8], 1 + (cookie >> 16) as u16));
            watch.0.ended(&Ended { local, ..end(cookie, 1, 1) });
        });
        assert!(watch.0.endings.early.len() <= LIMIT);
    }
}
