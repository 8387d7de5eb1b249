//! Seeing through `docker-proxy`: a connection to a published port is joined with the connection that the proxy makes to the container, so
//! that the client is the client and the container is the server, and the proxy is neither.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use hashbrown::{HashMap, HashSet};
use scope_core::{Protocol, Timestamp};

use super::ends::Ends;
use super::world::Proxy;

/// How long a client waits for the proxy's connection, and a container's end for the proxy's, microseconds.
const WAITS_US: i64 = 3_000_000;
/// Most clients that wait for one container's port.
const WAITING: usize = 1024;
/// How long it is remembered for whom a connection of a proxy was that is over, microseconds: the longest time between two dumps.
const OVER_US: i64 = 20_000_000;
/// Most of those remembered.
const OVER: usize = 4_096;

/// The proxies of the host and who is passing through them.
#[derive(Debug, Default)]
pub struct Proxies {
    by_port: HashMap<(Protocol, u16), Vec<(Proxy, u32)>>,
    pids: Vec<u32>,
    targets: HashSet<(Protocol, SocketAddr)>,
    /// Clients that a proxy has taken and not yet passed on, by the target.
    waiting: HashMap<(Protocol, SocketAddr), VecDeque<(Timestamp, SocketAddr)>>,
    /// For whom connections were that proxies made and that are over, by the proxy's end.
    over: HashMap<Ends, (Timestamp, SocketAddr)>,
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
            self.over.clear();
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

    /// Whether a client was taken by the proxy to `target` whom it has not passed on.
    pub fn is_waited_for(&self, proto: Protocol, target: SocketAddr, at: Timestamp) -> bool {
        self.waiting.get(&(proto, target)).and_then(VecDeque::back).is_some_and(|(since, _)| at.micros_since(*since) < WAITS_US)
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

    /// Whether something that came up at `since` may still turn out to be a proxy's at `at`: the two ends of a connection are not read at the same moment, nor are
    /// the two connections of a proxy.
    pub fn may_be_met(since: Timestamp, at: Timestamp) -> bool {
        at.micros_since(since) < WAITS_US
    }

    /// The connection with this end of a proxy's was for `client`, and is over at `at`. The container's end of it may be met later.
    pub fn passed(&mut self, ends: Ends, client: SocketAddr, at: Timestamp) {
        // Ends that are in use again are those of the later connection, also where there is no room for more.
        if self.over.len() < OVER || self.over.contains_key(&ends) {
            self.over.insert(ends, (at, client));
        }
    }

    /// For whom the connection with this end of a proxy's was, which is over.
    pub fn was_for(&self, ends: &Ends) -> Option<SocketAddr> {
        self.over.get(ends).map(|(_, client)| *client)
    }

    /// Forgets whom nobody asks for any more at `at`.
    pub fn expire(&mut self, at: Timestamp) {
        self.over.retain(|_, (since, _)| at.micros_since(*since) < OVER_US);
    }
}
