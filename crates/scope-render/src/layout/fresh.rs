//! A picture from scratch: members into areas, areas and free nodes into the picture.

use super::arrange::{Items, MOST_LAYERED, arrange, hubs};
use super::community::communities;
use super::geometry::{Point, Rect, Size};
use super::input::{Graph, Options, Sorted};
use super::problem::{Arrangement, NO_PART, Part, Problem};
use super::slots::cell_for;
use super::{Area, AreaKind, Picture, pack};

/// More free nodes than this between groups are divided into communities.
const MOST_FREE: usize = 60;

/// A community has at most this many nodes.
const MOST_MEMBERS: usize = 60;

/// A set of members before its rectangle has a place.
pub(super) struct Block {
    pub(super) kind: AreaKind,
    pub(super) title_width: f32,
    /// Numbers of nodes in sorted order, ascending.
    pub(super) items: Vec<u32>,
    pub(super) inner: Arrangement,
    pub(super) cell: Size,
}

impl Block {
    pub(super) fn new(kind: AreaKind, title_width: f32, part: Part, options: &Options) -> Self {
        let inner = arrange(&part.problem, Items::Nodes, options, 0);
        Self { kind, title_width, cell: cell_for(&part.problem.sizes, options.node_gap), items: part.items, inner }
    }

    /// The size of the frame.
    pub(super) fn size(&self, options: &Options) -> Size {
        Area::framed(self.kind, self.inner.size, self.title_width, options)
    }

    /// The area with this frame.
    pub(super) fn area(&self, frame: &Rect, id: &str, options: &Options) -> Area {
        Area::new(self.kind, id, *frame, self.cell, options)
    }

    /// The members and their boxes in this frame.
    pub(super) fn boxes(&self, frame: &Rect, sizes: &[Size], options: &Options) -> impl Iterator<Item = (u32, Rect)> {
        let content = Area::content(self.kind, frame, options);
        self.items.iter().zip(&self.inner.at).map(move |(&item, inner)| {
            let at = Point { x: content.x + inner.x, y: content.y + inner.y };
            (item, Rect::new(at, sizes[item as usize]))
        })
    }
}

/// Lays everything out.
pub(super) fn picture(graph: &Graph<'_>, sorted: &Sorted, options: &Options) -> Picture {
    let problem = Problem { sizes: sorted.sizes.clone(), links: sorted.links.clone() };
    let count = problem.sizes.len();
    let given = sorted.groups.len();
    let mut part_of: Vec<u32> = sorted.group.iter().map(|group| group.unwrap_or(NO_PART)).collect();
    let mut free: Vec<bool> = part_of.iter().map(|&part| part == NO_PART).collect();
    let loose = loose(&problem, &part_of, given);
    for &item in &loose {
        free[item as usize] = false;
    }
    let (communities, parts) = free_parts(&problem, &free, if given > 0 { MOST_FREE } else { MOST_LAYERED });
    for (part, &community) in part_of.iter_mut().zip(&communities).filter(|(_, community)| **community != NO_PART) {
        *part = given as u32 + community;
    }
    for &item in &loose {
        part_of[item as usize] = (given + parts) as u32;
    }

    let mut split = problem.split(&part_of, given + parts + 1);
    let idle_part = split.pop().unwrap_or_default();
    let blocks: Vec<Block> = split
        .into_iter()
        .enumerate()
        .map(|(number, part)| match sorted.groups.get(number) {
            Some(&(group, title_width)) => Block::new(AreaKind::Group(group), title_width, part, options),
            None => Block::new(AreaKind::Community, 0.0, part, options),
        })
        .collect();
    let singles: Vec<u32> = (0..count as u32).filter(|&item| part_of[item as usize] == NO_PART).collect();
    let (outer, idle_block) = outermost(&problem, &part_of, &blocks, &singles, idle_part, options);

    let mut picture = Picture { boxes: vec![Rect::default(); count], areas: Vec::new(), area_of: vec![None; count] };
    for (block, &at) in blocks.iter().chain(&idle_block).zip(&outer) {
        let id = match (block.kind, block.items.first()) {
            (AreaKind::Group(group), _) => graph.groups[group as usize].id,
            (_, Some(&item)) => graph.nodes[sorted.order[item as usize] as usize].id,
            (_, None) => continue,
        };
        let frame = Rect::new(at, block.size(options));
        for (item, rect) in block.boxes(&frame, &problem.sizes, options) {
            picture.boxes[item as usize] = rect;
            picture.area_of[item as usize] = Some(picture.areas.len() as u32);
        }
        picture.areas.push(block.area(&frame, id, options));
    }
    for (&item, &at) in singles.iter().zip(outer.iter().skip(blocks.len() + usize::from(idle_block.is_some()))) {
        picture.boxes[item as usize] = Rect::new(at, problem.sizes[item as usize]);
    }
    picture
}

/// The corners of all blocks, of the idle block if there is one, and of the single nodes, in this order.
fn outermost(problem: &Problem, part_of: &[u32], blocks: &[Block], singles: &[u32], idle: Part, options: &Options) -> (Vec<Point>, Option<Block>) {
    let mut item_of = part_of.to_vec();
    for (number, &item) in singles.iter().enumerate() {
        item_of[item as usize] = (blocks.len() + number) as u32;
    }
    for &item in &idle.items {
        item_of[item as usize] = NO_PART;
    }
    let sizes = blocks.iter().map(|block| block.size(options)).chain(singles.iter().map(|&item| problem.sizes[item as usize]));
    let outer = Problem { sizes: sizes.collect(), links: problem.links_between(&item_of) };
    let items = if blocks.is_empty() { Items::Nodes } else { Items::Blocks };
    let apart = match items {
        Items::Nodes => *options,
        Items::Blocks => Options { node_gap: options.group_gap, layer_gap: options.group_gap * 2.0, ..*options },
    };
    let Arrangement { mut at, size } = arrange(&outer, items, &apart, 0);
    if idle.items.is_empty() {
        return (at, None);
    }
    let main: &[Size] = if size.height > 0.0 { &[size] } else { &[] };
    let (packed, inner) = pack::with_grid(main, &idle.problem.sizes, options.group_gap, 0.0, options);
    let corner = |from_last: usize| packed.at.iter().rev().nth(from_last).copied().unwrap_or_default();
    let (grid, main) = (corner(0), corner(1));
    for at in &mut at {
        *at = Point { x: at.x + main.x, y: at.y + main.y };
    }
    at.insert(blocks.len(), grid);
    let cell = cell_for(&idle.problem.sizes, options.node_gap);
    (at, Some(Block { kind: AreaKind::Idle, title_width: 0.0, items: idle.items, inner, cell }))
}

/// The nodes without a part that have no edges, or none but from hubs.
fn loose(problem: &Problem, part_of: &[u32], parts: usize) -> Vec<u32> {
    let alone: Vec<u32> = (0..part_of.len() as u32).filter(|&item| part_of[item as usize] == NO_PART).collect();
    let mut item_of = part_of.to_vec();
    for (number, &item) in alone.iter().enumerate() {
        item_of[item as usize] = (parts + number) as u32;
    }
    let outer = Problem { sizes: vec![Size::default(); parts + alone.len()], links: problem.links_between(&item_of) };
    let hub = hubs(&outer);
    let mut held: Vec<bool> = hub.iter().map(Option::is_some).collect();
    for link in &outer.links {
        held[link.from as usize] = true;
        held[link.to as usize] |= hub[link.from as usize].is_none();
    }
    alone.into_iter().enumerate().filter(|&(number, _)| !held[parts + number]).map(|(_, item)| item).collect()
}

/// The community of each free node, if there are more than `most`; none for hubs, and for nodes that are not free. Small components
/// stay whole; nodes that have no links but with hubs and groups make one community.
pub(super) fn free_parts(problem: &Problem, free: &[bool], most: usize) -> (Vec<u32>, usize) {
    let count = problem.sizes.len();
    let mut part_of = vec![NO_PART; count];
    let mask: Vec<u32> = free.iter().map(|&free| if free { 0 } else { NO_PART }).collect();
    if mask.iter().filter(|&&part| part == 0).count() <= most {
        return (part_of, 0);
    }
    let Some(part) = problem.split(&mask, 1).pop() else { return (part_of, 0) };
    let hub = hubs(&part.problem);
    let (component, components) = part.problem.components(|item| hub[item as usize].is_some());
    let mut next = 0;
    let mut lone = None;
    for component in part.problem.split(&component, components) {
        let original = |item: u32| part.items[component.items[item as usize] as usize] as usize;
        if component.items.len() == 1 {
            let lone = *lone.get_or_insert_with(|| {
                next += 1;
                next - 1
            });
            part_of[original(0)] = lone;
            continue;
        }
        let (number, parts) =
            if component.items.len() <= MOST_MEMBERS { (vec![0; component.items.len()], 1) } else { communities(&component.problem, MOST_MEMBERS) };
        for (item, number) in number.into_iter().enumerate() {
            part_of[original(item as u32)] = next + number;
        }
        next += parts as u32;
    }
    (part_of, next as usize)
}
