//! What views ask of a graph again and again, answered once: where nodes climb to, what views leave out of themselves, numbers that stand for facts. All of it
//! follows from facts, so it holds as long as the structure does, whatever figures move meanwhile; and of a node whose facts are the same it holds in the
//! next structure too.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hashbrown::HashMap;

use super::NONE;
use super::networks::Networks;
use super::nodes::KindId;
use super::parents::Climb;

/// How far ahead a node is looked for among the former ones: those between have gone or changed.
const NEAR: usize = 256;

/// Answers that were given. Whoever asks at the same time may find the same answer twice.
#[derive(Debug, Default)]
pub(super) struct Memo {
    climbs: Mutex<HashMap<KindId, Arc<Climb>>>,
    verdicts: Mutex<HashMap<String, Arc<Verdicts>>>,
    versions: OnceLock<Box<[AtomicU64]>>,
    pub(super) networks: OnceLock<Networks>,
}

/// For each node the answer to a question about its facts, once that was asked.
#[derive(Debug)]
pub(crate) struct Verdicts {
    of: Box<[AtomicU8]>,
    /// Whether anybody asked since the structure changed.
    asked: AtomicBool,
}

const NO: u8 = 1;
const YES: u8 = 2;

impl Verdicts {
    fn new(of: Box<[AtomicU8]>) -> Self {
        Self { of, asked: AtomicBool::new(false) }
    }

    /// The answer for `node`, found by `ask` the first time.
    pub(crate) fn of(&self, node: u32, ask: impl FnOnce() -> bool) -> bool {
        let Some(place) = self.of.get(node as usize) else { return ask() };
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
    /// What `former` answered of nodes whose facts are the same: those at `same`. `count` nodes there are now, `versions` stand for the facts of those that
    /// somebody watches.
    pub(super) fn after(former: &Self, same: &[u32], versions: &[u64], count: usize) -> Self {
        let mut verdicts = HashMap::new();
        for (question, known) in former.verdicts.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|(_, known)| known.asked.load(Ordering::Relaxed))
        {
            let of = |at: u32| known.of.get(at as usize).map_or(0, |answer| answer.load(Ordering::Relaxed));
            let of = (0..count).map(|node| AtomicU8::new(same.get(node).copied().filter(|at| *at != NONE).map_or(0, of))).collect();
            verdicts.insert(question.clone(), Arc::new(Verdicts::new(of)));
        }
        let memo = Self { verdicts: Mutex::new(verdicts), ..Self::default() };
        memo.versions.get_or_init(|| versions.iter().copied().map(AtomicU64::new).collect());
        memo
    }

    /// For each node of these versions where the one of the same facts stood; [`NONE`] where there was none.
    pub(super) fn same(&self, versions: &[u64]) -> Vec<u32> {
        let former = self.versions.get().map_or(&[][..], |versions| versions);
        let is_it = |place: &AtomicU64, version: u64| place.load(Ordering::Relaxed) == version;
        // Nodes keep their order.
        let mut next = 0;
        let place = |version: &u64| {
            let at = former.iter().skip(next).take(NEAR).position(|place| is_it(place, *version)).map(|skipped| next + skipped);
            next = at.map_or(next, |at| at + 1);
            at.map_or(NONE, |at| at as u32)
        };
        versions.iter().map(place).collect()
    }

    /// Where nodes climb to on their way to `kind`.
    pub(super) fn climb(&self, kind: KindId, find: impl FnOnce() -> Climb) -> Arc<Climb> {
        Arc::clone(self.climbs.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_insert_with(|| Arc::new(find())))
    }

    /// The answers to `question`, over `count` nodes.
    pub(super) fn verdicts(&self, question: &str, count: usize) -> Arc<Verdicts> {
        let none = || Arc::new(Verdicts::new((0..count).map(|_| AtomicU8::new(0)).collect()));
        let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        let verdicts = verdicts.entry_ref(question).or_insert_with(none);
        verdicts.asked.store(true, Ordering::Relaxed);
        Arc::clone(verdicts)
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
