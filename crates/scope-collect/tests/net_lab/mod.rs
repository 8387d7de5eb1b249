//! A small world of network namespaces for tests: a host `H` with a bridge, containers `A` and `B` on it, and a neighbour `C` beyond a router
//! port. Everything is made in namespaces of its own and taken down again; the machine's own namespace is not touched.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;

use hashbrown::HashMap;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use scope_collect::net::world::{Attachment, Container, Network, World};
use scope_collect::net::{Collector, Settings};
use scope_core::{AgentName, Flow, NodeId, Scope, Side, Timestamp};

static LABS: AtomicU32 = AtomicU32::new(0);

/// The namespaces, by their letters.
pub struct Lab {
    tag: String,
    holders: HashMap<char, Child>,
}

/// A lab, or `None` with a word on stderr where the machine does not allow one. `SCOPE_TEST_REQUIRE=1` makes that a failure.
pub fn lab() -> Option<Lab> {
    let tag = format!("sct{}-{}", std::process::id(), LABS.fetch_add(1, Ordering::Relaxed));
    let mut lab = Lab { tag, holders: HashMap::new() };
    match lab.build() {
        Ok(()) => Some(lab),
        Err(why) => {
            assert!(std::env::var_os("SCOPE_TEST_REQUIRE").is_none(), "network namespaces are required: {why}");
            let mut err = std::io::stderr();
            std::io::Write::write_all(&mut err, format!("skipped: needs root, iproute2 and iptables ({why})\n").as_bytes()).unwrap();
            None
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "namespaces for tests are made by iproute2")]
fn command(program: &str) -> Command {
    Command::new(program)
}

pub fn run(program: &str, args: &[&str]) -> Result<(), String> {
    let output = command(program).args(args).output().map_err(|e| format!("{program}: {e}"))?;
    if output.status.success() { Ok(()) } else { Err(format!("{program} {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim())) }
}

impl Lab {
    fn name(&self, letter: char) -> String {
        format!("{}{letter}", self.tag)
    }

    fn build(&mut self) -> Result<(), String> {
        for letter in ['H', 'A', 'B', 'C'] {
            let name = self.name(letter);
            run("ip", &["netns", "add", &name])?;
            let holder = command("ip").args(["netns", "exec", &name, "sleep", "600"]).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
            self.holders.insert(letter, holder.map_err(|e| e.to_string())?);
            self.ip(letter, "link set lo up")?;
        }
        self.ip('H', "link add br0 type bridge")?;
        for (letter, last) in [('A', 2), ('B', 3)] {
            let inside = self.name(letter);
            self.ip('H', &format!("link add v{letter} type veth peer name eth0 netns {inside}"))?;
            self.ip('H', &format!("link set v{letter} master br0 up"))?;
            self.ip(letter, "link set eth0 up")?;
            self.ip(letter, &format!("addr add 10.77.0.{last}/24 dev eth0"))?;
            self.ip(letter, &format!("addr add fd77::{last}/64 dev eth0 nodad"))?;
            self.ip(letter, "route add default via 10.77.0.1")?;
        }
        self.ip('H', "link set br0 up")?;
        self.ip('H', "addr add 10.77.0.1/24 dev br0")?;
        self.ip('H', "addr add fd77::1/64 dev br0 nodad")?;
        let outside = self.name('C');
        self.ip('H', &format!("link add out type veth peer name eth0 netns {outside}"))?;
        self.ip('H', "link set out up")?;
        self.ip('H', "addr add 10.78.0.1/24 dev out")?;
        self.ip('C', "link set eth0 up")?;
        self.ip('C', "addr add 10.78.0.2/24 dev eth0")?;
        self.exec('H', "sysctl -qw net.ipv4.ip_forward=1")?;
        // Connection tracking works in a namespace once a rule there asks for it.
        for tables in ["iptables", "ip6tables"] {
            self.exec('H', &format!("{tables} -A FORWARD -m conntrack --ctstate INVALID -j DROP"))?;
        }
        self.exec('H', "iptables -t nat -A PREROUTING -p tcp -d 10.78.0.1 --dport 8080 -j DNAT --to-destination 10.77.0.3:8000")?;
        self.exec('H', "iptables -t nat -A POSTROUTING -s 10.77.0.0/24 -j MASQUERADE")?;
        // Containers reach their neighbours without translation, as with Docker.
        self.exec('H', "iptables -t nat -I POSTROUTING -s 10.77.0.0/24 -d 10.77.0.0/24 -m conntrack ! --ctstate DNAT -j ACCEPT")
    }

    pub fn ip(&self, letter: char, command: &str) -> Result<(), String> {
        let name = self.name(letter);
        let args: Vec<&str> = ["-n", &name].into_iter().chain(command.split(' ')).collect();
        run("ip", &args)
    }

    /// Runs a command in a namespace.
    pub fn exec(&self, letter: char, command: &str) -> Result<(), String> {
        let name = self.name(letter);
        let args: Vec<&str> = ["netns", "exec", &name].into_iter().chain(command.split(' ')).collect();
        run("ip", &args)
    }

    pub fn pid(&self, letter: char) -> u32 {
        self.holders[&letter].id()
    }

    /// Runs `work` on a thread in a namespace.
    pub fn within<T: Send + 'static>(&self, letter: char, work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        let path = format!("/run/netns/{}", self.name(letter));
        std::thread::spawn(move || {
            let file = std::fs::File::open(path).unwrap();
            move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            work()
        })
    }

    pub fn id(letter: char) -> NodeId {
        let hex = format!("{:02x}", letter as u32).repeat(32);
        NodeId::container(&hex).unwrap()
    }

    pub fn world(&self) -> World {
        let container = |letter: char, last: u8| Container {
            id: Self::id(letter),
            name: letter.to_string().into(),
            pid: self.pid(letter),
            sandbox: None,
            started_at: None,
            addresses: vec![Attachment { network: "lab".into(), ip: Ipv4Addr::new(10, 77, 0, last).into() }],
            published: Vec::new(),
        };
        World {
            containers: vec![container('A', 2), container('B', 3)],
            networks: vec![Network { id: "lab".into(), subnets: vec![("10.77.0.0".parse().unwrap(), 24), ("fd77::".parse().unwrap(), 64)] }],
            processes: HashMap::new(),
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for (letter, holder) in &mut self.holders {
            let _gone = holder.kill();
            let _reaped = holder.wait();
            let _deleted = run("ip", &["netns", "del", &format!("{}{letter}", self.tag)]);
        }
    }
}

/// A collector that watches the lab from `H`. To be used on a thread in `H`.
pub struct Watch {
    pub collector: Collector,
    pub world: Arc<World>,
    ticks: i64,
}

impl Watch {
    pub fn new(host_pid: u32, world: World) -> Self {
        let agent: AgentName = "lab".parse().unwrap();
        let mut settings = Settings::new(agent, Scope::WORLD, "/proc".as_ref(), "/sys".as_ref());
        settings.host_pid = host_pid;
        settings.ask_dns = false;
        settings.hosts_file = "/nonexistent".into();
        Self { collector: Collector::new(settings), world: Arc::new(world), ticks: 0 }
    }

    pub fn tick(&mut self) -> scope_collect::net::Report {
        self.ticks += 1;
        let at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        self.collector.tick(Timestamp::from_micros(at.as_micros() as i64), &self.world)
    }

    pub fn flows(&self) -> Vec<Flow> {
        let mut flows: Vec<Flow> = self.collector.flows().cloned().collect();
        flows.sort();
        flows
    }

    /// Flows as `owner far -> server [proto]`, one a line, for comparison as a whole.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.collector.flows().map(line).collect();
        lines.sort();
        lines
    }
}

pub fn line(flow: &Flow) -> String {
    let short = |id: &NodeId| match id.kind() {
        "container" => id.rest().get(..2).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32).unwrap().to_string(),
        _ => id.to_string(),
    };
    let owner = short(&flow.key.owner);
    let server = flow.server.as_ref().map_or("?".into(), short);
    match flow.key.side() {
        Side::Client => format!("{owner} dials {} = {} of {server} {}", flow.key.dialled().unwrap(), flow.key.server_addr, flow.key.proto),
        Side::Server => format!("{owner} serves {} at {} {}", flow.key.client_addr().unwrap(), flow.key.server_addr, flow.key.proto),
    }
}

pub fn any(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))
}
