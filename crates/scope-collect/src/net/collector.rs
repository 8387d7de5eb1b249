//! Reads connections tick by tick: decides what is read when, so that the cost stays bounded, and feeds the [`Aggregator`].
//!
//! What is read, in this order of cost: counters of links (they tell whether anything can have happened in a namespace), listeners and UDP
//! sockets, single connections that tracking reported, and whole dumps of connections, for which namespaces take turns.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hashbrown::{HashMap, HashSet};
use rustix::time::{ClockId, clock_gettime};
use scope_core::endpoint::OwnedEndpoint;
use scope_core::{AgentName, Flow, NodeId, Problem, Protocol, Scope, Timestamp, flow};

use super::aggregator::{Aggregator, Losses, Read, Tracking};
use super::cgroup_tree::CgroupTree;
use super::connection::{NetNs, Socket, SocketState, TrackedEvent};
use super::dns::Names;
use super::namespaces::{NamespaceError, Namespaces, Traffic, netns_of};
use super::netlink::{BUFFER_LEN, Netlink, NetlinkError};
use super::process_sockets::ProcessSockets;
use super::rtnetlink::{self, LinkStats};
use super::scope::{Addresses, Member};
use super::snmp::Snmp;
use super::table::Ends;
use super::world::World;
use super::{conntrack, endpoints, namespaces, problems, sock_diag};

/// Room for events between two readings: 16 MiB as the kernel counts, some 20,000 events.
const EVENT_BUFFER: usize = 8 << 20;
/// Most events taken at a time.
const EVENTS_AT_ONCE: usize = 65_536;
/// CPU time that dumps of connections may take of a second, microseconds.
const DUMP_US_PER_SEC: u64 = 15_000;
/// Listeners and UDP sockets are read this often where nothing moves.
const LISTENERS_EVERY: Duration = Duration::from_secs(5);
/// Connections are dumped this often where nothing moves, or all are known one by one.
const QUIET_EVERY: Duration = Duration::from_secs(15);
/// CPU time that looking for closed sockets may take, as a part of all time: one fiftieth.
const CLOSED_PART: u64 = 50;
/// How often tracked UDP exchanges are looked at: their last packet is known from the time they have left.
const UDP_EVERY: Duration = Duration::from_secs(5);
/// What a question for one connection costs, nanoseconds (measured: 2 to 3.3 µs).
const QUESTION_NS: u64 = 3_000;
/// What a dump is taken to cost before one has been made, nanoseconds.
const DUMP_NS: u64 = 400_000;
/// How often settings are read where that takes a thread.
const SYSCTL_EVERY: Duration = Duration::from_secs(30);
/// Most entries taken from a dump of connection tracking.
const TRACKED: usize = 262_144;
/// Most processes whose namespace is looked up in a tick.
const NEW_PROCESSES: usize = 500;
/// How long a problem is told after it was met last.
const PROBLEMS_LAST: Duration = Duration::from_mins(1);

/// What the collector reads, and under which name.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The agent's name.
    pub agent: AgentName,
    /// The scope of private addresses.
    pub realm: Scope,
    /// Where the host's proc file system is mounted.
    pub proc: PathBuf,
    /// Where the host's sysfs is mounted.
    pub sys: PathBuf,
    /// A process in the host's own network namespace: 1. Where that is closed to this user, the calling thread's namespace counts as the host's.
    pub host_pid: u32,
    /// The hosts file.
    pub hosts_file: PathBuf,
    /// The file that names resolvers.
    pub resolv_conf: PathBuf,
    /// Whether names of addresses are asked of DNS.
    pub ask_dns: bool,
}

/// What was read in a tick. The flows are in [`Collector::flows`].
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What could not be seen.
    pub problems: Vec<Problem>,
    /// Observations lost or left out since the last tick.
    pub dropped: u64,
    /// CPU time taken since the last tick, microseconds.
    pub took_us: u64,
    /// The longest time since the connections of a namespace in use were last read.
    pub rotation: Duration,
}

/// Why connection tracking is not read.
#[derive(Debug)]
enum NoTracking {
    Netlink(NetlinkError),
    Namespace(NamespaceError),
}

/// What is known of reading one namespace.
#[derive(Debug, Default)]
struct Reading {
    now: Counters,
    /// As of the last time that listeners were read.
    at_listeners: Option<Counters>,
    listeners_read: Option<Instant>,
    /// As of the last time that connections were read, one by one or all.
    at_read: Option<Counters>,
    /// As of the last dump of connections.
    at_dump: Option<Counters>,
    dumped: Option<Instant>,
    dump_ns: u64,
    /// Until when no connection that came and went can be unknown.
    closed_since: Option<Timestamp>,
    /// The last dump with closed sockets, and what it cost.
    closed_read: Option<Instant>,
    closed_ns: u64,
    /// Closed sockets were put off.
    closed_later: bool,
    /// Made since the collector watches: all that was ever opened there counts.
    young: bool,
    has_v6: bool,
}

/// Counters that tell whether anything can have happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counters {
    traffic: Option<Traffic>,
    /// Read only where `traffic` moved: broadcasts move the links of every container on a bridge.
    snmp: Option<Snmp>,
    /// TCP connections that tracking told of.
    told: u64,
}

impl Counters {
    /// Whether TCP can have done anything since `before`.
    fn tcp_moved(&self, before: Option<&Self>) -> bool {
        let Some(before) = before else { return true };
        match (self.snmp, before.snmp) {
            (Some(now), Some(then)) => now.tcp_segments != then.tcp_segments || now.opens() != then.opens(),
            _ => self.traffic.is_none() || self.traffic != before.traffic,
        }
    }

    /// Whether UDP can have done anything since `before`.
    fn udp_moved(&self, before: Option<&Self>, has_v6: bool) -> bool {
        let Some(before) = before else { return true };
        match (self.snmp, before.snmp) {
            (Some(now), Some(then)) if !has_v6 => now.udp_datagrams != then.udp_datagrams,
            _ => self.traffic.is_none() || self.traffic != before.traffic,
        }
    }

    /// Whether tracking told of every TCP connection that came up since `before`. The kernel counts them itself.
    fn all_told(&self, before: Option<&Self>) -> bool {
        match (self.snmp, before.and_then(|before| before.snmp), before) {
            (Some(now), Some(then), Some(before)) => now.opens().wrapping_sub(then.opens()) == self.told.wrapping_sub(before.told),
            _ => false,
        }
    }
}

/// Settings of the host's namespace that decide what connection tracking sees. They are read, never changed.
#[derive(Clone, Copy, Debug)]
struct Sysctl {
    bridged_v4: bool,
    bridged_v6: bool,
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
            udp_timeouts: (number("netfilter/nf_conntrack_udp_timeout", 30), number("netfilter/nf_conntrack_udp_timeout_stream", 120)),
        }
    }
}

/// Reads connections and keeps them as flows.
#[derive(Debug)]
pub struct Collector {
    settings: Settings,
    aggregator: Aggregator,
    host: NetNs,
    host_pid: u32,
    namespaces: Namespaces,
    readings: HashMap<NetNs, Reading>,
    netns_of_pid: HashMap<u32, (u64, NetNs)>,
    events: Result<Netlink, NoTracking>,
    table: Option<Netlink>,
    links: Option<Netlink>,
    buffer: Vec<u8>,
    groups: CgroupTree,
    processes: ProcessSockets,
    names: Names,
    world: Arc<World>,
    container_netns: HashMap<NodeId, NetNs>,
    tracking: Tracking,
    sysctl: Sysctl,
    sysctl_read: Option<Instant>,
    seen_v4: bool,
    seen_v6: bool,
    /// When the first tick was.
    watching_since: Option<Timestamp>,
    last_tick: Option<Instant>,
    table_read: Option<Instant>,
    table_wanted: bool,
    overruns: u64,
    told: Told,
    met: BTreeMap<Problem, Instant>,
    cpu_ns: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Told {
    losses: Losses,
    overruns: u64,
}

impl Collector {
    /// Opens what can be opened; what cannot is a problem of each report. Never fails as a whole.
    pub fn new(settings: Settings) -> Self {
        let proc = &settings.proc;
        let (host, host_pid) = match netns_of(proc, settings.host_pid) {
            Ok(netns) => (netns, settings.host_pid),
            Err(_) => (namespaces::current(proc), std::process::id()),
        };
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
        Self {
            aggregator: Aggregator::new(&settings.agent, &settings.realm, host),
            host,
            host_pid,
            namespaces: Namespaces::new(proc),
            readings: HashMap::new(),
            netns_of_pid: HashMap::new(),
            events,
            table,
            links,
            buffer: vec![0; BUFFER_LEN],
            groups: CgroupTree::new(&settings.sys),
            processes: ProcessSockets::new(proc),
            names: Names::new(&settings.hosts_file, &settings.resolv_conf, settings.ask_dns),
            world: Arc::default(),
            container_netns: HashMap::new(),
            tracking: Tracking::default(),
            sysctl: Sysctl { bridged_v4: false, bridged_v6: false, udp_timeouts: (30, 120) },
            sysctl_read: None,
            seen_v4: false,
            seen_v6: false,
            watching_since: None,
            last_tick: None,
            table_read: None,
            table_wanted: true,
            overruns: 0,
            told: Told::default(),
            met: BTreeMap::new(),
            cpu_ns: 0,
            settings,
        }
    }

    /// The descriptor that becomes readable when connections come or go, for callers that wait.
    pub fn events(&self) -> Option<BorrowedFd<'_>> {
        self.events.as_ref().ok().map(AsFd::as_fd)
    }

    /// Takes the events that wait. At thousands of connections a second call it some times a tick, so that the kernel's room for them suffices.
    pub fn drain(&mut self) {
        let started = thread_ns();
        let Self { events, buffer, aggregator, seen_v4, seen_v6, .. } = self;
        let Ok(events) = events else { return };
        aggregator.begin_drain();
        let drained = events.drain(buffer, EVENTS_AT_ONCE, |message| {
            if let Some(tracked) = conntrack::decode(message, false) {
                *(if tracked.original.src.is_ipv4() { &mut *seen_v4 } else { &mut *seen_v6 }) = true;
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
        self.cpu_ns += thread_ns().saturating_sub(started);
    }

    /// Reads everything that is due, at the wall-clock time `at`, and brings the flows up to date.
    pub fn tick(&mut self, at: Timestamp, world: &Arc<World>) -> Report {
        let started = thread_ns();
        let now = Instant::now();
        self.aggregator.begin(at);
        self.watching_since = self.watching_since.or(Some(at));
        self.learn(world, now);
        let drained = thread_ns();
        self.drain();
        self.cpu_ns = self.cpu_ns.saturating_sub(thread_ns().saturating_sub(drained)); // counted with the tick
        self.look_at_settings(now);
        self.read_table(now);
        self.read_listeners(now, at);
        let over_limit = self.read_connections(now, at);
        self.find_holders(now);
        self.aggregator.attribute(&mut self.groups, &self.processes);
        let names = &mut self.names;
        names.poll(now);
        self.aggregator.end(|ip| names.name(ip, now));
        self.report(now, started, over_limit)
    }

    /// The flows, all that are mentioned.
    pub fn flows(&self) -> impl Iterator<Item = &Flow> {
        self.aggregator.flows().iter()
    }

    /// Where nodes can be reached.
    pub fn endpoints(&self) -> BTreeMap<NodeId, Vec<OwnedEndpoint>> {
        endpoints::endpoints(&self.aggregator, &self.world)
    }

    /// Changes whenever [`Self::endpoints`] may have changed for reasons other than the world handed in.
    pub fn endpoints_revision(&self) -> u64 {
        self.aggregator.listening().revision()
    }

    /// Every connection there is.
    pub fn connections(&mut self) -> Vec<flow::Connection> {
        self.aggregator.rows(&mut self.groups)
    }

    /// What a container's links have carried, as it sees it itself. `None` where it shares its namespace with the host.
    pub fn traffic_of(&self, container: &NodeId) -> Option<LinkStats> {
        let netns = self.container_netns.get(container).filter(|netns| **netns != self.host)?;
        self.readings.get(netns)?.now.traffic.map(|traffic| traffic.links)
    }

    /// The state of the joins, for tests and diagnosis.
    pub fn aggregator(&self) -> &Aggregator {
        &self.aggregator
    }

    /// How many namespaces are watched.
    pub fn watched(&self) -> usize {
        self.namespaces.len()
    }

    /// Brings namespaces, addresses and owners up to what the other sources know.
    fn learn(&mut self, world: &Arc<World>, now: Instant) {
        let networks_changed = !Arc::ptr_eq(&self.world, world) && !same_networks(&self.world, world);
        self.world = Arc::clone(world);

        // The namespaces in use, each with a process in it.
        let mut wanted: HashMap<NetNs, u32> = HashMap::new();
        wanted.insert(self.host, self.host_pid);
        let mut container_netns = HashMap::with_capacity(world.containers.len());
        for container in &world.containers {
            let start = world.processes.get(&container.pid).map_or(0, |process| process.start_ticks);
            if let Some(netns) = self.netns_of(container.pid, start) {
                wanted.entry(netns).or_insert(container.pid);
                container_netns.insert(container.id.clone(), netns);
            }
        }
        let mut lookups = 0;
        for (pid, process) in &world.processes {
            let known = self.netns_of_pid.get(pid).is_some_and(|(start, _)| *start == process.start_ticks);
            if !process.settled || (!known && lookups >= NEW_PROCESSES) {
                continue;
            }
            lookups += usize::from(!known);
            if let Some(netns) = self.netns_of(*pid, process.start_ticks) {
                wanted.entry(netns).or_insert(*pid);
            }
        }
        self.netns_of_pid.retain(|pid, _| world.processes.contains_key(pid) || world.containers.iter().any(|c| c.pid == *pid));

        let before: HashSet<NetNs> = self.namespaces.iter().map(|n| n.netns).collect();
        for error in self.namespaces.watch(&wanted) {
            self.meet_namespace_error(&error, now);
        }
        let same_namespaces = before.len() == self.namespaces.len() && self.namespaces.iter().all(|n| before.contains(&n.netns));
        if !same_namespaces {
            let Self { readings, aggregator, namespaces, .. } = self;
            readings.retain(|netns, _| namespaces.get_mut(*netns).is_some());
            let watched: HashSet<NetNs> = namespaces.iter().map(|n| n.netns).collect();
            aggregator.retain_namespaces(|netns| watched.contains(&netns));
        }

        let links_changed = self.links_changed();
        if links_changed || networks_changed {
            let netns: Vec<NetNs> = before.into_iter().collect();
            for netns in netns {
                if let Some(namespace) = self.namespaces.get_mut(netns)
                    && let Err(e) = namespace.reread(&mut self.buffer)
                {
                    tracing::debug!(netns, error = %e, "addresses");
                }
            }
        }
        self.container_netns = container_netns;
        self.find_young();
        if links_changed || networks_changed || !same_namespaces {
            self.map_addresses();
        }
        let (owners, container_netns) = (self.aggregator.owners_mut(), &self.container_netns);
        owners.update(world, self.host, |container| container_netns.get(&container.id).copied());
        self.aggregator.proxies_mut().replace(world.processes.iter().filter_map(|(pid, process)| Some((*pid, process.proxy?))));
    }

    /// Marks namespaces that were made for a container since the first tick, before they are read for the first time.
    fn find_young(&mut self) {
        let Some(since) = self.watching_since else { return };
        for container in &self.world.containers {
            let Some(netns) = self.container_netns.get(&container.id).filter(|netns| **netns != self.host) else { continue };
            let reading = self.readings.entry(*netns).or_default();
            if reading.dumped.is_none() && reading.listeners_read.is_none() && container.started_at.is_some_and(|at| at >= since) {
                reading.young = true;
                reading.closed_since = Some(since);
            }
        }
    }

    fn netns_of(&mut self, pid: u32, start_ticks: u64) -> Option<NetNs> {
        if let Some((start, netns)) = self.netns_of_pid.get(&pid)
            && *start == start_ticks
        {
            return Some(*netns).filter(|netns| *netns != 0);
        }
        let netns = netns_of(&self.settings.proc, pid).unwrap_or(0);
        self.netns_of_pid.insert(pid, (start_ticks, netns));
        Some(netns).filter(|netns| *netns != 0)
    }

    /// Whether links or addresses of the host changed since it was last asked.
    fn links_changed(&mut self) -> bool {
        let Some(links) = &mut self.links else { return false };
        if let Ok(drained) = links.drain(&mut self.buffer, EVENTS_AT_ONCE, |_| {}) {
            drained.messages > 0 || drained.overruns > 0
        } else {
            self.links = None;
            false
        }
    }

    fn map_addresses(&mut self) {
        let mut attached: HashMap<NetNs, Vec<&str>> = HashMap::new();
        for container in &self.world.containers {
            if let Some(netns) = self.container_netns.get(&container.id) {
                attached.entry(*netns).or_default().extend(container.addresses.iter().map(|a| a.network.as_str()));
            }
        }
        let members: Vec<Member<'_>> = self
            .namespaces
            .iter()
            .map(|n| Member { netns: n.netns, links: &n.links, addresses: &n.addresses, networks: attached.get(&n.netns).map_or(&[], Vec::as_slice) })
            .collect();
        for member in &members {
            let usable_v6 = |a: &rtnetlink::LinkAddress| matches!(a.ip, std::net::IpAddr::V6(ip) if !ip.is_loopback() && !ip.is_unicast_link_local());
            self.readings.entry(member.netns).or_default().has_v6 = member.addresses.iter().any(usable_v6);
        }
        let addresses = Addresses::new(&self.settings.agent, &self.settings.realm, self.host, &members, &self.world.networks);
        self.aggregator.set_addresses(addresses);
    }

    /// What connection tracking can see by the kernel's settings and by what has come so far.
    fn look_at_settings(&mut self, now: Instant) {
        // The files show the settings of the reader's namespace: from another one than the host's they are read seldom.
        let near = namespaces::current(&self.settings.proc) == self.host;
        if near || self.sysctl_read.is_none_or(|at| now.saturating_duration_since(at) >= SYSCTL_EVERY) {
            let proc = self.settings.proc.clone();
            if let Ok(read) = namespaces::within(&self.settings.proc, self.host, self.host_pid, move || Sysctl::read(&proc)) {
                self.sysctl = read;
            }
            self.sysctl_read = Some(now);
        }
        let sysctl = self.sysctl;
        let works = self.events.is_ok();
        self.tracking = Tracking {
            routed_v4: works && self.seen_v4,
            routed_v6: works && self.seen_v6,
            bridged_v4: works && self.seen_v4 && sysctl.bridged_v4,
            bridged_v6: works && self.seen_v6 && sysctl.bridged_v6,
        };
        self.aggregator.set_tracking(self.tracking, sysctl.udp_timeouts);
        let bridged = self.world.containers.iter().any(|c| !c.addresses.is_empty());
        if works && bridged && !sysctl.bridged_v4 {
            self.meet(problems::untracked_bridges(), now);
        }
    }

    /// Reads the table of connection tracking: at the start, after a loss, and from time to time where UDP goes on.
    fn read_table(&mut self, now: Instant) {
        let udp = || self.aggregator.connections().iter().any(|(_, ends, c)| ends.proto == Protocol::Udp && !c.has_socket());
        let due = self.table_read.is_none_or(|at| now.saturating_duration_since(at) >= UDP_EVERY);
        if !(self.table_wanted || (due && udp())) {
            return;
        }
        let Self { table, buffer, aggregator, seen_v4, seen_v6, .. } = self;
        let Some(socket) = table else { return };
        let dumped = socket.dump(conntrack::KIND_GET, &conntrack::DUMP_REQUEST, buffer, TRACKED, |message| {
            if let Some(tracked) = conntrack::decode(message, true) {
                debug_assert!(tracked.event == TrackedEvent::Present || tracked.event == TrackedEvent::Destroy);
                *(if tracked.original.src.is_ipv4() { &mut *seen_v4 } else { &mut *seen_v6 }) = true;
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

    /// Reads counters of all namespaces, and listeners and UDP sockets where something moved.
    fn read_listeners(&mut self, now: Instant, at: Timestamp) {
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

    /// Reads connections: single ones where tracking told of them, whole namespaces in turns. Returns how many did not fit.
    fn read_connections(&mut self, now: Instant, at: Timestamp) -> u64 {
        struct Turn {
            netns: NetNs,
            unconfirmed: bool,
            asking_suffices: bool,
            moved: bool,
            age: Duration,
        }
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
            let asking_suffices = cheaper && !reading.closed_later && age < QUIET_EVERY && reading.now.all_told(reading.at_dump.as_ref());
            turns.push(Turn { netns, unconfirmed, asking_suffices, moved, age });
        }
        // Who never had a turn first, then who waits with news, then who waits longest.
        turns.sort_by_key(|turn| (std::cmp::Reverse(turn.age == Duration::MAX), !turn.unconfirmed, !turn.moved, std::cmp::Reverse(turn.age), turn.netns));

        let since = self.last_tick.map_or(Duration::from_secs(1), |last| now.saturating_duration_since(last));
        self.last_tick = Some(now);
        let budget_ns = DUMP_US_PER_SEC * since.as_millis().clamp(100, 60_000) as u64;
        let mut spent_ns = 0;
        let mut over_limit = 0;
        for turn in turns {
            let Some(namespace) = self.namespaces.get_mut(turn.netns) else { continue };
            let Some(reading) = self.readings.get_mut(&turn.netns) else { continue };
            let aggregator = &mut self.aggregator;
            let started = thread_ns();
            if turn.asking_suffices {
                let ends: Vec<Ends> =
                    aggregator.connections().of(turn.netns).filter(|(ends, c)| ends.proto == Protocol::Tcp && !c.over).map(|(ends, _)| *ends).collect();
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
            let closed = closed(reading, turn.netns == self.host, self.tracking, now);
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

    /// Finds out which processes hold the sockets that are new.
    fn find_holders(&mut self, now: Instant) {
        let wanted = self.aggregator.wanted(&self.processes);
        self.groups.refresh(wanted.iter().filter_map(|(_, _, group)| *group), now);
        let inodes = self.aggregator.inodes();
        let world = Arc::clone(&self.world);
        self.processes.next_tick(|inode| inodes.contains(&inode), |pid| world.processes.contains_key(&pid));
        if wanted.is_empty() || world.processes.is_empty() {
            return;
        }

        // Processes by control group where that is known, else by namespace.
        let mut by_group: HashMap<&[u8], Vec<u32>> = HashMap::new();
        let mut by_netns: HashMap<NetNs, Vec<u32>> = HashMap::new();
        for (pid, process) in world.processes.iter().filter(|(_, process)| process.settled) {
            if let Some(group) = &process.cgroup {
                by_group.entry(group).or_default().push(*pid);
            }
            if let Some((_, netns)) = self.netns_of_pid.get(pid) {
                by_netns.entry(*netns).or_default().push(*pid);
            }
        }
        let mut proxied: HashSet<u64> = HashSet::new();
        let mut in_group: BTreeMap<Vec<u8>, HashSet<u64>> = BTreeMap::new();
        let mut in_netns: BTreeMap<NetNs, HashSet<u64>> = BTreeMap::new();
        for (inode, netns, group) in &wanted {
            if *netns == self.host && !self.aggregator.proxies().is_empty() {
                proxied.insert(*inode);
            }
            // The root group says little: where all are in it, the namespace has fewer processes. A socket may also be held from another namespace.
            let narrow = |path: &[u8]| path.len() > 1 || !by_netns.contains_key(netns);
            let path = group.and_then(|id| self.groups.path(id)).filter(|path| narrow(path) && by_group.contains_key(&***path));
            match path {
                Some(path) => in_group.entry(path.to_vec()).or_default().insert(*inode),
                None => in_netns.entry(*netns).or_default().insert(*inode),
            };
        }
        for pids in by_group.values_mut().chain(by_netns.values_mut()) {
            pids.sort_unstable();
        }
        // A proxy's sockets decide how others are read: first, and without remembering who was not found.
        let proxies = self.aggregator.proxies().pids().to_vec();
        let mut searched = self.processes.search_first(&proxies, &mut proxied);
        let groups = in_group.iter_mut().filter_map(|(path, inodes)| Some((by_group.get(path.as_slice())?.as_slice(), inodes)));
        let namespaces = in_netns.iter_mut().filter_map(|(netns, inodes)| Some((by_netns.get(netns)?.as_slice(), inodes)));
        searched.add(self.processes.search(groups.chain(namespaces)));
        if searched.denied > 0 && searched.links == 0 {
            self.meet(problems::closed_processes(), now);
        }
    }

    fn report(&mut self, now: Instant, started: u64, over_limit: u64) -> Report {
        if let Err(e) = &self.events {
            let problem = match e {
                NoTracking::Netlink(e) => problems::no_tracking(e, e.is_permission()),
                NoTracking::Namespace(e) => problems::no_tracking(e, e.is_permission()),
            };
            self.meet(problem, now);
        }
        let waiting = self.readings.values().filter(|reading| reading.now.tcp_moved(reading.at_read.as_ref()));
        let rotation = waiting.filter_map(|reading| reading.dumped).map(|read| now.saturating_duration_since(read)).max();
        let rotation = rotation.unwrap_or_default();
        if rotation > Duration::from_secs(2) {
            self.meet(problems::slow_rotation(rotation), now);
        }
        let losses = self.aggregator.losses();
        let told = std::mem::replace(&mut self.told, Told { losses, overruns: self.overruns });
        if self.overruns > told.overruns {
            self.meet(problems::overrun(), now);
        }
        if losses.folded > told.losses.folded {
            self.meet(problems::folded(), now);
        }
        if losses.connections > told.losses.connections || over_limit > 0 {
            self.meet(problems::full(), now);
        }
        self.met.retain(|_, met| now.saturating_duration_since(*met) < PROBLEMS_LAST);
        let cpu_ns = std::mem::take(&mut self.cpu_ns) + thread_ns().saturating_sub(started);
        Report {
            problems: self.met.keys().cloned().collect(),
            dropped: losses.connections - told.losses.connections + (losses.listeners - told.losses.listeners) + (self.overruns - told.overruns) + over_limit,
            took_us: cpu_ns / 1000,
            rotation,
        }
    }

    fn meet(&mut self, problem: Problem, now: Instant) {
        self.met.insert(problem, now);
    }

    fn meet_namespace_error(&mut self, error: &NamespaceError, now: Instant) {
        if error.is_gone() {
            return;
        }
        tracing::debug!(error = %error, "network namespace");
        let problem = match error {
            _ if error.is_permission() => problems::closed_namespaces(),
            NamespaceError::Netlink { netns, .. } if *netns == self.host => problems::no_sockets(error),
            _ => problems::failed_namespaces(error),
        };
        self.meet(problem, now);
    }
}

/// Whether a dump should list closed sockets, too: they stand for short connections that nobody told of. Thousands may be left of a busy minute,
/// so they are listed as seldom as their cost asks for; each stays for a minute.
fn closed(reading: &Reading, is_host: bool, tracking: Tracking, now: Instant) -> Closed {
    let loopback = |counters: Option<&Counters>| counters.and_then(|c| c.traffic).map(|t| t.loopback_packets);
    let loopback_moved = loopback(Some(&reading.now)) != loopback(reading.at_dump.as_ref());
    let untold = if is_host { !(tracking.routed_v4 && tracking.routed_v6) } else { loopback_moved || !covers(tracking, reading.has_v6) };
    let all_told = !untold || reading.now.all_told(reading.at_dump.as_ref());
    if (reading.dumped.is_none() && !reading.young) || (all_told && !reading.closed_later) {
        return Closed::NotNeeded;
    }
    let cost = Duration::from_nanos(reading.closed_ns.saturating_mul(CLOSED_PART));
    if reading.closed_read.is_none_or(|at| now.saturating_duration_since(at) >= cost) { Closed::List } else { Closed::Later }
}

/// What to do about closed sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closed {
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

fn same_networks(a: &World, b: &World) -> bool {
    let networks = |world: &World| world.networks.iter().map(|n| (n.id.clone(), n.subnets.clone())).collect::<Vec<_>>();
    a.containers.len() == b.containers.len()
        && a.containers.iter().zip(&b.containers).all(|(a, b)| a.id == b.id && a.pid == b.pid && a.addresses == b.addresses)
        && a.networks.len() == b.networks.len()
        && networks(a) == networks(b)
}

/// CPU time of this thread, nanoseconds.
fn thread_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    (time.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64)
}

impl Settings {
    /// The settings for the usual places.
    pub fn new(agent: AgentName, realm: Scope, proc: &Path, sys: &Path) -> Self {
        Self {
            agent,
            realm,
            proc: proc.into(),
            sys: sys.into(),
            host_pid: 1,
            hosts_file: "/etc/hosts".into(),
            resolv_conf: "/etc/resolv.conf".into(),
            ask_dns: true,
        }
    }
}
