//! Paths for the edges of a picture: where they leave and reach boxes, how they bend, and which of them run together as one trunk.
//!
//! A pure function of the graph and its layout: paths need no memory, and follow when boxes move.

mod bus;
mod curve;

use hashbrown::HashMap;

use super::Layout;
use super::geometry::{Point, Rect};
use super::input::Graph;

/// More paths than this in one direction at one end are a fan.
const FAN: u32 = 16;

/// More fans than this, and than a part of all ends, are not drawn as buses: the graph is dense.
const MOST_FANS: usize = 12;
const MOST_FANS_PART: usize = 16;

/// In a dense graph, the number of the heaviest paths of each end that are not muted.
const SHOWN: u32 = 3;

/// What is drawn between areas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bundling {
    /// Single edges while there are few, trunks when more than 150 connected pairs of nodes cross the border of an area.
    #[default]
    Auto,
    /// Always trunks.
    Always,
    /// Always single edges.
    Never,
}

/// One end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// A node, by index into [`Graph::nodes`].
    Node(u32),
    /// An area, by index into [`Layout::areas`]: the path stands for all edges of its members.
    Area(u32),
}

/// A line to draw, from client to server.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgePath {
    /// Where the connections come from.
    pub from: End,
    /// Where they go to.
    pub to: End,
    /// Where the line starts: on the border of the box or frame of `from`.
    pub start: Point,
    /// The line, piece by piece; the last ends on the border of the box or frame of `to`. Never empty.
    pub steps: Vec<Step>,
    /// Number of edges of the input that it stands for.
    pub edges: u32,
    /// Sum of their weights.
    pub weight: f32,
    /// One of so many at one end (a monitor, an ingress) that a drawing should hold it back.
    pub muted: bool,
}

/// A piece of a line, from where the one before ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Straight to a point.
    Line(Point),
    /// A cubic Bézier curve: two control points and the end.
    Curve([Point; 2], Point),
}

impl Step {
    /// Where the piece ends.
    pub const fn end(&self) -> Point {
        match *self {
            Self::Line(end) | Self::Curve(_, end) => end,
        }
    }
}

impl EdgePath {
    /// Where the line ends.
    pub fn end(&self) -> Point {
        self.steps.last().map_or(self.start, Step::end)
    }
}

/// All paths of a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Routes {
    /// Paths by their ends.
    pub paths: Vec<EdgePath>,
    /// For each edge of the input the index of the path that stands for it; none for an edge with an end that does not exist.
    pub path_of: Vec<Option<u32>>,
    /// True if edges between areas were made into trunks.
    pub bundled: bool,
}

/// Makes the paths of a graph's edges. `layout` must be the layout of this graph.
pub fn route(graph: &Graph<'_>, layout: &Layout, bundling: Bundling) -> Routes {
    let bundled = match bundling {
        Bundling::Always => true,
        Bundling::Never => false,
        Bundling::Auto => crossing_pairs(graph, layout) > 150,
    };
    let (mut paths, path_of) = merged(graph, layout, bundled);
    let fans = Fans::new(&paths);
    mute(&mut paths, &fans);
    let buses = if fans.few { bus::draw(&mut paths, &fans, layout) } else { Vec::new() };
    curve::draw(&mut paths, &buses, layout);
    Routes { paths, path_of, bundled }
}

fn rect_of(end: End, layout: &Layout) -> Rect {
    match end {
        End::Node(node) => layout.boxes.get(node as usize).copied(),
        End::Area(area) => layout.areas.get(area as usize).map(|area| area.rect),
    }
    .unwrap_or_default()
}

/// The area that stands for a node when edges are bundled.
fn area_of(node: u32, layout: &Layout) -> Option<u32> {
    layout.area_of.get(node as usize).copied().flatten()
}

fn crossing_pairs(graph: &Graph<'_>, layout: &Layout) -> usize {
    let crosses = |&(from, to): &(u32, u32)| {
        let (a, b) = (area_of(from, layout), area_of(to, layout));
        a != b && (a.is_some() || b.is_some())
    };
    let mut pairs: Vec<(u32, u32)> = graph.edges.iter().map(|edge| (edge.from, edge.to)).filter(crosses).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.len()
}

/// One path without a shape for all edges with the same ends.
fn merged(graph: &Graph<'_>, layout: &Layout, bundled: bool) -> (Vec<EdgePath>, Vec<Option<u32>>) {
    let count = layout.boxes.len() as u32;
    let ends = |from: u32, to: u32| {
        let (a, b) = (area_of(from, layout), area_of(to, layout));
        let end = |node: u32, area: Option<u32>| match area {
            Some(area) if bundled && a != b => End::Area(area),
            _ => End::Node(node),
        };
        (from < count && to < count).then(|| (end(from, a), end(to, b)))
    };
    let of_edge: Vec<Option<(End, End)>> = graph.edges.iter().map(|edge| ends(edge.from, edge.to)).collect();
    let mut all: Vec<(End, End)> = of_edge.iter().copied().flatten().collect();
    all.sort_unstable();
    all.dedup();
    let number: HashMap<(End, End), u32> = all.iter().enumerate().map(|(number, &ends)| (ends, number as u32)).collect();
    let nowhere = Point::default();
    let path = |&(from, to): &(End, End)| EdgePath { from, to, start: nowhere, steps: Vec::new(), edges: 0, weight: 0.0, muted: false };
    let mut paths: Vec<EdgePath> = all.iter().map(path).collect();
    let path_of: Vec<Option<u32>> = of_edge.iter().map(|ends| number.get(ends.as_ref()?).copied()).collect();
    for (edge, path) in graph.edges.iter().zip(&path_of) {
        if let Some(path) = path.and_then(|path| paths.get_mut(path as usize)) {
            path.edges += 1;
            path.weight += if edge.weight.is_finite() { edge.weight.max(0.0) } else { 1.0 };
        }
    }
    (paths, path_of)
}

/// Marks the paths that are held back: those of fans. Where most ends have fans, the heaviest paths of every end stay.
fn mute(paths: &mut [EdgePath], fans: &Fans) {
    for path in &mut *paths {
        path.muted = fans.leaving(path.from).max(fans.reaching(path.to)) > FAN;
    }
    if fans.few {
        return;
    }
    let mut by_weight: Vec<u32> = (0..paths.len() as u32).collect();
    by_weight.sort_by(|&a, &b| paths[b as usize].weight.total_cmp(&paths[a as usize].weight));
    let mut shown: HashMap<End, u32> = HashMap::new();
    for path in by_weight {
        let path = &mut paths[path as usize];
        for end in [path.from, path.to] {
            let shown = shown.entry(end).or_default();
            *shown += 1;
            path.muted &= *shown > SHOWN;
        }
    }
}

/// How many paths leave and reach every end.
struct Fans {
    leaving: HashMap<End, u32>,
    reaching: HashMap<End, u32>,
    /// Fans are the exception, so that they can be told apart.
    few: bool,
}

impl Fans {
    fn new(paths: &[EdgePath]) -> Self {
        let mut fans = Self { leaving: HashMap::new(), reaching: HashMap::new(), few: true };
        for path in paths {
            *fans.leaving.entry(path.from).or_default() += 1;
            *fans.reaching.entry(path.to).or_default() += 1;
        }
        let count = fans.leaving.values().chain(fans.reaching.values()).filter(|&&count| count > FAN).count();
        fans.few = count <= MOST_FANS.max((fans.leaving.len() + fans.reaching.len()) / MOST_FANS_PART);
        fans
    }

    fn leaving(&self, end: End) -> u32 {
        self.leaving.get(&end).copied().unwrap_or_default()
    }

    fn reaching(&self, end: End) -> u32 {
        self.reaching.get(&end).copied().unwrap_or_default()
    }
}
