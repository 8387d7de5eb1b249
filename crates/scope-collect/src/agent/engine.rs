//! What the container engine said last: nodes of containers and images, and the networks that the connections' source needs.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use compact_str::{CompactString, ToCompactString};
use hashbrown::HashMap;
use scope_core::endpoint::is_private;
use scope_core::{AgentName, Node, NodeId, Number, Problem, Scope};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::machine::Machine;
use crate::config::{Config, Source};
use crate::docker::{
    Change, Client, ContainerFacts, ContainerId, DiskUsage, EngineFacts, Error, ImageId, Lookup, NetworkFacts, NetworkId, Settings, Stats, Surroundings,
};
use crate::report::{Coverage, Metric, Reports, Said};

/// How often storage is added up again, where that is wanted.
const STORAGE_EVERY: Duration = Duration::from_mins(15);

/// How an engine is watched under these settings.
pub(super) fn settings(config: &Config, agent: &AgentName) -> Settings {
    let lookup = Lookup { endpoint: config.docker_endpoint.clone(), docker_host: None, runtime_dir: config.runtime_dir.clone() };
    Settings { lookup, redactor: config.redactor.clone(), agent: Some(agent.clone()), ..Settings::default() }
}

pub(super) struct Engine {
    realm: Scope,
    host: Option<Arc<Node>>,
    client: Option<Client>,
    containers: HashMap<ContainerId, Container>,
    images: HashMap<ImageId, Arc<Node>>,
    networks: HashMap<NetworkId, Arc<NetworkFacts>>,
    problems: Vec<Problem>,
    storage: Storage,
    stats: Option<Stats>,
    stats_every: Duration,
    /// Counts up when containers or networks change.
    revision: u64,
    /// The host's addresses that the nodes were made with.
    addresses: Vec<IpAddr>,
}

struct Container {
    facts: Arc<ContainerFacts>,
    node: Arc<Node>,
    limits: Vec<Metric>,
}

/// What writable layers and volumes use.
enum Storage {
    /// Nobody wants to know.
    Unwanted,
    Wanted {
        asked: Option<JoinHandle<Result<DiskUsage, Error>>>,
        due: Option<Instant>,
        known: HashMap<ContainerId, Vec<Metric>>,
        problem: Option<Problem>,
    },
}

/// What a change was about.
pub(super) enum Changed {
    Container(ContainerId),
    ContainerGone(NodeId),
    Image(ImageId),
    ImageGone(NodeId),
    Host,
}

impl Engine {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            realm: config.realm.clone(),
            host: None,
            client: None,
            containers: HashMap::new(),
            images: HashMap::new(),
            networks: HashMap::new(),
            problems: Vec::new(),
            storage: if config.storage { Storage::Wanted { asked: None, due: None, known: HashMap::new(), problem: None } } else { Storage::Unwanted },
            stats: None,
            stats_every: config.every.unwrap_or(Duration::from_secs(1)),
            revision: 0,
            addresses: Vec::new(),
        }
    }

    /// Takes a change in; gives back what is to be said of it at once.
    pub(super) fn take(&mut self, change: Change, agent: &AgentName, machine: &Machine) -> Option<Changed> {
        match change {
            Change::Engine(facts, client) => {
                self.meet(&facts, client, agent);
                return Some(Changed::Host);
            }
            Change::Container(facts) => {
                self.revision += 1;
                let id = facts.id;
                let node = self.container_node(&facts, agent, machine.addresses())?;
                self.containers.insert(id, Container { limits: facts.metrics(), facts, node });
                return Some(Changed::Container(id));
            }
            Change::ContainerGone(id) => {
                self.revision += 1;
                return self.containers.remove(&id).map(|container| Changed::ContainerGone(container.node.id.clone()));
            }
            Change::Image(facts) => {
                let id = facts.id;
                self.images.insert(id, Arc::new(facts.node(agent)?));
                return Some(Changed::Image(id));
            }
            Change::ImageGone(id) => return self.images.remove(&id).map(|node| Changed::ImageGone(node.id.clone())),
            Change::Network(facts) => {
                self.revision += 1;
                self.networks.insert(facts.id.clone(), facts);
            }
            Change::NetworkGone(id) => {
                self.revision += 1;
                self.networks.remove(&id);
            }
            Change::Problems(problems) => self.problems = problems,
            Change::Synced => self.ask_storage(),
            // What was known stays until the engine is back and its list says otherwise; the problem beside it tells that it is old.
            Change::Lost => {}
        }
        None
    }

    fn meet(&mut self, facts: &EngineFacts, client: Client, agent: &AgentName) {
        self.host = Some(Arc::new(facts.node(agent)));
        self.client = Some(client);
        self.stats = None;
    }

    /// Follows containers by the engine's own figures: for where control groups cannot be read. Costs the engine some 3 ms of CPU time a sample.
    fn step_down(&mut self, machine: &Machine) {
        let wanted = machine.lacks_figures();
        match (&self.stats, &self.client) {
            (None, Some(client)) if wanted => {
                self.stats = Some(Stats::start(client.clone(), self.stats_every));
            }
            (Some(_), _) if !wanted => self.stats = None,
            _ => {}
        }
        if let Some(stats) = &self.stats {
            let mut running: Vec<_> =
                self.containers.values().filter(|container| container.facts.state.is_alive()).map(|container| container.facts.id).collect();
            running.sort_unstable();
            stats.follow(running);
        }
    }

    /// Makes nodes anew where the host's addresses moved: published ports are reached at those.
    pub(super) fn refresh(&mut self, agent: &AgentName, machine: &Machine) {
        self.step_down(machine);
        if self.addresses != machine.addresses() {
            self.addresses = machine.addresses().to_vec();
            let facts: Vec<_> = self.containers.values().map(|container| Arc::clone(&container.facts)).collect();
            for facts in facts {
                let node = self.container_node(&facts, agent, machine.addresses());
                if let (Some(node), Some(container)) = (node, self.containers.get_mut(&facts.id)) {
                    container.node = node;
                }
            }
        }
        if let Storage::Wanted { due: Some(due), asked: None, .. } = &self.storage
            && Instant::now() >= *due
        {
            self.ask_storage();
        }
    }

    /// Everything that the engine has.
    pub(super) fn say(&mut self, said: &mut Said<'_>) {
        self.take_storage();
        if let Some(host) = &self.host {
            said.node(host, &[]);
        }
        for node in self.images.values() {
            said.node(node, &[]);
        }
        for container in self.containers.values() {
            self.say_container(container, said);
        }
        for problem in &self.problems {
            said.problem(problem);
        }
        if let Some(stats) = &self.stats {
            for problem in stats.problems() {
                said.problem(&problem);
            }
        }
        if let Storage::Wanted { problem: Some(problem), .. } = &self.storage {
            said.problem(problem);
        }
    }

    fn say_container(&self, container: &Container, said: &mut Said<'_>) {
        let id = container.facts.id;
        let storage = match &self.storage {
            Storage::Wanted { known, .. } => known.get(&id).map(Vec::as_slice).unwrap_or_default(),
            Storage::Unwanted => &[],
        };
        let stats = self.stats.as_ref().and_then(|stats| stats.latest(id)).map(|sample| sample.metrics()).unwrap_or_default();
        if storage.is_empty() && stats.is_empty() {
            said.node(&container.node, &container.limits);
        } else {
            said.node(&container.node, &[&container.limits, storage, &stats].concat());
        }
    }

    /// What changed, as a report of its own. What other sources said of a removed container goes with it.
    pub(super) fn say_changed(&self, changed: &[Changed], reports: &mut Reports) {
        let mut said = reports.source(Source::Docker, Coverage::Part);
        let mut once = hashbrown::HashSet::new();
        let mut gone = Vec::new();
        for changed in changed {
            match changed {
                Changed::Container(id) => {
                    if let Some(container) = self.containers.get(id).filter(|_| once.insert(*id)) {
                        self.say_container(container, &mut said);
                    }
                }
                Changed::Image(id) => {
                    if let Some(node) = self.images.get(id) {
                        said.node(node, &[]);
                    }
                }
                Changed::ContainerGone(id) => {
                    said.gone(id);
                    gone.push(id);
                }
                Changed::ImageGone(id) => said.gone(id),
                Changed::Host => {
                    if let Some(host) = &self.host {
                        said.node(host, &[]);
                    }
                }
            }
        }
        said.end();
        if !gone.is_empty() {
            for source in [Source::Cgroup, Source::Net] {
                let mut said = reports.source(source, Coverage::Part);
                for id in &gone {
                    said.gone(id);
                }
                said.end();
            }
        }
    }

    /// Of `changed` the containers that run, each with its first process.
    pub(super) fn running<'a>(&'a self, changed: &'a [Changed]) -> impl Iterator<Item = (CompactString, u32)> + 'a {
        changed.iter().filter_map(|changed| {
            let Changed::Container(id) = changed else { return None };
            let facts = &self.containers.get(id).filter(|container| container.facts.state.is_alive())?.facts;
            Some((facts.id.to_compact_string(), facts.pid?))
        })
    }

    /// Containers, for the source of connections.
    pub(super) fn containers(&self) -> impl Iterator<Item = &ContainerFacts> {
        self.containers.values().map(|container| &*container.facts)
    }

    /// Networks, likewise.
    pub(super) fn networks(&self) -> impl Iterator<Item = &NetworkFacts> {
        self.networks.values().map(|network| &**network)
    }

    /// Counts up when containers or networks change.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    fn ask_storage(&mut self) {
        let (Storage::Wanted { asked, due, .. }, Some(client)) = (&mut self.storage, &self.client) else { return };
        if asked.is_none() {
            let client = client.clone();
            *asked = Some(tokio::spawn(async move { client.disk_usage().await }));
            *due = Some(Instant::now() + STORAGE_EVERY);
        }
    }

    /// Waits for the answer about storage, if one is asked for.
    pub(super) async fn await_storage(&mut self, within: Duration) {
        if let Storage::Wanted { asked: Some(asked), .. } = &mut self.storage {
            let deadline = Instant::now() + within;
            while !asked.is_finished() && Instant::now() < deadline {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Takes the answer about storage in, if it has come.
    fn take_storage(&mut self) {
        let Storage::Wanted { asked, known, problem, .. } = &mut self.storage else { return };
        let Some(answer) = asked.take_if(|asked| asked.is_finished()) else { return };
        // The task is finished, so this does not wait.
        let Some(Ok(answer)) = futures_util::FutureExt::now_or_never(answer) else { return };
        match answer {
            Ok(usage) => {
                *known = self.containers.values().map(|container| (container.facts.id, storage_metrics(&usage, &container.facts))).collect();
                *problem = None;
            }
            Err(error) => *problem = Some(error.problem()),
        }
    }

    pub(super) async fn stop(&mut self) {
        if let Some(stats) = self.stats.take() {
            stats.stop().await;
        }
        if let Storage::Wanted { asked: Some(asked), .. } = &self.storage {
            asked.abort();
        }
    }

    fn container_node(&self, facts: &ContainerFacts, agent: &AgentName, addresses: &[IpAddr]) -> Option<Arc<Node>> {
        let scope = |ip: IpAddr| self.scope_on_host(ip, agent);
        facts.node(Surroundings { agent, addresses, scope: &scope }).map(Arc::new)
    }

    /// The scope of an address as the host sees it.
    fn scope_on_host(&self, ip: IpAddr, agent: &AgentName) -> Scope {
        if ip.is_loopback() {
            return Scope::host(agent);
        }
        let network = self.networks.values().find(|network| network.subnets.iter().any(|subnet| subnet.contains(ip)));
        if let Some(scope) = network.and_then(|network| Scope::network(network.id.as_str()).ok()) {
            return scope;
        }
        if is_private(ip) { self.realm.clone() } else { Scope::WORLD }
    }
}

/// What is known of one container's storage.
fn storage_metrics(usage: &DiskUsage, facts: &ContainerFacts) -> Vec<Metric> {
    let container = usage.containers.iter().find(|container| container.id == facts.id);
    let written = container.map(|container| ("written_bytes", Number::from(container.written_bytes)));
    let volumes = facts.mounts.iter().filter_map(|mount| mount.name.as_ref());
    let bytes: Vec<u64> = volumes.filter_map(|name| usage.volumes.iter().find(|volume| volume.name == *name)?.bytes).collect();
    let mounted = (!bytes.is_empty()).then(|| ("volume_bytes", Number::from(bytes.iter().fold(0_u64, |sum, bytes| sum.saturating_add(*bytes)))));
    written.into_iter().chain(mounted).collect()
}
