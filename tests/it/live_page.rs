//! The page, driven in the system's Chromium against the command itself: what it shows of real containers and of fleets that are made up, its live hosts against
//! real agents. The tests themselves are in the page's folder, `tests/*.spec.ts`; each file of them is a test here. None of the page's logic is tested here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a failed test may panic, and starts programs")]

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use scope_tests::docker::{self, World};
use scope_tests::{command, need};

fn folder() -> PathBuf {
    command::checkout().join("crates/scope-serve/ui")
}

/// Runs the tests of one file. Their browser and servers end with them.
#[track_caller]
fn spec(name: &str, world: Option<&World>) {
    let results = tempfile::tempdir().unwrap();
    let mut runner = Command::new("node");
    runner.current_dir(folder()).args(["node_modules/@playwright/test/cli.js", "test", &format!("tests/{name}.spec.ts")]);
    runner.env("SCOPE_BIN", command::scope()).env("SCOPE_TEST_OUTPUT", results.path()).env("NO_COLOR", "1").env("CI", "1");
    if let Some(world) = world {
        runner.env("SCOPE_TEST_IMAGE", world.image()).env("SCOPE_TEST_NAME", world.name()).env("SCOPE_TEST_LABEL", docker::label());
    }
    let ran = command::run_within(&mut runner, b"", Duration::from_mins(9));
    assert!(ran.status.success(), "{name}.spec.ts:\n{}\n{}", ran.text(), ran.words());
    // A file without tests succeeds too, and says so here.
    assert!(ran.text().contains(" passed"), "{name}.spec.ts ran nothing:\n{}", ran.text());
}

fn browser() -> Option<()> {
    need::command("node")?;
    need::command("chromium")?;
    need::that(folder().join("node_modules/@playwright/test/cli.js").exists(), "the page's packages are not installed; `make ui` installs them")?;
    need::that(folder().join("build/app/index.html").exists(), "the page is not built; `make ui` builds it")
}

#[test]
fn the_app_on_a_fleet() {
    let Some(()) = browser() else { return };
    spec("app", None);
}

#[test]
fn finding_pages_and_themes() {
    let Some(()) = browser() else { return };
    spec("shell", None);
}

#[test]
fn the_table_resources_and_panels() {
    let Some(()) = browser() else { return };
    spec("table", None);
    spec("figures", None);
}

#[test]
fn the_map_by_keys_mouse_and_fingers() {
    let Some(()) = browser() else { return };
    spec("map", None);
}

#[test]
fn rare_states_of_the_page() {
    let Some(()) = browser() else { return };
    spec("states", None);
}

#[test]
fn live_hosts_against_real_agents_and_liars() {
    let (Some(()), Some(docker)) = (browser(), need::docker()) else { return };
    spec("hosts", Some(&World::new(&docker)));
}

#[test]
fn the_app_on_real_containers() {
    let (Some(()), Some(docker)) = (browser(), need::docker()) else { return };
    spec("real", Some(&World::new(&docker)));
}

/// A file that is not run by a test here would be forgotten.
#[test]
fn every_file_of_tests_is_run() {
    let this = include_str!("live_page.rs");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder().join("tests")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(name) = name.strip_suffix(".spec.ts") {
            assert!(this.contains(&format!("spec(\"{name}\"")), "{name}.spec.ts is run by nothing");
            seen += 1;
        }
    }
    assert!(seen > 0);
}
