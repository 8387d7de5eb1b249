//! The addresses of all interfaces in pid 1's network namespace: `PROC/1/net`, readable without joining it.
//!
//! IPv4 addresses stand in the `Local:` part of `fib_trie` (`net/ipv4/fib_trie.c`), without their interface, which the connected routes in `route` tell;
//! IPv6 addresses in `if_inet6` (`net/ipv6/addrconf.c`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use compact_str::CompactString;

use super::file;

/// Longest table looked at. A router with a full routing table has more and its later addresses stay unknown.
const TABLE_BYTES: usize = 4 << 20;

/// Most addresses taken; a node with kube-proxy in IPVS mode has one for each service.
const ADDRESSES: usize = 1024;

/// An address of the machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InterfaceAddress {
    /// The address.
    pub address: IpAddr,
    /// Leading bits that its network has in common, where known.
    pub prefix: Option<u8>,
    /// Its interface, where known.
    pub interface: Option<CompactString>,
}

/// All addresses, sorted; whether they are all.
pub(super) fn read(proc: &Path) -> (Vec<InterfaceAddress>, bool) {
    let net = proc.join("1/net");
    let mut content = Vec::new();
    let mut complete = true;
    let mut table = |name: &str| {
        let all = file::read(&net.join(name), &mut content, TABLE_BYTES);
        // Without IPv6 there is no if_inet6; that is all there is to know then.
        complete &= all.unwrap_or(name != "fib_trie");
        std::mem::take(&mut content)
    };
    let (trie, routes, six) = (table("fib_trie"), table("route"), table("if_inet6"));
    let mut found = parse_v4(&trie, &routes);
    found.extend(parse_v6(&six));
    found.sort_unstable();
    found.dedup();
    complete &= found.len() <= ADDRESSES;
    found.truncate(ADDRESSES);
    (found, complete)
}

/// The local addresses of a `fib_trie`, with prefix and interface by the connected routes.
fn parse_v4(trie: &[u8], routes: &[u8]) -> Vec<InterfaceAddress> {
    let text = String::from_utf8_lossy(trie);
    let routes = parse_routes(routes);
    let mut found = Vec::new();
    let mut leaf = None;
    for line in text.lines() {
        let line = line.trim_start();
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse::<Ipv4Addr>().ok();
        } else if line == "/32 host LOCAL"
            && let Some(address) = leaf
        {
            let route = routes.iter().filter(|route| route.holds(address)).max_by_key(|route| route.prefix());
            let (prefix, interface) = match route {
                Some(route) => (Some(route.prefix()), Some(route.interface.clone())),
                None if address.is_loopback() => (Some(8), Some("lo".into())),
                None => (None, None),
            };
            found.push(InterfaceAddress { address: address.into(), prefix, interface });
        }
    }
    found
}

/// Every parser of this module, on anything.
#[cfg(any(fuzzing, test))]
pub(super) fn parse_anything(content: &[u8]) {
    // Both tables come from one input: what is before the first zero byte, and what is behind it.
    let (trie, routes) = content.split_at(content.iter().position(|byte| *byte == 0).unwrap_or(content.len()));
    assert!(parse_v4(trie, routes).len() + parse_v6(content).len() <= content.len());
}

/// A connected route.
struct Route {
    interface: CompactString,
    network: u32,
    mask: u32,
}

impl Route {
    fn holds(&self, address: Ipv4Addr) -> bool {
        address.to_bits() & self.mask == self.network
    }

    fn prefix(&self) -> u8 {
        self.mask.leading_ones() as u8
    }
}

/// The routes of `/proc/net/route` that need no gateway. Addresses stand there as the machine holds them in memory, so little-endian mostly.
fn parse_routes(content: &[u8]) -> Vec<Route> {
    let text = String::from_utf8_lossy(content);
    let route = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let interface = fields.next()?;
        let mut address = |skip: usize| Some(u32::from_be_bytes(u32::from_str_radix(fields.nth(skip)?, 16).ok()?.to_ne_bytes()));
        let (network, gateway, mask) = (address(0)?, address(0)?, address(4)?);
        (gateway == 0 && mask != 0).then(|| Route { interface: interface.into(), network, mask })
    };
    text.lines().filter_map(route).collect()
}

/// `fe80…df4 04 40 20 80 eth0`: address, interface number, prefix length, scope, flags, name; numbers in hexadecimal.
fn parse_v6(content: &[u8]) -> Vec<InterfaceAddress> {
    let text = String::from_utf8_lossy(content);
    let address = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let address = fields.next().filter(|digits| digits.len() == 32)?;
        let address = Ipv6Addr::from_bits(u128::from_str_radix(address, 16).ok()?);
        let prefix = u8::from_str_radix(fields.nth(1)?, 16).ok()?;
        Some(InterfaceAddress { address: address.into(), prefix: Some(prefix), interface: fields.nth(2).map(Into::into) })
    };
    text.lines().filter_map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRIE: &str = "Main:\n  +-- 0.0.0.0/0 3 0 4\n     |-- 172.17.0.0\n        /16 link UNICAST\nLocal:\n  +-- 0.0.0.0/0 3 0 4\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 172.17.0.1\n        /32 host LOCAL\n     |-- 172.17.255.255\n        /32 link BROADCAST\n     |-- 10.9.9.9\n        /32 host LOCAL\n";
    const ROUTES: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\neth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\ndocker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";

    fn address(address: &str, prefix: Option<u8>, interface: Option<&str>) -> InterfaceAddress {
        #[allow(clippy::unwrap_used, reason = "a failed test may panic")]
        InterfaceAddress { address: address.parse().unwrap(), prefix, interface: interface.map(Into::into) }
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn ipv4_addresses_are_named_by_their_connected_route() {
        let found = parse_v4(TRIE.as_bytes(), ROUTES.as_bytes());
        let expected = [address("127.0.0.1", Some(8), Some("lo")), address("172.17.0.1", Some(16), Some("docker0")), address("10.9.9.9", None, None)];
        assert_eq!(found, expected);
    }

    #[test]
    fn ipv6_addresses_have_their_interface() {
        let found = parse_v6(b"fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n00000000000000000000000000000001 01 80 10 80       lo\nbad\n");
        assert_eq!(found, [address("fe80::fc:ff:fe00:1", Some(64), Some("eth0")), address("::1", Some(128), Some("lo"))]);
    }

    proptest! {
        #[test]
        fn nothing_panics(one in prop::collection::vec(any::<u8>(), 0..200), other in "[0-9A-F\t\n ]{0,200}") {
            parse_v4(&one, other.as_bytes());
            parse_v6(&one);
            parse_v6(other.as_bytes());
        }
    }
}
