//! Hosts of one test: network, process, mount, host name and control group namespaces of their own, with a Docker daemon of their own. Needs root,
//! `ip`, util-linux and a Docker that is installed; the machine's own daemon is not used.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::command::{Finished, LIMIT, Running, run, scope};
use crate::docker::{Docker, traffic, until};
use crate::namespace::Namespace;

/// A host. Its first process is the daemon: with that all of it ends, and nothing of it was on a disk.
#[derive(Debug)]
pub struct Host {
    /// Its network.
    pub namespace: Namespace,
    name: String,
    init: u32,
    /// The control group that all of it is in, in every hierarchy.
    group: String,
    outside: Option<Running>,
}

/// Makes the control groups, enters them and the network, and becomes the host. `$1` is the group, `$2` the network, `$3` the name, `$4` the script within.
const MAKE: &str = r#"
set -eu
for hierarchy in /sys/fs/cgroup/*/cgroup.procs /sys/fs/cgroup/cgroup.procs; do
    [ -f "$hierarchy" ] || continue
    dir=${hierarchy%/*}
    mkdir -p "$dir/$1"
    for file in cpuset.cpus cpuset.mems; do
        [ ! -f "$dir/$1/$file" ] || cat "$dir/$file" > "$dir/$1/$file" 2>/dev/null || true
    done
    echo $$ > "$dir/$1/cgroup.procs"
done
exec nsenter --net="/run/netns/$2" unshare --mount --uts --ipc --pid --cgroup --fork --kill-child --mount-proc sh -c "$4" sh "$3"
"#;

/// What the host does first. Its file systems are memory, so that they go with it.
const BOOT: &str = r#"
set -eu
hostname "$1"
hierarchies=$(awk '$3 == "cgroup" || $3 == "cgroup2" { print $3, $2, $4 }' /proc/self/mounts)
for dir in /run /var/lib/docker /var/lib/containerd; do
    mkdir -p "$dir"
    mount -t tmpfs tmpfs "$dir"
done
echo "$1" > /run/hostname
echo "$1" | md5sum | cut -c1-32 > /run/machine-id
for file in hostname machine-id; do
    [ ! -f "/etc/$file" ] || mount --bind "/run/$file" "/etc/$file"
done
umount -R /sys/fs/cgroup
mount -t sysfs sysfs /sys
echo "$hierarchies" | while read -r type at options; do
    [ "$at" = /sys/fs/cgroup ] || [ -d /sys/fs/cgroup/made ] || { mount -t tmpfs tmpfs /sys/fs/cgroup; mkdir /sys/fs/cgroup/made; }
    mkdir -p "$at"
    options=$(echo "$options" | sed -E 's/^rw//; s/,(relatime|nosuid|nodev|noexec|nsdelegate|memory_recursiveprot)//g; s/^,//')
    mount -t "$type" ${options:+-o "$options"} "$type" "$at"
done
rmdir /sys/fs/cgroup/made 2>/dev/null || true
exec dockerd --data-root /var/lib/docker > /run/dockerd.log 2>&1
"#;

impl Host {
    /// A host with this name, and its daemon up.
    #[track_caller]
    pub fn new(name: &str) -> Self {
        let namespace = Namespace::new();
        let group = namespace.name.clone();
        // It ends with the thread that made it, whatever ends that.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "sh", "-c", MAKE, "sh", &group, &namespace.name, name, BOOT]);
        let outside = Running::start(&mut command);
        let mut host = Self { namespace, name: name.to_owned(), init: 0, group, outside: Some(outside) };
        let outside = host.outside.as_ref().map_or(0, Running::pid);
        // Its name stands there once its files are its own: before, the socket found there is the machine's.
        until("the host has a first process", || {
            host.init = first_child(outside).unwrap_or(0);
            host.init != 0 && std::fs::read_to_string(host.path("run/hostname")).is_ok_and(|found| found.trim() == name)
        });
        let docker = host.docker();
        let end = Instant::now() + LIMIT;
        while !docker.run(&["version"]).status.success() {
            let log = || std::fs::read_to_string(host.path("run/dockerd.log")).unwrap_or_default();
            assert!(Instant::now() < end && first_child(outside).is_some(), "the daemon of host {name} does not come up:\n{}", log());
            std::thread::sleep(Duration::from_millis(100));
        }
        for (program, to) in [(scope().to_owned(), "run/scope"), (traffic(), "run/traffic")] {
            // Where the build lies an ordinary user may not look.
            std::fs::copy(&program, host.path(to)).expect("the host's memory takes a program");
        }
        host
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A path of it, as seen from outside.
    pub fn path(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root", self.init)).join(path.trim_start_matches('/'))
    }

    /// Its daemon.
    pub fn docker(&self) -> Docker {
        self.docker_at("run/docker.sock")
    }

    /// A daemon that was started in it, by its socket.
    pub fn docker_at(&self, socket: &str) -> Docker {
        Docker::at(&self.path(socket))
    }

    /// A command that runs in it, as root. `scope` and `traffic` are in `/run` there.
    pub fn command(&self, program: &str) -> Command {
        self.enter(&[], program)
    }

    /// The same as an ordinary user.
    pub fn command_as_nobody(&self, program: &str) -> Command {
        self.enter(&["--reuid", "65534", "--regid", "65534", "--clear-groups"], program)
    }

    /// The same without these capabilities (`-net_admin`).
    pub fn command_without(&self, capabilities: &str, program: &str) -> Command {
        self.enter(&["--bounding-set", capabilities, "--inh-caps", capabilities], program)
    }

    fn enter(&self, privileges: &[&str], program: &str) -> Command {
        const ENTER: &str = r#"
            for group in /sys/fs/cgroup/*/"$1"/cgroup.procs /sys/fs/cgroup/"$1"/cgroup.procs; do [ ! -f "$group" ] || echo $$ > "$group"; done
            target=$2; shift 2
            exec nsenter --target "$target" --all --wd=/ setpriv --pdeathsig KILL "$@""#;
        let mut command = Command::new("sh");
        command.args(["-c", ENTER, "sh", &self.group, &self.init.to_string()]).args(privileges).arg(program);
        command
    }

    /// Runs the command under test in it.
    #[track_caller]
    pub fn scope(&self, args: &[&str]) -> Finished {
        run(self.command("/run/scope").args(args), b"").ok()
    }

    /// Runs `traffic` in it, on and on, and waits until it says `word`.
    #[track_caller]
    pub fn traffic(&self, args: &[&str], word: &str) -> Running {
        let program = Running::start(self.command("/run/traffic").args(args));
        while program.line(LIMIT).expect("traffic says when it is ready") != word {}
        program
    }
}

fn first_child(pid: u32) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    let child = children.split_whitespace().next()?.parse().ok()?;
    // Programs of the shell that makes the host come and go before.
    let namespace = |pid: u32| std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
    (namespace(child)? != namespace(pid)?).then_some(child)
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.outside.take());
        if !remove_groups(&self.group, Duration::from_secs(20)) {
            eprintln!("could not remove the control groups {}", self.group);
        }
    }
}

/// Removes a control group and all below it in every hierarchy, once what is in it has ended, at most after `patience`.
pub(crate) fn remove_groups(group: &str, patience: Duration) -> bool {
    let end = Instant::now() + patience;
    loop {
        let remove = "find /sys/fs/cgroup/*/\"$1\" /sys/fs/cgroup/\"$1\" -depth -type d -exec rmdir {} + 2>/dev/null; \
                      [ -z \"$(ls -d /sys/fs/cgroup/*/\"$1\" /sys/fs/cgroup/\"$1\" 2>/dev/null)\" ]";
        if Command::new("sh").args(["-c", remove, "sh", group]).status().is_ok_and(|status| status.success()) {
            return true;
        }
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
