//! A simulated agent: the link over which it says what its host has to say.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use scope_core::Timestamp;
use scope_core::link::message::{Chunk, Frame, Heartbeat, Hello, Kind};
use scope_core::link::{Encoder, PROTOCOL, Packer, Unpacker, digest};
use scope_core::state::State;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant as TokioInstant;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::Counts;
use super::host::Host;
use super::server::Address;
use super::subscriber::Clocks;
use super::world::World;

/// Reports from one digest of the state to the next, as agents send them.
const DIGEST_EVERY: u64 = 30;

/// What one agent says over one connection, report by report, encoded for it.
pub(crate) struct Script {
    host: Host,
    encoder: Encoder,
    packer: Packer,
    state: State,
    /// What the agent's clock says at the first tick, in microseconds since 1970.
    clock: i64,
    tick: u64,
}

/// What it says in one second.
pub(crate) struct Tick {
    frames: Vec<Bytes>,
    new: Vec<String>,
    mark: Option<u64>,
}

/// All that one agent will say: encoded beforehand, or as it goes.
pub(crate) struct Agent {
    hello: Bytes,
    ticks: Box<dyn Iterator<Item = Tick> + Send>,
}

impl Agent {
    /// The agent of this number. With `ticks` it has that much to say, made beforehand; without it goes on until it is stopped.
    pub(crate) fn new(world: &Arc<World>, number: usize, ticks: Option<usize>) -> Self {
        let clock = now_us();
        let host = Host::new(world, number, Timestamp::from_micros(clock));
        let mut script = Script { host, encoder: Encoder::default(), packer: Packer::default(), state: State::default(), clock, tick: 0 };
        let hello = script.pack(Kind::Hello(Hello {
            protocol: PROTOCOL,
            agent: script.host.name.to_string(),
            version: "fleet".to_owned(),
            machine: format!("{number:032x}"),
            run: script.host.run.as_u128().to_be_bytes().to_vec(),
        }));
        let ticks: Box<dyn Iterator<Item = Tick> + Send> = match ticks {
            Some(ticks) => Box::new(script.take(ticks).collect::<Vec<_>>().into_iter()),
            None => Box::new(script),
        };
        Self { hello, ticks }
    }
}

impl Script {
    fn pack(&mut self, kind: Kind) -> Bytes {
        Bytes::from(self.packer.pack(&Frame::from(kind)).expect("memory").encode_to_vec())
    }
}

impl Iterator for Script {
    type Item = Tick;

    fn next(&mut self) -> Option<Tick> {
        let tick = self.tick;
        self.tick += 1;
        let made = self.host.report(tick, Timestamp::from_micros(self.clock + (tick * 1_000_000) as i64));
        for record in &made.records {
            let _ = self.state.apply(record.clone());
        }
        let digest = if tick.is_multiple_of(DIGEST_EVERY) { self.state.agent(&self.host.name).map(digest) } else { None };
        self.state.forget_gone(Timestamp::from_micros(self.clock + (tick * 1_000_000) as i64 - 1_000_000));
        let mut reports = Vec::new();
        self.encoder.encode(&made.records, digest, tick == 0, |report| reports.push(report));
        let frames = reports.into_iter().map(|report| self.pack(Kind::Report(Box::new(report)))).collect();
        Some(Tick { frames, new: made.new, mark: made.mark })
    }
}

fn now_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
}

/// When everybody's first second begins, and who is ready for it.
#[derive(Clone)]
pub(crate) struct Start {
    pub(crate) ready: Arc<Semaphore>,
    pub(crate) at: watch::Receiver<Option<TokioInstant>>,
}

/// Says everything: the first report at once, each other at its second after the start, `phase` later.
pub(crate) async fn run(agent: Agent, to: Address, phase: Duration, mut start: Start, counts: Arc<Counts>, clocks: Arc<Clocks>) {
    if let Err(error) = talk(agent, to, phase, &mut start, &counts, &clocks).await
        && counts.broken.fetch_add(1, Ordering::Relaxed) < 3
    {
        eprintln!("a link broke: {error}");
    }
}

async fn talk(
    mut agent: Agent,
    to: Address,
    phase: Duration,
    start: &mut Start,
    counts: &Counts,
    clocks: &Clocks,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (mut up, mut down) = to.connect().await?.split();
    let mut unpacker = Unpacker::default();
    up.send(Message::Binary(agent.hello)).await?;
    let mut due: Option<TokioInstant> = None;
    let (mut welcome, mut confirmed) = (false, false);
    loop {
        let sleep = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            message = down.next() => match message.ok_or("the server went")?? {
                Message::Binary(bytes) => match unpacker.unpack(&Chunk::decode(bytes)?)?.kind {
                    Some(Kind::Welcome(_)) if !welcome => {
                        welcome = true;
                        for frame in agent.ticks.next().map(|tick| tick.frames).unwrap_or_default() {
                            up.send(Message::Binary(frame)).await?;
                        }
                    }
                    // A chunk as it is may stand anywhere between those that are compressed.
                    Some(Kind::Heartbeat(Heartbeat { number, clock: None })) => {
                        // Reports were made beforehand and say so; the clock goes right.
                        let clock = Some(now_us());
                        let plain = Frame::from(Kind::Heartbeat(Heartbeat { number, clock })).encode_to_vec();
                        up.send(Message::Binary(Chunk { plain: plain.into(), ..Chunk::default() }.encode_to_vec().into())).await?;
                    }
                    Some(Kind::Arrived(_)) => {
                        counts.arrived.fetch_add(1, Ordering::Relaxed);
                        if !std::mem::replace(&mut confirmed, true) {
                            start.ready.add_permits(1);
                        }
                    }
                    Some(Kind::FullWanted(_)) => drop(counts.full_wanted.fetch_add(1, Ordering::Relaxed)),
                    _ => {}
                },
                Message::Close(frame) => return Err(format!("closed: {frame:?}").into()),
                _ => {}
            },
            Ok(()) = start.at.changed(), if due.is_none() => due = (*start.at.borrow()).map(|start| start + phase),
            () = sleep => {
                let Some(tick) = agent.ticks.next() else { return std::future::pending().await };
                clocks.changed(Instant::now(), &tick.new, tick.mark);
                for frame in tick.frames {
                    counts.bytes.fetch_add(frame.len() as u64, Ordering::Relaxed);
                    up.send(Message::Binary(frame)).await?;
                }
                due = due.map(|due| due + Duration::from_secs(1));
                if due.is_some_and(|due| due < TokioInstant::now()) {
                    counts.late.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
}
