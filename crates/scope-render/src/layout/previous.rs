//! What the next layout keeps to.

use hashbrown::HashMap;

use super::geometry::{Rect, Size, bounds_of};
use super::input::Graph;
use super::{AreaKind, Layout};

/// The places of a former layout, by id: what has a place there keeps it in the next layout.
#[derive(Clone, Debug, Default)]
pub struct Previous {
    nodes: HashMap<Box<str>, Known>,
    areas: Vec<KnownArea>,
    bounds: Rect,
    rounds: u64,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    rect: Rect,
    round: u64,
}

/// A rectangle of a former layout.
#[derive(Clone, Debug)]
pub(super) struct KnownArea {
    pub(super) kind: AreaKind,
    pub(super) id: Box<str>,
    pub(super) rect: Rect,
    pub(super) cell: Size,
    pub(super) vacant: Vec<Rect>,
}

impl Previous {
    /// Replaces what is known by a layout and the graph that it was made from. Nodes that left are forgotten: their places are free.
    pub fn update(&mut self, graph: &Graph<'_>, layout: &Layout) {
        self.rounds += 1;
        let round = self.rounds;
        for (node, &rect) in graph.nodes.iter().zip(&layout.boxes) {
            let known = Known { rect, round };
            match self.nodes.get_mut(node.id) {
                Some(place) => *place = known,
                None => {
                    self.nodes.insert(node.id.into(), known);
                }
            }
        }
        if self.nodes.len() > graph.nodes.len() {
            self.nodes.retain(|_, known| known.round == round);
        }
        let known = |area: &super::Area| KnownArea { kind: area.kind, id: area.id.clone(), rect: area.rect, cell: area.cell, vacant: area.vacant.clone() };
        self.areas = layout.areas.iter().map(known).collect();
        self.bounds = bounds_of(self.nodes.values().map(|known| &known.rect).chain(self.areas.iter().map(|area| &area.rect)));
    }

    /// The former box of a node.
    pub fn node(&self, id: &str) -> Option<Rect> {
        self.nodes.get(id).map(|known| known.rect)
    }

    /// How many nodes have a place.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True if no node has a place.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The boxes of the nodes for which `stays` does not hold, from top to bottom.
    pub(super) fn departed(&self, stays: impl Fn(&str) -> bool) -> Vec<Rect> {
        let mut rects: Vec<Rect> = self.nodes.iter().filter(|(id, _)| !stays(id)).map(|(_, known)| known.rect).collect();
        rects.sort_by(|a, b| a.y.total_cmp(&b.y).then(a.x.total_cmp(&b.x)));
        rects
    }

    /// The former rectangles, in the order of that layout.
    pub(super) fn areas(&self) -> &[KnownArea] {
        &self.areas
    }

    /// The extent of everything known.
    pub(super) fn extent(&self) -> Size {
        self.bounds.size()
    }
}
