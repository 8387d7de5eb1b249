//! How true the drawn connections are: `make truth`. A host of its own, containers with known connections of known length, and the agent in three
//! states of the machine. Prints tables in Markdown, which `docs/accuracy.md` holds. Needs root and an installed Docker.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench: it starts programs, prints, and ends where something is missing"
)]

use std::collections::{BTreeMap, BTreeSet};

use scope_tests::command::{LIMIT, Running, run, run_scope};
use scope_tests::docker::{Container, World};
use scope_tests::graph::{Graph, Score};
use scope_tests::host::Host;
use scope_tests::namespace::Namespace;
use scope_tests::need;
use scope_tests::records::{Said, ndjson};
use serde_json::Value;

const OUTSIDE: &str = "uncontained:truth";

/// What the connections go through, and whose they are.
struct Path {
    what: &'static str,
    /// `None`: a program of the host.
    client: Option<Container>,
    /// `None`: a machine that nobody watches.
    server: Option<Container>,
    dial: String,
    udp: bool,
    /// Its sockets are in the host's network: short ones cannot be told from the host's own.
    host_network: bool,
}

/// How long connections last: name, how many, milliseconds each, pause between.
const LENGTHS: [(&str, u64, u64, u64); 4] = [("long (6 s)", 1, 6000, 0), ("1 s", 4, 1000, 50), ("100 ms", 30, 100, 20), ("10 ms", 200, 10, 5)];
const BYTES: u64 = 1000;

/// States of the machine.
const MODES: [(&str, &str); 3] = [
    ("tracked", "connection tracking, bridges too"),
    ("unbridged", "bridge-nf-call-iptables = 0"),
    ("untracked", "no connection tracking (without CAP_NET_ADMIN)"),
];

fn main() {
    let Some(()) = need::host() else { return };
    let host = Host::new("truth");
    let neighbour = Namespace::new();
    host.namespace.cable("10.216.9.1/24", &neighbour, "10.216.9.2/24");
    let traffic = scope_tests::docker::traffic();
    let far = neighbour.start(traffic.to_str().expect("a path in UTF-8"), &["serve", "tcp", "0.0.0.0:7000"]);
    assert_eq!(far.line(LIMIT).as_deref(), Some("ready"));
    let world = World::new(&host.docker());
    let paths = paths(&world);

    let mut rows = Vec::new();
    let mut per_path: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut problems = Vec::new();
    for (mode, title) in MODES {
        set_mode(&host, mode);
        for length in LENGTHS {
            let stream = record(&host, mode, || drive(&host, &paths, length));
            let said = Said::new(&stream);
            rows.push(judge(title, length, &world, &paths, &stream, &said, &mut per_path));
            if length.0 == "10 ms" {
                problems.extend(said.problems.iter().filter(|problem| problem.starts_with("net:")).map(|problem| format!("- {title}: {problem}")));
            }
        }
    }
    println!(
        "| state of the machine | connections | edges | recall | precision | reversed | unattributed | opened at the client | at the server | bytes sent |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    println!("{}", rows.join("\n"));
    println!("\nOf 10 ms, counted at the client / at the server, of {}:\n", LENGTHS[3].1);
    println!("| way | {} |", MODES.map(|(_, title)| title).join(" | "));
    println!("|---|---|---|---|");
    for path in &paths {
        println!("| {} | {} |", path.what, per_path[path.what].join(" | "));
    }
    println!("\nWhat the agent says is missing:\n");
    println!("{}", problems.join("\n"));
    set_mode(&host, "tracked");
    churn(&host, &world);
    drop(far);
}

fn paths(world: &World) -> Vec<Path> {
    let serve = |name: &str, proto: &str, at: &str, flags: &[&str]| {
        let server = world.run(name, flags, &["traffic", "serve", proto, at]);
        server.said("ready");
        server
    };
    let client = |name: &str, flags: &[&str]| world.run(name, flags, &["sleep", "100000"]);
    let (network_id, network) = world.network("a", &[]);
    let (_, second) = world.network("b", &[]);
    let (_, six) = world.network("six", &["--ipv6", "--subnet", "fd00:5c0e:52::/64"]);
    let gateway = world.docker().inspect(&network_id)["IPAM"]["Config"][0]["Gateway"].as_str().expect("a gateway").to_owned();
    let on = ["--network", network.as_str()];
    let published = [&on[..], &["-p", "7000"]].concat();
    let mut paths = Vec::new();
    let mut path = |what, client: Option<Container>, server: Option<Container>, dial: String, udp, host_network| {
        paths.push(Path { what, client, server, dial, udp, host_network });
    };
    let at = |ip: &str| if ip.contains(':') { format!("[{ip}]:7000") } else { format!("{ip}:7000") };

    let server = serve("plain-server", "tcp", "[::]:7000", &on);
    let dial = at(&server.address(&network));
    path("one bridge", Some(client("plain-client", &on)), Some(server), dial, false, false);
    let server = serve("nat-server", "tcp", "[::]:7000", &published);
    let dial = format!("10.216.9.1:{}", server.published("7000/tcp"));
    path("container -> published port, NAT between networks", Some(client("nat-client", &["--network", &second])), Some(server), dial, false, false);
    let server = serve("published-server", "tcp", "[::]:7000", &published);
    let dial = format!("10.216.9.1:{}", server.published("7000/tcp"));
    path("host -> published port, NAT", None, Some(server), dial, false, false);
    let server = serve("proxied-server", "tcp", "[::]:7000", &published);
    let dial = format!("127.0.0.1:{}", server.published("7000/tcp"));
    path("host -> published port, docker-proxy", None, Some(server), dial, false, false);
    let server = serve("reached-server", "tcp", "[::]:7000", &on);
    let dial = at(&server.address(&network));
    path("host-network container -> container", Some(client("host-client", &["--network", "host"])), Some(server), dial, false, true);
    let server = serve("host-server", "tcp", "[::]:17431", &["--network", "host"]);
    path("container -> host-network container", Some(client("to-host-client", &on)), Some(server), format!("{gateway}:17431"), false, false);
    let on6 = ["--network", six.as_str()];
    let server = serve("six-server", "tcp", "[::]:7000", &on6);
    let dial = at(&server.address6(&six));
    path("IPv6, one bridge", Some(client("six-client", &on6)), Some(server), dial, false, false);
    let server = serve("udp-server", "udp", "[::]:7000", &on);
    let dial = at(&server.address(&network));
    path("UDP, one bridge", Some(client("udp-client", &on)), Some(server), dial, true, false);
    path("container -> outside, masqueraded", Some(client("out-client", &on)), None, "10.216.9.2:7000".to_owned(), false, false);
    paths
}

fn set_mode(host: &Host, mode: &str) {
    let bridged = if mode == "unbridged" { "0" } else { "1" };
    for family in ["iptables", "ip6tables"] {
        let _ = run(host.command("sysctl").args(["-q", "-w", &format!("net.bridge.bridge-nf-call-{family}={bridged}")]), b"").ok();
    }
}

/// What a new agent says while `load` runs.
fn record(host: &Host, mode: &str, load: impl FnOnce()) -> Vec<Value> {
    let mut command = if mode == "untracked" { host.command_without("-net_admin", "/run/scope") } else { host.command("/run/scope") };
    let agent = Running::start(command.args(["collect", "--every", "1s", "--no-names"]));
    let mut stream = Vec::new();
    reports(&agent, &mut stream);
    load();
    stream.extend(agent.written().iter().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    // So that the last of them are told.
    reports(&agent, &mut stream);
    stream
}

/// Reads three more reports.
fn reports(agent: &Running, stream: &mut Vec<Value>) {
    for _ in 0..3 {
        agent.wait_for("a report", LIMIT, |record| {
            stream.push(record.clone());
            (record["record"] == "tick" && !record["interval_ms"].is_null()).then_some(())
        });
    }
}

/// Makes the connections of all paths, side by side.
fn drive(host: &Host, paths: &[Path], (_, count, lasting, pause): (&str, u64, u64, u64)) {
    std::thread::scope(|threads| {
        for path in paths {
            let mut outside = host.command("/run/traffic");
            threads.spawn(move || {
                let kind = if path.udp { "exchange" } else { "open" };
                let (count_text, lasting, pause, bytes) = (count.to_string(), lasting.to_string(), pause.to_string(), BYTES.to_string());
                let args = [kind, &path.dial, &count_text, &lasting, &pause, &bytes];
                let did = match &path.client {
                    Some(client) => client.exec(&[&["traffic"], &args[..]].concat()),
                    None => run(outside.args(args), b""),
                };
                assert_eq!(did.ok().json()["opened"], count, "{}", path.what);
            });
        }
    });
}

#[allow(clippy::too_many_arguments, reason = "one row of a table")]
fn judge(
    mode: &str,
    (length, count, lasting, _): (&str, u64, u64, u64),
    world: &World,
    paths: &[Path],
    stream: &[Value],
    said: &Said,
    per_path: &mut BTreeMap<&'static str, Vec<String>>,
) -> String {
    let drawn = Graph::read(&run_scope(["render", "--view", "containers", "--show=all", "-o", "json"], &ndjson(stream)).ok().json());
    let mine: BTreeSet<String> = world.containers().iter().map(|id| format!("container:{id}")).collect();
    let plain = |id: &String| if mine.contains(id) || id == OUTSIDE { id.clone() } else { "elsewhere".to_owned() };
    let end = |container: &Option<Container>, or: &str| container.as_ref().map_or_else(|| or.to_owned(), Container::node);
    let expected: BTreeSet<(String, String)> = paths.iter().map(|path| (end(&path.client, OUTSIDE), end(&path.server, "elsewhere"))).collect();
    let mut edges: BTreeSet<(String, String)> =
        drawn.edges.keys().filter(|(from, to)| mine.contains(from) || mine.contains(to)).map(|(from, to)| (plain(from), plain(to))).collect();
    // Short connections of clients in the host's network are known to be the host's: neither right nor wrong.
    let mut expected_here = expected.clone();
    let mut unattributed = 0;
    for path in paths.iter().filter(|path| path.host_network && lasting < 2000) {
        let (right, unknown) = ((end(&path.client, OUTSIDE), end(&path.server, "")), (OUTSIDE.to_owned(), end(&path.server, "")));
        if edges.remove(&unknown) {
            unattributed += 1;
            if !edges.contains(&right) {
                expected_here.remove(&right);
            }
        }
    }
    let score = Score::of(&expected_here, &edges);
    for edge in expected_here.symmetric_difference(&edges) {
        let name = |id: &String| drawn.nodes.get(id).and_then(|node| node["name"].as_str()).unwrap_or(id).to_owned();
        let what = if edges.contains(edge) { "wrong" } else { "missed" };
        eprintln!("{mode}, {length}: {what}: {} -> {}", name(&edge.0), name(&edge.1));
    }
    let reversed = expected.iter().filter(|(from, to)| edges.contains(&(to.clone(), from.clone()))).count();

    let (mut at_client, mut at_server, mut bytes, mut made, mut served, mut sent) = (0, 0, 0, 0, 0, 0);
    for path in paths {
        let is_client = |flow: &Value| {
            flow["side"] == "client"
                && flow["dialled"].as_str().is_some_and(|at| at.rsplit('|').next() == Some(path.dial.as_str()))
                && match &path.client {
                    Some(client) => is_of(said, &flow["owner"], client) || (path.host_network && is_outside(said, &flow["owner"])),
                    None => is_outside(said, &flow["owner"]),
                }
        };
        let is_server = |flow: &Value| flow["side"] == "server" && path.server.as_ref().is_some_and(|server| is_of(said, &flow["owner"], server));
        let sum = |field: &str, wanted: &dyn Fn(&Value) -> bool| -> u64 {
            said.flows.values().filter(|flow| wanted(flow)).map(|flow| flow[field].as_u64().unwrap_or(0)).sum()
        };
        let (client, server) = (sum("opened_total", &is_client), sum("opened_total", &is_server));
        if length == "10 ms" {
            let server = if path.server.is_some() { server.to_string() } else { "–".to_owned() };
            per_path.entry(path.what).or_default().push(format!("{client} / {server}"));
        }
        at_client += client;
        made += count;
        if path.server.is_some() {
            at_server += server;
            served += count;
        }
        if !path.udp {
            bytes += sum("tx_bytes_total", &is_client);
            sent += count * BYTES;
        }
    }
    let part = |some: u64, all: u64| format!("{some} of {all} ({:.3})", some as f64 / all as f64);
    format!(
        "| {mode} | {length} | {} | {:.3} | {:.3} | {reversed} | {unattributed} | {} | {} | {} |",
        expected.len(),
        score.recall(),
        score.precision(),
        part(at_client, made),
        part(at_server, served),
        part(bytes, sent)
    )
}

fn is_of(said: &Said, node: &Value, container: &Container) -> bool {
    let own = container.node();
    *node == own.as_str() || node.as_str().and_then(|id| said.parents.get(id)).is_some_and(|parents| parents.contains(&own))
}

fn is_outside(said: &Said, node: &Value) -> bool {
    let id = node.as_str().unwrap_or_default();
    id.starts_with("host:") || said.parents.get(id).is_some_and(|parents| parents.iter().all(|parent| parent.starts_with("host:")))
}

/// A container stops and another gets its address, five times over: whom do the flows name?
fn churn(host: &Host, world: &World) {
    const ROUNDS: usize = 5;
    let (_, network) = world.network("churn", &["--subnet", "10.217.0.0/24"]);
    let flags = ["--network", network.as_str(), "--ip", "10.217.0.7"];
    let clients: Vec<Container> =
        (0..ROUNDS).map(|round| world.run(&format!("churn-client-{round}"), &["--network", &network], &["sleep", "100000"])).collect();
    let addresses: Vec<String> = clients.iter().map(|client| client.address(&network)).collect();
    let mut servers = Vec::new();
    let stream = record(host, "tracked", || {
        for (round, client) in clients.iter().enumerate() {
            let server = world.run(&format!("churn-server-{round}"), &flags, &["traffic", "serve", "tcp", "[::]:7000"]);
            server.said("ready");
            let did = client.exec(&["traffic", "open", "10.217.0.7:7000", "20", "50", "10", "1000"]).ok().json();
            assert_eq!(did["opened"], 20);
            std::thread::sleep(std::time::Duration::from_millis(1500));
            world.remove(&server);
            servers.push(server.node());
        }
    });
    let said = Said::new(&stream);
    let place = |list: &[String], id: &Value| list.iter().position(|known| *id == known.as_str());
    let owners: Vec<String> = clients.iter().map(Container::node).collect();
    let mut pairs = BTreeSet::new();
    for flow in stream.iter().filter(|record| record["record"] == "flow") {
        let container = |id: &Value, list: &[String]| {
            place(list, id).or_else(|| said.parents.get(id.as_str()?)?.iter().find_map(|parent| list.iter().position(|known| known == parent)))
        };
        let pair = if flow["side"] == "client" {
            (container(&flow["owner"], &owners), container(&flow["server"], &servers))
        } else {
            let from = flow["client_addr"].as_str().and_then(|at| at.rsplit('|').next()).map(str::to_owned);
            (addresses.iter().position(|address| Some(address) == from.as_ref()), container(&flow["owner"], &servers))
        };
        if let (Some(client), Some(server)) = pair {
            pairs.insert((client, server));
        }
    }
    let score = Score::of(&(0..ROUNDS).map(|round| (round, round)).collect(), &pairs);
    println!("\nOne address, {ROUNDS} servers after each other, 20 connections of 50 ms to each: {score}.");
}
