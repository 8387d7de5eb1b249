//! What reading connections costs on this machine as it is: a tick a second for some seconds (10, or the first argument), CPU time of each, and
//! the flows at the end. Every network namespace beside the host's stands for a container. Needs root.
//!
//! `cargo run --release -p scope-collect --example net_cost -- 20`
#![allow(clippy::print_stdout, reason = "a program for people at a terminal")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use hashbrown::HashMap;
use scope_collect::net::world::{Container, Process};
use scope_collect::net::{Collector, Settings, World, namespaces};
use scope_core::{NodeId, Scope, Timestamp};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds: u32 = std::env::args().nth(1).map_or(Ok(10), |text| text.parse())?;
    let proc = Path::new("/proc");
    let mut collector = Collector::new(Settings::new("cost".parse()?, Scope::WORLD, proc, "/sys".as_ref()));
    let (mut total, mut worst) = (0, 0);
    for second in 0..=seconds {
        let world = Arc::new(world(proc)?);
        let started = Instant::now();
        let report = collector.tick(now(), &world);
        let took = started.elapsed();
        if second > 0 {
            total += report.took_us;
            worst = worst.max(report.took_us);
        }
        println!(
            "{:>7} µs of CPU, {:>7} µs in all; {} namespaces, {} ends, {} flows, dropped {}, rotation {:?}",
            report.took_us,
            took.as_micros(),
            collector.watched(),
            collector.aggregator().connections().len(),
            collector.flows().count(),
            report.dropped,
            report.rotation
        );
        if second == seconds {
            report.problems.iter().for_each(|problem| println!("{}", problem.message));
        }
        while second < seconds && started.elapsed() < Duration::from_secs(1) {
            std::thread::sleep(Duration::from_millis(250).min(Duration::from_secs(1).saturating_sub(started.elapsed())));
            collector.drain();
        }
    }
    println!("{:.2} % of a core on average, {:.2} % at most", total as f64 / f64::from(seconds) / 10_000.0, worst as f64 / 10_000.0);
    let opened: u64 = collector.flows().filter_map(|flow| flow.opened_total).sum();
    println!("{opened} opened");
    Ok(())
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

fn world(proc: &Path) -> Result<World, Box<dyn std::error::Error>> {
    let host = namespaces::current(proc);
    let mut world = World::default();
    let mut containers: HashMap<u64, u32> = HashMap::new();
    for entry in std::fs::read_dir(proc)?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(netns) = namespaces::netns_of(proc, pid) else { continue };
        let cgroups = std::fs::read_to_string(entry.path().join("cgroup")).unwrap_or_default();
        let cgroup = cgroups.lines().find_map(|line| line.strip_prefix("0::")).map(|path| Arc::from(path.as_bytes()));
        world.processes.insert(pid, Arc::new(Process { start_ticks: 1, command: "x".into(), container: None, cgroup, settled: true, proxy: None }));
        if netns != host {
            containers.entry(netns).or_insert(pid);
        }
    }
    for (netns, pid) in containers {
        world.containers.push(Container {
            id: NodeId::container(&format!("{netns:064x}"))?,
            name: netns.to_string().into(),
            pid,
            sandbox: None,
            started_at: None,
            addresses: Vec::new(),
            published: Vec::new(),
        });
    }
    world.containers.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(world)
}
