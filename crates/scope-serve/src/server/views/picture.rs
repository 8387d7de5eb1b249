//! What subscribers of a view have: rows with numbers, the version of their facts, the figures that were sent. Compared with the view as it is now.

use std::hint::black_box;
use std::sync::Arc;

use hashbrown::HashMap;
use scope_core::{CompactString, Number};
use scope_render::graph::{self, AHEAD, Graph, look_at};
use scope_render::layout::Rect;
use scope_render::view::{KeptView, Node, Rendered, Role};

use super::facts::{NodeFacts, Other, Said, Sayings};
use super::figures::{Figures, Shapes};
use super::table::Table;

/// Names of figures of one picture. A plugin brings a handful; whoever makes up new ones all the time costs everybody a snapshot now and then.
const NAMES: usize = 2048;

/// How far ahead the former order is searched for a node that does not come where it was expected.
const NEAR: usize = 256;

/// The figures of an edge, in the order of their numbers.
pub(super) const EDGE_FIGURES: [&str; 7] = ["open", "opened_total", "failed_total", "tx_bytes_total", "rx_bytes_total", "retrans_total", "rtt_us"];

/// What subscribers of one view have.
#[derive(Debug, Default)]
pub(super) struct Picture {
    pub(super) names: Names,
    pub(super) nodes: Table<NodeRow>,
    pub(super) edges: Table<EdgeRow>,
    by_id: HashMap<Arc<str>, u32>,
    by_ends: HashMap<(u32, u32), u32>,
    /// The numbers of nodes and edges in the order in which the view has them now.
    pub(super) node_order: Vec<u32>,
    pub(super) edge_order: Vec<u32>,
    shapes: Shapes,
    sayings: Sayings,
    pass: u32,
}

#[derive(Debug)]
pub(super) struct NodeRow {
    id: Arc<str>,
    /// Of the id: those of different nodes differ, and it is at hand where the id is far away.
    hash: u64,
    version: u64,
    /// The facts as they were sent: an agent that says everything anew changes the version of all, and the facts of none.
    said: Said,
    pass: u32,
    /// What was sent of its figures.
    figures: Figures,
    /// How often anything had been said when they were sent.
    moves: u64,
}

#[derive(Debug)]
pub(super) struct EdgeRow {
    ends: (u32, u32),
    version: u64,
    pass: u32,
    pub(super) figures: [Option<u64>; 7],
}

/// The names of figures, numbered as they come.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) names: Vec<CompactString>,
    /// No number where nobody wants it.
    numbers: HashMap<CompactString, Option<u16>>,
    /// Those that subscribers want, sorted; all where there is no list.
    wanted: Option<Vec<CompactString>>,
    /// Names that nodes have and nobody wants, as they come.
    pub(super) others: Vec<CompactString>,
}

impl Names {
    /// Whether it is known already that subscribers do not get this figure.
    pub(super) fn is_other(&self, name: &str) -> bool {
        !self.others.is_empty() && self.numbers.get(name) == Some(&None)
    }

    /// The number of a figure that subscribers get.
    pub(super) fn number(&mut self, name: &str) -> Option<u16> {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        if self.wanted.as_ref().is_some_and(|wanted| wanted.binary_search_by(|known| known.as_str().cmp(name)).is_err()) {
            if self.others.len() < NAMES {
                self.others.push(name.into());
                self.numbers.insert(name.into(), None);
            }
            return None;
        }
        let number = u16::try_from(self.names.len()).ok().filter(|number| usize::from(*number) < NAMES)?;
        self.names.push(name.into());
        self.numbers.insert(name.into(), Some(number));
        Some(number)
    }

    /// Whether there is no room for more.
    pub(super) fn is_full(&self) -> bool {
        self.names.len() >= NAMES
    }
}

/// What is different: numbers, and where in the rendered view they stand.
#[derive(Debug, Default)]
pub(super) struct Changed {
    pub(super) gone_nodes: Vec<u32>,
    pub(super) gone_edges: Vec<u32>,
    /// New ones, by their place in the view.
    pub(super) new_nodes: Vec<u32>,
    pub(super) other_nodes: Vec<Other>,
    /// New ones and changed ones, by their place in the view.
    pub(super) set_edges: Vec<u32>,
}

impl Changed {
    pub(super) fn is_empty(&self) -> bool {
        self.gone_nodes.is_empty() && self.gone_edges.is_empty() && self.new_nodes.is_empty() && self.other_nodes.is_empty() && self.set_edges.is_empty()
    }
}

/// Figures that moved, by the number of their name: node or edge, and the value; none where it is no longer known.
#[derive(Debug, Default)]
pub(super) struct Moved {
    pub(super) nodes: Vec<Vec<(u32, Option<Number>)>>,
    pub(super) edges: [Vec<(u32, Option<u64>)>; 7],
}

impl Moved {
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.iter().all(Vec::is_empty) && self.edges.iter().all(Vec::is_empty)
    }

    /// Nothing moved. The room is kept: as much moves again and again.
    pub(super) fn clear(&mut self) {
        self.nodes.iter_mut().for_each(Vec::clear);
        self.edges.iter_mut().for_each(Vec::clear);
    }

    fn node(&mut self, name: u16, node: u32, value: Option<Number>) {
        let at = usize::from(name);
        if self.nodes.len() <= at {
            self.nodes.resize_with(at + 1, Vec::new);
        }
        if let Some(list) = self.nodes.get_mut(at) {
            list.push((node, value));
        }
    }
}

impl Picture {
    /// Of a view with these figures of nodes; with all where none are named.
    pub(super) fn new(metrics: Option<&[CompactString]>) -> Self {
        Self { names: Names { wanted: metrics.map(<[_]>::to_vec), ..Names::default() }, ..Self::default() }
    }

    /// How many names of figures are known so far: of those that come, and of those that do not.
    pub(super) fn named(&self) -> (usize, usize) {
        (self.names.names.len(), self.names.others.len())
    }

    /// Takes over the nodes and edges of the view as it is now. `places` are those of a layout, where one is asked for.
    pub(super) fn update(&mut self, rendered: &Rendered<'_, '_>, places: Option<&[Rect]>) -> Changed {
        self.pass = self.pass.wrapping_add(1);
        let mut changed = Changed::default();
        self.update_nodes(rendered, places, &mut changed);
        self.update_edges(rendered, &mut changed);
        changed
    }

    fn update_nodes(&mut self, rendered: &Rendered<'_, '_>, places: Option<&[Rect]>, changed: &mut Changed) {
        let former = std::mem::take(&mut self.node_order);
        let mut order = Vec::with_capacity(rendered.nodes.len());
        // Most nodes follow each other as they did before.
        let mut next = 0;
        for (node, at) in rendered.nodes.iter().zip(0_u32..) {
            let place = places.and_then(|places| places.get(at as usize));
            let version = node_version(rendered, node, place);
            let hash = rendered.id_hash(node);
            let expected = former.get(next).copied().filter(|number| self.nodes.get(*number).is_some_and(|row| row.hash == hash));
            let known = expected.or_else(|| self.by_id.get(node.id.as_ref()).copied());
            let number = if let Some(number) = known {
                if expected.is_none() {
                    next = former.iter().skip(next).take(NEAR).position(|other| *other == number).map_or(next, |skipped| next + skipped);
                }
                next += 1;
                if let Some(row) = self.nodes.get_mut(number) {
                    row.pass = self.pass;
                    if row.version != version {
                        row.version = version;
                        let said = self.sayings.say(node, &NodeFacts::of(rendered, node), place);
                        changed.other_nodes.extend(row.said.other(&said, at));
                        row.said = said;
                    }
                }
                number
            } else {
                let id: Arc<str> = node.id.as_ref().into();
                let number = self.nodes.add(NodeRow {
                    id: Arc::clone(&id),
                    hash,
                    version,
                    said: self.sayings.say(node, &NodeFacts::of(rendered, node), place),
                    pass: self.pass,
                    figures: Figures::none(&self.shapes),
                    moves: 0,
                });
                self.by_id.insert(id, number);
                changed.new_nodes.push(at);
                number
            };
            order.push(number);
        }
        let pass = self.pass;
        changed.gone_nodes = former.into_iter().filter(|number| self.nodes.get(*number).is_some_and(|row| row.pass != pass)).collect();
        for number in &changed.gone_nodes {
            if let Some(row) = self.nodes.remove(*number) {
                self.by_id.remove(&row.id);
            }
        }
        self.node_order = order;
    }

    fn update_edges(&mut self, rendered: &Rendered<'_, '_>, changed: &mut Changed) {
        let former = std::mem::take(&mut self.edge_order);
        let mut order = Vec::with_capacity(rendered.edges.len());
        let number_of = |node: u32, order: &[u32]| order.get(node as usize).copied().unwrap_or(u32::MAX);
        let mut next = 0;
        for (edge, at) in rendered.edges.iter().zip(0_u32..) {
            let ends = (number_of(edge.from, &self.node_order), number_of(edge.to, &self.node_order));
            let version = rendered.edge_version(edge);
            let expected = former.get(next).copied().filter(|number| self.edges.get(*number).is_some_and(|row| row.ends == ends));
            let number = if let Some(number) = expected.or_else(|| self.by_ends.get(&ends).copied()) {
                if expected.is_none() {
                    next = former.iter().skip(next).take(NEAR).position(|other| *other == number).map_or(next, |skipped| next + skipped);
                }
                next += 1;
                if let Some(row) = self.edges.get_mut(number) {
                    row.pass = self.pass;
                    if row.version != version {
                        row.version = version;
                        changed.set_edges.push(at);
                    }
                }
                number
            } else {
                let number = self.edges.add(EdgeRow { ends, version, pass: self.pass, figures: [None; 7] });
                self.by_ends.insert(ends, number);
                changed.set_edges.push(at);
                number
            };
            order.push(number);
        }
        let pass = self.pass;
        changed.gone_edges = former.into_iter().filter(|number| self.edges.get(*number).is_some_and(|row| row.pass != pass)).collect();
        for number in &changed.gone_edges {
            if let Some(row) = self.edges.remove(*number) {
                self.by_ends.remove(&row.ends);
            }
        }
        self.edge_order = order;
    }

    /// Gives the numbers of what went free, once the message is written.
    pub(super) fn release(&mut self, changed: &Changed) {
        self.nodes.release(&changed.gone_nodes);
        self.edges.release(&changed.gone_edges);
    }

    /// Takes over the figures of all that the view has, or of what is new only. What moved is put into `moved`.
    pub(super) fn figures(&mut self, view: &KeptView, graph: &Graph<'_>, only: Option<&Changed>, moved: &mut Moved) {
        moved.clear();
        let node_places: Vec<u32> = match only {
            Some(changed) => changed.new_nodes.iter().copied().chain(changed.other_nodes.iter().map(|other| other.at)).collect(),
            None => (0..view.nodes() as u32).collect(),
        };
        for near in node_places.chunks(AHEAD) {
            self.look_ahead(view, graph, near);
            for at in near {
                self.node_figures(view, graph, *at, moved);
            }
        }
        let edge_places: Box<dyn Iterator<Item = u32>> = match only {
            Some(changed) => Box::new(changed.set_edges.iter().copied()),
            None => Box::new(0..view.edges() as u32),
        };
        for at in edge_places {
            let Some((number, row)) = self.edge_order.get(at as usize).and_then(|number| Some((*number, self.edges.get_mut(*number)?))) else { continue };
            for ((old, new), list) in row.figures.iter_mut().zip(edge_figures(&view.figures(graph, at))).zip(&mut moved.edges) {
                if *old != new {
                    *old = new;
                    list.push((number, new));
                }
            }
        }
    }

    /// Brings near what the figures of a few nodes are, and what they were.
    fn look_ahead(&self, view: &KeptView, graph: &Graph<'_>, places: &[u32]) {
        let rows = || places.iter().filter_map(|at| self.nodes.get(*self.node_order.get(*at as usize)?));
        let mut seen = rows().fold(0, |seen, row| seen ^ row.figures.values().len());
        // Those of several are brought near as they are added up.
        let single = |at: &u32| if let [member] = view.members(*at) { Some(*member) } else { None };
        graph.look_ahead(&places.iter().filter_map(single).collect::<Vec<u32>>());
        for row in rows() {
            seen ^= look_at(row.figures.values());
        }
        black_box(seen);
    }

    fn node_figures(&mut self, view: &KeptView, graph: &Graph<'_>, at: u32, moved: &mut Moved) {
        let members = view.members(at);
        let Some((number, row)) = self.node_order.get(at as usize).and_then(|number| Some((*number, self.nodes.get_mut(*number)?))) else { return };
        let moves = members.iter().fold(members.len() as u64, |moves, member| moves.wrapping_add(graph.moves(*member)));
        if members.is_empty() || row.moves == moves || members.iter().all(|member| graph.is_gone(*member)) {
            return;
        }
        row.moves = moves;
        let Self { names, shapes, .. } = self;
        match members {
            [member] => row.figures.take_node(graph, *member, names, shapes, |name, value| moved.node(name, number, value)),
            _ => row.figures.take(names, |visit| view.each_metric(graph, at, visit), |name, value| moved.node(name, number, value)),
        }
    }

    /// All figures as they were sent.
    pub(super) fn sent(&self) -> Moved {
        let mut moved = Moved::default();
        for (number, row) in self.nodes.iter() {
            for (name, value) in row.figures.sent() {
                moved.node(name, number, Some(value));
            }
        }
        for (number, row) in self.edges.iter() {
            for (value, list) in row.figures.iter().zip(&mut moved.edges) {
                if value.is_some() {
                    list.push((number, *value));
                }
            }
        }
        moved
    }
}

pub(super) fn edge_figures(figures: &graph::Figures) -> [Option<u64>; 7] {
    [Some(figures.open), figures.opened_total, figures.failed_total, figures.tx_bytes_total, figures.rx_bytes_total, figures.retrans_total, figures.rtt_us]
}

fn node_version(rendered: &Rendered<'_, '_>, node: &Node<'_>, place: Option<&Rect>) -> u64 {
    let graph: &Graph<'_> = rendered.graph();
    let members = rendered.members(node);
    let mut version = members.len() as u64;
    for member in members {
        version = version.wrapping_add(graph.facts_version(*member));
    }
    // The name of what a process is in is said with it.
    if let [member] = members
        && let Some(container) = graph.container_of(*member)
    {
        version = version.wrapping_add(graph.facts_version(container));
    }
    if node.role != Role::Member {
        version = version.wrapping_add(text_version(&node.name) ^ node.role as u64);
    }
    if let Some(place) = place {
        for side in [place.x, place.y, place.width, place.height] {
            version = version.rotate_left(17) ^ u64::from(side.to_bits());
        }
    }
    version
}

fn text_version(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
