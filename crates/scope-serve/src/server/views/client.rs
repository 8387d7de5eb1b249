//! A client as small as it can be, for tests: what `docs/subscriptions.md` says, and nothing else.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::message::{Kind, Message};

/// What it has.
#[derive(Debug, Default)]
pub(super) struct Client {
    pub(super) epoch: u64,
    pub(super) seq: u64,
    pub(super) metrics: Vec<String>,
    /// Names of figures that do not come.
    pub(super) other_metrics: Vec<String>,
    edge_metrics: Vec<String>,
    nodes: BTreeMap<u64, Value>,
    edges: BTreeMap<u64, Value>,
    /// Where nodes lie, by number.
    places: BTreeMap<u64, Value>,
    hidden: Value,
    problems: Value,
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

impl Client {
    pub(super) fn apply(&mut self, message: &Message) {
        let json: Value = serde_json::from_str(&message.json()).unwrap();
        assert_eq!(json["seq"].as_u64().unwrap(), message.seq());
        if message.kind() == Kind::Snapshot {
            *self = Self { epoch: json["epoch"].as_u64().unwrap(), ..Self::default() };
            self.edge_metrics = list(&json["edge_metrics"]).map(|name| name.as_str().unwrap().to_owned()).collect();
        } else {
            assert_eq!(message.seq(), self.seq + 1, "no message is left out");
        }
        self.seq = message.seq();
        for (field, names) in [("metrics", &mut self.metrics), ("other_metrics", &mut self.other_metrics)] {
            names.extend(list(&json[field]).map(|name| name.as_str().unwrap().to_owned()));
        }
        for gone in list(&json["edges"]["gone"]) {
            assert!(self.edges.remove(&gone.as_u64().unwrap()).is_some(), "an edge went that was not there");
        }
        for gone in list(&json["nodes"]["gone"]) {
            assert!(self.nodes.remove(&gone.as_u64().unwrap()).is_some(), "a node went that was not there");
            self.places.remove(&gone.as_u64().unwrap());
        }
        let column = |rows: &Value, name: &str, at: usize| rows[name].get(at).cloned().unwrap_or(Value::Null);
        for (at, number) in list(&json["nodes"]["n"]).enumerate() {
            let rows = &json["nodes"];
            let mut node = column(rows, "facts", at);
            for name in ["id", "kind", "name", "role"] {
                node[name] = column(rows, name, at);
            }
            node["metrics"] = json!({});
            self.places.insert(number.as_u64().unwrap(), column(rows, "place", at));
            assert!(self.nodes.insert(number.as_u64().unwrap(), node).is_none(), "what is known is not said whole");
        }
        let changed = &json["nodes"]["changed"];
        for (at, number) in list(&changed["n"]).enumerate() {
            let node = self.nodes.get_mut(&number.as_u64().unwrap()).expect("what changed is there");
            let said = changed["said"][at].as_object().unwrap();
            assert!(!said.is_empty(), "something is another");
            for (name, value) in said {
                if name == "place" {
                    self.places.insert(number.as_u64().unwrap(), value.clone());
                } else if name == "attrs" {
                    let node = node.as_object_mut().unwrap();
                    let mut attrs = node.remove("attrs").unwrap_or_else(|| json!({}));
                    for (name, value) in value.as_object().unwrap() {
                        let attrs = attrs.as_object_mut().unwrap();
                        let old = if value.is_null() { attrs.remove(name) } else { attrs.insert(name.clone(), value.clone()) };
                        assert_ne!(old.unwrap_or_default(), *value, "what is as it was is not said");
                    }
                    if !attrs.as_object().unwrap().is_empty() {
                        node.insert("attrs".to_owned(), attrs);
                    }
                } else if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
                    node.as_object_mut().unwrap().remove(name);
                } else {
                    node[name] = value.clone();
                }
            }
        }
        for (at, number) in list(&json["edges"]["e"]).enumerate() {
            let rows = &json["edges"];
            let figures = self.edges.get(&number.as_u64().unwrap()).map_or_else(|| json!({}), |edge| edge["metrics"].clone());
            let mut edge = column(rows, "facts", at);
            edge["from"] = column(rows, "from", at);
            edge["to"] = column(rows, "to", at);
            edge["metrics"] = figures;
            self.edges.insert(number.as_u64().unwrap(), edge);
        }
        Self::figures(&mut self.nodes, &self.metrics, &json["figures"]["nodes"]);
        Self::figures(&mut self.edges, &self.edge_metrics, &json["figures"]["edges"]);
        for (name, place) in [("hidden", &mut self.hidden), ("problems", &mut self.problems)] {
            if let Some(value) = json.get(name) {
                *place = value.clone();
            }
        }
    }

    fn figures(rows: &mut BTreeMap<u64, Value>, names: &[String], moved: &Value) {
        let mut of = &Value::Null;
        for column in list(moved) {
            let name = &names[column[0].as_u64().unwrap() as usize];
            of = if column[1].is_null() { of } else { &column[1] };
            assert_eq!(list(of).count(), list(&column[2]).count());
            for (number, value) in list(of).zip(list(&column[2])) {
                let metrics = rows.get_mut(&number.as_u64().unwrap()).unwrap()["metrics"].as_object_mut().unwrap();
                if value.is_null() {
                    metrics.remove(name);
                } else {
                    metrics.insert(name.clone(), value.clone());
                }
            }
        }
    }

    /// Where nodes lie, by id.
    pub(super) fn places(&self) -> BTreeMap<String, Value> {
        self.nodes.iter().map(|(number, node)| (node["id"].to_string(), self.places[number].clone())).collect()
    }

    /// What it has, in the form in which a view is written.
    pub(super) fn view(&self) -> Value {
        let id = |number: &Value| self.nodes[&number.as_u64().unwrap()]["id"].clone();
        let mut nodes: Vec<Value> = self.nodes.values().cloned().collect();
        nodes.sort_by_key(|node| node["id"].to_string());
        let mut edges: Vec<Value> = self
            .edges
            .values()
            .map(|edge| {
                let mut edge = edge.clone();
                (edge["from"], edge["to"]) = (id(&edge["from"]), id(&edge["to"]));
                edge
            })
            .collect();
        edges.sort_by_key(|edge| (edge["from"].to_string(), edge["to"].to_string()));
        json!({"nodes": nodes, "edges": edges, "hidden": self.hidden, "problems": self.problems})
    }
}
