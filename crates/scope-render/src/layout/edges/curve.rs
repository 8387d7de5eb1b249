//! Single curves: where they leave and reach a border, how they bend, and how they keep off boxes.

use super::super::Layout;
use super::super::geometry::{Point, Rect, Size};
use super::super::space::Space;
use super::{EdgePath, End, Step, rect_of};

/// More paths than this are not led around boxes: nobody could follow them anyway.
const MOST_CHECKED: usize = 4000;

/// Other shapes of a curve, cheapest first: where it changes its level, how far it bends aside, and how much less it must cover to be
/// worth it.
const BENDS: [(f32, f32, f32); 6] = [(0.85, 0.0, 0.2), (0.15, 0.0, 0.2), (0.5, 40.0, 0.3), (0.5, -40.0, 0.3), (0.5, 90.0, 0.6), (0.5, -90.0, 0.6)];

/// At most so many boxes are passed by one line.
const MOST_DETOURS: usize = 4;

/// A border of a box.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

/// A curve to be drawn.
struct Curve {
    path: usize,
    from: Rect,
    to: Rect,
    leaves: Side,
    reaches: Side,
    start: Point,
    end: Point,
}

/// Draws every path that is not drawn yet.
pub(super) fn draw(paths: &mut [EdgePath], drawn: &[bool], layout: &Layout) {
    let open = (0..paths.len()).filter(|&path| !drawn.get(path).copied().unwrap_or_default());
    let mut curves: Vec<Curve> = open
        .map(|path| {
            let (from, to) = (rect_of(paths[path].from, layout), rect_of(paths[path].to, layout));
            let (leaves, reaches) = if paths[path].from == paths[path].to { (Side::Top, Side::Right) } else { sides(&from, &to) };
            Curve { path, from, to, leaves, reaches, start: Point::default(), end: Point::default() }
        })
        .collect();
    attach(&mut curves, paths);
    let obstacles = (curves.len() <= MOST_CHECKED).then(|| Obstacles::new(layout));
    for curve in &curves {
        let path = &mut paths[curve.path];
        path.start = curve.start;
        path.steps = match &obstacles {
            Some(obstacles) if !path.muted && path.from != path.to => curve.led_around(path, obstacles),
            _ => vec![curve.plain()],
        };
    }
}

/// The borders that face each other: left and right wherever there is room between, since that is the direction of reading.
fn sides(from: &Rect, to: &Rect) -> (Side, Side) {
    let room = 8.0;
    if to.x >= from.right() + room {
        (Side::Right, Side::Left)
    } else if from.x >= to.right() + room {
        (Side::Left, Side::Right)
    } else if to.y >= from.bottom() {
        (Side::Bottom, Side::Top)
    } else if from.y >= to.bottom() {
        (Side::Top, Side::Bottom)
    } else {
        (Side::Right, Side::Right)
    }
}

/// Spreads the ends on each border in the order of what is at the other end, so that curves do not cross there and the two of
/// opposite directions lie side by side.
fn attach(curves: &mut [Curve], paths: &[EdgePath]) {
    struct Port {
        at: (End, Side),
        /// Where the other end lies, along the border.
        toward: f32,
        curve: usize,
        is_start: bool,
    }
    let along = |side: Side, other: &Rect| match side {
        Side::Left | Side::Right => other.center().y,
        Side::Top | Side::Bottom => other.center().x,
    };
    let mut ports = Vec::with_capacity(curves.len() * 2);
    for (number, curve) in curves.iter().enumerate() {
        let path = &paths[curve.path];
        let (leaves, reaches) = (curve.leaves, curve.reaches);
        ports.push(Port { at: (path.from, leaves), toward: along(leaves, &curve.to), curve: number, is_start: true });
        ports.push(Port { at: (path.to, reaches), toward: along(reaches, &curve.from), curve: number, is_start: false });
    }
    // Of two curves between the same boxes, the order is the same at both ends: they run in parallel.
    ports.sort_by(|a, b| a.at.cmp(&b.at).then(a.toward.total_cmp(&b.toward)).then(a.curve.cmp(&b.curve)));
    for border in ports.chunk_by(|a, b| a.at == b.at) {
        for (number, port) in border.iter().enumerate() {
            let curve = &mut curves[port.curve];
            let rect = if port.is_start { curve.from } else { curve.to };
            let length = match port.at.1 {
                Side::Left | Side::Right => rect.height,
                Side::Top | Side::Bottom => rect.width,
            };
            let step = (length * 0.7 / border.len() as f32).min(12.0);
            let shift = (number as f32 - (border.len() - 1) as f32 / 2.0) * step;
            let middle = rect.center();
            let point = match port.at.1 {
                Side::Left => Point { x: rect.x, y: middle.y + shift },
                Side::Right => Point { x: rect.right(), y: middle.y + shift },
                Side::Top => Point { x: middle.x + shift, y: rect.y },
                Side::Bottom => Point { x: middle.x + shift, y: rect.bottom() },
            };
            if port.is_start {
                curve.start = point;
            } else {
                curve.end = point;
            }
        }
    }
}

impl Curve {
    /// A gentle curve, at right angles to the borders.
    fn plain(&self) -> Step {
        if self.leaves == Side::Top && self.reaches == Side::Right {
            let reach = 26.0;
            let controls = [Point { x: self.start.x, y: self.start.y - reach }, Point { x: self.end.x + reach, y: self.end.y }];
            return Step::Curve(controls, self.end);
        }
        self.bent(0.5, 0.0)
    }

    /// A curve that changes its level after a share of the way, and bends aside.
    fn bent(&self, early: f32, aside: f32) -> Step {
        let (x, y) = ((self.end.x - self.start.x).abs(), (self.end.y - self.start.y).abs());
        let reach = |along: f32, across: f32| along.max((across * 0.4).min(120.0)).max(24.0);
        let length = match self.leaves {
            Side::Left | Side::Right => reach(x, y),
            Side::Top | Side::Bottom => reach(y, x),
        };
        let out = |side: Side, at: Point, length: f32| match side {
            Side::Left => Point { x: at.x - length, y: at.y + aside },
            Side::Right => Point { x: at.x + length, y: at.y + aside },
            Side::Top => Point { x: at.x + aside, y: at.y - length },
            Side::Bottom => Point { x: at.x + aside, y: at.y + length },
        };
        Step::Curve([out(self.leaves, self.start, length * early), out(self.reaches, self.end, length * (1.0 - early))], self.end)
    }

    /// The line that covers least of what it has nothing to do with.
    fn led_around(&self, path: &EdgePath, obstacles: &Obstacles<'_>) -> Vec<Step> {
        let mut best = vec![self.plain()];
        let (mut least, mut hit) = obstacles.covered(path, &best);
        let mut ways: Vec<Way> = Vec::new();
        let level = matches!((self.leaves, self.reaches), (Side::Right, Side::Left) | (Side::Left, Side::Right));
        for _ in 0..MOST_DETOURS {
            let Some(around) = hit.filter(|_| level && least > 0.0) else { break };
            let tried = self.ways_past(&around, &ways).into_iter().flatten().map(|ways| {
                let steps = self.along(&ways);
                (obstacles.covered(path, &steps), steps, ways)
            });
            let Some(found) = tried.min_by(|a, b| a.0.0.total_cmp(&b.0.0)).filter(|found| found.0.0 < least) else { break };
            ((least, hit), best, ways) = found;
        }
        for (early, aside, price) in BENDS {
            if least <= price {
                break;
            }
            let steps = vec![self.bent(early, aside)];
            let covered = obstacles.covered(path, &steps).0 + price;
            if covered < least {
                (least, best) = (covered, steps);
            }
        }
        best
    }

    /// The ways so far with one more, above a rectangle or below it; none where it begins before the start, reaches beyond the end, or
    /// meets another way.
    fn ways_past(&self, around: &Rect, ways: &[Way]) -> [Option<Vec<Way>>; 2] {
        let right = self.end.x > self.start.x;
        let (low, high) = if right { (self.start.x, self.end.x) } else { (self.end.x, self.start.x) };
        let (left, end) = (around.x.max(low + 24.0), around.right().min(high - 24.0));
        let apart = ways.iter().all(|way| end < way.from.min(way.to) || left > way.from.max(way.to));
        [around.y - APART, around.bottom() + APART].map(|y| {
            (apart && left < end).then(|| {
                let (from, to) = if right { (left, end) } else { (end, left) };
                let mut all: Vec<Way> = ways.iter().copied().chain([Way { from, to, y }]).collect();
                all.sort_by(|a, b| if right { a.from.total_cmp(&b.from) } else { b.from.total_cmp(&a.from) });
                all
            })
        })
    }

    /// The line that takes these level ways.
    fn along(&self, ways: &[Way]) -> Vec<Step> {
        let mut steps = Vec::with_capacity(ways.len() * 2 + 1);
        let mut at = self.start;
        let curve = |from: Point, to: Point| {
            let middle = f32::midpoint(from.x, to.x);
            Step::Curve([Point { x: middle, y: from.y }, Point { x: middle, y: to.y }], to)
        };
        for way in ways {
            steps.push(curve(at, Point { x: way.from, y: way.y }));
            at = Point { x: way.to, y: way.y };
            steps.push(Step::Line(at));
        }
        steps.push(curve(at, self.end));
        steps
    }
}

/// Distance of a line from the boxes that it passes: half the usual gap between boxes.
const APART: f32 = 7.0;

/// A level piece of a line that passes a box.
#[derive(Clone, Copy)]
struct Way {
    from: f32,
    to: f32,
    y: f32,
}

/// The boxes and frames that lines should not cover.
struct Obstacles<'a> {
    layout: &'a Layout,
    boxes: Space,
    frames: Space,
}

impl<'a> Obstacles<'a> {
    fn new(layout: &'a Layout) -> Self {
        let mut boxes = Space::new(layout.bounds.size());
        for &rect in &layout.boxes {
            boxes.insert(rect);
        }
        let mut frames = Space::new(layout.bounds.size());
        for area in &layout.areas {
            frames.insert(area.rect);
        }
        Self { layout, boxes, frames }
    }

    /// How much of a line lies over boxes, and (counting less) over frames, that it has nothing to do with, and the first of these.
    fn covered(&self, path: &EdgePath, steps: &[Step]) -> (f32, Option<Rect>) {
        let own = |end: End| match end {
            End::Node(node) => (Some(node), self.layout.area_of.get(node as usize).copied().flatten()),
            End::Area(area) => (None, Some(area)),
        };
        let (from, to) = (own(path.from), own(path.to));
        let single = from.0.is_some() && to.0.is_some();
        let (mut covered, mut first) = (0.0, None);
        let mut start = path.start;
        for step in steps {
            let samples = if matches!(step, Step::Line(_)) { 4 } else { 16 };
            // In units of a whole curve, however many pieces the line has.
            let share = 1.0 / steps.len() as f32;
            for sample in 1..samples {
                let spot = Rect::new(point(start, step, sample as f32 / samples as f32), Size::default());
                if let Some(number) = self.frames.touching(&spot)
                    && Some(number) != from.1
                    && Some(number) != to.1
                {
                    covered += 0.5 * share;
                    first = first.or_else(|| self.layout.areas.get(number as usize).map(|area| area.rect));
                }
                if let Some(number) = self.boxes.touching(&spot).filter(|_| single)
                    && Some(number) != from.0
                    && Some(number) != to.0
                {
                    covered += share;
                    first = first.or_else(|| self.layout.boxes.get(number as usize).copied());
                }
            }
            start = step.end();
        }
        (covered, first)
    }
}

/// A point of a piece, at a share of its way.
fn point(start: Point, step: &Step, share: f32) -> Point {
    let rest = 1.0 - share;
    match *step {
        Step::Line(end) => Point { x: start.x * rest + end.x * share, y: start.y * rest + end.y * share },
        Step::Curve([first, second], end) => {
            let weights = [rest * rest * rest, 3.0 * rest * rest * share, 3.0 * rest * share * share, share * share * share];
            let sum = |along: fn(&Point) -> f32| [start, first, second, end].iter().zip(weights).map(|(point, weight)| along(point) * weight).sum();
            Point { x: sum(|point| point.x), y: sum(|point| point.y) }
        }
    }
}
