//! Containers as they are told and drawn, on a real Docker daemon, beside what the daemon itself says of them.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use scope_tests::command::{Running, bash, run, run_scope, scope, scope_command};
use scope_tests::docker::{World, docker, inspect, until};
use scope_tests::graph::Graph;
use scope_tests::need;
use scope_tests::records::Said;
use serde_json::{Value, json};

/// How soon what happens to a container must be told. The budget is 30 ms; this bounds a failure, and no figure is claimed.
const SOON: Duration = Duration::from_secs(20);

fn collect(flags: &[&str]) -> Said {
    Said::new(&run_scope([&["collect"], flags].concat(), b"").ok().lines())
}

#[test]
fn live_states_and_facts() {
    let Some(docker_runs) = need::docker() else { return };
    let world = World::new(&docker_runs);
    let (network_id, network) = world.network("net", &[]);
    let volume = world.volume("data");
    let mount = format!("{volume}:/data:ro");
    let flags = ["--network", &network, "-p", "127.0.0.1::80", "-v", &mount, "--memory", "64m", "--cpus", "0.5", "--pids-limit", "50"];
    let compose = ["--label", "com.docker.compose.project=shop", "--label", "com.docker.compose.service=web", "--restart", "on-failure:3"];
    let running = world.run("running", &[&flags[..], &compose[..]].concat(), &["httpd", "-f", "-p", "80", "-h", "/www"]);
    let paused = world.run("paused", &[], &["sleep", "100000"]);
    let exited = world.run("exited", &[], &["sh", "-c", "exit 3"]);
    let created = world.create("created", &[], &["sleep", "1"]);
    let renamed = world.run("before", &[], &["sleep", "100000"]);
    let healthy = world.run("healthy", &["--health-cmd", "true", "--health-interval", "200ms"], &["sleep", "100000"]);
    let sick = world.run("sick", &["--health-cmd", "false", "--health-interval", "200ms", "--health-retries", "1"], &["sleep", "100000"]);
    let _ = docker(&["pause", &paused.id]).ok();
    let after = format!("{}-after", world.name());
    let _ = docker(&["rename", &renamed.id, &after]).ok();
    until("the container exits", || inspect(&exited.id)["State"]["Status"] == "exited");
    until("health is known", || {
        inspect(&healthy.id)["State"]["Health"]["Status"] == "healthy" && inspect(&sick.id)["State"]["Health"]["Status"] == "unhealthy"
    });

    let said = collect(&[]);
    let state = |container: &scope_tests::docker::Container| said.node(&container.node())["attrs"]["state"].clone();
    assert_eq!([state(&running), state(&paused), state(&exited), state(&created)], [json!("running"), json!("paused"), json!("exited"), json!("created")]);
    assert_eq!(said.node(&exited.node())["attrs"]["exit_code"], 3);
    assert_eq!(said.node(&renamed.node())["name"], after.as_str());
    assert_eq!([&said.node(&healthy.node())["attrs"]["health"], &said.node(&sick.node())["attrs"]["health"]], ["healthy", "unhealthy"]);

    // What the daemon says of the one with everything.
    let theirs = inspect(&running.id);
    let node = said.node(&running.node());
    let (attrs, metrics) = (&node["attrs"], &node["metrics"]);
    assert_eq!(node["name"], running.name.as_str());
    assert_eq!(attrs["image"], world.image());
    assert_eq!(attrs["image_tag"], "1");
    let image = theirs["Image"].as_str().unwrap().replace("sha256:", "image:");
    assert!(node["parents"].as_array().unwrap().contains(&json!(image)), "{node}");
    assert_eq!(said.node(&image)["attrs"]["tags"], json!([world.image()]));
    for (ours, their) in [("created_at", &theirs["Created"]), ("started_at", &theirs["State"]["StartedAt"])] {
        // Docker writes nanoseconds.
        assert_eq!(attrs[ours].as_str().unwrap()[..26], their.as_str().unwrap()[..26], "{ours}");
    }
    assert_eq!(attrs["pid"], theirs["State"]["Pid"]);
    assert_eq!(attrs["labels"], theirs["Config"]["Labels"]);
    assert_eq!(attrs["command"], json!(["httpd", "-f", "-p", "80", "-h", "/www"]));
    assert_eq!([&attrs["compose_project"], &attrs["compose_service"]], ["shop", "web"]);
    assert_eq!(attrs["restart_policy"], "on-failure:3");
    assert_eq!(attrs["restart_count"], theirs["RestartCount"]);
    assert_eq!(attrs["network_mode"], network.as_str());
    let attached = &theirs["NetworkSettings"]["Networks"][&network];
    assert_eq!(attrs["networks"][0]["id"], network_id.as_str());
    assert_eq!([&attrs["networks"][0]["ipv4"], &attrs["networks"][0]["mac"]], [&attached["IPAddress"], &attached["MacAddress"]]);
    let published = &theirs["NetworkSettings"]["Ports"]["80/tcp"][0];
    assert_eq!(attrs["ports"][0]["host_port"].to_string(), published["HostPort"].as_str().unwrap());
    assert_eq!([&attrs["mounts"][0]["name"], &attrs["mounts"][0]["target"], &attrs["mounts"][0]["read_only"]], [&json!(volume), &json!("/data"), &json!(true)]);
    assert_eq!([&metrics["cpu_limit_pct"], &metrics["mem_limit_bytes"], &metrics["pids_limit"]], [50, 64 << 20, 50]);

    // Drawn: those that run by themselves, all of them where it is asked for, and why.
    let stream = run_scope(["collect"], b"").ok().stdout;
    let drawn = |flags: &[&str]| Graph::read(&run_scope([&["render", "-o", "json"], flags].concat(), &stream).ok().json());
    let (alive, all) = (drawn(&[]), drawn(&["--show=stopped"]));
    for container in [&running, &paused, &renamed, &healthy, &sick] {
        assert!(alive.nodes.contains_key(&container.node()), "{} runs", container.name);
    }
    for container in [&exited, &created] {
        assert!(!alive.nodes.contains_key(&container.node()) && all.nodes.contains_key(&container.node()), "{} does not run", container.name);
    }
    let why = run_scope(["render", "--why", &exited.node()], &stream).ended(1).text();
    assert!(why.contains("--show failed"), "{why}");
    let why = run_scope(["render", "--why", &created.node()], &stream).ended(1).text();
    assert!(why.contains("--show stopped"), "{why}");
    let _ = run_scope(["render", "--why", &running.node()], &stream).ok();
}

#[test]
fn live_secrets_stay_home() {
    let Some(docker_runs) = need::docker() else { return };
    let world = World::new(&docker_runs);
    let secrets = ["Zq7-env-secret", "Zq7-flag-secret", "Zq7-url-secret"];
    let environment = format!("DB_PASSWORD={}", secrets[0]);
    let script = "sleep 100000; : $*";
    let container = world.run(
        "secret",
        &["-e", &environment, "-e", "PLAIN_NAME=shown-where-allowed"],
        &["sh", "-c", script, "sh", "--password", secrets[1], "postgres://user:Zq7-url-secret@db/x"],
    );
    until("the processes have started", || container.exec(&["true"]).status.success());

    let scratch = tempfile::tempdir().unwrap();
    let everything = "
        scope collect > plain.ndjson
        scope collect --connections --storage -o arrow > plain.arrow
        scope merge plain.arrow > merged.ndjson
        for form in table json ndjson arrow csv dot mermaid graphml svg html; do
            scope render --show=all -o $form plain.ndjson > containers.$form
            scope render --show=all --view processes -o $form plain.ndjson > processes.$form
        done
        scope --log-level trace collect --every 1s --count 2 > long.ndjson 2> log.txt";
    let _ = bash(everything, scratch.path()).ok();
    let node = Said::new(&parse(&scratch.path().join("plain.ndjson"))).node(&container.node()).clone();
    assert!(node["attrs"]["env"].as_object().unwrap().contains_key("DB_PASSWORD"), "the name is told: {node}");
    for entry in std::fs::read_dir(scratch.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.is_empty() || path.ends_with("log.txt"), "{} is empty", path.display());
        for secret in secrets.into_iter().chain(["shown-where-allowed"]) {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{} holds {secret}", path.display());
        }
    }

    let allowed = collect(&["--allow-env", "PLAIN_*"]);
    let env = &allowed.node(&container.node())["attrs"]["env"];
    assert_eq!(env["PLAIN_NAME"], "shown-where-allowed");
    assert_ne!(env["DB_PASSWORD"], secrets[0]);
}

fn parse(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn live_changes_are_told_as_they_happen() {
    let Some(docker_runs) = need::docker() else { return };
    let world = World::new(&docker_runs);
    let container = world.run("changing", &[], &["sleep", "100000"]);
    let id = container.node();
    // At this interval no change would be told in time but by the engine's events.
    let agent = Running::start(&mut scope_command(["collect", "--every", "1h"]));
    agent.wait_for("the first report", SOON, |record| (record["record"] == "tick").then_some(()));
    let told = |what: &str, wanted: &dyn Fn(&Value) -> bool| {
        agent.wait_for(what, SOON, |record| (record["record"] == "node" && record["id"] == id.as_str() && wanted(record)).then(|| record.clone()))
    };

    let _ = docker(&["pause", &container.id]).ok();
    told("paused", &|node| node["attrs"]["state"] == "paused");
    let _ = docker(&["unpause", &container.id]).ok();
    told("running again", &|node| node["attrs"]["state"] == "running");
    let name = format!("{}-new-name", world.name());
    let _ = docker(&["rename", &container.id, &name]).ok();
    told("the new name", &|node| node["name"] == name.as_str());
    let (network, _) = world.network("late", &[]);
    let _ = docker(&["network", "connect", &network, &container.id]).ok();
    told("the new network", &|node| node["attrs"]["networks"].as_array().is_some_and(|networks| networks.iter().any(|at| at["id"] == network.as_str())));
    let before = inspect(&container.id)["State"]["StartedAt"].clone();
    let _ = docker(&["restart", "-t", "0", &container.id]).ok();
    let again = told("the new start", &|node| {
        node["attrs"]["state"] == "running" && node["attrs"]["started_at"].as_str().is_some_and(|at| at > &before.as_str().unwrap()[..26])
    });
    assert!(again["attrs"]["pid"].is_u64(), "{again}");
    let _ = docker(&["kill", &container.id]).ok();
    // Of a restart the code was told already, and it is the same.
    told("the end", &|node| node["attrs"]["state"] == "exited" && (node["attrs"]["exit_code"].is_null() || node["attrs"]["exit_code"] == 137));

    let newcomer = world.run("newcomer", &[], &["sleep", "100000"]);
    agent.wait_for("a new container", SOON, |record| (record["id"] == newcomer.node().as_str() && record["attrs"]["state"] == "running").then_some(()));
    agent.wait_for("its first figures", SOON, |record| {
        (record["source"] == "cgroup" && record["id"] == newcomer.node().as_str() && record["metrics"]["mem_bytes"].is_u64()).then_some(())
    });
    world.remove(&newcomer);
    agent.wait_for("its removal", SOON, |record| (record["record"] == "gone" && record["id"] == newcomer.node().as_str()).then_some(()));
    let (_, status) = agent.stop();
    assert_eq!(status.code(), Some(0), "asked to end, as a service manager does");
}

#[test]
fn live_storage_is_asked_for() {
    let Some(docker_runs) = need::docker() else { return };
    let world = World::new(&docker_runs);
    let volume = world.volume("storage");
    let fill = "dd if=/dev/zero of=/layer bs=1M count=5; dd if=/dev/zero of=/data/volume bs=1M count=3; sync; sleep 100000";
    let container = world.run("storage", &["-v", &format!("{volume}:/data")], &["sh", "-c", fill]);
    until("the files are written", || container.exec(&["sh", "-c", "[ $(stat -c %s /data/volume) = 3145728 ]"]).status.success());
    let with = collect(&["--storage"]);
    let metrics = &with.node(&container.node())["metrics"];
    let bytes = |name: &str| metrics[name].as_u64().unwrap_or_else(|| panic!("no {name} in {metrics}"));
    assert!((5 << 20..6 << 20).contains(&bytes("written_bytes")), "{metrics}");
    assert!((3 << 20..4 << 20).contains(&bytes("volume_bytes")), "{metrics}");
    let without = collect(&[]);
    assert!(without.node(&container.node())["metrics"]["written_bytes"].is_null(), "unasked, the engine's disks are not walked");
}

#[test]
fn live_hostile_names_are_harmless() {
    let Some(docker_runs) = need::docker() else { return };
    let world = World::new(&docker_runs);
    let hostile = "\u{1b}[31m\u{1b}]0;x\u{7}<script>alert(1)</script>\"'`$(id)\n\r\u{202e}=1+1|2}{";
    let long = "x".repeat(64 << 10);
    let labels = [format!("hostile={hostile}"), format!("long={long}"), format!("<b>{hostile}=key"), format!("com.docker.compose.project={hostile}")];
    let flags: Vec<&str> = labels.iter().flat_map(|label| ["--label", label.as_str()]).collect();
    let container = world.run("hostile", &flags, &["sh", "-c", "exec sleep 100000", hostile]);

    let stream = run_scope(["collect"], b"").ok();
    let said = Said::new(&stream.lines());
    let attrs = &said.node(&container.node())["attrs"];
    assert_eq!(attrs["labels"]["hostile"], hostile, "data is kept to the letter");
    let kept = attrs["labels"]["long"].as_str().unwrap();
    assert!(kept.len() <= 16 << 10 && kept.ends_with('…'), "a long label is cut: {} bytes", kept.len());
    let arrow = run_scope(["merge", "-o", "arrow"], &stream.stdout).ok();
    assert_eq!(Said::new(&run_scope(["merge"], &arrow.stdout).ok().lines()).node(&container.node())["attrs"], *attrs, "through Arrow and back");

    for view in ["containers", "containers-by-compose-project", "processes", "hosts"] {
        for form in ["table", "csv", "dot", "mermaid", "graphml", "svg", "html", "json", "ndjson"] {
            let drawn = run_scope(["render", "--view", view, "--show=all", "-o", form], &stream.stdout).ok();
            let text = drawn.text();
            assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{view} as {form} holds control characters");
            assert!(!text.contains('\u{202e}') || matches!(form, "json" | "ndjson" | "graphml"), "{view} as {form} turns the text around");
            if matches!(form, "svg" | "html" | "graphml") {
                assert!(!text.contains("<script>alert"), "{view} as {form} holds markup from a name");
            }
        }
        let png = run_scope(["render", "--view", view, "-o", "png"], &stream.stdout).ok();
        assert!(png.stdout.starts_with(b"\x89PNG"));
    }
}

/// A time of a record in microseconds since 1970.
fn micros(at: &str) -> f64 {
    let seconds = run(Command::new("date").args(["-d", at, "+%s%6N"]), b"").ok().text();
    seconds.trim().parse().expect("a number")
}

/// What the daemon's own statistics say, at once.
fn their_stats(id: &str) -> Value {
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--unix-socket", "/var/run/docker.sock", &format!("http://docker/v1.41/containers/{id}/stats?stream=false&one-shot=true")]);
    run(&mut curl, b"").ok().json()
}

#[test]
fn live_figures_are_those_of_the_kernel_and_of_docker() {
    let Some(docker_runs) = need::docker() else { return };
    let Some(()) = need::command("curl") else { return };
    let Some(()) = need::that(Path::new("/var/run/docker.sock").exists(), "the daemon's socket at its usual place") else { return };
    let world = World::new(&docker_runs);
    let (_, network) = world.network("net", &[]);
    let busy = world.run("busy", &["--cpus", "0.3"], &["sh", "-c", "while :; do :; done"]);
    let burning = world.run("burning", &[], &["traffic", "burn", "30"]);
    let server = world.run("server", &["--network", &network, "--network-alias", "server"], &["traffic", "serve", "tcp", "[::]:7000"]);
    server.said("ready");
    let client = world.run(
        "client",
        &["--network", &network, "-e", "X=1"],
        &["sh", "-c", "traffic keep tcp server:7000 1 10 10 100000 & dd if=/dev/zero of=/big bs=1M count=8 conv=fsync; wait"],
    );
    client.said("idle");

    let before = [&busy, &server, &client].map(|container| their_stats(&container.id));
    let records = run_scope(["collect", "--every", "4s", "--count", "2"], b"").ok().lines();
    let said = Said::new(&records);
    let after = [&busy, &server, &client].map(|container| their_stats(&container.id));
    let figures = [&busy, &server, &client].map(|container| said.node(&container.node())["metrics"].clone());

    // Counters lie between what the daemon read before and after; those of what is quiet are equal.
    for ((name, ours), (before, after)) in ["busy", "server", "client"].into_iter().zip(&figures).zip(before.iter().zip(&after)) {
        let within = |what: &str, ours: &Value, before: u64, after: u64| {
            let ours = ours.as_u64().unwrap_or_else(|| panic!("{name}: no {what}"));
            assert!((before..=after).contains(&ours), "{name}: {what} is {ours}, and the daemon read {before} before and {after} after");
        };
        let cpu = |stats: &Value| stats["cpu_stats"]["cpu_usage"]["total_usage"].as_u64().unwrap() / 1000;
        within("CPU time", &ours["cpu_usage_us_total"], cpu(before), cpu(after));
        let net = |stats: &Value, field: &str| stats["networks"].as_object().unwrap().values().map(|link| link[field].as_u64().unwrap()).sum();
        within("bytes received", &ours["rx_bytes_total"], net(before, "rx_bytes"), net(after, "rx_bytes"));
        within("bytes sent", &ours["tx_bytes_total"], net(before, "tx_bytes"), net(after, "tx_bytes"));
        // `docker stats` shows usage without the inactive page cache (cgroup v1: total_inactive_file, v2: inactive_file).
        let memory = |stats: &Value| {
            let cache = [&stats["memory_stats"]["stats"]["total_inactive_file"], &stats["memory_stats"]["stats"]["inactive_file"]];
            stats["memory_stats"]["usage"].as_u64().unwrap() - cache.into_iter().find_map(Value::as_u64).unwrap()
        };
        let (low, high) = (memory(before).min(memory(after)), memory(before).max(memory(after)));
        let own = ours["mem_bytes"].as_u64().unwrap();
        // The kernel charges memory to groups in batches of 64 pages a core.
        let slack = 512 << 10;
        assert!(own + slack >= low && own <= high + slack, "{name}: memory is {own}, and the daemon read {low} to {high}");
        let pids = after["pids_stats"]["current"].as_u64().unwrap();
        assert_eq!(ours["pids"], pids, "{name}: processes");
    }
    let cpu = figures[0]["cpu_pct"].as_f64().unwrap();
    let throttled = figures[0]["cpu_throttled_periods_total"].as_u64().unwrap();
    let theirs = |stats: &Value| stats["cpu_stats"]["throttling_data"]["throttled_periods"].as_u64().unwrap();
    eprintln!("a container held to 30 % of a core: cpu_pct {cpu:.1}, throttled in {throttled} periods");
    // A busy machine gives it less.
    assert!(cpu <= 32.0, "held to 30 % of a core by the kernel: {cpu}");
    assert!((theirs(&before[0])..=theirs(&after[0])).contains(&throttled), "throttled as the daemon says: {throttled}");
    assert!(figures[2]["tx_bytes_total"].as_u64().unwrap() >= 1_000_000, "a million bytes went there and back");
    // A load that keeps account of itself: what it used over the very interval of the figure.
    let mut of_burning = records.iter().filter(|record| record["record"] == "node" && record["id"] == burning.node().as_str());
    let last = of_burning.rfind(|record| record["metrics"]["cpu_pct"].is_number()).expect("a figure");
    let told = last["metrics"]["cpu_pct"].as_f64().unwrap();
    let until_us = micros(last["at"].as_str().unwrap());
    let account: Vec<(f64, f64)> =
        docker(&["logs", &burning.id]).ok().lines().iter().map(|line| (line["at_us"].as_f64().unwrap(), line["cpu_us"].as_f64().unwrap())).collect();
    let used = |at: f64| {
        let next = account.partition_point(|(when, _)| *when < at).clamp(1, account.len() - 1);
        let ((a, low), (b, high)) = (account[next - 1], account[next]);
        low + (high - low) * ((at - a) / (b - a)).clamp(0.0, 1.0)
    };
    let known = (used(until_us) - used(until_us - 4e6)) / 4e6 * 100.0;
    eprintln!("a load that used {known:.1} % of a core by its own account: cpu_pct {told:.1}");
    assert!((told - known).abs() <= 2.0, "{told} told, {known} used");
    let written = figures[2]["disk_write_bytes_total"].as_u64().unwrap();
    assert!((8 << 20..9 << 20).contains(&written), "8 MiB were written through to the disk: {written}");
}

#[test]
fn live_less_is_seen_without_the_engine_and_that_is_said() {
    let Some(docker_runs) = need::docker() else { return };
    let world = World::new(&docker_runs);
    let container = world.run("unseen", &[], &["sleep", "100000"]);
    let stream = run_scope(["collect", "--docker-endpoint", "unix:///nonexistent/engine.sock"], b"").ok();
    let said = Said::new(&stream.lines());
    assert!(said.problems.iter().any(|problem| problem.contains("/nonexistent/engine.sock")), "{:?}", said.problems);
    assert!(stream.lines().iter().any(|record| record["record"] == "problem" && record["hint"].is_string()), "a problem comes with advice");
    let pid = container.pid();
    assert!(said.nodes.values().any(|node| node["kind"] == "process" && node["attrs"]["pid"] == pid), "its process is seen all the same");
    assert!(said.nodes.values().any(|node| node["kind"] == "host"));
}

#[test]
fn live_an_ordinary_user_sees_less_and_is_told() {
    use std::os::unix::process::CommandExt;
    let Some(_) = need::docker() else { return };
    let Some(()) = need::root() else { return };
    // Where the build lies an ordinary user may not look.
    let place = tempfile::tempdir().unwrap();
    let own = place.path().join("scope");
    std::fs::copy(scope(), &own).unwrap();
    for path in [place.path(), &own] {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let stream = run(Command::new(&own).arg("collect").current_dir("/").uid(65_534).gid(65_534).env_clear(), b"").ok();
    let records = stream.lines();
    let said = Said::new(&records);
    let hints = records.iter().filter(|record| record["record"] == "problem" && record["hint"].as_str().is_some_and(|hint| !hint.is_empty())).count();
    assert!(hints >= 1, "what is missing is told with advice: {:?}", said.problems);
    assert!(said.nodes.values().any(|node| node["kind"] == "host"), "the host is seen");
    assert!(said.nodes.values().any(|node| node["kind"] == "process"), "processes are seen");
    let _ = run_scope(["render", "--view", "hosts", "-o", "json"], &stream.stdout).ok();
    let _ = run_scope(["merge", "--strict"], &stream.stdout).ok();
}

#[test]
fn live_the_whole_pipeline() {
    let Some(docker_runs) = need::docker() else { return };
    let world = World::new(&docker_runs);
    let container = world.run("shown", &[], &["sleep", "100000"]);
    let scratch = tempfile::tempdir().unwrap();
    let table = bash("scope collect | scope merge | scope render -o table", scratch.path()).ok();
    assert!(table.text().contains(&container.name), "{}", table.text());
    let script = "
        scope collect --every 1s --count 3 -o arrow > a.arrow
        scope collect --agent elsewhere --zstd > b.ndjson.zst
        scope merge a.arrow b.ndjson.zst | scope render --view hosts -o svg > map.svg
        scope merge a.arrow b.ndjson.zst | scope render --view hosts -o json";
    let hosts = Graph::read(&bash(script, scratch.path()).ok().json());
    assert!(hosts.nodes.contains_key("host:elsewhere"));
    assert_eq!(hosts.nodes.values().filter(|node| node["kind"] == "host").count(), 2, "{:?}", hosts.nodes.keys());
    let map = std::fs::read_to_string(scratch.path().join("map.svg")).unwrap();
    assert!(map.starts_with("<svg") || map.starts_with("<?xml"), "{}", &map[..80.min(map.len())]);
    let ticks = bash("scope merge --follow a.arrow", scratch.path()).ok();
    assert_eq!(Said::new(&ticks.lines()).ticks.iter().filter(|tick| !tick["interval_ms"].is_null()).count(), 3, "three reports at the interval");
}
