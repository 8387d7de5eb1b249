//! The server beside what it is run with: Prometheus, nginx in front of it, and a client that tries everything that its own description allows.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use scope_tests::command::{Finished, Running, checkout, run, run_within, scope_command};
use scope_tests::docker::until;
use scope_tests::need;
use scope_tests::server::Server;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::{self, Message, client::IntoClientRequest};

const REPORT: &str = concat!(
    r#"{"record":"node","agent":"elsewhere","run":"01930000-0000-7000-8000-000000000001","seq":1,"at":"2026-11-21T22:00:00Z","source":"docker","#,
    r#""id":"container:3f2a9d1c5b7e80463f2a9d1c5b7e80463f2a9d1c5b7e80463f2a9d1c5b7e8046","name":"we\"b","#,
    r#""attrs":{"state":"running","image":"nginx:1"},"metrics":{"cpu_usage_us_total":5000000,"mem_bytes":4096,"rx_bytes_total":77}}"#,
    "\n",
    r#"{"record":"tick","agent":"elsewhere","run":"01930000-0000-7000-8000-000000000001","seq":1,"at":"2026-11-21T22:00:00Z","interval_ms":600000,"sources":{"docker":{"full":true,"records":1}}}"#,
    "\n"
);

/// A port that nobody has, until somebody takes it.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[track_caller]
fn curl(args: &[&str]) -> Finished {
    run(Command::new("curl").args(["--silent", "--show-error", "--max-time", "30"]).args(args), b"")
}

#[test]
fn prometheus_scrapes_it_and_its_metrics_are_in_order() {
    let (Some(()), Some(()), Some(())) = (need::command("prometheus"), need::command("promtool"), need::command("curl")) else { return };
    let server = Server::start(&["--agent", "here", "--every", "1s"]);
    assert_eq!(server.post_records(REPORT.as_bytes()).status, 200);
    let token = server.new_token(&[]);
    let dir = TempDir::new().unwrap();
    let at = free();
    let config = format!(
        "global:\n  scrape_interval: 1s\nscrape_configs:\n  - job_name: scope\n    authorization:\n      credentials: {token}\n    static_configs:\n      - targets: ['{}']\n",
        server.address()
    );
    std::fs::write(dir.path().join("prometheus.yml"), config).unwrap();
    let mut command = Command::new("prometheus");
    command.arg(format!("--config.file={}", dir.path().join("prometheus.yml").display()));
    command.arg(format!("--storage.tsdb.path={}", dir.path().join("data").display())).arg(format!("--web.listen-address={at}")).arg("--log.level=error");
    let _prometheus = Running::start(&mut command);
    let query = |query: &str| curl(&["-G", "--data-urlencode", &format!("query={query}"), &format!("http://{at}/api/v1/query")]).text();
    until("Prometheus has the container's memory", || query("container_memory_working_set_bytes").contains(r#""name":"we\"b""#));
    let memory = query("container_memory_working_set_bytes");
    assert!(memory.contains(r#""image":"nginx:1""#) && memory.contains(r#""4096""#), "{memory}");
    assert!(query("container_cpu_usage_seconds_total").contains(r#""5""#), "{}", query("container_cpu_usage_seconds_total"));
    assert!(query("up").contains(r#""1""#), "{}", query("up"));
    assert!(query("scope_agent_up").contains(r#""agent":"elsewhere""#));
    let checked = run(Command::new("promtool").args(["check", "metrics"]), &server.get("/metrics").body);
    assert_eq!((checked.code(), checked.words().as_str(), checked.text().as_str()), (Some(0), "", ""));
}

/// nginx with the sample of `examples/deploy`, before `server`; with a certificate of its own where `tls` holds.
fn nginx(dir: &Path, at: SocketAddr, server: &Server, tls: bool) -> Running {
    let sample = std::fs::read_to_string(checkout().join("examples/deploy/nginx.conf")).unwrap();
    for line in ["listen 443 ssl;", "server_name example.org;", "proxy_pass http://127.0.0.1:4040;", "/etc/ssl/example.org.crt", "/etc/ssl/example.org.key"] {
        assert!(sample.contains(line), "the sample has {line}");
    }
    let listen = if tls { format!("listen {at} ssl;") } else { format!("listen {at};") };
    let sample = sample.replace("listen 443 ssl;", &listen).replace("server_name example.org;", "server_name localhost;");
    let sample = sample.replace("proxy_pass http://127.0.0.1:4040;", &format!("proxy_pass http://{};", server.address()));
    let file = |name: &str| dir.join(name).display().to_string();
    let sample = sample.replace("/etc/ssl/example.org.crt", &file("localhost.pem")).replace("/etc/ssl/example.org.key", &file("localhost.key"));
    let sample: Vec<&str> = sample.lines().filter(|line| tls || !line.trim_start().starts_with("ssl_")).collect();
    let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|what| format!("{what}_temp_path {};", file(what))).join("\n");
    let config = format!(
        "daemon off;\nmaster_process off;\npid {};\nerror_log stderr error;\nevents {{}}\nhttp {{\naccess_log off;\n{places}\n{}\n}}\n",
        file("nginx.pid"),
        sample.join("\n")
    );
    std::fs::write(dir.join("nginx.conf"), config).unwrap();
    let running = Running::start(Command::new("nginx").args(["-p", &dir.display().to_string(), "-c", &file("nginx.conf"), "-e", "stderr"]));
    until("nginx listens", || TcpStream::connect(at).is_ok());
    running
}

#[test]
fn it_works_under_a_path_behind_nginx() {
    let (Some(()), Some(()), Some(())) = (need::command("nginx"), need::command("openssl"), need::command("curl")) else { return };
    for tls in [false, true] {
        let dir = TempDir::new().unwrap();
        let openssl = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
                       -addext basicConstraints=critical,CA:FALSE -keyout localhost.key -out localhost.pem";
        let _ = run(Command::new("openssl").args(openssl.split_whitespace()).current_dir(dir.path()), b"").ok();
        let ca = dir.path().join("localhost.pem").display().to_string();
        let server = Server::start(&["--no-collect", "--base-path", "/scope", "--trust-proxy", "127.0.0.1"]);
        let at = free();
        let _nginx = nginx(dir.path(), at, &server, tls);
        let url = format!("{}://localhost:{}/scope", if tls { "https" } else { "http" }, at.port());
        let bearer = format!("authorization: Bearer {}", server.token);
        let ask = |args: &[&str], path: &str| {
            curl(
                &[
                    &["--cacert", &ca, "--write-out", "\n%{http_code}", "--resolve", &format!("localhost:{}:127.0.0.1", at.port())],
                    args,
                    &[&format!("{url}{path}")],
                ]
                .concat(),
            )
            .text()
        };
        assert!(ask(&["-L"], "").ends_with("\n200"), "the page, from the bare path");
        assert!(ask(&[], "/api/v1/views").ends_with("\n401"), "what comes through a proxy is nobody of this machine");
        assert!(ask(&["-H", &bearer], "/api/v1/views").ends_with("\n200"));
        assert!(ask(&["-H", &bearer, "-H", "origin: https://evil.example"], "/api/v1/views").ends_with("\n403"));
        // A session: its cookie belongs to the path, and by TLS to TLS alone; the page's own origin is the proxy's.
        let origin = format!("origin: {}", url.trim_end_matches("/scope"));
        let body = format!("{{\"token\":\"{}\"}}", server.token);
        let session = ask(&["-i", "-H", &origin, "-H", "content-type: application/json", "-d", &body], "/api/v1/session");
        assert!(session.contains("Path=/scope;") && session.contains("; Secure") == tls, "{session}");
        // An agent; under a path that is the WebSocket. Records by POST, and a stream that comes as it is made.
        let mut command = scope_command(["collect", "--only", "host", "--every", "1s", "--agent", "behind", "--push", &url, "--push-token", &server.token]);
        let _agent = Running::start(if tls { command.args(["--push-ca", &ca]) } else { &mut command });
        until("the agent comes through the proxy", || ask(&["-H", &bearer], "/api/v1/agents").contains("\"behind\""));
        let posted = ask(&["-H", &bearer, "-H", "content-type: application/x-ndjson", "--data-binary", REPORT], "/api/v1/records");
        assert!(posted.ends_with("\n200"), "{posted}");
        let events = curl(&["--cacert", &ca, "--no-buffer", "--max-time", "5", "-H", &bearer, &format!("{url}/api/v1/events?view=hosts")]);
        assert!(events.text().contains("event: snapshot") && events.text().contains("event: figures"), "{}", events.text());
        if !tls {
            let mut request = format!("ws://localhost:{}/scope/api/v1/subscribe?view=hosts", at.port()).into_client_request().unwrap();
            request.headers_mut().insert("authorization", format!("Bearer {}", server.token).parse().unwrap());
            let (mut socket, _) = tungstenite::client::client(request, TcpStream::connect(at).unwrap()).unwrap();
            let text = loop {
                // A ping may come first.
                if let Message::Text(text) = socket.read().unwrap() {
                    break text;
                }
            };
            assert!(text.contains("snapshot"), "{text}");
        }
    }
}

#[test]
fn a_client_that_tries_everything_finds_what_is_described() {
    let cache = std::env::var_os("SCOPE_CACHE").map(Into::into).or_else(|| std::env::home_dir().map(|home| home.join(".cache/scope")));
    let program = cache.map(|cache: std::path::PathBuf| cache.join("python/bin/schemathesis")).filter(|program| program.exists());
    let Some(()) = need::that(program.is_some(), "schemathesis; `make bootstrap` installs it") else { return };
    // Its only agent is connected: what asks an agent down its link is answered, not refused.
    let server = Server::start(&["--agent", "here"]);
    server.wait_for("/api/v1/views/hosts", "this host", |view| view["nodes"].as_array()?.iter().any(|node| node["id"] == "host:here").then_some(()));
    let mut command = Command::new(program.unwrap());
    command.args(["run", &format!("http://{}/api/v1/openapi.json", server.address()), "--header", &format!("Authorization: Bearer {}", server.token)]);
    // Streams have no end to be read to; it writes neither NDJSON nor Arrow; what revokes tokens would revoke this one; made-up enrolments count as attempts to break in, which are slowed down.
    for path in ["/api/v1/records", "/api/v1/events", "/api/v1/subscribe", "/api/v1/tokens/{id}", "/api/v1/session", "/api/v1/enrol"] {
        command.args(["--exclude-path", path]);
    }
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    command.args(["--checks", checks, "--max-examples", "15", "--generation-deterministic", "--phases", "examples,coverage,fuzzing"]);
    let dir = TempDir::new().unwrap();
    let finished = run_within(command.current_dir(dir.path()).env("NO_COLOR", "1"), b"", std::time::Duration::from_mins(10));
    assert_eq!(finished.code(), Some(0), "{}\n{}", finished.text(), finished.words());
}
