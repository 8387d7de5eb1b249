#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]
use super::*;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use scope_core::{AgentName, Body, Node, RunId, Timestamp};

use crate::captured;
use crate::cgroup::Layout;
use crate::config::{Config, Source};
use crate::report::{Coverage, Reports};

const CONTAINER_A: &str = "39bf2b3240c1f7271b48e21fde8ae8cc22d14b1dec98d6e3f24ea328653737aa";
const CONTAINER_B: &str = "f54dc5063c479859460fe5671d894399b7a9f78d7191b998f3dcca7a7d49b9a6";
const NESTED: &str = "feedfacefeedfacefeedfacefeedfacefeedfacefeedfacefeedfacefeedface";
const PID_A: u32 = 7541;
const PID_NESTED: u32 = 15927;
const ODD: u32 = 15982;

fn scanner(proc: &Path) -> Scanner {
    Scanner::new(proc, Layout::default(), ScannerOptions::default()).unwrap()
}

/// The process `pid` after the second round, when all of it has been read.
fn settled(proc: &Path, pid: u32) -> Process {
    let mut scanner = scanner(proc);
    scanner.scan(Instant::now()).unwrap();
    scanner.scan(Instant::now()).unwrap().get(pid).unwrap().clone()
}

#[test]
fn all_but_kernel_threads_are_found() {
    let proc = captured::proc();
    let mut scanner = scanner(&proc);
    let round = scanner.scan(Instant::now()).unwrap();
    let mut pids: Vec<_> = round.processes().map(|process| process.key.pid).collect();
    pids.sort_unstable();
    assert_eq!(pids.len(), 5);
    assert_eq!(pids.first(), Some(&1));
    assert_eq!(round.counts().kernel_threads, 1);
    assert!(round.gone().is_empty());
    // The same again in the next round, when the thread's stat is not read.
    assert_eq!(scanner.scan(Instant::now()).unwrap().counts().kernel_threads, 1);
}

#[test]
fn kernel_threads_are_found_where_asked_for() {
    let options = ScannerOptions { kernel_threads: true, ..ScannerOptions::default() };
    let mut scanner = Scanner::new(&captured::proc(), Layout::default(), options).unwrap();
    let round = scanner.scan(Instant::now()).unwrap();
    let thread = round.processes().find(|process| process.is_kernel_thread).unwrap();
    assert_eq!((thread.facts.comm.as_str(), thread.facts.args.len()), ("kthreadd", 0));
}

#[test]
fn facts_of_a_process_in_a_container() {
    let process = settled(&captured::proc(), PID_A);
    assert_eq!(process.facts.comm, "sh");
    assert_eq!(process.facts.args[..2], ["sh", "-c"]);
    assert_eq!(process.facts.uid, Some(0));
    assert_eq!(process.facts.container_pid, Some(1));
    assert_eq!(process.facts.exe.as_deref(), Some("/bin/busybox"));
    assert_eq!(process.facts.cwd.as_deref(), Some("/"));
    assert_eq!(process.facts.cgroups.containers, [CONTAINER_A]);
    assert_eq!(process.figures.read_bytes, Some(4096));
    assert!(process.figures.write_bytes > Some(100_000_000));
    // The fixture has no kernel that counts them, so they are counted one by one.
    assert_eq!(process.figures.open_files, Some(3));
}

#[test]
fn a_process_in_a_nested_group_belongs_to_both_containers() {
    let process = settled(&captured::proc(), PID_NESTED);
    assert_eq!(process.facts.cgroups.containers, [CONTAINER_B, NESTED]);
}

#[test]
fn odd_names_and_arguments_are_read_as_they_are() {
    let process = settled(&captured::proc(), ODD);
    assert_eq!(process.facts.comm, "a) R 1 (b\nc\u{fffd}");
    assert_eq!(process.figures.state, State::Sleeping);
    assert_eq!(process.facts.args[3..], ["--password", "hunter2", "two words", "line\nfeed"]);
    assert_eq!(process.facts.cwd.as_deref(), Some("/usr/share"));
    assert_eq!(process.facts.container_pid, None);
}

/// A `/proc` that can be changed.
pub(crate) struct Tree(tempfile::TempDir);

impl Tree {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, pid: u32, name: &str, content: &str) {
        fs::create_dir_all(self.path().join(pid.to_string())).unwrap();
        fs::write(self.path().join(pid.to_string()).join(name), content).unwrap();
    }

    /// A `stat`, its parent being pid 1.
    pub(crate) fn stat(&self, pid: u32, comm: &str, user_ticks: u64, start_ticks: u64, stack: u64) {
        let tail = format!("S 1 1 1 0 -1 4194560 0 0 0 0 {user_ticks} 0 0 0 20 0 1 0 {start_ticks} 4096 2 0 1 1 {stack} 0");
        self.write(pid, "stat", &format!("{pid} ({comm}) {tail}\n"));
    }

    pub(crate) fn remove(&self, pid: u32) {
        fs::remove_dir_all(self.path().join(pid.to_string())).unwrap();
    }
}

#[test]
fn a_reused_pid_is_another_process() {
    for descriptors in [0, 10] {
        let tree = Tree::new();
        tree.stat(7, "first", 500, 1000, 1);
        let options = ScannerOptions { descriptors, ..ScannerOptions::default() };
        let mut scanner = Scanner::new(tree.path(), Layout::default(), options).unwrap();
        for _ in 0..3 {
            scanner.scan(Instant::now()).unwrap();
        }
        let before = scanner.scan(Instant::now()).unwrap().get(7).unwrap().clone();
        tree.stat(7, "second", 3, 2000, 1);
        let round = scanner.scan(Instant::now()).unwrap();
        let after = round.get(7).unwrap();
        assert_eq!(round.gone(), [before.key]);
        assert_eq!(after.key, Key { pid: 7, start_ticks: 2000 });
        assert_eq!(after.facts.comm, "second");
        assert_eq!(round.processes().count(), 1);
    }
}

#[test]
fn an_ended_process_is_gone_once() {
    let tree = Tree::new();
    tree.stat(7, "x", 0, 1000, 1);
    tree.stat(8, "y", 0, 1001, 1);
    let mut scanner = scanner(tree.path());
    scanner.scan(Instant::now()).unwrap();
    tree.remove(7);
    assert_eq!(scanner.scan(Instant::now()).unwrap().gone(), [Key { pid: 7, start_ticks: 1000 }]);
    let round = scanner.scan(Instant::now()).unwrap();
    assert!(round.gone().is_empty());
    assert!(round.get(7).is_none() && round.get(8).is_some());
}

#[test]
fn what_is_beyond_the_bound_is_counted() {
    let tree = Tree::new();
    for pid in 1..=5 {
        tree.stat(pid, "x", 0, 1000, 1);
    }
    let options = ScannerOptions { processes: 3, ..ScannerOptions::default() };
    let mut scanner = Scanner::new(tree.path(), Layout::default(), options).unwrap();
    for _ in 0..2 {
        let round = scanner.scan(Instant::now()).unwrap();
        assert_eq!((round.processes().count(), round.counts().dropped), (3, 2));
    }
    // A place that gets free is taken.
    let known = scanner.scan(Instant::now()).unwrap().processes().next().unwrap().key.pid;
    tree.remove(known);
    scanner.scan(Instant::now()).unwrap();
    let round = scanner.scan(Instant::now()).unwrap();
    assert_eq!((round.processes().count(), round.counts().dropped), (3, 1));
}

#[test]
fn a_file_that_is_no_stat_is_no_process() {
    let tree = Tree::new();
    tree.write(7, "stat", "7 (cut");
    tree.write(8, "stat", "");
    tree.write(9, "other", "");
    tree.stat(10, "x", 0, 1000, 1);
    // A pid that does not fit its directory.
    let content = fs::read_to_string(tree.path().join("10/stat")).unwrap();
    tree.write(11, "stat", &content);
    let mut scanner = scanner(tree.path());
    let pids: Vec<_> = scanner.scan(Instant::now()).unwrap().processes().map(|process| process.key.pid).collect();
    assert_eq!(pids, [10]);
}

#[test]
fn exec_is_seen_at_once() {
    let tree = Tree::new();
    tree.stat(7, "sh", 0, 1000, 1);
    tree.write(7, "cmdline", "sh\0-c\0exec sh x\0");
    let mut scanner = scanner(tree.path());
    let now = Instant::now();
    scanner.scan(now).unwrap();
    let before = scanner.scan(now).unwrap().get(7).unwrap().clone();
    // The same name, but another program image.
    tree.write(7, "cmdline", "sh\0x\0");
    tree.stat(7, "sh", 0, 1000, 2);
    let after = scanner.scan(now).unwrap().get(7).unwrap().clone();
    assert_eq!(after.facts.args, ["sh", "x"]);
    assert!(after.revision > before.revision);
    // As seen by a user who may not trace it: the image is a constant, the name is not.
    tree.write(7, "cmdline", "sleep\0");
    tree.stat(7, "sleep", 0, 1000, 2);
    assert_eq!(scanner.scan(now).unwrap().get(7).unwrap().facts.args, ["sleep"]);
}

#[test]
fn facts_that_change_without_a_sign_are_seen_within_a_minute() {
    let tree = Tree::new();
    tree.stat(7, "x", 0, 1000, 1);
    tree.write(7, "cmdline", "before\0");
    let mut scanner = scanner(tree.path());
    let now = Instant::now();
    scanner.scan(now).unwrap();
    scanner.scan(now).unwrap();
    let revision = scanner.scan(now).unwrap().get(7).unwrap().revision;
    tree.write(7, "cmdline", "after\0");
    let round = scanner.scan(now + Duration::from_mins(1)).unwrap();
    let process = round.get(7).unwrap();
    assert_eq!(process.facts.args, ["after"]);
    assert_eq!(process.revision, revision + 1);
}

#[test]
fn io_of_a_busy_process_is_newer_than_that_of_an_idle_one() {
    let tree = Tree::new();
    for pid in [7, 8] {
        tree.stat(pid, "x", 0, 1000, 1);
        tree.write(pid, "io", "read_bytes: 1\nwrite_bytes: 1\n");
    }
    let mut scanner = scanner(tree.path());
    let now = Instant::now();
    // Two rounds to settle, and one in which both have had their turn.
    for seconds in [0, 0, 30] {
        scanner.scan(now + Duration::from_secs(seconds)).unwrap();
    }
    for pid in [7, 8] {
        tree.write(pid, "io", "read_bytes: 2\nwrite_bytes: 2\n");
    }
    tree.stat(7, "x", 9, 1000, 1);
    let mut read = |seconds| {
        let round = scanner.scan(now + Duration::from_secs(seconds)).unwrap();
        [7, 8].map(|pid| round.get(pid).unwrap().figures.read_bytes)
    };
    assert_eq!(read(31), [Some(2), Some(1)]);
    assert_eq!(read(60), [Some(2), Some(2)]);
}

#[test]
fn a_process_that_ends_while_it_is_read_stays_what_it_was() {
    let tree = Tree::new();
    tree.stat(7, "web", 1, 1000, 1);
    tree.write(7, "cmdline", "web\0--port\080\0");
    tree.write(7, "cgroup", &format!("0::/docker/{CONTAINER_A}\n"));
    let mut scanner = scanner(tree.path());
    let now = Instant::now();
    for _ in 0..2 {
        scanner.scan(now).unwrap();
    }
    let before = scanner.scan(now).unwrap().get(7).unwrap().clone();
    assert_eq!((before.facts.args.len(), before.facts.cgroups.containers.len()), (3, 1));
    // It runs still, and has neither memory nor control groups any more.
    tree.write(7, "stat", "7 (web) R 1 1 1 0 -1 4194564 0 0 0 0 2 0 0 0 20 0 1 0 1000 0 0 0 0 0 0 0\n");
    tree.write(7, "cmdline", "");
    tree.write(7, "cgroup", "0::/\n");
    let after = scanner.scan(now + Duration::from_secs(1)).unwrap().get(7).unwrap().clone();
    assert_eq!((&after.facts, after.revision), (&before.facts, before.revision));
    assert!(after.figures.user_us > before.figures.user_us, "its figures are those of now");
}

#[test]
fn a_process_that_has_not_run_is_not_read_again() {
    let tree = Tree::new();
    fs::create_dir_all(tree.path().join("self")).unwrap();
    fs::write(tree.path().join("self/schedstat"), "5 0 1\n").unwrap();
    tree.stat(7, "x", 0, 1000, 1);
    tree.write(7, "schedstat", "1000 0 1\n");
    let options = ScannerOptions { descriptors: 10, ..ScannerOptions::default() };
    let mut scanner = Scanner::new(tree.path(), Layout::default(), options).unwrap();
    let now = Instant::now();
    let mut user_us = |seconds| scanner.scan(now + Duration::from_secs(seconds)).unwrap().get(7).map(|process| process.figures.user_us);
    // To settle, and for a first look at schedstat.
    for _ in 0..3 {
        assert_eq!(user_us(0), Some(0));
    }
    assert_eq!(user_us(30), Some(0));
    tree.stat(7, "x", 100, 1000, 1);
    assert_eq!(user_us(31), Some(0));
    tree.write(7, "schedstat", "1001 0 2\n");
    assert_eq!(user_us(32), Some(1_000_000));
    // What changes without running is seen in its turn.
    tree.stat(7, "x", 200, 1000, 1);
    assert_eq!(user_us(59), Some(1_000_000));
    assert_eq!(user_us(60), Some(2_000_000));
    tree.remove(7);
    assert_eq!(user_us(61), None);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a process that burns CPU is what the test is about")]
fn a_live_process_that_runs_is_seen_to_run() {
    let mut child = std::process::Command::new("sh").args(["-c", "read line; while :; do :; done"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    let mut scanner = scanner(Path::new("/proc"));
    let pid = child.id();
    let usage = |scanner: &mut Scanner| {
        let round = scanner.scan(Instant::now()).unwrap();
        round.get(pid).map(|process| process.figures.user_us + process.figures.system_us)
    };
    // Asleep, long enough for it to be passed over.
    let mut before = None;
    for _ in 0..5 {
        before = usage(&mut scanner);
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(child.stdin.take());
    let mut moved = false;
    for _ in 0..500 {
        moved = usage(&mut scanner) > before.map(|before| before + 50_000);
        if moved {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(moved);
}

#[test]
fn a_proc_that_is_not_there_is_an_error() {
    let error = Scanner::new(Path::new("/nonexistent"), Layout::default(), ScannerOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "list processes in /nonexistent");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn this_process_is_seen_as_it_is() {
    let process = settled(Path::new("/proc"), std::process::id());
    assert_eq!(process.facts.args, std::env::args().collect::<Vec<_>>());
    assert_eq!(process.facts.exe.as_deref(), std::env::current_exe().unwrap().to_str());
    assert_eq!(process.facts.cwd.as_deref(), std::env::current_dir().unwrap().to_str());
    assert_eq!(process.facts.uid, Some(rustix::process::geteuid().as_raw()));
    assert_eq!(Some(process.parent), rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get().cast_unsigned()));
    assert!(process.figures.threads >= 1 && process.figures.open_files > Some(0));
    assert!(process.figures.resident_bytes > 100_000 && process.figures.virtual_bytes >= process.figures.resident_bytes);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a process with such a name is what the test is about")]
fn a_live_name_with_parentheses_and_line_feeds_and_its_zombie() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("a) R 1\n(b");
    std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
    let mut child = std::process::Command::new(&program).arg("60").spawn().unwrap();
    let mut scanner = scanner(Path::new("/proc"));
    let mut found = None;
    // The child may not have got to its exec yet.
    for _ in 0..500 {
        let round = scanner.scan(Instant::now()).unwrap();
        found = round.get(child.id()).filter(|process| process.facts.comm == "a) R 1\n(b" && process.facts.uid.is_some()).cloned();
        if found.is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    let mut zombie = None;
    for _ in 0..500 {
        let round = scanner.scan(Instant::now()).unwrap();
        zombie = round.get(child.id()).filter(|process| process.figures.state == State::Zombie).cloned();
        if zombie.is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait().unwrap();
    let gone = scanner.scan(Instant::now()).unwrap().gone().to_vec();
    let (found, zombie) = (found.expect("the name as the kernel has it"), zombie.expect("a zombie until it is waited for"));
    assert_eq!(found.parent, std::process::id());
    // What it was is still known.
    assert_eq!(zombie.facts, found.facts);
    assert!(gone.contains(&found.key));
}

/// What the captured machine's processes become.
fn said() -> Vec<Node> {
    let config = Config { proc_root: captured::proc(), sys_root: "/nonexistent".into(), ..Config::default() };
    let mut reports = Reports::new("h".parse().unwrap(), RunId::from_u128(1));
    let mut scanner = Scanner::from_config(&config).unwrap();
    let mut source = ProcessSource::new(&config);
    scanner.scan(Instant::now()).unwrap();
    reports.begin(Timestamp::from_seconds(1), true, None);
    let agent: AgentName = "h".parse().unwrap();
    let mut said = reports.source(Source::Process, Coverage::Whole);
    source.say(&agent, &scanner.scan(Instant::now()).unwrap(), Instant::now(), &mut said);
    said.end();
    let nodes = reports.end().into_iter().filter_map(|record| match record.body {
        Body::Node(node) => Some(node),
        _ => None,
    });
    nodes.collect()
}

#[test]
fn processes_become_nodes_with_registered_fields() {
    let nodes = said();
    assert_eq!(nodes.len(), 5);
    let registry = scope_core::field::Registry::new();
    for node in &nodes {
        for name in node.attrs.iter().map(|(name, _)| name).chain(node.metrics.iter().map(|(name, _)| name)) {
            assert!(registry.get(name).is_some_and(|field| field.is_of("process")), "{name}");
        }
    }
    let nested = nodes.iter().find(|node| node.id.as_str().starts_with(&format!("process:h:{PID_NESTED}:"))).unwrap();
    let parents: Vec<_> = nested.parents.iter().flat_map(|parents| &**parents).map(|parent| parent.as_str().to_owned()).collect();
    assert_eq!(parents, [format!("container:{NESTED}"), "host:h".to_owned()]);
    let attr = |name: &str| nested.attrs.get(name).unwrap().to_string();
    assert_eq!((attr("user"), attr("uid"), attr("state"), attr("command")), ("root".into(), "0".into(), "sleeping".into(), r#"["sleep","987"]"#.into()));
    let stat = fs::read_to_string(captured::proc().join("stat")).unwrap();
    let boot: i64 = stat.lines().find_map(|line| line.strip_prefix("btime ")).unwrap().parse().unwrap();
    let started = nested.attrs.get("started_at").unwrap().as_time().unwrap();
    assert!((0..100_000).contains(&(started.as_micros() / 1_000_000 - boot)));
}

#[test]
fn secrets_in_arguments_stay_home() {
    let nodes = said();
    assert!(nodes.iter().any(|node| node.attrs.get("command").is_some_and(|command| command.to_string().contains("--password"))));
    assert!(!format!("{nodes:?}").contains("hunter2"));
}
