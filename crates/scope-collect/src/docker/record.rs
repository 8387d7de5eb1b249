//! Facts as nodes and figures: names are those of `scope_core::field`. What is said when is [`crate::report`]'s business.

use std::net::IpAddr;
use std::sync::Arc;

use compact_str::{CompactString, format_compact};
use scope_core::endpoint::OwnedEndpoint;
use scope_core::value::Fields;
use scope_core::{Address, AgentName, Endpoint, Node, NodeId, Number, Protocol, Scope, Timestamp, Value, limits};

use super::facts::{Attachment, ContainerFacts, EngineFacts, Flavour, ImageFacts, Limits, Mount, Port, PublishedPort, Transport};
use super::wire::StatsSample;
use crate::report::Metric;

/// The host that containers run on, for where their published ports can be reached.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The agent that watches it.
    pub agent: &'a AgentName,
    /// The host's own addresses, without loopback.
    pub addresses: &'a [IpAddr],
    /// The scope of an address as the host sees it.
    pub scope: &'a dyn Fn(IpAddr) -> Scope,
}

impl ContainerFacts {
    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.binary_search_by(|(name, _)| name.as_str().cmp(key)).ok().and_then(|at| self.labels.get(at)).map(|(_, value)| value.as_str())
    }

    /// The Compose project that it belongs to, by Docker's or Podman's label.
    pub fn compose_project(&self) -> Option<&str> {
        self.label("com.docker.compose.project").or_else(|| self.label("io.podman.compose.project"))
    }

    /// The Compose service that it is an instance of, by Docker's or Podman's label.
    pub fn compose_service(&self) -> Option<&str> {
        self.label("com.docker.compose.service").or_else(|| self.label("io.podman.compose.service"))
    }

    /// Where it can be reached, as far as the engine knows: its ports at its own addresses, and published ones at the host's. Nothing unless it runs.
    pub fn endpoints(&self, host: Surroundings<'_>) -> Vec<OwnedEndpoint> {
        if !self.state.is_alive() {
            return Vec::new();
        }
        let own = self.networks.iter().flat_map(|at| {
            let scope = at.network.as_ref().and_then(|id| Scope::network(id.as_str()).ok());
            let since = at.since.or(self.started_at);
            let addresses = at.ipv4.into_iter().chain(at.ipv6).filter_map(move |address| Some((scope.clone()?, Address::Ip(address.ip))));
            addresses
                .flat_map(move |(scope, ip)| self.exposed.iter().filter_map(move |port| Some(OwnedEndpoint { at: at_port(scope.clone(), ip, *port)?, since })))
        });
        let published = self.published.iter().flat_map(|published| published_at(*published, host)).map(|at| OwnedEndpoint { at, since: self.started_at });
        let mut endpoints: Vec<OwnedEndpoint> = own.chain(published).take(limits::ITEMS).collect();
        endpoints.sort_unstable();
        endpoints.dedup();
        endpoints
    }

    /// The container as a node.
    pub fn node(&self, host: Surroundings<'_>) -> Option<Node> {
        let mut node = Node::new(self.id.node()?);
        node.name = Some(self.name.clone());
        node.parents = Some(std::iter::once(NodeId::host(host.agent)).chain(self.image.and_then(super::ImageId::node)).collect());
        node.endpoints = Some(self.endpoints(host).into());
        let attrs = &mut node.attrs;
        set(attrs, "state", Some(self.state.as_str()));
        set(attrs, "exit_code", self.state.exit_code().or(self.last_exit_code).map(i64::from));
        set(attrs, "health", self.health.map(super::Health::as_str));
        if let Some(check) = &self.health_check {
            set(attrs, "health_failing_streak", check.failing_streak);
            set(attrs, "health_output", check.output.as_deref());
            set(attrs, "health_checked_at", check.checked_at);
        }
        set(attrs, "error", self.error.as_deref());
        set(attrs, "image", self.image_name.as_deref());
        set(attrs, "image_tag", self.image_tag.as_deref());
        set(attrs, "created_at", self.created_at);
        set(attrs, "started_at", self.started_at);
        set(attrs, "finished_at", self.finished_at);
        set(attrs, "pid", self.pid);
        set(attrs, "hostname", self.hostname.as_deref());
        set(attrs, "user", self.user.as_deref());
        set(attrs, "cwd", self.cwd.as_deref());
        set(attrs, "runtime", self.runtime.as_deref());
        set(attrs, "network_mode", self.network_mode.as_deref());
        set(attrs, "restart_count", self.restart_count);
        set(
            attrs,
            "restart_policy",
            self.restart_policy
                .as_ref()
                .map(|policy| policy.max_retries.map_or(policy.name.clone(), |most| format_compact!("{}:{most}", policy.name)))
                .as_deref(),
        );
        set(attrs, "cpuset", self.limits.cpuset.as_deref());
        set(attrs, "compose_project", self.compose_project());
        set(attrs, "compose_service", self.compose_service());
        for (name, fact) in [("oom_killed", self.oom_killed), ("privileged", self.privileged), ("read_only", self.read_only), ("partial", self.partial)] {
            // What an answer in part does not say is not known to be false.
            set(attrs, name, (fact || !self.partial).then_some(fact));
        }
        set(attrs, "command", list(self.command.iter().map(|word| Value::text(word))));
        set(attrs, "labels", map(&self.labels));
        set(attrs, "env", map(&self.env));
        set(attrs, "ports", list(self.ports()));
        set(attrs, "mounts", list(self.mounts.iter().map(mount)));
        set(attrs, "networks", list(self.networks.iter().map(attachment)));
        set(
            attrs,
            "addresses",
            list(self.networks.iter().flat_map(|at| at.ipv4.into_iter().chain(at.ipv6)).map(|address| Value::text(&address.ip.to_string()))),
        );
        Some(node)
    }

    /// Its published ports, and those that are declared and published nowhere.
    fn ports(&self) -> impl Iterator<Item = Value> {
        let port = |port: Port| [("port", Value::from(u32::from(port.port))), ("proto", Value::text(port.transport.as_str()))];
        let published = self.published.iter().map(move |published| {
            let host = [("host_ip", Value::text(&published.host_ip.to_string())), ("host_port", Value::from(u32::from(published.host_port)))];
            Value::Map(port(published.to).into_iter().chain(host).collect())
        });
        let exposed = self.exposed.iter().filter(|exposed| self.published.iter().all(|published| published.to != **exposed));
        published.chain(exposed.map(move |exposed| Value::Map(port(*exposed).into_iter().collect())))
    }

    /// Its limits as figures; none where there is no limit.
    pub fn metrics(&self) -> Vec<Metric> {
        let Limits { nano_cpus, cpu_shares, memory_bytes, memory_reservation_bytes, memory_swap_bytes, pids, .. } = &self.limits;
        let cpu = nano_cpus.and_then(|nanos| Number::from_f64(nanos as f64 / 1e7));
        let figures = [
            ("cpu_limit_pct", cpu),
            ("cpu_shares", cpu_shares.map(Number::from)),
            ("mem_limit_bytes", memory_bytes.map(Number::from)),
            ("mem_reservation_bytes", memory_reservation_bytes.map(Number::from)),
            ("mem_swap_limit_bytes", memory_swap_bytes.map(Number::from)),
            ("pids_limit", pids.map(Number::from)),
        ];
        figures.into_iter().filter_map(|(name, figure)| Some((name, figure?))).collect()
    }
}

impl ImageFacts {
    /// The image as a node on the host of `agent`.
    pub fn node(&self, agent: &AgentName) -> Option<Node> {
        let mut node = Node::new(self.id.node()?);
        node.name = Some(self.tags.first().cloned().unwrap_or_else(|| self.id.to_string().chars().take(12).collect()));
        node.parents = Some(Arc::new([NodeId::host(agent)]));
        let attrs = &mut node.attrs;
        set(attrs, "tags", list(self.tags.iter().map(|tag| Value::text(tag))));
        set(attrs, "digests", list(self.digests.iter().map(|digest| Value::text(digest))));
        set(attrs, "size_bytes", self.size_bytes);
        set(attrs, "created_at", self.created_at);
        set(attrs, "architecture", self.architecture.as_deref());
        set(attrs, "os", self.os.as_deref());
        set(attrs, "labels", map(&self.labels));
        Some(node)
    }
}

impl EngineFacts {
    /// What the engine says of the host of `agent`: a node to be joined with what others say of it.
    pub fn node(&self, agent: &AgentName) -> Node {
        let mut node = Node::new(NodeId::host(agent));
        let name = match self.flavour {
            Flavour::Docker => "docker",
            Flavour::Podman => "podman",
        };
        set(&mut node.attrs, "engine", Some(format_compact!("{name} {}", self.version).as_str()));
        set(&mut node.attrs, "engine_api", self.api.map(|api| format_compact!("{api}")).as_deref());
        node
    }
}

impl StatsSample {
    /// The sample as figures, under the names that control groups give them.
    pub fn metrics(&self) -> Vec<Metric> {
        let net = self.interfaces;
        let figures = [
            ("cpu_usage_us_total", self.cpu_usage_us),
            ("cpu_periods_total", self.cpu_periods),
            ("cpu_throttled_periods_total", self.cpu_throttled_periods),
            ("cpu_throttled_us_total", self.cpu_throttled_us),
            ("mem_bytes", self.memory_working_set_bytes),
            ("mem_usage_bytes", self.memory_usage_bytes),
            ("pids", self.pids),
            ("disk_read_bytes_total", self.block_read_bytes),
            ("disk_write_bytes_total", self.block_write_bytes),
            ("rx_bytes_total", net.map(|net| net.rx_bytes)),
            ("tx_bytes_total", net.map(|net| net.tx_bytes)),
            ("rx_packets_total", net.map(|net| net.rx_packets)),
            ("tx_packets_total", net.map(|net| net.tx_packets)),
            ("net_errors_total", net.map(|net| net.rx_lost.saturating_add(net.tx_lost))),
        ];
        figures.into_iter().filter_map(|(name, figure)| Some((name, Number::from(figure?)))).collect()
    }
}

/// The endpoint at an address and port; `None` for SCTP, which no flow has.
fn at_port(scope: Scope, address: Address, port: Port) -> Option<Endpoint> {
    let protocol = match port.transport {
        Transport::Tcp => Protocol::Tcp,
        Transport::Udp => Protocol::Udp,
        Transport::Sctp => return None,
    };
    Some(Endpoint { scope, address, port: port.port, last_port: port.port, protocol })
}

/// Where a published port can be reached: at the address that it is bound to; if that is every one, at all of the host's, and from the host itself.
fn published_at(published: PublishedPort, host: Surroundings<'_>) -> Vec<Endpoint> {
    let port = Port { port: published.host_port, transport: published.to.transport };
    let at = |ip: IpAddr| at_port((host.scope)(ip), Address::Ip(ip), port);
    if !published.host_ip.is_unspecified() {
        return at(published.host_ip).into_iter().collect();
    }
    let family = host.addresses.iter().filter(|ip| ip.is_ipv4() == published.host_ip.is_ipv4());
    std::iter::once(at_port(Scope::host(host.agent), Address::Any, port)).chain(family.map(|ip| at(*ip))).flatten().collect()
}

trait IntoValue {
    fn into_value(self) -> Value;
}

macro_rules! into_value {
    ($($type:ty),*) => {$(
        impl IntoValue for $type {
            fn into_value(self) -> Value {
                self.into()
            }
        }
    )*};
}
into_value!(&str, i64, u32, u64, bool, Timestamp, Value);

fn set(attrs: &mut Fields<Value>, name: &'static str, value: Option<impl IntoValue>) {
    if let Some(value) = value {
        attrs.insert(CompactString::const_new(name), value.into_value());
    }
}

/// A list, if there is anything in it.
fn list(items: impl Iterator<Item = Value>) -> Option<Value> {
    let items: Vec<Value> = items.collect();
    (!items.is_empty()).then_some(Value::List(items))
}

/// A map, if there is anything in it. Of two entries of one name the later stays.
fn map(entries: &[(CompactString, CompactString)]) -> Option<Value> {
    (!entries.is_empty()).then(|| Value::Map(entries.iter().map(|(name, value)| (name.clone(), Value::text(value))).collect()))
}

fn mount(mount: &Mount) -> Value {
    let mut fields = Fields::default();
    set(&mut fields, "type", Some(mount.kind.as_str()));
    set(&mut fields, "name", mount.name.as_deref());
    set(&mut fields, "source", mount.source.as_deref());
    set(&mut fields, "target", Some(mount.target.as_str()));
    set(&mut fields, "driver", mount.driver.as_deref());
    set(&mut fields, "read_only", Some(mount.read_only));
    Value::Map(fields)
}

fn attachment(at: &Attachment) -> Value {
    let mut fields = Fields::default();
    set(&mut fields, "name", Some(at.name.as_str()));
    set(&mut fields, "id", at.network.as_ref().map(super::NetworkId::as_str));
    for (address, names) in [(at.ipv4, ["ipv4", "ipv4_prefix", "ipv4_gateway"]), (at.ipv6, ["ipv6", "ipv6_prefix", "ipv6_gateway"])] {
        let Some(address) = address else { continue };
        let [ip, prefix, gateway] = names;
        set(&mut fields, ip, Some(address.ip.to_string().as_str()));
        set(&mut fields, prefix, address.prefix.map(u32::from));
        set(&mut fields, gateway, address.gateway.map(|gateway| gateway.to_string()).as_deref());
    }
    set(&mut fields, "mac", at.mac.as_deref());
    set(&mut fields, "aliases", list(at.aliases.iter().map(|alias| Value::text(alias))));
    Value::Map(fields)
}
