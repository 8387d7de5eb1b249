//! Asking: whether a filter holds for a node, a row, anything with named values.

use compact_str::CompactString;

use super::ast::{Comparison, Expr, Name, TextTest};
use super::quantity::{Meaning, Quantity};
use crate::field::Target;
use crate::limits::DEPTH;
use crate::number::Number;
use crate::record::Node;
use crate::time::Timestamp;
use crate::value::Value;

/// Something that a filter can be asked of.
pub trait Subject {
    /// Calls `visit` with the values of the field `name` until it answers true, and gives that answer; false where the field is absent. A list may come item
    /// by item, or whole as a [`Found::Value`]. `name` is a field's name: aliases and keys of maps are dealt with before.
    fn any_value(&self, name: &str, visit: &mut dyn FnMut(Found<'_>) -> bool) -> bool;

    /// Calls `visit` with each text that people see of it, its name first, until it answers true, and gives that answer.
    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool;
}

/// A value of a field.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// Text.
    Text(&'a str),
    /// A figure.
    Number(Number),
    /// A point in time.
    Time(Timestamp),
    /// Yes or no.
    Bool(bool),
    /// Whatever an attribute holds.
    Value(&'a Value),
}

impl<'a> From<&'a Value> for Found<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(text),
            Value::Number(number) => Self::Number(*number),
            Value::Time(at) => Self::Time(*at),
            Value::Bool(value) => Self::Bool(*value),
            other => Self::Value(other),
        }
    }
}

/// A node by itself. Who reports it (`agent`, `source`) is not known to it.
impl Subject for Node {
    fn any_value(&self, name: &str, visit: &mut dyn FnMut(Found<'_>) -> bool) -> bool {
        match name {
            "id" => visit(Found::Text(self.id.as_str())),
            "kind" => visit(Found::Text(&self.kind)),
            "name" => self.name.as_deref().is_some_and(|name| visit(Found::Text(name))),
            "parents" => self.parents.iter().flat_map(|parents| &**parents).any(|parent| visit(Found::Text(parent.as_str()))),
            "endpoints" => self.endpoints.iter().flat_map(|endpoints| &**endpoints).any(|endpoint| visit(Found::Text(&endpoint.at.to_string()))),
            name => match (self.attrs.get(name), self.metrics.get(name)) {
                (Some(value), _) => visit(value.into()),
                (None, Some(figure)) => visit(Found::Number(*figure)),
                (None, None) => false,
            },
        }
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        self.name.as_deref().is_some_and(&mut *visit) || visit(self.id.as_str()) || self.attrs.iter().any(|(_, value)| any_text_in(value, visit))
    }
}

/// Whether `expr` holds for `subject` at `now`.
pub(super) fn holds<S: Subject + ?Sized>(expr: &Expr, subject: &S, now: Timestamp) -> bool {
    match expr {
        Expr::And(parts) => parts.iter().all(|part| holds(part, subject, now)),
        Expr::Or(parts) => parts.iter().any(|part| holds(part, subject, now)),
        Expr::Not(part) => !holds(part, subject, now),
        Expr::Any(pattern) => subject.any_text(&mut |text| pattern.is_in(text)),
        Expr::Has(name) => any(name, subject, |found| !is_empty(found)),
        Expr::Text(test) => any(&test.name, subject, |found| test.holds(found, DEPTH)),
        Expr::Compare(comparison) => any(&comparison.name, subject, |found| comparison.holds(found, now, DEPTH)),
    }
}

/// Whether `expr` holds for `subject`, as far as what the subject has decides it: a field that it lacks, or a text that is nowhere in it, decides nothing.
pub(super) fn decides<S: Subject + ?Sized>(expr: &Expr, subject: &S, now: Timestamp) -> Option<bool> {
    // `held` decides the whole; undecided parts leave it undecided.
    let join = |parts: &[Expr], held: bool| {
        let mut whole = Some(!held);
        for part in parts {
            match decides(part, subject, now) {
                Some(holds) if holds == held => return Some(held),
                Some(_) => {}
                None => whole = None,
            }
        }
        whole
    };
    match expr {
        Expr::And(parts) => join(parts, false),
        Expr::Or(parts) => join(parts, true),
        Expr::Not(part) => decides(part, subject, now).map(|holds| !holds),
        Expr::Any(_) | Expr::Has(_) => holds(expr, subject, now).then_some(true),
        Expr::Text(test) => first(&test.name, subject, |found| test.holds(found, DEPTH)),
        Expr::Compare(comparison) => first(&comparison.name, subject, |found| comparison.holds(found, now, DEPTH)),
    }
}

/// Whether `test` holds for a value of the first target that the subject has.
fn any<S: Subject + ?Sized>(name: &Name, subject: &S, test: impl FnMut(Found<'_>) -> bool) -> bool {
    first(name, subject, test).unwrap_or(false)
}

/// The same; none where the subject has none of them.
fn first<S: Subject + ?Sized>(name: &Name, subject: &S, mut test: impl FnMut(Found<'_>) -> bool) -> Option<bool> {
    for Target { field, key } in &name.targets {
        let mut present = false;
        let mut visit = |found: Found<'_>| {
            present |= !is_empty(found);
            test(found)
        };
        let holds = subject.any_value(field, &mut |found| match key {
            None => visit(found),
            Some(key) => any_entry(found, key, &mut visit),
        });
        if holds || present {
            return Some(holds);
        }
    }
    None
}

/// The entry `key` of a map, or of each map in a list.
fn any_entry(found: Found<'_>, key: &CompactString, visit: &mut dyn FnMut(Found<'_>) -> bool) -> bool {
    match found {
        Found::Value(Value::Map(entries)) => entries.get(key).is_some_and(|value| visit(value.into())),
        Found::Value(Value::List(items)) => items.iter().filter_map(|item| item.as_map().and_then(|entries| entries.get(key))).any(|value| visit(value.into())),
        _ => false,
    }
}

fn is_empty(found: Found<'_>) -> bool {
    match found {
        Found::Value(Value::Null) => true,
        Found::Value(Value::List(items)) => items.is_empty(),
        Found::Value(Value::Map(entries)) => entries.is_empty(),
        _ => false,
    }
}

impl TextTest {
    fn is_text(&self, text: &str) -> bool {
        if self.whole { self.pattern.is_whole(text) } else { self.pattern.is_in(text) }
    }

    fn holds(&self, found: Found<'_>, depth: usize) -> bool {
        match found {
            Found::Text(text) => self.is_text(text),
            Found::Number(number) => match self.figure {
                Some(figure) => number.as_f64() == figure,
                None => self.is_text(&number.to_string()),
            },
            Found::Time(at) => self.is_text(&at.to_string()),
            Found::Bool(value) => self.is_text(if value { "true" } else { "false" }),
            Found::Value(_) if depth == 0 => false,
            Found::Value(Value::List(items)) => items.iter().any(|item| self.holds(item.into(), depth - 1)) || self.holds_joined(items),
            Found::Value(Value::Map(entries)) => entries.iter().any(|(key, value)| self.is_text(&format!("{key}={value}"))),
            Found::Value(Value::Null) => false,
            Found::Value(value) => self.holds(value.into(), depth - 1),
        }
    }

    /// Whether it holds for a list of texts written on one line, such as a command with its arguments.
    fn holds_joined(&self, items: &[Value]) -> bool {
        let texts: Option<Vec<&str>> = items.iter().map(Value::as_text).collect();
        texts.is_some_and(|texts| texts.len() > 1 && self.is_text(&texts.join(" ")))
    }
}

impl Comparison {
    fn holds(&self, found: Found<'_>, now: Timestamp, depth: usize) -> bool {
        let figure = |left: f64| match self.meaning {
            Meaning::Figure(right) => self.order.holds(left, right),
            Meaning::Age(_) | Meaning::Time(_) => false,
        };
        match found {
            Found::Number(number) => figure(number.as_f64()),
            Found::Time(at) => match self.meaning {
                Meaning::Age(age) => self.order.holds(now.micros_since(at) as f64, age),
                Meaning::Time(than) => self.order.holds(at.micros_since(than) as f64, 0.0),
                Meaning::Figure(_) => false,
            },
            // A label is text, whatever it says.
            Found::Text(text) if self.name.unit.is_none() => match Quantity::parse(text).and_then(|quantity| quantity.of(None)) {
                Some(Meaning::Figure(left)) => figure(left),
                _ => false,
            },
            Found::Value(Value::List(items)) if depth > 0 => items.iter().any(|item| self.holds(item.into(), now, depth - 1)),
            Found::Value(value @ (Value::Number(_) | Value::Time(_) | Value::Text(_))) if depth > 0 => self.holds(value.into(), now, depth - 1),
            _ => false,
        }
    }
}

/// Calls `visit` with each text in an attribute's value until it answers true, and gives that answer: for [`Subject::any_text`]. An entry of a map is
/// `key=value`; figures and times are no texts.
pub fn any_text_in(value: &Value, visit: &mut dyn FnMut(&str) -> bool) -> bool {
    any_text_below(value, visit, &mut String::new(), DEPTH)
}

/// `entry` is room for the text of an entry of a map, kept so that not each one is allocated.
fn any_text_below(value: &Value, visit: &mut dyn FnMut(&str) -> bool, entry: &mut String, depth: usize) -> bool {
    match value {
        Value::Text(text) => visit(text),
        Value::List(items) if depth > 0 => items.iter().any(|item| any_text_below(item, visit, entry, depth - 1)),
        Value::Map(entries) if depth > 0 => entries.iter().any(|(key, value)| {
            let Value::Text(text) = value else { return any_text_below(value, visit, entry, depth - 1) };
            entry.clear();
            entry.extend([key, "=", text]);
            visit(entry)
        }),
        _ => false,
    }
}
