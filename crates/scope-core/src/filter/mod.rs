//! The filter language: the one way in which the command, the API, the page and the alerts ask for a part of the nodes.
//!
//! ```text
//! cpu > 20 app:web -namespace:kube-system state:running
//! ```
//!
//! Grammar and examples are in `docs/filter.md`. A filter is read by [`Filter::parse`], which needs the field registry for aliases and units, and asked of
//! anything that is a [`Subject`]. Fields that the registry does not know are allowed, as plugins bring their own; [`Filter::unknown_fields`] tells them.

mod ast;
mod error;
mod eval;
mod lexer;
mod parser;
mod pattern;
mod quantity;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use hashbrown::HashSet;

pub use error::FilterError;
pub use eval::{Found, Subject, any_text_in};

use ast::Expr;

use crate::field::Registry;
use crate::time::Timestamp;

/// Longest filter, in bytes: what fits into a URL.
pub const MAX_BYTES: usize = 4096;
/// Most terms in a filter.
pub const MAX_TERMS: usize = 256;
/// Deepest nesting of parentheses and negations.
pub const MAX_DEPTH: usize = 32;

/// A filter, ready to be asked. Its [`Display`](fmt::Display) is the canonical text, which reads back as the same filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    expr: Expr,
}

impl Filter {
    /// The filter that holds for everything: that of an empty text.
    pub fn all() -> Self {
        Self { expr: Expr::And(Vec::new()) }
    }

    /// Reads a filter. Names are looked up in `registry`, which knows aliases and units.
    ///
    /// ```
    /// use scope_core::{field::Registry, filter::Filter};
    /// let filter = Filter::parse("cpu>20 -state:exited", &Registry::new())?;
    /// assert_eq!(filter.to_string(), "cpu > 20 -state:exited");
    /// assert!(Filter::parse("mem > 5s", &Registry::new()).is_err(), "seconds are no memory");
    /// # Ok::<(), scope_core::filter::FilterError>(())
    /// ```
    pub fn parse(text: &str, registry: &Registry) -> Result<Self, FilterError> {
        parser::parse(text, registry).map(|expr| Self { expr })
    }

    /// Whether it holds for everything without looking.
    pub fn is_all(&self) -> bool {
        matches!(&self.expr, Expr::And(parts) if parts.is_empty())
    }

    /// Whether `subject` passes. `now` is what ages are measured from.
    pub fn matches<S: Subject + ?Sized>(&self, subject: &S, now: Timestamp) -> bool {
        eval::holds(&self.expr, subject, now)
    }

    /// Whether it refuses `subject` for something that the subject has. What stands for things that nobody watches has few fields, and is not refused for
    /// the want of others: `app:web` keeps the internet, `-kind:internet` does not.
    ///
    /// ```
    /// use scope_core::{Node, Timestamp, filter::Filter};
    /// let internet = Node::new("internet:servers".parse()?);
    /// let refuses = |text: &str| text.parse::<Filter>().map(|filter| filter.refuses(&internet, Timestamp::default()));
    /// assert!(!refuses("app:web cpu > 20 -state:exited")?);
    /// assert!(refuses("app:web -kind:internet")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refuses<S: Subject + ?Sized>(&self, subject: &S, now: Timestamp) -> bool {
        eval::decides(&self.expr, subject, now) == Some(false)
    }

    /// Whether it takes `subject` for something that the subject has, not only for the want of what is not to be: of a host without namespaces
    /// `-namespace:kube-system` says nothing.
    pub fn takes<S: Subject + ?Sized>(&self, subject: &S, now: Timestamp) -> bool {
        let mut wanted = self.parts().iter().filter(|part| !matches!(part, Expr::Not(_))).peekable();
        wanted.peek().is_some() && wanted.all(|part| eval::decides(part, subject, now) == Some(true)) && !self.excludes(subject, now)
    }

    /// Whether one of the parts after a `-`, at the top of the filter, holds for `subject`: neither it nor what belongs to it is wanted.
    pub fn excludes<S: Subject + ?Sized>(&self, subject: &S, now: Timestamp) -> bool {
        self.parts().iter().any(|part| matches!(part, Expr::Not(inner) if eval::holds(inner, subject, now)))
    }

    /// Whether there is any part after a `-`, at the top of the filter.
    pub fn may_exclude(&self) -> bool {
        self.parts().iter().any(|part| matches!(part, Expr::Not(_)))
    }

    /// The parts that all have to hold.
    fn parts(&self) -> &[Expr] {
        match &self.expr {
            Expr::And(parts) => parts,
            other => std::slice::from_ref(other),
        }
    }

    /// The first part of the filter that `subject` fails, in words of the language: the answer to why it is hidden. None if it passes.
    pub fn first_miss<S: Subject + ?Sized>(&self, subject: &S, now: Timestamp) -> Option<String> {
        self.parts().iter().find(|part| !eval::holds(part, subject, now)).map(ToString::to_string)
    }

    /// The names of fields in it as they are written, in their order.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        self.expr.each_name(&mut |name| names.push(name));
        names
    }

    /// The names in it that the registry does not know, in their order. They may be a plugin's; if nothing else knows them, they are mistakes, and
    /// [`Registry::suggest`] has better ones.
    pub fn unknown_fields<'a>(&'a self, registry: &Registry) -> Vec<&'a str> {
        let mut names = self.names();
        names.retain(|name| !registry.knows(name));
        let mut seen = HashSet::new();
        names.retain(|name| seen.insert(*name));
        names
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    /// Reads a filter by the built-in fields alone.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text, &Registry::new())
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}
