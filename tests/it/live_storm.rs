//! Thousands of short processes with a connection each: what is told stays small, what happened is counted.

use std::collections::{BTreeMap, BTreeSet};

use scope_tests::command::{LIMIT, Running, scope_command};
use scope_tests::docker::World;
use scope_tests::need;
use scope_tests::records::Said;
use serde_json::Value;

#[test]
fn live_a_storm_of_processes_stays_small() {
    const WORKERS: u64 = 4;
    const EACH: u64 = 1250;
    let Some(docker_runs) = need::docker() else { return };
    let Some(()) = need::root() else { return };
    let world = World::new(&docker_runs);
    let (_, network) = world.network("storm", &[]);
    let on = ["--network", network.as_str()];
    let server = world.run("server", &on, &["traffic", "serve", "tcp", "[::]:7000"]);
    server.said("ready");
    let client = world.run("client", &on, &["sleep", "100000"]);

    let agent = Running::start(&mut scope_command(["collect", "--every", "1s", "--no-names"]));
    let mut stream: Vec<Value> = Vec::new();
    let report = |stream: &mut Vec<Value>| {
        agent.wait_for("a report", LIMIT, |record| {
            stream.push(record.clone());
            (record["record"] == "tick" && !record["interval_ms"].is_null()).then_some(())
        });
    };
    report(&mut stream);
    let one = format!("i=0; while [ $i -lt {EACH} ]; do traffic open {}:7000 1 0 0 10 >/dev/null; i=$((i+1)); done", server.address(&network));
    let all = (0..WORKERS).map(|_| format!("({one}) &")).collect::<Vec<_>>().join(" ");
    let _ = client.exec(&["sh", "-c", &format!("{all} wait")]).ok();
    stream.extend(agent.written().iter().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    for _ in 0..3 {
        report(&mut stream);
    }
    let (rest, _) = agent.stop();
    stream.extend(rest.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()));

    let said = Said::new(&stream);
    let own = client.node();
    let is_client = |flow: &Value| {
        flow["side"] == "client"
            && (flow["owner"] == own.as_str() || flow["owner"].as_str().and_then(|id| said.parents.get(id)).is_some_and(|parents| parents.contains(&own)))
    };
    let flows: Vec<&Value> = said.flows.values().filter(|flow| is_client(flow)).collect();
    let counted: u64 = flows.iter().map(|flow| flow["opened_total"].as_u64().unwrap_or(0)).sum();
    let longest = stream.split(|record| record["record"] == "tick").map(<[Value]>::len).max().unwrap();
    let told: BTreeSet<&str> = stream
        .iter()
        .filter(|record| {
            record["kind"] == "process" && record["parents"].as_array().is_some_and(|parents| parents.iter().any(|parent| *parent == own.as_str()))
        })
        .filter_map(|record| record["id"].as_str())
        .collect();
    let memory = stream.iter().filter_map(|record| record["metrics"]["agent_mem_bytes"].as_u64()).max().unwrap();
    let made = WORKERS * EACH;
    eprintln!(
        "{made} processes with a connection each: {counted} connections counted in {} flows; {} processes told; longest report {longest} records; agent {:.1} MB",
        flows.len(),
        told.len(),
        memory as f64 / 1e6
    );
    assert!(counted <= made && counted as f64 >= 0.99 * made as f64, "{counted} of {made}");
    assert!(flows.len() <= 50, "{} flows for one pair of containers", flows.len());
    assert!(memory <= 64 << 20, "{memory} bytes");
    assert!(longest <= 1_000, "{longest} records in a report");
}

fn is_of(said: &Said, id: &Value, container: &str) -> bool {
    *id == *container || id.as_str().and_then(|id| said.parents.get(id)).is_some_and(|parents| parents.iter().any(|parent| parent == container))
}

/// More peers than an owner has keys: they are folded into networks, every connection is still counted, and it is said.
#[test]
fn live_a_storm_of_peers_is_folded_and_said() {
    const PEERS: u64 = 5_000;
    let Some(docker_runs) = need::docker() else { return };
    let Some(()) = need::root() else { return };
    let world = World::new(&docker_runs);
    let server = world.run("everywhere", &[], &["traffic", "serve", "tcp", "[::]:7000"]);
    server.said("ready");
    let agent = Running::start(&mut scope_command(["collect", "--every", "1s", "--no-names"]));
    let mut stream: Vec<Value> = Vec::new();
    let report = |stream: &mut Vec<Value>| {
        agent.wait_for("a report", LIMIT, |record| {
            stream.push(record.clone());
            (record["record"] == "tick" && !record["interval_ms"].is_null()).then_some(())
        });
    };
    (0..2).for_each(|_| report(&mut stream));
    let did = server.exec(&["traffic", "peers", "7000", &PEERS.to_string()]).ok().json();
    assert_eq!(did["opened"], PEERS);
    stream.extend(agent.written().iter().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    (0..5).for_each(|_| report(&mut stream));
    drop(agent);

    let said = Said::new(&stream);
    let own = server.node();
    // Each as it was last said, also what is over by now.
    let flows: BTreeMap<String, &Value> = stream
        .iter()
        .filter(|flow| flow["record"] == "flow" && flow["side"] == "client" && is_of(&said, &flow["owner"], &own))
        .map(|flow| (format!("{} {}", flow["owner"], flow["dialled"]), flow))
        .collect();
    let flows: Vec<&Value> = flows.into_values().collect();
    let counted: u64 = flows.iter().map(|flow| flow["opened_total"].as_u64().unwrap_or(0)).sum();
    let folded = flows.iter().filter(|flow| flow["dialled"].as_str().is_some_and(|at| at.contains(".0:"))).count();
    eprintln!("{PEERS} peers of one container: {} flows of its client side, {folded} of them for networks, {counted} connections counted", flows.len());
    let at_once = said.flows.values().filter(|flow| flow["side"] == "client" && is_of(&said, &flow["owner"], &own)).count();
    assert!(at_once <= 2_400 && folded > 0, "{at_once} flows, {folded} folded");
    assert!(counted <= PEERS && counted as f64 >= 0.95 * PEERS as f64, "{counted} of {PEERS}");
    assert!(said.problems.iter().any(|problem| problem.contains("more than 2,000 peers")), "{:?}", said.problems);
}
