//! Finds the reports of both ends of the same connections.
//!
//! Where both agents name the same server endpoint, or the client's names one that the server's node is known by (a published port), they are
//! paired by the client's address. Where that says nothing, because somebody in between translates addresses, the sampled client ports decide:
//! a translator that nobody watches keeps them as a rule, and two connections that were opened on the same port at the same time are one.

use hashbrown::HashMap;
use scope_core::flow::{Peer, PortSample, Side};
use scope_core::{Protocol, Timestamp};

use super::address::At;
use super::nodes::{KindId, Nodes};
use super::parents::Parents;
use super::reports::{Report, Sure};
use super::{Agent, NONE};

/// Ports that systems take for outgoing connections (Linux: 32768 to 60999).
const EPHEMERAL: f64 = 28_232.0;

/// Wrong pairs put up with, expected over the whole graph, when connections are recognised by a single port and time.
const CHANCE: f64 = 0.05;

/// How far apart two agents may see the same connection open, beside their intervals.
const TOLERANCE_US: i64 = 2_000_000;

/// For each report those of the other side that speak of the same connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    starts: Vec<u32>,
    others: Vec<u32>,
}

impl Pairs {
    fn new(count: usize, found: &[(u32, u32)]) -> Self {
        let mut both: Vec<(u32, u32)> = found.iter().flat_map(|(client, server)| [(*client, *server), (*server, *client)]).collect();
        both.sort_unstable();
        both.dedup();
        let mut pairs = Self { starts: Vec::with_capacity(count + 1), others: Vec::with_capacity(both.len()) };
        let mut both = both.into_iter().peekable();
        for report in 0..count as u32 {
            pairs.starts.push(pairs.others.len() as u32);
            while let Some((_, other)) = both.next_if(|(one, _)| *one == report) {
                pairs.others.push(other);
            }
        }
        pairs.starts.push(pairs.others.len() as u32);
        pairs
    }

    /// The reports of the other side.
    pub(super) fn of(&self, report: u32) -> &[u32] {
        let at = report as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => self.others.get(*start as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Compares the sampled ports of reports.
#[derive(Debug)]
pub(super) struct Samples<'g, 's> {
    reports: &'g [Report<'s>],
    agents: &'g [Agent<'s>],
}

/// When a connection was opened, as far as an agent can tell.
#[derive(Clone, Copy, Debug)]
struct Opened {
    us: i64,
    /// It was there when the agent started, so it was opened before.
    before: bool,
    tolerance: i64,
}

impl Opened {
    fn agrees(self, other: Self) -> bool {
        let tolerance = TOLERANCE_US + self.tolerance + other.tolerance;
        match (self.before, other.before) {
            (true, true) => true,
            (true, false) => other.us <= self.us + tolerance,
            (false, true) => self.us <= other.us + tolerance,
            (false, false) => (self.us - other.us).abs() <= tolerance,
        }
    }
}

impl<'g, 's> Samples<'g, 's> {
    /// The samples of `reports`.
    pub(super) fn new(reports: &'g [Report<'s>], agents: &'g [Agent<'s>]) -> Self {
        Self { reports, agents }
    }

    /// The samples that the other end could know. What a proxy accepts it opens anew, from a port of its own.
    pub(super) fn of(&self, report: u32) -> &'s [PortSample] {
        let Some(Report { flow, side, .. }) = self.reports.get(report as usize) else { return &[] };
        if *side == Side::Server && flow.seen_by.iter().any(|source| source == "docker-proxy") { &[] } else { &flow.ports }
    }

    fn opened(&self, report: u32, at: Timestamp) -> Opened {
        let agent = self.reports.get(report as usize).and_then(|report| self.agents.get(report.agent as usize));
        let (started, interval) = agent.map_or((0, 0), |agent| (agent.started_us, agent.interval_us));
        let us = at.as_micros();
        Opened { us, before: us <= started + interval + TOLERANCE_US, tolerance: interval }
    }

    /// How many sampled connections the two have in common.
    pub(super) fn matches(&self, one: u32, other: u32) -> u64 {
        let same = |a: &&PortSample| self.of(other).iter().any(|b| a.0 == b.0 && self.opened(one, a.1).agrees(self.opened(other, b.1)));
        self.of(one).iter().filter(same).count() as u64
    }

    /// How many sampled connections of `server` none of `clients` has, though all of them were watched when these opened.
    pub(super) fn unmatched(&self, server: u32, clients: &[u32]) -> u64 {
        let (mut from, mut to) = (i64::MIN, i64::MAX);
        for client in clients.iter().filter_map(|client| self.reports.get(*client as usize)) {
            let seen_until = self.agents.get(client.agent as usize).and_then(|agent| agent.at).map_or(i64::MAX, Timestamp::as_micros);
            from = from.max(client.flow.since.as_micros().saturating_sub(TOLERANCE_US));
            to = to.min(seen_until);
        }
        let known = |port: u16| clients.iter().any(|client| self.of(*client).iter().any(|sample| sample.0 == port));
        let watched = |sample: &PortSample| (from..=to).contains(&sample.1.as_micros());
        self.of(server).iter().filter(|sample| watched(sample) && !known(sample.0)).count() as u64
    }
}

/// All pairs.
pub(super) fn find<'g, 's>(reports: &'g [Report<'s>], nodes: &'g Nodes<'s>, parents: &'g Parents, samples: &'g Samples<'g, 's>) -> Pairs {
    let places = [nodes.kind_id("container"), nodes.kind_id("pod")].map(|kind| kind.or(Some(KindId::MAX)));
    let mut finder = Finder { reports, nodes, parents, samples, places, found: Vec::new() };
    finder.by_endpoint();
    finder.by_server();
    finder.by_port();
    Pairs::new(reports.len(), &finder.found)
}

struct Finder<'g, 's> {
    reports: &'g [Report<'s>],
    nodes: &'g Nodes<'s>,
    parents: &'g Parents,
    /// The kinds that have addresses of their own on a host.
    places: [Option<KindId>; 2],
    samples: &'g Samples<'g, 's>,
    /// Client's report, server's report.
    found: Vec<(u32, u32)>,
}

/// What the addresses say of two reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Address {
    /// The client's agent is another, or the client has the address that the server saw: nothing else could be meant.
    Same,
    /// The client is on the host that has the address; others there may be meant as well.
    Host,
    /// It has not.
    Other,
    /// Nobody knows whose address the server saw.
    Unknown,
}

impl Finder<'_, '_> {
    fn side(&self, side: Side) -> impl Iterator<Item = (u32, &Report<'_>)> {
        (0..).zip(self.reports).filter(move |(_, report)| report.side == side)
    }

    fn is_paired(&self) -> Vec<bool> {
        let mut paired = vec![false; self.reports.len()];
        for number in self.found.iter().flat_map(|(client, server)| [*client, *server]) {
            if let Some(paired) = paired.get_mut(number as usize) {
                *paired = true;
            }
        }
        paired
    }

    fn address(&self, client: &Report<'_>, server: &Report<'_>) -> Address {
        if server.peer == NONE {
            return Address::Unknown;
        }
        if !self.parents.is_within(client.owner, server.peer) {
            return Address::Other;
        }
        // Seen from another host everything behind one address is one client, and its own agent tells which. On one host the addresses of containers
        // are seen, and the host's is that of its own processes, of containers in its network and of what it masquerades.
        let own = client.owner == server.peer || self.inmost(client.owner).is_none_or(|place| place == server.peer);
        if client.agent != server.agent || own { Address::Same } else { Address::Host }
    }

    /// Whether two reports speak of the same connections, given that they name the same server.
    fn is_pair(&self, client: (u32, &Report<'_>), server: (u32, &Report<'_>)) -> bool {
        let in_common = || self.samples.matches(client.0, server.0) > 0;
        match self.address(client.1, server.1) {
            Address::Same => true,
            Address::Host => self.lacks_samples(client.0) || self.lacks_samples(server.0) || in_common(),
            Address::Unknown => in_common(),
            Address::Other => false,
        }
    }

    /// The container or pod that a node is or belongs to.
    fn inmost(&self, node: u32) -> Option<u32> {
        let kinds = self.places;
        self.parents.above(node).into_iter().find(|above| kinds.contains(&Some(self.nodes.kind(*above))))
    }

    /// Reports that name the same endpoint.
    fn by_endpoint(&mut self) {
        let mut heads: HashMap<At, u32> = HashMap::new();
        let mut next = vec![NONE; self.reports.len()];
        for (number, report) in self.side(Side::Server) {
            if let (Some(at), Some(next)) = (report.at, next.get_mut(number as usize)) {
                *next = heads.insert(at, number).unwrap_or(NONE);
            }
        }
        if heads.is_empty() {
            return;
        }
        let mut found = Vec::new();
        for (number, client) in self.side(Side::Client) {
            let mut other = client.at.and_then(|at| heads.get(&at)).copied().unwrap_or(NONE);
            while let Some(server) = self.reports.get(other as usize) {
                if self.is_pair((number, client), (other, server)) {
                    found.push((number, other));
                }
                other = next.get(other as usize).copied().unwrap_or(NONE);
            }
        }
        self.found.append(&mut found);
    }

    /// Reports where the client's end names a published port, and the server's what it leads to.
    fn by_server(&mut self) {
        let paired = self.is_paired();
        let is_free = |number: u32| !paired.get(number as usize).copied().unwrap_or(true);
        let mut by_node: HashMap<(u32, Protocol), Vec<u32>> = HashMap::new();
        for (number, report) in self.side(Side::Server).filter(|(number, _)| is_free(*number)) {
            by_node.entry((self.inmost(report.owner).unwrap_or(report.owner), report.flow.key.proto)).or_default().push(number);
        }
        if by_node.is_empty() {
            return;
        }
        let mut found = Vec::new();
        for (number, client) in self.side(Side::Client).filter(|(number, client)| client.sure == Sure::Endpoint && is_free(*number)) {
            let node = self.inmost(client.peer).unwrap_or(client.peer);
            let Some(servers) = by_node.get(&(node, client.flow.key.proto)) else { continue };
            let servers = || servers.iter().filter_map(|server| Some((*server, self.reports.get(*server as usize)?)));
            let possible: Vec<u32> = servers().filter(|server| self.is_pair((number, client), *server)).map(|(server, _)| server).collect();
            let matching: Vec<u32> = possible.iter().copied().filter(|server| self.samples.matches(number, *server) > 0).collect();
            match (matching.as_slice(), possible.as_slice()) {
                // Without samples in common, a client that the node serves at one place only was served there.
                ([], [server]) if self.lacks_samples(number) || self.lacks_samples(*server) => found.push((number, *server)),
                _ => found.extend(matching.iter().map(|server| (number, *server))),
            }
        }
        self.found.append(&mut found);
    }

    fn lacks_samples(&self, report: u32) -> bool {
        self.samples.of(report).is_empty()
    }

    /// Reports of which neither end is known to the other: a translator stands in between, and nobody watches it.
    fn by_port(&mut self) {
        let paired = self.is_paired();
        let is_free = |number: u32| !paired.get(number as usize).copied().unwrap_or(true);
        let lost = |report: &Report<'_>| report.sure != Sure::Endpoint && !report.flow.key.server_addr.ip.is_loopback();
        let mut clients: HashMap<(u16, Protocol), Vec<(u32, Opened)>> = HashMap::new();
        let mut times = Vec::new();
        for (number, client) in self.side(Side::Client).filter(|(number, client)| is_free(*number) && lost(client)) {
            for PortSample(port, at) in self.samples.of(number) {
                let opened = self.samples.opened(number, *at);
                times.push(if opened.before { i64::MIN } else { opened.us });
                clients.entry((*port, client.flow.key.proto)).or_default().push((number, opened));
            }
        }
        if clients.is_empty() {
            return;
        }
        times.sort_unstable();
        let mut expected = 0.0;
        // For each connection of a client the server that it was found at; [`NONE`] where two claim it, and it is neither's.
        let mut claims: HashMap<(u32, u16), u32> = HashMap::new();
        for (number, server) in self.side(Side::Server).filter(|(number, server)| is_free(*number) && !server.flow.key.server_addr.ip.is_loopback()) {
            for PortSample(port, at) in self.samples.of(number) {
                let opened = self.samples.opened(number, *at);
                expected += Self::coincidences(&times, opened);
                let Some(same_port) = clients.get(&(*port, server.flow.key.proto)) else { continue };
                let possible = |(client, theirs): &&(u32, Opened)| {
                    theirs.agrees(opened) && self.reports.get(*client as usize).is_some_and(|client| self.may_be_translated(client, server))
                };
                let mut candidates = same_port.iter().filter(possible);
                if let (Some((client, _)), None) = (candidates.next(), candidates.next()) {
                    claims.entry((*client, *port)).and_modify(|claim| *claim = if *claim == number { number } else { NONE }).or_insert(number);
                }
            }
        }
        let mut votes: HashMap<(u32, u32), u32> = HashMap::new();
        for ((client, _), server) in claims {
            if server != NONE {
                *votes.entry((client, server)).or_default() += 1;
            }
        }
        let enough = if expected < CHANCE { 1 } else { 2 };
        self.found.extend(votes.into_iter().filter(|(_, votes)| *votes >= enough).map(|(pair, _)| pair));
    }

    /// How many sampled connections of unrelated clients are expected to have the port and time of one of a server's by chance.
    fn coincidences(times: &[i64], opened: Opened) -> f64 {
        let inherited = times.partition_point(|time| *time == i64::MIN);
        let window = TOLERANCE_US + 2 * opened.tolerance;
        let from = if opened.before { i64::MIN } else { opened.us - window };
        let count =
            inherited + times.partition_point(|time| *time <= opened.us + window).saturating_sub(times.partition_point(|time| *time < from).max(inherited));
        count as f64 / EPHEMERAL
    }

    /// Whether somebody may have translated the addresses between the two: the server knows the client's address as its own or not at all, and a
    /// public client address means that the way led through the internet.
    fn may_be_translated(&self, client: &Report<'_>, server: &Report<'_>) -> bool {
        let single = matches!(&server.flow.key.peer, Peer::Client(address) if address.is_single());
        single && self.address(client, server) != Address::Other
    }
}
