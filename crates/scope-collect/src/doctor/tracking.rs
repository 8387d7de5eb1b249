//! Whether connection tracking tells what it can: its module, events, bytes, zones, room, and connections between containers on one bridge.
//! The settings are named, never changed.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Finding, number, text};
use crate::causes::chain;
use crate::config::Source;
use crate::net::conntrack;
use crate::net::netlink::{BUFFER_LEN, Netlink};

/// Entries looked at.
const ENTRIES: usize = 262_144;

/// Reads the table once, and the settings.
pub(super) fn complete(proc: &Path) -> Vec<Finding> {
    let settings = proc.join("sys/net/netfilter");
    let is_loaded = settings.join("nf_conntrack_max").exists();
    let mut findings = vec![table(is_loaded)];
    if is_loaded {
        findings.push(events(&settings));
        findings.push(bytes(&settings));
        findings.extend(room(&settings));
    }
    findings.push(bridges(&proc.join("sys/net/bridge")));
    findings
}

fn table(is_loaded: bool) -> Finding {
    const TOPIC: &str = "connection tracking";
    const LOSS: &str = "translated addresses stay unresolved, and few short connections are seen";
    if !is_loaded {
        return Finding::missing(Source::Net, TOPIC, format!("is not loaded: {LOSS}"), "modprobe -a nf_conntrack nf_conntrack_netlink");
    }
    let mut zones = BTreeSet::new();
    let mut entries = 0_usize;
    let mut read = || {
        let mut socket = Netlink::open(Some(rustix::net::netlink::NETFILTER), 0, "connection tracking")?;
        socket.dump(conntrack::KIND_GET, &conntrack::DUMP_REQUEST, &mut vec![0; BUFFER_LEN], ENTRIES, |message| {
            if let Some(tracked) = conntrack::decode(message, true) {
                entries += 1;
                zones.insert(tracked.zone);
            }
        })
    };
    match read() {
        Err(error) => {
            let mend = if error.is_permission() { "run as root, or with CAP_NET_ADMIN" } else { "modprobe nf_conntrack_netlink" };
            Finding::missing(Source::Net, TOPIC, format!("cannot be read ({}): {LOSS}", chain(&error)), mend)
        }
        Ok(_) if entries == 0 => {
            Finding::ok(Source::Net, TOPIC, "can be read, and holds nothing: it begins with the first firewall rule that asks for it, as engines make them")
        }
        Ok(_) => {
            let zones = if zones.len() > 1 { format!(" in {} zones, told apart", zones.len()) } else { " in one zone".to_owned() };
            Finding::ok(Source::Net, TOPIC, format!("can be read: {entries} connections of TCP and UDP{zones}"))
        }
    }
}

fn events(settings: &Path) -> Finding {
    match text(&settings.join("nf_conntrack_events")).as_deref().map(str::trim) {
        Some("0") => Finding::missing(
            Source::Net,
            "tracking events",
            "are switched off: connections that open and close between two reports are not seen",
            "sysctl -w net.netfilter.nf_conntrack_events=1",
        ),
        Some(_) => Finding::ok(Source::Net, "tracking events", "are sent: short connections are counted"),
        None => Finding::missing(
            Source::Net,
            "tracking events",
            "this kernel has none (CONFIG_NF_CONNTRACK_EVENTS): connections that open and close between two reports are not seen",
            "a kernel that has them",
        ),
    }
}

fn bytes(settings: &Path) -> Finding {
    if number(&settings.join("nf_conntrack_acct")) == Some(1) {
        return Finding::ok(Source::Net, "tracking bytes", "are counted, of UDP too");
    }
    let found = "are not counted: bytes of UDP are unknown. Those of TCP connections are told by their sockets, up to the last";
    Finding::advice(Source::Net, "tracking bytes", found, "sysctl -w net.netfilter.nf_conntrack_acct=1")
}

fn room(settings: &Path) -> Option<Finding> {
    let (used, most) = (number(&settings.join("nf_conntrack_count"))?, number(&settings.join("nf_conntrack_max"))?);
    if used.saturating_mul(10) < most.saturating_mul(9) {
        return Some(Finding::ok(Source::Net, "tracking table", format!("{used} of {most} places are taken")));
    }
    let found = format!("{used} of {most} places are taken: the kernel drops connections beyond");
    Some(Finding::advice(Source::Net, "tracking table", found, format!("sysctl -w net.netfilter.nf_conntrack_max={}", most.saturating_mul(2))))
}

fn bridges(settings: &Path) -> Finding {
    const TOPIC: &str = "bridged connections";
    const LOSS: &str = "short connections between containers on one bridge are counted from closed sockets";
    let off: Vec<&str> = ["bridge-nf-call-iptables", "bridge-nf-call-ip6tables"].into_iter().filter(|name| number(&settings.join(name)) != Some(1)).collect();
    if off.is_empty() {
        return Finding::ok(Source::Net, TOPIC, "are tracked, IPv4 and IPv6");
    }
    let set = off.iter().map(|name| format!("net.bridge.{name}=1")).collect::<Vec<_>>().join(" ");
    if !settings.is_dir() {
        let mend = format!("modprobe br_netfilter && sysctl -w {set} (packets then pass iptables rules, too)");
        return Finding::advice(Source::Net, TOPIC, format!("are not tracked, br_netfilter is not loaded: {LOSS}"), mend);
    }
    let found = format!("are not tracked ({} off): {LOSS}", off.join(", "));
    Finding::advice(Source::Net, TOPIC, found, format!("sysctl -w {set} (packets then pass iptables rules, too)"))
}
