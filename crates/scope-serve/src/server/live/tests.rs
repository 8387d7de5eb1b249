#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
//! Agents as they come, speak, fall silent and claim what is not theirs.

use std::time::{Duration, Instant};

use scope_core::record::Record;
use scope_core::{AgentName, codec};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::*;

fn hello(name: &str, machine: &str) -> (Hello, mpsc::Receiver<RequestEnvelope>) {
    let (requests, asked) = mpsc::channel(1);
    (Hello { agent: name.parse().unwrap(), version: "1.0".into(), machine_id: Some(machine.into()), address: None, requests }, asked)
}

fn report(seq: u64, records: &[Value]) -> Vec<Record> {
    let lines: String = records
        .iter()
        .map(|record| {
            let mut record = record.clone();
            for (name, value) in
                [("agent", json!("liar")), ("run", json!("01920000-0000-7000-8000-000000000000")), ("seq", json!(seq)), ("at", json!("2026-11-21T18:35:00Z"))]
            {
                if record.get(name).is_none() {
                    record[name] = value;
                }
            }
            record.to_string() + "\n"
        })
        .collect();
    codec::Reader::new(lines.as_bytes()).map(Result::unwrap).collect()
}

fn host(name: &str) -> Value {
    json!({"record":"node","source":"host","id":format!("host:{name}"),"kind":"host","metrics":{"cpu_pct":3}})
}

fn container(digit: &str) -> Value {
    json!({"record":"node","source":"docker","id":format!("container:{}", digit.repeat(64)),"kind":"container","name":format!("c{digit}")})
}

fn tick(sources: &Value) -> Value {
    json!({"record":"tick","interval_ms":1000,"sources":sources})
}

fn ids(live: &Live) -> Vec<String> {
    live.read(&Tenant::default(), &Visibility::all(), |state| {
        let mut ids: Vec<String> = state.agents().flat_map(|(name, agent)| agent.nodes_unsorted().map(move |(id, _)| format!("{name} {id}"))).collect();
        ids.sort();
        ids
    })
}

fn problems(live: &Live) -> Vec<String> {
    live.read(&Tenant::default(), &Visibility::all(), |state| {
        state.agents().flat_map(|(_, agent)| agent.problems()).map(|(_, problem)| problem.message.to_string()).collect()
    })
}

fn one(live: &Live, name: &str) -> AgentInfo {
    live.agents(&Tenant::default()).into_iter().find(|agent| agent.name.as_str() == name).unwrap()
}

#[test]
fn an_agent_speaks_in_its_own_name_of_its_own_host_and_never_from_the_future() {
    let live = Live::new(Limits::default());
    let session = live.connect(&Tenant::default(), hello("a", "1").0).unwrap();
    let parents = json!(["host:a", "host:b", format!("image:{}", "1".repeat(64))]);
    let mut mine = container("1");
    mine["parents"] = parents;
    mine["at"] = json!("2999-01-01T00:00:00Z");
    let process = |agent: &str| json!({"record":"node","source":"proc","id":format!("process:{agent}:1:1"),"kind":"process"});
    let flow = |owner: &str, scope: &str| {
        json!({"record":"flow","source":"net","side":"client","proto":"tcp","owner":owner,"server_addr":format!("{scope}|127.0.0.1:80"),
        "dialled":format!("{scope}|127.0.0.1:80"),"since":"2026-11-21T18:34:00Z","last_seen":"2026-11-21T18:35:00Z","open":1,"ports":[],"seen_by":[]})
    };
    session.apply(report(
        1,
        &[
            host("a"),
            host("b"),
            mine,
            process("a"),
            process("b"),
            json!({"record":"gone","source":"host","id":"host:b"}),
            flow("process:a:1:1", "host:a"),
            flow("process:b:1:1", "host:a"),
            flow("process:a:1:1", "host:b"),
            json!({"record":"problem","source":"net","message":"m","id":"host:b"}),
        ],
    ));
    assert_eq!(ids(&live), [format!("a container:{}", "1".repeat(64)), "a host:a".to_owned(), "a process:a:1:1".to_owned()]);
    let info = one(&live, "a");
    assert_eq!((info.refused, info.nodes, info.flows), (6, 3, 1));
    live.read(&Tenant::default(), &Visibility::all(), |state| {
        let agent = state.agent(&"a".parse().unwrap()).unwrap();
        for (_, node) in agent.nodes_unsorted() {
            assert!(node.layers().iter().all(|layer| layer.at <= clock::now()));
            assert!(node.parents().is_none_or(|parents| parents.iter().all(|parent| parent.as_str() != "host:b")));
        }
    });
    assert_eq!(session.digest(), None, "what was refused cannot be compared");
}

#[test]
fn the_clock_offset_moves_times_back() {
    let live = Live::new(Limits::default());
    let session = live.connect(&Tenant::default(), hello("a", "1").0).unwrap();
    assert!(session.clock_offset(300_000_000));
    assert!(!session.clock_offset(300_100_000), "as wrong as before");
    session.clock_offset(300_000_000);
    session.apply(report(1, &[host("a")]));
    let at = live.read(&Tenant::default(), &Visibility::all(), |state| {
        let (_, node) = state.agent(&"a".parse().unwrap()).unwrap().nodes_unsorted().next().unwrap();
        node.layers().first().unwrap().at.to_string()
    });
    assert_eq!(at, "2026-11-21T18:30:00.000000Z");
    assert_eq!(one(&live, "a").clock_offset_us, 300_000_000);
}

#[test]
fn a_clock_that_is_wrong_is_set_right_within_records_too() {
    let live = Live::new(Limits::default());
    let session = live.connect(&Tenant::default(), hello("a", "1").0).unwrap();
    let mut web = container("1");
    web["attrs"] = json!({"started_at":"2026-11-21T18:34:00.000000Z","image":"nginx"});
    web["endpoints"] = json!([{"at":"10.0.0.5:80/tcp","since":"2026-11-21T18:34:00Z"}]);
    let flow = json!({"record":"flow","source":"net","side":"client","proto":"tcp","owner":web["id"],"server_addr":"10.0.0.6:5432","dialled":"10.0.0.6:5432",
        "since":"2026-11-21T18:34:01Z","last_seen":"2999-01-01T00:00:00Z","open":1,"ports":[[51000,"2026-11-21T18:34:01Z"]]});
    let times = || {
        live.read(&Tenant::default(), &Visibility::all(), |state| {
            let agent = state.agent(&"a".parse().unwrap()).unwrap();
            let (_, node) = agent.nodes_unsorted().next().unwrap();
            let started = node.attrs().find(|(name, _)| *name == "started_at").unwrap().1.as_time().unwrap();
            let flow = agent.flows_unsorted().next().unwrap();
            let shown = [started, node.endpoints().unwrap()[0].since.unwrap(), flow.since, flow.ports[0].1].map(|time| time.to_string()[14..19].to_owned());
            (shown, flow.last_seen)
        })
    };
    // A second is no reason to change what an agent says.
    assert!(!session.clock_offset(1_000_000));
    session.apply(report(1, &[web.clone(), flow.clone()]));
    assert_eq!(times().0, ["34:00", "34:00", "34:01", "34:01"]);
    assert!(session.digest().is_some());
    assert!(session.clock_offset(300_000_000));
    session.apply(report(2, &[web, flow]));
    let (shown, last_seen) = times();
    assert_eq!(shown, ["29:00", "29:00", "29:01", "29:01"]);
    assert!(last_seen <= clock::now(), "nothing lies in the future");
    assert_eq!(session.digest(), None, "what was set right cannot be compared");
    assert!(session.clock_offset(0), "a clock that was set is believed again");
}

#[test]
fn a_name_with_a_tilde_is_no_clash() {
    let live = Live::new(Limits::default());
    let _session = live.connect(&Tenant::default(), hello("build~7", "1").0).unwrap();
    assert_eq!(problems(&live), [""; 0]);
}

#[test]
fn the_second_live_agent_of_a_name_is_called_otherwise_and_told_of() {
    let live = Live::new(Limits::default());
    let first = live.connect(&Tenant::default(), hello("a", "1").0).unwrap();
    let second = live.connect(&Tenant::default(), hello("a", "2").0).unwrap();
    assert_eq!(first.name().as_str(), "a");
    let name = second.name().as_str().to_owned();
    assert!(name.strip_prefix("a~").is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())), "{name}");
    first.apply(report(1, &[host("a")]));
    second.apply(report(1, &[host("a"), json!({"record":"node","source":"proc","id":"process:a:7:9","kind":"process","parents":["host:a"]})]));
    assert_eq!(ids(&live), ["a host:a".to_owned(), format!("{name} host:{name}"), format!("{name} process:{name}:7:9")]);
    assert_eq!(problems(&live), [format!("two agents call themselves a: the second one is shown as {name}")]);
    // The same machine again is the same agent: it dialled anew, and the former link is no longer listened to.
    let again = live.connect(&Tenant::default(), hello("a", "1").0).unwrap();
    assert_eq!(again.name().as_str(), "a");
    assert!(first.is_superseded() && !again.is_superseded());
    first.apply(report(2, &[container("1")]));
    assert!(!ids(&live).iter().any(|id| id.contains("container")));
}

#[test]
fn a_silent_agent_is_stale_then_gone_then_forgotten_and_says_so() {
    let live = Live::new(Limits::default());
    let (tenant, start) = (live.tenant(&Tenant::default()), Instant::now());
    let session = live.connect(&Tenant::default(), hello("a", "1").0).unwrap();
    session.apply(report(1, &[host("a"), tick(&json!({"host":{"full":true,"records":1,"took_us":5,"dropped":2}}))]));
    drop(session);
    let after = |seconds: u64| tenant.sweep(start + Duration::from_secs(seconds), clock::now());
    after(2);
    assert_eq!(one(&live, "a").state, Liveness::Live);
    after(5);
    let info = one(&live, "a");
    assert_eq!((info.state, info.sources["host"].dropped), (Liveness::Stale, Some(2)));
    assert_eq!(ids(&live), ["a host:a"], "what a stale agent said is shown");
    assert!(problems(&live)[0].starts_with("no reports from agent a since "));
    after(70);
    assert_eq!(one(&live, "a").state, Liveness::Gone);
    assert_eq!(ids(&live), [] as [&str; 0]);
    assert!(problems(&live)[0].ends_with("its data is hidden"));
    // It comes back as if nothing had been.
    let session = live.connect(&Tenant::default(), hello("a", "1").0).unwrap();
    assert_eq!((one(&live, "a").state, problems(&live).len()), (Liveness::Live, 0));
    drop(session);
    after(80);
    after(160);
    assert_eq!(problems(&live).len(), 1);
    after(4000);
    assert!(live.agents(&Tenant::default()).is_empty());
    assert_eq!(problems(&live), [] as [&str; 0], "nobody is told of an agent that is no longer listed");
}

#[test]
fn an_agent_that_does_not_speak_can_be_forgotten() {
    let live = Live::new(Limits::default());
    let (default, name) = (Tenant::default(), "a".parse::<AgentName>().unwrap());
    assert_eq!(live.forget(&default, &name), Forgotten::Unknown);
    let session = live.connect(&default, hello("a", "1").0).unwrap();
    session.apply(report(1, &[host("a"), tick(&json!({"host":{"full":true,"records":1}}))]));
    assert_eq!(live.forget(&default, &name), Forgotten::Connected);
    drop(session);
    live.tenant(&default).sweep(Instant::now() + Duration::from_secs(5), clock::now());
    assert_eq!((ids(&live).len(), problems(&live).len()), (1, 1));
    assert_eq!(live.forget(&default, &name), Forgotten::Done);
    assert_eq!((ids(&live).len(), problems(&live).len(), live.agents(&default).len()), (0, 0, 0));
}

#[test]
fn two_agents_of_one_machine_are_told_of_while_both_speak() {
    let live = Live::new(Limits::default());
    let connect = |name: &str, machine: &str| live.connect(&Tenant::default(), hello(name, machine).0).unwrap();
    let (_one, _other) = (connect("vm", "1"), connect("other", "2"));
    assert_eq!(problems(&live), [] as [&str; 0]);
    let second = connect("second", "1");
    assert_eq!(problems(&live), ["agents second and vm run on the same machine: its host is shown twice"]);
    let third = connect("third", "1");
    assert_eq!(problems(&live), ["agents second and third (and 1 more) run on the same machine: its host is shown twice"]);
    drop((second, third));
    live.tenant(&Tenant::default()).tell(clock::now());
    assert_eq!(problems(&live), [] as [&str; 0]);
}

#[test]
fn what_was_posted_expires() {
    let live = Live::new(Limits::default());
    let (tenant, start) = (live.tenant(&Tenant::default()), Instant::now());
    let name: AgentName = "a".parse().unwrap();
    let posted = live.post(&Tenant::default(), &name, report(1, &[host("a"), host("b")])).unwrap();
    assert_eq!(posted, Posted { taken: 1, dropped: 1 });
    tenant.sweep(start + Duration::from_secs(55), clock::now());
    assert_eq!(ids(&live), ["a host:a"]);
    tenant.sweep(start + Duration::from_secs(62), clock::now());
    assert_eq!(ids(&live), [] as [&str; 0]);
    // One that says its interval expires after three of them.
    let posted = live.post(&Tenant::default(), &name, report(2, &[host("a"), tick(&json!({}))])).unwrap();
    assert_eq!(posted.taken, 2);
    tenant.sweep(Instant::now() + Duration::from_secs(4), clock::now());
    assert_eq!(ids(&live), [] as [&str; 0]);
}

#[test]
fn limits_hold_and_what_is_over_is_counted() {
    let limits = Limits { agents: 2, nodes_per_agent: 3, flows_per_agent: 1, ..Limits::default() };
    let live = Live::new(limits);
    let session = live.connect(&Tenant::default(), hello("a", "1").0).unwrap();
    let containers: Vec<Value> = ["1", "2", "3", "4", "5"].map(container).into();
    session.apply(report(1, &containers));
    assert_eq!((one(&live, "a").nodes, one(&live, "a").over), (3, 2));
    session.apply(report(2, &[json!({"record":"gone","source":"docker","id":format!("container:{}", "1".repeat(64))})]));
    session.apply(report(3, &[container("4")]));
    assert_eq!(ids(&live).len(), 3, "what is gone makes room");
    let _other = live.connect(&Tenant::default(), hello("b", "1").0).unwrap();
    assert_eq!(live.connect(&Tenant::default(), hello("c", "1").0).unwrap_err(), ConnectError::TooMany(2));
    assert_eq!(live.post(&Tenant::default(), &"c".parse().unwrap(), Vec::new()).unwrap_err(), PostError::Agent(ConnectError::TooMany(2)));
    assert_eq!(live.post(&Tenant::default(), &"b".parse().unwrap(), Vec::new()).unwrap_err(), PostError::Connected);
    assert_eq!(live.connect(&Tenant::default(), hello(SERVER, "1").0).unwrap_err(), ConnectError::Name);
}

#[test]
fn tenants_do_not_see_each_other() {
    let live = Live::new(Limits::default());
    let other: Tenant = "other".parse().unwrap();
    let session = live.connect(&other, hello("a", "1").0).unwrap();
    session.apply(report(1, &[host("a")]));
    assert_eq!(ids(&live), [] as [&str; 0]);
    assert!(live.agents(&Tenant::default()).is_empty());
    assert_eq!(live.agents(&other).len(), 1);
}

#[tokio::test]
async fn a_request_goes_down_the_link_and_its_answer_comes_back() {
    let live = Live::new(Limits::default());
    let (hello, mut asked) = hello("a", "1");
    let session = live.connect(&Tenant::default(), hello).unwrap();
    let tenant = Tenant::default();
    let answer = async {
        let envelope = asked.recv().await.unwrap();
        assert_eq!(envelope.request, Request::Ping);
        envelope.answer.send(Answer::Pong).unwrap();
    };
    let name: AgentName = "a".parse().unwrap();
    let (answered, ()) = tokio::join!(live.request(&tenant, &name, Request::Ping), answer);
    assert_eq!(answered.unwrap(), Answer::Pong);
    drop(session);
    assert_eq!(live.request(&tenant, &name, Request::Ping).await.unwrap_err(), RequestError::NotConnected(name));
}

#[tokio::test]
async fn a_reader_of_records_gets_the_state_then_reports_and_after_falling_behind_the_state_again() {
    let live = Live::new(Limits::default());
    let session = live.connect(&Tenant::default(), hello("a", "1").0).unwrap();
    session.apply(report(1, &[host("a")]));
    let mut records = live.records(&Tenant::default(), &Visibility::all());
    let has = |records: &[Record], id: &str| records.iter().any(|record| matches!(&record.body, scope_core::Body::Node(node) if node.id.as_str() == id));
    assert!(has(&records.next().await.unwrap(), "host:a"));
    session.apply(report(2, &[container("1")]));
    assert!(has(&records.next().await.unwrap(), &format!("container:{}", "1".repeat(64))));
    for seq in 3..400 {
        session.apply(report(seq, &[container("2")]));
    }
    let all = records.next().await.unwrap();
    assert!(has(&all, "host:a") && has(&all, &format!("container:{}", "2".repeat(64))));
}

#[tokio::test]
async fn a_reader_with_a_filter_is_told_nothing_while_only_what_is_hidden_changes() {
    let live = Live::new(Limits::default());
    let session = live.connect(&Tenant::default(), hello("a", "1").0).unwrap();
    let child = |digit: &str, cpu: u32| {
        let mut node = container(digit);
        (node["parents"], node["metrics"]) = (json!(["host:a"]), json!({"cpu_pct":cpu}));
        node
    };
    session.apply(report(1, &[host("a"), child("1", 1), child("2", 1)]));
    let mut records = live.records(&Tenant::default(), &Visibility::of("name:c1".parse().unwrap()));
    assert_eq!(records.next().await.unwrap().len(), 2, "the container, and that its host exists");
    session.apply(report(2, &[child("2", 2), child("3", 2)]));
    let told = tokio::time::timeout(Duration::from_millis(2500), records.next()).await;
    assert!(told.is_err(), "that there was a report is told: {told:?}");
    session.apply(report(3, &[child("1", 3)]));
    assert_eq!(records.next().await.unwrap().len(), 2);
}

#[test]
fn hostile_names_are_taken_as_names() {
    let live = Live::new(Limits::default());
    let session = live.connect(&Tenant::default(), hello("a", "1").0).unwrap();
    let mut node = container("1");
    node["name"] = json!("<script>\u{1b}[2J\u{202e}\"\n");
    session.apply(report(1, &[node]));
    let filter = "name:script".parse().unwrap();
    let name = live.read(&Tenant::default(), &Visibility::of(filter), |state| {
        let (_, agent) = state.agents().next().unwrap();
        agent.nodes_unsorted().next().unwrap().1.name().unwrap().to_string()
    });
    assert_eq!(name, "<script>\u{1b}[2J\u{202e}\"\n");
}
