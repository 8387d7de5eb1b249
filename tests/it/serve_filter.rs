//! What a filter hides is read by no route, and changes no answer: a server with it and one without it are the same to whoever has the filter.

use std::fmt::Write as _;

use scope_core::Timestamp;
use scope_tests::server::Server;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::serve_security::{VAULT, WEB, report};

/// All that a reader can ask for, of every route of the document; streams apart.
fn paths(server: &Server) -> Vec<String> {
    let document = server.get("/api/v1/openapi.json").json();
    let views: Vec<String> =
        server.get("/api/v1/views").json()["views"].as_array().unwrap().iter().map(|view| view["name"].as_str().unwrap().to_owned()).collect();
    let mut asked = vec!["/metrics".to_owned()];
    for (path, methods) in document["paths"].as_object().unwrap() {
        match path.as_str() {
            _ if methods.get("get").is_none() => {}
            "/api/v1/events" | "/api/v1/subscribe" => {}
            "/api/v1/views/{view}" => asked.extend(views.iter().map(|view| format!("/api/v1/views/{view}?show=all"))),
            "/api/v1/nodes/{id}" => asked.extend([format!("/api/v1/nodes/{WEB}"), "/api/v1/nodes/host:front".to_owned()]),
            "/api/v1/nodes/{id}/connections" => asked.push(format!("/api/v1/nodes/{WEB}/connections")),
            "/api/v1/search" => asked.push("/api/v1/search?q=name".to_owned()),
            "/api/v1/metrics" => asked.extend(["/api/v1/metrics?metric=cpu_pct&kind=container&by=id", "/api/v1/metrics?metric=mem_bytes"].map(str::to_owned)),
            "/api/v1/records" => asked.push("/api/v1/records?follow=false".to_owned()),
            other => asked.push(other.to_owned()),
        }
    }
    asked
}

/// The next message that says something.
fn text(socket: &mut tungstenite::WebSocket<std::net::TcpStream>) -> String {
    loop {
        if let Message::Text(text) = socket.read().unwrap() {
            return text.to_string();
        }
    }
}

#[test]
fn what_a_filter_hides_is_nowhere() {
    let server = Server::start(&["--no-collect"]);
    for (agent, id, app) in [("front", WEB, "web"), ("vaulthost", VAULT, "vault")] {
        assert_eq!(server.post_records(report(agent, id, app).as_bytes()).status, 200);
    }
    let token = format!("authorization: Bearer {}", server.new_token(&["--filter", "app:web"]));
    let admin = format!("authorization: Bearer {}", server.token);
    let hidden = ["vault", "dead0000", "beef"];
    let tells = |text: &str| hidden.iter().any(|word| text.contains(word));
    let asked = paths(&server);
    let mut told = 0;
    for path in &asked {
        let answer = server.ask("GET", path, &[&token], b"");
        assert!(!tells(&answer.text()), "{path} tells of what the filter hides: {}", answer.text());
        assert!(answer.status < 500, "{path}: {}", answer.text());
        // That the words are there for others makes their absence mean something.
        told += usize::from(tells(&server.ask("GET", path, &[&admin], b"").text()));
    }
    assert!(told >= 8, "{told} of {} routes tell an administrator", asked.len());
    // One that is hidden and one that is not there are answered alike.
    let unknown = VAULT.replace("dead", "0000");
    for rest in ["", "/connections"] {
        let hides = server.ask("GET", &format!("/api/v1/nodes/{VAULT}{rest}"), &[&token], b"");
        let lacks = server.ask("GET", &format!("/api/v1/nodes/{unknown}{rest}"), &[&token], b"");
        assert_eq!((hides.status, hides.text().replace("dead", "0000")), (lacks.status, lacks.text()));
    }
    for what in ["view=containers&show=all&layout=true".to_owned(), "view=hosts".to_owned(), format!("node={WEB}")] {
        let (name, data) = server.events_as(&format!("/api/v1/events?{what}"), &[&token]).next().unwrap();
        assert!(name == "snapshot" && !tells(&data.to_string()), "{what}: {data}");
        let mut socket = server.socket(&format!("/api/v1/subscribe?{what}"), &[("authorization", token.split_once(": ").unwrap().1)]).unwrap();
        let text = text(&mut socket);
        assert!(text.contains(if what == "view=hosts" { "front" } else { "web-name" }) && !tells(&text), "{what}: {text}");
    }
    assert_eq!(server.events_as(&format!("/api/v1/events?node={VAULT}"), &[&admin]).next().unwrap().1["type"], "snapshot");
    let mut of_hidden = server.events_as(&format!("/api/v1/events?node={VAULT}"), &[&token]);
    assert!(of_hidden.next().is_none_or(|(_, data)| !data.to_string().contains("vault")), "a node that is hidden is none");
}

/// What the filter hides: containers of the host that also has what it shows, of another host, connections among them, more problems than one.
fn hidden() -> (String, String) {
    let head = |agent: &str, source: &str| {
        format!(r#""agent":"{agent}","run":"01930000-0000-7000-8000-000000000001","seq":1,"at":"2026-11-21T22:00:00Z","source":"{source}""#)
    };
    let (mut beside, mut elsewhere) = (String::new(), String::new());
    for (agent, out) in [("front", &mut beside), ("vaulthost", &mut elsewhere)] {
        let (docker, net) = (head(agent, "docker"), head(agent, "net"));
        for number in 0..40 {
            let id = format!("container:dead{number:060}");
            let _ = writeln!(
                out,
                r#"{{"record":"node",{docker},"id":"{id}","name":"vault-{number}","parents":["host:{agent}"],"endpoints":[{{"at":"net:{agent}|10.9.0.{number}:80/tcp"}}],"attrs":{{"state":"running","image":"vault-image","labels":{{"app":"vault"}}}},"metrics":{{"cpu_pct":90,"mem_bytes":1048576}}}}"#
            );
            let _ = writeln!(out, r#"{{"record":"problem",{docker},"message":"vault-problem-{number}","id":"{id}"}}"#);
            let _ = writeln!(
                out,
                r#"{{"record":"flow",{net},"side":"client","proto":"tcp","owner":"{id}","server_addr":"net:{agent}|10.9.0.{0}:80","dialled":"net:{agent}|10.9.0.{0}:80","since":"2026-11-21T21:59:00Z","last_seen":"2026-11-21T22:00:00Z","open":1,"opened_total":3}}"#,
                (number + 1) % 40
            );
        }
    }
    (beside, elsewhere)
}

/// With times taken out, and with numbers of reports, which are made of times.
fn at_rest(text: &str) -> String {
    let mut last = "";
    let parts = text.split('"').map(|part| {
        let is_number = std::mem::replace(&mut last, part) == "seq";
        if part.contains('T') && part.parse::<Timestamp>().is_ok() {
            "a time".to_owned()
        } else if is_number {
            part.trim_start_matches([':', ' ']).trim_start_matches(char::is_numeric).to_owned()
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join("\"")
}

#[test]
fn a_filter_does_not_tell_whether_more_exists() {
    let (small, large) = (Server::start(&["--no-collect"]), Server::start(&["--no-collect"]));
    // What it shows is connected with what it hides, both ways: of that it tells addresses, and no more.
    let head = r#""agent":"front","run":"01930000-0000-7000-8000-000000000001","seq":1,"at":"2026-11-21T22:00:00Z","source":"net""#;
    let times = r#""since":"2026-11-21T21:59:00Z","last_seen":"2026-11-21T22:00:00Z","open":1"#;
    let (out, back) = ("net:front|10.9.0.7:80", "net:front|10.9.0.90:80");
    let web = format!(
        "{{\"record\":\"flow\",{head},\"side\":\"client\",\"proto\":\"tcp\",\"owner\":\"{WEB}\",\"server_addr\":\"{out}\",\"dialled\":\"{out}\",{times}}}\n\
         {{\"record\":\"flow\",{head},\"side\":\"server\",\"proto\":\"tcp\",\"owner\":\"{WEB}\",\"server_addr\":\"{back}\",\"client_addr\":\"net:front|10.9.0.8\",{times}}}\n{}",
        report("front", WEB, "web")
    );
    let (beside, elsewhere) = hidden();
    // The host's tick tells how much it reported: of that nobody with a filter learns.
    let tick = |records: usize| web.replace("\"records\":3", &format!("\"records\":{records}"));
    let all = format!("{beside}{}", tick(83));
    for (server, reports) in [(&small, vec![web.clone()]), (&large, vec![all, format!("{elsewhere}{}", report("vaulthost", VAULT, "vault"))])] {
        for report in reports {
            let answer = server.post_records(report.as_bytes());
            assert_eq!((answer.status, answer.json()["errors_total"].as_u64()), (200, Some(0)), "{}", answer.text());
        }
    }
    let token = |server: &Server| format!("authorization: Bearer {}", server.new_token(&["--filter", "app:web"]));
    let (of_small, of_large) = (token(&small), token(&large));
    let admin = format!("authorization: Bearer {}", large.token);
    let (mut differ, mut address) = (0, 0);
    for path in paths(&small) {
        let (of_less, of_more) = (small.ask("GET", &path, &[&of_small], b""), large.ask("GET", &path, &[&of_large], b""));
        assert_eq!((of_less.status, of_less.header("content-type")), (of_more.status, of_more.header("content-type")), "{path}");
        // Some are for administrators; two alike errors of another kind would say nothing.
        assert!(of_less.status < 400 || of_less.status == 403, "{path}: {}", of_less.text());
        let (less, more) = (at_rest(&of_less.text()), at_rest(&of_more.text()));
        assert_eq!(less, more, "{path} tells that more exists");
        address += usize::from(more.contains("10.9.0."));
        // That it does for others makes this mean something.
        differ += usize::from(at_rest(&large.ask("GET", &path, &[&admin], b"").text()) != more);
    }
    assert!(differ >= 12 && address >= 3, "{differ} routes tell an administrator, {address} tell of addresses");
    for what in ["view=containers&show=all&layout=true".to_owned(), "view=hosts&layout=true".to_owned(), format!("node={WEB}"), "node=host:front".to_owned()] {
        let first = |server: &Server, token: &str| {
            let (_, mut data) = server.events_as(&format!("/api/v1/events?{what}"), &[token]).next().unwrap();
            // When the numbers of messages began: of each server another.
            assert!(data.as_object_mut().unwrap().remove("epoch").is_some());
            at_rest(&data.to_string())
        };
        assert_eq!(first(&small, &of_small), first(&large, &of_large), "{what} tells that more exists");
    }
    #[cfg(feature = "sql")]
    for query in ["SELECT COUNT(*) AS many FROM nodes", "SELECT COUNT(*) AS many FROM edges", "SELECT * FROM nodes"] {
        let body = serde_json::json!({ "sql": query }).to_string();
        let answer = |server: &Server, token: &str| server.ask("POST", "/api/v1/sql", &[token, "content-type: application/json"], body.as_bytes());
        let (less, more) = (answer(&small, &of_small), answer(&large, &of_large));
        assert_eq!((less.status, more.status), (200, 200), "{query}: {}", less.text());
        assert_eq!(at_rest(&less.text()), at_rest(&more.text()), "{query} tells that more exists");
        assert_ne!(at_rest(&answer(&large, &admin).text()), at_rest(&more.text()), "{query}");
    }
}
