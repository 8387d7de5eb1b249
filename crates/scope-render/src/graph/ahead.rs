//! Looks at the figures of several nodes before any of them is read. A large state lies all over the memory, and is mostly in no cache when a view comes to it:
//! who reads node after node waits for each, who looks at many first waits for all at once. What is read is not known here.

use std::hint::black_box;

use scope_core::{Figures, Number};

use super::Graph;

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

    /// The same of where figures stand alone, for whoever reads one of each node.
    pub(crate) fn look_for_lists(&self, nodes: &[u32]) {
        let mut seen = 0;
        for said in nodes.iter().flat_map(|node| self.nodes.said(*node)) {
            said.each_list(|figures: &Figures| seen ^= figures.len());
        }
        black_box(seen);
    }
}

/// Touches each line of a list of figures. What comes of it means nothing, but has to be used: else nobody would look.
#[inline]
pub fn look_at(values: &[Number]) -> usize {
    values.iter().step_by(LINE).fold(0, |seen, value| seen ^ usize::from(value.as_u64().is_some()))
}
