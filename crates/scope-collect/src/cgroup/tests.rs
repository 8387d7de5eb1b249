#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]
use super::*;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use scope_core::{AgentName, Body, Node, NodeId, RunId, Timestamp};

use crate::config::{Config, Source};
use crate::process::tests::Tree;
use crate::process::{Scanner, ScannerOptions};
use crate::report::{Coverage, Reports};

const A: &str = "39bf2b3240c1f7271b48e21fde8ae8cc22d14b1dec98d6e3f24ea328653737aa";
const B: &str = "f54dc5063c479859460fe5671d894399b7a9f78d7191b998f3dcca7a7d49b9a6";
const NESTED: &str = "feedfacefeedfacefeedfacefeedfacefeedfacefeedfacefeedfacefeedface";
const NESTED_PID: u32 = 15927;
const PID_A: u32 = 7541;
const PID_B: u32 = 7611;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn hybrid(descriptors: usize) -> Cgroups {
    Cgroups::new(&fixture("proc/hybrid"), &fixture("cgroup/hybrid"), descriptors)
}

fn unified() -> Cgroups {
    Cgroups::new(&fixture("proc/v2"), &fixture("cgroup/v2"), 100)
}

fn id(pair: &str) -> String {
    pair.repeat(32)
}

#[test]
fn names_of_control_groups_tell_container_and_pod() {
    let (x, y) = (id("ab"), id("12"));
    let uid = "0f5a2b1c-1111-2222-3333-444455556666";
    let scored = uid.replace('-', "_");
    let table: Vec<(String, Vec<&str>, Option<&str>)> = vec![
        (format!("/docker/{x}"), vec![&x], None),
        (format!("/docker/{x}/init.scope"), vec![&x], None),
        (format!("/system.slice/docker-{x}.scope"), vec![&x], None),
        (format!("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{x}.scope/container"), vec![&x], None),
        (format!("/libpod_parent/libpod-{x}"), vec![&x], None),
        (format!("/machine.slice/libpod-conmon-{x}.scope"), vec![], None),
        (format!("/kubepods/burstable/pod{uid}/{x}"), vec![&x], Some(uid)),
        (format!("/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{scored}.slice/cri-containerd-{x}.scope"), vec![&x], Some(uid)),
        (format!("/kubepods.slice/kubepods-pod{scored}.slice/crio-{x}.scope"), vec![&x], Some(uid)),
        (format!("/kubepods.slice/kubepods-pod{scored}.slice/crio-conmon-{x}.scope"), vec![], Some(uid)),
        (format!("/system.slice/containerd.service/kubepods-burstable-pod{scored}.slice:cri-containerd:{x}"), vec![&x], Some(uid)),
        (format!("/kubepods/besteffort/pod{}/{x}", uid.replace('-', "")), vec![&x], Some("0f5a2b1c111122223333444455556666")),
        (format!("/ecs/4f2c1d/{x}"), vec![&x], None),
        (format!("/docker/{x}/docker/{y}"), vec![&x, &y], None),
        (format!("/docker/{x}/kubelet/kubepods/pod{uid}/{y}"), vec![&x, &y], Some(uid)),
        (format!("/system.slice/docker-{x}.scope/system.slice/docker-{y}.scope/app"), vec![&x, &y], None),
        ("/".into(), vec![], None),
        ("/system.slice/ssh.service".into(), vec![], None),
        ("/user.slice/user-1000.slice/session-3.scope".into(), vec![], None),
        (format!("/docker/{}", x.to_uppercase()), vec![], None),
        (format!("/docker/{}", &x[1..]), vec![], None),
        (format!("/docker/a{x}"), vec![], None),
        (format!("/docker/{x}.service"), vec![], None),
        ("/podcasts/player".into(), vec![], None),
    ];
    for (path, containers, pod) in table {
        let found: Vec<_> = containers_in(path.as_bytes()).map(|(id, _)| id).collect();
        assert_eq!(found, containers, "{path}");
        assert_eq!(pod_in(path.as_bytes()).as_deref(), pod, "{path}");
    }
}

#[test]
fn a_process_in_a_nested_group_belongs_to_the_innermost_container() {
    let content = fs::read(fixture("proc/hybrid").join(NESTED_PID.to_string()).join("cgroup")).unwrap();
    let membership = Membership::parse(&content, &Layout::default());
    assert_eq!(membership.containers, [B, NESTED]);
    assert_eq!(membership.container().unwrap(), NESTED);
    assert_eq!(membership.placements.len(), 10);
}

#[test]
fn the_hierarchy_that_names_most_containers_decides() {
    let (x, y) = (id("ab"), id("12"));
    let content = format!("4:memory:/\n3:cpu,cpuacct:/docker/{x}\n1:name=systemd:/docker/{x}/docker/{y}\n0::/\n");
    let membership = Membership::parse(content.as_bytes(), &Layout::default());
    assert_eq!(membership.containers, [x, y]);
}

#[test]
fn odd_membership_lines_are_skipped() {
    let x = id("ab");
    let content = format!("no line\n5:x\n0::relative\n:::\n0::/docker/{x} (deleted)\n7:a:/with:colon\n");
    let membership = Membership::parse(content.as_bytes(), &Layout::default());
    assert_eq!(membership.containers, [x]);
    let paths: Vec<_> = membership.placements.iter().map(|placement| String::from_utf8_lossy(&placement.path).into_owned()).collect();
    assert_eq!(paths, [format!("/docker/{}", id("ab")), "/with:colon".into()]);
}

#[test]
fn figures_of_version_1_beside_version_2() {
    let mut cgroups = hybrid(100);
    cgroups.watch(A, PID_A).unwrap();
    let figures = cgroups.read(A, Instant::now()).unwrap();
    let directory = |controller: &str| fixture("cgroup/hybrid/fs/cgroup").join(controller).join("docker").join(A);
    let number = |controller: &str, name: &str| fs::read_to_string(directory(controller).join(name)).unwrap().trim().parse::<u64>().unwrap();
    assert_eq!(figures.cpu.usage_us, Some(number("cpuacct", "cpuacct.usage") / 1000));
    let usage = number("memory", "memory.usage_in_bytes");
    assert_eq!(figures.memory_usage_bytes, Some(usage));
    // As `docker stats` has it: without total_inactive_file.
    assert_eq!(figures.memory_working_set_bytes, Some(usage - 4_194_304));
    assert_eq!(figures.limits, Limits { memory_bytes: Some(64 << 20), pids: Some(50), processors: Some(0.5) });
    assert_eq!(figures.pids, Some(1));
    let throttling = figures.throttling.unwrap();
    assert!(throttling.periods > throttling.throttled_periods && throttling.throttled_us > 0);
    // This kernel's blkio counts nothing without a limit: unknown, not nought.
    assert_eq!(figures.io, None);
    assert_eq!(figures.oom_kills, Some(0));
    assert!(figures.pressure.cpu.is_some() && figures.pressure.memory.is_some() && figures.pressure.io.is_some());
    let inode = std::os::unix::fs::MetadataExt::ino(&fs::metadata(directory("unified")).unwrap());
    assert_eq!(cgroups.cgroup_id(A), Some(inode));
}

#[test]
fn a_process_deeper_down_leads_to_the_containers_own_group() {
    let mut cgroups = hybrid(100);
    cgroups.watch(B, NESTED_PID).unwrap();
    let through_nested = cgroups.read(B, Instant::now()).unwrap();
    let mut cgroups = hybrid(100);
    cgroups.watch(B, PID_B).unwrap();
    assert_eq!(cgroups.read(B, Instant::now()).unwrap(), through_nested);
    assert_eq!(through_nested.limits, Limits::default());
    cgroups.watch(NESTED, NESTED_PID).unwrap();
    assert_ne!(cgroups.read(NESTED, Instant::now()).unwrap(), through_nested);
}

#[test]
fn figures_of_version_2() {
    let mut cgroups = unified();
    let (docker, pod) = (id("ab"), id("cd"));
    cgroups.watch(&docker, 100).unwrap();
    cgroups.watch(&pod, 200).unwrap();
    let figures = cgroups.read(&docker, Instant::now()).unwrap();
    assert_eq!(figures.cpu, Cpu { usage_us: Some(4_183_103), user_us: Some(4_144_190), system_us: Some(38_913) });
    assert_eq!(figures.throttling, Some(Throttling { periods: 85, throttled_periods: 72, throttled_us: 1_637_896 }));
    assert_eq!(figures.memory_working_set_bytes, Some(5_066_752 - 4_194_304));
    assert_eq!((figures.memory_cache_bytes, figures.memory_anonymous_bytes), (Some(4_206_592), Some(57_344)));
    assert_eq!(figures.io, Some(BlockIo { read_bytes: 5096, write_bytes: 8_388_632, reads: 3, writes: 19 }));
    assert_eq!(figures.oom_kills, Some(2));
    assert_eq!(figures.pressure.memory.unwrap().some.total_us, 1234);
    assert_eq!(figures.limits, Limits { memory_bytes: Some(64 << 20), pids: Some(50), processors: Some(0.5) });

    let figures = cgroups.read(&pod, Instant::now()).unwrap();
    assert_eq!(figures.limits, Limits::default());
    assert_eq!(figures.throttling, None);
    assert_eq!(figures.io, Some(BlockIo::default()));
    assert_eq!(figures.pressure, crate::host::Pressures::default());
    let not_found = cgroups.watch(&id("ef"), 300).unwrap_err();
    assert!(matches!(not_found, CgroupError::NotFound { pid: 300, .. }), "{not_found}");
    assert!(matches!(cgroups.watch(&id("ef"), 999), Err(CgroupError::Membership { pid: 999, .. })));
}

#[test]
fn few_descriptors_change_the_cost_only() {
    let now = Instant::now();
    let read = |descriptors| {
        let mut cgroups = hybrid(descriptors);
        for (id, pid) in [(A, PID_A), (B, PID_B), (NESTED, NESTED_PID)] {
            cgroups.watch(id, pid).unwrap();
        }
        [0, 6, 7, 61].map(|seconds| [A, B, NESTED].map(|id| cgroups.read(id, now + Duration::from_secs(seconds)).unwrap()))
    };
    let plenty = read(100);
    for descriptors in [0, 1, 5, 12, 20] {
        assert_eq!(read(descriptors), plenty, "{descriptors}");
    }
}

/// A copy of the version 2 tree that can be changed.
fn copy() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let group = format!("fs/cgroup/system.slice/docker-{}.scope", id("ab"));
    fs::create_dir_all(directory.path().join(&group)).unwrap();
    fs::write(directory.path().join("fs/cgroup/cgroup.controllers"), "cpu io memory pids\n").unwrap();
    for entry in fs::read_dir(fixture("cgroup/v2").join(&group)).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), directory.path().join(&group).join(entry.file_name())).unwrap();
    }
    let group = directory.path().join(group);
    (directory, group)
}

#[test]
fn costly_figures_are_at_most_five_seconds_old_and_cheap_ones_new() {
    let (directory, group) = copy();
    let container = id("ab");
    let mut cgroups = Cgroups::new(&fixture("proc/v2"), directory.path(), 100);
    cgroups.watch(&container, 100).unwrap();
    let now = Instant::now();
    cgroups.read(&container, now).unwrap();
    // The phase of this container, after which its turns come.
    let turn = now + Duration::from_secs(5);
    cgroups.read(&container, turn).unwrap();
    fs::write(group.join("memory.stat"), "inactive_file 1000000\n").unwrap();
    fs::write(group.join("memory.current"), "6000000\n").unwrap();
    let soon = cgroups.read(&container, turn + Duration::from_millis(900)).unwrap();
    assert_eq!((soon.memory_usage_bytes, soon.memory_working_set_bytes), (Some(6_000_000), Some(6_000_000 - 4_194_304)));
    let later = cgroups.read(&container, turn + Duration::from_secs(5)).unwrap();
    assert_eq!(later.memory_working_set_bytes, Some(5_000_000));
}

#[test]
fn a_container_that_ended_is_forgotten() {
    for descriptors in [100, 0] {
        let (directory, group) = copy();
        let container = id("ab");
        let mut cgroups = Cgroups::new(&fixture("proc/v2"), directory.path(), descriptors);
        cgroups.watch(&container, 100).unwrap();
        assert!(cgroups.read(&container, Instant::now()).is_some());
        if descriptors == 0 {
            fs::remove_dir_all(&group).unwrap();
            assert_eq!(cgroups.read(&container, Instant::now()), None);
        } else {
            cgroups.forget(&container);
        }
        assert!(!cgroups.is_watched(&container));
        assert_eq!(cgroups.watched().count(), 0);
    }
}

#[test]
fn working_set_is_usage_where_the_cache_is_larger() {
    let (directory, group) = copy();
    fs::write(group.join("memory.stat"), "inactive_file 99999999999\n").unwrap();
    let mut cgroups = Cgroups::new(&fixture("proc/v2"), directory.path(), 100);
    cgroups.watch(&id("ab"), 100).unwrap();
    assert_eq!(cgroups.read(&id("ab"), Instant::now()).unwrap().memory_working_set_bytes, Some(5_066_752));
}

#[test]
fn mounts_of_a_container_without_its_own_namespace() {
    let x = id("ab");
    let table = format!(
        "1 0 0:1 /docker/{x} /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n\
         2 0 0:2 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
         3 0 0:3 / /elsewhere/pids rw - cgroup cgroup rw,pids\n\
         4 0 0:4 / /sys/fs/cgroup/unified rw - cgroup2 cgroup rw,nsdelegate\n"
    );
    let layout = Layout::from_mounts(table.as_bytes(), Path::new("/sys"));
    let membership =
        Membership::parse(format!("5:memory:/docker/{x}/sub\n4:cpu,cpuacct:/docker/{x}\n3:pids:/docker/{x}\n0::/docker/{x}\n").as_bytes(), &layout);
    let directories: Vec<_> = membership.placements.iter().map(|placement| layout.directory(placement, &layout.whole_path(placement))).collect();
    let expected = [
        Some(PathBuf::from("/sys/fs/cgroup/memory/sub")),
        Some(format!("/sys/fs/cgroup/cpu,cpuacct/docker/{x}").into()),
        None,
        Some(format!("/sys/fs/cgroup/unified/docker/{x}").into()),
    ];
    assert_eq!(directories, expected);
    let elsewhere = Membership::parse(b"5:memory:/docker/other\n", &layout);
    assert_eq!(layout.directory(&elsewhere.placements[0], b"/docker/other"), None);
}

#[test]
fn a_collector_in_a_namespace_of_its_own_sees_itself_and_its_siblings() {
    let directory = tempfile::tempdir().unwrap();
    let (own, sibling) = (id("12"), id("ab"));
    let root = directory.path();
    let sys = root.join("sys");
    let tree = sys.join("fs/cgroup");
    let own_group = format!("system.slice/docker-{own}.scope");
    for group in ["user.slice", &own_group, &format!("system.slice/docker-{sibling}.scope")] {
        fs::create_dir_all(tree.join(group)).unwrap();
        fs::write(tree.join(group).join("cgroup.procs"), "1\n").unwrap();
    }
    fs::write(tree.join(&own_group).join("cgroup.procs"), format!("1\n{}\n", std::process::id())).unwrap();
    fs::create_dir_all(root.join("proc/self")).unwrap();
    fs::write(root.join("proc/self/cgroup"), "0::/\n").unwrap();
    let line = |root: &str, at: &Path| format!("9 1 0:9 {root} {} rw - cgroup2 cgroup rw\n", at.display());
    fs::write(root.join("proc/self/mountinfo"), line("/", &sys.join("own")) + &line("/../..", &tree)).unwrap();

    let layout = Layout::discover(&root.join("proc"), &sys);
    let own_membership = Membership::parse(b"0::/\n", &layout);
    assert_eq!(own_membership.containers, [own]);
    for path in [format!("/../docker-{sibling}.scope"), format!("/../../system.slice/docker-{sibling}.scope")] {
        let membership = Membership::parse(format!("0::{path}\n").as_bytes(), &layout);
        assert_eq!(membership.containers, [sibling.as_str()]);
        let placement = &membership.placements[0];
        let directory = layout.directory(placement, &layout.whole_path(placement));
        assert_eq!(directory, Some(tree.join(format!("system.slice/docker-{sibling}.scope"))));
    }
    // Out of what is mounted.
    let outside = Membership::parse(b"0::/../../../x\n", &layout);
    assert_eq!(layout.directory(&outside.placements[0], &layout.whole_path(&outside.placements[0])), None);
}

#[test]
fn containers_become_nodes_with_registered_fields() {
    let config = Config { proc_root: fixture("proc/hybrid"), sys_root: fixture("cgroup/hybrid"), ..Config::default() };
    let mut scanner = Scanner::from_config(&config).unwrap();
    let mut source = CgroupSource::new(&config);
    let agent: AgentName = "h".parse().unwrap();
    let mut reports = Reports::new(agent.clone(), RunId::from_u128(1));
    reports.begin(Timestamp::from_seconds(1), true, None);
    let mut said = reports.source(Source::Cgroup, Coverage::Whole);
    scanner.scan(Instant::now()).unwrap();
    source.say(&agent, &scanner.scan(Instant::now()).unwrap(), Instant::now(), &mut said);
    said.end();
    let mut nodes: Vec<Node> = reports.end().into_iter().filter_map(|record| if let Body::Node(node) = record.body { Some(node) } else { None }).collect();
    let registry = scope_core::field::Registry::new();
    for node in &nodes {
        for (name, _) in node.metrics.iter() {
            assert!(registry.get(name).is_some_and(|field| field.is_of("container")), "{name}");
        }
    }
    let mut find = |id: &str| nodes.remove(nodes.iter().position(|node| node.id == NodeId::container(id).unwrap()).unwrap());
    let (a, nested) = (find(A), find(NESTED));
    assert_eq!(a.parents.as_deref(), Some(&[NodeId::host(&agent)][..]));
    assert_eq!(nested.parents.as_deref(), Some(&[NodeId::host(&agent), NodeId::container(B).unwrap()][..]));
    let metric = |name: &str| a.metrics.get(name).unwrap().as_u64().unwrap();
    assert_eq!((metric("mem_limit_bytes"), metric("pids_limit"), metric("cpu_limit_pct")), (64 << 20, 50, 50));
    assert_eq!(metric("mem_usage_bytes") - metric("mem_bytes"), 4_194_304);
    // Not counted by the group on that kernel, so by its processes.
    let io = fs::read_to_string(fixture("proc/hybrid").join(PID_A.to_string()).join("io")).unwrap();
    assert!(io.contains(&format!("\nwrite_bytes: {}\n", metric("disk_write_bytes_total"))));
}

#[test]
fn io_of_processes_adds_up_to_a_counter_that_never_falls() {
    let (container, tree) = (id("ab"), Tree::new());
    let process = |pid: u32, inner: u32, written: u64| {
        tree.stat(pid, "x", 0, 1000, 1);
        tree.write(pid, "cgroup", &format!("0::/docker/{container}\n"));
        tree.write(pid, "status", &format!("Name:\tx\nUid:\t0\t0\t0\t0\nNSpid:\t{pid}\t{inner}\n"));
        tree.write(pid, "io", &format!("read_bytes: 0\nwrite_bytes: {written}\n"));
    };
    // 10 is the container's first process; 11 was started in it by an engine, so its parent (1) is outside.
    process(10, 1, 100);
    process(11, 7, 30);
    let mut scanner = Scanner::new(tree.path(), Layout::default(), ScannerOptions::default()).unwrap();
    let mut io = process_io::ProcessIo::default();
    let now = Instant::now();
    let mut written = |seconds| {
        let round = scanner.scan(now + Duration::from_secs(seconds)).unwrap();
        io.add_up(&round, |id| id == container);
        io.of(&container).map(|[_, written]| written)
    };
    // In the first round I/O is not read, and nought would make the next one a burst.
    assert_eq!(written(0), None);
    assert_eq!(written(0), Some(130));
    // Ends, and passes nothing on to a process inside.
    tree.remove(11);
    assert_eq!(written(1), Some(130));
    process(10, 1, 150);
    assert_eq!(written(40), Some(180));
    // A read that failed (a zombie, a race) takes nothing back.
    tree.write(10, "io", "");
    assert_eq!(written(80), Some(180));
}

proptest! {
    #[test]
    fn nothing_panics(content in prop::collection::vec(any::<u8>(), 0..300), text in "[a-z0-9_ :=/.\n-]{0,300}") {
        for content in [&content[..], text.as_bytes()] {
            let membership = Membership::parse(content, &Layout::from_mounts(content, Path::new("/")));
            membership.path();
            files::cpu_stat(content);
            files::memory_stat(content);
            files::limit(content);
            files::cpu_max(content);
            files::oom_kills(content);
            files::io_stat(content);
            files::blkio(content);
            files::single(content);
        }
    }

    #[test]
    fn sums_over_devices(devices in prop::collection::vec((0..1_000_000_u64, 0..1_000_000_u64), 1..8)) {
        let mut lines = devices.iter().enumerate().map(|(minor, (read, written))| format!("8:{minor} Read {read}\n8:{minor} Write {written}\n8:{minor} Total 5\n")).collect::<Vec<_>>().concat();
        lines.push_str("Total 99\n");
        let sums = devices.iter().fold((0, 0), |sum, device| (sum.0 + device.0, sum.1 + device.1));
        prop_assert_eq!(files::blkio(lines.as_bytes()), Some(sums));
    }
}
