//! What live state and views cost: agents with containers of which every figure moves each second, 5 % of them changing structure a minute, and 20
//! subscribers. Reports come as records, so the link is not in it.
//!
//! ```text
//! cargo bench -p scope-serve --bench views -- AGENTS CONTAINERS SECONDS SUBSCRIBERS
//! ```
//!
//! Prints CPU time by thread, in per cent of a core, what was sent, and the memory in use.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a bench may panic, prints, and documents nothing")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use scope_core::record::{Body, Node, Record, SourceTick, Stamp, Tick};
use scope_core::{AgentName, Flow, FlowKey, NodeId, Number, RunId, Timestamp, Value};
use scope_serve::server::auth::Visibility;
use scope_serve::server::live::{self, Hello, Live, Session};
use scope_serve::server::tenant::Tenant;
use scope_serve::server::views::{self, Kind, ViewKey, Views};

const METRICS: [&str; 8] = [
    "cpu_pct",
    "cpu_usage_us_total",
    "mem_bytes",
    "mem_limit_bytes",
    "net_rx_bytes_per_sec",
    "net_rx_bytes_total",
    "net_tx_bytes_per_sec",
    "net_tx_bytes_total",
];

fn hex(agent: usize, container: usize, life: usize) -> String {
    format!("{:016x}{:016x}{:032x}", (agent as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15), (container as u64 + 7).wrapping_mul(0xbf58_476d_1ce4_e5b9), life)
}

struct Host {
    name: AgentName,
    lives: Vec<usize>,
}

fn record(name: &AgentName, seq: u64, source: &str, body: Body) -> Record {
    let stamp = Stamp { run: RunId::from_u128(1 << 80), seq };
    Record { agent: name.clone(), stamp, source: source.into(), at: Timestamp::from_seconds(1_800_000_000 + seq as i64), body, extra: Vec::new().into() }
}

impl Host {
    fn facts(&self, agent: usize, container: usize) -> Node {
        let mut node = Node::new(NodeId::container(&hex(agent, container, self.lives[container])).unwrap());
        node.name = Some(format!("service-{container}-{agent}").into());
        node.parents = Some(Arc::new([NodeId::host(&self.name), NodeId::image(&format!("{:064x}", container % 20)).unwrap()]));
        node.endpoints = Some(Arc::new([scope_core::endpoint::OwnedEndpoint {
            at: format!("net:{agent:012x}|172.18.0.{container}:8080/tcp").parse().unwrap(),
            since: None,
        }]));
        let attrs = [("state", "running"), ("image", "registry.internal/team/service:1.27.3"), ("compose_project", "project"), ("hostname", "abcdef012345")];
        node.attrs.extend(attrs.map(|(name, value)| (name, Value::text(value))));
        let labels = (0..8).map(|label| (format!("com.example.label-{label}"), Value::text(&format!("value {}", container % 7 + label))));
        node.attrs.insert("labels", Value::Map(labels.collect()));
        node
    }

    fn flow(&self, agent: usize, container: usize, seq: u64) -> Flow {
        let server = (container + 1) % self.lives.len();
        let at: scope_core::SocketAddress = format!("net:{agent:012x}|172.18.0.{server}:8080").parse().unwrap();
        Flow {
            key: FlowKey {
                owner: NodeId::container(&hex(agent, container, self.lives[container])).unwrap(),
                peer: scope_core::flow::Peer::Dialled(at.clone()),
                server_addr: at,
                proto: scope_core::Protocol::Tcp,
            },
            server: Some(NodeId::container(&hex(agent, server, self.lives[server])).unwrap()),
            server_name: None,
            command: None,
            since: Timestamp::from_seconds(1_800_000_000),
            last_seen: Timestamp::from_seconds(1_800_000_000 + seq as i64),
            open: 3,
            opened_total: Some(10 + seq),
            failed_total: Some(0),
            tx_bytes_total: Some(seq * 1234),
            rx_bytes_total: Some(seq * 4321),
            retrans_total: Some(0),
            rtt_us: Some(200 + seq % 50),
            ports: Vec::new(),
            seen_by: vec!["sock_diag".into()],
        }
    }

    /// The report of one second; `full` says facts too, `change` replaces a container.
    fn report(&mut self, agent: usize, seq: u64, full: bool, change: Option<usize>) -> Vec<Record> {
        let mut records = Vec::new();
        if full {
            let mut host = Node::new(NodeId::host(&self.name));
            host.name = Some(self.name.as_str().into());
            records.push(record(&self.name, seq, "host", Body::Node(host)));
        }
        if let Some(container) = change {
            let gone = NodeId::container(&hex(agent, container, self.lives[container])).unwrap();
            records.push(record(&self.name, seq, "docker", Body::Gone(scope_core::Gone::Node(gone))));
            self.lives[container] += 1;
            let facts = self.facts(agent, container);
            records.push(record(&self.name, seq, "docker", Body::Node(facts)));
        }
        for container in 0..self.lives.len() {
            if full {
                let facts = self.facts(agent, container);
                records.push(record(&self.name, seq, "docker", Body::Node(facts)));
            }
            let mut node = Node::new(NodeId::container(&hex(agent, container, self.lives[container])).unwrap());
            let figure =
                |at: usize| Number::from_f64(((seq as f64) * 1.37 + at as f64 * 77.7 + container as f64 * 3.1) * if at == 0 { 0.01 } else { 1000.0 }).unwrap();
            node.metrics.extend(METRICS.iter().enumerate().map(|(at, name)| (*name, figure(at))));
            records.push(record(&self.name, seq, "cgroup", Body::Node(node)));
            let flow = self.flow(agent, container, seq);
            records.push(record(&self.name, seq, "net", Body::Flow(Box::new(flow))));
        }
        let mut tick = Tick { interval_ms: Some(1000), ..Tick::default() };
        for source in ["docker", "cgroup", "net"] {
            tick.sources.insert(source, SourceTick { full: false, records: self.lives.len() as u64, took_us: Some(10), dropped: None });
        }
        records.push(record(&self.name, seq, "", Body::Tick(tick)));
        records
    }
}

/// CPU time of all threads so far, in milliseconds by name.
fn threads() -> BTreeMap<String, u64> {
    let mut by_name = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let Ok(stat) = std::fs::read_to_string(task.unwrap().path().join("schedstat")) else { continue };
        let _ = stat;
    }
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let path = task.unwrap().path();
        let (Ok(name), Ok(stat)) = (std::fs::read_to_string(path.join("comm")), std::fs::read_to_string(path.join("schedstat"))) else { continue };
        let nanos: u64 = stat.split_whitespace().next().unwrap().parse().unwrap();
        *by_name.entry(name.trim().to_owned()).or_default() += nanos / 1_000_000;
    }
    by_name
}

fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

fn key(view: &str, filter: Option<&str>, group_by: Option<&str>) -> ViewKey {
    ViewKey {
        tenant: Tenant::default(),
        visibility: Visibility::all(),
        view: scope_render::view::find(view).unwrap(),
        filter: filter.map(str::to_owned),
        group_by: group_by.map(str::to_owned),
        show: Vec::new(),
        layout: false,
        metrics: None,
    }
}

fn main() {
    let arguments: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let at = |place: usize, otherwise: usize| arguments.get(place).copied().unwrap_or(otherwise);
    let (agents, containers, seconds, subscribers) = (at(0, 100), at(1, 100), at(2, 10), at(3, 20));
    let live = Arc::new(Live::new(live::Limits::default()));
    let views = Views::new(Arc::clone(&live), views::Limits::default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("subscribers").enable_all().build().unwrap();
    let mut hosts: Vec<Host> = (0..agents).map(|agent| Host { name: format!("host-{agent:04}").parse().unwrap(), lives: vec![0; containers] }).collect();
    let sessions: Vec<Session> = hosts
        .iter()
        .map(|host| {
            let (requests, _) = tokio::sync::mpsc::channel(1);
            let machine_id = Some(host.name.as_str().into());
            live.connect(&Tenant::default(), Hello { agent: host.name.clone(), version: "bench".into(), machine_id, address: None, requests }).unwrap()
        })
        .collect();
    for (agent, (host, session)) in hosts.iter_mut().zip(&sessions).enumerate() {
        session.apply(host.report(agent, 1, true, None));
    }
    println!("{agents} agents of {containers} containers, {subscribers} subscribers: {} MB with the state", memory());

    let sent: Arc<[AtomicU64; 6]> = Arc::default();
    let cycle = [
        key("containers", None, None),
        key("hosts", None, None),
        key("processes", None, None),
        key("containers", None, None),
        key("containers", Some("cpu > 1"), None),
        key("containers", None, Some("image")),
        key("containers-by-image", None, None),
        key("containers", Some("name:service"), None),
    ];
    let plan = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 4, 5, 6, 7];
    for number in 0..subscribers {
        let mut subscription = views.subscribe(&cycle[plan[number % plan.len()]]).unwrap();
        let sent = Arc::clone(&sent);
        runtime.spawn(async move {
            while let Some(message) = subscription.next().await {
                let at = match message.kind() {
                    Kind::Snapshot => 0,
                    Kind::Change => 1,
                    Kind::Figures => 2,
                };
                sent[at].fetch_add(1, Ordering::Relaxed);
                sent[at + 3].fetch_add(message.deflated().len() as u64, Ordering::Relaxed);
            }
        });
    }
    let (ready, reports) = sync_channel::<(usize, Vec<Record>)>(agents * 2);
    let start = Instant::now() + Duration::from_secs(2);
    let applying = std::thread::Builder::new().name("apply".to_owned()).spawn(move || {
        for (number, (agent, report)) in reports.into_iter().enumerate() {
            let due = start + Duration::from_secs(1) * number as u32 / agents as u32;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            sessions[agent].apply(report);
        }
        sessions
    });
    let generating = std::thread::Builder::new().name("generate".to_owned()).spawn(move || {
        // 5 % of the containers change a minute, all fleet together.
        let every = 60.0 / (agents * containers) as f64 / 0.05;
        let mut next = 0.0;
        for second in 0..seconds + 2 {
            for (agent, host) in hosts.iter_mut().enumerate() {
                let now = second as f64 + agent as f64 / agents as f64;
                let change = (now >= next).then(|| {
                    next += every;
                    (second * 31 + agent) % containers
                });
                let report = host.report(agent, second as u64 + 2, false, change);
                if ready.send((agent, report)).is_err() {
                    return;
                }
            }
        }
    });
    std::thread::sleep(start.saturating_duration_since(Instant::now()) + Duration::from_secs(1));
    let (before, usage) = (threads(), views.usage(&Tenant::default()));
    let counted: Vec<u64> = sent.iter().map(|count| count.load(Ordering::Relaxed)).collect();
    std::thread::sleep(Duration::from_secs(seconds as u64));
    let (after, used) = (threads(), views.usage(&Tenant::default()));
    let percent = |name: &str| (after.get(name).copied().unwrap_or(0) - before.get(name).copied().unwrap_or(0)) as f64 / 10.0 / seconds as f64;
    let names = ["apply", "scope-views", "subscribers", "scope-live"];
    for name in names {
        println!("{name:>12}: {:5.1} % of a core", percent(name));
    }
    println!("{:>12}: {:5.1} % of a core, {} MB", "all", names.iter().map(|name| percent(name)).sum::<f64>(), memory());
    let per = |at: usize| (sent[at].load(Ordering::Relaxed) - counted[at]) as f64 / seconds as f64;
    println!("messages/s: {:.1} snapshots, {:.1} changes, {:.1} figures; bytes/s {:.0}, {:.0}, {:.0}", per(0), per(1), per(2), per(3), per(4), per(5));
    println!(
        "views: busy {} ms/s, {} overflows, series {} MB",
        (used.busy_us - usage.busy_us) / 1000 / seconds as u64,
        used.overflows,
        live.series().usage().bytes >> 20
    );
    drop(generating);
    drop(views);
    drop(applying);
    runtime.shutdown_background();
}
