//! Parsers of the files of a control group (`Documentation/admin-guide/cgroup-v1` and `cgroup-v2.rst`, Linux 6.18).
//!
//! A key that is not there leaves its figure unknown, as kernels and their settings differ in what they write.

/// CPU time used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    /// In all, in microseconds.
    pub usage_us: Option<u64>,
    /// In user mode, in microseconds; version 2 only.
    pub user_us: Option<u64>,
    /// In the kernel, in microseconds; version 2 only.
    pub system_us: Option<u64>,
}

/// How often a CPU quota held the group back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Throttling {
    /// Periods in which the group wanted to run. Stays 0 without a quota.
    pub periods: u64,
    /// Of them those in which it used up its quota.
    pub throttled_periods: u64,
    /// How long its tasks waited for the next period, in microseconds, summed over processors.
    pub throttled_us: u64,
}

/// What the group read from and wrote to block devices, summed over devices. Page cache hits do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockIo {
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub write_bytes: u64,
    /// Reads.
    pub reads: u64,
    /// Writes.
    pub writes: u64,
}

/// Lines of `key value`.
fn pairs(content: &[u8]) -> impl Iterator<Item = (&str, u64)> {
    // Numbers only: a line that says something else is skipped, not the file.
    content.split(|byte| *byte == b'\n').filter_map(|line| {
        let (key, value) = std::str::from_utf8(line).ok()?.split_once(' ')?;
        Some((key, value.trim_end().parse().ok()?))
    })
}

/// A file that holds one number.
pub(super) fn single(content: &[u8]) -> Option<u64> {
    std::str::from_utf8(content).ok()?.trim_end().parse().ok()
}

/// `cpu.stat` of either version: version 2 has the CPU time here too, version 1 counts the throttled time in nanoseconds.
pub(super) fn cpu_stat(content: &[u8]) -> (Cpu, Option<Throttling>) {
    let mut cpu = Cpu::default();
    let mut throttling = Throttling::default();
    let mut throttled = false;
    for (key, value) in pairs(content) {
        match key {
            "usage_usec" => cpu.usage_us = Some(value),
            "user_usec" => cpu.user_us = Some(value),
            "system_usec" => cpu.system_us = Some(value),
            "nr_periods" => (throttling.periods, throttled) = (value, true),
            "nr_throttled" => throttling.throttled_periods = value,
            "throttled_usec" => throttling.throttled_us = value,
            "throttled_time" => throttling.throttled_us = value / 1000,
            _ => {}
        }
    }
    (cpu, throttled.then_some(throttling))
}

/// What counts of a `memory.stat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct MemoryStat {
    /// Page cache that the kernel can drop first, in bytes: `total_inactive_file` of version 1 (with all groups below), `inactive_file` of version 2.
    pub(super) inactive_file: Option<u64>,
    /// Version 1: the smallest limit on the way to the root, in bytes.
    pub(super) hierarchical_limit: Option<u64>,
    /// Page cache in all, in bytes.
    pub(super) cache: Option<u64>,
    /// Anonymous memory, in bytes.
    pub(super) anonymous: Option<u64>,
}

/// `memory.stat` of either version. Where a `total_` figure stands beside the plain one, it is the one that counts.
pub(super) fn memory_stat(content: &[u8]) -> MemoryStat {
    let mut stat = MemoryStat::default();
    let mut plain = MemoryStat::default();
    for (key, value) in pairs(content) {
        match key {
            "total_inactive_file" => stat.inactive_file = Some(value),
            "inactive_file" => plain.inactive_file = Some(value),
            "total_cache" => stat.cache = Some(value),
            "cache" | "file" => plain.cache = Some(value),
            "total_rss" => stat.anonymous = Some(value),
            "rss" | "anon" => plain.anonymous = Some(value),
            "hierarchical_memory_limit" => stat.hierarchical_limit = limited(value),
            _ => {}
        }
    }
    stat.inactive_file = stat.inactive_file.or(plain.inactive_file);
    stat.cache = stat.cache.or(plain.cache);
    stat.anonymous = stat.anonymous.or(plain.anonymous);
    stat
}

/// A limit of version 1: without one the kernel writes the largest multiple of the page size, just below 2^63.
pub(super) fn limited(bytes: u64) -> Option<u64> {
    (bytes < 1 << 62).then_some(bytes)
}

/// `memory.max` and `pids.max`: a number, or `max` for none.
pub(super) fn limit(content: &[u8]) -> Option<u64> {
    single(content).and_then(limited)
}

/// `cpu.max`: quota and period in microseconds, or `max` for no quota. In processors.
pub(super) fn cpu_max(content: &[u8]) -> Option<f64> {
    let (quota, period) = std::str::from_utf8(content).ok()?.trim_end().split_once(' ')?;
    processors(quota.parse().ok()?, period.parse().ok()?)
}

/// A CPU quota as a number of processors.
pub(super) fn processors(quota_us: u64, period_us: u64) -> Option<f64> {
    (period_us > 0).then(|| quota_us as f64 / period_us as f64)
}

/// How often the out-of-memory killer ended a process of the group: `oom_kill` of `memory.events` (version 2) and of `memory.oom_control` (version 1, Linux 4.13).
pub(super) fn oom_kills(content: &[u8]) -> Option<u64> {
    pairs(content).find(|(key, _)| *key == "oom_kill").map(|(_, value)| value)
}

/// `io.stat` of version 2: `254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`, a line for each device that was used; empty before the first use.
pub(super) fn io_stat(content: &[u8]) -> BlockIo {
    let mut io = BlockIo::default();
    for field in content.split(u8::is_ascii_whitespace) {
        let Some((key, value)) = std::str::from_utf8(field).ok().and_then(|field| field.split_once('=')) else { continue };
        let Ok(value) = value.parse::<u64>() else { continue };
        let sum = match key {
            "rbytes" => &mut io.read_bytes,
            "wbytes" => &mut io.write_bytes,
            "rios" => &mut io.reads,
            "wios" => &mut io.writes,
            _ => continue,
        };
        *sum = sum.saturating_add(value);
    }
    io
}

/// `blkio.throttle.io_service_bytes[_recursive]` and `blkio.throttle.io_serviced[_recursive]` of version 1: `254:0 Read 4096`, lastly `Total 4096`.
/// Gives (read, written).
///
/// None without a line for any device, which need not mean none: since Linux 6.9 nothing is counted here before some limit is set.
pub(super) fn blkio(content: &[u8]) -> Option<(u64, u64)> {
    let (mut read, mut written, mut known) = (0_u64, 0_u64, false);
    for line in content.split(|byte| *byte == b'\n') {
        let mut words = line.split(|byte| *byte == b' ').skip(1);
        let (Some(operation), Some(value)) = (words.next(), words.next().and_then(single)) else { continue };
        match operation {
            b"Read" => (read, known) = (read.saturating_add(value), true),
            b"Write" => (written, known) = (written.saturating_add(value), true),
            _ => {}
        }
    }
    known.then_some((read, written))
}
