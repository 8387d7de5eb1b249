//! Where an address is: its scope, and the namespace on this host that has it. Built from the networks that engines name and from the
//! addresses that the kernel has on its links; rebuilt when either changes.

use std::hash::Hash;
use std::net::IpAddr;

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};
use scope_core::{AgentName, Scope};

use super::connection::NetNs;
use super::rtnetlink::LinkAddress;
use super::world::Network;

/// A namespace as it enters the map.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Which one.
    pub netns: NetNs,
    /// The addresses of its links.
    pub addresses: &'a [LinkAddress],
    /// The container networks that it is attached to, by id.
    pub networks: &'a [&'a str],
    /// The namespaces that its links lead to.
    pub beside: &'a [NetNs],
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
    /// Namespaces that reach each other without the host's, by the number of their group.
    groups: HashMap<NetNs, u32>,
    /// Who has an address within a group.
    near: HashMap<(u32, IpAddr), Option<NetNs>>,
    /// Addresses that mean different namespaces of this host in different groups.
    doubled: HashSet<IpAddr>,
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
            groups: groups(host, members),
            near: HashMap::new(),
            doubled: HashSet::new(),
            own: HashMap::new(),
            host_scope,
        };
        let mut places: HashMap<IpAddr, (Option<u32>, NetNs)> = HashMap::new();
        for member in members {
            let linked = member.netns == host || member.beside.contains(&host);
            map.linked.insert(member.netns, linked);
            // Loopbacks of different namespaces are different places.
            let scope = if member.netns == host { map.host_scope.clone() } else { format!("{}:{}", map.host_scope, member.netns).parse().unwrap_or_default() };
            map.local_scopes.insert(member.netns, scope);
            let own = subnets.iter().filter(|(id, _)| member.networks.contains(id)).map(|(_, subnet)| subnet.clone()).collect();
            map.attached.insert(member.netns, own);
            let group = map.groups.get(&member.netns).copied();
            let around = if linked { &mut map.places } else { &mut map.behind };
            for ip in member.addresses.iter().map(|address| address.ip).filter(|ip| !is_local_only(*ip)) {
                map.own.entry(member.netns).or_default().push(ip);
                claim(around, ip, member.netns);
                if let Some(group) = group {
                    claim(&mut map.near, (group, ip), member.netns);
                }
                let first = *places.entry(ip).or_insert((group, member.netns));
                if first.1 != member.netns && (first.0 != group || group.is_none()) {
                    map.doubled.insert(ip);
                }
            }
        }
        // What is sent to an address of the host is the host's on its way through, whoever else gave it to himself.
        for ip in map.own.get(&host).into_iter().flatten() {
            map.places.insert(*ip, Some(host));
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
        let holds = |subnet: &&Subnet| contains(subnet.ip, subnet.prefix, ip);
        let place = self.near(from, ip).flatten();
        let network = self.networks.iter().find(holds);
        if let Some(subnet) = self.attached.get(&place.unwrap_or(from)).into_iter().flatten().find(holds) {
            return &subnet.scope;
        }
        // Within a group, an address that others on this host mean as well, or that lies in a network that the group's holder is not attached to,
        // is nobody's but the holder's.
        if let Some(scope) = place.filter(|_| network.is_some() || self.doubled.contains(&ip)).and_then(|place| self.local_scopes.get(&place)) {
            return scope;
        }
        if let Some(subnet) = network {
            return &subnet.scope;
        }
        if is_private(ip) { &self.realm } else { const { &Scope::WORLD } }
    }

    /// The namespace on this host that has `ip`, as seen from within `from`.
    pub fn locate(&self, from: NetNs, ip: IpAddr) -> Option<NetNs> {
        if is_local_only(ip) {
            return Some(from);
        }
        if let Some(place) = self.near(from, ip) {
            return place;
        }
        if self.linked.get(&from).copied().unwrap_or(true) {
            return self.places.get(&ip).copied().flatten();
        }
        // From behind another namespace: whoever else is behind one, then what lies on the way out.
        match self.behind.get(&ip) {
            Some(place) => *place,
            None => self.places.get(&ip).copied().flatten(),
        }
    }

    /// The namespace that has `ip` among those that `from` reaches without the host's; `Some(None)` where more than one has.
    fn near(&self, from: NetNs, ip: IpAddr) -> Option<Option<NetNs>> {
        self.near.get(&(*self.groups.get(&from)?, ip)).copied()
    }

    /// Whether packets from `from` to `ip` stay among namespaces that reach each other without the host's.
    pub fn is_near(&self, from: NetNs, ip: IpAddr) -> bool {
        self.near(from, ip).is_some()
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

/// Notes that `netns` has an address, and that nobody knows who is meant if another has it too.
fn claim<K: Hash + Eq>(places: &mut HashMap<K, Option<NetNs>>, at: K, netns: NetNs) {
    places.entry(at).and_modify(|place| *place = place.filter(|place| *place == netns)).or_insert(Some(netns));
}

/// Numbers the groups of namespaces that links join. The host's is in none: what it joins, it also tells apart.
fn groups(host: NetNs, members: &[Member<'_>]) -> HashMap<NetNs, u32> {
    let mut pairs: HashMap<NetNs, Vec<NetNs>> = HashMap::new();
    for member in members.iter().filter(|member| member.netns != host) {
        for other in member.beside.iter().filter(|other| **other != host && **other != member.netns) {
            pairs.entry(member.netns).or_default().push(*other);
            pairs.entry(*other).or_default().push(member.netns);
        }
    }
    let mut groups = HashMap::new();
    for (number, first) in (0..).zip(pairs.keys()) {
        let mut waiting = vec![*first];
        while let Some(netns) = waiting.pop() {
            if let Entry::Vacant(group) = groups.entry(netns) {
                group.insert(number);
                waiting.extend(pairs.get(&netns).into_iter().flatten());
            }
        }
    }
    groups
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    const HOST: NetNs = 1;
    const BRIDGE: &str = "b0";

    /// Two containers with an engine of their own each, both with the subnet of the host's, and one container without.
    fn nested() -> Addresses {
        let at = |ips: &[&str]| ips.iter().map(|ip| LinkAddress { index: 2, ip: ip.parse().unwrap(), prefix: 16 }).collect::<Vec<_>>();
        let (none, attached): (&[&str], &[&str]) = (&[], &[BRIDGE]);
        let namespaces = [
            (HOST, at(&["192.168.1.1", "172.17.0.1"]), none, vec![10, 20, 30]),
            (10, at(&["172.17.0.2", "172.18.0.1"]), attached, vec![HOST, 11, 12]),
            (11, at(&["172.18.0.2"]), none, vec![10]),
            (12, at(&["172.18.0.3"]), none, vec![10]),
            (20, at(&["172.17.0.3", "172.18.0.1"]), attached, vec![HOST, 21]),
            (21, at(&["172.18.0.2"]), none, vec![20]),
            (30, at(&["172.17.0.4"]), attached, vec![HOST]),
            (40, at(&["172.19.0.2"]), none, vec![]),
        ];
        let members: Vec<Member<'_>> =
            namespaces.iter().map(|(netns, addresses, networks, beside)| Member { netns: *netns, addresses, networks, beside }).collect();
        let network = Network { id: BRIDGE.into(), subnets: vec![("172.17.0.0".parse().unwrap(), 16)] };
        Addresses::new(&"a".parse().unwrap(), &Scope::WORLD, HOST, &members, &[network])
    }

    #[test]
    fn an_address_is_looked_for_among_those_it_can_be_sent_to() {
        let map = nested();
        let locate = |from, ip: &str| map.locate(from, ip.parse().unwrap());
        assert_eq!([11, 12, 10].map(|from| locate(from, "172.18.0.2")), [Some(11); 3]);
        assert_eq!([21, 20].map(|from| locate(from, "172.18.0.2")), [Some(21); 2]);
        assert_eq!([11, 21].map(|from| locate(from, "172.18.0.1")), [Some(10), Some(20)]);
        assert_eq!(locate(30, "172.18.0.2"), None, "a container beside them cannot mean either");
        assert_eq!([11, 30, HOST].map(|from| locate(from, "172.17.0.3")), [Some(20); 3], "on the way out");
        assert_eq!(locate(30, "172.17.0.1"), Some(HOST));
        assert_eq!(locate(40, "192.168.1.1"), Some(HOST));
        assert_eq!(locate(12, "127.0.0.1"), Some(12));
    }

    #[test]
    fn what_two_mean_has_a_scope_of_its_own_for_each() {
        let map = nested();
        let scope = |from, ip: &str| map.scope(from, ip.parse().unwrap()).as_str();
        assert_eq!([11, 12, 10].map(|from| scope(from, "172.18.0.2")), ["host:a:11"; 3]);
        assert_eq!([21, 20].map(|from| scope(from, "172.18.0.2")), ["host:a:21"; 2]);
        assert_eq!(scope(12, "172.18.0.3"), "", "one of its kind on this host: as others may see it");
        assert_eq!([11, 10, 30, HOST].map(|from| scope(from, "172.17.0.2")), ["net:b0"; 4], "of the network, for whoever asks");
        assert_eq!(scope(HOST, "172.18.0.2"), "");
    }

    #[test]
    fn only_links_of_its_own_lead_through_the_host() {
        let map = nested();
        assert_eq!([HOST, 10, 11, 21, 30, 40].map(|netns| map.is_linked(netns)), [true, true, false, false, true, false]);
        let ip = "172.18.0.2".parse().unwrap();
        assert_eq!([10, 11, 30, HOST].map(|netns| map.is_near(netns, ip)), [true, true, false, false]);
    }

    #[test]
    fn what_one_has_twice_is_his_and_what_two_have_in_one_group_is_nobodys() {
        let at = |ip: &str, index| LinkAddress { index, ip: ip.parse().unwrap(), prefix: 24 };
        let (twice, once) = ([at("10.0.0.2", 2), at("10.0.0.2", 3), at("10.0.0.9", 2)], [at("10.0.0.9", 2)]);
        let members = [Member { netns: 5, addresses: &twice, networks: &[], beside: &[6] }, Member { netns: 6, addresses: &once, networks: &[], beside: &[] }];
        let map = Addresses::new(&"a".parse().unwrap(), &Scope::WORLD, HOST, &members, &[]);
        assert_eq!(map.locate(6, "10.0.0.2".parse().unwrap()), Some(5));
        assert_eq!(map.locate(6, "10.0.0.9".parse().unwrap()), None);
    }
}
