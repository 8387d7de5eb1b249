//! The examples of `docs/subscriptions.md` are messages that a client can apply.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use serde_json::Value;

use super::client::Client;
use super::message::{Kind, Message};

fn examples() -> Vec<Value> {
    let text = include_str!("../../../../../docs/subscriptions.md");
    text.split("```json\n").skip(1).map(|rest| serde_json::from_str(rest.split("```").next().unwrap()).unwrap()).collect()
}

#[test]
fn the_examples_of_a_view_follow_each_other() {
    let mut client = Client::default();
    let view = examples().into_iter().take(3);
    for (example, kind) in view.zip([Kind::Snapshot, Kind::Change, Kind::Figures]) {
        let seq = example["seq"].as_u64().unwrap();
        client.apply(&Message::new(1, seq, kind, example.to_string()));
    }
    let view = client.view();
    assert_eq!(
        view["nodes"][1],
        serde_json::json!({"id":"container:02","kind":"container","name":"db","role":"member","parents":["host:a"],"agents":["a"],"metrics":{"pids":7}})
    );
    assert_eq!(view["nodes"][0]["attrs"], serde_json::json!({"state":"exited","exit_code":1}));
    assert_eq!(view["edges"].as_array().unwrap().len(), 1);
}

#[test]
fn the_examples_of_a_node_are_json_of_the_documented_types() {
    let types: Vec<String> = examples().iter().skip(3).map(|example| example["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(types, ["snapshot", "figures"]);
}
