//! The rows of a batch as records.

use std::str::FromStr;

use arrow_array::{Array, ArrayRef};
use compact_str::CompactString;

use super::columns::{Bools, Lists, Numbers, Text, Times, member};
use super::schema::Column;
use crate::codec::json::{Kind, MissingField, flow_key, is_known};
use crate::endpoint::OwnedEndpoint;
use crate::flow::{Connection, Flow, FlowKey, PortSample, Side};
use crate::id::{AgentName, RunId};
use crate::limits::{self, LINE_BYTES};
use crate::record::{Body, Gone, Node, Problem, Record, Stamp, Tick};
use crate::time::Timestamp;
use crate::value::{Fields, Value};

/// Endpoints of nodes, and ports of flows.
struct Since<T> {
    what: Option<T>,
    since: Option<Times>,
}

struct Figures {
    name: Option<Text>,
    value: Option<Numbers>,
    signed: Option<Numbers>,
}

struct Attributes {
    key: Option<Text>,
    text: Option<Text>,
    int: Option<Numbers>,
    float: Option<Numbers>,
    bool: Option<Bools>,
    time: Option<Times>,
    json: Option<Text>,
}

/// A column that no version of ours writes yet.
enum Other {
    Text(Text),
    Number(Numbers),
    Bool(Bools),
    Time(Times),
}

impl Other {
    fn new(array: &ArrayRef) -> Option<Self> {
        // Text before times, which texts can be too.
        let text = Text::new(array).map(Self::Text);
        text.or_else(|| Numbers::new(array).map(Self::Number)).or_else(|| Bools::new(array).map(Self::Bool)).or_else(|| Times::new(array).map(Self::Time))
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

/// The value of a text of any length. A text in the form of a time is that time, as it is in JSON.
fn text_value(text: &str) -> Value {
    const TIME: usize = "2026-11-21T18:34:00.123456Z".len();
    if text.len() == TIME { Value::text(text) } else { Value::Text(text.into()) }
}

/// What the column says of the row before, which this one most often repeats: parsed once.
struct Last<T>(Option<(CompactString, T)>);

impl<T> Default for Last<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: FromStr<Err: std::fmt::Display> + Clone> Last<T> {
    fn get(&mut self, column: Column, text: &str) -> Result<T, String> {
        if let Some((last, value)) = &self.0
            && last == text
        {
            return Ok(value.clone());
        }
        let value: T = parse(column, text)?;
        self.0 = Some((text.into(), value.clone()));
        Ok(value)
    }
}

fn parse<T: FromStr<Err: std::fmt::Display>>(column: Column, text: &str) -> Result<T, String> {
    text.parse().map_err(|error| invalid(column, error))
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
            last_agent: Last<AgentName>,
            last_run: Last<RunId>,
        }

        impl Rows {
            /// Takes a column; false where it has a type that says something else.
            pub(super) fn bind(&mut self, column: Column, array: &ArrayRef) -> bool {
                match column {
                    $(Column::$column => {
                        self.$name = $read(array);
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
    parents: Lists<Text> = Parents |array| Lists::new(array, Text::new),
    endpoints: Lists<Since<Text>> = Endpoints |array| Lists::new(array, |items| Some(Since { what: member(items, "at", Text::new)?, since: member(items, "since", Times::new)? })),
    attrs: Lists<Attributes> = Attrs |array| Lists::new(array, |items| Some(Attributes {
        key: member(items, "key", Text::new)?,
        text: member(items, "str", Text::new)?,
        int: member(items, "int", Numbers::new)?,
        float: member(items, "float", Numbers::new)?,
        bool: member(items, "bool", Bools::new)?,
        time: member(items, "time", Times::new)?,
        json: member(items, "json", Text::new)?,
    })),
    metrics: Lists<Figures> = Metrics |array| Lists::new(array, |items| Some(Figures {
        name: member(items, "name", Text::new)?,
        value: member(items, "value", Numbers::new)?,
        signed: None,
    })),
    counters: Lists<Figures> = Counters |array| Lists::new(array, |items| Some(Figures {
        name: member(items, "name", Text::new)?,
        value: member(items, "unsigned", Numbers::new)?,
        signed: member(items, "signed", Numbers::new)?,
    })),
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
    ports: Lists<Since<Numbers>> = Ports |array| Lists::new(array, |items| Some(Since { what: member(items, "port", Numbers::new)?, since: member(items, "since", Times::new)? })),
    seen_by: Lists<Text> = SeenBy |array| Lists::new(array, Text::new),
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
fn text(column: Option<&Text>, row: usize) -> Option<&str> {
    column?.get(row)
}

fn name(column: Option<&Text>, row: usize) -> Option<CompactString> {
    text(column, row).map(CompactString::from)
}

fn parsed<T: FromStr<Err: std::fmt::Display>>(of: Column, column: Option<&Text>, row: usize) -> Result<Option<T>, String> {
    text(column, row).map(|text| parse(of, text)).transpose()
}

fn time(of: Column, column: Option<&Times>, row: usize) -> Result<Option<Timestamp>, String> {
    column.and_then(|column| column.get(row)).transpose().map_err(|error| invalid(of, error))
}

fn count<T: TryFrom<u64>>(of: Column, column: Option<&Numbers>, row: usize) -> Result<Option<T>, String> {
    let Some(number) = column.and_then(|column| column.get(row)) else { return Ok(None) };
    number.as_u64().and_then(|count| count.try_into().ok()).map(Some).ok_or_else(|| invalid(of, format_args!("{number} is not a count of its size")))
}

fn json<T: serde::de::DeserializeOwned>(of: Column, column: Option<&Text>, row: usize) -> Result<Option<T>, String> {
    text(column, row).map(|text| from_json(of, text)).transpose()
}

fn from_json<T: serde::de::DeserializeOwned>(of: Column, text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| invalid(of, error))
}

/// The text of one row, which a dictionary makes cheap to repeat, is bounded as that of a line is.
struct Budget(usize);

impl Budget {
    #[inline]
    fn take(&mut self, text: &str) -> Result<CompactString, String> {
        self.0 = self.0.checked_sub(text.len()).ok_or_else(|| format!("longer than {LINE_BYTES} bytes"))?;
        Ok(text.into())
    }
}

impl Rows {
    /// Takes a column of which only the name is known; false where its type cannot be kept.
    pub(super) fn bind_other(&mut self, name: &str, array: &ArrayRef) -> bool {
        match Other::new(array) {
            Some(other) => {
                self.others.push((name.into(), other));
                true
            }
            None => array.null_count() == array.len(),
        }
    }

    /// The record of a row, or what is wrong with it.
    pub(super) fn record(&mut self, row: usize) -> Result<Record, String> {
        let word = text(self.record.as_ref(), row).filter(|word| !word.is_empty());
        let missing = |field| MissingField { record: word.unwrap_or("?").into(), field }.to_string();
        let word = word.ok_or_else(|| missing("record"))?;
        let kind = Kind::of_word(word);
        let source = name(self.source.as_ref(), row).unwrap_or_default();
        if source.is_empty() && kind != Kind::TICK && kind != Kind::UNKNOWN {
            return Err(missing("source"));
        }
        let agent = self.last_agent.get(Column::Agent, text(self.agent.as_ref(), row).ok_or_else(|| missing("agent"))?)?;
        let run = self.last_run.get(Column::Run, text(self.run.as_ref(), row).ok_or_else(|| missing("run"))?)?;
        let seq = count(Column::Seq, self.seq.as_ref(), row)?.ok_or_else(|| missing("seq"))?;
        let at = time(Column::At, self.at.as_ref(), row)?.ok_or_else(|| missing("at"))?;
        let mut budget = Budget(LINE_BYTES);
        let body = match kind {
            Kind::NODE => Body::Node(self.node(row, &mut budget, missing)?),
            Kind::FLOW => Body::Flow(Box::new(self.flow(row, &mut budget, missing)?)),
            Kind::CONNECTION => Body::Connection(Box::new(self.connection(row, &mut budget, missing)?)),
            Kind::GONE => Body::Gone(match parsed(Column::Id, self.id.as_ref(), row)? {
                Some(id) => Gone::Node(id),
                None if text(self.owner.as_ref(), row).is_none() => return Err(missing("id` or `owner")),
                None => Gone::Flow(Box::new(self.flow_key(row)?.map_err(missing)?)),
            }),
            Kind::PROBLEM => Body::Problem(Problem {
                message: name(self.message.as_ref(), row).ok_or_else(|| missing("message"))?,
                hint: name(self.hint.as_ref(), row),
                id: parsed(Column::Id, self.id.as_ref(), row)?,
            }),
            Kind::FIELD => Body::Field(json(Column::FieldRecord, self.field.as_ref(), row)?.ok_or_else(|| missing("field"))?),
            Kind::TICK => Body::Tick(Tick {
                interval_ms: count(Column::IntervalMs, self.interval_ms.as_ref(), row)?,
                sources: json(Column::Sources, self.sources.as_ref(), row)?.unwrap_or_default(),
                metrics: self.metrics(row, &mut budget)?,
            }),
            _ => Body::Unknown(word.into()),
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

    fn node(&self, row: usize, budget: &mut Budget, missing: impl Fn(&'static str) -> String) -> Result<Node, String> {
        let id: crate::NodeId = parsed(Column::Id, self.id.as_ref(), row)?.ok_or_else(|| missing("id"))?;
        let kind = name(self.kind.as_ref(), row).unwrap_or_else(|| id.kind().into());
        let name = name(self.name.as_ref(), row);
        Ok(Node {
            id,
            kind,
            name,
            parents: self.parents(row)?,
            endpoints: self.endpoints(row)?,
            attrs: self.attrs(row, budget)?,
            metrics: self.metrics(row, budget)?,
        })
    }

    fn parents(&self, row: usize) -> Result<Option<Vec<crate::NodeId>>, String> {
        let Some(list) = &self.parents else { return Ok(None) };
        let Some(items) = list.get(row) else { return Ok(None) };
        let mut parents = Vec::with_capacity(items.size_hint().1.unwrap_or(0));
        for item in items {
            if let Some(id) = list.items.get(item) {
                parents.push(parse(Column::Parents, id)?);
            }
        }
        Ok(Some(parents))
    }

    fn endpoints(&self, row: usize) -> Result<Option<Vec<OwnedEndpoint>>, String> {
        let Some(list) = &self.endpoints else { return Ok(None) };
        let Some(items) = list.get(row) else { return Ok(None) };
        let Since { what, since } = &list.items;
        let mut endpoints = Vec::with_capacity(items.size_hint().1.unwrap_or(0));
        for item in items {
            if let Some(at) = text(what.as_ref(), item) {
                endpoints.push(OwnedEndpoint { at: parse(Column::Endpoints, at)?, since: time(Column::Endpoints, since.as_ref(), item)? });
            }
        }
        Ok(Some(endpoints))
    }

    fn attrs(&self, row: usize, budget: &mut Budget) -> Result<Fields<Value>, String> {
        let Some(list) = &self.attrs else { return Ok(Fields::default()) };
        let Some(items) = list.get(row) else { return Ok(Fields::default()) };
        let mut attrs = Vec::with_capacity(items.size_hint().1.unwrap_or(0));
        for item in items {
            let Some(key) = text(list.items.key.as_ref(), item) else { continue };
            attrs.push((budget.take(key)?, list.items.value(item, budget)?));
        }
        Ok(attrs.into())
    }

    fn metrics(&self, row: usize, budget: &mut Budget) -> Result<crate::Figures, String> {
        let mut figures = Vec::new();
        for list in [&self.metrics, &self.counters].into_iter().flatten() {
            let Some(items) = list.get(row) else { continue };
            figures.reserve(items.size_hint().1.unwrap_or(0));
            let Figures { name, value, signed } = &list.items;
            for item in items {
                let figure = value.as_ref().and_then(|column| column.get(item)).or_else(|| signed.as_ref().and_then(|column| column.get(item)));
                if let Some((name, figure)) = text(name.as_ref(), item).zip(figure) {
                    figures.push((budget.take(name)?, figure));
                }
            }
        }
        Ok(figures.into())
    }

    /// The key of a flow, or the name of the field that it lacks.
    fn flow_key(&self, row: usize) -> Result<Result<FlowKey, &'static str>, String> {
        Ok(flow_key(
            side(text(self.side.as_ref(), row))?,
            parsed(Column::Dialled, self.dialled.as_ref(), row)?,
            parsed(Column::ClientAddr, self.client_addr.as_ref(), row)?,
            parsed(Column::Owner, self.owner.as_ref(), row)?,
            parsed(Column::ServerAddr, self.server_addr.as_ref(), row)?,
            protocol(text(self.proto.as_ref(), row))?,
        ))
    }

    fn flow(&self, row: usize, budget: &mut Budget, missing: impl Fn(&'static str) -> String) -> Result<Flow, String> {
        Ok(Flow {
            key: self.flow_key(row)?.map_err(&missing)?,
            server: parsed(Column::Server, self.server.as_ref(), row)?,
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

    fn connection(&self, row: usize, budget: &mut Budget, missing: impl Fn(&'static str) -> String) -> Result<Connection, String> {
        Ok(Connection {
            owner: parsed(Column::Owner, self.owner.as_ref(), row)?.ok_or_else(|| missing("owner"))?,
            proto: protocol(text(self.proto.as_ref(), row))?.ok_or_else(|| missing("proto"))?,
            local: parsed(Column::Local, self.local.as_ref(), row)?.ok_or_else(|| missing("local"))?,
            remote: parsed(Column::Remote, self.remote.as_ref(), row)?.ok_or_else(|| missing("remote"))?,
            side: side(text(self.side.as_ref(), row))?,
            state: name(self.state.as_ref(), row).ok_or_else(|| missing("state"))?,
            pid: count(Column::Pid, self.pid.as_ref(), row)?,
            tx_bytes_total: count(Column::TxBytesTotal, self.tx_bytes_total.as_ref(), row)?,
            rx_bytes_total: count(Column::RxBytesTotal, self.rx_bytes_total.as_ref(), row)?,
            seen_by: self.seen_by(row, budget)?,
        })
    }
}

impl Attributes {
    /// The value of an item: what the first column with any says, and null where none does.
    fn value(&self, item: usize, budget: &mut Budget) -> Result<Value, String> {
        if let Some(text) = text(self.text.as_ref(), item) {
            budget.0 = budget.0.checked_sub(text.len()).ok_or_else(|| format!("longer than {LINE_BYTES} bytes"))?;
            return Ok(text_value(text));
        }
        if let Some(number) = [&self.int, &self.float].into_iter().flatten().find_map(|column| column.get(item)) {
            return Ok(Value::Number(number));
        }
        if let Some(value) = self.bool.as_ref().and_then(|column| column.get(item)) {
            return Ok(Value::Bool(value));
        }
        if let Some(at) = time(Column::Attrs, self.time.as_ref(), item)? {
            return Ok(Value::Time(at));
        }
        let Some(text) = text(self.json.as_ref(), item) else { return Ok(Value::Null) };
        budget.0 = budget.0.checked_sub(text.len()).ok_or_else(|| format!("longer than {LINE_BYTES} bytes"))?;
        from_json(Column::Attrs, text)
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
