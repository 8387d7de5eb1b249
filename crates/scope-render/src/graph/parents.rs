//! What belongs to what. Loops in what agents say are survived, not mended.

use scope_core::state::id_hash;

use hashbrown::HashSet;

use super::NONE;
use super::carried::Carried;
use super::nodes::{Nodes, is_same};

/// Most nodes looked at above one: a process has a container, a pod, a few services, a host.
const ANCESTORS: usize = 64;

/// Nodes whose parents are looked up together.
const AT_A_TIME: usize = 512;

/// The parents of each node.
#[derive(Clone, Debug)]
pub(crate) struct Parents {
    starts: Vec<u32>,
    parents: Vec<u32>,
    /// The hashes of ids that are named as parents and that no node has, and who names them.
    missing: Vec<(u64, u32)>,
}

/// For each node the nearest ones that an earlier question asked for.
#[derive(Debug)]
pub(crate) struct Climb {
    starts: Vec<u32>,
    reached: Vec<u32>,
}

impl Climb {
    /// Where climbing from `node` leads: nowhere, to one node, or to several that are equally near.
    pub(crate) fn from(&self, node: u32) -> &[u32] {
        slice(&self.starts, &self.reached, node)
    }
}

fn slice<'a>(starts: &[u32], items: &'a [u32], node: u32) -> &'a [u32] {
    let at = node as usize;
    match (starts.get(at), starts.get(at + 1)) {
        (Some(start), Some(end)) => items.get(*start as usize..*end as usize).unwrap_or_default(),
        _ => &[],
    }
}

fn is_set(flags: &[bool], node: u32) -> bool {
    flags.get(node as usize).copied().unwrap_or_default()
}

impl Parents {
    /// The parents that exist, of all nodes: what any agent says.
    pub(super) fn resolve(nodes: &Nodes<'_>) -> Self {
        let count = nodes.len() as u32;
        let mut parents = Self { starts: Vec::with_capacity(nodes.len() + 1), parents: Vec::with_capacity(nodes.len() * 2), missing: Vec::new() };
        // Names, hashes, numbers: each in a pass of its own, for the sake of the memory, and of some nodes at a time, which then are in a cache.
        let (mut named, mut found) = (Vec::new(), Vec::new());
        // Processes of one container follow each other, and mostly share its text.
        let (mut last_hashed, mut last_found) = (("", id_hash("")), (0, "", NONE));
        for first in (0..count).step_by(AT_A_TIME) {
            let some = first..count.min(first + AT_A_TIME as u32);
            named.clear();
            found.clear();
            for node in some.clone() {
                for said in nodes.said(node) {
                    named.extend(said.parents.iter().map(|parent| (node, parent.as_str(), 0)));
                }
            }
            for (_, id, hash) in &mut named {
                if last_hashed.0.as_ptr() != id.as_ptr() || last_hashed.0.len() != id.len() {
                    last_hashed = (*id, id_hash(id));
                }
                *hash = last_hashed.1;
            }
            for (_, id, hash) in &named {
                if last_found.0 != *hash || !is_same(last_found.1, id) {
                    last_found = (*hash, *id, nodes.find_hashed(id, *hash).unwrap_or(NONE));
                }
                found.push(last_found.2);
            }
            let mut found = named.iter().zip(&found).peekable();
            for node in some {
                let start = parents.begin();
                while let Some(((_, _, hash), parent)) = found.next_if(|((child, _, _), _)| *child == node) {
                    parents.add(node, *parent, *hash);
                }
                parents.in_order(start);
            }
        }
        parents.starts.push(parents.parents.len() as u32);
        parents
    }

    /// The same; of nodes of which nothing else is said they are those of `former`, as far as these are there.
    pub(super) fn resolve_after(nodes: &Nodes<'_>, former: &Self, carried: &Carried) -> Self {
        // Somebody may have waited for what is new.
        let new: HashSet<u64> = (0..nodes.len() as u32).filter(|node| carried.from(*node).is_none()).map(|node| nodes.id_hash(node)).collect();
        let mut waited = vec![false; nodes.len()];
        for (_, old) in former.missing.iter().filter(|(hash, _)| new.contains(hash)) {
            if let Some(waited) = carried.to(*old).and_then(|node| waited.get_mut(node as usize)) {
                *waited = true;
            }
        }
        let is_there = |old: &u32| former.of(*old).iter().all(|parent| carried.to(*parent).is_some());
        let same = |node: u32| carried.untouched(node).filter(|old| !is_set(&waited, node) && is_there(old));
        let still = |(hash, old): &(u64, u32)| Some((*hash, carried.to(*old).filter(|node| same(*node).is_some())?));
        let mut parents = Self {
            starts: Vec::with_capacity(nodes.len() + 1),
            parents: Vec::with_capacity(former.parents.len() + former.parents.len() / 16),
            missing: former.missing.iter().filter_map(still).collect(),
        };
        for node in 0..nodes.len() as u32 {
            let start = parents.begin();
            if let Some(old) = same(node) {
                parents.parents.extend(former.of(old).iter().filter_map(|parent| carried.to(*parent)));
            } else {
                for parent in nodes.said(node).iter().flat_map(|said| said.parents) {
                    let hash = id_hash(parent.as_str());
                    parents.add(node, nodes.find_hashed(parent.as_str(), hash).unwrap_or(NONE), hash);
                }
            }
            parents.in_order(start);
        }
        parents.starts.push(parents.parents.len() as u32);
        parents
    }

    /// Begins with the next node.
    fn begin(&mut self) -> usize {
        self.starts.push(self.parents.len() as u32);
        self.parents.len()
    }

    fn add(&mut self, node: u32, parent: u32, hash: u64) {
        if parent == NONE {
            self.missing.push((hash, node));
        } else if parent != node {
            self.parents.push(parent);
        }
    }

    /// Puts the parents of the latest node in order, each once: an image may have a thousand, each said by another agent.
    fn in_order(&mut self, start: usize) {
        let Some(found) = self.parents.get_mut(start..) else { return };
        if found.len() < 2 {
            return;
        }
        found.sort_unstable();
        let (mut last, mut kept) = (NONE, start);
        for at in start..self.parents.len() {
            let parent = self.parents.get(at).copied().unwrap_or(NONE);
            if parent != last
                && let Some(place) = self.parents.get_mut(kept)
            {
                (*place, last) = (parent, parent);
                kept += 1;
            }
        }
        self.parents.truncate(kept);
    }

    /// Adds nodes with at most one parent each ([`NONE`] for none).
    pub(super) fn extend(&mut self, parents: impl Iterator<Item = u32>) {
        for parent in parents {
            self.parents.extend((parent != NONE).then_some(parent));
            self.starts.push(self.parents.len() as u32);
        }
    }

    /// The parents of a node.
    pub(crate) fn of(&self, node: u32) -> &[u32] {
        slice(&self.starts, &self.parents, node)
    }

    /// Whether a node has the parents that it had in a former graph, where it stood at `old`.
    pub(super) fn are_those(&self, node: u32, former: &Self, old: u32, carried: &Carried) -> bool {
        let then = former.of(old).iter().map(|parent| carried.to(*parent).unwrap_or(NONE));
        self.of(node).iter().copied().eq(then)
    }

    /// A node and all that it belongs to, nearest first; those equally near by number.
    pub(crate) fn above(&self, node: u32) -> Vec<u32> {
        let mut above = vec![node];
        let mut at = 0;
        while let Some(&next) = above.get(at)
            && above.len() < ANCESTORS
        {
            // Parents are told apart already, and an image may have a thousand: they are compared with what was found before them alone.
            let known = above.len();
            for parent in self.of(next) {
                if !above.get(..known).is_some_and(|known| known.contains(parent)) {
                    above.push(*parent);
                }
            }
            at += 1;
        }
        above
    }

    /// Whether `node` is `ancestor`, or belongs to it.
    pub(crate) fn is_within(&self, node: u32, ancestor: u32) -> bool {
        node == ancestor || self.of(node).contains(&ancestor) || self.above(node).contains(&ancestor)
    }

    /// The nearest of the nodes for which `wanted` holds, from each of `count` nodes.
    pub(crate) fn climb(&self, count: usize, wanted: impl Fn(u32) -> bool) -> Climb {
        let mut climb = Climb { starts: Vec::with_capacity(count + 1), reached: Vec::with_capacity(count) };
        // Above which nothing is wanted: containers of one image need not all look at every host that has it.
        let mut in_vain = vec![false; count];
        let (mut level, mut next, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for node in 0..count as u32 {
            climb.starts.push(climb.reached.len() as u32);
            if wanted(node) {
                climb.reached.push(node);
                continue;
            }
            // Mostly there is one way up, and where it parts it ends. Of a loop nothing is wanted, or the way would have ended there.
            let (mut last, mut steps) = (node, 0);
            while let [parent] = self.of(last)
                && steps < ANCESTORS
                && !wanted(*parent)
            {
                (last, steps) = (*parent, steps + 1);
            }
            let parents = self.of(last);
            if parents.is_empty() || steps == ANCESTORS {
                continue;
            }
            let start = climb.reached.len();
            climb.reached.extend(parents.iter().copied().filter(|parent| wanted(*parent)));
            let leads_nowhere = |parent: &u32| self.of(*parent).is_empty() || is_set(&in_vain, *parent);
            if climb.reached.len() > start || parents.iter().all(leads_nowhere) {
                continue;
            }
            level.clear();
            seen.clear();
            level.push(node);
            while !level.is_empty() && climb.reached.len() == start && seen.len() < ANCESTORS {
                next.clear();
                for child in &level {
                    let known = seen.len();
                    for parent in self.of(*child) {
                        if *parent == node || seen.get(..known).is_some_and(|known| known.contains(parent)) {
                            continue;
                        }
                        seen.push(*parent);
                        if wanted(*parent) {
                            climb.reached.push(*parent);
                        } else if !leads_nowhere(parent) {
                            next.push(*parent);
                        }
                    }
                }
                std::mem::swap(&mut level, &mut next);
            }
            if level.is_empty() && climb.reached.len() == start {
                for looked_at in seen.iter().chain([&node]) {
                    if let Some(in_vain) = in_vain.get_mut(*looked_at as usize) {
                        *in_vain = true;
                    }
                }
            }
        }
        climb.starts.push(climb.reached.len() as u32);
        climb
    }

    /// The one node that all of `nodes` are or belong to: the nearest for which `counts` holds.
    pub(super) fn common(&self, nodes: &[u32], counts: impl Fn(u32) -> bool) -> Option<u32> {
        let (first, others) = nodes.split_first()?;
        let others: Vec<Vec<u32>> = others.iter().map(|node| self.above(*node)).collect();
        self.above(*first).into_iter().find(|candidate| counts(*candidate) && others.iter().all(|above| above.contains(candidate)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Parents;

    fn of(lists: &[Vec<u32>]) -> Parents {
        let mut parents = Parents { starts: vec![0], parents: Vec::new(), missing: Vec::new() };
        for list in lists {
            parents.parents.extend(list);
            parents.starts.push(parents.parents.len() as u32);
        }
        parents
    }

    /// Nodes of one step after the other, each once.
    fn nearest(parents: &Parents, node: u32, wanted: &[bool]) -> Vec<u32> {
        let is_wanted = |node: &u32| wanted.get(*node as usize).copied().unwrap_or_default();
        let (mut level, mut seen) = (vec![node], vec![node]);
        while !level.is_empty() {
            let mut found: Vec<u32> = level.iter().copied().filter(is_wanted).collect();
            if !found.is_empty() {
                found.sort_unstable();
                return found;
            }
            let mut next = Vec::new();
            for parent in level.iter().flat_map(|node| parents.of(*node)) {
                if !seen.contains(parent) {
                    seen.push(*parent);
                    next.push(*parent);
                }
            }
            level = next;
        }
        Vec::new()
    }

    /// Parents of each of up to 40 nodes, each once; loops among them.
    fn graphs() -> impl Strategy<Value = (Vec<Vec<u32>>, Vec<bool>)> {
        (1_usize..40).prop_flat_map(|count| {
            let parents = proptest::collection::btree_set(0..count as u32, 0..4);
            let lists = proptest::collection::vec(parents, count).prop_map(|lists| {
                let others = |(node, list): (u32, std::collections::BTreeSet<u32>)| list.into_iter().filter(|parent| *parent != node).collect();
                (0_u32..).zip(lists).map(others).collect()
            });
            (lists, proptest::collection::vec(proptest::bool::weighted(0.2), count))
        })
    }

    proptest! {
        #[test]
        fn climbs_lead_to_the_nearest_nodes_that_are_wanted((lists, wanted) in graphs()) {
            let parents = of(&lists);
            let climb = parents.climb(lists.len(), |node| wanted.get(node as usize).copied().unwrap_or_default());
            for node in 0..lists.len() as u32 {
                let mut reached = climb.from(node).to_vec();
                reached.sort_unstable();
                prop_assert_eq!(reached, nearest(&parents, node, &wanted), "from {}", node);
            }
        }

        #[test]
        fn what_is_above_a_node_is_all_that_its_parents_lead_to((lists, _) in graphs()) {
            let parents = of(&lists);
            for node in 0..lists.len() as u32 {
                let above = parents.above(node);
                let mut sorted = above.clone();
                sorted.sort_unstable();
                sorted.dedup();
                prop_assert_eq!(sorted.len(), above.len(), "each once");
                for other in 0..lists.len() as u32 {
                    let mut only = vec![false; lists.len()];
                    if let Some(only) = only.get_mut(other as usize) {
                        *only = true;
                    }
                    prop_assert_eq!(above.contains(&other), !nearest(&parents, node, &only).is_empty());
                }
            }
        }
    }

    #[test]
    fn an_image_that_all_hosts_have_is_looked_through_once() {
        // 0 to 2999 hosts, then an image of all of them, then containers of it on the first host.
        let (hosts, containers) = (3_000_u32, 20_000_usize);
        let mut lists = vec![Vec::new(); hosts as usize];
        lists.push((0..hosts).collect());
        lists.extend(std::iter::repeat_n(vec![0, hosts], containers));
        let asked = std::cell::Cell::new(0_u64);
        let climb = of(&lists).climb(lists.len(), |_| {
            asked.set(asked.get() + 1);
            false
        });
        assert!(climb.from(hosts + 1).is_empty());
        assert!(asked.get() < 10 * lists.len() as u64, "asked {} times", asked.get());
    }
}
