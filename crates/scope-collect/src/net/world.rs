//! What the other sources know, as far as connections need it: plain data, filled by whoever runs the collector. Missing knowledge makes
//! flows coarser (owned by the container or the host, peers without names), never wrong.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use compact_str::CompactString;
use hashbrown::HashMap;
use scope_core::{NodeId, Protocol, Timestamp};

/// Containers, their networks, and processes of the host.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Running containers.
    pub containers: Vec<Container>,
    /// Container networks.
    pub networks: Vec<Network>,
    /// Processes by pid, as the host numbers them. Shared from one tick to the next.
    pub processes: HashMap<u32, Arc<Process>>,
}

/// A running container.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its node.
    pub id: NodeId,
    /// Its name, by which its addresses are known to others.
    pub name: CompactString,
    /// Its first process, by which its network namespace is found.
    pub pid: u32,
    /// What owns the network namespace where several containers share it: the pod.
    pub sandbox: Option<NodeId>,
    /// When it was started: its addresses are its own from then on.
    pub started_at: Option<Timestamp>,
    /// Its addresses by network.
    pub addresses: Vec<Attachment>,
    /// Ports of the host that lead to it.
    pub published: Vec<Published>,
}

/// An address in a container network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The network's id.
    pub network: CompactString,
    /// The address.
    pub ip: IpAddr,
}

/// A port of the host that leads to a port of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The address that is listened at; `None` for all.
    pub host_ip: Option<IpAddr>,
    /// The host's port.
    pub host_port: u16,
    /// The container's port.
    pub port: u16,
    /// TCP or UDP.
    pub proto: Protocol,
}

/// A container network.
#[derive(Clone, Debug)]
pub struct Network {
    /// Its id, the same on all hosts that it spans.
    pub id: CompactString,
    /// Its subnets as address and prefix length.
    pub subnets: Vec<(IpAddr, u8)>,
}

/// A process of the host.
#[derive(Clone, Debug)]
pub struct Process {
    /// Field 22 of `/proc/PID/stat`, which tells a reused pid from its predecessor.
    pub start_ticks: u64,
    /// Its command's name, at most 15 bytes by the kernel.
    pub command: CompactString,
    /// The container that it runs in.
    pub container: Option<NodeId>,
    /// Its path in the version 2 hierarchy of control groups, which narrows the search for the holder of a socket.
    pub cgroup: Option<Arc<[u8]>>,
    /// Whether it outlived an interval, so that it owns flows.
    pub settled: bool,
    /// Where it leads, if it is a `docker-proxy`; see [`Proxy::parse`].
    pub proxy: Option<Proxy>,
}

/// A `docker-proxy`: it takes connections on the host and makes one to the container for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Proxy {
    /// TCP or UDP.
    pub proto: Protocol,
    /// Where it listens; an unspecified address for all of the family.
    pub listen: SocketAddr,
    /// The container's address and port.
    pub target: SocketAddr,
}

impl Proxy {
    /// Reads a command line: `docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80`.
    /// `None` where the program or a word is another, or ports are ranges.
    ///
    /// ```
    /// use scope_collect::net::world::Proxy;
    /// let args = "/usr/bin/docker-proxy -proto tcp -host-ip :: -host-port 8080 -container-ip 172.17.0.2 -container-port 80";
    /// let proxy = Proxy::parse(args.split(' ')).unwrap();
    /// assert_eq!((proxy.listen.to_string(), proxy.target.to_string()), ("[::]:8080".into(), "172.17.0.2:80".into()));
    /// ```
    pub fn parse<'a>(args: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut args = args.into_iter();
        let program = args.next()?;
        if program.rsplit('/').next() != Some("docker-proxy") {
            return None;
        }
        let (mut proto, mut host_ip, mut host_port, mut container_ip, mut container_port) = (None, None, None, None, None);
        while let Some(flag) = args.next() {
            // Go's flag package takes `-name value` and `-name=value`, with one or two dashes.
            let flag = flag.trim_start_matches('-');
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name, value),
                None if flag == "use-listen-fd" => continue,
                None => (flag, args.next()?),
            };
            match name {
                "proto" => {
                    proto = Some(match value {
                        "tcp" => Protocol::Tcp,
                        "udp" => Protocol::Udp,
                        _ => return None,
                    });
                }
                "host-ip" => host_ip = Some(value.parse::<IpAddr>().ok()?),
                "host-port" => host_port = Some(value.parse::<u16>().ok()?),
                "container-ip" => container_ip = Some(value.parse::<IpAddr>().ok()?),
                "container-port" => container_port = Some(value.parse::<u16>().ok()?),
                _ => {}
            }
        }
        Some(Self { proto: proto?, listen: SocketAddr::new(host_ip?, host_port?), target: SocketAddr::new(container_ip?, container_port?) })
    }
}
