//! The machine's moving figures, from the few files that hold them; parsed by `procfs-core`, as nothing here is hot.

use std::path::Path;

use procfs_core::net::InterfaceDeviceStatus;
use procfs_core::prelude::{FromBufRead, FromBufReadSI, FromRead};
use procfs_core::{DiskStats, ExplicitSystemInfo, KernelStats, LoadAverage, Meminfo};

use super::file;
use super::pressure::{self, Pressures};

/// What the machine did and does. A part is absent where its file cannot be read or is not in a known form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostFigures {
    /// CPU time of all processors together, since boot.
    pub cpu: Option<CpuTimes>,
    /// Memory.
    pub memory: Option<Memory>,
    /// Tasks that ran or waited for disk on average over 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// Block I/O of all physical disks together, since boot.
    pub disk_io: Option<DiskIo>,
    /// Traffic of the machine's interfaces, since boot.
    pub network: Option<NetworkIo>,
    /// Pressure.
    pub pressure: Pressures,
}

/// CPU time of all processors together, in microseconds, with the resolution of a clock tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTimes {
    /// In user mode, guests and niced processes with it.
    pub user_us: u64,
    /// In the kernel, interrupts with it.
    pub system_us: u64,
    /// Idle while some task waited for a disk.
    pub iowait_us: u64,
    /// Taken by other guests of the hypervisor.
    pub steal_us: u64,
    /// Idle otherwise.
    pub idle_us: u64,
    /// Processors that were on line.
    pub processors: u32,
    /// When the machine booted, in seconds since 1970 UTC.
    pub boot_seconds: u64,
}

impl CpuTimes {
    /// What was used: user and system.
    pub fn usage_us(&self) -> u64 {
        self.user_us.saturating_add(self.system_us)
    }
}

/// Memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// What there is.
    pub total: u64,
    /// What programs could still get without swapping, as the kernel estimates it (Linux 3.14); before that free, buffers and cache.
    pub available: u64,
    /// Page cache and buffers.
    pub cache: u64,
    /// Swap space.
    pub swap_total: u64,
    /// Swap space not in use.
    pub swap_free: u64,
}

/// Block I/O.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskIo {
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub write_bytes: u64,
    /// Reads.
    pub reads: u64,
    /// Writes.
    pub writes: u64,
}

/// Traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkIo {
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Packets lost or broken, either way.
    pub errors: u64,
}

/// Longest file read; `/proc/stat` has a line of interrupts that grows with the machine.
const FIGURES_BYTES: usize = 1 << 20;

/// Sectors of `/proc/diskstats` have 512 bytes whatever the disk's own size.
const SECTOR: u64 = 512;

/// Reads all figures of the machine whose `/proc` and `/sys` these are.
pub(super) fn read(proc: &Path, sys: &Path, buffer: &mut Vec<u8>) -> HostFigures {
    let mut content = |name: &str| -> Option<Vec<u8>> {
        file::read(&proc.join(name), buffer, FIGURES_BYTES).ok()?;
        Some(buffer.clone())
    };
    let mut of_pressure = |name: &str| content(name).as_deref().and_then(pressure::parse);
    let pressure = Pressures { cpu: of_pressure("pressure/cpu"), memory: of_pressure("pressure/memory"), io: of_pressure("pressure/io") };
    HostFigures {
        cpu: content("stat").and_then(|content| cpu(&content, rustix::param::clock_ticks_per_second())),
        memory: content("meminfo").and_then(|content| memory(&content)),
        load: content("loadavg").and_then(|content| load(&content)),
        disk_io: content("diskstats").and_then(|content| disk_io(&content, |name| sys.join("block").join(name).join("device").exists())),
        network: content("1/net/dev").and_then(|content| network(&content, |name| sys.join("class/net").join(name).join("device").exists())),
        pressure,
    }
}

/// When the machine booted whose `/proc` this is, in seconds since 1970 UTC.
pub fn boot_seconds(proc: &Path) -> Option<u64> {
    let mut content = Vec::new();
    file::read(&proc.join("stat"), &mut content, FIGURES_BYTES).ok()?;
    cpu(&content, rustix::param::clock_ticks_per_second()).map(|cpu| cpu.boot_seconds)
}

/// Every parser of this module, on anything.
#[cfg(any(fuzzing, test))]
pub(super) fn parse_anything(content: &[u8]) {
    for ticks in [0, 100] {
        let _ = cpu(content, ticks);
    }
    let _ = (memory(content), load(content));
    for physical in [false, true] {
        let _ = (disk_io(content, |_| physical), network(content, |_| physical));
    }
}

fn cpu(content: &[u8], ticks_per_second: u64) -> Option<CpuTimes> {
    let info = ExplicitSystemInfo { boot_time_secs: 0, ticks_per_second, page_size: 0, is_little_endian: cfg!(target_endian = "little") };
    let stats = KernelStats::from_buf_read(content, &info).ok()?;
    let us = |ticks: &[Option<u64>]| {
        let ticks: u64 = ticks.iter().flatten().fold(0, |sum, ticks| sum.saturating_add(*ticks));
        (u128::from(ticks) * 1_000_000 / u128::from(ticks_per_second.max(1))) as u64
    };
    let total = &stats.total;
    Some(CpuTimes {
        // Guests' time is in user's and nice's already (kernel/sched/cputime.c, account_guest_time).
        user_us: us(&[Some(total.user), Some(total.nice)]),
        system_us: us(&[Some(total.system), total.irq, total.softirq]),
        iowait_us: us(&[total.iowait]),
        steal_us: us(&[total.steal]),
        idle_us: us(&[Some(total.idle)]),
        processors: stats.cpu_time.len() as u32,
        boot_seconds: stats.btime,
    })
}

fn memory(content: &[u8]) -> Option<Memory> {
    // procfs-core 0.18 takes the last byte off each name, which only with ASCII is sure to be a character.
    let info = content.is_ascii().then(|| Meminfo::from_buf_read(content))?.ok()?;
    let cache = info.buffers.saturating_add(info.cached);
    Some(Memory {
        total: info.mem_total,
        available: info.mem_available.unwrap_or_else(|| info.mem_free.saturating_add(cache)),
        cache,
        swap_total: info.swap_total,
        swap_free: info.swap_free,
    })
}

fn load(content: &[u8]) -> Option<[f64; 3]> {
    let load = LoadAverage::from_read(content).ok()?;
    // As written: an f32 turned to f64 shows digits that never were.
    let exact = |load: f32| Some((f64::from(load) * 100.0).round() / 100.0).filter(|load| load.is_finite());
    Some([exact(load.one)?, exact(load.five)?, exact(load.fifteen)?])
}

/// The sum over the disks that `is_physical` says are devices rather than partitions, loops or what is made of other disks (dm, md): each transfer once.
fn disk_io(content: &[u8], is_physical: impl Fn(&str) -> bool) -> Option<DiskIo> {
    let stats = DiskStats::from_buf_read(content).ok()?;
    let mut io = DiskIo::default();
    for disk in stats.0.iter().filter(|disk| is_physical(&disk.name)) {
        io.read_bytes = io.read_bytes.saturating_add(disk.sectors_read.saturating_mul(SECTOR));
        io.write_bytes = io.write_bytes.saturating_add(disk.sectors_written.saturating_mul(SECTOR));
        io.reads = io.reads.saturating_add(disk.reads);
        io.writes = io.writes.saturating_add(disk.writes);
    }
    Some(io)
}

/// The sum over the interfaces that `is_physical` says are devices; where there is none (a container as a host), over all but the loopback. A packet that
/// passes a bridge to a container counts once like this.
fn network(content: &[u8], is_physical: impl Fn(&str) -> bool) -> Option<NetworkIo> {
    let interfaces = InterfaceDeviceStatus::from_buf_read(content).ok()?.0;
    let any_physical = interfaces.keys().any(|name| is_physical(name));
    let mut io = NetworkIo::default();
    for (name, status) in &interfaces {
        if if any_physical { is_physical(name) } else { name != "lo" } {
            io.rx_bytes = io.rx_bytes.saturating_add(status.recv_bytes);
            io.tx_bytes = io.tx_bytes.saturating_add(status.sent_bytes);
            io.rx_packets = io.rx_packets.saturating_add(status.recv_packets);
            io.tx_packets = io.tx_packets.saturating_add(status.sent_packets);
            let lost = [status.recv_errs, status.recv_drop, status.sent_errs, status.sent_drop];
            io.errors = lost.iter().fold(io.errors, |sum, count| sum.saturating_add(*count));
        }
    }
    Some(io)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use proptest::prelude::*;

    const DISKS: &str = "   7       0 loop0 5 0 10 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n 254       0 vda 77349 25671 4394098 21948 31045 43094 6625760 28842 0 12732 51998 9694 25 842712 923 4360 284\n 254       1 vda1 7 0 8 0 9 0 10 0 0 0 0\n";
    const INTERFACES: &str = "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0\n  eth0: 401530857   13695    1    2    0     0          0         0   813715    7714    3    4    0     0       0          0\n veth1:     100       1    0    0    0     0          0         0      200       2    0    0    0     0       0          0\n";

    #[test]
    fn cpu_time_is_microseconds_whatever_the_tick() {
        let content =
            b"cpu  10 20 30 40 50 6 7 8 9 1\ncpu0 5 10 15 20 25 3 3 4 4 0\ncpu1 5 10 15 20 25 3 4 4 5 1\nintr 5 0 0\nctxt 1\nbtime 1700000000\nprocesses 5\n";
        let found = cpu(content, 250).unwrap();
        assert_eq!(found.user_us, 30 * 4000);
        assert_eq!(found.usage_us(), (30 + 43) * 4000);
        assert_eq!((found.iowait_us, found.steal_us, found.idle_us), (50 * 4000, 8 * 4000, 40 * 4000));
        assert_eq!((found.processors, found.boot_seconds), (2, 1_700_000_000));
    }

    #[test]
    fn disks_count_once() {
        let found = disk_io(DISKS.as_bytes(), |name| name == "vda").unwrap();
        assert_eq!(found, DiskIo { read_bytes: 4_394_098 * 512, write_bytes: 6_625_760 * 512, reads: 77_349, writes: 31_045 });
    }

    #[test]
    fn traffic_of_containers_does_not_count_twice() {
        let found = network(INTERFACES.as_bytes(), |name| name == "eth0").unwrap();
        assert_eq!((found.rx_bytes, found.tx_bytes, found.errors), (401_530_857, 813_715, 10));
        let found = network(INTERFACES.as_bytes(), |_| false).unwrap();
        assert_eq!((found.rx_bytes, found.tx_bytes), (401_530_957, 813_915));
    }

    #[test]
    fn load_has_the_digits_of_the_file() {
        assert_eq!(load(b"0.81 0.83 13.40 3/90 11875\n"), Some([0.81, 0.83, 13.4]));
    }

    proptest! {
        #[test]
        fn nothing_panics(content in prop::collection::vec(any::<u8>(), 0..300), text in "[a-z0-9 :/\n(),äö]{0,200}") {
            for content in [&content[..], text.as_bytes()] {
                cpu(content, 0);
                memory(content);
                load(content);
                disk_io(content, |_| true);
                network(content, |_| true);
            }
        }
    }
}
