//! The lattice of places inside a group: filled afresh, or searched for free places around the members that stay.

use std::cmp::Reverse;

use super::geometry::{Point, Rect, Size};
use super::input::Options;

/// The number of cells across and down that a box takes.
type Span = (usize, usize);

/// A lattice of cells; each holds a box and the gap to the right of it and below it.
pub(super) struct Slots {
    origin: Point,
    cell: Size,
    gap: f32,
    columns: usize,
    rows: usize,
    /// Row by row.
    taken: Vec<bool>,
}

impl Slots {
    /// The free lattice that fits into a rectangle (whose right and bottom gap may stick out of it).
    pub(super) fn within(content: &Rect, cell: Size, gap: f32) -> Self {
        let count = |length: f32, cell: f32| ((length + gap) / cell).floor().max(0.0) as usize;
        let (columns, rows) = (count(content.width, cell.width), count(content.height, cell.height));
        Self { origin: Point { x: content.x, y: content.y }, cell, gap, columns, rows, taken: vec![false; columns * rows] }
    }

    /// Takes every cell that this box, wherever it lies, comes nearer to than the gap.
    pub(super) fn take(&mut self, rect: &Rect) {
        let cells = |from: f32, to: f32, cell: f32, limit: usize| {
            let (first, end) = ((from / cell).floor().max(0.0), (to / cell).ceil().max(0.0));
            (first as usize).min(limit)..(end as usize).min(limit)
        };
        let (x, y) = (rect.x - self.origin.x, rect.y - self.origin.y);
        for row in cells(y, y + rect.height + self.gap, self.cell.height, self.rows) {
            for column in cells(x, x + rect.width + self.gap, self.cell.width, self.columns) {
                self.taken[row * self.columns + column] = true;
            }
        }
    }

    /// The free place for a box of this size that lies nearest to a point (the first in reading order without one), now taken.
    pub(super) fn place(&mut self, size: Size, toward: Option<Point>) -> Option<Rect> {
        let span = self.span(size);
        let mut best: Option<(f32, usize, usize)> = None;
        for row in 0..(self.rows + 1).saturating_sub(span.1) {
            for column in 0..(self.columns + 1).saturating_sub(span.0) {
                if !self.is_free(column, row, span) {
                    continue;
                }
                let Some(toward) = toward else {
                    return Some(self.occupy(column, row, size));
                };
                let center = self.rect(column, row, size).center();
                let (x, y) = (center.x - toward.x, center.y - toward.y);
                let distance = x * x + y * y;
                if best.is_none_or(|(least, ..)| distance < least) {
                    best = Some((distance, column, row));
                }
            }
        }
        best.map(|(_, column, row)| self.occupy(column, row, size))
    }

    /// How many cells across and down a box of this size takes.
    pub(super) fn cells_of(&self, size: Size) -> Size {
        let span = self.span(size);
        Size { width: span.0 as f32, height: span.1 as f32 }
    }

    fn span(&self, size: Size) -> Span {
        let cells = |length: f32, cell: f32| ((length + self.gap) / cell).ceil().max(1.0) as usize;
        (cells(size.width, self.cell.width), cells(size.height, self.cell.height))
    }

    fn is_free(&self, column: usize, row: usize, span: Span) -> bool {
        column + span.0 <= self.columns
            && row + span.1 <= self.rows
            && (row..row + span.1).all(|row| {
                let start = row * self.columns + column;
                self.taken[start..start + span.0].iter().all(|taken| !taken)
            })
    }

    /// A box in the middle of its cells.
    fn rect(&self, column: usize, row: usize, size: Size) -> Rect {
        let span = self.span(size);
        let inset = |span: usize, cell: f32, length: f32| ((span as f32 * cell - self.gap - length) / 2.0).floor();
        let at = Point {
            x: self.origin.x + column as f32 * self.cell.width + inset(span.0, self.cell.width, size.width),
            y: self.origin.y + row as f32 * self.cell.height + inset(span.1, self.cell.height, size.height),
        };
        Rect::new(at, size)
    }

    fn occupy(&mut self, column: usize, row: usize, size: Size) -> Rect {
        let span = self.span(size);
        for row in row..row + span.1 {
            let start = row * self.columns + column;
            self.taken[start..start + span.0].fill(true);
        }
        self.rect(column, row, size)
    }
}

/// The cell that suits boxes of these sizes, gap included: the largest box, unless few are much larger than the rest; these then
/// take several cells (eight at most each way).
pub(super) fn cell_for(sizes: &[Size], gap: f32) -> Size {
    let cell = |length: fn(&Size) -> f32| {
        let mut lengths: Vec<f32> = sizes.iter().map(length).collect();
        lengths.sort_unstable_by(f32::total_cmp);
        let Some(&max) = lengths.last() else { return gap };
        let common = if max <= 2.0 * lengths[lengths.len() / 2] { max } else { lengths[lengths.len() * 9 / 10] };
        common.max((max / 8.0).ceil()) + gap
    };
    Size { width: cell(|size| size.width), height: cell(|size| size.height) }
}

/// Places boxes in reading order on a new lattice of the asked aspect ratio; boxes of several cells come first. Returns the top left
/// corners and the size of the whole.
pub(super) fn grid(sizes: &[Size], options: &Options) -> (Vec<Point>, Size) {
    let (gap, cell) = (options.node_gap, cell_for(sizes, options.node_gap));
    let mut slots = Slots { origin: Point::default(), cell, gap, columns: 0, rows: 0, taken: Vec::new() };
    let spans: Vec<Span> = sizes.iter().map(|&size| slots.span(size)).collect();
    let cells: usize = spans.iter().map(|span| span.0 * span.1).sum();
    let widest = spans.iter().map(|span| span.0).max().unwrap_or(1);
    let shape = (cells as f32 * options.aspect * cell.height / cell.width).sqrt().ceil() as usize;
    slots.columns = shape.clamp(widest, cells.max(widest));

    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|&item| Reverse((spans[item].0 * spans[item].1, spans[item])));
    let mut at = vec![Point::default(); sizes.len()];
    let mut extent = Size::default();
    // Cells are never freed here, so that boxes of one span need not look again at the cells that an earlier one refused.
    let (mut cursor, mut last) = (0, (0, 0));
    for item in order {
        let span = spans[item];
        if span != last {
            (cursor, last) = (0, span);
        }
        while !slots.is_free(cursor % slots.columns, cursor / slots.columns, span) {
            if cursor / slots.columns + span.1 > slots.rows {
                slots.rows += span.1;
                slots.taken.resize(slots.rows * slots.columns, false);
            } else {
                cursor += 1;
            }
        }
        let (column, row) = (cursor % slots.columns, cursor / slots.columns);
        let rect = slots.occupy(column, row, sizes[item]);
        at[item] = Point { x: rect.x, y: rect.y };
        extent.width = extent.width.max((column + span.0) as f32 * cell.width - gap);
        extent.height = extent.height.max((row + span.1) as f32 * cell.height - gap);
    }
    (at, extent)
}
