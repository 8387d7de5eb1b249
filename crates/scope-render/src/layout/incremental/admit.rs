//! Arrivals in an area that exists: free slots first, then growth, then a move of the whole area.

use super::super::Area;
use super::super::geometry::{Point, Rect, Size, framed_height};
use super::super::problem::Neighbours;
use super::super::slots::Slots;
use super::{Held, Keeper};

impl Keeper<'_> {
    /// Takes arrivals into an area that exists: into free slots, else into a strip that it grows by.
    pub(super) fn admit(&mut self, held: u32, items: &[u32], neighbours: &Neighbours) {
        let wishes: Vec<Option<Point>> = items.iter().map(|&item| self.near(&[item], neighbours, Some(held))).collect();
        let Held { area, taken, .. } = &self.held[held as usize];
        let (kind, rect, taken) = (area.kind, area.rect, *taken);
        let mut seats = self.seats(held, &rect, items, &wishes);
        if seats.iter().any(Option::is_none) {
            let options = self.options;
            let waiting: Vec<u32> = items.iter().zip(&seats).filter(|(_, seat)| seat.is_none()).map(|(&item, _)| item).collect();
            let grown = [true, false].map(|down| {
                let mut grown = self.smallest_growth(held, &waiting, down);
                let mut seats = self.seats(held, &grown.0, items, &wishes);
                while seats.iter().any(Option::is_none) {
                    grown.0 = grown.0.grown_by(grown.1);
                    seats = self.seats(held, &grown.0, items, &wishes);
                }
                (grown.0, seats)
            });
            let [down, right] = grown;
            let flat = framed_height(right.0.size(), options.aspect) < framed_height(down.0.size(), options.aspect);
            let (first, second) = if flat { (right, down) } else { (down, right) };
            let margin = options.node_gap.min(options.group_gap);
            let fits = |rect: &Rect| self.space.is_free(rect, margin, Some(taken));
            let (mut frame, chosen) = if !fits(&first.0) && fits(&second.0) { second } else { first };
            seats = chosen;
            let stays = fits(&frame);
            self.space.remove(taken);
            if !stays {
                // The area alone moves, as a whole.
                frame = self.space.nearest(frame.size(), frame.center(), options.group_gap, options.aspect);
                let by = Point { x: frame.x - rect.x, y: frame.y - rect.y };
                for &member in &self.held[held as usize].members {
                    let slot = &mut self.boxes[member as usize];
                    *slot = slot.map(|rect| rect.moved(by));
                }
                for slot in seats.iter_mut().flatten().chain(&mut self.held[held as usize].area.vacant) {
                    *slot = slot.moved(by);
                }
            }
            let taken = self.space.insert(frame);
            let now = &mut self.held[held as usize];
            let vacant = std::mem::take(&mut now.area.vacant);
            now.area = Area { vacant, ..Area::new(kind, &now.area.id, frame, now.area.cell, options) };
            now.taken = taken;
        }
        for (&item, seat) in items.iter().zip(seats) {
            if let Some(rect) = seat {
                self.join(item, held, rect);
            }
        }
    }

    /// Free slots for arrivals, as if an area had this frame.
    fn seats(&self, held: u32, frame: &Rect, items: &[u32], wishes: &[Option<Point>]) -> Vec<Option<Rect>> {
        let Held { area, members, .. } = &self.held[held as usize];
        let mut slots = Slots::within(&Area::content(area.kind, frame, self.options), area.cell, self.options.node_gap);
        for rect in members.iter().filter_map(|&member| self.boxes[member as usize].as_ref()) {
            slots.take(rect);
        }
        let covered = |slot: &Rect| members.iter().any(|&member| self.boxes[member as usize].is_some_and(|rect| rect.overlaps(slot)));
        let mut vacant: Vec<Rect> = area.vacant.iter().copied().filter(|slot| !covered(slot)).collect();
        let seat = |(&item, &wish): (&u32, &Option<Point>)| {
            let size = self.sorted.sizes[item as usize];
            let seat = take_vacant(&mut vacant, size, wish);
            if let Some(seat) = &seat {
                slots.take(seat);
                return Some(*seat);
            }
            let seat = slots.place(size, wish);
            vacant.retain(|slot| seat.is_none_or(|seat| !seat.overlaps(slot)));
            seat
        };
        items.iter().zip(wishes).map(seat).collect()
    }

    /// The least frame that has new slots for as many arrivals below the old ones, or to the right, and the size to grow by if some do not
    /// fit even then.
    fn smallest_growth(&self, held: u32, waiting: &[u32], down: bool) -> (Rect, Size) {
        let area = &self.held[held as usize].area;
        let content = Area::content(area.kind, &area.rect, self.options);
        let slots = Slots::within(&content, area.cell, self.options.node_gap);
        let (mut cells, mut largest) = (Size::default(), Size::default());
        let mut needed = 0.0;
        for size in waiting.iter().map(|&item| self.sorted.sizes[item as usize]) {
            let taken = slots.cells_of(size);
            needed += taken.width * taken.height;
            cells = Size { width: cells.width.max(taken.width), height: cells.height.max(taken.height) };
        }
        largest.width = cells.width * area.cell.width - self.options.node_gap;
        largest.height = cells.height * area.cell.height - self.options.node_gap;
        let wide = Size { width: (largest.width - content.width).max(0.0), height: (largest.height - content.height).max(0.0) };
        let across = |length: f32, cell: f32| ((length + self.options.node_gap) / cell).floor().max(1.0);
        if down {
            let columns = across(content.width + wide.width, area.cell.width);
            let rows = (needed / columns).ceil().max(cells.height);
            let by = Size { width: wide.width, height: rows * area.cell.height };
            (area.rect.grown_by(by), Size { width: 0.0, height: cells.height * area.cell.height })
        } else {
            let rows = across(content.height + wide.height, area.cell.height);
            let columns = (needed / rows).ceil().max(cells.width);
            let by = Size { width: columns * area.cell.width, height: wide.height };
            (area.rect.grown_by(by), Size { width: cells.width * area.cell.width, height: 0.0 })
        }
    }
}

/// Takes the slot of a departed member that a box of this size fits into, the nearest to a point, and puts the box in its middle.
fn take_vacant(vacant: &mut Vec<Rect>, size: Size, wish: Option<Point>) -> Option<Rect> {
    let distance = |slot: &Rect| {
        let Some(wish) = wish else { return 0.0 };
        let (x, y) = (slot.center().x - wish.x, slot.center().y - wish.y);
        x * x + y * y
    };
    let fitting = vacant.iter().enumerate().filter(|(_, slot)| size.width <= slot.width && size.height <= slot.height);
    let (number, _) = fitting.min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))?;
    let middle = vacant.remove(number).center();
    // Other slots may have overlapped this one, at another time.
    let seat = Rect::new(Point { x: middle.x - size.width / 2.0, y: middle.y - size.height / 2.0 }, size);
    vacant.retain(|slot| !seat.overlaps(slot));
    Some(seat)
}
