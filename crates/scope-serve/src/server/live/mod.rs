//! Live state: what each agent says now, and whether it still speaks. How records arrive is the link's business, what is drawn from them `views`'.
//!
//! | part | what |
//! |---|---|
//! | `session` | an agent's link: names, reports, heartbeats |
//! | `intake` | what is believed of a report |
//! | `apply` | a report put into the state, and what kind of change it was |
//! | `agent`, `tenant` | liveness, losses, and the problems that the server itself tells of |
//! | `visible` | what of the state exists for somebody |
//! | `records` | the state as a stream |

mod agent;
mod apply;
pub(crate) mod clock;
mod intake;
mod limits;
pub(crate) mod marks;
mod records;
mod session;
pub(crate) mod tenant;
mod visible;

use std::collections::BTreeMap;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use scope_core::state::State;
use scope_core::{AgentName, Record};
use tokio::sync::oneshot;

use crate::request::{Answer, Request, RequestEnvelope};
use crate::server::auth::Visibility;
use crate::server::series::Series;
use crate::server::tenant::Tenant;

pub use agent::{AgentInfo, Liveness};
pub use limits::Limits;
pub use records::RecordStream;
pub use session::{ConnectError, Hello, Session};
pub use tenant::SERVER;

use tenant::TenantLive;

/// How long an agent may take for an answer.
const ANSWER: Duration = Duration::from_secs(10);

/// How often what the heap holds and nobody uses goes back to the kernel; the first time after agents have said everything, which makes the most waste.
const GIVE_BACK_EVERY: Duration = Duration::from_secs(30);
const GIVE_BACK_FIRST: Duration = Duration::from_secs(10);

/// The state of all tenants. A thread of its own looks after agents that fall silent; it ends with this.
#[derive(Debug)]
pub struct Live {
    inner: Arc<Inner>,
    sweeper: Option<(Sender<()>, JoinHandle<()>)>,
}

#[derive(Debug)]
struct Inner {
    limits: Limits,
    tenants: RwLock<BTreeMap<Tenant, Arc<TenantLive>>>,
    series: Series,
}

/// What became of records that were posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Records taken in.
    pub taken: usize,
    /// Records that were refused or beyond a limit.
    pub dropped: usize,
}

/// What became of an agent that was to be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// It is not known here any more.
    Done,
    /// It never was, or no longer.
    Unknown,
    /// It has a link, and speaks.
    Connected,
}

/// Why posted records are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// An agent of this name has a link.
    #[error("an agent of this name is connected, and speaks for itself: post under another name")]
    Connected,
    /// The agent cannot be taken.
    #[error(transparent)]
    Agent(#[from] ConnectError),
}

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Nobody to ask.
    #[error("agent {0} is not connected: look for it among the agents")]
    NotConnected(AgentName),
    /// Too many questions at a time.
    #[error("agent {0} is busy with other requests: try again")]
    Busy(AgentName),
    /// No answer in time.
    #[error("agent {0} did not answer within 10 s: try again")]
    Timeout(AgentName),
    /// It could not be done.
    #[error("agent {0} could not answer: {1}")]
    Failed(AgentName, String),
}

impl Live {
    /// No agents yet.
    pub fn new(limits: Limits) -> Self {
        let inner = Arc::new(Inner { limits, tenants: RwLock::default(), series: Series::new(limits.series_bytes) });
        let (stop, stopped) = channel();
        let sweeping = Arc::clone(&inner);
        let sweep = move || {
            let mut give_back = Instant::now() + GIVE_BACK_FIRST;
            while stopped.recv_timeout(tenant::SWEEP) == Err(RecvTimeoutError::Timeout) {
                let now = Instant::now();
                sweeping.sweep(now);
                if now >= give_back {
                    scope_core::heap::give_back();
                    tracing::debug!(took_us = now.elapsed().as_micros() as u64, "what the heap held and nobody used has gone back");
                    give_back = now + GIVE_BACK_EVERY;
                }
            }
        };
        // Without a thread there is no liveness; the machine that refuses one refuses the server's others too.
        let sweeper = std::thread::Builder::new().name("scope-live".to_owned()).spawn(sweep).ok().map(|thread| (stop, thread));
        Self { inner, sweeper }
    }

    /// An agent's link begins. The second of two live agents of one name is called `name~` and six digits here, and a problem tells of it.
    pub fn connect(&self, tenant: &Tenant, hello: Hello) -> Result<Session, ConnectError> {
        Session::open(&self.tenant(tenant), hello)
    }

    /// Takes in records that were posted. They expire after three of the agent's intervals; those of a single report after a minute.
    pub fn post(&self, tenant: &Tenant, agent: &AgentName, records: Vec<Record>) -> Result<Posted, PostError> {
        let tenant = self.tenant(tenant);
        if agent.as_str() == SERVER {
            return Err(ConnectError::Name.into());
        }
        {
            let mut agents = tenant.lock_agents();
            if agents.get(agent).is_some_and(|entry| entry.link.is_some()) {
                return Err(PostError::Connected);
            }
            let count = agents.len();
            if !agents.contains_key(agent) && count >= tenant.limits.agents {
                return Err(ConnectError::TooMany(count).into());
            }
            agents.entry(agent.clone()).or_insert_with(|| agent::Entry::new(Instant::now(), clock::now()));
        }
        let came = records.len();
        let taken = tenant.take(agent, agent, None, records.into(), clock::now());
        Ok(Posted { taken, dropped: came - taken })
    }

    /// The agents of a tenant, by name: those that speak, those that are silent, and for an hour those that are gone.
    pub fn agents(&self, tenant: &Tenant) -> Vec<AgentInfo> {
        self.tenant(tenant).infos()
    }

    /// Forgets an agent that has no link, and all that it said.
    pub fn forget(&self, tenant: &Tenant, agent: &AgentName) -> Forgotten {
        self.tenant(tenant).forget(agent, clock::now())
    }

    /// Runs `read` over what of the state exists for `visibility`. No report waits meanwhile. It may take its time: call it where blocking is allowed.
    pub fn read<R>(&self, tenant: &Tenant, visibility: &Visibility, read: impl FnOnce(&State) -> R) -> R {
        self.tenant(tenant).with_visible(visibility, read)
    }

    /// Asks an agent down its link.
    pub async fn request(&self, tenant: &Tenant, agent: &AgentName, request: Request) -> Result<Answer, RequestError> {
        let requests = self.tenant(tenant).lock_agents().get(agent).and_then(|entry| entry.requests.clone());
        let requests = requests.ok_or_else(|| RequestError::NotConnected(agent.clone()))?;
        let (answer, answered) = oneshot::channel();
        requests.try_send(RequestEnvelope { request, answer }).map_err(|_| RequestError::Busy(agent.clone()))?;
        match tokio::time::timeout(ANSWER, answered).await {
            Ok(Ok(Answer::Failed(why))) => Err(RequestError::Failed(agent.clone(), why)),
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(RequestError::NotConnected(agent.clone())),
            Err(_) => Err(RequestError::Timeout(agent.clone())),
        }
    }

    /// The state as a stream: all that exists for `visibility`, then reports as they come.
    pub fn records(&self, tenant: &Tenant, visibility: &Visibility) -> RecordStream {
        RecordStream::new(self.tenant(tenant), visibility.clone())
    }

    /// Figures over time.
    pub fn series(&self) -> &Series {
        &self.inner.series
    }

    /// The tenants heard of.
    pub fn tenants(&self) -> Vec<Tenant> {
        self.inner.tenants.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// The state of a tenant, made where there is none. Who names tenants is the credential, so there are few.
    pub(crate) fn tenant(&self, tenant: &Tenant) -> Arc<TenantLive> {
        if let Some(known) = self.inner.tenants.read().unwrap_or_else(PoisonError::into_inner).get(tenant) {
            return Arc::clone(known);
        }
        let mut tenants = self.inner.tenants.write().unwrap_or_else(PoisonError::into_inner);
        let make = || Arc::new(TenantLive::new(self.inner.limits, self.inner.series.tenant(tenant)));
        Arc::clone(tenants.entry(tenant.clone()).or_insert_with(make))
    }
}

impl Inner {
    fn sweep(&self, instant: Instant) {
        let tenants: Vec<_> = self.tenants.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for tenant in tenants {
            tenant.sweep(instant, clock::now());
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.sweeper.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
