//! Looks at the figures or the attributes of several nodes before any of them is read. A large state lies all over the memory, and is mostly in no cache when a view comes to it:
//! who reads node after node waits for each, who looks at many first waits for all at once. What is read is not known here.

use std::hint::black_box;

use scope_core::value::Fields;
use scope_core::{Figures, Number, Value};

use super::Graph;
use super::nodes::Nodes;
use super::said::Found;

/// So many nodes are looked at before the first of them is read: their figures have room in the nearest cache.
pub const AHEAD: usize = 16;

/// Figures in a line of a cache, which is 64 bytes wherever a server runs.
const LINE: usize = 64 / size_of::<Number>();

impl Graph<'_> {
    /// Brings near what is said of the figures of `nodes`, at most [`AHEAD`] of them. The loops do next to nothing, so that they run ahead of what they wait for.
    pub fn look_ahead(&self, nodes: &[u32]) {
        let all = || nodes.iter().flat_map(|node| self.nodes.said(*node));
        let mut seen = 0;
        for said in all() {
            said.each_list(|figures| seen ^= figures.len());
        }
        for said in all() {
            said.each_list(|figures| seen ^= look_at(figures.values()));
        }
        black_box(seen);
    }

    /// The same of attributes, and of what is in those that are maps or lists of maps.
    pub(crate) fn look_for_attrs(&self, nodes: &[u32]) {
        self.nodes.look_for_attrs(nodes);
    }

    /// The same of where figures stand alone, for whoever reads one of each node.
    pub(crate) fn look_for_lists(&self, nodes: &[u32]) {
        let mut seen = 0;
        for said in nodes.iter().flat_map(|node| self.nodes.said(*node)) {
            said.each_list(|figures: &Figures| seen ^= figures.len());
        }
        black_box(seen);
    }
}

impl Nodes<'_> {
    /// Brings near the attributes of `nodes`, at most [`AHEAD`] of them, and what is in those that are maps or lists of maps.
    pub(super) fn look_for_attrs(&self, nodes: &[u32]) {
        let all = || {
            nodes.iter().flat_map(|node| self.said(*node)).filter_map(|said| match said.attrs() {
                Found::One(attrs) => Some(attrs),
                Found::None | Found::Several => None,
            })
        };
        let inside = |value: &'_ Value| match value {
            Value::Map(map) => map.len(),
            Value::List(list) => list.iter().fold(0, |seen, item| seen ^ item.as_map().map_or(0, Fields::len)),
            _ => 0,
        };
        let maps = |seen: usize, value: &Value| match value {
            Value::Map(map) => names(seen, map),
            Value::List(list) => list.iter().filter_map(Value::as_map).fold(seen, names),
            _ => seen,
        };
        let values = || all().flat_map(Fields::iter).map(|(_, value)| value);
        let mut seen = all().fold(0, |seen, attrs| seen ^ attrs.len());
        seen = all().fold(seen, names);
        seen = values().fold(seen, |seen, value| seen ^ inside(value));
        seen = values().fold(seen, maps);
        black_box(seen);
    }

    /// For each of `nodes`, and each who says it of them, one attribute that is a list of maps, brought near; few nodes at a time.
    pub(super) fn look_for_maps<'s>(&'s self, nodes: &[u32], name: &str) -> Vec<(u32, &'s [Value])> {
        let all = || nodes.iter().flat_map(|node| self.said(*node).iter().map(move |said| (*node, said)));
        let fields = || {
            all().filter_map(|(_, said)| match said.attrs() {
                Found::One(attrs) => Some(attrs),
                Found::None | Found::Several => None,
            })
        };
        let mut seen = fields().fold(0, |seen, attrs| seen ^ attrs.len());
        seen = fields().fold(seen, names);
        let lists: Vec<(u32, &[Value])> = all()
            .filter_map(|(node, said)| match said.attr(name) {
                Some(Value::List(list)) => Some((node, list.as_slice())),
                _ => None,
            })
            .collect();
        let maps = || lists.iter().flat_map(|(_, list)| *list).filter_map(Value::as_map);
        seen = maps().fold(seen, |seen, map| seen ^ map.len());
        black_box(maps().fold(seen, names));
        lists
    }
}

/// Touches each name of a map, and what stands beside it.
fn names(seen: usize, fields: &Fields<Value>) -> usize {
    fields.iter().fold(seen, |seen, (name, _)| seen ^ name.len())
}

/// Touches each line of a list of figures. What comes of it means nothing, but has to be used: else nobody would look.
#[inline]
pub fn look_at(values: &[Number]) -> usize {
    values.iter().step_by(LINE).fold(0, |seen, value| seen ^ usize::from(value.as_u64().is_some()))
}
