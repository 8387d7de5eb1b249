//! How long it takes until a subscriber of `scope serve` sees what happens on its own machine: `cargo bench -p scope-tests --bench serve_latency`.
//!
//! 50 containers start one after the other, are connected to, and are killed. Prints a table in Markdown: median and 99th percentile of each. A start and an
//! end count from the time of the engine's own event, a connection from when `connect()` returns. Needs root and a Docker daemon; says how
//! busy the machine was.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench: it prints, and ends where something is missing"
)]

use std::net::TcpStream;
use std::time::{Duration, Instant};

use scope_tests::docker::{Container, Docker, World};
use scope_tests::need;
use scope_tests::server::Server;
use scope_tests::subscriber::{Seen, Subscriber, now};
use scope_tests::usage::{cpu_ticks, idle_pct, per_cent};

/// What is given up: it is counted as lost.
const LIMIT: Duration = Duration::from_secs(20);
/// How often a server is started to see its first view.
const STARTS: usize = 10;

fn main() {
    let (Some(docker), Some(())) = (need::docker(), need::root()) else { return };
    let tries: usize = std::env::var("SCOPE_BENCH_TRIES").ok().and_then(|text| text.parse().ok()).unwrap_or(50);
    let world = World::new(&docker);
    let server = Server::start(&[]);
    let mut subscriber = Subscriber::new(server.events("/api/v1/events?view=containers&show=all"));
    // Milliseconds from `then` until `what` was seen.
    let mut after = |what: Seen, then: f64| subscriber.when(&what, LIMIT).map(|at| (at - then) * 1e3);
    // Everything is there, and the agent has its rhythm.
    std::thread::sleep(Duration::from_secs(5));
    let (idle, began, ticks) = (idle_pct(), Instant::now(), cpu_ticks(server.pid()));

    let (mut starts, mut figures, mut connects, mut ends) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut containers = Vec::new();
    for number in 0..tries {
        let container = world.run(&format!("latency-{number}"), &[], &["httpd", "-f", "-p", "80"]);
        let started = event_time(&docker, &container, "start");
        starts.push(after(Seen::State(container.node(), "running".to_owned()), started));
        figures.push(after(Seen::Figures(container.node()), started));
        containers.push(container);
        pause(number);
    }
    let mut open = Vec::new();
    for (number, container) in containers.iter().enumerate() {
        let at = format!("{}:80", container.address("bridge"));
        open.push(TcpStream::connect(&at).expect("it listens"));
        connects.push(after(Seen::EdgeTo(container.node()), now()));
        pause(number);
    }
    let firsts = first_views(&world.run("first", &[], &["sleep", "100000"]).node());
    for (number, container) in containers.iter().enumerate() {
        let _ = docker.run(&["kill", &container.id]).ok();
        let ended = event_time(&docker, container, "die");
        ends.push(after(Seen::State(container.node(), "exited".to_owned()), ended));
        pause(number);
    }
    let (cpu, idle) = (per_cent(cpu_ticks(server.pid()) - ticks, began.elapsed()), idle.since());
    println!("| until a subscriber sees | p50 ms (budget) | p99 ms (budget) | tries | not within {} s |", LIMIT.as_secs());
    println!("|---|---|---|---|---|");
    let rows = [
        ("a container that started", starts, (30, 300)),
        ("its first figures", figures, (1200, 2000)),
        ("an edge, from `connect()`", connects, (500, 1200)),
        ("a container that ended", ends, (30, 300)),
        ("the first view with containers, from the server's start", firsts, (3000, 3000)),
    ];
    for (what, times, (median, most)) in rows {
        let tries = times.len();
        let mut times: Vec<f64> = times.into_iter().flatten().collect();
        times.sort_by(f64::total_cmp);
        let at = |part: f64| times.get(((times.len() as f64 * part) as usize).min(times.len().saturating_sub(1))).copied().unwrap_or(f64::NAN);
        println!("| {what} | {:.0} ({median}) | {:.0} ({most}) | {tries} | {} |", at(0.5), at(0.99), tries - times.len());
    }
    eprintln!("the server with its collector took {cpu:.1} % of a core; the machine idled {idle:.0} % of its time");
}

/// From the start of a server until its view has the container.
fn first_views(node: &str) -> Vec<Option<f64>> {
    let first = |_| {
        let began = Instant::now();
        let server = Server::start(&[]);
        while began.elapsed() < LIMIT {
            let answer = server.get("/api/v1/views/containers");
            if answer.status == 200 && answer.text().contains(node) {
                return Some(began.elapsed().as_secs_f64() * 1e3);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    };
    (0..STARTS).map(first).collect()
}

/// Not in step with the agent's second.
fn pause(number: usize) {
    std::thread::sleep(Duration::from_millis(200 + (number as u64 * 137) % 700));
}

/// When the engine told of it, in seconds since 1970.
fn event_time(docker: &Docker, container: &Container, event: &str) -> f64 {
    let (id, event) = (format!("container={}", container.id), format!("event={event}"));
    let until = format!("{:.3}", now() + 0.5);
    let told = docker.run(&["events", "--since", "0", "--until", &until, "--filter", &id, "--filter", &event, "--format", "{{.TimeNano}}"]).ok();
    told.text().trim().parse::<f64>().expect("a time") / 1e9
}
