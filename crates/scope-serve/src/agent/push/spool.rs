//! Reports that are not known to have arrived, and the state that they come to. What does not fit is not kept: the state then says at once what they would have
//! said, and how many they were. When they are sent is `connection`'s business.

use std::collections::VecDeque;
use std::sync::Arc;

use scope_core::link::message::{Hello, Welcome};
use scope_core::link::{PROTOCOL, RECORD_BYTES, digest, weight, whole};
use scope_core::record::SourceTick;
use scope_core::state::State;
use scope_core::value::Fields;
use scope_core::{AgentName, Body, Problem, Record, RunId, Stamp, Tick, Timestamp};

use super::figures::Figures;

/// Reports at the interval from one digest to the next.
const DIGEST_EVERY: u32 = 30;
/// Reports at the interval after which a loss is no longer told of.
const LOSS_TOLD: u32 = 60;
/// What the link itself says, as the source of its records.
const SOURCE: &str = "link";

/// A report that is to be sent.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) seq: u64,
    pub(super) records: Vec<Record>,
    pub(super) digest: Option<u64>,
    pub(super) whole: bool,
    weight: usize,
}

#[derive(Debug)]
pub(super) struct Spool {
    agent: AgentName,
    figures: Arc<Figures>,
    state: State,
    /// Not known to have arrived, oldest first.
    queue: VecDeque<Report>,
    /// How many of them were sent over this connection.
    sent: usize,
    bytes: usize,
    limit: usize,
    /// The stamp of the last report, as it is sent.
    last: Stamp,
    at: Timestamp,
    /// By how much numbers of reports are greater than the collector's: full reports stand between its own.
    shift: u64,
    /// The run as it is sent, where the server knows a later one: a clock was set back.
    run: Option<RunId>,
    full_wanted: bool,
    until_digest: u32,
    lost: u64,
    /// Reports until the loss is no longer told of.
    until_forgotten: u32,
}

impl Spool {
    pub(super) fn new(agent: AgentName, limit: usize, figures: Arc<Figures>) -> Self {
        Self {
            agent,
            figures,
            state: State::default(),
            queue: VecDeque::new(),
            sent: 0,
            bytes: 0,
            limit,
            last: Stamp::default(),
            at: Timestamp::default(),
            shift: 0,
            run: None,
            full_wanted: false,
            until_digest: 0,
            lost: 0,
            until_forgotten: 0,
        }
    }

    /// Who this agent is.
    pub(super) fn hello(&self, version: &str, machine: Option<&str>) -> Hello {
        Hello {
            protocol: PROTOCOL,
            agent: self.agent.to_string(),
            version: version.to_owned(),
            machine: machine.unwrap_or_default().to_owned(),
            run: self.last.run.as_u128().to_be_bytes().to_vec(),
        }
    }

    /// Takes a report in.
    pub(super) fn take(&mut self, mut report: Vec<Record>) {
        let Some(said) = report.last().map(|record| record.stamp) else { return };
        let first = self.last == Stamp::default();
        let stamp = Stamp { run: self.run.unwrap_or(said.run), seq: said.seq + self.shift };
        for record in &mut report {
            record.stamp = Stamp { run: stamp.run, seq: record.stamp.seq + self.shift };
            self.at = record.at;
        }
        let before = report.len();
        report.retain(|record| weight(record) <= RECORD_BYTES);
        self.figures.too_heavy((before - report.len()) as u64);
        let regular = self.tell_of_losses(&mut report);
        let mut bytes = 0;
        for record in &report {
            bytes += weight(record);
            let _ = self.state.apply(record.clone());
        }
        self.last = stamp;
        let mut said = None;
        if regular || first {
            if self.until_digest == 0 {
                self.until_digest = DIGEST_EVERY;
                said = self.state.agent(&self.agent).map(digest);
            }
            self.until_digest -= 1;
        }
        self.figures.report();
        self.push(Report { seq: stamp.seq, records: report, digest: said, whole: first, weight: bytes });
    }

    /// A loss that was told of for long enough is over. Whether this is a report at the interval.
    fn tell_of_losses(&mut self, report: &mut [Record]) -> bool {
        let Some(Body::Tick(tick)) = report.last_mut().map(|record| &mut record.body) else { return false };
        if tick.interval_ms.is_none() {
            return false;
        }
        if self.until_forgotten > 0 {
            self.until_forgotten -= 1;
            if self.until_forgotten == 0 {
                self.lost = 0;
                tick.sources.insert(SOURCE, SourceTick { full: true, ..SourceTick::default() });
            }
        }
        true
    }

    fn push(&mut self, report: Report) {
        self.bytes += report.weight;
        self.queue.push_back(report);
        // What was sent is kept only to be sent again after a break; a full report does as well.
        while self.bytes > self.limit && self.sent > 0 {
            self.pop();
        }
        if self.bytes > self.limit && self.queue.len() > 1 {
            let lost = self.queue.iter().filter(|report| !report.whole).count() as u64;
            tracing::warn!(lost, "the server takes reports too slowly, or not at all; their figures are given up, and it gets the latest state");
            self.lost += lost;
            self.until_forgotten = LOSS_TOLD;
            self.figures.lost(lost);
            self.want_full();
        }
        self.figures.spool(self.bytes);
    }

    fn pop(&mut self) {
        if let Some(report) = self.queue.pop_front() {
            self.bytes -= report.weight;
            self.sent = self.sent.saturating_sub(1);
        }
        self.figures.spool(self.bytes);
    }

    /// The next report to be sent over this connection.
    pub(super) fn next(&mut self) -> Option<&Report> {
        if std::mem::take(&mut self.full_wanted) {
            self.make_full();
        }
        let next = self.queue.get(self.sent)?;
        self.sent += 1;
        Some(next)
    }

    /// Everything is to be said anew, in place of what waits.
    pub(super) fn want_full(&mut self) {
        self.queue.clear();
        (self.sent, self.bytes) = (0, 0);
        self.full_wanted = true;
        self.figures.spool(0);
    }

    fn make_full(&mut self) {
        self.figures.full();
        self.shift += 1;
        self.last.seq += 1;
        let stamp = self.last;
        if self.lost > 0 {
            self.tell_loss(stamp);
        }
        let Some(state) = self.state.agent(&self.agent) else { return };
        let records = whole(state, &self.agent, stamp, self.at);
        let mut bytes = 0;
        for record in &records {
            bytes += weight(record);
            // Both ends hold it with one stamp from here on.
            let _ = self.state.apply(record.clone());
        }
        let digest = self.state.agent(&self.agent).map(digest);
        self.bytes += bytes;
        self.queue.push_back(Report { seq: stamp.seq, records, digest, whole: true, weight: bytes });
    }

    /// Puts the loss into the state, in place of an earlier one.
    fn tell_loss(&mut self, stamp: Stamp) {
        let mut tick = self.state.agent(&self.agent).and_then(|agent| agent.tick()).map(|last| last.tick.clone()).unwrap_or_default();
        let sources: Vec<_> = std::mem::take(&mut tick.sources).into_iter().collect();
        tick.sources = sources.into_iter().map(|(name, said)| (name, SourceTick { full: false, ..said })).collect();
        tick.sources.insert(SOURCE, SourceTick { full: true, records: 1, took_us: None, dropped: Some(self.lost) });
        let message = format!("the figures of {} reports were lost: the server did not take them in time", self.lost);
        let hint = Some("look at the server's load, and at the network between; the state itself is whole".into());
        let problem = Body::Problem(Problem { message: message.into(), hint, id: None });
        for (source, body) in [(SOURCE, problem), ("", Body::Tick(Tick { ..tick }))] {
            let record = Record { agent: self.agent.clone(), stamp, source: source.into(), at: self.at, body, extra: Fields::default() };
            let _ = self.state.apply(record);
        }
    }

    /// A connection begins, and the server says what it has.
    pub(super) fn welcome(&mut self, welcome: &Welcome) {
        self.sent = 0;
        self.until_digest = 0;
        let theirs = welcome.run.as_slice().try_into().ok().map(|run| Stamp { run: RunId::from_u128(u128::from_be_bytes(run)), seq: welcome.seq });
        match theirs {
            Some(theirs) if theirs.run == self.last.run && !self.full_wanted => {
                let covers = self.queue.front().map_or(self.last.seq + 1, |front| front.seq) <= theirs.seq + 1 && theirs.seq <= self.last.seq;
                if !covers {
                    self.shift += theirs.seq.saturating_sub(self.last.seq);
                    self.last.seq = self.last.seq.max(theirs.seq);
                    return self.want_full();
                }
                while self.queue.front().is_some_and(|front| front.seq <= theirs.seq) {
                    self.pop();
                }
            }
            // An earlier run, or nothing: our own whole report ends it, if it still waits.
            _ => {
                if let Some(theirs) = theirs
                    && theirs.run > self.last.run
                    && let Some(later) = theirs.run.as_u128().checked_add(1)
                {
                    self.run = Some(RunId::from_u128(later));
                    self.last.run = RunId::from_u128(later);
                    return self.want_full();
                }
                if !self.queue.front().is_some_and(|front| front.whole) {
                    self.want_full();
                }
            }
        }
    }

    /// Reports up to number `seq` have arrived.
    pub(super) fn arrived(&mut self, seq: u64) {
        while self.sent > 0 && self.queue.front().is_some_and(|front| front.seq <= seq) {
            self.pop();
        }
    }

    /// Whether everything has arrived.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && !self.full_wanted
    }
}
