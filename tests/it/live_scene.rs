//! A whole host of its own: every container that there is, its state, and every edge, beside what the machine's own tools say of it.

use std::collections::{BTreeMap, BTreeSet};

use scope_tests::command::run_scope;
use scope_tests::docker::{World, until};
use scope_tests::graph::{Graph, Score};
use scope_tests::ground::Ground;
use scope_tests::host::Host;
use scope_tests::namespace::Namespace;
use scope_tests::need;

const OUTSIDE: &str = "uncontained:scene";

#[test]
fn live_scene_is_exactly_what_is_there() {
    let Some(()) = need::host() else { return };
    let (Some(()), Some(()), Some(())) = (need::command("ss"), need::command("conntrack"), need::command("ps")) else { return };
    let host = Host::new("scene");
    let docker = host.docker();
    let world = World::new(&docker);
    let mut made: BTreeMap<(String, String), &str> = BTreeMap::new();
    let mut edge = |what: &'static str, from: &str, to: &str| {
        made.insert((from.to_owned(), to.to_owned()), what);
    };
    let keep = |name: &str, proto: &str, at: &str, flags: &[&str]| {
        let client = world.run(name, flags, &["traffic", "keep", proto, at, "1", "3", "50", "100"]);
        client.said("idle");
        client
    };
    let serve = |name: &str, proto: &str, at: &str, flags: &[&str]| {
        let server = world.run(name, flags, &["traffic", "serve", proto, at]);
        server.said("ready");
        server
    };

    let httpd = world.run("httpd", &[], &["httpd", "-f", "-p", "80", "-h", "/www"]);
    let fetch = format!("while :; do wget -q -O /dev/null http://{}/; sleep 0.2; done", httpd.address("bridge"));
    let wget = world.run("wget", &[], &["sh", "-c", &fetch]);
    edge("wget loop -> httpd, default bridge", &wget.node(), &httpd.node());

    let (_, network) = world.network("user", &[]);
    let on = ["--network", network.as_str()];
    let server = serve("pair-server", "tcp", "[::]:7000", &on);
    let client = keep("pair-client", "tcp", &format!("{}:7000", server.address(&network)), &on);
    edge("pair on a user-defined network", &client.node(), &server.node());

    let server = serve("published-server", "tcp", "[::]:7000", &["-p", "7000"]);
    let port = server.published("7000/tcp");
    let neighbour = Namespace::new();
    host.namespace.cable("10.216.9.1/24", &neighbour, "10.216.9.2/24");
    let through_proxy = host.traffic(&["keep", "tcp", &format!("127.0.0.1:{port}"), "1", "3", "50", "100"], "idle");
    let translated = host.traffic(&["keep", "tcp", &format!("10.216.9.1:{port}"), "1", "3", "50", "100"], "idle");
    edge("host -> published port", OUTSIDE, &server.node());

    let server = serve("host-server", "tcp", "[::]:17431", &["--network", "host"]);
    let client = keep("to-host-server", "tcp", "10.216.9.1:17431", &on);
    edge("container -> host-network container", &client.node(), &server.node());

    let six = world.network("six", &["--ipv6", "--subnet", "fd00:5c0e:51::/64"]).1;
    let on = ["--network", six.as_str()];
    let server = serve("six-server", "tcp", "[::]:7000", &on);
    let client = keep("six-client", "tcp", &format!("[{}]:7000", server.address6(&six)), &on);
    edge("IPv6 pair", &client.node(), &server.node());

    let on = ["--network", network.as_str()];
    let server = serve("udp-server", "udp", "[::]:7000", &on);
    let client = keep("udp-client", "udp", &format!("{}:7000", server.address(&network)), &on);
    edge("UDP pair", &client.node(), &server.node());

    let paused = world.run("paused", &[], &["sleep", "100000"]);
    let exited = world.run("exited", &[], &["sh", "-c", "exit 3"]);
    let renamed = world.run("before", &[], &["sleep", "100000"]);
    let _ = docker.run(&["pause", &paused.id]).ok();
    let after = format!("{}-after", world.name());
    let _ = docker.run(&["rename", &renamed.id, &after]).ok();
    until("the container exits", || exited.inspect()["State"]["Status"] == "exited");

    let stream = host.scope(&["collect", "--every", "1s", "--count", "3"]).stdout;
    let drawn = Graph::read(&run_scope(["render", "--view", "containers", "--show=all", "-o", "json"], &stream).ok().json());
    let ground = Ground::of(&host);

    // Nodes and states: all containers of the daemon, the host's own processes, and nothing else.
    let state =
        |node: &serde_json::Value| (node["name"].as_str().unwrap_or_default().to_owned(), node["attrs"]["state"].as_str().unwrap_or_default().to_owned());
    let shown: BTreeMap<String, (String, String)> =
        drawn.nodes.iter().filter(|(_, node)| node["kind"] == "container").map(|(id, node)| (id.replace("container:", ""), state(node))).collect();
    assert_eq!(shown, ground.containers);
    assert_eq!(shown[&renamed.id].0, after);
    assert_eq!([&shown[&paused.id].1, &shown[&exited.id].1, &shown[&httpd.id].1], ["paused", "exited", "running"]);
    assert_eq!(drawn.nodes[&exited.node()]["attrs"]["exit_code"], 3);
    let others: Vec<&String> = drawn.nodes.iter().filter(|(_, node)| node["kind"] != "container").map(|(id, _)| id).collect();
    assert_eq!(others, [OUTSIDE]);

    // Edges: as they were made, and as the tools tell them.
    let expected: BTreeSet<_> = made.keys().cloned().collect();
    let edges: BTreeSet<_> = drawn.edges.keys().cloned().collect();
    let score = Score::of(&expected, &edges);
    eprintln!("the scene: {} containers, edges: {score}", shown.len());
    let name = |id: &str| drawn.nodes.get(id).map_or_else(|| id.to_owned(), |node| node["name"].as_str().unwrap_or(id).to_owned());
    for ((from, to), what) in &made {
        eprintln!("  {} {what}: {} -> {}", if edges.contains(&(from.clone(), to.clone())) { "right " } else { "MISSED" }, name(from), name(to));
    }
    assert_eq!(edges, expected);
    let end = |id: &Option<String>| id.as_ref().map_or_else(|| OUTSIDE.to_owned(), |id| format!("container:{id}"));
    let by_tools: BTreeSet<_> = ground.edges.iter().map(|(from, to)| (end(from), end(to))).collect();
    assert_eq!(by_tools, expected, "docker inspect, ss, conntrack and ps");
    drop((through_proxy, translated));
}
