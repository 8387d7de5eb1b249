//! A picture that keeps to a former one: what stays, what is new, and where new areas and free nodes go.

mod admit;

use hashbrown::HashMap;

use super::arrange::{Items, MOST_LAYERED, arrange, hub_degree};
use super::fresh::{Block, free_parts};
use super::geometry::{Point, Rect, Size};
use super::input::{Graph, Options, Sorted};
use super::previous::{KnownArea, Previous};
use super::problem::{NO_PART, Neighbours, Part, Problem};
use super::space::Space;
use super::{Area, AreaKind, Picture};

/// Free arrivals that are placed one by one, each near what it is linked with; more are arranged among themselves first.
const MOST_SINGLE: usize = 64;

/// The picture with all that is known in its place; none if too little is known.
pub(super) fn picture(graph: &Graph<'_>, sorted: &Sorted, previous: &Previous, options: &Options) -> Option<Picture> {
    let count = sorted.order.len();
    let id = |index: u32| graph.nodes[index as usize].id;
    let former = |place: usize| {
        // Of nodes with the same id, the first has the place.
        let repeated = place > 0 && id(sorted.order[place - 1]) == id(sorted.order[place]);
        previous.node(id(sorted.order[place])).filter(|_| !repeated)
    };
    let known: Vec<Option<Rect>> = (0..count).map(former).collect();
    let share = known.iter().flatten().count() as f32;
    if share == 0.0 || share < options.keep_share * count as f32 {
        return None;
    }
    let mut keeper = Keeper::new(graph, sorted, previous, options);
    keeper.keep(&known, previous);
    keeper.vacate(&known, previous);
    let arrivals: Vec<u32> = (0..count as u32).filter(|&item| keeper.boxes[item as usize].is_none()).collect();
    if !arrivals.is_empty() {
        keeper.arrive(&arrivals);
    }
    Some(keeper.finish())
}

/// Slots of departed members that an area remembers; others are found again only on its lattice.
const MOST_VACANT: usize = 64;

/// An area of the picture while it is made.
struct Held {
    area: Area,
    /// Its number in `space`.
    taken: u32,
    /// Members, ascending as long as nothing arrives.
    members: Vec<u32>,
}

struct Keeper<'a> {
    graph: &'a Graph<'a>,
    sorted: &'a Sorted,
    options: &'a Options,
    /// `None` until placed.
    boxes: Vec<Option<Rect>>,
    /// By number in `held`.
    area_of: Vec<Option<u32>>,
    held: Vec<Held>,
    /// Number in `held` of each group that has a rectangle, by its number in `sorted`.
    of_group: Vec<Option<u32>>,
    /// Areas and free nodes.
    space: Space,
}

impl<'a> Keeper<'a> {
    fn new(graph: &'a Graph<'a>, sorted: &'a Sorted, previous: &Previous, options: &'a Options) -> Self {
        let count = sorted.order.len();
        let mut keeper = Self {
            graph,
            sorted,
            options,
            boxes: vec![None; count],
            area_of: vec![None; count],
            held: Vec::new(),
            of_group: vec![None; sorted.groups.len()],
            space: Space::new(previous.extent()),
        };
        let group_number: HashMap<&str, u32> =
            sorted.groups.iter().enumerate().map(|(number, &(index, _))| (graph.groups[index as usize].id, number as u32)).collect();
        for KnownArea { kind, id, rect, cell, vacant } in previous.areas() {
            let number = group_number.get(id.as_ref());
            let kind = match (kind, number) {
                (AreaKind::Group(_), Some(&number)) => AreaKind::Group(sorted.groups[number as usize].0),
                // The group has no members any more: its place is free.
                (AreaKind::Group(_), None) => continue,
                (&other, _) => other,
            };
            let held = keeper.hold(Area { vacant: vacant.clone(), ..Area::new(kind, id, *rect, *cell, options) });
            if let (AreaKind::Group(_), Some(&number)) = (kind, number) {
                keeper.of_group[number as usize] = Some(held);
            }
        }
        keeper
    }

    fn hold(&mut self, area: Area) -> u32 {
        let taken = self.space.insert(area.rect);
        self.held.push(Held { area, taken, members: Vec::new() });
        self.held.len() as u32 - 1
    }

    fn join(&mut self, item: u32, held: u32, rect: Rect) {
        self.boxes[item as usize] = Some(rect);
        self.area_of[item as usize] = Some(held);
        self.held[held as usize].members.push(item);
    }

    fn stand_free(&mut self, item: u32, rect: Rect) {
        self.boxes[item as usize] = Some(rect);
        self.space.insert(rect);
    }

    /// Gives every known node its former place: first those whose boxes have not grown, then those that still find room.
    fn keep(&mut self, known: &[Option<Rect>], previous: &Previous) {
        let grows = |(known, size): (&Option<Rect>, &Size)| known.is_some_and(|known| size.width > known.width || size.height > known.height);
        let any_grown = known.iter().zip(&self.sorted.sizes).any(grows);
        let mut boxes = Space::new(previous.extent());
        for grown in [false, true] {
            for (item, known) in known.iter().enumerate() {
                let size = self.sorted.sizes[item];
                let Some(former) = known.filter(|_| grown == grows((known, &size))) else { continue };
                let middle = former.center();
                let rect = Rect::new(Point { x: middle.x - size.width / 2.0, y: middle.y - size.height / 2.0 }, size);
                // A box that did not grow lies where nothing else did.
                if grown && !boxes.is_free(&rect, 0.0, None) {
                    continue;
                }
                if self.keep_one(item as u32, rect) && any_grown {
                    boxes.insert(rect);
                }
            }
        }
        // What held only nodes without a group is gone when they are.
        for held in &mut self.held {
            if held.members.is_empty() && !matches!(held.area.kind, AreaKind::Group(_)) {
                self.space.remove(held.taken);
            }
        }
    }

    /// Keeps one node at a place if it belongs there.
    fn keep_one(&mut self, item: u32, rect: Rect) -> bool {
        match self.sorted.group[item as usize] {
            Some(group) => {
                let Some(held) = self.of_group[group as usize] else { return false };
                let area = &self.held[held as usize].area;
                if !area.rect.contains(&rect) || area.title.overlaps(&rect) {
                    return false;
                }
                self.join(item, held, rect);
            }
            None => match self.space.touching(&rect) {
                None => self.stand_free(item, rect),
                Some(taken) => {
                    // Areas were taken first: theirs are the lowest numbers.
                    let Some(held) = self.held.get(taken as usize) else { return false };
                    if matches!(held.area.kind, AreaKind::Group(_)) || !held.area.rect.contains(&rect) {
                        return false;
                    }
                    self.join(item, taken, rect);
                }
            },
        }
        true
    }

    /// Remembers the slots of what left an area.
    fn vacate(&mut self, known: &[Option<Rect>], previous: &Previous) {
        let moved = known.iter().zip(&self.boxes).filter(|(_, now)| now.is_none()).filter_map(|(known, _)| *known);
        let mut left: Vec<Rect> = moved.collect();
        if known.iter().flatten().count() < previous.len() {
            let id = |index: &u32| self.graph.nodes[*index as usize].id;
            left.extend(previous.departed(|other| self.sorted.order.binary_search_by(|index| id(index).cmp(other)).is_ok()));
        }
        for rect in left {
            let Some(held) = self.space.touching(&rect).and_then(|taken| self.held.get_mut(taken as usize)) else { continue };
            if held.area.rect.contains(&rect) && held.area.vacant.len() < MOST_VACANT {
                held.area.vacant.push(rect);
            }
        }
    }

    /// Places what has no place: first in areas that exist, then new areas, then free nodes.
    fn arrive(&mut self, arrivals: &[u32]) {
        let sorted = self.sorted;
        let all = Problem { sizes: sorted.sizes.clone(), links: sorted.links.clone() };
        let neighbours = all.neighbours();
        let mut called = vec![false; all.sizes.len()];
        for link in &all.links {
            called[link.to as usize] = true;
        }
        let mut joining: Vec<(u32, u32)> = Vec::new();
        let mut founding: Vec<(u32, u32)> = Vec::new();
        let mut linked: Vec<u32> = Vec::new();
        let mut idle: Vec<u32> = Vec::new();
        for &item in arrivals {
            match sorted.group[item as usize] {
                Some(group) => match self.of_group[group as usize] {
                    Some(held) => joining.push((held, item)),
                    None => founding.push((group, item)),
                },
                None if self.is_loose(item, &called, &neighbours) => idle.push(item),
                None => match self.community_of(neighbours.of(item)) {
                    Some(held) => joining.push((held, item)),
                    None => linked.push(item),
                },
            }
        }
        let grid = self.held.iter().position(|held| held.area.kind == AreaKind::Idle && !held.members.is_empty());
        if let Some(grid) = grid {
            joining.extend(idle.drain(..).map(|item| (grid as u32, item)));
        }
        joining.sort_unstable();
        for group in joining.chunk_by(|a, b| a.0 == b.0) {
            let items: Vec<u32> = group.iter().map(|&(_, item)| item).collect();
            self.admit(group[0].0, &items, &neighbours);
        }
        founding.sort_unstable();
        let mut part_of = vec![NO_PART; all.sizes.len()];
        let mut kinds = Vec::new();
        for group in founding.chunk_by(|a, b| a.0 == b.0) {
            for &(_, item) in group {
                part_of[item as usize] = kinds.len() as u32;
            }
            let (index, title_width) = sorted.groups[group[0].0 as usize];
            kinds.push((AreaKind::Group(index), title_width));
        }
        for &item in &idle {
            part_of[item as usize] = kinds.len() as u32;
        }
        if !idle.is_empty() {
            kinds.push((AreaKind::Idle, 0.0));
        }
        let parts = all.split(&part_of, kinds.len());
        for (part, (kind, title_width)) in parts.into_iter().zip(kinds) {
            self.found(&Block::new(kind, title_width, part, self.options), &neighbours);
        }
        self.scatter(&linked, &all, &neighbours);
    }

    /// True for a node without links, or with none but from hubs.
    fn is_loose(&self, item: u32, called: &[bool], neighbours: &Neighbours) -> bool {
        let many = hub_degree(self.sorted.sizes.len(), self.sorted.links.len());
        let others = neighbours.of(item);
        others.is_empty() || called[item as usize] && others.iter().all(|&(other, _)| neighbours.of(other).len() as u32 >= many)
    }

    /// The community that a free node has most links with.
    fn community_of(&self, neighbours: &[(u32, f32)]) -> Option<u32> {
        let mut votes: Vec<u32> = neighbours
            .iter()
            .filter_map(|&(other, _)| self.area_of[other as usize])
            .filter(|&held| self.held[held as usize].area.kind == AreaKind::Community)
            .collect();
        votes.sort_unstable();
        // More than half of them, or it stands between communities.
        let runs = votes.chunk_by(|a, b| a == b).filter(|run| run.len() * 2 > neighbours.len());
        runs.max_by_key(|run| run.len()).map(|run| run[0])
    }

    /// The mean of the places of those neighbours that have one.
    fn near(&self, items: &[u32], neighbours: &Neighbours, within: Option<u32>) -> Option<Point> {
        let (mut x, mut y, mut count) = (0.0, 0.0, 0.0);
        for &(other, _) in items.iter().flat_map(|&item| neighbours.of(item)) {
            if let Some(rect) = self.boxes[other as usize]
                && (within.is_none() || self.area_of[other as usize] == within)
            {
                let center = rect.center();
                (x, y, count) = (x + center.x, y + center.y, count + 1.0);
            }
        }
        (count > 0.0).then(|| Point { x: x / count, y: y / count })
    }

    /// Puts a new area at the free place nearest to what its members are linked with.
    fn found(&mut self, block: &Block, neighbours: &Neighbours) {
        let Some(&first) = block.items.first() else { return };
        let id = match block.kind {
            AreaKind::Group(group) => self.graph.groups[group as usize].id,
            AreaKind::Community | AreaKind::Idle => self.graph.nodes[self.sorted.order[first as usize] as usize].id,
        };
        let toward = self.near(&block.items, neighbours, None);
        let frame = self.place(block.size(self.options), toward, self.options.group_gap);
        let held = self.hold(block.area(&frame, id, self.options));
        for (item, rect) in block.boxes(&frame, &self.sorted.sizes, self.options) {
            self.join(item, held, rect);
        }
    }

    /// Places free arrivals that have links: near what they are linked with while they are few, else arranged among themselves.
    fn scatter(&mut self, items: &[u32], all: &Problem, neighbours: &Neighbours) {
        let mut waiting = items.to_vec();
        let mut before = usize::MAX;
        while waiting.len() <= MOST_SINGLE && waiting.len() < before {
            before = waiting.len();
            waiting.retain(|&item| {
                let toward = self.near(&[item], neighbours, None);
                if toward.is_some() {
                    let rect = self.place(self.sorted.sizes[item as usize], toward, self.options.node_gap);
                    self.stand_free(item, rect);
                }
                toward.is_none()
            });
        }
        if waiting.is_empty() {
            return;
        }
        let mut mask = vec![NO_PART; all.sizes.len()];
        for &item in &waiting {
            mask[item as usize] = 0;
        }
        let Some(part) = all.split(&mask, 1).pop() else { return };
        let (part_of, count) = free_parts(&part.problem, &vec![true; part.items.len()], MOST_LAYERED);
        for community in part.problem.split(&part_of, count) {
            let items = community.items.iter().map(|&item| part.items[item as usize]).collect();
            self.found(&Block::new(AreaKind::Community, 0.0, Part { items, ..community }, self.options), neighbours);
        }
        // What is in no community is arranged as one block, without a frame.
        let rest: Vec<u32> = part_of.iter().map(|&part| if part == NO_PART { 0 } else { NO_PART }).collect();
        let Some(rest) = part.problem.split(&rest, 1).pop().filter(|rest| !rest.items.is_empty()) else { return };
        let inner = arrange(&rest.problem, Items::Nodes, self.options, 0);
        let items: Vec<u32> = rest.items.iter().map(|&item| part.items[item as usize]).collect();
        let place = self.place(inner.size, self.near(&items, neighbours, None), self.options.group_gap);
        for (item, at) in items.into_iter().zip(inner.at) {
            let at = Point { x: place.x + at.x, y: place.y + at.y };
            self.stand_free(item, Rect::new(at, self.sorted.sizes[item as usize]));
        }
    }

    fn place(&self, size: Size, toward: Option<Point>, margin: f32) -> Rect {
        self.space.nearest(size, toward.unwrap_or_else(|| self.space.middle()), margin, self.options.aspect)
    }

    fn finish(mut self) -> Picture {
        let kind = |held: &Held| match held.area.kind {
            AreaKind::Group(_) => 0,
            AreaKind::Community => 1,
            AreaKind::Idle => 2,
        };
        let mut order: Vec<usize> = (0..self.held.len()).filter(|&held| !self.held[held].members.is_empty()).collect();
        order.sort_by(|&a, &b| {
            let (a, b) = (&self.held[a], &self.held[b]);
            kind(a).cmp(&kind(b)).then_with(|| a.area.id.cmp(&b.area.id))
        });
        let mut number = vec![0; self.held.len()];
        for (at, &held) in order.iter().enumerate() {
            number[held] = at as u32;
        }
        for held in self.held.iter_mut().filter(|held| !held.area.vacant.is_empty()) {
            let boxes = &self.boxes;
            let taken = |slot: &Rect| held.members.iter().any(|&member| boxes[member as usize].is_some_and(|rect| rect.overlaps(slot)));
            held.area.vacant.retain(|slot| !taken(slot));
        }
        Picture {
            boxes: self.boxes.into_iter().map(Option::unwrap_or_default).collect(),
            area_of: self.area_of.into_iter().map(|held| held.map(|held| number[held as usize])).collect(),
            areas: order.into_iter().map(|held| self.held[held].area.clone()).collect(),
        }
    }
}
