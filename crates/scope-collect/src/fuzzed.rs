//! The decoders of foreign bytes as the fuzzer calls them (`crates/scope-collect/fuzz`), a function a kind of source. Tests call the same functions, with
//! real bytes that were changed and with random ones. Nothing of this is in the product.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use scope_core::Protocol;

use crate::net::netlink::wire::{Attributes, Messages};
use crate::net::process_sockets::parse_socket_link;
use crate::net::world::Proxy;
use crate::net::{conntrack, dns, rtnetlink, snmp::Snmp, sock_diag};

/// Datagrams of a netlink socket: frames, and the payload as each family's.
pub fn netlink(datagram: &[u8]) {
    let mut messages = 0;
    for message in Messages::new(datagram) {
        messages += 1;
        let _ = message.errno();
        for proto in [Protocol::Tcp, Protocol::Udp] {
            if let Some(socket) = sock_diag::decode(proto, 1, message.payload) {
                assert_eq!(socket.proto, proto);
            }
        }
        if let Some(ended) = sock_diag::decode_ended(1, message.payload) {
            assert!(ended.remote.port() != 0);
        }
        for from_dump in [false, true] {
            let _ = conntrack::decode(message, from_dump);
        }
        let _ = (rtnetlink::decode_stats(message.payload), rtnetlink::decode_link(message.payload), rtnetlink::decode_address(message.payload));
        let _ = rtnetlink::decode_netns_id(message.payload);
        assert!(Attributes::new(message.payload).count() <= message.payload.len());
    }
    assert!(messages <= datagram.len());
}

/// What a container engine answers, and a line of its events.
pub fn docker(answer: &[u8]) {
    crate::docker::wire::decode_anything(answer);
}

/// What a resolver answers to a question about an address, and the files that name hosts and resolvers.
pub fn names(bytes: &[u8]) {
    let (v4, v6) = (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 5)), IpAddr::V6(Ipv6Addr::LOCALHOST));
    for address in [v4, v6] {
        let asked = dns::wire::question(7, address);
        let _ = (dns::wire::answer_id(bytes), dns::wire::answer(&asked, bytes));
        // Behind the question as it was asked, so that the rest is looked at.
        let mut answer = asked.clone();
        for (place, value) in [(2, 0x84), (7, 1)] {
            if let Some(byte) = answer.get_mut(place) {
                *byte = value;
            }
        }
        answer.extend_from_slice(bytes);
        let _ = dns::wire::answer(&asked, &answer);
    }
    let text = String::from_utf8_lossy(bytes);
    assert!(dns::hosts::parse_hosts(&text).len() <= text.len());
    assert!(dns::hosts::parse_resolvers(&text).len() <= text.len());
}

/// The bytes that an engine sends, as the HTTP client takes them: head, body, lines.
pub fn engine_http(sent: &[u8]) {
    crate::docker::read_anything(sent);
}

/// Files of `/proc` of one process: what it is, uses, holds and was started with.
pub fn processes(content: &[u8]) {
    crate::process::parse_anything(content);
    let _ = parse_socket_link(content);
    let arguments = String::from_utf8_lossy(content);
    let _ = Proxy::parse(arguments.split('\0'));
    // As somebody would write it, so that more than the program's name is looked at.
    let _ = Proxy::parse(std::iter::once("docker-proxy").chain(arguments.split('\0')));
}

/// Files of control groups, and those that say where a process belongs.
pub fn cgroups(content: &[u8]) {
    crate::cgroup::parse_anything(content);
}

/// Files about the whole machine.
pub fn host(content: &[u8]) {
    crate::host::parse_anything(content);
    let _ = Snmp::parse(content);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;

    /// Everything that was recorded of kernels and engines.
    fn recorded() -> Vec<Vec<u8>> {
        let mut directories = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")];
        let mut found = Vec::new();
        while let Some(directory) = directories.pop() {
            let mut entries: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
            entries.sort();
            for path in entries {
                if path.is_dir() {
                    directories.push(path);
                } else if let Ok(content) = std::fs::read(&path) {
                    found.push(content);
                }
            }
        }
        assert!(found.len() > 50, "{}", found.len());
        found
    }

    fn all(bytes: &[u8]) {
        netlink(bytes);
        docker(bytes);
        names(bytes);
        engine_http(bytes);
        processes(bytes);
        cgroups(bytes);
        host(bytes);
    }

    #[test]
    fn what_was_recorded_is_decoded() {
        for bytes in recorded() {
            all(&bytes);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn random_bytes_make_none_of_them_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            all(&bytes);
        }

        #[test]
        fn changed_records_make_none_of_them_panic(
            which in any::<prop::sample::Index>(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            cut in any::<prop::sample::Index>(),
        ) {
            thread_local! {
                static RECORDED: Vec<Vec<u8>> = recorded();
            }
            RECORDED.with(|recorded| {
                let mut bytes = which.get(recorded).clone();
                for (place, value) in changes {
                    if !bytes.is_empty() {
                        let at = place.index(bytes.len());
                        bytes[at] = value;
                    }
                }
                bytes.truncate(cut.index(bytes.len() * 2 + 1));
                all(&bytes);
            });
        }
    }
}
