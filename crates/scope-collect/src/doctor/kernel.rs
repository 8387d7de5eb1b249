//! What the kernel tells of the whole machine: figures, pressure, time, limits, and whether BPF could be used.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Finding, Rights, number, text};
use crate::config::Source;
use crate::host::pressure;

/// Descriptors that an agent may want: some for each container, and a few hundred.
const DESCRIPTORS: u64 = 4096;
/// The clock may differ from the machine's own by so much before it is worth a word, in seconds.
const CLOCK_SECS: u64 = 60;
/// 2024-01-01: a clock before that was never set.
const NEVER_SET: u64 = 1_704_067_200;

/// Figures, pressure, clock and limits.
pub(super) fn host(proc: &Path, sys: &Path, rights: Rights) -> Vec<Finding> {
    let descriptors = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
    vec![figures(proc), pressure(proc), clock(sys), limits(descriptors, rights)]
}

fn figures(proc: &Path) -> Finding {
    let missing: Vec<&str> =
        ["stat", "meminfo", "loadavg", "uptime", "net/dev", "diskstats"].into_iter().filter(|file| text(&proc.join(file)).is_none()).collect();
    if missing.is_empty() {
        let kernel = text(&proc.join("sys/kernel/osrelease")).unwrap_or_default();
        return Finding::ok(Source::Host, "figures", format!("CPU, memory, disks and network of the host are told (Linux {})", kernel.trim()));
    }
    let found = format!("cannot be read in {}: {}", proc.display(), missing.join(", "));
    Finding::missing(Source::Host, "figures", found, "name the place where the host's /proc is mounted: --proc DIR (docker run -v /proc:/host/proc:ro)")
}

fn pressure(proc: &Path) -> Finding {
    let told =
        ["cpu", "memory", "io"].iter().filter(|name| text(&proc.join("pressure").join(name)).is_some_and(|text| pressure::parse(text.as_bytes()).is_some()));
    match told.count() {
        3 => Finding::ok(Source::Host, "pressure", "waiting for CPU, memory and disks is told"),
        _ => Finding::missing(
            Source::Host,
            "pressure",
            "this kernel does not tell how long tasks wait for CPU, memory and disks",
            "boot with psi=1 on the kernel's command line (Linux 4.20 and later, built with CONFIG_PSI)",
        ),
    }
}

fn clock(sys: &Path) -> Finding {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    if now < NEVER_SET {
        return Finding::missing(Source::Host, "clock", "the clock was never set: times are wrong", "timedatectl set-ntp true");
    }
    let hardware = number(&sys.join("class/rtc/rtc0/since_epoch"));
    if let Some(hardware) = hardware.filter(|hardware| hardware.abs_diff(now) > CLOCK_SECS) {
        let found = format!("the clock and the hardware's differ by {} s: one of them is wrong", hardware.abs_diff(now));
        return Finding::advice(Source::Host, "clock", found, "timedatectl set-ntp true, then hwclock --systohc");
    }
    let source = text(&sys.join("devices/system/clocksource/clocksource0/current_clocksource"));
    let source = source.as_deref().map_or("an unknown clock", str::trim);
    let beside = if hardware.is_some() { ", and the hardware's clock agrees" } else { "; there is no hardware clock to compare it with" };
    Finding::ok(Source::Host, "clock", format!("is set, counts by {source}{beside}"))
}

fn limits(descriptors: Option<u64>, rights: Rights) -> Finding {
    // CAP_SYS_RESOURCE: whoever has it may raise the limit as needed.
    let enough = descriptors.is_none_or(|limit| limit >= DESCRIPTORS) || rights.has(24);
    if enough {
        return Finding::ok(Source::Host, "open files", "may be as many as are needed");
    }
    let found = format!("at most {} may be open: figures of some containers are read more slowly", descriptors.unwrap_or_default());
    Finding::advice(Source::Host, "open files", found, "ulimit -Hn 65536, or LimitNOFILE=65536 in the service's unit")
}

/// Whether BPF could be used. This version reads connections over netlink in any case.
pub(super) fn bpf(proc: &Path, sys: &Path, rights: Rights) -> Finding {
    let release = text(&proc.join("sys/kernel/osrelease")).unwrap_or_default();
    let mut why = Vec::new();
    if version(&release).is_some_and(|version| version < (5, 8)) {
        why.push(format!("Linux {} is older than 5.8", release.trim()));
    }
    if !sys.join("kernel/btf/vmlinux").exists() {
        why.push("the kernel has no type information (CONFIG_DEBUG_INFO_BTF)".to_owned());
    }
    if !rights.has(Rights::BPF) && !rights.has(Rights::SYS_ADMIN) {
        why.push("CAP_BPF and CAP_PERFMON are missing".to_owned());
    }
    if why.is_empty() {
        return Finding::ok(Source::Net, "BPF", "this kernel allows it; this version reads connections over netlink");
    }
    Finding::advice(
        Source::Net,
        "BPF",
        format!("cannot be used: {}; connections are read over netlink", why.join("; ")),
        "nothing to do: this version does not need it",
    )
}

/// `(6, 1)` of `6.1.0-17-amd64`.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.trim().split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}
