//! What belongs to what. Loops in what agents say are survived, not mended.

use scope_core::state::id_hash;

use super::NONE;
use super::nodes::Nodes;

/// Most nodes looked at above one: a process has a container, a pod, a few services, a host.
const ANCESTORS: usize = 64;

/// The parents of each node.
#[derive(Clone, Debug)]
pub(crate) struct Parents {
    starts: Vec<u32>,
    parents: Vec<u32>,
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

impl Parents {
    /// The parents that exist, of all nodes: what any agent says.
    pub(super) fn resolve(nodes: &Nodes<'_>) -> Self {
        // Names, hashes, numbers: each in a pass of its own, for the sake of the memory.
        let mut named = Vec::with_capacity(nodes.len() * 2);
        for node in 0..nodes.len() as u32 {
            for said in nodes.said(node) {
                named.extend(said.parents.iter().map(|parent| (node, parent.as_str(), 0)));
            }
        }
        for (_, id, hash) in &mut named {
            *hash = id_hash(id);
        }
        // Processes of one container follow each other.
        let mut last = (0, "", NONE);
        let find = |id: &str, hash: u64| nodes.find_hashed(id, hash).unwrap_or(NONE);
        let mut found: Vec<u32> = Vec::with_capacity(named.len());
        for (_, id, hash) in &named {
            if (last.0, last.1) != (*hash, *id) {
                last = (*hash, *id, find(id, *hash));
            }
            found.push(last.2);
        }

        let mut starts = Vec::with_capacity(nodes.len() + 1);
        let mut parents: Vec<u32> = Vec::with_capacity(found.len());
        let mut found = named.iter().map(|(node, _, _)| *node).zip(found).peekable();
        for node in 0..nodes.len() as u32 {
            let start = parents.len();
            starts.push(start as u32);
            while let Some((_, parent)) = found.next_if(|(child, _)| *child == node) {
                if parent != NONE && parent != node && !parents.get(start..).is_some_and(|known| known.contains(&parent)) {
                    parents.push(parent);
                }
            }
            if let Some(found) = parents.get_mut(start..) {
                found.sort_unstable();
            }
        }
        starts.push(parents.len() as u32);
        Self { starts, parents }
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

    /// A node and all that it belongs to, nearest first; those equally near by number.
    pub(crate) fn above(&self, node: u32) -> Vec<u32> {
        let mut above = vec![node];
        let mut at = 0;
        while let Some(&next) = above.get(at)
            && above.len() < ANCESTORS
        {
            for parent in self.of(next) {
                if !above.contains(parent) {
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
            if climb.reached.len() > start || parents.iter().all(|parent| self.of(*parent).is_empty()) {
                continue;
            }
            level.clear();
            seen.clear();
            level.push(node);
            while !level.is_empty() && climb.reached.len() == start && seen.len() < ANCESTORS {
                next.clear();
                for parent in level.iter().flat_map(|node| self.of(*node)) {
                    if seen.contains(parent) || *parent == node {
                        continue;
                    }
                    seen.push(*parent);
                    if wanted(*parent) {
                        climb.reached.push(*parent);
                    } else {
                        next.push(*parent);
                    }
                }
                std::mem::swap(&mut level, &mut next);
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
