//! What a process uses, and how busy the machine is, by the kernel's own count. For benches.

use std::time::Duration;

/// User and system time of a process in clock ticks; nought where it is gone.
pub fn cpu_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// Clock ticks over a time as per cent of one core.
pub fn per_cent(ticks: u64, over: Duration) -> f64 {
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64 / over.as_secs_f64() * 100.0
}

/// A field of `/proc/PID/status` that is in kB, in MB: `VmRSS:`.
pub fn status_mb(pid: u32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|line| line.strip_prefix(field)?.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) * 1024.0 / 1e6
}

/// How much the machine has idled up to now.
#[derive(Clone, Copy, Debug)]
pub struct Idle {
    idle: u64,
    all: u64,
}

/// How much the machine has idled up to now, to be compared with later.
pub fn idle_pct() -> Idle {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks: Vec<u64> = stat.lines().next().unwrap_or_default().split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    // Guests' time is part of their users' already.
    Idle { idle: ticks.iter().skip(3).take(2).sum(), all: ticks.iter().take(8).sum() }
}

impl Idle {
    /// How much of its time the machine has idled since, in per cent.
    pub fn since(self) -> f64 {
        let now = idle_pct();
        (now.idle - self.idle) as f64 * 100.0 / (now.all - self.all).max(1) as f64
    }
}
