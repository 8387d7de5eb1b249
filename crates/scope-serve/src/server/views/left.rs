//! Where the nodes of views stand that nobody watches any more: who comes back to one, after a filter say, finds each where it was. Bounded by the nodes of all.

use std::collections::VecDeque;

use scope_render::layout::Previous;

/// Nodes of all such views, at most: some 130 bytes each. The views that were left first are forgotten first.
const NODES: usize = 50_000;

/// The places of views that were left, by the texts that tell views apart; the latest last.
#[derive(Debug, Default)]
pub(super) struct Left(VecDeque<(String, Previous)>);

impl Left {
    /// A view has nobody any more.
    pub(super) fn leave(&mut self, view: String, places: Previous) {
        self.0.retain(|(known, _)| *known != view);
        if places.is_empty() {
            return;
        }
        self.0.push_back((view, places));
        let mut nodes: usize = self.0.iter().map(|(_, places)| places.len()).sum();
        while nodes > NODES {
            let Some((_, places)) = self.0.pop_front() else { break };
            nodes -= places.len();
        }
    }

    /// The places of a view that somebody comes back to.
    pub(super) fn come_back(&mut self, view: &str) -> Option<Previous> {
        let at = self.0.iter().position(|(known, _)| known == view)?;
        self.0.remove(at).map(|(_, places)| places)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use scope_render::layout::{Graph, Node, Options, layout};

    use super::*;

    /// The places of so many nodes.
    fn places(count: usize) -> Previous {
        let ids: Vec<String> = (0..count).map(|number| format!("thing:{number}")).collect();
        let nodes: Vec<Node<'_>> = ids.iter().map(|id| Node { id, group: None, width: 100.0, height: 30.0 }).collect();
        let graph = Graph { nodes: &nodes, ..Graph::default() };
        let mut previous = Previous::default();
        let made = layout(&graph, None, &Options::default());
        previous.update(&graph, &made);
        previous
    }

    #[test]
    fn who_comes_back_finds_places_and_the_oldest_make_room() {
        let mut left = Left::default();
        left.leave("nothing".to_owned(), Previous::default());
        for (view, count) in [("a", 20_000), ("b", 20_000), ("a", 10_000), ("c", 25_000)] {
            left.leave(view.to_owned(), places(count));
        }
        assert!(left.come_back("b").is_none(), "it was left first");
        assert_eq!(left.come_back("a").unwrap().len(), 10_000);
        assert!(left.come_back("a").is_none(), "once");
        assert_eq!(left.come_back("c").unwrap().node("thing:7"), places(25_000).node("thing:7"));
        assert!(left.come_back("nothing").is_none());
    }
}
