//! Connections between network namespaces that no container owns, also through one that translates addresses.

use std::collections::BTreeSet;

use scope_tests::command::{LIMIT, Running, run_scope};
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

/// Two chains of namespaces with the same addresses, and the same ports at both ends of every connection: only who is linked to whom tells them apart.
#[test]
fn netns_truth_same_addresses_twice() {
    let (Some(()), Some(())) = (need::root(), need::command("ip")) else { return };
    let traffic = program();
    let chains = [(); 2].map(|()| {
        let (a, b, c) = (Namespace::new(), Namespace::new(), Namespace::new());
        a.cable("10.214.2.1/24", &b, "10.214.2.2/24");
        b.cable("10.214.5.1/24", &c, "10.214.5.2/24");
        for client in [&a, &b] {
            client.run("sysctl", &["-q", "-w", "net.ipv4.ip_local_port_range=45000 45001"]);
        }
        (a, b, c)
    });
    let served =
        chains.each_ref().map(|(_, b, c)| (b.start(&traffic, &["serve", "tcp", "10.214.2.2:7000"]), c.start(&traffic, &["serve", "tcp", "0.0.0.0:7000"])));
    for (near, far) in &served {
        ready(near, "ready");
        ready(far, "ready");
    }
    let keep = |from: &Namespace, at: &str| from.start(&traffic, &["keep", "tcp", at, "1", "3", "50", "100"]);
    let clients = chains.each_ref().map(|(a, b, _)| (keep(a, "10.214.2.2:7000"), keep(b, "10.214.5.2:7000")));
    for (near, far) in &clients {
        ready(near, "idle");
        ready(far, "idle");
    }
    let [first, second] = &served;
    let [one, two] = &clients;
    check("the same addresses twice", &[(&one.0, &first.0), (&one.1, &first.1), (&two.0, &second.0), (&two.1, &second.1)]);
}

/// A router in between rewrites both addresses, so that neither end knows the other's.
#[test]
fn netns_truth_through_a_router_that_translates() {
    let (Some(()), Some(()), Some(())) = (need::root(), need::command("ip"), need::command("iptables")) else { return };
    let traffic = program();
    let (a, router, b) = (Namespace::new(), Namespace::new(), Namespace::new());
    a.cable("10.214.3.1/24", &router, "10.214.3.254/24");
    router.cable("10.214.4.254/24", &b, "10.214.4.2/24");
    router.run("sysctl", &["-q", "-w", "net.ipv4.ip_forward=1"]);
    router.run("iptables", &["-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", "80", "-j", "DNAT", "--to-destination", "10.214.4.2:7000"]);
    router.run("iptables", &["-t", "nat", "-A", "POSTROUTING", "-p", "tcp", "-j", "MASQUERADE"]);
    let server = b.start(&traffic, &["serve", "tcp", "10.214.4.2:7000"]);
    ready(&server, "ready");
    let client = a.start(&traffic, &["keep", "tcp", "10.214.3.254:80", "2", "3", "50", "100"]);
    ready(&client, "idle");
    check("through a router that translates", &[(&client, &server)]);
}
