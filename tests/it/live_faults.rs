//! What goes wrong around containers: the engine behind a server is restarted, an agent that told of them is killed.

use scope_tests::command::Running;
use scope_tests::docker::{World, until};
use scope_tests::host::Host;
use scope_tests::need;
use scope_tests::server::Server;
use serde_json::Value;
use tempfile::TempDir;

/// A second engine of a host: unlike the first, which is the host's first process, it can end and come back. Its containers run on meanwhile.
const SECOND: [&str; 11] = [
    "--data-root=/run/second",
    "--exec-root=/run/second-exec",
    "--pidfile=/run/second.pid",
    "--host=unix:///run/second.sock",
    "--bridge=none",
    "--iptables=false",
    "--ip6tables=false",
    "--storage-driver=vfs",
    "--live-restore",
    "--shutdown-timeout=1",
    "--log-level=error",
];
const SOCKET: &str = "unix:///run/second.sock";
const CONTAINERS: &str = "/api/v1/views/containers?show=all";

fn engine(host: &Host) -> Running {
    let running = Running::start(host.command("dockerd").args(SECOND));
    let docker = host.docker_at("run/second.sock");
    until("the second engine answers", || docker.run(&["version"]).status.success());
    running
}

fn end_engine(host: &Host, engine: Running) {
    let pid = std::fs::read_to_string(host.path("run/second.pid")).unwrap();
    assert!(host.command("kill").args(["-TERM", pid.trim()]).status().unwrap().success());
    until("the second engine ends", || !host.path("run/second.pid").exists());
    drop(engine);
}

fn state<'a>(view: &'a Value, node: &str) -> Option<&'a str> {
    view["nodes"].as_array()?.iter().find(|known| known["id"] == node)?["attrs"]["state"].as_str()
}

#[test]
fn live_faults_of_the_engine_and_of_the_agent() {
    let Some(()) = need::host() else { return };
    let host = Host::new("faulty");
    // From here on 127.0.0.1 is the host's.
    host.namespace.enter();
    let first = engine(&host);
    let world = World::new(&host.docker_at("run/second.sock"));
    let run = |name: &str| world.run(name, &["--network", "none"], &["sleep", "100000"]);
    let (stays, ends) = (run("stays"), run("ends"));
    let ending = ends.pid().to_string();

    let mut command = host.command("/run/scope");
    command.args(["serve", "--bind", "127.0.0.1:0", "--docker-endpoint", SOCKET, "--agent", "faulty"]);
    let server = Server::spawn(&mut command, TempDir::new().unwrap());
    let is = |view: &Value, node: &str, wanted: &str| state(view, node) == Some(wanted);
    let both_run = |view: &Value| (is(view, &stays.node(), "running") && is(view, &ends.node(), "running")).then_some(());
    server.wait_for(CONTAINERS, "both containers", both_run);
    let complaint = |problems: &Value| problems["problems"].as_array()?.iter().any(|problem| problem["source"] == "docker").then_some(());

    // The engine ends. Containers run on and are shown, and it is said that nobody tells of them.
    end_engine(&host, first);
    server.wait_for("/api/v1/problems", "that the engine does not answer", complaint);
    assert!(is(&server.get(CONTAINERS).json(), &stays.node(), "running"), "a container that runs does not vanish with its engine");
    // One of them ends meanwhile: there will be no event of it.
    assert!(host.command("kill").args(["-9", &ending]).status().unwrap().success());
    let again = engine(&host);
    let late = run("late");
    let caught_up = |view: &Value| (is(view, &stays.node(), "running") && is(view, &ends.node(), "exited") && is(view, &late.node(), "running")).then_some(());
    server.wait_for(CONTAINERS, "what happened without the engine, and after", caught_up);
    server.wait_for("/api/v1/problems", "that the engine answers again", |problems| complaint(problems).is_none().then_some(()));

    // Another server, for an agent that is killed: its containers are still shown while it is silent, and when they go it is said why.
    let mut command = host.command("/run/scope");
    command.args(["serve", "--no-collect", "--bind", "127.0.0.1:0", "--gone-after", "8s"]);
    let other = Server::spawn(&mut command, TempDir::new().unwrap());
    let flags = [other.pushing("victim", "host,docker,cgroup"), ["--docker-endpoint", SOCKET].map(str::to_owned).to_vec()].concat();
    let mut victim = Some(Running::start(host.command("/run/scope").args(&flags)));
    other.wait_for(CONTAINERS, "the agent's containers", |view| is(view, &stays.node(), "running").then_some(()));
    let (mut number, mut words, mut silent_first) = (None, String::new(), false);
    for (_, message) in other.events("/api/v1/events?view=containers&show=all") {
        if let Some(problems) = message.get("problems") {
            words = problems.to_string();
        }
        let nodes = &message["nodes"];
        if let Some(place) = nodes["id"].as_array().and_then(|ids| ids.iter().position(|id| *id == stays.node())) {
            number = Some(nodes["n"][place].clone());
            // SIGKILL, to the agent itself too: it goes with what brought it into the host.
            drop(victim.take());
        }
        if nodes["gone"].as_array().is_some_and(|gone| gone.iter().any(|gone| Some(gone) == number.as_ref())) {
            break;
        }
        silent_first |= words.contains("no reports from agent victim since");
    }
    assert!(silent_first && words.contains("no reports from agent victim since"), "containers do not vanish without a word: {words}");
    other.wait_for("/api/v1/problems", "whose containers are no longer shown", |problems| problems.to_string().contains("its data is hidden").then_some(()));
    drop(world);
    end_engine(&host, again);
}
