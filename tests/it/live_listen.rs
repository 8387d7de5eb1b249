//! The live agent as a whole: `scope collect --listen` on a real Docker daemon, read as a browser would read it.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use scope_tests::command::{checkout, run, run_scope, scope_command};
use scope_tests::docker::World;
use scope_tests::live_agent::{Client, LiveAgent};
use scope_tests::{need, schema};
use serde_json::{Value, json};

/// Bounds a failure, and is no claim about speed.
const SOON: Duration = Duration::from_mins(1);

fn contract() -> Value {
    serde_json::from_str(&std::fs::read_to_string(checkout().join("docs/live-agent.schema.json")).unwrap()).unwrap()
}

/// Reads frames, each as the contract says and after the one before, until `wanted` finds something in one.
#[track_caller]
fn until<T>(client: &mut Client, last: &mut u64, what: &str, mut wanted: impl FnMut(&Value) -> Option<T>) -> T {
    let (contract, end) = (contract(), Instant::now() + SOON);
    while Instant::now() < end {
        let frame = client.frame();
        assert_eq!(schema::faults(&contract, &frame), [""; 0], "{frame:#}");
        let sequence = frame["sequence"].as_u64().unwrap();
        assert!(sequence > *last, "{sequence} after {last}");
        *last = sequence;
        if let Some(found) = wanted(&frame) {
            return found;
        }
    }
    panic!("never came: {what}");
}

#[test]
fn live_listen_streams_what_runs() {
    let (Some(docker), Some(())) = (need::docker(), need::root()) else { return };
    let world = World::new(&docker);
    let flags = ["--memory", "64m", "--label", "secret=Zq7-label-secret", "-e", "TOKEN=Zq7-env-secret"];
    let busy = world.run("busy", &flags, &["sh", "-c", "while :; do :; done"]);
    let failing = ["--health-cmd", "echo Zq7-printed; exit 1", "--health-interval", "200ms", "--health-retries", "1"];
    let idle = world.run("idle", &failing, &["sleep", "100000"]);
    scope_tests::docker::until("a check has failed", || idle.inspect()["State"]["Health"]["Status"] == "unhealthy");
    let agent = LiveAgent::start(&mut scope_command(["collect", "--listen", "0.0.0.0:0", "--agent", "live-host"]));
    let (mut client, mut last, mut texts) = (agent.connect("/").unwrap(), 0, String::new());
    let status = client.frame();
    assert_eq!(schema::faults(&contract(), &status), [""; 0]);
    assert_eq!([&status["type"], &status["agent_id"]], ["agent_status", "live-host"]);

    let of = |frame: &Value, id: &str| frame["containers"].as_array().into_iter().flatten().find(|container| container["id"] == id).cloned();
    let (loud, quiet, own) = until(&mut client, &mut last, "figures of both containers", |frame| {
        texts += &frame.to_string();
        let (loud, quiet) = (of(frame, &busy.id)?, of(frame, &idle.id)?);
        (loud["cpu_pct"].is_number() && quiet["cpu_pct"].is_number() && frame["agent_metrics"]["cpu_pct"].is_number())
            .then(|| (loud, quiet, frame["agent_metrics"].clone()))
    });
    assert_eq!([&loud["name"], &quiet["name"]], [busy.name.as_str(), idle.name.as_str()]);
    assert!(loud["cpu_pct"].as_f64().unwrap() > quiet["cpu_pct"].as_f64().unwrap(), "{loud} {quiet}");
    assert_eq!(loud["mem_limit_bytes"], 64 << 20);
    assert!(quiet["mem_limit_bytes"].as_u64().unwrap() > 64 << 20, "without a limit the machine's memory: {quiet}");
    assert!(quiet["mem_bytes"].as_u64().unwrap() > 0 && quiet["uptime_secs"].is_u64() && own["mem_bytes"].as_u64().unwrap() > 0, "{quiet} {own}");
    assert!(!texts.contains("Zq7") && !texts.contains("\"attrs\""), "names and figures only");

    let _ = scope_tests::docker::docker(&["stop", &busy.id]).ok();
    until(&mut client, &mut last, "the stopped container goes", |frame| {
        (frame["type"] == "container_stats_batch" && of(frame, &busy.id).is_none()).then_some(())
    });
    let started = world.run("started", &[], &["sleep", "100000"]);
    until(&mut client, &mut last, "the new container comes", |frame| of(frame, &started.id));
    until(&mut client, &mut last, "a heartbeat", |frame| (frame["type"] == "heartbeat" && frame["polled_at"].is_string()).then_some(()));
}

#[test]
fn live_listen_tells_its_health_to_this_machine_only() {
    let Some(_) = need::docker() else { return };
    let agent = LiveAgent::start(&mut scope_command(["collect", "--listen", "0.0.0.0:0"]));
    let port = agent.at.port();
    let ask = |address: &str| {
        let mut stream = TcpStream::connect((address, port)).unwrap();
        stream.write_all(format!("GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let near = ask("127.0.0.1");
    assert!(near.starts_with("HTTP/1.1 200") && near.contains("\"status\":\"ok\"") && near.contains("\"last_docker_poll\":\"20"), "{near}");
    // The address that this host has towards others; nothing is sent to find it.
    let own = UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.connect("198.51.100.1:9").and_then(|()| socket.local_addr()));
    let Some(own) = own.ok().filter(|own| !own.ip().is_loopback()) else {
        let _ = need::that(false, "an address other than loopback");
        return;
    };
    let far = ask(&own.ip().to_string());
    assert!(far.starts_with("HTTP/1.1 403") && !far.contains("version"), "{far}");
}

#[test]
fn live_listen_needs_an_origin_list_to_show_more() {
    let refused = run_scope(["collect", "--listen", "127.0.0.1:0", "--expose", "labels"], b"").ended(2).words();
    assert!(refused.contains("--allow-origin"), "{refused}");
    for flags in [["--allow-origin", "https://a.example/path"], ["--max-clients", "0"]] {
        let _ = run_scope(["collect", "--listen", "127.0.0.1:0"].iter().chain(&flags), b"").ended(2);
    }
    let named = run_scope(["collect", "--listen", "127.0.0.1:0", "--allow-origin", "https://a.example", "--expose", "env"], b"").ended(2).words();
    assert!(named.contains("labels"), "it says what can be shown: {named}");
    let printed = run_scope(["collect", "--listen", "127.0.0.1:0", "--allow-origin", "https://a.example", "--expose", "health_output"], b"").ended(2).words();
    assert!(printed.contains("labels"), "what checks print is for nobody there: {printed}");
    let pipe = run_scope(["collect", "--docker-endpoint", "npipe:////./pipe/docker_engine"], b"").ended(2).words();
    assert!(pipe.contains("unix:///var/run/docker.sock"), "{pipe}");
    // As many developers have it in their environment.
    let dir = tempfile::tempdir().unwrap();
    for command in [&["collect"][..], &["serve", "--bind", "127.0.0.1:0", "--data-dir", dir.path().to_str().unwrap()]] {
        let said = run(scope_command(command).env("DOCKER_HOST", "ssh://somebody@elsewhere"), b"").ended(2).words();
        assert!(said.contains("unix:///var/run/docker.sock"), "{command:?}: {said}");
    }
}

#[test]
fn live_listen_shows_attributes_to_named_origins() {
    let Some(docker) = need::docker() else { return };
    let world = World::new(&docker);
    let shown = world.run("shown", &["--label", "app=web"], &["sleep", "100000"]);
    let flags = ["--allow-origin", "https://a.example", "--expose", "labels,image,state"];
    let agent = LiveAgent::start(scope_command(["collect", "--listen", "127.0.0.1:0"]).args(flags));
    let (mut client, mut last) = (agent.connect("/ws").unwrap(), 0);
    let attrs = until(&mut client, &mut last, "the container", |frame| {
        frame["containers"].as_array().into_iter().flatten().find(|container| container["id"] == shown.id.as_str()).map(|container| container["attrs"].clone())
    });
    assert_eq!([&attrs["labels"]["app"], &attrs["image"], &attrs["state"]], [&json!("web"), &json!(world.image()), &json!("running")]);
}
