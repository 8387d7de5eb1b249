//! What `scope render -o json` says, as a test looks at it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A drawn graph: `{"view":…,"nodes":[…],"edges":[…],"hidden":{…}}`.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The nodes by id.
    pub nodes: BTreeMap<String, Value>,
    /// The edges by their ends, from client to server.
    pub edges: BTreeMap<(String, String), Value>,
}

impl Graph {
    /// Reads the output.
    #[track_caller]
    pub fn read(json: &Value) -> Self {
        let list = |name: &str| json[name].as_array().unwrap_or_else(|| panic!("no list `{name}` in {json}"));
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {value}")).to_owned();
        let nodes: BTreeMap<_, _> = list("nodes").iter().map(|node| (text(node, "id"), node.clone())).collect();
        assert_eq!(nodes.len(), list("nodes").len(), "a node is drawn twice");
        let edges: BTreeMap<_, _> = list("edges").iter().map(|edge| ((text(edge, "from"), text(edge, "to")), edge.clone())).collect();
        assert_eq!(edges.len(), list("edges").len(), "an edge is drawn twice");
        for (from, to) in edges.keys() {
            assert!(nodes.contains_key(from) && nodes.contains_key(to), "an edge leads to a node that is not drawn: {from} -> {to}");
        }
        Self { nodes, edges }
    }

    /// The edges of which `mine` holds for both ends.
    pub fn between(&self, mine: impl Fn(&str) -> bool) -> BTreeSet<(String, String)> {
        self.edges.keys().filter(|(from, to)| mine(from) && mine(to)).cloned().collect()
    }
}

/// How well what was drawn agrees with what happened.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Expected and drawn.
    pub right: usize,
    /// Expected and not drawn.
    pub missed: usize,
    /// Drawn and not expected.
    pub wrong: usize,
}

impl Score {
    /// Compares two sets of edges.
    pub fn of<T: Ord>(expected: &BTreeSet<T>, drawn: &BTreeSet<T>) -> Self {
        let right = expected.intersection(drawn).count();
        Self { right, missed: expected.len() - right, wrong: drawn.len() - right }
    }

    /// The part of what happened that was drawn.
    pub fn recall(&self) -> f64 {
        part(self.right, self.right + self.missed)
    }

    /// The part of what was drawn that happened.
    pub fn precision(&self) -> f64 {
        part(self.right, self.right + self.wrong)
    }
}

fn part(some: usize, all: usize) -> f64 {
    if all == 0 { 1.0 } else { some as f64 / all as f64 }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "recall {:.4} ({} of {}), precision {:.4} ({} wrong)", self.recall(), self.right, self.right + self.missed, self.precision(), self.wrong)
    }
}
