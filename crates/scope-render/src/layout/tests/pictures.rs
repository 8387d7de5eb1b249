//! What pictures of usual topologies look like, and what changes in them when nodes come and go.

use super::*;

#[test]
fn nothing_gives_an_empty_picture() {
    let layout = Sample::default().layout();
    assert_eq!((layout.boxes.len(), layout.areas.len(), layout.bounds), (0, 0, Rect::default()));
}

#[test]
fn nodes_with_the_same_id_do_not_share_a_place() {
    let nodes = [Node { id: "a", group: None, width: 50.0, height: 20.0 }; 3];
    let graph = Graph { nodes: &nodes, groups: &[], edges: &[] };
    let options = Options { keep_share: 0.0, ..Options::default() };
    let first = layout(&graph, None, &options);
    assert_sound(&graph, &first);
    let mut previous = Previous::default();
    previous.update(&graph, &first);
    assert_sound(&graph, &layout(&graph, Some(&previous), &options));
}

#[test]
fn hostile_options_still_give_a_sound_picture() {
    let sample = compose(4, 9);
    for figure in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, 0.0, 0.3, 1e30] {
        let options =
            Options { aspect: figure, node_gap: figure, layer_gap: figure, group_gap: figure, padding: figure, title_height: figure, keep_share: figure };
        sample.with(|_| (), |graph| assert_sound(graph, &layout(graph, None, &options)));
    }
}

#[test]
fn clients_stand_left_of_their_servers() {
    let mut sample = Sample::default();
    for id in ["db", "web", "cache", "api", "ingress"] {
        sample.node(id, None);
    }
    sample.edge("ingress", "web").edge("web", "api").edge("api", "db").edge("api", "cache");
    let layout = sample.layout();
    let order: Vec<f32> = ["ingress", "web", "api", "db"].iter().map(|id| sample.at(&layout, id).right()).collect();
    assert!(order.is_sorted_by(|a, b| a < b), "{order:?}");
    assert_eq!(sample.at(&layout, "db").x, sample.at(&layout, "cache").x);
    // What has one server stands level with it.
    assert_eq!(sample.at(&layout, "ingress").center().y, sample.at(&layout, "web").center().y);
}

#[test]
fn a_cycle_breaks_at_its_lightest_call() {
    let mut sample = Sample::default();
    sample.node("a", None).node("b", None).node("c", None);
    for (from, to, weight) in [("b", "c", 9.0), ("c", "a", 9.0), ("a", "b", 1.0)] {
        sample.edges.push((from.into(), to.into(), weight));
    }
    let layout = sample.layout();
    assert!(sample.at(&layout, "b").right() < sample.at(&layout, "c").x);
    assert!(sample.at(&layout, "c").right() < sample.at(&layout, "a").x);
}

#[test]
fn independent_chains_do_not_cross() {
    let mut sample = Sample::default();
    for chain in ["x", "y", "z"] {
        for part in ["1", "2", "3"] {
            sample.node(&format!("{chain}{part}"), None);
        }
        sample.edge(&format!("{chain}1"), &format!("{chain}2")).edge(&format!("{chain}2"), &format!("{chain}3"));
    }
    sample.node("root", None).edge("root", "x1").edge("root", "y1").edge("root", "z1");
    let layout = sample.layout();
    for chain in ["x", "y", "z"] {
        let levels: BTreeSet<i32> = ["1", "2", "3"].iter().map(|part| sample.at(&layout, &format!("{chain}{part}")).center().y as i32).collect();
        assert_eq!(levels.len(), 1, "{chain} is not level");
    }
}

#[test]
fn monitor_stands_left_of_all_and_idle_nodes_make_a_compact_grid() {
    let sample = compose(12, 20);
    let layout = sample.layout();
    let monitor = sample.at(&layout, "monitor");
    let boxes = sample.boxes(&layout);
    let watched = boxes.iter().filter(|(id, _)| id.starts_with("project-"));
    for (id, rect) in watched {
        assert!(monitor.right() < rect.x, "{id} is left of the monitor");
    }
    assert!(sample.at(&layout, "internet").right() < sample.at(&layout, "ingress").x);
    let idle: Vec<Rect> = boxes.iter().filter(|(id, _)| id.starts_with("idle-")).map(|(_, rect)| *rect).collect();
    let around = bounds_of(&idle);
    assert!(around.width * around.height < 2.0 * 20.0 * 114.0 * 44.0, "{around:?}");
    assert!(layout.areas.iter().any(|area| area.kind == AreaKind::Idle));
}

#[test]
fn large_pictures_keep_to_the_aspect_ratio_and_waste_little() {
    for (sample, grouped) in [(compose(400, 300), true), (compose(400, 300), false)] {
        let mut sample = sample;
        if !grouped {
            for (_, group, ..) in &mut sample.nodes {
                *group = None;
            }
        }
        let layout = sample.layout();
        let aspect = layout.bounds.width / layout.bounds.height;
        assert!((1.1..2.3).contains(&aspect), "grouped {grouped}: {aspect}");
        let filled: f32 = layout.boxes.iter().map(|rect| (rect.width + 14.0) * (rect.height + 14.0)).sum();
        assert!(layout.bounds.width * layout.bounds.height < 8.0 * filled, "grouped {grouped}: {:?}", layout.bounds);
    }
}

/// What all of them call would have a layer of its own, and they the one before: a tower.
#[test]
fn groups_with_one_peer_in_common_fill_the_picture() {
    for hosts in 3..=9 {
        let mut sample = Sample::default();
        sample.node("internet", None);
        for host in 0..hosts {
            let group = format!("host-{host}");
            for number in 0..40 {
                sample.node(&format!("{group}-{number}"), Some(&group));
                if number % 2 == 1 {
                    sample.edge(&format!("{group}-{}", number - 1), &format!("{group}-{number}"));
                }
            }
            sample.edge(&format!("{group}-0"), "internet");
        }
        let layout = sample.layout();
        let aspect = layout.bounds.width / layout.bounds.height;
        assert!((0.8..3.2).contains(&aspect), "{hosts} groups: {aspect}");
        let internet = sample.at(&layout, "internet");
        assert!(layout.areas.iter().all(|area| area.rect.right() < internet.x), "{hosts} groups: what they call is not at their right");
    }
}

#[test]
fn ten_thousand_nodes_are_sound_with_and_without_groups() {
    let mut sample = compose(1_700, 1_500);
    sample.with(|_| (), |graph| assert_sound(graph, &layout(graph, None, &Options::default())));
    for (_, group, ..) in &mut sample.nodes {
        *group = None;
    }
    sample.with(
        |_| (),
        |graph| {
            let layout = layout(graph, None, &Options::default());
            assert_sound(graph, &layout);
            assert!(layout.areas.iter().filter(|area| area.kind == AreaKind::Community).count() > 100);
        },
    );
}

#[test]
fn a_restarted_container_takes_the_slot_of_its_former_self() {
    let sample = compose(6, 12);
    let first = sample.layout();
    let previous = sample.remembered(&first);
    let mut after = sample.without(|id| id == "project-0003-cache" || id == "idle-0004");
    after.node("project-0003-cache-new", Some("project-0003"));
    after.edge("project-0003-api-1", "project-0003-cache-new").edge("project-0003-api-2", "project-0003-cache-new");
    after.node("idle-new", None).edge("monitor", "idle-new").edge("monitor", "project-0003-cache-new");
    let second = after.layout_after(&previous);
    assert_eq!(after.at(&second, "idle-new"), sample.at(&first, "idle-0004"));
    assert_eq!(after.at(&second, "project-0003-cache-new"), sample.at(&first, "project-0003-cache"));
}

#[test]
fn a_slot_stays_free_until_somebody_comes() {
    let sample = compose(6, 0);
    let first = sample.layout();
    let mut previous = sample.remembered(&first);
    let mut left = sample.without(|id| id == "project-0003-cache");
    for _ in 0..3 {
        let layout = left.layout_after(&previous);
        left.with(|_| (), |graph| previous.update(graph, &layout));
    }
    left.node("project-0003-zz", Some("project-0003"));
    let later = left.layout_after(&previous);
    assert_eq!(left.at(&later, "project-0003-zz"), sample.at(&first, "project-0003-cache"));
}

#[test]
fn a_full_group_grows_where_it_stands_if_there_is_room() {
    let mut sample = Sample::default();
    for number in 0..9 {
        sample.node(&format!("n{number}"), Some("only"));
    }
    let first = sample.layout();
    let previous = sample.remembered(&first);
    for number in 0..40 {
        sample.node(&format!("new{number}"), Some("only"));
    }
    let second = sample.layout_after(&previous);
    let (before, after) = (first.areas[0].rect, second.areas[0].rect);
    assert_eq!((before.x, before.y), (after.x, after.y));
    assert!(after.width * after.height > before.width * before.height);
    assert_eq!(first.boxes, second.boxes[..9]);
    sample.with(|_| (), |graph| assert_sound(graph, &second));
}

#[test]
fn a_node_that_changes_its_group_moves_alone() {
    let mut sample = compose(6, 0);
    let first = sample.layout();
    let previous = sample.remembered(&first);
    let moved = sample.nodes.iter().position(|(id, ..)| id == "project-0002-cache").unwrap();
    sample.nodes[moved].1 = Some("project-0005".to_owned());
    let second = sample.layout_after(&previous);
    for (number, (before, after)) in first.boxes.iter().zip(&second.boxes).enumerate() {
        let stays = sample.nodes[number].1.as_deref() != Some("project-0005");
        assert!(!stays || before == after, "{} moved", sample.nodes[number].0);
    }
    sample.with(|_| (), |graph| assert_sound(graph, &second));
}

#[test]
fn a_grown_label_keeps_its_middle_if_it_fits_and_never_overlaps() {
    let mut sample = Sample::default();
    for id in ["a", "b", "c", "d"] {
        sample.node(id, Some("g"));
    }
    let first = sample.layout();
    let previous = sample.remembered(&first);
    sample.nodes[0].2 = 108.0;
    let second = sample.layout_after(&previous);
    assert_eq!(first.boxes[0].center(), second.boxes[0].center());
    sample.nodes[0].2 = 400.0;
    let third = sample.layout_after(&previous);
    sample.with(|_| (), |graph| assert_sound(graph, &third));
    for kept in 1..4 {
        let by = |number: usize| (third.boxes[number].x - first.boxes[number].x, third.boxes[number].y - first.boxes[number].y);
        assert_eq!(by(kept), by(1));
    }
}

#[test]
fn a_mostly_unknown_picture_is_made_afresh() {
    let small = compose(2, 0);
    let previous = small.remembered(&small.layout());
    let large = compose(60, 20);
    let fresh = large.with(|_| (), |graph| layout(graph, Some(&previous), &Options::default()));
    assert!(fresh.fresh);
    assert_eq!(fresh, large.layout());
    assert!(!large.layout_after(&previous).fresh);
}

#[test]
fn departed_nodes_are_forgotten() {
    let sample = compose(3, 4);
    let mut previous = sample.remembered(&sample.layout());
    let left = sample.without(|id| id.starts_with("idle-"));
    let layout = left.layout_after(&previous);
    left.with(|_| (), |graph| previous.update(graph, &layout));
    assert_eq!((previous.len(), previous.node("idle-0000")), (left.nodes.len(), None));
}
