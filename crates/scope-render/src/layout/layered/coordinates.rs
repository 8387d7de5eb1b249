//! The height of every box in its column: as level as possible with what it is linked with.

use super::super::input::Options;
use super::super::problem::{Neighbours, Problem};
use super::Column;
use super::order::Ordered;

/// How often all columns are levelled, each time once to the right and once to the left.
const SWEEPS: usize = 5;

/// The middle of each vertex, whole; the uppermost may be negative. Within a column the order stays, with the node gap between boxes.
pub(super) fn middles(problem: &Problem, ordered: &Ordered, columns: &[Column], options: &Options) -> Vec<f32> {
    let count = columns.iter().map(|column| column.vertices.len()).sum();
    let mut middles = vec![0.0_f32; count];
    let offsets: Vec<Vec<f32>> = columns.iter().map(|column| offsets(problem, ordered, column, options)).collect();
    for (column, offsets) in columns.iter().zip(&offsets) {
        let half = offsets.last().map_or(0.0, |last| last / 2.0);
        for (&vertex, offset) in column.vertices.iter().zip(offsets) {
            middles[vertex as usize] = offset - half;
        }
    }
    let mut level = Leveller::default();
    for sweep in 0..=SWEEPS {
        for number in 0..columns.len() {
            level.column(&columns[number], &offsets[number], &[&ordered.before], ordered, &mut middles);
        }
        for number in (0..columns.len()).rev() {
            // The last pass weighs both sides, so that a box between two others ends between them.
            let sides: &[&Neighbours] = if sweep == SWEEPS { &[&ordered.before, &ordered.after] } else { &[&ordered.after] };
            level.column(&columns[number], &offsets[number], sides, ordered, &mut middles);
        }
    }
    for (column, offsets) in columns.iter().zip(&offsets) {
        // Offsets are whole and what is added to them never falls: rounded, it keeps every distance.
        let mut added = f32::MIN;
        for (&vertex, offset) in column.vertices.iter().zip(offsets) {
            added = added.max((middles[vertex as usize] - offset).round());
            middles[vertex as usize] = added + offset;
        }
    }
    middles
}

/// The least distance of each vertex from the first of its column.
fn offsets(problem: &Problem, ordered: &Ordered, column: &Column, options: &Options) -> Vec<f32> {
    // Passages are lanes of a third of the gap, so that a bundle of long links does not tear a column apart.
    let lane = (options.node_gap / 3.0).ceil();
    let half = |vertex: u32| if ordered.is_box(vertex) { (problem.sizes[vertex as usize].height / 2.0).ceil() } else { 0.0 };
    let mut offset = 0.0;
    let mut before: Option<u32> = None;
    let place = |&vertex: &u32| {
        if let Some(before) = before {
            let gap = if ordered.is_box(before) && ordered.is_box(vertex) { options.node_gap } else { lane };
            offset += half(before) + half(vertex) + gap;
        }
        before = Some(vertex);
        offset
    };
    column.vertices.iter().map(place).collect()
}

/// Scratch space for levelling columns.
#[derive(Default)]
struct Leveller {
    /// Blocks of vertices that touch: sum of weighted wishes, sum of weights, number of vertices.
    blocks: Vec<(f32, f32, usize)>,
}

impl Leveller {
    /// Moves the vertices of a column as near as their order and their distances allow to the mean of what they are linked with: the least
    /// squares answer, by pooling adjacent violators.
    fn column(&mut self, column: &Column, offsets: &[f32], sides: &[&Neighbours], ordered: &Ordered, middles: &mut [f32]) {
        self.blocks.clear();
        for (&vertex, offset) in column.vertices.iter().zip(offsets) {
            let (mut sum, mut weights) = (0.0, 0.0);
            for &(other, _) in sides.iter().flat_map(|side| side.of(vertex)) {
                // Two passages in a row belong to one long link, which is best straight.
                let weight = if ordered.is_box(vertex) || ordered.is_box(other) { 1.0 } else { 8.0 };
                sum += middles[other as usize] * weight;
                weights += weight;
            }
            if weights == 0.0 {
                (sum, weights) = (middles[vertex as usize] * 0.1, 0.1);
            }
            let mut block = (sum - offset * weights, weights, 1);
            while let Some(&last) = self.blocks.last() {
                if last.0 / last.1 <= block.0 / block.1 {
                    break;
                }
                self.blocks.pop();
                block = (block.0 + last.0, block.1 + last.1, block.2 + last.2);
            }
            self.blocks.push(block);
        }
        let mut at = 0;
        for &(sum, weights, count) in &self.blocks {
            for (&vertex, offset) in column.vertices.iter().zip(offsets).skip(at).take(count) {
                middles[vertex as usize] = sum / weights + offset;
            }
            at += count;
        }
    }
}
