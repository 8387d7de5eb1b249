#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]
use super::*;

use std::fs;

use crate::captured;

/// A `/sys` in which `vda` and `eth0` are devices.
fn sys() -> tempfile::TempDir {
    let sys = tempfile::tempdir().unwrap();
    for device in ["block/vda/device", "class/net/eth0/device"] {
        fs::create_dir_all(sys.path().join(device)).unwrap();
    }
    sys
}

#[test]
fn facts_come_from_pid_1_and_not_from_the_reader() {
    let sys = sys();
    let mut host = HostReader::new(&captured::proc(), sys.path());
    assert!(!host.root().unwrap().is_own());
    host.read(Instant::now());
    let facts = host.facts();
    assert_eq!((facts.name.as_str(), facts.name_source), ("vm", NameSource::File));
    assert_eq!(facts.os.name.as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
    assert_eq!((facts.os.id.as_deref(), facts.os.version.as_deref()), (Some("debian"), Some("12")));
    let raw = fs::read_to_string(captured::proc().join("1/root/etc/machine-id")).unwrap();
    assert!(facts.machine_id.as_ref().is_some_and(|hashed| hashed.len() == 64 && !hashed.contains(raw.trim())));
    assert_eq!(facts.processors, Some(2));
    assert!(facts.boot_seconds > Some(1_600_000_000));
    let interfaces: Vec<_> = facts.addresses.iter().filter_map(|address| address.interface.as_deref()).collect();
    assert!(interfaces.contains(&"lo") && interfaces.contains(&"eth0") && interfaces.contains(&"docker0"), "{interfaces:?}");
    assert!(facts.addresses.iter().any(|address| address.address.is_ipv6()) && facts.addresses.iter().any(|address| address.address.is_ipv4()));
    let disks = facts.disks.as_ref().unwrap();
    assert_eq!(disks.iter().map(|disk| disk.mount_point.as_path()).collect::<Vec<_>>(), [Path::new("/")]);
    assert!(disks.iter().all(|disk| disk.used_bytes <= disk.capacity_bytes && disk.capacity_bytes > 0));
}

#[test]
fn figures_of_the_captured_machine() {
    let sys = sys();
    let figures = HostReader::new(&captured::proc(), sys.path()).read(Instant::now());
    let memory = figures.memory.unwrap();
    assert_eq!(memory.total, 24_684_084 * 1024);
    assert!(memory.available < memory.total && memory.cache > 0);
    assert_eq!((memory.swap_total, memory.swap_free), (0, 0));
    let cpu = figures.cpu.unwrap();
    assert!(cpu.usage_us() > 0 && cpu.idle_us > 0);
    let stat = fs::read_to_string(captured::proc().join("diskstats")).unwrap();
    let sectors: u64 = stat.lines().find(|line| line.contains(" vda ")).unwrap().split_whitespace().nth(5).unwrap().parse().unwrap();
    assert_eq!(figures.disk_io.unwrap().read_bytes, sectors * 512);
    assert!(figures.network.unwrap().rx_bytes > 0);
    assert!(figures.pressure.cpu.is_some() && figures.pressure.memory.is_some() && figures.pressure.io.is_some());
    assert!(figures.load.is_some());
}

#[test]
fn a_part_that_is_missing_leaves_the_rest() {
    let empty = tempfile::tempdir().unwrap();
    let mut host = HostReader::new(empty.path(), empty.path());
    assert_eq!(host.read(Instant::now()), HostFigures::default());
    let facts = host.facts();
    assert_eq!(facts.name_source, NameSource::Own);
    assert!(!facts.name.is_empty() && !facts.kernel.is_empty() && !facts.architecture.is_empty());
    assert_eq!((&facts.machine_id, &facts.disks, facts.boot_seconds), (&None, &None, None));
}

#[test]
fn addresses_and_disks_are_read_again_in_time() {
    let sys = sys();
    let proc = tempfile::tempdir().unwrap();
    let table = proc.path().join("1/net");
    fs::create_dir_all(&table).unwrap();
    let mut host = HostReader::new(proc.path(), sys.path());
    let now = Instant::now();
    host.read(now);
    assert!(host.facts().addresses.is_empty());
    fs::write(table.join("if_inet6"), "00000000000000000000000000000001 01 80 10 80 lo\n").unwrap();
    host.read(now + SLOW / 2);
    assert!(host.facts().addresses.is_empty());
    host.read(now + SLOW);
    assert_eq!(host.facts().addresses.len(), 1);
}

#[test]
fn this_machine_agrees_with_the_kernels_own_calls() {
    let mut host = HostReader::new(Path::new("/proc"), Path::new("/sys"));
    let figures = host.read(Instant::now());
    let info = rustix::system::sysinfo();
    let memory = figures.memory.unwrap();
    #[allow(clippy::useless_conversion, reason = "the type differs between architectures")]
    let total = u64::from(info.totalram) * u64::from(info.mem_unit);
    assert_eq!(memory.total, total);
    assert!(memory.available <= memory.total);
    assert!(host.facts().processors >= Some(1));
    assert!(host.facts().addresses.iter().any(|address| address.address.is_loopback()));
}

#[test]
fn links_of_the_machine_lead_to_its_own_files() {
    let proc = tempfile::tempdir().unwrap();
    let root = proc.path().join("1/root");
    fs::create_dir_all(root.join("etc")).unwrap();
    fs::create_dir_all(root.join("store")).unwrap();
    fs::write(root.join("store/passwd"), "only:x:5:\n").unwrap();
    // Absolute, as on NixOS: a plain open would read the file of the machine that runs this test.
    std::os::unix::fs::symlink("/store/passwd", root.join("etc/passwd")).unwrap();
    std::os::unix::fs::symlink("../../../../../../../../etc/passwd", root.join("etc/escape")).unwrap();
    let root = HostRoot::open(proc.path()).unwrap();
    let mut content = Vec::new();
    root.read("etc/passwd", &mut content, 1000).unwrap();
    assert_eq!(content, b"only:x:5:\n");
    root.read("etc/escape", &mut content, 4).unwrap();
    assert_eq!(content, b"only");
}

#[test]
fn a_root_that_is_mounted_elsewhere_serves_where_pid_1_may_not_be_traced() {
    let proc = tempfile::tempdir().unwrap();
    let bound = proc.path().join("host root");
    for directory in ["1", "self", "host root/etc"] {
        fs::create_dir_all(proc.path().join(directory)).unwrap();
    }
    fs::write(bound.join("etc/hostname"), "db-1\n").unwrap();
    let escaped = bound.to_str().unwrap().replace(' ', "\\040");
    fs::write(proc.path().join("1/mountinfo"), "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n").unwrap();
    fs::write(
        proc.path().join("self/mountinfo"),
        format!("50 1 0:9 / / rw - overlay overlay rw\n51 50 8:1 /var/x /etc/hosts rw - ext4 /dev/sda1 rw\n52 50 8:1 / {escaped} ro - ext4 /dev/sda1 rw\n"),
    )
    .unwrap();
    let root = HostRoot::open(proc.path()).unwrap();
    assert!(!root.is_own());
    assert_eq!(host_name(proc.path(), Some(&root)), ("db-1".into(), NameSource::File));
}
