//! `scope token`, `scope serve enrol` and `scope collect --push`: who is let in, and what those are told who are not.

use scope_tests::command::{Finished, run_scope};
use scope_tests::server::Server;

fn scope(dir: &tempfile::TempDir, args: &[&str]) -> Finished {
    let data = dir.path().join("data");
    run_scope(args.iter().copied().chain(["--data-dir", data.to_str().unwrap()]), b"")
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let server = Server::start(&["--no-collect"]);
    let list = || server.scope(&["token", "list", "--json"]).ok().text();
    let before = list();
    let secret = server.scope(&["token", "create", "grafana", "--filter", "app:web", "--expires", "30d"]).ok().text().trim().to_owned();
    assert!(secret.starts_with("scope_viewer_") && !secret.contains(char::is_whitespace), "the token alone: {secret}");
    let listed = list();
    let token: serde_json::Value = serde_json::from_str(listed.lines().find(|line| !before.contains(line)).unwrap()).unwrap();
    assert_eq!((token["name"].as_str(), token["role"].as_str()), (Some("grafana"), Some("viewer")));
    assert!(!listed.contains(&secret), "a secret is shown once");
    drop(server.scope(&["token", "revoke", token["id"].as_str().unwrap()]).ok());
    assert_eq!(list(), before);
}

/// What is put where no server looks would be known to nobody.
#[test]
fn a_directory_without_a_server_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    for args in
        [&["token", "create", "x"][..], &["token", "list"], &["serve", "enrol"], &["serve", "enrol", "--url", "https://h:1"], &["serve", "agents", "list"]]
    {
        let ended = scope(&dir, args).ended(2);
        assert!(ended.stdout.is_empty() && ended.words().contains("scope serve --data-dir"), "{args:?}: {}", ended.words());
        assert!(!dir.path().join("data").exists(), "{args:?} made it");
    }
}

#[test]
fn an_enrolment_needs_an_address_that_other_hosts_reach_safely() {
    let server = Server::start(&["--no-collect"]);
    let words = server.scope(&["serve", "enrol"]).ended(2).words();
    assert!(words.contains("--url"), "it listens on this machine only: {words}");
    let words = server.scope(&["serve", "enrol", "--url", "http://10.0.0.1:4040"]).ended(2).words();
    assert!(words.contains("--insecure"), "{words}");
    let string = server.scope(&["serve", "enrol", "--url", "https://scope.example:4040", "--agent", "host-a"]).ok().text();
    assert!(string.starts_with("scope1:") && string.trim().lines().count() == 1, "{string}");
}

#[test]
fn an_agent_that_is_not_let_in_is_told_what_to_do() {
    // Each has a server of its own: ten attempts that fail are all that an address has at once.
    let servers = ["auto", "grpc", "websocket"].map(|transport| (transport, Server::start(&["--no-collect"])));
    let dir = tempfile::tempdir().unwrap();
    let push = |to: &str, state: &str, flags: &[&str]| {
        let state = dir.path().join(state);
        let collect = ["collect", "--only", "host", "--every", "200ms", "--count", "2", "--push", to, "--state-dir", state.to_str().unwrap()];
        run_scope([&collect, flags].concat(), b"")
    };
    std::thread::scope(|threads| {
        for (transport, server) in &servers {
            let (url, viewer) = (format!("http://{}", server.address()), server.new_token(&["--role", "viewer"]));
            for (name, flags, expected) in [
                ("unknown", &["--push-token", "scope_admin_wrong"][..], "the server refuses this token: it is unknown there"),
                ("viewer", &["--push-token", &viewer], "the server refuses this token: not allowed: this needs a token with the role admin"),
                ("nobody", &[], "the server lets in only agents that it knows"),
            ] {
                let (push, url) = (&push, url.clone());
                let flags = [flags, &["--push-transport", transport]].concat();
                let flags: Vec<String> = flags.into_iter().map(str::to_owned).collect();
                threads.spawn(move || {
                    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
                    let words = push(&url, &format!("{transport}-{name}"), &flags).words();
                    assert!(words.contains(expected) && words.contains("scope serve enrol"), "{name} over {transport}: {words}");
                    assert!(!words.contains("cannot be reached") && !words.contains("compression"), "{name} over {transport}: {words}");
                });
            }
        }
    });
    let server = Server::start(&["--no-collect"]);
    let string = server.scope(&["serve", "enrol", "--url", &format!("http://{}", server.address())]).ok().text();
    drop(push(string.trim(), "first", &[]).ok());
    let words = push(string.trim(), "second", &["--agent", "another"]).ended(2).words();
    assert!(words.contains("it was used, or has ended") && words.contains("make another with `scope serve enrol`"), "{words}");
}

#[test]
fn an_address_that_is_taken_comes_with_another() {
    let server = Server::start(&["--no-collect"]);
    let data = tempfile::tempdir().unwrap();
    let taken = server.address().to_string();
    let words = run_scope(["serve", "--bind", &taken, "--data-dir", data.path().to_str().unwrap()], b"").ended(2).words();
    let other = format!("--bind 127.0.0.1:{}", server.address().port() + 1);
    assert!(words.contains(&taken) && words.contains(&other), "{words}");
}

#[cfg(unix)]
#[test]
fn a_damaged_database_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700).create(dir.path().join("data")).unwrap();
    let path = dir.path().join("data/scope.redb");
    std::fs::write(&path, "no database").unwrap();
    let words = scope(&dir, &["token", "list"]).ended(2).words();
    assert!(words.contains("is damaged") && words.contains(&format!("mv {}", path.display())), "{words}");
}
