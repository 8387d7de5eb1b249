//! The places that are taken in a picture, and the search for a free one.

use hashbrown::HashMap;

use super::geometry::{Point, Rect, Size, framed_height};

/// Rings of candidates around a wished place, at most.
const MOST_RINGS: i32 = 24;

/// Rectangles in a grid of tiles.
pub(super) struct Space {
    tile: f32,
    tiles: HashMap<(i32, i32), Vec<u32>>,
    /// `None` once taken out.
    rects: Vec<Option<Rect>>,
    bounds: Option<Rect>,
}

impl Space {
    /// An empty space whose tiles suit a picture of this extent.
    pub(super) fn new(extent: Size) -> Self {
        let tile = (extent.width.max(extent.height) / 64.0).max(128.0);
        Self { tile, tiles: HashMap::new(), rects: Vec::new(), bounds: None }
    }

    /// Takes a place, whether it is free or not; the number given back names it.
    pub(super) fn insert(&mut self, rect: Rect) -> u32 {
        let number = self.rects.len() as u32;
        for tile in tiles(&rect, self.tile) {
            self.tiles.entry(tile).or_default().push(number);
        }
        self.rects.push(Some(rect));
        self.bounds = Some(self.bounds.map_or(rect, |bounds| bounds.union(&rect)));
        number
    }

    /// Gives a place back.
    pub(super) fn remove(&mut self, number: u32) {
        if let Some(rect) = self.rects.get_mut(number as usize) {
            *rect = None;
        }
    }

    /// True if nothing, but for the place of this number, comes nearer to the rectangle than the margin.
    pub(super) fn is_free(&self, rect: &Rect, margin: f32, except: Option<u32>) -> bool {
        let wide = rect.inflated(margin);
        let blocks = |&number: &u32| Some(number) != except && self.rects[number as usize].is_some_and(|taken| taken.overlaps(&wide));
        !tiles(&wide, self.tile).any(|tile| self.tiles.get(&tile).is_some_and(|there| there.iter().any(blocks)))
    }

    /// The number of a place that the rectangle overlaps, the lowest of several.
    pub(super) fn touching(&self, rect: &Rect) -> Option<u32> {
        let overlapping = |&number: &u32| self.rects[number as usize].is_some_and(|taken| taken.overlaps(rect));
        tiles(rect, self.tile).filter_map(|tile| self.tiles.get(&tile)?.iter().copied().find(|number| overlapping(number))).min()
    }

    /// The middle of everything that was ever taken.
    pub(super) fn middle(&self) -> Point {
        self.bounds.unwrap_or_default().center()
    }

    /// A free place for a box of this size: near a point, and so that the picture keeps to the aspect ratio. Always finds one.
    pub(super) fn nearest(&self, size: Size, toward: Point, margin: f32, aspect: f32) -> Rect {
        let wish = Point { x: (toward.x - size.width / 2.0).round(), y: (toward.y - size.height / 2.0).round() };
        let Some(bounds) = self.bounds else { return Rect::new(wish, size) };
        let now = framed_height(bounds.size(), aspect);
        let cost = |rect: &Rect| {
            let (x, y) = (rect.x - wish.x, rect.y - wish.y);
            let grown = framed_height(bounds.union(rect).size(), aspect) - now;
            (x * x + y * y).sqrt() + grown * aspect
        };
        // Beyond the four borders everything is free.
        let outside = [
            Point { x: bounds.right() + margin, ..wish },
            Point { y: bounds.bottom() + margin, ..wish },
            Point { y: bounds.y - margin - size.height, ..wish },
            Point { x: bounds.x - margin - size.width, ..wish },
        ];
        let mut best = Rect::new(outside[0], size);
        for at in outside {
            let rect = Rect::new(at, size);
            if cost(&rect) < cost(&best) {
                best = rect;
            }
        }
        let step = (size.width.min(size.height) / 2.0).clamp(16.0, 512.0).round();
        for ring in 0..=MOST_RINGS {
            if ring as f32 * step > cost(&best) {
                break;
            }
            for (x, y) in around(ring) {
                let rect = Rect::new(Point { x: wish.x + x as f32 * step, y: wish.y + y as f32 * step }, size);
                if cost(&rect) < cost(&best) && self.is_free(&rect, margin, None) {
                    best = rect;
                }
            }
        }
        best
    }
}

/// The tiles that a rectangle touches.
fn tiles(rect: &Rect, tile: f32) -> impl Iterator<Item = (i32, i32)> + use<> {
    let number = |at: f32| (at / tile).floor() as i32;
    let (left, right) = (number(rect.x), number(rect.right()));
    let (top, bottom) = (number(rect.y), number(rect.bottom()));
    (top..=bottom).flat_map(move |y| (left..=right).map(move |x| (x, y)))
}

/// The points of a square ring, row by row.
fn around(ring: i32) -> impl Iterator<Item = (i32, i32)> {
    (-ring..=ring).flat_map(move |y| {
        let step = if y.abs() == ring { 1 } else { (2 * ring).max(1) };
        (-ring..=ring).step_by(step as usize).map(move |x| (x, y))
    })
}
