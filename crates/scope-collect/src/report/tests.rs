#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
//! What was said adds up to what was meant: after every report the state of the stream is what the sources hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use scope_core::state::{Applied, State};

use super::*;

/// What a source holds at one report: per node a colour, a figure, a parent.
type Held = BTreeMap<u8, (Option<u8>, u8, bool)>;

fn held() -> impl Strategy<Value = Held> {
    prop::collection::btree_map(0_u8..6, (prop::option::of(0_u8..3), 0_u8..3, any::<bool>()), 0..6)
}

fn facts(id: u8, colour: Option<u8>, parent: bool) -> Arc<Node> {
    let mut node = Node::new(format!("thing:{id}").parse().unwrap());
    if let Some(colour) = colour {
        node.attrs.insert("colour", Value::from(u64::from(colour)));
    }
    node.parents = parent.then(|| Arc::from(["host:a".parse().unwrap()]));
    Arc::new(node)
}

fn reports() -> Reports {
    Reports::new(AgentName::from_host_name("a"), RunId::from_u128(1))
}

/// Every record of `held`, as the state must have it.
fn expected(held: &Held) -> BTreeMap<String, (Option<u64>, u64, bool)> {
    held.iter().map(|(id, (colour, size, parent))| (format!("thing:{id}"), (colour.map(u64::from), u64::from(*size), *parent))).collect()
}

fn shown(state: &State) -> BTreeMap<String, (Option<u64>, u64, bool)> {
    let nodes = state.agents().flat_map(|(_, agent)| agent.nodes_unsorted());
    nodes
        .map(|(id, node)| {
            let colour = node.attr("colour").and_then(Value::as_number).and_then(Number::as_u64);
            let size = node.metric("size").and_then(Number::as_u64).unwrap();
            (id.to_string(), (colour, size, node.parents().is_some_and(|parents| !parents.is_empty())))
        })
        .collect()
}

proptest! {
    #[test]
    fn a_stream_of_changes_is_what_the_source_holds(steps in prop::collection::vec((held(), prop::bool::weighted(0.2)), 1..12)) {
        let mut reports = reports();
        let mut state = State::default();
        for (at, (held, full)) in steps.iter().enumerate() {
            reports.begin(Timestamp::from_seconds(at as i64), *full || at == 0, Some(1000));
            let mut said = reports.source(Source::Docker, Coverage::Whole);
            for (id, (colour, size, parent)) in held {
                said.node(&facts(*id, *colour, *parent), &[("size", Number::from(u64::from(*size)))]);
            }
            said.end();
            for record in reports.end() {
                prop_assert_eq!(state.apply(record), Applied::Taken);
            }
            prop_assert_eq!(shown(&state), expected(held));
        }
    }
}

fn say(reports: &mut Reports, coverage: Coverage, full: bool, say: impl FnOnce(&mut Said<'_>)) -> Vec<Record> {
    reports.begin(Timestamp::from_seconds(1), full, None);
    let mut said = reports.source(Source::Docker, coverage);
    say(&mut said);
    said.end();
    reports.end()
}

#[test]
fn what_did_not_change_is_not_said_again() {
    let mut reports = reports();
    let node = facts(1, Some(1), true);
    let size = [("size", Number::from(1_u64))];
    assert_eq!(say(&mut reports, Coverage::Whole, true, |said| said.node(&node, &size)).len(), 2);
    assert_eq!(say(&mut reports, Coverage::Whole, false, |said| said.node(&node, &size)).len(), 1, "the tick alone");
    assert_eq!(say(&mut reports, Coverage::Whole, true, |said| said.node(&node, &size)).len(), 2, "a full report says it again");
}

#[test]
fn a_part_ends_nothing_but_what_it_names() {
    let mut reports = reports();
    let (one, two) = (facts(1, None, false), facts(2, None, false));
    say(&mut reports, Coverage::Whole, true, |said| {
        said.node(&one, &[]);
        said.node(&two, &[]);
    });
    let records = say(&mut reports, Coverage::Part, false, |said| said.gone(&one.id));
    assert_eq!(records[0].body, Body::Gone(Gone::Node(one.id.clone())));
    let records = say(&mut reports, Coverage::Whole, false, |said| said.node(&two, &[]));
    assert_eq!(records.len(), 1, "what was ended once is not ended again");
}

#[test]
fn a_problem_that_is_over_makes_the_next_report_full() {
    let mut reports = reports();
    let problem = Problem { message: "no socket".into(), hint: None, id: None };
    let tick = |records: &[Record]| match &records.last().unwrap().body {
        Body::Tick(tick) => tick.sources.get("docker").unwrap().clone(),
        _ => unreachable!("a report ends with its tick"),
    };
    say(&mut reports, Coverage::Whole, true, |said| said.problem(&problem));
    let still = say(&mut reports, Coverage::Whole, false, |said| said.problem(&problem));
    assert_eq!(tick(&still).records, 0);
    assert!(!tick(&say(&mut reports, Coverage::Whole, false, |_| {})).full);
    assert!(tick(&say(&mut reports, Coverage::Whole, false, |_| {})).full);
}

#[test]
fn an_open_flow_is_said_again_only_when_its_figures_move() {
    let mut reports = reports();
    let mut flow: Flow = serde_json::from_value::<Record>(serde_json::json!({
        "record": "flow", "agent": "a", "run": "00000000-0000-0000-0000-000000000001", "seq": 1, "source": "net", "at": "2026-01-01T00:00:00Z",
        "side": "client", "proto": "tcp", "owner": "host:a", "server_addr": "10.0.0.5:5432", "dialled": "10.0.0.5:5432",
        "since": "2026-01-01T00:00:00Z", "last_seen": "2026-01-01T00:00:00Z", "open": 1
    }))
    .map(|record| match record.body {
        Body::Flow(flow) => *flow,
        _ => unreachable!("it is a flow"),
    })
    .unwrap();
    assert_eq!(say(&mut reports, Coverage::Whole, true, |said| said.flow(&flow)).len(), 2);
    flow.last_seen = Timestamp::from_seconds(2_000_000_000);
    assert_eq!(say(&mut reports, Coverage::Whole, false, |said| said.flow(&flow)).len(), 1);
    flow.open = 0;
    assert_eq!(say(&mut reports, Coverage::Whole, false, |said| said.flow(&flow)).len(), 2, "closing is news");
    assert_eq!(say(&mut reports, Coverage::Whole, false, |_| {}).len(), 2, "and so is its end");
}
