//! The digest of an agent's state, by which both ends of a link find out whether they hold the same. It depends on what holds, not on when it was said, in
//! what order, or by whose clock.

use crate::number::Number;
use crate::record::FieldRecord;
use crate::state::{AgentState, NodeState};
use crate::value::{Fields, Value};

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
        sum = sum.wrapping_add(parents.iter().fold(said(5, "").word(parents.len() as u64), |hash, id| hash.text(id.as_str())).end());
    }
    if let Some(endpoints) = node.endpoints() {
        let all = endpoints.iter().fold(said(6, "").word(endpoints.len() as u64), |hash, endpoint| {
            let at = &endpoint.at;
            let ip = match at.address {
                crate::Address::Any => Hash::new(0).end(),
                crate::Address::Ip(ip) => Hash::new(1).ip(ip).end(),
            };
            let ports = u64::from(at.port) << 24 | u64::from(at.last_port) << 8 | at.protocol as u64;
            hash.text(at.scope.as_str()).word(ip).word(ports).word(endpoint.since.map_or(u64::MAX, |since| since.as_micros() as u64))
        });
        sum = sum.wrapping_add(all.end());
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

/// A hash that is written down here, because both ends must agree on it whatever they were built with. It finds differences; it withstands no attack, and an
/// agent that makes one deceives only about itself.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    fn word(self, word: u64) -> Self {
        let mixed = (self.0 ^ word).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Self((mixed ^ mixed >> 29).rotate_left(17))
    }

    fn text(self, text: &str) -> Self {
        let mut hash = self.word(text.len() as u64);
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            hash = hash.word(u64::from_le_bytes(*word));
        }
        let mut last = [0_u8; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        hash.word(u64::from_le_bytes(last))
    }

    fn optional(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.word(1).text(text),
            None => self.word(0),
        }
    }

    fn ip(self, ip: std::net::IpAddr) -> Self {
        match ip {
            std::net::IpAddr::V4(ip) => self.word(4).word(ip.to_bits().into()),
            std::net::IpAddr::V6(ip) => self.word(6).word(ip.to_bits() as u64).word((ip.to_bits() >> 64) as u64),
        }
    }

    fn number(self, number: Number) -> Self {
        match (number.as_u64(), number.as_i64()) {
            (Some(count), _) => self.word(0).word(count),
            (None, Some(negative)) => self.word(1).word(negative as u64),
            (None, None) => self.word(2).word(number.as_f64().to_bits()),
        }
    }

    fn value(self, value: &Value) -> Self {
        match value {
            Value::Null => self.word(10),
            Value::Bool(value) => self.word(11).word((*value).into()),
            Value::Number(number) => self.word(12).number(*number),
            Value::Time(at) => self.word(13).word(at.as_micros() as u64),
            Value::Text(text) => self.word(14).text(text),
            Value::List(items) => items.iter().fold(self.word(15).word(items.len() as u64), Self::value),
            Value::Map(entries) => self.fields(entries),
        }
    }

    fn fields(self, fields: &Fields<Value>) -> Self {
        fields.iter().fold(self.word(16).word(fields.len() as u64), |hash, (name, value)| hash.text(name).value(value))
    }

    fn end(self) -> u64 {
        let mut hash = self.0;
        hash = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash = (hash ^ hash >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        hash ^ hash >> 33
    }
}
