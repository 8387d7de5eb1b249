//! What stands in the columns of a table. What each node has is walked once and the columns are found from that: there are many more fields than a node has. Which
//! columns there are is [`super::columns`]' business.

use std::iter::Peekable;

use hashbrown::HashMap;
use scope_core::Value;
use scope_core::field::Target;
use scope_core::number::Number;

use super::columns::Column;
use crate::view::{Node, Rendered};

/// What stands in a cell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    /// Words that belong to the view: id, kind, name.
    Text(&'a str),
    /// An attribute.
    Value(&'a Value),
    /// A figure.
    Number(Number),
}

impl Cell<'_> {
    /// Whether there is nothing to be seen in it.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Cell::Value(Value::List(items)) => items.is_empty(),
            Cell::Value(Value::Map(entries)) => entries.is_empty(),
            Cell::Value(Value::Text(text)) => text.is_empty(),
            _ => false,
        }
    }
}

/// A cell in which something stands.
#[derive(Clone, Copy, Debug)]
struct Stands<'a> {
    /// The node, in [`Rendered::nodes`].
    node: u32,
    /// Which of the column's fields it is: the first that a node has counts.
    target: u32,
    cell: Cell<'a>,
}

/// All cells in which something stands, column by column, each in the order of nodes.
#[derive(Debug)]
pub(super) struct Cells<'a> {
    columns: Vec<Vec<Stands<'a>>>,
    nodes: u32,
}

/// A column that shows a field, or what the field has under a key.
#[derive(Clone, Copy, Debug)]
struct Place<'c> {
    column: usize,
    target: u32,
    key: Option<&'c str>,
}

/// What a node is asked for that is neither attribute nor figure.
#[derive(Clone, Copy, Debug)]
enum Word {
    Id,
    Name,
    Kind,
    Agent,
}

/// Which columns show what.
#[derive(Default)]
struct Wanted<'c> {
    words: Vec<(Word, Place<'c>)>,
    fields: HashMap<&'c str, Vec<Place<'c>>>,
}

impl<'c> Wanted<'c> {
    fn of(columns: &'c [Column]) -> Self {
        let mut wanted = Self::default();
        for (number, column) in columns.iter().enumerate() {
            for (Target { field, key }, target) in column.targets.iter().zip(0..) {
                let place = Place { column: number, target, key: key.as_deref() };
                match field.as_str() {
                    "id" => wanted.words.push((Word::Id, place)),
                    "name" => wanted.words.push((Word::Name, place)),
                    "kind" => wanted.words.push((Word::Kind, place)),
                    // A word has no keys; those above have no dots of their own.
                    "agent" if key.is_some() => {}
                    "agent" => wanted.words.push((Word::Agent, place)),
                    field => wanted.fields.entry(field).or_default().push(place),
                }
            }
        }
        wanted
    }

    fn places(&self, name: &str) -> &[Place<'c>] {
        self.fields.get(name).map_or(&[], Vec::as_slice)
    }
}

impl<'a> Cells<'a> {
    /// What stands in these columns.
    pub(super) fn of(columns: &[Column], rendered: &'a Rendered<'_, '_>) -> Self {
        let wanted = Wanted::of(columns);
        let mut cells = Self { columns: columns.iter().map(|_| Vec::new()).collect(), nodes: rendered.nodes.len() as u32 };
        for (node, number) in rendered.nodes.iter().zip(0..) {
            for (word, place) in &wanted.words {
                let text = match word {
                    Word::Id => Some(&*node.id),
                    Word::Name => Some(&*node.name),
                    Word::Kind => Some(node.kind),
                    // Who reports it is no attribute; a view of several agents shows the first.
                    Word::Agent => rendered.agents(node).first().map(|agent| agent.as_str()),
                };
                if let Some(text) = text {
                    cells.put(number, place, Cell::Text(text));
                }
            }
            if !wanted.fields.is_empty() {
                cells.fields(number, node, rendered, &wanted);
            }
        }
        cells
    }

    /// Puts where it belongs what a node has.
    fn fields(&mut self, number: u32, node: &Node<'_>, rendered: &'a Rendered<'_, '_>, wanted: &Wanted<'_>) {
        for (name, value) in rendered.attrs(node) {
            for place in wanted.places(name) {
                let value = match (place.key, value) {
                    (None, value) => Some(value),
                    (Some(key), Value::Map(entries)) => entries.get(key),
                    (Some(_), _) => None,
                };
                if let Some(value) = value {
                    self.put(number, place, Cell::Value(value));
                }
            }
        }
        // After the attributes: of one name these count.
        let mut figure = |name: &str, figure| {
            for place in wanted.places(name).iter().filter(|place| place.key.is_none()) {
                self.put(number, place, Cell::Number(figure));
            }
        };
        match rendered.members(node) {
            [member] => rendered.graph().each_metric(*member, figure),
            _ => rendered.metrics(node).into_iter().for_each(|(name, value)| figure(name, value)),
        }
    }

    /// Of one node the first of the column's fields stays, and of one field what came first.
    fn put(&mut self, node: u32, place: &Place<'_>, cell: Cell<'a>) {
        let Some(column) = self.columns.get_mut(place.column) else { return };
        let stands = Stands { node, target: place.target, cell };
        match column.last_mut().filter(|last| last.node == node) {
            None => column.push(stands),
            Some(last) if place.target < last.target => *last = stands,
            Some(_) => {}
        }
    }

    /// The cells of a column in which something stands, each with the number of its node in [`Rendered::nodes`], in the order of nodes.
    pub(super) fn filled(&self, column: usize) -> impl Iterator<Item = (u32, Cell<'a>)> {
        self.columns.get(column).into_iter().flatten().map(|stands| (stands.node, stands.cell))
    }

    /// The cells of a column, one for each of [`Rendered::nodes`].
    pub(super) fn all(&self, column: usize) -> impl Iterator<Item = Option<Cell<'a>>> {
        let mut filled = self.filled(column).peekable();
        (0..self.nodes).map(move |node| Peekable::next_if(&mut filled, |(at, _)| *at == node).map(|(_, cell)| cell))
    }

    /// Leaves the columns of which `keep` says so; their order stays.
    pub(super) fn retain(&mut self, keep: &[bool]) {
        let mut keep = keep.iter();
        self.columns.retain(|_| keep.next().is_none_or(|keep| *keep));
    }
}
