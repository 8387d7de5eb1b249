//! Numbers that tell whether the facts about a node or a link have changed since an earlier graph, without looking at the facts: for whoever keeps a view
//! current. They are the same as long as the process lives, and no longer.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Graph, Link, NONE};

/// Mixes a number into another one (the finaliser of splitmix64).
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let mut z = (a ^ b).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Graph<'_> {
    /// Another number whenever anything but a figure of the node changed since an earlier structure: what is said of it, by whom, and which of its parents exist.
    pub fn facts_version(&self, node: u32) -> u64 {
        if let Some(pseudo) = self.pseudo(node) {
            let mut hasher = DefaultHasher::new();
            (&pseudo.id, &pseudo.name, &pseudo.addresses, pseudo.more).hash(&mut hasher);
            return hasher.finish();
        }
        self.memo.version(node, self.nodes.len(), || self.facts_version_now(node))
    }

    fn facts_version_now(&self, node: u32) -> u64 {
        let mut version = self.nodes.id_hash(node);
        for said in self.nodes.said(node) {
            // Who speaks is a fact too.
            version = mix(version, self.agents.get(said.agent as usize).map_or(0, |agent| agent.hash));
            for layer in said.state.layers() {
                let node = &layer.node;
                let parts =
                    [node.name.is_some(), node.parents.is_some(), node.endpoints.is_some()].into_iter().fold(0, |bits, part| bits << 1 | u64::from(part));
                let counts = parts | (node.attrs.len() as u64) << 3 | (layer.extra.len() as u64) << 40;
                // Layers of figures come and go every second; a report that says a fact stays until a later one says it anew.
                if counts != 0 {
                    let run = layer.stamp.run.as_u128();
                    version = mix(version, mix(mix(run as u64 ^ (run >> 64) as u64, layer.stamp.seq), counts));
                }
            }
        }
        self.parents.of(node).iter().fold(version, |version, parent| version.wrapping_add(mix(0, self.nodes.id_hash(*parent))))
    }

    /// Another number whenever anything but a figure of the link changed. It does not depend on which other links there are, so those of an edge add up.
    pub fn link_version(&self, link: &Link) -> u64 {
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
