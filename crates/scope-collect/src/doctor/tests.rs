//! Findings on made-up machines: directories that look like `/proc` and `/sys`.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::fs;
use std::path::Path;

use super::*;

/// A directory with these files.
fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
    let top = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = top.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    top
}

const PRESSURE: &str = "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1\n";

/// A host on which nothing is amiss.
const WHOLE: [(&str, &str); 22] = [
    ("proc/stat", "cpu 1 2 3 4\n"),
    ("proc/meminfo", "MemTotal: 1 kB\n"),
    ("proc/loadavg", "0.1 0.1 0.1 1/1 1\n"),
    ("proc/uptime", "1 1\n"),
    ("proc/net/dev", ""),
    ("proc/diskstats", ""),
    ("proc/pressure/cpu", PRESSURE),
    ("proc/pressure/memory", PRESSURE),
    ("proc/pressure/io", PRESSURE),
    ("proc/sys/kernel/osrelease", "6.1.0-17-amd64\n"),
    ("proc/self/status", "Name:\tscope\nCapEff:\t000001ffffffffff\n"),
    ("proc/2/comm", "kthreadd\n"),
    ("proc/2/fd/0", ""),
    ("proc/sys/net/netfilter/nf_conntrack_max", "100\n"),
    ("proc/sys/net/netfilter/nf_conntrack_count", "5\n"),
    ("proc/sys/net/netfilter/nf_conntrack_events", "2\n"),
    ("proc/sys/net/netfilter/nf_conntrack_acct", "1\n"),
    ("proc/sys/net/bridge/bridge-nf-call-iptables", "1\n"),
    ("proc/sys/net/bridge/bridge-nf-call-ip6tables", "1\n"),
    ("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids\n"),
    ("sys/fs/cgroup/cgroup.procs", ""),
    ("sys/kernel/btf/vmlinux", ""),
];

/// All findings that depend on files alone.
fn examine_files(top: &Path) -> Vec<Finding> {
    let (proc, sys) = (top.join("proc"), top.join("sys"));
    let rights = Rights::read(&proc);
    let mut findings = kernel::host(&proc, &sys, rights);
    findings.extend(cgroups::readable(&proc, &sys));
    findings.extend(processes::visible(&proc, rights));
    // The table itself is read from this kernel, whatever the files say.
    findings.extend(tracking::complete(&proc).into_iter().filter(|finding| finding.topic != "connection tracking" || finding.found.contains("not loaded")));
    findings.push(kernel::bpf(&proc, &sys, rights));
    findings
}

#[track_caller]
fn find<'a>(findings: &'a [Finding], topic: &str) -> &'a Finding {
    findings.iter().find(|finding| finding.topic == topic).unwrap_or_else(|| panic!("no finding `{topic}` in {findings:#?}"))
}

/// The finding `topic` of a whole machine with some files changed; `None` takes a file or directory away.
fn changed(topic: &str, changes: &[(&str, Option<&str>)]) -> Finding {
    let top = machine(&WHOLE);
    for (path, content) in changes {
        let path = top.path().join(path);
        match content {
            Some(content) => {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, content).unwrap();
            }
            None if path.is_dir() => fs::remove_dir_all(path).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
    }
    find(&examine_files(top.path()), topic).clone()
}

#[test]
fn nothing_is_missing_on_a_whole_machine() {
    let top = machine(&WHOLE);
    let findings = examine_files(top.path());
    let amiss: Vec<_> = findings.iter().filter(|finding| finding.state != State::Ok && finding.topic != "open files").collect();
    assert!(amiss.is_empty(), "{amiss:#?}");
    assert!(find(&findings, "control groups").found.starts_with("version 2"));
}

#[test]
fn what_is_missing_is_named_with_what_mends_it() {
    for (topic, changes, state, found, mend) in [
        ("figures", &[("proc/meminfo", None)][..], State::Missing, "meminfo", "--proc"),
        ("pressure", &[("proc/pressure", None)], State::Missing, "how long tasks wait", "psi=1"),
        ("control groups", &[("sys/fs/cgroup", None)], State::Missing, "none are mounted", "mount -t cgroup2"),
        ("control groups", &[("sys/fs/cgroup/cgroup.controllers", Some("cpu io pids\n"))], State::Missing, "memory", "cgroup_enable=memory"),
        ("processes", &[("proc/2/comm", Some("postgres\n"))], State::Missing, "not the host's", "--pid=host"),
        ("tracking events", &[("proc/sys/net/netfilter/nf_conntrack_events", Some("0\n"))], State::Missing, "switched off", "nf_conntrack_events=1"),
        ("tracking events", &[("proc/sys/net/netfilter/nf_conntrack_events", None)], State::Missing, "CONFIG_NF_CONNTRACK_EVENTS", "kernel"),
        ("tracking bytes", &[("proc/sys/net/netfilter/nf_conntrack_acct", Some("0\n"))], State::Advice, "not counted", "nf_conntrack_acct=1"),
        ("tracking table", &[("proc/sys/net/netfilter/nf_conntrack_count", Some("95\n"))], State::Advice, "95 of 100", "nf_conntrack_max=200"),
        ("connection tracking", &[("proc/sys/net/netfilter", None)], State::Missing, "not loaded", "modprobe"),
        ("bridged connections", &[("proc/sys/net/bridge", None)], State::Advice, "br_netfilter is not loaded", "modprobe br_netfilter"),
        (
            "bridged connections",
            &[("proc/sys/net/bridge/bridge-nf-call-ip6tables", Some("0\n"))],
            State::Advice,
            "bridge-nf-call-ip6tables off",
            "net.bridge.bridge-nf-call-ip6tables=1",
        ),
        ("BPF", &[("sys/kernel/btf", None)], State::Advice, "CONFIG_DEBUG_INFO_BTF", "nothing to do"),
        ("BPF", &[("proc/sys/kernel/osrelease", Some("5.4.0\n"))], State::Advice, "older than 5.8", "nothing to do"),
        ("clock", &[("sys/class/rtc/rtc0/since_epoch", Some("1000000000\n"))], State::Advice, "differ", "timedatectl"),
    ] {
        let finding = changed(topic, changes);
        assert_eq!(finding.state, state, "{topic}: {finding:?}");
        assert!(finding.found.contains(found), "{topic}: {finding:?}");
        assert!(finding.mend.as_ref().is_some_and(|text| text.contains(mend)), "{topic}: {finding:?}");
    }
}

#[test]
fn version_1_and_both_side_by_side() {
    let v1 = |rest: &[(&'static str, Option<&'static str>)]| {
        let mut changes = vec![("sys/fs/cgroup/cgroup.controllers", None)];
        for directory in ["cpu", "cpuacct", "memory", "blkio", "pids"] {
            changes.push((Box::leak(format!("sys/fs/cgroup/{directory}/tasks").into_boxed_str()), Some("")));
        }
        changes.extend_from_slice(rest);
        changed("control groups", &changes)
    };
    let alone = v1(&[]);
    assert!(alone.state == State::Ok && alone.found.starts_with("version 1,"), "{alone:?}");
    let both = v1(&[("sys/fs/cgroup/unified/cgroup.controllers", Some("\n"))]);
    assert!(both.state == State::Ok && both.found.starts_with("versions 1 and 2"), "{both:?}");
    let lacks = v1(&[("sys/fs/cgroup/pids", None)]);
    assert!(lacks.state == State::Missing && lacks.found.contains("numbers of processes"), "{lacks:?}");
}

/// Without the right to look into others' processes it matters whether `/proc` hides them.
#[test]
fn a_proc_that_hides_processes_is_named() {
    let few = ("proc/self/status", Some("CapEff:\t0000000000000000\n"));
    let hiding = ("proc/self/mountinfo", Some("22 1 0:5 / /proc rw,relatime - proc proc rw,hidepid=invisible\n"));
    let finding = changed("hidepid", &[few, hiding]);
    assert!(finding.state == State::Missing && finding.mend.unwrap().contains("remount,hidepid=0 /proc"));
    let top = machine(&WHOLE);
    fs::write(top.path().join("proc/self/mountinfo"), hiding.1.unwrap()).unwrap();
    assert!(!examine_files(top.path()).iter().any(|finding| finding.topic == "hidepid"), "whoever may look everywhere is not hindered");
}

#[test]
fn an_empty_directory_is_no_machine_and_no_panic() {
    let top = tempfile::tempdir().unwrap();
    let findings = examine_files(top.path());
    for topic in ["figures", "pressure", "control groups", "processes", "connection tracking"] {
        assert_eq!(find(&findings, topic).state, State::Missing, "{topic}");
    }
    assert!(findings.iter().all(|finding| finding.state == State::Ok || finding.mend.is_some()), "what is amiss comes with what mends it");
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_missing() {
    let top = machine(&WHOLE);
    let config = Config {
        docker_endpoint: Some(format!("unix://{}/no.sock", top.path().display())),
        proc_root: top.path().join("proc"),
        sys_root: top.path().join("sys"),
        ..Config::default()
    };
    let findings = examine(&config).await;
    let engine = find(&findings, "engine");
    assert!(engine.state == State::Missing && engine.found.contains("no.sock") && engine.mend.as_ref().unwrap().contains("--docker-endpoint"), "{engine:?}");
    let host_only = examine(&Config { sources: vec![Source::Host], ..config }).await;
    assert!(host_only.iter().all(|finding| finding.source == Source::Host) && !host_only.is_empty());
}
