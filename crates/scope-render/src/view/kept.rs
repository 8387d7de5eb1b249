//! A view without what it shows: which nodes and connections of the graph each of its nodes and edges stands for. Enough to draw the figures of the same
//! view again.

use std::ops::Range;

use scope_core::Number;

use super::rendered::Rendered;
use super::sums;
use crate::graph::{Figures, Graph};

/// A view without what it shows.
#[derive(Debug, Default)]
pub struct KeptView {
    nodes: Vec<KeptNode>,
    members: Vec<u32>,
    edges: Vec<Range<u32>>,
    links: Vec<u32>,
}

#[derive(Clone, Debug)]
struct KeptNode {
    is_outside: bool,
    members: Range<u32>,
}

impl Rendered<'_, '_> {
    /// The view without what it shows.
    pub fn keep(&self) -> KeptView {
        let node = |node: &super::Node<'_>| KeptNode { is_outside: node.role.is_outside(), members: node.members.clone() };
        KeptView {
            nodes: self.nodes.iter().map(node).collect(),
            members: self.members.clone(),
            edges: self.edges.iter().map(|edge| edge.links.clone()).collect(),
            links: self.links.clone(),
        }
    }
}

impl KeptView {
    /// How many nodes the view has.
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// How many edges it has.
    pub fn edges(&self) -> usize {
        self.edges.len()
    }

    /// The nodes of the graph that a node stands for; none of what has no figures of its own.
    pub fn members(&self, node: u32) -> &[u32] {
        let of = |node: &KeptNode| self.members.get(node.members.start as usize..node.members.end as usize);
        self.nodes.get(node as usize).filter(|node| !node.is_outside).and_then(of).unwrap_or_default()
    }

    /// Calls `visit` with each figure of a node, in an order that stays while the same is said of it; of several nodes with the sums, where these mean
    /// anything. A name that comes again means nothing.
    pub fn each_metric<'s>(&self, graph: &Graph<'s>, node: u32, visit: &mut (impl FnMut(&'s str, Number) + ?Sized)) {
        match self.members(node) {
            [member] => graph.each_metric(*member, visit),
            members => sums::all(graph, members).into_iter().for_each(|(name, value)| visit(name, value)),
        }
    }

    /// What went over the connections of an edge.
    pub fn figures(&self, graph: &Graph<'_>, edge: u32) -> Figures {
        let links = self.edges.get(edge as usize).and_then(|links| self.links.get(links.start as usize..links.end as usize)).unwrap_or_default();
        let mut sum: Option<Figures> = None;
        for link in links.iter().filter_map(|link| graph.links().get(*link as usize)) {
            match &mut sum {
                Some(sum) => sum.add(link.figures),
                None => sum = Some(link.figures),
            }
        }
        sum.unwrap_or_default()
    }
}
