//! Which hosts there are, what runs on each, and where it can be reached: all of it follows from a host's number, so that two hosts agree on who dials whom.

use std::net::{IpAddr, Ipv4Addr};

use scope_core::codec::Reader;
use scope_core::state::{NodeState, State};
use scope_core::{AgentName, Node};
use scope_tests::command::checkout;

use super::catalog::{COPIES, Far, PROJECTS, Project, SITES, Service};

/// All hosts, and how they behave.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) template: Template,
    pub(crate) hosts: usize,
    pub(crate) containers: usize,
    /// Connections of a host at most, both of whose ends are counted once.
    pub(crate) links: usize,
    /// Containers of a hundred that are busy: the figures of others stand still, and are not said again.
    pub(crate) busy: usize,
    /// Whether there is all that a real fleet has, for the eye: processes beside the first of each container, containers that ended or are ill.
    pub(crate) rich: bool,
}

/// Nodes of a recorded stream, one of each sort: which facts and figures there are.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) host: Node,
    pub(crate) container: Node,
    pub(crate) figures: Node,
    pub(crate) traffic: Node,
    pub(crate) process: Node,
}

impl Template {
    /// Reads them from the recorded streams of the tests.
    pub(crate) fn read() -> Self {
        let mut state = State::default();
        let file = std::fs::File::open(checkout().join("tests/fixtures/streams/east.ndjson")).expect("the recorded stream");
        for record in Reader::new(file) {
            let _ = state.apply(record.expect("a record"));
        }
        let (_, agent) = state.agents().next().expect("an agent");
        let richest = |source: &str, kind: &str| {
            let (_, said) = agent.sources().find(|(name, _)| *name == source).expect("its sources");
            let weight = |node: &NodeState| node.attrs().count() + node.metrics().count();
            let nodes = said.nodes_unsorted().filter(|(id, _)| id.kind() == kind);
            let (id, node) = nodes.max_by_key(|(id, node)| (weight(node), id.as_str())).expect("such a node");
            let mut whole = Node::new(id.clone());
            whole.attrs = node.attrs().map(|(name, value)| (name, value.clone())).collect();
            whole.metrics = node.metrics().map(|(name, value, _)| (name, value)).collect();
            whole
        };
        Self {
            host: richest("host", "host"),
            container: richest("docker", "container"),
            figures: richest("cgroup", "container"),
            traffic: richest("net", "container"),
            process: richest("process", "process"),
        }
    }
}

/// The place of a container on its host: which service of which project, and of which copy of the project.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    project: usize,
    service: usize,
    /// Counts the projects of the host.
    pub(crate) stack: usize,
}

impl Slot {
    fn project(self) -> &'static Project {
        &PROJECTS[self.project]
    }

    pub(crate) fn service(self) -> &'static Service {
        &self.project().services[self.service]
    }

    /// The name of this copy of the project: `shop-staging`.
    pub(crate) fn project_name(self) -> String {
        let copy = self.stack / PROJECTS.len();
        let number = copy / COPIES.len();
        format!("{}{}{}", self.project().name, COPIES[copy % COPIES.len()], if number == 0 { String::new() } else { format!("-{}", number + 1) })
    }

    /// Its address within its project's network.
    pub(crate) fn ip(self) -> IpAddr {
        Ipv4Addr::new(172, 18 + (self.stack / 250) as u8, (self.stack % 250) as u8, self.service as u8 + 2).into()
    }
}

/// What runs on a host of this number.
pub(crate) fn slots(number: usize, containers: usize) -> Vec<Slot> {
    let mut slots = Vec::with_capacity(containers);
    for stack in 0.. {
        let project = (number + stack) % PROJECTS.len();
        for service in 0..PROJECTS[project].services.len() {
            if slots.len() == containers {
                return slots;
            }
            slots.push(Slot { project, service, stack });
        }
    }
    slots
}

/// The name of a host: `fra2-node-003`.
pub(crate) fn host_name(number: usize) -> AgentName {
    format!("{}-node-{:03}", SITES[number % SITES.len()], number / SITES.len() + 1).parse().expect("a name")
}

/// The address of a host.
pub(crate) fn host_ip(number: usize) -> IpAddr {
    Ipv4Addr::new(10, 20, (number / 250) as u8, (number % 250) as u8 + 1).into()
}

/// The id of the network of a project of a host.
pub(crate) fn network(number: usize, stack: usize) -> String {
    hex(&[1, number as u64, stack as u64])
}

/// At which port of the host a service is to be reached, where it is: at its own, if that is free.
pub(crate) fn published(slots: &[Slot], place: usize) -> Option<u16> {
    let service = slots[place].service();
    if !matches!(service.far, Far::Public | Far::Published) {
        return None;
    }
    let taken = slots[..place].iter().any(|slot| slot.service().port == service.port && matches!(slot.service().far, Far::Public | Far::Published));
    Some(if taken { 20_000 + place as u16 } else { service.port })
}

/// Which of a host's services dial the next host, and which of its services they dial.
pub(crate) fn to_next(slots: &[Slot], next: &[Slot]) -> Vec<(usize, usize)> {
    let open: Vec<usize> = (0..next.len()).filter(|place| next[*place].service().far == Far::Published).collect();
    let dialling = (0..slots.len()).filter(|place| slots[*place].service().far == Far::Next);
    if open.is_empty() { Vec::new() } else { dialling.enumerate().map(|(count, place)| (place, open[count % open.len()])).collect() }
}

/// Mixes a number (the finaliser of splitmix64).
pub(crate) fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// 64 digits that look like those of an engine, the same for the same numbers.
pub(crate) fn hex(of: &[u64]) -> String {
    let seed = of.iter().fold(0, |seed, number| mix(seed ^ *number));
    let [a, b, c, d] = [0, 1, 2, 3].map(|part| mix(seed ^ part));
    format!("{a:016x}{b:016x}{c:016x}{d:016x}")
}
