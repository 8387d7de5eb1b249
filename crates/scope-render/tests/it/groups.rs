//! What all members of a large group say alike, while single ones change.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use proptest::prelude::*;
use scope_core::field::Registry;
use scope_core::record::{Body, Gone, Node, Record, Stamp};
use scope_core::state::State;
use scope_core::value::Fields;
use scope_core::{RunId, Value};
use scope_render::graph::{Graph, Kept};
use scope_render::view::{self, GroupBy, Selection};

use crate::fixture::{at, container};

const MEMBERS: usize = 80;
const NAMES: [&str; 4] = ["image", "state", "labels", "restart_count"];

/// One of the values that an attribute can have here, or none.
fn value(name: &str, choice: u8) -> Option<Value> {
    match (name, choice % 4) {
        (_, 3) => None,
        ("labels", choice) => Some(Value::Map([("tier", Value::text(&choice.to_string()))].into_iter().collect())),
        // The same text, and another value.
        ("restart_count", 0) => Some(Value::Number(1_u64.into())),
        ("restart_count", _) => Some(Value::text("1")),
        (_, choice) => Some(Value::text(&choice.to_string())),
    }
}

fn say(state: &mut State, seq: u64, body: Body) {
    let (agent, stamp) = ("a".parse().unwrap(), Stamp { run: RunId::from_u128(1), seq });
    let _ = state.apply(Record { agent, stamp, source: "docker".into(), at: at(seq as i64), body, extra: Fields::default() });
}

/// A member with these attributes; null takes back what was said before.
fn member(number: usize, choices: [u8; 4]) -> Node {
    let mut node = Node::new(container(&number.to_string()));
    node.name = Some("one".into());
    node.attrs = NAMES.into_iter().zip(choices).map(|(name, choice)| (name, value(name, choice).unwrap_or(Value::Null))).collect();
    node
}

/// What all of the only group of containers by name say alike, by looking at each.
fn alike(graph: &Graph<'_>) -> Vec<(String, Value)> {
    let containers: Vec<u32> = (0..graph.len() as u32).filter(|node| graph.kind(*node) == "container").collect();
    let all_say = |name: &&str, value: &Value| containers.iter().all(|node| graph.attr(*node, name) == Some(value));
    let mut names = NAMES;
    names.sort_unstable();
    let first = |name: &&'static str| Some((*name, graph.attr(*containers.first()?, name)?.clone()));
    names.iter().filter_map(first).filter(|(name, value)| all_say(name, value)).map(|(name, value)| (name.to_owned(), value)).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Says(usize, [u8; 4]),
    Goes(usize),
    AllSay([u8; 4]),
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = prop_oneof![
        4 => (0..MEMBERS, prop::array::uniform4(0_u8..4)).prop_map(|(number, choices)| Step::Says(number, choices)),
        1 => (0..MEMBERS).prop_map(Step::Goes),
        2 => prop::array::uniform4(0_u8..4).prop_map(Step::AllSay),
    ];
    prop::collection::vec(prop::collection::vec(step, 1..3), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_remembered_of_members_is_what_they_say(begin in prop::array::uniform4(0_u8..4), steps in steps()) {
        let (mut state, mut kept): (State, Option<Kept>) = (State::default(), None);
        for number in 0..MEMBERS {
            say(&mut state, 1, Body::Node(member(number, begin)));
        }
        for (steps, seq) in steps.into_iter().zip(2..) {
            for (step, part) in steps.into_iter().zip(0..) {
                let seq = seq * 10 + part;
                match step {
                    Step::Says(number, choices) => say(&mut state, seq, Body::Node(member(number, choices))),
                    Step::Goes(number) => say(&mut state, seq, Body::Gone(Gone::Node(container(&number.to_string())))),
                    Step::AllSay(choices) => (0..MEMBERS).for_each(|number| say(&mut state, seq, Body::Node(member(number, choices)))),
                }
            }
            let graph = Graph::build_after(&state, kept.as_ref());
            let expected = alike(&graph);
            // As with every structure: several views ask.
            for _ in 0..2 {
                let by_name = GroupBy::parse("name", &Registry::new()).unwrap();
                let selection = Selection { show: &["stopped"], group_by: Some(&by_name), ..Selection::default() };
                let rendered = view::find("containers").unwrap().project(&graph, &selection);
                prop_assert!(rendered.nodes.len() < 2);
                if let Some(group) = rendered.nodes.first() {
                    let found: Vec<(String, Value)> = rendered.attrs(group).into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
                    prop_assert_eq!(&found, &expected);
                    for name in NAMES {
                        prop_assert_eq!(rendered.attr(group, name), expected.iter().find(|(known, _)| known == name).map(|(_, value)| value));
                    }
                }
            }
            kept = Some(graph.keep());
        }
    }
}
