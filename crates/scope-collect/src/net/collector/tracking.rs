//! Connection tracking: its events, its table, and the settings that decide what it sees. They are read, never changed.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use scope_core::{Problem, Protocol};

use super::EVENTS_AT_ONCE;
use crate::net::aggregator::{Aggregator, Tracking};
use crate::net::connection::{NetNs, Tracked, TrackedEvent};
use crate::net::namespaces::{self, NamespaceError};
use crate::net::netlink::{Netlink, NetlinkError};
use crate::net::{conntrack, problems, rtnetlink};

/// Room for events between two readings: 16 MiB as the kernel counts, some 20,000 events.
const EVENT_BUFFER: usize = 8 << 20;
/// How often tracked UDP exchanges are looked at: their last packet is known from the time they have left.
const UDP_EVERY: Duration = Duration::from_secs(5);
/// How often settings are read where that takes a thread.
const SYSCTL_EVERY: Duration = Duration::from_secs(30);
/// Most entries taken from a dump of connection tracking.
const TRACKED: usize = 262_144;

/// Why connection tracking is not read.
#[derive(Debug)]
enum NoTracking {
    Netlink(NetlinkError),
    Namespace(NamespaceError),
}

/// Settings of the host's namespace that decide what connection tracking sees. They are read, never changed.
#[derive(Clone, Copy, Debug)]
struct Sysctl {
    bridged_v4: bool,
    bridged_v6: bool,
    /// Whether bytes are counted.
    counts_bytes: bool,
    udp_timeouts: (u32, u32),
}

impl Sysctl {
    fn read(proc: &Path) -> Self {
        let text = |file: &str| std::fs::read_to_string(proc.join("sys/net").join(file)).unwrap_or_default();
        let on = |file: &str| text(file).trim() == "1";
        let number = |file: &str, or: u32| text(file).trim().parse().unwrap_or(or);
        Self {
            bridged_v4: on("bridge/bridge-nf-call-iptables"),
            bridged_v6: on("bridge/bridge-nf-call-ip6tables"),
            counts_bytes: on("netfilter/nf_conntrack_acct"),
            udp_timeouts: (number("netfilter/nf_conntrack_udp_timeout", 30), number("netfilter/nf_conntrack_udp_timeout_stream", 120)),
        }
    }
}

/// What tells of connections that come and go, and what it told so far.
#[derive(Debug)]
pub(super) struct Tracker {
    events: Result<Netlink, NoTracking>,
    table: Option<Netlink>,
    table_read: Option<Instant>,
    table_wanted: bool,
    sysctl: Sysctl,
    sysctl_read: Option<Instant>,
    seen_v4: bool,
    seen_v6: bool,
    overruns: u64,
}

impl Tracker {
    /// Opens what can be opened of the host's namespace, which the process `host_pid` is in; also the socket that tells of its links.
    pub(super) fn open(proc: &Path, host: NetNs, host_pid: u32) -> (Self, Option<Netlink>) {
        let opened = namespaces::within(proc, host, host_pid, || {
            let netfilter = Some(rustix::net::netlink::NETFILTER);
            let events = Netlink::open(netfilter, conntrack::GROUPS, "connection tracking");
            if let Ok(events) = &events {
                let granted = events.set_receive_buffer(EVENT_BUFFER);
                tracing::debug!(bytes = granted, "room for events of connection tracking");
            }
            (events, Netlink::open(netfilter, 0, "connection tracking").ok(), Netlink::open(None, rtnetlink::GROUPS, "links").ok())
        });
        let (events, table, links) = match opened {
            Ok((events, table, links)) => (events.map_err(NoTracking::Netlink), table, links),
            Err(e) => (Err(NoTracking::Namespace(e)), None, None),
        };
        let sysctl = Sysctl { bridged_v4: false, bridged_v6: false, counts_bytes: true, udp_timeouts: (30, 120) };
        let tracker = Self { events, table, table_read: None, table_wanted: true, sysctl, sysctl_read: None, seen_v4: false, seen_v6: false, overruns: 0 };
        (tracker, links)
    }

    /// The descriptor that becomes readable when connections come or go.
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.events.as_ref().ok().map(AsFd::as_fd)
    }

    /// How often events were lost.
    pub(super) fn overruns(&self) -> u64 {
        self.overruns
    }

    /// Why nothing tells of connections that come and go, if so.
    pub(super) fn problem(&self) -> Option<Problem> {
        match self.events.as_ref().err()? {
            NoTracking::Netlink(e) => Some(problems::no_tracking(e, e.is_permission())),
            NoTracking::Namespace(e) => Some(problems::no_tracking(e, e.is_permission())),
        }
    }

    /// Whether events come and those between containers on one bridge are not among them, by the kernel's settings.
    pub(super) fn misses_bridges(&self) -> bool {
        self.events.is_ok() && !self.sysctl.bridged_v4
    }

    /// Whether tracking counts the bytes of what it sees.
    pub(super) fn counts_bytes(&self) -> bool {
        self.events.is_ok() && self.sysctl.counts_bytes
    }

    /// Whether connections are seen of which nobody counts the bytes, by the kernel's settings.
    pub(super) fn misses_bytes(&self) -> bool {
        self.events.is_ok() && (self.seen_v4 || self.seen_v6) && !self.sysctl.counts_bytes
    }

    /// Takes the events that wait.
    pub(super) fn drain(&mut self, buffer: &mut [u8], aggregator: &mut Aggregator) {
        let Self { events, seen_v4, seen_v6, .. } = self;
        let Ok(events) = events else { return };
        aggregator.begin_drain();
        let drained = events.drain(buffer, EVENTS_AT_ONCE, |message| {
            if let Some(tracked) = conntrack::decode(message, false) {
                *(if is_v4(&tracked) { &mut *seen_v4 } else { &mut *seen_v6 }) = true;
                aggregator.tracked(&tracked);
            }
        });
        match drained {
            Ok(drained) => {
                self.overruns += drained.overruns as u64;
                self.table_wanted |= drained.overruns > 0;
            }
            Err(e) => {
                tracing::debug!(error = %e, "events of connection tracking");
                self.events = Err(NoTracking::Netlink(e));
            }
        }
    }

    /// What connection tracking can see by the kernel's settings and by what has come so far; and after how many seconds it forgets UDP (unanswered, answered).
    pub(super) fn look_at_settings(&mut self, proc: &Path, host: NetNs, host_pid: u32, now: Instant) -> (Tracking, (u32, u32)) {
        // The files show the settings of the reader's namespace: from another one than the host's they are read seldom.
        let near = namespaces::current(proc) == host;
        if near || self.sysctl_read.is_none_or(|at| now.saturating_duration_since(at) >= SYSCTL_EVERY) {
            let of = proc.to_owned();
            if let Ok(read) = namespaces::within(proc, host, host_pid, move || Sysctl::read(&of)) {
                self.sysctl = read;
            }
            self.sysctl_read = Some(now);
        }
        let sysctl = self.sysctl;
        let works = self.events.is_ok();
        let tracking = Tracking {
            routed_v4: works && self.seen_v4,
            routed_v6: works && self.seen_v6,
            bridged_v4: works && self.seen_v4 && sysctl.bridged_v4,
            bridged_v6: works && self.seen_v6 && sysctl.bridged_v6,
        };
        (tracking, sysctl.udp_timeouts)
    }

    /// Reads the table: at the start, after a loss, and from time to time where UDP goes on.
    pub(super) fn read_table(&mut self, buffer: &mut [u8], aggregator: &mut Aggregator, now: Instant) {
        let udp = || aggregator.connections().iter().any(|(_, ends, c)| ends.proto == Protocol::Udp && !c.has_socket());
        let due = self.table_read.is_none_or(|at| now.saturating_duration_since(at) >= UDP_EVERY);
        if !(self.table_wanted || (due && udp())) {
            return;
        }
        let Self { table, seen_v4, seen_v6, .. } = self;
        let Some(socket) = table else { return };
        let dumped = socket.dump(conntrack::KIND_GET, &conntrack::DUMP_REQUEST, buffer, TRACKED, |message| {
            if let Some(tracked) = conntrack::decode(message, true) {
                debug_assert!(tracked.event == TrackedEvent::Present || tracked.event == TrackedEvent::Destroy);
                *(if is_v4(&tracked) { &mut *seen_v4 } else { &mut *seen_v6 }) = true;
                aggregator.tracked(&tracked);
            }
        });
        self.table_read = Some(now);
        match dumped {
            Ok(_) => self.table_wanted = false,
            Err(e) => {
                tracing::debug!(error = %e, "table of connection tracking");
                if e.is_permission() || e.is_unsupported() {
                    self.table = None;
                    self.events = Err(NoTracking::Netlink(e));
                }
            }
        }
    }
}

fn is_v4(tracked: &Tracked) -> bool {
    tracked.original.src.is_ipv4()
}
