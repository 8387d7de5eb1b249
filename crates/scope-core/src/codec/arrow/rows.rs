//! The rows of a batch as records.

use std::str::FromStr;
use std::sync::Arc;

use arrow_array::ArrayRef;
use compact_str::CompactString;

use super::columns::{Bools, Lists, Numbers, Part, Text, Times};
use super::facts::{self, Attributes, Figures, Since, text_value};
use super::repeats::{Memory, Repeats};
use super::schema::Column;
use crate::codec::json::{Kind, MissingField, flow_key, is_known};
use crate::flow::{Connection, Flow, FlowKey, PortSample, Side};
use crate::limits::{self, LINE_BYTES};
use crate::record::{Body, Gone, Node, Problem, Record, Stamp, Tick};
use crate::time::Timestamp;
use crate::value::{Fields, Value};

/// A column that no version of ours writes yet.
enum Other {
    Text(Text),
    Number(Numbers),
    Bool(Bools),
    Time(Times),
}

impl Other {
    fn new(array: &ArrayRef) -> Option<Self> {
        let part = || Part::Array(Arc::clone(array));
        // Text before times, which texts can be too.
        let text = Text::new(part()).map(Self::Text);
        text.or_else(|| Numbers::new(part()).map(Self::Number)).or_else(|| Bools::new(part()).map(Self::Bool)).or_else(|| Times::new(part()).map(Self::Time))
    }

    fn of(part: Part) -> Option<Self> {
        match part {
            Part::Array(array) => Self::new(&array),
            Part::Text(text) => Some(Self::Text(text)),
            Part::Numbers(numbers) => Some(Self::Number(numbers)),
            Part::Bools(bools) => Some(Self::Bool(bools)),
            Part::Times(times) => Some(Self::Time(times)),
            Part::List { .. } | Part::Structs { .. } => None,
        }
    }

    fn get(&self, row: usize) -> Option<Value> {
        match self {
            Self::Text(text) => text.get(row).map(text_value),
            Self::Number(numbers) => numbers.get(row).map(Value::Number),
            Self::Bool(bools) => bools.get(row).map(Value::Bool),
            Self::Time(times) => times.get(row).and_then(Result::ok).map(Value::Time),
        }
    }
}

pub(super) fn parse<T: FromStr<Err: std::fmt::Display>>(column: Column, text: &str) -> Result<T, String> {
    text.parse().map_err(|error| invalid(column, error))
}

/// As [`parse`], of text that has not been looked at yet.
pub(super) fn parse_bytes<T: FromStr<Err: std::fmt::Display>>(column: Column, text: &[u8]) -> Result<T, String> {
    parse(column, std::str::from_utf8(text).map_err(|error| invalid(column, error))?)
}

fn invalid(column: Column, error: impl std::fmt::Display) -> String {
    format!("column `{}`: {error}", column.name())
}

/// Names the columns and what reads them.
macro_rules! rows {
    ($($name:ident: $type:ty = $column:ident $read:expr,)*) => {
        /// The columns of a batch that say anything.
        #[derive(Default)]
        pub(super) struct Rows {
            $($name: Option<$type>,)*
            others: Vec<(CompactString, Other)>,
        }

        impl Rows {
            /// Takes a column; false where it has a type that says something else.
            pub(super) fn bind(&mut self, column: Column, part: Part) -> bool {
                match column {
                    $(Column::$column => {
                        self.$name = $read(part);
                        self.$name.is_some()
                    })*
                }
            }
        }
    };
}

rows! {
    record: Text = Record Text::new,
    agent: Text = Agent Text::new,
    run: Text = Run Text::new,
    seq: Numbers = Seq Numbers::new,
    source: Text = Source Text::new,
    at: Times = At Times::new,
    id: Text = Id Text::new,
    kind: Text = Kind Text::new,
    name: Text = Name Text::new,
    parents: Lists<Text> = Parents |part| Lists::new(part, Text::new),
    endpoints: Lists<Since<Text>> = Endpoints |part| Lists::new(part, |items| Since::new(items, "at", Text::new)),
    attrs: Lists<Attributes> = Attrs |part| Lists::new(part, Attributes::new),
    metrics: Lists<Figures> = Metrics |part| Lists::new(part, |items| Figures::new(items, "value", "")),
    counters: Lists<Figures> = Counters |part| Lists::new(part, |items| Figures::new(items, "unsigned", "signed")),
    side: Text = Side Text::new,
    proto: Text = Proto Text::new,
    owner: Text = Owner Text::new,
    server_addr: Text = ServerAddr Text::new,
    dialled: Text = Dialled Text::new,
    client_addr: Text = ClientAddr Text::new,
    server: Text = Server Text::new,
    server_name: Text = ServerName Text::new,
    command: Text = Command Text::new,
    since: Times = Since Times::new,
    last_seen: Times = LastSeen Times::new,
    open: Numbers = Open Numbers::new,
    opened_total: Numbers = OpenedTotal Numbers::new,
    failed_total: Numbers = FailedTotal Numbers::new,
    tx_bytes_total: Numbers = TxBytesTotal Numbers::new,
    rx_bytes_total: Numbers = RxBytesTotal Numbers::new,
    retrans_total: Numbers = RetransTotal Numbers::new,
    rtt_us: Numbers = RttUs Numbers::new,
    ports: Lists<Since<Numbers>> = Ports |part| Lists::new(part, |items| Since::new(items, "port", Numbers::new)),
    seen_by: Lists<Text> = SeenBy |part| Lists::new(part, Text::new),
    local: Text = Local Text::new,
    remote: Text = Remote Text::new,
    state: Text = State Text::new,
    pid: Numbers = Pid Numbers::new,
    message: Text = Message Text::new,
    hint: Text = Hint Text::new,
    field: Text = FieldRecord Text::new,
    interval_ms: Numbers = IntervalMs Numbers::new,
    sources: Text = Sources Text::new,
    extra: Text = Extra Text::new,
}

/// What a row says in a column.
#[inline]
pub(super) fn text(column: Option<&Text>, row: usize) -> Option<&str> {
    column?.get(row)
}

fn name(column: Option<&Text>, row: usize) -> Option<CompactString> {
    text(column, row).map(CompactString::from)
}

/// What the text of a row stands for.
fn known<T: FromStr<Err: std::fmt::Display> + Clone>(of: Column, column: Option<&Text>, row: usize, memory: &mut Memory<T>) -> Result<Option<T>, String> {
    column.and_then(|column| column.bytes(row)).map(|text| memory.get(text, |text| parse_bytes(of, text))).transpose()
}

pub(super) fn time(of: Column, column: Option<&Times>, row: usize) -> Result<Option<Timestamp>, String> {
    column.and_then(|column| column.get(row)).transpose().map_err(|error| invalid(of, error))
}

fn count<T: TryFrom<u64>>(of: Column, column: Option<&Numbers>, row: usize) -> Result<Option<T>, String> {
    let Some(number) = column.and_then(|column| column.get(row)) else { return Ok(None) };
    number.as_u64().and_then(|count| count.try_into().ok()).map(Some).ok_or_else(|| invalid(of, format_args!("{number} is not a count of its size")))
}

fn json<T: serde::de::DeserializeOwned>(of: Column, column: Option<&Text>, row: usize) -> Result<Option<T>, String> {
    column.and_then(|column| column.bytes(row)).map(|text| from_json(of, text)).transpose()
}

pub(super) fn from_json<T: serde::de::DeserializeOwned>(of: Column, text: &[u8]) -> Result<T, String> {
    serde_json::from_slice(text).map_err(|error| invalid(of, error))
}

/// The text of one row, which a dictionary makes cheap to repeat, is bounded as that of a line is.
pub(super) struct Budget(usize);

impl Budget {
    #[inline]
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), String> {
        self.0 = self.0.checked_sub(bytes).ok_or_else(|| format!("longer than {LINE_BYTES} bytes"))?;
        Ok(())
    }

    #[inline]
    pub(super) fn take(&mut self, text: &str) -> Result<CompactString, String> {
        self.spend(text.len()).map(|()| text.into())
    }
}

impl Rows {
    /// Takes a column of which only the name is known; false where its type cannot be kept.
    pub(super) fn bind_other(&mut self, name: &str, part: Part) -> bool {
        let says_nothing = part.says_nothing();
        match Other::of(part) {
            Some(other) => {
                self.others.push((name.into(), other));
                true
            }
            None => says_nothing,
        }
    }

    /// The record of a row, or what is wrong with it.
    pub(super) fn record(&self, row: usize, repeats: &mut Repeats) -> Result<Record, String> {
        let word = || text(self.record.as_ref(), row).filter(|word| !word.is_empty());
        let missing = |field| MissingField { record: word().unwrap_or("?").into(), field }.to_string();
        let of_word = |word: &str| if word.is_empty() { Err(missing("record")) } else { Ok(Kind::of_word(word)) };
        let kind = repeats.record.get(self.record.as_ref(), row, of_word)?.ok_or_else(|| missing("record"))?;
        let source = repeats.source.get(self.source.as_ref(), row, |text| parse(Column::Source, text))?.unwrap_or_default();
        if source.is_empty() && kind != Kind::TICK && kind != Kind::UNKNOWN {
            return Err(missing("source"));
        }
        let agent = repeats.agent.get(self.agent.as_ref(), row, |text| parse(Column::Agent, text))?.ok_or_else(|| missing("agent"))?;
        let run = repeats.run.get(self.run.as_ref(), row, |text| parse(Column::Run, text))?.ok_or_else(|| missing("run"))?;
        let seq = count(Column::Seq, self.seq.as_ref(), row)?.ok_or_else(|| missing("seq"))?;
        let at = time(Column::At, self.at.as_ref(), row)?.ok_or_else(|| missing("at"))?;
        let mut budget = Budget(LINE_BYTES);
        let body = match kind {
            Kind::NODE => Body::Node(self.node(row, &mut budget, repeats, missing)?),
            Kind::FLOW => Body::Flow(Box::new(self.flow(row, &mut budget, repeats, missing)?)),
            Kind::CONNECTION => Body::Connection(Box::new(self.connection(row, &mut budget, repeats, missing)?)),
            Kind::GONE => Body::Gone(match known(Column::Id, self.id.as_ref(), row, &mut repeats.ids)? {
                Some(id) => Gone::Node(id),
                None if text(self.owner.as_ref(), row).is_none() => return Err(missing("id` or `owner")),
                None => Gone::Flow(Box::new(self.flow_key(row, repeats)?.map_err(missing)?)),
            }),
            Kind::PROBLEM => Body::Problem(Problem {
                message: name(self.message.as_ref(), row).ok_or_else(|| missing("message"))?,
                hint: name(self.hint.as_ref(), row),
                id: known(Column::Id, self.id.as_ref(), row, &mut repeats.ids)?,
            }),
            Kind::FIELD => Body::Field(json(Column::FieldRecord, self.field.as_ref(), row)?.ok_or_else(|| missing("field"))?),
            Kind::TICK => Body::Tick(Tick {
                interval_ms: count(Column::IntervalMs, self.interval_ms.as_ref(), row)?,
                sources: json(Column::Sources, self.sources.as_ref(), row)?.unwrap_or_default(),
                metrics: self.metrics(row, &mut budget, repeats)?,
            }),
            _ => Body::Unknown(word().unwrap_or_default().into()),
        };
        Ok(Record { agent, stamp: Stamp { run, seq }, source, at, body, extra: self.extra(row, kind)? })
    }

    fn extra(&self, row: usize, kind: Kind) -> Result<Fields<Value>, String> {
        let mut extra: Fields<Value> = json(Column::Extra, self.extra.as_ref(), row)?.unwrap_or_default();
        if let Some((name, _)) = extra.iter().find(|(name, _)| is_known(kind, name)) {
            return Err(invalid(Column::Extra, format_args!("`{}` has a column of its own", limits::cut(name, 64))));
        }
        for (name, other) in &self.others {
            if let Some(value) = other.get(row) {
                extra.insert(name.clone(), value);
            }
        }
        Ok(extra)
    }

    fn node(&self, row: usize, budget: &mut Budget, repeats: &mut Repeats, missing: impl Fn(&'static str) -> String) -> Result<Node, String> {
        let id = known(Column::Id, self.id.as_ref(), row, &mut repeats.ids)?.ok_or_else(|| missing("id"))?;
        let Repeats { ids, nodes, room, parents, endpoints, attrs, json, .. } = repeats;
        let (had_parents, had_endpoints) = nodes.last(ids).map(|said| (&mut said.parents, &mut said.endpoints)).unzip();
        Ok(Node {
            kind: repeats.kind.get(self.kind.as_ref(), row, |text| parse(Column::Kind, text))?.unwrap_or_else(|| id.kind().into()),
            id,
            name: name(self.name.as_ref(), row),
            parents: facts::parents(self.parents.as_ref(), row, parents, had_parents, &mut room.parents)?,
            endpoints: facts::endpoints(self.endpoints.as_ref(), row, endpoints, had_endpoints, &mut room.endpoints)?,
            attrs: facts::attrs(self.attrs.as_ref(), row, budget, attrs, json)?,
            metrics: self.metrics(row, budget, repeats)?,
        })
    }

    fn metrics(&self, row: usize, budget: &mut Budget, repeats: &mut Repeats) -> Result<crate::Figures, String> {
        facts::metrics([self.metrics.as_ref(), self.counters.as_ref()], row, budget, &mut repeats.metrics)
    }

    /// The key of a flow, or the name of the field that it lacks.
    fn flow_key(&self, row: usize, repeats: &mut Repeats) -> Result<Result<FlowKey, &'static str>, String> {
        Ok(flow_key(
            side(text(self.side.as_ref(), row))?,
            known(Column::Dialled, self.dialled.as_ref(), row, &mut repeats.far)?,
            known(Column::ClientAddr, self.client_addr.as_ref(), row, &mut repeats.clients)?,
            known(Column::Owner, self.owner.as_ref(), row, &mut repeats.owners)?,
            known(Column::ServerAddr, self.server_addr.as_ref(), row, &mut repeats.near)?,
            protocol(text(self.proto.as_ref(), row))?,
        ))
    }

    fn flow(&self, row: usize, budget: &mut Budget, repeats: &mut Repeats, missing: impl Fn(&'static str) -> String) -> Result<Flow, String> {
        Ok(Flow {
            key: self.flow_key(row, repeats)?.map_err(&missing)?,
            server: known(Column::Server, self.server.as_ref(), row, &mut repeats.servers)?,
            server_name: name(self.server_name.as_ref(), row),
            command: name(self.command.as_ref(), row),
            since: time(Column::Since, self.since.as_ref(), row)?.ok_or_else(|| missing("since"))?,
            last_seen: time(Column::LastSeen, self.last_seen.as_ref(), row)?.ok_or_else(|| missing("last_seen"))?,
            open: count(Column::Open, self.open.as_ref(), row)?.ok_or_else(|| missing("open"))?,
            opened_total: count(Column::OpenedTotal, self.opened_total.as_ref(), row)?,
            failed_total: count(Column::FailedTotal, self.failed_total.as_ref(), row)?,
            tx_bytes_total: count(Column::TxBytesTotal, self.tx_bytes_total.as_ref(), row)?,
            rx_bytes_total: count(Column::RxBytesTotal, self.rx_bytes_total.as_ref(), row)?,
            retrans_total: count(Column::RetransTotal, self.retrans_total.as_ref(), row)?,
            rtt_us: count(Column::RttUs, self.rtt_us.as_ref(), row)?,
            ports: self.ports(row)?,
            seen_by: self.seen_by(row, budget)?,
        })
    }

    fn ports(&self, row: usize) -> Result<Vec<PortSample>, String> {
        let Some(list) = &self.ports else { return Ok(Vec::new()) };
        let Some(items) = list.get(row) else { return Ok(Vec::new()) };
        let Since { what, since } = &list.items;
        let mut ports = Vec::with_capacity(items.size_hint().1.unwrap_or(0));
        for item in items {
            if let (Some(port), Some(since)) = (count(Column::Ports, what.as_ref(), item)?, time(Column::Ports, since.as_ref(), item)?) {
                ports.push(PortSample(port, since));
            }
        }
        Ok(ports)
    }

    fn seen_by(&self, row: usize, budget: &mut Budget) -> Result<Vec<CompactString>, String> {
        let Some(list) = &self.seen_by else { return Ok(Vec::new()) };
        let Some(items) = list.get(row) else { return Ok(Vec::new()) };
        let mut sources = Vec::with_capacity(items.size_hint().1.unwrap_or(0));
        for item in items {
            if let Some(source) = list.items.get(item) {
                sources.push(budget.take(source)?);
            }
        }
        Ok(sources)
    }

    fn connection(&self, row: usize, budget: &mut Budget, repeats: &mut Repeats, missing: impl Fn(&'static str) -> String) -> Result<Connection, String> {
        Ok(Connection {
            owner: known(Column::Owner, self.owner.as_ref(), row, &mut repeats.owners)?.ok_or_else(|| missing("owner"))?,
            proto: protocol(text(self.proto.as_ref(), row))?.ok_or_else(|| missing("proto"))?,
            local: known(Column::Local, self.local.as_ref(), row, &mut repeats.near)?.ok_or_else(|| missing("local"))?,
            remote: known(Column::Remote, self.remote.as_ref(), row, &mut repeats.far)?.ok_or_else(|| missing("remote"))?,
            side: side(text(self.side.as_ref(), row))?,
            state: name(self.state.as_ref(), row).ok_or_else(|| missing("state"))?,
            pid: count(Column::Pid, self.pid.as_ref(), row)?,
            tx_bytes_total: count(Column::TxBytesTotal, self.tx_bytes_total.as_ref(), row)?,
            rx_bytes_total: count(Column::RxBytesTotal, self.rx_bytes_total.as_ref(), row)?,
            seen_by: self.seen_by(row, budget)?,
        })
    }
}

fn side(text: Option<&str>) -> Result<Option<Side>, String> {
    match text {
        None => Ok(None),
        Some("client") => Ok(Some(Side::Client)),
        Some("server") => Ok(Some(Side::Server)),
        Some(_) => Err(invalid(Column::Side, "neither client nor server")),
    }
}

fn protocol(text: Option<&str>) -> Result<Option<crate::Protocol>, String> {
    match text {
        None => Ok(None),
        Some("tcp") => Ok(Some(crate::Protocol::Tcp)),
        Some("udp") => Ok(Some(crate::Protocol::Udp)),
        Some(_) => Err(invalid(Column::Proto, "neither tcp nor udp")),
    }
}
