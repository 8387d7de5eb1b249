//! The server's defences, over real sockets: pages of other origins, TLS with and without clients' certificates, agents that lie. What a filter hides is asked in
//! `serve_filter`.

use std::path::Path;
use std::process::Command;

use scope_tests::command::{Finished, Running, run, scope_command};
use scope_tests::need;
use scope_tests::server::Server;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite;

pub(crate) const WEB: &str = "container:1111111111111111111111111111111111111111111111111111111111111111";
pub(crate) const VAULT: &str = "container:dead00000000000000000000000000000000000000000000000000000000beef";

/// A report of one container of `agent`, with a problem.
pub(crate) fn report(agent: &str, id: &str, app: &str) -> String {
    let head = format!(r#""agent":"{agent}","run":"01930000-0000-7000-8000-000000000001","seq":1,"at":"2026-11-21T22:00:00Z","source":"docker""#);
    let node = format!(
        r#"{{"record":"node",{head},"id":"{id}","name":"{app}-name","parents":["host:{agent}"],"attrs":{{"state":"running","image":"{app}-image","labels":{{"app":"{app}"}}}},"metrics":{{"cpu_pct":7,"mem_bytes":4096}}}}"#
    );
    let host = format!(r#"{{"record":"node",{head},"id":"host:{agent}","name":"{agent}"}}"#);
    let problem = format!(r#"{{"record":"problem",{head},"message":"{app}-problem","id":"{id}"}}"#);
    let tick = format!(r#"{{"record":"tick",{head},"sources":{{"docker":{{"full":true,"records":3}}}}}}"#);
    format!("{node}\n{host}\n{problem}\n{tick}\n")
}

#[test]
fn pages_of_other_origins_get_no_upgrade() {
    let server = Server::start(&["--no-collect"]);
    let at = server.address();
    let (same, other_port) = (format!("http://{at}"), format!("http://{}:{}", at.ip(), at.port() ^ 1));
    let bearer = format!("Bearer {}", server.token);
    for path in ["/api/v1/subscribe?view=hosts", "/api/v1/link"] {
        for (origin, may) in
            [(Some(same.as_str()), true), (None, true), (Some("https://evil.example"), false), (Some(&other_port), false), (Some("null"), false)]
        {
            let mut head = vec![("authorization", bearer.as_str())];
            head.extend(origin.map(|origin| ("origin", origin)));
            match server.socket(path, &head) {
                Ok(_) => assert!(may, "{path} from {origin:?}"),
                Err(tungstenite::Error::Http(response)) => assert!(!may && response.status() == 403, "{path} from {origin:?}: {}", response.status()),
                Err(error) => panic!("{path} from {origin:?}: {error}"),
            }
        }
        // A name that was rebound to this address.
        let rebound = server.socket(path, &[("authorization", bearer.as_str()), ("host", "rebound.example")]);
        assert!(matches!(&rebound, Err(tungstenite::Error::Http(response)) if response.status() == 421), "{path}: {rebound:?}");
    }
    for (origin, status) in [(Some(&same), 200), (None, 200), (Some(&other_port), 403)] {
        let head = origin.map(|origin| format!("origin: {origin}"));
        let mut stream = server.connect();
        let lines: String = head.iter().flat_map(|line| [line.as_str(), "\r\n"]).collect();
        std::io::Write::write_all(&mut stream, format!("GET /api/v1/events?view=hosts HTTP/1.1\r\nhost: {at}\r\n{lines}\r\n").as_bytes()).unwrap();
        let mut first = [0; 12];
        std::io::Read::read_exact(&mut stream, &mut first).unwrap();
        assert_eq!(String::from_utf8_lossy(&first), format!("HTTP/1.1 {status}"), "events from {origin:?}");
    }
    let Some(()) = need::command("curl") else { return };
    for (origin, status) in [(same.as_str(), "200"), ("https://evil.example", "403"), (&other_port, "403")] {
        let url = format!("http://{at}/scope.link.v1.Link/Connect");
        let args =
            ["--http2-prior-knowledge", "--max-time", "20", "-X", "POST", "-H", "content-type: application/grpc", "-H", "te: trailers", "--data-binary", ""];
        let finished = curl(&[&args[..], &["-H", &format!("origin: {origin}"), "-H", &format!("authorization: {bearer}"), &url]].concat());
        assert_eq!(finished.text().lines().last(), Some(status), "gRPC from {origin}: {}", finished.words());
    }
}

/// Runs curl; the last line that it writes is the status.
#[track_caller]
fn curl(args: &[&str]) -> Finished {
    run(Command::new("curl").args(["--silent", "--show-error", "--output", "/dev/null", "--write-out", "%{http_code}\n"]).args(args), b"")
}

/// An authority in `dir`, and what it signs: `NAME.pem`, `NAME.key`.
fn certificates(dir: &Path, authority: &str, signed: &[&str]) {
    let openssl = |args: &str| {
        let _ = run(Command::new("openssl").args(args.split(' ')).current_dir(dir), b"").ok();
    };
    let new = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    openssl(&format!("req -x509 {new} -subj /CN={authority} -keyout {authority}.key -out {authority}.pem"));
    for name in signed {
        let names = if *name == "server" { "IP:127.0.0.1" } else { &format!("DNS:{name}") };
        std::fs::write(dir.join("extensions"), format!("subjectAltName={names}\nbasicConstraints=CA:FALSE\n")).unwrap();
        openssl(&format!("req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"));
        openssl(&format!("x509 -req -in {name}.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -days 2 -extfile extensions -out {name}.pem"));
    }
}

fn agent(server: &Server, name: &str, push: &str, flags: &[&str]) -> Running {
    let mut command = scope_command(["collect", "--only", "host", "--every", "1s", "--agent", name, "--push", push]);
    Running::start(command.args(flags).arg("--state-dir").arg(server.data().join(format!("state-{name}"))))
}

/// One report by an agent of this name; it has ended, and had its time to get through, when this returns.
#[track_caller]
fn push_once(server: &Server, name: &str, flags: &[&str]) {
    let to = format!("https://{}", server.address());
    let mut command = scope_command(["collect", "--only", "host", "--every", "1s", "--count", "1", "--agent", name, "--push", &to]);
    let _ = run(command.args(flags).arg("--state-dir").arg(server.data().join(format!("state-{name}"))), b"");
}

/// What the server says over TLS, asked by curl: its own client knows no TLS.
#[track_caller]
fn agents(server: &Server) -> String {
    let url = format!("https://{}/api/v1/agents", server.address());
    run(Command::new("curl").args(["--silent", "--insecure", "-H", &format!("authorization: Bearer {}", server.token), &url]), b"").ok().text()
}

#[track_caller]
fn wait_for_agent(server: &Server, name: &str) {
    scope_tests::docker::until(&format!("agent {name} arrives"), || agents(server).contains(&format!("\"name\":\"{name}\"")));
}

#[test]
fn an_enrolled_agent_knows_its_server_by_the_certificate() {
    let Some(()) = need::command("curl") else { return };
    let start = || Server::start(&["--no-collect", "--tls-self-signed"]);
    let (server, other) = (start(), start());
    let enrol = |of: &Server, at: &Server| {
        let url = format!("https://{}", at.address());
        of.scope(&["serve", "enrol", "--url", &url]).ok().text().trim().to_owned()
    };
    // Over TLS without a token nobody reads, from this machine neither where a name says so.
    let string = enrol(&server, &server);
    let enrolled = agent(&server, "enrolled", &string, &[]);
    wait_for_agent(&server, "enrolled");
    drop(enrolled);
    // Started anew it uses what it was given, and the string is used up.
    let again = agent(&server, "enrolled", &string, &[]);
    let live = || agents(&server).contains("\"state\":\"live\"");
    scope_tests::docker::until("the agent is back", live);
    let second = agent(&server, "second", &string, &[]);
    // A string that names another certificate leads nowhere: the agent of this one never gets there.
    let _astray = agent(&server, "astray", &enrol(&server, &other), &[]);
    // Nor does one that trusts the system's authorities.
    let _unpinned = agent(&other, "unpinned", &format!("https://{}", other.address()), &["--push-token", &other.token]);
    let pinned = agent(&other, "pinned", &enrol(&other, &other), &[]);
    wait_for_agent(&other, "pinned");
    let there = agents(&other);
    assert!(!there.contains("astray") && !there.contains("unpinned"), "{there}");
    assert!(!agents(&server).contains("\"second\""), "an enrolment works once");
    drop((again, second, pinned));
}

#[test]
fn certificates_of_clients_name_agents() {
    let (Some(()), Some(())) = (need::command("curl"), need::command("openssl")) else { return };
    let dir = TempDir::new().unwrap();
    certificates(dir.path(), "authority", &["server", "host-m"]);
    certificates(dir.path(), "stranger", &["host-x"]);
    let file = |name: &str| dir.path().join(name).display().to_string();
    let (cert, key, ca) = (file("server.pem"), file("server.key"), file("authority.pem"));
    let server = Server::start(&["--no-collect", "--tls-cert", &cert, "--tls-key", &key, "--tls-client-ca", &ca]);
    let url = format!("https://{}/api/v1/records", server.address());
    // Its own host in the future, and somebody else's host.
    let foreign = report("host-m", VAULT, "vault").replace("host:host-m", "host:somebody-else");
    std::fs::write(dir.path().join("own"), report("host-m", WEB, "web").replace("2026", "2999") + &foreign).unwrap();
    std::fs::write(dir.path().join("other"), report("somebody-else", VAULT, "vault")).unwrap();
    let post = |what: &str, flags: &[&str]| {
        let data = format!("@{}", file(what));
        curl(&[&["--http1.1", "--cacert", &ca, "--data-binary", &data, "-H", "content-type: application/x-ndjson"], flags, &[&url]].concat())
    };
    let (own_cert, own_key, strange_cert, strange_key) = (file("host-m.pem"), file("host-m.key"), file("host-x.pem"), file("host-x.key"));
    let proof = ["--cert", &own_cert, "--key", &own_key];
    assert_eq!(post("own", &proof).ok().text(), "200\n");
    assert_eq!(post("other", &proof).ok().text(), "404\n", "another's name");
    assert_ne!(post("own", &["--cert", &strange_cert, "--key", &strange_key]).code(), Some(0), "another authority's ends the handshake");
    // On loopback everybody reads; without a certificate nobody hands records in.
    assert_eq!(post("own", &[]).ok().text(), "401\n");
    let there = agents(&server);
    assert!(there.contains("\"host-m\"") && !there.contains("somebody-else"), "{there}");
    let read = |path: &str| {
        let url = format!("https://{}{path}", server.address());
        run(Command::new("curl").args(["--silent", "--cacert", &ca, "-H", &format!("authorization: Bearer {}", server.token), &url]), b"").ok().text()
    };
    // An agent brings its certificate too, whichever way it takes, and is who that names.
    for way in ["grpc", "websocket"] {
        let flags = ["--push-ca", &ca, "--push-cert", &own_cert, "--push-key", &own_key, "--push-transport", way];
        let proved = agent(&server, "host-m", &format!("https://{}", server.address()), &flags);
        scope_tests::docker::until(&format!("the agent with a certificate is there by {way}"), || {
            let agents: serde_json::Value = serde_json::from_str(&agents(&server)).unwrap();
            agents["agents"].as_array().unwrap().iter().any(|agent| agent["name"] == "host-m" && agent["version"].is_string() && agent["state"] == "live")
        });
        drop(proved);
        scope_tests::docker::until("its silence is noticed", || agents(&server).contains("\"stale\""));
    }
    push_once(&server, "host-x", &["--push-ca", &ca, "--push-cert", &strange_cert, "--push-key", &strange_key]);
    push_once(&server, "nobody", &["--push-ca", &ca]);
    let records = read("/api/v1/records?follow=false");
    assert!(records.contains("\"host:host-m\"") && !records.contains("host:somebody-else"), "nor whose host it speaks of: {records}");
    assert!(!records.contains("2999-"), "nothing lies in the future: {records}");

    // Without `--tls-client-ca` no certificate is asked for, and none helps.
    let plain = Server::start(&["--no-collect", "--tls-cert", &cert, "--tls-key", &key]);
    let url = format!("https://{}/api/v1/records", plain.address());
    let data = format!("@{}", file("own"));
    let finished = curl(&["--http1.1", "--cacert", &ca, "--data-binary", &data, "--cert", &own_cert, "--key", &own_key, &url]).ok();
    assert_eq!(finished.text(), "401\n");
    // Agents take an authority that they are told of.
    let push = format!("https://{}", plain.address());
    let told = agent(&plain, "told", &push, &["--push-token", &plain.token, "--push-ca", &ca]);
    wait_for_agent(&plain, "told");
    push_once(&plain, "host-m", &["--push-ca", &ca, "--push-cert", &own_cert, "--push-key", &own_key]);
    for (server, names) in [(&server, ["host-x", "nobody"]), (&plain, ["host-m", "host-x"])] {
        let there = agents(server);
        assert!(!names.iter().any(|name| there.contains(&format!("\"{name}\""))), "{there}");
    }
    drop(told);
}

#[test]
fn an_agent_speaks_for_itself_whatever_it_says() {
    let server = Server::start(&["--no-collect"]);
    assert_eq!(server.post_records(report("victim", WEB, "web").as_bytes()).status, 200);
    let string = server.scope(&["serve", "enrol", "--url", &format!("http://{}", server.address()), "--agent", "liar"]).ok().text();
    let _agent = agent(&server, "liar", string.trim(), &[]);
    server.wait_for("/api/v1/agents", "the agent", |agents| agents.to_string().contains("\"liar\"").then_some(()));
    let kept = std::fs::read_dir(server.data().join("state-liar")).unwrap().flatten().next().unwrap();
    let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(kept.path()).unwrap()).unwrap();
    let credential = kept.as_object().unwrap().values().filter_map(serde_json::Value::as_str).find(|text| text.starts_with("scope_agent_")).unwrap().to_owned();
    let bearer = format!("authorization: Bearer {credential}");
    // Started under another name with the credential of this one, it is this one.
    let mut command = scope_command(["collect", "--only", "host", "--every", "1s", "--agent", "victim", "--push-token", &credential]);
    let _lying = Running::start(command.args(["--push", &format!("http://{}", server.address())]));
    let post = |lies: &str| server.ask("POST", "/api/v1/records", &[&bearer, "content-type: application/x-ndjson"], lies.as_bytes()).status;
    let lies = report("victim", VAULT, "vault").replace("2026", "2999");
    assert_eq!(post(&lies), 404, "another's name");
    // Its own name, while its link speaks: that alone speaks for it.
    assert_eq!(post(&lies.replace("\"agent\":\"victim\"", "\"agent\":\"liar\"")), 409);
    let admin = format!("authorization: Bearer {}", server.token);
    let state = server.ask("GET", "/api/v1/records?follow=false", &[&admin], b"").text();
    for line in state.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()) {
        assert!(line["at"].as_str().unwrap() < "2999", "{line}");
        assert!(line["agent"] != "victim" || !line.to_string().contains("vault"), "it speaks as another: {line}");
        assert!(line["agent"] != "liar" || line["id"] != "host:victim", "of another's host: {line}");
    }
    assert!(state.contains("web-name"), "what the other said holds: {state}");
    for path in ["/api/v1/views", "/api/v1/agents", "/metrics", "/api/v1/tokens"] {
        assert!(matches!(server.ask("GET", path, &[&bearer], b"").status, 401 | 403), "an agent reads nothing: {path}");
    }
}
