//! Podman's socket that speaks Docker's API, with containers of Podman beside what it says of them itself.

use std::process::Command;

use scope_tests::command::{Running, run, run_scope};
use scope_tests::docker::{image_archive, until};
use scope_tests::need;
use scope_tests::records::Said;
use serde_json::Value;

/// Podman with storage of its own, in a directory that goes with the test.
struct Podman {
    dir: tempfile::TempDir,
}

impl Podman {
    fn command(&self) -> Command {
        let mut podman = Command::new("podman");
        let at = |name: &str| self.dir.path().join(name);
        podman.arg("--root").arg(at("root")).arg("--runroot").arg(at("run")).arg("--tmpdir").arg(at("tmp"));
        podman.args(["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file"]);
        podman
    }

    #[track_caller]
    fn run(&self, args: &[&str]) -> String {
        run(self.command().args(args), b"").ok().text().trim().to_owned()
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        // Its storage is a directory, but its containers run and have mounts.
        drop(run(self.command().args(["rm", "-a", "-f", "-t", "0"]), b""));
    }
}

#[test]
fn live_podman_speaks_like_docker() {
    let (Some(()), Some(()), Some(())) = (need::root(), need::command("podman"), need::command("busybox")) else { return };
    let podman = Podman { dir: tempfile::tempdir().unwrap() };
    let _ = run(podman.command().args(["import", "--change", "ENV PATH=/bin", "-", "scope-it:1"]), &image_archive()).ok();
    let flags = ["run", "-d", "--network", "host", "--security-opt", "seccomp=unconfined", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
    let made = run(podman.command().args(flags).args(["--name", "probe", "--label", "app=web", "scope-it:1", "sleep", "100000"]), b"");
    let Some(()) = need::that(made.status.success(), &format!("a Podman that can run containers here: {}", made.words())) else { return };
    let id = made.text().trim().to_owned();
    let exited = podman.run(&[&flags[..], &["--name", "over", "scope-it:1", "sh", "-c", "exit 3"]].concat());
    until("the container exits", || podman.run(&["inspect", "--format", "{{.State.Status}}", &exited]) == "exited");

    let socket = format!("unix://{}", podman.dir.path().join("podman.sock").display());
    let service = Running::start(podman.command().args(["system", "service", "--time", "0", &socket]));
    until("the socket is there", || podman.dir.path().join("podman.sock").exists());

    let stream = run_scope(["collect", "--docker-endpoint", &socket], b"").ok();
    let said = Said::new(&stream.lines());
    let theirs: Value = serde_json::from_str(&podman.run(&["inspect", &id])).unwrap();
    let node = said.node(&format!("container:{id}"));
    assert_eq!(node["name"], "probe");
    assert_eq!([&node["attrs"]["state"], &node["attrs"]["labels"]["app"]], ["running", "web"]);
    assert_eq!(node["attrs"]["pid"], theirs[0]["State"]["Pid"]);
    assert_eq!(node["attrs"]["command"], serde_json::json!(["sleep", "100000"]));
    assert!(node["metrics"]["mem_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "figures from its control group: {node}");
    let over = said.node(&format!("container:{exited}"));
    assert_eq!([&over["attrs"]["state"], &over["attrs"]["exit_code"]], [&Value::from("exited"), &Value::from(3)]);
    let pid = node["attrs"]["pid"].clone();
    let process = said.nodes.values().find(|node| node["kind"] == "process" && node["attrs"]["pid"] == pid).expect("its process is seen");
    assert!(process["parents"].to_string().contains(&id), "and belongs to it: {process}");
    drop(service);
}
