//! The link from end to end, over loopback: an agent that pushes, a server that takes in, and whatever goes wrong between them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]

mod by_hand;
mod ends;

use std::time::Duration;

use scope_core::link::digest;
use scope_core::{AgentName, NodeId, Record};
use scope_serve::agent::push::Transport;
use scope_serve::request::{Answer, Request};
use scope_serve::server::auth::Visibility;
use scope_serve::server::link::Settings;
use scope_serve::server::tenant::Tenant;

use ends::{Agent, Server, Who, applied, held, recorded, report, until};

const TRANSPORTS: [Transport; 2] = [Transport::Grpc, Transport::Websocket];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_transports_bring_what_was_said() {
    for transport in TRANSPORTS {
        let server = Server::start().await;
        let mut said = Vec::new();
        // The second one is a later run of the same agent.
        for stream in ["east.ndjson", "east-later.ndjson"] {
            let agent = Agent::start(server.at, |config| config.transport = transport);
            for report in recorded(stream) {
                agent.say(report.clone()).await;
                said.push(report);
            }
            agent.end().await;
        }
        let wanted = applied(&said);
        let name = "east".parse().unwrap();
        let (theirs, ours) = (server.state("east"), held(&wanted, "east"));
        assert_eq!(theirs.iter().filter(|record| !ours.contains(record)).collect::<Vec<_>>(), Vec::<&String>::new(), "{transport:?}: what was not said");
        assert_eq!(ours.iter().filter(|record| !theirs.contains(record)).collect::<Vec<_>>(), Vec::<&String>::new(), "{transport:?}: what is missing");
        let theirs = server.live.read(&Tenant::default(), &Visibility::all(), |state| state.agent(&name).map(digest));
        assert_eq!(theirs, wanted.agent(&name).map(digest));
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_starts_anew_loses_nothing() {
    for transport in TRANSPORTS {
        let server = Server::start().await;
        let at = server.at;
        let agent = Agent::start(at, |config| config.transport = transport);
        agent.say(report(7, 1, &[1, 2, 3], &[], true)).await;
        agent.say(report(7, 2, &[2], &[], false)).await;
        let mut reports = vec![report(7, 1, &[1, 2, 3], &[], true), report(7, 2, &[2], &[], false)];
        server.holds("a", &held(&applied(&reports), "a")).await;
        server.stop().await;
        // Said while nobody listens.
        agent.say(report(7, 3, &[4], &[1], false)).await;
        reports.push(report(7, 3, &[4], &[1], false));
        let server = Server::start_at(at, Settings::default(), Who::Admin).await;
        server.holds("a", &held(&applied(&reports), "a")).await;
        agent.end().await;
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_starts_anew_takes_back_what_it_no_longer_has() {
    let server = Server::start().await;
    let first = Agent::start(server.at, |_| {});
    first.say(report(7, 1, &[1, 2], &[], true)).await;
    first.end().await;
    assert_eq!(server.state("a").len(), 2);
    // A later run; and one whose clock was set back, so that its runs sort before.
    for run in [8, 3] {
        let later = Agent::start(server.at, |_| {});
        later.say(report(run, 1, &[2, 3], &[], true)).await;
        later.say(report(run, 2, &[3], &[2], false)).await;
        later.end().await;
        assert_eq!(server.state("a"), held(&applied(&[report(run, 1, &[3], &[], true), report(run, 2, &[3], &[], false)]), "a"), "run {run}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_fit_the_spool_is_counted_and_no_gone_is_lost() {
    // A place where nobody listens at first.
    let at = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let agent = Agent::start(at, |config| config.spool_bytes = 20_000);
    let things: Vec<u32> = (0..50).collect();
    agent.say(report(7, 1, &things, &[], true)).await;
    for seq in 2..40 {
        agent.say(report(7, seq, &things[..20], &[], false)).await;
    }
    agent.say(report(7, 40, &[], &[1, 2, 3], false)).await;
    let server = Server::start_at(at, Settings::default(), Who::Admin).await;
    until(|| server.state("a").len() == 48).await;
    let state = server.state("a");
    assert!(!state.iter().any(|record| record.contains("\"thing:1\"") || record.contains("\"thing:3\"")), "what is gone is gone");
    assert!(state.iter().any(|record| record.contains("\"record\":\"problem\"") && record.contains("reports were lost")), "{state:?}");
    assert!(state.iter().any(|record| record.contains("\"thing:7\"") && record.contains("\"size\":39")), "the state is the latest");
    // The loss is told of for a while, not for ever.
    for seq in 41..102 {
        agent.say(report(7, seq, &[7], &[], false)).await;
    }
    until(|| server.state("a").len() == 47).await;
    agent.end().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_nothing_in_delays_nobody() {
    // It accepts, and never reads.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let silent = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            kept.push(socket);
        }
    });
    let agent = Agent::start(at, |config| config.spool_bytes = 20_000);
    // More than any queue on the way holds: each is taken all the same.
    for seq in 1..200 {
        agent.say(report(7, seq, &(0..50).collect::<Vec<_>>(), &[], true)).await;
    }
    silent.abort();
    agent.task.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_answered_over_the_link() {
    let tenant = Tenant::default();
    for transport in TRANSPORTS {
        let server = Server::start().await;
        let mut agent = Agent::start(server.at, |config| config.transport = transport);
        agent.say(recorded("east.ndjson").remove(0)).await;
        until(|| !server.state("east").is_empty()).await;
        let name: AgentName = "east".parse().unwrap();
        assert_eq!(server.live.request(&tenant, &name, Request::Ping).await.unwrap(), Answer::Pong);
        // As many as take several pieces.
        let line = concat!(
            r#"{"record":"connection","agent":"liar","run":"01a20047-9c60-72ab-8603-46cb5b4a6d2d","seq":1,"source":"net","at":"2026-11-21T22:43:43.280360Z","#,
            r#""owner":"host:east","proto":"tcp","local":"10.0.0.1:PORT","remote":"10.0.0.2:80","state":"established"}"#
        );
        let connections: Vec<Record> = (1..1500).map(|port| serde_json::from_str(&line.replace("PORT", &port.to_string())).unwrap()).collect();
        let node: NodeId = "host:east".parse().unwrap();
        let asked = server.live.request(&tenant, &name, Request::Connections(node.clone()));
        let answer = async {
            let envelope = agent.requests.recv().await.unwrap();
            assert_eq!(envelope.request, Request::Connections(node.clone()));
            envelope.answer.send(Answer::Connections(connections.clone())).unwrap();
        };
        let (answered, ()) = tokio::join!(asked, answer);
        let Answer::Connections(got) = answered.unwrap() else { panic!("connections were asked for") };
        assert_eq!(got.len(), connections.len());
        assert!(got.iter().all(|record| record.agent == name), "who says it is not believed");
        let asked = server.live.request(&tenant, &name, Request::Connections(node.clone()));
        let refuse = async { agent.requests.recv().await.unwrap().answer.send(Answer::Failed("no such node".to_owned())).unwrap() };
        let (answered, ()) = tokio::join!(asked, refuse);
        assert!(answered.unwrap_err().to_string().contains("no such node"));
        agent.end().await;
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_is_refused_goes_on_trying() {
    // Nobody on this machine may push here, at first.
    let server = Server::start_at("127.0.0.1:0".parse().unwrap(), Settings::default(), Who::Somebody).await;
    let at = server.at;
    let agent = Agent::start(at, |_| {});
    agent.say(report(7, 1, &[1], &[], true)).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(server.state("a").is_empty());
    server.stop().await;
    let server = Server::start_at(at, Settings::default(), Who::Admin).await;
    until(|| server.state("a").len() == 1).await;
    agent.end().await;
    server.stop().await;
}
