//! Fans drawn as a bus: the paths between one end and many others share a line along it and the gaps between rows of boxes or areas. A node of which the
//! way is not free is left out: its path is a curve.

use hashbrown::HashMap;

use super::super::Layout;
use super::super::geometry::{Point, Rect, Size};
use super::super::space::Space;
use super::{EdgePath, End, FAN, Fans, Step, rect_of};

/// Distance of a bus from its hub, and of its branches from the areas below them.
const APART: f32 = 12.0;

/// Distance between the lines of different hubs.
const LANE: f32 = 4.0;

/// The same for branches along single boxes, which stand closer: the middle of their gap.
const APART_NODE: f32 = 5.0;
const LANE_NODE: f32 = 1.0;

/// Hubs that have lanes of their own; more share them.
const MOST_LANES: usize = 5;

/// Radius of the corners.
const RADIUS: f32 = 8.0;

/// Draws the paths that belong to a fan, and tells for each path whether it was drawn.
pub(super) fn draw(paths: &mut [EdgePath], fans: &Fans, layout: &Layout) -> Vec<bool> {
    let mut lanes: HashMap<(End, bool), usize> = HashMap::new();
    let mut drawn = vec![false; paths.len()];
    let mut boxes = Space::new(layout.bounds.size());
    for &rect in &layout.boxes {
        boxes.insert(rect);
    }
    for (path, drawn) in paths.iter_mut().zip(&mut drawn) {
        let (leaving, reaching) = (fans.leaving(path.from), fans.reaching(path.to));
        if path.from == path.to || leaving.max(reaching) <= FAN {
            continue;
        }
        let (outward, hub, other) = if leaving >= reaching { (true, path.from, path.to) } else { (false, path.to, path.from) };
        let next = lanes.len();
        let lane = *lanes.entry((hub, outward)).or_insert(next) % MOST_LANES;
        let branch = Branch { hub: rect_of(hub, layout), other: rect_of(other, layout), lane: lane as f32, outward };
        let corners = match other {
            End::Area(_) => Some(branch.over(APART + branch.lane * LANE)),
            End::Node(_) => {
                let apart = APART_NODE + branch.lane * LANE_NODE;
                [branch.over(apart), branch.under(apart)].into_iter().find(|corners| corners.windows(2).all(|ends| is_free(&boxes, ends[0], ends[1])))
            }
        };
        let Some(mut corners) = corners else { continue };
        if !outward {
            corners.reverse();
        }
        path.start = corners[0];
        path.steps = rounded(&corners);
        *drawn = true;
    }
    drawn
}

/// Whether a level or upright line covers no box.
fn is_free(boxes: &Space, from: Point, to: Point) -> bool {
    let at = Point { x: from.x.min(to.x), y: from.y.min(to.y) };
    boxes.touching(&Rect::new(at, Size { width: (from.x - to.x).abs(), height: (from.y - to.y).abs() })).is_none()
}

/// The way from a hub along its bus to another box.
struct Branch {
    hub: Rect,
    other: Rect,
    lane: f32,
    outward: bool,
}

impl Branch {
    /// The corners of the way over the top of the box into it.
    fn over(&self, apart: f32) -> [Point; 5] {
        self.level(self.other.y - apart, self.other.y)
    }

    /// The corners of the way under the box into it.
    fn under(&self, apart: f32) -> [Point; 5] {
        self.level(self.other.bottom() + apart, self.other.bottom())
    }

    fn level(&self, level: f32, end: f32) -> [Point; 5] {
        let (hub, other) = (&self.hub, &self.other);
        let middle = hub.center();
        let shift = APART + self.lane * LANE;
        let (edge, along) = if other.center().x >= middle.x { (hub.right(), hub.right() + shift) } else { (hub.x, hub.x - shift) };
        // What comes in enters at the left end of the top, what goes out leaves at the right end.
        let inset = (2.0 * APART + self.lane * 3.0 * LANE).min(other.width / 2.0);
        let at = if self.outward { other.x + inset } else { other.right() - inset };
        [Point { x: edge, y: middle.y }, Point { x: along, y: middle.y }, Point { x: along, y: level }, Point { x: at, y: level }, Point { x: at, y: end }]
    }
}

/// Straight lines with round corners.
fn rounded(corners: &[Point; 5]) -> Vec<Step> {
    let mut steps = Vec::with_capacity(corners.len() * 2);
    for window in corners.windows(3) {
        let (before, corner, after) = (window[0], window[1], window[2]);
        let toward = |other: Point| {
            let (x, y) = (other.x - corner.x, other.y - corner.y);
            let length = (x * x + y * y).sqrt();
            let share = if length > 0.0 { RADIUS.min(length / 2.0) / length } else { 0.0 };
            Point { x: corner.x + x * share, y: corner.y + y * share }
        };
        let (enter, leave) = (toward(before), toward(after));
        steps.push(Step::Line(enter));
        steps.push(Step::Curve([corner, corner], leave));
    }
    steps.push(Step::Line(corners[4]));
    steps
}
