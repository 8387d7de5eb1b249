//! Figures over time: of every figure of every node the last 15 seconds, second by second, then 15 minutes in steps of 15 seconds. In memory, within a
//! limit; what finds no room is counted. Counters are kept as the rates that collectors derive from them. History on disk is not here.

mod query;
mod ring;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use hashbrown::HashMap;
use scope_core::record::{Body, Record};
use scope_core::{AgentName, CompactString, NodeId, Timestamp};

use crate::server::tenant::Tenant;

pub use query::{Aggregate, POINTS, Point, Range, aggregate, readable};

use ring::{COARSE, Ring, STEP};

/// Most names of figures, all tenants together. A plugin brings a handful.
const NAMES: usize = 4096;

/// Figures over time, of all tenants.
#[derive(Debug)]
pub struct Series {
    shared: Arc<Shared>,
    tenants: RwLock<BTreeMap<Tenant, Arc<TenantSeries>>>,
}

/// What tenants have in common.
#[derive(Debug)]
struct Shared {
    limit: usize,
    bytes: AtomicUsize,
    refused: AtomicU64,
    evicted: AtomicU64,
    names: RwLock<Names>,
}

#[derive(Debug, Default)]
struct Names {
    numbers: HashMap<CompactString, u16>,
    names: Vec<CompactString>,
}

/// What the figures over time cost, and what found no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes in use.
    pub bytes: usize,
    /// Bytes that may be in use.
    pub limit: usize,
    /// Figures that found no room.
    pub refused: u64,
    /// Figures that had to make room, or were silent for 15 minutes.
    pub evicted: u64,
}

/// Figures over time, of one tenant.
#[derive(Debug)]
pub(crate) struct TenantSeries {
    shared: Arc<Shared>,
    agents: Mutex<HashMap<AgentName, AgentSeries>>,
}

type AgentSeries = HashMap<NodeId, Vec<(u16, Ring)>>;

impl Series {
    /// Nothing yet; at most about `limit` bytes.
    pub fn new(limit: usize) -> Self {
        let shared = Shared { limit, bytes: AtomicUsize::new(0), refused: AtomicU64::new(0), evicted: AtomicU64::new(0), names: RwLock::default() };
        Self { shared: Arc::new(shared), tenants: RwLock::default() }
    }

    pub(super) fn tenant(&self, tenant: &Tenant) -> Arc<TenantSeries> {
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        let make = || Arc::new(TenantSeries { shared: Arc::clone(&self.shared), agents: Mutex::default() });
        Arc::clone(tenants.entry(tenant.clone()).or_insert_with(make))
    }

    /// One figure of each of `ids`, in their order; of a node without it nothing. Only ids that the asker may read are passed: see [`readable`].
    pub fn query(&self, tenant: &Tenant, ids: &[NodeId], metric: &str, range: Range) -> Vec<Vec<Point>> {
        let Some(number) = self.shared.number(metric) else { return vec![Vec::new(); ids.len()] };
        let tenant = self.tenant(tenant);
        let agents = tenant.lock();
        let ring =
            |id: &NodeId| agents.values().filter_map(|nodes| nodes.get(id)?.iter().find(|(known, _)| *known == number)).max_by_key(|(_, ring)| ring.last());
        ids.iter().map(|id| ring(id).map(|(_, ring)| query::points(ring, range)).unwrap_or_default()).collect()
    }

    /// All figures of a node that are known over time, by name.
    pub fn node(&self, tenant: &Tenant, id: &NodeId, range: Range) -> BTreeMap<CompactString, Vec<Point>> {
        let tenant = self.tenant(tenant);
        let agents = tenant.lock();
        let names = self.shared.names();
        let mut lines = BTreeMap::new();
        for (number, ring) in agents.values().filter_map(|nodes| nodes.get(id)).flatten() {
            if let Some(name) = names.names.get(usize::from(*number)) {
                lines.insert(name.clone(), query::points(ring, range));
            }
        }
        lines
    }

    /// What it costs.
    pub fn usage(&self) -> Usage {
        let shared = &self.shared;
        Usage {
            bytes: shared.bytes.load(Ordering::Relaxed),
            limit: shared.limit,
            refused: shared.refused.load(Ordering::Relaxed),
            evicted: shared.evicted.load(Ordering::Relaxed),
        }
    }
}

impl Shared {
    fn names(&self) -> RwLockReadGuard<'_, Names> {
        self.names.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn number(&self, name: &str) -> Option<u16> {
        self.names().numbers.get(name).copied()
    }

    fn number_or_new(&self, name: &str) -> Option<u16> {
        if let Some(number) = self.number(name) {
            return Some(number);
        }
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        let number = u16::try_from(names.names.len()).ok().filter(|number| usize::from(*number) < NAMES)?;
        names.names.push(name.into());
        names.numbers.insert(name.into(), number);
        Some(number)
    }

    /// Room for so many bytes more, if there is.
    fn take(&self, bytes: usize) -> bool {
        let fits = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.limit;
        if !fits {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        fits
    }
}

/// Bytes of an entry beside its rings: the id, its place in the map, the list.
const ENTRY: usize = 128;

impl TenantSeries {
    fn lock(&self) -> MutexGuard<'_, HashMap<AgentName, AgentSeries>> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the figures of a report.
    pub(crate) fn take(&self, agent: &AgentName, records: &[Record], now: Timestamp) {
        let second = now.as_micros().div_euclid(1_000_000);
        let mut agents = self.lock();
        let nodes = agents.entry(agent.clone()).or_default();
        let mut names = self.shared.names();
        for record in records {
            let Body::Node(node) = &record.body else { continue };
            if node.metrics.is_empty() {
                continue;
            }
            let rings = match nodes.get_mut(&node.id) {
                Some(rings) => rings,
                None if !self.shared.take(ENTRY) => continue,
                None => nodes.entry(node.id.clone()).or_default(),
            };
            // Reports say the same figures in the same order: the next one is where it was the last time.
            let mut next = 0;
            for (name, value) in node.metrics.iter().filter(|(name, _)| !name.ends_with("_total")) {
                let value = value.as_f64() as f32;
                let is_it = |number: u16, names: &Names| names.names.get(usize::from(number)).is_some_and(|known| known == name);
                if let Some((_, ring)) = rings.get_mut(next).filter(|(number, _)| is_it(*number, &names)) {
                    ring.push(second, value);
                    next += 1;
                    continue;
                }
                let mut number = names.numbers.get(name).copied();
                if number.is_none() {
                    // Who adds a name waits for those that read them.
                    drop(names);
                    number = self.shared.number_or_new(name);
                    names = self.shared.names();
                }
                let Some(number) = number else { continue };
                match rings.iter().position(|(known, _)| *known == number) {
                    Some(at) => {
                        next = at + 1;
                        rings.get_mut(at).into_iter().for_each(|(_, ring)| ring.push(second, value));
                    }
                    None if self.shared.take(ring::BYTES) => rings.push((number, Ring::new(second, value))),
                    None => {}
                }
            }
        }
    }

    /// Forgets an agent that is gone.
    pub(crate) fn forget(&self, agent: &AgentName) {
        if let Some(nodes) = self.lock().remove(agent) {
            self.release(nodes.values());
        }
    }

    /// Forgets nodes that were silent for as long as anything is kept; and those longest silent where there is too little room.
    pub(crate) fn sweep(&self, now: Timestamp) {
        let second = now.as_micros().div_euclid(1_000_000);
        let tight = self.shared.bytes.load(Ordering::Relaxed) > self.shared.limit / 100 * 95;
        // Where room is short, what is over has to go at once.
        let silent = if tight { STEP } else { COARSE as i64 * STEP };
        let mut dropped = Vec::new();
        for nodes in self.lock().values_mut() {
            let is_silent = |rings: &Vec<(u16, Ring)>| rings.iter().all(|(_, ring)| second - ring.last() > silent);
            dropped.extend(nodes.extract_if(|_, rings| is_silent(rings)).map(|(_, rings)| rings));
        }
        let rings: usize = dropped.iter().map(Vec::len).sum();
        self.shared.evicted.fetch_add(rings as u64, Ordering::Relaxed);
        self.release(dropped.iter());
    }

    fn release<'a>(&self, nodes: impl Iterator<Item = &'a Vec<(u16, Ring)>>) {
        let bytes: usize = nodes.map(|rings| ENTRY + rings.len() * ring::BYTES).sum();
        // What was counted on the way in, by the same measure; never below nothing.
        let _ = self.shared.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |known| Some(known.saturating_sub(bytes)));
    }
}
