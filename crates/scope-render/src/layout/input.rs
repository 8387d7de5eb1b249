//! What a layout is made from: nodes, groups, edges and options, and their cleaned, order-independent form.

use super::geometry::Size;

/// A graph to place. Everything is borrowed; nothing in it is trusted (sizes are clamped, indices out of range ignored).
#[derive(Clone, Copy, Debug, Default)]
pub struct Graph<'a> {
    /// The boxes to place. Their order has no influence on the result; ids should be unique.
    pub nodes: &'a [Node<'a>],
    /// The groups that nodes name by index. Groups without a member are not placed; groups with the same id are one.
    pub groups: &'a [Group<'a>],
    /// The connections. Self loops and duplicates are allowed.
    pub edges: &'a [Edge],
}

/// A box with a label, already measured.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// Stable identity, for example `container:3f2a…`.
    pub id: &'a str,
    /// Index into [`Graph::groups`]; `None`, or an index out of range, leaves the node free.
    pub group: Option<u32>,
    /// Width of the box with its label. Clamped to 8..=2048; anything not finite counts as 8.
    pub width: f32,
    /// Height of the box with its label, clamped like the width.
    pub height: f32,
}

/// A frame around nodes.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// Stable identity, for example a namespace or a Compose project.
    pub id: &'a str,
    /// Width of the title: the frame is never narrower. Clamped like a node's width.
    pub title_width: f32,
}

/// A connection from a client to a server.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// Index of the client in [`Graph::nodes`].
    pub from: u32,
    /// Index of the server in [`Graph::nodes`].
    pub to: u32,
    /// How much the two belong together, for example a number of connections. Clamped to 0..=1e6; anything not finite counts as 1.
    pub weight: f32,
}

/// The looks that a layout aims at.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Width to height that the whole picture approaches.
    pub aspect: f32,
    /// Least distance between two boxes.
    pub node_gap: f32,
    /// Least distance between two columns of boxes that edges run between.
    pub layer_gap: f32,
    /// Distance between two groups.
    pub group_gap: f32,
    /// Distance between a group's frame and its members.
    pub padding: f32,
    /// Height kept free for the title at the top of a group.
    pub title_height: f32,
    /// A picture of which less than this share of the nodes is known from the previous one is laid out afresh; 0 never gives up a place.
    pub keep_share: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            aspect: 1.6,
            node_gap: 14.0,
            layer_gap: 56.0,
            // One more row of boxes of the usual height fits between two groups, and some air.
            group_gap: 60.0,
            padding: 16.0,
            title_height: 24.0,
            keep_share: 0.25,
        }
    }
}

impl Options {
    /// The options with every figure finite, whole and within sensible limits.
    pub(super) fn clamped(&self) -> Self {
        let standard = Self::default();
        let whole = |value: f32, or: f32| if value.is_finite() { value.clamp(0.0, 1024.0).ceil() } else { or };
        let ratio = |value: f32, or: f32, low: f32, high: f32| if value.is_finite() { value.clamp(low, high) } else { or };
        Self {
            aspect: ratio(self.aspect, standard.aspect, 0.1, 10.0),
            node_gap: whole(self.node_gap, standard.node_gap).max(2.0),
            layer_gap: whole(self.layer_gap, standard.layer_gap).max(2.0),
            group_gap: whole(self.group_gap, standard.group_gap).max(2.0),
            padding: whole(self.padding, standard.padding),
            title_height: whole(self.title_height, standard.title_height),
            keep_share: ratio(self.keep_share, standard.keep_share, 0.0, 1.0),
        }
    }
}

/// A connection between two items, by their number in sorted order; `from` and `to` differ, and no pair comes twice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Link {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) weight: f32,
}

/// The graph cleaned: nodes in the order of their ids, links merged, sizes whole.
pub(super) struct Sorted {
    /// For each place in sorted order, the index in [`Graph::nodes`].
    pub(super) order: Vec<u32>,
    /// Box sizes in sorted order: whole and even, so that middles are whole too.
    pub(super) sizes: Vec<Size>,
    /// The group of each node in sorted order, as a number into `groups`.
    pub(super) group: Vec<Option<u32>>,
    /// The groups that have members, in the order of their ids: index in [`Graph::groups`] and title width.
    pub(super) groups: Vec<(u32, f32)>,
    /// The connections in sorted order.
    pub(super) links: Vec<Link>,
}

impl Sorted {
    pub(super) fn new(graph: &Graph<'_>) -> Self {
        let mut order: Vec<u32> = (0..graph.nodes.len() as u32).collect();
        order.sort_by(|&a, &b| graph.nodes[a as usize].id.cmp(graph.nodes[b as usize].id));
        let mut place = vec![0_u32; order.len()];
        for (at, &index) in order.iter().enumerate() {
            place[index as usize] = at as u32;
        }
        let (groups, number) = sort_groups(graph);
        let nodes = || order.iter().map(|&index| &graph.nodes[index as usize]);
        Self {
            sizes: nodes().map(|node| Size { width: even(node.width), height: even(node.height) }).collect(),
            group: nodes().map(|node| node.group.and_then(|group| number.get(group as usize).copied())).collect(),
            groups,
            links: sort_links(graph.edges, &place),
            order,
        }
    }
}

/// The groups with members by id, and for each index of the input its number among them.
fn sort_groups(graph: &Graph<'_>) -> (Vec<(u32, f32)>, Vec<u32>) {
    let mut used = vec![false; graph.groups.len()];
    for group in graph.nodes.iter().filter_map(|node| node.group) {
        if let Some(used) = used.get_mut(group as usize) {
            *used = true;
        }
    }
    let id = |index: u32| graph.groups[index as usize].id;
    let mut by_id: Vec<u32> = (0..graph.groups.len() as u32).filter(|&index| used[index as usize]).collect();
    by_id.sort_by(|&a, &b| id(a).cmp(id(b)));
    let mut groups: Vec<(u32, f32)> = Vec::with_capacity(by_id.len());
    let mut number = vec![0; graph.groups.len()];
    for index in by_id {
        let title = even(graph.groups[index as usize].title_width);
        match groups.last_mut() {
            Some((last, width)) if id(*last) == id(index) => *width = width.max(title),
            _ => groups.push((index, title)),
        }
        number[index as usize] = groups.len() as u32 - 1;
    }
    (groups, number)
}

fn sort_links(edges: &[Edge], place: &[u32]) -> Vec<Link> {
    let clean = |edge: &Edge| {
        let (&from, &to) = (place.get(edge.from as usize)?, place.get(edge.to as usize)?);
        let weight = if edge.weight.is_finite() { edge.weight.clamp(0.0, 1e6) } else { 1.0 };
        (from != to).then_some(Link { from, to, weight })
    };
    merge_links(edges.iter().filter_map(clean).collect())
}

/// Sorts links by their ends and adds up those with the same ends. Weights of equal ends are added in ascending order, so that
/// the sum does not depend on the order of the input.
pub(super) fn merge_links(mut links: Vec<Link>) -> Vec<Link> {
    links.sort_unstable_by(|a, b| (a.from, a.to).cmp(&(b.from, b.to)).then(a.weight.total_cmp(&b.weight)));
    links.dedup_by(|next, kept| {
        let same = (next.from, next.to) == (kept.from, kept.to);
        if same {
            kept.weight += next.weight;
        }
        same
    });
    links
}

/// A size made finite, within limits, whole and even.
fn even(length: f32) -> f32 {
    let length = if length.is_finite() { length.clamp(8.0, 2048.0) } else { 8.0 };
    (length / 2.0).ceil() * 2.0
}
