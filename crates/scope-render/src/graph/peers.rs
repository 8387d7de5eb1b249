//! What nobody watches: the internet, private peers by name or network, endpoints that several nodes share.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv6Addr};

use hashbrown::HashMap;
use scope_core::flow::Side;
use scope_core::{Protocol, Scope, SocketAddress};

use super::NONE;
use super::address::ip_bits;
use super::nodes::Text;

/// A node that stands for what nobody watches.
#[derive(Clone, Debug)]
pub struct Pseudo<'s> {
    /// Its id, of the form of every other: `internet:servers`, `unwatched:10.0.0.0-24`.
    pub id: String,
    /// `internet`, `unwatched` or `shared`.
    pub kind: &'static str,
    /// Its name for people.
    pub name: Text<'s>,
    /// Addresses that were met, up to eight, in order; the internet keeps none.
    pub addresses: Vec<IpAddr>,
    /// Whether there were more.
    pub more: bool,
    /// What it belongs to, as far as that is known.
    pub(super) parent: u32,
}

impl Pseudo<'_> {
    /// The same, with what it borrows.
    pub(super) fn to_static(&self) -> Pseudo<'static> {
        let Self { id, kind, name, addresses, more, parent } = self;
        Pseudo { id: id.clone(), kind, name: name.to_string().into(), addresses: addresses.clone(), more: *more, parent: *parent }
    }
}

/// Most addresses kept of one peer.
const ADDRESSES: usize = 8;

/// Finds or makes the nodes that stand for unknown peers.
#[derive(Debug)]
pub(super) struct Peers<'s, 'g> {
    first: u32,
    pseudo: &'g mut Vec<Pseudo<'s>>,
    by_id: HashMap<String, u32>,
    by_network: HashMap<(&'s str, u128, u8), u32>,
    by_name: HashMap<(&'s str, &'s str), u32>,
    /// What any flow calls an address.
    names: HashMap<(&'s str, u128), &'s str>,
    internet: [u32; 2],
}

impl<'s, 'g> Peers<'s, 'g> {
    /// No peers yet; they are numbered from `first`.
    pub(super) fn new(first: usize, pseudo: &'g mut Vec<Pseudo<'s>>) -> Self {
        Self {
            first: first as u32,
            pseudo,
            by_id: HashMap::new(),
            by_network: HashMap::new(),
            by_name: HashMap::new(),
            names: HashMap::new(),
            internet: [NONE; 2],
        }
    }

    /// Notes what an unknown peer is called. Of several names the first in alphabetical order stays.
    pub(super) fn call(&mut self, scope: &'s Scope, ip: IpAddr, name: &'s str) {
        if !name.is_empty() {
            self.names.entry((scope.as_str(), ip_bits(ip))).and_modify(|known| *known = name.min(*known)).or_insert(name);
        }
    }

    /// The node for an unknown peer at `ip`. `side` is the end that the peer is; `prefix` the network that it was folded into, if it was.
    pub(super) fn unknown(&mut self, side: Side, scope: &'s Scope, ip: IpAddr, prefix: Option<u8>) -> u32 {
        let place = Place::of(scope, ip);
        if place == Place::Public {
            let at = usize::from(side == Side::Server);
            if let Some(known) = self.internet.get(at).copied().filter(|known| *known != NONE) {
                return known;
            }
            let (id, name) = match side {
                Side::Client => ("internet:clients", "Internet (clients)"),
                Side::Server => ("internet:servers", "Internet (servers)"),
            };
            let number = self.add(id.to_owned(), "internet", name.into(), NONE);
            if let Some(place) = self.internet.get_mut(at) {
                *place = number;
            }
            return number;
        }
        let name = self.names.get(&(scope.as_str(), ip_bits(ip))).copied().filter(|_| prefix.is_none() && place == Place::Private);
        let number = match name {
            Some(name) => self.named(scope, name),
            None => self.network(place, scope, ip, prefix),
        };
        self.met(number, ip);
        number
    }

    fn named(&mut self, scope: &'s Scope, name: &'s str) -> u32 {
        if let Some(number) = self.by_name.get(&(scope.as_str(), name)) {
            return *number;
        }
        let id = format!("unwatched:{}name:{}", scoped(scope), safe(name));
        let number = self.add(id, "unwatched", name.into(), NONE);
        self.by_name.insert((scope.as_str(), name), number);
        number
    }

    fn network(&mut self, place: Place, scope: &'s Scope, ip: IpAddr, folded: Option<u8>) -> u32 {
        let (network, bits) = network(place, ip, folded);
        let key = (scope.as_str(), ip_bits(network), bits);
        if let Some(number) = self.by_network.get(&key) {
            return *number;
        }
        let (id, name) = match place {
            Place::Multicast => (format!("unwatched:{}multicast", scoped(scope)), "multicast".to_owned()),
            _ => (format!("unwatched:{}{network}-{bits}", scoped(scope)), format!("{network}/{bits}")),
        };
        let number = self.add(id, "unwatched", name.into(), NONE);
        self.by_network.insert(key, number);
        number
    }

    /// The node for an endpoint that several nodes have, of which nobody can say which one was meant. They belong to `parent`, if to any one node.
    pub(super) fn shared(&mut self, at: &SocketAddress, protocol: Protocol, parent: u32) -> u32 {
        let id = format!("shared:{}{}:{}:{protocol}", scoped(&at.scope), at.ip, at.port);
        let name = format!("{}/{protocol} (several)", std::net::SocketAddr::new(at.ip, at.port));
        self.add(id, "shared", name.into(), parent)
    }

    fn add(&mut self, id: String, kind: &'static str, name: Text<'s>, parent: u32) -> u32 {
        if let Some(number) = self.by_id.get(&id) {
            return *number;
        }
        let number = self.first + self.pseudo.len() as u32;
        self.by_id.insert(id.clone(), number);
        self.pseudo.push(Pseudo { id, kind, name, addresses: Vec::new(), more: false, parent });
        number
    }

    fn met(&mut self, number: u32, ip: IpAddr) {
        let Some(pseudo) = number.checked_sub(self.first).and_then(|at| self.pseudo.get_mut(at as usize)) else { return };
        let Err(at) = pseudo.addresses.binary_search(&ip) else { return };
        pseudo.addresses.insert(at, ip);
        // The smallest ones stay, whatever order they come in.
        if pseudo.addresses.len() > ADDRESSES {
            pseudo.addresses.pop();
            pseudo.more = true;
        }
    }
}

/// The scope as the beginning of an id.
fn scoped(scope: &Scope) -> String {
    if scope.is_world() { String::new() } else { format!("{scope}:") }
}

/// Letters of a name that an id has.
const LETTERS: usize = 200;

/// A name in the characters of an id. Two that differ only in others keep apart by a number from their letters.
pub(crate) fn safe(name: &str) -> Cow<'_, str> {
    let is_safe = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase() || matches!(byte, b'-' | b'.' | b'_');
    if name.len() <= LETTERS && name.bytes().all(is_safe) {
        return name.into();
    }
    let mut id: String =
        name.chars().take(LETTERS).map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') { c.to_ascii_lowercase() } else { '~' }).collect();
    if id != name {
        // FNV-1a: the same on every machine.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let _ = write!(id, "~{hash:016x}");
    }
    id.into()
}

/// Where an address can be reached from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Everywhere.
    Public,
    /// Within a realm, a network or a host.
    Private,
    /// A group of receivers, or all of a network.
    Multicast,
}

impl Place {
    fn of(scope: &Scope, ip: IpAddr) -> Self {
        let ip = ip.to_canonical();
        match ip {
            _ if ip.is_multicast() => Self::Multicast,
            IpAddr::V4(ip) if ip.is_broadcast() => Self::Multicast,
            _ if !scope.is_world() || ip.is_loopback() || ip.is_unspecified() => Self::Private,
            _ if is_private(ip) => Self::Private,
            _ => Self::Public,
        }
    }
}

/// Whether an address means something within a realm only.
pub(super) fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            // RFC 1918, RFC 3927, RFC 6598 (carriers' shared space), and this network (RFC 791).
            ip.is_private() || ip.is_link_local() || (a == 100 && b & 0xc0 == 64) || a == 0
        }
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// The network that an unknown address is shown as: what it was folded into, else the customary /24 and /64.
fn network(place: Place, ip: IpAddr, folded: Option<u8>) -> (IpAddr, u8) {
    let ip = ip.to_canonical();
    if place == Place::Multicast {
        return (IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0);
    }
    match ip {
        IpAddr::V4(ip) => {
            let bits = folded.map_or(24, |folded| folded.min(24));
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            (IpAddr::V4((ip.to_bits() & mask).into()), bits)
        }
        IpAddr::V6(ip) => {
            let bits = folded.map_or(64, |folded| folded.min(64));
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            (IpAddr::V6((ip.to_bits() & mask).into()), bits)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    fn ids(peers: &[(&str, &str, Option<&str>)]) -> Vec<(String, String)> {
        let (mut pseudo, parsed): (_, Vec<(Scope, IpAddr, Option<&str>)>) =
            (Vec::new(), peers.iter().map(|(scope, ip, name)| (scope.parse().unwrap(), ip.parse().unwrap(), *name)).collect());
        let mut all = Peers::new(0, &mut pseudo);
        for (scope, ip, name) in &parsed {
            all.call(scope, *ip, name.unwrap_or_default());
        }
        for (scope, ip, _) in &parsed {
            all.unknown(Side::Server, scope, *ip, None);
        }
        pseudo.into_iter().map(|pseudo| (pseudo.id, pseudo.name.into_owned())).collect()
    }

    #[test]
    fn private_peers_go_by_name_or_network_and_public_ones_together() {
        let found = ids(&[
            ("", "93.184.216.34", None),
            ("", "2001:4860::1", Some("a.example")),
            ("", "10.1.2.3", None),
            ("", "10.1.2.77", None),
            ("", "10.1.2.9", Some("db.internal")),
            ("", "10.1.2.9", Some("zz.internal")),
            ("", "100.64.1.1", None),
            ("", "::ffff:10.1.2.4", None),
            ("", "fd00:1::5", None),
            ("realm-b", "10.1.2.3", None),
            ("", "224.0.0.251", None),
            ("", "ff02::fb", None),
        ]);
        let found: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(
            found,
            [
                "internet:servers",
                "unwatched:10.1.2.0-24",
                "unwatched:name:db.internal",
                "unwatched:100.64.1.0-24",
                "unwatched:fd00:1::-64",
                "unwatched:realm-b:10.1.2.0-24",
                "unwatched:multicast"
            ]
        );
    }

    #[test]
    fn hostile_names_make_safe_ids_that_differ() {
        let found = ids(&[("", "10.0.0.1", Some("<b>\u{1b}[31m")), ("", "10.0.0.2", Some("<i>\u{1b}[31m"))]);
        assert_eq!(found.len(), 2);
        for (id, name) in found {
            assert!(id.parse::<scope_core::NodeId>().is_ok(), "{id}");
            assert!(name.contains('\u{1b}'), "the name is kept; who writes it escapes it");
        }
    }
}
