#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
//! Figures over time as reports bring them: of several sources, now these names, now those, with room and without.

use scope_core::Figures;

use super::*;

const SECOND: i64 = 1_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(SECOND + second)
}

fn list(names: &[&str]) -> SharedNames {
    SharedNames::new(names.iter().map(|name| CompactString::from(*name)).collect()).unwrap()
}

/// One node with the same value for each name.
fn moved(names: &SharedNames, id: &NodeId, value: u64) -> Moved {
    let mut moved = Moved::new("cgroup".into(), "thing".into(), names.clone(), 1).unwrap();
    assert!(moved.push(Arc::new(id.clone()), &vec![Number::from(value); names.names().len()]));
    moved
}

fn values(series: &Series, id: &NodeId, name: &str) -> Vec<f32> {
    let range = Range { from: at(0), to: at(9), step_secs: 1 };
    series.query(&Tenant::default(), std::slice::from_ref(id), name, range, at(4)).into_iter().flatten().map(|point| point.mean).collect()
}

#[test]
fn what_two_sources_say_in_turn_is_kept_by_name_whatever_comes_with_it() {
    let series = Series::new(1 << 20);
    let tenant = series.tenant(&Tenant::default());
    let (agent, id): (AgentName, NodeId) = ("a".parse().unwrap(), "thing:1".parse().unwrap());
    let (one, two, both) =
        (list(&["cpu_pct", "mem_bytes", "oom_kills_total"]), list(&["rx_bytes_per_sec", "rx_bytes_total"]), list(&["mem_bytes", "rx_bytes_per_sec"]));
    for second in 0..3 {
        let value = second as u64;
        tenant.take_moved(&agent, &[moved(&one, &id, value), moved(&two, &id, value + 10)], &[true, true], at(second));
    }
    tenant.take_moved(&agent, &[moved(&both, &id, 7), moved(&one, &id, 99)], &[true, false], at(3));
    // The same by a record, whose names are its own.
    let mut node = scope_core::Node::new(id.clone());
    node.metrics = Figures::from_iter([("cpu_pct", Number::from(8_u64)), ("rx_bytes_total", Number::from(8_u64))]);
    let record = Record {
        agent: agent.clone(),
        stamp: scope_core::Stamp::default(),
        source: "cgroup".into(),
        at: at(4),
        body: Body::Node(node),
        extra: scope_core::value::Fields::default(),
    };
    tenant.take(&agent, &[record], at(4));
    // What is not mentioned holds.
    assert_eq!(values(&series, &id, "cpu_pct"), [0.0, 1.0, 2.0, 2.0, 8.0]);
    assert_eq!(values(&series, &id, "mem_bytes"), [0.0, 1.0, 2.0, 7.0, 7.0]);
    assert_eq!(values(&series, &id, "rx_bytes_per_sec"), [10.0, 11.0, 12.0, 7.0, 7.0]);
    assert!(values(&series, &id, "rx_bytes_total").is_empty() && values(&series, &id, "oom_kills_total").is_empty(), "counters are kept as rates");
    assert_eq!(series.usage().refused, 0);
    tenant.forget(&agent);
    assert_eq!(series.usage().bytes, 0);
}

/// A load of one second in fifteen is a fifteenth, and what stands still is in every sum: only what moves is said again.
#[test]
fn a_figure_holds_until_another_is_said_its_node_goes_or_its_agent_falls_silent() {
    let series = Series::new(1 << 20);
    let tenant = series.tenant(&Tenant::default());
    let agent: AgentName = "a".parse().unwrap();
    let ids: [NodeId; 2] = ["thing:burst".parse().unwrap(), "thing:still".parse().unwrap()];
    let [burst, still] = &ids;
    let names = list(&["cpu_pct"]);
    // From a second at which a step begins.
    let begin = 5 - SECOND % 5;
    let begin = (begin..begin + 15).find(|second| (SECOND + second) % 15 == 0).unwrap();
    let say = |id: &NodeId, value: u64, second: i64| tenant.take_moved(&agent, &[moved(&names, id, value)], &[true], at(begin + second));
    for second in 0..=40 {
        tenant.hear(&agent, at(begin + second));
        match second {
            0 => [say(burst, 0, 0), say(still, 10, 0)].into_iter().collect(),
            3 => say(burst, 90, 3),
            4 => say(burst, 0, 4),
            _ => {}
        }
    }
    let ask = |ids: &[NodeId], step_secs: u32, from: i64, now: i64| {
        let range = Range { from: at(begin + from), to: at(begin + now), step_secs };
        series.query(&Tenant::default(), ids, "cpu_pct", range, at(begin + now))
    };
    let means = |points: &[Point]| points.iter().map(|point| point.mean).collect::<Vec<_>>();
    let of_burst = ask(std::slice::from_ref(burst), 15, 0, 40).remove(0);
    assert_eq!((means(&of_burst), of_burst[0].max), (vec![6.0, 0.0, 0.0], 90.0));
    let sum = aggregate(&ask(&ids, 15, 0, 40), Aggregate::Sum);
    assert_eq!(means(&sum), [16.0, 10.0, 10.0]);
    assert_eq!(means(&aggregate(&ask(&ids, 1, 30, 40), Aggregate::Sum)), [10.0; 11], "in each second");
    // The agent falls silent, and comes back; then one goes, and it says all of what there is.
    tenant.fall_silent(&agent);
    assert_eq!(means(&ask(&ids, 1, 39, 45)[1]), [10.0; 2], "up to when it was heard");
    tenant.hear(&agent, at(begin + 50));
    say(still, 20, 50);
    let gone = Record {
        agent: agent.clone(),
        stamp: scope_core::Stamp::default(),
        source: "cgroup".into(),
        at: at(begin + 51),
        body: Body::Gone(Gone::Node(still.clone())),
        extra: scope_core::value::Fields::default(),
    };
    assert_eq!(means(&ask(&ids, 1, 38, 52)[1]), [10.0, 10.0, 10.0, 20.0, 20.0, 20.0]);
    tenant.take(&agent, &[gone], at(begin + 51));
    assert_eq!(means(&ask(&ids, 1, 38, 55)[1]), [10.0, 10.0, 10.0, 20.0]);
    tenant.end_others(&agent, |_| false, at(begin + 56));
    assert!(means(&ask(&ids, 1, 57, 60)[0]).is_empty());
}

#[test]
fn what_finds_no_room_is_counted_and_the_rest_goes_on() {
    let series = Series::new(ENTRY + BLOCK + 2 * FIGURE);
    let tenant = series.tenant(&Tenant::default());
    let (agent, id): (AgentName, NodeId) = ("a".parse().unwrap(), "thing:1".parse().unwrap());
    let names = list(&["a", "b", "c"]);
    for second in 0..2 {
        tenant.take_moved(&agent, &[moved(&names, &id, 1), moved(&names, &"thing:2".parse().unwrap(), 1)], &[true, true], at(second));
    }
    assert_eq!((values(&series, &id, "a").len(), values(&series, &id, "b").len(), values(&series, &id, "c").len()), (5, 5, 0));
    // Each second: one figure of the first node, and the second node.
    assert_eq!(series.usage().refused, 4);
    assert!(series.usage().bytes <= series.usage().limit);
}
