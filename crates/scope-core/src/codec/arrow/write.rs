//! Records to batches, and batches to an output.

use std::io::{self, Write};

use arrow_array::types::{Float64Type, Int64Type, UInt16Type, UInt32Type, UInt64Type};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::MetadataVersion;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::ArrowError;

use super::build::{Bools, Bounds, Numbers, Texts, Times, Words};
use super::schema::{Column, schema};
use crate::codec::json::{Kind, is_known};
use crate::endpoint::OwnedEndpoint;
use crate::flow::{Connection, Flow, FlowKey, Peer, PortSample};
use crate::record::{Body, Gone, Node, Record};
use crate::value::{Fields, Value};

/// A batch is written at a tick, or once it has so many rows or bytes of text.
const BATCH_ROWS: usize = 8192;
const BATCH_BYTES: usize = 4 << 20;

/// Buffers begin at multiples of this. The format asks for 8; arrow's usual 64 would pad a report of 100 rows by a tenth.
const ALIGNMENT: usize = 8;

/// Writes records as an Arrow IPC stream.
pub(in crate::codec) struct Encoder<W: Write> {
    output: StreamWriter<W>,
    batch: Batch,
}

impl<W: Write> Encoder<W> {
    /// Begins a stream.
    pub(in crate::codec) fn new(output: W) -> io::Result<Self> {
        let options = IpcWriteOptions::try_new(ALIGNMENT, false, MetadataVersion::V5).map_err(to_io)?;
        let output = StreamWriter::try_new_with_options(output, &schema(), options).map_err(to_io)?;
        Ok(Self { output, batch: Batch::new() })
    }

    /// Adds a record to the batch, and writes that if it is full.
    pub(in crate::codec) fn write(&mut self, record: &Record) -> io::Result<()> {
        self.batch.put(record).map_err(to_io)?;
        if self.batch.is_full() { self.write_batch() } else { Ok(()) }
    }

    /// Writes the batch.
    pub(in crate::codec) fn flush(&mut self) -> io::Result<()> {
        self.write_batch()?;
        self.output.flush().map_err(to_io)
    }

    /// Ends the stream.
    pub(in crate::codec) fn finish(mut self) -> io::Result<W> {
        self.write_batch()?;
        self.output.into_inner().map_err(to_io)
    }

    fn write_batch(&mut self) -> io::Result<()> {
        if self.batch.rows == 0 {
            return Ok(());
        }
        let batch = self.batch.finish().map_err(to_io)?;
        self.output.write(&batch).map_err(to_io)
    }
}

fn to_io(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        other => io::Error::other(other),
    }
}

/// Names and their figures: those that a float holds exactly, and the rest.
struct Figures {
    bounds: Bounds,
    name: Words,
    value: Numbers<Float64Type>,
    counter_bounds: Bounds,
    counter_name: Words,
    unsigned: Numbers<UInt64Type>,
    signed: Numbers<Int64Type>,
}

impl Figures {
    fn new() -> Self {
        Self {
            bounds: Bounds::new(),
            name: Words::new(),
            value: Numbers::new(),
            counter_bounds: Bounds::new(),
            counter_name: Words::new(),
            unsigned: Numbers::new(),
            signed: Numbers::new(),
        }
    }

    fn put(&mut self, row: usize, figures: &crate::Figures) -> Result<(), ArrowError> {
        let (mut exact, mut counters) = (self.bounds.items(), self.counter_bounds.items());
        for (name, figure) in figures.iter() {
            if figure.exact_in_f64() {
                self.name.put(exact, name)?;
                self.value.put(exact, figure.as_f64());
                exact += 1;
            } else {
                self.counter_name.put(counters, name)?;
                match figure.as_u64() {
                    Some(value) => self.unsigned.put(counters, value),
                    None => self.signed.put(counters, figure.as_i64().unwrap_or_default()),
                }
                counters += 1;
            }
        }
        if exact > self.bounds.items() {
            self.bounds.close(row, exact)?;
        }
        if counters > self.counter_bounds.items() {
            self.counter_bounds.close(row, counters)?;
        }
        Ok(())
    }

    fn finish_metrics(&mut self, rows: usize) -> Result<ArrayRef, ArrowError> {
        let items = self.bounds.items();
        self.bounds.finish_structs(rows, &Column::Metrics.data_type(), vec![self.name.finish(items), self.value.finish(items)])
    }

    fn finish_counters(&mut self, rows: usize) -> Result<ArrayRef, ArrowError> {
        let items = self.counter_bounds.items();
        let fields = vec![self.counter_name.finish(items), self.unsigned.finish(items), self.signed.finish(items)];
        self.counter_bounds.finish_structs(rows, &Column::Counters.data_type(), fields)
    }
}

/// Names and their values, each in the column of its type; null is a name without a value.
struct Attributes {
    bounds: Bounds,
    key: Words,
    text: Texts,
    int: Numbers<Int64Type>,
    float: Numbers<Float64Type>,
    bool: Bools,
    time: Times,
    json: Texts,
}

impl Attributes {
    fn new() -> Self {
        Self {
            bounds: Bounds::new(),
            key: Words::new(),
            text: Texts::new(),
            int: Numbers::new(),
            float: Numbers::new(),
            bool: Bools::new(),
            time: Times::new(),
            json: Texts::new(),
        }
    }

    fn put(&mut self, row: usize, attrs: &Fields<Value>) -> Result<(), ArrowError> {
        let first = self.bounds.items();
        for (item, (key, value)) in (first..).zip(attrs.iter()) {
            self.key.put(item, key)?;
            match value {
                Value::Null => {}
                Value::Bool(value) => self.bool.put(item, *value),
                Value::Time(at) => self.time.put(item, *at),
                Value::Text(text) => self.text.put(item, text),
                Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                    (Some(int), _) => self.int.put(item, int),
                    (None, Some(large)) => self.json.display(item, &large)?,
                    (None, None) => self.float.put(item, number.as_f64()),
                },
                Value::List(_) | Value::Map(_) => self.json.put(item, &to_json(value)?),
            }
        }
        if attrs.is_empty() { Ok(()) } else { self.bounds.close(row, first + attrs.len()) }
    }

    fn finish(&mut self, rows: usize) -> Result<ArrayRef, ArrowError> {
        let items = self.bounds.items();
        let fields = vec![
            self.key.finish(items),
            self.text.finish(items),
            self.int.finish(items),
            self.float.finish(items),
            self.bool.finish(items),
            self.time.finish(items),
            self.json.finish(items),
        ];
        self.bounds.finish_structs(rows, &Column::Attrs.data_type(), fields)
    }
}

fn to_json(value: &impl serde::Serialize) -> Result<String, ArrowError> {
    serde_json::to_string(value).map_err(|error| ArrowError::JsonError(error.to_string()))
}

/// Names the columns that are neither lists nor figures by their builders, and finishes all of them in the schema's order.
macro_rules! batch {
    ($($name:ident: $builder:ty = $column:ident,)*) => {
        /// The rows of the next batch.
        struct Batch {
            rows: usize,
            $($name: $builder,)*
            parents: Bounds,
            parent: Texts,
            endpoints: Bounds,
            endpoint_at: Texts,
            endpoint_since: Times,
            attrs: Attributes,
            figures: Figures,
            ports: Bounds,
            port: Numbers<UInt16Type>,
            port_since: Times,
            seen_by: Bounds,
            seen_by_word: Words,
        }

        impl Batch {
            fn new() -> Self {
                Self {
                    rows: 0,
                    $($name: <$builder>::new(),)*
                    parents: Bounds::new(),
                    parent: Texts::new(),
                    endpoints: Bounds::new(),
                    endpoint_at: Texts::new(),
                    endpoint_since: Times::new(),
                    attrs: Attributes::new(),
                    figures: Figures::new(),
                    ports: Bounds::new(),
                    port: Numbers::new(),
                    port_since: Times::new(),
                    seen_by: Bounds::new(),
                    seen_by_word: Words::new(),
                }
            }

            fn finish_column(&mut self, column: Column, rows: usize) -> Result<ArrayRef, ArrowError> {
                Ok(match column {
                    $(Column::$column => self.$name.finish(rows),)*
                    Column::Parents => {
                        let items = self.parent.finish(self.parents.items());
                        self.parents.finish(rows, &column.data_type(), items)?
                    }
                    Column::Endpoints => {
                        let items = self.endpoints.items();
                        let fields = vec![self.endpoint_at.finish(items), self.endpoint_since.finish(items)];
                        self.endpoints.finish_structs(rows, &column.data_type(), fields)?
                    }
                    Column::Attrs => self.attrs.finish(rows)?,
                    Column::Metrics => self.figures.finish_metrics(rows)?,
                    Column::Counters => self.figures.finish_counters(rows)?,
                    Column::Ports => {
                        let items = self.ports.items();
                        let fields = vec![self.port.finish(items), self.port_since.finish(items)];
                        self.ports.finish_structs(rows, &column.data_type(), fields)?
                    }
                    Column::SeenBy => {
                        let items = self.seen_by_word.finish(self.seen_by.items());
                        self.seen_by.finish(rows, &column.data_type(), items)?
                    }
                })
            }
        }
    };
}

batch! {
    record: Words = Record,
    agent: Words = Agent,
    run: Words = Run,
    seq: Numbers<UInt64Type> = Seq,
    source: Words = Source,
    at: Times = At,
    id: Texts = Id,
    kind: Words = Kind,
    name: Texts = Name,
    side: Words = Side,
    proto: Words = Proto,
    owner: Texts = Owner,
    server_addr: Texts = ServerAddr,
    dialled: Texts = Dialled,
    client_addr: Texts = ClientAddr,
    server: Texts = Server,
    server_name: Texts = ServerName,
    command: Texts = Command,
    since: Times = Since,
    last_seen: Times = LastSeen,
    open: Numbers<UInt64Type> = Open,
    opened_total: Numbers<UInt64Type> = OpenedTotal,
    failed_total: Numbers<UInt64Type> = FailedTotal,
    tx_bytes_total: Numbers<UInt64Type> = TxBytesTotal,
    rx_bytes_total: Numbers<UInt64Type> = RxBytesTotal,
    retrans_total: Numbers<UInt64Type> = RetransTotal,
    rtt_us: Numbers<UInt64Type> = RttUs,
    local: Texts = Local,
    remote: Texts = Remote,
    state: Words = State,
    pid: Numbers<UInt32Type> = Pid,
    message: Texts = Message,
    hint: Texts = Hint,
    field: Texts = FieldRecord,
    interval_ms: Numbers<UInt64Type> = IntervalMs,
    sources: Texts = Sources,
    extra: Texts = Extra,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS || self.text_bytes() >= BATCH_BYTES || self.words().any(Words::is_full)
    }

    /// The text that can be long.
    fn text_bytes(&self) -> usize {
        [&self.id, &self.name, &self.parent, &self.endpoint_at, &self.attrs.text, &self.attrs.json, &self.owner, &self.server_addr, &self.dialled]
            .into_iter()
            .chain([&self.server, &self.server_name, &self.command, &self.message, &self.hint, &self.field, &self.sources, &self.extra])
            .map(Texts::bytes)
            .sum()
    }

    /// The words that can be many.
    fn words(&self) -> impl Iterator<Item = &Words> {
        [&self.record, &self.agent, &self.run, &self.source, &self.kind, &self.state].into_iter().chain([
            &self.attrs.key,
            &self.figures.name,
            &self.figures.counter_name,
            &self.seen_by_word,
        ])
    }

    fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let rows = std::mem::take(&mut self.rows);
        let columns = Column::ALL.iter().map(|column| self.finish_column(*column, rows)).collect::<Result<_, _>>()?;
        RecordBatch::try_new(schema(), columns)
    }

    fn put(&mut self, record: &Record) -> Result<(), ArrowError> {
        let row = self.rows;
        self.record.put(row, record.body.name())?;
        self.agent.put(row, record.agent.as_str())?;
        self.run.put(row, &record.stamp.run.to_string())?;
        self.seq.put(row, record.stamp.seq);
        if !record.source.is_empty() {
            self.source.put(row, &record.source)?;
        }
        self.at.put(row, record.at);
        match &record.body {
            Body::Node(node) => self.node(row, node)?,
            Body::Flow(flow) => self.flow(row, flow)?,
            Body::Connection(connection) => self.connection(row, connection)?,
            Body::Gone(Gone::Node(id)) => self.id.put(row, id.as_str()),
            Body::Gone(Gone::Flow(key)) => self.flow_key(row, key)?,
            Body::Problem(problem) => {
                self.message.put(row, &problem.message);
                put_text(&mut self.hint, row, problem.hint.as_deref());
                put_text(&mut self.id, row, problem.id.as_ref().map(crate::NodeId::as_str));
            }
            Body::Field(field) => self.field.put(row, &to_json(field)?),
            Body::Tick(tick) => {
                put_count(&mut self.interval_ms, row, tick.interval_ms);
                if !tick.sources.is_empty() {
                    self.sources.put(row, &to_json(&tick.sources)?);
                }
                self.figures.put(row, &tick.metrics)?;
            }
            Body::Unknown(_) => {}
        }
        self.extra(row, record)?;
        self.rows += 1;
        Ok(())
    }

    fn extra(&mut self, row: usize, record: &Record) -> Result<(), ArrowError> {
        if record.extra.is_empty() {
            return Ok(());
        }
        let kind = Kind::of_body(&record.body);
        if record.extra.iter().any(|(name, _)| is_known(kind, name)) {
            // A field said twice would be read differently by different readers.
            let rest: Fields<&Value> = record.extra.iter().filter(|(name, _)| !is_known(kind, name)).collect();
            self.extra.put(row, &to_json(&rest)?);
        } else {
            self.extra.put(row, &to_json(&record.extra)?);
        }
        Ok(())
    }

    fn node(&mut self, row: usize, node: &Node) -> Result<(), ArrowError> {
        self.id.put(row, node.id.as_str());
        self.kind.put(row, &node.kind)?;
        put_text(&mut self.name, row, node.name.as_deref());
        if let Some(parents) = &node.parents {
            for parent in parents.iter() {
                self.parent.put(self.parent.len(), parent.as_str());
            }
            self.parents.close(row, self.parent.len())?;
        }
        if let Some(endpoints) = &node.endpoints {
            for OwnedEndpoint { at, since } in endpoints.iter() {
                let item = self.endpoint_at.len();
                self.endpoint_at.display(item, at)?;
                if let Some(since) = since {
                    self.endpoint_since.put(item, *since);
                }
            }
            self.endpoints.close(row, self.endpoint_at.len())?;
        }
        self.attrs.put(row, &node.attrs)?;
        self.figures.put(row, &node.metrics)
    }

    fn flow_key(&mut self, row: usize, key: &FlowKey) -> Result<(), ArrowError> {
        self.side.put(row, key.side().as_str())?;
        self.proto.put(row, key.proto.as_str())?;
        self.owner.put(row, key.owner.as_str());
        self.server_addr.display(row, &key.server_addr)?;
        match &key.peer {
            Peer::Dialled(at) => self.dialled.display(row, at),
            Peer::Client(at) => self.client_addr.display(row, at),
        }
    }

    fn flow(&mut self, row: usize, flow: &Flow) -> Result<(), ArrowError> {
        self.flow_key(row, &flow.key)?;
        put_text(&mut self.server, row, flow.server.as_ref().map(crate::NodeId::as_str));
        put_text(&mut self.server_name, row, flow.server_name.as_deref());
        put_text(&mut self.command, row, flow.command.as_deref());
        self.since.put(row, flow.since);
        self.last_seen.put(row, flow.last_seen);
        self.open.put(row, flow.open);
        put_count(&mut self.opened_total, row, flow.opened_total);
        put_count(&mut self.failed_total, row, flow.failed_total);
        put_count(&mut self.tx_bytes_total, row, flow.tx_bytes_total);
        put_count(&mut self.rx_bytes_total, row, flow.rx_bytes_total);
        put_count(&mut self.retrans_total, row, flow.retrans_total);
        put_count(&mut self.rtt_us, row, flow.rtt_us);
        if !flow.ports.is_empty() {
            for PortSample(port, since) in &flow.ports {
                let item = self.port.len();
                self.port.put(item, *port);
                self.port_since.put(item, *since);
            }
            self.ports.close(row, self.port.len())?;
        }
        self.seen_by(row, &flow.seen_by)
    }

    fn connection(&mut self, row: usize, connection: &Connection) -> Result<(), ArrowError> {
        self.owner.put(row, connection.owner.as_str());
        self.proto.put(row, connection.proto.as_str())?;
        self.local.display(row, &connection.local)?;
        self.remote.display(row, &connection.remote)?;
        if let Some(side) = connection.side {
            self.side.put(row, side.as_str())?;
        }
        self.state.put(row, &connection.state)?;
        if let Some(pid) = connection.pid {
            self.pid.put(row, pid);
        }
        put_count(&mut self.tx_bytes_total, row, connection.tx_bytes_total);
        put_count(&mut self.rx_bytes_total, row, connection.rx_bytes_total);
        self.seen_by(row, &connection.seen_by)
    }

    fn seen_by(&mut self, row: usize, sources: &[crate::CompactString]) -> Result<(), ArrowError> {
        if sources.is_empty() {
            return Ok(());
        }
        let first = self.seen_by.items();
        for (item, source) in (first..).zip(sources) {
            self.seen_by_word.put(item, source)?;
        }
        self.seen_by.close(row, first + sources.len())
    }
}

fn put_text(column: &mut Texts, row: usize, text: Option<&str>) {
    if let Some(text) = text {
        column.put(row, text);
    }
}

fn put_count(column: &mut Numbers<UInt64Type>, row: usize, count: Option<u64>) {
    if let Some(count) = count {
        column.put(row, count);
    }
}
