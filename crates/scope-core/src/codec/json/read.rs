//! A record from JSON.

use std::borrow::Cow;
use std::fmt;

use compact_str::CompactString;
use serde::de::value::MapDeserializer;
use serde::de::{self, DeserializeSeed, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Kind;
use crate::endpoint::{ClientAddress, OwnedEndpoint, Protocol, SocketAddress};
use crate::flow::{Connection, Flow, FlowKey, Peer, PortSample, Side};
use crate::id::{AgentName, NodeId, RunId};
use crate::limits;
use crate::record::{Body, FieldRecord, Gone, Node, Problem, Record, SourceTick, Stamp, Tick};
use crate::time::Timestamp;
use crate::value::{Fields, Value};

/// The fields of records beside those that every record has, and which types have them. The frequent ones first: names are compared in this order.
macro_rules! known_fields {
    ($($name:ident: $type:ty = $of:expr,)*) => {
        #[derive(Default)]
        struct Known {
            $($name: Option<$type>,)*
        }

        impl Known {
            /// Takes the value of `name` from `map`, if a record of this kind knows the field.
            fn read<'de, A: MapAccess<'de>>(&mut self, kind: Kind, name: &str, map: &mut A) -> Result<bool, A::Error> {
                match name {
                    $(stringify!($name) if kind.meets($of) => {
                        if self.$name.is_some() {
                            return Err(de::Error::duplicate_field(stringify!($name)));
                        }
                        self.$name = map.next_value()?;
                    })*
                    _ => return Ok(false),
                }
                Ok(true)
            }
        }

        /// Whether records of this kind know a field of this name, so that it cannot be one of their extra fields.
        pub(in crate::codec) fn is_known(kind: Kind, name: &str) -> bool {
            match name {
                "record" | "agent" | "run" | "seq" | "source" | "at" => true,
                $(stringify!($name) => kind.meets($of),)*
                _ => false,
            }
        }
    };
}

/// What a flow and its end have in common.
const KEYED: Kind = Kind::FLOW.or(Kind::GONE);
/// What all that speaks of connections has in common.
const LINKED: Kind = KEYED.or(Kind::CONNECTION);
const MEASURED: Kind = Kind::FLOW.or(Kind::CONNECTION);

known_fields! {
    id: NodeId = Kind::NODE.or(Kind::GONE).or(Kind::PROBLEM),
    kind: CompactString = Kind::NODE,
    metrics: crate::Figures = Kind::NODE.or(Kind::TICK),
    attrs: Fields<Value> = Kind::NODE,
    name: CompactString = Kind::NODE,
    parents: Vec<NodeId> = Kind::NODE,
    endpoints: Vec<OwnedEndpoint> = Kind::NODE,
    side: Side = LINKED,
    proto: Protocol = LINKED,
    owner: NodeId = LINKED,
    server_addr: SocketAddress = KEYED,
    dialled: SocketAddress = KEYED,
    client_addr: ClientAddress = KEYED,
    server: NodeId = Kind::FLOW,
    server_name: CompactString = Kind::FLOW,
    command: CompactString = Kind::FLOW,
    since: Timestamp = Kind::FLOW,
    last_seen: Timestamp = Kind::FLOW,
    open: u64 = Kind::FLOW,
    opened_total: u64 = Kind::FLOW,
    failed_total: u64 = Kind::FLOW,
    tx_bytes_total: u64 = MEASURED,
    rx_bytes_total: u64 = MEASURED,
    retrans_total: u64 = Kind::FLOW,
    rtt_us: u64 = Kind::FLOW,
    ports: Vec<PortSample> = Kind::FLOW,
    seen_by: Vec<CompactString> = MEASURED,
    local: SocketAddress = Kind::CONNECTION,
    remote: SocketAddress = Kind::CONNECTION,
    state: CompactString = Kind::CONNECTION,
    pid: u32 = Kind::CONNECTION,
    message: CompactString = Kind::PROBLEM,
    hint: CompactString = Kind::PROBLEM,
    field: FieldRecord = Kind::FIELD,
    interval_ms: u64 = Kind::TICK,
    sources: Fields<SourceTick> = Kind::TICK,
}

/// A text that is not a record.
#[derive(Debug)]
pub(in crate::codec) struct Malformed {
    /// Where in the text, in bytes from 1; 0 where the whole is meant.
    pub(in crate::codec) column: usize,
    /// What is wrong.
    pub(in crate::codec) message: String,
    /// Whether the text ends before the record does.
    pub(in crate::codec) cut_short: bool,
}

/// Reads one record from one JSON object.
pub(in crate::codec) fn decode(line: &[u8]) -> Result<Record, Malformed> {
    // Checked once for the whole line, which is several times faster than string by string.
    let text = std::str::from_utf8(line).map_err(|error| Malformed {
        column: error.valid_up_to() + 1,
        message: "not UTF-8".to_owned(),
        cut_short: error.error_len().is_none(),
    })?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let record = Reading { kind: kind_ahead(text) }.deserialize(&mut deserializer).and_then(|record| deserializer.end().map(|()| record));
    record.map_err(|error| {
        // serde_json counts lines too, and here there is only one.
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        Malformed { column: error.column(), message: limits::cut(message, 200).into_owned(), cut_short: error.is_eof() }
    })
}

/// The type of the record where `record` is not the first key, as in a text with sorted keys: looked for ahead, because holding back the fields
/// before it costs more than reading twice.
fn kind_ahead(text: &str) -> Option<Kind> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        record: Cow<'a, str>,
    }
    let first = text.trim_start().strip_prefix('{')?.trim_start();
    if first.starts_with("\"record\"") {
        return None;
    }
    // What is wrong with the text is found and reported by the reading proper.
    serde_json::from_str::<Head<'_>>(text).ok().map(|head| Kind::of_word(&head.record))
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reading { kind: None }.deserialize(deserializer)
    }
}

/// Reads a record whose type may be known ahead.
struct Reading {
    kind: Option<Kind>,
}

impl<'de> DeserializeSeed<'de> for Reading {
    type Value = Record;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Record, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reading {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Record, A::Error> {
        let mut parts = Parts { kind: self.kind, ..Parts::default() };
        parts.read(map)?;
        let early = std::mem::take(&mut parts.early);
        if !early.is_empty() && parts.kind.is_some() {
            parts.read(MapDeserializer::<_, serde_json::Error>::new(early.into_iter())).map_err(de::Error::custom)?;
        }
        parts.into_record().map_err(de::Error::custom)
    }
}

/// What has been read of a record.
#[derive(Default)]
struct Parts {
    kind: Option<Kind>,
    record: Option<CompactString>,
    agent: Option<AgentName>,
    run: Option<RunId>,
    seq: Option<u64>,
    source: Option<CompactString>,
    at: Option<Timestamp>,
    known: Known,
    extra: Vec<(CompactString, Value)>,
    /// Fields that came before the type of the record was known.
    early: Vec<(String, serde_json::Value)>,
}

impl Parts {
    fn read<'de, A: MapAccess<'de>>(&mut self, mut map: A) -> Result<(), A::Error> {
        fn once<'de, T: Deserialize<'de>, A: MapAccess<'de>>(place: &mut Option<T>, name: &'static str, map: &mut A) -> Result<(), A::Error> {
            if place.is_some() {
                return Err(de::Error::duplicate_field(name));
            }
            *place = map.next_value()?;
            Ok(())
        }
        while let Some(name) = map.next_key::<CompactString>()? {
            match name.as_str() {
                "record" => {
                    once(&mut self.record, "record", &mut map)?;
                    self.kind = self.record.as_deref().map(Kind::of_word);
                }
                "agent" => once(&mut self.agent, "agent", &mut map)?,
                "run" => once(&mut self.run, "run", &mut map)?,
                "seq" => once(&mut self.seq, "seq", &mut map)?,
                "source" => once(&mut self.source, "source", &mut map)?,
                "at" => once(&mut self.at, "at", &mut map)?,
                _ => match self.kind {
                    None => self.early.push((name.into(), map.next_value()?)),
                    Some(kind) => {
                        if !self.known.read(kind, &name, &mut map)? {
                            let value = map.next_value()?;
                            self.extra.push((name, value));
                        }
                    }
                },
            }
        }
        Ok(())
    }

    fn into_record(self) -> Result<Record, MissingField> {
        let record = self.record.filter(|record| !record.is_empty()).ok_or_else(|| MissingField { record: CompactString::const_new("?"), field: "record" })?;
        let missing = |field| MissingField { record: record.clone(), field };
        let kind = Kind::of_word(&record);
        let source = self.source.unwrap_or_default();
        if source.is_empty() && kind != Kind::TICK && kind != Kind::UNKNOWN {
            return Err(missing("source"));
        }
        Ok(Record {
            agent: self.agent.ok_or_else(|| missing("agent"))?,
            stamp: Stamp { run: self.run.ok_or_else(|| missing("run"))?, seq: self.seq.ok_or_else(|| missing("seq"))? },
            source,
            at: self.at.ok_or_else(|| missing("at"))?,
            body: if kind == Kind::UNKNOWN { Body::Unknown(record) } else { self.known.into_body(kind).map_err(missing)? },
            extra: self.extra.into(),
        })
    }
}

/// A record lacks a field that its type cannot do without.
#[derive(Debug, thiserror::Error)]
#[error("a `{record}` record without `{field}`")]
pub(in crate::codec) struct MissingField {
    pub(in crate::codec) record: CompactString,
    pub(in crate::codec) field: &'static str,
}

impl Known {
    /// The body of a record of `kind`, or the name of the field that it lacks.
    fn into_body(self, kind: Kind) -> Result<Body, &'static str> {
        Ok(match kind {
            Kind::NODE => {
                let id = self.id.ok_or("id")?;
                Body::Node(Node {
                    kind: self.kind.unwrap_or_else(|| id.kind().into()),
                    id,
                    name: self.name,
                    parents: self.parents.map(Into::into),
                    endpoints: self.endpoints.map(Into::into),
                    attrs: self.attrs.unwrap_or_default(),
                    metrics: self.metrics.unwrap_or_default(),
                })
            }
            Kind::FLOW => Body::Flow(Box::new(Flow {
                key: flow_key(self.side, self.dialled, self.client_addr, self.owner, self.server_addr, self.proto)?,
                server: self.server,
                server_name: self.server_name,
                command: self.command,
                since: self.since.ok_or("since")?,
                last_seen: self.last_seen.ok_or("last_seen")?,
                open: self.open.ok_or("open")?,
                opened_total: self.opened_total,
                failed_total: self.failed_total,
                tx_bytes_total: self.tx_bytes_total,
                rx_bytes_total: self.rx_bytes_total,
                retrans_total: self.retrans_total,
                rtt_us: self.rtt_us,
                ports: self.ports.unwrap_or_default(),
                seen_by: self.seen_by.unwrap_or_default(),
            })),
            Kind::CONNECTION => Body::Connection(Box::new(Connection {
                owner: self.owner.ok_or("owner")?,
                proto: self.proto.ok_or("proto")?,
                local: self.local.ok_or("local")?,
                remote: self.remote.ok_or("remote")?,
                side: self.side,
                state: self.state.ok_or("state")?,
                pid: self.pid,
                tx_bytes_total: self.tx_bytes_total,
                rx_bytes_total: self.rx_bytes_total,
                seen_by: self.seen_by.unwrap_or_default(),
            })),
            Kind::GONE => Body::Gone(match self.id {
                Some(id) => Gone::Node(id),
                None if self.owner.is_none() => return Err("id` or `owner"),
                None => Gone::Flow(Box::new(flow_key(self.side, self.dialled, self.client_addr, self.owner, self.server_addr, self.proto)?)),
            }),
            Kind::PROBLEM => Body::Problem(Problem { message: self.message.ok_or("message")?, hint: self.hint, id: self.id }),
            Kind::FIELD => Body::Field(self.field.ok_or("field")?),
            _ => Body::Tick(Tick { interval_ms: self.interval_ms, sources: self.sources.unwrap_or_default(), metrics: self.metrics.unwrap_or_default() }),
        })
    }
}

/// The key of a flow, or the name of the field that it lacks. The side says which of the two peers counts.
pub(in crate::codec) fn flow_key(
    side: Option<Side>,
    dialled: Option<SocketAddress>,
    client_addr: Option<ClientAddress>,
    owner: Option<NodeId>,
    server_addr: Option<SocketAddress>,
    proto: Option<Protocol>,
) -> Result<FlowKey, &'static str> {
    let peer = match side.ok_or("side")? {
        Side::Client => Peer::Dialled(dialled.ok_or("dialled")?),
        Side::Server => Peer::Client(client_addr.ok_or("client_addr")?),
    };
    Ok(FlowKey { owner: owner.ok_or("owner")?, peer, server_addr: server_addr.ok_or("server_addr")?, proto: proto.ok_or("proto")? })
}
