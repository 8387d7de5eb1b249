//! Where an address is: its scope, and the namespace on this host that has it. Built from the networks that engines name and from the
//! addresses that the kernel has on its links; rebuilt when either changes.

use std::net::IpAddr;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use scope_core::{AgentName, Scope};

use super::connection::NetNs;
use super::rtnetlink::{Link, LinkAddress};
use super::world::Network;

/// A namespace as it enters the map.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Which one.
    pub netns: NetNs,
    /// Its links.
    pub links: &'a [Link],
    /// Their addresses.
    pub addresses: &'a [LinkAddress],
    /// The container networks that it is attached to, by id.
    pub networks: &'a [&'a str],
}

/// Scopes and places of addresses on one host.
#[derive(Debug)]
pub struct Addresses {
    host: NetNs,
    realm: Scope,
    /// Of loopback and link-local addresses, by namespace.
    local_scopes: HashMap<NetNs, Scope>,
    host_scope: Scope,
    /// Subnets of all container networks, the longest prefix first.
    networks: Vec<Subnet>,
    /// Those that a namespace is attached to: they decide where subnets overlap.
    attached: HashMap<NetNs, Vec<Subnet>>,
    /// Who has an address among the host and what is linked to it; `None` where more than one has.
    places: HashMap<IpAddr, Option<NetNs>>,
    /// The same among namespaces behind others, such as containers in containers.
    behind: HashMap<IpAddr, Option<NetNs>>,
    linked: HashMap<NetNs, bool>,
    /// Addresses of each namespace that others can reach it at.
    own: HashMap<NetNs, Vec<IpAddr>>,
}

#[derive(Clone, Debug)]
struct Subnet {
    ip: IpAddr,
    prefix: u8,
    scope: Scope,
}

impl Addresses {
    /// A map of `members`, of which `host` is the host's own namespace. Networks whose id is no scope are left out.
    pub fn new(agent: &AgentName, realm: &Scope, host: NetNs, members: &[Member<'_>], networks: &[Network]) -> Self {
        let host_scope = Scope::host(agent);
        let mut subnets: Vec<(&str, Subnet)> = networks
            .iter()
            .filter_map(|network| Some((network, Scope::network(&network.id).ok()?)))
            .flat_map(|(network, scope)| {
                network.subnets.iter().map(move |(ip, prefix)| (network.id.as_str(), Subnet { ip: *ip, prefix: *prefix, scope: scope.clone() }))
            })
            .collect();
        subnets.sort_by(|(_, a), (_, b)| (b.prefix, &a.scope).cmp(&(a.prefix, &b.scope)));

        let mut map = Self {
            host,
            realm: realm.clone(),
            local_scopes: HashMap::new(),
            networks: subnets.iter().map(|(_, subnet)| subnet.clone()).collect(),
            attached: HashMap::new(),
            places: HashMap::new(),
            behind: HashMap::new(),
            linked: HashMap::new(),
            own: HashMap::new(),
            host_scope,
        };
        let host_links = members.iter().find(|m| m.netns == host).map_or(&[][..], |m| m.links);
        for member in members {
            let linked = member.netns == host || is_linked(member.links, host_links);
            map.linked.insert(member.netns, linked);
            // Loopbacks of different namespaces are different places.
            let scope = if member.netns == host { map.host_scope.clone() } else { format!("{}:{}", map.host_scope, member.netns).parse().unwrap_or_default() };
            map.local_scopes.insert(member.netns, scope);
            let own = subnets.iter().filter(|(id, _)| member.networks.contains(id)).map(|(_, subnet)| subnet.clone()).collect();
            map.attached.insert(member.netns, own);
            let places = if linked { &mut map.places } else { &mut map.behind };
            for address in member.addresses {
                if is_local_only(address.ip) {
                    continue;
                }
                map.own.entry(member.netns).or_default().push(address.ip);
                match places.entry(address.ip) {
                    Entry::Vacant(place) => drop(place.insert(Some(member.netns))),
                    Entry::Occupied(mut place) if *place.get() != Some(member.netns) => drop(place.insert(None)),
                    Entry::Occupied(_) => {}
                }
            }
        }
        map
    }

    /// The host's own namespace.
    pub fn host(&self) -> NetNs {
        self.host
    }

    /// The scope of `ip` as seen from within `from`.
    pub fn scope(&self, from: NetNs, ip: IpAddr) -> &Scope {
        if is_local_only(ip) {
            return self.local_scopes.get(&from).unwrap_or(&self.host_scope);
        }
        let own = self.attached.get(&from).into_iter().flatten();
        if let Some(subnet) = own.chain(&self.networks).find(|subnet| contains(subnet.ip, subnet.prefix, ip)) {
            return &subnet.scope;
        }
        if is_private(ip) { &self.realm } else { const { &Scope::WORLD } }
    }

    /// The namespace on this host that has `ip`, as seen from within `from`.
    pub fn locate(&self, from: NetNs, ip: IpAddr) -> Option<NetNs> {
        if is_local_only(ip) {
            return Some(from);
        }
        if self.linked.get(&from).copied().unwrap_or(true) {
            return self.places.get(&ip).copied().flatten();
        }
        // From behind another namespace: its neighbours there first, then what lies on the way out.
        match self.behind.get(&ip) {
            Some(place) => *place,
            None => self.places.get(&ip).copied().flatten(),
        }
    }

    /// Whether packets between `from` and the outside pass through the host's namespace over a link of its own.
    pub fn is_linked(&self, from: NetNs) -> bool {
        self.linked.get(&from).copied().unwrap_or(false)
    }

    /// Whether both addresses are in one container network, so that packets between them are bridged, not routed.
    pub fn same_network(&self, a: IpAddr, b: IpAddr) -> bool {
        let network = |ip| self.networks.iter().find(|subnet| contains(subnet.ip, subnet.prefix, ip)).map(|subnet| &subnet.scope);
        network(a).is_some_and(|scope| network(b) == Some(scope))
    }

    /// The addresses of `netns` without loopback and link-local ones.
    pub fn of(&self, netns: NetNs) -> impl Iterator<Item = IpAddr> {
        self.own.get(&netns).into_iter().flatten().copied()
    }

    /// The host's addresses at which other hosts reach it: without those in container networks.
    pub fn reachable_of_host(&self) -> impl Iterator<Item = IpAddr> {
        self.of(self.host).filter(|ip| !self.networks.iter().any(|subnet| contains(subnet.ip, subnet.prefix, *ip)))
    }

    /// Whether `ip` is one of the host's.
    pub fn is_host(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || self.own.get(&self.host).is_some_and(|own| own.contains(&ip))
    }
}

/// Whether a namespace with `links` hangs on the host's: a pair whose ends name each other, or a link on top of one of the host's.
fn is_linked(links: &[Link], host: &[Link]) -> bool {
    links.iter().any(|link| {
        let Some(other) = link.peer.filter(|_| link.peer_netns_id.is_some()).and_then(|index| host.iter().find(|h| h.index == index)) else { return false };
        match link.kind.as_str() {
            "macvlan" | "macvtap" | "ipvlan" | "ipvtap" => true,
            _ => other.peer == Some(link.index) && other.peer_netns_id.is_some() && other.kind == link.kind,
        }
    })
}

/// Addresses that mean something else in every namespace, or on every link.
fn is_local_only(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_unspecified(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unspecified() || ip.is_unicast_link_local(),
    }
}

/// Whether `ip` can mean different hosts in different realms: RFC 1918, 6598, 3927 and 4193, and multicast.
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_private() || ip.is_link_local() || ip.is_multicast() || ip.is_broadcast() || (a == 100 && b & 0xc0 == 64)
        }
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_multicast(),
    }
}

/// Whether `ip` lies in `network/prefix`.
pub fn contains(network: IpAddr, prefix: u8, ip: IpAddr) -> bool {
    match (network, ip) {
        (IpAddr::V4(network), IpAddr::V4(ip)) => {
            let unused = 32_u32.saturating_sub(u32::from(prefix));
            u32::from(network).checked_shr(unused) == u32::from(ip).checked_shr(unused)
        }
        (IpAddr::V6(network), IpAddr::V6(ip)) => {
            let unused = 128_u32.saturating_sub(u32::from(prefix));
            u128::from(network).checked_shr(unused) == u128::from(ip).checked_shr(unused)
        }
        _ => false,
    }
}

/// The first address of the network of `prefix` bits that `ip` lies in.
pub fn network_of(ip: IpAddr, prefix: u8) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => {
            let unused = 32_u32.saturating_sub(u32::from(prefix));
            let mask = u32::MAX.checked_shl(unused).unwrap_or(0);
            IpAddr::V4((u32::from(ip) & mask).into())
        }
        IpAddr::V6(ip) => {
            let unused = 128_u32.saturating_sub(u32::from(prefix));
            let mask = u128::MAX.checked_shl(unused).unwrap_or(0);
            IpAddr::V6((u128::from(ip) & mask).into())
        }
    }
}
