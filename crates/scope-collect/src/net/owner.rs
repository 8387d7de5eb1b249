//! Whose a socket is: by its control group first, then by the process that holds it, then by the namespace that it is in.

use std::net::SocketAddr;
use std::sync::Arc;

use compact_str::CompactString;
use hashbrown::HashMap;
use scope_core::{AgentName, NodeId, Protocol};

use super::connection::NetNs;
use super::world::{Container, Process, Published, World};
use crate::cgroup::containers_in;

/// The owner of one end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The process, else its container, else the host.
    pub node: NodeId,
    /// The command, where `node` is not the process itself.
    pub command: Option<CompactString>,
    /// The process that holds the socket, where it is known.
    pub pid: Option<u32>,
}

/// Who owns what on the host, as the last report of the other sources had it.
#[derive(Debug)]
pub struct Owners {
    agent: AgentName,
    host: NodeId,
    /// Owner of what is in a namespace and cannot be told any closer.
    netns: HashMap<NetNs, NodeId>,
    containers: HashMap<CompactString, NodeId>,
    world: Arc<World>,
}

impl Owners {
    /// Knows the host only.
    pub fn new(agent: &AgentName) -> Self {
        Self { agent: agent.clone(), host: NodeId::host(agent), netns: HashMap::new(), containers: HashMap::new(), world: Arc::default() }
    }

    /// Takes what the other sources know; `netns_of` tells a container's namespace. A namespace of several containers belongs to their
    /// sandbox if they name one, else to the host: never to a guess.
    pub fn update(&mut self, world: &Arc<World>, host: NetNs, netns_of: impl Fn(&Container) -> Option<NetNs>) {
        self.world = Arc::clone(world);
        self.containers.clear();
        self.netns.clear();
        for container in &world.containers {
            if container.id.kind() == "container" {
                self.containers.insert(container.id.rest().into(), container.id.clone());
            }
            let Some(netns) = netns_of(container).filter(|netns| *netns != host) else { continue };
            match self.netns.get_mut(&netns) {
                None => drop(self.netns.insert(netns, container.sandbox.clone().unwrap_or_else(|| container.id.clone()))),
                Some(owner) if Some(&*owner) == container.sandbox.as_ref() || *owner == container.id => {}
                Some(owner) => *owner = self.host.clone(),
            }
        }
    }

    /// The host's node.
    pub fn host(&self) -> &NodeId {
        &self.host
    }

    /// The process with this pid.
    pub fn process(&self, pid: u32) -> Option<&Process> {
        self.world.processes.get(&pid).map(Arc::as_ref)
    }

    /// All processes.
    pub fn processes(&self) -> impl Iterator<Item = (u32, &Process)> {
        self.world.processes.iter().map(|(pid, process)| (*pid, process.as_ref()))
    }

    /// The owner of everything in `netns` that cannot be told any closer.
    pub fn of_netns(&self, netns: NetNs) -> Owner {
        Owner { node: self.netns.get(&netns).unwrap_or(&self.host).clone(), command: None, pid: None }
    }

    /// The owner of a socket in `netns`, made in the control group at `cgroup` and held by process `holder`, as far as these are known.
    pub fn of_socket(&self, netns: NetNs, cgroup: Option<&Arc<[u8]>>, holder: Option<u32>) -> Owner {
        let process = holder.and_then(|pid| Some((pid, self.world.processes.get(&pid)?)));
        let pid = process.map(|(pid, _)| pid);
        if let Some((pid, process)) = process
            && process.settled
        {
            return Owner { node: NodeId::process(&self.agent, pid, process.start_ticks), command: None, pid: Some(pid) };
        }
        let command = process.map(|(_, process)| process.command.clone());
        let node = cgroup
            .and_then(|path| self.of_cgroup(path))
            .or_else(|| process.map(|(_, process)| process.container.clone().unwrap_or_else(|| self.host.clone())))
            .unwrap_or_else(|| self.netns.get(&netns).unwrap_or(&self.host).clone());
        Owner { node, command, pid }
    }

    /// The nearest container around a control group; the host where there is none. The root group says nothing: on machines that use version 1
    /// everything is in it.
    fn of_cgroup(&self, path: &[u8]) -> Option<NodeId> {
        if path.len() <= 1 {
            return None;
        }
        let (mut known, mut innermost) = (None, None);
        for (id, _) in containers_in(path) {
            known = self.containers.get(id).or(known);
            innermost = Some(id);
        }
        match (known, innermost) {
            (Some(node), _) => Some(node.clone()),
            // No engine tells of containers: the group's name is all there is.
            (None, Some(id)) => NodeId::container(id).ok(),
            (None, None) => Some(self.host.clone()),
        }
    }

    /// The container that a port of the host leads to, by what engines say of it.
    pub fn published(&self, proto: Protocol, at: SocketAddr) -> Option<NodeId> {
        let leads = |port: &Published| port.proto == proto && port.host_port == at.port() && port.host_ip.is_none_or(|ip| ip.is_unspecified() || ip == at.ip());
        self.world.containers.iter().find(|container| container.published.iter().any(leads)).map(|container| container.id.clone())
    }

    /// What a node is part of, for comparing owners of different closeness: a process's container or host.
    pub fn container_of(&self, owner: &Owner) -> NodeId {
        if owner.node.kind() != "process" {
            return owner.node.clone();
        }
        owner.pid.and_then(|pid| self.world.processes.get(&pid)).and_then(|process| process.container.clone()).unwrap_or_else(|| self.host.clone())
    }
}
