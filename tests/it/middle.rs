//! `grep` and `--only` in the middle of a pipe make nothing vanish: a stream of which a part is missing takes back nothing that it did not see.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use scope_tests::command::{bash, checkout, run_scope};
use scope_tests::graph::Graph;
use serde_json::Value;

/// The lines of the recorded stream of one run: 8 reports, of which the first and the last but one are full.
fn recorded() -> Vec<String> {
    std::fs::read_to_string(checkout().join("tests/fixtures/streams/east.ndjson")).unwrap().lines().map(str::to_owned).collect()
}

/// What is drawn of `text` in a view: its nodes and edges.
fn drawn(view: &str, text: &str) -> (BTreeSet<String>, BTreeSet<(String, String)>) {
    let graph = Graph::read(&run_scope(["render", "--view", view, "--show=all", "-o", "json"], text.as_bytes()).ok().json());
    (graph.nodes.into_keys().collect(), graph.edges.into_keys().collect())
}

fn is(line: &str, field: &str, value: &str) -> bool {
    serde_json::from_str::<Value>(line).unwrap()[field] == value
}

#[test]
fn what_grep_leaves_is_still_a_stream() {
    let lines = recorded();
    let nodes: String = lines.iter().filter(|line| is(line, "kind", "container")).fold(String::new(), |text, line| text + line + "\n");
    let with_ticks: String =
        lines.iter().filter(|line| is(line, "kind", "container") || is(line, "record", "tick")).fold(String::new(), |text, line| text + line + "\n");
    let containers = |text: &str| drawn("containers", text).0.into_iter().filter(|id| id.starts_with("container:")).collect::<BTreeSet<_>>();
    assert_eq!(containers(&nodes).len(), 9);
    assert_eq!(containers(&nodes), containers(&with_ticks));
}

/// Each record of the later full report is cut out in turn: all that the report would have kept alive still stands, for its tick no longer counts as full.
#[test]
fn a_full_report_that_was_cut_retires_nothing() {
    let lines = recorded();
    let last = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64()).max().unwrap() - 1;
    let of_last = |line: &str| serde_json::from_str::<Value>(line).unwrap()["seq"] == last;
    for (view, kind) in [("containers", "container"), ("processes", "process"), ("hosts", "host")] {
        let all = drawn(view, &lines.join("\n"));
        assert!(!all.0.is_empty());
        let cuts: Vec<&String> = lines.iter().filter(|line| of_last(line) && (is(line, "kind", kind) || is(line, "record", "flow"))).collect();
        assert!(!cuts.is_empty(), "{kind}");
        for cut in cuts {
            let rest: Vec<&str> = lines.iter().filter(|line| *line != cut).map(String::as_str).collect();
            let left = drawn(view, &rest.join("\n"));
            assert!(
                all.0.is_subset(&left.0) && all.1.is_subset(&left.1),
                "{view} without {cut}: {:?}, {:?}",
                all.0.difference(&left.0),
                all.1.difference(&left.1)
            );
        }
    }
    // The other way round: a whole full report does take back what it does not say.
    let gone = lines.iter().find(|line| of_last(line) && is(line, "kind", "container") && is(line, "source", "docker")).unwrap();
    let gone = serde_json::from_str::<Value>(gone).unwrap()["id"].as_str().unwrap().to_owned();
    let mut text = String::new();
    for line in &lines {
        let mut record: Value = serde_json::from_str(line).unwrap();
        if record["seq"].as_u64() >= Some(last) && record["id"] == gone.as_str() {
            continue;
        }
        if record["seq"] == last && record["record"] == "tick" {
            for source in ["docker", "cgroup", "net"] {
                let said = lines.iter().filter(|line| of_last(line) && is(line, "id", &gone) && is(line, "source", source)).count() as u64;
                record["sources"][source]["records"] = (record["sources"][source]["records"].as_u64().unwrap() - said).into();
            }
        }
        writeln!(text, "{record}").unwrap();
    }
    assert!(!drawn("containers", &text).0.contains(&gone), "what a whole report leaves out is gone");
}

/// A live stream, of which `grep` drops a part between the commands: what it dropped later was said before, and stays.
#[test]
fn grep_between_the_commands_makes_nothing_vanish() {
    let scratch = tempfile::tempdir().unwrap();
    let own = std::process::id();
    let collect = "scope collect --agent middle --only host,process --every 200ms --full-every 400ms --count 6";
    let render = "scope render --view processes --show=all -o json";
    for grep in [
        // The full reports lose this very process, all but the first.
        &format!(r#"awk '!/"id":"process:middle:{own}:/ || !seen++'"#)[..],
        // Some other record of each report.
        r#"grep -v '"id":"process:middle:1:'"#,
        // All ticks: no report is closed.
        r#"grep -v '"record":"tick"'"#,
        // The host, which all of them belong to.
        r#"grep -v '"kind":"host"'"#,
    ] {
        let script = format!("{collect} | {grep} | scope merge --follow | {grep} | {render}");
        let graph = Graph::read(&bash(&script, scratch.path()).ok().json());
        assert!(graph.nodes.keys().any(|id| id.starts_with(&format!("process:middle:{own}:"))), "{script}");
    }
}

/// A run that reads one source says nothing about the others, whatever came before of the same agent.
#[test]
fn only_one_source_takes_nothing_from_the_others() {
    let scratch = tempfile::tempdir().unwrap();
    let own = format!("process:middle:{}:", std::process::id());
    let whole = "scope collect --agent middle --only host,process";
    let host = "scope collect --agent middle --only host";
    for (streams, through) in [
        (format!("{whole}; {host}"), "scope merge"),
        (format!("{host}; {whole}"), "scope merge"),
        (format!("{whole}; {host} -o arrow | scope merge"), "scope merge --follow"),
    ] {
        let script = format!("{{ {streams}; }} | {through} | scope render --view processes --show=all -o json");
        let graph = Graph::read(&bash(&script, scratch.path()).ok().json());
        assert!(graph.nodes.keys().any(|id| id.starts_with(&own)), "{script}");
    }
}
