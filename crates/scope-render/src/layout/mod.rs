//! Places for the nodes of a graph: a pure function of the graph, the former places and a few options.
//!
//! [`layout`] uses no clock, no random numbers and no order of hash maps, and only arithmetic that is the same on every machine: the
//! same input gives the same picture everywhere, whatever the order of its nodes and edges. It knows nothing of records, views or
//! outputs; text has been measured before, and nothing is drawn here. Paths for the edges are made by [`edges::route`].
//!
//! # A picture from scratch
//!
//! - Members of a group are arranged in the group's rectangle, and groups, with the free nodes between them, in the picture.
//! - What is connected is drawn in layers, clients left and servers right. Where that does not work (many groups, or
//!   most of them calling each other) groups are placed by force and put into rows.
//! - Hubs (a monitor, an ingress: linked with a large part of the rest) stand at the left or right border.
//! - More than 300 connected nodes without a group are divided into communities, which are areas like groups.
//! - Nodes without edges, or with none but from hubs, make a compact grid.
//! - Every choice of shape is made for the asked aspect ratio.
//!
//! # A picture with a former one
//!
//! 1. A node that was there, and is in the same group, keeps its place exactly. Its group is the same if its former box lies in the group's
//!    former rectangle. Exception: a box that has grown into another one is placed anew.
//! 2. What arrives takes a free slot of its group, that of a departed member if it fits, else the one nearest to what it is linked with,
//!    and moves nothing. What departs leaves its slot free. The group's rectangle stays.
//! 3. A group that is full grows by a strip below or to the right, where that is free. If neither is, the group alone moves as a
//!    whole to the nearest place where it fits.
//! 4. New groups and free nodes go to the free place nearest to what they are linked with.
//! 5. If less than [`Options::keep_share`] of the nodes have a former place, there is little to recognise, and the picture is made from
//!    scratch ([`Layout::fresh`] says so). So it is without a [`Previous`]: whoever wants order back after much coming and going
//!    leaves it out.

mod arrange;
mod community;
pub mod edges;
mod force;
mod fresh;
mod geometry;
mod incremental;
mod input;
mod layered;
mod pack;
mod previous;
mod problem;
mod slots;
mod space;

pub use geometry::{Point, Rect, Size};
pub use input::{Edge, Graph, Group, Node, Options};
pub use previous::Previous;

#[cfg(test)]
mod tests;

use geometry::bounds_of;
use input::Sorted;

/// Where everything is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// The box of each node, in the order of [`Graph::nodes`]: no two overlap. A node's position is its middle ([`Rect::center`]).
    /// Sizes are the cleaned ones.
    pub boxes: Vec<Rect>,
    /// The rectangles around nodes, by kind and id: no two overlap, and no free node lies in one.
    pub areas: Vec<Area>,
    /// For each node the index of its area in `areas`.
    pub area_of: Vec<Option<u32>>,
    /// The smallest rectangle around everything. Its corner need not be the origin.
    pub bounds: Rect,
    /// True if nothing was kept from a former picture.
    pub fresh: bool,
}

/// A rectangle around nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    /// What holds the nodes together.
    pub kind: AreaKind,
    /// The group's id; for other kinds the id of the first member at the time when the area was made.
    pub id: Box<str>,
    /// The frame; members keep the padding from it.
    pub rect: Rect,
    /// The space for the title, in the frame above the members; without height where there is no title.
    pub title: Rect,
    /// The lattice that arrivals are placed on, gap included.
    cell: Size,
    /// Slots of departed members, from top to bottom.
    vacant: Vec<Rect>,
}

/// What holds the nodes of an area together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AreaKind {
    /// A group of the input, by index into [`Graph::groups`].
    Group(u32),
    /// Nodes without a group that are linked with each other more than with others. A drawing may frame them; there is no title.
    Community,
    /// Nodes without a group that have no edges, or none but from hubs. Best drawn without a frame.
    Idle,
}

/// Places every node. `previous` holds the places to keep; see the module's documentation for the rules.
pub fn layout(graph: &Graph<'_>, previous: Option<&Previous>, options: &Options) -> Layout {
    let options = options.clamped();
    let sorted = Sorted::new(graph);
    let kept = previous.and_then(|previous| incremental::picture(graph, &sorted, previous, &options));
    let fresh = kept.is_none();
    let picture = kept.unwrap_or_else(|| fresh::picture(graph, &sorted, &options));
    let mut boxes = vec![Rect::default(); sorted.order.len()];
    let mut area_of = vec![None; sorted.order.len()];
    for (place, &index) in sorted.order.iter().enumerate() {
        boxes[index as usize] = picture.boxes[place];
        area_of[index as usize] = picture.area_of[place];
    }
    let bounds = bounds_of(boxes.iter().chain(picture.areas.iter().map(|area| &area.rect)));
    Layout { boxes, areas: picture.areas, area_of, bounds, fresh }
}

/// A picture with nodes in sorted order.
struct Picture {
    boxes: Vec<Rect>,
    areas: Vec<Area>,
    area_of: Vec<Option<u32>>,
}

impl Area {
    /// The part of a frame that holds the members.
    fn content(kind: AreaKind, rect: &Rect, options: &Options) -> Rect {
        let (padding, title) = insets(kind, options);
        Rect {
            x: rect.x + padding,
            y: rect.y + padding + title,
            width: (rect.width - 2.0 * padding).max(0.0),
            height: (rect.height - 2.0 * padding - title).max(0.0),
        }
    }

    /// The size of a frame around content.
    fn framed(kind: AreaKind, content: Size, title_width: f32, options: &Options) -> Size {
        let (padding, title) = insets(kind, options);
        Size { width: content.width.max(title_width) + 2.0 * padding, height: content.height + 2.0 * padding + title }
    }

    fn new(kind: AreaKind, id: &str, rect: Rect, cell: Size, options: &Options) -> Self {
        let (padding, title) = insets(kind, options);
        let width = (rect.width - 2.0 * padding).max(0.0);
        let title = Rect { x: rect.x + padding, y: rect.y + (padding / 2.0).floor(), width, height: title };
        Self { kind, id: id.into(), rect, title, cell, vacant: Vec::new() }
    }
}

/// Padding, and height of the title.
fn insets(kind: AreaKind, options: &Options) -> (f32, f32) {
    match kind {
        AreaKind::Group(_) => (options.padding, options.title_height),
        AreaKind::Community => (options.padding, 0.0),
        AreaKind::Idle => (0.0, 0.0),
    }
}
