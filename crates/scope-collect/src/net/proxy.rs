//! Seeing through `docker-proxy`: a connection to a published port is joined with the connection that the proxy makes to the container, so
//! that the client is the client and the container is the server, and the proxy is neither.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use hashbrown::{HashMap, HashSet};
use scope_core::{Protocol, Timestamp};

use super::world::Proxy;

/// How long a client waits for the proxy's connection, microseconds.
const WAITS_US: i64 = 3_000_000;
/// Most clients that wait for one container's port.
const WAITING: usize = 1024;

/// The proxies of the host and who is passing through them.
#[derive(Debug, Default)]
pub struct Proxies {
    by_port: HashMap<(Protocol, u16), Vec<(Proxy, u32)>>,
    pids: Vec<u32>,
    targets: HashSet<(Protocol, SocketAddr)>,
    /// Clients that a proxy has taken and not yet passed on, by the target.
    waiting: HashMap<(Protocol, SocketAddr), VecDeque<(Timestamp, SocketAddr)>>,
}

impl Proxies {
    /// Takes the proxies that run now, with their pids.
    pub fn replace(&mut self, running: impl Iterator<Item = (u32, Proxy)>) {
        self.by_port.clear();
        self.pids.clear();
        self.targets.clear();
        for (pid, proxy) in running {
            self.by_port.entry((proxy.proto, proxy.listen.port())).or_default().push((proxy, pid));
            self.targets.insert((proxy.proto, proxy.target));
            self.pids.push(pid);
        }
        self.pids.sort_unstable();
        if self.pids.is_empty() {
            self.waiting.clear();
        }
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.pids.is_empty()
    }

    /// The pids, in order.
    pub fn pids(&self) -> &[u32] {
        &self.pids
    }

    /// Whether this process is one.
    pub fn is_proxy(&self, pid: u32) -> bool {
        self.pids.binary_search(&pid).is_ok()
    }

    /// The container's address behind `at`, which is one of the host's.
    pub fn target_of(&self, proto: Protocol, at: SocketAddr) -> Option<SocketAddr> {
        let same_port = self.by_port.get(&(proto, at.port()))?;
        let on = |ip: IpAddr| same_port.iter().find(|(proxy, _)| proxy.listen.ip() == ip).map(|(proxy, _)| proxy.target);
        let unspecified: IpAddr = if at.is_ipv4() { std::net::Ipv4Addr::UNSPECIFIED.into() } else { std::net::Ipv6Addr::UNSPECIFIED.into() };
        on(at.ip()).or_else(|| on(unspecified))
    }

    /// Whether some proxy leads to `target`.
    pub fn leads_to(&self, proto: Protocol, target: SocketAddr) -> bool {
        self.targets.contains(&(proto, target))
    }

    /// `client` was taken by the proxy to `target`.
    pub fn taken(&mut self, proto: Protocol, target: SocketAddr, client: SocketAddr, at: Timestamp) {
        let waiting = self.waiting.entry((proto, target)).or_default();
        if waiting.len() >= WAITING {
            waiting.pop_front();
        }
        waiting.push_back((at, client));
    }

    /// Whose connection the proxy passes on to `target`: proxies pass them on in the order in which they came.
    pub fn passed_on(&mut self, proto: Protocol, target: SocketAddr, at: Timestamp) -> Option<SocketAddr> {
        let waiting = self.waiting.get_mut(&(proto, target))?;
        while let Some((since, client)) = waiting.pop_front() {
            if at.micros_since(since) < WAITS_US {
                return Some(client);
            }
        }
        None
    }
}
