//! The addresses that containers have in their networks, as numbers. They are read from texts, so of a container whose facts are the same they are kept from
//! one graph to the next. Whose an address is where several claim it is decided in `address`.

use std::net::IpAddr;

use hashbrown::HashMap;
use scope_core::{CompactString, Value};

use super::address::ip_bits;
use super::nodes::Nodes;
use super::{AHEAD, NONE};

/// The addresses of all containers.
#[derive(Debug, Default)]
pub(super) struct Networks {
    /// The ids of networks, by their numbers here.
    names: Vec<CompactString>,
    starts: Vec<u32>,
    /// Network and address, container by container.
    of: Vec<(u32, u128)>,
}

impl Networks {
    /// Those of `nodes`. Where `same` says that a node has the facts of one of a former graph, those of `former`.
    pub(super) fn gather<'a>(nodes: &'a Nodes<'_>, former: Option<&'a Self>, same: &[u32]) -> Self {
        let Some(container) = nodes.kind_id("container") else { return Self::default() };
        let mut networks =
            Self { names: Vec::new(), starts: Vec::with_capacity(nodes.len() + 1), of: Vec::with_capacity(former.map_or(0, |former| former.of.len())) };
        let mut numbers: HashMap<&'a str, u32> = HashMap::new();
        let mut number = |name: &'a str, names: &mut Vec<CompactString>| {
            *numbers.entry(name).or_insert_with(|| {
                names.push(name.into());
                names.len() as u32 - 1
            })
        };
        // What a network of the former graph is called here, once it was looked up.
        let mut renumbered = vec![NONE; former.map_or(0, |former| former.names.len())];
        // What the next few containers say of their networks, once it was brought near.
        let (mut near, mut looked_at) = (Vec::new().into_iter().peekable(), 0);
        for node in 0..nodes.len() as u32 {
            networks.starts.push(networks.of.len() as u32);
            if nodes.kind(node) != container {
                continue;
            }
            let known = former.zip(same.get(node as usize).copied().filter(|at| *at != NONE));
            if let Some((former, at)) = known {
                for (network, ip) in former.of(at) {
                    let Some(place) = renumbered.get_mut(*network as usize) else { continue };
                    if *place == NONE {
                        *place = number(former.names.get(*network as usize).map_or("", CompactString::as_str), &mut networks.names);
                    }
                    networks.of.push((*place, *ip));
                }
                continue;
            }
            if node >= looked_at {
                looked_at = node + AHEAD as u32;
                // Those that are kept are not read, and would stand in the way of those that are.
                let is_read = |node: &u32| nodes.kind(*node) == container && same.get(*node as usize).is_none_or(|at| *at == NONE);
                near = nodes.look_for_maps(&(node..looked_at).filter(is_read).collect::<Vec<_>>(), "networks").into_iter().peekable();
            }
            while let Some((_, maps)) = near.next_if(|(of, _)| *of == node) {
                read(maps, |network, ip| {
                    let number = number(network, &mut networks.names);
                    networks.of.push((number, ip_bits(ip)));
                });
            }
        }
        networks.starts.push(networks.of.len() as u32);
        networks
    }

    /// The ids of the networks, by their numbers.
    pub(super) fn names(&self) -> &[CompactString] {
        &self.names
    }

    /// How many addresses there are.
    pub(super) fn len(&self) -> usize {
        self.of.len()
    }

    /// The networks that a node is in, and its addresses there.
    pub(super) fn of(&self, node: u32) -> &[(u32, u128)] {
        let at = node as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => self.of.get(*start as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// The networks and addresses of a container, as one says them.
fn read<'s>(networks: &'s [Value], mut visit: impl FnMut(&'s str, IpAddr)) {
    for network in networks.iter().filter_map(Value::as_map) {
        let text = |name| network.get(name).and_then(Value::as_text);
        let Some(id) = text("id").filter(|id| !id.is_empty()) else { continue };
        for ip in ["ipv4", "ipv6"].into_iter().filter_map(text).filter_map(|ip| ip.parse().ok()) {
            visit(id, ip);
        }
    }
}
