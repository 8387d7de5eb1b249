//! States made by hand: what collectors would say of small worlds.
#![allow(dead_code, clippy::unwrap_used, clippy::missing_panics_doc, reason = "a failed test may panic, and each test uses a part")]

use scope_core::flow::{FlowKey, Peer, PortSample};
use scope_core::record::{Body, Gone, Node, Problem, Record, Stamp, Tick};
use scope_core::state::State;
use scope_core::value::Fields;
use scope_core::{AgentName, Flow, NodeId, Number, Protocol, RunId, Timestamp, Value};

/// The moment at which everything happens.
pub(crate) const NOW: i64 = 1_795_000_000;

/// `seconds` after [`NOW`].
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(NOW + seconds)
}

/// The id of the container that is called `name` in a test: as even as a real one.
pub(crate) fn container(name: &str) -> NodeId {
    let word = |seed: u64| {
        let hash = name.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        hash ^ hash >> 29
    };
    format!("container:{:016x}{:016x}{:016x}{:016x}", word(0xcbf2_9ce4_8422_2325), word(1), word(2), word(3)).parse().unwrap()
}

/// The id of an image.
pub(crate) fn image(name: &str) -> NodeId {
    container(name).as_str().replace("container:", "image:").parse().unwrap()
}

/// A state in the making.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) state: State,
}

/// A node in the making.
pub(crate) struct Made<'w> {
    world: &'w mut World,
    agent: String,
    source: &'static str,
    node: Node,
}

/// A flow in the making.
pub(crate) struct Flowing<'w> {
    world: &'w mut World,
    agent: String,
    flow: Flow,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn say(&mut self, agent: &str, source: &str, body: Body) {
        let stamp = Stamp { run: RunId::from_u128(1), seq: 1 };
        let record = Record { agent: agent.parse().unwrap(), stamp, source: source.into(), at: at(0), body, extra: Fields::default() };
        let _ = self.state.apply(record);
    }

    pub(crate) fn tick(&mut self, agent: &str) {
        self.say(agent, "", Body::Tick(Tick { interval_ms: Some(1000), ..Tick::default() }));
    }

    pub(crate) fn problem(&mut self, agent: &str, source: &str, message: &str, hint: Option<&str>) {
        self.say(agent, source, Body::Problem(Problem { message: message.into(), hint: hint.map(Into::into), id: None }));
    }

    pub(crate) fn gone(&mut self, agent: &str, source: &str, id: &NodeId) {
        let stamp = Stamp { run: RunId::from_u128(1), seq: 2 };
        let record = Record {
            agent: agent.parse().unwrap(),
            stamp,
            source: source.into(),
            at: at(1),
            body: Body::Gone(Gone::Node(id.clone())),
            extra: Fields::default(),
        };
        let _ = self.state.apply(record);
    }

    pub(crate) fn node(&mut self, agent: &str, source: &'static str, id: NodeId, name: &str) -> Made<'_> {
        let mut node = Node::new(id);
        node.name = Some(name.into());
        Made { world: self, agent: agent.to_owned(), source, node }
    }

    /// A host with its addresses.
    pub(crate) fn host(&mut self, agent: &str, addresses: &[&str]) -> NodeId {
        self.tick(agent);
        let id = NodeId::host(&agent.parse().unwrap());
        self.node(agent, "host", id, agent).attr("addresses", addresses.iter().copied().collect::<Value>()).metric("cpu_pct", 50_u64).done()
    }

    /// A running container of the image `nginx:1.27`.
    pub(crate) fn container(&mut self, agent: &str, name: &str) -> Made<'_> {
        let host = NodeId::host(&agent.parse().unwrap());
        let made = self.node(agent, "docker", container(name), name);
        made.parent(host).attr("state", "running").attr("image", "nginx:1.27")
    }

    /// A process with a pid.
    pub(crate) fn process(&mut self, agent: &str, pid: u32, name: &str, parent: &NodeId) -> NodeId {
        let agent_name: AgentName = agent.parse().unwrap();
        let id = NodeId::process(&agent_name, pid, 1000 + u64::from(pid));
        self.node(agent, "process", id, name).parent(parent.clone()).attr("pid", pid).metric("mem_bytes", 1_u64 << 20).done()
    }

    /// What a client's agent reports: `dialled` is also where the server listens unless [`Flowing::translated`] says otherwise.
    pub(crate) fn client(&mut self, agent: &str, owner: &NodeId, dialled: &str) -> Flowing<'_> {
        self.flow(agent, owner, Peer::Dialled(dialled.parse().unwrap()), dialled)
    }

    /// What a server's agent reports.
    pub(crate) fn server(&mut self, agent: &str, owner: &NodeId, server_addr: &str, client_addr: &str) -> Flowing<'_> {
        self.flow(agent, owner, Peer::Client(client_addr.parse().unwrap()), server_addr)
    }

    fn flow(&mut self, agent: &str, owner: &NodeId, peer: Peer, server_addr: &str) -> Flowing<'_> {
        let key = FlowKey { owner: owner.clone(), peer, server_addr: server_addr.parse().unwrap(), proto: Protocol::Tcp };
        let seen_by = vec!["sock_diag".into()];
        let flow = Flow { since: at(-10), open: 1, opened_total: Some(1), seen_by, ..Flow::new(key, at(0)) };
        Flowing { world: self, agent: agent.to_owned(), flow }
    }
}

impl Made<'_> {
    pub(crate) fn attr(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.node.attrs.insert(name, value.into());
        self
    }

    /// In a container network, with an address.
    pub(crate) fn in_network(mut self, network: &str, ip: &str) -> Self {
        let mut networks = self.node.attrs.get("networks").and_then(Value::as_list).unwrap_or_default().to_vec();
        let family = if ip.contains(':') { "ipv6" } else { "ipv4" };
        networks.push(Value::Map([("id", Value::text(network)), ("name", Value::text(network)), (family, Value::text(ip))].into_iter().collect()));
        self.node.attrs.insert("networks", Value::List(networks));
        self
    }

    pub(crate) fn label(mut self, name: &str, value: &str) -> Self {
        let mut labels = self.node.attrs.get("labels").and_then(Value::as_map).cloned().unwrap_or_default();
        labels.insert(name, value.into());
        self.node.attrs.insert("labels", labels.into());
        self
    }

    pub(crate) fn metric(mut self, name: &str, value: impl Into<Number>) -> Self {
        self.node.metrics.insert(name, value.into());
        self
    }

    pub(crate) fn parent(mut self, id: NodeId) -> Self {
        self.node.parents = Some(self.node.parents.iter().flat_map(|parents| parents.iter().cloned()).chain([id]).collect());
        self
    }

    /// An endpoint, there for an hour.
    pub(crate) fn listens(self, endpoint: &str) -> Self {
        self.listens_since(endpoint, -3600)
    }

    pub(crate) fn listens_since(mut self, endpoint: &str, seconds: i64) -> Self {
        let endpoint = scope_core::endpoint::OwnedEndpoint { at: endpoint.parse().unwrap(), since: Some(at(seconds)) };
        self.node.endpoints = Some(self.node.endpoints.iter().flat_map(|endpoints| endpoints.iter().cloned()).chain([endpoint]).collect());
        self
    }

    pub(crate) fn done(self) -> NodeId {
        let id = self.node.id.clone();
        self.world.say(&self.agent, self.source, Body::Node(self.node));
        id
    }
}

impl Flowing<'_> {
    pub(crate) fn to(mut self, server: &NodeId) -> Self {
        self.flow.server = Some(server.clone());
        self
    }

    pub(crate) fn translated(mut self, server_addr: &str) -> Self {
        self.flow.key.server_addr = server_addr.parse().unwrap();
        self
    }

    pub(crate) fn called(mut self, name: &str) -> Self {
        self.flow.server_name = Some(name.into());
        self
    }

    pub(crate) fn udp(mut self) -> Self {
        self.flow.key.proto = Protocol::Udp;
        self
    }

    /// Open connections, and as many opened in all.
    pub(crate) fn open(mut self, open: u64) -> Self {
        self.flow.open = open;
        self.flow.opened_total = Some(open);
        self
    }

    pub(crate) fn attempts(mut self, opened: u64, failed: u64) -> Self {
        (self.flow.opened_total, self.flow.failed_total) = (Some(opened), Some(failed));
        self
    }

    pub(crate) fn bytes(mut self, tx: u64, rx: u64) -> Self {
        (self.flow.tx_bytes_total, self.flow.rx_bytes_total) = (Some(tx), Some(rx));
        self
    }

    /// Sampled client ports, opened this many seconds after [`NOW`].
    pub(crate) fn ports(mut self, ports: &[(u16, i64)]) -> Self {
        self.flow.ports = ports.iter().map(|(port, seconds)| PortSample(*port, at(*seconds))).collect();
        self
    }

    pub(crate) fn seen_by(mut self, source: &str) -> Self {
        self.flow.seen_by.push(source.into());
        self
    }

    pub(crate) fn last_seen(mut self, seconds: i64) -> Self {
        self.flow.last_seen = at(seconds);
        self
    }

    pub(crate) fn done(self) {
        self.world.say(&self.agent, "net", Body::Flow(Box::new(self.flow)));
    }
}
