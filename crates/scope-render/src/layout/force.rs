//! Force-directed places for a small number of blocks whose links have no clear direction. Overlaps are left to [`super::pack`].

use super::geometry::Point;
use super::layered::Ranks;
use super::problem::Problem;

/// More blocks than this are divided first: every pair is looked at in every step.
pub(super) const MOST_BLOCKS: usize = 150;

const STEPS: usize = 40;

/// Where each block would like to have its middle, in units of the mean distance between blocks (Fruchterman and Reingold, 1991, with a
/// pull to the middle). Starts from the ranks, so that clients stay left, and uses no random numbers.
pub(super) fn wishes(problem: &Problem, ranks: &Ranks, aspect: f32) -> Vec<Point> {
    let count = problem.sizes.len();
    let side = (count as f32).sqrt();
    let last = ranks.rank.iter().max().map_or(1.0, |&last| (last as f32).max(1.0));
    // Coordinates apart from each other: the loop over all pairs then runs several at a time.
    let mut xs: Vec<f32> = ranks.rank.iter().map(|&rank| (rank as f32 / last - 0.5) * side * aspect).collect();
    // No two have the same height, so that no two coincide.
    let mut ys: Vec<f32> = (0..count).map(|item| (item as f32 / count as f32 - 0.5) * side).collect();
    let (mut forces_x, mut forces_y) = (vec![0.0; count], vec![0.0; count]);
    for step in 0..STEPS {
        // Up and down pulls more, for a picture wider than high.
        for (((force_x, force_y), x), y) in forces_x.iter_mut().zip(&mut forces_y).zip(&xs).zip(&ys) {
            (*force_x, *force_y) = (-0.3 * x, -0.3 * aspect * y);
        }
        for (from_x, from_y) in xs.iter().zip(&ys) {
            for (((force_x, force_y), x), y) in forces_x.iter_mut().zip(&mut forces_y).zip(&xs).zip(&ys) {
                let (x, y) = (x - from_x, y - from_y);
                let push = 1.0 / (x * x + y * y).max(0.01);
                *force_x += x * push;
                *force_y += y * push;
            }
        }
        for &(a, b, weight) in &ranks.arcs {
            let (a, b) = (a as usize, b as usize);
            let (x, y) = (xs[b] - xs[a], ys[b] - ys[a]);
            let pull = (x * x + y * y).sqrt() * (0.5 + weight.sqrt().min(10.0) / 10.0);
            forces_x[a] += x * pull;
            forces_y[a] += y * pull;
            forces_x[b] -= x * pull;
            forces_y[b] -= y * pull;
        }
        let heat = side * 0.3 * (1.0 - step as f32 / STEPS as f32);
        for (((x, y), force_x), force_y) in xs.iter_mut().zip(&mut ys).zip(&forces_x).zip(&forces_y) {
            let length = (force_x * force_x + force_y * force_y).sqrt().max(1e-6);
            let way = length.min(heat) / length;
            *x += force_x * way;
            *y += force_y * way;
        }
    }
    xs.into_iter().zip(ys).map(|(x, y)| Point { x, y }).collect()
}
