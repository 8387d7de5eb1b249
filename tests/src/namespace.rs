//! Network namespaces of one test, with links between them. Needs root and `ip`.

use std::fs::File;
use std::os::fd::AsFd;
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

/// A link between two namespaces. Both ends stay where they are when this is dropped.
#[derive(Clone, Debug)]
pub struct Cable {
    namespace: String,
    link: String,
}

impl Cable {
    /// What is sent from either end gets lost, until it is mended.
    #[track_caller]
    pub fn cut(&self) {
        ip(&["-n", &self.namespace, "link", "set", &self.link, "down"]);
    }

    /// It carries again.
    #[track_caller]
    pub fn mend(&self) {
        ip(&["-n", &self.namespace, "link", "set", &self.link, "up"]);
    }
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

    /// Moves this thread into it, and with it all that the thread starts from now on.
    pub fn enter(&self) {
        let file = File::open(Path::new("/run/netns").join(&self.name)).expect("the namespace is there");
        rustix::thread::move_into_link_name_space(file.as_fd(), Some(rustix::thread::LinkNameSpaceType::Network)).expect("root may enter it");
    }

    /// A cable to another namespace: both ends up, with these addresses (`10.9.0.1/24`).
    #[track_caller]
    pub fn cable(&self, address: &str, other: &Self, other_address: &str) -> Cable {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (a, b) = (format!("sit{}a{number}", std::process::id() % 100_000), format!("sit{}b{number}", std::process::id() % 100_000));
        ip(&["link", "add", &a, "netns", &self.name, "type", "veth", "peer", "name", &b, "netns", &other.name]);
        for (namespace, link, address) in [(self, &a, address), (other, &b, other_address)] {
            ip(&["-n", &namespace.name, "addr", "add", address, "dev", link, "nodad"]);
            ip(&["-n", &namespace.name, "link", "set", link, "up"]);
        }
        Cable { namespace: self.name.clone(), link: a }
    }

    /// Runs a program in it to its end.
    #[track_caller]
    pub fn run(&self, program: &str, args: &[&str]) {
        let _ = run(Command::new("ip").args(["netns", "exec", &self.name, program]).args(args), b"").ok();
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
