//! The newest frame of each type and the one counter of frames. Clients watch it, each at its own pace, so that none waits for another and
//! nothing is queued; talking to them is [`super::client`]'s business.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use scope_core::{AgentName, Record, Timestamp};
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use super::frame::{Batch, Frame, Header, Heartbeat, Status, VERSION};
use super::settings::Settings;
use super::table::Table;

/// Time between frames that say what the agent is.
const STATUS_EVERY: Duration = Duration::from_secs(30);
/// Time between frames that only say that it is alive.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);

/// What clients are to be sent next.
#[derive(Clone, Debug, Default)]
pub(super) struct Newest {
    /// In the order of their sequence.
    pub(super) frames: Vec<Frame>,
    /// The agent ends.
    pub(super) closing: bool,
}

/// What is known of the engine, for `/healthz`.
#[derive(Clone, Debug, Default)]
pub(super) struct Health {
    /// When containers were last read.
    pub(super) polled_at: Option<Timestamp>,
    /// What hinders the engine's source.
    pub(super) problem: Option<String>,
}

/// What all connections share.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) agent: AgentName,
    pub(super) settings: Settings,
    started: Instant,
    features: Vec<String>,
    sequence: AtomicU64,
    newest: watch::Sender<Newest>,
    health: Mutex<Health>,
}

impl Hub {
    pub(super) fn new(agent: AgentName, settings: Settings) -> Self {
        let exposed = settings.expose.iter().map(|attribute| format!("attrs.{}", attribute.as_str()));
        let features = ["container_stats".to_owned(), "heartbeat".to_owned()].into_iter().chain(exposed).collect();
        let newest = watch::Sender::new(Newest::default());
        Self { agent, settings, started: Instant::now(), features, sequence: AtomicU64::new(0), newest, health: Mutex::default() }
    }

    /// Makes frames of reports until there are no more.
    pub(super) async fn publish(&self, first: Vec<Record>, reports: &mut mpsc::Receiver<Vec<Record>>) {
        let mut table = Table::new(self.agent.clone());
        self.take(&mut table, first);
        let (mut status, mut heartbeat) = (interval(STATUS_EVERY), interval(HEARTBEAT_EVERY));
        status.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                report = reports.recv() => match report {
                    Some(report) => self.take(&mut table, report),
                    None => return,
                },
                _ = status.tick() => self.show(self.status()),
                _ = heartbeat.tick() => self.show(self.frame("heartbeat", &Heartbeat { polled_at: self.health().polled_at })),
            }
        }
    }

    fn take(&self, table: &mut Table, report: Vec<Record>) {
        if !table.take(report) {
            return;
        }
        let now = wall_time();
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = Health { polled_at: Some(now), problem: table.engine_problem().map(str::to_owned) };
        // Nobody sees it: nothing is written.
        if self.newest.receiver_count() == 0 {
            return;
        }
        let (containers, containers_omitted) = table.rows(now, &self.settings.expose);
        self.show(self.frame("container_stats_batch", &Batch { containers, containers_omitted, agent_metrics: table.own() }));
    }

    /// A frame of its own, with the next number.
    fn frame(&self, kind: &'static str, body: &impl Serialize) -> Option<Frame> {
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed) + 1;
        let header = Header { kind, agent_id: self.agent.as_str(), sent_at: wall_time(), sequence };
        let frame = Frame::new(&header, body).inspect_err(|error| tracing::error!(%error, kind, "could not write a frame")).ok()?;
        tracing::debug!(kind, agent_id = header.agent_id, sent_at = %header.sent_at, sequence, bytes = frame.text.len(), clients = self.newest.receiver_count(), "frame");
        Some(frame)
    }

    /// What the agent is, as of now.
    pub(super) fn status(&self) -> Option<Frame> {
        self.frame("agent_status", &Status { uptime_secs: self.started.elapsed().as_secs(), version: VERSION, features: &self.features })
    }

    /// Puts the frame in the place of the older one of its type.
    fn show(&self, frame: Option<Frame>) {
        let Some(frame) = frame else { return };
        self.newest.send_modify(|newest| {
            newest.frames.retain(|old| old.kind != frame.kind);
            newest.frames.push(frame);
        });
    }

    /// The newest frames from now on.
    pub(super) fn watch(self: &Arc<Self>) -> watch::Receiver<Newest> {
        self.newest.subscribe()
    }

    /// Tells clients that the agent ends.
    pub(super) fn close(&self) {
        self.newest.send_modify(|newest| newest.closing = true);
    }

    pub(super) fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }
}

fn wall_time() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
