//! A view as it is at one moment: what outputs write and layouts place. Everything is borrowed from the graph.

use std::borrow::Cow;
use std::ops::Range;

use scope_core::{Number, Protocol, Timestamp, Value};

use super::group::{Grouper, Key};
use super::{View, sums};
use crate::graph::{Figures, Graph, Link};

/// What is to be seen.
#[derive(Debug)]
pub struct Rendered<'g, 's> {
    /// The view.
    pub view: &'static View,
    /// What nodes were collapsed by instead of what the view says.
    pub group_by: Option<&'g str>,
    /// The nodes: those of the view's kind by id, collapsed ones by key, then what stands for ends outside, by id.
    pub nodes: Vec<Node<'g>>,
    /// The connections between them, by client and server.
    pub edges: Vec<Edge>,
    /// What is not shown.
    pub hidden: Hidden,
    pub(super) graph: &'g Graph<'s>,
    pub(super) members: Vec<u32>,
    pub(super) links: Vec<u32>,
}

/// What a node of a view is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Something that exists, of the view's kind.
    Member,
    /// Several of them that have something in common.
    Group,
    /// Something that exists, of another kind, and that nothing of the view's kind stands for.
    StandIn,
    /// What runs outside of containers on one host.
    Uncontained,
    /// What nobody watches.
    Pseudo,
}

impl Role {
    /// Whether it stands for something outside of the view, and has no attributes or figures of its own.
    pub fn is_outside(self) -> bool {
        matches!(self, Self::Uncontained | Self::Pseudo)
    }
}

/// A node of a view.
#[derive(Clone, Debug)]
pub struct Node<'g> {
    /// Its id.
    pub id: Cow<'g, str>,
    /// Its name for people, never empty.
    pub name: Cow<'g, str>,
    /// Its kind; of a group the kind of what is in it.
    pub kind: &'g str,
    /// What it is.
    pub role: Role,
    /// The nodes of the graph that it stands for, in [`Rendered::members`].
    pub(super) members: Range<u32>,
}

/// Connections from a client to a server.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The client, in [`Rendered::nodes`].
    pub from: u32,
    /// The server, in [`Rendered::nodes`].
    pub to: u32,
    /// What went over them.
    pub figures: Figures,
    /// When the first was seen.
    pub since: Timestamp,
    /// When one was last open.
    pub last_seen: Timestamp,
    pub(super) links: Range<u32>,
}

/// What is not shown, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Nodes that the view leaves out unless asked: by [`super::Hide`], how many.
    pub by_default: Vec<(&'static str, &'static str, u64)>,
    /// Nodes that the filter did not take.
    pub by_filter: u64,
    /// Flows with an end that is hidden, or with ends in so many nodes of the view that nobody can say which are meant.
    pub flows_of_hidden: u64,
    /// Flows that begin and end in one node of the view.
    pub flows_inside: u64,
    /// Flows between ends that are both outside of the view.
    pub flows_outside: u64,
    /// Flows with an end that is gone already.
    pub flows_over: u64,
}

impl Hidden {
    pub(super) fn leave_out(&mut self, hide: &'static super::Hide, count: u64) {
        match self.by_default.iter_mut().find(|(name, _, _)| *name == hide.name) {
            Some((_, _, total)) => *total += count,
            None if count > 0 => self.by_default.push((hide.name, hide.title, count)),
            None => {}
        }
    }

    /// How many nodes are not shown.
    pub fn nodes(&self) -> u64 {
        self.by_filter + self.by_default.iter().map(|(_, _, count)| count).sum::<u64>()
    }
}

/// A frame around nodes of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'g> {
    /// What tells it apart: the id of the node that they belong to, or what they have in common.
    pub id: Cow<'g, str>,
    /// What its nodes have in common, for people.
    pub title: Cow<'g, str>,
}

/// Adds to titles that several frames have what their ids say: `web (host-a)`.
fn tell_apart(frames: &mut [Frame<'_>]) {
    for alike in frames.chunk_by_mut(|a, b| a.title == b.title).filter(|alike| alike.len() > 1) {
        for frame in alike {
            let rest = frame.id.split_once(':').map_or(&*frame.id, |(_, rest)| rest);
            let short: String = rest.chars().take(12).collect();
            frame.title = format!("{} ({short})", frame.title).into();
        }
    }
}

impl<'g, 's> Rendered<'g, 's> {
    /// The name of each node, with what tells it apart where several have the same: `httpd (4632)`, `web (host-a)`.
    pub fn labels(&self) -> Vec<Cow<'g, str>> {
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        let name = |at: usize| self.nodes.get(at).map(|node| node.name.as_ref());
        order.sort_by_key(|at| (name(*at), *at));
        let mut labels: Vec<Cow<'g, str>> = self.nodes.iter().map(|node| node.name.clone()).collect();
        let hosts = self.graph.climb(self.graph.kind_id("host"));
        for same in order.chunk_by(|a, b| name(*a) == name(*b)).filter(|same| same.len() > 1) {
            let host = |at: usize| {
                self.nodes
                    .get(at)
                    .and_then(|node| self.members(node).first())
                    .and_then(|member| hosts.from(*member).first())
                    .map(|host| self.graph.label(*host))
            };
            let on: Vec<Option<&str>> = same.iter().map(|at| host(*at)).collect();
            let mut in_order = on.clone();
            in_order.sort_unstable();
            let on_one = in_order.first() == in_order.last();
            for (at, host) in same.iter().zip(&on) {
                let (Some(node), Some(label)) = (self.nodes.get(*at), labels.get_mut(*at)) else { continue };
                let first = in_order.partition_point(|other| other < host);
                let alone = host.filter(|host| in_order.get(first + 1).copied().flatten() != Some(host));
                let rest = node.id.split_once(':').map_or(node.id.as_ref(), |(_, rest)| rest);
                let apart: Cow<'_, str> = match (alone, node.kind) {
                    (Some(host), _) => host.into(),
                    (None, "process") => {
                        let mut parts = rest.rsplitn(3, ':');
                        let pid = parts.nth(1).unwrap_or(rest);
                        if on_one { pid.into() } else { format!("{} {pid}", parts.next().unwrap_or_default()).into() }
                    }
                    (None, "container" | "image") => rest.get(..12).unwrap_or(rest).into(),
                    // Both are told apart by their agents.
                    (None, "host" | "uncontained") => rest.into(),
                    (None, kind) => kind.into(),
                };
                *label = format!("{} ({apart})", node.name).into();
            }
        }
        labels
    }

    /// The graph that it was made from.
    pub fn graph(&self) -> &'g Graph<'s> {
        self.graph
    }

    /// The nodes of the graph that a node stands for; none for what runs outside of containers, which has no figures of its own.
    pub fn members(&self, node: &Node<'_>) -> &[u32] {
        if node.role == Role::Uncontained { &[] } else { self.behind(node) }
    }

    /// The nodes of the graph that a node was made from.
    fn behind(&self, node: &Node<'_>) -> &[u32] {
        self.members.get(node.members.start as usize..node.members.end as usize).unwrap_or_default()
    }

    /// The hash of the id of a node; the same for one id as long as the process lives.
    pub fn id_hash(&self, node: &Node<'_>) -> u64 {
        match (node.role, self.behind(node)) {
            (Role::Member | Role::StandIn, [member]) => self.graph.id_hash(*member),
            _ => scope_core::state::id_hash(&node.id),
        }
    }

    /// The connections that an edge is made of.
    pub fn links(&self, edge: &Edge) -> impl Iterator<Item = &'g Link> {
        let links = self.links.get(edge.links.start as usize..edge.links.end as usize).unwrap_or_default();
        let graph = self.graph;
        links.iter().filter_map(|link| graph.links().get(*link as usize))
    }

    /// Another number whenever anything but a figure of an edge changed: see [`Graph::link_versions`].
    pub fn edge_version(&self, edge: &Edge) -> u64 {
        let versions = self.graph.link_versions();
        let links = self.links.get(edge.links.start as usize..edge.links.end as usize).unwrap_or_default();
        links.iter().filter_map(|link| versions.get(*link as usize)).fold(0, |sum: u64, version| sum.wrapping_add(*version))
    }

    /// One attribute; of several nodes what all say alike.
    pub fn attr(&self, node: &Node<'_>, name: &str) -> Option<&'s Value> {
        let (first, others) = self.members(node).split_first()?;
        let value = self.graph.attr(*first, name)?;
        self.graph.all_have(others, name, value).then_some(value)
    }

    /// All attributes by name; of several nodes those that all say alike.
    pub fn attrs(&self, node: &Node<'_>) -> Vec<(&'s str, &'s Value)> {
        let Some((first, others)) = self.members(node).split_first() else { return Vec::new() };
        let mut attrs = self.graph.attrs(*first);
        attrs.retain(|(name, value)| self.graph.all_have(others, name, value));
        attrs
    }

    /// The name of the container that a node is in, where it stands for one process. The view need not have that container.
    pub fn within(&self, node: &Node<'_>) -> Option<&str> {
        match self.members(node) {
            [member] => self.graph.container_of(*member).map(|container| self.graph.label(container)),
            _ => None,
        }
    }

    /// The agents that speak of a node, or of any node that it stands for, by name.
    pub fn agents(&self, node: &Node<'_>) -> Vec<&'s scope_core::AgentName> {
        match self.members(node) {
            [member] => self.graph.speakers(*member),
            members => self.graph.speakers_of(members),
        }
    }

    /// One figure; of several nodes their sum, where sums mean anything.
    pub fn metric(&self, node: &Node<'_>, name: &str) -> Option<Number> {
        let members = self.members(node);
        if let [member] = members {
            return self.graph.metric(*member, name);
        }
        sums::one(name, members.iter().map(|member| self.graph.metric(*member, name)))
    }

    /// All figures by name; of several nodes the sums, where these mean anything.
    pub fn metrics(&self, node: &Node<'_>) -> Vec<(&'s str, Number)> {
        let members = self.members(node);
        if let [member] = members {
            return self.graph.metrics(*member);
        }
        sums::all(self.graph, members)
    }

    /// How many connections of each protocol and port an edge is made of: open ones, by protocol and port.
    pub fn ports(&self, edge: &Edge) -> Vec<(Protocol, u16, u64)> {
        let mut ports: Vec<(Protocol, u16, u64)> = self.links(edge).map(|link| (link.protocol, link.port, link.figures.open)).collect();
        ports.sort_unstable();
        ports.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 += next.2;
            }
            same
        });
        ports
    }

    /// What the server's end of an edge is called by those who dialled it, in order.
    pub fn server_names(&self, edge: &Edge) -> Vec<&'s str> {
        self.words(edge, |flow| flow.server_name.as_slice())
    }

    /// The commands of clients that no process stands for, in order.
    pub fn commands(&self, edge: &Edge) -> Vec<&'s str> {
        self.words(edge, |flow| flow.command.as_slice())
    }

    /// The sources that saw an edge, in order.
    pub fn seen_by(&self, edge: &Edge) -> Vec<&'s str> {
        self.words(edge, |flow| &flow.seen_by)
    }

    fn words(&self, edge: &Edge, of: impl Fn(&'s scope_core::Flow) -> &'s [scope_core::CompactString]) -> Vec<&'s str> {
        let flows = self.links(edge).flat_map(|link| [link.client, link.server]).filter_map(|report| self.graph.report(report));
        let mut words: Vec<&str> = flows.flat_map(of).map(scope_core::CompactString::as_str).collect();
        words.sort_unstable();
        words.dedup();
        words
    }

    /// Frames for a picture, in order, and the frame of each node: by the first key of the view that tells nodes apart.
    pub fn frames(&self) -> (Vec<Frame<'g>>, Vec<Option<u32>>) {
        let none = || (Vec::new(), vec![None; self.nodes.len()]);
        for (at, key) in self.view.frames.iter().enumerate() {
            // The keys from here on, so that a process outside of containers stands in its host's frame.
            let keys: &'g [Key] = match key {
                Key::Parent(_) => self.view.frames.get(at..).unwrap_or_default(),
                _ => std::slice::from_ref(key),
            };
            let grouper = Grouper::new(self.graph, keys);
            let of = |node: &Node<'g>| match (node.role, self.behind(node)) {
                (Role::Member | Role::StandIn | Role::Uncontained, [member]) => grouper.identity(*member),
                _ => None,
            };
            let values: Vec<Option<(Cow<'g, str>, Cow<'g, str>)>> = self.nodes.iter().map(of).collect();
            let mut frames: Vec<Frame<'g>> = values.iter().flatten().map(|(id, title)| Frame { id: id.clone(), title: title.clone() }).collect();
            let order = |a: &Frame<'g>, b: &Frame<'g>| (&a.title, &a.id).cmp(&(&b.title, &b.id));
            frames.sort_unstable_by(order);
            frames.dedup();
            let enough = if matches!(key, Key::Parent(_)) { 2 } else { 1 };
            if frames.len() >= enough {
                let place = |(id, title): (Cow<'g, str>, Cow<'g, str>)| {
                    frames.binary_search_by(|frame| order(frame, &Frame { id: id.clone(), title: title.clone() })).ok()
                };
                let places = values.into_iter().map(|value| place(value?).map(|at| at as u32)).collect();
                tell_apart(&mut frames);
                return (frames, places);
            }
        }
        none()
    }
}
