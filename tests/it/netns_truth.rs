//! Connections between network namespaces that no container owns, also through one that translates addresses.

use std::collections::BTreeSet;
use std::process::Command;

use scope_tests::command::{LIMIT, Running, run, run_scope};
use scope_tests::docker::traffic;
use scope_tests::graph::{Graph, Score};
use scope_tests::namespace::Namespace;
use scope_tests::need;

fn ready(program: &Running, word: &str) {
    while program.line(LIMIT).expect("the program says when it is ready") != word {}
}

/// The edges between these processes, by pid.
fn drawn(pids: &BTreeSet<u32>) -> BTreeSet<(u32, u32)> {
    let stream = run_scope(["collect", "--agent", "truth", "--every", "1s", "--count", "3"], b"").ok().stdout;
    let graph = Graph::read(&run_scope(["render", "--view", "processes", "-o", "json"], &stream).ok().json());
    let pid =
        |id: &str| id.strip_prefix("process:truth:").and_then(|rest| rest.split(':').next()).and_then(|pid| pid.parse().ok()).filter(|pid| pids.contains(pid));
    let wrong: Vec<_> = graph.edges.iter().filter(|((from, to), _)| pid(from).is_some() != pid(to).is_some()).collect();
    assert!(wrong.is_empty(), "an edge from one of ours to something else: {wrong:#?}");
    graph.edges.keys().filter_map(|(from, to)| Some((pid(from)?, pid(to)?))).collect()
}

#[track_caller]
fn check(what: &str, made: &[(&Running, &Running)]) {
    let expected: BTreeSet<(u32, u32)> = made.iter().map(|(client, server)| (client.pid(), server.pid())).collect();
    let pids = expected.iter().flat_map(|(client, server)| [*client, *server]).collect();
    let drawn = drawn(&pids);
    let score = Score::of(&expected, &drawn);
    eprintln!("{what}: {score}");
    assert_eq!(drawn, expected, "{what}");
}

fn program() -> String {
    traffic().to_str().expect("a path in UTF-8").to_owned()
}

#[test]
fn netns_truth_two_namespaces() {
    let (Some(()), Some(())) = (need::root(), need::command("ip")) else { return };
    let (a, b) = (Namespace::new(), Namespace::new());
    a.cable("10.214.1.1/24", &b, "10.214.1.2/24");
    a.cable("fd00:5c0e:14::1/64", &b, "fd00:5c0e:14::2/64");
    let traffic = program();
    let server = b.start(&traffic, &["serve", "tcp", "10.214.1.2:7000"]);
    let server6 = b.start(&traffic, &["serve", "tcp", "[fd00:5c0e:14::2]:7000"]);
    let datagrams = b.start(&traffic, &["serve", "udp", "10.214.1.2:7001"]);
    for server in [&server, &server6, &datagrams] {
        ready(server, "ready");
    }
    let client = a.start(&traffic, &["keep", "tcp", "10.214.1.2:7000", "2", "3", "50", "100"]);
    let client6 = a.start(&traffic, &["keep", "tcp", "[fd00:5c0e:14::2]:7000", "2", "3", "50", "100"]);
    let sender = a.start(&traffic, &["keep", "udp", "10.214.1.2:7001", "2", "3", "50", "100"]);
    for client in [&client, &client6, &sender] {
        ready(client, "idle");
    }
    check("two namespaces without a container", &[(&client, &server), (&client6, &server6), (&sender, &datagrams)]);
}

/// Two namespaces with the same addresses are two places.
#[test]
fn netns_truth_same_addresses_twice() {
    let (Some(()), Some(())) = (need::root(), need::command("ip")) else { return };
    let traffic = program();
    let namespaces = [(); 2].map(|()| {
        let (a, b) = (Namespace::new(), Namespace::new());
        a.cable("10.214.2.1/24", &b, "10.214.2.2/24");
        (a, b)
    });
    let servers = namespaces.each_ref().map(|(_, b)| b.start(&traffic, &["serve", "tcp", "10.214.2.2:7000"]));
    for server in &servers {
        ready(server, "ready");
    }
    let clients = namespaces.each_ref().map(|(a, _)| a.start(&traffic, &["keep", "tcp", "10.214.2.2:7000", "1", "3", "50", "100"]));
    for client in &clients {
        ready(client, "idle");
    }
    let [first, second] = &servers;
    let [one, two] = &clients;
    check("the same addresses twice", &[(one, first), (two, second)]);
}

/// A router in between rewrites both addresses, so that neither end knows the other's.
#[test]
fn netns_truth_through_a_router_that_translates() {
    let (Some(()), Some(()), Some(())) = (need::root(), need::command("ip"), need::command("iptables")) else { return };
    let traffic = program();
    let (a, router, b) = (Namespace::new(), Namespace::new(), Namespace::new());
    a.cable("10.214.3.1/24", &router, "10.214.3.254/24");
    router.cable("10.214.4.254/24", &b, "10.214.4.2/24");
    let inside = |args: &[&str]| {
        let mut command = Command::new("ip");
        let _ = run(command.args(["netns", "exec", &router.name]).args(args), b"").ok();
    };
    inside(&["sysctl", "-q", "-w", "net.ipv4.ip_forward=1"]);
    inside(&["iptables", "-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", "80", "-j", "DNAT", "--to-destination", "10.214.4.2:7000"]);
    inside(&["iptables", "-t", "nat", "-A", "POSTROUTING", "-p", "tcp", "-j", "MASQUERADE"]);
    let server = b.start(&traffic, &["serve", "tcp", "10.214.4.2:7000"]);
    ready(&server, "ready");
    let client = a.start(&traffic, &["keep", "tcp", "10.214.3.254:80", "2", "3", "50", "100"]);
    ready(&client, "idle");
    check("through a router that translates", &[(&client, &server)]);
}
