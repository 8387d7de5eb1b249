//! What nodes have in common: the keys that views collapse and frame them by.

use std::borrow::Cow;
use std::sync::Arc;

use scope_core::Value;
use scope_core::field::Registry;

use crate::graph::parents::Climb;
use crate::graph::{Graph, Words};

/// Something that several nodes can have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// The name.
    Name,
    /// The host name, where it was chosen: by default a container's is the beginning of its id, which tells nobody apart.
    HostName,
    /// An attribute.
    Attr(Cow<'static, str>),
    /// An entry of an attribute that is a map: the field, the entry.
    Entry(Cow<'static, str>, Cow<'static, str>),
    /// The nearest node of a kind that they belong to.
    Parent(Cow<'static, str>),
}

impl Key {
    pub(super) const fn attr(name: &'static str) -> Self {
        Self::Attr(Cow::Borrowed(name))
    }

    pub(super) const fn parent(kind: &'static str) -> Self {
        Self::Parent(Cow::Borrowed(kind))
    }
}

/// What to collapse nodes by, as a user asked for it: `label:KEY`, `parent:KIND`, or the name of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupBy {
    text: String,
    keys: Vec<Key>,
}

/// The text names nothing to group by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot group by `{text}`: {why}")]
pub struct UnknownGroup {
    text: String,
    why: String,
}

impl GroupBy {
    /// What `text` asks for: `label:KEY`, `parent:KIND`, else a field of `registry` or an alias of one.
    pub fn parse(text: &str, registry: &Registry) -> Result<Self, UnknownGroup> {
        let error = |why: String| UnknownGroup { text: scope_core::limits::cut(text, 80).escape_debug().to_string(), why };
        let keys = match text.split_once(':') {
            Some((_, "")) => return Err(error("nothing stands after the colon".to_owned())),
            Some(("label" | "labels", key)) => vec![Key::Entry(Cow::Borrowed("labels"), Cow::Owned(key.to_owned()))],
            Some(("parent", kind)) => vec![Key::Parent(Cow::Owned(kind.to_owned()))],
            Some((other, _)) => return Err(error(format!("`{}:` is none of `label:`, `parent:`", other.escape_debug()))),
            None if text == "name" => vec![Key::Name],
            None if registry.knows(text) => {
                let key = |target: scope_core::field::Target| match target.key {
                    Some(key) => Key::Entry(Cow::Owned(target.field.into()), Cow::Owned(key.into())),
                    None => Key::Attr(Cow::Owned(target.field.into())),
                };
                registry.resolve(text).into_iter().map(key).collect()
            }
            None => {
                let near = registry.suggest(text);
                let near = if near.is_empty() { String::new() } else { format!("; near to it: {}", near.join(", ")) };
                return Err(error(format!("no such field{near}")));
            }
        };
        Ok(Self { text: text.to_owned(), keys })
    }

    /// The text that it was made from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }
}

/// Keys made ready for one graph.
#[derive(Debug)]
pub(super) struct Grouper<'g, 's> {
    graph: &'g Graph<'s>,
    keys: Vec<(&'g Key, Option<Arc<Climb>>)>,
}

impl<'g, 's> Grouper<'g, 's> {
    /// The keys, tried in this order.
    pub(super) fn new(graph: &'g Graph<'s>, keys: &'g [Key]) -> Self {
        let ready = |key: &'g Key| match key {
            Key::Parent(kind) => (key, Some(graph.climb(graph.kind_id(kind)))),
            _ => (key, None),
        };
        Self { graph, keys: keys.iter().map(ready).collect() }
    }

    /// What tells the group of `node` apart, and its title. Two parents of one name are two groups.
    pub(super) fn identity(&self, node: u32) -> Option<(Cow<'g, str>, Cow<'g, str>)> {
        self.keys.iter().find_map(|key| {
            let title = self.value_of(key, node)?;
            let parent = key.1.as_ref().and_then(|climb| climb.from(node).first());
            Some((parent.map_or_else(|| title.clone(), |parent| Cow::Borrowed(self.graph.id(*parent))), title))
        })
    }

    /// What the nodes have, by number, where that follows from the facts about each of them alone.
    pub(super) fn words(&self) -> Option<Arc<Words>> {
        let alone = self.keys.iter().all(|(key, _)| !matches!(key, Key::Parent(_)));
        alone.then(|| self.graph.words(&format!("{:?}", self.keys.iter().map(|(key, _)| key).collect::<Vec<_>>())))
    }

    /// What `node` has: the first of the keys that it has any of.
    pub(super) fn value(&self, node: u32) -> Option<Cow<'g, str>> {
        self.keys.iter().find_map(|key| self.value_of(key, node))
    }

    fn value_of(&self, (key, climb): &(&'g Key, Option<Arc<Climb>>), node: u32) -> Option<Cow<'g, str>> {
        match key {
            Key::Name => self.graph.name(node).map(Cow::Borrowed),
            Key::HostName => {
                let name = self.graph.attr(node, "hostname").and_then(Value::as_text)?;
                let id = self.graph.id(node).split_once(':').map_or("", |(_, rest)| rest);
                (!name.is_empty() && !id.starts_with(name)).then_some(Cow::Borrowed(name))
            }
            Key::Attr(name) => self.graph.attr(node, name).map(text),
            Key::Entry(field, key) => self.graph.attr(node, field).and_then(Value::as_map).and_then(|map| map.get(key)).map(text),
            Key::Parent(_) => climb.as_ref().and_then(|climb| climb.from(node).first()).map(|parent| Cow::Borrowed(self.graph.label(*parent))),
        }
    }
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Text(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}
