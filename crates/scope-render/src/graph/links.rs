//! Connections between two nodes, each drawn once.

use std::ops::Range;

use scope_core::flow::{PORTS, Side};
use scope_core::{Flow, Protocol, Timestamp};

use super::NONE;
use super::pairs::{Pairs, Samples};
use super::parents::Parents;
use super::reports::{Report, Sure};
use super::threads;

/// Connections of one kind from a client to a server.
#[derive(Clone, Debug)]
pub struct Link {
    /// The client.
    pub from: u32,
    /// The server.
    pub to: u32,
    /// Their protocol.
    pub protocol: Protocol,
    /// Where the server listens, as far as anybody saw.
    pub port: u16,
    /// What went over them.
    pub figures: Figures,
    /// When the first was seen.
    pub since: Timestamp,
    /// When one was last open.
    pub last_seen: Timestamp,
    /// The client's report, where there is one.
    pub(crate) client: u32,
    /// The server's report, where there is one.
    pub(crate) server: u32,
}

/// What went over connections, seen from the client. What nobody could see is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Connections open now.
    pub open: u64,
    /// Connections opened since the flow began.
    pub opened_total: Option<u64>,
    /// Attempts that failed since then.
    pub failed_total: Option<u64>,
    /// Bytes from client to server since then.
    pub tx_bytes_total: Option<u64>,
    /// Bytes from server to client since then.
    pub rx_bytes_total: Option<u64>,
    /// Segments sent again since then.
    pub retrans_total: Option<u64>,
    /// Round trip in microseconds; the slowest where several are taken together.
    pub rtt_us: Option<u64>,
}

impl Figures {
    fn of(flow: &Flow) -> Self {
        let (tx, rx) = (flow.tx_bytes_total, flow.rx_bytes_total);
        let (tx, rx) = if flow.key.side() == Side::Client { (tx, rx) } else { (rx, tx) };
        Self {
            open: flow.open,
            opened_total: flow.opened_total,
            failed_total: flow.failed_total,
            tx_bytes_total: tx,
            rx_bytes_total: rx,
            retrans_total: flow.retrans_total,
            rtt_us: flow.rtt_us,
        }
    }

    fn zip(self, other: Self, join: impl Fn(u64, u64) -> u64) -> Self {
        let option = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (Some(a), Some(b)) => Some(join(a, b)),
            (a, b) => a.or(b),
        };
        Self {
            open: join(self.open, other.open),
            opened_total: option(self.opened_total, other.opened_total),
            failed_total: option(self.failed_total, other.failed_total),
            tx_bytes_total: option(self.tx_bytes_total, other.tx_bytes_total),
            rx_bytes_total: option(self.rx_bytes_total, other.rx_bytes_total),
            retrans_total: option(self.retrans_total, other.retrans_total),
            rtt_us: self.rtt_us.max(other.rtt_us),
        }
    }

    /// The larger of each: two reports of the same connections.
    pub(super) fn larger(self, other: Self) -> Self {
        self.zip(other, u64::max)
    }

    /// The sums: connections that are drawn as one.
    pub fn add(&mut self, other: Self) {
        *self = self.zip(other, u64::saturating_add);
    }

    /// What is left without `other`.
    fn without(self, other: Self) -> Self {
        let option = |a: Option<u64>, b: Option<u64>| a.map(|a| a.saturating_sub(b.unwrap_or(0)));
        Self {
            open: self.open.saturating_sub(other.open),
            opened_total: option(self.opened_total, other.opened_total),
            failed_total: option(self.failed_total, other.failed_total),
            tx_bytes_total: option(self.tx_bytes_total, other.tx_bytes_total),
            rx_bytes_total: option(self.rx_bytes_total, other.rx_bytes_total),
            retrans_total: option(self.retrans_total, other.retrans_total),
            rtt_us: self.rtt_us,
        }
    }

    /// The shares `from` to `to` of `whole` equal ones. All shares together are all of it: nothing is lost by rounding, least of all the one connection that is open.
    fn shares(self, from: u64, to: u64, whole: u64) -> Self {
        let up_to = |figure: u64, share: u64| (u128::from(figure) * u128::from(share) / u128::from(whole.max(1))) as u64;
        let share = |figure: u64| up_to(figure, to) - up_to(figure, from);
        Self {
            open: share(self.open),
            opened_total: self.opened_total.map(share),
            failed_total: self.failed_total.map(share),
            tx_bytes_total: self.tx_bytes_total.map(share),
            rx_bytes_total: self.rx_bytes_total.map(share),
            retrans_total: self.retrans_total.map(share),
            rtt_us: self.rtt_us,
        }
    }
}

/// All links that the reports amount to; [`NONE`] for ends that neither addresses nor pairs tell. Where there are many they are drawn on two threads.
pub(super) fn draw(reports: &[Report<'_>], pairs: &Pairs, samples: &Samples<'_, '_>, parents: &Parents, is_large: bool) -> Vec<Link> {
    let drawing = Drawing { reports, pairs, samples, parents };
    let half = reports.len() / 2;
    let (mut links, mut others) = threads::both(is_large, || drawing.links(0..half), || drawing.links(half..reports.len()));
    links.append(&mut others);
    links
}

/// Puts what `unknown_end` tells in place of ends that nobody knows.
pub(super) fn end<'s>(links: &mut [Link], reports: &[Report<'s>], mut unknown_end: impl FnMut(&Report<'s>) -> u32) {
    let mut end = |number: u32| reports.get(number as usize).map_or(NONE, &mut unknown_end);
    for link in links {
        if link.to == NONE {
            link.to = end(link.client);
        } else if link.from == NONE {
            link.from = end(link.server);
        }
    }
}

/// What links are drawn from.
pub(super) struct Drawing<'g, 's> {
    pub(super) reports: &'g [Report<'s>],
    pub(super) pairs: &'g Pairs,
    pub(super) samples: &'g Samples<'g, 's>,
    pub(super) parents: &'g Parents,
}

impl Drawing<'_, '_> {
    /// The links of some of the reports.
    fn links(&self, of: Range<usize>) -> Vec<Link> {
        let mut links = Vec::with_capacity(of.len());
        for number in of.start as u32..of.end as u32 {
            self.links_of(number, &mut links);
        }
        links
    }

    /// The links that one report amounts to; [`NONE`] for an end that is not known.
    pub(super) fn links_of(&self, number: u32, links: &mut Vec<Link>) {
        let Self { reports, pairs, samples, parents } = *self;
        let Some(report) = reports.get(number as usize) else { return };
        match (report.side, pairs.of(number)) {
            (Side::Client, []) => links.push(link(report, number, NONE, report.owner, report.peer)),
            (Side::Client, [server]) => {
                let Some(theirs) = reports.get(*server as usize) else { return };
                let mut link = link(report, number, *server, report.owner, served_by(report, theirs, parents));
                // Where others share the server's report, its figures are not this client's.
                if pairs.of(*server).len() == 1 && beyond(reports, samples, *server, &[number]).is_none() {
                    link.take_larger(theirs);
                }
                links.push(link);
            }
            (Side::Client, servers) => self.several_servers(number, servers, links),
            (Side::Server, []) => links.push(link(report, NONE, number, report.peer, report.owner)),
            (Side::Server, clients) => {
                if let Some(figures) = beyond(reports, samples, number, clients) {
                    links.push(Link { figures, ..link(report, NONE, number, report.peer, report.owner) });
                }
            }
        }
    }

    /// One client's report whose connections several servers report: workers that share a port, or what stands behind one virtual address.
    fn several_servers(&self, number: u32, servers: &[u32], links: &mut Vec<Link>) {
        let Self { reports, pairs, samples, parents } = *self;
        let Some(report) = reports.get(number as usize) else { return };
        let theirs = || servers.iter().filter_map(|server| Some((*server, reports.get(*server as usize)?)));
        let start = links.len();
        if servers.iter().all(|server| pairs.of(*server).len() == 1) {
            // Each server tells its part.
            for (server, their) in theirs() {
                links.push(Link { figures: Figures::of(their.flow), ..link(report, number, server, report.owner, served_by(report, their, parents)) });
            }
            let mut sum = Figures::default();
            let drawn = links.get_mut(start..).unwrap_or_default();
            for link in &*drawn {
                sum.add(link.figures);
            }
            let rest = Figures::of(report.flow).without(sum);
            let busiest = drawn.iter_mut().max_by_key(|link| (link.figures.opened_total, link.figures.tx_bytes_total, link.to));
            if let Some(link) = busiest {
                link.figures.add(rest);
            }
            return;
        }
        // Others share these servers' reports: the sampled ports tell how the client's connections are spread.
        let votes: Vec<u64> = servers.iter().map(|server| samples.matches(number, *server)).collect();
        let all: u64 = votes.iter().sum();
        let mut given = 0;
        for ((server, their), votes) in theirs().zip(&votes).filter(|(_, votes)| **votes > 0) {
            let figures = Figures::of(report.flow).shares(given, given + votes, all);
            given += votes;
            links.push(Link { figures, ..link(report, number, server, report.owner, served_by(report, their, parents)) });
        }
        if all == 0 {
            let owners: Vec<u32> = theirs().map(|(_, their)| their.owner).collect();
            let to = parents.common(&owners, |_| true).unwrap_or(report.peer);
            links.push(link(report, number, NONE, report.owner, to));
        }
    }
}

fn link(report: &Report<'_>, client: u32, server: u32, from: u32, to: u32) -> Link {
    let flow = report.flow;
    Link {
        from,
        to,
        protocol: flow.key.proto,
        port: flow.key.server_addr.port,
        figures: Figures::of(flow),
        since: flow.since,
        last_seen: flow.last_seen,
        client,
        server,
    }
}

impl Link {
    /// The report that it was drawn for: the client's, where there is one.
    pub(super) fn drawn_for(&self) -> u32 {
        if self.client == NONE { self.server } else { self.client }
    }

    fn take_larger(&mut self, other: &Report<'_>) {
        self.figures = self.figures.larger(Figures::of(other.flow));
        self.since = self.since.min(other.flow.since);
        self.last_seen = self.last_seen.max(other.flow.last_seen);
    }
}

/// The server of a pair: what its own agent says, unless the client's agent knows it closer.
fn served_by(client: &Report<'_>, server: &Report<'_>, parents: &Parents) -> u32 {
    if client.sure == Sure::Endpoint && client.peer != server.owner && parents.is_within(client.peer, server.owner) { client.peer } else { server.owner }
}

/// What a server saw from one address beyond the clients that were found there, where it surely saw more: others share that address.
fn beyond(reports: &[Report<'_>], samples: &Samples<'_, '_>, number: u32, clients: &[u32]) -> Option<Figures> {
    let report = reports.get(number as usize)?;
    let mut sum = Figures::default();
    let mut whole = true;
    for client in clients {
        let Some(report) = reports.get(*client as usize) else { continue };
        sum.add(Figures::of(report.flow));
        whole &= (1..PORTS).contains(&samples.of(*client).len());
    }
    let rest = Figures::of(report.flow).without(sum);
    let others = if whole && !samples.of(number).is_empty() {
        // All their ports are known, so a port of nobody's is somebody else's.
        samples.unmatched(number, clients)
    } else {
        // Reports are not taken at the same moment: a small difference means nothing.
        if rest.open > 1 && rest.open > report.flow.open / 8 { rest.open } else { 0 }
    };
    (others > 0).then(|| Figures {
        open: rest.open.min(others).max(u64::from(report.flow.open >= others)),
        opened_total: rest.opened_total.map(|opened| opened.max(others)),
        ..rest
    })
}
