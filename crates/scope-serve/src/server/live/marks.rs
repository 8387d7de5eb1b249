//! What has changed in a tenant's state, as numbers that only rise: who computes from it waits here.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How often each kind of change has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Something came, went or changed its facts.
    pub(crate) structure: u64,
    /// Something changed that decides how connections are drawn, but rarely: sampled ports.
    pub(crate) drift: u64,
    /// A figure moved.
    pub(crate) figures: u64,
    /// Somebody who waits was woken for a reason of its own.
    pub(crate) wakes: u64,
}

/// Marks that can be waited for.
#[derive(Debug, Default)]
pub(crate) struct Board {
    marks: Mutex<Marks>,
    risen: Condvar,
}

impl Board {
    pub(crate) fn read(&self) -> Marks {
        *self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn raise(&self, change: Change) {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        marks.structure += u64::from(change.structure);
        marks.drift += u64::from(change.drift);
        marks.figures += u64::from(change.figures);
        // Figures are looked at once a second anyway: nobody is woken for them.
        if change.structure {
            self.risen.notify_all();
        }
    }

    /// Wakes whoever waits, for a reason of its own.
    pub(crate) fn wake(&self) {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).wakes += 1;
        self.risen.notify_all();
    }

    /// Waits until the structure is no longer `structure`, somebody is woken after `wakes`, or the time is over.
    pub(crate) fn wait(&self, structure: u64, wakes: u64, most: Duration) {
        let marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        // The time counts from the last wake-up: whoever waits looks at the clock anyway.
        drop(self.risen.wait_timeout_while(marks, most, |marks| marks.structure == structure && marks.wakes == wakes));
    }
}

/// What one report changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) structure: bool,
    pub(super) drift: bool,
    pub(super) figures: bool,
}
