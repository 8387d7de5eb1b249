//! A view as shapes: boxes with labels, frames, lines with heads, and a legend of what occurs.

use std::fmt::Write as _;

use scope_core::Value;
use scope_core::field::Unit;

use super::health::{Health, Judgement, fails, judge};
use super::scene::{Ink, Of, Part, Scene, Shape};
use super::text;
use crate::layout::edges::{Bundling, EdgePath, End, Step, route};
use crate::layout::{self, AreaKind, Layout, Point, Previous, Rect};
use crate::output::figure;
use crate::output::safe::label;
use crate::view::{Node, Rendered, Role};

const NAME_SIZE: f32 = 13.0;
const DETAIL_SIZE: f32 = 10.5;
const TITLE_SIZE: f32 = 12.0;
const PORT_SIZE: f32 = 9.5;
/// Characters of a name before its middle is left out.
const NAME_CHARS: usize = 30;
/// Characters of a name in the text that appears over a node: whole enough to be found by, and no 64 KiB.
const ABOUT_CHARS: usize = 512;
/// Space left and right of a label, and what the sign of the state takes.
const PAD: f32 = 12.0;
const SIGN: f32 = 16.0;
/// Space around the whole.
const MARGIN: f32 = 32.0;
/// Edges in a picture up to which ports are written at them.
const PORTS_AT: usize = 80;

/// A view with its places.
pub(super) struct Placed {
    labels: Vec<Label>,
    frames: Vec<String>,
    pub(super) layout: Layout,
    paths: Vec<EdgePath>,
    /// For each edge of the view the path that stands for it.
    path_of: Vec<Option<u32>>,
}

struct Label {
    name: String,
    detail: String,
}

/// Measures labels and finds a place for everything.
pub(super) fn place(rendered: &Rendered<'_, '_>) -> Placed {
    let labels: Vec<Label> = rendered.nodes.iter().map(|node| Label { name: label(&node.name, NAME_CHARS), detail: detail(rendered, node) }).collect();
    let (frames, layout, routes) = with_graph(rendered, &labels, |graph, frames| {
        let layout = layout::layout(graph, None, &layout::Options::default());
        let routes = route(graph, &layout, Bundling::Auto);
        (frames, layout, routes)
    });
    Placed { labels, frames, layout, paths: routes.paths, path_of: routes.path_of }
}

/// Places that stay: what was placed before keeps its place, and a box has the same size whatever the figures are.
pub(super) fn keep(rendered: &Rendered<'_, '_>, previous: &mut Previous) -> (Layout, Vec<String>) {
    // Room for a line of figures beneath each name, which whoever draws fills.
    let labels: Vec<Label> = rendered.nodes.iter().map(|node| Label { name: label(&node.name, NAME_CHARS), detail: "100.0%  1023.9 MiB".to_owned() }).collect();
    with_graph(rendered, &labels, |graph, frames| {
        let layout = layout::layout(graph, Some(previous), &layout::Options::default());
        previous.update(graph, &layout);
        (layout, frames)
    })
}

/// Runs `act` with the graph to be laid out, and the titles of its frames.
fn with_graph<A>(rendered: &Rendered<'_, '_>, labels: &[Label], act: impl FnOnce(&layout::Graph<'_>, Vec<String>) -> A) -> A {
    let (frames, frame_of) = rendered.frames();
    let titles: Vec<String> = frames.iter().map(|frame| label(&frame.title, 48)).collect();
    let nodes: Vec<layout::Node<'_>> = rendered
        .nodes
        .iter()
        .zip(labels)
        .zip(frame_of)
        .map(|((node, label), group)| {
            let text = text::width(&label.name, NAME_SIZE).max(text::width(&label.detail, DETAIL_SIZE));
            layout::Node { id: &node.id, group, width: (text + 2.0 * PAD + SIGN).max(88.0), height: if label.detail.is_empty() { 30.0 } else { 42.0 } }
        })
        .collect();
    let groups: Vec<layout::Group<'_>> =
        frames.iter().zip(&titles).map(|(frame, title)| layout::Group { id: &frame.id, title_width: text::width(title, TITLE_SIZE) * 1.1 }).collect();
    let edges: Vec<layout::Edge> =
        rendered.edges.iter().map(|edge| layout::Edge { from: edge.from, to: edge.to, weight: 1.0 + edge.figures.open as f32 }).collect();
    act(&layout::Graph { nodes: &nodes, groups: &groups, edges: &edges }, titles)
}

/// The line beneath a name: what one wants to know first.
fn detail(rendered: &Rendered<'_, '_>, node: &Node<'_>) -> String {
    let members = rendered.members(node).len();
    let mut parts = Vec::new();
    if node.role == Role::Group {
        parts.push(format!(
            "{members} {}{}",
            node.kind,
            if members == 1 {
                ""
            } else if node.kind.ends_with('s') {
                "es"
            } else {
                "s"
            }
        ));
    }
    for (name, unit) in [("cpu_pct", Unit::PercentOfCore), ("mem_bytes", Unit::Bytes)] {
        parts.extend(rendered.metric(node, name).map(|value| figure(value, unit)));
    }
    match rendered.attr(node, "state") {
        Some(Value::Text(state)) if !matches!(state.as_str(), "running" | "sleeping" | "idle") => parts.push(label(state, 16)),
        _ => {}
    }
    parts.join("  ")
}

/// The whole picture.
pub(super) fn compose(rendered: &Rendered<'_, '_>) -> Scene {
    let placed = place(rendered);
    let mut parts = Vec::new();
    for area in &placed.layout.areas {
        let AreaKind::Group(group) = area.kind else { continue };
        let title = placed.frames.get(group as usize).cloned().unwrap_or_default();
        let at = Point { x: area.title.x, y: area.title.y + TITLE_SIZE + 2.0 };
        parts.push(Part {
            of: Of::Frame,
            shapes: vec![
                Shape::Box { rect: area.rect, radius: 10.0, fill: Some(Ink::Frame), stroke: Some(Ink::FrameLine), width: 1.0, dashed: false },
                Shape::Text { at, size: TITLE_SIZE, ink: Ink::Faint, bold: true, text: title },
            ],
        });
    }
    let fails = edges(rendered, &placed, &mut parts);
    let mut signs = Vec::new();
    for (index, node) in rendered.nodes.iter().enumerate() {
        let (Some(rect), Some(label)) = (placed.layout.boxes.get(index), placed.labels.get(index)) else { continue };
        let name = crate::output::safe::label(&node.name, ABOUT_CHARS);
        let Judgement { health, reasons } = judge(rendered, node);
        let sign = sign(rendered, node, health);
        let reasons = reasons.join(", ");
        let about = [name.as_str(), node.kind, label.detail.as_str(), &reasons].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
        parts.push(Part { of: Of::Node { node: index as u32, about }, shapes: node_shapes(*rect, node, sign, label) });
        signs.extend(sign.filter(|sign| !signs.contains(sign)));
    }
    let mut view = grown(placed.layout.bounds, MARGIN);
    if rendered.nodes.is_empty() {
        view = Rect { x: 0.0, y: 0.0, width: 480.0, height: 160.0 };
        let text = "Nothing to show".to_owned();
        let at = Point { x: 180.0, y: 84.0 };
        parts.push(Part { of: Of::Legend, shapes: vec![Shape::Text { at, size: NAME_SIZE, ink: Ink::Faint, bold: false, text }] });
    }
    legend(rendered, &signs, fails, &mut view, &mut parts);
    Scene { title: rendered.view.title.to_owned(), view, parts }
}

/// What the sign before a name says.
const SIGNS: [(Health, &str); 4] =
    [(Health::Healthy, "healthy"), (Health::Warning, "warning"), (Health::Critical, "critical"), (Health::Unknown, "not running, or not known yet")];

/// The sign before a node's name; none where there is nothing that could be well or not.
fn sign(rendered: &Rendered<'_, '_>, node: &Node<'_>, health: Health) -> Option<Health> {
    let has_state = || rendered.attr(node, "state").and_then(Value::as_text).is_some();
    (!node.role.is_outside() && (health != Health::Unknown || has_state())).then_some(health)
}

/// The signs of the page: they differ in form as well as in colour. A triangle warns, a disc with a cross is critical.
fn sign_shapes(sign: Health, center: Point) -> Vec<Shape> {
    let disc = |ink, radius, filled| Shape::Disc { center, radius, ink, filled };
    let at = |x: f32, y: f32| Point { x: center.x + x, y: center.y + y };
    match sign {
        Health::Healthy => vec![disc(Ink::Healthy, 4.0, true)],
        Health::Unknown => vec![disc(Ink::Off, 4.0, false)],
        Health::Warning => {
            let mark = |from: f32, to: f32| straight(at(0.0, from), at(0.0, to), Ink::Node, 1.4);
            vec![Shape::Triangle { points: [at(0.0, -5.6), at(5.8, 4.6), at(-5.8, 4.6)], ink: Ink::Warning, muted: false }, mark(-1.8, 1.4), mark(2.4, 3.6)]
        }
        Health::Critical => [vec![disc(Ink::Critical, 5.2, true)], cross(center, 2.2, Ink::Node, 1.6)].concat(),
    }
}

fn straight(from: Point, to: Point, ink: Ink, width: f32) -> Shape {
    Shape::Line { start: from, steps: vec![Step::Line(to)], ink, width, muted: false, dashed: false }
}

fn cross(center: Point, reach: f32, ink: Ink, width: f32) -> Vec<Shape> {
    let at = |x: f32, y: f32| Point { x: center.x + x * reach, y: center.y + y * reach };
    vec![straight(at(-1.0, -1.0), at(1.0, 1.0), ink, width), straight(at(1.0, -1.0), at(-1.0, 1.0), ink, width)]
}

fn node_shapes(rect: Rect, node: &Node<'_>, sign: Option<Health>, label: &Label) -> Vec<Shape> {
    let outside = matches!(node.role, Role::Pseudo | Role::Uncontained | Role::StandIn);
    let radius = if outside { rect.height / 2.0 } else { 6.0 };
    let fill = if outside { Ink::Outside } else { Ink::Node };
    let mut shapes = Vec::with_capacity(5);
    if node.role == Role::Group {
        // A stack: several things in one place.
        let behind = Rect { x: rect.x + 3.0, y: rect.y + 3.0, ..rect };
        shapes.push(Shape::Box { rect: behind, radius, fill: Some(Ink::Frame), stroke: Some(Ink::NodeLine), width: 1.0, dashed: false });
    }
    shapes.push(Shape::Box { rect, radius, fill: Some(fill), stroke: Some(Ink::NodeLine), width: 1.0, dashed: outside });
    let middle = rect.y + rect.height / 2.0;
    let indent = if sign.is_some() { SIGN } else { 0.0 };
    let width = text::width(&label.name, NAME_SIZE).max(text::width(&label.detail, DETAIL_SIZE));
    let left = if outside { rect.x + (rect.width - width) / 2.0 } else { rect.x + PAD + indent };
    let base = if label.detail.is_empty() { middle + NAME_SIZE * 0.36 } else { middle - 2.5 };
    if let Some(sign) = sign {
        shapes.extend(sign_shapes(sign, Point { x: rect.x + PAD + 3.0, y: base - NAME_SIZE * 0.36 }));
    }
    shapes.push(Shape::Text { at: Point { x: left, y: base }, size: NAME_SIZE, ink: Ink::Text, bold: false, text: label.name.clone() });
    if !label.detail.is_empty() {
        shapes.push(Shape::Text { at: Point { x: left, y: middle + 12.0 }, size: DETAIL_SIZE, ink: Ink::Faint, bold: false, text: label.detail.clone() });
    }
    shapes
}

/// Lines, thicker the more connections they stand for, the ones held back first and those that fail last. Whether any does.
fn edges(rendered: &Rendered<'_, '_>, placed: &Placed, parts: &mut Vec<Part>) -> bool {
    let mut abouts = vec![Vec::new(); placed.paths.len()];
    let mut failing = vec![false; placed.paths.len()];
    let mut ports = vec![Vec::new(); placed.paths.len()];
    for (edge, path) in rendered.edges.iter().zip(&placed.path_of) {
        let Some(path) = path.map(|path| path as usize) else { continue };
        let name = |node: u32| rendered.nodes.get(node as usize).map_or("?", |node| node.name.as_ref());
        let on: Vec<String> = rendered.ports(edge).iter().map(|(protocol, port, _)| format!("{protocol}/{port}")).collect();
        if let Some(about) = abouts.get_mut(path).filter(|about| about.len() < 12) {
            let open = edge.figures.open;
            let failed = edge.figures.failed_total.filter(|failed| *failed > 0).map_or_else(String::new, |failed| format!("  {failed} failed"));
            about.push(format!("{} → {}  {}  {open} open{failed}", label(name(edge.from), 48), label(name(edge.to), 48), on.join(" ")));
        }
        if let Some(failing) = failing.get_mut(path) {
            *failing |= fails(edge);
        }
        if let Some(ports) = ports.get_mut(path) {
            ports.extend(rendered.ports(edge).iter().map(|(_, port, _)| *port));
        }
    }
    let mut taken = placed.layout.boxes.clone();
    let lines: Vec<Point> = if placed.paths.len() <= PORTS_AT { placed.paths.iter().flat_map(line_points).collect() } else { Vec::new() };
    let mut order: Vec<usize> = (0..placed.paths.len()).collect();
    let fails = |at: usize| failing.get(at).copied().unwrap_or(false);
    order.sort_by_key(|at| (fails(*at), placed.paths.get(*at).is_some_and(|path| !path.muted)));
    for at in order {
        let Some(path) = placed.paths.get(at) else { continue };
        let fails = fails(at);
        let (muted, ink) = (path.muted && !fails, if fails { Ink::Critical } else { Ink::Edge });
        let width = if muted { 0.8 } else { (1.1 + path.weight.max(1.0).log10()).min(5.0) };
        let mut shapes = vec![Shape::Line { start: path.start, steps: path.steps.clone(), ink, width, muted, dashed: fails }];
        shapes.extend(head(path, width, ink, muted));
        if fails && let Some(center) = point_on(path, 0.5) {
            shapes.extend(failing_mark(center));
            taken.push(Rect { x: center.x - 7.0, y: center.y - 7.0, width: 14.0, height: 14.0 });
        }
        if placed.paths.len() <= PORTS_AT && !muted {
            shapes.extend(ports.get_mut(at).and_then(|ports| port_label(path, ports, &lines, &mut taken)));
        }
        let ends = match (path.from, path.to) {
            (End::Node(from), End::Node(to)) => Some((from, to)),
            _ => None,
        };
        let mut about = abouts.get(at).map(|about| about.join("\n")).unwrap_or_default();
        if path.edges > 12 {
            let _ = write!(about, "\n… {} in all", path.edges);
        }
        parts.push(Part { of: Of::Edge { ends, about }, shapes });
    }
    failing.contains(&true)
}

/// A cross on a ground of its own: a line on which attempts fail.
fn failing_mark(center: Point) -> Vec<Shape> {
    [vec![Shape::Disc { center, radius: 7.0, ink: Ink::Background, filled: true }], cross(center, 3.4, Ink::Critical, 1.8)].concat()
}

/// The arrow's head at the server.
fn head(path: &EdgePath, width: f32, ink: Ink, muted: bool) -> Option<Shape> {
    let end = path.end();
    let before = match path.steps.last()? {
        Step::Curve([_, control], _) => *control,
        Step::Line(_) => path.steps.len().checked_sub(2).and_then(|at| path.steps.get(at)).map_or(path.start, Step::end),
    };
    let (dx, dy) = (end.x - before.x, end.y - before.y);
    let length = dx.hypot(dy);
    if length < 0.5 {
        return None;
    }
    let (ux, uy) = (dx / length, dy / length);
    let (long, wide) = (6.0 + width, 2.6 + width * 0.7);
    let back = Point { x: end.x - ux * long, y: end.y - uy * long };
    let side = |sign: f32| Point { x: back.x - sign * uy * wide, y: back.y + sign * ux * wide };
    Some(Shape::Triangle { points: [end, side(1.0), side(-1.0)], ink, muted })
}

/// The server's ports, at the line: at the place, of some that cover neither a box nor other ports, where fewest lines run through; nowhere where there is none.
fn port_label(path: &EdgePath, ports: &mut Vec<u16>, lines: &[Point], taken: &mut Vec<Rect>) -> Option<Shape> {
    ports.sort_unstable();
    ports.dedup();
    let text = match ports.as_slice() {
        [] => return None,
        [one] => format!(":{one}"),
        [first, second] => format!(":{first} :{second}"),
        [first, rest @ ..] => format!(":{first} +{}", rest.len()),
    };
    let width = text::width(&text, PORT_SIZE);
    let places = [0.5, 0.35, 0.65, 0.8, 0.2].into_iter().filter_map(|t| point_on(path, t)).flat_map(|on| {
        let above = Rect { x: on.x - width / 2.0, y: on.y - PORT_SIZE - 3.0, width, height: PORT_SIZE };
        [above, Rect { y: on.y + 3.0, ..above }]
    });
    let crossed = |room: &Rect| lines.iter().filter(|at| (room.x..room.right()).contains(&at.x) && (room.y..room.bottom()).contains(&at.y)).count();
    let (_, place, room) = places
        .map(|place| (place, Rect { x: place.x - 3.0, y: place.y - 1.0, width: place.width + 6.0, height: place.height + 2.0 }))
        .filter(|(_, room)| !taken.iter().any(|other| overlap(other, room)))
        .map(|(place, room)| (crossed(&room), place, room))
        .min_by_key(|(crossed, ..)| *crossed)?;
    taken.push(room);
    let at = Point { x: place.x, y: place.bottom() - 1.0 };
    Some(Shape::Text { at, size: PORT_SIZE, ink: Ink::Faint, bold: false, text })
}

/// Points of a line, near enough to each other that none is beyond a label's width.
fn line_points(path: &EdgePath) -> Vec<Point> {
    let mut points = Vec::new();
    let mut start = path.start;
    for step in &path.steps {
        points.extend((0..32).map(|at| point_of(start, step, at as f32 / 32.0)));
        start = step.end();
    }
    points
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
}

/// The point of a path's last piece at the part `t` of it.
fn point_on(path: &EdgePath, t: f32) -> Option<Point> {
    let start = path.steps.len().checked_sub(2).and_then(|at| path.steps.get(at)).map_or(path.start, Step::end);
    Some(point_of(start, path.steps.last()?, t))
}

fn point_of(start: Point, step: &Step, t: f32) -> Point {
    match step {
        Step::Curve([a, b], end) => bezier(start, *a, *b, *end, t),
        Step::Line(end) => Point { x: start.x * (1.0 - t) + end.x * t, y: start.y * (1.0 - t) + end.y * t },
    }
}

fn bezier(start: Point, first: Point, second: Point, end: Point, t: f32) -> Point {
    let back = 1.0 - t;
    let weights = [back * back * back, 3.0 * back * back * t, 3.0 * back * t * t, t * t * t];
    let mix = |values: [f32; 4]| values.iter().zip(weights).map(|(value, weight)| value * weight).sum();
    Point { x: mix([start.x, first.x, second.x, end.x]), y: mix([start.y, first.y, second.y, end.y]) }
}

/// What the signs that occur mean, and what is hidden, beneath the picture.
fn legend(rendered: &Rendered<'_, '_>, occur: &[Health], fails: bool, view: &mut Rect, parts: &mut Vec<Part>) {
    let mut x = view.x + MARGIN;
    let y = view.y + view.height + 4.0;
    let mut shapes = Vec::new();
    let mut word = |x: &mut f32, text: String| {
        let width = text::width(&text, DETAIL_SIZE);
        shapes_push(&mut shapes, *x, y, text);
        *x += width + 20.0;
    };
    let mut signs = Vec::new();
    for (sign, means) in SIGNS.into_iter().filter(|(sign, _)| occur.contains(sign)) {
        signs.extend(sign_shapes(sign, Point { x: x + 4.0, y: y - 3.6 }));
        x += 14.0;
        word(&mut x, means.to_owned());
    }
    if fails {
        let (start, end) = (Point { x, y: y - 3.6 }, Point { x: x + 30.0, y: y - 3.6 });
        signs.push(Shape::Line { start, steps: vec![Step::Line(end)], ink: Ink::Critical, width: 1.8, muted: false, dashed: true });
        signs.extend(failing_mark(Point { x: x + 15.0, y: y - 3.6 }));
        x += 36.0;
        word(&mut x, "attempts fail".to_owned());
    }
    let hidden = rendered.hidden.nodes();
    if hidden > 0 {
        word(&mut x, format!("{hidden} hidden"));
    }
    let problems = rendered.graph().troubles().len();
    if problems > 0 {
        word(&mut x, format!("{problems} problem{}: not everything could be seen", if problems == 1 { "" } else { "s" }));
    }
    if shapes.is_empty() {
        return;
    }
    view.height += MARGIN;
    view.width = view.width.max(x - view.x + MARGIN / 2.0);
    signs.append(&mut shapes);
    parts.push(Part { of: Of::Legend, shapes: signs });
}

fn shapes_push(shapes: &mut Vec<Shape>, x: f32, y: f32, text: String) {
    shapes.push(Shape::Text { at: Point { x, y }, size: DETAIL_SIZE, ink: Ink::Faint, bold: false, text });
}

fn grown(rect: Rect, by: f32) -> Rect {
    Rect { x: rect.x - by, y: rect.y - by, width: rect.width + 2.0 * by, height: rect.height + 2.0 * by }
}
