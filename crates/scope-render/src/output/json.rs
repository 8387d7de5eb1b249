//! One JSON object:
//!
//! ```json
//! {"view":"containers",
//!  "nodes":[{"id":"container:3f2a…","kind":"container","name":"web","role":"member","parents":["host:a"],"agents":["a"],
//!            "attrs":{"state":"running"},"metrics":{"cpu_pct":24.5}}],
//!  "edges":[{"from":"container:3f2a…","to":"container:9b1c…","ports":["tcp/80"],"open":3,"opened_total":12,"tx_bytes_total":81234}],
//!  "hidden":{"nodes":{"stopped":1,"filter":2},"flows":{"of_hidden":3}},
//!  "problems":[{"agent":"a","source":"net","message":"…","hint":"…"}]}
//! ```
//!
//! `role` is `member` (of the view's kind), `group` (then `members` counts them), `stand_in` (an end of another kind), `uncontained` or `pseudo`
//! (then `addresses` has some that were met); `within` names the container that a process is in. Figures of an edge are seen from its client; what nobody could see is absent.

use std::io::{self, Write};

use scope_core::codec::Visible;
use scope_core::{Number, Value};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::graph::Trouble;
use crate::view::{Edge, Hidden, Node, Rendered, Role};

pub(super) fn write(rendered: &Rendered<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    line(out, &Whole(rendered))
}

/// One object on a line of its own.
pub(super) fn line(out: &mut dyn Write, object: &impl Serialize) -> io::Result<()> {
    object.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Visible))?;
    writeln!(out)
}

struct Whole<'a>(&'a Rendered<'a, 'a>);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(rendered) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("view", rendered.view.name)?;
        entry(&mut map, "group_by", rendered.group_by)?;
        map.serialize_entry("nodes", &Each(&rendered.nodes, |node| Object(None, NodeOut { rendered, node })))?;
        map.serialize_entry("edges", &Each(&rendered.edges, |edge| Object(None, EdgeOut { rendered, edge })))?;
        map.serialize_entry("hidden", &Object(None, HiddenOut(&rendered.hidden)))?;
        map.serialize_entry("problems", &Each(rendered.graph().troubles(), |trouble| Object(None, TroubleOut(trouble))))?;
        map.end()
    }
}

/// Something that is written as a JSON object.
pub(super) trait Entries {
    /// Writes its fields.
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

/// An object, with its type first where that is asked for.
pub(super) struct Object<'a, T>(pub(super) Option<&'a str>, pub(super) T);

impl<T: Entries> Serialize for Object<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        entry(&mut map, "type", self.0)?;
        self.1.entries(&mut map)?;
        map.end()
    }
}

/// A list, each item made when it is written.
struct Each<'a, T, F>(&'a [T], F);

impl<'a, T, O: Serialize, F: Fn(&'a T) -> O> Serialize for Each<'a, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for item in self.0 {
            list.serialize_element(&(self.1)(item))?;
        }
        list.end()
    }
}

fn entry<M: SerializeMap, T: Serialize>(map: &mut M, name: &'static str, value: Option<T>) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(name, &value))
}

impl Role {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Group => "group",
            Self::StandIn => "stand_in",
            Self::Uncontained => "uncontained",
            Self::Pseudo => "pseudo",
        }
    }
}

/// A node as JSON.
pub(super) struct NodeOut<'a> {
    pub(super) rendered: &'a Rendered<'a, 'a>,
    pub(super) node: &'a Node<'a>,
}

impl Entries for NodeOut<'_> {
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Self { rendered, node } = self;
        map.serialize_entry("id", &node.id)?;
        map.serialize_entry("kind", node.kind)?;
        map.serialize_entry("name", &node.name)?;
        map.serialize_entry("role", node.role.as_str())?;
        let members = rendered.members(node);
        if node.role == Role::Group {
            map.serialize_entry("members", &members.len())?;
        }
        let graph = rendered.graph();
        if let [member] = members {
            if let Some(pseudo) = graph.pseudo(*member) {
                entry(map, "addresses", (!pseudo.addresses.is_empty()).then_some(&pseudo.addresses))?;
            }
            let parents: Vec<&str> = graph.parents(*member).iter().map(|parent| graph.id(*parent)).collect();
            entry(map, "parents", (!parents.is_empty()).then_some(parents))?;
        }
        entry(map, "within", rendered.within(node))?;
        let agents = rendered.agents(node);
        entry(map, "agents", (!agents.is_empty()).then_some(agents))?;
        let attrs = rendered.attrs(node);
        entry(map, "attrs", (!attrs.is_empty()).then(|| Pairs::<Value>(&attrs)))?;
        let metrics = rendered.metrics(node);
        let metrics: Vec<(&str, &Number)> = metrics.iter().map(|(name, figure)| (*name, figure)).collect();
        entry(map, "metrics", (!metrics.is_empty()).then_some(Pairs(&metrics)))
    }
}

/// Names and values as an object.
struct Pairs<'a, T>(&'a [(&'a str, &'a T)]);

impl<T: Serialize> Serialize for Pairs<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// An edge as JSON.
pub(super) struct EdgeOut<'a> {
    pub(super) rendered: &'a Rendered<'a, 'a>,
    pub(super) edge: &'a Edge,
}

impl Entries for EdgeOut<'_> {
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Self { rendered, edge } = self;
        let id = |node: u32| rendered.nodes.get(node as usize).map(|node| &node.id);
        map.serialize_entry("from", &id(edge.from))?;
        map.serialize_entry("to", &id(edge.to))?;
        let ports: Vec<String> = rendered.ports(edge).into_iter().map(|(protocol, port, _)| format!("{protocol}/{port}")).collect();
        map.serialize_entry("ports", &ports)?;
        let figures = &edge.figures;
        map.serialize_entry("open", &figures.open)?;
        entry(map, "opened_total", figures.opened_total)?;
        entry(map, "failed_total", figures.failed_total)?;
        entry(map, "tx_bytes_total", figures.tx_bytes_total)?;
        entry(map, "rx_bytes_total", figures.rx_bytes_total)?;
        entry(map, "retrans_total", figures.retrans_total)?;
        entry(map, "rtt_us", figures.rtt_us)?;
        map.serialize_entry("since", &edge.since)?;
        map.serialize_entry("last_seen", &edge.last_seen)?;
        let list = |words: Vec<_>| (!words.is_empty()).then_some(words);
        entry(map, "server_names", list(rendered.server_names(edge)))?;
        entry(map, "commands", list(rendered.commands(edge)))?;
        entry(map, "seen_by", list(rendered.seen_by(edge)))
    }
}

/// What is hidden as JSON.
pub(super) struct HiddenOut<'a>(pub(super) &'a Hidden);

impl Entries for HiddenOut<'_> {
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Self(hidden) = self;
        let mut nodes: Vec<(&str, &u64)> = hidden.by_default.iter().map(|(name, _, count)| (*name, count)).collect();
        if hidden.by_filter > 0 {
            nodes.push(("filter", &hidden.by_filter));
        }
        map.serialize_entry("nodes", &Pairs(&nodes))?;
        let flows =
            [("of_hidden", &hidden.flows_of_hidden), ("inside", &hidden.flows_inside), ("outside", &hidden.flows_outside), ("over", &hidden.flows_over)];
        let flows: Vec<(&str, &u64)> = flows.into_iter().filter(|(_, count)| **count > 0).collect();
        map.serialize_entry("flows", &Pairs(&flows))
    }
}

/// A problem as JSON.
pub(super) struct TroubleOut<'a>(pub(super) &'a Trouble<'a>);

impl Entries for TroubleOut<'_> {
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Self(trouble) = self;
        map.serialize_entry("agent", trouble.agent)?;
        map.serialize_entry("source", trouble.source)?;
        map.serialize_entry("message", trouble.problem.message.as_str())?;
        entry(map, "hint", trouble.problem.hint.as_deref())?;
        entry(map, "id", trouble.problem.id.as_ref())
    }
}
