//! What a server is told at its start. Flags and environment variables are the command's business.

use std::fmt;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::guard::Network;
use super::tls::TlsSettings;

/// The settings of a server.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens for browsers, tools and agents.
    pub bind: SocketAddr,
    /// Under which path everything lies, where a proxy gives it only a part of a site.
    pub base_path: BasePath,
    /// Whether it speaks TLS, and with which certificate.
    pub tls: Option<TlsSettings>,
    /// Where settings, tokens and credentials are kept.
    pub data_dir: PathBuf,
    /// Names that it goes by, beside `localhost` and its addresses.
    pub host_names: Vec<String>,
    /// Proxies that are believed what they say of whom they speak for.
    pub trusted_proxies: Vec<Network>,
    /// Where profiles and the like are served: loopback only, none where absent.
    pub admin: Option<SocketAddr>,
    /// How much of everything it takes.
    pub limits: Limits,
}

impl Config {
    /// A server at `bind` with its files in `data_dir`, and nothing else asked for: in clear, at the top of its site, known as `localhost`.
    pub fn new(bind: SocketAddr, data_dir: PathBuf) -> Self {
        Self {
            bind,
            data_dir,
            base_path: BasePath::default(),
            tls: None,
            host_names: Vec::new(),
            trusted_proxies: Vec::new(),
            admin: None,
            limits: Limits::default(),
        }
    }

    /// Where agents find it: by its name, else by its address. Where it listens on all addresses and has no name, that is `outward`, the one by which this
    /// machine reaches others; unknown without one.
    pub fn agents_url(&self, outward: impl FnOnce() -> Option<IpAddr>) -> Option<String> {
        let host = match self.host_names.first() {
            Some(name) => format!("{name}:{}", self.bind.port()),
            None if self.bind.ip().is_unspecified() => SocketAddr::new(outward()?, self.bind.port()).to_string(),
            None => self.bind.to_string(),
        };
        Some(format!("{}://{host}{}", if self.tls.is_some() { "https" } else { "http" }, self.base_path))
    }

    /// Where browsers of this machine find it.
    pub fn url(&self) -> String {
        let host = if self.bind.ip().is_unspecified() { format!("localhost:{}", self.bind.port()) } else { self.bind.to_string() };
        format!("{}://{host}{}", if self.tls.is_some() { "https" } else { "http" }, self.base_path)
    }
}

/// The address by which this machine reaches others, as its routes have it. Nothing is sent: to connect a socket for datagrams only looks for the way.
pub fn outward_address() -> Option<IpAddr> {
    // Documentation addresses (RFC 5737, RFC 3849): they lead where the internet does.
    [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")].into_iter().find_map(|(from, to)| {
        let socket = UdpSocket::bind(from).ok()?;
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_unspecified() && !ip.is_loopback())
    })
}

/// Bounds of what a server takes at once. Whatever is refused by one of them is counted.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections open at once.
    pub connections: usize,
    /// Subscriptions of one caller at once.
    pub subscriptions: usize,
    /// Bytes of a request's body, where nothing else is said.
    pub body_bytes: usize,
    /// Bytes of records in one request, as they come over the wire.
    pub records_bytes: usize,
    /// Records in one request.
    pub records: usize,
    /// Time to send a request's head, and to shake hands for TLS.
    pub head: Duration,
    /// Time between two parts of a request's body.
    pub body_pause: Duration,
    /// Time for the whole body, where it is not a stream.
    pub body: Duration,
    /// Time that requests under way get at the end.
    pub drain: Duration,
    /// What one question in SQL may use.
    pub sql: SqlLimits,
}

/// Bounds of the process that answers a question in SQL.
#[derive(Clone, Copy, Debug)]
pub struct SqlLimits {
    /// Questions that are answered at once.
    pub at_once: usize,
    /// Time from question to answer.
    pub time: Duration,
    /// Rows of an answer.
    pub rows: usize,
    /// Bytes of memory, the program and the state included.
    pub memory_bytes: u64,
}

impl Default for SqlLimits {
    fn default() -> Self {
        Self { at_once: 2, time: Duration::from_secs(10), rows: 10_000, memory_bytes: 1 << 30 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            subscriptions: 64,
            body_bytes: 1 << 20,
            records_bytes: 64 << 20,
            records: 1_000_000,
            head: Duration::from_secs(10),
            body_pause: Duration::from_secs(20),
            body: Duration::from_mins(1),
            drain: Duration::from_secs(5),
            sql: SqlLimits::default(),
        }
    }
}

/// A path that everything lies under: empty, or `/scope` without a slash at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// Its text, to put before any path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether everything lies at the top.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no base path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a base path is `/` and words of A-Z, a-z, 0-9, `-`, `_` and `.`, such as /scope or /tools/scope")]
pub struct ParseBasePathError;

impl FromStr for BasePath {
    type Err = ParseBasePathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_suffix('/').unwrap_or(text);
        if path.is_empty() {
            return Ok(Self::default());
        }
        let is_word = |word: &str| {
            !word.is_empty() && !matches!(word, "." | "..") && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        };
        let fits = path.len() <= 256 && path.strip_prefix('/').is_some_and(|words| words.split('/').all(is_word));
        fits.then(|| Self(path.to_owned())).ok_or(ParseBasePathError)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn agents_find_it_by_name_else_by_the_address_that_leads_outward() {
        let outward = || Some(IpAddr::from([192, 0, 2, 7]));
        let mut config = Config::new("0.0.0.0:4040".parse().unwrap(), PathBuf::new());
        assert_eq!(config.agents_url(outward).unwrap(), "http://192.0.2.7:4040");
        assert_eq!(config.agents_url(|| "2001:db8::7".parse().ok()).unwrap(), "http://[2001:db8::7]:4040");
        assert_eq!(config.agents_url(|| None), None);
        config.host_names.push("scope.example".to_owned());
        config.base_path = "/tools".parse().unwrap();
        assert_eq!(config.agents_url(outward).unwrap(), "http://scope.example:4040/tools");
        config = Config::new("127.0.0.1:4041".parse().unwrap(), PathBuf::new());
        assert_eq!(config.agents_url(outward).unwrap(), "http://127.0.0.1:4041");
    }

    #[test]
    fn base_paths_are_words() {
        for (text, path) in [("", ""), ("/", ""), ("/scope", "/scope"), ("/scope/", "/scope"), ("/a/b-c_d.e", "/a/b-c_d.e")] {
            assert_eq!(text.parse::<BasePath>().unwrap().as_str(), path);
        }
        for text in ["scope", "//", "/a//b", "/..", "/a/../b", "/{x}", "/a b", "/ä", "/a?b", "/%2e"] {
            assert_eq!(text.parse::<BasePath>(), Err(ParseBasePathError), "{text}");
        }
    }
}
