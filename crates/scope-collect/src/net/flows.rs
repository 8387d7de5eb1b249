//! The table of flows: connections in, figures out. Keys are found without building them; each owner has a bounded number of them, beyond
//! which peers are folded into their networks, and counted. Which connection belongs to which key is decided in [`super::aggregator`].

use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::net::IpAddr;

use compact_str::CompactString;
use hashbrown::{HashMap, HashTable};
use scope_core::endpoint::ClientAddress;
use scope_core::flow::{PORTS, Peer, PortSample};
use scope_core::{Flow, FlowKey, NodeId, Protocol, Scope, Side, SocketAddress, Timestamp};

use super::connection::NetNs;
use super::scope::network_of;

/// Most keys of one owner before peers are folded.
pub const KEYS_PER_OWNER: usize = 2_000;
/// Most flows in all; beyond, only the coarsest folds are made.
const FLOWS: usize = 65_536;
/// How long a flow is mentioned after its last connection, microseconds.
pub const KEPT_US: i64 = 15_000_000;
/// Round trips looked at for the median of a flow.
const SAMPLES: usize = 64;

/// Networks that peers are folded into, step by step: keys of the owner that each step may use, and the prefixes.
const FOLDS: [(usize, u8, u8); 3] = [(KEYS_PER_OWNER + 256, 24, 64), (KEYS_PER_OWNER + 320, 16, 48), (usize::MAX, 0, 0)];

/// Who saw a connection, as bits.
pub mod seen {
    /// The kernel's list of sockets.
    pub const SOCK_DIAG: u8 = 1;
    /// Connection tracking.
    pub const CONNTRACK: u8 = 2;
    /// A BPF program.
    pub const BPF: u8 = 4;
    /// It goes through a `docker-proxy`.
    pub const PROXY: u8 = 8;

    /// The names of the sources in `bits`, as records carry them.
    pub fn names(bits: u8) -> Vec<super::CompactString> {
        NAMES.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| super::CompactString::const_new(name)).collect()
    }

    const NAMES: [(u8, &str); 4] = [(SOCK_DIAG, "sock_diag"), (CONNTRACK, "conntrack"), (BPF, "bpf"), (PROXY, "docker-proxy")];
}

/// A scoped address and port, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At<'a> {
    /// Within what `ip` is unique.
    pub scope: &'a Scope,
    /// The address.
    pub ip: IpAddr,
    /// The port.
    pub port: u16,
}

impl At<'_> {
    fn is(&self, other: &SocketAddress) -> bool {
        self.port == other.port && self.ip == other.ip && *self.scope == other.scope
    }

    fn owned(&self) -> SocketAddress {
        SocketAddress { scope: self.scope.clone(), ip: self.ip, port: self.port }
    }
}

/// A flow's key, borrowed. `far` is what was dialled where `side` is the client, else the client's address (its port does not count).
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// Which end the owner is.
    pub side: Side,
    /// Who owns this end.
    pub owner: &'a NodeId,
    /// TCP or UDP.
    pub proto: Protocol,
    /// The far end.
    pub far: At<'a>,
    /// Bits of `far` that count; all of them unless it is folded.
    prefix: u8,
    /// Where the server listens.
    pub server: At<'a>,
}

impl<'a> Key<'a> {
    /// The key of connections of `owner` that are not folded.
    pub fn new(side: Side, owner: &'a NodeId, proto: Protocol, far: At<'a>, server: At<'a>) -> Self {
        Self { side, owner, proto, far, prefix: whole(far.ip), server }
    }

    /// The key with the far end folded into networks of these sizes. A folded key of a client has no port once its network is large: who dials
    /// everything, dials every port.
    fn folded(mut self, v4: u8, v6: u8) -> Self {
        let bits = if self.far.ip.is_ipv4() { v4 } else { v6 };
        self.far.ip = network_of(self.far.ip, bits);
        match self.side {
            Side::Server => self.prefix = bits,
            Side::Client => {
                if v4 < 24 {
                    self.far.port = 0;
                }
                self.server = self.far;
            }
        }
        self
    }

    fn is(&self, other: &FlowKey) -> bool {
        let same_peer = match (&other.peer, self.side) {
            (Peer::Dialled(at), Side::Client) => self.far.is(at),
            (Peer::Client(at), Side::Server) => self.far.ip == at.ip && self.prefix == at.prefix && *self.far.scope == at.scope,
            _ => false,
        };
        same_peer && self.proto == other.proto && self.server.is(&other.server_addr) && *self.owner == other.owner
    }

    fn hash(&self, state: &RandomState) -> u64 {
        hash(
            state,
            self.side,
            self.owner,
            self.proto,
            (self.far.ip, if self.side == Side::Client { self.far.port } else { 0 }),
            (self.server.ip, self.server.port),
        )
    }

    fn owned(&self) -> FlowKey {
        let peer = match self.side {
            Side::Client => Peer::Dialled(self.far.owned()),
            Side::Server => Peer::Client(ClientAddress { scope: self.far.scope.clone(), ip: self.far.ip, prefix: self.prefix }),
        };
        FlowKey { owner: self.owner.clone(), peer, server_addr: self.server.owned(), proto: self.proto }
    }
}

fn hash(state: &RandomState, side: Side, owner: &NodeId, proto: Protocol, far: (IpAddr, u16), server: (IpAddr, u16)) -> u64 {
    let mut hasher = state.build_hasher();
    // Scopes are left out: they rarely tell apart what is equal so far.
    (side, proto, far, server).hash(&mut hasher);
    owner.hash(&mut hasher);
    hasher.finish()
}

fn hash_owned(state: &RandomState, key: &FlowKey) -> u64 {
    let far = match &key.peer {
        Peer::Dialled(at) => (at.ip, at.port),
        Peer::Client(at) => (at.ip, 0),
    };
    hash(state, key.side(), &key.owner, key.proto, far, (key.server_addr.ip, key.server_addr.port))
}

fn whole(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

/// A flow that connections are counted into. Outlives neither the flow nor a new start of it: then counting does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowRef {
    index: u32,
    generation: u32,
}

/// What a connection did since it was last looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Bytes sent by the owner.
    pub tx_bytes: Option<u64>,
    /// Bytes received by the owner.
    pub rx_bytes: Option<u64>,
    /// Segments sent again.
    pub retrans: Option<u64>,
    /// Round trip now, microseconds.
    pub rtt_us: Option<u32>,
}

#[derive(Debug)]
struct Entry {
    flow: Flow,
    generation: u32,
    from: NetNs,
    seen: u8,
    rtts: Vec<u32>,
    exact: bool,
    /// Whether anything ever ended here, so that its totals mean something.
    lived: bool,
}

/// All flows of the agent.
#[derive(Debug, Default)]
pub struct FlowTable {
    hasher: RandomState,
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
    keys: HashTable<u32>,
    per_owner: HashMap<NodeId, usize>,
    generation: u32,
    folded: u64,
}

impl FlowTable {
    /// The flow of `key`, made at `at` if there is none. `server` is who serves, where that is known; another server starts the flow anew.
    /// `from` is the namespace that the owner's end is in.
    pub fn flow(&mut self, key: Key<'_>, server: Option<&NodeId>, from: NetNs, at: Timestamp) -> FlowRef {
        let (key, exact, hash, found) = self.place(key);
        let index = match found {
            Some(index) => index,
            None => self.insert(key, exact, hash, from, at),
        };
        let generation = self.generation.wrapping_add(1);
        let Some(entry) = self.entries.get_mut(index as usize).and_then(Option::as_mut) else { return FlowRef { index, generation: 0 } };
        match (&entry.flow.server, server) {
            (Some(old), Some(new)) if old == new => {}
            (_, None) => {}
            // Nothing is open: what was there before may have been served by somebody else.
            (old, Some(new)) if old.is_some() || entry.flow.open == 0 => {
                let command = entry.flow.command.take();
                entry.flow = Flow { server: Some(new.clone()), command, server_name: entry.flow.server_name.take(), ..Flow::new(entry.flow.key.clone(), at) };
                entry.generation = generation;
                entry.seen = 0;
                self.generation = generation;
            }
            (_, Some(new)) => entry.flow.server = Some(new.clone()),
        }
        FlowRef { index, generation: entry.generation }
    }

    /// The key as it is kept: folded where its owner has too many. Also whether it is exact, its hash, and its place if it has one.
    fn place<'a>(&mut self, key: Key<'a>) -> (Key<'a>, bool, u64, Option<u32>) {
        let find = |table: &Self, key: &Key<'_>| {
            let hash = key.hash(&table.hasher);
            let is = |index: &u32| table.entries.get(*index as usize).and_then(Option::as_ref).is_some_and(|entry| key.is(&entry.flow.key));
            (hash, table.keys.find(hash, is).copied())
        };
        let (hash, found) = find(self, &key);
        let owned = self.per_owner.get(key.owner).copied().unwrap_or(0);
        if found.is_some() || (owned < KEYS_PER_OWNER && self.keys.len() < FLOWS) {
            return (key, true, hash, found);
        }
        self.folded += 1;
        let mut last = (key, hash, found);
        for (limit, v4, v6) in FOLDS {
            let folded = key.folded(v4, v6);
            let (hash, found) = find(self, &folded);
            last = (folded, hash, found);
            if found.is_some() || (owned < limit && self.keys.len() < FLOWS) {
                break;
            }
        }
        let (key, hash, found) = last;
        (key, false, hash, found)
    }

    fn insert(&mut self, key: Key<'_>, exact: bool, hash: u64, from: NetNs, at: Timestamp) -> u32 {
        self.generation = self.generation.wrapping_add(1);
        let entry = Entry { flow: Flow::new(key.owned(), at), generation: self.generation, from, seen: 0, rtts: Vec::new(), exact, lived: false };
        *self.per_owner.entry_ref(key.owner).or_insert(0) += 1;
        let index = self.free.pop().unwrap_or(self.entries.len() as u32);
        match self.entries.get_mut(index as usize) {
            Some(slot) => *slot = Some(entry),
            None => self.entries.push(Some(entry)),
        }
        let Self { keys, entries, hasher, .. } = self;
        keys.insert_unique(hash, index, |index| entries.get(*index as usize).and_then(Option::as_ref).map_or(0, |entry| hash_owned(hasher, &entry.flow.key)));
        index
    }

    fn get_mut(&mut self, at: FlowRef) -> Option<&mut Entry> {
        self.entries.get_mut(at.index as usize)?.as_mut().filter(|entry| entry.generation == at.generation)
    }

    /// The flow itself.
    pub fn get(&self, at: FlowRef) -> Option<&Flow> {
        self.entries.get(at.index as usize)?.as_ref().filter(|entry| entry.generation == at.generation).map(|entry| &entry.flow)
    }

    /// A connection from client port `port` belongs to it from now on, seen by `by`.
    pub fn open(&mut self, flow: FlowRef, port: u16, by: u8, at: Timestamp) {
        let Some(entry) = self.get_mut(flow) else { return };
        entry.flow.open += 1;
        if entry.flow.ports.len() >= PORTS {
            entry.flow.ports.pop();
        }
        entry.flow.ports.insert(0, PortSample(port, at));
        entry.flow.last_seen = entry.flow.last_seen.max(at);
        Self::see(entry, by);
    }

    /// So many connections of it were opened.
    pub fn opened(&mut self, flow: FlowRef, count: u64) {
        if let Some(entry) = self.get_mut(flow) {
            *entry.flow.opened_total.get_or_insert(0) += count;
        }
    }

    /// A source saw a connection of it.
    pub fn seen_by(&mut self, flow: FlowRef, by: u8) {
        if let Some(entry) = self.get_mut(flow) {
            Self::see(entry, by);
        }
    }

    fn see(entry: &mut Entry, by: u8) {
        if entry.seen | by != entry.seen {
            entry.seen |= by;
            entry.flow.seen_by = seen::names(entry.seen);
        }
    }

    /// A connection no longer belongs to it. It was last there at `at`.
    pub fn close(&mut self, flow: FlowRef, at: Timestamp) {
        if let Some(entry) = self.get_mut(flow) {
            entry.flow.open = entry.flow.open.saturating_sub(1);
            entry.flow.last_seen = entry.flow.last_seen.max(at);
            entry.lived = true;
        }
    }

    /// Of a connection that is over for its process the kernel has something left at `at`: what that does counts here.
    pub fn still_there(&mut self, flow: FlowRef, at: Timestamp) {
        if let Some(entry) = self.get_mut(flow) {
            entry.flow.last_seen = entry.flow.last_seen.max(at);
        }
    }

    /// A connection belongs to another flow from now on, because its owner is known closer. Returns whether this one keeps what it counted: a flow
    /// that loses all that it ever had was a misunderstanding, and goes at the end of the tick.
    pub fn leave(&mut self, flow: FlowRef) -> bool {
        let Some(entry) = self.get_mut(flow) else { return true };
        entry.flow.open = entry.flow.open.saturating_sub(1);
        entry.lived
    }

    /// So many attempts to connect failed.
    pub fn failed(&mut self, flow: FlowRef, count: u64) {
        if let Some(entry) = self.get_mut(flow) {
            *entry.flow.failed_total.get_or_insert(0) += count;
            entry.lived = true;
        }
    }

    /// Adds what a connection did.
    pub fn count(&mut self, flow: FlowRef, figures: Figures) {
        let Some(entry) = self.get_mut(flow) else { return };
        let add = |total: &mut Option<u64>, more: Option<u64>| {
            if let Some(more) = more {
                *total = Some(total.unwrap_or(0).saturating_add(more));
            }
        };
        add(&mut entry.flow.tx_bytes_total, figures.tx_bytes);
        add(&mut entry.flow.rx_bytes_total, figures.rx_bytes);
        add(&mut entry.flow.retrans_total, figures.retrans);
        if let Some(rtt) = figures.rtt_us
            && entry.rtts.len() < SAMPLES
        {
            entry.rtts.push(rtt);
        }
    }

    /// The command of a client that is not a process itself: kept as long as all its connections say the same.
    pub fn command(&mut self, flow: FlowRef, command: Option<&CompactString>, first: bool) {
        if let Some(entry) = self.get_mut(flow) {
            if first && entry.flow.opened_total.is_none() && entry.flow.open == 0 {
                entry.flow.command = command.cloned();
            } else if entry.flow.command.as_ref() != command {
                entry.flow.command = None;
            }
        }
    }

    /// Ends a tick: open flows are seen now, medians are taken, and what is over for long enough goes. `server` is asked again for flows whose
    /// server is not known yet, `name` for the name of a far end.
    pub fn end_tick(
        &mut self,
        at: Timestamp,
        server: impl Fn(NetNs, Protocol, &SocketAddress) -> Option<NodeId>,
        mut name: impl FnMut(IpAddr) -> Option<CompactString>,
    ) {
        for (index, slot) in self.entries.iter_mut().enumerate() {
            let Some(entry) = slot else { continue };
            let flow = &mut entry.flow;
            if flow.open > 0 {
                flow.last_seen = at;
                flow.failed_total.get_or_insert(0);
                flow.opened_total.get_or_insert(0);
            } else if !entry.lived || at.micros_since(flow.last_seen) >= KEPT_US {
                let index = index as u32;
                let hash = hash_owned(&self.hasher, &flow.key);
                if let Ok(found) = self.keys.find_entry(hash, |other| *other == index) {
                    found.remove();
                }
                if let Some(count) = self.per_owner.get_mut(&flow.key.owner) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        self.per_owner.remove(&flow.key.owner);
                    }
                }
                *slot = None;
                self.free.push(index);
                continue;
            }
            if !entry.rtts.is_empty() {
                let middle = entry.rtts.len() / 2;
                let (_, median, _) = entry.rtts.select_nth_unstable(middle);
                flow.rtt_us = Some(u64::from(*median));
                entry.rtts.clear();
            }
            if entry.exact && flow.server.is_none() {
                if flow.open > 0 && flow.key.side() == Side::Client {
                    flow.server = server(entry.from, flow.key.proto, &flow.key.server_addr);
                }
                if flow.server.is_none() {
                    let far = flow.key.client_addr().map_or(flow.key.server_addr.ip, |client| client.ip);
                    let known = name(far);
                    if known.is_some() {
                        flow.server_name = known;
                    }
                }
            }
        }
        // A burst of flows does not keep its room for ever.
        while self.entries.last().is_some_and(Option::is_none) {
            self.entries.pop();
        }
        let len = self.entries.len() as u32;
        self.free.retain(|index| *index < len);
        if self.entries.capacity() > 1024 && self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to(self.entries.len() * 2);
            self.free.shrink_to(self.free.len() * 2);
        }
    }

    /// All flows.
    pub fn iter(&self) -> impl Iterator<Item = &Flow> {
        self.entries.iter().flatten().map(|entry| &entry.flow)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Connections counted into a network instead of their peer, since the start.
    pub fn folded(&self) -> u64 {
        self.folded
    }
}
