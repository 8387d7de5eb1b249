//! Whether sockets can be read, in the own network namespace and in those of containers.

use std::collections::BTreeMap;
use std::path::Path;

use hashbrown::HashMap;
use scope_core::Protocol;

use super::Finding;
use crate::causes::chain;
use crate::config::Source;
use crate::net::connection::NetNs;
use crate::net::namespaces::{self, Namespaces};
use crate::net::netlink::{BUFFER_LEN, Netlink, NetlinkError};
use crate::net::sock_diag::{self, Family};

/// Namespaces entered to see whether that works; more tell nothing new.
const ENTERED: usize = 64;

/// Reads the own namespace's sockets, and enters the others.
pub(super) fn readable(proc: &Path) -> Vec<Finding> {
    vec![own(), others(proc)]
}

fn own() -> Finding {
    match count() {
        Ok((tcp, udp)) => Finding::ok(Source::Net, "sockets", format!("of this namespace are told over netlink: {tcp} of TCP, {udp} of UDP")),
        Err(error) => {
            let mend =
                if error.is_permission() { "run as root, or allow AF_NETLINK where a sandbox forbids it" } else { "modprobe -a tcp_diag udp_diag inet_diag" };
            Finding::missing(Source::Net, "sockets", format!("cannot be read, so no connections are seen: {}", chain(&error)), mend)
        }
    }
}

fn count() -> Result<(usize, usize), NetlinkError> {
    let mut buffer = vec![0; BUFFER_LEN];
    let mut socket = Netlink::open(Some(rustix::net::netlink::SOCK_DIAG), 0, "sockets")?;
    let (mut tcp, mut udp) = (0, 0);
    socket.dump(sock_diag::KIND_TCP_BOTH_FAMILIES, &sock_diag::tcp_dump_request(u32::MAX, false), &mut buffer, namespaces::SOCKETS_PER_DUMP, |message| {
        tcp += usize::from(sock_diag::decode(Protocol::Tcp, 0, message.payload).is_some());
    })?;
    for family in [Family::V4, Family::V6] {
        let dumped = socket.dump(sock_diag::KIND_BY_FAMILY, &sock_diag::udp_dump_request(family), &mut buffer, namespaces::SOCKETS_PER_DUMP, |message| {
            udp += usize::from(sock_diag::decode(Protocol::Udp, 0, message.payload).is_some());
        });
        match dumped {
            Err(error) if family == Family::V6 && error.is_unsupported() => {}
            other => drop(other?),
        }
    }
    Ok((tcp, udp))
}

fn others(proc: &Path) -> Finding {
    const RIGHTS: &str = "run as root, or with CAP_SYS_ADMIN and CAP_SYS_PTRACE, in the host's pid namespace";
    let own = namespaces::current(proc);
    let mut found: BTreeMap<NetNs, u32> = BTreeMap::new();
    let (mut all, mut closed) = (0_usize, 0_usize);
    for pid in std::fs::read_dir(proc).into_iter().flatten().flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        all += 1;
        match namespaces::netns_of(proc, pid) {
            Ok(netns) if netns != own => drop(found.entry(netns).or_insert(pid)),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => closed += 1,
            _ => {}
        }
    }
    let wanted: HashMap<NetNs, u32> = found.iter().take(ENTERED).map(|(netns, pid)| (*netns, *pid)).collect();
    let refused: Vec<_> = Namespaces::new(proc).watch(&wanted).into_iter().filter(|error| !error.is_gone()).collect();
    if let Some(error) = refused.first() {
        let mend = if error.is_permission() { RIGHTS } else { "see the kernel's log (dmesg); the host's own connections are not affected" };
        let text = format!("{} of {} cannot be entered: connections within containers are not seen ({})", refused.len(), wanted.len(), chain(error));
        return Finding::missing(Source::Net, "network namespaces", text, mend);
    }
    // A few sandboxed processes are refused to anyone.
    if closed * 10 > all {
        let text = format!("of {closed} of {all} processes cannot be told: connections within containers are not seen");
        return Finding::missing(Source::Net, "network namespaces", text, RIGHTS);
    }
    let text = match found.len() {
        0 => "there is only the own one".to_owned(),
        one_or_more => format!("{one_or_more} beside the own one, and they can be entered"),
    };
    Finding::ok(Source::Net, "network namespaces", text)
}
