//! One key: who subscribes to it, what was sent lately, and what they all have.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// One key and its subscribers. Its lock is held for as long as a message is handed over, never while one is made.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) visibility: Visibility,
    pub(super) wanted: Wanted,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
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
        let inner = Inner { queues: Vec::new(), epoch, seq: 0, kept: VecDeque::new(), kept_bytes: 0, left: None };
        Self { visibility, wanted, inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new subscriber, or one that comes back.
    pub(super) fn open(&self, resume: Option<Resume>) -> Arc<Queue> {
        let mut inner = self.lock();
        let missed = resume.and_then(|resume| inner.missed(resume));
        let queue = Arc::new(Queue::new(missed));
        inner.queues.push(Arc::clone(&queue));
        inner.left = None;
        queue
    }

    /// Leaves out those that are gone. Whether anybody is left, or was there a moment ago.
    pub(super) fn is_wanted(&self, instant: Instant) -> bool {
        let mut inner = self.lock();
        inner.queues.retain(|queue| !queue.is_closed());
        if inner.queues.is_empty() { instant.saturating_duration_since(*inner.left.get_or_insert(instant)) < LINGER } else { true }
    }

    pub(super) fn subscribers(&self) -> usize {
        self.lock().queues.iter().filter(|queue| !queue.is_closed()).count()
    }

    pub(super) fn wants_snapshot(&self) -> bool {
        self.lock().queues.iter().any(|queue| queue.wants_snapshot())
    }

    pub(super) fn epoch(&self) -> u64 {
        self.lock().epoch
    }

    pub(super) fn seq(&self) -> u64 {
        self.lock().seq
    }

    /// The number of the message that comes next. Only the thread that computes asks for it, and sends that message before it asks again.
    pub(super) fn next_seq(&self) -> u64 {
        self.lock().seq + 1
    }

    /// Sends the next message to all that follow. How many of them had no room.
    pub(super) fn send(&self, kind: Kind, json: String) -> u64 {
        let mut inner = self.lock();
        inner.seq += 1;
        let message = Message::new(inner.epoch, inner.seq, kind, json);
        inner.kept_bytes += message.json().len();
        inner.kept.push_back(message.clone());
        while inner.kept.len() > KEPT || inner.kept_bytes > KEPT_BYTES {
            let Some(old) = inner.kept.pop_front() else { break };
            inner.kept_bytes -= old.json().len();
        }
        inner.queues.iter().map(|queue| u64::from(queue.push(&message))).sum()
    }

    /// Sends everything to those that have nothing.
    pub(super) fn send_snapshot(&self, json: String) {
        let inner = self.lock();
        let message = Message::new(inner.epoch, inner.seq, Kind::Snapshot, json);
        for queue in inner.queues.iter().filter(|queue| queue.wants_snapshot()) {
            queue.restart(&message);
        }
    }

    /// Begins anew: everybody gets a snapshot.
    pub(super) fn restart(&self) {
        let mut inner = self.lock();
        inner.epoch += 1;
        inner.kept.clear();
        inner.kept_bytes = 0;
        for queue in &inner.queues {
            queue.want_snapshot();
        }
    }

    pub(super) fn close(&self) {
        for queue in &self.lock().queues {
            queue.close();
        }
    }
}

impl Inner {
    /// What was sent after `resume`, if all of it is known and fits a queue.
    fn missed(&self, resume: Resume) -> Option<Vec<Message>> {
        if resume.epoch != self.epoch || resume.seq > self.seq {
            return None;
        }
        let missed: Vec<Message> = self.kept.iter().filter(|message| message.seq() > resume.seq).cloned().collect();
        (missed.len() as u64 == self.seq - resume.seq && missed.len() < super::subscription::QUEUE).then_some(missed)
    }
}
