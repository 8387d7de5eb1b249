//! The live state of one tenant.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use scope_core::link::Received;
use scope_core::record::{Body, Problem, Record};
use scope_core::state::State;
use scope_core::value::Fields;
use scope_core::{AgentName, CompactString, Moved, NodeId, RunId, Stamp, Tick, Timestamp};
use tokio::sync::broadcast;

use super::Forgotten;
use super::agent::{AgentInfo, Entry, Liveness};
use super::apply;
use super::intake::Speaker;
use super::limits::Limits;
use super::marks::{Board, Change};
use super::visible::Restricted;
use crate::server::series::TenantSeries;

/// The agent in whose name the server itself speaks of what it could not see. No agent can be called so.
pub const SERVER: &str = "~server";

/// Most sources kept of one agent.
const SOURCES: usize = 64;

/// Reports that a reader of records may be behind.
const BEHIND: usize = 256;

/// The live state of one tenant. Locks are taken in the order of the fields, and never held for long: a report is applied, a graph is built.
#[derive(Debug)]
pub(crate) struct TenantLive {
    pub(super) limits: Limits,
    pub(super) agents: Mutex<BTreeMap<AgentName, Entry>>,
    state: RwLock<State>,
    pub(super) restricted: Mutex<Restricted>,
    pub(crate) board: Board,
    pub(super) reports: broadcast::Sender<Arc<[Record]>>,
    pub(crate) series: Arc<TenantSeries>,
    next_link: std::sync::atomic::AtomicU64,
}

impl TenantLive {
    pub(super) fn new(limits: Limits, series: Arc<TenantSeries>) -> Self {
        Self {
            limits,
            agents: Mutex::default(),
            state: RwLock::default(),
            restricted: Mutex::default(),
            board: Board::default(),
            reports: broadcast::Sender::new(BEHIND),
            series,
            next_link: std::sync::atomic::AtomicU64::new(1),
        }
    }

    pub(super) fn lock_agents(&self) -> MutexGuard<'_, BTreeMap<AgentName, Entry>> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state as it is at this moment. Agents that report meanwhile change their own copy of what they said, so nobody waits for who reads.
    pub(crate) fn read(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn link_number(&self) -> u64 {
        self.next_link.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }

    pub(super) fn infos(&self) -> Vec<AgentInfo> {
        self.lock_agents().iter().map(|(name, entry)| entry.info(name)).collect()
    }

    /// Takes in a report of an agent, if `link` still speaks for it (none: it was posted). How many records were taken.
    pub(super) fn take(&self, said: &AgentName, here: &AgentName, link: Option<u64>, mut report: Received, now: Timestamp) -> usize {
        let came = report.len();
        let (speaker, nodes, flows) = {
            let mut agents = self.lock_agents();
            let Some(entry) = agents.get_mut(here) else { return 0 };
            if entry.link != link {
                entry.refused += came as u64;
                return 0;
            }
            for record in &report.records {
                if let Body::Tick(tick) = &record.body {
                    entry.tick(tick, SOURCES);
                }
            }
            (Speaker { said: said.clone(), here: here.clone(), offset_us: entry.offset_us, correction_us: entry.correction_us }, entry.nodes, entry.flows)
        };
        report.records.retain_mut(|record| speaker.believe(record, now));
        self.series.hear(here, now);
        self.series.take(here, &report.records, now);
        let (taken, copy, outcome, placed);
        {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            // Who begins to listen from here on reads the state after this report; who listens already wants records, and so does who is to be renamed.
            let listened = self.reports.receiver_count() > 0;
            placed = if listened || said != here {
                vec![false; report.moved.iter().map(Moved::len).sum()]
            } else {
                apply::moved(&mut state, here, &report, speaker.said_at(report.at, now))
            };
            let mut rest = report.spelled(&placed);
            rest.retain_mut(|record| speaker.believe(record, now));
            self.series.take(here, &rest, now);
            taken = placed.iter().filter(|placed| **placed).count() + rest.len() + report.records.len();
            // The tick stays the last.
            rest.append(&mut report.records);
            copy = listened.then(|| Arc::<[Record]>::from(rest.as_slice()));
            let full = rest.iter().any(|record| matches!(&record.body, Body::Tick(tick) if tick.sources.iter().any(|(_, said)| said.full)));
            outcome = apply::apply(&mut state, here, rest, &self.limits, nodes, flows);
            if full && let Some(agent) = state.agent(here) {
                // A full report ends what it does not mention.
                self.series.end_others(here, |id| agent.sources().any(|(_, source)| source.node_state(id).is_some()), now);
            }
        }
        self.series.take_moved(here, &report.moved, &placed, now);
        report.give_back();
        let mut news = false;
        if let Some(entry) = self.lock_agents().get_mut(here) {
            entry.refused += (came - taken) as u64;
            entry.over += outcome.over;
            (entry.nodes, entry.flows) = (outcome.nodes, outcome.flows);
            news = entry.hear(Instant::now(), now);
        }
        let mut change = outcome.change;
        change.figures |= placed.contains(&true);
        self.board.raise(change);
        if let Some(copy) = copy {
            // Nobody may be left to read it.
            let _ = self.reports.send(copy);
        }
        if news {
            self.tell(now);
        }
        taken - outcome.over as usize
    }

    /// Looks for agents that fell silent.
    pub(super) fn sweep(&self, instant: Instant, now: Timestamp) {
        let mut gone = Vec::new();
        let mut changed = false;
        {
            let mut agents = self.lock_agents();
            let listed = agents.len();
            agents.retain(|_, entry| entry.state != Liveness::Gone || instant.saturating_duration_since(entry.heard) < self.limits.listed_for);
            // Nobody is told any longer that one is silent who is not even listed.
            changed |= agents.len() < listed;
            for (name, entry) in agents.iter_mut() {
                let liveness = entry.liveness(instant, &self.limits);
                // Only a word from the agent itself makes it live again.
                if liveness <= entry.state {
                    continue;
                }
                entry.state = liveness;
                changed = true;
                self.series.fall_silent(name);
                if liveness == Liveness::Gone {
                    (entry.nodes, entry.flows) = (0, 0);
                    gone.push(name.clone());
                }
            }
        }
        if !gone.is_empty() {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            for name in &gone {
                state.remove_agent(name);
                self.series.forget(name);
            }
        }
        if now.as_micros().div_euclid(1_000_000) % 10 == 0 {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            // Records of a link come in order: what was ended a minute ago is not said again with an older stamp.
            state.forget_gone(Timestamp::from_micros(now.as_micros() - 60_000_000));
        }
        self.series.sweep(now);
        if changed {
            self.tell(now);
        }
    }

    /// Forgets an agent that has no link.
    pub(super) fn forget(&self, name: &AgentName, now: Timestamp) -> Forgotten {
        {
            let mut agents = self.lock_agents();
            match agents.get(name) {
                None => return Forgotten::Unknown,
                Some(entry) if entry.link.is_some() => return Forgotten::Connected,
                Some(_) => drop(agents.remove(name)),
            }
            self.state.write().unwrap_or_else(PoisonError::into_inner).remove_agent(name);
        }
        self.series.forget(name);
        self.tell(now);
        Forgotten::Done
    }

    /// Says, in the server's own name, which agents are silent, which are called otherwise than they say, and which run on one machine.
    pub(super) fn tell(&self, now: Timestamp) {
        let Ok(server) = SERVER.parse::<AgentName>() else { return };
        let agents = self.lock_agents();
        let mut problems = doubled(&agents);
        for (name, entry) in agents.iter() {
            let id = Some(NodeId::host(name));
            if entry.state != Liveness::Live {
                let fate = if entry.state == Liveness::Stale { "its data is shown as it was then" } else { "its data is hidden" };
                problems.push(Problem {
                    message: compact(format!("no reports from agent {name} since {}: {fate}", entry.last_seen)),
                    hint: Some(compact(format!("look whether it runs on {name} and can reach this server"))),
                    id: id.clone(),
                });
            }
            if let Some(said) = entry.renamed.as_ref().filter(|_| entry.link.is_some() && entry.state != Liveness::Gone) {
                problems.push(Problem {
                    message: compact(format!("two agents call themselves {said}: the second one is shown as {name}")),
                    hint: Some(compact("give one of them another name with --agent".to_owned())),
                    id,
                });
            }
        }
        drop(agents);
        let mut tick = Tick::default();
        tick.sources.insert("link", scope_core::record::SourceTick { full: true, records: problems.len() as u64, ..Default::default() });
        // The server's reports are numbered by the time, so that they order themselves.
        let stamp = Stamp { run: RunId::default(), seq: now.as_micros().max(0) as u64 };
        let record = |source: &str, body| Record { agent: server.clone(), stamp, source: source.into(), at: now, body, extra: Fields::default() };
        let mut records: Vec<Record> = problems.into_iter().map(|problem| record("link", Body::Problem(problem))).collect();
        records.push(record("", Body::Tick(tick)));
        let copy: Option<Arc<[Record]>> = (self.reports.receiver_count() > 0).then(|| records.as_slice().into());
        {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            for record in records {
                let _ = state.apply(record);
            }
        }
        if let Some(copy) = copy {
            let _ = self.reports.send(copy);
        }
        self.board.raise(Change { structure: true, ..Change::default() });
    }
}

/// Live agents that run on one machine: each shows its host, and what they both see belongs now to one, now to the other.
fn doubled(agents: &BTreeMap<AgentName, Entry>) -> Vec<Problem> {
    let mut machines: BTreeMap<&str, Vec<&AgentName>> = BTreeMap::new();
    for (name, entry) in agents.iter().filter(|(_, entry)| entry.link.is_some() && entry.state == Liveness::Live) {
        if let Some(machine) = entry.machine.as_deref() {
            machines.entry(machine).or_default().push(name);
        }
    }
    let told = machines.values().filter_map(|names| {
        let [first, second, others @ ..] = names.as_slice() else { return None };
        let more = if others.is_empty() { String::new() } else { format!(" (and {} more)", others.len()) };
        Some(Problem {
            message: compact(format!("agents {first} and {second}{more} run on the same machine: its host is shown twice")),
            hint: Some(compact("stop all but one of them; a machine that is a copy of another needs an /etc/machine-id of its own".to_owned())),
            // Of no one node: it names several agents, and whoever sees only one of them is not to know of the others.
            id: None,
        })
    });
    told.collect()
}

fn compact(text: String) -> CompactString {
    text.into()
}

/// How often agents are looked after.
pub(super) const SWEEP: Duration = Duration::from_secs(1);
