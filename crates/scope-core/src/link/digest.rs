//! The digest of an agent's state, by which both ends of a link find out whether they hold the same. It depends on what holds, not on when it was said, in
//! what order, or by whose clock.

use crate::hash::Hash;
use crate::record::FieldRecord;
use crate::state::{AgentState, NodeState};

/// The digest of `state`. The same on every machine and for every build of one [`PROTOCOL`](super::PROTOCOL).
///
/// Times of records and ticks are left out, and the agent's name: a server corrects them. So is what a node or flow has of fields unknown to this
/// version: one end may know them.
pub fn digest(state: &AgentState) -> u64 {
    let mut sum = 0_u64;
    for (name, source) in state.sources() {
        let source_hash = Hash::new(0).text(name).end();
        for (id, node) in source.nodes_unsorted() {
            sum = sum.wrapping_add(node_digest(Hash::new(source_hash).text(id.as_str()).end(), node));
        }
        for flow in source.flows_unsorted() {
            sum = sum.wrapping_add(flow_digest(source_hash, flow));
        }
        for problem in source.problems() {
            let hash = Hash::new(source_hash).word(2).text(&problem.message).optional(problem.hint.as_deref());
            sum = sum.wrapping_add(hash.optional(problem.id.as_ref().map(|id| id.as_str())).end());
        }
        for field in source.fields() {
            sum = sum.wrapping_add(field_digest(source_hash, field));
        }
    }
    sum
}

/// A sum over the fields: no order among them, and no need to gather the layers.
fn node_digest(seed: u64, node: &NodeState) -> u64 {
    let said = |tag: u64, name: &str| Hash::new(seed).word(tag).text(name);
    let mut sum = said(3, node.kind()).end();
    if let Some(name) = node.name() {
        sum = sum.wrapping_add(said(4, name).end());
    }
    if let Some(parents) = node.parents() {
        sum = sum.wrapping_add(said(5, "").ids(parents).end());
    }
    if let Some(endpoints) = node.endpoints() {
        sum = sum.wrapping_add(said(6, "").endpoints(endpoints).end());
    }
    for (name, value) in node.attrs() {
        sum = sum.wrapping_add(said(7, name).value(value).end());
    }
    for layer in node.layers() {
        for (name, figure) in layer.node.metrics.iter() {
            sum = sum.wrapping_add(said(8, name).number(*figure).end());
        }
    }
    sum
}

fn flow_digest(source: u64, flow: &crate::flow::Flow) -> u64 {
    let key = &flow.key;
    let mut hash = Hash::new(source).word(9).text(key.owner.as_str()).word(key.proto as u64);
    hash = hash.text(key.server_addr.scope.as_str()).ip(key.server_addr.ip).word(key.server_addr.port.into());
    hash = match &key.peer {
        crate::flow::Peer::Dialled(at) => hash.word(0).text(at.scope.as_str()).ip(at.ip).word(at.port.into()),
        crate::flow::Peer::Client(at) => hash.word(1).text(at.scope.as_str()).ip(at.ip).word(at.prefix.into()),
    };
    hash = hash.optional(flow.server.as_ref().map(|id| id.as_str())).optional(flow.server_name.as_deref()).optional(flow.command.as_deref());
    hash = hash.word(flow.since.as_micros() as u64).word(flow.last_seen.as_micros() as u64).word(flow.open);
    for figure in [flow.opened_total, flow.failed_total, flow.tx_bytes_total, flow.rx_bytes_total, flow.retrans_total, flow.rtt_us] {
        hash = hash.word(u64::from(figure.is_some())).word(figure.unwrap_or(0));
    }
    hash = flow.ports.iter().fold(hash.word(flow.ports.len() as u64), |hash, sample| hash.word(sample.0.into()).word(sample.1.as_micros() as u64));
    flow.seen_by.iter().fold(hash.word(flow.seen_by.len() as u64), |hash, word| hash.text(word)).end()
}

fn field_digest(source: u64, field: &FieldRecord) -> u64 {
    let mut hash = Hash::new(source).word(10).text(&field.name);
    for word in [&field.label, &field.unit, &field.show, &field.description] {
        hash = hash.optional(word.as_deref());
    }
    hash = hash.word(field.priority.map_or(u64::MAX, u64::from));
    field.kinds.iter().fold(hash, |hash, kind| hash.text(kind)).end()
}
