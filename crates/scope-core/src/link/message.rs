//! The messages of the link, as Protocol Buffers; `docs/link.md` has them in their own language. What they mean together is said there too.

use bytes::Bytes;
use prost::{Message, Oneof};

/// What travels as one message of a transport: a frame, compressed or not. A compressed chunk is a zstd frame; its prefix is what went before.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Chunk {
    /// A frame as it is.
    #[prost(bytes = "bytes", tag = "1")]
    pub plain: Bytes,
    /// A frame as a zstd frame, whose prefix are the last 16 KiB of the frames that went compressed in this direction.
    #[prost(bytes = "bytes", tag = "2")]
    pub zstd: Bytes,
}

/// One message. Without a kind it is of one that this version does not know, and is skipped.
#[derive(Clone, PartialEq, Message)]
pub struct Frame {
    /// What it is.
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 8, 9, 10, 11")]
    pub kind: Option<Kind>,
}

/// The kinds of frames.
#[derive(Clone, PartialEq, Oneof)]
pub enum Kind {
    /// Up, first of all: who speaks.
    #[prost(message, tag = "1")]
    Hello(Hello),
    /// Up: a report, or a part of one.
    #[prost(message, boxed, tag = "2")]
    Report(Box<Report>),
    /// Either way: a question for the clock, or its answer.
    #[prost(message, tag = "3")]
    Heartbeat(Heartbeat),
    /// Up: what a request came to.
    #[prost(message, tag = "4")]
    Answer(Answer),
    /// Either way, on the stream of a pipe.
    #[prost(message, tag = "5")]
    Pipe(PipeData),
    /// Down, first of all.
    #[prost(message, tag = "8")]
    Welcome(Welcome),
    /// Down: the server has not got the whole state.
    #[prost(message, tag = "9")]
    FullWanted(FullWanted),
    /// Down: something is asked for.
    #[prost(message, tag = "10")]
    Request(Request),
    /// Down: reports have arrived.
    #[prost(message, tag = "11")]
    Arrived(Arrived),
}

impl From<Kind> for Frame {
    fn from(kind: Kind) -> Self {
        Self { kind: Some(kind) }
    }
}

/// Who speaks.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Hello {
    /// [`super::PROTOCOL`] of the agent.
    #[prost(uint32, tag = "1")]
    pub protocol: u32,
    /// What the agent calls itself. A credential that names an agent decides over it.
    #[prost(string, tag = "2")]
    pub agent: String,
    /// The version of scope.
    #[prost(string, tag = "3")]
    pub version: String,
    /// A hash of the machine's id, which tells two agents of one name apart; empty where unknown.
    #[prost(string, tag = "4")]
    pub machine: String,
    /// The run of the collector, 16 bytes.
    #[prost(bytes = "vec", tag = "5")]
    pub run: Vec<u8>,
}

/// The server's answer to [`Hello`].
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Welcome {
    /// What the agent is called here.
    #[prost(string, tag = "1")]
    pub agent: String,
    /// The server's clock, in microseconds since 1970.
    #[prost(sint64, tag = "2")]
    pub clock: i64,
    /// The run of the last report that the server has of this agent, 16 bytes; empty where it has none.
    #[prost(bytes = "vec", tag = "3")]
    pub run: Vec<u8>,
    /// Its number. What the agent said later is to be said again, or a full report is to be made.
    #[prost(uint64, tag = "4")]
    pub seq: u64,
    /// Milliseconds of silence after which the server gives the link up.
    #[prost(uint32, tag = "5")]
    pub silence_ms: u32,
}

/// The server wants a full report: everything that the agent knows.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct FullWanted {
    /// Why, for people.
    #[prost(string, tag = "1")]
    pub reason: String,
}

/// A question for the other end's clock, and its answer.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Heartbeat {
    /// Tells questions apart.
    #[prost(uint64, tag = "1")]
    pub number: u64,
    /// The clock of who answers, in microseconds since 1970; absent in the question.
    #[prost(sint64, optional, tag = "2")]
    pub clock: Option<i64>,
}

/// Reports have arrived and are part of the state.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Arrived {
    /// The number of the last of them.
    #[prost(uint64, tag = "1")]
    pub seq: u64,
}

/// Something is asked of the agent.
#[derive(Clone, PartialEq, Message)]
pub struct Request {
    /// Tells requests apart.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// How long the server waits.
    #[prost(uint32, tag = "2")]
    pub deadline_ms: u32,
    /// Where the answer goes through a pipe: what opens it.
    #[prost(string, tag = "3")]
    pub pipe: String,
    /// What is asked; absent where this version does not know it.
    #[prost(oneof = "Wanted", tags = "8, 9")]
    pub wanted: Option<Wanted>,
}

/// What can be asked of an agent.
#[derive(Clone, PartialEq, Eq, Oneof)]
pub enum Wanted {
    /// Whether it answers.
    #[prost(bool, tag = "8")]
    Ping(bool),
    /// The raw connections of the node with this id, through the pipe, as NDJSON.
    #[prost(string, tag = "9")]
    Connections(String),
}

/// What a request came to.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Answer {
    /// Of the request.
    #[prost(uint64, tag = "1")]
    pub id: u64,
    /// What failed; empty where nothing did.
    #[prost(string, tag = "2")]
    pub error: String,
}

/// A piece of what goes through a pipe. The first one opens it.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct PipeData {
    /// What opens the pipe, in the first piece.
    #[prost(string, tag = "1")]
    pub pipe: String,
    /// Bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub data: Vec<u8>,
    /// Whether nothing follows.
    #[prost(bool, tag = "3")]
    pub end: bool,
    /// Why it ends early.
    #[prost(string, tag = "4")]
    pub error: String,
}

/// A part of a report. Names, ids, entities, figures and flows are introduced once and then named by their numbers, which count from 0 in the order of
/// introduction. Lists of such numbers are sorted and hold the distance to the one before.
#[derive(Clone, PartialEq, Message)]
pub struct Report {
    /// Everything introduced so far is forgotten before this part.
    #[prost(bool, tag = "1")]
    pub reset: bool,
    /// The report that begins with this part.
    #[prost(message, optional, tag = "2")]
    pub head: Option<Head>,
    /// New texts: names of sources, kinds, attributes and figures.
    #[prost(string, repeated, tag = "3")]
    pub texts: Vec<String>,
    /// New ids of nodes.
    #[prost(string, repeated, tag = "4")]
    pub ids: Vec<String>,
    /// New entities, three numbers each: source, id, and kind plus one, 0 for the kind of the id.
    #[prost(uint32, repeated, tag = "5")]
    pub entities: Vec<u32>,
    /// Entities with new facts.
    #[prost(uint32, repeated, tag = "6")]
    pub told: Vec<u32>,
    /// Their [`Facts`].
    #[prost(bytes = "vec", repeated, tag = "7")]
    pub facts: Vec<Vec<u8>>,
    /// Entities whose facts are said again as they were last.
    #[prost(uint32, repeated, tag = "8")]
    pub same: Vec<u32>,
    /// Entities of which nothing is said but that they exist.
    #[prost(uint32, repeated, tag = "9")]
    pub bare: Vec<u32>,
    /// New figures, two numbers each: entity and name.
    #[prost(uint32, repeated, tag = "10")]
    pub figures: Vec<u32>,
    /// Figures that are counts: a packed `repeated uint32`, as bytes. So are the other columns of figures: they are most of all that comes, and are read where
    /// they stand.
    #[prost(bytes = "vec", tag = "11")]
    pub counts: Vec<u8>,
    /// What they differ by from the count before, or from 0: a packed `repeated sint64`.
    #[prost(bytes = "vec", tag = "12")]
    pub count_deltas: Vec<u8>,
    /// Figures in hundredths.
    #[prost(bytes = "vec", tag = "13")]
    pub hundredths: Vec<u8>,
    /// What they differ by from the figure before in hundredths, or from 0.
    #[prost(bytes = "vec", tag = "14")]
    pub hundredth_deltas: Vec<u8>,
    /// Figures that are neither.
    #[prost(uint32, repeated, tag = "15")]
    pub floats: Vec<u32>,
    /// They themselves.
    #[prost(double, repeated, tag = "16")]
    pub float_values: Vec<f64>,
    /// Entities that are gone.
    #[prost(uint32, repeated, tag = "17")]
    pub gone: Vec<u32>,
    /// New flows.
    #[prost(message, repeated, tag = "18")]
    pub flow_keys: Vec<FlowKey>,
    /// Flows said whole.
    #[prost(message, repeated, tag = "19")]
    pub flows: Vec<Flow>,
    /// Flows that moved: for each its distance, a mask of what moved, and by how much.
    #[prost(sint64, repeated, tag = "20")]
    pub moves: Vec<i64>,
    /// Flows that are gone.
    #[prost(uint32, repeated, tag = "21")]
    pub flows_gone: Vec<u32>,
    /// Problems.
    #[prost(message, repeated, tag = "22")]
    pub problems: Vec<Problem>,
    /// Records that fit none of the above, as JSON.
    #[prost(bytes = "vec", repeated, tag = "23")]
    pub json: Vec<Vec<u8>>,
    /// The tick.
    #[prost(message, optional, tag = "24")]
    pub tick: Option<Tick>,
    /// Whether the report ends with this part.
    #[prost(bool, tag = "25")]
    pub last: bool,
    /// With `last`: the digest of the agent's state with this report.
    #[prost(fixed64, optional, tag = "26")]
    pub digest: Option<u64>,
    /// With `last`: the report is all that the agent knows, of whatever source.
    #[prost(bool, tag = "27")]
    pub whole: bool,
}

/// The beginning of a report.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Head {
    /// The run, 16 bytes, where it is another than in the report before.
    #[prost(bytes = "vec", tag = "1")]
    pub run: Vec<u8>,
    /// The number of the report, less that of the report before and one.
    #[prost(sint64, tag = "2")]
    pub seq: i64,
    /// When, in microseconds since the report before, or since 1970.
    #[prost(sint64, tag = "3")]
    pub at: i64,
}

/// What rarely changes of a node.
#[derive(Clone, PartialEq, Message)]
pub struct Facts {
    /// Its name.
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// What it belongs to.
    #[prost(message, optional, tag = "2")]
    pub parents: Option<Ids>,
    /// Where it can be reached.
    #[prost(message, optional, tag = "3")]
    pub endpoints: Option<Endpoints>,
    /// Its attributes.
    #[prost(message, repeated, tag = "4")]
    pub attrs: Vec<Attr>,
}

/// A list of ids.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Ids {
    /// Their numbers.
    #[prost(uint32, repeated, tag = "1")]
    pub ids: Vec<u32>,
}

/// A list of endpoints.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Endpoints {
    /// The endpoints.
    #[prost(message, repeated, tag = "1")]
    pub endpoints: Vec<Endpoint>,
}

/// Where a node can be reached.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Endpoint {
    /// Where.
    #[prost(string, tag = "1")]
    pub at: String,
    /// Since when, in microseconds since 1970.
    #[prost(sint64, optional, tag = "2")]
    pub since: Option<i64>,
}

/// An attribute.
#[derive(Clone, PartialEq, Message)]
pub struct Attr {
    /// The number of its name.
    #[prost(uint32, tag = "1")]
    pub name: u32,
    /// Its value; absent where it is taken back.
    #[prost(oneof = "AttrValue", tags = "2, 3, 4, 5, 6, 7, 8")]
    pub value: Option<AttrValue>,
}

/// The value of an attribute.
#[derive(Clone, PartialEq, Oneof)]
pub enum AttrValue {
    /// Text.
    #[prost(string, tag = "2")]
    Text(String),
    /// A count.
    #[prost(uint64, tag = "3")]
    Count(u64),
    /// A whole number below 0.
    #[prost(sint64, tag = "4")]
    Negative(i64),
    /// Any other number.
    #[prost(double, tag = "5")]
    Float(f64),
    /// Yes or no.
    #[prost(bool, tag = "6")]
    Bool(bool),
    /// Microseconds since 1970.
    #[prost(sint64, tag = "7")]
    Time(i64),
    /// A list or a map, as JSON.
    #[prost(bytes, tag = "8")]
    Json(Vec<u8>),
}

/// What tells a flow from others.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct FlowKey {
    /// The number of the source.
    #[prost(uint32, tag = "1")]
    pub source: u32,
    /// The number of the owner's id.
    #[prost(uint32, tag = "2")]
    pub owner: u32,
    /// UDP rather than TCP.
    #[prost(bool, tag = "3")]
    pub udp: bool,
    /// Where the server listens.
    #[prost(string, tag = "4")]
    pub server_addr: String,
    /// Seen by the client: what it dialled; empty where that is `server_addr`.
    #[prost(string, optional, tag = "5")]
    pub dialled: Option<String>,
    /// Seen by the server: who came.
    #[prost(string, optional, tag = "6")]
    pub client_addr: Option<String>,
}

/// A flow, whole. Times are in microseconds before the report.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Flow {
    /// Its number.
    #[prost(uint32, tag = "1")]
    pub flow: u32,
    /// The number of the server's id.
    #[prost(uint32, optional, tag = "2")]
    pub server: Option<u32>,
    /// A name of the far end.
    #[prost(string, optional, tag = "3")]
    pub server_name: Option<String>,
    /// The client's command.
    #[prost(string, optional, tag = "4")]
    pub command: Option<String>,
    /// When first seen.
    #[prost(sint64, tag = "5")]
    pub since: i64,
    /// When a connection was last open.
    #[prost(sint64, tag = "6")]
    pub last_seen: i64,
    /// Connections open.
    #[prost(uint64, tag = "7")]
    pub open: u64,
    /// Opened.
    #[prost(uint64, optional, tag = "8")]
    pub opened_total: Option<u64>,
    /// Failed.
    #[prost(uint64, optional, tag = "9")]
    pub failed_total: Option<u64>,
    /// Bytes sent.
    #[prost(uint64, optional, tag = "10")]
    pub tx_bytes_total: Option<u64>,
    /// Bytes received.
    #[prost(uint64, optional, tag = "11")]
    pub rx_bytes_total: Option<u64>,
    /// Segments sent again.
    #[prost(uint64, optional, tag = "12")]
    pub retrans_total: Option<u64>,
    /// Round trip.
    #[prost(uint64, optional, tag = "13")]
    pub rtt_us: Option<u64>,
    /// Sampled client ports.
    #[prost(uint32, repeated, tag = "14")]
    pub ports: Vec<u32>,
    /// When each was first seen.
    #[prost(sint64, repeated, tag = "15")]
    pub port_times: Vec<i64>,
    /// The numbers of the sources that saw it.
    #[prost(uint32, repeated, tag = "16")]
    pub seen_by: Vec<u32>,
}

/// A problem.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Problem {
    /// The number of the source.
    #[prost(uint32, tag = "1")]
    pub source: u32,
    /// What failed.
    #[prost(string, tag = "2")]
    pub message: String,
    /// What to do.
    #[prost(string, optional, tag = "3")]
    pub hint: Option<String>,
    /// The number of the node's id.
    #[prost(uint32, optional, tag = "4")]
    pub id: Option<u32>,
}

/// A tick.
#[derive(Clone, PartialEq, Message)]
pub struct Tick {
    /// Milliseconds between reports.
    #[prost(uint64, optional, tag = "1")]
    pub interval_ms: Option<u64>,
    /// What each source contributed.
    #[prost(message, repeated, tag = "2")]
    pub sources: Vec<SourceTick>,
    /// The agent's own figures.
    #[prost(message, repeated, tag = "3")]
    pub metrics: Vec<Attr>,
}

/// What a source contributed.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct SourceTick {
    /// The number of its name.
    #[prost(uint32, tag = "1")]
    pub source: u32,
    /// Whether it said all.
    #[prost(bool, tag = "2")]
    pub full: bool,
    /// Entities.
    #[prost(uint64, tag = "3")]
    pub records: u64,
    /// CPU time.
    #[prost(uint64, optional, tag = "4")]
    pub took_us: Option<u64>,
    /// Left out.
    #[prost(uint64, optional, tag = "5")]
    pub dropped: Option<u64>,
}
