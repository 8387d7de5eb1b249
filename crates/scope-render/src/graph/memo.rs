//! What views ask of a graph again and again, answered once: where nodes climb to, what views leave out of themselves, numbers that stand for facts. All of it
//! follows from facts, so it holds as long as the structure does, whatever figures move meanwhile.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hashbrown::HashMap;

use super::nodes::KindId;
use super::parents::Climb;

/// Answers that were given. Whoever asks at the same time may find the same answer twice.
#[derive(Debug, Default)]
pub(super) struct Memo {
    climbs: Mutex<HashMap<KindId, Arc<Climb>>>,
    verdicts: Mutex<HashMap<&'static str, Arc<Verdicts>>>,
    versions: OnceLock<Box<[AtomicU64]>>,
}

/// For each node whether a filter takes it, once that was asked.
#[derive(Debug)]
pub(crate) struct Verdicts(Box<[AtomicU8]>);

const NO: u8 = 1;
const YES: u8 = 2;

impl Verdicts {
    /// The answer for `node`, found by `ask` the first time.
    pub(crate) fn of(&self, node: u32, ask: impl FnOnce() -> bool) -> bool {
        let Some(place) = self.0.get(node as usize) else { return ask() };
        match place.load(Ordering::Relaxed) {
            NO => false,
            YES => true,
            _ => {
                let takes = ask();
                place.store(if takes { YES } else { NO }, Ordering::Relaxed);
                takes
            }
        }
    }
}

impl Memo {
    /// Where nodes climb to on their way to `kind`.
    pub(super) fn climb(&self, kind: KindId, find: impl FnOnce() -> Climb) -> Arc<Climb> {
        Arc::clone(self.climbs.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_insert_with(|| Arc::new(find())))
    }

    /// The verdicts of a filter of the text `filter`, over `count` nodes.
    pub(super) fn verdicts(&self, filter: &'static str, count: usize) -> Arc<Verdicts> {
        let none = || Arc::new(Verdicts((0..count).map(|_| AtomicU8::new(0)).collect()));
        Arc::clone(self.verdicts.lock().unwrap_or_else(PoisonError::into_inner).entry(filter).or_insert_with(none))
    }

    /// The number that stands for the facts about `node`, of `count` nodes.
    pub(super) fn version(&self, node: u32, count: usize, find: impl FnOnce() -> u64) -> u64 {
        let versions = self.versions.get_or_init(|| (0..count).map(|_| AtomicU64::new(0)).collect());
        let Some(place) = versions.get(node as usize) else { return find() };
        match place.load(Ordering::Relaxed) {
            0 => {
                let version = find();
                place.store(version, Ordering::Relaxed);
                version
            }
            version => version,
        }
    }
}
