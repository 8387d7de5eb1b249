//! The laws of the layout, for random graphs; what usual topologies look like is tested in the modules.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]

mod paths;
mod pictures;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::edges::{Bundling, EdgePath, End, Step, route};
use super::*;

/// A graph that owns its strings.
#[derive(Clone, Debug, Default)]
struct Sample {
    nodes: Vec<(String, Option<String>, f32, f32)>,
    edges: Vec<(String, String, f32)>,
}

impl Sample {
    fn node(&mut self, id: &str, group: Option<&str>) -> &mut Self {
        self.nodes.push((id.to_owned(), group.map(str::to_owned), 100.0, 30.0));
        self
    }

    fn edge(&mut self, from: &str, to: &str) -> &mut Self {
        self.edges.push((from.to_owned(), to.to_owned(), 1.0));
        self
    }

    fn without(&self, gone: impl Fn(&str) -> bool) -> Self {
        let mut left = self.clone();
        left.nodes.retain(|(id, ..)| !gone(id));
        left.edges.retain(|(from, to, _)| !gone(from) && !gone(to));
        left
    }

    /// Runs with the borrowed form; groups are numbered by `group_order`.
    fn with<T>(&self, group_order: impl Fn(&mut Vec<&str>), run: impl FnOnce(&Graph<'_>) -> T) -> T {
        let mut ids: Vec<&str> = self.nodes.iter().filter_map(|(_, group, ..)| group.as_deref()).collect();
        ids.sort_unstable();
        ids.dedup();
        group_order(&mut ids);
        let groups: Vec<Group<'_>> = ids.iter().map(|id| Group { id, title_width: id.len() as f32 * 8.0 }).collect();
        let number = |id: &str| ids.iter().position(|other| *other == id).map(|at| at as u32);
        let nodes: Vec<Node<'_>> =
            self.nodes.iter().map(|(id, group, width, height)| Node { id, group: group.as_deref().and_then(number), width: *width, height: *height }).collect();
        let index: BTreeMap<&str, u32> = nodes.iter().enumerate().map(|(at, node)| (node.id, at as u32)).collect();
        let edges: Vec<Edge> =
            self.edges.iter().map(|(from, to, weight)| Edge { from: index[from.as_str()], to: index[to.as_str()], weight: *weight }).collect();
        run(&Graph { nodes: &nodes, groups: &groups, edges: &edges })
    }

    fn layout(&self) -> Layout {
        self.with(|_| (), |graph| layout(graph, None, &Options::default()))
    }

    fn remembered(&self, layout: &Layout) -> Previous {
        let mut previous = Previous::default();
        self.with(|_| (), |graph| previous.update(graph, layout));
        previous
    }

    fn layout_after(&self, previous: &Previous) -> Layout {
        let options = Options { keep_share: 0.0, ..Options::default() };
        self.with(|_| (), |graph| layout(graph, Some(previous), &options))
    }

    fn boxes(&self, layout: &Layout) -> BTreeMap<String, Rect> {
        self.nodes.iter().zip(&layout.boxes).map(|((id, ..), rect)| (id.clone(), *rect)).collect()
    }

    fn at(&self, layout: &Layout, id: &str) -> Rect {
        self.boxes(layout)[id]
    }
}

/// What holds for every picture, whatever it was made from.
fn assert_sound(graph: &Graph<'_>, layout: &Layout) {
    assert_eq!(layout.boxes.len(), graph.nodes.len());
    assert_eq!(layout.area_of.len(), graph.nodes.len());
    let mut all: Vec<Rect> = layout.boxes.clone();
    for rect in all.iter().chain(layout.areas.iter().map(|area| &area.rect)) {
        assert!([rect.x, rect.y, rect.width, rect.height].iter().all(|figure| figure.is_finite()), "not finite: {rect:?}");
        assert!(rect.width > 0.0 && rect.height > 0.0, "empty: {rect:?}");
        assert!(layout.bounds.contains(rect), "{rect:?} out of bounds {:?}", layout.bounds);
    }
    assert_disjoint(&mut all);
    for (number, node) in graph.nodes.iter().enumerate() {
        let area = layout.area_of[number].map(|area| &layout.areas[area as usize]);
        if let Some(group) = node.group {
            let of: BTreeSet<_> = area.iter().filter_map(|area| if let AreaKind::Group(index) = area.kind { Some(index) } else { None }).collect();
            assert!(of.contains(&group), "node {number} is not in its group");
        } else {
            assert!(!matches!(area, Some(Area { kind: AreaKind::Group(_), .. })));
        }
        if let Some(area) = area {
            assert!(area.rect.contains(&layout.boxes[number]), "node {number} sticks out of {area:?}");
            assert!(!area.title.overlaps(&layout.boxes[number]), "node {number} covers the title of {area:?}");
        }
    }
    // Areas are disjoint, and what belongs to none lies in none.
    let free = layout.boxes.iter().zip(&layout.area_of).filter(|(_, area)| area.is_none()).map(|(rect, _)| *rect);
    let mut outer: Vec<Rect> = free.chain(layout.areas.iter().map(|area| area.rect)).collect();
    assert_disjoint(&mut outer);
}

fn assert_disjoint(rects: &mut [Rect]) {
    rects.sort_by(|a, b| a.x.total_cmp(&b.x));
    for (number, rect) in rects.iter().enumerate() {
        for other in rects[number + 1..].iter().take_while(|other| other.x < rect.right()) {
            assert!(!rect.overlaps(other), "{rect:?} overlaps {other:?}");
        }
    }
}

fn size() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => 20.0_f32..200.0,
        1 => prop_oneof![Just(0.0), Just(-5.0), Just(1e9), Just(f32::NAN), Just(f32::INFINITY), Just(f32::MIN_POSITIVE)],
    ]
}

prop_compose! {
    fn samples()(count in 0_usize..70)(
        nodes in prop::collection::vec((any::<u16>(), prop::option::weighted(0.6, 0_u8..7), size(), size()), count),
        edges in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0.0_f32..50.0), 0..=count * 2),
        hub in prop::option::of(any::<prop::sample::Index>()),
    ) -> Sample {
        let mut sample = Sample::default();
        for (number, (id, group, width, height)) in nodes.into_iter().enumerate() {
            sample.nodes.push((format!("{id:05}-{number}"), group.map(|group| format!("group {group}")), width, height));
        }
        let id = |index: prop::sample::Index| index.get(&sample.nodes).0.clone();
        if !sample.nodes.is_empty() {
            sample.edges = edges.into_iter().map(|(from, to, weight)| (id(from), id(to), weight)).collect();
            if let Some(hub) = hub.map(id) {
                sample.edges.extend(sample.nodes.iter().map(|(other, ..)| (hub.clone(), other.clone(), 1.0)));
            }
        }
        sample
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn every_picture_is_sound(sample in samples()) {
        sample.with(|_| (), |graph| assert_sound(graph, &layout(graph, None, &Options::default())));
    }

    #[test]
    fn the_order_of_the_input_has_no_influence(sample in samples(), turn in any::<prop::sample::Index>()) {
        let first = sample.layout();
        let mut turned = sample.clone();
        if !turned.nodes.is_empty() {
            let by = turn.index(turned.nodes.len());
            turned.nodes.rotate_left(by);
            turned.edges.reverse();
        }
        let second = turned.with(|groups| groups.reverse(), |graph| layout(graph, None, &Options::default()));
        prop_assert_eq!(sample.boxes(&first), turned.boxes(&second));
        let frames = |layout: &Layout| layout.areas.iter().map(|area| (area.id.clone(), area.rect)).collect::<Vec<_>>();
        prop_assert_eq!(frames(&first), frames(&second));
    }

    #[test]
    fn the_same_graph_again_moves_nothing(sample in samples()) {
        let first = sample.layout();
        let second = sample.layout_after(&sample.remembered(&first));
        prop_assert_eq!(&first.boxes, &second.boxes);
        prop_assert_eq!(&first.areas, &second.areas);
        prop_assert_eq!(&first.area_of, &second.area_of);
        prop_assert_eq!(sample.nodes.is_empty(), second.fresh);
    }

    #[test]
    fn a_departure_moves_nothing(sample in samples(), seed in 1_usize..7) {
        let first = sample.layout();
        let number: BTreeMap<&str, usize> = sample.nodes.iter().enumerate().map(|(at, (id, ..))| (id.as_str(), at)).collect();
        let left = sample.without(|id| number[id].is_multiple_of(seed));
        let second = left.layout_after(&sample.remembered(&first));
        let before = sample.boxes(&first);
        for (id, rect) in left.boxes(&second) {
            prop_assert_eq!(before[&id], rect);
        }
        left.with(|_| (), |graph| assert_sound(graph, &second));
    }

    #[test]
    fn an_arrival_moves_nothing_but_a_group_that_it_does_not_fit_into(sample in samples(), seed in 2_usize..9) {
        let number: BTreeMap<&str, usize> = sample.nodes.iter().enumerate().map(|(at, (id, ..))| (id.as_str(), at)).collect();
        let early = sample.without(|id| number[id] % seed == 1);
        let first = early.layout();
        let second = sample.layout_after(&early.remembered(&first));
        sample.with(|_| (), |graph| assert_sound(graph, &second));
        if second.fresh {
            return Ok(());
        }
        let after = sample.boxes(&second);
        let joined: BTreeSet<&Option<String>> = sample.nodes.iter().filter(|(id, ..)| number[id.as_str()] % seed == 1).map(|(_, group, ..)| group).collect();
        let mut moves: BTreeMap<&str, (f32, f32)> = BTreeMap::new();
        for ((id, group, ..), rect) in early.nodes.iter().zip(&first.boxes) {
            let by = (after[id].x - rect.x, after[id].y - rect.y);
            match group {
                Some(name) if joined.contains(group) => prop_assert_eq!(*moves.entry(name).or_insert(by), by, "group {} broke up", name),
                // Areas of nodes without a group move as a whole like groups.
                None if joined.contains(&None) => {}
                _ => prop_assert_eq!(by, (0.0, 0.0), "{} moved", id),
            }
        }
    }

    #[test]
    fn much_coming_and_going_stays_sound(sample in samples(), steps in prop::collection::vec(0_u64..u64::MAX, 1..12)) {
        let mut previous = Previous::default();
        let number: BTreeMap<&str, usize> = sample.nodes.iter().enumerate().map(|(at, (id, ..))| (id.as_str(), at)).collect();
        for step in steps {
            let mut now = sample.without(|id| step >> (number[id] % 64) & 1 == 1);
            for (at, (_, group, width, _)) in now.nodes.iter_mut().enumerate() {
                // Some change their group, some their label.
                if (step as usize).wrapping_add(at).is_multiple_of(13) {
                    *group = Some(format!("group {}", step % 7));
                }
                if (step as usize).wrapping_add(at).is_multiple_of(17) {
                    *width = (step % 400) as f32;
                }
            }
            let layout = now.layout_after(&previous);
            now.with(|_| (), |graph| {
                assert_sound(graph, &layout);
                previous.update(graph, &layout);
            });
        }
    }

    #[test]
    fn paths_start_and_end_on_borders(sample in samples(), bundling in prop_oneof![Just(Bundling::Auto), Just(Bundling::Always), Just(Bundling::Never)]) {
        sample.with(|_| (), |graph| {
            let layout = layout(graph, None, &Options::default());
            let routes = route(graph, &layout, bundling);
            assert_eq!(routes.path_of.len(), graph.edges.len());
            assert_eq!(routes.paths.iter().map(|path| path.edges).sum::<u32>() as usize, graph.edges.len());
            for path in &routes.paths {
                assert_on_border(path.from, path.start, &layout);
                assert_on_border(path.to, path.end(), &layout);
                let points = path.steps.iter().flat_map(|step| match step {
                    Step::Line(end) => vec![*end],
                    Step::Curve(controls, end) => vec![controls[0], controls[1], *end],
                });
                assert!(points.into_iter().all(|point| point.x.is_finite() && point.y.is_finite()));
            }
        });
    }
}

fn assert_on_border(end: End, point: Point, layout: &Layout) {
    let rect = match end {
        End::Node(node) => layout.boxes[node as usize],
        End::Area(area) => layout.areas[area as usize].rect,
    };
    let near = |a: f32, b: f32| (a - b).abs() <= (a.abs() + b.abs()).max(1.0) * 1e-5;
    let across = point.x >= rect.x - 0.1 && point.x <= rect.right() + 0.1;
    let down = point.y >= rect.y - 0.1 && point.y <= rect.bottom() + 0.1;
    let on = (near(point.x, rect.x) || near(point.x, rect.right())) && down || (near(point.y, rect.y) || near(point.y, rect.bottom())) && across;
    assert!(on, "{point:?} is not on the border of {rect:?}");
}

/// Projects of web, api, database and cache behind one ingress, a monitor that reads everything, and idle containers.
fn compose(projects: usize, idle: usize) -> Sample {
    let mut sample = Sample::default();
    sample.node("internet", None).node("ingress", Some("edge")).edge("internet", "ingress");
    for project in 0..projects {
        let group = format!("project-{project:04}");
        let id = |part: &str| format!("{group}-{part}");
        for part in ["web", "api-1", "api-2", "db", "cache"] {
            sample.node(&id(part), Some(&group));
        }
        sample.edge("ingress", &id("web"));
        for api in ["api-1", "api-2"] {
            sample.edge(&id("web"), &id(api)).edge(&id(api), &id("db")).edge(&id(api), &id("cache"));
        }
    }
    for number in 0..idle {
        sample.node(&format!("idle-{number:04}"), None);
    }
    let all: Vec<String> = sample.nodes.iter().skip(1).map(|(id, ..)| id.clone()).collect();
    sample.node("monitor", Some("monitoring"));
    for id in all {
        sample.edge("monitor", &id);
    }
    sample
}
