//! `scope token` and `scope serve enrol` on a data directory, without a server and after one.

use scope_tests::command::run_scope;

fn scope(dir: &tempfile::TempDir, args: &[&str]) -> scope_tests::command::Finished {
    let data = dir.path().join("data");
    run_scope(args.iter().copied().chain(["--data-dir", data.to_str().unwrap()]), b"")
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let secret = scope(&dir, &["token", "create", "grafana", "--filter", "app:web", "--expires", "30d"]).ok().text().trim().to_owned();
    assert!(secret.starts_with("scope_viewer_") && !secret.contains(char::is_whitespace), "the token alone: {secret}");
    let listed = scope(&dir, &["token", "list", "--json"]).ok().text();
    let token: serde_json::Value = serde_json::from_str(listed.trim()).unwrap();
    assert_eq!((token["name"].as_str(), token["role"].as_str()), (Some("grafana"), Some("viewer")));
    assert!(!listed.contains(&secret), "a secret is shown once");
    drop(scope(&dir, &["token", "revoke", token["id"].as_str().unwrap()]).ok());
    assert_eq!(scope(&dir, &["token", "list", "--json"]).ok().text(), "");
}

#[test]
fn an_enrolment_needs_an_address_that_other_hosts_reach_safely() {
    let dir = tempfile::tempdir().unwrap();
    let words = scope(&dir, &["serve", "enrol"]).ended(2).words();
    assert!(words.contains("--url"), "no server has started on these files: {words}");
    let words = scope(&dir, &["serve", "enrol", "--url", "http://10.0.0.1:4040"]).ended(2).words();
    assert!(words.contains("--insecure"), "{words}");
    let string = scope(&dir, &["serve", "enrol", "--url", "https://scope.example:4040", "--agent", "host-a"]).ok().text();
    assert!(string.starts_with("scope1:") && string.trim().lines().count() == 1, "{string}");
}

#[cfg(unix)]
#[test]
fn a_damaged_database_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    drop(scope(&dir, &["token", "create", "x"]).ok());
    let path = dir.path().join("data/scope.redb");
    std::fs::write(&path, "no database").unwrap();
    let words = scope(&dir, &["token", "list"]).ended(2).words();
    assert!(words.contains("is damaged") && words.contains(&format!("mv {}", path.display())), "{words}");
}
