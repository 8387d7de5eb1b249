//! `scope merge` of streams that go on, joined at an interval, and of files by pattern.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use scope_tests::command::{checkout, run_scope, scope_command};

fn recorded() -> Vec<String> {
    ["east.ndjson", "west.ndjson", "east-later.ndjson"]
        .iter()
        .flat_map(|name| std::fs::read_to_string(checkout().join("tests/fixtures/streams").join(name)).unwrap().lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// What was written at every interval, taken together, is what a join at the end says; and it comes while the input is still open.
#[test]
fn what_comes_at_an_interval_adds_up_to_the_whole() {
    let lines = recorded();
    let mut child = scope_command(["merge", "--every", "100ms"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut said = Vec::new();
    for half in lines.chunks(lines.len().div_ceil(2)) {
        for line in half {
            writeln!(stdin, "{line}").unwrap();
        }
        stdin.flush().unwrap();
        // The input is open, so this can only come of the interval.
        let mut line = String::new();
        assert!(stdout.read_line(&mut line).unwrap() > 0);
        said.push(line);
    }
    drop(stdin);
    said.extend(stdout.lines().map(|line| line.unwrap() + "\n"));
    assert!(child.wait().unwrap().success());
    let joined = run_scope(["merge"], said.concat().as_bytes()).ok().text();
    let expected = run_scope(["merge"], (lines.join("\n") + "\n").as_bytes()).ok().text();
    assert!(joined == expected, "joined at an interval:\n{joined}\nat the end:\n{expected}");
    assert!(said.len() < lines.len() * 2, "what did not change is not said again: {} records of {}", said.len(), lines.len());
}

#[test]
fn a_pattern_stands_for_files() {
    let pattern = checkout().join("tests/fixtures/streams/ea*.ndjs?n");
    let names = ["east.ndjson", "east-later.ndjson"].map(|name| checkout().join("tests/fixtures/streams").join(name).into_os_string());
    let expected = run_scope(["merge".into()].into_iter().chain(names), b"").ok().stdout;
    assert_eq!(run_scope(["merge".into(), pattern.into_os_string()], b"").ok().stdout, expected);
    let none = run_scope(["merge", "no-such-*.ndjson"], b"").ended(2);
    assert!(none.words().contains("no-such-*.ndjson"), "{}", none.words());
}
