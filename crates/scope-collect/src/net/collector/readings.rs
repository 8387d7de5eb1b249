//! What is known of reading one namespace: counters that tell whether anything can have happened there, and what that asks for. Nothing is read here.

use std::time::{Duration, Instant};

use scope_core::Timestamp;

use crate::net::aggregator::Tracking;
use crate::net::namespaces::Traffic;
use crate::net::snmp::Snmp;

/// CPU time that looking for closed sockets may take, as a part of all time: one fiftieth.
const CLOSED_PART: u64 = 50;

/// What is known of reading one namespace.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) now: Counters,
    /// As of the last time that listeners were read.
    pub(super) at_listeners: Option<Counters>,
    pub(super) listeners_read: Option<Instant>,
    /// As of the last time that connections were read, one by one or all.
    pub(super) at_read: Option<Counters>,
    /// As of the last dump of connections.
    pub(super) at_dump: Option<Counters>,
    pub(super) dumped: Option<Instant>,
    pub(super) dump_ns: u64,
    /// Until when no connection that came and went can be unknown.
    pub(super) closed_since: Option<Timestamp>,
    /// The last dump with closed sockets, and what it cost.
    pub(super) closed_read: Option<Instant>,
    pub(super) closed_ns: u64,
    /// Closed sockets were put off.
    pub(super) closed_later: bool,
    /// Ends of connections read in this second.
    pub(super) ends: u32,
    /// Made since the collector watches: all that was ever opened there counts.
    pub(super) young: bool,
    pub(super) has_v6: bool,
}

/// Counters that tell whether anything can have happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counters {
    pub(super) traffic: Option<Traffic>,
    /// Read only where `traffic` moved: broadcasts move the links of every container on a bridge.
    pub(super) snmp: Option<Snmp>,
    /// TCP connections that tracking told of.
    pub(super) told: u64,
}

impl Counters {
    /// Whether TCP can have done anything since `before`.
    pub(super) fn tcp_moved(&self, before: Option<&Self>) -> bool {
        let Some(before) = before else { return true };
        match (self.snmp, before.snmp) {
            (Some(now), Some(then)) => now.tcp_segments != then.tcp_segments || now.opens() != then.opens(),
            _ => self.traffic.is_none() || self.traffic != before.traffic,
        }
    }

    /// Whether UDP can have done anything since `before`.
    pub(super) fn udp_moved(&self, before: Option<&Self>, has_v6: bool) -> bool {
        let Some(before) = before else { return true };
        match (self.snmp, before.snmp) {
            (Some(now), Some(then)) if !has_v6 => now.udp_datagrams != then.udp_datagrams,
            _ => self.traffic.is_none() || self.traffic != before.traffic,
        }
    }

    /// Whether tracking told of every TCP connection that came up since `before`. The kernel counts them itself.
    pub(super) fn all_told(&self, before: Option<&Self>) -> bool {
        match (self.snmp, before.and_then(|before| before.snmp), before) {
            (Some(now), Some(then), Some(before)) => now.opens().wrapping_sub(then.opens()) == self.told.wrapping_sub(before.told),
            _ => false,
        }
    }
}

impl Reading {
    /// Whether a dump should list closed sockets, too: they stand for short connections that nobody told of. Thousands may be left of a busy minute,
    /// so they are listed as seldom as their cost asks for; each stays for a minute. `wanted` is whether they are for another reason.
    pub(super) fn closed(&self, is_host: bool, tracking: Tracking, wanted: bool, now: Instant) -> Closed {
        let loopback = |counters: Option<&Counters>| counters.and_then(|c| c.traffic).map(|t| t.loopback_packets);
        let loopback_moved = loopback(Some(&self.now)) != loopback(self.at_dump.as_ref());
        let untold = if is_host { !(tracking.routed_v4 && tracking.routed_v6) } else { loopback_moved || !covers(tracking, self.has_v6) };
        let all_told = !wanted && (!untold || self.now.all_told(self.at_dump.as_ref()));
        if (self.dumped.is_none() && !self.young) || (all_told && !self.closed_later) {
            return Closed::NotNeeded;
        }
        let cost = Duration::from_nanos(self.closed_ns.saturating_mul(CLOSED_PART));
        if self.closed_read.is_none_or(|at| now.saturating_duration_since(at) >= cost) { Closed::List } else { Closed::Later }
    }
}

/// What to do about closed sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// Every connection up to now is known.
    NotNeeded,
    /// List them.
    List,
    /// List them another time; what closes until then is still there.
    Later,
}

/// Whether tracking sees all that crosses the border of a container's namespace.
fn covers(tracking: Tracking, has_v6: bool) -> bool {
    tracking.routed_v4 && tracking.bridged_v4 && (!has_v6 || (tracking.routed_v6 && tracking.bridged_v6))
}
