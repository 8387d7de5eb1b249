//! What is asked of each node before a view shows it: what the view leaves out by default, and the filter of the user.

use std::cell::{Cell, OnceCell, RefCell};
use std::hint::black_box;
use std::sync::Arc;

use scope_core::field::Registry;
use scope_core::figures::SharedNames;
use scope_core::filter::{Filter, Found, Subject};
use scope_core::{CompactString, Number, Timestamp, Value};

use super::rendered::Hidden;
use super::{Hide, Selection, View, What};
use crate::graph::{Graph, Verdicts};

/// What is asked of each node.
#[derive(Debug)]
pub(super) struct Asked<'a, 's> {
    graph: &'a Graph<'s>,
    selection: Selection<'a>,
    now: Timestamp,
    /// What is left out by default and not asked for.
    hides: Vec<Hiding>,
    /// The answers of the filter, where they hold as long as the facts do.
    verdicts: Option<Arc<Verdicts>>,
    fields: Fields,
}

/// What was found out about the fields that are asked for, node after node: most nodes have them in the same place, or not at all.
#[derive(Debug, Default)]
struct Fields {
    all: RefCell<Vec<Field>>,
    /// Whether a figure was looked for.
    figures: Cell<bool>,
}

#[derive(Debug)]
struct Field {
    name: CompactString,
    /// Which nodes have an attribute of this name.
    is_attr: Arc<Verdicts>,
    /// Lists of names of figures, and where it stands therein.
    places: Vec<(SharedNames, Option<usize>)>,
}

/// Lists of names that places are kept of, for each field.
const LISTS: usize = 16;

impl Fields {
    /// The value of a field that a node has as an attribute, else as a figure.
    fn find<'s>(&self, graph: &Graph<'s>, node: u32, name: &str) -> Option<Found<'s>> {
        let mut fields = self.all.borrow_mut();
        let at = fields.iter().position(|field| field.name == name).unwrap_or_else(|| {
            fields.push(Field { name: name.into(), is_attr: graph.verdicts(&format!("has attribute {name}")), places: Vec::new() });
            fields.len() - 1
        });
        let field = fields.get_mut(at)?;
        if field.is_attr.of(node, || graph.attr(node, name).is_some()) {
            return graph.attr(node, name).map(Found::from);
        }
        self.figures.set(true);
        field.figure(graph, node).map(Found::Number)
    }

    fn look_ahead(&self, graph: &Graph<'_>, nodes: &[u32]) {
        let mut fields = self.all.borrow_mut();
        if fields.is_empty() {
            return;
        }
        graph.look_for_lists(nodes);
        for field in fields.iter_mut() {
            for node in nodes {
                if field.is_figure(*node) {
                    black_box(field.figure(graph, *node));
                }
            }
        }
    }
}

impl Field {
    /// Whether it is known already that a node has no attribute of this name, so that it may have a figure.
    fn is_figure(&self, node: u32) -> bool {
        self.is_attr.known(node) == Some(false)
    }

    fn figure(&mut self, graph: &Graph<'_>, node: u32) -> Option<Number> {
        let mut found = None;
        graph.each_list(node, |figures| {
            if found.is_some() {
                return;
            }
            let Some(names) = figures.shared_names() else {
                found = figures.get(&self.name).copied();
                return;
            };
            let known = self.places.iter().find(|(known, _)| known.is_same(names)).map(|(_, place)| *place);
            let place = known.unwrap_or_else(|| {
                let place = names.names().binary_search(&self.name).ok();
                if self.places.len() >= LISTS {
                    self.places.clear();
                }
                self.places.push((names.clone(), place));
                place
            });
            found = place.and_then(|place| figures.values().get(place).copied());
        });
        found
    }
}

/// What is left out by default, and not asked for. These filters ask for facts only.
#[derive(Debug)]
struct Hiding {
    hide: &'static Hide,
    filter: Filter,
    verdicts: Arc<Verdicts>,
}

/// Why a node is left out.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    /// The view leaves it out by default.
    Default(&'static Hide),
    /// The filter does not take it: the first part of the filter that it fails.
    Filter(String),
}

impl<'a, 's> Asked<'a, 's> {
    pub(super) fn new(view: &'static View, graph: &'a Graph<'s>, selection: &Selection<'a>) -> Self {
        let verdicts = selection.filter.filter(|_| selection.of_facts).map(|filter| graph.verdicts(&format!("filter {filter}")));
        let now = selection.now.unwrap_or_else(|| graph.latest());
        let mut asked = Self { graph, selection: *selection, now, hides: Vec::new(), verdicts, fields: Fields::default() };
        let registry = Registry::new();
        let names = selection.filter.map(Filter::names).unwrap_or_default();
        let fields: Vec<_> = names.into_iter().flat_map(|name| registry.resolve(name)).map(|target| target.field).collect();
        for hide in view.hides {
            if let What::Matching { filter, fields: overruling } = hide.what
                && !asked.shows(hide)
                && !fields.iter().any(|asked| overruling.contains(&asked.as_str()))
                && let Ok(parsed) = filter.parse()
            {
                asked.hides.push(Hiding { hide, filter: parsed, verdicts: graph.verdicts(filter) });
            }
        }
        asked
    }

    pub(super) fn graph(&self) -> &'a Graph<'s> {
        self.graph
    }

    /// Whether what a view leaves out by default is shown.
    pub(super) fn shows(&self, hide: &Hide) -> bool {
        self.selection.show.iter().any(|show| *show == hide.name || hide.part_of == Some(show) || *show == "all")
    }

    /// Brings near what is asked of `nodes`, which are asked for next: a few at a time.
    pub(super) fn look_ahead(&self, nodes: &[u32]) {
        self.fields.look_ahead(self.graph, nodes);
    }

    /// Whether the view leaves a node out by default, as far as that is known already.
    pub(super) fn is_known_hidden(&self, node: u32) -> Option<bool> {
        for hiding in &self.hides {
            if hiding.verdicts.known(node)? {
                return Some(true);
            }
        }
        Some(false)
    }

    /// What the view leaves out by default, if a node is of it.
    pub(super) fn hidden_by(&self, node: u32) -> Option<&'static Hide> {
        let subject = Asking::new(self.graph, node);
        self.hides.iter().find(|hiding| hiding.verdicts.of(node, || hiding.filter.matches(&subject, self.now))).map(|hiding| hiding.hide)
    }

    /// Whether a node is shown; counts it as hidden if not.
    pub(super) fn wants(&self, node: u32, hidden: &mut Hidden) -> bool {
        if let Some(hide) = self.hidden_by(node) {
            hidden.leave_out(hide, 1);
            return false;
        }
        let subject = Asking { fields: Some(&self.fields), ..Asking::new(self.graph, node) };
        let taken = self.selection.filter.is_none_or(|filter| {
            let Some(verdicts) = &self.verdicts else { return filter.matches(&subject, self.now) };
            verdicts.of_facts(node, || {
                self.fields.figures.set(false);
                (filter.matches(&subject, self.now), !self.fields.figures.get())
            })
        });
        hidden.by_filter += u64::from(!taken);
        taken
    }

    /// Why a node is not shown; nothing if it is.
    pub(super) fn refusal(&self, node: u32) -> Option<Refusal> {
        let subject = Asking::new(self.graph, node);
        let by_default = self.hides.iter().find(|hiding| hiding.filter.matches(&subject, self.now)).map(|hiding| Refusal::Default(hiding.hide));
        by_default.or_else(|| self.selection.filter.and_then(|filter| filter.first_miss(&subject, self.now)).map(Refusal::Filter))
    }

    /// Whether what stands for the outside is shown, once something of the view is connected with it: what nobody watches, or what runs outside of
    /// containers on a host.
    pub(super) fn wants_outside(&self, node: u32, kind: &'static str) -> bool {
        let subject = Outside { kind, name: self.graph.label(node) };
        !self.selection.without.contains(&kind) && !self.selection.filter.is_some_and(|filter| filter.refuses(&subject, self.now))
    }
}

/// What stands for the outside as a filter sees it.
struct Outside<'a> {
    kind: &'static str,
    name: &'a str,
}

impl Subject for Outside<'_> {
    fn any_value(&self, name: &str, visit: &mut dyn FnMut(Found<'_>) -> bool) -> bool {
        match name {
            "kind" => visit(Found::Text(self.kind)),
            "name" => visit(Found::Text(self.name)),
            _ => false,
        }
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(self.name) || visit(self.kind)
    }
}

/// A node of the graph as a filter sees it.
#[derive(Debug)]
pub(super) struct Asking<'a, 's> {
    graph: &'a Graph<'s>,
    node: u32,
    /// Its state, once it was asked for: the filters of views ask several times, and it lies far away.
    state: OnceCell<Option<&'s Value>>,
    /// Where one asks for many nodes after each other.
    fields: Option<&'a Fields>,
}

impl<'a, 's> Asking<'a, 's> {
    pub(super) fn new(graph: &'a Graph<'s>, node: u32) -> Self {
        Self { graph, node, state: OnceCell::new(), fields: None }
    }

    fn attr(&self, name: &str) -> Option<&'s Value> {
        if name == "state" { *self.state.get_or_init(|| self.graph.attr(self.node, name)) } else { self.graph.attr(self.node, name) }
    }
}

impl Subject for Asking<'_, '_> {
    fn any_value(&self, name: &str, visit: &mut dyn FnMut(Found<'_>) -> bool) -> bool {
        let (graph, node) = (self.graph, self.node);
        match name {
            "id" => visit(Found::Text(graph.id(node))),
            "kind" => visit(Found::Text(graph.kind(node))),
            "name" => visit(Found::Text(graph.label(node))),
            "agent" => graph.said_by(node).any(|(agent, _)| visit(Found::Text(agent.as_str()))),
            "source" => graph.said_by(node).any(|(_, source)| visit(Found::Text(source))),
            // What it belongs to at any distance, by id or by name.
            "parents" => graph.above(node).into_iter().any(|parent| visit(Found::Text(graph.id(parent))) || visit(Found::Text(graph.label(parent)))),
            "endpoints" => graph.endpoints(node).any(|endpoint| visit(Found::Text(&endpoint.at.to_string()))),
            name if self.fields.is_some() => self.fields.and_then(|fields| fields.find(graph, node, name)).is_some_and(visit),
            name => match self.attr(name) {
                Some(value) => visit(value.into()),
                None => graph.metric(node, name).is_some_and(|figure| visit(Found::Number(figure))),
            },
        }
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        let (graph, node) = (self.graph, self.node);
        // Of an id in hexadecimal any two letters would be found; `id:` asks for it.
        let id = graph.id(node);
        let is_hex = id.starts_with("container:") || id.starts_with("image:");
        visit(graph.label(node)) || (!is_hex && visit(id)) || graph.attrs(node).into_iter().any(|(_, value)| any_text(value, visit))
    }
}

/// Whether a text in `value`, at most one list or map deep, is what is looked for.
fn any_text(value: &Value, visit: &mut dyn FnMut(&str) -> bool) -> bool {
    match value {
        Value::Text(text) => visit(text),
        Value::List(items) => items.iter().filter_map(Value::as_text).any(&mut *visit),
        Value::Map(entries) => entries.iter().any(|(key, value)| visit(&format!("{key}={value}"))),
        _ => false,
    }
}
