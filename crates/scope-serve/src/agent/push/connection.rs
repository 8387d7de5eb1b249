//! What is said over one connection: hello, reports, heartbeats, answers to requests. What is kept when it breaks is the spool's business.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt;
use prost::Message as _;
use scope_core::codec::{Compression, Format, Writer};
use scope_core::link::message::{Answer, Chunk, Frame, Heartbeat, Hello, Kind, PipeData, Request, Wanted};
use scope_core::link::{Encoder, Packer, Unpacker};
use scope_core::{NodeId, Record};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::dial::{Opener, Wire};
use super::figures::Figures;
use super::refusal::Lost;
use super::spool::Spool;
use crate::request;
use crate::request::RequestEnvelope;

/// How long the server may take to say welcome.
const WELCOME: Duration = Duration::from_secs(10);
/// Silence after which the server is taken for gone, where it does not say how long it is patient itself.
const SILENCE: Duration = Duration::from_secs(30);
/// How long the reason may take after a connection has closed.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Between two looks at the silence.
const LOOK: Duration = Duration::from_secs(1);
/// Requests that are worked on at a time.
const REQUESTS: usize = 8;
/// Frames that may wait beside reports.
const WAITING: usize = 256;
/// Bytes of one piece of a pipe.
const PIECE: usize = 64 << 10;
/// How long reports have to arrive after the last of them was made.
const FAREWELL: Duration = Duration::from_secs(5);

/// Whether there are no more reports, and until when those that there were may still arrive.
#[derive(Debug, Default)]
pub(super) struct Closing(Option<Instant>);

impl Closing {
    pub(super) fn begin(&mut self) {
        self.0 = Some(Instant::now() + FAREWELL);
    }

    pub(super) fn begun(&self) -> bool {
        self.0.is_some()
    }

    /// Completes when the time is up; never where it does not run.
    pub(super) fn over(&self) -> impl Future<Output = ()> + 'static {
        let until = self.0;
        async move {
            match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        }
    }
}

/// Why a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// There are no more reports.
    Closed,
    /// It broke; whether the server had said welcome.
    Broken { why: Lost, worked: bool },
}

struct Connection<'a> {
    figures: &'a Figures,
    requests: &'a mpsc::Sender<RequestEnvelope>,
    pipes: Opener,
    encoder: Encoder,
    packer: Packer,
    waiting: VecDeque<Chunk>,
    /// What this agent calls itself.
    name: String,
    welcomed: bool,
    /// Whether the server was asked what has arrived, at the end.
    asked: bool,
    silence: Duration,
    /// Requests that are worked on; they end with the connection.
    work: JoinSet<Answer>,
}

/// Speaks over `wire` until it breaks or there are no more reports.
pub(super) async fn run(
    wire: Wire,
    hello: Hello,
    spool: &mut Spool,
    reports: &mut mpsc::Receiver<Vec<Record>>,
    requests: &mpsc::Sender<RequestEnvelope>,
    closing: &mut Closing,
    figures: &Arc<Figures>,
) -> End {
    let Wire { outgoing, mut incoming, pipes, _sender } = wire;
    let mut connection = Connection {
        figures,
        requests,
        pipes,
        encoder: Encoder::default(),
        packer: Packer::default(),
        waiting: VecDeque::new(),
        name: hello.agent.clone(),
        welcomed: false,
        asked: false,
        silence: WELCOME,
        work: JoinSet::new(),
    };
    let lost = |connection: &Connection<'_>, why: Lost| End::Broken { why, worked: connection.welcomed };
    let broken = |connection: &Connection<'_>, why: String| lost(connection, Lost::Broken(why));
    let mut unpacker = Unpacker::default();
    let (mut heard, mut look) = (Instant::now(), Instant::now() + LOOK);
    if let Err(why) = connection.queue(Kind::Hello(hello)) {
        return broken(&connection, why);
    }
    loop {
        if connection.welcomed
            && connection.waiting.is_empty()
            && let Err(why) = connection.queue_report(spool)
        {
            return broken(&connection, why);
        }
        if closing.begun() && connection.welcomed && connection.waiting.is_empty() {
            if spool.is_empty() {
                return End::Closed;
            }
            // With the answer comes what has arrived; without being asked the server would say so in some seconds.
            if !std::mem::replace(&mut connection.asked, true)
                && let Err(why) = connection.queue(Kind::Heartbeat(Heartbeat { number: 0, clock: None }))
            {
                return broken(&connection, why);
            }
        }
        tokio::select! {
            room = outgoing.reserve(), if !connection.waiting.is_empty() => {
                let Ok(room) = room else {
                    // Why is what it was told last.
                    let said = match tokio::time::timeout(LAST_WORDS, incoming.next()).await {
                        Ok(Some(Err(why))) => why,
                        _ => Lost::Broken("the connection is closed".to_owned()),
                    };
                    return lost(&connection, said);
                };
                if let Some(chunk) = connection.waiting.pop_front() {
                    figures.sent(chunk.encoded_len());
                    room.send(chunk);
                }
            }
            chunk = incoming.next() => {
                let chunk = match chunk {
                    Some(Ok(chunk)) => chunk,
                    Some(Err(why)) => return lost(&connection, why),
                    None => return broken(&connection, "the server closed the connection".to_owned()),
                };
                heard = Instant::now();
                figures.received(chunk.encoded_len());
                let heard = unpacker.unpack(&chunk).map_err(|error| error.to_string()).and_then(|frame| connection.take(frame, spool));
                if let Err(why) = heard {
                    return broken(&connection, why);
                }
            }
            report = reports.recv(), if !closing.begun() => match report {
                Some(report) => spool.take(report),
                None => closing.begin(),
            },
            Some(done) = connection.work.join_next() => {
                if let Ok(answer) = done && let Err(why) = connection.queue(Kind::Answer(answer)) {
                    return broken(&connection, why);
                }
            }
            () = tokio::time::sleep_until(look) => {
                look = Instant::now() + LOOK;
                if heard.elapsed() > connection.silence {
                    let why = format!("nothing came from the server for {:?}", connection.silence);
                    return broken(&connection, why);
                }
            }
            () = closing.over() => return End::Closed,
        }
    }
}

impl Connection<'_> {
    fn queue(&mut self, kind: Kind) -> Result<(), String> {
        if self.waiting.len() >= WAITING {
            return Err("the server asks and asks, and takes nothing in".to_owned());
        }
        let chunk = self.packer.pack(&Frame::from(kind)).map_err(|error| error.to_string())?;
        self.waiting.push_back(chunk);
        Ok(())
    }

    /// Queues the chunks of the next report. They are made when they can go, so that what waits stays small.
    fn queue_report(&mut self, spool: &mut Spool) -> Result<(), String> {
        let Some(report) = spool.next() else { return Ok(()) };
        let mut failed = None;
        let Self { encoder, packer, waiting, .. } = self;
        let lost = encoder.encode(&report.records, report.digest, report.whole, |part| match packer.pack(&Kind::Report(Box::new(part)).into()) {
            Ok(chunk) => waiting.push_back(chunk),
            Err(error) => failed = Some(error.to_string()),
        });
        self.figures.too_heavy(lost);
        failed.map_or(Ok(()), Err)
    }

    fn take(&mut self, frame: Frame, spool: &mut Spool) -> Result<(), String> {
        match frame.kind {
            Some(Kind::Welcome(welcome)) if !self.welcomed => {
                let name = welcome.agent.escape_debug();
                if welcome.agent == self.name || welcome.agent.starts_with(&format!("{}~", self.name)) {
                    tracing::info!(%name, "the server welcomes this agent");
                } else {
                    // What it says of its own host is another's there, and is refused.
                    tracing::warn!(%name, own = self.name, "this agent's credential names another one; call it so with --agent, or give it a credential of its own");
                }
                self.welcomed = true;
                self.silence = if welcome.silence_ms == 0 { SILENCE } else { Duration::from_millis(welcome.silence_ms.into()) };
                self.figures.up();
                spool.welcome(&welcome);
                Ok(())
            }
            Some(Kind::FullWanted(wanted)) => {
                tracing::info!(reason = %wanted.reason.escape_debug(), "the server wants everything again");
                spool.want_full();
                Ok(())
            }
            Some(Kind::Arrived(arrived)) => {
                spool.arrived(arrived.seq);
                Ok(())
            }
            Some(Kind::Heartbeat(Heartbeat { number, clock: None })) => self.queue(Kind::Heartbeat(Heartbeat { number, clock: Some(clock()) })),
            Some(Kind::Request(request)) => self.request(request),
            // Of a later version, or of the other direction.
            _ => Ok(()),
        }
    }

    fn request(&mut self, request: Request) -> Result<(), String> {
        self.figures.request();
        let id = request.id;
        let refuse = |error: &str| Kind::Answer(Answer { id, error: error.to_owned() });
        match request.wanted {
            Some(Wanted::Ping(_)) => self.queue(refuse("")),
            Some(Wanted::Connections(node)) => {
                let Ok(node) = node.parse::<NodeId>() else { return self.queue(refuse("that is no node's id")) };
                if self.work.len() >= REQUESTS {
                    return self.queue(refuse("too many requests at a time"));
                }
                let (answer, answered) = oneshot::channel();
                if self.requests.try_send(RequestEnvelope { request: request::Request::Connections(node), answer }).is_err() {
                    return self.queue(refuse("this agent answers no such request now"));
                }
                let pipes = self.pipes.clone();
                let within = Duration::from_millis(request.deadline_ms.into());
                self.work.spawn(async move {
                    let work = tokio::time::timeout(within, pipe(answered, &pipes, request.pipe)).await;
                    Answer { id, error: work.unwrap_or_else(|_| Err("the agent took too long".to_owned())).err().unwrap_or_default() }
                });
                Ok(())
            }
            None => self.queue(refuse("this agent does not know that request: it may be older than the server")),
        }
    }
}

/// Waits for an answer, and sends it through a pipe of its own.
async fn pipe(answered: oneshot::Receiver<request::Answer>, pipes: &Opener, key: String) -> Result<(), String> {
    let records = match answered.await {
        Ok(request::Answer::Connections(records)) => records,
        Ok(request::Answer::Failed(why)) => return Err(why),
        Ok(request::Answer::Pong) | Err(_) => return Err("this agent answers no such request now".to_owned()),
    };
    let mut writer = Writer::new(Vec::new(), Format::Ndjson, Compression::None).map_err(|error| error.to_string())?;
    for record in &records {
        writer.write(record).map_err(|error| error.to_string())?;
    }
    let bytes = writer.finish().map_err(|error| error.to_string())?;
    let mut wire = pipes.open().await.map_err(|error| format!("could not open a pipe: {error:?}"))?;
    let mut packer = Packer::default();
    let mut pieces = bytes.chunks(PIECE).peekable();
    let mut first = Some(key);
    loop {
        let data = pieces.next().unwrap_or_default().to_vec();
        let end = pieces.peek().is_none();
        let piece = PipeData { pipe: first.take().unwrap_or_default(), data, end, error: String::new() };
        let chunk = packer.pack(&Kind::Pipe(piece).into()).map_err(|error| error.to_string())?;
        wire.outgoing.send(chunk).await.map_err(|_| "the server closed the pipe".to_owned())?;
        if end {
            break;
        }
    }
    // The server ends the stream when it has read everything; an error that it says is no failure of ours.
    let Wire { outgoing, incoming, .. } = &mut wire;
    let (last, _) = mpsc::channel(1);
    drop(std::mem::replace(outgoing, last));
    while let Some(Ok(_)) = incoming.next().await {}
    Ok(())
}

/// This machine's clock, in microseconds since 1970.
fn clock() -> i64 {
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    i64::try_from(micros).unwrap_or(i64::MAX)
}
