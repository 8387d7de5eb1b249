//! Flows as messages: whole, or as what moved since they were last said. Which flow has which number is the encoder's and the decoder's business.

use super::LinkError;
use super::message;
use crate::endpoint::Protocol;
use crate::flow::{Flow, FlowKey, Peer, PortSample};
use crate::time::Timestamp;

// What of a flow moved, in its mask.
const SEEN_NOW: i64 = 1;
const SEEN: i64 = 1 << 1;
const OPEN: i64 = 1 << 2;
const COUNTERS: i64 = 1 << 3;
const PORTS: i64 = 1 << 9;

/// The counters of a flow, in the order of their bits.
fn counters(flow: &Flow) -> [Option<u64>; 6] {
    [flow.opened_total, flow.failed_total, flow.tx_bytes_total, flow.rx_bytes_total, flow.retrans_total, flow.rtt_us]
}

fn counters_mut(flow: &mut Flow) -> [&mut Option<u64>; 6] {
    [&mut flow.opened_total, &mut flow.failed_total, &mut flow.tx_bytes_total, &mut flow.rx_bytes_total, &mut flow.retrans_total, &mut flow.rtt_us]
}

/// Appends the mask and the differences of `new`, said at `at`, from `old`. Where more moved than figures it appends nothing and says so.
pub(super) fn moved(old: &Flow, new: &Flow, at: Timestamp, tokens: &mut Vec<i64>) -> bool {
    let (before, after) = (counters(old), counters(new));
    let same = old.server == new.server
        && old.server_name == new.server_name
        && old.command == new.command
        && old.since == new.since
        && old.seen_by == new.seen_by
        && before.iter().zip(&after).all(|(old, new)| old.is_some() == new.is_some());
    if !same {
        return false;
    }
    let place = tokens.len();
    let mut mask = 0;
    tokens.push(0);
    if new.last_seen == at {
        mask |= SEEN_NOW;
    } else if new.last_seen != old.last_seen {
        mask |= SEEN;
        tokens.push(at.micros_since(new.last_seen));
    }
    if new.open != old.open {
        mask |= OPEN;
        tokens.push(new.open.wrapping_sub(old.open) as i64);
    }
    for (bit, (old, new)) in before.into_iter().zip(after).enumerate() {
        let delta = new.unwrap_or(0).wrapping_sub(old.unwrap_or(0)) as i64;
        if delta != 0 {
            mask |= COUNTERS << bit;
            tokens.push(delta);
        }
    }
    if new.ports != old.ports {
        mask |= PORTS;
        tokens.push(new.ports.len() as i64);
        for sample in &new.ports {
            // Most were there before: their place from 1. Others: 0, the port, and how long ago.
            match old.ports.iter().position(|known| known == sample) {
                Some(known) => tokens.push(known as i64 + 1),
                None => tokens.extend([0, i64::from(sample.0), at.micros_since(sample.1)]),
            }
        }
    }
    if let Some(token) = tokens.get_mut(place) {
        *token = mask;
    }
    true
}

/// Brings `flow` up to date by what [`moved`] appended.
pub(super) fn apply(flow: &mut Flow, at: Timestamp, tokens: &mut impl Iterator<Item = i64>) -> Result<(), LinkError> {
    let mut next = || tokens.next().ok_or(LinkError::Contradiction("the movements of a flow are cut short"));
    let mask = next()?;
    if mask & SEEN_NOW != 0 {
        flow.last_seen = at;
    }
    if mask & SEEN != 0 {
        flow.last_seen = before(at, next()?);
    }
    if mask & OPEN != 0 {
        flow.open = flow.open.wrapping_add(next()? as u64);
    }
    for (bit, counter) in counters_mut(flow).into_iter().enumerate() {
        if mask & (COUNTERS << bit) != 0 {
            let delta = next()?;
            *counter = counter.map(|counter| counter.wrapping_add(delta as u64));
        }
    }
    if mask & PORTS != 0 {
        let count = usize::try_from(next()?).ok().filter(|count| *count <= crate::limits::ITEMS).ok_or(LinkError::Invalid("count of sampled ports"))?;
        let mut ports = Vec::with_capacity(count.min(16));
        for _ in 0..count {
            ports.push(match next()? {
                0 => {
                    let port = u16::try_from(next()?).map_err(|_| LinkError::Invalid("port"))?;
                    PortSample(port, before(at, next()?))
                }
                place => {
                    let known = usize::try_from(place - 1).ok().and_then(|place| flow.ports.get(place));
                    *known.ok_or(LinkError::Contradiction("a sampled port that was never said"))?
                }
            });
        }
        flow.ports = ports;
    }
    Ok(())
}

/// The time `micros` before `at`.
pub(super) fn before(at: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(at.as_micros().saturating_sub(micros))
}

/// The key as a message.
pub(super) fn key_to_message(key: &FlowKey, source: u32, owner: u32) -> message::FlowKey {
    message::FlowKey {
        source,
        owner,
        udp: key.proto == Protocol::Udp,
        server_addr: key.server_addr.to_string(),
        dialled: key.dialled().map(|at| if *at == key.server_addr { String::new() } else { at.to_string() }),
        client_addr: key.client_addr().map(ToString::to_string),
    }
}

/// The key that a message holds.
pub(super) fn key_from_message(message: &message::FlowKey, owner: crate::NodeId) -> Result<FlowKey, LinkError> {
    let server_addr: crate::SocketAddress = message.server_addr.parse().map_err(|_| LinkError::Invalid("address"))?;
    let peer = match (message.dialled.as_deref(), message.client_addr.as_deref()) {
        (Some(""), None) => Peer::Dialled(server_addr.clone()),
        (Some(at), None) => Peer::Dialled(at.parse().map_err(|_| LinkError::Invalid("address"))?),
        (None, Some(at)) => Peer::Client(at.parse().map_err(|_| LinkError::Invalid("address"))?),
        _ => return Err(LinkError::Invalid("flow with one far end")),
    };
    Ok(FlowKey { owner, peer, server_addr, proto: if message.udp { Protocol::Udp } else { Protocol::Tcp } })
}
