//! What is known of an agent beside its state: whether it speaks, what it lost, how its clock goes.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use scope_core::record::SourceTick;
use scope_core::{AgentName, CompactString, Tick, Timestamp};
use serde::Serialize;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::limits::Limits;
use crate::request::RequestEnvelope;

/// A clock that is so many microseconds off is wrong. Below that hosts are told apart well enough, and what an agent says is kept as it says it.
const WRONG_US: i64 = 2_000_000;

/// Whether an agent speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Liveness {
    /// It does.
    Live,
    /// It has been silent for three of its intervals. What it said is shown as it was.
    Stale,
    /// It has been silent for so long that what it said is no longer shown.
    Gone,
}

/// An agent as people see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgentInfo {
    /// What it is called here.
    pub name: AgentName,
    /// Its version; absent where records were posted.
    pub version: Option<CompactString>,
    /// Whether it speaks.
    pub state: Liveness,
    /// When it was last heard.
    pub last_seen: Timestamp,
    /// Milliseconds between its reports, where it says.
    pub interval_ms: Option<u64>,
    /// What each of its sources last said of itself: records, CPU time, losses.
    pub sources: BTreeMap<CompactString, SourceTick>,
    /// Records that were lost on the way, in queues and spools.
    pub lost: u64,
    /// Records that were refused: of others' hosts and processes.
    pub refused: u64,
    /// Records beyond the limits of this server.
    pub over: u64,
    /// How far its clock is ahead of this machine's, in microseconds.
    pub clock_offset_us: i64,
    /// Where it dials from.
    pub address: Option<IpAddr>,
    /// Nodes that it speaks of, once for each of its sources.
    pub nodes: usize,
    /// Flows that it speaks of.
    pub flows: usize,
}

/// An agent of a tenant.
#[derive(Debug)]
pub(super) struct Entry {
    /// What it calls itself, where another live agent has that name.
    pub(super) renamed: Option<AgentName>,
    pub(super) version: Option<CompactString>,
    pub(super) machine: Option<CompactString>,
    pub(super) address: Option<IpAddr>,
    pub(super) state: Liveness,
    /// The link that speaks for it, where there is one. Each link has a number of its own.
    pub(super) link: Option<u64>,
    pub(super) requests: Option<mpsc::Sender<RequestEnvelope>>,
    pub(super) heard: Instant,
    pub(super) last_seen: Timestamp,
    pub(super) interval: Option<Duration>,
    pub(super) sources: BTreeMap<CompactString, SourceTick>,
    pub(super) lost: u64,
    pub(super) refused: u64,
    pub(super) over: u64,
    pub(super) offset_us: i64,
    /// By how much times within its records are set right.
    pub(super) correction_us: i64,
    pub(super) nodes: usize,
    pub(super) flows: usize,
}

impl Entry {
    pub(super) fn new(heard: Instant, last_seen: Timestamp) -> Self {
        Self {
            renamed: None,
            version: None,
            machine: None,
            address: None,
            state: Liveness::Live,
            link: None,
            requests: None,
            heard,
            last_seen,
            interval: None,
            sources: BTreeMap::new(),
            lost: 0,
            refused: 0,
            over: 0,
            offset_us: 0,
            correction_us: 0,
            nodes: 0,
            flows: 0,
        }
    }

    /// It speaks. Whether that is news.
    pub(super) fn hear(&mut self, heard: Instant, last_seen: Timestamp) -> bool {
        self.heard = heard.max(self.heard);
        self.last_seen = last_seen.max(self.last_seen);
        std::mem::replace(&mut self.state, Liveness::Live) != Liveness::Live
    }

    /// Takes in what a tick says of the agent itself. Reports of events say nothing of the interval, and of their own source only.
    pub(super) fn tick(&mut self, tick: &Tick, most: usize) {
        if let Some(interval) = tick.interval_ms {
            self.interval = Some(Duration::from_millis(interval.min(3_600_000)));
        }
        for (name, said) in tick.sources.iter() {
            let has_room = self.sources.len() < most;
            match self.sources.get_mut(name) {
                Some(known) => {
                    // Losses hold until the source tells of others; those of an event say nothing.
                    let dropped = said.dropped.or(known.dropped);
                    known.clone_from(said);
                    known.dropped = dropped;
                }
                None if has_room => drop(self.sources.insert(name.into(), said.clone())),
                None => self.over += 1,
            }
        }
    }

    /// Its clock is so many microseconds ahead. Whether what it says is set right by another amount from now on.
    pub(super) fn clock(&mut self, micros: i64) -> bool {
        self.offset_us = micros;
        let wanted = if micros.saturating_abs() < WRONG_US { 0 } else { micros };
        let moved = wanted.saturating_sub(self.correction_us).saturating_abs() >= WRONG_US;
        if moved {
            self.correction_us = wanted;
        }
        moved
    }

    /// How it stands after this much silence.
    pub(super) fn liveness(&self, now: Instant, limits: &Limits) -> Liveness {
        let silence = now.saturating_duration_since(self.heard);
        let interval = self.interval.unwrap_or(limits.unknown_interval);
        // What was posted expires; a link that broke may come back.
        let gone = if self.machine.is_none() && self.version.is_none() { limits.stale_after(interval) } else { limits.gone_after(interval) };
        if silence >= gone {
            Liveness::Gone
        } else if silence >= limits.stale_after(interval) {
            Liveness::Stale
        } else {
            Liveness::Live
        }
    }

    pub(super) fn info(&self, name: &AgentName) -> AgentInfo {
        AgentInfo {
            name: name.clone(),
            version: self.version.clone(),
            state: self.state,
            last_seen: self.last_seen,
            interval_ms: self.interval.map(|interval| interval.as_millis() as u64),
            sources: self.sources.clone(),
            lost: self.lost,
            refused: self.refused,
            over: self.over,
            clock_offset_us: self.offset_us,
            address: self.address,
            nodes: self.nodes,
            flows: self.flows,
        }
    }
}
