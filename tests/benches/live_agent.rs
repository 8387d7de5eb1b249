//! What the live agent costs with 100 containers, and how evenly its batches come: `cargo bench -p scope-tests --bench live_agent`.
//!
//! Prints a table in Markdown. CPU is user and system time of the agent in per cent of one core over the window. Jitter is how far the time between
//! two batches, as a client sees them come, is from a second. Needs root and a Docker daemon; the figures mean little on a busy machine, so the
//! table says how busy it was.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench: it prints, and ends where something is missing"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use scope_tests::command::scope_command;
use scope_tests::docker::World;
use scope_tests::live_agent::LiveAgent;
use scope_tests::need;
use scope_tests::usage::{cpu_ticks, idle_pct, per_cent, status_mb};

/// What is left out at the start: the first reports read everything.
const WARM_UP: Duration = Duration::from_secs(5);
/// Clients, and what the agent may cost with them: CPU in per cent of a core, memory in MB.
const STEPS: [(usize, f64, f64); 2] = [(1, 1.0, 20.0), (50, 1.3, 25.0)];
/// The 99th percentile of the jitter, in milliseconds.
const JITTER_MS: f64 = 50.0;

fn main() {
    let (Some(docker), Some(())) = (need::docker(), need::root()) else { return };
    let setting = |name: &str, otherwise: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let window = Duration::from_secs(setting("SCOPE_BENCH_SECS", 60));
    let containers = setting("SCOPE_BENCH_CONTAINERS", 100);
    let world = World::new(&docker);
    for number in 0..containers {
        world.run(&format!("idle-{number}"), &[], &["sleep", "100000"]);
    }
    println!("| containers | clients | CPU % (budget) | RSS MB (budget) | peak MB | jitter ms p50, p99, most (budget p99) | bytes a batch | machine idle % |");
    println!("|---|---|---|---|---|---|---|---|");
    for (clients, cpu_budget, memory_budget) in STEPS {
        let agent = LiveAgent::start(&mut scope_command(["collect", "--listen", "127.0.0.1:0"]));
        let pid = agent.pid();
        let (measuring, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Seen::default())));
        for _ in 0..clients {
            let mut client = agent.connect("/").expect("a client");
            let (measuring, seen) = (Arc::clone(&measuring), Arc::clone(&seen));
            std::thread::spawn(move || {
                let mut before: Option<Instant> = None;
                while let Some(text) = client.text() {
                    if !text.starts_with("{\"type\":\"container_stats_batch\"") {
                        continue;
                    }
                    let now = Instant::now();
                    if let (true, Some(before)) = (measuring.load(Ordering::Relaxed), before) {
                        let mut seen = seen.lock().unwrap();
                        seen.jitter_ms.push(((now - before).as_secs_f64() - 1.0).abs() * 1e3);
                        seen.bytes = text.len();
                    }
                    before = Some(now);
                }
            });
        }
        std::thread::sleep(WARM_UP);
        measuring.store(true, Ordering::Relaxed);
        let (start, ticks, idle) = (Instant::now(), cpu_ticks(pid), idle_pct());
        std::thread::sleep(window);
        let cpu = per_cent(cpu_ticks(pid) - ticks, start.elapsed());
        let idle = idle.since();
        measuring.store(false, Ordering::Relaxed);
        let (resident, peak) = (status_mb(pid, "VmRSS:"), status_mb(pid, "VmHWM:"));
        drop(agent);
        let mut seen = std::mem::take(&mut *seen.lock().unwrap());
        seen.jitter_ms.sort_by(f64::total_cmp);
        let at = |part: f64| {
            seen.jitter_ms.get(((seen.jitter_ms.len() as f64 * part) as usize).min(seen.jitter_ms.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
        };
        println!(
            "| {containers} | {clients} | {cpu:.2} ({cpu_budget}) | {resident:.1} ({memory_budget}) | {peak:.1} | {:.1}, {:.1}, {:.1} ({JITTER_MS}) | {} | {idle:.0} |",
            at(0.5),
            at(0.99),
            at(1.0),
            seen.bytes,
        );
    }
}

#[derive(Default)]
struct Seen {
    jitter_ms: Vec<f64>,
    bytes: usize,
}
