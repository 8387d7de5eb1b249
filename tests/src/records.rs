//! Records as a test looks at them: what a stream says of each node, joined without the product's own merge.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// What a stream says at its end.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Nodes by id: the newest of `name`, `parents`, `endpoints`, and of each attribute and figure, whoever said it.
    pub nodes: BTreeMap<String, Value>,
    /// What nodes belong to, also those that are gone.
    pub parents: BTreeMap<String, Vec<String>>,
    /// The flows, each as it was last said, by its key as text.
    pub flows: BTreeMap<String, Value>,
    /// Messages of problems.
    pub problems: BTreeSet<String>,
    /// The ticks, in order.
    pub ticks: Vec<Value>,
}

impl Said {
    /// What these records say.
    pub fn new<'a>(records: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut said = Self::default();
        for record in records {
            said.take(record);
        }
        said
    }

    /// Takes one more record into account. A full report takes nothing back here: the streams of a test are short.
    pub fn take(&mut self, record: &Value) {
        let key = || ["owner", "side", "proto", "dialled", "client_addr", "server_addr"].map(|field| record[field].to_string()).join(" ");
        match record["record"].as_str() {
            Some("node") => {
                let node = self.nodes.entry(text(&record["id"])).or_insert_with(|| Value::Object(Map::new()));
                for field in ["id", "kind", "name", "parents", "endpoints"] {
                    if !record[field].is_null() {
                        node[field] = record[field].clone();
                    }
                }
                if let Some(parents) = record["parents"].as_array() {
                    self.parents.insert(text(&record["id"]), parents.iter().map(text).collect());
                }
                for part in ["attrs", "metrics"] {
                    for (name, value) in record[part].as_object().into_iter().flatten() {
                        node[part][name] = value.clone();
                    }
                }
            }
            Some("flow") => drop(self.flows.insert(key(), record.clone())),
            Some("gone") if record["id"].is_null() => drop(self.flows.remove(&key())),
            Some("gone") => drop(self.nodes.remove(&text(&record["id"]))),
            Some("problem") => drop(self.problems.insert(format!("{}: {}", text(&record["source"]), text(&record["message"])))),
            Some("tick") => self.ticks.push(record.clone()),
            _ => {}
        }
    }

    /// A node; fails the test where it was not mentioned.
    #[track_caller]
    pub fn node(&self, id: &str) -> &Value {
        self.nodes.get(id).unwrap_or_else(|| {
            panic!("no node {id}; there are {:?}; problems: {:?}", self.nodes.keys().filter(|id| !id.starts_with("process")).collect::<Vec<_>>(), self.problems)
        })
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Records as NDJSON again.
pub fn ndjson(records: &[Value]) -> Vec<u8> {
    let mut text = Vec::new();
    for record in records {
        serde_json::to_writer(&mut text, record).expect("a value is JSON");
        text.push(b'\n');
    }
    text
}
