//! Who listens where, in every namespace: this says which way a connection goes and who its server is.

use std::net::{IpAddr, SocketAddr};

use hashbrown::HashMap;
use scope_core::{Protocol, Timestamp};

use super::connection::{NetNs, Socket};
use super::owner::Owner;

/// Most listening sockets remembered per namespace.
const PER_NETNS: usize = 16_384;
/// How long a listener that closed still says which way its connections go, microseconds.
const REMEMBERED_US: i64 = 60_000_000;
/// Ports that the kernel gives to who asks for none (`net.ipv4.ip_local_port_range`): a UDP socket there is a client until shown otherwise.
pub const FIRST_EPHEMERAL_PORT: u16 = 32_768;

/// A socket that takes connections, or datagrams from anybody.
#[derive(Clone, Debug)]
pub struct Listener {
    /// TCP or UDP.
    pub proto: Protocol,
    /// Where; an unspecified address for all of the family.
    pub at: SocketAddr,
    /// On `[::]` and for IPv4 too.
    pub dual_stack: bool,
    /// Its inode in sockfs.
    pub inode: u64,
    /// The control group that it was made in.
    pub cgroup: Option<u64>,
    /// Whose it is, once that is known.
    pub owner: Option<Owner>,
    /// Since when; `None` where it was there before anybody looked.
    pub since: Option<Timestamp>,
    closed: Option<Timestamp>,
}

impl Listener {
    /// Whether a connection to `ip` reaches it.
    fn takes(&self, ip: IpAddr) -> bool {
        self.at.ip() == ip || (self.at.ip().is_unspecified() && (self.at.is_ipv4() == ip.is_ipv4() || (self.dual_stack && ip.is_ipv4())))
    }

    /// Whether it still listens.
    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }
}

/// The listeners of all namespaces.
#[derive(Debug, Default)]
pub struct Listeners {
    by_netns: HashMap<NetNs, HashMap<(Protocol, u16), Vec<Listener>>>,
    revision: u64,
    dropped: u64,
}

impl Listeners {
    /// Takes all listening TCP sockets and all unconnected UDP sockets of `netns`, as of `at`.
    pub fn replace(&mut self, netns: NetNs, sockets: &[Socket], at: Timestamp) {
        let first_look = !self.by_netns.contains_key(&netns);
        let known = self.by_netns.entry(netns).or_default();
        for listener in known.values_mut().flatten() {
            if listener.is_open() {
                listener.closed = Some(at);
            }
        }
        let mut changed = 0;
        for socket in sockets {
            let same_port = known.entry((socket.proto, socket.local.port())).or_default();
            let full = same_port.len() >= PER_NETNS;
            match same_port.iter_mut().find(|l| l.inode == socket.inode && l.at == socket.local) {
                Some(listener) => {
                    if listener.closed != Some(at) {
                        changed += 1;
                    }
                    listener.closed = None;
                }
                None if full => self.dropped += 1,
                None => {
                    changed += 1;
                    same_port.push(Listener {
                        proto: socket.proto,
                        at: socket.local,
                        dual_stack: socket.dual_stack,
                        inode: socket.inode,
                        cgroup: socket.cgroup,
                        owner: None,
                        since: (!first_look).then_some(at),
                        closed: None,
                    });
                }
            }
        }
        known.retain(|_, listeners| {
            listeners.retain(|listener| {
                changed += usize::from(listener.closed == Some(at));
                listener.closed.is_none_or(|closed| at.micros_since(closed) < REMEMBERED_US)
            });
            !listeners.is_empty()
        });
        // A host with more ports than this in use is being played with: the ones beyond are of no use to anybody.
        if known.len() > PER_NETNS {
            let excess: Vec<_> = known.keys().copied().skip(PER_NETNS).collect();
            self.dropped += excess.len() as u64;
            for port in excess {
                known.remove(&port);
            }
        }
        self.revision += u64::from(changed > 0);
    }

    /// Forgets namespaces that are gone.
    pub fn retain(&mut self, mut keep: impl FnMut(NetNs) -> bool) {
        let before = self.by_netns.len();
        self.by_netns.retain(|netns, _| keep(*netns));
        self.revision += u64::from(self.by_netns.len() != before);
    }

    /// Changes whenever a listener comes, goes or gets another owner.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Listeners left out by the bounds.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Those that take connections to `at` in `netns`: the ones on that very address, else the ones on all. Closed ones only where none is open.
    pub fn taking(&self, netns: NetNs, proto: Protocol, at: SocketAddr) -> impl Iterator<Item = &Listener> {
        let same_port = self.by_netns.get(&netns).and_then(|ports| ports.get(&(proto, at.port()))).map_or(&[][..], Vec::as_slice);
        let rank = move |listener: &Listener| (listener.is_open(), listener.at.ip() == at.ip());
        let best = same_port.iter().filter(|l| l.takes(at.ip())).map(rank).max();
        same_port.iter().filter(move |l| l.takes(at.ip()) && Some(rank(l)) == best)
    }

    /// Whether the listeners of `netns` have been read.
    pub fn knows(&self, netns: NetNs) -> bool {
        self.by_netns.contains_key(&netns)
    }

    /// Whether somebody listens at `at`. For UDP only a port that was chosen counts: an unconnected socket on another is most likely a client.
    pub fn is_served(&self, netns: NetNs, proto: Protocol, at: SocketAddr) -> bool {
        (proto == Protocol::Tcp || at.port() < FIRST_EPHEMERAL_PORT) && self.taking(netns, proto, at).next().is_some()
    }

    /// Those on the address `ip` itself, at whatever port.
    pub fn on_address(&self, netns: NetNs, proto: Protocol, ip: IpAddr) -> impl Iterator<Item = &Listener> {
        self.by_netns.get(&netns).into_iter().flat_map(|ports| ports.values()).flatten().filter(move |l| l.proto == proto && l.at.ip() == ip)
    }

    /// All, with their namespaces.
    pub fn iter(&self) -> impl Iterator<Item = (NetNs, &Listener)> {
        self.by_netns.iter().flat_map(|(netns, ports)| ports.values().flatten().map(|listener| (*netns, listener)))
    }

    /// Lets `owner` look at each open listener, and set its owner.
    pub fn attribute(&mut self, mut owner: impl FnMut(NetNs, &Listener) -> Owner) {
        let mut changed = false;
        for (netns, ports) in &mut self.by_netns {
            for listener in ports.values_mut().flatten().filter(|listener| listener.is_open()) {
                let now = owner(*netns, listener);
                if listener.owner.as_ref() != Some(&now) {
                    listener.owner = Some(now);
                    changed = true;
                }
            }
        }
        self.revision += u64::from(changed);
    }
}
