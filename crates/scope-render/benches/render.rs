//! From a state to a view, at three sizes, and from a view to a table. The budget: 10,000 nodes in 10 ms, 100,000 in 100 ms, without layout.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench may panic and documents nothing")]

#[path = "../tests/it/fixture.rs"]
mod fixture;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fixture::{World, container};
use scope_core::field::Registry;
use scope_render::graph::Graph;
use scope_render::output::{self, Format, Options, Part, Theme};
use scope_render::view::{self, Selection};

/// As the command with the server in it has it.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Hosts of 200 nodes: 40 containers, 158 processes, each container with a client's and a server's flow, as collectors report them.
fn world(nodes: usize) -> World {
    let mut world = World::new();
    let hosts = nodes.div_ceil(200);
    for host in 0..hosts {
        let agent = format!("host-{host:04}");
        let net = format!("net:{host:012x}");
        let address = format!("10.{}.{}.1", host / 250, host % 250);
        let host_id = world.host(&agent, &[&address, "127.0.0.1"]);
        world.node(&agent, "docker", fixture::image(&format!("image-{}", host % 37)), "nginx:1.27").done();
        for number in 0..40_usize {
            let name = format!("{number}-{host}-service");
            let id = world
                .container(&agent, &name)
                .parent(fixture::image(&format!("image-{}", host % 37)))
                .attr("compose_project", format!("project-{}", number % 5))
                .attr("hostname", name.as_str())
                .attr("created_at", fixture::at(-4000))
                .attr("started_at", fixture::at(-3600))
                .attr("restart_count", 0_u64)
                .label("app", &name)
                .label("com.docker.compose.project", "project")
                .label("com.docker.compose.service", &name)
                .label("maintainer", "somebody")
                .metric("pids", 4_u64)
                .in_network(net.trim_start_matches("net:"), &format!("172.18.{}.{}", number / 200, number % 200 + 2))
                .listens(&format!("{net}|172.18.{}.{}:8080/tcp", number / 200, number % 200 + 2))
                .done();
            world
                .node(&agent, "cgroup", id.clone(), &name)
                .metric("cpu_pct", 3_u64)
                .metric("mem_bytes", 123_456_789_u64)
                .metric("cpu_usage_us_total", 81_234_000_u64)
                .done();
            for process in 0..4_u32 {
                world.process(&agent, number as u32 * 4 + process + 100, "worker", &id);
            }
            let peer = (number * 7 + 1) % 40;
            let server_addr = format!("{net}|172.18.{}.{}:8080", peer / 200, peer % 200 + 2);
            let client_addr = format!("{net}|172.18.{}.{}", number / 200, number % 200 + 2);
            let peer_id = container(&format!("{peer}-{host}-service"));
            world.client(&agent, &id, &server_addr).to(&peer_id).open(3).bytes(81_234, 99_120).ports(&[(40_000 + number as u16, -5)]).done();
            world.server(&agent, &peer_id, &server_addr, &client_addr).open(3).bytes(99_120, 81_234).ports(&[(40_000 + number as u16, -5)]).done();
            if number % 8 == 0 {
                let far = format!("10.{}.{}.1:5432", (host + 1) % hosts / 250, (host + 1) % hosts % 250);
                world.client(&agent, &id, &far).open(1).ports(&[(50_000 + number as u16, -5)]).done();
                world.client(&agent, &id, "93.184.216.34:443").open(1).done();
            }
        }
        let _ = host_id;
    }
    world
}

/// How long it takes until something is there. What it takes to drop it again is not counted.
fn until_there<T>(times: u64, make: impl Fn() -> T) -> Duration {
    let mut took = Duration::ZERO;
    for _ in 0..times {
        let began = Instant::now();
        let made = black_box(make());
        took += began.elapsed();
        drop(made);
    }
    took
}

fn views(criterion: &mut Criterion) {
    for nodes in [1_000, 10_000, 100_000] {
        let world = world(nodes);
        let graph = Graph::build(&world.state);
        let mut group = criterion.benchmark_group("render");
        group.sample_size(if nodes > 10_000 { 20 } else { 50 });
        group.throughput(Throughput::Elements(graph.len() as u64));
        group.bench_function(BenchmarkId::new("graph", nodes), |bencher| bencher.iter_custom(|times| until_there(times, || Graph::build(&world.state))));
        for view in view::VIEWS {
            // As a single `scope render` draws it: the graph keeps what a view asked of it, so that the next one is told at once.
            group.bench_function(BenchmarkId::new(format!("{}, from state", view.name), nodes), |bencher| {
                bencher.iter_custom(|times| {
                    until_there(times, || {
                        let graph = Graph::build(&world.state);
                        let rendered = view.project(&graph, &Selection::default());
                        let all = (rendered.nodes.len(), rendered.edges.len(), rendered.hidden.clone());
                        drop(rendered);
                        (graph, all)
                    })
                });
            });
            group.bench_function(BenchmarkId::new(view.name, nodes), |bencher| {
                bencher.iter(|| {
                    let rendered = view.project(&graph, &Selection::default());
                    rendered.nodes.len() + rendered.edges.len()
                });
            });
        }
        group.finish();
    }
}

/// Tables of 10,000 nodes: what they cost goes by what nodes have, not by how many fields there are.
fn tables(criterion: &mut Criterion) {
    let world = world(10_000);
    let graph = Graph::build(&world.state);
    let registry = Registry::new();
    let options = Options { registry: &registry, now: fixture::at(0), width: None, colour: false, columns: &[], part: Part::Nodes, theme: Theme::Light };
    let mut group = criterion.benchmark_group("tables");
    group.sample_size(20);
    for view in ["containers", "processes-by-name"] {
        let rendered = view::find(view).unwrap().project(&graph, &Selection::default());
        group.throughput(Throughput::Elements(rendered.nodes.len() as u64));
        for format in [Format::Csv, Format::Arrow, Format::Graphml, Format::Table] {
            group.bench_function(BenchmarkId::new(view, format), |bencher| {
                bencher.iter(|| output::write(format, &rendered, &mut std::io::sink(), &options).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, views, tables);
criterion_main!(benches);
