//! The engines of this machine. Skipped where there is none, unless `SCOPE_TEST_REQUIRE=1`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

const IMAGE: &str = "scope-test/busybox:1";

/// A container engine, and what this test made in it.
struct Engine {
    command: Vec<String>,
    socket: PathBuf,
    prefix: String,
}

impl Engine {
    /// Docker, if it answers.
    fn docker() -> Option<Self> {
        let engine = Self { command: vec!["docker".into()], socket: "/var/run/docker.sock".into(), prefix: prefix() };
        if engine.try_run(&["version"]).is_none() {
            skip("no Docker engine answers");
            return None;
        }
        if engine.try_run(&["image", "inspect", IMAGE]).is_none() && !engine.build() {
            skip("no static busybox to build the test image from (apt install busybox-static)");
            return None;
        }
        Some(engine)
    }

    /// The Podman service at the socket that `SCOPE_TEST_PODMAN_SOCKET` names. It must have the image already: `docker save scope-test/busybox:1 | podman load`.
    fn podman() -> Option<Self> {
        let Some(socket) = std::env::var_os("SCOPE_TEST_PODMAN_SOCKET").map(PathBuf::from) else {
            note("SCOPE_TEST_PODMAN_SOCKET names no Podman service");
            return None;
        };
        let command = vec!["podman".into(), "--remote".into(), "--url".into(), format!("unix://{}", socket.display())];
        Some(Self { command, socket, prefix: prefix() })
    }

    fn build(&self) -> bool {
        let dir = tempfile::tempdir().unwrap();
        if std::fs::copy("/bin/busybox", dir.path().join("busybox")).is_err() {
            return false;
        }
        let names = ["sh", "sleep", "true", "false", "httpd", "wget", "nc"].map(|name| format!("COPY busybox /bin/{name}\n")).concat();
        std::fs::write(dir.path().join("Dockerfile"), format!("FROM scratch\n{names}CMD [\"/bin/sh\"]\n")).unwrap();
        self.try_run(&["build", "-q", "-t", IMAGE, dir.path().to_str().unwrap()]).is_some()
    }

    #[expect(clippy::disallowed_methods, reason = "the test works the engine by its own command, as people do")]
    fn try_run(&self, args: &[&str]) -> Option<String> {
        let output = Command::new(&self.command[0]).args(&self.command[1..]).args(args).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    fn run(&self, args: &[&str]) -> String {
        self.try_run(args).unwrap_or_else(|| panic!("{} {args:?} failed", self.command.join(" ")))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        for name in ["", "-renamed", "-health"] {
            let _ = self.try_run(&["rm", "-f", &format!("{}{name}", self.prefix)]);
        }
        let _ = self.try_run(&["network", "rm", &self.prefix]);
    }
}

fn prefix() -> String {
    format!("scope-live-{}", std::process::id())
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn note(why: &str) {
    eprintln!("skipped: {why}");
}

fn skip(why: &str) {
    assert!(std::env::var_os("SCOPE_TEST_REQUIRE").is_none_or(|value| value != "1"), "{why}");
    note(why);
}

fn settings(socket: &Path) -> Settings {
    Settings { lookup: Lookup { endpoint: Some(format!("unix://{}", socket.display())), ..Lookup::default() }, ..Settings::default() }
}

/// The states that were told of containers whose name begins with `prefix`, repeats left out.
fn story(reader: &Reader, prefix: &str) -> Vec<String> {
    let of_ours = reader.told.iter().filter(|told| told.trim_start_matches('-').starts_with(prefix));
    let mut story: Vec<String> = of_ours.map(|told| told.replace(prefix, "c")).collect();
    story.dedup();
    story
}

#[tokio::test]
async fn sees_each_change_of_a_container_of_docker() {
    let Some(engine) = Engine::docker() else { return };
    let name = engine.prefix.clone();
    let renamed = format!("{name}-renamed");
    let mut reader = Reader::start(settings(&engine.socket));
    reader.synced().await;
    let known = reader.containers.len();

    engine.run(&["create", "--name", &name, "--memory", "32m", "-l", "app=live", "-e", "TOKEN=secret", "-p", "127.0.0.1::80", IMAGE, "sleep", "1000"]);
    reader.until("the creation", |reader| reader.named(&name).is_some_and(|facts| facts.state == State::Created)).await;
    engine.run(&["start", &name]);
    reader.until("the start", |reader| reader.named(&name).is_some_and(|facts| facts.state == State::Running)).await;
    let facts = Arc::clone(reader.named(&name).unwrap());
    assert_eq!(facts.pid.unwrap().to_string(), engine.run(&["inspect", "-f", "{{.State.Pid}}", &name]));
    assert_eq!(facts.networks[0].ipv4.unwrap().ip.to_string(), engine.run(&["inspect", "-f", "{{.NetworkSettings.IPAddress}}", &name]));
    assert_eq!((facts.limits.memory_bytes, facts.label("app"), facts.published.len()), (Some(32 << 20), Some("live"), 1));
    reader.until("the image", |reader| facts.image.is_none_or(|image| reader.images.contains_key(&image))).await;
    assert!(!format!("{facts:?}").contains("secret"));

    engine.run(&["rename", &name, &renamed]);
    reader.until("the rename", |reader| reader.named(&renamed).is_some()).await;
    // What runs within it is no change.
    engine.run(&["exec", &renamed, "true"]);
    engine.run(&["pause", &renamed]);
    reader.until("the pause", |reader| reader.named(&renamed).is_some_and(|facts| facts.state == State::Paused)).await;
    engine.run(&["unpause", &renamed]);
    reader.until("the end of the pause", |reader| reader.named(&renamed).is_some_and(|facts| facts.state == State::Running)).await;

    engine.run(&["network", "create", &name]);
    reader.until("the network", |reader| reader.networks.values().any(|network| network.name == name)).await;
    engine.run(&["network", "connect", "--alias", "late", &name, &renamed]);
    reader.until("the connection", |reader| reader.named(&renamed).is_some_and(|facts| facts.networks.len() == 2)).await;
    assert!(reader.named(&renamed).unwrap().networks.iter().any(|at| at.aliases.iter().any(|alias| alias == "late")));
    engine.run(&["network", "disconnect", &name, &renamed]);
    reader.until("the disconnection", |reader| reader.named(&renamed).is_some_and(|facts| facts.networks.len() == 1)).await;
    engine.run(&["network", "rm", &name]);
    reader.until("the network's end", |reader| !reader.networks.values().any(|network| network.name == name)).await;

    engine.run(&["update", "--memory", "48m", "--memory-swap", "48m", &renamed]);
    reader.until("the new limit", |reader| reader.named(&renamed).is_some_and(|facts| facts.limits.memory_bytes == Some(48 << 20))).await;
    engine.run(&["kill", &renamed]);
    reader.until("the exit", |reader| reader.named(&renamed).is_some_and(|facts| facts.state == State::Exited { code: Some(137) })).await;
    assert_eq!(reader.named(&renamed).unwrap().pid, None);
    engine.run(&["rm", &renamed]);
    reader.until("the removal", |reader| reader.named(&renamed).is_none()).await;

    assert_eq!(
        story(&reader, &name),
        ["c created", "c running", "c-renamed running", "c-renamed paused", "c-renamed running", "c-renamed exited", "-c-renamed"],
        "of {known} containers"
    );
    reader.watch.stop().await;
}

#[tokio::test]
async fn sees_a_health_check_and_reads_its_figures_by_way_of_docker() {
    let Some(engine) = Engine::docker() else { return };
    let name = format!("{}-health", engine.prefix);
    let mut reader = Reader::start(settings(&engine.socket));
    reader.synced().await;
    engine.run(&["run", "-d", "--name", &name, "--health-cmd", "true", "--health-interval", "200ms", IMAGE, "sleep", "1000"]);
    reader.until("the health", |reader| reader.named(&name).is_some_and(|facts| facts.health == Some(Health::Healthy))).await;
    let id = reader.named(&name).unwrap().id;
    let stats = Stats::start(reader.client.clone().unwrap(), Duration::from_secs(1));
    stats.follow([id]);
    let sample = async {
        loop {
            match stats.latest(id) {
                Some(sample) => break sample,
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    let sample = tokio::time::timeout(AT_MOST, sample).await.expect("a sample comes");
    assert!(sample.cpu_usage_us > Some(0) && sample.memory_working_set_bytes > Some(0) && sample.pids >= Some(1), "{sample:?}");
    stats.stop().await;
    let usage = reader.client.as_ref().unwrap().disk_usage().await.unwrap();
    assert!(usage.containers.iter().any(|usage| usage.id == id));
    let written = reader.client.as_ref().unwrap().written_layers().await.unwrap();
    assert!(written.iter().any(|usage| usage.id == id));
}

#[tokio::test]
async fn sees_each_change_of_a_container_of_podman() {
    let Some(engine) = Engine::podman() else { return };
    let name = engine.prefix.clone();
    let renamed = format!("{name}-renamed");
    let mut reader = Reader::start(Settings { agent: Some("host-a".parse().unwrap()), ..settings(&engine.socket) });
    reader.synced().await;
    assert_eq!(reader.engine.as_ref().unwrap().flavour, Flavour::Podman);

    engine.run(&["create", "--name", &name, "-l", "app=live", "-e", "TOKEN=secret", IMAGE, "sleep", "1000"]);
    reader.until("the creation", |reader| reader.named(&name).is_some_and(|facts| facts.state == State::Created)).await;
    engine.run(&["start", &name]);
    reader.until("the start", |reader| reader.named(&name).is_some_and(|facts| facts.state == State::Running)).await;
    let facts = Arc::clone(reader.named(&name).unwrap());
    assert_eq!(facts.pid.unwrap().to_string(), engine.run(&["inspect", "-f", "{{.State.Pid}}", &name]));
    assert!(facts.networks[0].ipv4.is_some() && facts.networks[0].network.as_ref().is_some_and(|id| id.as_str().ends_with(".host-a")), "{:?}", facts.networks);
    assert!(!format!("{facts:?}").contains("secret"));
    engine.run(&["rename", &name, &renamed]);
    reader.until("the rename", |reader| reader.named(&renamed).is_some()).await;
    engine.run(&["pause", &renamed]);
    reader.until("the pause", |reader| reader.named(&renamed).is_some_and(|facts| facts.state == State::Paused)).await;
    engine.run(&["unpause", &renamed]);
    reader.until("the end of the pause", |reader| reader.named(&renamed).is_some_and(|facts| facts.state == State::Running)).await;
    engine.run(&["network", "create", &name]);
    engine.run(&["network", "connect", &name, &renamed]);
    let connected = |reader: &Reader| reader.named(&renamed).is_some_and(|facts| facts.networks.iter().filter(|at| at.network.is_some()).count() == 2);
    reader.until("the connection, and which network it is", connected).await;
    engine.run(&["kill", &renamed]);
    reader.until("the exit", |reader| reader.named(&renamed).is_some_and(|facts| facts.state == State::Exited { code: Some(137) })).await;
    engine.run(&["rm", &renamed]);
    reader.until("the removal", |reader| reader.named(&renamed).is_none()).await;
}
