//! The link: what records cost on their way, in bytes and in CPU time. A host of 100 containers, of which 20 pairs talk, with its processes, reported once
//! a second; the same where every figure moves each time; and the recorded stream of a small one.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a bench may panic, and prints")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use prost::Message;
use scope_core::codec::Reader;
use scope_core::flow::{Flow, FlowKey, Peer, PortSample};
use scope_core::link::message::{Chunk, Kind};
use scope_core::link::{Decoder, Encoder, Packer, Received, Unpacker, digest};
use scope_core::record::{Body, Node, Record, SourceTick, Stamp, Tick};
use scope_core::state::State;
use scope_core::value::Fields;
use scope_core::{AgentName, NodeId, Number, Protocol, RunId, Timestamp, Value};

const CONTAINERS: u64 = 100;
const PAIRS: u64 = 20;
const REPORTS: u64 = 60;

fn agent() -> AgentName {
    "host-a".parse().unwrap()
}

fn hex(kind: u64, number: u64) -> String {
    let mix = |factor: u64| (number + 1).wrapping_mul(factor) ^ kind.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{:016x}{:016x}{:016x}{:016x}", mix(0xbf58_476d_1ce4_e5b9), mix(0x94d0_49bb_1331_11eb), mix(0xd6e8_feb8_6659_fd93), mix(0xff51_afd7_ed55_8ccd))
}

fn container(number: u64) -> NodeId {
    NodeId::container(&hex(1, number)).unwrap()
}

/// What moves by chance, the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// The figures of one thing, as they go on.
#[derive(Clone, Default)]
struct Counters {
    cpu: u64,
    rx: u64,
    tx: u64,
    packets: u64,
    opened: u64,
    mem: u64,
    ports: Vec<PortSample>,
}

fn two_decimals(value: f64) -> Number {
    Number::from_f64((value * 100.0).round() / 100.0).unwrap()
}

/// Reports once a second: the first one full; then what moved. Of the containers 20 pairs talk five times a second, the rest idle, as do most processes.
fn steady() -> Vec<Vec<Record>> {
    let run = RunId::from_u128(0x0192_f0c1_7e4a_7c15_bf58_476d_1ce4_e5b9);
    let mut chance = Chance(42);
    let mut counters = vec![Counters { mem: 4 << 20, ..Counters::default() }; CONTAINERS as usize];
    let start = 1_795_286_040_123_456_i64;
    (1..=REPORTS)
        .map(|seq| {
            let at = Timestamp::from_micros(start + seq as i64 * 1_000_000 + chance.below(2000) as i64);
            let mut records = Vec::new();
            let mut said = [0_u64; 5];
            let mut push = |records: &mut Vec<Record>, source: usize, body| {
                said[source] += 1;
                let source = ["host", "docker", "cgroup", "process", "net"][source].into();
                records.push(Record { agent: agent(), stamp: Stamp { run, seq }, source, at, body, extra: Fields::default() });
            };
            let mut host = Node::new(NodeId::host(&agent()));
            for name in ["cpu_idle_us_total", "cpu_user_us_total", "cpu_system_us_total", "cpu_iowait_us_total", "ctxt_total", "intr_total", "forks_total"] {
                host.metrics.insert(name, Number::from(1_000_000_000 + seq * 1_000_000 + chance.below(90_000)));
            }
            for name in ["cpu_pct", "cpu_user_pct", "cpu_system_pct", "cpu_iowait_pct", "load1", "load5", "load15"] {
                host.metrics.insert(name, two_decimals(chance.below(20_000) as f64 / 100.0));
            }
            for name in ["mem_available_bytes", "mem_free_bytes", "mem_cached_bytes", "rx_bytes_total", "tx_bytes_total"] {
                host.metrics.insert(name, Number::from(8_000_000_000 + chance.below(1 << 24) * 4096));
            }
            push(&mut records, 0, Body::Node(host));
            for number in 0..CONTAINERS {
                let busy = number < PAIRS * 2;
                if seq == 1 {
                    push(&mut records, 1, Body::Node(facts(number)));
                }
                let counter = &mut counters[number as usize];
                let mut figures = Node::new(container(number));
                // An idle container's shell wakes up now and then.
                if busy || seq == 1 || chance.below(20) == 0 {
                    let used = if busy { 4000 + chance.below(3000) } else { chance.below(90) };
                    counter.cpu += used;
                    figures.metrics.insert("cpu_usage_us_total", Number::from(counter.cpu));
                    figures.metrics.insert("cpu_pct", two_decimals(used as f64 / 10_000.0));
                }
                if busy {
                    counter.mem += chance.below(3) * 4096;
                    figures.metrics.insert("mem_bytes", Number::from(counter.mem));
                    figures.metrics.insert("mem_usage_bytes", Number::from(counter.mem + 8192));
                }
                if seq == 1 {
                    for name in ["mem_limit_bytes", "pids", "disk_read_bytes_total", "disk_write_bytes_total", "mem_anon_bytes", "mem_cache_bytes"] {
                        figures.metrics.insert(name, Number::from(number * 4096));
                    }
                }
                if !figures.metrics.is_empty() {
                    push(&mut records, 2, Body::Node(figures));
                }
                // Its process, of which only the busy ones move.
                let id = NodeId::process(&agent(), 10_000 + number as u32, 670_000 + number * 37);
                let mut process = Node::new(id);
                if seq == 1 {
                    process.name = Some("traffic".into());
                    process.parents = Some(Arc::new([container(number), NodeId::host(&agent())]));
                    process.attrs.insert("command", ["traffic", "keep", "tcp"].into_iter().collect::<Value>());
                    process.attrs.insert("started_at", Value::from(at));
                }
                if busy || seq == 1 {
                    process.metrics.insert("cpu_us_total", Number::from(counter.cpu / 10_000 * 10_000));
                    process.metrics.insert("cpu_pct", two_decimals(chance.below(3) as f64));
                    process.metrics.insert("mem_bytes", Number::from(counter.mem - 4096));
                    push(&mut records, 3, Body::Node(process));
                }
                if busy {
                    net(number, counter, &mut chance, at, |source, body| push(&mut records, source, body));
                }
            }
            let names = ["host", "docker", "cgroup", "process", "net"];
            let sources = names.into_iter().zip(said).map(|(name, records)| {
                let took_us = Some(300 + chance.below(900));
                (name, SourceTick { full: seq == 1, records, took_us, dropped: None })
            });
            let sources = sources.collect();
            let metrics = [("agent_cpu_us_total", Number::from(seq * 9_100 + chance.below(900))), ("agent_mem_bytes", Number::from(14_000_000_u64))];
            let tick = Tick { interval_ms: Some(1000), sources, metrics: metrics.into_iter().collect() };
            records.push(Record { agent: agent(), stamp: Stamp { run, seq }, source: "".into(), at, body: Body::Tick(tick), extra: Fields::default() });
            records
        })
        .collect()
}

/// Reports once a second in which all figures move: 34 of each container, some of them rates and shares, and 12 of its process.
fn moving() -> Vec<Vec<Record>> {
    let run = RunId::from_u128(0x0192_f0c1_7e4a_7c15_bf58_476d_1ce4_e5b9);
    let mut chance = Chance(43);
    (1..=REPORTS)
        .map(|seq| {
            let at = Timestamp::from_seconds(1_795_286_040 + seq as i64);
            let mut figures = |mut node: Node, count: u64| {
                node.metrics.extend((0..count).map(|figure| {
                    let (steps, step) = (seq * (1000 << (figure % 12)), chance.below(100 << (figure % 12)));
                    let value = if figure % 3 == 0 { two_decimals((chance.below(10_000) + 1) as f64 / 100.0) } else { Number::from(steps + step) };
                    (scope_core::CompactString::from(format!("figure_{figure:02}")), value)
                }));
                Body::Node(node)
            };
            let mut bodies = Vec::new();
            for number in 0..CONTAINERS {
                if seq == 1 {
                    bodies.push(("docker", Body::Node(facts(number))));
                }
                bodies.push(("cgroup", figures(Node::new(container(number)), 34)));
                bodies.push(("process", figures(Node::new(NodeId::process(&agent(), 10_000 + number as u32, 670_000 + number * 37)), 12)));
            }
            let count = |source: &str| bodies.iter().filter(|(other, _)| *other == source).count() as u64;
            let tick = |source| (source, SourceTick { full: seq == 1, records: count(source), took_us: None, dropped: None });
            let tick = Tick { interval_ms: Some(1000), sources: ["docker", "cgroup", "process"].map(tick).into_iter().collect(), ..Tick::default() };
            bodies.push(("", Body::Tick(tick)));
            let record =
                |(source, body): (&str, Body)| Record { agent: agent(), stamp: Stamp { run, seq }, source: source.into(), at, body, extra: Fields::default() };
            bodies.into_iter().map(record).collect()
        })
        .collect()
}

fn facts(number: u64) -> Node {
    let mut node = Node::new(container(number));
    node.name = Some(format!("shop-web-{number}").into());
    node.parents = Some(Arc::new([NodeId::host(&agent()), NodeId::image(&hex(2, number % 7)).unwrap()]));
    node.endpoints = Some(Arc::default());
    let labels: Fields<Value> =
        [("com.docker.compose.project", "shop"), ("com.docker.compose.service", "web")].into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    node.attrs = [("compose_project", Value::from("shop")), ("image", Value::from("registry.example.com/shop/web:1.27.3")), ("labels", Value::from(labels))]
        .into_iter()
        .collect();
    node
}

/// One end of a pair: the figures of its interface, and its flow.
fn net(number: u64, counter: &mut Counters, chance: &mut Chance, at: Timestamp, mut push: impl FnMut(usize, Body)) {
    let (rx, tx, packets) = (20_000 + chance.below(9000), 21_000 + chance.below(9000), 60 + chance.below(9));
    counter.rx += rx;
    counter.tx += tx;
    counter.packets += packets;
    counter.opened += 5;
    let mut node = Node::new(container(number));
    for (name, value) in
        [("rx_bytes_total", counter.rx), ("tx_bytes_total", counter.tx), ("rx_packets_total", counter.packets), ("tx_packets_total", counter.packets)]
    {
        node.metrics.insert(name, Number::from(value));
    }
    for (name, value) in [("rx_bytes_per_sec", rx), ("tx_bytes_per_sec", tx), ("rx_packets_per_sec", packets), ("tx_packets_per_sec", packets)] {
        node.metrics.insert(name, two_decimals(value as f64 * 1.001));
    }
    push(4, Body::Node(node));
    let server = number % 2 == 1;
    let scope = hex(3, number / 2);
    let address = |host: u64, port: u64| format!("net:{scope}|172.18.{host}.2:{port}").parse().unwrap();
    let server_addr = address(2, 80);
    let peer = if server { Peer::Client(format!("net:{scope}|172.18.1.2").parse().unwrap()) } else { Peer::Dialled(address(2, 80)) };
    // Five new connections: five new ports, seen when the kernel told of them.
    for fresh in 0..5 {
        counter
            .ports
            .insert(0, PortSample(32_768 + chance.below(28_000) as u16, Timestamp::from_micros(at.as_micros() - 200_000 * fresh - chance.below(9000) as i64)));
    }
    counter.ports.truncate(8);
    let flow = Flow {
        key: FlowKey { owner: container(number), peer, server_addr, proto: Protocol::Tcp },
        server: Some(container(number | 1)),
        server_name: Some("web".into()),
        command: None,
        since: Timestamp::from_seconds(1_795_286_000),
        last_seen: Timestamp::from_micros(at.as_micros() - chance.below(200_000) as i64),
        open: chance.below(2),
        opened_total: Some(counter.opened),
        failed_total: Some(0),
        tx_bytes_total: Some(counter.tx - counter.packets),
        rx_bytes_total: Some(counter.rx - counter.packets),
        retrans_total: Some(0),
        rtt_us: Some(180 + chance.below(90)),
        ports: counter.ports.clone(),
        seen_by: vec!["conntrack".into(), "sock_diag".into()],
    };
    push(4, Body::Flow(Box::new(flow)));
}

fn recorded() -> Vec<Vec<Record>> {
    let path = format!("{}/../../tests/fixtures/streams/east.ndjson", env!("CARGO_MANIFEST_DIR"));
    let mut reports: Vec<Vec<Record>> = Vec::new();
    for record in Reader::new(std::fs::File::open(path).unwrap()).map(Result::unwrap) {
        match reports.last_mut() {
            Some(report) if report[0].stamp == record.stamp => report.push(record),
            _ => reports.push(vec![record]),
        }
    }
    reports
}

fn encoded(reports: &[Vec<Record>]) -> Vec<Chunk> {
    let (mut encoder, mut packer) = (Encoder::default(), Packer::default());
    let mut chunks = Vec::new();
    for report in reports {
        encoder.encode(report, None, false, |part| chunks.push(packer.pack(&Kind::Report(Box::new(part)).into()).unwrap()));
    }
    chunks
}

fn decoded(chunks: &[Chunk]) -> usize {
    let (mut unpacker, mut decoder) = (Unpacker::default(), Decoder::new(agent()));
    let reports = chunks.iter().filter_map(|chunk| match unpacker.unpack(chunk).unwrap().kind {
        Some(Kind::Report(part)) => decoder.decode(*part).unwrap(),
        _ => None,
    });
    let of = |report: Received| {
        let records = report.len();
        report.give_back();
        records
    };
    reports.map(of).sum()
}

fn link(c: &mut Criterion) {
    for (name, reports) in [("steady", steady()), ("moving", moving()), ("recorded", recorded())] {
        let records: usize = reports.iter().map(Vec::len).sum();
        let chunks = encoded(&reports);
        assert_eq!(decoded(&chunks), records);
        let sizes: Vec<usize> = chunks.iter().map(Message::encoded_len).collect();
        let (first, later) = (sizes[0], sizes[1..].iter().sum::<usize>() / (sizes.len() - 1));
        let json: usize = reports[1..].iter().flatten().map(|record| serde_json::to_string(record).unwrap().len() + 1).sum::<usize>() / (reports.len() - 1);
        println!("{name}: first report {first} bytes, later ones {later} bytes each (as NDJSON {json}), {} records each", records / reports.len());
        let mut group = c.benchmark_group(format!("link/{name}"));
        group
            .throughput(Throughput::Elements(records as u64))
            .measurement_time(Duration::from_secs(3))
            .warm_up_time(Duration::from_millis(500))
            .sample_size(20);
        group.bench_function("encode", |b| b.iter(|| encoded(black_box(&reports)).len()));
        group.bench_function("decode", |b| b.iter(|| decoded(black_box(&chunks))));
        group.finish();
    }
    let mut state = State::default();
    for record in steady().into_iter().flatten() {
        let _ = state.apply(record);
    }
    let begun = Instant::now();
    let first = digest(state.agent(&agent()).unwrap());
    println!("digest {first:016x} of the steady host's state in {:?}", begun.elapsed());
    c.bench_function("link/digest", |b| b.iter(|| digest(black_box(state.agent(&agent()).unwrap()))));
}

criterion_group!(benches, link);
criterion_main!(benches);
