//! What a round over 1,000 processes and over the control groups of the running containers costs.
//!
//! `cargo bench -p scope-collect --bench proc_scan`. All figures are CPU time of the thread, nearly all of it in the kernel, so a busy machine disturbs them
//! little; rounds follow each other at once, so caches are warmer than an agent's that sleeps a second between them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a bench may panic, and needs processes to look at")]

use std::hint::black_box;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scope_collect::cgroup::{Cgroups, Layout};
use scope_collect::host::HostReader;
use scope_collect::process::{Scanner, ScannerOptions};

const PROCESSES: usize = 1000;

/// Processes that sleep until dropped, and at most ten minutes.
struct Sleepers(Vec<Child>);

impl Sleepers {
    fn start() -> Self {
        let sleep = || Command::new("sleep").arg("600").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self((0..PROCESSES).map(|_| sleep().unwrap()).collect())
    }
}

impl Drop for Sleepers {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
        }
        for child in &mut self.0 {
            let _ = child.wait();
        }
    }
}

/// CPU time that `times` calls of `run` take.
fn cpu_time(times: u64, mut run: impl FnMut() -> usize) -> Duration {
    let now = || rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let start = now();
    for _ in 0..times {
        black_box(run());
    }
    Duration::try_from(now() - start).unwrap()
}

fn scanner(descriptors: usize) -> Scanner {
    let (proc, sys) = (Path::new("/proc"), Path::new("/sys"));
    Scanner::new(proc, Layout::discover(proc, sys), ScannerOptions { descriptors, ..ScannerOptions::default() }).unwrap()
}

fn processes(c: &mut Criterion) {
    let _sleepers = Sleepers::start();
    let mut group = c.benchmark_group("processes");
    for (name, descriptors) in [("round, files kept open", 4096), ("round, files opened", 0)] {
        let mut scanner = scanner(descriptors);
        // Time as an agent sees it: a second from round to round, so that what is due by rotation is in the figure.
        let mut now = Instant::now();
        let mut count = 0;
        for _ in 0..70 {
            now += Duration::from_secs(1);
            count = scanner.scan(now).unwrap().processes().count();
        }
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(name, |b| {
            b.iter_custom(|times| {
                cpu_time(times, || {
                    now += Duration::from_secs(1);
                    scanner.scan(now).unwrap().processes().count()
                })
            });
        });
    }
    group.bench_function("first two rounds", |b| {
        b.iter_custom(|times| {
            cpu_time(times, || {
                let mut scanner = scanner(4096);
                let now = Instant::now();
                scanner.scan(now).unwrap();
                scanner.scan(now).unwrap().processes().count()
            })
        });
    });
    group.finish();
}

fn containers(c: &mut Criterion) {
    let (proc, sys) = (Path::new("/proc"), Path::new("/sys"));
    let mut cgroups = Cgroups::new(proc, sys, 4096);
    let mut scanner = scanner(0);
    for process in scanner.scan(Instant::now()).unwrap().processes() {
        if let Some(id) = process.facts.cgroups.container() {
            let _ = cgroups.watch(id, process.key.pid);
        }
    }
    let ids: Vec<_> = cgroups.watched().cloned().collect();
    if ids.is_empty() {
        // Nothing to measure: the figure needs running containers.
        return;
    }
    let mut now = Instant::now();
    let mut group = c.benchmark_group("containers");
    group.throughput(Throughput::Elements(ids.len() as u64));
    group.bench_function("round", |b| {
        b.iter_custom(|times| {
            cpu_time(times, || {
                now += Duration::from_secs(1);
                ids.iter().filter_map(|id| cgroups.read(id, now)).count()
            })
        });
    });
    group.finish();
}

fn host(c: &mut Criterion) {
    let mut host = HostReader::new(Path::new("/proc"), Path::new("/sys"));
    let mut now = Instant::now();
    c.bench_function("host", |b| {
        b.iter_custom(|times| {
            cpu_time(times, || {
                now += Duration::from_secs(1);
                usize::from(host.read(now).cpu.is_some())
            })
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(5));
    targets = processes, containers, host
}
criterion_main!(benches);
