//! One key: who subscribes to it, what was sent lately, and what they all have.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Resume;
use super::key::Wanted;
use super::message::{Kind, Message};
use super::subscription::Queue;
use crate::server::auth::Visibility;
use crate::server::live::clock::now;

/// Messages kept for those whose connection broke, and their bytes in all.
const KEPT: usize = 64;
const KEPT_BYTES: usize = 4 << 20;

/// How long a view is kept current after its last subscriber left: most come back.
const LINGER: Duration = Duration::from_secs(15);

/// One key and its subscribers.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) visibility: Visibility,
    pub(super) wanted: Arc<Wanted>,
    queues: Vec<Arc<Queue>>,
    epoch: u64,
    seq: u64,
    kept: VecDeque<Message>,
    kept_bytes: usize,
    left: Option<Instant>,
}

impl Channel {
    pub(super) fn new(visibility: Visibility, wanted: Wanted) -> Self {
        let epoch = now().as_micros().max(0) as u64;
        Self { visibility, wanted: Arc::new(wanted), queues: Vec::new(), epoch, seq: 0, kept: VecDeque::new(), kept_bytes: 0, left: None }
    }

    /// A new subscriber, or one that comes back.
    pub(super) fn open(&mut self, resume: Option<Resume>) -> Arc<Queue> {
        let missed = resume.and_then(|resume| self.missed(resume));
        let queue = Arc::new(Queue::new(missed));
        self.queues.push(Arc::clone(&queue));
        self.left = None;
        queue
    }

    /// What was sent after `resume`, if all of it is known and fits a queue.
    fn missed(&self, resume: Resume) -> Option<Vec<Message>> {
        if resume.epoch != self.epoch || resume.seq > self.seq {
            return None;
        }
        let missed: Vec<Message> = self.kept.iter().filter(|message| message.seq() > resume.seq).cloned().collect();
        (missed.len() as u64 == self.seq - resume.seq && missed.len() < super::subscription::QUEUE).then_some(missed)
    }

    /// Leaves out those that are gone. Whether anybody is left, or was there a moment ago.
    pub(super) fn is_wanted(&mut self, instant: Instant) -> bool {
        self.queues.retain(|queue| !queue.is_closed());
        if self.queues.is_empty() { instant.saturating_duration_since(*self.left.get_or_insert(instant)) < LINGER } else { true }
    }

    pub(super) fn subscribers(&self) -> usize {
        self.queues.iter().filter(|queue| !queue.is_closed()).count()
    }

    pub(super) fn wants_snapshot(&self) -> bool {
        self.queues.iter().any(|queue| queue.wants_snapshot())
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn seq(&self) -> u64 {
        self.seq
    }

    /// The number of the message that comes next.
    pub(super) fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// Sends the message with the latest number to all that follow. How many of them had no room.
    pub(super) fn send(&mut self, kind: Kind, json: String) -> u64 {
        let message = Message::new(self.seq, kind, json);
        self.kept_bytes += message.json().len();
        self.kept.push_back(message.clone());
        while self.kept.len() > KEPT || self.kept_bytes > KEPT_BYTES {
            let Some(old) = self.kept.pop_front() else { break };
            self.kept_bytes -= old.json().len();
        }
        self.queues.iter().map(|queue| u64::from(queue.push(&message))).sum()
    }

    /// Sends everything to those that have nothing.
    pub(super) fn send_snapshot(&self, json: String) {
        let message = Message::new(self.seq, Kind::Snapshot, json);
        for queue in self.queues.iter().filter(|queue| queue.wants_snapshot()) {
            queue.restart(&message);
        }
    }

    /// Begins anew: everybody gets a snapshot.
    pub(super) fn restart(&mut self) {
        self.epoch += 1;
        self.kept.clear();
        self.kept_bytes = 0;
        for queue in &self.queues {
            queue.want_snapshot();
        }
    }

    pub(super) fn close(&self) {
        for queue in &self.queues {
            queue.close();
        }
    }
}
