//! How long it takes until a subscriber of `scope serve` sees what happens on its own machine: `cargo bench -p scope-tests --bench serve_latency`.
//!
//! 50 containers start one after the other, are connected to, and are killed. Prints a table in Markdown: median and 99th percentile of each. A start and an
//! end count from the time that the engine itself writes down, a connection from when `connect()` returns. Needs root and a Docker daemon; says how
//! busy the machine was.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench: it prints, and ends where something is missing"
)]

use std::collections::HashMap;
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use scope_core::Timestamp;
use scope_tests::docker::World;
use scope_tests::need;
use scope_tests::server::{Events, Server};
use scope_tests::usage::{cpu_ticks, idle_pct, per_cent};
use serde_json::Value;

/// What is given up: it is counted as lost.
const LIMIT: Duration = Duration::from_secs(20);

/// What a subscriber saw, by the id of a container.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Seen {
    State(String, String),
    Figures(String),
    EdgeTo(String),
}

fn main() {
    let (Some(docker), Some(())) = (need::docker(), need::root()) else { return };
    let tries: usize = std::env::var("SCOPE_BENCH_TRIES").ok().and_then(|text| text.parse().ok()).unwrap_or(50);
    let world = World::new(&docker);
    let server = Server::start(&[]);
    let (seen, sees) = channel();
    let events = server.events("/api/v1/events?view=containers&show=all");
    std::thread::spawn(move || watch(events, &seen));
    let mut first = Firsts { sees, at: HashMap::new() };
    // Everything is there, and the agent has its rhythm.
    std::thread::sleep(Duration::from_secs(5));
    let (idle, began, ticks) = (idle_pct(), Instant::now(), cpu_ticks(server.pid()));

    let (mut starts, mut figures, mut connects, mut ends) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut containers = Vec::new();
    for number in 0..tries {
        let container = world.run(&format!("latency-{number}"), &[], &["httpd", "-f", "-p", "80"]);
        let started = engine_time(&container.inspect()["State"]["StartedAt"]);
        starts.push(first.after(&Seen::State(container.node(), "running".to_owned()), started));
        figures.push(first.after(&Seen::Figures(container.node()), started));
        containers.push(container);
        pause(number);
    }
    let mut open = Vec::new();
    for (number, container) in containers.iter().enumerate() {
        let at = format!("{}:80", container.address("bridge"));
        open.push(TcpStream::connect(&at).expect("it listens"));
        connects.push(first.after(&Seen::EdgeTo(container.node()), now()));
        pause(number);
    }
    for (number, container) in containers.iter().enumerate() {
        let killed = docker.run(&["kill", &container.id]).ok();
        drop(killed);
        let ended = engine_time(&container.inspect()["State"]["FinishedAt"]);
        ends.push(first.after(&Seen::State(container.node(), "exited".to_owned()), ended));
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
    ];
    for (what, times, (median, most)) in rows {
        let mut times: Vec<f64> = times.into_iter().flatten().collect();
        times.sort_by(f64::total_cmp);
        let at = |part: f64| times.get(((times.len() as f64 * part) as usize).min(times.len().saturating_sub(1))).copied().unwrap_or(f64::NAN);
        println!("| {what} | {:.0} ({median}) | {:.0} ({most}) | {tries} | {} |", at(0.5), at(0.99), tries - times.len());
    }
    eprintln!("the server with its collector took {cpu:.1} % of a core; the machine idled {idle:.0} % of its time");
}

/// Not in step with the agent's second.
fn pause(number: usize) {
    std::thread::sleep(Duration::from_millis(200 + (number as u64 * 137) % 700));
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

/// What the engine says, cut to microseconds.
fn engine_time(text: &Value) -> f64 {
    let text = text.as_str().expect("a time");
    let (seconds, fraction) = text.trim_end_matches('Z').split_once('.').unwrap_or((text.trim_end_matches('Z'), "0"));
    let at: Timestamp = format!("{seconds}.{fraction:0<6.6}Z").parse().expect("a time");
    at.as_micros() as f64 / 1e6
}

/// When each thing was first seen.
struct Firsts {
    sees: Receiver<(f64, Seen)>,
    at: HashMap<Seen, f64>,
}

impl Firsts {
    /// Milliseconds from `then` until `what` was seen, if it was.
    fn after(&mut self, what: &Seen, then: f64) -> Option<f64> {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(at) = self.at.get(what) {
                return Some((at - then) * 1e3);
            }
            let (at, seen) = self.sees.recv_timeout(end.saturating_duration_since(Instant::now())).ok()?;
            self.at.entry(seen).or_insert(at);
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Reads what comes, and tells what is in it.
fn watch(events: Events, seen: &Sender<(f64, Seen)>) {
    let (mut ids, mut names): (HashMap<u64, String>, Vec<Value>) = (HashMap::new(), Vec::new());
    for (_, message) in events {
        let at = now();
        if message["type"] == "snapshot" {
            names.clear();
        }
        names.extend(list(&message["metrics"]).cloned());
        let tell = |what| drop(seen.send((at, what)));
        let nodes = &message["nodes"];
        for (number, (id, facts)) in list(&nodes["n"]).zip(list(&nodes["id"]).zip(list(&nodes["facts"]))) {
            let id = id.as_str().unwrap_or_default().to_owned();
            if let Some(state) = facts["attrs"]["state"].as_str() {
                tell(Seen::State(id.clone(), state.to_owned()));
            }
            ids.insert(number.as_u64().unwrap_or_default(), id);
        }
        let id = |number: &Value| ids.get(&number.as_u64().unwrap_or_default()).cloned().unwrap_or_default();
        for to in list(&message["edges"]["to"]) {
            tell(Seen::EdgeTo(id(to)));
        }
        let is_memory = |column: &&Value| column[0].as_u64().and_then(|name| names.get(name as usize)).is_some_and(|name| name == "mem_bytes");
        for number in list(&message["figures"]["nodes"]).filter(is_memory).flat_map(|column| list(&column[1])) {
            tell(Seen::Figures(id(number)));
        }
    }
}
