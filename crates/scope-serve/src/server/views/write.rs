//! Messages as JSON, written by hand into one buffer: columns of nodes and edges, figures by the number of their name. The format is that of
//! `docs/subscriptions.md`.

use std::collections::BTreeMap;

use scope_core::{CompactString, Number, Timestamp};
use scope_render::layout::{AreaKind, Layout};
use scope_render::view::{Edge, Hidden, Rendered};
use serde::Serialize;

use super::facts::{NodeFacts, Other, OtherFacts};
use super::picture::{EDGE_FIGURES, Moved, Picture};

/// A message in the making.
#[derive(Debug)]
pub(super) struct Json(Vec<u8>);

impl Json {
    /// Begins a message.
    pub(super) fn new(kind: &str, seq: u64, at: Timestamp) -> Self {
        let mut json = Self(Vec::with_capacity(4096));
        json.raw("{\"type\":");
        json.value(kind);
        json.field("seq", &seq);
        json.field("at", &at);
        json
    }

    pub(super) fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(super) fn value(&mut self, value: &(impl Serialize + ?Sized)) {
        // Writing to memory does not fail, and no value here has keys that are not text.
        let _ = serde_json::to_writer(&mut self.0, value);
    }

    /// A field after others.
    pub(super) fn field(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        self.key(name);
        self.value(value);
    }

    /// The name of a field after others.
    pub(super) fn key(&mut self, name: &str) {
        self.raw(",\"");
        self.raw(name);
        self.raw("\":");
    }

    /// A list, each item written by `write`.
    pub(super) fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.raw("[");
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.raw(",");
            }
            write(self, item);
        }
        self.raw("]");
    }

    /// Ends the message.
    pub(super) fn end(mut self) -> String {
        self.raw("}");
        // It is kept for a while, by those who come back and by slow subscribers.
        self.0.shrink_to_fit();
        // All of it was written from texts.
        String::from_utf8(self.0).unwrap_or_default()
    }

    fn integer(&mut self, number: u64) {
        // Two digits at a time, the last ones first.
        let mut digits = [b'0'; 20];
        let mut rest = number;
        let mut used = 0;
        for pair in digits.rchunks_exact_mut(2) {
            let two = (rest % 100) as u8;
            pair.copy_from_slice(&[b'0' + two / 10, b'0' + two % 10]);
            rest /= 100;
            used += if rest == 0 && two < 10 { 1 } else { 2 };
            if rest == 0 {
                break;
            }
        }
        self.0.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
    }

    fn number(&mut self, number: Number) {
        if let Some(whole) = number.as_u64() {
            return self.integer(whole);
        }
        // Percentages and rates are hundredths, and those are written as the shortest text of a float is.
        let value = number.as_f64();
        let hundredths = (value * 100.0).round();
        if !(1.0..1e15).contains(&hundredths) || hundredths / 100.0 != value {
            return self.value(&number);
        }
        let hundredths = hundredths as u64;
        self.integer(hundredths / 100);
        self.raw(".");
        match hundredths % 100 {
            few if few % 10 == 0 => self.integer(few / 10),
            few => {
                self.integer(few / 10);
                self.integer(few % 10);
            }
        }
    }

    /// Nodes in columns: those at these places of the view.
    pub(super) fn nodes(&mut self, rendered: &Rendered<'_, '_>, picture: &Picture, layout: Option<&Layout>, places: &[u32]) {
        let nodes = || places.iter().filter_map(|at| Some((*at, rendered.nodes.get(*at as usize)?)));
        self.raw("\"n\":");
        self.list(places, |json, at| json.integer(u64::from(picture.node_order.get(*at as usize).copied().unwrap_or_default())));
        self.key("id");
        self.list(nodes(), |json, (_, node)| json.value(&node.id));
        self.key("kind");
        self.list(nodes(), |json, (_, node)| json.value(node.kind));
        self.key("name");
        self.list(nodes(), |json, (_, node)| json.value(&node.name));
        self.key("role");
        self.list(nodes(), |json, (_, node)| json.value(node.role.as_str()));
        self.key("facts");
        self.list(nodes(), |json, (_, node)| json.value(&NodeFacts::of(rendered, node)));
        if let Some(layout) = layout {
            self.key("place");
            self.list(nodes(), |json, (at, _)| {
                let rect = layout.boxes.get(at as usize).copied().unwrap_or_default();
                json.list([rect.x, rect.y, rect.width, rect.height], |json, side| json.value(&side));
            });
        }
    }

    /// What is another of nodes that subscribers have.
    pub(super) fn others(&mut self, rendered: &Rendered<'_, '_>, picture: &Picture, layout: Option<&Layout>, others: &[Other]) {
        let nodes = || others.iter().filter_map(|other| Some((other, rendered.nodes.get(other.at as usize)?)));
        self.key("changed");
        self.raw("{\"n\":");
        self.list(nodes(), |json, (other, _)| json.integer(u64::from(picture.node_order.get(other.at as usize).copied().unwrap_or_default())));
        self.key("said");
        self.list(nodes(), |json, (other, node)| {
            let place = layout.map(|layout| layout.boxes.get(other.at as usize).copied().unwrap_or_default());
            json.value(&OtherFacts::of(other, rendered, node, place.as_ref()));
        });
        self.raw("}");
    }

    /// Edges in columns.
    pub(super) fn edges(&mut self, rendered: &Rendered<'_, '_>, picture: &Picture, places: &[u32]) {
        let edges = || places.iter().filter_map(|at| rendered.edges.get(*at as usize));
        let node = |at: u32| u64::from(picture.node_order.get(at as usize).copied().unwrap_or_default());
        self.raw("\"e\":");
        self.list(places, |json, at| json.integer(u64::from(picture.edge_order.get(*at as usize).copied().unwrap_or_default())));
        self.key("from");
        self.list(edges(), |json, edge| json.integer(node(edge.from)));
        self.key("to");
        self.list(edges(), |json, edge| json.integer(node(edge.to)));
        self.key("facts");
        self.list(edges(), |json, edge| json.value(&EdgeFacts::of(rendered, edge)));
    }

    /// Figures: `[[name, [node, …], [value, …]], …]` for nodes and for edges; `null` for the nodes or edges that the column before has.
    pub(super) fn figures(&mut self, moved: &Moved) {
        self.raw("{\"nodes\":");
        self.columns(&moved.nodes, |json, value| json.number(*value));
        self.key("edges");
        self.columns(&moved.edges, |json, value| json.integer(*value));
        self.raw("}");
    }

    fn columns<T>(&mut self, columns: &[Vec<(u32, Option<T>)>], write: impl Fn(&mut Self, &T)) {
        let named = columns.iter().enumerate().filter(|(_, list)| !list.is_empty());
        let mut last: &[(u32, Option<T>)] = &[];
        self.list(named, |json, (name, list)| {
            json.raw("[");
            json.integer(name as u64);
            json.raw(",");
            // Most figures move of the same nodes.
            if last.len() == list.len() && last.iter().zip(list).all(|((one, _), (other, _))| one == other) {
                json.raw("null");
            } else {
                json.list(list, |json, (node, _)| json.integer(u64::from(*node)));
                last = list;
            }
            json.raw(",");
            json.list(list, |json, (_, value)| match value {
                Some(value) => write(json, value),
                None => json.raw("null"),
            });
            json.raw("]");
        });
    }

    /// The names of figures from a number on.
    pub(super) fn names(&mut self, field: &str, names: &[CompactString]) {
        if !names.is_empty() {
            self.field(field, names);
        }
    }

    /// The names of an edge's figures.
    pub(super) fn edge_names(&mut self) {
        self.field("edge_metrics", &EDGE_FIGURES);
    }

    /// The rectangles around nodes.
    pub(super) fn areas(&mut self, layout: &Layout, frames: &[String]) {
        self.key("areas");
        self.list(&layout.areas, |json, area| {
            let rect = area.rect;
            json.raw("{\"rect\":");
            json.list([rect.x, rect.y, rect.width, rect.height], |json, side| json.value(&side));
            if let AreaKind::Group(group) = area.kind {
                json.field("title", frames.get(group as usize).map_or("", String::as_str));
            }
            json.raw("}");
        });
    }
}

/// What is not shown, as a view's JSON has it.
pub(super) fn hidden(hidden: &Hidden) -> String {
    let mut nodes: BTreeMap<&str, u64> = hidden.by_default.iter().map(|(name, _, count)| (*name, *count)).collect();
    if hidden.by_filter > 0 {
        nodes.insert("filter", hidden.by_filter);
    }
    let flows = [("of_hidden", hidden.flows_of_hidden), ("inside", hidden.flows_inside), ("outside", hidden.flows_outside), ("over", hidden.flows_over)];
    let flows: BTreeMap<&str, u64> = flows.into_iter().filter(|(_, count)| *count > 0).collect();
    let of = |counts: &BTreeMap<&str, u64>| serde_json::to_string(counts).unwrap_or_default();
    format!("{{\"nodes\":{},\"flows\":{}}}", of(&nodes), of(&flows))
}

/// The problems that hold, as a view's JSON has them.
pub(super) fn problems(rendered: &Rendered<'_, '_>) -> String {
    #[derive(Serialize)]
    struct Problem<'a> {
        agent: &'a str,
        source: &'a str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        hint: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
    }
    let problems: Vec<Problem<'_>> = rendered
        .graph()
        .troubles()
        .iter()
        .map(|trouble| Problem {
            agent: trouble.agent.as_str(),
            source: trouble.source,
            message: &trouble.problem.message,
            hint: trouble.problem.hint.as_deref(),
            id: trouble.problem.id.as_ref().map(|id| id.as_str()),
        })
        .collect();
    serde_json::to_string(&problems).unwrap_or_default()
}

/// What is known of an edge but its figures.
#[derive(Serialize)]
struct EdgeFacts<'a> {
    ports: Vec<String>,
    since: Timestamp,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    server_names: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    commands: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    seen_by: Vec<&'a str>,
}

impl<'a> EdgeFacts<'a> {
    fn of(rendered: &'a Rendered<'_, '_>, edge: &Edge) -> Self {
        Self {
            ports: rendered.ports(edge).into_iter().map(|(protocol, port, _)| format!("{protocol}/{port}")).collect(),
            since: edge.since,
            server_names: rendered.server_names(edge),
            commands: rendered.commands(edge),
            seen_by: rendered.seen_by(edge),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_written_as_json_has_them(hundredths in 0_i64..20_000_000, any in any::<f64>(), whole in any::<u64>()) {
            for number in [Number::from_f64(hundredths as f64 / 100.0), Number::from_f64(any), Some(Number::from(whole))].into_iter().flatten() {
                let mut json = Json(Vec::new());
                json.number(number);
                prop_assert_eq!(json.0, serde_json::to_vec(&number).unwrap_or_default());
            }
        }
    }
}
