//! Rules of the repository, as tests: borders between crates, size of files, what committed text may not hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use scope_tests::command::{checkout, run};
use scope_tests::need;

/// The files that are or would be committed.
fn paths() -> Option<BTreeSet<PathBuf>> {
    need::command("git")?;
    need::that(checkout().join(".git").exists(), "a git checkout, to know which files belong to the project")?;
    let listed = run(Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(checkout()), b"").ok();
    Some(listed.text().split_terminator('\0').map(PathBuf::from).collect())
}

/// Those files with their text; those that are not UTF-8 are left out.
fn files() -> Option<Vec<(PathBuf, String)>> {
    Some(paths()?.into_iter().filter_map(|path| Some((path.clone(), std::fs::read_to_string(checkout().join(&path)).ok()?))).collect())
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "rs")
}

fn is_fixture(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "fixtures")
}

/// Fails with all of `found`, so that one run shows everything there is to mend.
#[track_caller]
fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

fn metadata() -> serde_json::Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(cargo).args(["metadata", "--offline", "--locked", "--no-deps", "--format-version", "1"]).current_dir(checkout()), b"").ok().json()
}

#[test]
fn crates_depend_only_as_the_architecture_says() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("scope-core", &[][..]),
        ("scope-collect", &["scope-core"]),
        ("scope-render", &["scope-core"]),
        ("scope-serve", &["scope-core", "scope-render"]),
        ("scope-cli", &["scope-core", "scope-collect", "scope-render", "scope-serve"]),
        ("scope-examples", &["scope-core", "scope-collect", "scope-render", "scope-serve"]),
        ("scope-tests", &["scope-core"]),
    ]);
    let mut wrong = Vec::new();
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let Some(may) = allowed.get(name) else {
            wrong.push(format!("{name} is not in the architecture's table of crates"));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            if on.starts_with("scope-") && !may.contains(&on) {
                wrong.push(format!("{name} depends on {on}"));
            }
        }
    }
    assert!(packages.len() >= 5, "the workspace has its crates");
    none("arrows between crates that are not allowed", &wrong);
}

#[test]
fn core_has_no_runtime_no_transport_and_no_terminal() {
    let metadata = metadata();
    let core = metadata["packages"].as_array().unwrap().iter().find(|package| package["name"] == "scope-core").unwrap();
    let foreign = ["tokio", "futures", "hyper", "reqwest", "bollard", "axum", "clap", "rustix", "libc", "indicatif", "async-trait"];
    let wrong: Vec<String> = core["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|dependency| dependency["kind"].is_null())
        .filter_map(|dependency| dependency["name"].as_str())
        .filter(|name| foreign.iter().any(|word| name.starts_with(word)))
        .map(str::to_owned)
        .collect();
    none("scope-core depends on what does input, output or waiting", &wrong);
}

#[test]
fn every_dependency_has_its_version_in_one_place() {
    let Some(files) = files() else { return };
    let mut wrong = Vec::new();
    for (path, text) in files
        .iter()
        .filter(|(path, _)| path.ends_with("Cargo.toml") && path.components().count() > 1 && !path.components().any(|part| part.as_os_str() == "fuzz"))
    {
        let mut in_dependencies = false;
        for (number, line) in text.lines().enumerate() {
            if line.starts_with('[') {
                in_dependencies = line.ends_with("dependencies]");
            } else if in_dependencies && line.contains('=') && !line.contains("workspace = true") {
                wrong.push(format!("{}:{}: {line}", path.display(), number + 1));
            }
        }
    }
    none("dependencies that are not declared in [workspace.dependencies]", &wrong);
}

#[test]
fn nothing_committed_is_a_link() {
    let Some(paths) = paths() else { return };
    // Tools that walk a checkout follow links, to wherever on the machine they lead.
    let linked = paths.iter().filter(|path| checkout().join(path).is_symlink());
    none("links", &linked.map(|path| path.display().to_string()).collect::<Vec<_>>());
}

#[test]
fn files_are_short() {
    const LINES: usize = 500;
    /// Longer all the same: each is one loop or one table of steps that reads worse in parts.
    const WHOLE: [&str; 3] = ["net/aggregator.rs", "net/collector.rs", "docker/tests/replay.rs"];
    let Some(files) = files() else { return };
    let long = files.iter().filter(|(path, _)| is_rust(path) && !is_fixture(path));
    let long: Vec<String> = long
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(path, lines)| *lines > LINES && !WHOLE.iter().any(|whole| path.ends_with(whole)))
        .map(|(path, lines)| format!("{}: {lines}", path.display()))
        .collect();
    none("files of more than 500 lines", &long);
}

#[test]
fn modules_say_what_lives_in_them() {
    let Some(files) = files() else { return };
    // Tests beside a module are named after it, and speak through the names of their functions.
    let speaks = |path: &Path| path.file_name().is_some_and(|name| name == "tests.rs");
    let silent = files
        .iter()
        .filter(|(path, text)| is_rust(path) && !is_fixture(path) && !speaks(path) && !text.starts_with("//! ") && !text.starts_with("#![no_main]"));
    none("modules whose first line does not say what lives in them", &silent.map(|(path, _)| path.display().to_string()).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_undone() {
    // Put together here, so that this file does not find itself.
    let words =
        [["todo", "!("].concat(), ["unimplemented", "!("].concat(), ["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["not yet ", "implemented"].concat()];
    let Some(files) = files() else { return };
    let sources = files.iter().filter(|(path, _)| !is_fixture(path) && path.file_name().is_none_or(|name| name != "Cargo.lock"));
    none("work that is left undone", &lines_with(sources, |line| words.iter().any(|word| line.contains(word.as_str()))));
}

fn lines_with<'a>(files: impl Iterator<Item = &'a (PathBuf, String)>, wrong: impl Fn(&str) -> bool) -> Vec<String> {
    files
        .flat_map(|(path, text)| text.lines().enumerate().map(move |(number, line)| (path, number, line)))
        .filter(|(_, _, line)| wrong(line))
        .map(|(path, number, line)| format!("{}:{}: {}", path.display(), number + 1, line.chars().take(160).collect::<String>()))
        .collect()
}

#[test]
fn no_file_tells_where_it_was_written() {
    let Some(files) = files() else { return };
    let mut places = vec![checkout()];
    places.extend(std::env::var_os("CARGO_HOME").map(PathBuf::from));
    places.extend(std::env::home_dir());
    // The directory that checkouts lie in tells as much, unless everybody has one of that name.
    places.extend(
        checkout().parent().filter(|parent| ["/", "/tmp", "/opt", "/srv", "/usr/src"].iter().all(|common| *parent != Path::new(common))).map(Path::to_owned),
    );
    let places: Vec<String> = places.iter().filter(|place| place.components().count() > 1).map(|place| format!("{}/", place.display())).collect();
    // Where a path begins, not in the middle of another: `fixture/root/etc` is no home directory.
    let begins = |before: &str| !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}'));
    none(
        "paths of the machine that this was written on",
        &lines_with(files.iter(), |line| places.iter().any(|place| line.match_indices(place.as_str()).any(|(at, _)| begins(&line[..at])))),
    );
}

#[test]
fn packages_come_from_the_public_registry() {
    let lock = std::fs::read_to_string(checkout().join("Cargo.lock")).unwrap();
    let foreign: Vec<String> = lock
        .lines()
        .filter(|line| line.starts_with("source = ") && *line != "source = \"registry+https://github.com/rust-lang/crates.io-index\"")
        .map(str::to_owned)
        .collect();
    assert!(lock.contains("source = "), "the lock file names where packages come from");
    none("packages from elsewhere", &foreign);
    assert!(!checkout().join(".cargo/config.toml").exists(), "no settings of one machine's Cargo are committed");
}

#[test]
fn the_top_level_is_tidy() {
    let Some(files) = files() else { return };
    let directories = ["crates", "examples", "tests", "docs"];
    let named = [
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "SECURITY.md",
        "CONTRIBUTING.md",
        "Makefile",
        "rust-toolchain.toml",
        "rustfmt.toml",
        "clippy.toml",
        "deny.toml",
    ];
    let top: BTreeSet<(String, bool)> = files
        .iter()
        .map(|(path, _)| {
            let mut parts = path.components();
            (parts.next().unwrap().as_os_str().to_string_lossy().into_owned(), parts.next().is_some())
        })
        .collect();
    let stray = top.iter().filter(|(name, is_directory)| {
        !name.starts_with('.') && !if *is_directory { directories.contains(&name.as_str()) } else { named.contains(&name.as_str()) }
    });
    none("names at the top that do not belong there", &stray.map(|(name, _)| name.clone()).collect::<Vec<_>>());
    for name in named {
        assert!(checkout().join(name).is_file(), "`{name}` is missing");
    }
}

#[test]
fn lints_are_switched_off_for_a_reason() {
    let Some(files) = files() else { return };
    let mut wrong = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| is_rust(path) && !is_fixture(path)) {
        for start in ["[allow(", "[expect("] {
            for (at, _) in text.match_indices(start).filter(|(at, _)| text[..*at].ends_with('#') || text[..*at].ends_with("#!")) {
                let attribute = text[at..].split(")]").next().unwrap();
                if !attribute.contains("reason = \"") {
                    wrong.push(format!("{}:{}: {attribute}", path.display(), text[..at].lines().count()));
                }
            }
        }
    }
    none("lints that are switched off without a reason", &wrong);
}

#[test]
fn ignored_tests_have_a_reason() {
    let Some(files) = files() else { return };
    let ignored = ["#[ig", "nore]"].concat();
    none("tests that are ignored without a reason", &lines_with(files.iter().filter(|(path, _)| is_rust(path)), |line| line.contains(&ignored)));
}

#[test]
fn the_changelog_has_a_place_for_what_comes_next() {
    let text = std::fs::read_to_string(checkout().join("CHANGELOG.md")).unwrap();
    let unreleased = text.split("\n## ").nth(1).unwrap();
    assert!(unreleased.starts_with("[Unreleased]"), "the newest section is {unreleased:?}");
    assert!(unreleased.contains("\n- "), "and says something");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let Some(files) = files() else { return };
    let mut broken = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.extension().is_some_and(|kind| kind == "md")) {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap();
            if file.is_empty() || file.contains("://") || file.starts_with("mailto:") {
                continue;
            }
            if !checkout().join(path).parent().unwrap().join(file).exists() {
                broken.push(format!("{}: {target}", path.display()));
            }
        }
    }
    none("links that lead nowhere", &broken);
}
