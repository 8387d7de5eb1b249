//! A fleet of simulated agents against a real `scope serve` on loopback: `make fleet N=1000 CONTAINERS=100`.
//!
//! Prints a row in Markdown: what the server costs, what travels, and how long it takes from a change at an agent to the message that a subscriber
//! reads. Every figure moves each second, and 5 % of the structure changes each minute. What agents say is made and encoded beforehand, so that the
//! machine has its time for the server. With `HOLD=1` the fleet goes on until it is stopped, and looks like one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench: it starts programs, prints, and ends where something is missing"
)]

mod agent;
mod catalog;
mod facts;
mod figures;
mod host;
mod links;
mod options;
mod server;
mod subscriber;
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use scope_tests::usage::{cpu_ticks, idle_pct, per_cent, status_mb};

use agent::{Agent, Start};
use options::Options;
use server::Server;
use subscriber::Clocks;
use world::{Template, World};

/// Ticks before figures are taken: full reports are in, and views are computed.
const WARM_UP: usize = 8;

/// What happened, in numbers.
#[derive(Debug, Default)]
struct Counts {
    bytes: AtomicU64,
    /// Reports that the server was late for: a tick began before the one before it was written.
    late: AtomicU64,
    arrived: AtomicU64,
    full_wanted: AtomicU64,
    broken: AtomicU64,
    messages: AtomicU64,
    message_bytes: AtomicU64,
    subscribers_lost: AtomicU64,
}

fn main() {
    let options = Options::read();
    raise_descriptor_limit();
    let began = Instant::now();
    let world = World {
        template: Template::read(),
        hosts: options.agents,
        containers: options.containers,
        // 20 pairs of 100 containers, as other tools were measured; all that there are, for the eye.
        links: if options.hold { usize::MAX } else { options.containers / 5 },
        busy: options.busy,
        rich: options.hold,
    };
    let ticks = (!options.hold).then_some(WARM_UP + options.secs + 1);
    let agents = encode(&Arc::new(world), ticks);
    eprintln!("{} agents of {} containers, made in {:.0} s", options.agents, options.containers, began.elapsed().as_secs_f64());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let server = runtime.block_on(run(agents, &options));
    // Simulated agents end before the server does: a link that breaks is news.
    runtime.shutdown_timeout(Duration::from_secs(5));
    drop(server);
}

/// What all agents say, on all cores.
fn encode(world: &Arc<World>, ticks: Option<usize>) -> Vec<Agent> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| scope.spawn(move || (part..world.hosts).step_by(threads).map(|number| Agent::new(world, number, ticks)).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().expect("no panic")).collect()
    })
}

/// Runs the fleet; gives back the server that it ran against.
async fn run(agents: Vec<Agent>, options: &Options) -> Server {
    let count = agents.len();
    let server = Server::find(options);
    let (counts, clocks) = (Arc::new(Counts::default()), Arc::new(Clocks::default()));
    let idle_rss = status_mb(server.pid(), "VmRSS:");
    // Links first, a few at a time; then the same second for all of them.
    let ready = Arc::new(tokio::sync::Semaphore::new(0));
    let (go, gone) = tokio::sync::watch::channel(None);
    let start = Start { ready: Arc::clone(&ready), at: gone };
    for (number, agent) in agents.into_iter().enumerate() {
        let phase = Duration::from_micros((number as u64 * 1_000_000) / count as u64);
        tokio::spawn(agent::run(agent, server.link(), phase, start.clone(), Arc::clone(&counts), Arc::clone(&clocks)));
        if number % 16 == 15 {
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
    }
    let all = tokio::time::timeout(Duration::from_mins(3), ready.acquire_many(u32::try_from(count).expect("a few"))).await;
    drop(all.expect("all agents are welcome").expect("open"));
    if options.hold {
        go.send_replace(Some(tokio::time::Instant::now()));
        println!("{count} hosts of {} containers are shown at {} until this is stopped", options.containers, server.url());
        until_stopped().await;
        return server;
    }
    for number in 0..options.subscribers {
        tokio::spawn(subscriber::run(server.subscription(number, options.metrics.as_deref()), number == 0, Arc::clone(&counts), Arc::clone(&clocks)));
    }
    go.send_replace(Some(tokio::time::Instant::now() + Duration::from_millis(200)));
    tokio::time::sleep(Duration::from_secs(WARM_UP as u64)).await;
    clocks.clear();
    measure(options, &server, &counts, &clocks).await;
    eprintln!(
        "empty server {idle_rss:.0} MB; reports confirmed {}, late ticks {}, full reports wanted {}, links broken {}, subscribers lost {}",
        read(&counts.arrived),
        read(&counts.late),
        read(&counts.full_wanted),
        read(&counts.broken),
        read(&counts.subscribers_lost),
    );
    for line in server.losses() {
        eprintln!("server: {line}");
    }
    server
}

/// Until somebody presses Ctrl-C, or `kill` says so.
async fn until_stopped() {
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("a signal handler");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

async fn measure(options: &Options, server: &Server, counts: &Counts, clocks: &Clocks) {
    let Options { agents, containers, subscribers, .. } = *options;
    let before = (Instant::now(), cpu_ticks(server.pid()), idle_pct(), read(&counts.bytes), read(&counts.message_bytes), read(&counts.messages));
    let threads = server.threads();
    tokio::time::sleep(Duration::from_secs(options.secs as u64)).await;
    let secs = before.0.elapsed();
    let cpu = per_cent(cpu_ticks(server.pid()) - before.1, secs);
    let idle = before.2.since();
    let per_second = |now: u64, then: u64, among: usize| (now - then) as f64 / secs.as_secs_f64() / among.max(1) as f64;
    let up = per_second(read(&counts.bytes), before.3, agents);
    let down = per_second(read(&counts.message_bytes), before.4, subscribers);
    let messages = per_second(read(&counts.messages), before.5, subscribers);
    let (figures, structure) = clocks.latencies();
    println!(
        "| agents x containers | subscribers | busy % | CPU % | RSS MB (peak) | bytes/s a host | kB/s and messages/s a subscriber | figure ms p50, p99 | structure ms p50, p99 | machine idle % |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    println!(
        "| {agents} x {containers} | {subscribers} | {} | {cpu:.1} | {:.0} ({:.0}) | {up:.0} | {:.1}, {messages:.1} | {} | {} | {idle:.0} |",
        options.busy,
        status_mb(server.pid(), "VmRSS:"),
        status_mb(server.pid(), "VmHWM:"),
        down / 1e3,
        shown(figures),
        shown(structure),
    );
    let after = server.threads();
    let by_thread: Vec<String> = after
        .iter()
        .map(|(name, ms)| (name, (ms - threads.get(name).copied().unwrap_or(0)) as f64 / secs.as_secs_f64() / 10.0))
        .filter(|(_, percent)| *percent >= 0.05)
        .map(|(name, percent)| format!("{name} {percent:.1} %"))
        .collect();
    eprintln!("by thread: {}", by_thread.join(", "));
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

/// Median and 99th percentile, and of how many.
fn shown(mut latencies: Vec<f64>) -> String {
    latencies.sort_by(f64::total_cmp);
    let at = |part: f64| latencies.get((((latencies.len() as f64) * part) as usize).min(latencies.len().saturating_sub(1)));
    match (at(0.5), at(0.99)) {
        (Some(median), Some(most)) => format!("{median:.0}, {most:.0} (of {})", latencies.len()),
        _ => "–".to_owned(),
    }
}

/// A connection is a descriptor, here and in the server, which inherits the limit.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Where it cannot be raised, connections fail and say so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}
