//! The rank of every box: clients before the servers that they call, cycles broken where it costs least.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::problem::{Neighbours, Problem};

/// The ranks of a problem.
pub(in super::super) struct Ranks {
    /// Rank of each item; 0 is leftmost. No rank is empty.
    pub(in super::super) rank: Vec<u32>,
    /// Each linked pair once: the item of the lower rank, that of the higher one, and the weight both ways.
    pub(in super::super) arcs: Vec<(u32, u32, f32)>,
    /// The share of the weight that runs against the ranks: 0 in a graph without cycles.
    pub(in super::super) backward: f32,
}

impl Ranks {
    pub(in super::super) fn new(problem: &Problem) -> Self {
        let pairs = pairs(problem);
        let place = places(problem.sizes.len(), &pairs);
        let (mut total, mut backward) = (0.0, 0.0);
        let mut arcs = Vec::with_capacity(pairs.len());
        for &Pair { client, server, forth, back } in &pairs {
            total += forth + back;
            if place[client as usize] < place[server as usize] {
                backward += back;
                arcs.push((client, server, forth + back));
            } else {
                backward += forth;
                arcs.push((server, client, forth + back));
            }
        }
        let rank = tightened(&place, &arcs);
        Self { rank, arcs, backward: if total > 0.0 { backward / total } else { 0.0 } }
    }
}

/// Two linked items, the one that calls more first.
struct Pair {
    client: u32,
    server: u32,
    forth: f32,
    back: f32,
}

fn pairs(problem: &Problem) -> Vec<Pair> {
    // A link without weight still has a direction.
    let weight = |weight: f32| weight.max(1e-3);
    let mut ends: Vec<(u32, u32, bool, f32)> =
        problem.links.iter().map(|link| (link.from.min(link.to), link.from.max(link.to), link.from > link.to, weight(link.weight))).collect();
    ends.sort_unstable_by_key(|&(low, high, down, _)| (low, high, down));
    let mut pairs: Vec<Pair> = Vec::with_capacity(ends.len());
    for (low, high, down, weight) in ends {
        match pairs.last_mut() {
            Some(last) if (last.client, last.server) == (low, high) => last.back += weight,
            _ if down => pairs.push(Pair { client: low, server: high, forth: 0.0, back: weight }),
            _ => pairs.push(Pair { client: low, server: high, forth: weight, back: 0.0 }),
        }
    }
    for pair in &mut pairs {
        if pair.back > pair.forth {
            (pair.client, pair.server) = (pair.server, pair.client);
            (pair.forth, pair.back) = (pair.back, pair.forth);
        }
    }
    pairs
}

/// A linear order of the items that most weight follows: items nobody calls first; in a cycle the one that calls most and is called
/// least (Eades, Lin and Smyth, 1993).
fn places(count: usize, pairs: &[Pair]) -> Vec<u32> {
    let servers = Neighbours::new(count, pairs.iter().map(|pair| (pair.client, pair.server, pair.forth)));
    let mut callers = vec![0_u32; count];
    let mut score = vec![0.0_f32; count];
    for pair in pairs {
        callers[pair.server as usize] += 1;
        score[pair.client as usize] += pair.forth;
        score[pair.server as usize] -= pair.forth;
    }
    let mut place = vec![u32::MAX; count];
    let mut ready: BinaryHeap<Reverse<u32>> = (0..count as u32).filter(|&item| callers[item as usize] == 0).map(Reverse).collect();
    for next in 0..count as u32 {
        let popped = std::iter::from_fn(|| ready.pop()).map(|Reverse(item)| item).find(|&item| place[item as usize] == u32::MAX);
        let item = popped.or_else(|| {
            let left = (0..count as u32).filter(|&item| place[item as usize] == u32::MAX);
            left.min_by(|&a, &b| score[b as usize].total_cmp(&score[a as usize]))
        });
        let Some(item) = item else { break };
        place[item as usize] = next;
        for &(server, weight) in servers.of(item) {
            callers[server as usize] -= 1;
            score[server as usize] += weight;
            if callers[server as usize] == 0 && place[server as usize] == u32::MAX {
                ready.push(Reverse(server));
            }
        }
    }
    place
}

/// Longest paths from the left, then every item that would rather be near what it calls moved right as far as it can.
fn tightened(place: &[u32], arcs: &[(u32, u32, f32)]) -> Vec<u32> {
    let after = Neighbours::new(place.len(), arcs.iter().copied());
    let mut order: Vec<u32> = (0..place.len() as u32).collect();
    order.sort_unstable_by_key(|&item| place[item as usize]);
    let mut rank = vec![0_u32; place.len()];
    let mut pull = vec![0.0_f32; place.len()];
    for &item in &order {
        for &(other, weight) in after.of(item) {
            rank[other as usize] = rank[other as usize].max(rank[item as usize] + 1);
            pull[item as usize] += weight;
            pull[other as usize] -= weight;
        }
    }
    for &item in order.iter().rev() {
        let nearest = after.of(item).iter().map(|&(other, _)| rank[other as usize]).min();
        if let Some(nearest) = nearest
            && pull[item as usize] > 0.0
        {
            rank[item as usize] = nearest - 1;
        }
    }
    // Ranks that lost their last item close up.
    let mut used: Vec<u32> = rank.clone();
    used.sort_unstable();
    used.dedup();
    for rank in &mut rank {
        *rank = used.partition_point(|used| used < rank) as u32;
    }
    rank
}
