//! What this process uses, as the kernel counts it, under the names that Prometheus' own clients give it. What its memory is made of is `admin`'s business.

use crate::exposition::{Exposition, Kind};

/// Writes CPU time, memory, threads and descriptors of this process. What the kernel does not tell is left out.
pub(crate) fn figures(out: &mut Exposition) {
    let one = |value: f64| vec![(Vec::new(), value)];
    if let Some(used) = std::fs::read_to_string("/proc/self/stat").ok().and_then(|stat| Used::read(&stat)) {
        let ticks = rustix::param::clock_ticks_per_second().max(1) as f64;
        let help = "Total user and system CPU time spent in seconds.";
        out.family("process_cpu_seconds_total", Kind::Counter, help, one(used.cpu_ticks as f64 / ticks));
        let page = rustix::param::page_size() as f64;
        out.family("process_resident_memory_bytes", Kind::Gauge, "Resident memory size in bytes.", one(used.pages as f64 * page));
        out.family("process_virtual_memory_bytes", Kind::Gauge, "Virtual memory size in bytes.", one(used.virtual_bytes as f64));
        out.family("process_threads", Kind::Gauge, "Number of OS threads in the process.", one(used.threads as f64));
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        // The one that lists them is among them.
        out.family("process_open_fds", Kind::Gauge, "Number of open file descriptors.", one(open.count().saturating_sub(1) as f64));
    }
}

/// Some fields of `/proc/self/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Used {
    cpu_ticks: u64,
    threads: u64,
    virtual_bytes: u64,
    pages: u64,
}

impl Used {
    fn read(stat: &str) -> Option<Self> {
        // The name in parentheses may hold anything; the state is the first field after it, and the third of all.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self { cpu_ticks: field(14)? + field(15)?, threads: field(20)?, virtual_bytes: field(23)?, pages: field(24)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_behind_the_name() {
        let stat = "123 (a ) b) S 1 123 123 0 -1 4194560 900 0 7 0 250 50 0 0 20 0 9 0 8000 123456789 4321 18446744073709551615 1 1 0";
        assert_eq!(Used::read(stat), Some(Used { cpu_ticks: 300, threads: 9, virtual_bytes: 123_456_789, pages: 4321 }));
        assert_eq!(Used::read("123 (a) S 1"), None);
        assert_eq!(Used::read(""), None);
    }
}
