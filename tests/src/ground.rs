//! Who talks to whom, by the machine's own tools: `docker inspect`, `ss`, `conntrack` and `ps`. Knows nothing of the product.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use serde_json::Value;

use crate::command::run;
use crate::host::Host;

/// What the tools say of a host.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// Name and state of every container by its id.
    pub containers: BTreeMap<String, (String, String)>,
    /// From client to server: ids of containers; `None` is the host itself.
    pub edges: BTreeSet<(Option<String>, Option<String>)>,
}

/// A row of `ss`.
#[derive(Clone, Debug)]
struct Row {
    udp: bool,
    state: String,
    local: SocketAddr,
    peer: Option<SocketAddr>,
    pid: Option<u32>,
    command: Option<String>,
}

/// A network namespace: a container's, or the host's.
#[derive(Debug)]
struct Place {
    /// The container whose it is; `None` for the host's.
    container: Option<String>,
    ips: BTreeSet<IpAddr>,
    rows: Vec<Row>,
}

impl Ground {
    /// Asks all tools.
    #[track_caller]
    pub fn of(host: &Host) -> Self {
        let docker = host.docker();
        let ids: Vec<String> = docker.run(&["ps", "-aq", "--no-trunc"]).ok().text().lines().map(str::to_owned).collect();
        let inspected: Vec<Value> = ids.iter().map(|id| docker.inspect(id)).collect();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let containers = inspected.iter().map(|it| (text(&it["Id"]), (text(&it["Name"]).trim_start_matches('/').to_owned(), text(&it["State"]["Status"]))));
        let containers: BTreeMap<_, _> = containers.collect();

        let asked = |program: &str, args: &[&str]| run(host.command(program).args(args), b"").ok().text();
        // Which container a process is in stands in its control groups.
        let groups = asked("ps", &["-e", "-o", "pid=,cgroup:1024="]);
        let owner_of: BTreeMap<u32, String> = groups
            .lines()
            .filter_map(|line| {
                let (pid, group) = line.trim().split_once(' ')?;
                Some((pid.parse().ok()?, ids.iter().find(|id| group.contains(id.as_str()))?.clone()))
            })
            .collect();

        let mut places = vec![Place {
            container: None,
            ips: asked("ip", &["-o", "addr"]).lines().filter_map(|line| line.split_whitespace().nth(3)?.split('/').next()?.parse().ok()).collect(),
            rows: rows(&asked("ss", &["-Htunap"])),
        }];
        for it in inspected.iter().filter(|it| it["State"]["Running"] == true && it["HostConfig"]["NetworkMode"] != "host") {
            let networks = it["NetworkSettings"]["Networks"].as_object().cloned().unwrap_or_default();
            let ips = networks.values().flat_map(|at| [&at["IPAddress"], &at["GlobalIPv6Address"]]).filter_map(|ip| ip.as_str()?.parse().ok()).collect();
            let pid = it["State"]["Pid"].to_string();
            places.push(Place { container: Some(text(&it["Id"])), ips, rows: rows(&asked("nsenter", &["-t", &pid, "-n", "ss", "-Htunap"])) });
        }

        let translated = translations(&asked("conntrack", &["-L"]));
        let published = published(&inspected);
        let mut edges = BTreeSet::new();
        for place in &places {
            for row in place.rows.iter().filter(|row| matches!(row.state.as_str(), "ESTAB" | "TIME-WAIT")) {
                let Some(peer) = row.peer.filter(|peer| !peer.ip().is_loopback() || place.container.is_none()) else { continue };
                if row.command.as_deref() == Some("docker-proxy") {
                    continue; // it only passes on
                }
                let own = row.pid.map_or_else(|| place.container.clone(), |pid| owner_of.get(&pid).cloned());
                let listener = |place: &Place, at: SocketAddr| {
                    let found = place.rows.iter().find(|listener| {
                        let open = if row.udp { listener.state == "UNCONN" } else { listener.state == "LISTEN" };
                        open && listener.udp == row.udp && listener.local.port() == at.port()
                    })?;
                    Some((found.command.clone(), found.pid.map_or_else(|| place.container.clone(), |pid| owner_of.get(&pid).cloned())))
                };
                if listener(place, row.local).is_some() {
                    // The server's end. A client with an address of its own is known by that.
                    if let Some(client) = places.iter().find(|place| place.container.is_some() && place.ips.contains(&peer.ip())) {
                        edges.insert((client.container.clone(), own));
                    }
                    continue;
                }
                let at = translated.get(&(row.udp, row.local, peer)).copied().unwrap_or(peer);
                let Some(place) = places.iter().find(|place| place.ips.contains(&at.ip())) else { continue };
                match listener(place, at) {
                    Some((Some(command), _)) if command == "docker-proxy" => {
                        edges.insert((own, published.get(&at.port()).cloned()));
                    }
                    Some((_, server)) => {
                        edges.insert((own, server));
                    }
                    None => {}
                }
            }
        }
        Self { containers, edges }
    }
}

/// The containers behind the ports of the host.
fn published(inspected: &[Value]) -> BTreeMap<u16, String> {
    let mut published = BTreeMap::new();
    for it in inspected {
        for bindings in it["NetworkSettings"]["Ports"].as_object().into_iter().flat_map(|ports| ports.values()) {
            for port in bindings.as_array().into_iter().flatten().filter_map(|binding| binding["HostPort"].as_str()?.parse().ok()) {
                published.insert(port, it["Id"].as_str().unwrap_or_default().to_owned());
            }
        }
    }
    published
}

/// `ss -Htunap`: protocol, state, two queues, local, peer, users.
fn rows(text: &str) -> Vec<Row> {
    let address = |text: &str| -> Option<SocketAddr> {
        let (ip, port) = text.rsplit_once(':')?;
        let ip = ip.split('%').next().unwrap_or(ip).trim_matches(['[', ']']);
        let ip = if ip == "*" { "::" } else { ip };
        let ip: IpAddr = ip.parse().ok()?;
        let port = if port == "*" { 0 } else { port.parse().ok()? };
        // An IPv4 peer of a socket for both families.
        Some(SocketAddr::new(ip.to_canonical(), port))
    };
    text.lines()
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [proto, state, _, _, local, peer, rest @ ..] = words.as_slice() else { return None };
            let users = rest.first().copied().unwrap_or_default();
            Some(Row {
                udp: *proto == "udp",
                state: (*state).to_owned(),
                local: address(local)?,
                peer: address(peer).filter(|peer| peer.port() != 0),
                pid: users.split("pid=").nth(1).and_then(|rest| rest.split(',').next()?.parse().ok()),
                command: users.split('"').nth(1).map(str::to_owned),
            })
        })
        .collect()
}

/// `conntrack -L`: where connections lead that were translated, by protocol, client and what was dialled.
fn translations(text: &str) -> BTreeMap<(bool, SocketAddr, SocketAddr), SocketAddr> {
    let parse = |line: &str| {
        let udp = line.starts_with("udp");
        let fields = |name: &str| -> Vec<String> { line.split_whitespace().filter_map(|word| word.strip_prefix(name)).map(str::to_owned).collect() };
        let [src, dst, sport, dport] = ["src=", "dst=", "sport=", "dport="].map(fields);
        let at = |ips: &[String], ports: &[String], index: usize| -> Option<SocketAddr> {
            Some(SocketAddr::new(ips.get(index)?.parse().ok()?, ports.get(index)?.parse().ok()?))
        };
        let (client, dialled, server) = (at(&src, &sport, 0)?, at(&dst, &dport, 0)?, at(&src, &sport, 1)?);
        Some(((udp, client, dialled), server))
    };
    text.lines().filter_map(parse).collect()
}
