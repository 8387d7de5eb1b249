//! The command on recorded streams: encodings, joining, drawing, and what it says when something is wrong. Needs no privileges.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use scope_tests::command::{bash, checkout, run_scope, scope_command};
use scope_tests::graph::Graph;
use scope_tests::need;
use serde_json::{Value, json};

fn stream(name: &str) -> PathBuf {
    checkout().join("tests/fixtures/streams").join(name)
}

const ALL: [&str; 4] = ["east.ndjson", "east-later.ndjson", "west.ndjson", "west-later.ndjson"];

/// The lines of all recorded streams.
fn lines() -> Vec<String> {
    ALL.iter().flat_map(|name| std::fs::read_to_string(stream(name)).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn merge(input: &[u8]) -> Vec<u8> {
    run_scope(["merge"], input).ok().stdout
}

fn join(lines: &[String]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
}

/// Numbers that are the same on every run: xorshift64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

#[test]
fn joining_does_not_depend_on_order_repetition_or_cuts() {
    let lines = lines();
    let expected = merge(&join(&lines));
    assert!(expected.len() > 10_000, "the recorded streams say something");
    assert_eq!(merge(&expected), expected, "joining again changes nothing");
    for seed in 1..=8 {
        let dice = &mut Dice(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let mut shuffled = lines.clone();
        for _ in 0..lines.len() / 4 {
            shuffled.push(lines[dice.below(lines.len())].clone());
        }
        dice.shuffle(&mut shuffled);
        assert_eq!(merge(&join(&shuffled)), expected, "shuffled and in part repeated, seed {seed}");

        // Cut anywhere, joined in parts, and the parts joined in the wrong order.
        let (first, second) = shuffled.split_at(dice.below(shuffled.len()));
        let parts = [merge(&join(second)), merge(&join(first))].concat();
        assert_eq!(merge(&parts), expected, "joined in two parts, seed {seed}");
    }
}

#[test]
fn inputs_are_named_in_any_order_and_repeated() {
    let expected = merge(&join(&lines()));
    let named = |names: &[&str]| run_scope(["merge".into()].into_iter().chain(names.iter().map(|name| stream(name).into_os_string())), b"").ok().stdout;
    assert_eq!(named(&ALL), expected);
    assert_eq!(named(&[ALL[3], ALL[1], ALL[2], ALL[0], ALL[2]]), expected);
    let last = stream(ALL[3]).into_os_string();
    let rest: Vec<u8> = ALL[..3].iter().flat_map(|name| std::fs::read(stream(name)).unwrap()).collect();
    assert_eq!(run_scope(["merge".into(), "-".into(), last], &rest).ok().stdout, expected, "standard input among files");
}

#[test]
fn every_encoding_says_the_same() {
    let text = join(&lines());
    let expected = merge(&text);
    for flags in [&["-o", "arrow"][..], &["--zstd"], &["-o", "arrow", "--zstd"], &["-o", "ndjson"]] {
        // Record by record, so that nothing is joined on the way.
        let encoded = run_scope([&["merge", "--follow"], flags].concat(), &text).ok().stdout;
        assert_eq!(merge(&encoded), expected, "{flags:?}");
        let back = run_scope(["merge", "--follow"], &encoded).ok().text();
        let canonical = |text: &str| text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>();
        assert_eq!(canonical(&back), canonical(std::str::from_utf8(&text).unwrap()), "{flags:?}: the very records, in order");
        let mixed = [&encoded[..], &text].concat();
        if !flags.contains(&"arrow") {
            assert_eq!(merge(&mixed), expected, "{flags:?}: followed by plain text in one input");
        }
    }
    let arrow = run_scope(["merge", "-o", "arrow"], &text).ok().stdout;
    assert!(arrow.starts_with(&[0xff; 4]), "an Arrow stream begins with the mark of a message");
    let small = run_scope(["merge", "--zstd"], &text).ok().stdout;
    assert!(small.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) && small.len() * 3 < expected.len(), "{} of {}", small.len(), expected.len());
}

#[test]
fn lines_that_are_no_records_are_named_and_left_out() {
    let good = lines();
    let mut bad = good.clone();
    bad.insert(2, "this is no JSON".to_owned());
    bad.insert(5, r#"{"record":"node","agent":"x"}"#.to_owned());
    let merged = run_scope(["merge"], &join(&bad)).ended(1);
    assert_eq!(merged.stdout, merge(&join(&good)), "the rest is all there");
    let words = merged.words();
    assert!(words.contains("line 3") && words.contains("line 6"), "{words}");
    let strict = run_scope(["merge", "--strict"], &join(&bad)).ended(2);
    assert!(strict.words().contains("line 3"), "{}", strict.words());
    let drawn = run_scope(["render", "-o", "json"], &join(&bad)).ended(1);
    assert!(!Graph::read(&drawn.json()).nodes.is_empty());
    let _ = run_scope(["render", "--strict", "-o", "json"], &join(&bad)).ended(2);
}

#[test]
fn what_is_no_stream_is_refused_with_advice() {
    for (bytes, word) in [
        (&b"\x1f\x8b\x08\x00rest"[..], "gzip"),
        (b"PAR1rest", "Parquet"),
        (b"<html></html>\n", "line 1"),
        (b"\xff\xff\xff\xff\x10\x00\x00\x00garbage", "batch"),
    ] {
        let merged = run_scope(["merge"], bytes);
        assert!(matches!(merged.code(), Some(1 | 2)), "{word}: {:?}", merged.code());
        assert!(merged.words().to_lowercase().contains(&word.to_lowercase()), "{word}: {}", merged.words());
    }
    let truncated = run_scope(["merge", "-o", "arrow"], &join(&lines())).ok().stdout;
    let cut = run_scope(["merge"], &truncated[..truncated.len() / 2]);
    assert!(matches!(cut.code(), Some(0..=2)), "{:?} {}", cut.code(), cut.words());
    assert!(!cut.words().is_empty(), "a cut stream is told");
    let none = run_scope(["merge", "no-such-file.ndjson"], b"").ended(2);
    assert!(none.words().contains("no-such-file.ndjson"), "{}", none.words());
}

#[test]
fn nothing_in_is_nothing_out() {
    assert!(merge(b"").is_empty());
    assert!(merge(b"\n\n").is_empty());
    let drawn = run_scope(["render", "-o", "json"], b"").ok().json();
    assert_eq!([&drawn["nodes"], &drawn["edges"]], [&json!([]), &json!([])]);
    let _ = run_scope(["render", "-o", "table"], b"").ok();
}

/// A line as long as memory is refused without being held.
#[test]
fn a_line_without_end_costs_no_memory() {
    let scratch = tempfile::tempdir().unwrap();
    let script = "ulimit -v 1000000; (head -c 500000000 /dev/zero | tr '\\0' x; echo; echo after) | scope merge";
    let ended = bash(&format!("set +e; {script}; echo \"code $?\""), scratch.path());
    assert!(ended.text().contains("code 1"), "{} {}", ended.text(), ended.words());
    assert!(ended.words().contains("line 2"), "what follows is looked at again: {}", ended.words());
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let scratch = tempfile::tempdir().unwrap();
    let files = ALL.map(|name| stream(name).display().to_string()).join(" ");
    let many = format!("{files} {files}");
    for command in [
        format!("scope merge {many}"),
        format!("scope merge --follow {many}"),
        format!("scope render -o ndjson --view processes --show=all {many}"),
        format!("scope render --show=all -o table {many}"),
    ] {
        let script = format!("set +o pipefail; {command} | head -n 1; echo \"${{PIPESTATUS[0]}}\"");
        let ended = bash(&script, scratch.path()).ok();
        assert_eq!(ended.text().lines().last(), Some("0"), "{command}: {} {}", ended.text(), ended.words());
        assert!(ended.words().is_empty(), "{command}: {}", ended.words());
    }
    // One that never reads at all.
    let mut child =
        scope_command(["merge", "--follow"]).stdin(std::fs::File::open(stream(ALL[0])).unwrap()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{} {}", ended.status, String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn what_is_asked_wrongly_is_explained() {
    for (args, word) in [
        (&["render", "--view", "no-such-view"][..], "--view list"),
        (&["render", "--filter", "cpu >"], "filter"),
        (&["render", "-o", "no-such-form"], "svg"),
        (&["collect", "--only", "no-such-source"], "cgroup"),
        (&["collect", "--every", "soon"], "500ms"),
        (&["collect", "--count", "3"], "--every"),
        (&["collect", "--except", "host,docker,cgroup,process,net"], "source"),
        (&["collect", "--agent", "not a name"], "--agent"),
        (&["no-such-command"], "Usage"),
    ] {
        let ended = run_scope(args, b"").ended(2);
        assert!(ended.stdout.is_empty(), "{args:?}: words belong on standard error");
        assert!(ended.words().contains(word), "{args:?} does not speak of `{word}`: {}", ended.words());
    }
}

#[test]
fn fields_that_no_node_has_are_told_of() {
    let text = join(&lines());
    for (args, words) in [
        (&["-f", "stae:running"][..], &["`stae`", "`state`"][..]),
        (&["-f", "memry > 5"], &["`memry`", "`mem"]),
        (&["--columns", "name,foo"], &["`foo`"]),
        (&["--why", "east-api", "-f", "nmae:east"], &["`nmae`", "`name`"]),
    ] {
        let said = run_scope([&["render", "-o", "table"], args].concat(), &text).words();
        assert!(words.iter().all(|word| said.contains(word)) && said.lines().count() == 1, "{args:?}: {said}");
    }
    let watched = run_scope(["render", "-o", "csv", "--watch=100ms", "-f", "stae:running"], &text).ok().words();
    assert_eq!(watched.lines().count(), 1, "once, however often it is drawn: {watched}");
    let known = run_scope(["render", "-o", "table", "-f", "state:running -has:exit_code app:web or label.x:y", "--columns", "name,health,label.x"], &text);
    assert!(known.ok().words().is_empty());
}

#[test]
fn columns_go_by_what_stands_above_them_too() {
    let text = join(&lines());
    let draw = |columns: &str| run_scope(["render", "-o", "table", "--show=all", "--columns", columns], &text).ok();
    let (by_name, by_head) = (draw("name,compose_project,mem_bytes"), draw("NAME,Project,MEMORY"));
    assert_eq!(by_head.text(), by_name.text());
    assert!(by_head.words().is_empty(), "{}", by_head.words());
    let members = run_scope(["render", "-o", "table", "--view", "containers-by-image", "--columns", "name,members"], &text).ok();
    assert_eq!((members.text().matches("MEMBERS").count(), members.words()), (1, String::new()), "{}", members.text());
    // Two moments have the same columns for who names them, whatever stands in them.
    let csv = run_scope(["render", "-o", "csv", "--columns", "name,health,exit_code"], &text).ok().text();
    assert!(csv.lines().next().unwrap().ends_with("health,exit_code"), "{csv}");
}

#[test]
fn what_shows_nothing_is_a_typing_error() {
    let words = run_scope(["render", "--show", "stoped"], &join(&lines())).ended(2).words();
    assert!(words.contains("`stoped`") && words.contains("stopped, ") && words.contains("all"), "{words}");
    for known in ["stopped", "failed", "unconnected", "infrastructure", "all"] {
        let _ = run_scope(["render", "--show", known], &join(&lines())).ok();
    }
}

#[test]
fn nothing_read_is_not_nothing_there() {
    let words = run_scope(["render", "-o", "table"], b"").ok().words();
    assert!(words.contains("nothing was read"), "{words}");
}

#[test]
fn only_data_on_standard_output() {
    let version = run_scope(["--version"], b"").ok().text();
    assert!(version.starts_with("scope "), "{version}");
    let loud = run_scope(["--log-level", "trace", "--log-format", "json", "merge"], &join(&lines())).ok();
    assert_eq!(loud.stdout, merge(&join(&lines())), "logs do not mix with data");
    for line in loud.words().lines() {
        let _: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("a log line is no JSON: {error}\n{line}"));
    }
}

/// What is drawn of the recorded hosts is what ran on them, and nothing else.
#[test]
fn recorded_hosts_are_drawn_as_they_were() {
    let made = |host: &str| vec![(format!("{host}-api"), format!("{host}-db"), 3), (format!("{host}-client"), format!("{host}-web"), 0)];
    let drawn = |names: &[&str]| {
        let files = names.iter().map(|name| stream(name).into_os_string());
        let graph = Graph::read(&run_scope(["render", "--show=all", "-o", "json"].map(Into::into).into_iter().chain(files), b"").ok().json());
        let name = |id: &String| graph.nodes[id]["name"].as_str().unwrap().to_owned();
        let mut edges: Vec<_> = graph.edges.iter().map(|((from, to), edge)| (name(from), name(to), edge["open"].as_u64().unwrap())).collect();
        edges.sort();
        // Connections of the web client come and go.
        for edge in &mut edges {
            if edge.1.ends_with("-web") {
                edge.2 = 0;
            }
        }
        edges
    };
    for host in ["east", "west"] {
        assert_eq!(drawn(&[&format!("{host}-later.ndjson")]), made(host), "{host}, later");
        assert_eq!(drawn(&[&format!("{host}-later.ndjson"), &format!("{host}.ndjson")]), made(host), "{host}, both runs");
    }
    assert_eq!(drawn(&ALL), [made("east"), made("west")].concat(), "two hosts with the same addresses");
}

#[test]
fn every_form_is_what_it_claims_to_be() {
    let text = join(&lines());
    let draw = |form: &str, flags: &[&str]| run_scope([&["render", "--show=all", "-o", form], flags].concat(), &text).ok();
    let graph = Graph::read(&draw("json", &[]).json());
    let nodes: Vec<&String> = graph.nodes.keys().collect();

    let rows = draw("ndjson", &[]).lines();
    let of = |kind: &str| rows.iter().filter(|row| row["type"] == kind).count();
    assert_eq!([of("view"), of("node"), of("edge"), of("hidden")], [1, graph.nodes.len(), graph.edges.len(), 1]);
    let csv = draw("csv", &[]).text();
    assert!(csv.lines().next().unwrap().split(',').any(|column| column == "name"), "{csv}");
    let dot = draw("dot", &[]).text();
    assert!(dot.trim_start().starts_with("digraph") && dot.trim_end().ends_with('}') && dot.matches("->").count() >= graph.edges.len(), "{dot}");
    let mermaid = draw("mermaid", &[]).text();
    assert!(mermaid.contains("flowchart") || mermaid.contains("graph"), "{mermaid}");
    let graphml = draw("graphml", &[]).text();
    assert!(graphml.starts_with("<?xml") && graphml.contains("<graphml") && graphml.trim_end().ends_with("</graphml>"));
    for id in nodes {
        assert!(graphml.contains(id.as_str()), "{id} is missing in GraphML");
    }
    let svg = draw("svg", &[]).text();
    assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"));
    let html = draw("html", &[]).text();
    assert!(html.trim_start().to_lowercase().starts_with("<!doctype html") && !html.contains("src=\"http"), "one file that needs nothing else");
    assert!(draw("png", &[]).stdout.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert!(draw("arrow", &[]).stdout.starts_with(&[0xff; 4]));
    for (form, flags) in [
        ("json", &[][..]),
        ("csv", &[]),
        ("dot", &[]),
        ("mermaid", &[]),
        ("graphml", &[]),
        ("svg", &[]),
        ("html", &[]),
        ("png", &[]),
        ("arrow", &[]),
        ("table", &["--columns", "name,state,image"]),
    ] {
        assert_eq!(draw(form, flags).stdout, draw(form, flags).stdout, "the same input gives the same {form}");
    }
}

#[test]
fn pictures_can_be_read_by_others() {
    let Some(()) = need::command("rsvg-convert") else { return };
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join("all.ndjson"), join(&lines())).unwrap();
    for view in ["containers", "processes", "hosts", "containers-by-compose-project"] {
        let _ = bash(&format!("scope render --view {view} --show=all -o svg all.ndjson | rsvg-convert -o {view}.png; [ -s {view}.png ]"), scratch.path()).ok();
    }
}

#[test]
fn graphs_and_diagrams_can_be_read_by_others() {
    let scratch = tempfile::tempdir().unwrap();
    if !bash("command -v dot", scratch.path()).status.success() {
        eprintln!("left out: Graphviz is not installed");
        return;
    }
    std::fs::write(scratch.path().join("all.ndjson"), join(&lines())).unwrap();
    let _ = bash("scope render --show=all -o dot all.ndjson | dot -Tplain | grep -q ^edge", scratch.path()).ok();
}

#[cfg(feature = "sql")]
#[test]
fn tables_can_be_asked() {
    let text = join(&lines());
    assert!(run_scope(["render", "-o", "parquet"], &text).ok().stdout.starts_with(b"PAR1"));
    let counted = run_scope(["render", "-o", "json", "--sql", "select count(*) as n from nodes"], &text).ok().text();
    assert!(counted.contains("\"n\""), "{counted}");
}

/// The views of what was recorded, as a person reads them.
#[test]
fn views_of_the_recorded_streams() {
    let text = join(&lines());
    let draw = |flags: &[&str]| run_scope([&["render"], flags].concat(), &text).ok().text();
    insta::assert_snapshot!("table_of_containers", draw(&["-o", "table", "--show=all", "--columns", "name,kind,state,compose_service,labels"]));
    insta::assert_snapshot!("containers_of_a_project", draw(&["-o", "mermaid", "--filter", "compose_project:shop"]));
    insta::assert_snapshot!("projects", draw(&["-o", "dot", "--view", "containers-by-compose-project"]));
    insta::assert_snapshot!("views", draw(&["--view", "list"]));
}

#[test]
fn help_is_as_reviewed() {
    for (name, args) in [
        ("scope", &["--help"][..]),
        ("scope_short", &["-h"]),
        ("collect", &["collect", "--help"]),
        ("merge", &["merge", "--help"]),
        ("render", &["render", "--help"]),
        ("doctor", &["doctor", "--help"]),
    ] {
        let mut command: Command = scope_command(args);
        command.env("COLUMNS", "100").env_remove("DOCKER_HOST");
        insta::assert_snapshot!(format!("help_{name}"), scope_tests::command::run(&mut command, b"").ok().text());
    }
}
