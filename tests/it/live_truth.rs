//! Truth: connections that the test itself makes between real containers, beside those that are drawn. Every test prints recall and precision.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;

use scope_tests::command::{LIMIT, Running, run, run_scope, scope_command};
use scope_tests::docker::{Container, World, docker, inspect, traffic, until};
use scope_tests::graph::{Graph, Score};
use scope_tests::need;
use scope_tests::records::{Said, ndjson};
use serde_json::Value;

/// The agent's name, so that the node for what runs outside of containers has one that is known.
const AGENT: &str = "truth";
const OUTSIDE: &str = "uncontained:truth";

/// Edges that were made, and whose ends are looked at.
#[derive(Default)]
struct Truth {
    kinds: Vec<(&'static str, (String, String))>,
    /// Drawn or not, neither is wrong: what the daemon itself does.
    besides: BTreeSet<(String, String)>,
}

impl Truth {
    fn edge(&mut self, kind: &'static str, from: &str, to: &str) {
        self.kinds.push((kind, (from.to_owned(), to.to_owned())));
    }

    /// Compares with what is drawn at containers of `world`, prints the figures, and fails unless all is right.
    #[track_caller]
    fn check(&self, world: &World, drawn: &Graph) {
        let mine: BTreeSet<String> = world.containers().iter().map(|id| format!("container:{id}")).collect();
        let expected: BTreeSet<_> = self.kinds.iter().map(|(_, edge)| edge.clone()).collect();
        // Every edge that touches one of the world's containers counts, whatever the other end is.
        let touching: BTreeSet<_> =
            drawn.edges.keys().filter(|(from, to)| mine.contains(from) || mine.contains(to)).filter(|edge| !self.besides.contains(*edge)).cloned().collect();
        let score = Score::of(&expected, &touching);
        let name = |id: &String| drawn.nodes.get(id).and_then(|node| node["name"].as_str()).unwrap_or(id).to_owned();
        let mut report = format!("edges: {score}\n");
        for (kind, edge) in &self.kinds {
            let found = if touching.contains(edge) { "right " } else { "MISSED" };
            let _ = writeln!(report, "  {found} {kind}: {} -> {}", name(&edge.0), name(&edge.1));
        }
        for edge in touching.difference(&expected) {
            let _ = writeln!(report, "  WRONG  {} -> {}: {}", name(&edge.0), name(&edge.1), drawn.edges[edge]);
        }
        eprintln!("{report}");
        assert_eq!((score.recall(), score.precision()), (1.0, 1.0), "{report}");
    }
}

fn collect(flags: &[&str]) -> Vec<u8> {
    run_scope([&["collect", "--agent", AGENT, "--every", "1s", "--count", "3"], flags].concat(), b"").ok().stdout
}

fn containers(stream: &[u8]) -> Graph {
    Graph::read(&run_scope(["render", "--view", "containers", "--show=all", "-o", "json"], stream).ok().json())
}

fn serve(world: &World, name: &str, proto: &str, flags: &[&str]) -> Container {
    serve_at(world, name, proto, "[::]:7000", flags)
}

fn serve_at(world: &World, name: &str, proto: &str, at: &str, flags: &[&str]) -> Container {
    let server = world.run(name, flags, &["traffic", "serve", proto, at]);
    server.said("ready");
    server
}

/// A container that keeps one connection to `at`, quiet after the first exchange.
fn keep(world: &World, name: &str, proto: &str, at: &str, flags: &[&str]) -> Container {
    let client = world.run(name, flags, &["traffic", "keep", proto, at, "1", "3", "50", "100"]);
    client.said("idle");
    client
}

/// The same from a program of the host.
fn keep_outside(at: &str) -> Running {
    let client = Running::start(Command::new(traffic()).args(["keep", "tcp", at, "1", "3", "50", "100"]));
    while client.line(LIMIT).expect("the connection is made") != "idle" {}
    client
}

fn published(server: &Container) -> String {
    inspect(&server.id)["NetworkSettings"]["Ports"]["7000/tcp"][0]["HostPort"].as_str().expect("a published port").to_owned()
}

/// An address of the host that is neither loopback nor Docker's.
fn host_address() -> Option<String> {
    let route = run(Command::new("ip").args(["-j", "route", "get", "198.51.100.1"]), b"");
    if !route.status.success() {
        return None;
    }
    route.json()[0]["prefsrc"].as_str().map(str::to_owned)
}

fn gateway(network: &str) -> String {
    inspect(network)["IPAM"]["Config"][0]["Gateway"].as_str().expect("a gateway").to_owned()
}

fn at(ip: &str) -> String {
    if ip.contains(':') { format!("[{ip}]:7000") } else { format!("{ip}:7000") }
}

#[test]
fn live_truth_connections_that_last() {
    let Some(docker_runs) = need::docker() else { return };
    let Some(()) = need::root() else { return };
    let world = World::new(&docker_runs);
    let mut truth = Truth::default();
    let (network_id, network) = world.network("a", &[]);
    let on = ["--network", &network];

    let server = serve(&world, "user-server", "tcp", &on);
    let client = keep(&world, "user-client", "tcp", &at(&server.address(&network)), &on);
    truth.edge("user network", &client.node(), &server.node());

    let server = serve(&world, "bridge-server", "tcp", &[]);
    let client = keep(&world, "bridge-client", "tcp", &at(&server.address("bridge")), &[]);
    truth.edge("default bridge", &client.node(), &server.node());
    let outside = keep_outside(&at(&server.address("bridge")));
    truth.edge("process of the host -> container's address", OUTSIDE, &server.node());

    let server = serve(&world, "udp-server", "udp", &on);
    let client = keep(&world, "udp-client", "udp", &at(&server.address(&network)), &on);
    truth.edge("UDP", &client.node(), &server.node());

    // A client that has no address of its own: only its control group tells it from the one whose network it is in.
    let server = serve(&world, "joined-server", "tcp", &on);
    let joined = format!("container:{}", server.id);
    let client = keep(&world, "joined-client", "tcp", "127.0.0.1:7000", &["--network", &joined]);
    truth.edge("two containers in one network namespace", &client.node(), &server.node());

    let server = serve(&world, "multi-server", "tcp", &on);
    let (second_id, second) = world.network("b", &[]);
    let _ = docker(&["network", "connect", &second_id, &server.id]).ok();
    let client = keep(&world, "multi-client", "tcp", &at(&server.address(&second)), &["--network", &second]);
    truth.edge("the second network of a container", &client.node(), &server.node());

    // Published ports: from the host through the proxy and by translation, and from containers.
    let server = serve(&world, "proxied-server", "tcp", &[&on[..], &["-p", "7000"]].concat());
    let through_proxy = keep_outside(&format!("127.0.0.1:{}", published(&server)));
    truth.edge("published port, from the host through docker-proxy", OUTSIDE, &server.node());
    let client = keep(&world, "proxied-client", "tcp", &format!("{}:{}", gateway(&network_id), published(&server)), &on);
    truth.edge("published port, from a container of the same network through docker-proxy", &client.node(), &server.node());
    let mut translated = None;
    if let Some(host) = host_address() {
        let server = serve(&world, "translated-server", "tcp", &[&on[..], &["-p", "7000"]].concat());
        let port = published(&server);
        translated = Some(keep_outside(&format!("{host}:{port}")));
        truth.edge("published port, from the host by translation", OUTSIDE, &server.node());
        let client = keep(&world, "hostnet-client", "tcp", &format!("{host}:{port}"), &["--network", "host"]);
        truth.edge("published port, from a host-network container by translation", &client.node(), &server.node());
    }

    // The host's network.
    let server = serve_at(&world, "hostnet-server", "tcp", "[::]:17431", &["--network", "host"]);
    let client = keep(&world, "to-hostnet-client", "tcp", &format!("{}:17431", gateway(&network_id)), &on);
    truth.edge("container -> host-network container", &client.node(), &server.node());
    let local = keep_outside("127.0.0.1:17431");
    truth.edge("process of the host -> host-network container by loopback", OUTSIDE, &server.node());
    let outside_server = Running::start(Command::new(traffic()).args(["serve", "tcp", "0.0.0.0:17432"]));
    assert_eq!(outside_server.line(LIMIT).as_deref(), Some("ready"));
    let client = keep(&world, "to-outside-client", "tcp", &format!("{}:17432", gateway(&network_id)), &on);
    truth.edge("container -> process of the host", &client.node(), OUTSIDE);

    truth.check(&world, &containers(&collect(&[])));
    // The processes of the host held their connections until here.
    drop((outside, through_proxy, translated, local, outside_server));
}

/// A number for addresses that another run of these tests, at the same time, does not use.
fn own_number() -> u32 {
    std::process::id() % 250
}

#[test]
fn live_truth_ipv6() {
    let Some(docker_runs) = need::docker() else { return };
    let world = World::new(&docker_runs);
    let made = world.try_network("six", &["--ipv6", "--subnet", &format!("fd00:5c0e:{:x}::/64", own_number())]);
    let Some(()) = need::that(made.is_ok(), &format!("a daemon that makes networks with IPv6: {made:?}")) else { return };
    let (_, network) = made.unwrap();
    let on = ["--network", network.as_str()];
    let mut truth = Truth::default();
    let server = serve(&world, "tcp-server", "tcp", &on);
    let client = keep(&world, "tcp-client", "tcp", &at(&server.address6(&network)), &on);
    truth.edge("TCP over IPv6", &client.node(), &server.node());
    let server = serve(&world, "udp-server", "udp", &on);
    let client = keep(&world, "udp-client", "udp", &at(&server.address6(&network)), &on);
    truth.edge("UDP over IPv6", &client.node(), &server.node());
    truth.check(&world, &containers(&collect(&[])));
}

/// Connections of 10 ms counted at both ends. The agent runs at its interval while they come and go between its looks.
#[test]
fn live_truth_short_connections() {
    const COUNT: u64 = 200;
    let Some(docker_runs) = need::docker() else { return };
    let Some(()) = need::root() else { return };
    let tracked = std::fs::read_to_string("/proc/sys/net/bridge/bridge-nf-call-iptables").is_ok_and(|set| set.trim() == "1");
    let Some(()) = need::that(tracked, "connection tracking of what crosses a bridge (net.bridge.bridge-nf-call-iptables=1)") else { return };
    let world = World::new(&docker_runs);
    let (_, network) = world.network("a", &[]);
    let on = ["--network", network.as_str()];
    let servers = ["one", "two"].map(|name| serve(&world, &format!("{name}-server"), "tcp", &[&on[..], &["-p", "7000"]].concat()));
    let clients = servers.each_ref().map(|server| world.run(&format!("client-of-{}", &server.id[..6]), &on, &["sleep", "100000"]));

    let agent = Running::start(&mut scope_command(["collect", "--agent", AGENT, "--every", "1s"]));
    let mut stream = Vec::new();
    reports(&agent, &mut stream, 1);
    let count = COUNT.to_string();
    let mut opened = 0;
    for (client, server) in clients.iter().zip(&servers) {
        let did = client.exec(&["traffic", "open", &at(&server.address(&network)), &count, "10", "15", "100"]).ok().json();
        assert_eq!(did["opened"], COUNT, "{did}");
        opened += COUNT;
    }
    // From the host through a published port, by translation.
    let mut from_host = None;
    if let Some(host) = host_address() {
        let did = run(Command::new(traffic()).args(["open", &format!("{host}:{}", published(&servers[0])), &count, "10", "15", "100"]), b"").ok().json();
        assert_eq!(did["opened"], COUNT, "{did}");
        from_host = Some(COUNT);
    }
    // So that the last of them are told.
    reports(&agent, &mut stream, 2);
    drop(agent);

    let said = Said::new(&stream);
    let total = |wanted: &dyn Fn(&Value) -> bool| -> u64 {
        said.flows.values().filter(|flow| wanted(flow)).map(|flow| flow["opened_total"].as_u64().unwrap_or(0)).sum()
    };
    let mut seen = 0;
    for (client, server) in clients.iter().zip(&servers) {
        let address = client.address(&network);
        let is_from = |flow: &Value| flow["client_addr"].as_str().is_some_and(|from| from.rsplit('|').next() == Some(&address));
        let client_side = total(&|flow| flow["side"] == "client" && is_of(&said, &flow["owner"], client) && is_of(&said, &flow["server"], server));
        let server_side = total(&|flow| flow["side"] == "server" && is_of(&said, &flow["owner"], server) && is_from(flow));
        eprintln!("10 ms connections, container -> container: {COUNT} made, {client_side} counted for the client, {server_side} for the server");
        assert!(client_side <= COUNT && server_side <= COUNT, "none is counted twice");
        seen += client_side;
    }
    let recall = seen as f64 / opened as f64;
    eprintln!("recall at container level {recall:.4}");
    assert!(recall >= 0.99, "{recall}");
    if let Some(made) = from_host {
        let port: u64 = published(&servers[0]).parse().unwrap();
        let dialled = |flow: &Value| flow["dialled"].as_str().is_some_and(|at| at.ends_with(&format!(":{port}")));
        let counted = total(&|flow| flow["side"] == "client" && is_of(&said, &flow["server"], &servers[0]) && dialled(flow));
        eprintln!("10 ms connections, host -> published port: {made} made, {counted} counted");
        assert!(counted <= made && counted as f64 >= 0.99 * made as f64, "{counted} of {made}");
    }

    let mut truth = Truth::default();
    for (client, server) in clients.iter().zip(&servers) {
        truth.edge("10 ms", &client.node(), &server.node());
    }
    if from_host.is_some() {
        truth.edge("10 ms through a published port", OUTSIDE, &servers[0].node());
    }
    truth.check(&world, &containers(&ndjson(&stream)));
}

#[test]
fn live_truth_bytes() {
    let Some(docker_runs) = need::docker() else { return };
    let Some(()) = need::root() else { return };
    let world = World::new(&docker_runs);
    let (_, network) = world.network("a", &[]);
    let on = ["--network", network.as_str()];
    let servers = ["old", "new"].map(|name| serve(&world, &format!("{name}-server"), "tcp", &on));
    let targets = servers.each_ref().map(|server| at(&server.address(&network)));
    let waiting = world.run("old-client", &on, &["sleep", "100000"]);
    // Totals are since the agent saw a flow first, so it must see it from the start.
    let agent = Running::start(&mut scope_command(["collect", "--agent", AGENT, "--every", "1s"]));
    let mut stream = Vec::new();
    reports(&agent, &mut stream, 2);
    let made = |target: &str| ["traffic", "keep", "tcp", target, "5", "20", "10", "10000"].map(str::to_owned);
    let inside = made(&targets[0]);
    let _ = docker(&[&["exec", "-d", waiting.id.as_str()], &inside.each_ref().map(String::as_str)[..]].concat()).ok();
    let inside = made(&targets[1]);
    let new = world.run("new-client", &on, &inside.each_ref().map(String::as_str));
    new.said("idle");
    reports(&agent, &mut stream, 3);
    drop(agent);
    let said = Said::new(&stream);
    let mut failed = Vec::new();
    for (what, client, server) in [("a container that was there before", &waiting, &servers[0]), ("a container that is new", &new, &servers[1])] {
        for (owner, side) in [(client, "client"), (server, "server")] {
            let flows: Vec<&Value> = said.flows.values().filter(|flow| flow["side"] == side && is_of(&said, &flow["owner"], owner)).collect();
            let sum = |field: &str| -> u64 { flows.iter().map(|flow| flow[field].as_u64().unwrap_or(0)).sum() };
            let figures = [sum("open"), sum("opened_total"), sum("tx_bytes_total"), sum("rx_bytes_total")];
            eprintln!(
                "{what}, {side}: 5 connections, 1,000,000 bytes each way: open {}, opened {}, sent {}, received {}",
                figures[0], figures[1], figures[2], figures[3]
            );
            if figures != [5, 5, 1_000_000, 1_000_000] {
                failed.push(format!("{what}, {side}: {figures:?}"));
            }
        }
        let edge = containers(&ndjson(&stream)).edges[&(client.node(), server.node())].clone();
        if [&edge["open"], &edge["opened_total"], &edge["tx_bytes_total"], &edge["rx_bytes_total"]] != [5, 5, 1_000_000, 1_000_000] {
            failed.push(format!("{what}, drawn: {edge}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Reads on until so many more reports at the interval have come, not counting those that were written already.
fn reports(agent: &Running, stream: &mut Vec<Value>, count: usize) {
    stream.extend(agent.written().iter().map(|line| serde_json::from_str::<Value>(line).expect("a record is JSON")));
    for _ in 0..count {
        agent.wait_for("a report", LIMIT, |record| {
            stream.push(record.clone());
            (record["record"] == "tick" && !record["interval_ms"].is_null()).then_some(())
        });
    }
}

/// Whether a node is the container or a process in it.
fn is_of(said: &Said, node: &Value, container: &Container) -> bool {
    let own = container.node();
    *node == own.as_str() || node.as_str().and_then(|id| said.parents.get(id)).is_some_and(|parents| parents.contains(&own))
}

/// An address that another container gets: what went to its first owner is never drawn to the second.
#[test]
fn live_truth_reused_address() {
    let Some(docker_runs) = need::docker() else { return };
    let Some(()) = need::root() else { return };
    let world = World::new(&docker_runs);
    let ip = format!("10.213.{}.7", own_number());
    let (_, network) = world.network("a", &["--subnet", &format!("10.213.{}.0/24", own_number())]);
    let server_flags = ["--network", &network, "--ip", &ip];
    let first = serve(&world, "first", "tcp", &server_flags);
    let client = world.run("client", &["--network", &network], &["sh", "-c", &format!("traffic keep tcp {ip}:7000 1 100000 100 10; sleep 100000")]);
    client.said("ready");
    let agent = Running::start(&mut scope_command(["collect", "--agent", AGENT, "--every", "1s"]));
    let mut stream = Vec::new();
    reports(&agent, &mut stream, 3);
    let mut truth = Truth::default();
    truth.edge("before", &client.node(), &first.node());
    truth.check(&world, &containers(&ndjson(&stream)));

    world.remove(&first);
    let second = serve(&world, "second", "tcp", &server_flags);
    reports(&agent, &mut stream, 3);
    let drawn = containers(&ndjson(&stream));
    let wrong = (client.node(), second.node());
    assert!(!drawn.edges.contains_key(&wrong), "the second owner was never dialled: {}", drawn.edges[&wrong]);
    let other = keep(&world, "other", "tcp", &at(&ip), &["--network", &network]);
    reports(&agent, &mut stream, 3);
    let drawn = containers(&ndjson(&stream));
    assert!(drawn.edges.contains_key(&(other.node(), second.node())), "what dials it now is drawn");
    assert!(!drawn.edges.contains_key(&wrong), "and only that");
}

/// Two hosts whose networks have the same addresses: nothing leads from one to the other.
#[test]
fn live_truth_same_subnet_on_two_hosts() {
    let Some(docker_runs) = need::docker() else { return };
    let Some(()) = need::root() else { return };
    let host = |agent: &str| {
        let world = World::new(&docker_runs);
        let ip = |last: u8| format!("10.212.{}.{last}", own_number());
        let (_, network) = world.network("same", &["--subnet", &format!("{}/24", ip(0))]);
        let server = serve(&world, "server", "tcp", &["--network", &network, "--ip", &ip(2)]);
        let client = keep(&world, "client", "tcp", &at(&ip(2)), &["--network", &network, "--ip", &ip(3)]);
        let stream = run_scope(["collect", "--agent", agent, "--every", "1s", "--count", "2"], b"").ok().stdout;
        (stream, client.node(), server.node())
    };
    let (east, east_client, east_server) = host("east");
    // The first world is gone before the second is made: one daemon gives a subnet only once.
    let (west, west_client, west_server) = host("west");
    let mine = BTreeSet::from([&east_client, &east_server, &west_client, &west_server]);
    let drawn = containers(&[east, west].concat());
    let touching = drawn.between(|id| mine.contains(&id.to_owned()));
    let expected = BTreeSet::from([(east_client.clone(), east_server.clone()), (west_client.clone(), west_server.clone())]);
    let score = Score::of(&expected, &touching);
    eprintln!("two hosts with the same subnet: {score}");
    assert_eq!((score.recall(), score.precision()), (1.0, 1.0), "{touching:?}");
}

#[test]
fn live_truth_raw_connections() {
    let Some(docker_runs) = need::docker() else { return };
    let Some(()) = need::root() else { return };
    let world = World::new(&docker_runs);
    let (_, network) = world.network("a", &[]);
    let on = ["--network", network.as_str()];
    let server = serve(&world, "server", "tcp", &on);
    let client = world.run("client", &on, &["traffic", "keep", "tcp", &at(&server.address(&network)), "4", "1", "10", "100"]);
    client.said("idle");
    until("the connections are open", || client.exec(&["netstat", "-tn"]).ok().text().matches("ESTABLISHED").count() == 4);
    // Beside what the kernel tells inside of the namespace.
    let theirs: BTreeSet<(String, String)> = client
        .exec(&["netstat", "-tn"])
        .ok()
        .text()
        .lines()
        .filter(|line| line.contains("ESTABLISHED"))
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .map(|words| (words[3].to_owned(), words[4].to_owned()))
        .collect();
    let records = run_scope(["collect", "--connections", "--agent", AGENT], b"").ok().lines();
    let said = Said::new(&records);
    let without_scope = |at: &Value| at.as_str().map(|at| at.rsplit('|').next().unwrap().to_owned()).unwrap();
    let ours: Vec<&Value> = records.iter().filter(|record| record["record"] == "connection" && is_of(&said, &record["owner"], &client)).collect();
    let pairs: BTreeSet<(String, String)> = ours.iter().map(|record| (without_scope(&record["local"]), without_scope(&record["remote"]))).collect();
    assert_eq!(pairs, theirs);
    for record in ours {
        assert_eq!([&record["proto"], &record["state"], &record["side"]], ["tcp", "established", "client"], "{record}");
        assert_eq!(record["pid"], client.pid(), "{record}");
        assert!(record["tx_bytes_total"].is_u64(), "{record}");
    }
}
