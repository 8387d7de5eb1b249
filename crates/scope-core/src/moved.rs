//! Figures of many nodes as one list: most of what ever comes over a link says nothing else. What is done with them is not known here.

use std::sync::Arc;

use compact_str::CompactString;

use crate::figures::{Figures, SharedNames};
use crate::id::NodeId;
use crate::number::Number;
use crate::record::Node;

/// The same figures of nodes of one source and one kind, of which a report says nothing else. Each of them means what a record of the node would.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    source: CompactString,
    kind: CompactString,
    names: SharedNames,
    /// Shared with whoever says it, and with whoever keeps it: of the same node the same comes again and again.
    ids: Vec<Arc<NodeId>>,
    /// As many for each id as there are names.
    values: Vec<Number>,
}

impl Moved {
    /// No nodes yet, with room for `capacity`. None without names: there would be nothing to say.
    pub fn new(source: CompactString, kind: CompactString, names: SharedNames, capacity: usize) -> Option<Self> {
        Self::with_room(source, kind, names, capacity, (Vec::new(), Vec::new()))
    }

    /// The same, in room that another list had.
    pub(crate) fn with_room(
        source: CompactString,
        kind: CompactString,
        names: SharedNames,
        capacity: usize,
        (mut ids, mut values): (Vec<Arc<NodeId>>, Vec<Number>),
    ) -> Option<Self> {
        let width = names.names().len();
        ids.clear();
        values.clear();
        ids.reserve(capacity);
        values.reserve(capacity.saturating_mul(width));
        (width > 0).then_some(Self { source, kind, names, ids, values })
    }

    /// The room that its nodes and values had.
    pub(crate) fn into_room(self) -> (Vec<Arc<NodeId>>, Vec<Number>) {
        (self.ids, self.values)
    }

    /// Adds a node; `values` in the order of the names. Whether they were as many.
    pub fn push(&mut self, id: Arc<NodeId>, values: &[Number]) -> bool {
        let fits = values.len() == self.names.names().len();
        if fits {
            self.ids.push(id);
            self.values.extend_from_slice(values);
        }
        fits
    }

    /// Who says it: a part of the agent.
    pub fn source(&self) -> &CompactString {
        &self.source
    }

    /// The kind of the nodes.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What the figures are called.
    pub fn names(&self) -> &SharedNames {
        &self.names
    }

    /// The nodes, each with its values in the order of the names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Arc<NodeId>, &[Number])> {
        self.ids.iter().zip(self.values.chunks_exact(self.names.names().len()))
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// What a record would say of one of the nodes.
    pub fn node(&self, id: &NodeId, values: &[Number]) -> Node {
        let metrics = Figures::shared(self.names.clone(), values.to_vec()).unwrap_or_default();
        Node { kind: self.kind.clone(), metrics, ..Node::new(id.clone()) }
    }
}
