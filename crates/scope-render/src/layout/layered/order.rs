//! The order within each rank: barycentre sweeps over boxes and over the places that longer links pass through.

use super::super::problem::{Neighbours, Problem};
use super::ranks::Ranks;

/// How often the ranks are swept, each time once to the right and once to the left.
const SWEEPS: usize = 8;

/// Ranks in order from top to bottom.
pub(super) struct Ordered {
    /// For each rank its vertices: numbers below the number of boxes are boxes, others are the places where a link that spans several
    /// ranks passes this one.
    pub(super) ranks: Vec<Vec<u32>>,
    /// For each vertex those of the rank before it that it is linked with, with weights.
    pub(super) before: Neighbours,
    /// For each vertex those of the rank after it that it is linked with, with weights.
    pub(super) after: Neighbours,
    boxes: u32,
}

impl Ordered {
    pub(super) fn new(problem: &Problem, ranks: &Ranks) -> Self {
        let boxes = problem.sizes.len() as u32;
        let (rank, segments) = with_passages(ranks);
        let count = rank.len();
        let mut ordered = Self {
            ranks: Vec::new(),
            before: Neighbours::new(count, segments.iter().map(|&(left, right, weight)| (right, left, weight))),
            after: Neighbours::new(count, segments.iter().copied()),
            boxes,
        };
        ordered.ranks = ordered.by_visit(&rank);
        ordered.uncross(count);
        ordered
    }

    /// True for a box, false for a passage.
    pub(super) const fn is_box(&self, vertex: u32) -> bool {
        vertex < self.boxes
    }

    /// Ranks in the order of a depth-first visit from the left: a tree comes out without crossings.
    fn by_visit(&self, rank: &[u32]) -> Vec<Vec<u32>> {
        let mut ranks = vec![Vec::new(); rank.iter().max().map_or(0, |&last| last as usize + 1)];
        let mut seen = vec![false; rank.len()];
        let mut starts: Vec<u32> = (0..rank.len() as u32).collect();
        starts.sort_by_key(|&vertex| rank[vertex as usize]);
        for start in starts {
            let mut stack = vec![start];
            while let Some(vertex) = stack.pop() {
                if std::mem::replace(&mut seen[vertex as usize], true) {
                    continue;
                }
                ranks[rank[vertex as usize] as usize].push(vertex);
                stack.extend(self.after.of(vertex).iter().rev().map(|&(next, _)| next));
            }
        }
        ranks
    }

    /// Sorts every rank by the mean place of the vertices that it is linked with, from the left and from the right in turn, and keeps
    /// the order with the fewest crossings.
    fn uncross(&mut self, count: usize) {
        let mut place = vec![0_u32; count];
        for rank in &self.ranks {
            number(rank, &mut place);
        }
        let mut best = self.ranks.clone();
        let mut fewest = self.crossings(&place);
        let mut idle = 0;
        for _ in 0..SWEEPS {
            if fewest == 0 || idle == 3 {
                break;
            }
            for right in [true, false] {
                let last = self.ranks.len();
                for step in 1..last {
                    let rank = if right { step } else { last - 1 - step };
                    let fixed = if right { &self.before } else { &self.after };
                    sort_by_mean(&mut self.ranks[rank], fixed, &mut place);
                }
            }
            self.swap_neighbours(&mut place);
            let crossings = self.crossings(&place);
            if crossings < fewest {
                fewest = crossings;
                best.clone_from(&self.ranks);
                idle = 0;
            } else {
                idle += 1;
            }
        }
        self.ranks = best;
    }

    /// Exchanges vertices that lie next to each other where that saves crossings.
    fn swap_neighbours(&mut self, place: &mut [u32]) {
        for rank in &mut self.ranks {
            for upper in 1..rank.len() {
                let (a, b) = (rank[upper - 1], rank[upper]);
                let crossings =
                    |a: u32, b: u32| pair_crossings(self.before.of(a), self.before.of(b), place) + pair_crossings(self.after.of(a), self.after.of(b), place);
                if crossings(b, a) < crossings(a, b) {
                    rank.swap(upper - 1, upper);
                    place.swap(a as usize, b as usize);
                }
            }
        }
    }

    /// How many pairs of links cross.
    fn crossings(&self, place: &[u32]) -> usize {
        let mut total = 0;
        let (mut ends, mut tree) = (Vec::new(), Vec::new());
        for pair in self.ranks.windows(2) {
            // Inversions among the right ends, read in the order of the left ones, counted with a Fenwick tree.
            ends.clear();
            for &vertex in &pair[0] {
                let first = ends.len();
                ends.extend(self.after.of(vertex).iter().map(|&(next, _)| place[next as usize] as usize));
                ends[first..].sort_unstable();
            }
            tree.clear();
            tree.resize(pair[1].len() + 1, 0_usize);
            for (seen, &end) in ends.iter().enumerate() {
                let (mut at, mut not_after) = (end + 1, 0);
                while at > 0 {
                    not_after += tree[at];
                    at &= at - 1;
                }
                total += seen - not_after;
                at = end + 1;
                while at < tree.len() {
                    tree[at] += 1;
                    at += at & at.wrapping_neg();
                }
            }
        }
        total
    }
}

/// Crossings between the links of two vertices of one rank, `a` above `b`. Long lists are not looked at: sweeps place those.
fn pair_crossings(a: &[(u32, f32)], b: &[(u32, f32)], place: &[u32]) -> usize {
    if a.len() * b.len() > 256 {
        return 0;
    }
    a.iter().map(|&(a, _)| b.iter().filter(|&&(b, _)| place[b as usize] < place[a as usize]).count()).sum()
}

fn number(rank: &[u32], place: &mut [u32]) {
    for (at, &vertex) in rank.iter().enumerate() {
        place[vertex as usize] = at as u32;
    }
}

fn sort_by_mean(rank: &mut [u32], fixed: &Neighbours, place: &mut [u32]) {
    let mean = |vertex: u32| {
        let others = fixed.of(vertex);
        if others.is_empty() {
            return place[vertex as usize] as f32;
        }
        others.iter().map(|&(other, _)| place[other as usize] as f32).sum::<f32>() / others.len() as f32
    };
    let mut keyed: Vec<(f32, u32)> = rank.iter().map(|&vertex| (mean(vertex), vertex)).collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (slot, (_, vertex)) in rank.iter_mut().zip(keyed) {
        *slot = vertex;
    }
    number(rank, place);
}

/// Cuts links that span several ranks into segments between neighbouring ranks, by a passage in each rank between. Returns the rank of
/// every vertex and the segments. There is a limit, shortest links first; longer ones then have no influence on the order.
fn with_passages(ranks: &Ranks) -> (Vec<u32>, Vec<(u32, u32, f32)>) {
    let (mut rank, mut arcs) = (ranks.rank.clone(), ranks.arcs.clone());
    let limit = rank.len() * 4 + 64;
    let span = |&(left, right, _): &(u32, u32, f32), rank: &[u32]| rank[right as usize] - rank[left as usize];
    arcs.sort_by_key(|arc| span(arc, &rank));
    let mut segments = Vec::with_capacity(arcs.len());
    for arc in arcs {
        let (mut left, right, weight) = arc;
        let passages = span(&arc, &rank) - 1;
        if passages > 0 && rank.len() + passages as usize > limit {
            break;
        }
        for _ in 0..passages {
            let passage = rank.len() as u32;
            rank.push(rank[left as usize] + 1);
            segments.push((left, passage, weight));
            left = passage;
        }
        segments.push((left, right, weight));
    }
    (rank, segments)
}
