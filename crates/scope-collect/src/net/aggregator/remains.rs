//! Connections that were seen open by their sockets alone and are over: neither what is left of them in the kernel nor a late event is another connection.

use hashbrown::HashMap;
use scope_core::Timestamp;

use crate::net::connection::NetNs;
use crate::net::ends::Ends;

/// How long after its end a connection may turn up in `TimeWait` for the first time, microseconds: the longest time between two dumps.
const REMAINS_US: i64 = 20_000_000;
/// Most connections remembered for that.
const REMAINS: usize = 16_384;

/// When a connection ended, and which reading of events came before it.
#[derive(Clone, Copy, Debug)]
struct Ended {
    at: Timestamp,
    drain: u32,
}

/// Ends of connections that are over, for as long as something of them may still turn up.
#[derive(Debug, Default)]
pub(super) struct Remains(HashMap<(NetNs, Ends), Ended>);

impl Remains {
    /// Remembers an end that is over at `at`. Where there is no room it is not: it may then count twice.
    pub(super) fn keep(&mut self, netns: NetNs, ends: Ends, at: Timestamp, drain: u32) {
        if self.0.len() < REMAINS {
            self.0.insert((netns, ends), Ended { at, drain });
        }
    }

    /// Whether an end was here.
    pub(super) fn holds(&self, netns: NetNs, ends: Ends) -> bool {
        self.0.contains_key(&(netns, ends))
    }

    /// Whether an event of the reading `drain` tells of an end that is over already; it is forgotten then.
    pub(super) fn is_late(&mut self, netns: NetNs, ends: Ends, drain: u32) -> bool {
        self.0.remove(&(netns, ends)).is_some_and(|ended| ended.drain + 1 == drain)
    }

    /// Forgets what can turn up no more at `at`.
    pub(super) fn expire(&mut self, at: Timestamp) {
        self.0.retain(|_, ended| at.micros_since(ended.at) < REMAINS_US);
    }
}
