//! The registry: the built-in fields, and those that plugins bring.

use std::borrow::Cow;
use std::collections::BTreeMap;

use compact_str::CompactString;
use thiserror::Error;

use super::{Field, HIDDEN_FROM, Kinds, Show, Unit, builtin};
use crate::id::is_kind;
use crate::limits::cut;
use crate::record::FieldRecord;

/// Most fields that plugins may bring; beyond this a table is no help to anybody.
pub const MAX_PLUGIN_FIELDS: usize = 512;
/// Most kinds that a plugin's field may name.
const MAX_KINDS: usize = 32;
/// Longest label of a plugin's field, in bytes: a column's head.
const MAX_LABEL_BYTES: usize = 64;
/// Longest description of a plugin's field, in bytes.
const MAX_DESCRIPTION_BYTES: usize = 512;
/// Longest name that suggestions are looked for, in bytes; comparing costs the product of lengths.
const MAX_SUGGEST_BYTES: usize = 64;

/// Why a plugin's field was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FieldError {
    /// Scope's own fields mean the same everywhere.
    #[error("cannot redefine the field `{name}`: it is built in")]
    BuiltIn {
        /// The field.
        name: CompactString,
    },
    /// The name is not a word.
    #[error("cannot take a field named {name:?}: not a word of a-z, 0-9 and _")]
    Name {
        /// The name, cut to 80 bytes.
        name: String,
    },
    /// The unit or the way to show it is not known here.
    #[error("cannot take the field `{name}`: unknown {what} {word:?}")]
    Word {
        /// The field.
        name: CompactString,
        /// `unit` or `show`.
        what: &'static str,
        /// The word, cut to 80 bytes.
        word: String,
    },
    /// The name says another unit than the record.
    #[error("cannot take the field `{name}` in {unit}: the end of its name says otherwise")]
    Unit {
        /// The field.
        name: CompactString,
        /// What the record says.
        unit: Unit,
    },
    /// There are too many.
    #[error("cannot take more than {MAX_PLUGIN_FIELDS} fields from plugins")]
    TooMany,
}

/// All known fields.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    plugins: BTreeMap<CompactString, Field>,
}

/// What a name in a filter or on a command line stands for: a field, or a key of a field that is a map (`labels.app`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The field.
    pub field: CompactString,
    /// The key in it.
    pub key: Option<CompactString>,
}

impl Registry {
    /// The built-in fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a plugin's field, or replaces what a plugin said of it. What the record leaves open follows from the name.
    pub fn add(&mut self, record: &FieldRecord) -> Result<(), FieldError> {
        let name = &record.name;
        if !is_kind(name) {
            return Err(FieldError::Name { name: cut(name, 80).into_owned() });
        }
        if builtin::get(name).is_some() {
            return Err(FieldError::BuiltIn { name: name.clone() });
        }
        let unknown = |what, word: &str| FieldError::Word { name: name.clone(), what, word: cut(word, 80).into_owned() };
        let unit = match record.unit.as_deref() {
            Some(word) => Unit::from_word(word).ok_or_else(|| unknown("unit", word))?,
            None => Unit::of_name(name).unwrap_or(Unit::Text),
        };
        if !unit.agrees_with(name) {
            return Err(FieldError::Unit { name: name.clone(), unit });
        }
        let show = match record.show.as_deref() {
            Some(word) => Show::from_word(word).ok_or_else(|| unknown("way to show it", word))?,
            None => unit.default_show(),
        };
        if self.plugins.len() >= MAX_PLUGIN_FIELDS && !self.plugins.contains_key(name) {
            return Err(FieldError::TooMany);
        }
        let text = |given: &Option<CompactString>, max| given.as_ref().map(|text| cut(text, max).into_owned());
        let field = Field {
            name: Cow::Owned(name.to_string()),
            label: Cow::Owned(text(&record.label, MAX_LABEL_BYTES).unwrap_or_else(|| name.replace('_', " "))),
            unit,
            show,
            // After scope's own shown fields; a counter is hidden as they are.
            priority: record.priority.unwrap_or(if name.ends_with("_total") { 2 * HIDDEN_FROM - 1 } else { HIDDEN_FROM - 1 }),
            kinds: Kinds::Plugin(record.kinds.iter().filter(|kind| is_kind(kind)).take(MAX_KINDS).cloned().collect()),
            description: Cow::Owned(text(&record.description, MAX_DESCRIPTION_BYTES).unwrap_or_default()),
        };
        self.plugins.insert(name.clone(), field);
        Ok(())
    }

    /// The field of this name. Aliases are not names: see [`Registry::resolve`].
    pub fn get(&self, name: &str) -> Option<&Field> {
        builtin::get(name).or_else(|| self.plugins.get(name))
    }

    /// All fields, the first to be shown first; equals by name.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        let mut fields: Vec<&Field> = builtin::fields().iter().chain(self.plugins.values()).collect();
        fields.sort_by_key(|field| (field.priority, field.name()));
        fields.into_iter()
    }

    /// The fields that nodes of this kind have, the first to be shown first.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Field> {
        self.fields().filter(move |field| field.is_of(kind))
    }

    /// The unit of a field, known or by its name; none of a map's key, which is whatever it is.
    pub fn unit(&self, target: &Target) -> Option<Unit> {
        if target.key.is_some() {
            return None;
        }
        self.get(&target.field).map(Field::unit).or_else(|| Unit::of_name(&target.field))
    }

    /// What a name stands for: the field of that name, what it is an alias of (several where nodes differ, the first first), a map's key, else a field that
    /// is not known here. Never empty.
    ///
    /// ```
    /// use scope_core::field::Registry;
    /// let registry = Registry::new();
    /// assert_eq!(registry.resolve("cpu")[0].field, "cpu_pct");
    /// assert_eq!(registry.resolve("label.tier")[0].field, "labels");
    /// assert_eq!(registry.resolve("age").len(), 3);
    /// ```
    pub fn resolve(&self, name: &str) -> Vec<Target> {
        let known = |name: &str| self.get(name).is_some();
        if known(name) {
            return vec![Target::parse(name)];
        }
        if let Some(names) = builtin::alias(name) {
            return names.iter().map(|name| Target::parse(name)).collect();
        }
        let target = Target::parse(name);
        match builtin::alias(&target.field) {
            Some([field]) if target.key.is_some() && !known(&target.field) => vec![Target { field: (*field).into(), ..target }],
            _ => vec![target],
        }
    }

    /// Whether a name stands for something known.
    pub fn knows(&self, name: &str) -> bool {
        self.resolve(name).iter().any(|target| self.get(&target.field).is_some())
    }

    /// Known names near to this one, the nearest first; at most three.
    pub fn suggest(&self, name: &str) -> Vec<&str> {
        if name.is_empty() || name.len() > MAX_SUGGEST_BYTES {
            return Vec::new();
        }
        let wanted = name.to_lowercase();
        let built_in = builtin::fields().iter().map(Field::name).chain(builtin::aliases().iter().map(|(alias, _)| *alias));
        let names = built_in.chain(self.plugins.keys().map(CompactString::as_str));
        let mut near: Vec<(usize, &str)> = names
            .filter_map(|known| {
                let distance = strsim::osa_distance(&wanted, known);
                // A beginning is no typing error, but near all the same.
                let begun = wanted.len() >= 3 && known.starts_with(&wanted);
                let allowed = if begun { distance.min(1) } else { distance };
                (allowed <= 1 + wanted.chars().count() / 4).then_some((allowed, known))
            })
            .collect();
        near.sort_unstable();
        near.dedup();
        near.into_iter().map(|(_, known)| known).take(3).collect()
    }
}

impl Target {
    /// `labels.app` is the key `app` of `labels`; the key may have dots of its own.
    fn parse(name: &str) -> Self {
        match name.split_once('.') {
            Some((field, key)) if !field.is_empty() && !key.is_empty() => Self { field: field.into(), key: Some(key.into()) },
            _ => Self { field: name.into(), key: None },
        }
    }
}
