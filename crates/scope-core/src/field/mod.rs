//! The field registry: what each attribute and figure is called, in which unit it is, how it is shown and where it stands. Tables, screens, the filter
//! language and the documentation read it, so that no screen knows a field by name. How a figure becomes text for people is the renderer's business.
//!
//! `builtin` is the one table of the fields that scope's own collectors write, `registry` adds those of plugins, `rates` derives rates and
//! percentages from counters.

mod builtin;
mod rates;
mod registry;
mod unit;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use compact_str::CompactString;

pub use rates::{Derivation, derive};
pub use registry::{FieldError, MAX_PLUGIN_FIELDS, Registry, Target};
pub use unit::{Show, Unit};

/// Fields of this priority and beyond stand in no table unless they are asked for.
pub const HIDDEN_FROM: u32 = 1000;

/// What is known of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    name: Cow<'static, str>,
    label: Cow<'static, str>,
    unit: Unit,
    show: Show,
    priority: u32,
    kinds: Kinds,
    description: Cow<'static, str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kinds {
    BuiltIn(&'static [&'static str]),
    Plugin(Vec<CompactString>),
}

impl Field {
    /// Its name in `attrs` or `metrics`: `mem_bytes`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name for people: `Memory`.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The unit of its values.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// How its values are shown.
    pub fn show(&self) -> Show {
        self.show
    }

    /// Its place among the others, 0 first.
    pub fn priority(&self) -> u32 {
        self.priority
    }

    /// Whether tables leave it out unless it is asked for.
    pub fn is_hidden(&self) -> bool {
        self.priority >= HIDDEN_FROM
    }

    /// The kinds of node that have it; all where there is none.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        let (built_in, plugin): (&[&str], &[CompactString]) = match &self.kinds {
            Kinds::BuiltIn(kinds) => (kinds, &[]),
            Kinds::Plugin(kinds) => (&[], kinds),
        };
        built_in.iter().copied().chain(plugin.iter().map(CompactString::as_str))
    }

    /// Whether nodes of this kind have it.
    pub fn is_of(&self, kind: &str) -> bool {
        let mut kinds = self.kinds().peekable();
        kinds.peek().is_none() || kinds.any(|of| of == kind)
    }

    /// One line on what it says.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Shorter names that the filter language takes for it.
    pub fn aliases(&self) -> impl Iterator<Item = &'static str> {
        builtin::aliases().iter().filter(|(_, names)| names.contains(&self.name())).map(|(alias, _)| *alias)
    }

    /// Whether it is a counter, that only rises: its name ends in `_total`.
    pub fn is_counter(&self) -> bool {
        self.name.ends_with("_total")
    }
}
