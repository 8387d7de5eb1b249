//! Fans drawn as a bus: the trunks between one end and many areas share a line along it and the gaps between rows of areas.

use hashbrown::HashMap;

use super::super::Layout;
use super::super::geometry::{Point, Rect};
use super::{EdgePath, End, FAN, Fans, Step, rect_of};

/// Distance of a bus from its hub, and of its branches from the areas below them.
const APART: f32 = 12.0;

/// Distance between the lines of different hubs.
const LANE: f32 = 4.0;

/// Hubs that have lanes of their own; more share them.
const MOST_LANES: usize = 5;

/// Radius of the corners.
const RADIUS: f32 = 8.0;

/// Draws the paths that belong to a fan, and tells for each path whether it was drawn.
pub(super) fn draw(paths: &mut [EdgePath], fans: &Fans, layout: &Layout) -> Vec<bool> {
    let mut lanes: HashMap<(End, bool), usize> = HashMap::new();
    let mut drawn = vec![false; paths.len()];
    for (path, drawn) in paths.iter_mut().zip(&mut drawn) {
        let (leaving, reaching) = (fans.leaving(path.from), fans.reaching(path.to));
        if path.from == path.to || leaving.max(reaching) <= FAN {
            continue;
        }
        let (outward, hub, other) = if leaving >= reaching { (true, path.from, path.to) } else { (false, path.to, path.from) };
        let next = lanes.len();
        let lane = *lanes.entry((hub, outward)).or_insert(next) % MOST_LANES;
        let mut corners = branch(&rect_of(hub, layout), &rect_of(other, layout), lane as f32, outward);
        if !outward {
            corners.reverse();
        }
        path.start = corners[0];
        path.steps = rounded(&corners);
        *drawn = true;
    }
    drawn
}

/// The corners of the way from a hub along its bus and over the top of a box into it.
fn branch(hub: &Rect, other: &Rect, lane: f32, outward: bool) -> [Point; 5] {
    let middle = hub.center();
    let shift = APART + lane * LANE;
    let (edge, along) = if other.center().x >= middle.x { (hub.right(), hub.right() + shift) } else { (hub.x, hub.x - shift) };
    let over = other.y - shift;
    // What comes in enters at the left end of the top, what goes out leaves at the right end.
    let inset = (2.0 * APART + lane * 3.0 * LANE).min(other.width / 2.0);
    let top = if outward { other.x + inset } else { other.right() - inset };
    [Point { x: edge, y: middle.y }, Point { x: along, y: middle.y }, Point { x: along, y: over }, Point { x: top, y: over }, Point { x: top, y: other.y }]
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
