//! The host that a request is for: found, read, and told apart as a name or an address.

use std::net::{IpAddr, Ipv6Addr};

use http::header;

use super::Turned;

/// A host without its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HostName {
    /// An address.
    Address(IpAddr),
    /// A name, in lower case, without a dot at its end.
    Name(String),
}

impl HostName {
    /// Whether it can only mean this machine.
    pub(super) fn is_local(&self) -> bool {
        match self {
            Self::Address(address) => address.is_loopback(),
            Self::Name(name) => name == "localhost",
        }
    }
}

/// What the request says that it is for: the authority of HTTP/2, `Host` of HTTP/1; both where they agree.
pub(super) fn of<B>(request: &http::Request<B>) -> Result<String, Turned> {
    let mut headers = request.headers().get_all(header::HOST).iter();
    let header = headers.next().map(|value| value.to_str().map_err(|_| Turned::NoHost)).transpose()?;
    if headers.next().is_some() {
        return Err(Turned::NoHost);
    }
    match (request.uri().authority().map(http::uri::Authority::as_str), header) {
        (Some(authority), Some(header)) if !authority.eq_ignore_ascii_case(header) => Err(Turned::NoHost),
        (Some(host), _) | (None, Some(host)) => Ok(host.to_owned()),
        (None, None) => Err(Turned::NoHost),
    }
}

/// `host`, `host:port`, `[v6]:port`. None where it is nothing of that: no user, no path, nothing else.
pub(super) fn split(authority: &str) -> Option<(HostName, Option<u16>)> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (address, after) = rest.split_once(']')?;
        let address = IpAddr::V6(address.parse::<Ipv6Addr>().ok()?).to_canonical();
        (HostName::Address(address), after)
    } else {
        let (host, after) = authority.find(':').map_or((authority, ""), |at| authority.split_at(at));
        (name_or_address(host)?, after)
    };
    let port = match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
        Some(_) => return None,
        None if port.is_empty() => None,
        None => return None,
    };
    Some((host, port))
}

fn name_or_address(host: &str) -> Option<HostName> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(HostName::Address(address));
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let fits = (1..=253).contains(&host.len()) && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    fits.then(|| HostName::Name(host.to_ascii_lowercase()))
}

/// Host and port as they stand in an origin.
pub(super) fn join(host: &HostName, port: Option<u16>) -> String {
    let host = match host {
        HostName::Address(IpAddr::V6(address)) => format!("[{address}]"),
        HostName::Address(address) => address.to_string(),
        HostName::Name(name) => name.clone(),
    };
    port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}
