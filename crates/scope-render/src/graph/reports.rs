//! Flows as columns, and what their ends resolve to.

use scope_core::flow::{Peer, Side};
use scope_core::state::{Slot, State, id_hash};
use scope_core::{Flow, NodeId};

use super::NONE;
use super::address::{At, Owner, Places};
use super::nodes::Nodes;
use super::order::{self, Numbered};
use super::parents::Parents;
use super::peers::Peers;
use super::threads::{self, LARGE};

/// What one agent says of connections of one kind.
#[derive(Debug)]
pub(super) struct Report<'s> {
    pub(super) flow: &'s Flow,
    /// The number of the source that says it, and where it stands therein.
    pub(super) source: u32,
    pub(super) slot: Slot,
    /// The number of the agent.
    pub(super) agent: u32,
    /// The node at the agent's end.
    pub(super) owner: u32,
    /// The node at the other end, [`NONE`] where it is not known.
    pub(super) peer: u32,
    /// How sure that is.
    pub(super) sure: Sure,
    pub(super) side: Side,
    /// Where the server listens; none where nobody listens in that scope.
    pub(super) at: Option<At>,
}

/// How the other end was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sure {
    /// Not at all: nobody watches it.
    Unknown,
    /// It has the address; what of it listens there is not known.
    Address,
    /// It listens there, or the agent says so.
    Endpoint,
}

/// All flows with both ends in existence, and how many were left out because one is gone.
pub(super) fn gather<'s>(state: &'s State, nodes: &mut Nodes<'s>) -> (Vec<Report<'s>>, u64) {
    let agents = order::numbered(state);
    let (one, other) = agents.split_at(agents.len() / 2);
    let known = &*nodes;
    let (mut reports, mut others) = threads::both(known.len() >= LARGE, || look_up(one, known), || look_up(other, known));
    reports.append(&mut others);
    let mut over = 0;
    // Whoever nobody describes is taken at the word of who names it first.
    reports.retain_mut(|report| {
        let agent = report.agent;
        if report.owner == NONE {
            let Some(owner) = nodes.find_or_imply(agent, &report.flow.key.owner) else {
                over += 1;
                return false;
            };
            report.owner = owner;
        }
        if report.side == Side::Client
            && report.peer == NONE
            && let Some(server) = &report.flow.server
        {
            report.peer = nodes.find_or_imply(agent, server).unwrap_or(NONE);
        }
        if report.peer != NONE {
            report.sure = Sure::Endpoint;
        }
        true
    });
    (reports, over)
}

/// The flows of agents, and those of their ends that anybody describes.
fn look_up<'s>(agents: &[Numbered<'s>], nodes: &Nodes<'s>) -> Vec<Report<'s>> {
    // A flow that never had a connection was taken over by another before it began: its process was told from its container meanwhile.
    let any = |flow: &Flow| flow.open > 0 || flow.opened_total != Some(0) || flow.failed_total.is_some_and(|failed| failed > 0);
    let mut reports = Vec::new();
    for (agent, first_source, said) in agents {
        for ((_, said), source) in said.sources().zip(*first_source..) {
            let flows = said.placed_flows().filter(|(_, flow)| any(flow));
            reports.extend(flows.map(|(slot, flow)| Report {
                flow,
                source,
                slot,
                agent: *agent,
                owner: NONE,
                peer: NONE,
                sure: Sure::Unknown,
                side: flow.key.side(),
                at: None,
            }));
        }
    }
    // Hashes first, for the sake of the memory.
    let end = |id: &'s NodeId| (id.as_str(), id_hash(id.as_str()));
    let ends: Vec<_> =
        reports.iter().map(|Report { flow, side, .. }| (end(&flow.key.owner), flow.server.as_ref().filter(|_| *side == Side::Client).map(end))).collect();
    let find = |(id, hash): (&str, u64)| nodes.find_hashed(id, hash).unwrap_or(NONE);
    for (report, (owner, server)) in reports.iter_mut().zip(ends) {
        (report.owner, report.peer) = (find(owner), server.map_or(NONE, find));
    }
    reports
}

/// Finds the other ends as far as addresses tell; what stays unknown may still be found by its pair.
pub(super) fn resolve<'s>(reports: &mut Vec<Report<'s>>, nodes: &Nodes<'s>, parents: &Parents, places: &Places<'s, '_>, peers: &mut Peers<'s, '_>) -> u64 {
    let mut found = Vec::new();
    let mut over = 0;
    reports.retain_mut(|report| {
        let key = &report.flow.key;
        report.at = places.at(&key.server_addr, key.proto);
        match &key.peer {
            Peer::Client(client) => {
                let owner = places.owner(report.agent, client.scope.as_str(), client.ip).filter(|_| client.is_single());
                // Loopback of a network namespace other than the host's.
                report.peer = owner.unwrap_or_else(|| if client.ip.is_loopback() { inmost_place(report.owner, nodes, parents) } else { NONE });
                if report.peer != NONE {
                    report.sure = Sure::Address;
                }
            }
            Peer::Dialled(_) if report.sure == Sure::Endpoint => {}
            Peer::Dialled(dialled) => {
                let mut listener = |at: Option<At>| at.map_or(Owner::Unknown, |at| places.listener(at, report.flow.last_seen, &mut found));
                let mut owner = listener(report.at);
                let mut place = &key.server_addr;
                if owner == Owner::Unknown && dialled != place {
                    owner = listener(places.at(dialled, key.proto));
                    place = dialled;
                }
                (report.peer, report.sure) = match owner {
                    Owner::Node(node) => (node, Sure::Endpoint),
                    Owner::Shared(parent) => (peers.shared(place, key.proto, parent), Sure::Endpoint),
                    // The agent knew the server, and the server is gone: whoever has the address now is somebody else.
                    Owner::Unknown if report.flow.server.is_some() => {
                        over += 1;
                        return false;
                    }
                    Owner::Unknown => match places.owner(report.agent, key.server_addr.scope.as_str(), key.server_addr.ip) {
                        Some(node) => (node, Sure::Address),
                        None if key.server_addr.ip.is_loopback() => (inmost_place(report.owner, nodes, parents), Sure::Address),
                        None => (NONE, Sure::Unknown),
                    },
                };
            }
        }
        if report.sure == Sure::Unknown
            && let Some(name) = &report.flow.server_name
        {
            match &key.peer {
                Peer::Client(client) => peers.call(&client.scope, client.ip, name),
                Peer::Dialled(_) => peers.call(&key.server_addr.scope, key.server_addr.ip, name),
            }
        }
        true
    });
    over
}

/// What shares the loopback addresses of `node`: its container, or its host.
fn inmost_place(node: u32, nodes: &Nodes<'_>, parents: &Parents) -> u32 {
    let is_place = |node: u32| matches!(nodes.kind_name(nodes.kind(node)), "container" | "pod" | "host");
    parents.above(node).into_iter().find(|above| is_place(*above)).unwrap_or(node)
}

impl<'s> Report<'s> {
    /// The node that stands for the other end, which is unknown.
    pub(super) fn unknown_peer(&self, peers: &mut Peers<'s, '_>) -> u32 {
        let key = &self.flow.key;
        match &key.peer {
            Peer::Dialled(_) => peers.unknown(Side::Server, &key.server_addr.scope, key.server_addr.ip, None),
            Peer::Client(client) => {
                let folded = (!client.is_single()).then_some(client.prefix);
                peers.unknown(Side::Client, &client.scope, client.ip, folded)
            }
        }
    }
}
