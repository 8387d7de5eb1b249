//! Encoding and decoding of reports of 100 containers. Throughput is counted in bytes of NDJSON for both encodings, so that they compare, and in
//! CPU time, so that a busy machine gives the same figures. What asks for memory has the allocator of the command with the server in it.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a bench may panic")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rustix::time::{ClockId, clock_gettime};
use scope_core::codec::{Compression, Format, Reader, Writer};
use scope_core::endpoint::OwnedEndpoint;
use scope_core::flow::{Flow, FlowKey, Peer, PortSample};
use scope_core::record::{Body, Node, Record, SourceTick, Stamp, Tick};
use scope_core::value::Fields;
use scope_core::{AgentName, NodeId, Number, Protocol, RunId, Timestamp, Value};

#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// CPU time of the measuring thread.
struct CpuTime(WallTime);

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec as u32)
    }

    fn end(&self, start: Duration) -> Duration {
        self.start().saturating_sub(start)
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        self.0.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        self.0.formatter()
    }
}

const CONTAINERS: u64 = 100;
const REPORTS: u64 = 20;

fn hex(kind: u64, number: u64) -> String {
    format!(
        "{:016x}{number:016x}{:016x}{:016x}",
        kind.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        number.wrapping_mul(0xbf58_476d_1ce4_e5b9),
        number.wrapping_mul(0x94d0_49bb_1331_11eb)
    )
}

/// Full reports: the static facts of every container each time, as a single `scope collect` prints them; a steady stream has far less to say.
fn reports() -> Vec<Record> {
    let agent: AgentName = "host-a".parse().unwrap();
    let run = RunId::from_u128(0x0192_f0c1_7e4a_7c15_bf58_476d_1ce4_e5b9);
    let began = Timestamp::from_micros(1_795_286_000_123_456);
    let mut records = Vec::new();
    for seq in 1..=REPORTS {
        let at = Timestamp::from_micros(1_795_286_040_123_456 + seq as i64 * 1_000_000);
        let mut push = |source: &str, body| {
            records.push(Record { agent: agent.clone(), stamp: Stamp { run, seq }, source: source.into(), at, body, extra: Fields::default() });
        };
        for number in 0..CONTAINERS {
            push("docker", Body::Node(container(number, seq, began)));
        }
        for number in 0..CONTAINERS / 5 {
            push("net", Body::Flow(Box::new(flow(number, seq, began, at))));
        }
        let docker = SourceTick { full: true, records: CONTAINERS, took_us: Some(812), dropped: None };
        let net = SourceTick { full: true, records: CONTAINERS / 5, took_us: Some(433), dropped: Some(0) };
        let tick = Tick {
            interval_ms: Some(1000),
            sources: [("docker", docker), ("net", net)].into_iter().collect(),
            metrics: [("agent_cpu_us_total", Number::from(81_234 * seq))].into_iter().collect(),
        };
        push("", Body::Tick(tick));
    }
    records
}

/// What stays of a container is the same in each report; its figures are not.
fn container(number: u64, seq: u64, began: Timestamp) -> Node {
    let mut node = Node::new(NodeId::container(&hex(1, number)).unwrap());
    node.name = Some(format!("shop-web-{number}").into());
    node.parents = Some(Arc::new([NodeId::host(&"host-a".parse().unwrap()), NodeId::image(&hex(2, number % 7)).unwrap()]));
    node.endpoints =
        Some(Arc::new([OwnedEndpoint { at: format!("net:{}|172.18.0.{}:80/tcp", hex(3, 1), number % 250 + 2).parse().unwrap(), since: Some(began) }]));
    let labels: Fields<Value> =
        [("com.docker.compose.project", "shop"), ("com.docker.compose.service", "web")].into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    node.attrs = [
        ("compose_project", Value::from("shop")),
        ("image", Value::from("registry.example.com/shop/web:1.27.3")),
        ("labels", Value::from(labels)),
        ("restarts", Value::from(number % 3)),
        ("started_at", Value::from(began)),
        ("state", Value::from("running")),
    ]
    .into_iter()
    .collect();
    node.metrics = [
        ("cpu_pct", Number::from_f64(24.5 + (number + seq) as f64 / 7.0).unwrap()),
        ("cpu_usage_us_total", Number::from(81_234_000 * seq + number * 977)),
        ("mem_bytes", Number::from(128_345_600 + (number + seq) * 4096)),
        ("mem_limit_bytes", Number::from(536_870_912_u64)),
        ("net_rx_bytes_total", Number::from(9_912_345 * number * seq)),
        ("net_tx_bytes_total", Number::from(1_234_567 * number * seq)),
        ("pids", Number::from(12 + number % 9)),
    ]
    .into_iter()
    .collect();
    node
}

fn flow(number: u64, seq: u64, began: Timestamp, at: Timestamp) -> Flow {
    Flow {
        key: FlowKey {
            owner: NodeId::container(&hex(1, number)).unwrap(),
            peer: Peer::Dialled(format!("net:{}|172.18.0.{}:5432", hex(3, 1), number % 9 + 2).parse().unwrap()),
            server_addr: format!("net:{}|172.18.0.{}:5432", hex(3, 1), number % 9 + 2).parse().unwrap(),
            proto: Protocol::Tcp,
        },
        server: Some(NodeId::container(&hex(1, number + 1)).unwrap()),
        server_name: Some("db.internal".into()),
        command: None,
        since: began,
        last_seen: at,
        open: 3,
        opened_total: Some(12 * seq),
        failed_total: Some(0),
        tx_bytes_total: Some(81_234 * seq),
        rx_bytes_total: Some(99_120 * seq),
        retrans_total: Some(0),
        rtt_us: Some(210),
        ports: vec![PortSample(51_000, began), PortSample(51_002, began)],
        seen_by: vec!["conntrack".into(), "sock_diag".into()],
    }
}

fn encoded(records: &[Record], format: Format, compression: Compression) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), format, compression).unwrap();
    for record in records {
        writer.write(record).unwrap();
    }
    writer.finish().unwrap()
}

fn codec(c: &mut Criterion<CpuTime>) {
    let records = reports();
    let size = encoded(&records, Format::Ndjson, Compression::None).len();
    let mut group = c.benchmark_group(format!("codec, {} records, {} bytes a record", records.len(), size / records.len()));
    group.throughput(Throughput::BytesDecimal(size as u64)).measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_millis(500)).sample_size(20);
    for (name, format) in [("ndjson", Format::Ndjson), ("arrow", Format::Arrow)] {
        for (suffix, compression) in [("", Compression::None), ("+zstd", Compression::Zstd)] {
            let bytes = encoded(&records, format, compression);
            group.bench_function(format!("{name}{suffix}/decode, {} bytes", bytes.len()), |b| {
                b.iter(|| Reader::new(black_box(bytes.as_slice())).filter(|record| black_box(record).is_ok()).count());
            });
            group.bench_function(format!("{name}{suffix}/encode"), |b| b.iter(|| encoded(black_box(&records), format, compression).len()));
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime(WallTime));
    targets = codec
}
criterion_main!(benches);
