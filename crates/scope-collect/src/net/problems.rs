//! What of connections cannot be seen on this machine, in words, with what to do about it. Texts hold no moving figures: a problem is the
//! same problem as long as it lasts.

use std::time::Duration;

use compact_str::CompactString;
use scope_core::Problem;

use super::namespaces::NamespaceError;

fn problem(message: impl Into<CompactString>, hint: impl Into<CompactString>) -> Problem {
    Problem { message: message.into(), hint: Some(hint.into()), id: None }
}

/// Connection tracking cannot be read.
pub(super) fn no_tracking(error: &(dyn std::error::Error + 'static), permission: bool) -> Problem {
    let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
    let hint = if permission { "run as root or with CAP_NET_ADMIN" } else { "load the kernel module nf_conntrack_netlink (modprobe nf_conntrack_netlink)" };
    problem(
        format!(
            "connection tracking cannot be read ({error}{cause}): translated addresses stay unresolved, short connections are counted from closed sockets where \
             there are any, and short exchanges over UDP are not seen"
        ),
        hint,
    )
}

/// Connections between containers on one bridge are not tracked.
pub(super) fn untracked_bridges() -> Problem {
    problem(
        "connections between containers on one bridge are not tracked by this kernel's settings: short ones are counted from closed sockets, \
         and short exchanges over UDP are not seen",
        "to have them tracked: sysctl -w net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1 (packets then pass iptables rules, too)",
    )
}

/// Bytes of short connections are not counted.
pub(super) fn uncounted_bytes() -> Problem {
    problem(
        "bytes are counted of connections that are open when they are looked at, once a second: this kernel tells neither of those that ended, nor, by its settings, of \
         what tracked ones and UDP carried, so sums of bytes are too small where there are such",
        COUNT_ALL,
    )
}

/// Bytes of UDP are not counted.
pub(super) fn uncounted_datagrams() -> Problem {
    problem("bytes of UDP are not counted by this kernel's settings; those of TCP are", COUNT_ALL)
}

const COUNT_ALL: &str = "to have all counted: sysctl -w net.netfilter.nf_conntrack_acct=1 (connections from then on)";

/// So many connections end that their ends are not read.
pub(super) fn too_many_endings() -> Problem {
    problem(
        "so many connections end that their ends are not read for now: bytes are counted of those that are open when they are looked at, once a second, so sums of bytes are too \
         small",
        COUNT_ALL,
    )
}

/// Sockets cannot be read at all.
pub(super) fn no_sockets(error: &NamespaceError) -> Problem {
    let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
    problem(format!("sockets of the host cannot be read ({error}{cause})"), "load the kernel modules tcp_diag and udp_diag (modprobe tcp_diag udp_diag)")
}

/// Some namespaces are closed to this user.
pub(super) fn closed_namespaces() -> Problem {
    problem(
        "network namespaces of containers cannot be entered: only connections of the host itself are seen",
        "run as root or with CAP_SYS_ADMIN and CAP_SYS_PTRACE, in the host's pid namespace",
    )
}

/// Some namespaces could not be read for another reason.
pub(super) fn failed_namespaces(error: &NamespaceError) -> Problem {
    let cause = std::error::Error::source(error).map_or_else(String::new, ToString::to_string);
    problem(format!("some network namespaces cannot be read: {cause}"), "see the log at level debug for each of them")
}

/// Descriptors of processes are closed to this user.
pub(super) fn closed_processes() -> Problem {
    problem("the sockets of some processes cannot be told: their connections are shown for the container or the host", "run as root or with CAP_SYS_PTRACE")
}

/// Reading takes turns and does not get round in time.
pub(super) fn slow_rotation(period: Duration) -> Problem {
    // In steps of powers of two, so that it is not another problem each second.
    let secs = period.as_secs().next_power_of_two();
    problem(
        format!("established connections are read about every {secs} s only: reading all namespaces each time would cost too much"),
        "a longer --every, or an agent with BPF, reads all of them each time",
    )
}

/// Events were lost.
pub(super) fn overrun() -> Problem {
    problem(
        "the kernel dropped events of connection tracking: some short connections are not counted",
        "fewer connections or a faster machine; the table is read again after each loss",
    )
}

/// Peers were folded.
pub(super) fn folded() -> Problem {
    problem("an owner has more than 2,000 peers: the ones beyond are shown by network", "filter by network, or look at raw connections with --connections")
}

/// The table of connections is full.
pub(super) fn full() -> Problem {
    problem("more connections than the collector keeps: the ones beyond are not counted", "fewer hosts behind this one, or an agent with BPF")
}
