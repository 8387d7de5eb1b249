//! Connections on this host of which one end was seen by its socket and the other was not: what is left of the one in the kernel stands for the other as well, and
//! has to be read for it. Ends that connection tracking tells of are none of them.

use hashbrown::HashMap;
use scope_core::{Protocol, Timestamp};

use super::known::Known;
use super::remains::Remains;
use crate::net::connection::NetNs;
use crate::net::ends::Ends;
use crate::net::table::Connections;

/// How long the other end may turn up, microseconds: the longest time between two dumps.
const OPEN_US: i64 = 20_000_000;
/// Most ends remembered. For those beyond, the other end counts only where something else has closed sockets read.
const LIMIT: usize = 4_096;

/// The ends that were seen, and since when.
#[derive(Debug, Default)]
pub(super) struct OneEnded {
    by_netns: HashMap<NetNs, HashMap<Ends, Timestamp>>,
    len: usize,
}

impl OneEnded {
    /// Takes an end that was seen for the first time at `at`, if the other is on this host and was not seen.
    pub(super) fn meet(&mut self, netns: NetNs, ends: &Ends, at: Timestamp, known: &Known, connections: &Connections, remains: &Remains) {
        let is_new = || connections.get(netns, ends).is_some_and(|c| c.new && c.has_socket());
        if self.len < LIMIT && is_new() && is_one_ended(netns, ends, known, connections, remains) {
            self.len += usize::from(self.by_netns.entry(netns).or_default().insert(*ends, at).is_none());
        }
    }

    /// Forgets those whose other end has been seen by now, and those that it has been waited for long enough.
    pub(super) fn look_again(&mut self, at: Timestamp, known: &Known, connections: &Connections, remains: &Remains) {
        for (netns, waiting) in &mut self.by_netns {
            waiting.retain(|ends, since| at.micros_since(*since) < OPEN_US && is_one_ended(*netns, ends, known, connections, remains));
        }
        self.by_netns.retain(|_, waiting| !waiting.is_empty());
        self.len = self.by_netns.values().map(HashMap::len).sum();
    }

    /// What was left of an end has been read, for both.
    pub(super) fn settle(&mut self, netns: NetNs, ends: &Ends) {
        if let Some(waiting) = self.by_netns.get_mut(&netns) {
            self.len -= usize::from(waiting.remove(ends).is_some());
            if waiting.is_empty() {
                self.by_netns.remove(&netns);
            }
        }
    }

    /// Whether `netns` has any.
    pub(super) fn has(&self, netns: NetNs) -> bool {
        self.by_netns.contains_key(&netns)
    }
}

/// Whether the other end of a TCP connection is on this host, unseen and untracked. Where nobody listens at either end the address was translated, and the other
/// end is elsewhere.
fn is_one_ended(netns: NetNs, ends: &Ends, known: &Known, connections: &Connections, remains: &Remains) -> bool {
    let Some(other) = known.addresses.locate(netns, ends.remote.ip()).filter(|_| ends.proto == Protocol::Tcp) else { return false };
    let reversed = ends.reversed();
    connections.get(other, &reversed).is_none()
        && !remains.holds(other, reversed)
        && (known.listeners.is_served(other, ends.proto, ends.remote) || known.listeners.is_served(netns, ends.proto, ends.local))
        && !known.is_tracked(netns, ends)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::path::Path;

    use scope_core::{Scope, Side};

    use super::super::{Aggregator, Read};
    use super::*;
    use crate::net::cgroup_tree::CgroupTree;
    use crate::net::connection::{Socket, SocketState};
    use crate::net::process_sockets::ProcessSockets;

    const HOST: NetNs = 1;
    const POD: NetNs = 2;

    fn socket(local: &str, remote: &str, state: SocketState) -> Socket {
        Socket {
            proto: Protocol::Tcp,
            netns: POD,
            local: local.parse().unwrap(),
            remote: remote.parse().unwrap(),
            state,
            dual_stack: false,
            cgroup: None,
            inode: if state == SocketState::TimeWait { 0 } else { 7 },
            uid: 0,
            cookie: 9,
            tx_bytes: None,
            rx_bytes: None,
            rtt_us: None,
            retrans: None,
            expires_ms: if state == SocketState::TimeWait { 59_900 } else { 0 },
            dialled: None,
            pid: None,
        }
    }

    /// A tick at `secs` that finds these sockets in the namespace.
    fn tick(aggregator: &mut Aggregator, secs: i64, sockets: &[Socket]) {
        let at = Timestamp::from_micros(secs * 1_000_000);
        aggregator.begin(at);
        let listener = socket("127.0.0.1:80", "0.0.0.0:0", SocketState::Listen);
        aggregator.listeners(POD, &[listener]);
        for socket in sockets {
            aggregator.socket(socket, Read { at, again: true, time_wait_since: Some(Timestamp::from_micros((secs - 1) * 1_000_000)) });
        }
        aggregator.end_of_dump(POD, Protocol::Tcp);
        aggregator.attribute(&mut CgroupTree::new(Path::new("/nonexistent")), &ProcessSockets::new(Path::new("/nonexistent")));
        aggregator.end(|_| None);
    }

    fn opened(aggregator: &Aggregator, side: Side) -> u64 {
        aggregator.flows().iter().filter(|flow| flow.key.side() == side).filter_map(|flow| flow.opened_total).sum()
    }

    #[test]
    fn the_end_that_was_not_seen_is_counted_from_what_is_left_of_the_other() {
        let mut aggregator = Aggregator::new(&"a".parse().unwrap(), &Scope::WORLD, HOST);
        let client = ("127.0.0.1:40000", "127.0.0.1:80");
        tick(&mut aggregator, 1, &[socket(client.0, client.1, SocketState::Established)]);
        assert!(aggregator.wants_closed(POD) && !aggregator.wants_closed(HOST));
        tick(&mut aggregator, 2, &[socket(client.0, client.1, SocketState::TimeWait)]);
        assert!(!aggregator.wants_closed(POD));
        assert_eq!((opened(&aggregator, Side::Client), opened(&aggregator, Side::Server)), (1, 1));
        // Read once more, it is no other connection.
        tick(&mut aggregator, 3, &[socket(client.0, client.1, SocketState::TimeWait)]);
        assert_eq!((opened(&aggregator, Side::Client), opened(&aggregator, Side::Server)), (1, 1));
    }

    #[test]
    fn an_end_is_waited_for_until_it_is_seen_or_cannot_come_any_more() {
        let mut aggregator = Aggregator::new(&"a".parse().unwrap(), &Scope::WORLD, HOST);
        let client = socket("127.0.0.1:40000", "127.0.0.1:80", SocketState::Established);
        let server = socket("127.0.0.1:80", "127.0.0.1:40000", SocketState::Established);
        tick(&mut aggregator, 1, std::slice::from_ref(&client));
        assert!(aggregator.wants_closed(POD));
        tick(&mut aggregator, 2, &[client.clone(), server]);
        assert!(!aggregator.wants_closed(POD), "both are seen");

        let lone = socket("127.0.0.1:40001", "127.0.0.1:80", SocketState::Established);
        tick(&mut aggregator, 3, std::slice::from_ref(&lone));
        tick(&mut aggregator, 20, std::slice::from_ref(&lone));
        assert!(aggregator.wants_closed(POD));
        tick(&mut aggregator, 24, std::slice::from_ref(&lone));
        assert!(!aggregator.wants_closed(POD), "a dump of the other would have told of it");
    }

    #[test]
    fn an_end_at_which_nobody_listens_was_led_elsewhere() {
        let mut aggregator = Aggregator::new(&"a".parse().unwrap(), &Scope::WORLD, HOST);
        tick(&mut aggregator, 1, &[socket("127.0.0.1:40000", "127.0.0.1:81", SocketState::Established)]);
        assert!(!aggregator.wants_closed(POD));
        tick(&mut aggregator, 2, &[socket("127.0.0.1:80", "127.0.0.1:40000", SocketState::Established)]);
        assert!(aggregator.wants_closed(POD), "the server's end alone");
    }

    #[test]
    fn what_leads_to_others_or_is_older_has_one_end_here() {
        let mut aggregator = Aggregator::new(&"a".parse().unwrap(), &Scope::WORLD, HOST);
        tick(&mut aggregator, 1, &[socket("10.0.0.2:40000", "192.0.2.1:80", SocketState::Established)]);
        assert!(!aggregator.wants_closed(POD));
        aggregator.begin(Timestamp::from_micros(2_000_000));
        let older = Read { at: aggregator.at, again: false, time_wait_since: None };
        aggregator.socket(&socket("127.0.0.1:40000", "127.0.0.1:80", SocketState::Established), older);
        aggregator.attribute(&mut CgroupTree::new(Path::new("/nonexistent")), &ProcessSockets::new(Path::new("/nonexistent")));
        assert!(!aggregator.wants_closed(POD));
    }
}
