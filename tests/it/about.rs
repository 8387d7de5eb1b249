//! What the command says of the machine and of itself: `doctor`, `completions`, `man`, and what it does on a terminal.

use std::process::Command;

use scope_tests::command::{bash, checkout, run, run_scope, scope, scope_command};
use scope_tests::need;
use serde_json::Value;

fn findings(said: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    said["findings"].as_array().unwrap().iter().map(|finding| (text(&finding["topic"]), text(&finding["state"]))).collect()
}

/// The exit code says whether something is missing, and the findings say the same in both forms.
#[test]
fn doctor_says_what_it_found_and_exits_by_it() {
    let said = run_scope(["doctor", "-o", "json"], b"");
    let json = said.json();
    let missing = findings(&json).iter().filter(|(_, state)| state == "missing").count();
    assert_eq!(json["missing"], missing);
    assert_eq!(said.code(), Some(i32::from(missing > 0)), "{}", said.text());
    for finding in json["findings"].as_array().unwrap() {
        assert!(finding["state"] == "ok" || finding["mend"].as_str().is_some_and(|mend| !mend.is_empty()), "{finding}");
    }
    let table = run_scope(["doctor"], b"").text();
    for topic in [
        "figures",
        "pressure",
        "clock",
        "engine",
        "control groups",
        "processes",
        "sockets",
        "network namespaces",
        "connection tracking",
        "bridged connections",
        "BPF",
    ] {
        assert!(table.contains(topic) && findings(&json).iter().any(|(found, _)| found == topic), "{topic}: {table}");
    }
    let only = run_scope(["doctor", "--only", "host", "-o", "json"], b"").json();
    assert!(only["findings"].as_array().unwrap().iter().all(|finding| finding["source"] == "host"));
}

/// Root sees the sockets of all processes; an ordinary user is told what is closed, and is not told that it is fine.
#[test]
fn doctor_knows_an_ordinary_user() {
    let Some(()) = need::root() else { return };
    let Some(()) = need::command("setpriv") else { return };
    let scratch = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(scratch.path(), open).unwrap();
    // The build directory may be closed to others.
    let binary = scratch.path().join("scope");
    std::fs::copy(scope(), &binary).unwrap();
    let ordinary = run(
        Command::new("setpriv")
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"])
            .arg(&binary)
            .args(["doctor", "-o", "json"])
            .env_remove("DOCKER_HOST"),
        b"",
    )
    .ended(1)
    .json();
    let of = |topic: &str| findings(&ordinary).into_iter().find(|(found, _)| found == topic).map(|(_, state)| state);
    assert_eq!(of("figures").as_deref(), Some("ok"));
    assert_eq!(of("open files of others").as_deref(), Some("missing"), "{ordinary}");
    assert_eq!(of("network namespaces").as_deref(), Some("missing"), "{ordinary}");
    let root = run_scope(["doctor", "-o", "json"], b"").json();
    assert!(findings(&root).contains(&("open files of others".to_owned(), "ok".to_owned())), "{root}");
}

#[test]
fn doctor_changes_nothing() {
    let settings = || {
        ["net/netfilter/nf_conntrack_acct", "net/netfilter/nf_conntrack_events", "net/bridge/bridge-nf-call-iptables", "kernel/unprivileged_bpf_disabled"]
            .map(|name| std::fs::read_to_string(format!("/proc/sys/{name}")).unwrap_or_default())
    };
    let before = settings();
    let _ = run_scope(["doctor"], b"");
    assert_eq!(settings(), before);
}

#[test]
fn completions_load_in_their_shells() {
    let scratch = tempfile::tempdir().unwrap();
    let script = r#"source <(scope completions bash)
complete -p scope >/dev/null
COMP_WORDS=(scope re); COMP_CWORD=1; COMP_LINE="scope re"; COMP_POINT=8
_scope scope re scope
[[ " ${COMPREPLY[*]} " == *" render "* ]]"#;
    let _ = bash(script, scratch.path()).ok();
    for (shell, word) in [("zsh", "#compdef scope"), ("fish", "complete -c scope"), ("elvish", "edit:completion"), ("powershell", "Register-ArgumentCompleter")]
    {
        let text = run_scope(["completions", shell], b"").ok().text();
        assert!(text.contains(word) && text.contains("doctor"), "{shell}");
    }
}

#[test]
fn manual_pages_can_be_read() {
    let scratch = tempfile::tempdir().unwrap();
    let _ = run(scope_command(["man"]).arg(scratch.path()), b"").ok();
    let mut pages: Vec<String> = std::fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    pages.sort();
    for command in ["scope", "scope-collect", "scope-merge", "scope-render", "scope-doctor"] {
        assert!(pages.contains(&format!("{command}.1")), "{pages:?}");
    }
    let whole = run_scope(["man"], b"").ok().text();
    assert!(whole.starts_with(".ie") && whole.contains("Exit status"), "{whole}");
    let none = run_scope(["man", "/no/such/directory"], b"").ended(2);
    assert!(none.words().contains("/no/such/directory"), "{}", none.words());
    let Some(()) = need::command("groff") else { return };
    for page in pages {
        let ended = run(Command::new("groff").args(["-man", "-Kutf8", "-Tutf8", "-ww"]).arg(scratch.path().join(&page)), b"").ok();
        let name = page.strip_suffix(".1").unwrap();
        assert!(ended.words().is_empty() && ended.text().contains(&format!("{name}(1)")), "{page}: {}{}", ended.words(), ended.text());
    }
}

/// Runs a command line with a terminal as its standard output; what appeared there.
fn on_a_terminal(line: &str) -> Option<String> {
    need::command("script")?;
    let scratch = tempfile::tempdir().unwrap();
    let ended = bash(&format!("TERM=xterm script -qec '{line}' /dev/null </dev/null"), scratch.path());
    Some(ended.text())
}

#[test]
fn a_terminal_gets_a_table_and_a_pipe_lines() {
    let east = checkout().join("tests/fixtures/streams/east.ndjson");
    let piped = run_scope(["render".into(), east.clone().into_os_string()], b"").ok().lines();
    assert_eq!(piped[0]["type"], "view");
    let Some(shown) = on_a_terminal(&format!("scope render {}", east.display())) else { return };
    assert!(shown.contains("NAME") && shown.contains("east-web"), "{shown}");
    assert!(shown.contains('\x1b'), "a terminal gets colours: {shown:?}");
    for line in [format!("NO_COLOR=1 scope render {}", east.display()), "NO_COLOR=1 scope doctor".to_owned()] {
        let plain = on_a_terminal(&line).unwrap();
        assert!(!plain.contains('\x1b'), "NO_COLOR is heeded: {plain:?}");
    }
    let told = on_a_terminal("scope doctor").unwrap();
    assert!(told.contains("\x1b[32mok"), "{told:?}");
}

#[test]
fn every_help_tells_the_exit_codes() {
    for args in [&["--help"][..], &["collect", "--help"], &["merge", "--help"], &["render", "--help"], &["doctor", "--help"]] {
        let help = run_scope(args, b"").ok().text();
        assert!(help.contains("Exit status"), "{args:?}: {help}");
    }
}
