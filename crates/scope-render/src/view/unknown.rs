//! Names of fields that nothing here knows: most are typing errors, and a filter with one in it finds nothing.

use std::fmt;

use scope_core::field::Registry;

use crate::graph::Graph;

/// A name that is neither a known field nor said of any node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownField<'a> {
    /// As it was written.
    pub name: &'a str,
    /// Known names near to it, the nearest first.
    pub near: Vec<&'a str>,
}

impl fmt::Display for UnknownField<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no node here has a field `{}`", scope_core::limits::cut(self.name, 80).escape_debug())?;
        let near: Vec<String> = self.near.iter().map(|near| format!("`{near}`")).collect();
        match near.split_last() {
            None => Ok(()),
            Some((only, [])) => write!(f, "; did you mean {only}?"),
            Some((last, others)) => write!(f, "; did you mean {} or {last}?", others.join(", ")),
        }
    }
}

/// Those of `names` that `registry` does not know and no node of `graph` has, each once. A plugin's field needs no record of its own: a node that has it is enough.
pub fn unknown_fields<'a>(names: impl IntoIterator<Item = &'a str>, graph: &Graph<'_>, registry: &'a Registry) -> Vec<UnknownField<'a>> {
    let has = |field: &str| (0..graph.len() as u32).any(|node| graph.attr(node, field).is_some() || graph.metric(node, field).is_some());
    let mut unknown: Vec<UnknownField<'a>> = Vec::new();
    for name in names {
        if !unknown.iter().any(|known| known.name == name) && !registry.knows(name) && !registry.resolve(name).iter().any(|target| has(&target.field)) {
            unknown.push(UnknownField { name, near: registry.suggest(name) });
        }
    }
    unknown
}
