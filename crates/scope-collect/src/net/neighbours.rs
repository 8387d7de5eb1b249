//! Which network namespaces are joined by links: a pair with an end in each, or a link on top of one of the other's. The numbers of the ends are
//! not enough to tell, as they start anew in every namespace; the kernel is asked which namespace an end is in.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;

use hashbrown::{HashMap, HashSet};

use super::connection::NetNs;
use super::namespaces::{Namespace, Namespaces, file_of};
use super::rtnetlink::Link;

/// Remembers whom a namespace means by its ids of others: they stay while both are there.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    known: HashMap<(NetNs, i32), NetNs>,
}

impl Neighbours {
    /// The namespaces that the links of each lead to, but for those of `host`: whoever is linked to it tells so. `processes` has one of each namespace,
    /// under `proc`.
    pub(super) fn find(
        &mut self,
        namespaces: &mut Namespaces,
        host: NetNs,
        proc: &Path,
        processes: &HashMap<NetNs, u32>,
        buffer: &mut [u8],
    ) -> HashMap<NetNs, Vec<NetNs>> {
        let watched: HashSet<NetNs> = namespaces.iter().map(|n| n.netns).collect();
        self.known.retain(|(from, _), to| watched.contains(from) && watched.contains(to));

        // One at a time: descriptors are few, and most ask about the host.
        let mut open: Option<(NetNs, File)> = None;
        for (from, id, candidates) in self.unknown(namespaces, host) {
            for to in candidates {
                if open.as_ref().is_none_or(|(netns, _)| *netns != to) {
                    open = processes.get(&to).and_then(|pid| Some((to, file_of(proc, to, *pid).ok()?)));
                }
                let Some((_, file)) = &open else { continue };
                let asked = namespaces.get_mut(from).map(|namespace| namespace.id_of(file.as_fd(), buffer));
                match asked {
                    Some(Ok(Some(found))) if found == id => {
                        self.known.insert((from, id), to);
                        break;
                    }
                    Some(Err(error)) => tracing::debug!(from, to, %error, "whom a network namespace is linked to"),
                    _ => {}
                }
            }
        }

        let mut beside: HashMap<NetNs, Vec<NetNs>> = HashMap::new();
        for namespace in namespaces.iter() {
            let ids = namespace.links.iter().filter_map(|link| link.peer_netns_id);
            let found = ids.filter_map(|id| self.known.get(&(namespace.netns, id)).copied());
            let beside = beside.entry(namespace.netns).or_default();
            beside.extend(found);
            beside.sort_unstable();
            beside.dedup();
        }
        beside
    }

    /// Whether a link of this namespace leads to one that is not known.
    pub(super) fn leads_astray(&self, namespace: &Namespace) -> bool {
        namespace.links.iter().filter_map(|link| link.peer_netns_id).any(|id| !self.known.contains_key(&(namespace.netns, id)))
    }

    /// For each id that a namespace has of another and that is not known yet, those that it can be of.
    fn unknown(&self, namespaces: &Namespaces, host: NetNs) -> Vec<(NetNs, i32, Vec<NetNs>)> {
        let mut by_index: HashMap<u32, Vec<(NetNs, &Link)>> = HashMap::new();
        for namespace in namespaces.iter() {
            for link in namespace.links.iter().filter(|link| !link.loopback) {
                by_index.entry(link.index).or_default().push((namespace.netns, link));
            }
        }
        let mut unknown = Vec::new();
        for namespace in namespaces.iter().filter(|namespace| namespace.netns != host) {
            let from = namespace.netns;
            let mut candidates: BTreeMap<i32, Vec<NetNs>> = BTreeMap::new();
            for link in &namespace.links {
                let Some((id, peer)) = link.peer_netns_id.zip(link.peer).filter(|(id, _)| !self.known.contains_key(&(from, *id))) else { continue };
                let at = by_index.get(&peer).into_iter().flatten();
                candidates.entry(id).or_default().extend(at.filter(|(to, other)| *to != from && may_join(link, other)).map(|(to, _)| *to));
            }
            unknown.extend(candidates.into_iter().map(|(id, candidates)| (from, id, candidates)));
        }
        unknown
    }
}

/// Whether `other`, which has the number that `link` names, can be the link that is meant.
fn may_join(link: &Link, other: &Link) -> bool {
    match link.kind.as_str() {
        "macvlan" | "macvtap" | "ipvlan" | "ipvtap" => true,
        _ => other.peer == Some(link.index) && other.peer_netns_id.is_some() && other.kind == link.kind,
    }
}
