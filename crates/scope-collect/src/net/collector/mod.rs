//! Reads connections tick by tick: decides what is read when, so that the cost stays bounded, and feeds the [`Aggregator`].
//!
//! What is read, in this order of cost: counters of links (they tell whether anything can have happened in a namespace), listeners and UDP
//! sockets, single connections that tracking reported, and whole dumps of connections, for which namespaces take turns.

mod dumps;
mod endings;
mod holders;
mod learning;
mod readings;
mod report;
mod settings;
mod tracking;

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Instant;

use hashbrown::HashMap;
use rustix::time::{ClockId, clock_gettime};
use scope_core::endpoint::OwnedEndpoint;
use scope_core::{Flow, NodeId, Problem, Timestamp, flow};

use self::endings::Endings;
use self::readings::Reading;
use self::report::Told;
use self::tracking::Tracker;
use super::aggregator::{Aggregator, Tracking};
use super::cgroup_tree::CgroupTree;
use super::connection::NetNs;
use super::dns::Names;
use super::namespaces::{Namespaces, netns_of};
use super::neighbours::Neighbours;
use super::netlink::{BUFFER_LEN, Netlink};
use super::process_sockets::ProcessSockets;
use super::rtnetlink::LinkStats;
use super::world::World;
use super::{endpoints, namespaces, problems};

pub use self::report::Report;
pub use self::settings::Settings;

/// Most events taken at a time.
const EVENTS_AT_ONCE: usize = 65_536;

/// Reads connections and keeps them as flows.
#[derive(Debug)]
pub struct Collector {
    settings: Settings,
    aggregator: Aggregator,
    host: NetNs,
    host_pid: u32,
    namespaces: Namespaces,
    neighbours: Neighbours,
    readings: HashMap<NetNs, Reading>,
    netns_of_pid: HashMap<u32, (u64, NetNs)>,
    tracker: Tracker,
    links: Option<Netlink>,
    buffer: Vec<u8>,
    groups: CgroupTree,
    processes: ProcessSockets,
    names: Names,
    world: Arc<World>,
    container_netns: HashMap<NodeId, NetNs>,
    tracking: Tracking,
    /// When the first tick was.
    watching_since: Option<Timestamp>,
    last_tick: Option<Instant>,
    endings: Endings,
    told: Told,
    met: BTreeMap<Problem, Instant>,
    cpu_ns: u64,
}

impl Collector {
    /// Opens what can be opened; what cannot is a problem of each report. Never fails as a whole.
    pub fn new(settings: Settings) -> Self {
        let proc = &settings.proc;
        let (host, host_pid) = match netns_of(proc, settings.host_pid) {
            Ok(netns) => (netns, settings.host_pid),
            Err(_) => (namespaces::current(proc), std::process::id()),
        };
        let (tracker, links) = Tracker::open(proc, host, host_pid);
        Self {
            aggregator: Aggregator::new(&settings.agent, &settings.realm, host),
            host,
            host_pid,
            namespaces: Namespaces::new(proc),
            neighbours: Neighbours::default(),
            readings: HashMap::new(),
            netns_of_pid: HashMap::new(),
            tracker,
            links,
            buffer: vec![0; BUFFER_LEN],
            groups: CgroupTree::new(&settings.sys),
            processes: ProcessSockets::new(proc),
            names: Names::new(&settings.hosts_file, &settings.resolv_conf, settings.ask_dns),
            world: Arc::default(),
            container_netns: HashMap::new(),
            tracking: Tracking::default(),
            watching_since: None,
            last_tick: None,
            endings: Endings::default(),
            told: Told::default(),
            met: BTreeMap::new(),
            cpu_ns: 0,
            settings,
        }
    }

    /// Sets which part of the connections is remembered from now on, of those that have room: one in `part`. The rest is counted as dropped.
    pub fn remember(&mut self, part: u32) {
        self.aggregator.remember(part);
    }

    /// The descriptor that becomes readable when connections come or go, for callers that wait.
    pub fn events(&self) -> Option<BorrowedFd<'_>> {
        self.tracker.descriptor()
    }

    /// Takes the events that wait. At thousands of connections a second call it some times a tick, so that the kernel's room for them suffices.
    pub fn drain(&mut self) {
        let started = thread_ns();
        self.tracker.drain(&mut self.buffer, &mut self.aggregator);
        self.read_endings();
        self.cpu_ns += thread_ns().saturating_sub(started);
    }

    /// Reads everything that is due, at the wall-clock time `at`, and brings the flows up to date.
    pub fn tick(&mut self, at: Timestamp, world: &Arc<World>) -> Report {
        let started = thread_ns();
        let now = Instant::now();
        self.aggregator.begin(at);
        self.watching_since = self.watching_since.or(Some(at));
        // Of a namespace that is not wanted any more what was told is read before it is let go.
        self.read_endings();
        self.learn(world, now);
        let drained = thread_ns();
        self.drain();
        self.cpu_ns = self.cpu_ns.saturating_sub(thread_ns().saturating_sub(drained)); // counted with the tick
        self.look_at_tracking(now);
        self.tracker.read_table(&mut self.buffer, &mut self.aggregator, now);
        self.read_listeners(now, at);
        let over_limit = self.read_connections(now, at);
        // What ended meanwhile was in no dump any more.
        self.read_endings();
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

    /// Every connection there is. What came and went since the last tick is looked at before: who asks wants those of now.
    pub fn connections(&mut self) -> Vec<flow::Connection> {
        self.drain();
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

    /// Takes what connection tracking sees into account.
    fn look_at_tracking(&mut self, now: Instant) {
        let (tracking, udp_timeouts) = self.tracker.look_at_settings(&self.settings.proc, self.host, self.host_pid, now);
        self.tracking = tracking;
        self.aggregator.set_tracking(tracking, udp_timeouts);
        if self.tracker.misses_bridges() && self.world.containers.iter().any(|c| !c.addresses.is_empty()) {
            self.meet(problems::untracked_bridges(), now);
        }
        self.look_at_bytes(now);
    }
}

/// CPU time of this thread, nanoseconds.
fn thread_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    (time.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64)
}
