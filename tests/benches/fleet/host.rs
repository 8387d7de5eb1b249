//! A simulated host: what its agent says each second, while containers are replaced and connections move.

use std::sync::Arc;

use scope_core::endpoint::OwnedEndpoint;
use scope_core::record::{Gone, SourceTick, Tick};
use scope_core::value::Fields;
use scope_core::{AgentName, Body, FlowKey, Node, NodeId, Number, Record, RunId, Stamp, Timestamp, Value};

use super::facts::{self, Fate};
use super::figures::{Load, moved};
use super::links::{self, Ends, Link};
use super::world::{Slot, World, hex, host_name, mix, slots};

/// Of the structure that changes a minute.
const CHANGED_A_MINUTE: f64 = 0.05;
/// Agents whose first container carries a figure that is looked for at the other end.
const PROBES: usize = 20;
/// Figures that are looked for begin here.
pub(crate) const MARK: u64 = 7_000_000_000_000_000;

/// One host.
#[derive(Debug)]
pub(crate) struct Host {
    pub(super) world: Arc<World>,
    pub(super) number: usize,
    pub(crate) name: AgentName,
    pub(crate) run: RunId,
    seq: u64,
    random: u64,
    pub(super) slots: Vec<Slot>,
    containers: Vec<Container>,
    links: Vec<Link>,
    generation: u64,
    due: f64,
}

/// A container, and its processes.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) id: NodeId,
    pub(super) processes: Vec<NodeId>,
    pub(super) started: Timestamp,
    pub(super) fate: Fate,
    pub(super) load: Load,
    busy: bool,
    fresh: bool,
}

/// A report, and the containers that are new in it.
pub(crate) struct Made {
    pub(crate) records: Vec<Record>,
    pub(crate) new: Vec<String>,
    /// The figure that is looked for, where this host has one.
    pub(crate) mark: Option<u64>,
}

impl Host {
    /// The host of this number, as it is at `now`.
    pub(crate) fn new(world: &Arc<World>, number: usize, now: Timestamp) -> Self {
        let mut host = Self {
            world: Arc::clone(world),
            number,
            name: host_name(number),
            // A UUID of version 7 tells when the agent began.
            run: RunId::from_u128((now.as_micros() as u128 / 1000) << 80 | 0x7000_8000 << 48 | number as u128),
            seq: 0,
            random: number as u64,
            slots: slots(number, world.containers),
            containers: Vec::new(),
            links: Vec::new(),
            generation: 0,
            // So that hosts do not all change in the same second.
            due: (number % 97) as f64 / 97.0,
        };
        for place in 0..host.slots.len() {
            let age = mix(host.next_random()) % 900_000 * 1_000_000;
            let container = host.container(place, Timestamp::from_micros(now.as_micros() - age as i64));
            host.containers.push(container);
        }
        for ends in links::all(world, number, &host.slots) {
            if host.containers[ends.place()].fate != Fate::Exited {
                let link = host.link(ends, now);
                host.links.push(link);
            }
        }
        host
    }

    fn next_random(&mut self) -> u64 {
        self.random += 1;
        mix(self.random ^ (self.number as u64) << 40)
    }

    fn container(&mut self, place: usize, started: Timestamp) -> Container {
        self.generation += 1;
        let seed = mix(self.generation ^ (self.number as u64) << 32);
        let service = self.slots[place].service();
        let id = NodeId::container(&hex(&[2, self.number as u64, self.generation])).expect("an id");
        let fate = Fate::of(self.world.rich && self.generation as usize <= self.slots.len(), seed);
        let count = match fate {
            Fate::Exited => 0,
            _ if self.world.rich => 1 + service.workers.len(),
            _ => 1,
        };
        let pid = 1000 + (self.generation as u32 * 8) % 4_000_000;
        let processes = (0..count as u32).map(|process| NodeId::process(&self.name, pid + process, 10_000 + self.generation)).collect();
        let busier = 0.4 + (seed % 1000) as f64 / 800.0;
        let load = Load { cpu: service.cpu * busier, mem_bytes: service.mem * 1_000_000, seed, well: self.world.rich };
        Container { id, processes, started, fate, load, busy: (place * 37 + self.number) % 100 < self.world.busy, fresh: true }
    }

    fn link(&self, ends: Ends, since: Timestamp) -> Link {
        Link::new(&self.world, self.number, &self.slots, ends, since, |place| self.containers[place].id.clone())
    }

    /// What the host says after `tick` seconds, by a clock that says `at`. The first time it says everything.
    pub(crate) fn report(&mut self, tick: u64, at: Timestamp) -> Made {
        self.seq += 1;
        let full = self.seq == 1;
        let mut said = Said { host: self.name.clone(), stamp: Stamp { run: self.run, seq: self.seq }, at, records: Vec::new(), tick: Tick::default() };
        said.tick.interval_ms = Some(1000);
        if !full {
            self.change(&mut said, at);
        }
        let world = Arc::clone(&self.world);
        let template = &world.template;

        let mut host = Node::new(NodeId::host(&self.name));
        let all: f64 = self.containers.iter().map(|container| container.load.cpu).sum();
        host.metrics =
            moved(&template.host.metrics, Load { cpu: all.min(1400.0), mem_bytes: 12_600_000_000, seed: self.number as u64, well: world.rich }, tick);
        let (mut docker, mut cgroup, mut process, mut net) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        if full {
            facts::host(self, &mut host);
            docker.extend(facts::images(self).into_iter().map(Body::Node));
            if world.rich {
                process.extend(facts::system(&self.name, &template.process, at).into_iter().map(Body::Node));
            }
        }
        said.source("host", full, vec![Body::Node(host)]);

        let (mut new, mut mark) = (Vec::new(), None);
        for place in 0..self.containers.len() {
            let container = &self.containers[place];
            let fresh = container.fresh;
            if fresh {
                docker.push(Body::Node(facts::container(self, place, container)));
                new.push(container.id.as_str().to_owned());
            }
            if !(fresh || container.busy) || container.fate == Fate::Exited {
                self.containers[place].fresh = false;
                continue;
            }
            let node = |metrics: &scope_core::Figures| {
                let mut node = Node::new(container.id.clone());
                node.metrics = moved(metrics, container.load, tick);
                node
            };
            let (mut figures, mut traffic) = (node(&template.figures.metrics), node(&template.traffic.metrics));
            // Their reports are spread over the second, so that how long figures wait for their pass is not one moment's chance.
            if place == 0 && self.number.is_multiple_of(self.world.hosts.div_ceil(PROBES)) {
                let value = MARK + self.number as u64 * 100_000 + tick;
                figures.metrics.insert("mem_bytes", Number::from(value));
                mark = Some(value);
            }
            if fresh {
                figures.parents = Some(Arc::new([NodeId::host(&self.name)]));
                traffic.endpoints = Some(facts::endpoints(self, place, container.started).into());
            }
            for (at, id) in container.processes.iter().enumerate() {
                let share = if at == 0 { 1.0 } else { 0.3 };
                let load =
                    Load { cpu: container.load.cpu * share, mem_bytes: container.load.mem_bytes / 2, seed: container.load.seed + at as u64, ..container.load };
                let mut runs = if fresh { facts::process(self, place, container, at) } else { Node::new(id.clone()) };
                runs.metrics = moved(&template.process.metrics, load, tick);
                process.push(Body::Node(runs));
            }
            cgroup.push(Body::Node(figures));
            net.push(Body::Node(traffic));
            self.containers[place].fresh = false;
        }
        said.source("docker", full, docker);
        said.source("cgroup", full, cgroup);
        said.source("process", full, process);
        for link in self.links.iter_mut().filter(|link| full || self.containers[link.ends.place()].busy) {
            let load = self.containers[link.ends.place()].load;
            for flow in &mut link.flows {
                flow.tx_bytes_total = flow.tx_bytes_total.map(|bytes| bytes + (load.cpu * 300.0) as u64 + 1500 + tick % 7);
                flow.rx_bytes_total = flow.rx_bytes_total.map(|bytes| bytes + (load.cpu * 2000.0) as u64 + 9000 + tick % 5);
                flow.opened_total = flow.opened_total.map(|opened| opened + 1);
                flow.rtt_us = Some(150 + (load.seed ^ tick) % 100);
                flow.last_seen = at;
                net.push(Body::Flow(Box::new(flow.clone())));
            }
        }
        said.source("net", full, net);
        // What is new at the very first is no change.
        Made { records: said.end(), new: if full { Vec::new() } else { new }, mark }
    }

    /// Containers are replaced and connections begin anew, one as often as the other.
    fn change(&mut self, said: &mut Said, at: Timestamp) {
        self.due += self.containers.len() as f64 * CHANGED_A_MINUTE / 60.0;
        while self.due >= 1.0 {
            self.due -= 1.0;
            let random = self.next_random() as usize;
            if random.is_multiple_of(2) || self.links.is_empty() {
                // The first one carries what is looked for.
                let place = 1 + random / 2 % (self.containers.len() - 1).max(1);
                if self.containers.get(place).is_some_and(|container| container.fate != Fate::Exited) {
                    self.replace(place, said, at);
                }
            } else {
                self.relink(random / 2 % self.links.len(), said, at);
            }
        }
    }

    fn replace(&mut self, place: usize, said: &mut Said, at: Timestamp) {
        let new = self.container(place, at);
        let old = std::mem::replace(&mut self.containers[place], new);
        for source in ["docker", "cgroup", "net"] {
            said.gone(source, Gone::Node(old.id.clone()));
        }
        for process in old.processes {
            said.gone("process", Gone::Node(process));
        }
        for link in 0..self.links.len() {
            if self.links[link].ends.touches(place) {
                self.relink(link, said, at);
            }
        }
    }

    fn relink(&mut self, number: usize, said: &mut Said, at: Timestamp) {
        let new = self.link(self.links[number].ends, at);
        let old = std::mem::replace(&mut self.links[number], new);
        for flow in old.flows {
            // What two links have in common goes on.
            let still = |key: &FlowKey| self.links.iter().any(|link| link.flows.iter().any(|flow| flow.key == *key));
            if !still(&flow.key) {
                said.gone("net", Gone::Flow(Box::new(flow.key)));
            }
        }
    }
}

/// A report in the making.
struct Said {
    host: AgentName,
    stamp: Stamp,
    at: Timestamp,
    records: Vec<Record>,
    tick: Tick,
}

impl Said {
    fn record(&self, source: &str, body: Body) -> Record {
        Record { agent: self.host.clone(), stamp: self.stamp, source: source.into(), at: self.at, body, extra: Fields::<Value>::default() }
    }

    fn gone(&mut self, source: &str, what: Gone) {
        self.records.push(self.record(source, Body::Gone(what)));
    }

    fn source(&mut self, source: &str, full: bool, said: Vec<Body>) {
        self.tick.sources.insert(source, SourceTick { full, records: said.len() as u64, took_us: Some(500), dropped: None });
        for body in said {
            self.records.push(self.record(source, body));
        }
    }

    fn end(mut self) -> Vec<Record> {
        let tick = std::mem::take(&mut self.tick);
        self.records.push(self.record("", Body::Tick(tick)));
        self.records
    }
}

/// Where a container of this place can be reached.
pub(super) type Endpoints = Vec<OwnedEndpoint>;
