//! Who may read from the live agent, and what is shown to them. Checked here; what is done with it is the door's and the frames' business.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use scope_core::limits::cut;

/// Clients at a time where nothing else is said.
pub const CLIENTS: usize = 256;
/// How long one frame may take to be handed to the kernel, where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(10);

/// The settings of a live agent.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The origins of pages that may read; any where empty. What is no browser sends none, and may read.
    pub origins: Vec<Origin>,
    /// Attributes that are shown beside figures. With some of them there must be `origins`.
    pub expose: Vec<Attribute>,
    /// Clients at a time.
    pub clients: usize,
    /// How long one frame may wait for the client to take it; then the client is let go.
    pub patience: Duration,
}

impl Default for Settings {
    /// Anybody may read names and figures.
    fn default() -> Self {
        Self { origins: Vec::new(), expose: Vec::new(), clients: CLIENTS, patience: PATIENCE }
    }
}

impl Settings {
    /// Whether a request with these `Origin` headers may read.
    pub(super) fn admits<'a>(&self, mut origins: impl Iterator<Item = &'a [u8]>) -> bool {
        if self.origins.is_empty() {
            return true;
        }
        match (origins.next(), origins.next()) {
            (None, _) => true,
            (Some(origin), None) => {
                std::str::from_utf8(origin).ok().and_then(|origin| origin.parse().ok()).is_some_and(|origin| self.origins.contains(&origin))
            }
            (Some(_), Some(_)) => false,
        }
    }
}

/// The origin of a page: scheme, host and port, in lower case and without the scheme's own port; or `null`, that of files and sandboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

/// The text is no origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no origin: it is scheme://host[:port] without a path, https://example.org:8443, or null")]
pub struct ParseOriginError(String);

impl FromStr for Origin {
    type Err = ParseOriginError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseOriginError(cut(text, 80).into_owned());
        let lower = text.to_ascii_lowercase();
        if lower == "null" {
            return Ok(Self(lower));
        }
        let (scheme, authority) = lower.split_once("://").filter(|_| text.len() <= 512).ok_or_else(error)?;
        let scheme_is_plain = scheme.starts_with(|c: char| c.is_ascii_lowercase()) && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse::<u16>().map_err(|_| error())?)),
            _ => (authority, None),
        };
        let host_is_plain = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok()),
            None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
        };
        if !scheme_is_plain || !host_is_plain {
            return Err(error());
        }
        let own = matches!((scheme, port), ("http", Some(80)) | ("https", Some(443)));
        Ok(Self(match port.filter(|_| !own) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An attribute of a container that can be shown where the operator says so. Environment variables are never among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute(&'static str);

/// The word names no attribute that can be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot be shown: there are {all}", all = Attribute::ALL.join(", "))]
pub struct UnknownAttribute(String);

impl Attribute {
    /// All that can be shown.
    pub const ALL: [&'static str; 11] =
        ["command", "compose_project", "compose_service", "created_at", "health", "image", "labels", "networks", "ports", "restart_count", "state"];

    /// The attribute's name in records and frames.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl FromStr for Attribute {
    type Err = UnknownAttribute;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|name| *name == text).map(Self).ok_or_else(|| UnknownAttribute(cut(text, 80).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_as_browsers_write_them() {
        let canonical = |text: &str| text.parse::<Origin>().unwrap().to_string();
        assert_eq!(canonical("HTTPS://Example.org:443"), "https://example.org");
        assert_eq!(canonical("http://example.org:8080"), "http://example.org:8080");
        assert_eq!(canonical("http://[::1]:80"), "http://[::1]");
        assert_eq!(canonical("http://[::1]"), "http://[::1]");
        assert_eq!(canonical("null"), "null");
        for text in
            ["", "*", "example.org", "http://", "http://a/", "http://a/path", "http://u@a", "http://a:b", "http://a:99999", "http://a b", "://a", "http://[x]"]
        {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_secret_by_nature_cannot_be_exposed() {
        assert_eq!("labels".parse(), Ok(Attribute("labels")));
        assert!("env".parse::<Attribute>().is_err());
        assert!("mounts".parse::<Attribute>().is_err());
    }
}
