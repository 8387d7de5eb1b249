//! Lists of names that many figures share. Alike lists are one list in the whole process: agents of one version name their figures alike, and whoever keeps
//! something by list keeps it once for all of them.

use std::sync::{Arc, Mutex, PoisonError};

use compact_str::CompactString;
use hashbrown::HashTable;

use crate::state::id_hash;

/// A list of names that many share: sorted, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedNames(Arc<[CompactString]>);

impl SharedNames {
    /// The names in order; none where one comes twice. Where a list of the same names is in use, it is that.
    pub fn new(mut names: Vec<CompactString>) -> Option<Self> {
        names.sort_unstable();
        names.is_sorted_by(|a, b| a < b).then(|| KNOWN.lock().unwrap_or_else(PoisonError::into_inner).find_or_add(names))
    }

    /// The names.
    #[inline]
    pub fn names(&self) -> &[CompactString] {
        &self.0
    }

    /// Whether both are one list, and not only alike.
    #[inline]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The lists in use.
static KNOWN: Mutex<Known> = Mutex::new(Known { lists: HashTable::new(), sweep_at: SWEEP });

/// Lists that are known before those that nobody uses any more are first forgotten.
const SWEEP: usize = 64;

/// Most lists known. What comes beyond is shared by those who were given it, as before.
const LISTS: usize = 4096;

/// Names of a list that is worth knowing: more have only those who make them up.
const NAMES: usize = 512;

struct Known {
    lists: HashTable<SharedNames>,
    /// How many there are when they are looked through again: at most half are of no use to anybody.
    sweep_at: usize,
}

impl Known {
    fn find_or_add(&mut self, names: Vec<CompactString>) -> SharedNames {
        let hash = hash(&names);
        if let Some(known) = self.lists.find(hash, |known| *known.0 == *names) {
            return known.clone();
        }
        let (is_worth, new) = (names.len() <= NAMES, SharedNames(names.into()));
        if is_worth && self.has_room() {
            self.lists.insert_unique(hash, new.clone(), |known| self::hash(&known.0));
        }
        new
    }

    fn has_room(&mut self) -> bool {
        if self.lists.len() >= self.sweep_at {
            self.lists.retain(|known| Arc::strong_count(&known.0) > 1);
            self.sweep_at = (self.lists.len() * 2).max(SWEEP);
        }
        self.lists.len() < LISTS
    }
}

fn hash(names: &[CompactString]) -> u64 {
    names.iter().fold(0, |hash: u64, name| hash.rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ id_hash(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    fn names(of: impl IntoIterator<Item = String>) -> Vec<CompactString> {
        of.into_iter().map(CompactString::from).collect()
    }

    #[test]
    fn alike_lists_are_one_list() {
        let list = |words: &[&str]| SharedNames::new(names(words.iter().map(|word| (*word).to_owned()))).unwrap();
        let (one, other) = (list(&["shared.b", "shared.a"]), list(&["shared.a", "shared.b"]));
        assert!(one.is_same(&other));
        assert!(!one.is_same(&list(&["shared.a", "shared.c"])));
    }

    #[test]
    fn lists_that_nobody_uses_are_forgotten_and_there_is_an_end_to_those_that_are_known() {
        let mut known = Known { lists: HashTable::new(), sweep_at: SWEEP };
        let used = known.find_or_add(names(["used".to_owned()]));
        for number in 0..10 * SWEEP {
            let _ = known.find_or_add(names([number.to_string()]));
            assert!(known.lists.len() <= SWEEP);
        }
        assert!(known.find_or_add(names(["used".to_owned()])).is_same(&used));
        let all: Vec<SharedNames> = (0..LISTS + 10).map(|number| known.find_or_add(names([number.to_string()]))).collect();
        assert_eq!(known.lists.len(), LISTS);
        assert_eq!(all.last().unwrap().names(), names([(LISTS + 9).to_string()]));
        let long = known.find_or_add(names((0..=NAMES).map(|number| number.to_string())));
        assert!(!known.find_or_add(long.names().to_vec()).is_same(&long));
    }
}
