//! The server's API, driven as a whole: what is answered, what is refused, and that nothing that is sent can hurt it.

use std::io::{Read as _, Write};
use std::time::Duration;

use scope_tests::server::{Server, read_answer};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

const WEB: &str = "container:3f2a9d1c5b7e80463f2a9d1c5b7e80463f2a9d1c5b7e80463f2a9d1c5b7e8046";

/// A report of one container, by agent `elsewhere`.
fn report(name: &str, cpu: u32) -> String {
    let run = "01930000-0000-7000-8000-000000000001";
    let head = format!(r#""agent":"elsewhere","run":"{run}","seq":1,"at":"2026-11-21T22:00:00Z""#);
    format!(
        "{{\"record\":\"node\",{head},\"source\":\"docker\",\"id\":\"{WEB}\",\"name\":{},\"attrs\":{{\"state\":\"running\",\"image\":\"nginx\\\"1\"}},\"metrics\":{{\"cpu_pct\":{cpu},\"mem_bytes\":1024}}}}\n\
         {{\"record\":\"tick\",{head},\"sources\":{{\"docker\":{{\"full\":true,\"records\":1}}}}}}\n",
        Value::from(name)
    )
}

fn names(view: &Value) -> Vec<&str> {
    view["nodes"].as_array().into_iter().flatten().filter_map(|node| node["name"].as_str()).collect()
}

#[test]
fn this_host_is_shown_and_the_server_ends_when_asked() {
    let server = Server::start(&["--agent", "here"]);
    server.wait_for("/api/v1/views/hosts", "this host", |view| view["nodes"].as_array()?.iter().any(|node| node["id"] == "host:here").then_some(()));
    server.wait_for("/api/v1/views/processes?show=all", "the server's own process", |view| names(view).contains(&"scope").then_some(()));
    let node = server.get("/api/v1/nodes/host:here").json();
    assert_eq!(node["kind"], "host");
    assert!(node["attrs"].as_array().unwrap().iter().any(|attr| attr["name"] == "cores" && attr["unit"] == "count"), "{node}");
    let agents = server.get("/api/v1/agents").json();
    assert_eq!(agents["agents"][0]["state"], "live");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn what_is_posted_is_shown_found_and_counted() {
    let server = Server::start(&["--no-collect"]);
    assert_eq!(server.ask("POST", "/api/v1/records", &[], report("web", 5).as_bytes()).status, 401, "a change needs a token");
    let taken = server.post_records(report("web", 5).as_bytes());
    assert_eq!((taken.status, taken.json()["taken"].as_u64()), (200, Some(2)), "{}", taken.text());

    let view = server.get("/api/v1/views/containers").json();
    assert_eq!(names(&view), ["web"]);
    assert_eq!(names(&server.get("/api/v1/views/containers?filter=cpu%3E20").json()), [""; 0]);
    let why = server.get("/api/v1/views/containers?filter=cpu%3E20&why=web").json();
    assert_eq!(why["why"][0]["verdict"], "filtered");
    let found = server.get("/api/v1/search?q=WEB").json();
    assert_eq!((found["total"].as_u64(), found["views"]["containers"].as_u64()), (Some(1), Some(1)));
    let node = server.get(&format!("/api/v1/nodes/{WEB}")).json();
    assert_eq!(node["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == "cpu_pct").unwrap()["value"], 5);
    let lines = server.get(&format!("/api/v1/metrics?metric=cpu_pct&id={WEB}&step=1")).json();
    assert_eq!(lines["lines"][0]["points"][0]["mean"], 5.0, "{lines}");
    let by_alias = server.get("/api/v1/metrics?metric=cpu&step=1").json();
    assert_eq!((&by_alias["metric"], &by_alias["lines"][0]["id"]), (&"cpu_pct".into(), &WEB.into()), "{by_alias}");
    let unknown = server.get("/api/v1/metrics?metric=queue_length_of_mine").json();
    assert_eq!(unknown["lines_total"], 0, "a plugin's figure may come yet, or have gone: {unknown}");
    let together = server.get("/api/v1/metrics?metric=cpu_pct&step=1&aggregate=sum").json();
    assert_eq!((&together["lines_total"], &together["lines"][0]["id"]), (&1.into(), &serde_json::Value::Null), "{together}");
    let metrics = server.get("/metrics");
    assert!(metrics.text().contains("container_memory_working_set_bytes{"), "{}", metrics.text());
    assert!(metrics.text().contains(r#"image="nginx\"1""#), "{}", metrics.text());

    let records = server.get("/api/v1/records?follow=false");
    assert_eq!(records.header("content-type"), "application/x-ndjson");
    assert!(records.text().contains(WEB));
    let arrow = server.ask("GET", "/api/v1/records?follow=false", &["accept: application/vnd.apache.arrow.stream"], b"");
    assert_eq!(arrow.body.get(..4), Some(&[0xff; 4][..]));
    let merged = scope_tests::command::run_scope(["merge"], &arrow.body).ok();
    assert!(merged.text().contains(WEB), "Arrow reads back");
}

#[test]
fn mistakes_are_told_by_line_and_hurt_nobody() {
    let server = Server::start(&["--no-collect"]);
    let mixed = format!("{}this is no record\n", report("web", 1));
    let taken = server.post_records(mixed.as_bytes()).json();
    assert_eq!((taken["taken"].as_u64(), taken["errors_total"].as_u64()), (Some(2), Some(1)));
    assert!(taken["errors"][0].as_str().unwrap().contains("line 3"), "{taken}");
    // Garbage that differs each time: a generator with a fixed beginning, so that a failure repeats.
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..10_000 {
        let garbage: Vec<u8> = (0..64)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 56) as u8
            })
            .collect();
        let answer = server.post_records(&garbage);
        assert!(answer.status == 400 || answer.status == 200, "round {round}: {}", answer.text());
    }
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(names(&server.get("/api/v1/views/containers").json()), ["web"], "what was there is untouched");
}

#[test]
fn every_refusal_is_a_problem() {
    let server = Server::start(&["--no-collect"]);
    for (method, path, status) in [
        ("GET", "/nothing", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/views/nothing", 404),
        ("GET", "/api/v1/nodes/container:0", 404),
        ("GET", "/api/v1/nodes/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/api/v1/nodes/%00%ff", 400),
        ("GET", "/api/v1/../../../etc/passwd", 404),
        ("GET", "/api/v1/views/containers?filter=cpu%3E", 400),
        ("GET", "/api/v1/views/containers?limit=0", 400),
        ("GET", "/api/v1/views/containers?limit=x", 400),
        ("GET", "/api/v1/views/containers?unknown=1", 400),
        ("GET", "/api/v1/views/containers?after=nowhere", 400),
        ("GET", "/api/v1/search?q=", 400),
        ("GET", "/api/v1/metrics?metric=cpu_pct&step=0", 400),
        ("GET", "/api/v1/metrics?metric=cpu_pctt", 400),
        ("GET", "/api/v1/metrics?metric=state", 400),
        ("GET", "/api/v1/views/containers?show=stoped", 400),
        ("GET", "/api/v1/subscribe", 400),
        ("DELETE", "/api/v1/views", 405),
        ("PUT", "/healthz", 405),
        ("GET", "/api/v1/tokens", 401),
    ] {
        let answer = server.ask(method, path, &[], b"");
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{method} {path}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{method} {path}");
    }
    let accept = server.ask("GET", "/api/v1/records", &["accept: image/png"], b"");
    assert_eq!((accept.status, accept.header("content-type")), (406, "application/problem+json"));
}

#[test]
fn a_body_that_is_too_large_or_too_slow_ends() {
    let server = Server::start(&["--no-collect"]);
    let large = vec![b'x'; 2 << 20];
    let answer = server.ask("POST", "/api/v1/session", &["content-type: application/json"], &large);
    assert_eq!(answer.status, 413, "{}", answer.text());
    // A head that never ends is not waited for without end.
    let mut slow = server.connect();
    slow.write_all(b"GET / HTTP/1.1\r\nx: ").unwrap();
    slow.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut rest = Vec::new();
    drop(std::io::Read::read_to_end(&mut slow, &mut rest));
    assert_eq!(server.get("/healthz").status, 200);
    let mut oversize = server.connect();
    drop(oversize.write_all(format!("GET / HTTP/1.1\r\nhost: {}\r\nx: {}\r\n\r\n", server.address(), "y".repeat(1 << 20)).as_bytes()));
    assert_eq!(read_answer(oversize).status, 431);
}

#[test]
fn every_route_decides_who_may_use_it() {
    let server = Server::start(&["--no-collect"]);
    let document = server.get("/api/v1/openapi.json").json();
    let open = [("post", "/api/v1/session"), ("post", "/api/v1/enrol")];
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().filter(|method| !open.contains(&(method.as_str(), path))) {
            // Credentials that nobody knows: whatever the route, it must not be reached.
            let path = path.replace("{view}", "containers").replace(['{', '}'], "");
            let unknown = "authorization: Bearer scope_admin_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
            let status = server.ask(&method.to_uppercase(), &path, &[unknown, "content-type: application/json"], b"").status;
            assert!(matches!(status, 401 | 429), "{method} {path} answers {status} to a stranger");
            asked += 1;
        }
    }
    assert!(asked >= 20, "the document has {asked} operations");
}

#[test]
fn a_subscriber_gets_a_snapshot_then_changes_then_the_end() {
    let server = Server::start(&["--no-collect"]);
    let mut events = server.events("/api/v1/events?view=containers");
    assert_eq!(events.next().unwrap().0, "snapshot");
    assert_eq!(server.post_records(report("web", 1).as_bytes()).status, 200);
    let news = events.by_ref().find(|(_, data)| data.to_string().contains(WEB));
    assert!(news.is_some(), "the container comes to the subscriber");
    let reader = std::thread::spawn(move || events.last());
    assert_eq!(server.stop(), Some(0));
    assert_eq!(reader.join().unwrap().map(|(name, _)| name).as_deref(), Some("end"), "subscribers are told");
}

#[test]
fn figures_come_by_name_and_the_others_are_named() {
    let server = Server::start(&["--no-collect"]);
    assert_eq!(server.post_records(report("web", 1).as_bytes()).status, 200);
    let snapshot = |metrics: &str| {
        let mut socket = server.socket(&format!("/api/v1/subscribe?view=containers{metrics}"), &[]).unwrap();
        loop {
            let Message::Text(text) = socket.read().unwrap() else { continue };
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["nodes"]["n"].as_array().is_some_and(|nodes| !nodes.is_empty()) {
                return message;
            }
        }
    };
    let names =
        |message: &Value, field: &str| message[field].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let all = names(&snapshot(""), "metrics");
    assert!(all.len() > 1 && all.iter().any(|name| name == "cpu_pct"), "{all:?}");
    let one = snapshot("&metrics=cpu_pct,nobody.has.it");
    assert_eq!(names(&one, "metrics"), ["cpu_pct"]);
    assert_eq!(one["figures"]["nodes"].as_array().unwrap().len(), 1, "{one}");
    let mut others = names(&one, "other_metrics");
    others.push("cpu_pct".to_owned());
    others.sort();
    let mut sorted = all.clone();
    sorted.sort();
    assert_eq!(others, sorted, "what does not come is named");
    let none = snapshot("&metrics=");
    assert_eq!((names(&none, "metrics").len(), none["figures"]["nodes"].as_array().unwrap().len()), (0, 0), "{none}");
    let many: Vec<String> = (0..65).map(|number| format!("figure_{number}")).collect();
    for bad in [many.join(","), "%3Cb%3E%0A".to_owned(), "a".repeat(600)] {
        let answer = server.get(&format!("/api/v1/events?view=containers&metrics={bad}"));
        assert!(answer.status == 400, "{bad}: {}", answer.text());
    }
}

#[test]
fn snapshots_alone_come_compressed_to_those_who_ask_for_that() {
    let server = Server::start(&["--no-collect"]);
    let mut socket = server.socket("/api/v1/subscribe?view=containers&encoding=deflate-snapshots", &[]).unwrap();
    let mut next = || loop {
        match socket.read().unwrap() {
            Message::Binary(packed) => {
                let mut text = String::new();
                flate2::read::DeflateDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
                return (true, serde_json::from_str::<Value>(&text).unwrap());
            }
            Message::Text(text) => return (false, serde_json::from_str(&text).unwrap()),
            _ => {}
        }
    };
    let (packed, snapshot) = next();
    assert!(packed && snapshot["type"] == "snapshot", "{snapshot}");
    assert_eq!(server.post_records(report("web", 1).as_bytes()).status, 200);
    let (packed, change) = next();
    assert!(!packed && change["type"] == "change" && change["seq"].as_u64() > snapshot["seq"].as_u64(), "{change}");
    assert!(server.socket("/api/v1/subscribe?view=containers&encoding=zip", &[]).is_err());
}

#[test]
fn everything_lies_under_the_base_path() {
    let server = Server::start(&["--no-collect", "--base-path", "/tools/scope"]);
    assert_eq!(server.get("/tools/scope/api/v1/openapi.json").json()["servers"], serde_json::json!([{ "url": "/tools/scope" }]));
    assert_eq!(server.get("/tools/scope/healthz").status, 200);
    assert_eq!(server.get("/tools/scope/api/v1/views").json()["views"][0]["name"], "containers");
    assert_eq!(server.get("/tools/scope/").status, 200);
    assert_eq!(server.get("/tools/scope").status, 307);
    assert_eq!(server.get("/healthz").status, 404);
}

/// The page's types are made from this file (`npm run api`), and people read it.
#[test]
fn the_document_of_the_api_that_is_kept_is_the_one_served() {
    let server = Server::start(&["--no-collect"]);
    let served = server.get("/api/v1/openapi.json").json();
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    if std::env::var_os("SCOPE_UPDATE").is_some() {
        std::fs::write(kept, format!("{served:#}\n")).unwrap();
    }
    assert!(
        serde_json::from_str::<Value>(&std::fs::read_to_string(kept).unwrap()).unwrap() == served,
        "docs/openapi.json is not what is served: run this test with SCOPE_UPDATE=1, then `npm run api` in the page's folder"
    );
}

#[test]
fn pages_are_whole_and_take_scripts_from_here_only() {
    let server = Server::start(&["--no-collect"]);
    for path in ["/", "/view/containers", "/agents", "/start", "/sign-in", "/hosts/", "/api/docs", "/api/docs.js", "/api/docs.css"] {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src '") && !policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"), "{path}: {policy}");
        assert_eq!(policy.contains("ws:"), path == "/hosts/", "{path}: only the hosts page connects elsewhere: {policy}");
        let text = answer.text();
        assert!(!text.contains("http://") && !text.contains("https://"), "{path} names another site");
        assert!(!text.contains("innerHTML"), "{path} parses names as HTML");
    }
    let document = server.get("/").text();
    if let Some((_, rest)) = document.split_once("href=\"/_app/immutable/") {
        let path = format!("/_app/immutable/{}", rest.split_once('"').unwrap().0);
        let coding = |accepts: &str| server.ask("GET", &path, &[&format!("accept-encoding: {accepts}")], b"").header("content-encoding").to_owned();
        assert_eq!(coding("gzip, deflate, br"), "br", "{path}");
        assert_eq!(coding("gzip"), "gzip", "{path}");
    }
    assert_eq!(server.get("/hosts").status, 307);
    assert_eq!(server.get("/_app/immutable/nothing.js").status, 404);
    assert_eq!(server.get("/_app/../../etc/passwd").status, 404);
}
