//! Which connections a graph draws: between whom, how often, with which figures.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use scope_render::graph::Graph;

use crate::fixture::{World, at, container};

/// The links as text: client -> server, open connections.
fn links(world: &World) -> Vec<String> {
    let graph = Graph::build(&world.state);
    let mut links: Vec<String> =
        graph.links().iter().map(|link| format!("{} -> {} {}", graph.label(link.from), graph.label(link.to), link.figures.open)).collect();
    links.sort();
    links
}

/// Two hosts that reach each other, each with a container; the servers' port is published.
fn two_hosts() -> World {
    let mut world = World::new();
    world.host("a", &["10.0.0.1", "127.0.0.1", "172.17.0.1"]);
    world.host("b", &["10.0.0.2", "127.0.0.1", "172.17.0.1"]);
    world.container("a", "web").in_network("na", "172.17.0.2").listens("net:na|172.17.0.2:80/tcp").done();
    world.container("b", "db").in_network("nb", "172.17.0.2").listens("net:nb|172.17.0.2:5432/tcp").listens("10.0.0.2:5432/tcp").done();
    world
}

#[test]
fn a_server_that_the_collector_knows_is_believed() {
    let mut world = two_hosts();
    world.container("a", "client").done();
    world.client("a", &container("client"), "net:na|172.17.0.2:80").to(&container("web")).done();
    assert_eq!(links(&world), ["client -> web 1"]);
}

#[test]
fn a_server_is_found_by_its_endpoint_also_through_a_published_port_and_a_wildcard() {
    let mut world = two_hosts();
    world.client("a", &container("web"), "10.0.0.2:5432").done();
    world.process("b", 7, "sshd", &"host:b".parse().unwrap());
    world.node("b", "process", "process:b:7:1007".parse().unwrap(), "sshd").listens("host:b|*:22/tcp").done();
    world.client("b", &container("db"), "host:b|127.0.0.1:22").done();
    assert_eq!(links(&world), ["db -> sshd 1", "web -> db 1"]);
}

#[test]
fn the_same_subnet_on_two_hosts_is_two_networks() {
    let mut world = two_hosts();
    world.container("a", "client").done();
    world.client("a", &container("client"), "net:na|172.17.0.2:80").done();
    world.client("a", &container("client"), "net:na|172.17.0.2:5432").done();
    // Port 5432 is another host's container's: on this network it is the address of web.
    assert_eq!(links(&world), ["client -> web 1", "client -> web 1"]);
}

#[test]
fn who_got_the_address_later_did_not_serve_then() {
    let mut world = World::new();
    world.host("a", &[]);
    world.container("a", "client").done();
    world.container("a", "new").listens_since("10.9.0.9:80/tcp", -5).done();
    world.client("a", &container("client"), "10.9.0.9:80").last_seen(-6).done();
    assert_eq!(links(&world), ["client -> 10.9.0.0/24 1"]);
    world.client("a", &container("client"), "10.9.0.9:80").last_seen(-4).done();
    assert_eq!(links(&world), ["client -> new 1"], "a flow that lasted into its time did reach it");
}

#[test]
fn a_server_that_is_gone_is_not_replaced_by_who_has_its_address_now() {
    let mut world = two_hosts();
    world.container("a", "client").done();
    world.client("a", &container("client"), "net:na|172.17.0.9:80").to(&container("old")).done();
    assert!(links(&world).is_empty());
    assert_eq!(Graph::build(&world.state).flows_over(), 1);
}

#[test]
fn without_the_source_that_describes_them_owners_are_taken_at_their_word() {
    let mut world = World::new();
    world.client("a", &container("x"), "10.0.0.2:80").to(&container("y")).done();
    let graph = Graph::build(&world.state);
    assert_eq!((graph.kind(0), graph.kind(1), graph.links().len()), ("container", "container", 1));
}

#[test]
fn several_owners_of_one_endpoint_are_their_nearest_common_parent() {
    let mut world = World::new();
    let host = world.host("a", &["10.0.0.1"]);
    let web = world.container("a", "web").listens("10.0.0.1:80/tcp").done();
    for pid in [1, 2] {
        let worker = world.process("a", pid, "worker", &web);
        world.node("a", "net", worker, "worker").listens("10.0.0.1:80/tcp").done();
    }
    let client = world.process("a", 9, "curl", &host);
    world.client("a", &client, "10.0.0.1:80").done();
    assert_eq!(links(&world), ["curl -> web 1"]);
}

#[test]
fn owners_that_share_only_a_host_become_a_shared_node_not_a_guess() {
    let mut world = World::new();
    let host = world.host("a", &["10.0.0.1"]);
    world.container("a", "one").listens("10.0.0.1:80/tcp").done();
    world.container("a", "two").listens("10.0.0.1:80/tcp").done();
    let client = world.process("a", 9, "curl", &host);
    world.client("a", &client, "10.0.0.1:80").done();
    assert_eq!(links(&world), ["curl -> 10.0.0.1:80/tcp (several) 1"]);
    let graph = Graph::build(&world.state);
    let shared = graph.links()[0].to;
    assert_eq!(graph.parents(shared).iter().map(|parent| graph.id(*parent)).collect::<Vec<_>>(), ["host:a"], "it is on that host all the same");
}

#[test]
fn both_reports_of_one_connection_are_drawn_once_with_the_larger_figures() {
    let mut world = two_hosts();
    world.client("a", &container("web"), "10.0.0.2:5432").open(3).bytes(100, 2000).done();
    // The address of the client's host: its connections are masqueraded.
    world.server("b", &container("db"), "10.0.0.2:5432", "10.0.0.1").open(4).bytes(1990, 110).done();
    let graph = Graph::build(&world.state);
    assert_eq!(links(&world), ["web -> db 4"]);
    let figures = graph.links()[0].figures;
    assert_eq!((figures.tx_bytes_total, figures.rx_bytes_total), (Some(110), Some(2000)), "seen from the client");
}

#[test]
fn a_published_port_pairs_though_the_server_sees_its_own_address() {
    let mut world = two_hosts();
    world.client("a", &container("web"), "10.0.0.2:5432").open(2).done();
    world.server("b", &container("db"), "net:nb|172.17.0.2:5432", "10.0.0.1").open(2).done();
    assert_eq!(links(&world), ["web -> db 2"]);
}

#[test]
fn containers_own_their_addresses_and_their_host_the_gateway() {
    let mut world = two_hosts();
    world.container("a", "client").in_network("na", "172.17.0.7").in_network("n6", "fd00::7").done();
    world.server("a", &container("web"), "net:na|172.17.0.2:80", "net:na|172.17.0.7").done();
    world.server("a", &container("web"), "net:na|172.17.0.2:80", "net:n6|fd00::7").done();
    // Through the proxy of a published port, or from the host itself.
    world.server("a", &container("web"), "net:na|172.17.0.2:80", "net:na|172.17.0.1").done();
    assert_eq!(links(&world), ["a -> web 1", "client -> web 1", "client -> web 1"]);
}

#[test]
fn both_reports_of_a_connection_within_a_container_are_one() {
    let mut world = two_hosts();
    let (one, two) = (world.process("a", 1, "php", &container("web")), world.process("a", 2, "nginx", &container("web")));
    world.client("a", &two, "host:a:4026532001|127.0.0.1:9000").to(&one).done();
    world.server("a", &one, "host:a:4026532001|127.0.0.1:9000", "host:a:4026532001|127.0.0.1").done();
    assert_eq!(links(&world), ["nginx -> php 1"]);
}

#[test]
fn on_one_host_the_hosts_address_is_not_that_of_every_container() {
    let mut world = two_hosts();
    let host = "host:a".parse().unwrap();
    world.container("a", "client").in_network("na", "172.17.0.7").done();
    world.client("a", &container("client"), "net:na|172.17.0.2:80").to(&container("web")).ports(&[(40001, -5)]).done();
    let curl = world.process("a", 9, "curl", &host);
    world.client("a", &curl, "host:a|127.0.0.1:8080").translated("net:na|172.17.0.2:80").to(&container("web")).ports(&[(40002, -5)]).done();
    world.server("a", &container("web"), "net:na|172.17.0.2:80", "net:na|172.17.0.7").ports(&[(40001, -5)]).done();
    world.server("a", &container("web"), "net:na|172.17.0.2:80", "host:a|127.0.0.1").ports(&[(40002, -5)]).done();
    assert_eq!(links(&world), ["client -> web 1", "curl -> web 1"]);
}

#[test]
fn a_container_in_its_hosts_network_comes_from_the_hosts_address() {
    let mut world = two_hosts();
    world.container("a", "monitor").done();
    world.client("a", &container("monitor"), "net:na|172.17.0.2:80").to(&container("web")).ports(&[(40001, -5)]).done();
    world.server("a", &container("web"), "net:na|172.17.0.2:80", "net:na|172.17.0.1").ports(&[(40001, -5)]).done();
    assert_eq!(links(&world), ["monitor -> web 1"]);
}

#[test]
fn a_proxy_that_opens_connections_anew_is_seen_through() {
    let mut world = two_hosts();
    let curl = world.process("a", 9, "curl", &"host:a".parse().unwrap());
    world.client("a", &curl, "host:a|127.0.0.1:8080").translated("net:na|172.17.0.2:80").to(&container("web")).ports(&[(46856, -5)]).done();
    world.server("a", &container("web"), "net:na|172.17.0.2:80", "host:a|127.0.0.1").ports(&[(52104, -5)]).seen_by("docker-proxy").done();
    assert_eq!(links(&world), ["curl -> web 1"]);
}

#[test]
fn a_flow_that_its_process_took_over_is_not_drawn_twice() {
    let mut world = two_hosts();
    let nc = world.process("a", 5, "nc", &container("web"));
    world.client("a", &container("web"), "10.0.0.2:5432").open(0).ports(&[(40001, -5)]).done();
    world.client("a", &nc, "10.0.0.2:5432").open(1).ports(&[(40001, -5)]).done();
    assert_eq!(links(&world), ["nc -> db 1"]);
}

#[test]
fn what_opened_after_the_client_was_last_looked_at_is_nobody_elses() {
    let mut world = two_hosts();
    world.client("a", &container("web"), "10.0.0.2:5432").open(1).ports(&[(40001, -5)]).done();
    // The report of `a` ends at the moment 0.
    world.server("b", &container("db"), "10.0.0.2:5432", "10.0.0.1").open(1).ports(&[(40001, -5), (40002, 60)]).last_seen(60).done();
    assert_eq!(links(&world), ["web -> db 1"]);
}

#[test]
fn private_addresses_are_those_of_the_agents_realm() {
    let mut world = World::new();
    world.host("a", &["10.0.0.1"]);
    world.host("b", &["10.0.0.1"]);
    world.container("a", "east").listens("east|10.0.0.1:80/tcp").done();
    world.container("b", "west").listens("west|10.0.0.1:80/tcp").done();
    world.server("a", &container("east"), "east|10.0.0.1:80", "east|10.0.0.1").done();
    world.server("b", &container("west"), "west|10.0.0.1:80", "west|10.0.0.1").done();
    assert_eq!(links(&world), ["a -> east 1", "b -> west 1"]);
}

#[test]
fn an_address_that_two_hosts_claim_is_neithers() {
    let mut world = World::new();
    world.host("a", &["10.0.0.1"]);
    world.host("b", &["10.0.0.1"]);
    world.container("a", "web").done();
    world.server("a", &container("web"), "10.0.0.9:80", "10.0.0.1").done();
    assert_eq!(links(&world), ["10.0.0.0/24 -> web 1"]);
}

#[test]
fn clients_behind_one_address_share_the_servers_report() {
    let mut world = two_hosts();
    world.container("a", "api").done();
    world.client("a", &container("web"), "10.0.0.2:5432").open(2).ports(&[(40001, -5), (40002, -4)]).done();
    world.client("a", &container("api"), "10.0.0.2:5432").open(1).ports(&[(40003, -3)]).done();
    world.server("b", &container("db"), "10.0.0.2:5432", "10.0.0.1").open(3).ports(&[(40001, -5), (40002, -4), (40003, -3)]).done();
    assert_eq!(links(&world), ["api -> db 1", "web -> db 2"]);
}

#[test]
fn what_a_server_saw_beyond_the_pairs_is_drawn_from_the_address() {
    let mut world = two_hosts();
    world.client("a", &container("web"), "10.0.0.2:5432").ports(&[(40001, -5)]).done();
    // The agent on `a` may look at its own processes only; the server saw another connection from there.
    world.server("b", &container("db"), "10.0.0.2:5432", "10.0.0.1").open(2).ports(&[(40001, -5), (40009, -4)]).done();
    assert_eq!(links(&world), ["a -> db 1", "web -> db 1"]);
}

#[test]
fn a_difference_of_a_moment_is_no_client_of_its_own() {
    let mut world = two_hosts();
    world.client("a", &container("web"), "10.0.0.2:5432").open(19).done();
    world.server("b", &container("db"), "10.0.0.2:5432", "10.0.0.1").open(20).done();
    assert_eq!(links(&world), ["web -> db 19"].map(|_| "web -> db 20"));
}

#[test]
fn an_unpaired_report_of_the_server_is_drawn_from_its_own_peer() {
    let mut world = two_hosts();
    world.server("b", &container("db"), "10.0.0.2:5432", "10.0.0.1").done();
    world.server("b", &container("db"), "10.0.0.2:5432", "10.7.0.1").done();
    world.server("b", &container("db"), "10.0.0.2:5432", "93.184.216.34").done();
    assert_eq!(links(&world), ["10.7.0.0/24 -> db 1", "Internet (clients) -> db 1", "a -> db 1"]);
}

#[test]
fn a_router_that_translates_the_client_is_seen_through_by_port_and_time() {
    let mut world = two_hosts();
    world.client("a", &container("web"), "10.0.0.2:5432").ports(&[(40001, -5)]).done();
    world.server("b", &container("db"), "10.0.0.2:5432", "10.5.5.5").open(2).ports(&[(40001, -5), (51000, -4)]).done();
    assert_eq!(links(&world), ["10.5.5.0/24 -> db 1", "web -> db 1"], "and a client behind the same router that nobody watches still shows");
}

#[test]
fn a_router_that_translates_the_server_is_seen_through_by_port_and_time() {
    let mut world = two_hosts();
    world.client("a", &container("web"), "10.5.5.5:15432").ports(&[(40001, -5), (40002, -3)]).open(2).done();
    world.server("b", &container("db"), "10.0.0.2:5432", "10.0.0.1").ports(&[(40001, -5), (40002, -3)]).open(2).done();
    assert_eq!(links(&world), ["web -> db 2"]);
}

#[test]
fn the_same_port_at_another_time_or_of_another_host_is_another_connection() {
    let mut world = two_hosts();
    world.host("c", &["10.0.0.3"]);
    world.client("a", &container("web"), "10.5.5.5:15432").ports(&[(40001, -500), (40002, -400)]).done();
    world.server("b", &container("db"), "10.0.0.2:5432", "10.0.0.1").ports(&[(40001, -5), (40002, -3)]).done();
    assert_eq!(links(&world), ["a -> db 1", "web -> 10.5.5.0/24 1"]);
    let mut world = two_hosts();
    world.host("c", &["10.0.0.3"]);
    world.client("a", &container("web"), "10.5.5.5:15432").ports(&[(40001, -5), (40002, -3)]).done();
    // The server knows that it was `c` who came.
    world.server("b", &container("db"), "10.0.0.2:5432", "10.0.0.3").ports(&[(40001, -5), (40002, -3)]).done();
    assert_eq!(links(&world), ["c -> db 1", "web -> 10.5.5.0/24 1"]);
}

#[test]
fn a_single_port_in_common_proves_nothing_in_a_large_crowd() {
    let mut world = two_hosts();
    for number in 0..3000_u16 {
        let name = format!("crowd-{number}");
        world.container("a", &name).done();
        world.client("a", &container(&name), "93.184.216.34:443").ports(&[(30000 + number, -5)]).done();
    }
    world.server("b", &container("db"), "10.0.0.2:5432", "93.184.216.35").ports(&[(31234, -5)]).done();
    let links = links(&world);
    assert!(links.contains(&"Internet (clients) -> db 1".to_owned()), "no guess: {links:?}");
    assert_eq!(links.len(), 3001);
}

#[test]
fn workers_that_share_a_port_each_get_their_part() {
    let mut world = two_hosts();
    let (one, two) = (world.process("b", 1, "worker", &container("db")), world.process("b", 2, "worker", &container("db")));
    world.client("a", &container("web"), "10.0.0.2:5432").open(5).done();
    world.server("b", &one, "10.0.0.2:5432", "10.0.0.1").open(3).done();
    world.server("b", &two, "10.0.0.2:5432", "10.0.0.1").open(2).done();
    let graph = Graph::build(&world.state);
    let mut opened: Vec<(&str, u64)> = graph.links().iter().map(|link| (graph.id(link.to), link.figures.open)).collect();
    opened.sort_unstable();
    assert_eq!(opened, [("process:b:1:1001", 3), ("process:b:2:1002", 2)]);
}

/// Two clients behind one address, two workers: shares by the sampled ports.
#[test]
fn shares_of_a_connection_come_to_all_of_it() {
    let mut world = two_hosts();
    world.container("a", "api").done();
    let (one, two) = (world.process("b", 1, "worker", &container("db")), world.process("b", 2, "worker", &container("db")));
    world.client("a", &container("web"), "10.0.0.2:5432").open(1).bytes(101, 33).ports(&[(40001, -5), (40002, -4)]).done();
    world.client("a", &container("api"), "10.0.0.2:5432").open(7).ports(&[(40003, -3), (40004, -2)]).done();
    world.server("b", &one, "10.0.0.2:5432", "10.0.0.1").open(4).ports(&[(40001, -5), (40003, -3)]).done();
    world.server("b", &two, "10.0.0.2:5432", "10.0.0.1").open(4).ports(&[(40002, -4), (40004, -2)]).done();
    let graph = Graph::build(&world.state);
    let of = |client: &str| {
        let mut sum = scope_render::graph::Figures::default();
        let links: Vec<_> = graph.links().iter().filter(|link| graph.id(link.from) == container(client).as_str()).collect();
        for link in &links {
            sum.add(link.figures);
        }
        (links.len(), sum.open, sum.tx_bytes_total, sum.rx_bytes_total)
    };
    assert_eq!(of("web"), (2, 1, Some(101), Some(33)));
    assert_eq!(of("api").1, 7);
}

#[test]
fn unknown_peers_are_never_dropped() {
    let mut world = two_hosts();
    let web = container("web");
    world.client("a", &web, "93.184.216.34:443").called("example.org").done();
    world.client("a", &web, "[2606:2800::1]:443").done();
    world.client("a", &web, "10.8.0.4:5432").called("db.internal").done();
    world.client("a", &web, "10.8.0.5:5432").done();
    world.client("a", &web, "[fd00:8::5]:53").udp().done();
    world.client("a", &web, "224.0.0.251:5353").udp().done();
    assert_eq!(
        links(&world),
        [
            "web -> 10.8.0.0/24 1",
            "web -> Internet (servers) 1",
            "web -> Internet (servers) 1",
            "web -> db.internal 1",
            "web -> fd00:8::/64 1",
            "web -> multicast 1"
        ]
    );
}

#[test]
fn tcp_and_udp_of_one_port_are_two_endpoints() {
    let mut world = World::new();
    world.host("a", &["10.0.0.1"]);
    world.container("a", "dns").listens("10.0.0.1:53/udp").done();
    world.container("a", "client").done();
    world.client("a", &container("client"), "10.0.0.1:53").udp().done();
    world.client("a", &container("client"), "10.0.0.1:53").done();
    assert_eq!(links(&world), ["client -> a 1", "client -> dns 1"], "by TCP it went to that host, nobody knows to whom");
}

#[test]
fn the_graph_is_the_same_whatever_order_records_come_in() {
    let build = |reverse: bool| {
        let mut world = World::new();
        let names = ["web", "api", "db", "cache", "queue"];
        let mut order: Vec<usize> = (0..names.len()).collect();
        if reverse {
            order.reverse();
        }
        for at in &order {
            world.container("a", names[*at]).listens(&format!("net:n|172.18.0.{}:80/tcp", at + 1)).done();
        }
        for at in &order {
            world.client("a", &container(names[*at]), &format!("net:n|172.18.0.{}:80", (at + 1) % 5 + 1)).done();
            world.client("a", &container(names[*at]), &format!("10.{at}.0.1:80")).done();
        }
        world.host("a", &[]);
        links(&world)
    };
    assert_eq!(build(false), build(true));
}

#[test]
fn parents_in_a_loop_end() {
    let mut world = World::new();
    world.container("a", "one").parent(container("two")).done();
    world.container("a", "two").parent(container("one")).done();
    world.client("a", &container("one"), "10.0.0.1:1").to(&container("two")).done();
    assert_eq!(links(&world), ["one -> two 1"]);
    assert_eq!(Graph::build(&world.state).latest(), at(0).min(Graph::build(&world.state).latest()));
}
