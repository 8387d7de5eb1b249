//! Credentials in use: what is taken away ends what is open, and who has any is listed.

use std::thread::{JoinHandle, spawn};

use scope_tests::command::{Running, scope_command};
use scope_tests::server::Server;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

/// Reads a stream of events to its end; the name of the last.
fn events(server: &Server, head: &str) -> JoinHandle<String> {
    let mut events = server.events_as("/api/v1/events?view=hosts", &[head]);
    assert_eq!(events.next().unwrap().0, "snapshot");
    spawn(move || events.last().unwrap().0)
}

/// Reads a socket to its end; the code that it is closed with.
fn socket(server: &Server, credential: &str) -> JoinHandle<u16> {
    let mut socket = server.socket("/api/v1/subscribe?view=hosts", &[("authorization", credential)]).unwrap();
    spawn(move || {
        loop {
            if let Message::Close(frame) = socket.read().unwrap() {
                return frame.unwrap().code.into();
            }
        }
    })
}

#[test]
fn what_is_open_ends_with_its_credential() {
    let server = Server::start(&["--no-collect"]);
    let (revoked, kept) = (server.new_token(&[]), server.new_token(&["--role", "operator"]));
    let header = |token: &str| format!("authorization: Bearer {token}");
    // A session of the revoked token, and one that is left.
    let sign_in = || {
        let body = serde_json::json!({ "token": revoked }).to_string();
        let answer = server.ask("POST", "/api/v1/session", &["content-type: application/json"], body.as_bytes());
        (answer.header("set-cookie").split(';').next().unwrap().to_owned(), answer.json()["csrf"].as_str().unwrap().to_owned())
    };
    let ((session, _), (left, csrf)) = (sign_in(), sign_in());
    // An agent by either way.
    let agent = |name: &str, way: &str| {
        let string = server.scope(&["serve", "enrol", "--url", &format!("http://{}", server.address())]).ok().text().trim().to_owned();
        let mut command = scope_command(["collect", "--only", "host", "--every", "1s", "--agent", name, "--push", &string, "--push-transport", way]);
        Running::start(command.arg("--state-dir").arg(server.data().join(name)))
    };
    let _agents = [agent("by-grpc", "grpc"), agent("by-websocket", "websocket"), agent("stays", "grpc")];
    for name in ["by-grpc", "by-websocket", "stays"] {
        server.wait_for("/api/v1/agents", name, |agents| state(agents, name).filter(|state| state == "live"));
    }
    let ending = [events(&server, &header(&revoked)), events(&server, &format!("cookie: {session}")), events(&server, &format!("cookie: {left}"))];
    let records = {
        let (mut stream, token) = (server.connect(), header(&revoked));
        std::io::Write::write_all(
            &mut stream,
            format!("GET /api/v1/records HTTP/1.1\r\nhost: {}\r\n{token}\r\nconnection: close\r\n\r\n", server.address()).as_bytes(),
        )
        .unwrap();
        spawn(move || std::io::Read::read_to_end(&mut stream, &mut Vec::new()))
    };
    let closing = socket(&server, &format!("Bearer {revoked}"));
    let (stays, goes_on) = (socket(&server, &format!("Bearer {kept}")), events(&server, &header(&kept)));

    let listed = server.scope(&["serve", "agents", "list", "--json"]).ok().lines();
    assert_eq!(listed.iter().map(|agent| agent["agent"].as_str().unwrap()).collect::<Vec<_>>(), ["by-grpc", "by-websocket", "stays"]);
    assert!(server.scope(&["serve", "agents", "list"]).ok().text().starts_with("AGENT"));
    let tokens = server.ask("GET", "/api/v1/tokens", &[&header(&server.token)], b"").json();
    let id = tokens["tokens"].as_array().unwrap().iter().find(|token| token["role"] == "viewer").unwrap()["id"].as_str().unwrap().to_owned();
    let _ = server.scope(&["token", "revoke", &id]).ok();
    let cookie = format!("cookie: {left}");
    assert_eq!(server.ask("DELETE", "/api/v1/session", &[&cookie, &format!("x-scope-csrf: {csrf}")], b"").status, 204);
    for name in ["by-grpc", "by-websocket"] {
        let _ = server.scope(&["serve", "agents", "revoke", name]).ok();
    }
    let words = server.scope(&["serve", "agents", "revoke", "by-grpc"]).ended(2).words();
    assert!(words.contains("has no credential"), "{words}");

    for stream in ending {
        assert_eq!(stream.join().unwrap(), "end");
    }
    assert!(records.join().unwrap().is_ok(), "the stream of records ends in good order");
    assert_eq!(closing.join().unwrap(), 1008);
    for name in ["by-grpc", "by-websocket"] {
        server.wait_for("/api/v1/agents", "the agent is cut off", |agents| state(agents, name).filter(|state| state != "live"));
    }
    assert_eq!(state(&server.get("/api/v1/agents").json(), "stays").as_deref(), Some("live"));
    assert!(!stays.is_finished() && !goes_on.is_finished(), "what nobody took away goes on");
    assert_eq!(server.stop(), Some(0));
    assert_eq!((stays.join().unwrap(), goes_on.join().unwrap().as_str()), (1001, "end"));
}

fn state(agents: &Value, name: &str) -> Option<String> {
    agents["agents"].as_array()?.iter().find(|agent| agent["name"] == name)?["state"].as_str().map(str::to_owned)
}

#[test]
fn events_go_on_where_they_broke() {
    let server = Server::start(&["--no-collect"]);
    let mut events = server.events("/api/v1/events?view=hosts");
    assert_eq!(events.next().unwrap().0, "snapshot");
    let (epoch, seq) = events.id.split_once('-').unwrap();
    assert!(epoch.parse::<u64>().is_ok() && seq.parse::<u64>().is_ok(), "{}", events.id);
    let last = format!("last-event-id: {}", events.id);
    drop(events);
    let report = r#"{"record":"node","agent":"a","run":"01930000-0000-7000-8000-000000000001","seq":1,"source":"host","at":"2026-11-21T22:00:00Z","id":"host:a","name":"a"}"#;
    assert_eq!(server.post_records(report.as_bytes()).status, 200);
    let mut again = server.events_as("/api/v1/events?view=hosts", &[&last]);
    let (name, change) = again.next().unwrap();
    assert_eq!(name, "change", "what was missed, and no snapshot: {change}");
    assert!(change.to_string().contains("host:a"), "{change}");
}
