//! What views ask of a graph again and again, answered once: where nodes climb to, what views leave out of themselves, numbers that stand for facts. All of it
//! follows from facts, so it holds as long as the structure does, whatever figures move meanwhile; and of a node whose facts are the same it holds in the
//! next structure too.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hashbrown::HashMap;
use scope_core::CompactString;

use super::NONE;
use super::listening::Listening;
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
    words: Mutex<HashMap<String, Arc<Words>>>,
    values: Mutex<HashMap<String, Arc<Values>>>,
    versions: OnceLock<Box<[AtomicU64]>>,
    pub(super) networks: OnceLock<Networks>,
    pub(super) listening: OnceLock<Listening>,
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
        self.of_facts(node, || (ask(), true))
    }

    /// The answer for `node`, if it was given already.
    pub(crate) fn known(&self, node: u32) -> Option<bool> {
        match self.of.get(node as usize)?.load(Ordering::Relaxed) {
            NO => Some(false),
            YES => Some(true),
            _ => None,
        }
    }

    /// The same, where `ask` tells too whether the answer follows from facts alone; if not, it is asked for again the next time.
    pub(crate) fn of_facts(&self, node: u32, ask: impl FnOnce() -> (bool, bool)) -> bool {
        let Some(place) = self.of.get(node as usize) else { return ask().0 };
        match place.load(Ordering::Relaxed) {
            NO => false,
            YES => true,
            _ => {
                let (takes, holds) = ask();
                if holds {
                    place.store(if takes { YES } else { NO }, Ordering::Relaxed);
                }
                takes
            }
        }
    }
}

/// For each node a word that follows from its facts, as a number, once it was asked for: what it is grouped by.
#[derive(Debug)]
pub(crate) struct Words {
    /// 0 for what nobody asked, 1 for nothing, else a word.
    of: Box<[AtomicU32]>,
    numbers: Mutex<HashMap<CompactString, u32>>,
    asked: AtomicBool,
}

const NO_WORD: u32 = 1;

/// The number of a word, a new one where it has none.
fn number(numbers: &mut HashMap<CompactString, u32>, word: &str) -> u32 {
    if let Some(number) = numbers.get(word) {
        return *number;
    }
    let next = numbers.len() as u32 + NO_WORD + 1;
    numbers.insert(word.into(), next);
    next
}

/// Attributes of which values are remembered: what all of a large group say alike is asked for with every structure, and that is a handful.
const VALUES: usize = 32;

/// For each node a number that stands for the value of one attribute, once that was asked for.
#[derive(Debug)]
pub(crate) struct Values {
    /// 0 for what nobody asked.
    of: Box<[AtomicU64]>,
    asked: AtomicBool,
}

impl Values {
    fn new(of: Box<[AtomicU64]>) -> Self {
        Self { of, asked: AtomicBool::new(false) }
    }

    /// The number of the value of `node`, found by `ask` the first time; never 0.
    pub(crate) fn of(&self, node: u32, ask: impl FnOnce() -> u64) -> u64 {
        let Some(place) = self.of.get(node as usize) else { return ask().max(1) };
        match place.load(Ordering::Relaxed) {
            0 => {
                let number = ask().max(1);
                place.store(number, Ordering::Relaxed);
                number
            }
            number => number,
        }
    }
}

impl Words {
    fn new(of: Box<[AtomicU32]>, numbers: HashMap<CompactString, u32>) -> Self {
        Self { of, numbers: Mutex::new(numbers), asked: AtomicBool::new(false) }
    }

    /// The number of the word of `node`, found by `ask` the first time. Nodes of one word have one number; those without a word have one too.
    pub(crate) fn of<'a>(&self, node: u32, ask: impl FnOnce() -> Option<Cow<'a, str>>) -> u32 {
        let Some(place) = self.of.get(node as usize) else { return NO_WORD };
        match place.load(Ordering::Relaxed) {
            0 => {
                let number = ask().map_or(NO_WORD, |word| number(&mut self.numbers.lock().unwrap_or_else(PoisonError::into_inner), &word));
                place.store(number, Ordering::Relaxed);
                number
            }
            number => number,
        }
    }

    /// The words of many nodes at once.
    pub(crate) fn learn<'a>(&self, words: impl Iterator<Item = (u32, Option<&'a str>)>) {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut last = ("", 0);
        for (node, word) in words {
            let number = word.map_or(NO_WORD, |word| {
                if last.1 == 0 || last.0 != word {
                    last = (word, number(&mut numbers, word));
                }
                last.1
            });
            if let Some(place) = self.of.get(node as usize) {
                place.store(number, Ordering::Relaxed);
            }
        }
    }

    /// Whether the word of `node` was asked for.
    pub(crate) fn is_known(&self, node: u32) -> bool {
        self.of.get(node as usize).is_none_or(|place| place.load(Ordering::Relaxed) != 0)
    }

    /// The words of nodes of which nothing else is said now: those that were at `same`, of `count`. Words that none of them has are forgotten.
    fn after(&self, same: &[u32], count: usize) -> Self {
        let known = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut texts: Vec<Option<&CompactString>> = vec![None; known.len()];
        for (text, number) in &*known {
            if let Some(place) = texts.get_mut((number - NO_WORD - 1) as usize) {
                *place = Some(text);
            }
        }
        let mut renumbered = vec![0; known.len()];
        let mut numbers = HashMap::new();
        let mut of = |at: u32| match self.of.get(at as usize).map_or(0, |number| number.load(Ordering::Relaxed)) {
            number @ (0 | NO_WORD) => number,
            number => {
                let at = (number - NO_WORD - 1) as usize;
                let Some((number, text)) = renumbered.get_mut(at).zip(texts.get(at).copied().flatten()) else { return 0 };
                if *number == 0 {
                    *number = numbers.len() as u32 + NO_WORD + 1;
                    numbers.insert(text.clone(), *number);
                }
                *number
            }
        };
        let of = (0..count).map(|node| AtomicU32::new(same.get(node).copied().filter(|at| *at != NONE).map_or(0, &mut of))).collect();
        Self::new(of, numbers)
    }
}

/// For each of `count` nodes a copy of what `former` has of the node of the same facts, which stood at `same`; `copy` of nothing where there was none. Nodes keep their
/// order, so most are copied in long runs.
fn carry<T>(former: &[T], same: &[u32], count: usize, copy: impl Fn(Option<&T>) -> T) -> Box<[T]> {
    let mut carried = Vec::with_capacity(count);
    while carried.len() < count {
        let rest = same.get(carried.len()..count.min(same.len())).unwrap_or_default();
        let first = rest.first().copied().unwrap_or(NONE);
        let run = rest.iter().zip(first..NONE).take_while(|(at, expected)| *at == expected).count();
        let known = former.get(first as usize..).and_then(|known| known.get(..run)).unwrap_or_default();
        carried.extend(known.iter().map(|known| copy(Some(known))));
        if known.is_empty() {
            carried.push(copy(None));
        }
    }
    carried.into()
}

impl Memo {
    /// What `former` answered of nodes whose facts are the same: those at `same`. `count` nodes there are now, `versions` stand for the facts of those that
    /// somebody watches.
    pub(super) fn after(former: &Self, same: &[u32], versions: &[u64], count: usize) -> Self {
        let mut verdicts = HashMap::new();
        for (question, known) in former.verdicts.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|(_, known)| known.asked.load(Ordering::Relaxed))
        {
            let of = carry(&known.of, same, count, |answer| AtomicU8::new(answer.map_or(0, |answer| answer.load(Ordering::Relaxed))));
            verdicts.insert(question.clone(), Arc::new(Verdicts::new(of)));
        }
        let mut words = HashMap::new();
        for (question, known) in former.words.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|(_, known)| known.asked.load(Ordering::Relaxed)) {
            words.insert(question.clone(), Arc::new(known.after(same, count)));
        }
        let mut values = HashMap::new();
        for (attr, known) in former.values.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|(_, known)| known.asked.load(Ordering::Relaxed)) {
            let of = carry(&known.of, same, count, |number| AtomicU64::new(number.map_or(0, |number| number.load(Ordering::Relaxed))));
            values.insert(attr.clone(), Arc::new(Values::new(of)));
        }
        let memo = Self { verdicts: Mutex::new(verdicts), words: Mutex::new(words), values: Mutex::new(values), ..Self::default() };
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

    /// The number that stands for the facts about a node; 0 where nobody asked for it.
    pub(super) fn known_version(&self, node: u32) -> u64 {
        self.versions.get().and_then(|versions| versions.get(node as usize)).map_or(0, |version| version.load(Ordering::Relaxed))
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

    /// The words that answer `question`, over `count` nodes.
    pub(super) fn words(&self, question: &str, count: usize) -> Arc<Words> {
        let none = || Arc::new(Words::new((0..count).map(|_| AtomicU32::new(0)).collect(), HashMap::new()));
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let words = words.entry_ref(question).or_insert_with(none);
        words.asked.store(true, Ordering::Relaxed);
        Arc::clone(words)
    }

    /// The values of an attribute, over `count` nodes; none where too many others are remembered.
    pub(super) fn values(&self, attr: &str, count: usize) -> Option<Arc<Values>> {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if values.len() >= VALUES && !values.contains_key(attr) {
            return None;
        }
        let values = values.entry_ref(attr).or_insert_with(|| Arc::new(Values::new((0..count).map(|_| AtomicU64::new(0)).collect())));
        values.asked.store(true, Ordering::Relaxed);
        Some(Arc::clone(values))
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
