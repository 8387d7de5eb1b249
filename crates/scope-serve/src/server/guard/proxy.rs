//! What a proxy says of a request: taken from proxies that are trusted, and from others taken as a sign that there is one.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

use super::Network;
use crate::server::auth::Peer;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
const FORWARDED_HOST: &str = "x-forwarded-host";
/// Any of these says that the request went through a proxy.
const SIGNS: [&str; 7] = [FORWARDED_FOR, FORWARDED_PROTO, FORWARDED_HOST, "x-forwarded-server", "x-real-ip", "forwarded", "via"];
/// Most hops that are read.
const HOPS: usize = 32;

/// What is known of a request after hearing its proxies.
pub(super) struct Told {
    pub(super) peer: Peer,
    /// The host that was asked for, where a trusted proxy says so.
    pub(super) host: Option<String>,
}

/// Hears the proxies. Says also whether the nearest one is trusted.
pub(super) fn told(peer: &Peer, headers: &HeaderMap, trusted: &[Network]) -> (Told, bool) {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut peer = peer.clone();
    if !is_trusted(peer.ip()) {
        peer.proxied = SIGNS.iter().any(|sign| headers.contains_key(*sign));
        return (Told { peer, host: None }, false);
    }
    // From the nearest hop outwards: the first that is not trusted is the client. What lies beyond it is only what that client says.
    let hops = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let hops: Vec<&str> = hops.collect();
    for hop in hops.iter().rev().take(HOPS) {
        let Some(address) = hop_address(hop.trim()) else { break };
        peer.address = SocketAddr::new(address, 0);
        if !is_trusted(address) {
            break;
        }
    }
    // The certificate was the proxy's own.
    peer.certificate = None;
    if let Some(proto) = last(headers, FORWARDED_PROTO) {
        peer.tls = proto.eq_ignore_ascii_case("https");
    }
    let host = last(headers, FORWARDED_HOST).map(str::to_owned);
    (Told { peer, host }, true)
}

/// What the nearest proxy said last.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next().map(str::trim).filter(|value| !value.is_empty())
}

/// An address as proxies write it: with a port or without, IPv6 in brackets or without.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip())).map(|address| address.to_canonical())
}
