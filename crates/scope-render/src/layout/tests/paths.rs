//! Paths of edges: loops, opposite edges, detours, trunks and buses.

use super::*;

#[test]
fn indices_out_of_range_are_ignored() {
    let nodes = [Node { id: "a", group: Some(9), width: 50.0, height: 20.0 }, Node { id: "b", group: None, width: 50.0, height: 20.0 }];
    let edges = [Edge { from: 0, to: 7, weight: 1.0 }, Edge { from: u32::MAX, to: 1, weight: 1.0 }, Edge { from: 0, to: 1, weight: f32::NAN }];
    let graph = Graph { nodes: &nodes, groups: &[], edges: &edges };
    let layout = layout(&graph, None, &Options::default());
    assert!(layout.boxes[0].right() < layout.boxes[1].x);
    let routes = route(&graph, &layout, Bundling::Auto);
    assert_eq!(routes.path_of, [None, None, Some(0)]);
    assert!(routes.paths[0].weight.is_finite());
}

#[test]
fn one_node_that_calls_itself_has_a_box_and_a_loop() {
    let mut sample = Sample::default();
    sample.node("a", None).edge("a", "a").edge("a", "a");
    sample.with(
        |_| (),
        |graph| {
            let layout = layout(graph, None, &Options::default());
            assert_sound(graph, &layout);
            let routes = route(graph, &layout, Bundling::Auto);
            assert_eq!(routes.paths.len(), 1);
            assert_eq!((routes.paths[0].edges, routes.path_of.as_slice()), (2, [Some(0), Some(0)].as_slice()));
            assert_ne!(routes.paths[0].start, routes.paths[0].end());
        },
    );
}

#[test]
fn opposite_edges_are_two_lines() {
    let mut sample = Sample::default();
    sample.node("a", None).node("b", None).edge("a", "b").edge("b", "a").edge("a", "b");
    sample.with(
        |_| (),
        |graph| {
            let layout = layout(graph, None, &Options::default());
            let routes = route(graph, &layout, Bundling::Auto);
            assert_eq!(routes.paths.iter().map(|path| path.edges).collect::<Vec<_>>(), [2, 1]);
            let [forth, back] = routes.paths.as_slice() else { panic!("{routes:?}") };
            assert!((forth.start.y - back.end().y).abs() >= 6.0);
            assert!((forth.end().y - back.start.y).abs() >= 6.0);
            // Side by side, not crossed.
            assert_eq!(forth.start.y < back.end().y, forth.end().y < back.start.y);
        },
    );
}

#[test]
fn a_line_leads_around_a_box_in_its_way() {
    let mut sample = Sample::default();
    for id in ["a", "b", "c"] {
        sample.node(id, None);
    }
    sample.edge("a", "b").edge("b", "c").edge("a", "c");
    sample.with(
        |_| (),
        |graph| {
            // All three level: the straight line from a to c would run through b.
            let at = |x: f32| Rect { x, y: 0.0, width: 100.0, height: 30.0 };
            let boxes = vec![at(0.0), at(200.0), at(400.0)];
            let layout = Layout { bounds: bounds_of(&boxes), boxes, area_of: vec![None; 3], ..Layout::default() };
            let routes = route(graph, &layout, Bundling::Never);
            let long = routes.paths.iter().find(|path| (path.from, path.to) == (End::Node(0), End::Node(2))).unwrap();
            let passes = |path: &EdgePath| path.steps.iter().any(|step| matches!(step, Step::Line(end) if end.y < 0.0 || end.y > 30.0));
            assert!(passes(long), "{long:?}");
        },
    );
}

#[test]
fn bundled_edges_between_groups_are_trunks_with_their_counts() {
    let mut sample = Sample::default();
    for number in 0..3 {
        sample.node(&format!("a{number}"), Some("a")).node(&format!("b{number}"), Some("b"));
        sample.edge(&format!("a{number}"), &format!("b{number}"));
    }
    sample.node("free", None).edge("free", "a0").edge("free", "a1").edge("a0", "a1").edge("b2", "a2");
    sample.with(
        |_| (),
        |graph| {
            let layout = layout(graph, None, &Options::default());
            let routes = route(graph, &layout, Bundling::Always);
            let free = graph.nodes.iter().position(|node| node.id == "free").unwrap() as u32;
            let of = |from: End, to: End| routes.paths.iter().find(|path| (path.from, path.to) == (from, to)).map(|path| path.edges);
            assert_eq!(of(End::Area(0), End::Area(1)), Some(3));
            assert_eq!(of(End::Area(1), End::Area(0)), Some(1));
            assert_eq!(of(End::Node(free), End::Area(0)), Some(2));
            // Within a group edges stay single.
            assert_eq!(of(End::Node(0), End::Node(2)), Some(1));
            assert_eq!(routes.paths.len(), 4);
            assert!(!route(graph, &layout, Bundling::Auto).bundled);
        },
    );
}

#[test]
fn fans_of_large_pictures_share_a_bus_and_are_muted() {
    let sample = compose(60, 30);
    sample.with(
        |_| (),
        |graph| {
            let layout = layout(graph, None, &Options::default());
            let routes = route(graph, &layout, Bundling::Auto);
            assert!(routes.bundled);
            let monitoring = layout.areas.iter().position(|area| &*area.id == "monitoring").unwrap() as u32;
            let fan: Vec<&EdgePath> = routes.paths.iter().filter(|path| path.from == End::Area(monitoring)).collect();
            assert!(fan.len() > 60);
            let start = fan[0].start;
            assert!(fan.iter().all(|path| path.muted && path.start == start));
            let inner = routes.paths.iter().filter(|path| matches!((path.from, path.to), (End::Node(_), End::Node(_))));
            assert!(inner.clone().count() >= 6 * 60);
            assert!(inner.into_iter().all(|path| !path.muted));
        },
    );
}

#[test]
fn fans_of_single_nodes_run_between_the_boxes() {
    for outward in [false, true] {
        let mut sample = Sample::default();
        sample.node("internet", None);
        for number in 0..20 {
            let host = format!("host-{number:02}");
            sample.node(&host, None);
            if outward {
                sample.edge("internet", &host)
            } else {
                sample.edge(&host, "internet")
            };
        }
        sample.with(
            |_| (),
            |graph| {
                let layout = layout(graph, None, &Options::default());
                let routes = route(graph, &layout, Bundling::Auto);
                assert_eq!(routes.paths.len(), 20);
                let hub = layout.boxes[0].inflated(1.0);
                for path in &routes.paths {
                    assert!(hub.contains(&Rect::new(if outward { path.start } else { path.end() }, Size::default())));
                    let mut at = path.start;
                    for step in &path.steps {
                        if let Step::Line(end) = *step {
                            let middle = Point { x: f32::midpoint(at.x, end.x), y: f32::midpoint(at.y, end.y) };
                            let spot = Rect::new(middle, Size::default()).inflated(0.5);
                            assert!(layout.boxes.iter().all(|other| !other.inflated(-1.0).overlaps(&spot)), "{path:?}");
                        }
                        at = step.end();
                    }
                }
            },
        );
    }
}
