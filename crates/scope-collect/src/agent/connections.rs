//! The source of connections, given what the other sources know: hands it the world, says its flows and where nodes can be reached.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use hashbrown::HashMap;
use scope_core::endpoint::OwnedEndpoint;
use scope_core::flow::Connection;
use scope_core::{AgentName, Node, NodeId, Number, Protocol, Scope, Timestamp};

use super::engine::Engine;
use crate::config::Config;
use crate::docker::{ContainerFacts, Transport};
use crate::net::rtnetlink::LinkStats;
use crate::net::world::{Attachment, Container, Network, Process, Proxy, Published};
use crate::net::{Collector, Settings, World};
use crate::process::{self, Round};
use crate::report::{Metric, Said};

pub(super) struct Connections {
    collector: Collector,
    /// Whether each connection is said too.
    rows: bool,
    world: Arc<World>,
    engine_revision: Option<u64>,
    /// Where each node can be reached, as last said.
    nodes: BTreeMap<NodeId, Arc<Node>>,
    revisions: Option<(u64, u64)>,
}

impl Connections {
    pub(super) fn new(config: &Config, agent: &AgentName) -> Self {
        let realm: Scope = config.realm.clone();
        let settings = Settings { ask_dns: config.resolve_names, ..Settings::new(agent.clone(), realm, &config.proc_root, &config.sys_root) };
        Self {
            collector: Collector::new(settings),
            rows: config.connections,
            world: Arc::default(),
            engine_revision: None,
            nodes: BTreeMap::new(),
            revisions: None,
        }
    }

    /// Takes what the kernel has waiting about short connections, so that its room for them suffices.
    pub(super) fn drain(&mut self) {
        self.collector.drain();
    }

    /// Sets which part of the connections is remembered from now on, of those that have room: one in `part`.
    pub(super) fn remember(&mut self, part: u32) {
        self.collector.remember(part);
    }

    /// Says all flows, and the endpoints and network figures of nodes.
    pub(super) fn say(&mut self, round: &Round<'_>, engine: &Engine, at: Timestamp, said: &mut Said<'_>) {
        self.meet(round, engine);
        let report = self.collector.tick(at, &self.world);
        for problem in &report.problems {
            said.problem(problem);
        }
        said.dropped(report.dropped);
        said.took(report.took_us);
        for flow in self.collector.flows() {
            said.flow(flow);
        }
        self.refresh_endpoints(engine);
        let traffic: HashMap<&NodeId, LinkStats> =
            self.world.containers.iter().filter_map(|container| Some((&container.id, self.collector.traffic_of(&container.id)?))).collect();
        for (id, node) in &self.nodes {
            said.node(node, &traffic.get(id).map(figures).unwrap_or_default());
        }
        for (id, stats) in &traffic {
            if !self.nodes.contains_key(*id) {
                said.node(&Arc::new(Node::new((*id).clone())), &figures(stats));
            }
        }
        if self.rows {
            for connection in self.collector.connections() {
                said.connection(connection);
            }
        }
    }

    /// The raw connections of `node`: its own, of a container those of its processes too, of the host all.
    pub(super) fn of(&mut self, node: &NodeId) -> Vec<Connection> {
        let mut rows = self.collector.connections();
        let processes = &self.world.processes;
        let within = |pid: Option<u32>| pid.and_then(|pid| processes.get(&pid)).and_then(|process| process.container.as_ref()) == Some(node);
        rows.retain(|row| node.kind() == "host" || row.owner == *node || within(row.pid));
        rows
    }

    /// Brings the world up to date.
    fn meet(&mut self, round: &Round<'_>, engine: &Engine) {
        let world = Arc::make_mut(&mut self.world);
        if self.engine_revision != Some(engine.revision()) {
            self.engine_revision = Some(engine.revision());
            world.containers = engine.containers().filter_map(container).collect();
            world.containers.sort_by(|a, b| a.id.cmp(&b.id));
            world.networks = engine
                .networks()
                .map(|network| Network { id: network.id.as_str().into(), subnets: network.subnets.iter().map(|subnet| (subnet.ip, subnet.prefix)).collect() })
                .collect();
            world.networks.sort_by(|a, b| a.id.cmp(&b.id));
        }
        let room = HashMap::with_capacity(world.processes.len());
        let mut before = std::mem::replace(&mut world.processes, room);
        for found in round.processes() {
            let key = found.key;
            let known = before.remove(&key.pid).filter(|known| known.start_ticks == key.start_ticks);
            let process = match known {
                // Its facts are read in steps; once it has outlived an interval and they stand still, nothing needs to be made anew.
                Some(mut known) if known.command == found.facts.comm && known.settled => {
                    if known.container.is_none()
                        && let Some(container) = container_of(found)
                    {
                        Arc::make_mut(&mut known).container = Some(container);
                    }
                    known
                }
                Some(_) => Arc::new(self::process(found, true)),
                None => Arc::new(self::process(found, false)),
            };
            world.processes.insert(key.pid, process);
        }
    }

    /// Makes the nodes that hold endpoints anew, where those may have changed.
    fn refresh_endpoints(&mut self, engine: &Engine) {
        let revisions = Some((self.collector.endpoints_revision(), engine.revision()));
        if self.revisions == revisions {
            return;
        }
        self.revisions = revisions;
        let mut before = std::mem::take(&mut self.nodes);
        for (id, endpoints) in self.collector.endpoints() {
            let kept = before.remove(&id).filter(|node| node.endpoints.as_deref() == Some(&endpoints));
            self.nodes.insert(id.clone(), kept.unwrap_or_else(|| with_endpoints(id, endpoints)));
        }
    }
}

fn with_endpoints(id: NodeId, endpoints: Vec<OwnedEndpoint>) -> Arc<Node> {
    Arc::new(Node { endpoints: Some(endpoints.into()), ..Node::new(id) })
}

fn figures(stats: &LinkStats) -> Vec<Metric> {
    let errors = [stats.rx_errors, stats.tx_errors, stats.rx_dropped, stats.tx_dropped].into_iter().fold(0, u64::saturating_add);
    [
        ("rx_bytes_total", stats.rx_bytes),
        ("tx_bytes_total", stats.tx_bytes),
        ("rx_packets_total", stats.rx_packets),
        ("tx_packets_total", stats.tx_packets),
        ("net_errors_total", errors),
    ]
    .map(|(name, value)| (name, Number::from(value)))
    .to_vec()
}

fn container(facts: &ContainerFacts) -> Option<Container> {
    let proto = |transport| match transport {
        Transport::Tcp => Some(Protocol::Tcp),
        Transport::Udp => Some(Protocol::Udp),
        Transport::Sctp => None,
    };
    let addresses = facts.networks.iter().filter_map(|at| Some((at, at.network.as_ref()?)));
    Some(Container {
        id: facts.id.node()?,
        name: facts.name.clone(),
        pid: facts.pid?,
        sandbox: None,
        started_at: facts.started_at,
        addresses: addresses
            .flat_map(|(at, network)| at.ipv4.into_iter().chain(at.ipv6).map(|address| Attachment { network: network.as_str().into(), ip: address.ip }))
            .collect(),
        published: facts
            .published
            .iter()
            .filter_map(|published| {
                let host_ip = (!published.host_ip.is_unspecified()).then_some(published.host_ip);
                Some(Published { host_ip, host_port: published.host_port, port: published.to.port, proto: proto(published.to.transport)? })
            })
            .collect(),
    })
}

fn container_of(process: &process::Process) -> Option<NodeId> {
    process.facts.cgroups.container().and_then(|id| NodeId::container(id).ok())
}

fn process(found: &process::Process, settled: bool) -> Process {
    Process {
        start_ticks: found.key.start_ticks,
        command: found.facts.comm.clone(),
        container: container_of(found),
        cgroup: found.facts.cgroups.unified_path().map(Arc::from),
        settled,
        proxy: Proxy::parse(found.facts.args.iter().map(CompactString::as_str)),
    }
}
