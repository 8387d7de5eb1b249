//! From the graph to a view: what is shown, what stands for it, and the connections carried up.

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashMap;
use scope_core::flow::Side;

use super::group::{Grouper, Key};
use super::groups::Groups;
use super::rendered::{Edge, Hidden, Node, Rendered, Role};
use super::{Outside, Selection, View, What};
use crate::graph::parents::Climb;
use crate::graph::{AHEAD, Graph, Link, NONE};

/// A node that is left out.
const LEFT_OUT: u32 = NONE - 1;

/// The node does not climb to one of the view's kind.
const OUT: u32 = NONE;

/// A connection whose ends belong to so many nodes that more pairs than this could be meant is not drawn: one record can name thousands of parents, and a picture
/// of all their pairs shows nothing.
const MOST_PAIRS: usize = 64;

/// A node of the view that is being made.
struct Draft<'g> {
    role: Role,
    /// What a group's members have in common; nothing of those that lack it.
    key: Option<Cow<'g, str>>,
    /// The node of the graph that it stands for; of a group the first.
    node: u32,
    shown: bool,
}

struct Drafts<'g, 's> {
    graph: &'g Graph<'s>,
    view: &'static View,
    all: Vec<Draft<'g>>,
    /// The draft that stands for each node of the graph.
    place: Vec<u32>,
    hosts: Arc<Climb>,
    uncontained: HashMap<u32, u32>,
}

impl View {
    /// What it collapses nodes by: as it does by itself, or as somebody asks.
    pub(super) fn keys<'g>(&self, selection: &Selection<'g>) -> &'g [Key] {
        selection.group_by.map_or(self.by, |group| group.keys())
    }

    /// What of `graph` this view shows.
    pub fn project<'g, 's>(&'static self, graph: &'g Graph<'s>, selection: &Selection<'g>) -> Rendered<'g, 's> {
        let mut hidden = Hidden { flows_over: graph.flows_over(), ..Hidden::default() };
        let of = graph.kind_id(self.of);
        let climb = graph.climb(of);
        let mut drafts = Drafts {
            graph,
            view: self,
            all: Vec::new(),
            place: vec![OUT; graph.len()],
            hosts: graph.climb(graph.kind_id("host")),
            uncontained: HashMap::new(),
        };
        let asked = super::subject::Asked::new(self, graph, selection);
        let keys = self.keys(selection);
        let mut groups = (!keys.is_empty()).then(|| Groups::new(Grouper::new(graph, keys)));
        let nodes: Vec<u32> = graph.of_kind(of).collect();
        asked.answer_early(self, selection, groups.as_mut(), &nodes);
        for near in nodes.chunks(AHEAD) {
            asked.look_ahead(near);
            for node in near {
                let place = if !graph.is_gone(*node) && asked.wants(*node, &mut hidden) { drafts.member(*node, groups.as_mut()) } else { LEFT_OUT };
                drafts.put(*node, place);
            }
        }
        let ends = drafts.carry(&climb, &asked, selection, &mut hidden);
        drafts.hide_unconnected(&asked, &ends, &mut hidden);
        // As the view lists them, not as they were met: who watches it finds each where it was.
        hidden.by_default.sort_by_key(|(name, _, _)| drafts.view.hides.iter().position(|hide| hide.name == *name));
        drafts.finish(graph, selection, groups.map(|groups| groups.members), &ends, hidden)
    }
}

/// A link between two drafts.
#[derive(Clone, Copy)]
struct Carried {
    from: u32,
    to: u32,
    link: u32,
}

impl<'g, 's> Drafts<'g, 's> {
    fn put(&mut self, node: u32, place: u32) {
        if let Some(at) = self.place.get_mut(node as usize) {
            *at = place;
        }
    }

    fn place(&self, node: u32) -> u32 {
        self.place.get(node as usize).copied().unwrap_or(OUT)
    }

    fn add(&mut self, role: Role, key: Option<Cow<'g, str>>, node: u32, shown: bool) -> u32 {
        self.all.push(Draft { role, key, node, shown });
        self.all.len() as u32 - 1
    }

    fn member(&mut self, node: u32, groups: Option<&mut Groups<'g, 's>>) -> u32 {
        let Some(groups) = groups else { return self.add(Role::Member, None, node, true) };
        let draft = groups.draft(node, |key| self.add(Role::Group, key, node, true));
        groups.members.push((draft, node));
        draft
    }

    /// Maps both ends of every link; what stands for ends outside of the view is made on the way.
    fn carry(&mut self, climb: &Climb, asked: &super::subject::Asked<'_, 's>, selection: &Selection<'_>, hidden: &mut Hidden) -> Vec<Carried> {
        let mut carried = Vec::with_capacity(self.graph.links().len());
        let (mut one, mut other) = (Vec::new(), Vec::new());
        for (link, number) in self.graph.links().iter().zip(0..) {
            self.ends(link, Side::Client, climb, asked, &mut one, hidden);
            self.ends(link, Side::Server, climb, asked, &mut other, hidden);
            let pairs = one.len() * other.len();
            if pairs == 0 || pairs > MOST_PAIRS {
                hidden.flows_of_hidden += 1;
                continue;
            }
            for from in &one {
                for to in &other {
                    if from == to && !selection.loops {
                        hidden.flows_inside += 1;
                    } else if self.is_outside(*from) && self.is_outside(*to) {
                        hidden.flows_outside += 1;
                    } else {
                        carried.push(Carried { from: *from, to: *to, link: number });
                    }
                }
            }
        }
        for end in carried.iter().flat_map(|carried| [carried.from, carried.to]) {
            if let Some(draft) = self.all.get_mut(end as usize) {
                draft.shown = true;
            }
        }
        carried
    }

    fn is_outside(&self, draft: u32) -> bool {
        self.all.get(draft as usize).is_some_and(|draft| draft.role.is_outside())
    }

    /// The drafts that an end of a link climbs to; none where they are left out. Of several those that the reporting agent speaks of, if it speaks of any: of a container
    /// that two agents watch each tells what happens on its own host.
    fn ends(&mut self, link: &Link, side: Side, climb: &Climb, asked: &super::subject::Asked<'_, 's>, found: &mut Vec<u32>, hidden: &mut Hidden) {
        found.clear();
        let node = if side == Side::Client { link.from } else { link.to };
        let reached = climb.from(node);
        if let [_, _, ..] = reached {
            let reporter = self.graph.reporter(link, side);
            let known = |node: &u32| reporter.is_some_and(|agent| self.graph.speaks(agent, *node));
            let any_known = reached.iter().any(known);
            let meant = reached.iter().filter(|node| !any_known || known(node));
            found.extend(meant.map(|node| self.place(*node)).filter(|place| *place < LEFT_OUT));
            // Several may be drawn as one.
            found.sort_unstable();
            found.dedup();
            return;
        }
        if let [node] = reached {
            found.extend(Some(self.place(*node)).filter(|place| *place < LEFT_OUT));
            return;
        }
        let mut place = self.place(node);
        if place == OUT {
            place = self.outside(node, asked, hidden);
            self.put(node, place);
        }
        found.extend((place != LEFT_OUT).then_some(place));
    }

    /// What stands for a node that climbs to nothing.
    fn outside(&mut self, node: u32, asked: &super::subject::Asked<'_, 's>, hidden: &mut Hidden) -> u32 {
        if let Some(pseudo) = self.graph.pseudo(node) {
            return if asked.wants_outside(node, pseudo.kind) { self.add(Role::Pseudo, None, node, false) } else { LEFT_OUT };
        }
        if self.graph.is_gone(node) {
            return LEFT_OUT;
        }
        if self.view.outside == Outside::Uncontained
            && let [host] = self.hosts.from(node)
            && matches!(self.graph.kind(node), "host" | "process")
        {
            let host = *host;
            if let Some(draft) = self.uncontained.get(&host) {
                return *draft;
            }
            let draft = if asked.wants_outside(host, "uncontained") { self.add(Role::Uncontained, None, host, false) } else { LEFT_OUT };
            self.uncontained.insert(host, draft);
            return draft;
        }
        if asked.wants(node, hidden) { self.add(Role::StandIn, None, node, false) } else { LEFT_OUT }
    }

    /// Leaves out what has no connection to another node, where the view does.
    fn hide_unconnected(&mut self, asked: &super::subject::Asked<'_, 's>, carried: &[Carried], hidden: &mut Hidden) {
        let Some(hide) = self.view.hides.iter().find(|hide| matches!(hide.what, What::Unconnected)) else { return };
        if asked.shows(hide) {
            return;
        }
        let mut connected = vec![false; self.all.len()];
        for end in carried.iter().filter(|carried| carried.from != carried.to).flat_map(|carried| [carried.from, carried.to]) {
            if let Some(connected) = connected.get_mut(end as usize) {
                *connected = true;
            }
        }
        let mut count = 0;
        for (draft, connected) in self.all.iter_mut().zip(connected) {
            if draft.shown && !connected {
                draft.shown = false;
                count += 1;
            }
        }
        hidden.leave_out(hide, count);
    }

    /// Puts everything in order.
    fn finish(
        self,
        graph: &'g Graph<'s>,
        selection: &Selection<'g>,
        members: Option<Vec<(u32, u32)>>,
        carried: &[Carried],
        hidden: Hidden,
    ) -> Rendered<'g, 's> {
        let is_outside = |draft: &Draft<'g>| !matches!(draft.role, Role::Member | Role::Group);
        let shown = |outside: bool| self.all.iter().zip(0_u32..).filter(move |(draft, _)| draft.shown && is_outside(draft) == outside);
        // Members are in order already, by the order of the graph.
        let mut order: Vec<u32> = shown(false).map(|(_, number)| number).collect();
        let draft = |number: u32| self.all.get(number as usize);
        if members.is_some() {
            // Those without the key come last. Keys lie all over the memory, too.
            let key = |number: u32| draft(number).and_then(|draft| draft.key.as_deref());
            let mut keyed: Vec<_> = order.iter().map(|number| (key(*number).is_none(), beginning(key(*number).unwrap_or_default()), *number)).collect();
            keyed.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| key(a.2).cmp(&key(b.2))));
            order = keyed.into_iter().map(|(_, _, number)| number).collect();
        }
        let outside_id = |draft: &Draft<'g>| if draft.role == Role::Uncontained { ("uncontained", graph.id(draft.node)) } else { ("", graph.id(draft.node)) };
        // Ids lie all over the memory; their beginnings tell most of them apart.
        let mut outside: Vec<_> = shown(true).map(|(draft, number)| (draft.role == Role::Uncontained, beginning(graph.id(draft.node)), number)).collect();
        outside.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| draft(a.2).map(outside_id).cmp(&draft(b.2).map(outside_id))));
        order.extend(outside.into_iter().map(|(_, _, number)| number));
        let mut number_of = vec![NONE; self.all.len()];
        for (number, draft) in order.iter().enumerate() {
            if let Some(place) = number_of.get_mut(*draft as usize) {
                *place = number as u32;
            }
        }
        let number = |draft: u32| number_of.get(draft as usize).copied().unwrap_or(NONE);

        let groups = format!("group:{}:", crate::graph::safe(selection.group_by.map_or(self.view.name, |group| group.as_str())));
        let mut all_members = Vec::with_capacity(graph.len().min(order.len() * 4));
        let mut in_groups: Vec<(u32, u32)> = members.unwrap_or_default().into_iter().map(|(draft, node)| (number(draft), node)).collect();
        in_groups.sort_unstable();
        let mut in_groups = in_groups.into_iter().peekable();
        let mut nodes = Vec::with_capacity(order.len());
        for (at, draft) in order.iter().enumerate() {
            let Some(draft) = self.all.get(*draft as usize) else { continue };
            let start = all_members.len() as u32;
            if draft.role == Role::Group {
                while let Some((_, node)) = in_groups.next_if(|(group, _)| *group as usize <= at) {
                    all_members.push(node);
                }
            } else {
                all_members.push(draft.node);
            }
            nodes.push(node(graph, self.view, draft, &groups, start..all_members.len() as u32));
        }
        let (edges, links) = edges(graph.links(), carried.iter().map(|carried| Carried { from: number(carried.from), to: number(carried.to), ..*carried }));
        let group_by = selection.group_by.map(super::GroupBy::as_str);
        Rendered { view: self.view, group_by, nodes, edges, hidden, graph, members: all_members, links }
    }
}

fn node<'g>(graph: &'g Graph<'_>, view: &'static View, draft: &Draft<'g>, groups: &str, members: std::ops::Range<u32>) -> Node<'g> {
    let (id, name, kind): (Cow<'g, str>, Cow<'g, str>, &'g str) = match draft.role {
        Role::Member | Role::StandIn | Role::Pseudo => (graph.id(draft.node).into(), graph.label(draft.node).into(), graph.kind(draft.node)),
        Role::Uncontained => {
            let host = graph.id(draft.node).split_once(':').map_or("", |(_, agent)| agent);
            (format!("uncontained:{host}").into(), format!("{} (uncontained)", graph.label(draft.node)).into(), "uncontained")
        }
        Role::Group => {
            let name = draft.key.clone().unwrap_or(Cow::Borrowed("(none)"));
            let safe = draft.key.as_deref().map_or(Cow::Borrowed("~"), crate::graph::safe);
            ([groups, &safe].concat().into(), name, view.of)
        }
    };
    Node { id, name, kind, role: draft.role, members }
}

/// The first letters of an id as a number of the same order.
fn beginning(id: &str) -> u128 {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(id.bytes()) {
        *to = from;
    }
    u128::from_be_bytes(bytes)
}

/// One edge for all links between the same nodes, and the links of each.
fn edges(links: &[Link], carried: impl Iterator<Item = Carried>) -> (Vec<Edge>, Vec<u32>) {
    let mut keys: Vec<(u64, u32)> = carried.map(|carried| (u64::from(carried.from) << 32 | u64::from(carried.to), carried.link)).collect();
    keys.sort_unstable();
    let mut edges: Vec<Edge> = Vec::with_capacity(keys.len());
    let mut last = None;
    for (at, (key, link)) in (0..).zip(&keys) {
        let Some(link) = links.get(*link as usize) else { continue };
        match edges.last_mut().filter(|_| last == Some(*key)) {
            Some(edge) => {
                edge.figures.add(link.figures);
                edge.since = edge.since.min(link.since);
                edge.last_seen = edge.last_seen.max(link.last_seen);
                edge.links.end = at + 1;
            }
            None => edges.push(Edge {
                from: (*key >> 32) as u32,
                to: *key as u32,
                figures: link.figures,
                since: link.since,
                last_seen: link.last_seen,
                links: at..at + 1,
            }),
        }
        last = Some(*key);
    }
    (edges, keys.into_iter().map(|(_, link)| link).collect())
}
