//! Reads sockets: listeners and UDP where something moved, single connections that tracking told of, and whole dumps of connections, for which namespaces take turns.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use scope_core::{Protocol, Timestamp};

use super::readings::Closed;
use super::{Collector, thread_ns};
use crate::net::aggregator::Read;
use crate::net::connection::{NetNs, Socket, SocketState};
use crate::net::ends::Ends;
use crate::net::namespaces::NamespaceError;
use crate::net::sock_diag;

/// CPU time that dumps of connections may take of a second, microseconds.
const DUMP_US_PER_SEC: u64 = 15_000;
/// Listeners and UDP sockets are read this often where nothing moves.
const LISTENERS_EVERY: Duration = Duration::from_secs(5);
/// Connections are dumped this often where nothing moves, or all are known one by one.
const QUIET_EVERY: Duration = Duration::from_secs(15);
/// What a question for one connection costs, nanoseconds (measured: 2 to 3.3 µs).
const QUESTION_NS: u64 = 3_000;
/// What a dump is taken to cost before one has been made, nanoseconds.
const DUMP_NS: u64 = 400_000;

/// A namespace whose connections may have changed.
struct Turn {
    netns: NetNs,
    unconfirmed: bool,
    asking_suffices: bool,
    moved: bool,
    age: Duration,
}

impl Collector {
    /// Reads counters of all namespaces, and listeners and UDP sockets where something moved.
    pub(super) fn read_listeners(&mut self, now: Instant, at: Timestamp) {
        let watched: Vec<NetNs> = self.namespaces.iter().map(|n| n.netns).collect();
        let mut found: Vec<Socket> = Vec::new();
        for netns in watched {
            let Some(namespace) = self.namespaces.get_mut(netns) else { continue };
            let reading = self.readings.entry(netns).or_default();
            let before = reading.now;
            reading.now.traffic = namespace.traffic(&mut self.buffer).ok();
            if reading.now.traffic != before.traffic || before.snmp.is_none() {
                reading.now.snmp = namespace.snmp(&mut self.buffer);
            }
            reading.now.told = self.aggregator.told_of(netns);
            let moved = reading.now.tcp_moved(reading.at_listeners.as_ref()) || reading.now.udp_moved(reading.at_listeners.as_ref(), reading.has_v6);
            let due = reading.listeners_read.is_none_or(|read| now.saturating_duration_since(read) >= LISTENERS_EVERY);
            if !(moved || due) {
                continue;
            }
            found.clear();
            let read = Read { at, again: reading.listeners_read.is_some() || reading.young, time_wait_since: None };
            let listeners = namespace.tcp(sock_diag::LISTENERS, false, &mut self.buffer, |socket| found.push(socket));
            let mut complete = listeners.is_ok();
            let aggregator = &mut self.aggregator;
            let udp = namespace.udp(&mut self.buffer, |socket| {
                if socket.remote.port() == 0 {
                    found.push(socket);
                } else {
                    aggregator.socket(&socket, read);
                }
            });
            if udp.is_ok() {
                aggregator.end_of_dump(netns, Protocol::Udp);
            }
            complete &= udp.is_ok();
            if complete {
                reading.listeners_read = Some(now);
                reading.at_listeners = Some(reading.now);
                aggregator.listeners(netns, &found);
            } else if let Some(source) = listeners.err().or_else(|| udp.err()) {
                self.meet_namespace_error(&NamespaceError::Netlink { netns, source }, now);
            }
        }
    }

    /// The namespaces whose connections are to be read, in the order of their turns.
    fn turns(&self, now: Instant) -> Vec<Turn> {
        let mut turns = Vec::new();
        for namespace in self.namespaces.iter() {
            let netns = namespace.netns;
            let Some(reading) = self.readings.get(&netns) else { continue };
            let age = reading.dumped.map_or(Duration::MAX, |read| now.saturating_duration_since(read));
            let moved = reading.now.tcp_moved(reading.at_read.as_ref());
            let unconfirmed = self.aggregator.unconfirmed(netns).next().is_some();
            if !moved && !reading.closed_later && !unconfirmed && age < QUIET_EVERY {
                continue;
            }
            let live = self.aggregator.connections().len_of(netns) as u64;
            let cheaper = live * QUESTION_NS < reading.dump_ns.max(DUMP_NS / 4);
            let closed_wanted = reading.closed_later || self.aggregator.wants_closed(netns);
            let asking_suffices = cheaper && !closed_wanted && age < QUIET_EVERY && reading.now.all_told(reading.at_dump.as_ref());
            turns.push(Turn { netns, unconfirmed, asking_suffices, moved, age });
        }
        // Who never had a turn first, then who waits with news, then who waits longest.
        turns.sort_by_key(|turn| (std::cmp::Reverse(turn.age == Duration::MAX), !turn.unconfirmed, !turn.moved, std::cmp::Reverse(turn.age), turn.netns));
        turns
    }

    /// Reads connections: single ones where tracking told of them, whole namespaces in turns. Returns how many did not fit.
    pub(super) fn read_connections(&mut self, now: Instant, at: Timestamp) -> u64 {
        let since = self.last_tick.map_or(Duration::from_secs(1), |last| now.saturating_duration_since(last));
        self.last_tick = Some(now);
        let budget_ns = DUMP_US_PER_SEC * since.as_millis().clamp(100, 60_000) as u64;
        let mut spent_ns = 0;
        let mut over_limit = 0;
        for turn in self.turns(now) {
            let Some(namespace) = self.namespaces.get_mut(turn.netns) else { continue };
            let Some(reading) = self.readings.get_mut(&turn.netns) else { continue };
            let aggregator = &mut self.aggregator;
            let started = thread_ns();
            if turn.asking_suffices {
                let ends: Vec<Ends> =
                    aggregator.connections().of(turn.netns).filter(|(ends, c)| ends.proto == Protocol::Tcp && !c.over).map(|(ends, _)| ends).collect();
                let pairs: Vec<(SocketAddr, SocketAddr)> = ends.iter().map(|ends| (ends.local, ends.remote)).collect();
                let read = Read { at, again: true, time_wait_since: None };
                let asked = namespace.tcp_each(&pairs, &mut self.buffer, |index, socket| match (ends.get(index), socket) {
                    (Some(_), Some(socket)) if socket.state != SocketState::TimeWait => aggregator.socket(&socket, read),
                    (Some(ends), _) => aggregator.absent(turn.netns, ends),
                    _ => {}
                });
                if asked.is_ok() {
                    reading.at_read = Some(reading.now);
                    continue;
                }
            }
            // Where nothing moves a look can wait: it must not take the time of those where something does, nor come for all at once.
            let budget_ns = if turn.moved { budget_ns } else { budget_ns / 8 };
            if spent_ns > budget_ns && turn.age != Duration::MAX {
                continue;
            }
            let closed = reading.closed(turn.netns == self.host, self.tracking, aggregator.wants_closed(turn.netns), now);
            let states = sock_diag::CONNECTIONS | if closed == Closed::List { sock_diag::TIME_WAIT } else { 0 };
            let read_at = Timestamp::from_micros(at.as_micros().saturating_add(now.elapsed().as_micros() as i64));
            let read = Read { at: read_at, again: reading.dumped.is_some() || reading.young, time_wait_since: reading.closed_since };
            match namespace.tcp(states, true, &mut self.buffer, |socket| aggregator.socket(&socket, read)) {
                Ok(dumped) => {
                    over_limit += dumped.over_limit as u64;
                    if dumped.over_limit == 0 && dumped.lost == 0 {
                        aggregator.end_of_dump(turn.netns, Protocol::Tcp);
                    }
                    reading.dumped = Some(now);
                    reading.at_dump = Some(reading.now);
                    reading.at_read = Some(reading.now);
                    reading.closed_later = closed == Closed::Later;
                    if closed != Closed::Later {
                        reading.closed_since = Some(read_at);
                    }
                    if closed == Closed::List {
                        reading.closed_read = Some(now);
                        reading.closed_ns = thread_ns().saturating_sub(started);
                    }
                }
                Err(e) => tracing::debug!(netns = turn.netns, error = %e, "connections"),
            }
            let took = thread_ns().saturating_sub(started);
            spent_ns += took;
            reading.dump_ns = if reading.dump_ns == 0 { took } else { (reading.dump_ns * 3 + took) / 4 };
        }
        over_limit
    }
}
