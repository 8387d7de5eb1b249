//! What a test cannot do without. Where it is missing the test says so and passes as skipped; with `SCOPE_TEST_REQUIRE=1`, as in CI, it fails.

use std::process::{Command, Stdio};

use crate::docker::Docker;

fn missing<T>(what: &str) -> Option<T> {
    assert!(std::env::var_os("SCOPE_TEST_REQUIRE").is_none_or(|set| set != "1"), "missing, and SCOPE_TEST_REQUIRE=1: {what}");
    let test = std::thread::current().name().unwrap_or("?").to_owned();
    eprintln!("skipped: {test}: {what}");
    None
}

/// A Docker daemon that answers, and busybox to make an image of.
pub fn docker() -> Option<Docker> {
    command("docker")?;
    command("busybox")?;
    let answers = Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if answers { Some(Docker::answering()) } else { missing("no Docker daemon answers; `.ci/dockerd start` runs one") }
}

/// To be root.
pub fn root() -> Option<()> {
    if rustix::process::geteuid().is_root() { Some(()) } else { missing("must be root") }
}

/// What a host of its own takes: root, and the programs that make it.
pub fn host() -> Option<()> {
    root()?;
    ["dockerd", "docker", "busybox", "ip", "iptables", "nsenter", "unshare", "setpriv"].into_iter().try_for_each(command)
}

/// A program on the path.
pub fn command(name: &str) -> Option<()> {
    let on_path = std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(name).is_file()));
    if on_path { Some(()) } else { missing(&format!("the program `{name}` is not installed; `make bootstrap` installs what is packaged")) }
}

/// Something that the test found out by trying: `ok` says whether it is there.
pub fn that(ok: bool, what: &str) -> Option<()> {
    if ok { Some(()) } else { missing(what) }
}
