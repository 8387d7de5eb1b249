//! Communities of a graph that is too large to be read as one drawing.

use super::problem::{Neighbours, Problem};

/// How often every item may change its label in one round.
const PASSES: usize = 6;

/// Rounds of merging communities into larger ones.
const ROUNDS: usize = 6;

/// The community of each item, counted from the lowest item, and how many there are: label propagation with a limit on the number of
/// items, first among items, then among the communities found. Deterministic: items are visited in order, and the lowest label
/// wins a tie.
pub(super) fn communities(problem: &Problem, limit: usize) -> (Vec<u32>, usize) {
    let count = problem.sizes.len();
    let mut part_of: Vec<u32> = (0..count as u32).collect();
    let mut sizes = vec![1_u32; count];
    let mut links = problem.links.clone();
    for _ in 0..ROUNDS {
        // A thousand connections do not bind a thousand times as much as one.
        let both = links.iter().flat_map(|link| {
            let weight = 1.0 + link.weight.sqrt().min(10.0);
            [(link.from, link.to, weight), (link.to, link.from, weight)]
        });
        let labels = propagate(&sizes, &Neighbours::new(sizes.len(), both), limit as u32);
        let (number, parts) = renumbered(&labels);
        if parts == sizes.len() {
            break;
        }
        for part in &mut part_of {
            *part = number[*part as usize];
        }
        let mut merged = vec![0; parts];
        for (item, &size) in sizes.iter().enumerate() {
            merged[number[item] as usize] += size;
        }
        sizes = merged;
        links = problem.links_between(&part_of);
    }
    (part_of, sizes.len())
}

fn propagate(sizes: &[u32], neighbours: &Neighbours, limit: u32) -> Vec<u32> {
    let mut labels: Vec<u32> = (0..sizes.len() as u32).collect();
    let mut members: Vec<u32> = sizes.to_vec();
    let mut pull = vec![0.0_f32; sizes.len()];
    for _ in 0..PASSES {
        let mut moved = 0;
        for item in 0..sizes.len() as u32 {
            let (own, size) = (labels[item as usize], sizes[item as usize]);
            for &(other, weight) in neighbours.of(item) {
                pull[labels[other as usize] as usize] += weight;
            }
            let mut best = (pull[own as usize], own);
            for &(other, _) in neighbours.of(item) {
                let label = labels[other as usize];
                let joins = label != own && members[label as usize] + size <= limit;
                if joins && (pull[label as usize] > best.0 || (pull[label as usize] == best.0 && label < best.1)) {
                    best = (pull[label as usize], label);
                }
            }
            for &(other, _) in neighbours.of(item) {
                pull[labels[other as usize] as usize] = 0.0;
            }
            if best.1 != own {
                members[own as usize] -= size;
                members[best.1 as usize] += size;
                labels[item as usize] = best.1;
                moved += 1;
            }
        }
        if moved == 0 {
            break;
        }
    }
    labels
}

/// Labels replaced by numbers in the order of their first use, and how many there are.
fn renumbered(labels: &[u32]) -> (Vec<u32>, usize) {
    let mut number = vec![u32::MAX; labels.len()];
    let mut count = 0;
    let numbers = labels
        .iter()
        .map(|&label| {
            let number = &mut number[label as usize];
            if *number == u32::MAX {
                *number = count;
                count += 1;
            }
            *number
        })
        .collect();
    (numbers, count as usize)
}
