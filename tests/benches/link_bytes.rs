//! What travels from a host to its server: `cargo bench -p scope-tests --bench link_bytes`.
//!
//! A real agent, once a second, on a host of its own with 100 idle containers and 20 busy pairs; everything that it says, processes too. Prints a table in
//! Markdown: bytes of chunks a second, as the agent counts them, once it has said everything. Needs root and an installed Docker.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench: it prints, and ends where something is missing"
)]

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use scope_tests::command::{LIMIT, Running, scope_command};
use scope_tests::docker::World;
use scope_tests::host::Host;
use scope_tests::need;
use scope_tests::server::{Server, read_answer};

/// What is left out: everything is said once, and compression has to see some of it.
const WARM_UP: Duration = Duration::from_secs(15);
/// KiB a second that may travel.
const BUDGET: f64 = 4.0;
const PAIRS: usize = 20;

fn main() {
    if std::env::var("SCOPE_BENCH_HOST").is_ok_and(|host| host == "this") {
        return measure();
    }
    let Some(()) = need::host() else { return };
    let host = Host::new("bytes");
    let program = std::env::current_exe().expect("the bench's own path");
    let mut within = host.command(program.to_str().expect("a path in UTF-8"));
    within.env("SCOPE_BENCH_HOST", "this").env("SCOPE_BIN", "/run/scope");
    let status = within.status().expect("the host runs the bench");
    assert!(status.success(), "{status}");
}

fn measure() {
    let Some(docker) = need::docker() else { return };
    let setting = |name: &str, otherwise: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let window = Duration::from_secs(setting("SCOPE_BENCH_SECS", 60));
    let idle = setting("SCOPE_BENCH_CONTAINERS", 100);
    let world = World::new(&docker);
    for number in 0..idle {
        world.run(&format!("idle-{number}"), &[], &["sleep", "100000"]);
    }
    for number in 0..PAIRS {
        let server = world.run(&format!("server-{number}"), &[], &["sh", "-c", "httpd -p 80 -h /www; exec traffic serve tcp [::]:7000"]);
        server.said("ready");
        let address = server.address("bridge");
        // Half of them open connections, half keep one.
        let command = if number < PAIRS / 2 {
            format!("while :; do wget -q -O /dev/null http://{address}/; sleep 0.5; done")
        } else {
            format!("exec traffic keep tcp {address}:7000 1 1000000 100 1000")
        };
        world.run(&format!("client-{number}"), &[], &["sh", "-c", &command]);
    }
    println!("| {idle} idle containers, {PAIRS} busy pairs, by | KiB/s (budget) | reports | bytes a report | full reports |");
    println!("|---|---|---|---|---|");
    let server = Server::start(&["--no-collect"]);
    let to = format!("http://{}", server.address());
    for (way, port) in [("grpc", 4041), ("websocket", 4042)] {
        let admin = format!("127.0.0.1:{port}");
        let flags = ["collect", "--agent", way, "--every", "1s", "--push", &to, "--push-token", &server.token, "--push-transport", way, "--admin", &admin];
        let agent = Running::start(&mut scope_command(flags));
        std::thread::sleep(WARM_UP);
        let (before, began) = (Figures::read(port), Instant::now());
        std::thread::sleep(window);
        let (after, secs) = (Figures::read(port), began.elapsed().as_secs_f64());
        let (bytes, reports) = (after.bytes - before.bytes, after.reports - before.reports);
        println!("| {way} | {:.2} ({BUDGET}) | {reports:.0} | {:.0} | {:.0} |", bytes / secs / 1024.0, bytes / reports.max(1.0), after.fulls - before.fulls);
        drop(agent);
    }
}

/// What an agent says of its link.
struct Figures {
    bytes: f64,
    reports: f64,
    fulls: f64,
}

impl Figures {
    fn read(port: u16) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the agent serves its figures");
        stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
        write!(stream, "GET /metrics HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n").expect("the agent reads");
        let text = read_answer(stream).text();
        let figure = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).expect("a figure");
        Self {
            bytes: figure("scope_agent_link_sent_bytes_total "),
            reports: figure("scope_agent_reports_total "),
            fulls: figure("scope_agent_full_reports_total "),
        }
    }
}
