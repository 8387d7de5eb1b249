//! Input that means harm: names that are commands to a terminal, markup or formulas, texts without measure, bytes that are no text, streams that are
//! cut anywhere, lines without end. The whole command over all of its outputs: a clear error or escaped output, bounded memory, never a panic.

use std::process::{Command, Stdio};
use std::time::Duration;

use scope_tests::command::{Finished, bash, run, run_scope, run_within, scope, scope_command};
use scope_tests::need;
use serde_json::{Value, json};

/// What a name can be.
const NAMES: [&str; 14] = [
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "\u{9b}31mred\u{9d}0;x\u{9c}",
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "\"quoted\" 'twice' `thrice` \\",
    "line\nfeed\r\nand\ttab",
    "=cmd|' /C calc'!A0",
    "a\"]; b -> c [label=\"",
    "end\n  graph TD; X-->Y",
    "\u{202e}gnp.exe\u{200b}\u{feff}",
    "]]><!--&amp;%s%n",
    "\u{0}nul\u{7f}del",
    "{{constructor.constructor('x')()}} ${jndi:x}",
    "🦀🇩🇪e\u{301}",
];

/// The forms that are text.
const TEXT: [&str; 9] = ["table", "json", "ndjson", "csv", "dot", "mermaid", "graphml", "svg", "html"];
/// The others, that every build has.
const BINARY: [&str; 2] = ["png", "arrow"];

fn record(rest: &Value) -> String {
    let mut record = json!({"agent": "h", "run": "0192f0c1-7e4a-7c15-bf58-476d1ce4e5b9", "seq": 1, "source": "docker", "at": "2026-11-21T18:34:00.123456Z"});
    for (key, value) in rest.as_object().unwrap() {
        record[key] = value.clone();
    }
    record.to_string()
}

fn container(number: usize) -> String {
    format!("container:{number:064x}")
}

/// A host whose containers are called so, each connected to the next; every text of a record holds the name.
fn stream(names: &[&str]) -> Vec<u8> {
    let mut lines = vec![record(&json!({"record": "node", "id": "host:h", "kind": "host", "name": names[0]}))];
    for (number, name) in names.iter().enumerate() {
        lines.push(record(&json!({
            "record": "node", "id": container(number), "kind": "container", "name": name, "parents": ["host:h"],
            "attrs": {"state": "running", "image": name, "labels": {*name: name, "app": name}, "command": [name], "compose_project": name},
        })));
        lines.push(record(&json!({
            "record": "flow", "side": "client", "proto": "tcp", "owner": container(number), "dialled": format!("10.0.0.{}:80", number + 1),
            "server_addr": format!("10.0.0.{}:80", number + 1), "server": container((number + 1) % names.len()), "server_name": name, "command": name,
            "since": "2026-11-21T18:34:00.000000Z", "last_seen": "2026-11-21T18:34:00.000000Z", "open": 1,
        })));
        lines.push(record(&json!({"record": "problem", "message": name, "hint": name})));
    }
    lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
}

/// Neither escapes nor other controls, as bytes and as the characters that some terminals obey.
#[track_caller]
fn is_safe_to_show(what: &str, bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("{what} is no UTF-8: {error}"));
    let bad = text.char_indices().find(|(_, c)| c.is_control() && *c != '\n');
    if let Some((at, c)) = bad {
        panic!("{what} has the control character {c:?}: …{:?}…", text.chars().skip(text[..at].chars().count().saturating_sub(40)).take(80).collect::<String>());
    }
}

#[track_caller]
fn did_not_panic(ended: &Finished) {
    assert!(matches!(ended.code(), Some(0..=2)), "`{}` ended with {}: {}", ended.what, ended.status, ended.words());
    assert!(!ended.words().contains("panicked"), "{}", ended.words());
    is_safe_to_show("standard error", &ended.stderr);
}

fn render(form: &str, flags: &[&str], input: &[u8]) -> Finished {
    let ended = run_scope([&["render", "--show=all", "-o", form], flags].concat(), input);
    did_not_panic(&ended);
    ended.ok()
}

#[test]
fn names_do_no_harm_in_any_output() {
    let input = stream(&NAMES);
    for view in ["containers", "containers-by-image", "containers-by-compose-project", "hosts", "images"] {
        for form in TEXT {
            is_safe_to_show(form, &render(form, &["--view", view], &input).stdout);
        }
        for form in BINARY {
            assert!(!render(form, &["--view", view], &input).stdout.is_empty());
        }
    }
    is_safe_to_show("merge", &run_scope(["merge"], &input).ok().stdout);
    is_safe_to_show("a grouping", &render("table", &["--group-by", "label:app"], &input).stdout);
    for part in ["edges", "flows"] {
        is_safe_to_show(part, &render("csv", &["--part", part], &input).stdout);
    }
    for name in NAMES {
        let why = run_scope(["render", "--why", &name.replace('\0', "")], &input);
        did_not_panic(&why);
        is_safe_to_show("--why", &why.stdout);
        let filtered = run_scope(["render", "-o", "table", "--filter", &name.replace('\0', "")], &input);
        did_not_panic(&filtered);
        is_safe_to_show("a filter", &filtered.stdout);
    }
}

#[test]
fn names_are_whole_where_they_are_data() {
    let input = stream(&NAMES);
    let drawn = render("json", &[], &input).json();
    let mut names: Vec<&str> =
        drawn["nodes"].as_array().unwrap().iter().filter(|node| node["kind"] == "container").filter_map(|node| node["name"].as_str()).collect();
    let mut expected = NAMES.to_vec();
    names.sort_unstable();
    expected.sort_unstable();
    assert_eq!(names, expected);
}

#[test]
fn names_stay_text_in_markup_and_formulas() {
    let input = stream(&NAMES);
    let html = render("html", &[], &input).text();
    let svg = render("svg", &[], &input).text();
    for text in [&html, &svg] {
        assert!(!text.contains("<script>alert") && !text.contains("<img src=x"), "markup of a name is live");
    }
    // What the page's own scripts are: names among their data cannot close them.
    assert_eq!(html.matches("<script").count(), html.matches("</script>").count());
    for line in render("csv", &[], &input).text().lines().skip(1) {
        for cell in line.split(',') {
            assert!(!cell.trim_matches('"').starts_with(['=', '+', '@']), "a formula: {cell}");
        }
    }
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join("in.ndjson"), &input).unwrap();
    if need::command("rsvg-convert").is_some() {
        let _ = bash("scope render --show=all -o svg in.ndjson | rsvg-convert -o out.png && [ -s out.png ]", scratch.path()).ok();
    }
    if bash("command -v xmllint", scratch.path()).status.success() {
        let _ = bash("for form in svg graphml; do scope render --show=all -o $form in.ndjson | xmllint --noout -; done", scratch.path()).ok();
    }
}

/// Labels and names of 64 KiB, alone and by the hundred.
#[test]
fn texts_without_measure_are_cut_in_pictures_and_tables() {
    let long = "x".repeat(64 << 10);
    let wide = "名".repeat(20 << 10);
    let names: Vec<&str> = std::iter::repeat_n([long.as_str(), wide.as_str()], 20).flatten().collect();
    let input = stream(&names);
    for form in TEXT.into_iter().chain(BINARY) {
        let drawn = render(form, &[], &input);
        if form == "svg" || form == "png" {
            assert!(drawn.stdout.len() < 2 << 20, "{form}: {} bytes", drawn.stdout.len());
        }
    }
    let narrow = render("table", &["--width", "80"], &input).text();
    let widest = narrow.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 200, "a line of {widest} characters in a table of 80");
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_line() {
    let mut input = stream(&NAMES[..2]);
    input.extend_from_slice(b"{\"record\":\"node\",\"agent\":\"\xff\xfe\",\"name\":\"\xc3\x28\"}\n\x00\x01\x02\n\xed\xa0\x80\n");
    let merged = run_scope(["merge"], &input).ended(1);
    is_safe_to_show("standard error", &merged.stderr);
    assert!(merged.words().contains("line 8"), "{}", merged.words());
    assert_eq!(merged.lines().len(), 7, "what is before still counts");
    did_not_panic(&run_scope(["merge", "--strict"], &input).ended(2));
}

/// An Arrow stream and a compressed one, cut at every place of a few hundred.
#[test]
fn cut_streams_end_in_words() {
    let input = stream(&NAMES);
    for flags in [&["-o", "arrow"][..], &["-o", "arrow", "--zstd"], &["--zstd"]] {
        let whole = run_scope([&["merge"], flags].concat(), &input).ok().stdout;
        for number in 1..40 {
            let at = whole.len() * number / 40;
            let ended = run_scope(["merge"], &whole[..at]);
            did_not_panic(&ended);
            let mut broken = whole.clone();
            broken[at] ^= 0x55;
            did_not_panic(&run_scope(["merge"], &broken));
        }
        let cut = run_scope(["merge", "--strict"], &whole[..whole.len() / 2]);
        assert!(cut.code() == Some(2) && !cut.words().is_empty(), "{flags:?}: {:?} {}", cut.code(), cut.words());
    }
}

/// Peak memory, as the kernel has it (`VmHWM`), of `scope` reading what a shell command writes; the last seen before it ends.
fn peak_while_reading(writer: &str, args: &[&str]) -> (u64, Finished) {
    let mut source = Command::new("bash").args(["-c", writer]).stdout(Stdio::piped()).spawn().unwrap();
    let mut child = scope_command(args).stdin(source.stdout.take().unwrap()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let seen = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        peak = peak.max(seen.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    source.wait().unwrap();
    (peak << 10, Finished { what: args.join(" "), status: output.status, stdout: output.stdout, stderr: output.stderr })
}

#[test]
fn a_line_of_a_gigabyte_is_passed_over_in_little_memory() {
    let good = record(&json!({"record": "node", "id": "host:h", "kind": "host", "name": "h"}));
    let writer = format!("head -c 1073741824 /dev/zero | tr '\\0' x; echo; echo '{good}'");
    let (peak, ended) = peak_while_reading(&writer, &["merge"]);
    eprintln!("a line of 1 GiB: peak memory {:.1} MB", peak as f64 / 1e6);
    did_not_panic(&ended);
    assert_eq!(ended.code(), Some(1), "{}", ended.words());
    assert!(ended.words().contains("line 1") && ended.words().len() < 2000, "{}", ended.words());
    assert_eq!(ended.lines().len(), 1, "what comes after it is read");
    assert!(peak > 0 && peak < 64 << 20, "{peak} bytes");
}

/// The same under compression, where a gigabyte is a few kilobytes.
#[test]
fn a_gigabyte_that_hides_in_a_few_bytes_costs_no_more() {
    let Some(()) = need::command("zstd") else { return };
    let (peak, ended) = peak_while_reading("head -c 1073741824 /dev/zero | zstd -q", &["merge"]);
    eprintln!("1 GiB under zstd: peak memory {:.1} MB", peak as f64 / 1e6);
    did_not_panic(&ended);
    assert!(peak > 0 && peak < 96 << 20, "{peak} bytes");
}

/// A record with more of everything than any has, and one as deep as the parser can be asked to go.
#[test]
fn records_without_measure() {
    let labels: serde_json::Map<String, Value> = (0..20_000).map(|number| (format!("l{number}"), json!("v"))).collect();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let parents: Vec<String> = (0..20_000).map(container).collect();
    let lines = [
        record(&json!({"record": "node", "id": container(1), "kind": "container", "name": "a", "attrs": {"labels": labels}})),
        record(&json!({"record": "node", "id": container(2), "kind": "container", "name": "b", "parents": parents})),
        record(&json!({"record": "node", "id": container(3), "kind": "container", "name": "c"}))
            .replace("\"name\":\"c\"", &format!("\"attrs\":{{\"x\":{deep}}}")),
        record(&json!({"record": "node", "id": container(4), "kind": "container", "name": "d", "parents": [container(4)]})),
    ];
    let input = lines.join("\n") + "\n";
    for form in TEXT.into_iter().chain(BINARY) {
        let mut command = scope_command(["render", "--show=all", "-o", form]);
        did_not_panic(&run_within(&mut command, input.as_bytes(), Duration::from_secs(100)));
    }
}

/// Arguments are hostile, too: they come from scripts and from files' names.
#[test]
fn arguments_do_no_harm_in_messages() {
    for args in [
        ["render", "--view", "\u{1b}[2Jx"],
        ["render", "--filter", "\u{1b}]0;x\u{7} >"],
        ["merge", "\u{1b}[31m.ndjson", "-"],
        ["render", "--group-by", "label:\u{9b}2J"],
        ["doctor", "--docker-endpoint", "unix:///\u{1b}[2J"],
        ["doctor", "--proc", "/\u{1b}[2J"],
    ] {
        let ended = run(Command::new(scope()).args(args), b"");
        did_not_panic(&ended);
        is_safe_to_show("standard output", &ended.stdout);
    }
}
