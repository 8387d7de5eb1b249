//! The commands in README.md and docs/ are run as they stand there. The convention is told in `docs/testing.md`.

use std::path::{Path, PathBuf};
use std::process::Command;

use scope_tests::command::{bash, checkout, run};
use scope_tests::need;

/// A fenced block of a document.
#[derive(Debug, PartialEq)]
struct Fence {
    /// What stands after the backticks.
    info: String,
    /// The number of its first line of text.
    line: usize,
    text: String,
}

fn fences(document: &str) -> Vec<Fence> {
    let mut found = Vec::new();
    let mut open: Option<Fence> = None;
    for (number, line) in document.lines().enumerate() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(info), None) => open = Some(Fence { info: info.trim().to_owned(), line: number + 2, text: String::new() }),
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some(fence)) => {
                fence.text.push_str(line);
                fence.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fence is not closed: {open:?}");
    found
}

#[test]
fn fences_are_found() {
    let found = fences("a\n```sh\nscope collect\n```\n```text\nb\n```\n```sh no-run\nmake\n```\n");
    let of = |info: &str, line, text: &str| Fence { info: info.to_owned(), line, text: text.to_owned() };
    assert_eq!(found, [of("sh", 3, "scope collect\n"), of("text", 6, "b\n"), of("sh no-run", 9, "make\n")]);
}

fn documents() -> Vec<PathBuf> {
    let mut found = vec![checkout().join("README.md")];
    let mut directories = vec![checkout().join("docs")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|kind| kind == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Programs that a document may use beside the shell's own and `scope`.
const PROGRAMS: [&str; 8] = ["jq", "duckdb", "dot", "rsvg-convert", "sqlite3", "zstd", "python3", "docker"];

fn check(path: &Path) -> Result<usize, String> {
    let text = std::fs::read_to_string(path).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let mut ran = 0;
    for fence in fences(&text) {
        let place = || format!("{}:{}", path.strip_prefix(checkout()).unwrap_or(path).display(), fence.line);
        match fence.info.as_str() {
            "sh" => {
                let is_used = |name: &str| fence.text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').any(|word| word == name);
                if PROGRAMS.into_iter().filter(|name| is_used(name)).any(|name| need::command(name).is_none()) {
                    continue;
                }
                let ended = bash(&fence.text, scratch.path());
                if !ended.status.success() {
                    return Err(format!("{}: ended with {}\n{}{}", place(), ended.status, fence.text, ended.words()));
                }
                ran += 1;
            }
            // Not run, but it must be a script.
            "sh no-run" => {
                let parsed = run(Command::new("bash").args(["-n", "-c", &fence.text]), b"");
                if !parsed.status.success() {
                    return Err(format!("{}: is no script\n{}", place(), parsed.words()));
                }
            }
            "bash" | "shell" | "console" | "" => return Err(format!("{}: a fence is tagged `{}`; use `sh`, `sh no-run` or `text`", place(), fence.info)),
            _ => {}
        }
    }
    Ok(ran)
}

#[test]
fn commands_in_the_documents_work() {
    let mut failed = Vec::new();
    let mut ran = 0;
    for path in documents() {
        match check(&path) {
            Ok(count) => ran += count,
            Err(error) => failed.push(error),
        }
    }
    assert!(failed.is_empty(), "commands that do not work as they stand:\n{}", failed.join("\n"));
    assert!(ran > 0, "the README shows at least one command that runs");
    eprintln!("{ran} blocks of commands ran");
}
