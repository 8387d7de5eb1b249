//! What a record weighs: about the bytes that it takes, in memory and on its way, without encoding it.

use crate::record::{Body, Gone, Record};
use crate::value::{Fields, Value};

/// What the fixed part of a record takes.
const RECORD: usize = 96;
/// What an entry of a map or a list takes beside its text.
const ENTRY: usize = 24;

/// What `record` weighs, in bytes: no less than it takes as JSON or as a part of a frame.
pub fn weight(record: &Record) -> usize {
    let body = match &record.body {
        Body::Node(node) => {
            text(&node.kind)
                + node.name.as_deref().map_or(0, text)
                + node.id.as_str().len()
                + node.parents.iter().flat_map(|parents| &**parents).map(|id| id.as_str().len() + ENTRY).sum::<usize>()
                + node.endpoints.iter().flat_map(|endpoints| &**endpoints).map(|endpoint| endpoint.at.scope.as_str().len() + 128).sum::<usize>()
                + fields(&node.attrs)
                + node.metrics.iter().map(|(name, _)| text(name) + ENTRY).sum::<usize>()
        }
        Body::Flow(flow) => {
            flow_key(&flow.key)
                + flow.server.as_ref().map_or(0, |id| id.as_str().len())
                + flow.server_name.as_deref().map_or(0, text)
                + flow.command.as_deref().map_or(0, text)
                + flow.ports.len() * 40
                + flow.seen_by.iter().map(|word| text(word) + ENTRY).sum::<usize>()
                + 256
        }
        Body::Connection(connection) => {
            connection.owner.as_str().len()
                + connection.local.scope.as_str().len()
                + connection.remote.scope.as_str().len()
                + text(&connection.state)
                + connection.seen_by.iter().map(|word| text(word) + ENTRY).sum::<usize>()
                + 256
        }
        Body::Gone(Gone::Node(id)) => id.as_str().len(),
        Body::Gone(Gone::Flow(key)) => flow_key(key),
        Body::Problem(problem) => text(&problem.message) + problem.hint.as_deref().map_or(0, text) + problem.id.as_ref().map_or(0, |id| id.as_str().len()),
        Body::Field(field) => {
            let words = [&field.label, &field.unit, &field.show, &field.description];
            text(&field.name)
                + words.into_iter().flatten().map(|word| text(word)).sum::<usize>()
                + field.kinds.iter().map(|kind| text(kind) + ENTRY).sum::<usize>()
                + 128
        }
        Body::Tick(tick) => {
            tick.sources.iter().map(|(name, _)| text(name) + 96).sum::<usize>() + tick.metrics.iter().map(|(name, _)| text(name) + ENTRY).sum::<usize>()
        }
        Body::Unknown(name) => text(name),
    };
    RECORD + record.agent.as_str().len() + text(&record.source) + body + fields(&record.extra)
}

fn flow_key(key: &crate::flow::FlowKey) -> usize {
    let peer = key.dialled().map_or(0, |at| at.scope.as_str().len()) + key.client_addr().map_or(0, |at| at.scope.as_str().len());
    key.owner.as_str().len() + key.server_addr.scope.as_str().len() + peer + 192
}

fn fields(fields: &Fields<Value>) -> usize {
    fields.iter().map(|(name, value)| text(name) + value_weight(value) + ENTRY).sum()
}

fn value_weight(value: &Value) -> usize {
    match value {
        Value::Text(value) => text(value),
        Value::List(items) => items.iter().map(|item| value_weight(item) + ENTRY).sum(),
        Value::Map(entries) => fields(entries),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Time(_) => ENTRY,
    }
}

/// As JSON has it: what needs an escape takes six bytes at most.
fn text(text: &str) -> usize {
    text.bytes().map(|byte| if byte < 0x20 || matches!(byte, b'"' | b'\\' | 0x7f) { 6 } else { 1 }).sum()
}
