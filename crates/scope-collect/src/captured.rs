//! The captured `/proc` of the tests, as a tree on disk. Links of processes, such as `cwd`, lead to anywhere on a machine, and whatever walks a
//! checkout would follow them; so they are kept as text in `hybrid.links`, and made in a directory of their own here.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tempfile::TempDir;

/// The captured tree (see `tests/fixtures/proc/README.md`).
pub(crate) fn proc() -> PathBuf {
    static TREE: LazyLock<TempDir> = LazyLock::new(|| {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/proc");
        let tree = tempfile::tempdir().unwrap();
        copy(&fixtures.join("hybrid"), tree.path());
        for line in fs::read_to_string(fixtures.join("hybrid.links")).unwrap().lines() {
            let (link, target) = line.split_once('\t').unwrap();
            let link = tree.path().join(link);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(target, link).unwrap();
        }
        tree
    });
    TREE.path().to_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
