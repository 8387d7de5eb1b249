//! The programs and pipelines in examples/ are run, on recorded streams and on this machine.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use scope_tests::command::{LIMIT, Running, bash, checkout, example, run, run_scope};
use scope_tests::need;

fn stream(name: &str) -> PathBuf {
    checkout().join("tests/fixtures/streams").join(name)
}

#[test]
fn collect_once_tells_of_this_host() {
    let said = run(&mut Command::new(example("collect_once")), b"").ok().text();
    assert!(said.lines().any(|line| line.starts_with("host ")), "{said}");
}

#[test]
fn merge_streams_joins_as_the_command_does() {
    let files = ["east.ndjson", "west-later.ndjson"].map(stream);
    let ours = run(Command::new(example("merge_streams")).args(&files), b"").ok().stdout;
    let theirs = run_scope(["merge".into()].into_iter().chain(files.map(PathBuf::into_os_string)), b"").ok().stdout;
    assert_eq!(ours, theirs);
}

#[test]
fn render_svg_draws_a_picture() {
    let input = std::fs::read(stream("east.ndjson")).unwrap();
    let picture = run(Command::new(example("render_svg")).args(["containers", "compose_project:shop"]), &input).ok().text();
    assert!(picture.contains("<svg") && picture.contains("east-web") && !picture.contains("east-paused"), "{picture}");
}

#[test]
fn custom_source_stands_beside_the_others() {
    let said = run(Command::new(example("custom_source")).args(["east", "42"]), b"").ok().stdout;
    let input = [std::fs::read(stream("east.ndjson")).unwrap(), said].concat();
    let merged = run_scope(["merge", "--strict"], &input).ok().stdout;
    let table = run_scope(["render", "--view", "hosts", "--columns", "name,queue_length", "-o", "csv"], &merged).ok().text();
    assert!(table.lines().any(|line| line.ends_with(",42")), "{table}");
}

#[test]
fn serve_records_serves_what_it_is_given() {
    let scratch = tempfile::tempdir().unwrap();
    // The stream ends and its agent falls silent: what it said stands for a minute.
    let script = format!("exec '{}' data < '{}'", example("serve_records").display(), stream("east.ndjson").display());
    let running = Running::start(Command::new("bash").current_dir(scratch.path()).args(["-c", &script]));
    let url = running.line(LIMIT).expect("it says where it is");
    let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let end = Instant::now() + LIMIT;
    loop {
        let mut connection = TcpStream::connect(&address).unwrap();
        write!(connection, "GET /api/v1/views/containers HTTP/1.0\r\nhost: {address}\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        if answer.contains("east-web") {
            break;
        }
        assert!(Instant::now() < end, "{answer}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn pipelines_print_something() {
    let directory = checkout().join("examples/pipelines");
    let mut scripts: Vec<PathBuf> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|kind| kind == "sh")).collect();
    scripts.sort();
    assert!(scripts.len() >= 5);
    let mut failed = Vec::new();
    for script in scripts {
        let name = script.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&script).unwrap();
        let head = |word: &str| text.lines().find_map(|line| line.strip_prefix(word)).unwrap_or_default().trim().to_owned();
        // `# needs: jq` is required; `# where: COMMAND` runs the script only where the command succeeds.
        if head("# needs:").split_whitespace().any(|name| need::command(name).is_none()) {
            continue;
        }
        let scratch = tempfile::tempdir().unwrap();
        let only_where = head("# where:");
        if !only_where.is_empty() && !bash(&only_where, scratch.path()).status.success() {
            eprintln!("left out: {name}: `{only_where}` fails here");
            continue;
        }
        let ended = bash(&format!("bash -eu -o pipefail '{}'", script.display()), scratch.path());
        if !ended.status.success() {
            failed.push(format!("{name}: ended with {}\n{}", ended.status, ended.words()));
        } else if ended.stdout.is_empty() {
            failed.push(format!("{name}: printed nothing"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
