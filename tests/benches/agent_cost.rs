//! What the agent costs, and what it makes the engine cost, for loads that grow: `cargo bench -p scope-tests --bench agent_cost -- idle 20`.
//!
//! Prints a table in Markdown. CPU is user and system time in per cent of one core, the median of three windows; what is induced is what dockerd and
//! containerd used beyond windows without an observer. All of it runs on a host of its own, so that what else the machine does is neither seen nor
//! counted; `SCOPE_BENCH_HOST=this` measures on the machine itself. Needs root and an installed Docker.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench: it starts programs, prints, and ends where something is missing"
)]

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use scope_tests::command::scope_command;
use scope_tests::docker::{Container, Docker, World};
use scope_tests::host::Host;
use scope_tests::need;

/// The loads, each on top of the one before.
const LOADS: [(&str, &str); 10] = [
    ("idle", "no containers of ours"),
    ("20", "20 idle containers"),
    ("100", "100 idle containers"),
    ("busy", "140 containers, of them 20 busy pairs"),
    ("crowd", "+ 1,000 processes"),
    ("sockets", "+ 5,000 sockets"),
    ("more", "10,000 sockets"),
    ("short", "+ short connections"),
    ("storm", "+ 5,000 connections/s"),
    ("thousand", "1,000 containers"),
];

/// What is left out at the start: the first report reads everything, and costs more than the others.
const WARM_UP: Duration = Duration::from_secs(5);

fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if let Some(unknown) = chosen.iter().find(|name| LOADS.iter().all(|(load, _)| load != name)) {
        eprintln!("no load is called `{unknown}`: there are {}", LOADS.map(|(name, _)| name).join(", "));
        std::process::exit(2);
    }
    if std::env::var("SCOPE_BENCH_HOST").is_ok_and(|host| host == "this") {
        measure_here(&chosen);
    } else if need::host().is_some() {
        let host = Host::new("bench");
        let program = std::env::current_exe().expect("the bench's own path");
        let mut within = host.command(program.to_str().expect("a path in UTF-8"));
        within.args(&chosen).env("SCOPE_BENCH_HOST", "this").env("SCOPE_BIN", "/run/scope");
        let status = within.status().expect("the host runs the bench");
        assert!(status.success(), "{status}");
    }
}

fn measure_here(chosen: &[String]) {
    let (Some(docker), Some(())) = (need::docker(), need::root()) else { return };
    let window = Duration::from_secs(std::env::var("SCOPE_BENCH_SECS").ok().and_then(|text| text.parse().ok()).unwrap_or(21));
    println!("| load | observer | CPU % | RSS MB | peak MB | bytes/s | induced in dockerd + containerd % |");
    println!("|---|---|---|---|---|---|---|");
    let world = World::new(&docker);
    let mut servers = Vec::new();
    let mut bare = None;
    for (step, (name, title)) in LOADS.into_iter().enumerate() {
        if name == "thousand" {
            bare = Some(Bare::new(1_000 - containers(&docker)));
        } else {
            grow(&world, name, &mut servers);
        }
        if chosen.is_empty() || chosen.iter().any(|load| load == name) {
            measure(&world, name, title, window, &servers);
        }
        if !chosen.is_empty() && LOADS.iter().skip(step + 1).all(|(later, _)| !chosen.iter().any(|load| load == later)) {
            break;
        }
    }
    drop(bare);
}

/// How many containers run.
fn containers(docker: &Docker) -> usize {
    docker.run(&["ps", "--quiet"]).ok().text().lines().count()
}

/// Adds what `load` has beyond the one before.
fn grow(world: &World, load: &str, servers: &mut Vec<Container>) {
    let sleepers = |from: usize, to: usize| {
        for number in from..to {
            world.run(&format!("idle-{number}"), &[], &["sleep", "100000"]);
        }
    };
    match load {
        "20" => sleepers(0, 20),
        "100" => sleepers(20, 100),
        "busy" => {
            for number in 0..20 {
                let server = world.run(
                    &format!("server-{number}"),
                    &[],
                    &["sh", "-c", "httpd -p 80 -h /www; traffic answer [::]:7001 & exec traffic serve tcp [::]:7000"],
                );
                server.said("ready");
                let address = server.address("bridge");
                let command = if number < 10 {
                    format!("while :; do wget -q -O /dev/null http://{address}/; sleep 0.5; done")
                } else {
                    format!("exec traffic keep tcp {address}:7000 1 1000000 100 1000")
                };
                world.run(&format!("client-{number}"), &[], &["sh", "-c", &command]);
                servers.push(server);
            }
        }
        "crowd" => {
            world.run("processes", &["--pids-limit", "-1"], &["sh", "-c", "for i in $(seq 1000); do sleep 100000 & done; wait"]);
        }
        "sockets" | "more" => {
            let files = ["--ulimit", "nofile=20000:20000"];
            let held = world.run(&format!("held-{load}"), &files, &["traffic", "hold", "[::]:7000"]);
            held.said("ready");
            let keep = ["traffic", "keep", "tcp", &format!("{}:7000", held.address("bridge")), "2500", "0", "0", "0"];
            world.run(&format!("holder-{load}"), &files, &keep).said("idle");
        }
        _ => {}
    }
}

fn measure(world: &World, load: &str, title: &str, window: Duration, servers: &[Container]) {
    let mut title = title.to_owned();
    // They stop when the row is done: connection tracking remembers each for two minutes, and its table is everybody's.
    let count = if matches!(load, "short" | "storm") { 10 } else { 0 };
    let client = |(number, server): (usize, &Container)| {
        let (what, port, figures): (_, _, &[&str]) =
            if load == "short" { ("open", 7000, &["1000000", "0", "4", "100"]) } else { ("storm", 7001, &["500", "100"]) };
        let at = format!("{}:{port}", server.address("bridge"));
        world.run(&format!("{load}-{number}"), &[], &[&["traffic", what, &at], figures].concat())
    };
    let clients: Vec<Container> = servers.iter().take(count).enumerate().map(client).collect();
    let (_, engine_before) = observed(None, window);
    println!("| {title} | none | | | | | {engine_before:.2} before |");
    let opens = || -> u64 { clients.iter().map(active_opens).sum() };
    let (started, opened) = (Instant::now(), opens());
    let encodings: &[&str] = if load == "100" { &["ndjson", "arrow"] } else { &["ndjson"] };
    for encoding in encodings {
        let observer = Observer::start(&mut scope_command(["collect", "--every", "1s", "-o", encoding]));
        let (cost, engine) = observed(Some(&observer), window);
        let cost = cost.expect("an observer has a cost");
        if !clients.is_empty() {
            title = format!("{title} ({:.0} connections/s)", (opens() - opened) as f64 / started.elapsed().as_secs_f64());
        }
        println!(
            "| {title} | scope collect -o {encoding} | {:.2} | {:.1} | {:.1} | {:.0} | {:+.2} |",
            cost.cpu,
            cost.resident,
            cost.peak,
            cost.bytes,
            engine - engine_before
        );
    }
    for client in &clients {
        world.remove(client);
    }
    if count == 0 && load != "thousand" {
        let observer = Observer::start(Command::new("docker").args(["stats", "--format", "json"]));
        let (cost, engine) = observed(Some(&observer), window);
        let cost = cost.expect("an observer has a cost");
        println!("| {title} | docker stats | {:.2} | {:.1} | {:.1} | {:.0} | {:+.2} |", cost.cpu, cost.resident, cost.peak, cost.bytes, engine - engine_before);
    }
}

/// Containers as the kernel has them, without an engine: a control group with a container's name and a network namespace, with a process in it. A thousand of an
/// engine's own would want some ten gigabytes for what watches them.
struct Bare {
    parent: Child,
}

/// Makes `$1` of them; their processes end with this shell.
const MAKE_BARE: &str = r#"
set -eu
groups=""
for file in /sys/fs/cgroup/*/cgroup.procs /sys/fs/cgroup/cgroup.procs; do
    [ ! -f "$file" ] || groups="$groups ${file%/*}/docker"
done
for number in $(seq "$1"); do
    id=$(printf 'ba%062x' "$number")
    for group in $groups; do
        mkdir -p "$group/$id"
        for file in cpuset.cpus cpuset.mems; do
            [ ! -f "$group/$id/$file" ] || cat "$group/$file" > "$group/$id/$file" 2>/dev/null || true
        done
    done
    sh -c 'for group in '"$groups"'; do echo $$ > "$group/'"$id"'/cgroup.procs"; done; exec setpriv --pdeathsig KILL unshare --net sleep 100000' &
done
echo ready
wait
"#;

impl Bare {
    fn new(count: usize) -> Self {
        let mut parent = Command::new("sh").args(["-c", MAKE_BARE, "sh", &count.to_string()]).stdout(Stdio::piped()).spawn().expect("a shell");
        let mut said = [0; 6];
        parent.stdout.as_mut().expect("piped").read_exact(&mut said).expect("the shell says that all are made");
        Self { parent }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        drop(self.parent.kill());
        drop(self.parent.wait());
        drop(Command::new("sh").args(["-c", "sleep 1; find /sys/fs/cgroup -depth -type d -path '*/docker/ba00*' -exec rmdir {} +"]).status());
    }
}

/// Connections that a container opened, by the kernel's own count in its namespace.
fn active_opens(container: &Container) -> u64 {
    let snmp = std::fs::read_to_string(format!("/proc/{}/net/snmp", container.pid())).unwrap_or_default();
    let rows: Vec<Vec<&str>> = snmp.lines().filter(|line| line.starts_with("Tcp:")).map(|line| line.split_whitespace().collect()).collect();
    let [names, values] = rows.as_slice() else { return 0 };
    names.iter().position(|name| *name == "ActiveOpens").and_then(|at| values.get(at)).and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// A program that observes, and what it has written.
struct Observer {
    child: Child,
    bytes: Arc<AtomicU64>,
}

impl Observer {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the observer starts");
        let (mut stdout, bytes) = (child.stdout.take().expect("piped"), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&bytes);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(length @ 1..) = stdout.read(&mut buffer) {
                counted.fetch_add(length as u64, Ordering::Relaxed);
            }
        });
        Self { child, bytes }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

struct Cost {
    cpu: f64,
    resident: f64,
    peak: f64,
    bytes: f64,
}

/// What the observer cost, if there is one, and the engine's daemons.
type Part = (Option<Cost>, f64);

/// What the observer and the engine's daemons cost, after the warm-up: the medians of three parts of the window.
fn observed(observer: Option<&Observer>, window: Duration) -> (Option<Cost>, f64) {
    std::thread::sleep(WARM_UP);
    let parts: Vec<Part> = (0..3).map(|_| observed_once(observer, window / 3)).collect();
    let median = |figure: &dyn Fn(&Part) -> f64| {
        let mut figures: Vec<f64> = parts.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[1]
    };
    let of = |figure: &dyn Fn(&Cost) -> f64| median(&|part| part.0.as_ref().map_or(f64::NAN, figure));
    let cost =
        observer.map(|_| Cost { cpu: of(&|cost| cost.cpu), resident: of(&|cost| cost.resident), peak: of(&|cost| cost.peak), bytes: of(&|cost| cost.bytes) });
    (cost, median(&|part| part.1))
}

fn observed_once(observer: Option<&Observer>, window: Duration) -> (Option<Cost>, f64) {
    let daemons = daemons();
    let engine = || daemons.iter().map(|pid| cpu_ns(*pid)).sum::<u64>();
    let own = || observer.map(|observer| (cpu_ns(observer.child.id()), observer.bytes.load(Ordering::Relaxed)));
    let (start, engine_before, own_before) = (Instant::now(), engine(), own());
    std::thread::sleep(window);
    let (secs, engine_after, own_after) = (start.elapsed().as_secs_f64(), engine(), own());
    let pct = |ns: u64| ns as f64 / 1e9 / secs * 100.0;
    let cost = observer.zip(own_before).zip(own_after).map(|((observer, before), after)| {
        let pid = observer.child.id();
        Cost {
            cpu: pct(after.0.saturating_sub(before.0)),
            resident: status_mb(pid, "VmRSS:"),
            peak: status_mb(pid, "VmHWM:"),
            bytes: (after.1 - before.1) as f64 / secs,
        }
    });
    (cost, pct(engine_after.saturating_sub(engine_before)))
}

fn daemons() -> Vec<u32> {
    let pids = std::fs::read_dir("/proc").expect("/proc").filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| matches!(name.trim(), "dockerd" | "containerd"))).collect()
}

/// Time on a core of all threads, nanoseconds: finer than the clock ticks of `stat`.
fn cpu_ns(pid: u32) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let of = |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("schedstat")).ok()?.split_whitespace().next()?.parse::<u64>().ok();
    threads.filter_map(of).sum()
}

fn status_mb(pid: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|line| line.strip_prefix(field)?.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) * 1024.0 / 1e6
}
