//! A subscriber's end: a short queue. Whoever falls behind gets a fresh snapshot instead of what it missed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::message::Message;

/// Messages that wait for one subscriber.
pub(super) const QUEUE: usize = 16;

/// What a hub and a subscriber share.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<VecDeque<Message>>,
    /// Nothing makes sense to this subscriber before the next snapshot.
    wants_snapshot: AtomicBool,
    closed: AtomicBool,
    notify: Notify,
    overflows: AtomicU64,
}

impl Queue {
    /// The queue of somebody who missed only `missed`, or everything.
    pub(super) fn new(missed: Option<Vec<Message>>) -> Self {
        Self {
            wants_snapshot: AtomicBool::new(missed.is_none()),
            waiting: Mutex::new(missed.unwrap_or_default().into()),
            closed: AtomicBool::new(false),
            notify: Notify::new(),
            overflows: AtomicU64::new(0),
        }
    }

    pub(super) fn wants_snapshot(&self) -> bool {
        self.wants_snapshot.load(Ordering::Acquire)
    }

    /// Hands over the next message. Whether there was no room: then all that waits is dropped.
    pub(super) fn push(&self, message: &Message) -> bool {
        if self.wants_snapshot() {
            return false;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= QUEUE {
            waiting.clear();
            self.wants_snapshot.store(true, Ordering::Release);
            self.overflows.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        waiting.push_back(message.clone());
        drop(waiting);
        self.notify.notify_one();
        false
    }

    /// Hands over everything anew.
    pub(super) fn restart(&self, snapshot: &Message) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.clear();
        waiting.push_back(snapshot.clone());
        self.wants_snapshot.store(false, Ordering::Release);
        drop(waiting);
        self.notify.notify_one();
    }

    /// What waits.
    #[cfg(test)]
    pub(super) fn drain(&self) -> Vec<Message> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }

    /// What waits makes no sense any more.
    pub(super) fn want_snapshot(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.wants_snapshot.store(true, Ordering::Release);
    }

    /// No more will come.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.notify.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

/// A subscriber's end. Dropped, nothing is made for it any more.
#[derive(Debug)]
pub struct Subscription {
    pub(super) queue: Arc<Queue>,
}

impl Subscription {
    /// The next message; none once the server ends.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.queue.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
                return Some(message);
            }
            if self.queue.is_closed() {
                return None;
            }
            self.queue.notify.notified().await;
        }
    }

    /// How often this subscriber was so slow that it got a fresh snapshot.
    pub fn overflows(&self) -> u64 {
        self.queue.overflows.load(Ordering::Relaxed)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.queue.close();
    }
}
