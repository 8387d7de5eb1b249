use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use scope_core::record::{Problem, SourceTick, Tick};
use scope_core::{AgentName, Body, Node, NodeId, Number, RunId, Stamp, Timestamp, Value as Attr};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::settings::Settings;
use super::*;

#[allow(unreachable_pub, reason = "the package of the tests exports it")]
#[path = "../../../../../tests/src/schema.rs"]
mod schema;

/// Bounds a hang, and is no claim about speed.
const SOON: Duration = Duration::from_secs(30);

fn id(number: usize) -> String {
    format!("{number:064x}")
}

fn record(seq: u64, source: &str, body: Body) -> Record {
    let agent = AgentName::from_host_name("host-a");
    let at = Timestamp::from_seconds(1_700_000_000 + seq as i64);
    Record { agent, stamp: Stamp { run: RunId::from_u128(7), seq }, source: source.into(), at, body, extra: scope_core::value::Fields::default() }
}

fn container(number: usize, name: &str, state: &str) -> Node {
    let mut node = Node::new(NodeId::container(&id(number)).unwrap());
    node.name = Some(name.into());
    node.attrs.insert("state", Attr::from(state));
    node.attrs.insert("started_at", Attr::from(Timestamp::from_seconds(1_700_000_000)));
    node.attrs.insert("labels", Attr::Map([("secret", Attr::from("of-the-label"))].into_iter().collect()));
    node.metrics.insert("mem_bytes", Number::from(1_000_000_u64));
    node
}

/// A report at the interval: what the engine says of these containers, all of it.
fn report(seq: u64, containers: &[Node]) -> Vec<Record> {
    let mut host = Node::new(NodeId::host(&AgentName::from_host_name("host-a")));
    host.metrics.insert("mem_total_bytes", Number::from(8_000_000_u64));
    let mut records = vec![record(seq, "host", Body::Node(host))];
    records.extend(containers.iter().map(|node| record(seq, "docker", Body::Node(node.clone()))));
    let figures = containers.iter().filter(|node| node.attrs.get("state") != Some(&Attr::from("exited"))).map(|node| {
        let mut figures = Node::new(node.id.clone());
        figures.metrics.insert("cpu_pct", Number::from_f64(24.504_321).unwrap());
        figures.metrics.insert("pids", Number::from(3_u64));
        record(seq, "cgroup", Body::Node(figures))
    });
    let figures: Vec<_> = figures.collect();
    let mut tick = Tick { interval_ms: Some(1000), ..Tick::default() };
    for (source, count) in [("host", 1), ("docker", containers.len()), ("cgroup", figures.len())] {
        tick.sources.insert(source, SourceTick { full: true, records: count as u64, ..SourceTick::default() });
    }
    tick.metrics.insert("agent_cpu_us_total", Number::from(seq * 42_000));
    tick.metrics.insert("agent_mem_bytes", Number::from(66_469_888_u64));
    records.extend(figures);
    records.push(record(seq, "", Body::Tick(tick)));
    records
}

struct Agent {
    at: SocketAddr,
    reports: mpsc::Sender<Vec<Record>>,
    task: JoinHandle<()>,
}

impl Agent {
    /// Listens, and has made its first report.
    async fn start(settings: Settings) -> Self {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let at = listener.local_addr().unwrap();
        let (reports, waiting) = mpsc::channel(4);
        let task = tokio::spawn(run(settings, listener, waiting));
        let agent = Self { at, reports, task };
        agent.reports(report(1, &[])).await;
        agent
    }

    async fn reports(&self, report: Vec<Record>) {
        self.reports.send(report).await.unwrap();
    }

    async fn connect(&self, path: &str, origin: Option<&str>) -> Result<Client, Error> {
        let mut request = format!("ws://{}{path}", self.at).into_client_request()?;
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", HeaderValue::from_str(origin).unwrap());
        }
        let stream = TcpStream::connect(self.at).await.unwrap();
        tokio_tungstenite::client_async(request, stream).await.map(|(socket, _)| Client { socket, last: 0 })
    }

    /// What comes back for these bytes.
    async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        // It may answer and close before it has read all.
        drop(stream.write_all(bytes).await);
        let mut answer = Vec::new();
        drop(tokio::time::timeout(SOON, stream.read_to_end(&mut answer)).await.expect("an answer, or the end"));
        String::from_utf8_lossy(&answer).into_owned()
    }
}

struct Client {
    socket: WebSocketStream<TcpStream>,
    last: u64,
}

impl Client {
    /// The next frame; it must be as the contract says.
    async fn frame(&mut self) -> Value {
        loop {
            let message = tokio::time::timeout(SOON, self.socket.next()).await.expect("a frame").expect("an open connection").expect("no error");
            let Message::Text(text) = message else { continue };
            let frame: Value = serde_json::from_str(&text).unwrap();
            let contract: Value = serde_json::from_str(include_str!("../../../../../docs/live-agent.schema.json")).unwrap();
            assert_eq!(schema::faults(&contract, &frame), [""; 0], "{frame:#}");
            let sequence = frame["sequence"].as_u64().unwrap();
            assert!(sequence > self.last, "{sequence} after {}", self.last);
            self.last = sequence;
            return frame;
        }
    }

    /// The next frame with containers.
    async fn batch(&mut self) -> Value {
        loop {
            let frame = self.frame().await;
            if frame["type"] == "container_stats_batch" {
                return frame;
            }
        }
    }

    /// Why the other side closed; `None` where it just went.
    async fn closed(&mut self) -> Option<CloseCode> {
        loop {
            match tokio::time::timeout(SOON, self.socket.next()).await.expect("the end") {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

#[tokio::test]
async fn frames_are_as_the_contract_says() {
    let agent = Agent::start(Settings::default()).await;
    let mut client = agent.connect("/ws", None).await.unwrap();
    let status = client.frame().await;
    assert_eq!([&status["type"], &status["agent_id"]], ["agent_status", "host-a"]);
    assert!(status["features"].as_array().unwrap().contains(&json!("container_stats")));

    let hostile = "<img src=x onerror=alert(1)>\u{1b}[2J\u{202e}\n\0\"\\";
    let long = "ü".repeat(4000);
    let mut limited = container(3, "limited", "paused");
    limited.metrics.insert("mem_limit_bytes", Number::from(536_870_912_u64));
    let shown = [container(2, hostile, "running"), container(1, &long, "running"), limited, container(4, "gone", "exited"), container(5, "zz", "restarting")];
    agent.reports(report(2, &shown)).await;
    let batch = client.batch().await;
    let containers = batch["containers"].as_array().unwrap();
    assert_eq!(containers.iter().map(|container| container["id"].clone()).collect::<Vec<_>>(), [id(2), id(3), id(5), id(1)], "by name, without what has ended");
    assert_eq!(containers[0]["name"], hostile);
    assert!(containers[3]["name"].as_str().unwrap().len() <= 255, "a name is cut");
    assert_eq!([&containers[0]["mem_limit_bytes"], &containers[1]["mem_limit_bytes"]], [8_000_000, 536_870_912], "the machine's, or its own");
    assert_eq!([&containers[0]["cpu_pct"], &containers[0]["pids"]], [&json!(24.5), &json!(3)]);
    assert!(containers[0]["uptime_secs"].as_u64().unwrap() > 0);
    assert_eq!(containers[2]["uptime_secs"], json!(null), "what waits to be started again is not up");
    assert_eq!(batch["agent_metrics"], json!({ "cpu_pct": 4.2, "mem_bytes": 66_469_888 }));

    // What ended is not there any more, and an idle host says so.
    agent.reports(report(3, &[])).await;
    assert_eq!(client.batch().await["containers"], json!([]));

    // A report for an event is not sent by itself.
    let mut event = vec![record(4, "docker", Body::Node(container(9, "new", "running")))];
    event.push(record(4, "", Body::Tick(Tick::default())));
    agent.reports(event).await;
    agent.reports(report(5, &[container(9, "new", "running"), container(8, "other", "running")])).await;
    assert_eq!(client.batch().await["containers"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn attributes_need_the_operators_word() {
    let agent = Agent::start(Settings::default()).await;
    let mut client = agent.connect("/", None).await.unwrap();
    let _ = client.frame().await;
    agent.reports(report(2, &[container(1, "web", "running")])).await;
    let batch = client.batch().await.to_string();
    assert!(!batch.contains("of-the-label") && !batch.contains("attrs"), "{batch}");

    let settings = Settings {
        origins: vec!["https://a.example".parse().unwrap()],
        expose: vec!["labels".parse().unwrap(), "image".parse().unwrap()],
        ..Settings::default()
    };
    let agent = Agent::start(settings).await;
    let mut client = agent.connect("/", Some("https://a.example")).await.unwrap();
    assert!(client.frame().await["features"].as_array().unwrap().contains(&json!("attrs.labels")));
    agent.reports(report(2, &[container(1, "web", "running")])).await;
    assert_eq!(client.batch().await["containers"][0]["attrs"], json!({ "labels": { "secret": "of-the-label" } }));
}

#[tokio::test]
async fn pages_of_other_origins_are_refused_where_some_are_named() {
    let open = Agent::start(Settings::default()).await;
    for origin in [None, Some("http://evil.example"), Some("null")] {
        assert!(open.connect("/", origin).await.is_ok(), "{origin:?}");
    }
    let narrow = Agent::start(Settings { origins: vec!["https://a.example:8443".parse().unwrap()], ..Settings::default() }).await;
    for origin in [None, Some("https://a.example:8443"), Some("HTTPS://A.example:8443")] {
        assert!(narrow.connect("/", origin).await.is_ok(), "{origin:?}");
    }
    let other = ["https://a.example", "http://a.example:8443", "https://b.example:8443", "https://a.example:8443.evil.example", "null", "", "\u{7f}x"];
    for origin in other.iter().filter_map(|origin| HeaderValue::from_bytes(origin.as_bytes()).ok()) {
        let refused = narrow.connect("/ws", origin.to_str().ok()).await;
        assert!(matches!(refused, Err(Error::Http(response)) if response.status() == 403), "{origin:?}");
    }
    let twice = "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Origin: https://a.example:8443\r\nOrigin: https://evil.example\r\n\r\n";
    assert!(narrow.raw(twice.as_bytes()).await.starts_with("HTTP/1.1 403"), "two origins are none");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_client_gets_the_newest_and_delays_nobody() {
    const REPORTS: u64 = 40;
    // How long the reports take is the machine's business: the slow one is not to be let go meanwhile.
    let agent = Agent::start(Settings { patience: Duration::from_hours(1), ..Settings::default() }).await;
    // Frames of a megabyte or so: a handful fills what kernels hold for a connection.
    let containers: Vec<Node> = (0..2000).map(|number| container(number, &format!("{number:04}-{}", "n".repeat(200)), "running")).collect();
    let mut slow = agent.connect("/", None).await.unwrap();
    let mut quick = agent.connect("/", None).await.unwrap();
    let _ = quick.frame().await;
    for seq in 2..2 + REPORTS {
        agent.reports(report(seq, &containers)).await;
        let _ = quick.batch().await;
    }
    let newest = quick.last;
    let mut batches = 0;
    while slow.last < newest {
        batches += u64::from(slow.frame().await["type"] == "container_stats_batch");
    }
    assert!(batches < REPORTS, "the slow one got {batches} of {REPORTS}");
}

#[tokio::test]
async fn fifty_clients_get_the_same_text() {
    let agent = Agent::start(Settings::default()).await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        let mut client = agent.connect("/", None).await.unwrap();
        assert_eq!(client.frame().await["type"], "agent_status");
        clients.push(client);
    }
    agent.reports(report(2, &[container(1, "web", "running")])).await;
    let mut texts = std::collections::BTreeSet::new();
    for client in &mut clients {
        texts.insert(client.batch().await.to_string());
    }
    assert_eq!(texts.len(), 1);
}

#[tokio::test]
async fn clients_have_nothing_to_say() {
    let agent = Agent::start(Settings::default()).await;
    for large in [Message::text("x".repeat(2000)), Message::binary(vec![0; 2000])] {
        let mut client = agent.connect("/", None).await.unwrap();
        client.socket.send(large).await.unwrap();
        assert!(matches!(client.closed().await, Some(CloseCode::Size) | None), "a large message ends the connection");
    }
    let mut client = agent.connect("/", None).await.unwrap();
    // One that says little is let be, whatever it says.
    client.socket.send(Message::text("{\"type\":\"subscribe\"}")).await.unwrap();
    let _ = client.frame().await;
    agent.reports(report(2, &[])).await;
    let _ = client.batch().await;
    for _ in 0..100 {
        if client.socket.send(Message::text("stop")).await.is_err() {
            break;
        }
    }
    assert!(matches!(client.closed().await, Some(CloseCode::Policy) | None), "one that goes on is not");
}

#[tokio::test]
async fn requests_that_are_no_websocket() {
    let agent = Agent::start(Settings::default()).await;
    let upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\n";
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "200"),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc".to_owned(), "405"),
        ("GET /../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "404"),
        (format!("GET / HTTP/1.1\r\nHost: x\r\n{upgrade}Sec-WebSocket-Version: 13\r\n\r\n"), "400"),
        (format!("GET / HTTP/1.1\r\nHost: x\r\n{upgrade}{key}Sec-WebSocket-Version: 8\r\n\r\n"), "426"),
        (format!("GET / HTTP/1.0\r\n{upgrade}{key}Sec-WebSocket-Version: 13\r\n\r\n"), "400"),
        (format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "y".repeat(40_000)), "431"),
        ("\x16\x03\x01garbage\r\n\r\n".to_owned(), "400"),
    ] {
        let answer = agent.raw(request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) || answer.starts_with(&format!("HTTP/1.0 {status}")), "{request:.80} -> {answer}");
    }
    assert!(agent.connect("/", None).await.is_ok(), "and it goes on serving");
}

#[tokio::test]
async fn health_is_for_this_machine_only() {
    let agent = Agent::start(Settings::default()).await;
    let ask = async |headers: &str| agent.raw(format!("GET /healthz HTTP/1.1\r\n{headers}\r\n").as_bytes()).await;
    let answer = ask("Host: localhost:8080\r\n").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let health: Value = serde_json::from_str(body).unwrap();
    assert_eq!([&health["status"], &health["agent_id"]], ["ok", "host-a"]);
    assert!(health["last_docker_poll"].as_str().unwrap().parse::<Timestamp>().is_ok() && health["version"].as_str().unwrap().starts_with('v'), "{health}");
    for headers in ["Host: evil.example\r\n", "", "Host: localhost\r\nX-Forwarded-For: 192.0.2.7\r\n", "Host: 127.0.0.1.evil.example\r\n"] {
        let answer = ask(headers).await;
        assert!(answer.starts_with("HTTP/1.1 403") || answer.starts_with("HTTP/1.1 400"), "{headers:?} -> {answer}");
    }

    let mut broken = report(2, &[]);
    let problem = Problem { message: "could not reach the engine".into(), hint: None, id: None };
    broken.insert(0, record(2, "docker", Body::Problem(problem)));
    let mut client = agent.connect("/", None).await.unwrap();
    let _ = client.frame().await;
    agent.reports(broken).await;
    let _ = client.batch().await;
    let answer = ask("Host: [::1]\r\n").await;
    assert!(answer.contains("degraded") && answer.contains("could not reach the engine"), "{answer}");
}

#[tokio::test]
async fn places_are_limited_and_given_back() {
    let agent = Agent::start(Settings { clients: 1, ..Settings::default() }).await;
    let first = agent.connect("/", None).await.unwrap();
    let refused = agent.connect("/", None).await;
    assert!(matches!(refused, Err(Error::Http(response)) if response.status() == 503));
    drop(first);
    let end = tokio::time::Instant::now() + SOON;
    while agent.connect("/", None).await.is_err() {
        assert!(tokio::time::Instant::now() < end, "the place is not given back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn clients_hear_that_the_agent_ends() {
    let agent = Agent::start(Settings::default()).await;
    let mut client = agent.connect("/", None).await.unwrap();
    let _ = client.frame().await;
    drop(agent.reports);
    assert_eq!(client.closed().await, Some(CloseCode::Away));
    tokio::time::timeout(SOON, agent.task).await.expect("it ends").unwrap();
}
