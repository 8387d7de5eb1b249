//! A graph that follows another one is the graph from nothing, whatever happened between the two.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::sync::Arc;

use proptest::prelude::*;
use scope_core::endpoint::OwnedEndpoint;
use scope_core::flow::{Peer, PortSample};
use scope_core::record::{Body, Gone, Node, Record, SourceTick, Stamp, Tick};
use scope_core::state::State;
use scope_core::value::Fields;
use scope_core::{Flow, FlowKey, NodeId, Number, Protocol, RunId, Value};
use scope_render::graph::{Graph, Kept};
use scope_render::view::{self, Selection};

use crate::fixture::{World, at, container, image};

const AGENTS: u8 = 4;

#[derive(Clone, Debug)]
enum Step {
    Host {
        agent: u8,
        address: u8,
    },
    Image {
        agent: u8,
        number: u8,
    },
    /// `facts` are left out where only a figure moves.
    Container {
        agent: u8,
        source: u8,
        number: u8,
        facts: Option<u8>,
    },
    Process {
        agent: u8,
        of: u8,
        pid: u8,
        parent: u8,
        facts: bool,
    },
    Service {
        agent: u8,
        number: u8,
        kind: u8,
    },
    Dials {
        agent: u8,
        owner: u8,
        to: u8,
        knows: u8,
        open: u8,
        seen: u8,
    },
    Serves {
        agent: u8,
        owner: u8,
        from: u8,
        open: u8,
        seen: u8,
    },
    NodeGoes {
        agent: u8,
        source: u8,
        number: u8,
    },
    ProcessGoes {
        agent: u8,
        pid: u8,
    },
    FlowGoes {
        agent: u8,
        owner: u8,
        to: u8,
    },
    AgentGoes(u8),
    /// A report of nothing that says to be full.
    SourceIsEmpty {
        agent: u8,
        source: u8,
    },
    Forget,
}

const SOURCES: [&str; 5] = ["cgroup", "docker", "net", "process", "host"];

fn name(agent: u8) -> String {
    format!("a{agent}")
}

fn numbered(number: u8) -> NodeId {
    container(&number.to_string())
}

fn process(agent: u8, pid: u8) -> NodeId {
    NodeId::process(&name(agent).parse().unwrap(), u32::from(pid) * 7, 100 + u64::from(pid))
}

/// Who owns a flow: mostly a container, else a process or a host.
fn owner(agent: u8, number: u8) -> NodeId {
    match number {
        0..6 => numbered(number),
        6..8 => process(agent, number - 6),
        _ => NodeId::host(&name(agent).parse().unwrap()),
    }
}

/// Addresses that containers have in networks, hosts have, several may have, nobody has.
fn address(agent: u8, to: u8) -> String {
    match to {
        0..4 => format!("net:n{}|172.18.0.{}:80", to % 2, to + 1),
        4..6 => format!("10.0.0.{}:8080", to - 3),
        6 => format!("host:a{agent}|127.0.0.1:8080"),
        7 => "10.7.0.1:5432".to_owned(),
        8 => "93.184.216.34:443".to_owned(),
        _ => "10.0.0.1:8081".to_owned(),
    }
}

fn flow_key(agent: u8, number: u8, to: u8) -> FlowKey {
    let at: scope_core::SocketAddress = address(agent, to).parse().unwrap();
    FlowKey { owner: owner(agent, number), peer: Peer::Dialled(at.clone()), server_addr: at, proto: Protocol::Tcp }
}

fn step() -> impl Strategy<Value = Step> {
    let agent = || 0..AGENTS;
    prop_oneof![
        2 => (agent(), 0_u8..3).prop_map(|(agent, address)| Step::Host { agent, address }),
        1 => (agent(), 0_u8..3).prop_map(|(agent, number)| Step::Image { agent, number }),
        8 => (agent(), 0_u8..3, 0_u8..6, prop::option::of(0_u8..8)).prop_map(|(agent, source, number, facts)| Step::Container { agent, source, number, facts }),
        4 => (agent(), agent(), 0_u8..3, 0_u8..8, any::<bool>())
            .prop_map(|(agent, of, pid, parent, facts)| Step::Process { agent, of, pid, parent, facts }),
        1 => (agent(), 0_u8..3, 0_u8..3).prop_map(|(agent, number, kind)| Step::Service { agent, number, kind }),
        6 => (agent(), 0_u8..9, 0_u8..10, 0_u8..4, 0_u8..3, 0_u8..6)
            .prop_map(|(agent, owner, to, knows, open, seen)| Step::Dials { agent, owner, to, knows, open, seen }),
        4 => (agent(), 0_u8..9, 0_u8..10, 0_u8..3, 0_u8..6).prop_map(|(agent, owner, from, open, seen)| Step::Serves { agent, owner, from, open, seen }),
        3 => (agent(), 0_u8..3, 0_u8..6).prop_map(|(agent, source, number)| Step::NodeGoes { agent, source, number }),
        1 => (agent(), 0_u8..3).prop_map(|(agent, pid)| Step::ProcessGoes { agent, pid }),
        1 => (agent(), 0_u8..9, 0_u8..10).prop_map(|(agent, owner, to)| Step::FlowGoes { agent, owner, to }),
        1 => agent().prop_map(Step::AgentGoes),
        1 => (agent(), 0..SOURCES.len() as u8).prop_map(|(agent, source)| Step::SourceIsEmpty { agent, source }),
        1 => Just(Step::Forget),
    ]
}

fn apply(state: &mut State, seq: u64, step: &Step) {
    let mut say = |agent: u8, source: &str, body: Body| {
        let stamp = Stamp { run: RunId::from_u128(1 << 80), seq };
        let _ = state.apply(Record { agent: name(agent).parse().unwrap(), stamp, source: source.into(), at: at(seq as i64), body, extra: Fields::default() });
    };
    match *step {
        Step::Host { agent, address } => {
            let mut node = Node::new(owner(agent, 8));
            node.name = Some(name(agent).into());
            node.attrs.insert("addresses", [format!("10.0.0.{address}").as_str(), "172.18.0.1"].into_iter().collect::<Value>());
            say(agent, "host", Body::Node(node));
            say(agent, "", Body::Tick(Tick { interval_ms: Some(1000), ..Tick::default() }));
        }
        Step::Image { agent, number } => {
            let mut node = Node::new(image(&format!("i{number}")));
            node.parents = Some(Arc::new([owner(agent, 8)]));
            say(agent, "docker", Body::Node(node));
        }
        Step::Container { agent, source, number, facts } => {
            let source = SOURCES[usize::from(source)];
            let mut node = Node::new(numbered(number));
            node.metrics.insert("cpu_pct", Number::from(seq));
            if let Some(facts) = facts {
                node.parents = Some(Arc::new([owner(agent, 8), image(&format!("i{}", facts % 3))]));
                node.endpoints = Some(Arc::new([OwnedEndpoint {
                    at: format!("{}/tcp", address(agent, facts)).parse().unwrap(),
                    since: (facts % 2 == 0).then(|| at(i64::from(facts))),
                }]));
                if source == "docker" {
                    node.name = Some(format!("c{number}-{}", facts % 2).into());
                    node.attrs.insert("state", if facts == 7 { "exited".into() } else { "running".into() });
                    let network = [("id", format!("n{}", facts % 2)), ("ipv4", format!("172.18.0.{}", facts % 4 + 1))];
                    node.attrs
                        .insert("networks", Value::List(vec![Value::Map(network.into_iter().map(|(name, value)| (name, Value::text(&value))).collect())]));
                }
            }
            say(agent, source, Body::Node(node));
        }
        Step::Process { agent, of, pid, parent, facts } => {
            let mut node = Node::new(process(of, pid));
            node.metrics.insert("mem_bytes", Number::from(seq));
            if facts {
                node.name = Some("p".into());
                node.parents = Some(Arc::new([if parent < 6 { numbered(parent) } else { owner(of, 8) }]));
            }
            say(agent, "process", Body::Node(node));
        }
        Step::Service { agent, number, kind } => {
            let mut node = Node::new(format!("{}:s{number}", ["service", "pod", "unit"][usize::from(kind)]).parse().unwrap());
            node.parents = Some(Arc::new([owner(agent, 8)]));
            say(agent, "docker", Body::Node(node));
        }
        Step::Dials { agent, owner: number, to, knows, open, seen } => {
            let server = (knows > 1).then(|| numbered(knows + to % 3));
            let server_name = (knows % 2 == 1).then(|| format!("s{to}.internal").into());
            let opened_total = Some(u64::from(open));
            let ports = if open == 2 { vec![PortSample(40_000 + u16::from(to), at(0))] } else { Vec::new() };
            let flow = Flow { server, server_name, open: u64::from(open), opened_total, ports, ..Flow::new(flow_key(agent, number, to), at(i64::from(seen))) };
            say(agent, "net", Body::Flow(Box::new(flow)));
        }
        Step::Serves { agent, owner: number, from, open, seen } => {
            let server_addr = format!("net:n{}|172.18.0.{}:80", number % 2, number % 4 + 1).parse().unwrap();
            let client = address(agent, from);
            let peer = Peer::Client(client.rsplit_once(':').unwrap().0.parse().unwrap());
            let ports = if open == 2 { vec![PortSample(40_000 + u16::from(from), at(0))] } else { Vec::new() };
            let key = FlowKey { owner: owner(agent, number), peer, server_addr, proto: Protocol::Tcp };
            let flow = Flow { open: u64::from(open), opened_total: Some(u64::from(open)), ports, ..Flow::new(key, at(i64::from(seen))) };
            say(agent, "net", Body::Flow(Box::new(flow)));
        }
        Step::NodeGoes { agent, source, number } => say(agent, SOURCES[usize::from(source)], Body::Gone(Gone::Node(numbered(number)))),
        Step::ProcessGoes { agent, pid } => say(agent, "process", Body::Gone(Gone::Node(process(agent, pid)))),
        Step::FlowGoes { agent, owner, to } => say(agent, "net", Body::Gone(Gone::Flow(Box::new(flow_key(agent, owner, to))))),
        Step::AgentGoes(agent) => drop(state.remove_agent(&name(agent).parse().unwrap())),
        Step::SourceIsEmpty { agent, source } => {
            let mut tick = Tick { interval_ms: Some(1000), ..Tick::default() };
            tick.sources.insert(SOURCES[usize::from(source)], SourceTick { full: true, ..SourceTick::default() });
            say(agent, "", Body::Tick(tick));
        }
        Step::Forget => state.forget_gone(at(seq as i64 - 2)),
    }
}

/// All that can be seen of a graph, in its order.
fn seen(graph: &Graph<'_>) -> Vec<String> {
    let node = |node: u32| {
        let facts = (graph.id(node), graph.kind(node), graph.name(node), graph.parents(node), graph.attrs(node), graph.metrics(node));
        let said = (graph.speakers(node), graph.sources(node), graph.endpoints(node).collect::<Vec<_>>(), graph.moves(node), graph.facts_version(node));
        assert_eq!(graph.find(graph.id(node)), Some(node));
        format!("{facts:?} {said:?} {:?}", graph.pseudo(node))
    };
    let links = graph.links().iter().zip(graph.link_versions()).map(|link| format!("{link:?}"));
    let rest = format!("{:?} {:?} {}", graph.agents(), graph.troubles(), graph.flows_over());
    (0..graph.len() as u32).map(node).chain(links).chain([rest]).collect()
}

/// What views make of it: they ask what is remembered.
fn views(graph: &Graph<'_>) -> Vec<String> {
    let mut all = Vec::new();
    for name in ["containers", "processes", "hosts", "containers-by-image"] {
        let rendered = view::find(name).unwrap().project(graph, &Selection::default());
        all.extend(rendered.nodes.iter().map(|node| format!("{name} {} {} {} {:?}", node.id, node.name, node.kind, rendered.attrs(node))));
        all.extend(rendered.edges.iter().map(|edge| format!("{name} {edge:?}")));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_graph_after_another_is_the_graph_from_nothing(
        begin in prop::collection::vec(step(), 0..60),
        rounds in prop::collection::vec((prop::collection::vec(step(), 0..4), 0_u8..4), 1..12),
    ) {
        let (mut state, mut kept): (State, Option<Kept>) = (State::default(), None);
        let mut seq = 1;
        for step in &begin {
            seq += 1;
            apply(&mut state, seq, step);
        }
        for (steps, way) in rounds {
            for step in &steps {
                seq += 1;
                apply(&mut state, seq, step);
            }
            let graph = Graph::build_after(&state, kept.as_ref());
            let new = Graph::build(&state);
            prop_assert_eq!(seen(&graph), seen(&new));
            if way > 0 {
                prop_assert_eq!(views(&graph), views(&new));
            }
            let next = graph.keep();
            // As whoever draws figures between two structures does, and may keep what was drawn.
            kept = Some(match next.graph(&state).filter(|_| way == 2).map(Graph::keep) {
                Some(again) => again,
                None => next,
            });
        }
    }
}

#[test]
fn containers_between_others_that_changed_keep_their_addresses_and_so_do_those() {
    let mut world = World::new();
    world.host("a", &["10.0.0.1"]);
    let address = |number: usize| format!("172.18.0.{}", number + 1);
    let mut ids: Vec<NodeId> = (0..40).map(|number| world.container("a", &format!("c{number}")).in_network("n", &address(number)).done()).collect();
    let client = ids.first().unwrap().clone();
    for number in 1..40 {
        // Nobody listens there: whose it is, the networks tell.
        world.client("a", &client, &format!("net:n|{}:9000", address(number))).open(1).done();
    }
    // The first of all keeps nothing to compare facts with.
    let kept = Graph::build_after(&world.state, Some(&Graph::build(&world.state).keep())).keep();
    ids.sort();
    for id in ids.iter().step_by(2) {
        let mut node = Node::new(id.clone());
        node.attrs.insert("restart_count", 7_u64.into());
        let (agent, stamp) = ("a".parse().unwrap(), Stamp { run: RunId::from_u128(1), seq: 2 });
        let _ = world.state.apply(Record { agent, stamp, source: "docker".into(), at: at(1), body: Body::Node(node), extra: Fields::default() });
    }
    let graph = Graph::build_after(&world.state, Some(&kept));
    let servers: std::collections::BTreeSet<u32> = graph.links().iter().map(|link| link.to).collect();
    assert_eq!(servers.len(), 39, "each is another container");
    assert!(servers.iter().all(|server| graph.kind(*server) == "container"));
    assert_eq!(seen(&graph), seen(&Graph::build(&world.state)));
}

/// What its server saw of a flow that has gone is not somebody else's: figures are drawn as before, until a new structure tells what is left.
#[test]
fn figures_are_drawn_again_where_a_flow_has_gone() {
    let mut world = World::new();
    let host = world.host("a", &["10.0.0.1"]);
    let mut pair = |number: u8| {
        let (client, server) = (format!("client-{number}"), format!("server-{number}"));
        let (client_addr, server_addr) = (format!("172.18.0.{number}"), format!("172.18.1.{number}"));
        let client = world.container("a", &client).parent(host.clone()).in_network("n", &client_addr).done();
        let server = world.container("a", &server).parent(host.clone()).in_network("n", &server_addr).listens(&format!("net:n|{server_addr}:80/tcp")).done();
        world.client("a", &client, &format!("net:n|{server_addr}:80")).to(&server).open(3).done();
        world.server("a", &server, &format!("net:n|{server_addr}:80"), &format!("net:n|{client_addr}")).open(3).done();
        client
    };
    let (client, _) = (pair(1), pair(2));
    let kept = Graph::build(&world.state).keep();
    let server_addr: scope_core::SocketAddress = "net:n|172.18.1.1:80".parse().unwrap();
    let key = FlowKey { owner: client, peer: Peer::Dialled(server_addr.clone()), server_addr, proto: Protocol::Tcp };
    world.say("a", "net", Body::Gone(Gone::Flow(Box::new(key))));

    let new = Graph::build(&world.state);
    assert_eq!(new.links().len(), 2, "the server still speaks of it");
    let again = kept.graph(&world.state).unwrap();
    assert_eq!(again.links().iter().map(|link| link.figures.open).collect::<Vec<_>>(), [3, 3]);
}
