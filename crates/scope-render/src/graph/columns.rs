//! What of the nodes does not depend on the state: hashes, kinds, where what is said of each stands, and which agents speak of which kinds.

use hashbrown::HashTable;
use scope_core::CompactString;

use super::nodes::KindId;

/// What does not depend on the state: shared with whoever keeps the nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    hashes: Vec<u64>,
    kinds: Vec<KindId>,
    /// Where the speakers of each node begin in `said`.
    starts: Vec<u32>,
    by_hash: HashTable<u32>,
    /// What is said, source by source: as it lies in the memory, for whoever looks at all of it.
    walk: Vec<u32>,
}

impl Columns {
    /// No nodes yet, with room for `count`.
    pub(super) fn with_capacity(count: usize) -> Self {
        let (hashes, kinds, starts) = (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count + 1));
        Self { hashes, kinds, starts, by_hash: HashTable::new(), walk: Vec::new() }
    }

    /// From here on nodes are found by `by_hash`.
    pub(super) fn find_by(&mut self, by_hash: HashTable<u32>) {
        self.by_hash = by_hash;
    }

    /// Adds nodes at the end; what is said of the first of them begins at `start`.
    pub(super) fn append(&mut self, mut other: Self, start: u32) {
        self.hashes.append(&mut other.hashes);
        self.kinds.append(&mut other.kinds);
        self.starts.extend(other.starts.into_iter().map(|at| start + at));
    }

    /// Adds a node at the end, of which what is said begins at `start`.
    pub(super) fn push(&mut self, hash: u64, kind: KindId, start: u32) {
        self.hashes.push(hash);
        self.kinds.push(kind);
        self.starts.push(start);
    }

    /// All nodes are there: what is said of the last one ends at `end`, and is best looked at as `walk` has it.
    pub(super) fn end(&mut self, end: u32, walk: Vec<u32>) {
        self.starts.push(end);
        self.walk = walk;
    }

    /// What is said, each once, in the order in which it lies in the memory.
    pub(super) fn walk(&self) -> &[u32] {
        &self.walk
    }

    /// From here on a node is found by its hash.
    pub(super) fn find_at(&mut self, hash: u64, node: u32) {
        let hashes = &self.hashes;
        self.by_hash.insert_unique(hash, node, |node| hashes.get(*node as usize).copied().unwrap_or_default());
    }

    /// Finds nodes as `former` did, those that stand elsewhere now, and new ones by their hashes.
    pub(super) fn find_as(&mut self, former: &Self, to: impl Fn(u32) -> Option<u32>, new: &[(u64, u32)]) {
        self.by_hash.clone_from(&former.by_hash);
        self.by_hash.retain(|node| to(*node).map(|to| *node = to).is_some());
        for (hash, node) in new {
            self.find_at(*hash, *node);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// The first node with this hash for which `is_it` holds.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.by_hash.find(hash, |number| self.hashes.get(*number as usize) == Some(&hash) && is_it(*number)).copied()
    }

    pub(super) fn hash(&self, node: u32) -> u64 {
        self.hashes.get(node as usize).copied().unwrap_or_default()
    }

    pub(super) fn kind(&self, node: u32) -> KindId {
        self.kinds.get(node as usize).copied().unwrap_or(KindId::MAX)
    }

    /// Where what is said of a node stands.
    pub(super) fn said(&self, node: u32) -> std::ops::Range<usize> {
        let at = node as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }
}

/// Which agents speak of nodes of which kinds: of each agent a few.
#[derive(Clone, Debug, Default)]
pub(super) struct Spoken(Vec<Vec<CompactString>>);

impl Spoken {
    pub(super) fn add(&mut self, agent: u32, kind: &str) {
        if self.0.len() <= agent as usize {
            self.0.resize(agent as usize + 1, Vec::new());
        }
        if let Some(kinds) = self.0.get_mut(agent as usize)
            && !kinds.iter().any(|known| known == kind)
        {
            kinds.push(kind.into());
        }
    }

    pub(super) fn of(&self, agent: u32) -> &[CompactString] {
        self.0.get(agent as usize).map_or(&[], Vec::as_slice)
    }

    pub(super) fn replace(&mut self, agent: u32, kinds: &[&str]) {
        if let Some(known) = self.0.get_mut(agent as usize) {
            known.clear();
        }
        for kind in kinds {
            self.add(agent, kind);
        }
    }

    pub(super) fn contains(&self, agent: u32, kind: &str) -> bool {
        self.of(agent).iter().any(|known| known == kind)
    }
}
