//! What the health checks of containers print, on a real Docker daemon: told while they fail, bounded, without secrets, and harmless wherever it is shown.

use std::time::Duration;

use scope_tests::command::{Running, run_scope, scope_command};
use scope_tests::docker::{World, docker, inspect, until};
use scope_tests::need;
use scope_tests::records::Said;
use serde_json::Value;

/// Bounds a failure; no figure is claimed.
const SOON: Duration = Duration::from_mins(1);

/// How often and how long the daemon checks.
const AT_ONCE: [&str; 6] = ["--health-interval", "200ms", "--health-retries", "1", "--health-timeout", "30s"];

#[test]
fn live_health_says_why_it_fails_until_it_passes() {
    let Some(docker_runs) = need::docker() else { return };
    let world = World::new(&docker_runs);
    let agent = Running::start(scope_command(["collect", "--every", "1s"]).args(["--only", "docker"]));
    agent.wait_for("the first report", SOON, |record| (record["record"] == "tick").then_some(()));
    let check = "[ -e /tmp/ok ] || { echo 'cannot reach postgres://app:Zq7-url-secret@db:5432/app'; exit 1; }";
    let container = world.run("failing", &[&["--health-cmd", check, "--tmpfs", "/tmp"], &AT_ONCE[..]].concat(), &["sleep", "100000"]);
    let id = container.node();
    let told = |what: &str, health: &str| {
        agent.wait_for(what, SOON, |record| (record["id"] == id.as_str() && record["attrs"]["health"] == health).then(|| record["attrs"].clone()))
    };
    let failing = told("that it fails", "unhealthy");
    assert_eq!(failing["health_output"], "cannot reach postgres://app:[redacted]@db:5432/app");
    assert!(failing["health_failing_streak"].as_u64().is_some_and(|streak| streak >= 1), "{failing}");
    let checks = inspect(&container.id)["State"]["Health"]["Log"].as_array().unwrap().clone();
    // Docker writes nanoseconds.
    let at = failing["health_checked_at"].as_str().unwrap_or_else(|| panic!("{failing}"));
    assert!(checks.iter().any(|check| check["End"].as_str().is_some_and(|end| end[..26] >= at[..26])), "no check of the future: {at} {checks:?}");

    let _ = container.exec(&["touch", "/tmp/ok"]).ok();
    let passing = told("that it passes", "healthy");
    for field in ["health_output", "health_failing_streak", "health_checked_at"] {
        assert_eq!(passing.get(field), Some(&Value::Null), "taken back: {passing}");
    }
    let (_, status) = agent.stop();
    assert_eq!(status.code(), Some(0), "asked to end, as a service manager does");
}

#[test]
fn live_health_prints_what_it_likes_and_harms_nobody() {
    let Some(docker_runs) = need::docker() else { return };
    let world = World::new(&docker_runs);
    let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}<script>alert(1)</script>=1+1\u{202e}";
    let escapes = format!("printf '%s\\n' '{hostile}'; printf 'next \\377\\376 \\033[31m\\n'; echo --password Zq7-flag-secret; exit 1");
    let long = "for i in $(seq 1024); do printf '%064d' $i; done; exit 1";
    let loud = world.run("loud", &[&["--health-cmd", &escapes], &AT_ONCE[..]].concat(), &["sleep", "100000"]);
    let endless = world.run("endless", &[&["--health-cmd", long], &AT_ONCE[..]].concat(), &["sleep", "100000"]);
    let silent = world.run("silent", &[&["--health-cmd", "exit 1"], &AT_ONCE[..]].concat(), &["sleep", "100000"]);
    for container in [&loud, &endless, &silent] {
        until("it fails", || inspect(&container.id)["State"]["Health"]["Status"] == "unhealthy");
    }

    let stream = run_scope(["collect", "--only", "docker"], b"").ok();
    let said = Said::new(&stream.lines());
    let output = |id: &str| said.node(id)["attrs"]["health_output"].clone();
    let shown = output(&loud.node());
    let shown = shown.as_str().unwrap_or_else(|| panic!("{}", said.node(&loud.node())));
    assert!(
        shown.starts_with(hostile) && shown.contains("\nnext \u{fffd}") && shown.ends_with("--password [redacted]"),
        "data is kept to the letter: {shown:?}"
    );
    let kept = output(&endless.node());
    let kept = kept.as_str().unwrap();
    assert!((1000..=1024).contains(&kept.len()) && kept.ends_with('…'), "{} bytes", kept.len());
    assert_eq!(output(&silent.node()), Value::Null, "it printed nothing");
    let streak = &said.node(&silent.node())["attrs"]["health_failing_streak"];
    assert!(streak.as_u64().is_some_and(|streak| streak >= 1), "{streak}");
    let arrow = run_scope(["merge", "-o", "arrow"], &stream.stdout).ok();
    assert_eq!(Said::new(&run_scope(["merge"], &arrow.stdout).ok().lines()).node(&loud.node())["attrs"], said.node(&loud.node())["attrs"]);

    for (form, columns) in [("table", "name,health,health_output"), ("csv", ""), ("ndjson", ""), ("json", ""), ("graphml", ""), ("html", ""), ("svg", "")] {
        let flags = if columns.is_empty() { vec![] } else { vec!["--columns", columns] };
        let text = run_scope([&["render", "--view", "containers", "-o", form], &flags[..]].concat(), &stream.stdout).ok().text();
        assert!(!text.contains('\u{1b}') && !text.contains('\u{7}') && !text.contains("Zq7"), "{form}: {text}");
        assert!(matches!(form, "json" | "ndjson" | "csv" | "table") || !text.contains("<script>alert"), "{form} holds markup");
        if form == "table" {
            assert!(text.lines().any(|line| line.contains("unhealthy") && line.contains("owned")), "on one line: {text}");
        }
    }
    let found = run_scope(["render", "-o", "ndjson", "--filter", "health_output:owned"], &stream.stdout).ok().text();
    assert!(found.contains(&loud.node()) && !found.contains(&endless.node()), "{found}");
    let _ = docker(&["kill", &loud.id]).ok();
}
