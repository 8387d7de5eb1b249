//! A record as JSON.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Kind, is_known};
use crate::flow::FlowKey;
use crate::record::{Body, Gone, Record};

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("record", self.body.name())?;
        map.serialize_entry("agent", self.agent.as_str())?;
        map.serialize_entry("run", &self.stamp.run)?;
        map.serialize_entry("seq", &self.stamp.seq)?;
        if !self.source.is_empty() {
            map.serialize_entry("source", self.source.as_str())?;
        }
        map.serialize_entry("at", &self.at)?;
        match &self.body {
            Body::Node(node) => {
                map.serialize_entry("id", node.id.as_str())?;
                map.serialize_entry("kind", node.kind.as_str())?;
                entry(&mut map, "name", node.name.as_ref())?;
                entry(&mut map, "parents", node.parents.as_deref())?;
                entry(&mut map, "endpoints", node.endpoints.as_deref())?;
                entry(&mut map, "attrs", (!node.attrs.is_empty()).then_some(&node.attrs))?;
                entry(&mut map, "metrics", (!node.metrics.is_empty()).then_some(&node.metrics))?;
            }
            Body::Flow(flow) => {
                flow_key(&mut map, &flow.key)?;
                entry(&mut map, "server", flow.server.as_ref())?;
                entry(&mut map, "server_name", flow.server_name.as_ref())?;
                entry(&mut map, "command", flow.command.as_ref())?;
                map.serialize_entry("since", &flow.since)?;
                map.serialize_entry("last_seen", &flow.last_seen)?;
                map.serialize_entry("open", &flow.open)?;
                entry(&mut map, "opened_total", flow.opened_total)?;
                entry(&mut map, "failed_total", flow.failed_total)?;
                entry(&mut map, "tx_bytes_total", flow.tx_bytes_total)?;
                entry(&mut map, "rx_bytes_total", flow.rx_bytes_total)?;
                entry(&mut map, "retrans_total", flow.retrans_total)?;
                entry(&mut map, "rtt_us", flow.rtt_us)?;
                entry(&mut map, "ports", (!flow.ports.is_empty()).then_some(&flow.ports))?;
                entry(&mut map, "seen_by", (!flow.seen_by.is_empty()).then_some(&flow.seen_by))?;
            }
            Body::Connection(connection) => {
                map.serialize_entry("owner", &connection.owner)?;
                map.serialize_entry("proto", &connection.proto)?;
                map.serialize_entry("local", &connection.local)?;
                map.serialize_entry("remote", &connection.remote)?;
                entry(&mut map, "side", connection.side)?;
                map.serialize_entry("state", connection.state.as_str())?;
                entry(&mut map, "pid", connection.pid)?;
                entry(&mut map, "tx_bytes_total", connection.tx_bytes_total)?;
                entry(&mut map, "rx_bytes_total", connection.rx_bytes_total)?;
                entry(&mut map, "seen_by", (!connection.seen_by.is_empty()).then_some(&connection.seen_by))?;
            }
            Body::Gone(Gone::Node(id)) => map.serialize_entry("id", id)?,
            Body::Gone(Gone::Flow(key)) => flow_key(&mut map, key)?,
            Body::Problem(problem) => {
                map.serialize_entry("message", problem.message.as_str())?;
                entry(&mut map, "hint", problem.hint.as_ref())?;
                entry(&mut map, "id", problem.id.as_ref())?;
            }
            Body::Field(field) => map.serialize_entry("field", field)?,
            Body::Tick(tick) => {
                entry(&mut map, "interval_ms", tick.interval_ms)?;
                entry(&mut map, "sources", (!tick.sources.is_empty()).then_some(&tick.sources))?;
                entry(&mut map, "metrics", (!tick.metrics.is_empty()).then_some(&tick.metrics))?;
            }
            Body::Unknown(_) => {}
        }
        if !self.extra.is_empty() {
            let kind = Kind::of_body(&self.body);
            // A field said twice would be read differently by different readers.
            for (name, value) in self.extra.iter().filter(|(name, _)| !is_known(kind, name)) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

fn entry<M: SerializeMap, T: Serialize>(map: &mut M, name: &'static str, value: Option<T>) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(name, &value))
}

fn flow_key<M: SerializeMap>(map: &mut M, key: &FlowKey) -> Result<(), M::Error> {
    map.serialize_entry("side", &key.side())?;
    map.serialize_entry("proto", &key.proto)?;
    map.serialize_entry("owner", &key.owner)?;
    map.serialize_entry("server_addr", &key.server_addr)?;
    entry(map, "dialled", key.dialled())?;
    entry(map, "client_addr", key.client_addr())
}
