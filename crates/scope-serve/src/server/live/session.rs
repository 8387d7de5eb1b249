//! An agent's link: who it is, and what it says.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use scope_core::link::Received;
use scope_core::{AgentName, CompactString};
use tokio::sync::mpsc;

use super::agent::{Entry, Liveness};
use super::clock::now;
use super::intake::other_name;
use super::tenant::{SERVER, TenantLive};
use crate::request::RequestEnvelope;

/// With what an agent's link begins. The name is that of its credential.
#[derive(Debug)]
pub struct Hello {
    /// Who it is.
    pub agent: AgentName,
    /// Its version.
    pub version: CompactString,
    /// What tells its machine from all others.
    pub machine_id: Option<CompactString>,
    /// Where it dials from.
    pub address: Option<IpAddr>,
    /// Where requests to it go.
    pub requests: mpsc::Sender<RequestEnvelope>,
}

/// Why an agent is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// No room.
    #[error("there are {0} agents already, and this server takes no more: raise its limit, or remove agents that are gone")]
    TooMany(usize),
    /// The name is the server's own, or as long as names can be while another agent has it.
    #[error("an agent cannot be called that: choose another name with --agent")]
    Name,
}

/// The link of a live agent. Dropped, the agent is silent from then on.
#[derive(Debug)]
pub struct Session {
    tenant: Arc<TenantLive>,
    said: AgentName,
    here: AgentName,
    link: u64,
}

impl Session {
    pub(super) fn open(tenant: &Arc<TenantLive>, hello: Hello) -> Result<Self, ConnectError> {
        if hello.agent.as_str() == SERVER {
            return Err(ConnectError::Name);
        }
        let (instant, time, link) = (Instant::now(), now(), tenant.link_number());
        let mut here = hello.agent.clone();
        let mut agents = tenant.lock_agents();
        let is_other = |entry: &Entry| {
            let speaks = entry.link.is_some() && entry.liveness(instant, &tenant.limits) == Liveness::Live;
            // Without ids of machines nobody can tell two agents from one that dials anew.
            speaks && entry.machine.is_some() && hello.machine_id.is_some() && entry.machine != hello.machine_id
        };
        if agents.get(&here).is_some_and(is_other) {
            here = other_name(&here, hello.machine_id.as_deref().unwrap_or_default()).ok_or(ConnectError::Name)?;
        }
        if !agents.contains_key(&here) && agents.len() >= tenant.limits.agents {
            return Err(ConnectError::TooMany(agents.len()));
        }
        let entry = agents.entry(here.clone()).or_insert_with(|| Entry::new(instant, time));
        entry.hear(instant, time);
        entry.renamed = (here != hello.agent).then(|| hello.agent.clone());
        entry.version = Some(hello.version);
        entry.machine = hello.machine_id;
        entry.address = hello.address;
        entry.link = Some(link);
        entry.requests = Some(hello.requests);
        drop(agents);
        tenant.tell(time);
        Ok(Self { tenant: Arc::clone(tenant), said: hello.agent, here, link })
    }

    /// What the agent is called here: its name, but for the second of two live agents of one name.
    pub fn name(&self) -> &AgentName {
        &self.here
    }

    /// Whether it is the second of two live agents of one name.
    pub fn is_renamed(&self) -> bool {
        self.said != self.here
    }

    /// Takes in a report. Who says it is overwritten, when it was said corrected by the clock's offset; of others' hosts and processes nothing is believed.
    pub fn apply(&self, report: impl Into<Received>) {
        let report = report.into();
        self.tenant.take(&self.said, &self.here, Some(self.link), report, now());
    }

    /// How far the agent's clock is ahead of ours, in microseconds. Whether it is so wrong, or right again, that what the agent said before has to be said again.
    pub fn clock_offset(&self, micros: i64) -> bool {
        let mut moved = false;
        self.with(|entry| moved = entry.clock(micros));
        moved
    }

    /// Whether what is kept of the agent is not what it said: its clock is wrong, and times were set right.
    pub fn is_set_right(&self) -> bool {
        self.tenant.lock_agents().get(&self.here).is_some_and(|entry| entry.correction_us != 0)
    }

    /// The agent is there, though it has nothing to say.
    pub fn heartbeat(&self) {
        let mut news = false;
        self.with(|entry| news = entry.hear(Instant::now(), now()));
        if news {
            self.tenant.tell(now());
        }
    }

    /// Counts records that were lost before they came here.
    pub fn lost(&self, what: u64) {
        self.with(|entry| entry.lost += what);
    }

    /// The digest of what is known here of the agent, to compare with its own; none where what was taken in differs from what it said, because some of it
    /// was refused or the agent goes by another name: then there is nothing to compare.
    pub fn digest(&self) -> Option<u64> {
        let as_said = |entry: &Entry| entry.refused == 0 && entry.over == 0 && entry.correction_us == 0;
        let faithful = self.said == self.here && self.tenant.lock_agents().get(&self.here).is_some_and(as_said);
        let state = faithful.then(|| self.tenant.read())?;
        Some(state.agent(&self.here).map_or(0, scope_core::link::digest))
    }

    /// Whether another link of the same agent has taken over; this one is no longer listened to.
    pub fn is_superseded(&self) -> bool {
        self.tenant.lock_agents().get(&self.here).is_none_or(|entry| entry.link != Some(self.link))
    }

    fn with(&self, act: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.tenant.lock_agents().get_mut(&self.here).filter(|entry| entry.link == Some(self.link)) {
            act(entry);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.with(|entry| {
            entry.link = None;
            entry.requests = None;
        });
    }
}
