//! What a filter is once it is read, and how it is written back.

use std::fmt::{self, Write as _};

use compact_str::CompactString;

use super::pattern::{Pattern, Place, write_name, write_quoted};
use super::quantity::{Meaning, Quantity};
use crate::field::{Registry, Target, Unit};

/// A filter or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    /// All of them; of none, everything.
    And(Vec<Expr>),
    /// One of them at least.
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// Any text that is shown of the subject.
    Any(Pattern),
    Has(Name),
    Text(TextTest),
    Compare(Comparison),
}

/// A field as the filter names it, and what that stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    text: CompactString,
    pub(super) targets: Vec<Target>,
    pub(super) unit: Option<Unit>,
}

/// `field:text` or `field=text`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TextTest {
    pub(super) name: Name,
    pub(super) pattern: Pattern,
    /// Whether all of the value is meant, letter by letter.
    pub(super) whole: bool,
    /// What the text means for a figure.
    pub(super) figure: Option<f64>,
}

/// `field > figure`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Comparison {
    pub(super) name: Name,
    pub(super) order: Order,
    quantity: Quantity,
    pub(super) meaning: Meaning,
}

/// Which way a comparison goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

impl Order {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::More => ">",
            Self::MoreOrEqual => ">=",
        }
    }

    pub(super) fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::More => left > right,
            Self::MoreOrEqual => left >= right,
        }
    }
}

impl Name {
    pub(super) fn new(text: &str, registry: &Registry) -> Self {
        let targets = registry.resolve(text);
        let unit = targets.first().and_then(|target| registry.unit(target));
        Self { text: text.into(), targets, unit }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `name:key=value` asks for a key of it.
    pub(super) fn is_map(&self) -> bool {
        self.unit == Some(Unit::Map)
    }
}

impl TextTest {
    pub(super) fn new(name: Name, pattern: Pattern, whole: bool) -> Self {
        let figure = pattern.as_literal().and_then(Quantity::parse).and_then(|quantity| quantity.of(name.unit));
        let figure = match figure {
            Some(Meaning::Figure(figure)) => Some(figure),
            _ => None,
        };
        Self { name, pattern, whole, figure }
    }
}

impl Comparison {
    /// None where the quantity is nothing that the field can be compared with.
    pub(super) fn new(name: Name, order: Order, quantity: Quantity) -> Option<Self> {
        let meaning = quantity.of(name.unit)?;
        Some(Self { name, order, quantity, meaning })
    }
}

impl Expr {
    /// All of `parts`, without a level of its own where one of them is the same kind.
    pub(super) fn and(parts: Vec<Self>) -> Self {
        let flat = parts.into_iter().flat_map(|part| match part {
            Self::And(parts) => parts,
            other => vec![other],
        });
        let mut parts: Vec<Self> = flat.collect();
        if parts.len() == 1 { parts.pop().unwrap_or(Self::And(Vec::new())) } else { Self::And(parts) }
    }

    /// One of `parts`, likewise. Of none it would hold for nothing, which the language cannot say; there is one at least.
    pub(super) fn or(parts: Vec<Self>) -> Self {
        let flat = parts.into_iter().flat_map(|part| match part {
            Self::Or(parts) => parts,
            other => vec![other],
        });
        let mut parts: Vec<Self> = flat.collect();
        if parts.len() == 1 { parts.pop().unwrap_or(Self::And(Vec::new())) } else { Self::Or(parts) }
    }

    /// Calls `visit` with each field's name, in order.
    pub(super) fn each_name<'a>(&'a self, visit: &mut impl FnMut(&'a str)) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.each_name(visit)),
            Self::Not(part) => part.each_name(visit),
            Self::Any(_) => {}
            Self::Has(name) => visit(name.as_str()),
            Self::Text(test) => visit(test.name.as_str()),
            Self::Compare(comparison) => visit(comparison.name.as_str()),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => join(f, parts, " ", |part| matches!(part, Self::And(_) | Self::Or(_))),
            Self::Or(parts) => join(f, parts, " or ", |part| matches!(part, Self::Or(_))),
            Self::Not(part) if matches!(**part, Self::And(_) | Self::Or(_)) => write!(f, "-({part})"),
            Self::Not(part) => write!(f, "-{part}"),
            Self::Any(pattern) => pattern.write(f, Place::Term),
            Self::Has(name) => {
                f.write_str("has:")?;
                write_name(f, name.as_str())
            }
            Self::Text(test) => {
                let name = test.name.as_str();
                // In quotes, or `labels:a=b` would ask for the key `a`.
                if test.name.is_map() && !test.whole && test.pattern.assigns() {
                    write_quoted(f, name)?;
                } else {
                    write_name(f, name)?;
                }
                f.write_char(if test.whole { '=' } else { ':' })?;
                test.pattern.write(f, Place::Value)
            }
            Self::Compare(comparison) => {
                write_name(f, comparison.name.as_str())?;
                write!(f, " {} {}", comparison.order.as_str(), comparison.quantity)
            }
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Expr], between: &str, in_parentheses: impl Fn(&Expr) -> bool) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        if in_parentheses(part) { write!(f, "({part})")? } else { write!(f, "{part}")? }
    }
    Ok(())
}
