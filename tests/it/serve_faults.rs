//! What goes wrong between agents and their server: either one ends, the network is cut, clocks differ, two agents have one name.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use scope_tests::command::{Running, run, scope, scope_command};
use scope_tests::docker::until;
use scope_tests::namespace::Namespace;
use scope_tests::need;
use scope_tests::server::Server;
use serde_json::Value;
use tempfile::TempDir;

/// A process that is there until this is dropped.
fn process() -> Running {
    Running::start(Command::new("sleep").arg("100000"))
}

/// Whether `agent` is known to speak of the process `pid` as one that is there.
fn shows(server: &Server, agent: &str, pid: u32) -> bool {
    let records = server.get_as_admin("/api/v1/records?follow=false").text();
    let id = format!("\"id\":\"process:{agent}:{pid}:");
    records.lines().any(|line| line.starts_with("{\"record\":\"node\"") && line.contains(&id))
}

fn agent<'a>(agents: &'a Value, name: &str) -> Option<&'a Value> {
    agents["agents"].as_array()?.iter().find(|agent| agent["name"] == name)
}

fn has_node(view: &Value, id: &str) -> bool {
    view["nodes"].as_array().is_some_and(|nodes| nodes.iter().any(|node| node["id"] == id))
}

#[test]
fn agents_come_back_to_a_server_that_ended_and_lose_nothing() {
    let mut server = Server::start(&["--no-collect"]);
    let at = server.address().to_string();
    let agents = ["grpc", "websocket"].map(|way| Running::start(scope_command(server.pushing(way, "host,process")).args(["--push-transport", way])));
    let all_show = |server: &Server, pid| ["grpc", "websocket"].iter().all(|agent| shows(server, agent, pid));
    let mut there = process();
    until("both agents show the process", || all_show(&server, there.pid()));
    let token = server.new_token(&[]);
    let ends: [fn(Running); 2] = [drop, |running| assert_eq!(running.stop().1.code(), Some(0))];
    for (how, end) in ["killed", "told to end"].into_iter().zip(ends) {
        let mut next = None;
        let before = there.pid();
        let mut command = scope_command(["serve", "--no-collect", "--bind", &at]);
        server.restart(&mut command, |running| {
            end(running);
            // While nobody listens one thing goes, and then another comes.
            drop(std::mem::replace(&mut there, process()));
            next = Some(there.pid());
        });
        let next = next.expect("just set");
        until(&format!("both agents show what came while the server was {how}"), || all_show(&server, next));
        assert!(!["grpc", "websocket"].iter().any(|agent| shows(&server, agent, before)), "what went while the server was {how} is shown");
        let head = format!("authorization: Bearer {token}");
        assert_eq!(server.ask("GET", "/api/v1/views", &[&head], b"").status, 200, "a token outlives the server");
    }
    drop(agents);
}

#[test]
fn an_agent_that_was_killed_is_silent_then_gone_and_not_without_a_word() {
    let server = Server::start(&["--no-collect", "--gone-after", "8s"]);
    let host = "host:victim";
    let pushes = server.pushing("victim", "host,process");
    let victim = Running::start(&mut scope_command(&pushes));
    server.wait_for("/api/v1/views/hosts", "the agent's host", |view| has_node(view, host).then_some(()));
    let mut events = server.events("/api/v1/events?view=hosts");
    let (mut number, mut problems, mut was_silent) = (None, String::new(), false);
    let mut victim = Some(victim);
    // Messages come in the order in which things happened.
    loop {
        let (_, message) = events.next().expect("the stream goes on");
        if let Some(told) = message.get("problems") {
            problems = told.to_string();
        }
        let nodes = &message["nodes"];
        let place = nodes["id"].as_array().and_then(|ids| ids.iter().position(|id| id == host));
        if let Some(place) = place {
            number = Some(nodes["n"][place].clone());
        }
        if number.is_some() {
            // SIGKILL.
            drop(victim.take());
        }
        let removed = nodes["gone"].as_array().is_some_and(|gone| gone.iter().any(|gone| Some(gone) == number.as_ref()));
        was_silent |= problems.contains("no reports from agent victim since") && problems.contains("its data is shown as it was then");
        if removed {
            break;
        }
    }
    assert!(was_silent, "its silence is told of while what it said is still shown: {problems}");
    assert!(problems.contains("no reports from agent victim since"), "nothing vanishes without a word: {problems}");
    let gone = |agents: &Value| agent(agents, "victim").is_some_and(|agent| agent["state"] == "gone").then_some(());
    server.wait_for("/api/v1/agents", "the agent is gone", gone);
    server.wait_for("/api/v1/problems", "its data is hidden", |problems| problems.to_string().contains("its data is hidden").then_some(()));
    // Another run of it makes up for everything.
    let _again = Running::start(&mut scope_command(&pushes));
    server.wait_for("/api/v1/views/hosts", "the agent's host", |view| has_node(view, host).then_some(()));
    server.wait_for("/api/v1/problems", "the silence is over", |problems| (!problems.to_string().contains("silent")).then_some(()));
}

/// The text of a metric that an agent shows at its admin address, within its network.
fn metric(namespace: &Namespace, port: u16, name: &str) -> Option<f64> {
    let url = format!("http://127.0.0.1:{port}/metrics");
    let text = run(Command::new("ip").args(["netns", "exec", &namespace.name, "curl", "--silent", "--max-time", "20", &url]), b"").ok().text();
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[test]
fn a_network_that_was_cut_for_a_minute_costs_nothing_but_time() {
    let (Some(()), Some(()), Some(())) = (need::root(), need::command("ip"), need::command("curl")) else { return };
    let (here, there) = (Namespace::new(), Namespace::new());
    let cable = here.cable("10.217.1.1/24", &there, "10.217.1.2/24");
    here.enter();
    // The server keeps what it has meanwhile, so that what went must really come as an end.
    let flags = ["serve", "--no-collect", "--bind", "10.217.1.1:0", "--insecure", "--gone-after", "30m"];
    let server = Server::spawn(&mut scope_command(flags), TempDir::new().unwrap());
    let ways = [("grpc", 4041), ("websocket", 4042)];
    let agents = ways.map(|(way, port)| {
        let admin = format!("127.0.0.1:{port}");
        let flags = [server.pushing(way, "host,process"), ["--insecure", "--push-transport", way, "--admin", &admin].map(str::to_owned).to_vec()].concat();
        there.start(scope().to_str().expect("a path in UTF-8"), &flags.iter().map(String::as_str).collect::<Vec<_>>())
    });
    let going = process();
    until("both agents show the process", || ways.iter().all(|(way, _)| shows(&server, way, going.pid())));
    cable.cut();
    let cut = Instant::now();
    let is_stale = |agents: &Value| ways.iter().all(|(way, _)| agent(agents, way).is_some_and(|agent| agent["state"] == "stale")).then_some(());
    server.wait_for_as_admin("/api/v1/agents", "both agents are stale", is_stale);
    assert!(ways.iter().all(|(way, _)| shows(&server, way, going.pid())), "what they said is shown as it was");
    let gone = going.pid();
    drop(going);
    let coming = process();
    let mut most = 0.0_f64;
    while cut.elapsed() < Duration::from_mins(1) {
        for (_, port) in ways {
            most = most.max(metric(&there, port, "scope_agent_spool_bytes ").expect("the agent shows its spool"));
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    assert!(most > 0.0 && most <= f64::from(4 << 20), "reports wait, and not without bound: {most} bytes");
    assert!(ways.iter().all(|(_, port)| metric(&there, *port, "scope_agent_link_up ") == Some(0.0)), "the agents know that they are alone");
    cable.mend();
    until("both agents show what came meanwhile", || ways.iter().all(|(way, _)| shows(&server, way, coming.pid())));
    assert!(!ways.iter().any(|(way, _)| shows(&server, way, gone)), "no end is lost");
    for (way, port) in ways {
        assert_eq!(metric(&there, port, "scope_agent_link_up "), Some(1.0), "{way}");
        let lost = metric(&there, port, "scope_agent_reports_lost_total ");
        // What found no room is told of, or there is nothing of that kind.
        let told = server.get_as_admin("/api/v1/problems").text().contains("reports were lost");
        assert!(lost == Some(0.0) || told, "{way} lost {lost:?} reports, and nobody says so");
    }
    drop(agents);
}

#[test]
fn a_clock_that_is_five_minutes_off_is_set_right() {
    let (Some(()), Some(())) = (need::command("faketime"), need::command("setpriv")) else { return };
    let server = Server::start(&["--no-collect"]);
    let shifts = [("ahead", "+300s", 300.0), ("behind", "-300s", -300.0)];
    let _agents = shifts.map(|(name, shift, _)| {
        let mut command = Command::new("faketime");
        // It ends with the program between, which ends with the test.
        command.args(["-f", shift, "setpriv", "--pdeathsig", "KILL"]).arg(scope()).args(server.pushing(name, "host,process"));
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Running::start(&mut command)
    });
    for (name, _, off) in shifts {
        let is_off = |agents: &Value| {
            let micros = agent(agents, name)?["clock_offset_us"].as_f64()?;
            ((micros / 1e6 - off).abs() < 30.0).then_some(())
        };
        server.wait_for("/api/v1/agents", "how far its clock is off", is_off);
    }
    // Each tells of this once it is known how its clock goes.
    let marker = process();
    until("both agents show the process", || shifts.iter().all(|(name, ..)| shows(&server, name, marker.pid())));
    let records = server.get("/api/v1/records?follow=false").text();
    let now = now();
    let newest = |name: &str| {
        let of_it = records.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).filter(|record| record["agent"] == name);
        of_it.map(|record| record["at"].as_str().unwrap().to_owned()).max().unwrap()
    };
    for (name, ..) in shifts {
        let at = micros(&newest(name));
        assert!(at <= now, "nothing lies in the future: {name}");
        // Not set right it would be 300 s.
        assert!(now - at < 100_000_000, "what was just said is not old: {name} is {} s behind", (now - at) / 1_000_000);
    }
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

fn micros(text: &str) -> i64 {
    text.parse::<scope_core::Timestamp>().unwrap().as_micros()
}

/// `scope` with these flags on a machine with an id of its own.
fn on_another_machine(id: &PathBuf, flags: &[String]) -> Command {
    let script = "mount --bind \"$1\" /etc/machine-id && shift && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-euc", script, "sh"]).arg(id).arg(scope()).args(flags);
    command
}

#[test]
fn two_agents_of_one_name_are_two_and_both_are_told_of() {
    let (Some(()), Some(())) = (need::root(), need::command("unshare")) else { return };
    let server = Server::start(&["--no-collect"]);
    let dir = TempDir::new().unwrap();
    let start = |digit: &str| {
        let id = dir.path().join(digit);
        std::fs::write(&id, digit.repeat(32) + "\n").unwrap();
        Running::start(&mut on_another_machine(&id, &server.pushing("twin", "host,process")))
    };
    let first = start("a");
    server.wait_for("/api/v1/views/hosts", "the first", |view| has_node(view, "host:twin").then_some(()));
    let second = start("b");
    let other = server.wait_for("/api/v1/agents", "the second", |agents| {
        let names = agents["agents"].as_array()?.iter().filter_map(|agent| agent["name"].as_str());
        names.filter(|name| name.strip_prefix("twin~").is_some_and(|digits| digits.len() == 6)).map(str::to_owned).next()
    });
    let id = format!("host:{other}");
    server.wait_for("/api/v1/views/hosts", "both hosts", |view| (has_node(view, &id) && has_node(view, "host:twin")).then_some(()));
    let told = |problems: &Value| problems.to_string().contains(&format!("two agents call themselves twin: the second one is shown as {other}")).then_some(());
    server.wait_for("/api/v1/problems", "the two of them", told);
    // Neither speaks for the other: when one goes, the other stays who it is, and what it does shows.
    drop(first);
    let stale = |agents: &Value| agent(agents, "twin").is_some_and(|agent| agent["state"] != "live").then_some(());
    server.wait_for("/api/v1/agents", "the first is silent", stale);
    assert!(agent(&server.get("/api/v1/agents").json(), &other).is_some_and(|agent| agent["state"] == "live"));
    drop(second);
}
