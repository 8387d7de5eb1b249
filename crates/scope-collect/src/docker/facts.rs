//! What is known of an engine, its containers, images and networks: plain facts, checked and bounded. How replies become facts is [`super::wire`]'s business,
//! how facts become records [`super::record`]'s.

use std::net::IpAddr;

use compact_str::CompactString;
use scope_core::Timestamp;

use super::id::{ContainerId, ImageId, NetworkId};
use super::version::ApiVersion;

/// What answers at the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineFacts {
    /// Docker or Podman.
    pub flavour: Flavour,
    /// The engine's own version: `20.10.24`.
    pub version: CompactString,
    /// The newest API version that it offers.
    pub offered: Option<ApiVersion>,
    /// The API version that it is asked for; `None` where it named none, and paths carry no version.
    pub api: Option<ApiVersion>,
    /// Where it answers: `unix:///var/run/docker.sock`.
    pub endpoint: CompactString,
}

/// Whose engine it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// Docker, or something that gives no other name.
    Docker,
    /// Podman's Docker-compatible service.
    Podman,
}

/// Everything that is known of a container. Absent means unknown or not set, by the field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that the engine states as a flag")]
pub struct ContainerFacts {
    /// Its id.
    pub id: ContainerId,
    /// Its name, without the slash before it.
    pub name: CompactString,
    /// The image as it was asked for: `nginx:1.27`.
    pub image_name: Option<CompactString>,
    /// The tag in `image_name`; `latest` is not made up.
    pub image_tag: Option<CompactString>,
    /// The image's id.
    pub image: Option<ImageId>,
    /// What it is doing.
    pub state: State,
    /// Why it could not be started, as the engine says.
    pub error: Option<CompactString>,
    /// Its health check, where it has one.
    pub health: Option<Health>,
    /// What is known of its checks, unless they pass; as of when the engine was last asked.
    pub health_check: Option<HealthCheck>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it was last started.
    pub started_at: Option<Timestamp>,
    /// When it last ended.
    pub finished_at: Option<Timestamp>,
    /// Its first process on the engine's host; `None` unless it runs.
    pub pid: Option<u32>,
    /// Labels in the order of their names.
    pub labels: Vec<(CompactString, CompactString)>,
    /// Environment, values redacted, in the engine's order.
    pub env: Vec<(CompactString, CompactString)>,
    /// Program and arguments, what looks secret redacted.
    pub command: Vec<CompactString>,
    /// Its own host name.
    pub hostname: Option<CompactString>,
    /// The user that it runs as, where it is not the image's default.
    pub user: Option<CompactString>,
    /// Its working directory.
    pub cwd: Option<CompactString>,
    /// Ports that are published on the host now.
    pub published: Vec<PublishedPort>,
    /// Ports that image or container declare, published or not.
    pub exposed: Vec<Port>,
    /// What is mounted into it.
    pub mounts: Vec<Mount>,
    /// `bridge`, `host`, `none`, `container:<id>` or a network's name.
    pub network_mode: Option<CompactString>,
    /// The networks that it is attached to.
    pub networks: Vec<Attachment>,
    /// What it may use.
    pub limits: Limits,
    /// How often the engine restarted it by its policy.
    pub restart_count: Option<u32>,
    /// When the engine restarts it.
    pub restart_policy: Option<RestartPolicy>,
    /// What it ended with before it was started again, where that was seen: the engine forgets it then.
    pub last_exit_code: Option<i32>,
    /// Whether the kernel's memory killer ended it.
    pub oom_killed: bool,
    /// Whether it has all capabilities and devices.
    pub privileged: bool,
    /// Whether its root file system is read-only.
    pub read_only: bool,
    /// The OCI runtime: `runc`.
    pub runtime: Option<CompactString>,
    /// Whether the engine refused to tell the whole, so that this is only what its list says.
    pub partial: bool,
    /// How many labels, variables, ports, mounts and networks were left out, by `super::wire`'s bounds.
    pub dropped: u32,
}

/// What a container is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Created and never started, or its start failed.
    Created,
    /// Running.
    Running,
    /// Its processes are frozen.
    Paused,
    /// It ended and waits for the engine to start it again.
    Restarting {
        /// The exit code that it ended with; `None` where the engine does not say.
        code: Option<i32>,
    },
    /// It is being removed.
    Removing,
    /// It ended.
    Exited {
        /// Its exit code; `None` where the engine does not say.
        code: Option<i32>,
    },
    /// Its removal failed half-way.
    Dead,
    /// A word that this version does not know, or none.
    Unknown,
}

impl State {
    /// The word for it: `running`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting { .. } => "restarting",
            Self::Removing => "removing",
            Self::Exited { .. } => "exited",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        }
    }

    /// What it ended with, where it has ended.
    pub fn exit_code(self) -> Option<i32> {
        match self {
            Self::Exited { code } | Self::Restarting { code } => code,
            _ => None,
        }
    }

    /// Whether it has processes.
    pub fn is_alive(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}

/// What the health check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Health {
    /// Not yet decided.
    Starting,
    /// The check passes.
    Healthy,
    /// The check fails.
    Unhealthy,
}

impl Health {
    /// The word for it: `healthy`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// What is known of health checks that do not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// How many failed one after the other.
    pub failing_streak: Option<u32>,
    /// What the last printed, what looks secret redacted; at most 1 KiB.
    pub output: Option<CompactString>,
    /// When the last ended.
    pub checked_at: Option<Timestamp>,
}

/// A transport protocol as engines know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Transport {
    /// `tcp`, `udp` or `sctp`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

/// A port of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// Its number.
    pub port: u16,
    /// Its protocol.
    pub transport: Transport,
}

/// A port of the host that leads to a port of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublishedPort {
    /// The host's address; unspecified for all of its family.
    pub host_ip: IpAddr,
    /// The host's port.
    pub host_port: u16,
    /// The container's port.
    pub to: Port,
}

/// Something mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// `bind`, `volume`, `tmpfs`, ...
    pub kind: CompactString,
    /// The volume's name.
    pub name: Option<CompactString>,
    /// The path on the host.
    pub source: Option<CompactString>,
    /// The path in the container.
    pub target: CompactString,
    /// The volume's driver.
    pub driver: Option<CompactString>,
    /// Whether the container may not write.
    pub read_only: bool,
}

/// A container's place in a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The network's name.
    pub name: CompactString,
    /// The network's id; `None` before the container's first start.
    pub network: Option<NetworkId>,
    /// The IPv4 address; `None` unless it runs.
    pub ipv4: Option<Interface>,
    /// The global IPv6 address; `None` unless it runs.
    pub ipv6: Option<Interface>,
    /// The Ethernet address.
    pub mac: Option<CompactString>,
    /// Names by which others in the network find it.
    pub aliases: Vec<CompactString>,
    /// When it was seen to be attached, if it ran already; `None` where it was attached as it started.
    pub since: Option<Timestamp>,
}

/// An address with its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Interface {
    /// The address.
    pub ip: IpAddr,
    /// Bits of the network; `None` where the engine does not say.
    pub prefix: Option<u8>,
    /// Where packets to other networks go.
    pub gateway: Option<IpAddr>,
}

/// What a container may use. `None` means no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// CPU time in units of 10⁻⁹ of a core, from `--cpus` or from quota and period.
    pub nano_cpus: Option<u64>,
    /// CPU time per period in microseconds.
    pub cpu_quota_us: Option<u64>,
    /// The period of the quota in microseconds.
    pub cpu_period_us: Option<u64>,
    /// Weight against other containers, 1024 by default.
    pub cpu_shares: Option<u64>,
    /// Cores that it may run on: `0-3,8`.
    pub cpuset: Option<CompactString>,
    /// Memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Memory below which the kernel does not reclaim, in bytes.
    pub memory_reservation_bytes: Option<u64>,
    /// Memory and swap together, in bytes.
    pub memory_swap_bytes: Option<u64>,
    /// Processes and threads.
    pub pids: Option<u64>,
}

/// When the engine restarts a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestartPolicy {
    /// `no`, `always`, `unless-stopped`, `on-failure`.
    pub name: CompactString,
    /// How often at most; `None` without a bound.
    pub max_retries: Option<u32>,
}

/// An image that a container was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFacts {
    /// Its id.
    pub id: ImageId,
    /// `repository:tag`, in the engine's order.
    pub tags: Vec<CompactString>,
    /// `repository@sha256:…`, in the engine's order.
    pub digests: Vec<CompactString>,
    /// Bytes of all its layers.
    pub size_bytes: Option<u64>,
    /// When it was built.
    pub created_at: Option<Timestamp>,
    /// Labels in the order of their names.
    pub labels: Vec<(CompactString, CompactString)>,
    /// `amd64`, `arm64`, ...
    pub architecture: Option<CompactString>,
    /// `linux`, ...
    pub os: Option<CompactString>,
}

/// A network that containers can be attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkFacts {
    /// Its id.
    pub id: NetworkId,
    /// Its name.
    pub name: CompactString,
    /// `bridge`, `host`, `null`, `overlay`, `macvlan`, `ipvlan`, ...
    pub driver: CompactString,
    /// Whether it spans hosts: `Swarm` and `Global` networks do.
    pub reach: Reach,
    /// Its address ranges.
    pub subnets: Vec<Subnet>,
    /// Whether it has no way out.
    pub internal: bool,
    /// The name of its bridge on the host, where its driver makes one.
    pub bridge: Option<CompactString>,
    /// Labels in the order of their names.
    pub labels: Vec<(CompactString, CompactString)>,
}

/// How far a network reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// One host.
    Local,
    /// The hosts of a swarm, or of a cluster store.
    Cluster,
}

/// An address range of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Subnet {
    /// The first address.
    pub ip: IpAddr,
    /// Bits that are the same in the whole range.
    pub prefix: u8,
    /// Where packets to other networks go.
    pub gateway: Option<IpAddr>,
}

impl Subnet {
    /// Whether `ip` lies within.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let bits = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => (u128::from(ip.to_bits()) << 96, 32_u8),
            IpAddr::V6(ip) => (ip.to_bits(), 128),
        };
        let ((own, own_len), (other, other_len)) = (bits(self.ip), bits(ip));
        let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix.min(own_len))).unwrap_or(0);
        own_len == other_len && (own ^ other) & mask == 0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    #[test]
    fn a_subnet_holds_its_own_addresses_only() {
        let subnet = |ip: &str, prefix| Subnet { ip: ip.parse().unwrap(), prefix, gateway: None };
        let holds = |subnet: Subnet, ip: &str| subnet.contains(ip.parse().unwrap());
        assert!(holds(subnet("172.30.0.0", 24), "172.30.0.255"));
        assert!(!holds(subnet("172.30.0.0", 24), "172.30.1.0"));
        assert!(holds(subnet("0.0.0.0", 0), "8.8.8.8"));
        assert!(!holds(subnet("0.0.0.0", 0), "::1"), "families are apart");
        assert!(holds(subnet("10.0.0.1", 32), "10.0.0.1") && !holds(subnet("10.0.0.1", 32), "10.0.0.2"));
        assert!(holds(subnet("fd00:30::", 64), "fd00:30::2") && !holds(subnet("fd00:30::", 64), "fd00:31::2"));
    }
}
