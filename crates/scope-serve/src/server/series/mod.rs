//! Figures over time: of every figure of every node the last 15 seconds, second by second, then 15 minutes in steps of 15 seconds. In memory, within a
//! limit; what finds no room is counted. Counters are kept as the rates that collectors derive from them. History on disk is not here.

mod block;
mod query;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use hashbrown::HashMap;
use scope_core::figures::SharedNames;
use scope_core::record::{Body, Gone, Record};
use scope_core::slots::Slots;
use scope_core::{AgentName, CompactString, Moved, NodeId, Number, Timestamp};

use crate::server::tenant::Tenant;

pub use query::{Aggregate, POINTS, Point, Range, aggregate, readable};

use block::{BLOCK, Block, COARSE, FIGURE, Figure, STEP, Silence};

/// Most names of figures, all tenants together. A plugin brings a handful.
const NAMES: usize = 4096;
/// No number: of a counter, of which the rate is kept, and of a name past [`NAMES`].
const NO_NUMBER: u16 = u16::MAX;

/// Lists of names whose numbers are kept for each agent. An agent has a dozen.
const LISTS: usize = 32;

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
    agents: Mutex<HashMap<AgentName, Arc<Mutex<AgentSeries>>>>,
}

/// Figures over time, of what one agent says. Dropped, their room is free.
#[derive(Debug)]
struct AgentSeries {
    shared: Arc<Shared>,
    /// The second in which it was last heard.
    heard: i64,
    /// Nothing was heard of it for long: what it said holds up to then.
    is_silent: bool,
    /// Its last silence that is over.
    silence: Option<Silence>,
    nodes: Slots<NodeId, Vec<Block>>,
    /// The numbers of lists of names that come again and again.
    lists: Vec<(SharedNames, Arc<[u16]>)>,
}

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

    /// One figure of each of `ids`, in their order, up to `now`; of a node without it nothing. Only ids that the asker may read are passed: see [`readable`].
    pub fn query(&self, tenant: &Tenant, ids: &[NodeId], metric: &str, range: Range, now: Timestamp) -> Vec<Vec<Point>> {
        let Some(number) = self.shared.number(metric) else { return vec![Vec::new(); ids.len()] };
        let tenant = self.tenant(tenant);
        let agents = tenant.all();
        let agents: Vec<MutexGuard<'_, AgentSeries>> = agents.iter().map(|agent| lock(agent)).collect();
        let figure = |id: &NodeId| {
            let all = agents.iter().filter_map(|agent| agent.nodes.get(id)?.iter().find_map(|block| block.figure(number, agent.until(now))));
            all.max_by_key(|figure: &Figure<'_>| (figure.last(), figure.said()))
        };
        ids.iter().map(|id| figure(id).map(|figure| query::points(&figure, range)).unwrap_or_default()).collect()
    }

    /// All figures of a node that are known over time, by name, up to `now`.
    pub fn node(&self, tenant: &Tenant, id: &NodeId, range: Range, now: Timestamp) -> BTreeMap<CompactString, Vec<Point>> {
        let tenant = self.tenant(tenant);
        let names = self.shared.names();
        let mut lines = BTreeMap::new();
        for agent in tenant.all() {
            let agent = lock(&agent);
            for block in agent.nodes.get(id).into_iter().flatten() {
                for number in block.numbers() {
                    if let (Some(name), Some(figure)) = (names.names.get(usize::from(*number)), block.figure(*number, agent.until(now))) {
                        lines.insert(name.clone(), query::points(&figure, range));
                    }
                }
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

    /// The numbers of names; [`NO_NUMBER`] for counters, and past [`NAMES`].
    fn all_numbers<'a>(&self, names: impl Iterator<Item = &'a str>) -> Arc<[u16]> {
        let number = |name: &str| if name.ends_with("_total") { NO_NUMBER } else { self.number_or_new(name).unwrap_or(NO_NUMBER) };
        names.map(number).collect()
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
        // Where there is none, which is asked often, nobody else's count is touched.
        self.bytes.load(Ordering::Relaxed) + bytes <= self.limit && {
            let fits = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.limit;
            if !fits {
                self.release(bytes);
            }
            fits
        }
    }

    fn release(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn refuse(&self, figures: usize) {
        if figures > 0 {
            self.refused.fetch_add(figures as u64, Ordering::Relaxed);
        }
    }
}

/// Bytes of an entry beside its blocks: the id, its place in the map, the list.
const ENTRY: usize = 96;

fn bytes(blocks: &[Block]) -> usize {
    ENTRY + blocks.iter().map(|block| BLOCK + block.numbers().len() * FIGURE).sum::<usize>()
}

fn lock(agent: &Mutex<AgentSeries>) -> MutexGuard<'_, AgentSeries> {
    agent.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TenantSeries {
    fn lock(&self) -> MutexGuard<'_, HashMap<AgentName, Arc<Mutex<AgentSeries>>>> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Arc<Mutex<AgentSeries>>> {
        self.lock().values().cloned().collect()
    }

    /// An agent speaks: what it does not mention still holds.
    pub(crate) fn hear(&self, agent: &AgentName, now: Timestamp) {
        let agent = self.agent(agent);
        let mut agent = lock(&agent);
        let second = now.as_micros().div_euclid(1_000_000);
        if std::mem::take(&mut agent.is_silent) && second > agent.heard {
            agent.silence = Some(Silence { from: agent.heard, to: second });
        }
        agent.heard = agent.heard.max(second);
    }

    /// An agent was not heard for so long that what it said is not known to hold.
    pub(crate) fn fall_silent(&self, agent: &AgentName) {
        let agent = self.agent(agent);
        lock(&agent).is_silent = true;
    }

    /// Ends what was said of nodes of an agent of which it no longer speaks.
    pub(crate) fn end_others(&self, agent: &AgentName, speaks_of: impl Fn(&NodeId) -> bool, now: Timestamp) {
        let agent = self.agent(agent);
        let mut agent = lock(&agent);
        let AgentSeries { nodes, silence, .. } = &mut *agent;
        let second = now.as_micros().div_euclid(1_000_000);
        let silence = *silence;
        nodes.retain(|id, blocks| {
            if !speaks_of(id) {
                for block in blocks {
                    block.end(second, silence);
                }
            }
            true
        });
    }

    /// Takes the figures of a report's records, and that nodes have gone.
    pub(crate) fn take(&self, agent: &AgentName, records: &[Record], now: Timestamp) {
        let gone = records.iter().filter_map(|record| match &record.body {
            Body::Gone(Gone::Node(id)) => Some(id),
            _ => None,
        });
        self.end(agent, gone, now);
        let mut figures = records.iter().filter_map(|record| match &record.body {
            Body::Node(node) if !node.metrics.is_empty() => Some(node),
            _ => None,
        });
        let Some(first) = figures.next() else { return };
        let (agent, second) = (self.agent(agent), now.as_micros().div_euclid(1_000_000));
        let mut agent = lock(&agent);
        for node in std::iter::once(first).chain(figures) {
            let numbers = match node.metrics.shared_names() {
                Some(names) => agent.numbers(names),
                None => self.shared.all_numbers(node.metrics.iter().map(|(name, _)| name)),
            };
            let AgentSeries { shared, nodes, silence, .. } = &mut *agent;
            match nodes.get_mut(&node.id) {
                Some(blocks) => take(shared, *silence, blocks, &numbers, node.metrics.values(), second),
                None => agent.begin(&node.id, &numbers, node.metrics.values(), second),
            }
        }
    }

    fn end<'r>(&self, agent: &AgentName, gone: impl Iterator<Item = &'r NodeId>, now: Timestamp) {
        let mut gone = gone.peekable();
        if gone.peek().is_none() {
            return;
        }
        let (agent, second) = (self.agent(agent), now.as_micros().div_euclid(1_000_000));
        let mut agent = lock(&agent);
        let silence = agent.silence;
        for id in gone {
            for block in agent.nodes.get_mut(id).into_iter().flatten() {
                block.end(second, silence);
            }
        }
    }

    /// Takes the figures of those nodes in a report's lists, in their order, that are `known`.
    pub(crate) fn take_moved(&self, agent: &AgentName, lists: &[Moved], known: &[bool], now: Timestamp) {
        if !known.contains(&true) {
            return;
        }
        let (agent, second) = (self.agent(agent), now.as_micros().div_euclid(1_000_000));
        let mut agent = lock(&agent);
        let mut known = known.iter();
        for moved in lists {
            let numbers = agent.numbers(moved.names());
            // They come in the order in which they came first, and so they stand here.
            let mut next = 0;
            for ((id, values), _) in moved.iter().zip(&mut known).filter(|(_, known)| **known) {
                let AgentSeries { shared, nodes, silence, .. } = &mut *agent;
                match nodes.next_mut(id, &mut next) {
                    Some(blocks) => take(shared, *silence, blocks, &numbers, values, second),
                    None => agent.begin(id, &numbers, values, second),
                }
            }
        }
    }

    fn agent(&self, agent: &AgentName) -> Arc<Mutex<AgentSeries>> {
        let new = || {
            Arc::new(Mutex::new(AgentSeries {
                shared: Arc::clone(&self.shared),
                heard: 0,
                is_silent: false,
                silence: None,
                nodes: Slots::default(),
                lists: Vec::new(),
            }))
        };
        Arc::clone(self.lock().entry_ref(agent).or_insert_with(new))
    }

    /// Forgets an agent that is gone.
    pub(crate) fn forget(&self, agent: &AgentName) {
        self.lock().remove(agent);
    }

    /// Forgets nodes of which nothing has held for as long as anything is kept; where there is too little room, at once.
    pub(crate) fn sweep(&self, now: Timestamp) {
        let second = now.as_micros().div_euclid(1_000_000);
        let tight = self.shared.bytes.load(Ordering::Relaxed) > self.shared.limit / 100 * 95;
        // Where room is short, what is over has to go at once.
        let silent = if tight { STEP } else { COARSE as i64 * STEP };
        for agent in self.all() {
            let mut agent = lock(&agent);
            let until = agent.until(now);
            let AgentSeries { shared, nodes, .. } = &mut *agent;
            nodes.retain(|_, blocks| {
                let is_silent = blocks.iter().all(|block| second - if block.is_over() { block.last() } else { until } > silent);
                if is_silent {
                    shared.evicted.fetch_add(blocks.iter().map(|block| block.numbers().len() as u64).sum(), Ordering::Relaxed);
                    shared.release(bytes(blocks));
                }
                !is_silent
            });
        }
    }
}

impl AgentSeries {
    /// The second up to which what it said last holds.
    fn until(&self, now: Timestamp) -> i64 {
        if self.is_silent { self.heard } else { now.as_micros().div_euclid(1_000_000) }
    }

    /// The numbers of the names of a list, which many nodes share.
    fn numbers(&mut self, names: &SharedNames) -> Arc<[u16]> {
        if let Some((_, numbers)) = self.lists.iter().find(|(known, _)| known.is_same(names)) {
            return Arc::clone(numbers);
        }
        let numbers = self.shared.all_numbers(names.names().iter().map(CompactString::as_str));
        if self.lists.len() >= LISTS {
            self.lists.clear();
        }
        self.lists.push((names.clone(), Arc::clone(&numbers)));
        numbers
    }

    /// Takes the first figures of a node, if there is room for it.
    fn begin(&mut self, id: &NodeId, numbers: &[u16], values: &[Number], second: i64) {
        if !self.shared.take(ENTRY) {
            return self.shared.refuse(1);
        }
        let mut blocks = Vec::new();
        take(&self.shared, self.silence, &mut blocks, numbers, values, second);
        self.nodes.insert(id.clone(), blocks);
    }
}

/// Takes the figures of a node: a value for each of the numbers.
fn take(shared: &Shared, silence: Option<Silence>, blocks: &mut Vec<Block>, numbers: &[u16], values: &[Number], second: i64) {
    let mut missing: Vec<(u16, f32)> = Vec::new();
    // What comes together stands together, in this order.
    let mut likely = (0, 0);
    for (number, value) in numbers.iter().zip(values).filter(|(number, _)| **number < NO_NUMBER) {
        let value = value.as_f64() as f32;
        let is_there = blocks.get(likely.0).and_then(|block| block.numbers().get(likely.1)) == Some(number);
        if !is_there {
            let find = |(at, block): (usize, &Block)| Some((at, block.numbers().iter().position(|known| known == number)?));
            let Some(place) = blocks.iter().enumerate().find_map(find) else {
                missing.push((*number, value));
                continue;
            };
            likely = place;
        }
        if let Some(block) = blocks.get_mut(likely.0) {
            block.push(second, silence, likely.1, value);
        }
        likely.1 += 1;
    }
    if missing.is_empty() {
        return;
    }
    let room = if shared.take(BLOCK + FIGURE) { 1 + missing.iter().skip(1).take_while(|_| shared.take(FIGURE)).count() } else { 0 };
    shared.refuse(missing.len() - room);
    missing.truncate(room);
    if room > 0 {
        let mut block = Block::new(missing.iter().map(|(number, _)| *number).collect(), second);
        for (column, (_, value)) in missing.into_iter().enumerate() {
            block.push(second, silence, column, value);
        }
        blocks.push(block);
    }
}

impl Drop for AgentSeries {
    fn drop(&mut self) {
        self.shared.release(self.nodes.iter().map(|(_, blocks)| bytes(blocks)).sum());
    }
}

#[cfg(test)]
mod tests;
