//! Connections of a host: who dials whom, and the flows that its agent tells of.

use scope_core::flow::Peer;
use scope_core::{Flow, FlowKey, NodeId, Protocol, SocketAddress, Timestamp};

use super::catalog::Far;
use super::world::{Slot, World, host_ip, network, published, slots, to_next};

/// The ends of a connection, as this host sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Between two containers of one project.
    Inside { client: usize, server: usize },
    /// From a container to a service of the next host.
    Out { client: usize, server: usize },
    /// From the host before to a service of this one.
    In { server: usize },
    /// From the internet.
    Public { server: usize, who: u8 },
    /// To a name on the internet.
    World { client: usize, name: &'static str },
}

/// A connection, and what is said of it: one flow, or one of each end.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) ends: Ends,
    pub(crate) flows: Vec<Flow>,
}

impl Ends {
    /// The container whose load decides how much goes over it.
    pub(crate) fn place(self) -> usize {
        match self {
            Self::Inside { client, .. } | Self::Out { client, .. } | Self::World { client, .. } => client,
            Self::In { server } | Self::Public { server, .. } => server,
        }
    }

    pub(crate) fn touches(self, place: usize) -> bool {
        self.place() == place || matches!(self, Self::Inside { server, .. } if server == place)
    }
}

/// All connections of a host, the most important ones first.
pub(crate) fn all(world: &World, number: usize, mine: &[Slot]) -> Vec<Ends> {
    let mut ends = Vec::new();
    for (client, slot) in mine.iter().enumerate() {
        for name in slot.service().dials {
            let is_it = |other: &Slot| other.stack == slot.stack && other.service().name == *name;
            ends.extend(mine.iter().position(is_it).map(|server| Ends::Inside { client, server }));
        }
    }
    if world.hosts > 1 {
        let of = |number: usize| slots(number % world.hosts, world.containers);
        ends.extend(to_next(mine, &of(number + 1)).into_iter().map(|(client, server)| Ends::Out { client, server }));
        let mut served: Vec<usize> = to_next(&of(number + world.hosts - 1), mine).into_iter().map(|(_, server)| server).collect();
        served.sort_unstable();
        served.dedup();
        ends.extend(served.into_iter().map(|server| Ends::In { server }));
    }
    for (place, slot) in mine.iter().enumerate() {
        match slot.service().far {
            Far::Public => ends.extend((0..3).map(|who| Ends::Public { server: place, who })),
            Far::World(name) => ends.push(Ends::World { client: place, name }),
            _ => {}
        }
    }
    ends.truncate(world.links);
    ends
}

impl Link {
    /// The flows of a connection that begins at `since`; `id` tells the container at a place.
    pub(crate) fn new(world: &World, number: usize, mine: &[Slot], ends: Ends, since: Timestamp, id: impl Fn(usize) -> NodeId) -> Self {
        let within = |place: usize| {
            let slot = &mine[place];
            (format!("net:{}|{}", network(number, slot.stack), slot.ip()), slot.service().port)
        };
        let client = |place: usize, at: &str| -> Flow {
            let at: SocketAddress = at.parse().expect("an address");
            flow(FlowKey { owner: id(place), peer: Peer::Dialled(at.clone()), server_addr: at, proto: Protocol::Tcp }, since)
        };
        let server = |place: usize, from: &str| -> Flow {
            let (ip, port) = within(place);
            let peer = Peer::Client(from.parse().expect("an address"));
            let server_addr = format!("{ip}:{port}").parse().expect("an address");
            flow(FlowKey { owner: id(place), peer, server_addr, proto: Protocol::Tcp }, since)
        };
        let flows = match ends {
            Ends::Inside { client: from, server: to } => {
                let (ip, port) = within(to);
                let name = mine[to].service().name;
                let dialled = Flow { server: Some(id(to)), server_name: Some(name.into()), ..client(from, &format!("{ip}:{port}")) };
                vec![dialled, server(to, &within(from).0)]
            }
            Ends::Out { client: from, server: to } => {
                let next = (number + 1) % world.hosts;
                let port = published(&slots(next, world.containers), to).expect("a published port");
                vec![client(from, &format!("{}:{port}", host_ip(next)))]
            }
            Ends::In { server: to } => vec![server(to, &host_ip((number + world.hosts - 1) % world.hosts).to_string())],
            Ends::Public { server: to, who } => vec![server(to, &format!("203.0.113.{}", usize::from(who) * 80 + to % 80 + 1))],
            Ends::World { client: from, name } => vec![Flow { server_name: Some(name.into()), ..client(from, "198.51.100.23:443") }],
        };
        Self { ends, flows }
    }
}

fn flow(key: FlowKey, since: Timestamp) -> Flow {
    Flow {
        key,
        server: None,
        server_name: None,
        command: None,
        since,
        last_seen: since,
        open: 3,
        opened_total: Some(12),
        failed_total: Some(0),
        tx_bytes_total: Some(81_234),
        rx_bytes_total: Some(99_120),
        retrans_total: Some(0),
        rtt_us: Some(210),
        ports: Vec::new(),
        seen_by: vec!["sock_diag".into()],
    }
}
