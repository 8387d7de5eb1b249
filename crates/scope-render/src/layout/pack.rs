//! Packing of blocks of different sizes into a rectangle of the asked aspect ratio.

use std::cmp::Reverse;

use super::geometry::{Point, Size, framed_height};
use super::input::Options;
use super::problem::Arrangement;
use super::slots;

/// Packs blocks that have no places yet, and a grid of tiles in the shape that suits them. `aside` is the width that will be added beside
/// the whole. Returns the places of the blocks and, last if there are tiles, of the grid; then the places in the grid.
pub(super) fn with_grid(blocks: &[Size], tiles: &[Size], gap: f32, aside: f32, options: &Options) -> (Arrangement, Arrangement) {
    if tiles.is_empty() {
        return (shelves(blocks, gap, aside, options.aspect), Arrangement::default());
    }
    // Wide shapes first: in doubt the grid goes below.
    let shapes = [12.0, 6.0, 3.0, options.aspect, 0.6, 0.3, 0.1];
    let shapes = if blocks.is_empty() { &shapes[3..4] } else { &shapes[..] };
    let tried = shapes.iter().map(|&aspect| {
        let (at, size) = slots::grid(tiles, &Options { aspect, ..*options });
        let all: Vec<Size> = blocks.iter().copied().chain([size]).collect();
        (shelves(&all, gap, aside, options.aspect), Arrangement { at, size })
    });
    let cost = |packed: &Arrangement| {
        let bias = if packed.at.last().is_some_and(|at| at.x > 0.0) { 1.1 } else { 1.0 };
        framed_height(Size { width: packed.size.width + aside, ..packed.size }, options.aspect) * bias
    };
    tried.min_by(|a, b| cost(&a.0).total_cmp(&cost(&b.0))).unwrap_or_default()
}

/// Packs blocks onto shelves, the highest first; low ones are stacked under each other.
fn shelves(sizes: &[Size], gap: f32, aside: f32, aspect: f32) -> Arrangement {
    let mut order: Vec<u32> = (0..sizes.len() as u32).collect();
    // Sizes are whole: as integers they have an order.
    order.sort_by_key(|&item| Reverse((sizes[item as usize].height as u32, sizes[item as usize].width as u32)));
    let area: f32 = sizes.iter().map(|size| (size.width + gap) * (size.height + gap)).sum();
    let widest = sizes.iter().map(|size| size.width).fold(0.0, f32::max);
    let limits = (0..14).map(|step| ((area * aspect).sqrt() * (0.6 + 0.08 * step as f32)).max(widest));
    let tried = limits.map(|limit| on_shelves(sizes, &order, gap, limit));
    let framed = |packed: &Arrangement| framed_height(Size { width: packed.size.width + aside, ..packed.size }, aspect);
    tried.min_by(|a, b| framed(a).total_cmp(&framed(b))).unwrap_or_default()
}

/// A stack of blocks on a shelf.
struct Stack {
    x: f32,
    width: f32,
    height: f32,
}

fn on_shelves(sizes: &[Size], order: &[u32], gap: f32, limit: f32) -> Arrangement {
    let mut arrangement = Arrangement { at: vec![Point::default(); sizes.len()], size: Size::default() };
    let mut shelf: Vec<Stack> = Vec::new();
    let (mut top, mut height, mut right) = (0.0, 0.0, 0.0);
    for &item in order {
        let size = sizes[item as usize];
        let under = shelf.iter_mut().find(|stack| size.width <= stack.width && stack.height + gap + size.height <= height);
        let at = if let Some(stack) = under {
            let y = top + stack.height + gap;
            stack.height += gap + size.height;
            Point { x: stack.x, y }
        } else {
            if right > 0.0 && right + gap + size.width > limit {
                shelf.clear();
                (top, height, right) = (top + height + gap, 0.0, 0.0);
            }
            let x = if right > 0.0 { right + gap } else { 0.0 };
            shelf.push(Stack { x, width: size.width, height: size.height });
            height = f32::max(height, size.height);
            right = x + size.width;
            Point { x, y: top }
        };
        arrangement.at[item as usize] = at;
        arrangement.size.width = arrangement.size.width.max(at.x + size.width);
        arrangement.size.height = arrangement.size.height.max(at.y + size.height);
    }
    arrangement
}

/// Packs blocks into rows so that they lie to each other as their wished places do: rows from top to bottom, in a row from left to right.
pub(super) fn rows(sizes: &[Size], wishes: &[Point], gap: f32, aspect: f32) -> Arrangement {
    let mut order: Vec<u32> = (0..sizes.len() as u32).collect();
    order.sort_by(|&a, &b| wishes[a as usize].y.total_cmp(&wishes[b as usize].y));
    let most = ((sizes.len() as f32).sqrt() * 3.0).ceil() as usize;
    let tried = (1..=most.min(sizes.len())).map(|count| in_rows(sizes, wishes, &order, gap, count));
    tried.min_by(|a, b| framed_height(a.size, aspect).total_cmp(&framed_height(b.size, aspect))).unwrap_or_default()
}

fn in_rows(sizes: &[Size], wishes: &[Point], order: &[u32], gap: f32, count: usize) -> Arrangement {
    let mut arrangement = Arrangement { at: vec![Point::default(); sizes.len()], size: Size::default() };
    let total: f32 = order.iter().map(|&item| sizes[item as usize].width * sizes[item as usize].height).sum();
    let (mut next, mut filled, mut top) = (0, 0.0, 0.0);
    for row in 1..=count {
        // Each row gets its share of the area, and at least one block.
        let start = next;
        while next < order.len() && (next == start || row == count || filled < total * row as f32 / count as f32) {
            filled += sizes[order[next] as usize].width * sizes[order[next] as usize].height;
            next += 1;
        }
        let mut items: Vec<u32> = order[start..next].to_vec();
        if items.is_empty() {
            break;
        }
        items.sort_by(|&a, &b| wishes[a as usize].x.total_cmp(&wishes[b as usize].x));
        let height = items.iter().map(|&item| sizes[item as usize].height).fold(0.0, f32::max);
        let (mut left, mut stack) = (0.0, Stack { x: 0.0, width: 0.0, height: 0.0 });
        for item in items {
            let size = sizes[item as usize];
            if stack.height == 0.0 || stack.height + gap + size.height > height {
                stack = Stack { x: left, width: 0.0, height: 0.0 };
            } else {
                stack.height += gap;
            }
            arrangement.at[item as usize] = Point { x: stack.x, y: top + stack.height };
            stack.height += size.height;
            stack.width = f32::max(stack.width, size.width);
            left = stack.x + stack.width + gap;
            arrangement.size.width = arrangement.size.width.max(stack.x + stack.width);
        }
        top += height + gap;
        arrangement.size.height = top - gap;
    }
    arrangement
}
