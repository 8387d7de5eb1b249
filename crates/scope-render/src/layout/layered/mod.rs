//! Layered drawing of one connected set of boxes: clients left, servers right.
//!
//! The classic four steps (Sugiyama et al., 1981): ranks by the direction of flow ([`ranks`]), an order within each rank with few
//! crossings ([`order`]), heights that keep linked boxes level ([`coordinates`]), and columns from left to right, here. A rank that is
//! too tall for the asked aspect ratio is spread over several columns; a chain that is too long is folded into rows.

mod coordinates;
mod order;
mod ranks;

pub(super) use ranks::Ranks;

use super::geometry::{Point, Size, framed_height};
use super::input::Options;
use super::problem::{Arrangement, Problem};
use order::Ordered;

/// Ranks of fewer boxes than this stay in one column.
const SHORT_COLUMN: usize = 7;

/// A column of boxes (and of the places that long links pass through), from top to bottom.
struct Column {
    /// Vertices of [`Ordered`].
    vertices: Vec<u32>,
    rank: usize,
    width: f32,
}

/// Arranges a problem in layers.
pub(super) fn layered(problem: &Problem, ranks: &Ranks, options: &Options) -> Arrangement {
    let ordered = Ordered::new(problem, ranks);
    let columns = columns(problem, &ordered, options);
    let middles = coordinates::middles(problem, &ordered, &columns, options);
    let mut arrangement = Arrangement { at: vec![Point::default(); problem.sizes.len()], size: Size::default() };
    let mut left = 0.0;
    let mut lefts = Vec::with_capacity(columns.len());
    for (number, column) in columns.iter().enumerate() {
        if number > 0 {
            left += gap_before(&columns, number, &ordered, options);
        }
        lefts.push(left);
        for &vertex in column.vertices.iter().filter(|&&vertex| ordered.is_box(vertex)) {
            let size = problem.sizes[vertex as usize];
            arrangement.at[vertex as usize] = Point {
                x: left + ((column.width - size.width) / 2.0).floor(),
                // Heights of blocks may be odd.
                y: middles[vertex as usize] - (size.height / 2.0).ceil(),
            };
        }
        left += column.width;
    }
    fold(problem, &columns, &lefts, &mut arrangement, options);
    arrangement
}

/// The columns of all ranks, each rank spread over as many as suit the aspect ratio.
fn columns(problem: &Problem, ordered: &Ordered, options: &Options) -> Vec<Column> {
    struct Tall {
        height: f32,
        width: f32,
        boxes: usize,
    }
    let ranks: Vec<Tall> = ordered
        .ranks
        .iter()
        .map(|rank| {
            let sizes = || rank.iter().filter(|&&vertex| ordered.is_box(vertex)).map(|&vertex| problem.sizes[vertex as usize]);
            Tall {
                height: sizes().map(|size| size.height + options.node_gap).sum(),
                width: sizes().map(|size| size.width).fold(0.0, f32::max),
                boxes: sizes().count(),
            }
        })
        .collect();
    let tallest = ranks.iter().map(|rank| rank.height).fold(0.0, f32::max);
    let parts = |rank: &Tall, limit: f32| ((rank.height / limit).ceil() as usize).clamp(1, rank.boxes.div_ceil(SHORT_COLUMN).max(1));
    let framed = |limit: f32| {
        let mut size = Size::default();
        for rank in &ranks {
            let count = parts(rank, limit) as f32;
            size.width += count * rank.width + (count - 1.0) * 2.0 * options.node_gap + options.layer_gap;
            size.height = size.height.max(rank.height / count);
        }
        framed_height(size, options.aspect)
    };
    let limit = (1..=12).map(|divisor| tallest / divisor as f32 + 1.0).min_by(|&a, &b| framed(a).total_cmp(&framed(b))).unwrap_or(tallest);

    let mut columns = Vec::with_capacity(ranks.len());
    for (rank, (vertices, tall)) in ordered.ranks.iter().zip(&ranks).enumerate() {
        // Dealt out in turn, so that each column keeps the order of the whole rank.
        let count = parts(tall, limit);
        for part in 0..count {
            let vertices: Vec<u32> = vertices.iter().copied().skip(part).step_by(count).collect();
            let width = |vertex: &u32| problem.sizes.get(*vertex as usize).map_or(0.0, |size| size.width);
            columns.push(Column { width: vertices.iter().map(width).fold(0.0, f32::max), vertices, rank });
        }
    }
    columns
}

/// The distance between a column and the one before it: wider where many links run.
fn gap_before(columns: &[Column], number: usize, ordered: &Ordered, options: &Options) -> f32 {
    let (before, column) = (&columns[number - 1], &columns[number]);
    if before.rank == column.rank {
        return 2.0 * options.node_gap;
    }
    let links: usize = ordered.ranks[column.rank].iter().map(|&vertex| ordered.before.of(vertex).len()).sum();
    options.layer_gap + ((links * 2).min(64) as f32)
}

/// Cuts a drawing that is much too wide into rows, one below the other, and moves everything to the origin.
fn fold(problem: &Problem, columns: &[Column], lefts: &[f32], arrangement: &mut Arrangement, options: &Options) {
    let boxes = |range: &[Column]| -> Vec<u32> {
        range.iter().flat_map(|column| &column.vertices).copied().filter(|&vertex| (vertex as usize) < problem.sizes.len()).collect()
    };
    let extent = |at: &[Point], range: &[Column]| {
        let (mut top, mut bottom) = (f32::MAX, f32::MIN);
        for vertex in boxes(range) {
            let (at, size) = (at[vertex as usize], problem.sizes[vertex as usize]);
            (top, bottom) = (top.min(at.y), bottom.max(at.y + size.height));
        }
        (top, bottom)
    };
    let width = lefts.last().zip(columns.last()).map_or(0.0, |(left, column)| left + column.width);
    let (top, bottom) = extent(&arrangement.at, columns);
    let framed = |rows: usize| {
        let size = Size { width: width / rows as f32, height: (bottom - top + options.layer_gap) * rows as f32 };
        framed_height(size, options.aspect)
    };
    // Folding breaks the direction of reading: only for a ribbon, and sooner for one of many or very wide columns.
    let broad = columns.iter().any(|column| column.width > 1000.0);
    let (much, least) = if broad || columns.len() > 8 { (1.5, 2) } else { (3.0, 4) };
    let ribbon = width > much * options.aspect * (bottom - top) && (broad || columns.len() > 6);
    let rows = if ribbon { (1..=columns.len() / least).min_by(|&a, &b| framed(a).total_cmp(&framed(b))).unwrap_or(1) } else { 1 };

    let mut y = 0.0;
    let mut size = Size::default();
    for row in 0..rows.max(1) {
        let range = row * columns.len() / rows.max(1)..(row + 1) * columns.len() / rows.max(1);
        let Some(&start) = lefts.get(range.start) else { break };
        let (top, bottom) = extent(&arrangement.at, &columns[range.clone()]);
        if y > 0.0 {
            y += options.layer_gap;
        }
        for vertex in boxes(&columns[range]) {
            let at = &mut arrangement.at[vertex as usize];
            *at = Point { x: at.x - start, y: at.y - top + y };
            size.width = size.width.max(at.x + problem.sizes[vertex as usize].width);
        }
        y += (bottom - top).max(0.0);
    }
    arrangement.size = Size { width: size.width, height: y };
}
