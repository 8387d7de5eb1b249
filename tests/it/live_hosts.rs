//! Two whole hosts with the same default subnets, and a router between them that nobody watches: what goes from one to the other is drawn once, from
//! container to container, and nothing else is.

use std::collections::BTreeSet;
use std::process::Command;

use scope_tests::command::{Running, run, run_scope};
use scope_tests::docker::{Container, World};
use scope_tests::graph::{Graph, Score};
use scope_tests::host::Host;
use scope_tests::namespace::Namespace;
use scope_tests::need;

type Edges = BTreeSet<(String, String)>;

/// What every host has for itself: a server and a client of it, with the same addresses on both hosts.
struct Local {
    world: World,
    server: Container,
    client: Container,
}

fn local(host: &Host) -> Local {
    let world = World::new(&host.docker());
    let server = serve(&world, "server", &[]);
    let client = keep(&world, "client", &format!("{}:7000", server.address("bridge")));
    Local { world, server, client }
}

fn serve(world: &World, name: &str, flags: &[&str]) -> Container {
    let server = world.run(name, flags, &["traffic", "serve", "tcp", "[::]:7000"]);
    server.said("ready");
    server
}

fn keep(world: &World, name: &str, at: &str) -> Container {
    let client = world.run(name, &[], &["traffic", "keep", "tcp", at, "2", "3", "50", "100"]);
    client.said("idle");
    client
}

/// Both hosts at the same time, so that sampled ports and times can be compared.
fn collect(hosts: [(&Host, Command); 2]) -> [Vec<u8>; 2] {
    let running = hosts.map(|(_, mut command)| Running::start(command.args(["collect", "--every", "1s", "--count", "3"])));
    running.map(|agent| {
        let mut stream = String::new();
        while let Some(line) = agent.line(scope_tests::command::LIMIT) {
            stream.push_str(&line);
            stream.push('\n');
        }
        stream.into_bytes()
    })
}

fn draw(streams: &[&[u8]]) -> Graph {
    Graph::read(&run_scope(["render", "--view", "containers", "--show=all", "-o", "json"], &streams.concat()).ok().json())
}

/// Edges that touch one of these, with what nobody watches as `elsewhere`: how peers that are not watched are grouped is the view's business.
fn touching(graph: &Graph, mine: &BTreeSet<String>) -> Vec<(String, String)> {
    let plain =
        |id: &String| if mine.contains(id) || id.starts_with("container:") || id.starts_with("uncontained:") { id.clone() } else { "elsewhere".to_owned() };
    graph.edges.keys().filter(|(from, to)| mine.contains(from) || mine.contains(to)).map(|(from, to)| (plain(from), plain(to))).collect()
}

#[track_caller]
fn check(what: &str, drawn: &[(String, String)], expected: &Edges) {
    let set: Edges = drawn.iter().cloned().collect();
    let score = Score::of(expected, &set);
    eprintln!("{what}: {score}");
    assert_eq!(&set, expected, "{what}");
    assert_eq!(set.len(), drawn.len(), "{what}: drawn twice: {drawn:?}");
}

#[test]
fn live_hosts_merge_into_one_graph() {
    let (Some(()), Some(())) = (need::host(), need::command("iptables")) else { return };
    let (east, west) = (Host::new("east"), Host::new("west"));
    east.namespace.cable("10.216.0.1/24", &west.namespace, "10.216.0.2/24");
    let (router, behind) = (Namespace::new(), Namespace::new());
    east.namespace.cable("10.216.1.2/24", &router, "10.216.1.1/24");
    router.cable("10.216.2.1/24", &west.namespace, "10.216.2.2/24");
    behind.cable("10.216.3.2/24", &router, "10.216.3.1/24");
    let (here, there) = (local(&east), local(&west));
    assert_eq!(here.server.address("bridge"), there.server.address("bridge"), "both hosts use the same addresses");

    // Directly: from a container, and from the host itself.
    let api = serve(&there.world, "api", &["-p", "7000:7000"]);
    let caller = keep(&here.world, "caller", "10.216.0.2:7000");
    let outside = east.traffic(&["keep", "tcp", "10.216.0.2:7000", "1", "3", "50", "100"], "idle");
    // Through the router, which rewrites both addresses: from a container, and from a client that nobody watches.
    let routed = serve(&there.world, "routed", &["-p", "7001:7000"]);
    let inside = |args: &[&str]| drop(run(Command::new("ip").args(["netns", "exec", &router.name]).args(args), b"").ok());
    inside(&["sysctl", "-q", "-w", "net.ipv4.ip_forward=1"]);
    inside(&["iptables", "-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", "80", "-j", "DNAT", "--to-destination", "10.216.2.2:7001"]);
    inside(&["iptables", "-t", "nat", "-A", "POSTROUTING", "-p", "tcp", "-j", "MASQUERADE"]);
    let through = keep(&here.world, "through", "10.216.1.1:80");
    let traffic = scope_tests::docker::traffic();
    let unwatched = behind.start(traffic.to_str().expect("a path in UTF-8"), &["keep", "tcp", "10.216.3.1:80", "2", "3", "50", "100"]);
    while unwatched.line(scope_tests::command::LIMIT).expect("the connection is made") != "idle" {}

    let [own, other] = collect([(&east, east.command("/run/scope")), (&west, west.command("/run/scope"))]);
    let edge = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let mine: BTreeSet<String> = [&here.world, &there.world].into_iter().flat_map(World::containers).map(|id| format!("container:{id}")).collect();
    let locals = [edge(&here.client.node(), &here.server.node()), edge(&there.client.node(), &there.server.node())];
    let [east_local, west_local] = locals.clone();

    let all: Edges = locals
        .into_iter()
        .chain([
            edge(&caller.node(), &api.node()),
            edge("uncontained:east", &api.node()),
            edge(&through.node(), &routed.node()),
            edge("elsewhere", &routed.node()),
        ])
        .collect();
    check("both watched", &touching(&draw(&[&own, &other]), &mine), &all);
    check("both watched, in the other order", &touching(&draw(&[&other, &own]), &mine), &all);

    let expected: Edges = [east_local.clone(), edge(&caller.node(), "elsewhere"), edge(&through.node(), "elsewhere")].into();
    check("only the clients' side is watched", &touching(&draw(&[&own]), &mine), &expected);
    let expected: Edges = [west_local.clone(), edge("elsewhere", &api.node()), edge("elsewhere", &routed.node())].into();
    check("only the servers' side is watched", &touching(&draw(&[&other]), &mine), &expected);

    // One side as an ordinary user: its containers are not seen, and what comes from its host is still drawn once, to the very container.
    let own_program = east.command_as_nobody("/run/scope");
    let [plain, full] = collect([(&east, own_program), (&west, west.command("/run/scope"))]);
    let graph = draw(&[&plain, &full]);
    let expected: Edges = [west_local, edge("uncontained:east", &api.node()), edge("elsewhere", &routed.node())].into();
    let drawn = touching(&graph, &mine);
    check("the clients' side as an ordinary user", &drawn, &expected);
    let [full, plain] = collect([(&east, east.command("/run/scope")), (&west, west.command_as_nobody("/run/scope"))]);
    let expected: Edges = [east_local, edge(&caller.node(), "uncontained:west"), edge(&through.node(), "elsewhere")].into();
    check("the servers' side as an ordinary user", &touching(&draw(&[&full, &plain]), &mine), &expected);
    drop((outside, unwatched));
}
