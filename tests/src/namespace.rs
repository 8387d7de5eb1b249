//! Network namespaces of one test, with links between them. Needs root and `ip`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::command::{Running, run};

/// A network namespace under `/run/netns`; deleted when this is dropped, and its links with it.
#[derive(Debug)]
pub struct Namespace {
    /// Its name for `ip netns`.
    pub name: String,
}

/// What names begin with; the process that made it follows.
const PREFIX: &str = "scope-it-";

/// Deletes what tests left that were killed before they could.
fn sweep() {
    for entry in std::fs::read_dir("/run/netns").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let maker = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if maker.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            drop(run(Command::new("ip").args(["netns", "del", &name]), b""));
            crate::host::remove_groups(&name, Duration::ZERO);
        }
    }
}

/// Runs `ip` with these arguments.
#[track_caller]
pub fn ip(args: &[&str]) {
    let _ = run(Command::new("ip").args(args), b"").ok();
}

impl Namespace {
    /// A new namespace with loopback up.
    #[track_caller]
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        static SWEPT: Once = Once::new();
        SWEPT.call_once(sweep);
        let name = format!("{PREFIX}{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        ip(&["netns", "add", &name]);
        let namespace = Self { name };
        ip(&["-n", &namespace.name, "link", "set", "lo", "up"]);
        namespace
    }

    /// A cable to another namespace: both ends up, with these addresses (`10.9.0.1/24`).
    #[track_caller]
    pub fn cable(&self, address: &str, other: &Self, other_address: &str) {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (a, b) = (format!("sit{}a{number}", std::process::id() % 100_000), format!("sit{}b{number}", std::process::id() % 100_000));
        ip(&["link", "add", &a, "netns", &self.name, "type", "veth", "peer", "name", &b, "netns", &other.name]);
        for (namespace, link, address) in [(self, &a, address), (other, &b, other_address)] {
            ip(&["-n", &namespace.name, "addr", "add", address, "dev", link, "nodad"]);
            ip(&["-n", &namespace.name, "link", "set", link, "up"]);
        }
    }

    /// Runs a program in it, on and on.
    #[track_caller]
    pub fn start(&self, program: &str, args: &[&str]) -> Running {
        Running::start(Command::new("ip").args(["netns", "exec", &self.name, program]).args(args))
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let status = Command::new("ip").args(["netns", "del", &self.name]).stderr(Stdio::inherit()).status();
        if !status.is_ok_and(|status| status.success()) {
            eprintln!("could not delete the network namespace {}", self.name);
        }
    }
}
