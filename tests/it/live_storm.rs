//! Thousands of short processes with a connection each: what is told stays small, what happened is counted.

use std::collections::BTreeSet;

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
}
