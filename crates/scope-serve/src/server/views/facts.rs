//! What is known of a node but its figures: as a message has it, what subscribers have of it, and what of it is another than they have.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashSet;
use scope_core::{CompactString, Value};
use scope_render::layout::Rect;
use scope_render::view::{Node, Rendered, Role};
use serde::Serialize;

/// Lists of names that are remembered, so that nodes share them. Nodes of a sort have a handful; one whose list finds no room has its own.
const LISTS: usize = 1024;

/// What is known of a node but its figures.
#[derive(Serialize)]
pub(super) struct NodeFacts<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parents: Vec<&'a str>,
    /// The name of the container that a process is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    agents: Vec<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attrs: BTreeMap<&'a str, &'a Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<IpAddr>,
}

impl<'a> NodeFacts<'a> {
    pub(super) fn of(rendered: &'a Rendered<'_, '_>, node: &Node<'_>) -> Self {
        let graph = rendered.graph();
        let members = rendered.members(node);
        let (mut parents, mut addresses) = (Vec::new(), Vec::new());
        if let [member] = members {
            parents = graph.parents(*member).iter().map(|parent| graph.id(*parent)).collect();
            parents.sort_unstable();
            addresses = graph.pseudo(*member).map(|pseudo| pseudo.addresses.clone()).unwrap_or_default();
        }
        Self {
            members: (node.role == Role::Group).then_some(members.len()),
            parents,
            within: rendered.within(node),
            agents: rendered.agents(node).into_iter().map(|agent| agent.as_str()).collect(),
            attrs: rendered.attrs(node).into_iter().collect(),
            addresses,
        }
    }
}

/// What is said of a node beside its attributes, each of which is sent anew as a whole; a place in a list of hashes.
const KIND: usize = 0;
const NAME: usize = 1;
const ROLE: usize = 2;
const MEMBERS: usize = 3;
const PARENTS: usize = 4;
const AGENTS: usize = 5;
const ADDRESSES: usize = 6;
const PLACE: usize = 7;
const WITHIN: usize = 8;
const PARTS: usize = 9;

/// What subscribers have of a node, by hashes: of each part, and of each attribute, with the names of those.
#[derive(Debug)]
pub(super) struct Said {
    parts: [u64; PARTS],
    names: Arc<[CompactString]>,
    attrs: Box<[u64]>,
}

/// Makes [`Said`]; keeps the lists of names that nodes have had.
#[derive(Debug, Default)]
pub(super) struct Sayings {
    lists: HashSet<Arc<[CompactString]>>,
    names: Vec<CompactString>,
    text: Vec<u8>,
}

/// What of a node is another than subscribers have.
#[derive(Debug)]
pub(super) struct Other {
    /// Its place in the view.
    pub(super) at: u32,
    /// Bits of parts.
    parts: u16,
    /// The names of the attributes that are others, or no more.
    attrs: Vec<CompactString>,
}

impl Sayings {
    pub(super) fn say(&mut self, node: &Node<'_>, facts: &NodeFacts<'_>, place: Option<&Rect>) -> Said {
        let mut parts = [0; PARTS];
        parts[KIND] = self.hash(node.kind);
        parts[NAME] = self.hash(&node.name);
        parts[ROLE] = self.hash(node.role.as_str());
        parts[MEMBERS] = self.hash(&facts.members);
        parts[PARENTS] = self.hash(&facts.parents);
        parts[WITHIN] = self.hash(&facts.within);
        parts[AGENTS] = self.hash(&facts.agents);
        parts[ADDRESSES] = self.hash(&facts.addresses);
        parts[PLACE] = self.hash(&place.map(sides));
        let attrs = facts.attrs.values().map(|value| self.hash(value)).collect();
        self.names.clear();
        self.names.extend(facts.attrs.keys().map(|name| CompactString::from(*name)));
        let names = if let Some(known) = self.lists.get(self.names.as_slice()) {
            Arc::clone(known)
        } else {
            let names: Arc<[CompactString]> = self.names.as_slice().into();
            if self.lists.len() < LISTS {
                self.lists.insert(Arc::clone(&names));
            }
            names
        };
        Said { parts, names, attrs }
    }

    fn hash(&mut self, part: &(impl Serialize + ?Sized)) -> u64 {
        self.text.clear();
        // Writing to memory does not fail, and no value here has keys that are not text.
        let _ = serde_json::to_writer(&mut self.text, part);
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.text);
        hasher.finish()
    }
}

impl Said {
    /// What is another by now of the node at the place `at` of the view, if anything is.
    pub(super) fn other(&self, now: &Self, at: u32) -> Option<Other> {
        let parts = self.parts.iter().zip(&now.parts).enumerate().filter(|(_, (old, new))| old != new).fold(0, |bits, (part, _)| bits | 1 << part);
        let mut attrs = Vec::new();
        if Arc::ptr_eq(&self.names, &now.names) || self.names == now.names {
            let hashes = self.attrs.iter().zip(&now.attrs);
            attrs.extend(now.names.iter().zip(hashes).filter(|(_, (old, new))| old != new).map(|(name, _)| name.clone()));
        } else {
            let hash = |said: &Self, name: &CompactString| said.names.binary_search(name).ok().and_then(|at| said.attrs.get(at).copied());
            attrs.extend(now.names.iter().filter(|name| hash(self, name) != hash(now, name)).cloned());
            attrs.extend(self.names.iter().filter(|name| hash(now, name).is_none()).cloned());
        }
        (parts != 0 || !attrs.is_empty()).then_some(Other { at, parts, attrs })
    }
}

/// What is another, as a message has it: lists and texts whole, attributes by name, `null` for what is no more.
#[derive(Serialize)]
pub(super) struct OtherFacts<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Option<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parents: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agents: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    addresses: Option<Vec<IpAddr>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attrs: BTreeMap<&'a str, Option<&'a Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<[f32; 4]>,
}

impl<'a> OtherFacts<'a> {
    pub(super) fn of(other: &'a Other, rendered: &'a Rendered<'_, '_>, node: &'a Node<'_>, place: Option<&Rect>) -> Self {
        let facts = NodeFacts::of(rendered, node);
        let is = |part: usize| other.parts & 1 << part != 0;
        Self {
            kind: is(KIND).then_some(node.kind),
            name: is(NAME).then_some(&node.name),
            role: is(ROLE).then(|| node.role.as_str()),
            members: is(MEMBERS).then_some(facts.members),
            parents: is(PARENTS).then_some(facts.parents),
            within: is(WITHIN).then_some(facts.within),
            agents: is(AGENTS).then_some(facts.agents),
            addresses: is(ADDRESSES).then_some(facts.addresses),
            attrs: other.attrs.iter().map(|name| (name.as_str(), facts.attrs.get(name.as_str()).copied())).collect(),
            place: place.filter(|_| is(PLACE)).map(sides),
        }
    }
}

fn sides(place: &Rect) -> [f32; 4] {
    [place.x, place.y, place.width, place.height]
}
