//! What a graph costs that follows another one, as a server builds it each second: all figures have moved, and of a hundred agents and more a few have a
//! container replaced or a connection begun anew.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic and documents nothing")]

#[path = "../tests/it/fixture.rs"]
mod fixture;

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use fixture::{at, container, image};
use scope_core::endpoint::OwnedEndpoint;
use scope_core::figures::SharedNames;
use scope_core::flow::Peer;
use scope_core::record::{Body, Gone, Node, Record, Stamp, Tick};
use scope_core::state::State;
use scope_core::value::Fields;
use scope_core::{AgentName, CompactString, Figures, Flow, FlowKey, NodeId, Number, Protocol, RunId, SocketAddress, Value};
use scope_render::graph::{Graph, Kept};

/// Changes a second in 10,000 containers of which 5 % of the structure changes a minute.
const CHANGES: usize = 8;

/// A host, its containers with a process each, and a fifth as many connections within it, of which both ends are reported.
struct Host {
    number: usize,
    name: AgentName,
    lives: Vec<usize>,
    since: Vec<i64>,
}

struct Fleet {
    state: State,
    hosts: Vec<Host>,
    names: [SharedNames; 3],
    seq: u64,
}

fn names(of: &str, count: usize) -> SharedNames {
    SharedNames::new((0..count).map(|number| CompactString::from(format!("{of}_{number:02}_total"))).collect()).unwrap()
}

impl Host {
    fn id(&self, place: usize) -> NodeId {
        container(&format!("{}-{place}-{}", self.number, self.lives[place]))
    }

    fn process(&self, place: usize) -> NodeId {
        NodeId::process(&self.name, 1000 + place as u32 * 8, 10_000 + self.lives[place] as u64)
    }

    fn network(&self, place: usize) -> String {
        format!("{:012x}", self.number * 100 + place / 5)
    }

    fn ip(place: usize) -> String {
        format!("172.18.{}.{}", place / 5, place % 5 + 2)
    }

    fn endpoint(&self, place: usize) -> String {
        format!("net:{}|{}:8080", self.network(place), Self::ip(place))
    }

    fn facts(&self, place: usize) -> [(&'static str, Node); 4] {
        let (id, host) = (self.id(place), NodeId::host(&self.name));
        let mut docker = Node::new(id.clone());
        docker.name = Some(format!("project-{}-service-{place}-1", place / 5).into());
        docker.parents = Some(Arc::new([host.clone(), image(&format!("image-{}", place % 20))]));
        let mut endpoints = vec![format!("{}/tcp", self.endpoint(place))];
        if place.is_multiple_of(10) {
            endpoints.push(format!("10.20.{}.{}:{}/tcp", self.number / 250, self.number % 250 + 1, 20_000 + place));
        }
        let endpoints: Arc<[OwnedEndpoint]> = endpoints.iter().map(|at| OwnedEndpoint { at: at.parse().unwrap(), since: Some(fixture::at(-3600)) }).collect();
        docker.endpoints = Some(endpoints.clone());
        let texts = [
            ("image", "registry.internal/team/service:1.27.3"),
            ("image_tag", "1.27.3"),
            ("compose_project", "project"),
            ("hostname", "abcdef012345"),
            ("network_mode", "project_default"),
            ("restart_policy", "unless-stopped"),
            ("state", "running"),
        ];
        docker.attrs.extend(texts.map(|(name, value)| (name, Value::text(value))));
        let labels = (0..6).map(|label| (format!("com.example.label-{label}"), Value::text(&format!("value {}", place % 7 + label))));
        docker.attrs.insert("labels", Value::Map(labels.collect()));
        let network = [("id", self.network(place)), ("name", "project_default".to_owned()), ("ipv4", Self::ip(place))];
        docker.attrs.insert("networks", Value::List(vec![Value::Map(network.into_iter().map(|(name, value)| (name, Value::text(&value))).collect())]));
        docker.metrics.insert("cpu_limit_pct", Number::from(400_u64));
        let mut cgroup = Node::new(id.clone());
        cgroup.parents = Some(Arc::new([host.clone()]));
        let mut net = Node::new(id.clone());
        net.endpoints = Some(endpoints);
        let mut process = Node::new(self.process(place));
        process.name = Some("service".into());
        process.parents = Some(Arc::new([id, host]));
        process
            .attrs
            .extend([("exe", "/usr/bin/service"), ("user", "root"), ("state", "sleeping"), ("cwd", "/")].map(|(name, value)| (name, Value::text(value))));
        [("docker", docker), ("cgroup", cgroup), ("net", net), ("process", process)]
    }

    fn flows(&self, number: usize) -> [Flow; 2] {
        let (client, server) = (number * 5 % self.lives.len(), (number * 5 + 1) % self.lives.len());
        let at: SocketAddress = self.endpoint(server).parse().unwrap();
        let flow = |owner, peer| Flow {
            seen_by: vec!["sock_diag".into()],
            ..Flow::new(FlowKey { owner, peer, server_addr: at.clone(), proto: Protocol::Tcp }, fixture::at(self.since[number]))
        };
        let dialled = Flow { server: Some(self.id(server)), server_name: Some("service".into()), ..flow(self.id(client), Peer::Dialled(at.clone())) };
        [dialled, flow(self.id(server), Peer::Client(format!("net:{}|{}", self.network(client), Self::ip(client)).parse().unwrap()))]
    }
}

impl Fleet {
    fn new(agents: usize, containers: usize) -> Self {
        let host = |number: usize| Host {
            number,
            name: format!("host-{number:04}").parse().unwrap(),
            lives: vec![0; containers],
            since: vec![0; (containers / 5).max(1)],
        };
        let names = [names("cgroup", 20), names("net", 14), names("process", 12)];
        let mut fleet = Self { state: State::default(), hosts: (0..agents).map(host).collect(), names, seq: 1 };
        for number in 0..agents {
            let name = fleet.hosts[number].name.clone();
            let mut node = Node::new(NodeId::host(&name));
            node.name = Some(name.as_str().into());
            node.attrs.insert("addresses", [format!("10.20.{}.{}", number / 250, number % 250 + 1).as_str(), "127.0.0.1"].into_iter().collect::<Value>());
            fleet.say(number, "host", Body::Node(node));
            for place in 0..20.min(containers) {
                let mut node = Node::new(image(&format!("image-{place}")));
                node.name = Some("service:1.27.3".into());
                node.parents = Some(Arc::new([NodeId::host(&name)]));
                fleet.say(number, "docker", Body::Node(node));
            }
            for place in 0..containers {
                fleet.begin(number, place);
            }
        }
        fleet.second();
        fleet
    }

    fn say(&mut self, number: usize, source: &str, body: Body) {
        let (agent, stamp) = (self.hosts[number].name.clone(), Stamp { run: RunId::from_u128(1 << 80), seq: self.seq });
        let _ = self.state.apply(Record { agent, stamp, source: source.into(), at: at(self.seq as i64), body, extra: Fields::default() });
    }

    fn begin(&mut self, number: usize, place: usize) {
        for (source, node) in self.hosts[number].facts(place) {
            self.say(number, source, Body::Node(node));
        }
    }

    /// All figures move.
    fn second(&mut self) {
        self.seq += 1;
        for number in 0..self.hosts.len() {
            let host = &self.hosts[number];
            let figures = |id: NodeId, names: &SharedNames| {
                let mut node = Node::new(id);
                let values = (0..names.names().len()).map(|at| Number::from(self.seq * 1000 + at as u64)).collect();
                node.metrics = Figures::shared(names.clone(), values).unwrap();
                Body::Node(node)
            };
            let mut said = Vec::new();
            for place in 0..host.lives.len() {
                said.push(("cgroup", figures(host.id(place), &self.names[0])));
                said.push(("net", figures(host.id(place), &self.names[1])));
                said.push(("process", figures(host.process(place), &self.names[2])));
            }
            for link in 0..host.since.len() {
                for mut flow in host.flows(link) {
                    (flow.open, flow.opened_total, flow.last_seen) = (3, Some(self.seq), at(self.seq as i64));
                    said.push(("net", Body::Flow(Box::new(flow))));
                }
            }
            said.push(("", Body::Tick(Tick { interval_ms: Some(1000), ..Tick::default() })));
            for (source, body) in said {
                self.say(number, source, body);
            }
        }
        self.state.forget_gone(at(self.seq as i64 - 2));
    }

    /// A few containers are replaced, and as many connections begin anew.
    fn change(&mut self) {
        for change in 0..CHANGES {
            let random = (self.seq as usize * CHANGES + change).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
            let (number, place) = (random % self.hosts.len(), random / 4099 % self.hosts[0].lives.len());
            let link = place / 5 % self.hosts[number].since.len();
            for flow in self.hosts[number].flows(link) {
                self.say(number, "net", Body::Gone(Gone::Flow(Box::new(flow.key))));
            }
            if change.is_multiple_of(2) {
                let (id, process) = (self.hosts[number].id(place), self.hosts[number].process(place));
                for source in ["docker", "cgroup", "net"] {
                    self.say(number, source, Body::Gone(Gone::Node(id.clone())));
                }
                self.say(number, "process", Body::Gone(Gone::Node(process)));
                self.hosts[number].lives[place] += 1;
                self.seq += 1;
                self.begin(number, place);
            }
            self.hosts[number].since[link] = self.seq as i64;
        }
    }
}

fn again(criterion: &mut Criterion) {
    for (agents, containers) in [(100, 100), (1_000, 10)] {
        let mut fleet = Fleet::new(agents, containers);
        let size = format!("{agents}x{containers}");
        let mut group = criterion.benchmark_group("again");
        group.sample_size(20);
        group.bench_function(BenchmarkId::new("from nothing", &size), |bencher| bencher.iter(|| Graph::build(&fleet.state).len()));
        let mut kept: Option<Kept> = None;
        let timed = |count: u64, one: &mut dyn FnMut() -> Duration| (0..count).map(|_| one()).sum::<Duration>();
        group.bench_function(BenchmarkId::new("after a change", &size), |bencher| {
            bencher.iter_custom(|count| {
                timed(count, &mut || {
                    fleet.change();
                    fleet.second();
                    let began = Instant::now();
                    let graph = Graph::build_after(&fleet.state, kept.as_ref());
                    let took = began.elapsed();
                    kept = Some(graph.keep());
                    took
                })
            });
        });
        group.bench_function(BenchmarkId::new("figures", &size), |bencher| {
            bencher.iter_custom(|count| {
                timed(count, &mut || {
                    fleet.second();
                    let began = Instant::now();
                    let graph = kept.as_ref().unwrap().graph(&fleet.state);
                    let took = began.elapsed();
                    assert!(graph.is_some());
                    took
                })
            });
        });
        group.finish();
    }
}

criterion_group!(benches, again);
criterion_main!(benches);
