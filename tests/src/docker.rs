//! Containers, networks and an image of one test on the real daemon. Everything has the test's own name, and is removed by id when the test ends.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::command::{self, Finished};

/// A Docker daemon that answers; had from [`crate::need::docker`], or of a host of one test from [`crate::host::Host::docker`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Docker {
    /// The address of its socket; `None` for the usual one.
    at: Option<String>,
}

impl Docker {
    pub(crate) fn answering() -> Self {
        Self { at: None }
    }

    pub(crate) fn at(socket: &Path) -> Self {
        Self { at: Some(format!("unix://{}", socket.display())) }
    }

    fn command(&self) -> Command {
        let mut docker = Command::new("docker");
        if let Some(at) = &self.at {
            docker.args(["--host", at]);
        }
        docker
    }

    /// Runs `docker` with these arguments.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Finished {
        command::run(self.command().args(args), b"")
    }

    /// What `docker inspect` says of one thing.
    #[track_caller]
    pub fn inspect(&self, id: &str) -> Value {
        self.run(&["inspect", id]).ok().json()[0].clone()
    }
}

/// The label of everything that a test makes; its value says whose it is.
const OWNER: &str = "scope.test.owner";

/// Runs `docker` with these arguments, on the usual daemon.
#[track_caller]
pub fn docker(args: &[&str]) -> Finished {
    Docker::answering().run(args)
}

/// What `docker inspect` says of one thing, on the usual daemon.
#[track_caller]
pub fn inspect(id: &str) -> Value {
    Docker::answering().inspect(id)
}

/// What one test made.
#[derive(Debug)]
pub struct World {
    docker: Docker,
    name: String,
    image: String,
    made: RefCell<Made>,
}

#[derive(Debug, Default)]
struct Made {
    containers: Vec<String>,
    networks: Vec<String>,
    volumes: Vec<String>,
}

/// A container of the test's world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The 64 hexadecimal digits.
    pub id: String,
    /// Its name on the daemon.
    pub name: String,
    docker: Docker,
}

impl Container {
    /// Its id in records and graphs.
    pub fn node(&self) -> String {
        format!("container:{}", self.id)
    }

    /// What `docker inspect` says of it.
    #[track_caller]
    pub fn inspect(&self) -> Value {
        self.docker.inspect(&self.id)
    }

    /// The port of the host that leads to `port` (`7000/tcp`) of it.
    #[track_caller]
    pub fn published(&self, port: &str) -> String {
        self.inspect()["NetworkSettings"]["Ports"][port][0]["HostPort"].as_str().expect("a published port").to_owned()
    }

    /// The process id, on the host, of its first process.
    pub fn pid(&self) -> u32 {
        self.inspect()["State"]["Pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()).expect("a pid")
    }

    /// Its address on `network`.
    pub fn address(&self, network: &str) -> String {
        self.inspect()["NetworkSettings"]["Networks"][network]["IPAddress"].as_str().filter(|at| !at.is_empty()).expect("an address").to_owned()
    }

    /// Its IPv6 address on `network`.
    pub fn address6(&self, network: &str) -> String {
        self.inspect()["NetworkSettings"]["Networks"][network]["GlobalIPv6Address"].as_str().filter(|at| !at.is_empty()).expect("an IPv6 address").to_owned()
    }

    /// Runs a program in it.
    #[track_caller]
    pub fn exec(&self, args: &[&str]) -> Finished {
        self.docker.run(&[&["exec", &self.id], args].concat())
    }

    /// Waits until it has written `text` to its log.
    #[track_caller]
    pub fn said(&self, text: &str) {
        until(&format!("container {} says `{text}`", self.name), || {
            let log = self.docker.run(&["logs", &self.id]).ok();
            log.text().contains(text) || log.words().contains(text)
        });
    }
}

/// Waits until `holds`, at most [`command::LIMIT`].
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + command::LIMIT;
    while !holds() {
        assert!(Instant::now() < end, "never came true: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The label of what this process makes by other programs, so that it is told from what is in use, as `docker --label` takes it.
pub fn label() -> String {
    format!("{OWNER}={}", owner())
}

/// This process and when it began, so that what is left of a killed test can be told from what is in use.
fn owner() -> String {
    let pid = std::process::id();
    format!("{pid}.{}", started(pid).unwrap_or_default())
}

fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold spaces; the start is the 20th field after it.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// Removes what tests left that were killed before they could.
fn sweep() {
    let alive = |owner: &str| owner.split_once('.').is_some_and(|(pid, start)| pid.parse().ok().and_then(started).is_some_and(|at| at.to_string() == start));
    for (list, remove) in [
        (&["ps", "-a"][..], &["rm", "-f", "-v"][..]),
        (&["network", "ls"], &["network", "rm"]),
        (&["volume", "ls"], &["volume", "rm"]),
        (&["images"], &["rmi", "-f"]),
    ] {
        let id = if list == ["volume", "ls"] { "{{.Name}}" } else { "{{.ID}}" };
        let filter = format!("label={OWNER}");
        let ids = docker(&[list, &["--filter", &filter, "--format", id][..]].concat());
        for id in ids.text().lines() {
            let format = if list[0] == "ps" || list[0] == "images" {
                format!("{{{{index .Config.Labels \"{OWNER}\"}}}}")
            } else {
                format!("{{{{index .Labels \"{OWNER}\"}}}}")
            };
            let whose = docker(&["inspect", "--format", &format, id]);
            if whose.status.success() && !alive(whose.text().trim()) {
                drop(docker(&[remove, &[id][..]].concat()));
            }
        }
    }
}

impl World {
    /// An empty world with its image: busybox and the `traffic` program of this package, nothing pulled from anywhere.
    #[track_caller]
    pub fn new(docker: &Docker) -> Self {
        static SWEPT: Once = Once::new();
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        if docker.at.is_none() {
            SWEPT.call_once(sweep);
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed) + 1;
        let name = format!("scope-it-{}-{number}", std::process::id());
        let image = format!("{name}:1");
        import(docker, &image);
        Self { docker: docker.clone(), name, image, made: RefCell::default() }
    }

    /// The name that everything here begins with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The image, as `repository:tag`.
    pub fn image(&self) -> &str {
        &self.image
    }

    /// Creates and starts a container: `docker run -d` with these flags, the world's image, and this command.
    #[track_caller]
    pub fn run(&self, name: &str, flags: &[&str], command: &[&str]) -> Container {
        self.start(&["run", "-d"], name, flags, command)
    }

    /// Creates a container without starting it.
    #[track_caller]
    pub fn create(&self, name: &str, flags: &[&str], command: &[&str]) -> Container {
        self.start(&["create"], name, flags, command)
    }

    #[track_caller]
    fn start(&self, verb: &[&str], name: &str, flags: &[&str], command: &[&str]) -> Container {
        let name = format!("{}-{name}", self.name);
        let label = format!("{OWNER}={}", owner());
        let ran = self.docker.run(&[verb, &["--name", &name, "--label", &label, "--stop-timeout", "0"], flags, &[&self.image], command].concat());
        // A container whose start failed exists all the same.
        let id = self.docker.run(&["inspect", "--type", "container", "--format", "{{.Id}}", &name]);
        if id.status.success() {
            self.made.borrow_mut().containers.push(id.text().trim().to_owned());
        }
        let _ = ran.ok();
        Container { id: id.ok().text().trim().to_owned(), name, docker: self.docker.clone() }
    }

    /// Creates a network; its id and its name.
    #[track_caller]
    pub fn network(&self, name: &str, flags: &[&str]) -> (String, String) {
        self.try_network(name, flags).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Creates a network where the daemon can; else what it says.
    pub fn try_network(&self, name: &str, flags: &[&str]) -> Result<(String, String), String> {
        let name = format!("{}-{name}", self.name);
        let label = format!("{OWNER}={}", owner());
        let made = self.docker.run(&[&["network", "create", "--label", &label], flags, &[&name]].concat());
        if !made.status.success() {
            return Err(made.words());
        }
        let id = made.text().trim().to_owned();
        self.made.borrow_mut().networks.push(id.clone());
        Ok((id, name))
    }

    /// Creates a volume; its name.
    #[track_caller]
    pub fn volume(&self, name: &str) -> String {
        let name = format!("{}-{name}", self.name);
        let label = format!("{OWNER}={}", owner());
        let _ = self.docker.run(&["volume", "create", "--label", &label, &name]).ok();
        self.made.borrow_mut().volumes.push(name.clone());
        name
    }

    /// Removes a container now, rather than at the end.
    #[track_caller]
    pub fn remove(&self, container: &Container) {
        let _ = self.docker.run(&["rm", "-f", "-v", &container.id]).ok();
        self.made.borrow_mut().containers.retain(|id| *id != container.id);
    }

    /// Removes a network now, rather than at the end.
    #[track_caller]
    pub fn remove_network(&self, id: &str) {
        let _ = self.docker.run(&["network", "rm", id]).ok();
        self.made.borrow_mut().networks.retain(|made| made != id);
    }

    /// The daemon that it is on.
    pub fn docker(&self) -> &Docker {
        &self.docker
    }

    /// The ids of all containers of this world.
    pub fn containers(&self) -> Vec<String> {
        self.made.borrow().containers.clone()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let made = self.made.take();
        // In this order, because each is in use by the one before. A failure leaves something for the sweep of the next test.
        for (remove, what) in [
            (&["rm", "-f", "-v"][..], made.containers),
            (&["network", "rm"], made.networks),
            (&["volume", "rm"], made.volumes),
            (&["rmi", "-f"], vec![self.image.clone()]),
        ] {
            for some in what.chunks(20) {
                let status = self.docker.command().args(remove).args(some).stdout(Stdio::null()).stderr(Stdio::null()).status();
                if !status.is_ok_and(|status| status.success()) {
                    eprintln!("could not remove: docker {} {}", remove.join(" "), some.join(" "));
                }
            }
        }
    }
}

/// The program that makes connections with known figures.
pub fn traffic() -> PathBuf {
    command::build_dir().join("traffic")
}

#[track_caller]
fn import(docker: &Docker, image: &str) {
    let label = format!("LABEL {OWNER}={}", owner());
    let _ = command::run(docker.command().args(["import", "-c", "ENV PATH=/bin", "-c", &label, "-", image]), &image_archive()).ok();
}

/// The files of the tests' image as a tar archive, made of what is installed: busybox and the `traffic` program.
#[track_caller]
pub fn image_archive() -> Vec<u8> {
    let root = tempfile::tempdir().expect("a scratch directory");
    let at = |path: &str| root.path().join(path);
    for dir in ["bin", "tmp", "www", "etc"] {
        std::fs::create_dir_all(at(dir)).unwrap();
    }
    std::fs::write(at("www/index.html"), "hello\n").unwrap();
    std::fs::write(at("etc/passwd"), "root:x:0:0:root:/:/bin/sh\n").unwrap();
    let busybox = String::from_utf8(Command::new("sh").args(["-c", "command -v busybox"]).output().unwrap().stdout).unwrap();
    std::fs::copy(busybox.trim(), at("bin/busybox")).unwrap();
    let applets = Command::new("busybox").arg("--list").output().unwrap();
    for applet in String::from_utf8(applets.stdout).unwrap().lines().filter(|applet| *applet != "busybox") {
        std::os::unix::fs::symlink("busybox", at("bin").join(applet)).unwrap();
    }
    std::fs::copy(traffic(), at("bin/traffic")).expect("the traffic program is built with the tests");
    for library in libraries(&traffic()) {
        let to = at(library.trim_start_matches('/'));
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(&library, to).unwrap();
    }
    Command::new("tar").arg("-C").arg(root.path()).args(["-cf", "-", "."]).output().expect("tar").stdout
}

/// The shared libraries of a program, with its loader.
fn libraries(program: &Path) -> Vec<String> {
    let listed = Command::new("ldd").arg(program).output().expect("ldd");
    let listed = String::from_utf8(listed.stdout).unwrap();
    listed.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/'))).map(str::to_owned).collect()
}
