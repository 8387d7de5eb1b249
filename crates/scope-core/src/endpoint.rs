//! Where a node can be reached: scoped addresses and ports. Who scopes an address, and by what knowledge, is the collector's business.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{ParseIdError, as_text};
use crate::limits::ID_BYTES;
use crate::time::Timestamp;

/// The transport protocol of an endpoint or a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// `tcp` or `udp`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Within what an address is unique: one text of unreserved characters and colons, empty for the whole world.
///
/// `host:<agent>` for loopback and host-only addresses, `net:<network id>` for container networks, else the operator's realm
/// (empty unless set) for private addresses; public addresses have none. Cheap to clone: addresses of one scope share its text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Option<Arc<str>>);

impl Scope {
    /// The scope of public addresses, and of private ones in the realm without a name.
    pub const WORLD: Self = Self(None);

    /// The scope of what only one host can reach.
    pub fn host(agent: &crate::id::AgentName) -> Self {
        Self(Some(compact_str::format_compact!("host:{agent}").as_str().into()))
    }

    /// The scope of one container network, wherever it reaches.
    pub fn network(id: &str) -> Result<Self, ParseIdError> {
        format!("net:{id}").parse()
    }

    /// The scope as text; empty for the whole world.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether this is the scope of the whole world.
    pub fn is_world(&self) -> bool {
        self.0.is_none()
    }
}

impl FromStr for Scope {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let safe = |b: u8| b.is_ascii_alphanumeric() | matches!(b, b'-' | b'.' | b'_' | b'~' | b':');
        // Without a branch for each byte, as with the digits of an id.
        if text.len() <= ID_BYTES && text.bytes().fold(true, |all, b| all & safe(b)) {
            Ok(Self((!text.is_empty()).then(|| text.into())))
        } else {
            Err(ParseIdError::new(text, "a scope", "more than 512 bytes, or a character outside A-Z a-z 0-9 - . _ ~ :"))
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether `ip` can mean different hosts in different realms: RFC 1918, 6598, 3927 and 4193, and multicast. Loopback is not among them: it
/// means this very host.
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_private() || ip.is_link_local() || ip.is_multicast() || ip.is_broadcast() || (a == 100 && b & 0xc0 == 64)
        }
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_multicast(),
    }
}

/// The address part of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// Every address of the scope: `*`.
    Any,
    /// One address.
    Ip(IpAddr),
}

/// A place that a node listens at: `[scope|]addr:port[-port]/proto`.
///
/// ```
/// use scope_core::Endpoint;
/// for text in ["net:4be1|172.18.0.2:80/tcp", "host:web|*:8000-8010/udp", "[2001:db8::1]:443/tcp"] {
///     assert_eq!(text.parse::<Endpoint>()?.to_string(), text);
/// }
/// # Ok::<(), scope_core::id::ParseIdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// Within what `address` is unique.
    pub scope: Scope,
    /// The address, or all of them.
    pub address: Address,
    /// The first port.
    pub port: u16,
    /// The last port; equal to `port` for a single one.
    pub last_port: u16,
    /// The protocol.
    pub protocol: Protocol,
}

impl Endpoint {
    /// Whether a connection to `at` reaches this endpoint.
    pub fn covers(&self, at: &SocketAddress, protocol: Protocol) -> bool {
        let address = match self.address {
            Address::Any => true,
            Address::Ip(ip) => ip == at.ip,
        };
        address && self.protocol == protocol && self.scope == at.scope && (self.port..=self.last_port).contains(&at.port)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scope.is_world() {
            write!(f, "{}|", self.scope)?;
        }
        match self.address {
            Address::Any => f.write_str("*")?,
            Address::Ip(IpAddr::V4(ip)) => ip.fmt(f)?,
            Address::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]")?,
        }
        write!(f, ":{}", self.port)?;
        if self.last_port != self.port {
            write!(f, "-{}", self.last_port)?;
        }
        write!(f, "/{}", self.protocol)
    }
}

impl FromStr for Endpoint {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseIdError::new(text, "an endpoint", "not of the form `[scope|]addr:port[-port]/proto`");
        let (scope, rest) = split_scope(text)?;
        let (rest, protocol) = rest.rsplit_once('/').ok_or_else(error)?;
        let protocol = match protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            _ => return Err(error()),
        };
        let (address, ports) = rest.rsplit_once(':').ok_or_else(error)?;
        let address = if address == "*" { Address::Any } else { Address::Ip(parse_ip(address).ok_or_else(error)?) };
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        let (port, last_port) = (parse_port(first).ok_or_else(error)?, parse_port(last).ok_or_else(error)?);
        if last_port < port {
            return Err(error());
        }
        Ok(Self { scope, address, port, last_port, protocol })
    }
}

/// One end of connections: `[scope|]addr:port`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketAddress {
    /// Within what `ip` is unique.
    pub scope: Scope,
    /// The address.
    pub ip: IpAddr,
    /// The port.
    pub port: u16,
}

impl fmt::Display for SocketAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scope.is_world() {
            write!(f, "{}|", self.scope)?;
        }
        std::net::SocketAddr::new(self.ip, self.port).fmt(f)
    }
}

impl FromStr for SocketAddress {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scope, rest) = split_scope(text)?;
        let parsed = rest.rsplit_once(':').and_then(|(address, port)| Some((parse_ip(address)?, parse_port(port)?)));
        let (ip, port) = parsed.ok_or_else(|| ParseIdError::new(text, "an address", "not of the form `[scope|]addr:port`"))?;
        Ok(Self { scope, ip, port })
    }
}

/// A client's address, or the network that many clients were folded into: `[scope|]addr[/prefix]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientAddress {
    /// Within what `ip` is unique.
    pub scope: Scope,
    /// The address, or the first of the network.
    pub ip: IpAddr,
    /// Bits of the network; 32 or 128 for one address.
    pub prefix: u8,
}

impl ClientAddress {
    /// The address of a single client.
    pub fn single(scope: Scope, ip: IpAddr) -> Self {
        Self { scope, ip, prefix: whole(ip) }
    }

    /// Whether it stands for one address.
    pub fn is_single(&self) -> bool {
        self.prefix == whole(self.ip)
    }
}

fn whole(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scope.is_world() {
            write!(f, "{}|", self.scope)?;
        }
        self.ip.fmt(f)?;
        if self.is_single() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

impl FromStr for ClientAddress {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseIdError::new(text, "a client's address", "not of the form `[scope|]addr[/prefix]`");
        let (scope, rest) = split_scope(text)?;
        let (address, prefix) = match rest.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (rest, None),
        };
        let ip: IpAddr = address.parse().map_err(|_| error())?;
        let prefix = match prefix {
            None => whole(ip),
            Some(bits) => parse_port(bits).and_then(|bits| u8::try_from(bits).ok()).filter(|bits| *bits < whole(ip)).ok_or_else(error)?,
        };
        Ok(Self { scope, ip, prefix })
    }
}

fn split_scope(text: &str) -> Result<(Scope, &str), ParseIdError> {
    match text.split_once('|') {
        // An empty scope has one spelling: none.
        Some(("", _)) => Err(ParseIdError::new(text, "an address", "nothing before `|`")),
        Some((scope, rest)) => Ok((scope.parse()?, rest)),
        None => Ok((Scope::WORLD, text)),
    }
}

/// IPv6 in brackets, IPv4 without.
fn parse_ip(text: &str) -> Option<IpAddr> {
    match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.parse().ok().map(IpAddr::V6),
        None => text.parse().ok().map(IpAddr::V4),
    }
}

/// Decimal digits without sign or leading noughts.
fn parse_port(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

as_text!(Scope, Endpoint, SocketAddress, ClientAddress);

/// An endpoint of a node, and since when the node has it. A flow last seen before that never resolves to the node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OwnedEndpoint {
    /// Where.
    pub at: Endpoint,
    /// Since when; absent where the source cannot tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn any_scope()(text in "(host:[a-z0-9.-]{1,9}|net:[0-9a-f]{4}|realm)?") -> Scope { text.parse().unwrap() }
    }

    proptest! {
        #[test]
        fn endpoints_read_back(scope in any_scope(), ip in any::<Option<IpAddr>>(), port in any::<u16>(), more in 0_u16..100, udp in any::<bool>()) {
            let address = ip.map_or(Address::Any, Address::Ip);
            let protocol = if udp { Protocol::Udp } else { Protocol::Tcp };
            let endpoint = Endpoint { scope, address, port, last_port: port.saturating_add(more), protocol };
            prop_assert_eq!(endpoint.to_string().parse::<Endpoint>().unwrap(), endpoint);
        }

        #[test]
        fn addresses_read_back(scope in any_scope(), ip in any::<IpAddr>(), port in any::<u16>(), prefix in 0_u8..=128) {
            let at = SocketAddress { scope: scope.clone(), ip, port };
            prop_assert_eq!(at.to_string().parse::<SocketAddress>().unwrap(), at);
            let client = ClientAddress { scope, ip, prefix: prefix.min(whole(ip)) };
            prop_assert_eq!(client.to_string().parse::<ClientAddress>().unwrap(), client);
        }

        #[test]
        fn what_parses_has_one_spelling(text in "(|[a-z]{0,3}\\|)(\\*|[0-9.]{0,9}|\\[[0-9a-f:]{0,9}\\]):?[0-9]{0,6}(-[0-9]{0,6})?(/tcp|/udp|/24|/)?") {
            if let Ok(endpoint) = text.parse::<Endpoint>() {
                prop_assert_eq!(endpoint.to_string().parse::<Endpoint>().unwrap(), endpoint);
            }
        }
    }

    #[test]
    fn covers_by_scope_address_and_port() {
        let endpoint: Endpoint = "host:a|*:80-90/tcp".parse().unwrap();
        assert!(endpoint.covers(&"host:a|10.0.0.1:85".parse().unwrap(), Protocol::Tcp));
        assert!(!endpoint.covers(&"host:b|10.0.0.1:85".parse().unwrap(), Protocol::Tcp));
        assert!(!endpoint.covers(&"host:a|10.0.0.1:85".parse().unwrap(), Protocol::Udp));
        assert!(!endpoint.covers(&"host:a|10.0.0.1:91".parse().unwrap(), Protocol::Tcp));
    }
}
