//! What is said over one link, whatever carries it: who the agent is, its reports, its clock, requests to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use scope_core::link::message::{self, Arrived, Chunk, Frame, FullWanted, Heartbeat, Kind, Welcome};
use scope_core::link::{Decoder, Packer, Received, Unpacker, digest};
use scope_core::record::SourceTick;
use scope_core::{AgentName, Body, Record, Stamp};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::asked::Asked;
use super::clock::Clock;
use super::{Broken, Caller, Incoming, Links};
use crate::request::RequestEnvelope;
use crate::server::auth::{Action, Identity, Target, Visibility, authorize};
use crate::server::live::{Hello, Session};

/// How long an agent may take to say who it is.
const HELLO: Duration = Duration::from_secs(10);
/// Requests that may wait to be sent down one link.
const REQUESTS: usize = 16;
/// The first questions for the clock come this fast after each other; the first answer may have been slow.
const FIRST_HEARTBEATS: Duration = Duration::from_secs(1);
/// A report of more records is taken in on a thread that may block.
const LARGE: usize = 512;
/// Reports after which the agent is told at once that they have arrived: it keeps them until then. Fewer of them wait for the next heartbeat: with a thousand
/// agents, writing such words each second was 5 % of all that the server did.
const UNTOLD: u32 = 8;

/// One agent's link.
struct Connection<'a> {
    links: &'a Links,
    identity: Identity,
    session: Arc<Session>,
    decoder: Decoder,
    packer: Packer,
    outgoing: mpsc::Sender<Chunk>,
    clock: Clock,
    asked: Asked,
    full: FullWish,
    /// The last report that arrived, until the agent is told so.
    arrived: Option<u64>,
    /// How many reports arrived that it has not been told of.
    untold: u32,
}

/// When a full report was last wished for, and whether digests can be compared at all.
#[derive(Debug, Default)]
struct FullWish {
    asked: Option<Instant>,
    /// How often in a row.
    times: u32,
    /// Even a whole report differed: this server takes less in than the agent says, by its limits or because it is not believed.
    hopeless: bool,
}

/// Serves one link to its end.
pub(super) async fn serve(
    links: &Links,
    Caller { identity, standing, address }: Caller,
    mut incoming: Incoming,
    outgoing: mpsc::Sender<Chunk>,
) -> Result<(), Broken> {
    let mut unpacker = Unpacker::default();
    let first = timeout(HELLO, incoming.next()).await.map_err(|_| Broken::Silent(HELLO))?;
    let first = first.unwrap_or_else(|| Err("before it began".to_owned())).map_err(Broken::Transport)?;
    let Some(Kind::Hello(hello)) = unpacker.unpack(&first)?.kind else { return Err(Broken::Manners("did not say who it is first")) };
    // The credential knows better than the agent.
    let agent: AgentName = match &identity.agent {
        Some(agent) => agent.clone(),
        None => hello.agent.parse().map_err(|_| Broken::Manners("has a name that is none"))?,
    };
    authorize(&identity, Action::Push, Target::Agent(&identity.tenant, &agent))?;
    let (requests, mut requested) = mpsc::channel(REQUESTS);
    let machine_id = (!hello.machine.is_empty()).then(|| scope_core::limits::cut(&hello.machine, 128).as_ref().into());
    let version = scope_core::limits::cut(&hello.version, 64).as_ref().into();
    let session = links.live.connect(&identity.tenant, Hello { agent: agent.clone(), version, machine_id, address, requests })?;
    tracing::info!(agent = %session.name(), ?address, version = %hello.version.escape_debug(), "an agent's link begins");
    let mut connection = Connection {
        links,
        decoder: Decoder::new(agent),
        identity,
        session: Arc::new(session),
        packer: Packer::default(),
        outgoing,
        clock: Clock::default(),
        asked: Asked::default(),
        full: FullWish::default(),
        arrived: None,
        untold: 0,
    };
    let ended = tokio::select! {
        ended = connection.run(&mut unpacker, &mut incoming, &mut requested) => ended,
        () = Caller::over(standing) => Err(Broken::SignedOut),
    };
    connection.asked.end(&links.pipes);
    tracing::info!(agent = %connection.session.name(), why = ended.as_ref().err().map(tracing::field::display), "an agent's link ends");
    ended
}

impl Connection<'_> {
    async fn run(&mut self, unpacker: &mut Unpacker, incoming: &mut Incoming, requested: &mut mpsc::Receiver<RequestEnvelope>) -> Result<(), Broken> {
        self.welcome()?;
        let silence = self.links.settings.silence;
        let mut stop = self.links.stop.subscribe();
        let mut stopped = std::pin::pin!(async move {
            let _ = stop.wait_for(|stop| *stop).await;
        });
        let mut heard = Instant::now();
        let mut beats = 0_u32;
        let mut beat = tokio::time::Instant::now();
        loop {
            tokio::select! {
                chunk = incoming.next() => {
                    let Some(chunk) = chunk else { return Ok(()) };
                    heard = Instant::now();
                    self.take(unpacker.unpack(&chunk.map_err(Broken::Transport)?)?).await?;
                }
                () = tokio::time::sleep_until(beat) => {
                    if heard.elapsed() > silence {
                        return Err(Broken::Silent(silence));
                    }
                    if self.session.is_superseded() {
                        return Err(Broken::Superseded);
                    }
                    beats += 1;
                    beat += if beats < 4 { FIRST_HEARTBEATS.min(self.links.settings.heartbeat) } else { self.links.settings.heartbeat };
                    self.asked.expire(&self.links.pipes, Instant::now());
                    let number = self.clock.ask(Instant::now());
                    self.send(Kind::Heartbeat(Heartbeat { number, clock: None }))?;
                    self.tell_arrived()?;
                }
                Some(envelope) = requested.recv() => {
                    let request = self.asked.ask(envelope, &self.links.pipes, &self.identity, self.session.name(), Instant::now());
                    if let Some(request) = request {
                        self.send(Kind::Request(request))?;
                    }
                }
                () = &mut stopped => return Err(Broken::Stopping),
            }
        }
    }

    fn welcome(&mut self) -> Result<(), Broken> {
        let name = self.session.name().clone();
        let last =
            self.links.live.read(&self.identity.tenant, &Visibility::all(), |state| state.agent(&name).and_then(|agent| agent.tick()).map(|tick| tick.stamp));
        let (run, seq) = last.map_or((Vec::new(), 0), |Stamp { run, seq }| (run.as_u128().to_be_bytes().to_vec(), seq));
        let clock = crate::server::live::clock::now().as_micros();
        self.send(Kind::Welcome(Welcome { agent: name.to_string(), clock, run, seq, silence_ms: self.links.settings.silence.as_millis() as u32 }))
    }

    async fn take(&mut self, frame: Frame) -> Result<(), Broken> {
        match frame.kind {
            Some(Kind::Report(part)) => {
                if let Some(report) = self.decoder.decode(*part)? {
                    self.report(report).await?;
                }
            }
            Some(Kind::Heartbeat(Heartbeat { number, clock: None })) => {
                let clock = crate::server::live::clock::now().as_micros();
                self.session.heartbeat();
                self.send(Kind::Heartbeat(Heartbeat { number, clock: Some(clock) }))?;
                // It may wait for this before it leaves.
                self.tell_arrived()?;
            }
            Some(Kind::Heartbeat(Heartbeat { number, clock: Some(theirs) })) => {
                self.session.heartbeat();
                if let Some(offset) = self.clock.answer(number, theirs, Instant::now(), crate::server::live::clock::now().as_micros()) {
                    // Said again, all of it is set right by the same amount.
                    if self.session.clock_offset(offset) {
                        self.send(Kind::FullWanted(FullWanted { reason: "times are set right by the clocks".to_owned() }))?;
                    }
                }
            }
            Some(Kind::Answer(answer)) => self.asked.answer(answer, &self.links.pipes),
            Some(Kind::Hello(_)) => return Err(Broken::Manners("said twice who it is")),
            // Of a later version, or of the other direction.
            _ => {}
        }
        Ok(())
    }

    async fn report(&mut self, mut report: Received) -> Result<(), Broken> {
        if report.whole {
            self.end_other_sources(&mut report.records);
        }
        let (seq, digest, whole) = (report.stamp.seq, report.digest, report.whole);
        let session = Arc::clone(&self.session);
        if report.records.len() > LARGE {
            // A panic there ends this link like any other failure.
            tokio::task::spawn_blocking(move || session.apply(report)).await.map_err(|_| Broken::Manners("sent a report that could not be taken in"))?;
        } else {
            session.apply(report);
        }
        self.arrived = Some(seq);
        self.untold += 1;
        if let Some(theirs) = digest {
            self.compare(theirs, whole)?;
        }
        if whole || self.untold >= UNTOLD {
            self.tell_arrived()?;
        }
        Ok(())
    }

    /// Sources that the agent no longer has are over too: a whole report would leave them as they were, since it does not name them.
    fn end_other_sources(&self, records: &mut [Record]) {
        let Some(Body::Tick(tick)) = records.last_mut().map(|record| &mut record.body) else { return };
        let name = self.session.name();
        self.links.live.read(&self.identity.tenant, &Visibility::all(), |state| {
            for (source, _) in state.agent(name).into_iter().flat_map(|agent| agent.sources()) {
                if tick.sources.get(source).is_none() {
                    tick.sources.insert(source, SourceTick { full: true, ..SourceTick::default() });
                }
            }
        });
    }

    /// Whether we hold what the agent holds; else it is to say everything again.
    fn compare(&mut self, theirs: u64, whole: bool) -> Result<(), Broken> {
        // The ids of the second agent of one name are changed on their way in, and so are times of one whose clock is wrong.
        let name = self.session.name();
        if self.full.hopeless || self.session.is_renamed() || self.session.is_set_right() {
            return Ok(());
        }
        let ours = self.links.live.read(&self.identity.tenant, &Visibility::all(), |state| state.agent(name).map(digest));
        if ours.unwrap_or(0) == theirs {
            self.full.times = 0;
            return Ok(());
        }
        if whole {
            tracing::warn!(agent = %name, "the agent says more than this server takes in; its digests are not compared");
            self.full.hopeless = true;
            return Ok(());
        }
        // Each wish in a row waits twice as long: whatever is wrong, it is not to cost more than the reports.
        let least = self.links.settings.full_at_most.saturating_mul(1 << self.full.times.min(5));
        if self.full.times > 0 && self.full.asked.is_some_and(|asked| asked.elapsed() < least) {
            return Ok(());
        }
        self.full.asked = Some(Instant::now());
        self.full.times += 1;
        self.send(Kind::FullWanted(FullWanted { reason: "the digest of the state differs".to_owned() }))
    }

    fn tell_arrived(&mut self) -> Result<(), Broken> {
        let Some(seq) = self.arrived.take() else { return Ok(()) };
        self.untold = 0;
        self.send(Kind::Arrived(Arrived { seq }))
    }

    /// Queues a frame. An agent that lets 64 of them wait takes nothing in.
    fn send(&mut self, kind: Kind) -> Result<(), Broken> {
        let chunk = self.packer.pack(&message::Frame::from(kind)).map_err(|error| Broken::Transport(error.to_string()))?;
        self.outgoing.try_send(chunk).map_err(|_| Broken::Stuck)
    }
}
