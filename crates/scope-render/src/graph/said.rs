//! What one source of one agent says of a node, and where in the state it stands. Whose word counts where several say the same is decided in `nodes`.

use scope_core::endpoint::OwnedEndpoint;
use scope_core::state::{NodeState, Slot};
use scope_core::value::Fields;
use scope_core::{Figures, NodeId, Value};

/// What one source of one agent says of a node. There are as many of these as anything is said, so they are kept small.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'s> {
    /// What it says.
    pub(crate) state: &'s NodeState,
    /// What it calls the node.
    pub(crate) name: Option<&'s str>,
    /// What it says that the node belongs to.
    pub(crate) parents: &'s [NodeId],
    /// Where it says that the node can be reached.
    pub(crate) endpoints: &'s [OwnedEndpoint],
    /// The attributes, where they stand in one layer.
    attrs: Option<&'s Fields<Value>>,
    /// The figures, where they stand in one layer.
    figures: Option<&'s Figures>,
    /// The number of the agent, in the order of their names.
    pub(crate) agent: u32,
    /// The number of the source, in the order of agents and sources, and where the node stands therein.
    pub(crate) source_number: u32,
    pub(crate) slot: Slot,
    /// How often anything was said there.
    pub(crate) moves: u32,
    /// Whether there may be attributes or figures elsewhere than in that one layer.
    are_attrs_spread: bool,
    are_figures_spread: bool,
}

/// Where the attributes stand that a source says of a node, or its figures: they are asked for often, and the layers lie far apart.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found<'s, T> {
    /// It says none.
    None,
    /// All in one layer.
    One(&'s T),
    /// In several layers, or nobody has looked.
    Several,
}

impl<'s, T> Found<'s, T> {
    fn of(one: Option<&'s T>, is_spread: bool) -> Self {
        match one {
            _ if is_spread => Self::Several,
            Some(one) => Self::One(one),
            None => Self::None,
        }
    }
}

impl<'s> Said<'s> {
    /// What nobody has looked into yet.
    pub(super) fn new(agent: u32, source_number: u32, slot: Slot, moves: u32, state: &'s NodeState) -> Self {
        Self {
            state,
            name: None,
            parents: &[],
            endpoints: &[],
            attrs: None,
            figures: None,
            agent,
            source_number,
            slot,
            moves,
            are_attrs_spread: true,
            are_figures_spread: true,
        }
    }

    /// Looks into what is said.
    pub(super) fn look(&mut self) {
        let layers = self.state.layers();
        self.name = layers.iter().find_map(|layer| layer.node.name.as_deref());
        self.parents = layers.iter().find_map(|layer| layer.node.parents.as_deref()).unwrap_or_default();
        self.endpoints = layers.iter().find_map(|layer| layer.node.endpoints.as_deref()).unwrap_or_default();
        let mut with = layers.iter().map(|layer| &layer.node.attrs).filter(|attrs| !attrs.is_empty());
        (self.attrs, self.are_attrs_spread) = (with.next(), with.next().is_some());
    }

    /// Looks for the figures.
    pub(super) fn look_for_figures(&mut self) {
        let mut with = self.state.layers().iter().map(|layer| &layer.node.metrics).filter(|figures| !figures.is_empty());
        (self.figures, self.are_figures_spread) = (with.next(), with.next().is_some());
    }

    /// Where the attributes stand.
    pub(super) fn attrs(&self) -> Found<'s, Fields<Value>> {
        Found::of(self.attrs, self.are_attrs_spread)
    }

    /// The figures as they were said, list by list.
    pub(super) fn each_list(&self, mut visit: impl FnMut(&'s Figures)) {
        match Found::of(self.figures, self.are_figures_spread) {
            Found::None => {}
            Found::One(figures) => visit(figures),
            Found::Several => {
                for layer in self.state.layers().iter().filter(|layer| !layer.node.metrics.is_empty()) {
                    visit(&layer.node.metrics);
                }
            }
        }
    }

    /// One attribute.
    pub(super) fn attr(&self, name: &str) -> Option<&'s Value> {
        match self.attrs() {
            Found::None => None,
            Found::One(attrs) => attrs.get(name).filter(|value| !matches!(value, Value::Null)),
            Found::Several => self.state.attr(name),
        }
    }
}
