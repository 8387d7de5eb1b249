//! Where nodes can be reached, as numbers. Endpoints lie all over the memory, so those of a node whose facts are the same are kept from one graph to the next.
//! Who listens where is decided in `address`.

use hashbrown::HashMap;
use scope_core::{Address, CompactString, Protocol, Timestamp};

use super::NONE;
use super::address::{ANY, ip_bits};
use super::nodes::Nodes;

/// An endpoint, as one speaker says it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The address; [`ANY`] for all of the scope.
    pub(super) ip: u128,
    /// Since when, in microseconds; the smallest number where nobody says.
    pub(super) since: i64,
    /// The number of its scope.
    pub(super) scope: u32,
    /// Which of those who speak of the node says it.
    pub(super) speaker: u16,
    pub(super) first_port: u16,
    pub(super) last_port: u16,
    pub(super) protocol: Protocol,
}

/// The endpoints of all nodes.
#[derive(Debug, Default)]
pub(super) struct Listening {
    /// The scopes, by their numbers here.
    scopes: Vec<CompactString>,
    starts: Vec<u32>,
    of: Vec<Place>,
}

impl Listening {
    /// Those of `nodes`. Where `same` says that a node has the facts of one of a former graph, those of `former`: facts are the same where the same speakers
    /// say the same, in the same order.
    pub(super) fn gather<'a>(nodes: &'a Nodes<'_>, former: Option<&'a Self>, same: &[u32]) -> Self {
        let about = former.map_or(nodes.len(), |former| former.of.len() + former.of.len() / 16);
        let mut listening = Self { scopes: Vec::new(), starts: Vec::with_capacity(nodes.len() + 1), of: Vec::with_capacity(about) };
        let mut numbers: HashMap<&'a str, u32> = HashMap::new();
        let mut number = |scope: &'a str, scopes: &mut Vec<CompactString>| {
            *numbers.entry(scope).or_insert_with(|| {
                scopes.push(scope.into());
                scopes.len() as u32 - 1
            })
        };
        // What a scope of the former graph is called here, once it was looked up.
        let mut renumbered = vec![NONE; former.map_or(0, |former| former.scopes.len())];
        let mut last = ("", NONE);
        for node in 0..nodes.len() as u32 {
            listening.starts.push(listening.of.len() as u32);
            if let Some((former, at)) = former.zip(same.get(node as usize).copied().filter(|at| *at != NONE)) {
                for place in former.of(at) {
                    let Some(scope) = renumbered.get_mut(place.scope as usize) else { continue };
                    if *scope == NONE {
                        *scope = number(former.scopes.get(place.scope as usize).map_or("", CompactString::as_str), &mut listening.scopes);
                    }
                    listening.of.push(Place { scope: *scope, ..*place });
                }
                continue;
            }
            for (said, speaker) in nodes.said(node).iter().zip(0..) {
                for owned in said.endpoints {
                    let endpoint = &owned.at;
                    if last.1 == NONE || last.0 != endpoint.scope.as_str() {
                        last = (endpoint.scope.as_str(), number(endpoint.scope.as_str(), &mut listening.scopes));
                    }
                    listening.of.push(Place {
                        ip: match endpoint.address {
                            Address::Any => ANY,
                            Address::Ip(ip) => ip_bits(ip),
                        },
                        since: owned.since.map_or(i64::MIN, Timestamp::as_micros),
                        scope: last.1,
                        speaker,
                        first_port: endpoint.port,
                        last_port: endpoint.last_port,
                        protocol: endpoint.protocol,
                    });
                }
            }
        }
        listening.starts.push(listening.of.len() as u32);
        listening
    }

    /// The scopes, by their numbers.
    pub(super) fn scopes(&self) -> &[CompactString] {
        &self.scopes
    }

    /// How many endpoints there are.
    pub(super) fn len(&self) -> usize {
        self.of.len()
    }

    /// The endpoints of a node, in the order of who speaks of it.
    pub(super) fn of(&self, node: u32) -> &[Place] {
        let at = node as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => self.of.get(*start as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}
