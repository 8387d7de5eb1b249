//! Computes what is due for one channel from a graph, and hands it to the subscribers.

use std::time::{Duration, Instant};

use scope_core::Timestamp;
use scope_render::graph::Graph;
use scope_render::layout::{Layout, Previous};
use scope_render::output::places;
use scope_render::view::{KeptView, Rendered, Selection};

use super::channel::Channel;
use super::key::{Wanted, WantedView};
use super::message::Kind;
use super::node::NodeKept;
use super::pace::Due;
use super::picture::{Moved, Picture};
use super::write::{self, Json};

/// What is kept of a channel from one computation to the next. Only the thread that computes touches it.
#[derive(Debug)]
pub(super) enum Kept {
    View(Box<ViewKept>),
    Node(NodeKept),
}

/// What is kept of a view.
#[derive(Debug, Default)]
pub(super) struct ViewKept {
    picture: Picture,
    /// Which nodes and connections its figures are of.
    figures: Option<KeptView>,
    previous: Previous,
    hidden: String,
    problems: String,
}

/// How much was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) messages: u64,
    pub(super) overflows: u64,
    /// What figures and snapshots of a view took of a computation that was for the sake of structure, too.
    pub(super) figures_took: Duration,
    pub(super) snapshots_took: Duration,
}

impl Kept {
    /// Nothing but the places of those who come back to the view.
    pub(super) fn new(wanted: &Wanted, places: Option<Previous>) -> Self {
        match wanted {
            Wanted::View(wanted) => Self::View(Box::new(ViewKept::new(wanted, places.unwrap_or_default()))),
            Wanted::Node(_) => Self::Node(NodeKept::default()),
        }
    }

    /// The places of a view.
    pub(super) fn into_places(self) -> Option<Previous> {
        match self {
            Self::View(kept) => Some(kept.previous),
            Self::Node(_) => None,
        }
    }

    /// Computes what is due and hands it over. Where the structure is not due, the graph is the former one with the figures of now.
    pub(super) fn compute(&mut self, channel: &Channel, graph: &Graph<'_>, due: Due, at: Timestamp, moved: &mut Moved) -> Sent {
        match (self, &channel.wanted) {
            (Self::View(kept), Wanted::View(wanted)) if !due.structure && wanted.is_steady => kept.only_figures(channel, graph, at, moved),
            (Self::View(kept), Wanted::View(wanted)) => kept.compute(channel, wanted, graph, due, at, moved),
            (Self::Node(kept), Wanted::Node(id)) => kept.compute(channel, id, graph, at),
            _ => Sent::default(),
        }
    }
}

impl ViewKept {
    fn new(wanted: &WantedView, previous: Previous) -> Self {
        Self { picture: Picture::new(wanted.metrics.as_deref()), previous, ..Self::default() }
    }

    fn compute(&mut self, channel: &Channel, wanted: &WantedView, graph: &Graph<'_>, due: Due, at: Timestamp, moved: &mut Moved) -> Sent {
        if self.picture.names.is_full() {
            *self = Self::new(wanted, std::mem::take(&mut self.previous));
            channel.restart();
        }
        let show: Vec<&str> = wanted.show.iter().map(String::as_str).collect();
        let selection = Selection {
            filter: wanted.filter.as_ref(),
            of_facts: wanted.of_facts,
            group_by: wanted.group_by.as_ref(),
            show: &show,
            now: Some(at),
            ..Selection::default()
        };
        let rendered = wanted.view.project(graph, &selection);
        let layout = wanted.layout.then(|| places(&rendered, &mut self.previous));
        let mut sent = Sent::default();
        self.changes(channel, &rendered, layout.as_ref(), at, moved, &mut sent);
        if due.figures {
            let began = Instant::now();
            sent.add(self.only_figures(channel, graph, at, moved));
            sent.figures_took = began.elapsed();
        }
        if due.snapshots && channel.wants_snapshot() {
            let began = Instant::now();
            channel.send_snapshot(self.snapshot(channel, &rendered, layout.as_ref(), at));
            sent.messages += 1;
            sent.snapshots_took = began.elapsed();
        }
        sent
    }

    /// What moved of the nodes and edges that subscribers have.
    fn only_figures(&mut self, channel: &Channel, graph: &Graph<'_>, at: Timestamp, moved: &mut Moved) -> Sent {
        let mut sent = Sent::default();
        let Some(view) = &self.figures else { return sent };
        let (named, others) = self.picture.named();
        self.picture.figures(view, graph, None, moved);
        if !moved.is_empty() || self.picture.named() != (named, others) {
            let mut json = Json::new("figures", channel.next_seq(), at);
            json.names("metrics", self.picture.names.names.get(named..).unwrap_or_default());
            json.names("other_metrics", self.picture.names.others.get(others..).unwrap_or_default());
            json.key("figures");
            json.figures(moved);
            sent.count(channel.send(Kind::Figures, json.end()));
        }
        sent
    }

    fn changes(
        &mut self,
        channel: &Channel,
        rendered: &Rendered<'_, '_>,
        layout: Option<&(Layout, Vec<String>)>,
        at: Timestamp,
        moved: &mut Moved,
        sent: &mut Sent,
    ) {
        let changed = self.picture.update(rendered, layout.map(|(layout, _)| layout.boxes.as_slice()));
        let (named, others) = self.picture.named();
        let view = rendered.keep();
        self.picture.figures(&view, rendered.graph(), Some(&changed), moved);
        self.figures = Some(view);
        let hidden = write::hidden(&rendered.hidden);
        let problems = write::problems(rendered);
        let (other_hidden, other_problems) = (hidden != self.hidden, problems != self.problems);
        if !changed.is_empty() || other_hidden || other_problems || self.picture.named() != (named, others) {
            let mut json = Json::new("change", channel.next_seq(), at);
            json.names("metrics", self.picture.names.names.get(named..).unwrap_or_default());
            json.names("other_metrics", self.picture.names.others.get(others..).unwrap_or_default());
            json.key("nodes");
            json.raw("{\"gone\":");
            json.value(&changed.gone_nodes);
            json.raw(",");
            json.nodes(rendered, &self.picture, layout.map(|(layout, _)| layout), &changed.new_nodes);
            if !changed.other_nodes.is_empty() {
                json.others(rendered, &self.picture, layout.map(|(layout, _)| layout), &changed.other_nodes);
            }
            json.raw("}");
            json.key("edges");
            json.raw("{\"gone\":");
            json.value(&changed.gone_edges);
            json.raw(",");
            json.edges(rendered, &self.picture, &changed.set_edges);
            json.raw("}");
            json.key("figures");
            json.figures(moved);
            if other_hidden {
                json.key("hidden");
                json.raw(&hidden);
            }
            if other_problems {
                json.key("problems");
                json.raw(&problems);
            }
            if let Some((layout, frames)) = layout {
                json.areas(layout, frames);
            }
            sent.count(channel.send(Kind::Change, json.end()));
        }
        self.picture.release(&changed);
        (self.hidden, self.problems) = (hidden, problems);
    }

    fn snapshot(&self, channel: &Channel, rendered: &Rendered<'_, '_>, layout: Option<&(Layout, Vec<String>)>, at: Timestamp) -> String {
        let mut json = Json::new("snapshot", channel.seq(), at);
        json.field("epoch", &channel.epoch());
        json.field("view", rendered.view.name);
        if let Some(group_by) = rendered.group_by {
            json.field("group_by", group_by);
        }
        json.field("metrics", &self.picture.names.names);
        json.names("other_metrics", &self.picture.names.others);
        json.edge_names();
        json.key("nodes");
        json.raw("{");
        let all: Vec<u32> = (0..rendered.nodes.len() as u32).collect();
        json.nodes(rendered, &self.picture, layout.map(|(layout, _)| layout), &all);
        json.raw("}");
        json.key("edges");
        json.raw("{");
        let all: Vec<u32> = (0..rendered.edges.len() as u32).collect();
        json.edges(rendered, &self.picture, &all);
        json.raw("}");
        json.key("figures");
        json.figures(&self.picture.sent());
        json.key("hidden");
        json.raw(&self.hidden);
        json.key("problems");
        json.raw(&self.problems);
        if let Some((layout, frames)) = layout {
            json.areas(layout, frames);
        }
        json.end()
    }
}

impl Sent {
    pub(super) fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.overflows += other.overflows;
        self.figures_took += other.figures_took;
        self.snapshots_took += other.snapshots_took;
    }

    pub(super) fn count(&mut self, overflows: u64) {
        self.messages += 1;
        self.overflows += overflows;
    }
}
