//! Chooses how a set of boxes is drawn: hubs aside, connected ones in layers or by force, the rest in a grid, all packed together.

use super::community::communities;
use super::force;
use super::geometry::{Point, Size, framed_height};
use super::input::Options;
use super::layered::{Ranks, layered};
use super::pack;
use super::problem::{Arrangement, NO_PART, Part, Problem};
use super::slots;

/// More connected boxes than this are divided into communities before they are drawn.
pub(super) const MOST_LAYERED: usize = 300;

/// Layers are not used for more blocks than this: blocks differ in size, and columns of them waste the picture.
const MOST_LAYERED_BLOCKS: usize = 40;

/// As few connected nodes as this are drawn in layers whatever room that takes.
const FEW: usize = 12;

/// Layers that need more than so many times the room of what they show are compared with rows. Of blocks already few above each other are a tower.
const AIRY: f32 = 6.0;
const AIRY_BLOCKS: f32 = 2.5;

/// Where hardly a link runs against the layers, they show more than rows however many links there are.
const ORDERED: f32 = 0.02;

/// Divisions within divisions, at most.
const MOST_DEPTH: usize = 4;

/// What is arranged.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Items {
    /// Boxes of nodes, much alike in size.
    Nodes,
    /// Blocks that were arranged before, of any size.
    Blocks,
}

/// Arranges boxes of any kind. For blocks, `options` holds the distances between blocks.
pub(super) fn arrange(problem: &Problem, items: Items, options: &Options, depth: usize) -> Arrangement {
    if problem.links.is_empty() {
        return unlinked(&problem.sizes, items, options);
    }
    let hub = if items == Items::Blocks { block_hubs(problem) } else { hubs(problem) };
    let (mut part_of, count) = problem.components(|item| hub[item as usize].is_some());
    let mut members = vec![0_u32; count];
    for &part in part_of.iter().filter(|&&part| part != NO_PART) {
        members[part as usize] += 1;
    }
    // Single nodes make a grid, single blocks are packed like everything else.
    let grid = count as u32;
    if items == Items::Nodes {
        for part in part_of.iter_mut().filter(|part| members.get(**part as usize) == Some(&1)) {
            *part = grid;
        }
    }
    let mut parts = problem.split(&part_of, count + 1);
    let tiles = parts.pop().unwrap_or_default();
    parts.retain(|part| !part.items.is_empty());
    let mut drawn: Vec<Arrangement> = parts.iter().map(|part| connected(&part.problem, items, options, depth)).collect();

    // Parts are parted by a little more than the boxes within them.
    let gap = if items == Items::Nodes { options.node_gap * 2.0 } else { options.node_gap };
    let columns = Side::ALL.map(|side| Column::new(problem, &hub, side, options));
    let aside = columns.iter().map(|column| column.size.width).sum();
    let sizes: Vec<Size> = drawn.iter().map(|drawn| drawn.size).collect();
    let (packed, tiled) = pack::with_grid(&sizes, &tiles.problem.sizes, gap, aside, options);
    if !tiles.items.is_empty() {
        parts.push(tiles);
        drawn.push(tiled);
    }
    let mut whole = together(problem, &parts, &drawn, &packed);
    for column in columns {
        column.stand_beside(problem, &hub, &mut whole, options);
    }
    whole
}

/// Boxes without links: in a grid if they are much alike, else packed.
fn unlinked(sizes: &[Size], items: Items, options: &Options) -> Arrangement {
    match items {
        Items::Nodes => {
            let (at, size) = slots::grid(sizes, options);
            Arrangement { at, size }
        }
        Items::Blocks => pack::with_grid(sizes, &[], options.node_gap, 0.0, options).0,
    }
}

/// One connected component (or boxes without links) without hubs.
fn connected(problem: &Problem, items: Items, options: &Options, depth: usize) -> Arrangement {
    let count = problem.sizes.len();
    if problem.links.is_empty() {
        return unlinked(&problem.sizes, items, options);
    }
    let most = if items == Items::Nodes { MOST_LAYERED } else { MOST_LAYERED_BLOCKS };
    if count <= most.max(force::MOST_BLOCKS) {
        let ranks = Ranks::new(problem);
        let few = items == Items::Nodes && count <= FEW;
        let sparse = ranks.backward <= 0.25 && problem.links.len() <= count * 5 / 4 + 32;
        let ordered = items == Items::Nodes && ranks.backward <= ORDERED && problem.links.len() <= count * 4;
        let flows = few || sparse || ordered;
        let layers = (count <= most && flows).then(|| layered(problem, &ranks, options));
        let most_room = if items == Items::Nodes { AIRY } else { AIRY_BLOCKS };
        let airy = layers.as_ref().is_none_or(|layers| !few && room_of(layers, &problem.sizes, options) > most_room);
        let rows = (airy && count <= force::MOST_BLOCKS).then(|| {
            let wishes = force::wishes(problem, &ranks, options.aspect);
            pack::rows(&problem.sizes, &wishes, options.node_gap * 2.0, options.aspect)
        });
        match (layers, rows) {
            (Some(layers), Some(rows)) => {
                let framed = |drawn: &Arrangement| framed_height(drawn.size, options.aspect);
                return if framed(&rows) < 0.6 * framed(&layers) { rows } else { layers };
            }
            (Some(drawn), None) | (None, Some(drawn)) => return drawn,
            (None, None) => {}
        }
    }
    let limit = (count / 8).clamp(12, if items == Items::Nodes { 100 } else { 40 });
    let (part_of, parts) = communities(problem, limit);
    if depth >= MOST_DEPTH || parts > count * 3 / 4 {
        return unlinked(&problem.sizes, items, options);
    }
    let links = problem.links_between(&part_of);
    let parts = problem.split(&part_of, parts);
    let drawn: Vec<Arrangement> = parts.iter().map(|part| arrange(&part.problem, items, options, depth + 1)).collect();
    let blocks = Problem { sizes: drawn.iter().map(|drawn| drawn.size).collect(), links };
    let apart = Options { node_gap: options.layer_gap / 2.0, ..*options };
    together(problem, &parts, &drawn, &arrange(&blocks, Items::Blocks, &apart, depth + 1))
}

/// How many times the room of what it shows a drawing needs.
fn room_of(drawn: &Arrangement, sizes: &[Size], options: &Options) -> f32 {
    let filled: f32 = sizes.iter().map(|size| (size.width + options.node_gap) * (size.height + options.node_gap)).sum();
    let height = framed_height(drawn.size, options.aspect);
    height * height * options.aspect / filled.max(1.0)
}

/// Puts drawn parts at the places of their blocks; items without a part stay at the origin.
fn together(problem: &Problem, parts: &[Part], drawn: &[Arrangement], packed: &Arrangement) -> Arrangement {
    let mut whole = Arrangement { at: vec![Point::default(); problem.sizes.len()], size: packed.size };
    for ((part, drawn), corner) in parts.iter().zip(drawn).zip(&packed.at) {
        for (&item, at) in part.items.iter().zip(&drawn.at) {
            whole.at[item as usize] = Point { x: corner.x + at.x, y: corner.y + at.y };
        }
    }
    whole
}

/// The part of the picture that a hub, or a caller of hubs, stands in.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    /// Left of everything but the callers.
    Left,
    /// Right of everything.
    Right,
    /// Leftmost: what calls hubs of the left side and nothing else.
    Callers,
}

impl Side {
    /// In the order in which they are put beside the rest.
    const ALL: [Self; 3] = [Self::Right, Self::Left, Self::Callers];
}

/// More callers of hubs than this are drawn with the rest.
const MOST_CALLERS: usize = 8;

/// At most this many items are hubs.
const MOST_HUBS: usize = 24;

/// From how many links on an item is a hub: far more than the mean of all.
pub(super) fn hub_degree(count: usize, links: usize) -> u32 {
    (8.0 * links as f32 / (count as f32).max(1.0)).max(10.0) as u32
}

/// The items that are linked with so many others that they would tie everything into one knot (a monitor, an ingress, a shared
/// database): those that call more stand left of what they are linked with, the others right.
pub(super) fn hubs(problem: &Problem) -> Vec<Option<Side>> {
    let count = problem.sizes.len();
    let mut hub = vec![None; count];
    if count < 16 {
        return hub;
    }
    let degree = degrees(problem);
    let mut many = hub_degree(count, problem.links.len());
    let mut found: Vec<usize> = (0..count).filter(|&item| degree[item] >= many).collect();
    while found.len() > (count / 8).clamp(1, MOST_HUBS) {
        many *= 2;
        found.retain(|&item| degree[item] >= many);
    }
    let mut calls = vec![0_i32; count];
    for link in &problem.links {
        calls[link.from as usize] += 1;
        calls[link.to as usize] -= 1;
    }
    for item in found {
        hub[item] = Some(if calls[item] >= 0 { Side::Left } else { Side::Right });
    }
    let mut only_calls: Vec<bool> = degree.iter().map(|&degree| degree > 0).collect();
    for link in &problem.links {
        only_calls[link.to as usize] = false;
        only_calls[link.from as usize] &= hub[link.to as usize] == Some(Side::Left);
    }
    let callers: Vec<usize> = (0..count).filter(|&item| only_calls[item] && hub[item].is_none()).collect();
    if callers.len() <= MOST_CALLERS {
        for item in callers {
            hub[item] = Some(Side::Callers);
        }
    }
    hub
}

/// The hubs among blocks: also a small one (the internet, an ingress) that is linked with a good part of the others, however few these are. In a layer of its own
/// it would put them all above each other.
fn block_hubs(problem: &Problem) -> Vec<Option<Side>> {
    let mut hub = hubs(problem);
    let room = |size: &Size| size.width * size.height;
    let largest = problem.sizes.iter().map(room).fold(0.0, f32::max);
    let large = problem.sizes.iter().filter(|size| room(size) * SMALL > largest).count() as u32;
    let mut links = vec![(0_u32, 0_u32); hub.len()];
    for link in &problem.links {
        links[link.from as usize].0 += 1;
        links[link.to as usize].1 += 1;
    }
    for ((hub, size), (calls, called)) in hub.iter_mut().zip(&problem.sizes).zip(links) {
        if hub.is_none() && room(size) * SMALL <= largest && calls + called >= FEW_BLOCKS.max(large / 2) {
            *hub = Some(if calls >= called { Side::Left } else { Side::Right });
        }
    }
    hub
}

/// A block is small that has room in the largest so many times.
const SMALL: f32 = 16.0;

/// A small block that is linked with fewer others is none of the hubs.
const FEW_BLOCKS: u32 = 3;

/// The number of links of each item, both ways.
fn degrees(problem: &Problem) -> Vec<u32> {
    let mut degree = vec![0_u32; problem.sizes.len()];
    for link in &problem.links {
        degree[link.from as usize] += 1;
        degree[link.to as usize] += 1;
    }
    degree
}

/// The items that stand above each other on one side.
struct Column {
    side: Side,
    items: Vec<usize>,
    /// With the gap between the column and the rest; nothing if there are no items.
    size: Size,
    gap: f32,
}

impl Column {
    fn new(problem: &Problem, hub: &[Option<Side>], side: Side, options: &Options) -> Self {
        let items: Vec<usize> = (0..hub.len()).filter(|&item| hub[item] == Some(side)).collect();
        let gap = options.layer_gap + options.node_gap;
        let width = items.iter().map(|&item| problem.sizes[item].width).fold(0.0, f32::max);
        let height = items.iter().map(|&item| problem.sizes[item].height + options.node_gap).sum::<f32>();
        let size = if items.is_empty() { Size::default() } else { Size { width: width + gap, height: height - options.node_gap } };
        Self { side, items, size, gap }
    }

    /// Stands the column beside everything that is placed already, level with its middle.
    fn stand_beside(self, problem: &Problem, hub: &[Option<Side>], whole: &mut Arrangement, options: &Options) {
        if self.items.is_empty() {
            return;
        }
        let width = self.size.width - self.gap;
        let lower = ((self.size.height - whole.size.height) / 2.0).max(0.0).ceil();
        let (left, aside) = if self.side == Side::Right { (whole.size.width + self.gap, 0.0) } else { (0.0, self.size.width) };
        for (at, hub) in whole.at.iter_mut().zip(hub) {
            // Those that are not placed yet move in vain.
            if *hub != Some(self.side) {
                *at = Point { x: at.x + aside, y: at.y + lower };
            }
        }
        whole.size = Size { width: whole.size.width + self.size.width, height: whole.size.height.max(self.size.height) };
        let mut top = ((whole.size.height - self.size.height) / 2.0).floor();
        for item in self.items {
            let size = problem.sizes[item];
            whole.at[item] = Point { x: left + ((width - size.width) / 2.0).floor(), y: top };
            top += size.height + options.node_gap;
        }
    }
}
