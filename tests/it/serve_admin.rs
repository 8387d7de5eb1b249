//! The address for this machine alone: health, figures and profiles of a server and of an agent.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use scope_tests::command::{LIMIT, Running, run_scope, scope_command};
use scope_tests::server::{Answer, Server, read_answer};

/// A port that nobody has, until somebody takes it.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn get(at: SocketAddr, path: &str, head: &str) -> Answer {
    let end = Instant::now() + LIMIT;
    // Whoever serves it may still be about to start.
    let mut stream = loop {
        match TcpStream::connect(at) {
            Ok(stream) => break stream,
            Err(error) => assert!(Instant::now() < end, "nobody listens at {at}: {error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let host = if head.is_empty() { format!("host: {at}\r\n") } else { head.to_owned() };
    write!(stream, "GET {path} HTTP/1.1\r\nconnection: close\r\n{host}\r\n").unwrap();
    read_answer(stream)
}

/// What holds of every admin address.
fn profiles(at: SocketAddr) {
    let memory = get(at, "/debug/memory", "").json();
    let rss = memory["rss_bytes"].as_u64().unwrap();
    let parts = memory["parts"].as_array().unwrap();
    assert!(rss > 1 << 20 && parts.iter().any(|part| part["what"] == "heap"), "{memory}");
    assert_eq!(parts.iter().map(|part| part["rss_bytes"].as_u64().unwrap()).sum::<u64>(), rss);

    let metrics = get(at, "/metrics", "").text();
    let figure =
        |name: &str| metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok()).unwrap_or_else(|| panic!("{name}: {metrics}"));
    assert!(figure("process_resident_memory_bytes ") > 1e6 && figure("process_cpu_seconds_total ") > 0.0 && figure("process_open_fds ") > 3.0, "{metrics}");

    assert_eq!(get(at, "/debug/pprof/profile?seconds=0", "").status, 400);
    assert_eq!(get(at, "/debug/pprof/profile?unknown=1", "").status, 400);
    // Pages and rebound names do not get in.
    for head in ["host: evil.example\r\n".to_owned(), format!("host: {at}\r\norigin: http://{at}\r\n"), format!("host: {at}\r\nsec-fetch-site: cross-site\r\n")]
    {
        assert_eq!(get(at, "/metrics", &head).status, 421, "{head}");
    }
}

#[test]
fn a_server_shows_itself_to_its_own_machine() {
    let at = free();
    let admin = at.to_string();
    // It reads this machine, so that it has something to do.
    let server = Server::start(&["--agent", "watched-host", "--every", "100ms", "--admin", &admin]);
    server.wait_for("/api/v1/views/hosts", "this host", |view| view["nodes"].as_array()?.iter().any(|node| node["id"] == "host:watched-host").then_some(()));
    assert_eq!(get(at, "/healthz", "").json()["status"], "ok");
    assert_eq!(get(at, "/readyz", "").status, 200);
    let metrics = get(at, "/metrics", "").text();
    assert!(metrics.contains("scope_build_info{") && metrics.contains("scope_series_limit_bytes"), "{metrics}");
    assert!(!metrics.contains("watched-host"), "nobody has an identity here, so nothing is told of agents: {metrics}");
    assert_eq!(get(at, "/api/v1/views/hosts", "").status, 404);
    profiles(at);
    let end = Instant::now() + LIMIT;
    // A busy machine gives the collector little time in three seconds.
    loop {
        let stacks = get(at, "/debug/pprof/profile?seconds=3&format=folded", "").text();
        if stacks.lines().any(|line| line.starts_with("collect;") && line.contains("scope_collect::")) {
            break;
        }
        assert!(Instant::now() < end, "the collector's thread computes:\n{stacks}");
    }
    let pprof = get(at, "/debug/pprof/profile?seconds=1", "");
    assert_eq!((pprof.status, pprof.header("content-type")), (200, "application/octet-stream"));
    assert!(pprof.body.windows(11).any(|text| text == b"nanoseconds"));
    // It ends though somebody waits for a profile.
    let waits = std::thread::spawn(move || {
        // Refused while another one is made, it asks again.
        loop {
            let Ok(mut stream) = TcpStream::connect(at) else { return };
            write!(stream, "GET /debug/pprof/profile?seconds=120 HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n").unwrap();
            if !matches!(std::io::Read::read(&mut stream, &mut [0; 1]), Ok(1)) {
                return;
            }
        }
    });
    let end = Instant::now() + LIMIT;
    while get(at, "/debug/pprof/profile?seconds=1", "").status != 409 {
        assert!(Instant::now() < end, "only one profile is made at a time");
    }
    assert_eq!(server.stop(), Some(0));
    waits.join().unwrap();
}

#[test]
fn an_agent_shows_itself_to_its_own_machine() {
    let at = free();
    let server = Server::start(&["--no-collect"]);
    let mut command = scope_command(["collect", "--agent", "pushes", "--every", "200ms", "--only", "host", "--push-token", &server.token]);
    let agent = Running::start(command.args(["--push", &format!("http://{}", server.address()), "--admin", &at.to_string()]));
    server.wait_for("/api/v1/agents", "the agent", |agents| agents["agents"].as_array()?.iter().any(|agent| agent["name"] == "pushes").then_some(()));
    // The server knows of the agent before its answer has reached it.
    let end = Instant::now() + LIMIT;
    while get(at, "/healthz", "").text() != "up\n" {
        assert!(Instant::now() < end, "{}", get(at, "/healthz", "").text());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(get(at, "/metrics", "").text().contains("scope_agent_link_up 1"));
    profiles(at);
    assert_eq!(get(at, "/debug/pprof/profile?seconds=1", "").status, 200);
    drop(agent);
}

#[test]
fn who_asked_for_memory_is_told_where_the_allocator_tells() {
    let at = free();
    let admin = at.to_string();
    let server = Server::start(&["--no-collect", "--admin", &admin]);
    let answer = get(at, "/debug/pprof/heap", "");
    assert!(answer.status == 501 && answer.text().contains("_RJEM_MALLOC_CONF=prof:true"), "{}", answer.text());
    drop(server);
    let profiles = tempfile::tempdir().unwrap();
    let mut command = scope_command(["serve", "--bind", "127.0.0.1:0", "--no-collect", "--admin", &admin]);
    let settings = format!("prof:true,lg_prof_sample:14,lg_prof_interval:20,prof_prefix:{}", profiles.path().join("scope").display());
    let server = Server::spawn(command.env("_RJEM_MALLOC_CONF", settings), tempfile::tempdir().unwrap());
    let end = Instant::now() + LIMIT;
    let profile = loop {
        // What it answers takes memory, so that sooner or later a profile is written.
        let answer = get(at, "/debug/pprof/heap", "");
        if answer.status == 200 {
            break answer;
        }
        assert!(answer.status == 404 && Instant::now() < end, "{}", answer.text());
        assert_eq!(server.get("/api/v1/openapi.json").status, 200);
    };
    assert!(profile.body.starts_with(b"heap_v2/"), "{}", profile.text());
}

#[test]
fn other_machines_do_not_reach_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    let words = run_scope(["serve", "--bind", "127.0.0.1:0", "--no-collect", "--admin", "0.0.0.0:0", "--data-dir", &data], b"").ended(2).words();
    assert!(words.contains("127.0.0.1") && words.contains("profiles"), "{words}");
}
