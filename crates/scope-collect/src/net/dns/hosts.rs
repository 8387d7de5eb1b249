//! Names of addresses from a hosts file, and resolvers from `resolv.conf`, both as text.

use std::net::IpAddr;

use compact_str::CompactString;
use hashbrown::HashMap;

/// Most bytes read of either file.
pub const FILE_BYTES: u64 = 1 << 20;
/// Most entries kept of a hosts file: some hold block lists.
const ENTRIES: usize = 4096;
/// What resolvers use at most (`MAXNS` of resolv.h).
const RESOLVERS: usize = 3;

/// Address -> first name of each line of a hosts file. The first line of an address wins. Loopback and unspecified addresses are left out:
/// they name this host, or block a name.
pub fn parse_hosts(text: &str) -> HashMap<IpAddr, CompactString> {
    let mut names = HashMap::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_ascii_whitespace();
        let (Some(address), Some(name)) = (words.next(), words.next()) else { continue };
        let Ok(ip) = address.parse::<IpAddr>() else { continue };
        let plain = name.len() <= 253 && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if plain && !ip.is_loopback() && !ip.is_unspecified() && names.len() < ENTRIES {
            names.entry(ip.to_canonical()).or_insert_with(|| name.into());
        }
    }
    names
}

/// The addresses of the `nameserver` lines. Scoped ones (`fe80::1%eth0`) are left out.
pub fn parse_resolvers(text: &str) -> Vec<IpAddr> {
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix("nameserver"))
        .filter_map(|rest| rest.split_ascii_whitespace().next()?.parse().ok())
        .take(RESOLVERS)
        .collect()
}
