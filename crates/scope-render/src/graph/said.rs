//! What one source of one agent says of a node, and where in the state it stands. Whose word counts where several say the same is decided in `nodes`.

use scope_core::endpoint::OwnedEndpoint;
use scope_core::state::{NodeState, Slot};
use scope_core::value::Fields;
use scope_core::{Figures, NodeId, Value};

/// What one source of one agent says of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'s> {
    /// The number of the agent, in the order of their names.
    pub(crate) agent: u32,
    /// The name of the source.
    pub(crate) source: &'s str,
    /// Its number, in the order of agents and sources, and where the node stands therein.
    pub(crate) source_number: u32,
    pub(crate) slot: Slot,
    /// How often anything was said there.
    pub(crate) moves: u32,
    /// What it says.
    pub(crate) state: &'s NodeState,
    /// What it calls the node.
    pub(crate) name: Option<&'s str>,
    /// What it says that the node belongs to.
    pub(crate) parents: &'s [NodeId],
    /// Where it says that the node can be reached.
    pub(crate) endpoints: &'s [OwnedEndpoint],
    pub(crate) attrs: Attrs<'s>,
    pub(crate) figures: Lists<'s>,
}

/// Where the attributes stand that a source says of a node: they are asked for often, and the layers lie far apart.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Attrs<'s> {
    /// It says none.
    None,
    /// All in one layer.
    One(&'s Fields<Value>),
    /// In several layers, or nobody has looked.
    Several,
}

/// Where the figures stand that a source says of a node: all views of a second read them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lists<'s> {
    /// It says none.
    None,
    /// All in one layer.
    One(&'s Figures),
    /// In several layers, or nobody has looked.
    Several,
}

impl<'s> Said<'s> {
    /// What nobody has looked into yet.
    pub(super) fn new(agent: u32, source: &'s str, source_number: u32, slot: Slot, moves: u32, state: &'s NodeState) -> Self {
        Self { agent, source, source_number, slot, moves, state, name: None, parents: &[], endpoints: &[], attrs: Attrs::Several, figures: Lists::Several }
    }

    /// Looks into what is said.
    pub(super) fn look(&mut self) {
        let layers = self.state.layers();
        self.name = layers.iter().find_map(|layer| layer.node.name.as_deref());
        self.parents = layers.iter().find_map(|layer| layer.node.parents.as_deref()).unwrap_or_default();
        self.endpoints = layers.iter().find_map(|layer| layer.node.endpoints.as_deref()).unwrap_or_default();
        let mut with = layers.iter().map(|layer| &layer.node.attrs).filter(|attrs| !attrs.is_empty());
        self.attrs = match (with.next(), with.next()) {
            (None, _) => Attrs::None,
            (Some(attrs), None) => Attrs::One(attrs),
            (Some(_), Some(_)) => Attrs::Several,
        };
    }

    /// Looks for the figures.
    pub(super) fn look_for_figures(&mut self) {
        let mut with = self.state.layers().iter().map(|layer| &layer.node.metrics).filter(|figures| !figures.is_empty());
        self.figures = match (with.next(), with.next()) {
            (None, _) => Lists::None,
            (Some(figures), None) => Lists::One(figures),
            (Some(_), Some(_)) => Lists::Several,
        };
    }

    /// The figures as they were said, list by list.
    pub(super) fn each_list(&self, mut visit: impl FnMut(&'s Figures)) {
        match self.figures {
            Lists::None => {}
            Lists::One(figures) => visit(figures),
            Lists::Several => {
                for layer in self.state.layers().iter().filter(|layer| !layer.node.metrics.is_empty()) {
                    visit(&layer.node.metrics);
                }
            }
        }
    }

    /// One attribute.
    pub(super) fn attr(&self, name: &str) -> Option<&'s Value> {
        match self.attrs {
            Attrs::None => None,
            Attrs::One(attrs) => attrs.get(name).filter(|value| !matches!(value, Value::Null)),
            Attrs::Several => self.state.attr(name),
        }
    }
}
