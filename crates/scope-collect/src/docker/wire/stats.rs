//! `GET /containers/{id}/stats`: a container's figures by way of the engine.

use scope_core::Timestamp;
use serde::Deserialize;

use super::{Raw, as_text};

/// The figures of a container as the engine counts them. Absent where it does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatsSample {
    /// When they were read, by the engine's clock.
    pub at: Option<Timestamp>,
    /// CPU time in microseconds.
    pub cpu_usage_us: Option<u64>,
    /// Periods of the CPU quota.
    pub cpu_periods: Option<u64>,
    /// Of them those in which the quota was used up.
    pub cpu_throttled_periods: Option<u64>,
    /// Time held back by the quota, in microseconds.
    pub cpu_throttled_us: Option<u64>,
    /// Memory, page cache too, in bytes.
    pub memory_usage_bytes: Option<u64>,
    /// Memory without the page cache that can go first, as `docker stats` shows it, in bytes.
    pub memory_working_set_bytes: Option<u64>,
    /// The most memory that it can have, in bytes: its limit, or the host's memory.
    pub memory_limit_bytes: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
    /// Bytes read from block devices.
    pub block_read_bytes: Option<u64>,
    /// Bytes written to block devices.
    pub block_write_bytes: Option<u64>,
    /// Its network interfaces together; absent where it shares another's.
    pub interfaces: Option<Interfaces>,
}

/// What went through a container's network interfaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interfaces {
    /// Bytes received.
    pub rx_bytes: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Packets lost on the way in, by error or for want of room.
    pub rx_lost: u64,
    /// Packets lost on the way out, by error or for want of room.
    pub tx_lost: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow)]
    read: Raw<'a>,
    cpu_stats: Raw<'a>,
    memory_stats: Raw<'a>,
    pids_stats: Raw<'a>,
    blkio_stats: Raw<'a>,
    networks: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cpu<'a> {
    #[serde(borrow)]
    cpu_usage: Raw<'a>,
    throttling_data: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CpuUsage<'a> {
    #[serde(borrow)]
    total_usage: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Throttling<'a> {
    #[serde(borrow)]
    periods: Raw<'a>,
    throttled_periods: Raw<'a>,
    throttled_time: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Memory<'a> {
    #[serde(borrow)]
    usage: Raw<'a>,
    limit: Raw<'a>,
    stats: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MemoryStats<'a> {
    #[serde(borrow)]
    total_inactive_file: Raw<'a>,
    inactive_file: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pids<'a> {
    #[serde(borrow)]
    current: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Block<'a> {
    #[serde(borrow)]
    io_service_bytes_recursive: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BlockEntry<'a> {
    #[serde(borrow)]
    op: Raw<'a>,
    value: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Interface<'a> {
    #[serde(borrow)]
    rx_bytes: Raw<'a>,
    tx_bytes: Raw<'a>,
    rx_packets: Raw<'a>,
    tx_packets: Raw<'a>,
    rx_errors: Raw<'a>,
    tx_errors: Raw<'a>,
    rx_dropped: Raw<'a>,
    tx_dropped: Raw<'a>,
}

/// The figures in one answer; `None` for the empty one that a container without processes gives.
pub(crate) fn stats(answer: &[u8]) -> Result<Option<StatsSample>, serde_json::Error> {
    let text = as_text(answer);
    let answer: Answer<'_> = serde_json::from_str(&text)?;
    let cpu: Cpu<'_> = answer.cpu_stats.get().unwrap_or_default();
    let throttling: Throttling<'_> = cpu.throttling_data.get().unwrap_or_default();
    let memory: Memory<'_> = answer.memory_stats.get().unwrap_or_default();
    let at = answer.read.time();
    let usage: Option<u64> = memory.usage.get();
    if at.is_none() && usage.is_none() {
        return Ok(None);
    }
    let block = answer.blkio_stats.get::<Block<'_>>().unwrap_or_default().io_service_bytes_recursive;
    let block_bytes = |wanted: &str| {
        // The list is null or empty until there was any, and with version 2 of control groups on some engines for ever.
        let of = |entry: BlockEntry<'_>| entry.op.text().filter(|op| op.eq_ignore_ascii_case(wanted)).and_then(|_| entry.value.get::<u64>());
        block.get::<Vec<Raw<'_>>>().map(|entries| entries.into_iter().filter_map(|entry| of(entry.get()?)).fold(0, u64::saturating_add))
    };
    let interfaces = answer.networks.get::<super::Entries<'_>>().map(|super::Entries(entries)| {
        entries.into_iter().filter_map(|(_, entry)| entry.get::<Interface<'_>>()).fold(Interfaces::default(), |sum, of| {
            let add = |sum: u64, parts: &[Raw<'_>]| parts.iter().filter_map(|part| part.get()).fold(sum, u64::saturating_add);
            Interfaces {
                rx_bytes: add(sum.rx_bytes, &[of.rx_bytes]),
                tx_bytes: add(sum.tx_bytes, &[of.tx_bytes]),
                rx_packets: add(sum.rx_packets, &[of.rx_packets]),
                tx_packets: add(sum.tx_packets, &[of.tx_packets]),
                rx_lost: add(sum.rx_lost, &[of.rx_errors, of.rx_dropped]),
                tx_lost: add(sum.tx_lost, &[of.tx_errors, of.tx_dropped]),
            }
        })
    });
    let micros = |nanos: Raw<'_>| nanos.get::<u64>().map(|nanos| nanos / 1000);
    Ok(Some(StatsSample {
        at,
        cpu_usage_us: micros(cpu.cpu_usage.get::<CpuUsage<'_>>().unwrap_or_default().total_usage),
        cpu_periods: throttling.periods.get(),
        cpu_throttled_periods: throttling.throttled_periods.get(),
        cpu_throttled_us: micros(throttling.throttled_time),
        memory_usage_bytes: usage,
        memory_working_set_bytes: usage.map(|usage| working_set(usage, &memory.stats.get().unwrap_or_default())),
        memory_limit_bytes: memory.limit.positive(),
        pids: answer.pids_stats.get::<Pids<'_>>().unwrap_or_default().current.get(),
        block_read_bytes: block_bytes("read"),
        block_write_bytes: block_bytes("write"),
        interfaces,
    }))
}

/// As the command `docker stats` counts it (`calculateMemUsageUnixNoCache`, Docker 20.10): version 1 of control groups by `total_inactive_file`, version 2 by
/// `inactive_file`, and nothing taken off where that is more than the whole.
fn working_set(usage: u64, stats: &MemoryStats<'_>) -> u64 {
    let inactive = stats.total_inactive_file.get().or_else(|| stats.inactive_file.get()).unwrap_or(0);
    if inactive < usage { usage - inactive } else { usage }
}
