//! Numbers that tell whether the facts about a node or a link have changed since an earlier graph, without looking at the facts: for whoever keeps a view
//! current. They are the same as long as the process lives, and no longer.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::carried::Carried;
use super::kept::Kept;
use super::nodes::Nodes;
use super::parents::Parents;
use super::{Agent, Graph, Link, NONE};

/// Mixes a number into another one (the finaliser of splitmix64).
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let mut z = (a ^ b).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The versions of the facts about all nodes.
pub(super) fn of_facts(nodes: &Nodes<'_>, parents: &Parents, agents: &[Agent<'_>]) -> Vec<u64> {
    (0..nodes.len() as u32).map(|node| facts(node, nodes, parents, agents)).collect()
}

/// The same, and for each node where the one of the same facts stood; [`NONE`] where there was none. Of what nothing else is said, that is where it stood.
pub(super) fn of_facts_after(nodes: &Nodes<'_>, parents: &Parents, agents: &[Agent<'_>], former: &Kept, carried: &Carried) -> (Vec<u64>, Vec<u32>) {
    let of = |node: u32| {
        let stood = |old: &u32| parents.are_those(node, &former.parents, *old, carried);
        if let Some(old) = carried.untouched(node).filter(stood) {
            let known = former.memo.known_version(old);
            return (if known == 0 { facts(node, nodes, parents, agents) } else { known }, old);
        }
        let version = facts(node, nodes, parents, agents);
        (version, carried.from(node).filter(|old| former.memo.known_version(*old) == version).unwrap_or(NONE))
    };
    (0..nodes.len() as u32).map(of).unzip()
}

fn facts(node: u32, nodes: &Nodes<'_>, parents: &Parents, agents: &[Agent<'_>]) -> u64 {
    let mut version = nodes.id_hash(node);
    for said in nodes.said(node) {
        // Who speaks is a fact too.
        version = mix(version, agents.get(said.agent as usize).map_or(0, |agent| agent.hash));
        version = mix(version, said.state.facts_hash());
    }
    parents.of(node).iter().fold(version, |version, parent| version.wrapping_add(mix(0, nodes.id_hash(*parent))))
}

impl Graph<'_> {
    /// Another number whenever anything but a figure of the node changed since an earlier structure: what is said of it, by whom, and which of its parents exist.
    pub fn facts_version(&self, node: u32) -> u64 {
        if let Some(pseudo) = self.pseudo(node) {
            let mut hasher = DefaultHasher::new();
            (&pseudo.id, &pseudo.name, &pseudo.addresses, pseudo.more).hash(&mut hasher);
            return hasher.finish();
        }
        self.memo.version(node, self.nodes.len(), || facts(node, &self.nodes, &self.parents, &self.agents))
    }

    /// For each of [`Graph::links`] another number whenever anything but a figure of it changed. It does not depend on which other links there are, so those
    /// of an edge add up. Found once for all views.
    pub fn link_versions(&self) -> &[u64] {
        self.link_versions.get_or_init(|| self.links.iter().map(|link| self.link_version(link)).collect())
    }

    fn link_version(&self, link: &Link) -> u64 {
        let mut hasher = DefaultHasher::new();
        (link.protocol, link.port, link.since).hash(&mut hasher);
        for flow in [link.client, link.server].into_iter().filter(|report| *report != NONE).filter_map(|report| self.report(report)) {
            (&flow.server_name, &flow.command, &flow.seen_by).hash(&mut hasher);
        }
        mix(0, hasher.finish())
    }

    /// What belongs to a node, itself included, as a flag for each node.
    pub fn within(&self, ancestor: u32) -> Vec<bool> {
        let climb = self.parents.climb(self.len(), |node| node == ancestor);
        (0..self.len() as u32).map(|node| !climb.from(node).is_empty()).collect()
    }
}
