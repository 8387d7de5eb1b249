#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
//! The laws, over streams that an agent could send: a handful of entities, reports that are full or not, some cut short.

use proptest::prelude::*;

use super::*;
use crate::record::{Node, SourceTick};
use crate::value::{Fields, Value};

/// One step of a source: what it mentions, what it ends, and whether the report is full.
#[derive(Clone, Debug)]
struct Report {
    agent: u8,
    source: u8,
    full: bool,
    nodes: Vec<(u8, u8, Option<i64>)>,
    gone: Vec<u8>,
    problems: Vec<u8>,
}

fn any_report() -> impl Strategy<Value = Report> {
    let nodes = prop::collection::btree_map(0_u8..5, (0_u8..3, prop::option::of(-2_i64..3)), 0..5);
    let gone = prop::collection::btree_set(0_u8..5, 0..2);
    (0_u8..2, 0_u8..2, any::<bool>(), nodes, gone, prop::collection::btree_set(0_u8..3, 0..2)).prop_map(|(agent, source, full, nodes, gone, problems)| Report {
        agent,
        source,
        full,
        gone: gone.into_iter().filter(|id| !nodes.contains_key(id)).collect(),
        nodes: nodes.into_iter().map(|(id, (field, value))| (id, field, value)).collect(),
        problems: problems.into_iter().collect(),
    })
}

fn stream(reports: &[Report]) -> Vec<Record> {
    let mut records = Vec::new();
    for (seq, report) in reports.iter().enumerate() {
        let record = |source: &str, body| Record {
            agent: AgentName::from_host_name(&format!("agent-{}", report.agent)),
            stamp: Stamp { run: crate::RunId::from_u128(7), seq: seq as u64 + 1 },
            source: source.into(),
            at: Timestamp::from_seconds(seq as i64),
            body,
            extra: Fields::default(),
        };
        let source = format!("source{}", report.source);
        for (id, field, value) in &report.nodes {
            let mut node = Node::new(format!("thing:{id}").parse().unwrap());
            let value = value.map_or(Value::Null, Value::from);
            match field {
                0 => drop(node.attrs.insert("color", value)),
                1 => drop(node.metrics.insert("size", crate::Number::from(seq as u64))),
                _ => node.name = Some(value.to_string().into()),
            }
            records.push(record(&source, Body::Node(node)));
        }
        for id in &report.gone {
            records.push(record(&source, Body::Gone(Gone::Node(format!("thing:{id}").parse().unwrap()))));
        }
        for problem in &report.problems {
            records.push(record(&source, Body::Problem(Problem { message: format!("trouble {problem}").into(), hint: None, id: None })));
        }
        let mut tick = Tick::default();
        tick.sources
            .insert(source.as_str(), SourceTick { full: report.full, records: (report.nodes.len() + report.problems.len()) as u64, ..SourceTick::default() });
        records.push(record("", Body::Tick(tick)));
    }
    records
}

fn state(records: impl IntoIterator<Item = Record>) -> State {
    let mut state = State::default();
    for record in records {
        assert_eq!(state.apply(record), Applied::Taken);
    }
    state
}

/// All that can be seen of a state.
fn seen(state: &State) -> Vec<Record> {
    state.records().collect()
}

fn streams() -> impl Strategy<Value = Vec<Record>> {
    prop::collection::vec(any_report(), 0..12).prop_map(|reports| stream(&reports))
}

fn shuffled_and_doubled() -> impl Strategy<Value = (Vec<Record>, Vec<Record>)> {
    streams().prop_flat_map(|records| {
        let twice: Vec<Record> = records.iter().chain(records.iter().step_by(3)).cloned().collect();
        (Just(records), Just(twice).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn order_and_repetition_do_not_matter((records, mixed) in shuffled_and_doubled()) {
        prop_assert_eq!(seen(&state(records)), seen(&state(mixed)));
    }

    #[test]
    fn the_hash_of_facts_is_never_that_of_former_ones((records, _) in shuffled_and_doubled(), other in streams()) {
        let mut now = State::default();
        let known = |state: &State| {
            for node in state.agents().flat_map(|(_, agent)| agent.sources()).flat_map(|(_, source)| source.all_nodes().map(|(_, node)| node)) {
                // Asked each time, so that one that should have been forgotten shows.
                prop_assert_eq!(node.facts_hash(), node.hash_facts().max(1));
            }
            Ok(())
        };
        for record in records {
            let _ = now.apply(record);
            known(&now)?;
        }
        now.merge(state(other));
        known(&now)?;
    }

    #[test]
    fn nodes_of_one_revision_are_the_same((records, mixed) in shuffled_and_doubled(), pick in any::<u64>(), other in streams()) {
        let mut known = BTreeMap::new();
        let mut look = |state: &State| {
            for (_, source) in state.agents().flat_map(|(_, agent)| agent.sources()) {
                let nodes: Vec<_> = source.placed_nodes().map(|placed| (placed.slot, placed.id.clone(), placed.node.hash_facts())).collect();
                prop_assert_eq!(known.entry(source.nodes_revision()).or_insert_with(|| nodes.clone()), &nodes);
            }
            Ok(())
        };
        // Two copies that go different ways.
        let (mut one, mut two) = (state(records.into_iter().take(3)), State::default());
        for (record, at) in mixed.into_iter().zip(0..) {
            if at == 2 {
                two = one.clone();
            }
            let _ = if pick >> (at % 64) & 1 == 0 { one.apply(record) } else { two.apply(record) };
            look(&one)?;
            look(&two)?;
        }
        one.forget_gone(Timestamp::from_seconds(6));
        look(&one)?;
        one.merge(state(other));
        look(&one)?;
        one.merge(two);
        look(&one)?;
    }

    #[test]
    fn merge_is_commutative_and_is_applying_both(records in streams(), pick in any::<u64>()) {
        let (left, right): (Vec<_>, Vec<_>) = records.iter().cloned().enumerate().partition(|(at, _)| pick >> (at % 64) & 1 == 0);
        let (left, right) = (left.into_iter().map(|(_, r)| r), right.into_iter().map(|(_, r)| r));
        let (left, right) = (state(left), state(right));
        let mut ab = left.clone();
        ab.merge(right.clone());
        let mut ba = right;
        ba.merge(left);
        prop_assert_eq!(seen(&ab), seen(&ba));
        prop_assert_eq!(seen(&ab), seen(&state(records)));
    }

    #[test]
    fn merge_is_associative_idempotent_and_has_an_identity(records in streams(), pick in any::<u128>()) {
        let part = |which: u128| state(records.iter().enumerate().filter(|(at, _)| (pick >> (2 * (at % 64)) & 3) % 3 == which).map(|(_, r)| r.clone()));
        let (a, b, c) = (part(0), part(1), part(2));
        let mut left = a.clone();
        left.merge(b.clone());
        left.merge(c.clone());
        let mut bc = b;
        bc.merge(c);
        let mut right = a.clone();
        right.merge(bc);
        prop_assert_eq!(seen(&left), seen(&right));
        let mut twice = a.clone();
        twice.merge(a.clone());
        prop_assert_eq!(seen(&twice), seen(&a));
        let mut empty = State::default();
        empty.merge(a.clone());
        prop_assert_eq!(seen(&empty), seen(&a));
    }

    #[test]
    fn a_merged_stream_says_what_its_parts_said(records in streams(), more in streams()) {
        let first = state(records.clone());
        let again = state(first.records());
        prop_assert_eq!(exists(&first), exists(&again));
        // And goes on doing so when the rest comes after the merge instead of before it.
        let mut through = state(first.records());
        for record in later(more.clone()) {
            let _ = through.apply(record);
        }
        prop_assert_eq!(exists(&through), exists(&state(records.into_iter().chain(later(more)))));
    }

    #[test]
    fn a_stream_that_lost_records_retires_nothing_that_the_whole_one_keeps(records in streams(), lost in any::<u64>()) {
        let is_lost = |(at, record): &(usize, &Record)| lost >> (at % 64) & 1 == 1 && !matches!(record.body, Body::Tick(_));
        let id = |record: &Record| match &record.body {
            Body::Node(node) => Some((record.agent.clone(), record.source.clone(), node.id.clone())),
            Body::Gone(Gone::Node(id)) => Some((record.agent.clone(), record.source.clone(), id.clone())),
            _ => None,
        };
        let hit: std::collections::BTreeSet<_> = records.iter().enumerate().filter(is_lost).filter_map(|(_, record)| id(record)).collect();
        let cut = exists(&state(records.iter().enumerate().filter(|each| !is_lost(each)).map(|(_, record)| record.clone())));
        for id in exists(&state(records.clone())).difference(&hit) {
            prop_assert!(cut.contains(id), "{:?} was lost", id);
        }
    }
}

/// The same reports, all after those of [`stream`].
fn later(records: Vec<Record>) -> impl Iterator<Item = Record> {
    records.into_iter().map(|mut record| {
        record.stamp.seq += 1000;
        record
    })
}

fn exists(state: &State) -> std::collections::BTreeSet<(AgentName, CompactString, NodeId)> {
    let mut ids = std::collections::BTreeSet::new();
    for (agent, said) in state.agents() {
        for (source, said) in said.sources() {
            ids.extend(said.nodes_unsorted().map(|(id, _)| (agent.clone(), source.into(), id.clone())));
        }
    }
    ids
}

#[test]
fn a_whole_full_report_retires_what_it_leaves_out() {
    let before = Report { agent: 0, source: 0, full: true, nodes: vec![(1, 0, Some(1)), (2, 0, Some(1))], gone: vec![], problems: vec![1] };
    let after = Report { nodes: vec![(1, 1, None)], problems: vec![], ..before.clone() };
    let state = state(stream(&[before, after]));
    let (_, agent) = state.agents().next().unwrap();
    let nodes: Vec<_> = agent.nodes_unsorted().collect();
    assert_eq!(nodes.len(), 1);
    assert_eq!(nodes[0].1.attr("color"), None, "a full report takes back fields too");
    assert!(nodes[0].1.metric("size").is_some());
    assert_eq!(agent.problems().count(), 0);
}

#[test]
fn a_new_run_retires_the_old_one_once_it_is_whole() {
    let report = Report { agent: 0, source: 0, full: true, nodes: vec![(1, 0, Some(1)), (2, 0, Some(1))], gone: vec![], problems: vec![] };
    let old = stream(std::slice::from_ref(&report));
    let mut new = stream(&[Report { nodes: vec![(2, 0, Some(2))], ..report }]);
    for record in &mut new {
        record.stamp.run = crate::RunId::from_u128(8);
    }
    let tick = new.pop().unwrap();
    let mut state = state(old.into_iter().chain(new));
    assert_eq!(exists(&state).len(), 2, "without its tick the new run retires nothing");
    assert_eq!(state.apply(tick), Applied::Taken);
    assert_eq!(exists(&state).len(), 1);
}
