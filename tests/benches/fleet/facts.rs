//! What stays as it is about simulated hosts, images, containers and processes: names, labels, addresses.

use std::sync::Arc;

use scope_core::endpoint::OwnedEndpoint;
use scope_core::value::Fields;
use scope_core::{AgentName, CompactString, Node, NodeId, Timestamp, Value};

use super::host::{Container, Host};
use super::world::{hex, host_ip, network, published};

/// How a container fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Running,
    Healthy,
    Unhealthy,
    Exited,
}

impl Fate {
    /// Most are well; a few are not, where a fleet is to look like one.
    pub(super) fn of(rich: bool, seed: u64) -> Self {
        match seed / 7 % 40 {
            0 if rich => Self::Exited,
            1 if rich => Self::Unhealthy,
            2..=20 => Self::Healthy,
            _ => Self::Running,
        }
    }
}

fn map(entries: &[(&str, Value)]) -> Value {
    Value::Map(entries.iter().map(|(name, value)| (CompactString::from(*name), value.clone())).collect::<Fields<Value>>())
}

fn words(text: &str) -> Value {
    text.split(' ').map(Value::text).collect()
}

/// The host itself.
pub(super) fn host(host: &Host, node: &mut Node) {
    node.name = Some(host.name.as_str().into());
    node.attrs = host.world.template.host.attrs.clone();
    node.attrs.insert("addresses", [host_ip(host.number).to_string().as_str(), "127.0.0.1"].into_iter().collect::<Value>());
    node.attrs.insert("cores", Value::from(16_u64));
}

fn image_id(image: &str, tag: &str) -> NodeId {
    let seed = image.bytes().chain(tag.bytes()).fold(0_u64, |seed, byte| super::world::mix(seed ^ u64::from(byte)));
    NodeId::image(&hex(&[3, seed])).expect("an id")
}

/// The images of a host.
pub(super) fn images(host: &Host) -> Vec<Node> {
    let mut images: Vec<(&str, &str)> = host.slots.iter().map(|slot| (slot.service().image, slot.service().tag)).collect();
    images.sort_unstable();
    images.dedup();
    let node = |(image, tag)| {
        let name = format!("{image}:{tag}");
        let mut node = Node::new(image_id(image, tag));
        node.name = Some(name.as_str().into());
        node.parents = Some(Arc::new([NodeId::host(&host.name)]));
        let attrs: [(&str, Value); 4] =
            [("architecture", "amd64".into()), ("os", "linux".into()), ("size_bytes", 187_654_321_u64.into()), ("tags", [name.as_str()].into_iter().collect())];
        node.attrs.extend(attrs);
        node
    };
    images.into_iter().map(node).collect()
}

/// A container, as an engine describes it.
pub(super) fn container(host: &Host, place: usize, container: &Container) -> Node {
    let (slot, service) = (host.slots[place], host.slots[place].service());
    let (project, id) = (slot.project_name(), &container.id);
    let hex = id.rest();
    let mut node = Node::new(id.clone());
    node.name = Some(format!("{project}-{}-1", service.name).into());
    node.parents = Some(Arc::new([NodeId::host(&host.name), image_id(service.image, service.tag)]));
    node.endpoints = Some(endpoints(host, place, container.started).into());
    node.attrs = host.world.template.container.attrs.clone();
    let labels = map(&[
        ("com.docker.compose.project", project.as_str().into()),
        ("com.docker.compose.service", service.name.into()),
        ("com.docker.compose.container-number", "1".into()),
        ("com.docker.compose.version", "2.29.1".into()),
        ("org.opencontainers.image.version", service.tag.into()),
        ("team", ["platform", "payments", "data", "web"][slot.stack % 4].into()),
    ]);
    let ip = slot.ip().to_string();
    let networks = map(&[
        ("id", network(host.number, slot.stack).as_str().into()),
        ("name", format!("{project}_default").into()),
        ("ipv4", ip.as_str().into()),
        ("ipv4_prefix", 24_u64.into()),
        ("aliases", [service.name].into_iter().collect()),
    ]);
    let ports = published(&host.slots, place).map(|port| {
        map(&[("host_ip", "0.0.0.0".into()), ("host_port", u64::from(port).into()), ("port", u64::from(service.port).into()), ("proto", "tcp".into())])
    });
    let attrs: [(&str, Value); 15] = [
        ("image", format!("{}:{}", service.image, service.tag).into()),
        ("image_tag", service.tag.into()),
        ("compose_project", project.as_str().into()),
        ("compose_service", service.name.into()),
        ("command", words(service.command)),
        ("hostname", hex.get(..12).unwrap_or(hex).into()),
        ("labels", labels),
        ("network_mode", format!("{project}_default").into()),
        ("networks", Value::List(vec![networks])),
        ("ports", Value::List(ports.into_iter().collect())),
        ("addresses", [ip.as_str()].into_iter().collect()),
        ("created_at", Value::from(container.started)),
        ("started_at", Value::from(container.started)),
        ("restart_policy", "unless-stopped".into()),
        ("state", if container.fate == Fate::Exited { "exited".into() } else { "running".into() }),
    ];
    for (name, value) in attrs {
        node.attrs.insert(name, value);
    }
    match container.fate {
        Fate::Healthy => drop(node.attrs.insert("health", "healthy".into())),
        Fate::Unhealthy => drop(node.attrs.insert("health", "unhealthy".into())),
        Fate::Exited => drop(node.attrs.insert("exit_code", if place.is_multiple_of(3) { 137_u64.into() } else { 1_u64.into() })),
        Fate::Running => {}
    }
    node.metrics = [("cpu_limit_pct", 400), ("mem_limit_bytes", container.load.mem_bytes * 2)].into_iter().map(|(name, limit)| (name, limit.into())).collect();
    match container.processes.first() {
        Some(process) => drop(node.attrs.insert("pid", pid(process))),
        None => node.attrs.retain(|name, _| name != "pid"),
    }
    node
}

/// Where a container can be reached: within its project's network, and where it is published.
pub(super) fn endpoints(host: &Host, place: usize, since: Timestamp) -> super::host::Endpoints {
    let (slot, service) = (host.slots[place], host.slots[place].service());
    let within = format!("net:{}|{}:{}/tcp", network(host.number, slot.stack), slot.ip(), service.port);
    let outside = published(&host.slots, place).map(|port| format!("{}:{port}/tcp", host_ip(host.number)));
    [Some(within), outside].into_iter().flatten().map(|at| OwnedEndpoint { at: at.parse().expect("an endpoint"), since: Some(since) }).collect()
}

/// A process of a container: the first one, or a worker.
pub(super) fn process(host: &Host, place: usize, container: &Container, at: usize) -> Node {
    let service = host.slots[place].service();
    let command = at.checked_sub(1).map_or(service.command, |worker| service.workers[worker]);
    let id = &container.processes[at];
    let mut node = runs(&host.world.template.process, id, command, container.started);
    node.parents = Some(Arc::new([container.id.clone(), NodeId::host(&host.name)]));
    if at > 0 {
        node.attrs.insert("parent_pid", pid(&container.processes[0]));
    }
    node
}

/// What runs on every host outside of containers.
pub(super) fn system(agent: &AgentName, template: &Node, now: Timestamp) -> Vec<Node> {
    let commands = ["/sbin/init", "/usr/sbin/sshd -D", "/usr/bin/containerd", "/usr/bin/dockerd -H fd://", "/usr/sbin/cron -f", "scope collect --push"];
    let node = |(number, command): (usize, &&str)| {
        let pid = [1, 640, 712, 803, 590, 911][number];
        let mut node = runs(template, &NodeId::process(agent, pid, 300), command, now);
        node.parents = Some(Arc::new([NodeId::host(agent)]));
        node.metrics = template.metrics.clone();
        node
    };
    commands.iter().enumerate().map(node).collect()
}

fn runs(template: &Node, id: &NodeId, command: &str, started: Timestamp) -> Node {
    let first = command.split([' ', ':']).next().unwrap_or(command);
    let name = first.rsplit('/').next().unwrap_or(first);
    let mut node = Node::new(id.clone());
    node.name = Some(name.into());
    node.attrs = template.attrs.clone();
    node.attrs.insert("command", words(command));
    node.attrs.insert("exe", format!("/usr/bin/{name}").into());
    node.attrs.insert("pid", pid(id));
    node.attrs.insert("started_at", Value::from(started));
    node
}

fn pid(id: &NodeId) -> Value {
    id.rest().rsplit(':').nth(1).and_then(|pid| pid.parse::<u64>().ok()).unwrap_or_default().into()
}
