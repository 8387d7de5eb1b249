//! What strains a server: subscribers that do not read, bodies that do not come, a disk that is full, links that speak nonsense.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use scope_tests::command::{Running, scope};
use scope_tests::need;
use scope_tests::server::{Events, Server, read_answer};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

/// Containers of the report; what all of them say is a message of about a megabyte.
const MANY: usize = 3_000;

/// Report number `round` of many containers, of which every fact differs from the report before.
fn report(round: usize) -> String {
    let head = format!(r#""agent":"loud","run":"01930000-0000-7000-8000-000000000001","seq":{round},"at":"2026-11-21T22:00:00Z""#);
    let mut text = String::new();
    for number in 0..MANY {
        let filler = format!("round-{round}-{}", "x".repeat(200));
        text.push_str(&format!(
            r#"{{"record":"node",{head},"source":"docker","id":"container:{number:064x}","name":"c{number}","attrs":{{"state":"running","image":"{filler}"}}}}"#
        ));
        text.push('\n');
    }
    text + &format!(r#"{{"record":"tick",{head},"interval_ms":60000,"sources":{{"docker":{{"full":true,"records":{MANY}}}}}}}"#) + "\n"
}

/// Reads messages up to the one that holds `word`: how many there were, and how many of them were snapshots. None where they end before.
fn read_to(messages: impl Iterator<Item = String>, word: &str) -> Option<(usize, usize)> {
    let (mut count, mut snapshots) = (0, 0);
    for text in messages {
        count += 1;
        snapshots += usize::from(text.starts_with("{\"type\":\"snapshot\""));
        if text.contains(word) {
            return Some((count, snapshots));
        }
    }
    None
}

fn texts(events: Events) -> impl Iterator<Item = String> {
    // The type comes first in what is sent, and is to come first here.
    events.map(|(name, message)| format!("{{\"type\":\"{name}\"{message}"))
}

#[test]
fn a_subscriber_that_does_not_read_gets_a_snapshot_and_delays_nobody() {
    const ROUNDS: usize = 60;
    let server = Server::start(&["--no-collect"]);
    assert_eq!(server.post_records(report(1).as_bytes()).status, 200);
    let path = "view=containers&show=all";
    let (quick, slow) = (server.events(&format!("/api/v1/events?{path}")), server.events(&format!("/api/v1/events?{path}")));
    let mut slow_socket = server.socket(&format!("/api/v1/subscribe?{path}"), &[]).unwrap();
    let last = format!("round-{ROUNDS}-");
    let wanted = last.clone();
    let (saw, sees) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let tell = texts(quick).inspect(|text| {
            if let Some((_, rest)) = text.split_once("round-") {
                let round: usize = rest.split('-').next().unwrap().parse().unwrap();
                // Nobody listens any more once the last has come.
                let _ = saw.send(round);
            }
        });
        read_to(tell, &wanted)
    });
    // Each report once the one before has come to who reads, the first of them too, so that none is passed over for that one.
    for round in 1..=ROUNDS {
        if round > 1 {
            assert_eq!(server.post_records(report(round).as_bytes()).status, 200);
        }
        while sees.recv_timeout(Duration::from_mins(2)).expect("the one that reads is not held up") != round {}
    }
    let (quick, _) = reader.join().unwrap().expect("the last comes");
    assert!(quick >= ROUNDS, "who reads gets each of them: {quick}");
    let (count, snapshots) = read_to(texts(slow), &last).expect("the last comes");
    assert!(snapshots >= 2 && count < quick, "events: {count} messages, {snapshots} snapshots, and {quick} of who reads");
    if let Some((count, snapshots)) = read_to(socket_texts(&mut slow_socket), &last) {
        assert!(snapshots >= 2 && count < quick, "WebSocket: {count} messages, {snapshots} snapshots, and {quick} of who reads");
    } else {
        // On a slow machine it took nothing for half a minute, and was let go. When it comes back it begins with a snapshot of what is.
        let mut again = server.socket(&format!("/api/v1/subscribe?{path}"), &[]).unwrap();
        assert_eq!(read_to(socket_texts(&mut again), &last), Some((1, 1)));
    }
}

fn socket_texts(socket: &mut WebSocket<TcpStream>) -> impl Iterator<Item = String> {
    std::iter::from_fn(|| {
        loop {
            match socket.read() {
                Ok(Message::Text(text)) => return Some(text.to_string()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    })
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let server = Server::start(&["--no-collect"]);
    let bearer = format!("authorization: Bearer {}", server.token);
    let begin = |path: &str, media: &str| {
        let mut stream = server.connect();
        let head = format!("POST {path} HTTP/1.1\r\nhost: {}\r\n{bearer}\r\ncontent-type: {media}\r\ncontent-length: 1000\r\n\r\n", server.address());
        stream.write_all(head.as_bytes()).unwrap();
        stream
    };
    let (json, ndjson) = ("application/json", "application/x-ndjson");
    let paused = [("/api/v1/tokens", json), ("/api/v1/records", ndjson)].map(|(path, media)| {
        let mut stream = begin(path, media);
        stream.write_all(b"{").unwrap();
        std::thread::spawn(move || (path, read_answer(stream)))
    });
    // One that trickles pauses never, and ends all the same where it is no stream of records.
    let mut trickle = begin("/api/v1/tokens", json);
    let mut reading = trickle.try_clone().unwrap();
    let trickling = std::thread::spawn(move || {
        let began = Instant::now();
        while began.elapsed() < Duration::from_mins(2) && trickle.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(500));
        }
    });
    let mut head = [0; 12];
    for waiting in paused {
        let (path, answer) = waiting.join().unwrap();
        assert_eq!((answer.status, answer.header("content-type")), (408, "application/problem+json"), "{path}: {}", answer.text());
    }
    reading.read_exact(&mut head).unwrap();
    assert_eq!(String::from_utf8_lossy(&head), "HTTP/1.1 408");
    drop(reading);
    trickling.join().unwrap();
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn links_that_speak_nonsense_end_and_leave_the_others_alone() {
    let server = Server::start(&["--no-collect"]);
    let good = Running::start(&mut scope_tests::command::scope_command(server.pushing("good", "host")));
    let live = |agents: &Value| agents["agents"].as_array()?.iter().any(|agent| agent["name"] == "good" && agent["state"] == "live").then_some(());
    server.wait_for("/api/v1/agents", "the agent", live);
    let bearer = format!("Bearer {}", server.token);
    // A generator with a fixed beginning, so that a failure repeats.
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut byte = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 56) as u8
    };
    for round in 0..200_usize {
        let mut socket = server.socket("/api/v1/link", &[("authorization", &bearer), ("sec-websocket-protocol", "scope.link.v1")]).unwrap();
        let size = if round % 50 == 0 { 3 << 20 } else { 1 + round };
        // It may have closed already.
        drop(socket.send(Message::Binary((0..size).map(|_| byte()).collect::<Vec<u8>>().into())));
        loop {
            match socket.read() {
                Ok(Message::Close(_)) | Err(_) => break,
                Ok(_) => {}
            }
        }
    }
    let plain = server.socket("/api/v1/link", &[("authorization", "Bearer scope_admin_nonsense")]);
    assert!(matches!(&plain, Err(tungstenite::Error::Http(response)) if response.status() == 401), "{plain:?}");
    let agents = server.get("/api/v1/agents").json();
    assert_eq!(agents["agents"].as_array().unwrap().len(), 1, "none of them became an agent: {agents}");
    assert!(live(&agents).is_some(), "{agents}");
    drop(good);
}

/// `scope serve` whose files lie on a disk of two megabytes.
fn on_a_small_disk(data: &TempDir) -> Command {
    let script = "mount -t tmpfs -o size=2m tmpfs \"$1\" && chmod 0700 \"$1\" && shift && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-euc", script, "sh"]).arg(data.path()).arg(scope()).args(["serve", "--no-collect", "--bind", "127.0.0.1:0"]);
    command
}

#[test]
fn a_full_disk_refuses_changes_and_loses_none() {
    let (Some(()), Some(())) = (need::root(), need::command("unshare")) else { return };
    let data = TempDir::new().unwrap();
    let server = Server::spawn(&mut on_a_small_disk(&data), data);
    let bearer = format!("authorization: Bearer {}", server.token);
    let ask = |method: &str, path: &str, body: &str| server.ask(method, path, &[&bearer, "content-type: application/json"], body.as_bytes());
    let make = |name: &str| ask("POST", "/api/v1/tokens", &json!({"name": name, "role": "viewer"}).to_string());
    assert_eq!(make("before").status, 201);
    // Its disk, as it sees it.
    let filler = format!("/proc/{}/root{}/filler", server.pid(), server.data().display());
    let mut file = std::fs::File::create(&filler).unwrap();
    while file.write_all(&[b'x'; 4096]).is_ok() {}
    drop(file);
    let mut made = vec!["before".to_owned()];
    let refused = loop {
        let name = format!("full-{}", made.len());
        let answer = make(&name);
        if answer.status != 201 {
            break answer;
        }
        made.push(name);
        assert!(made.len() < 20_000, "the disk is full, and everything is taken");
    };
    assert_eq!((refused.status, refused.header("content-type")), (507, "application/problem+json"), "{}", refused.text());
    assert!(refused.json()["detail"].as_str().unwrap().contains("disk is full"), "{}", refused.text());
    // It goes on: reading, records, and those who were let in before.
    for path in ["/healthz", "/api/v1/views/containers", "/api/v1/tokens", "/api/v1/agents", "/metrics"] {
        assert_eq!(ask("GET", path, "").status, 200, "{path}");
    }
    assert_eq!(server.post_records(report(1).as_bytes()).status, 200);
    // What needs less room than what was refused may find it; whatever finds none says so again.
    let mut refusals = vec![refused];
    for number in 0..50 {
        let name = format!("still-{number}");
        match make(&name) {
            answer if answer.status == 201 => made.push(name),
            answer => refusals.push(answer),
        }
    }
    assert!(refusals.iter().all(|answer| answer.status == 507), "{refusals:?}");
    let names = |answer: Value| -> Vec<String> {
        answer["tokens"].as_array().unwrap().iter().map(|token| token["name"].as_str().unwrap().to_owned()).filter(|name| name != "first start").collect()
    };
    let mut known = names(ask("GET", "/api/v1/tokens", "").json());
    known.sort();
    let mut expected = made.clone();
    expected.sort();
    assert_eq!(known.iter().filter(|name| made.contains(name)).count(), expected.len(), "what was confirmed is there");
    assert!(known.iter().all(|name| made.contains(name) || !name.contains("still")), "what was refused is not: {known:?}");
    std::fs::remove_file(&filler).unwrap();
    assert_eq!(make("after").status, 201, "with room there needs no restart");
    // Nothing is lost when it starts anew on what it left on that disk.
    let left = TempDir::new().unwrap();
    let from = format!("/proc/{}/root{}/scope.redb", server.pid(), server.data().display());
    std::fs::copy(&from, left.path().join("scope.redb")).unwrap();
    let list = scope_tests::command::run_scope(["token", "list", "--data-dir", left.path().to_str().unwrap()], b"").ok().text();
    for name in made.iter().map(String::as_str).chain(["after"]) {
        assert!(list.lines().any(|line| line.split_whitespace().any(|word| word == name)), "{name} is lost:\n{list}");
    }
    assert_eq!(server.stop(), Some(0));
}
