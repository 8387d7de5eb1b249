//! What facts decide of each node, found out before any is drawn: whether the view leaves it out, and what it is grouped by. Of a graph from nothing all of it is
//! waiting for the memory, which two threads do at the same time, each for several nodes at once. Graphs that follow each other keep the answers.

use super::group::Grouper;
use super::groups::Groups;
use super::subject::Asked;
use super::{Selection, View};
use crate::graph::AHEAD;
use crate::graph::threads::both;

/// So many answers are worth a second thread.
const MANY: usize = 4_000;

/// One of so many nodes tells whether they were asked for before.
const SAMPLE: usize = 64;

impl<'g> Asked<'g, '_> {
    /// Finds out of `nodes` what facts decide, where of many of them nobody knows it yet.
    pub(super) fn answer_early(&self, view: &'static View, selection: &Selection<'g>, groups: Option<&mut Groups<'g, '_>>, nodes: &[u32]) {
        let is_grouped = |node: u32| groups.as_ref().is_none_or(|groups| groups.is_answered(node));
        // Nobody asks for the group of what is left out.
        let is_answered = |node: &&u32| self.is_known_hidden(**node).is_some_and(|is_hidden| is_hidden || is_grouped(**node));
        let sample = || nodes.iter().step_by(SAMPLE);
        if nodes.len() < MANY || sample().filter(is_answered).count() * 2 > sample().count() {
            return;
        }
        let graph = self.graph();
        let keys = view.keys(selection);
        let answer = |nodes: &[u32]| {
            let asked = Self::new(view, graph, selection);
            let groups = (!keys.is_empty()).then(|| Groups::new(Grouper::new(graph, keys)));
            let mut found = Vec::with_capacity(if groups.is_some() { nodes.len() } else { 0 });
            for near in nodes.chunks(AHEAD) {
                graph.look_for_attrs(near);
                for node in near.iter().copied().filter(|node| !graph.is_gone(*node) && asked.hidden_by(*node).is_none()) {
                    found.extend(groups.as_ref().map(|groups| (node, groups.key(node))));
                }
            }
            found
        };
        let (one, other) = nodes.split_at(nodes.len() / 2);
        let (mut keys, mut others) = both(true, || answer(one), || answer(other));
        keys.append(&mut others);
        if let Some(groups) = groups {
            groups.learn(keys);
        }
    }
}
