//! Views kept current: one for each key that somebody subscribes to, computed once and sent to all of them. Transport is the API's business.
//!
//! | part | what |
//! |---|---|
//! | `key`, `channel`, `subscription`, `message` | who gets what: keys, their subscribers, queues, messages |
//! | `hub`, `pace` | one thread for each tenant, and when it computes |
//! | `compute`, `picture`, `figures`, `table`, `node` | the difference between what subscribers have and what there is |
//! | `write` | messages as JSON: `docs/subscriptions.md` |

mod channel;
mod compute;
mod facts;
mod figures;
mod hub;
mod key;
mod left;
mod message;
mod node;
mod pace;
mod picture;
mod subscription;
mod table;
mod write;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use scope_core::NodeId;

use crate::server::auth::Visibility;
use crate::server::live::Live;
use crate::server::tenant::Tenant;

pub use key::ViewKey;
pub use message::{Kind, Message};
pub use subscription::Subscription;

use hub::Hub;

/// Why a subscription is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscribeError {
    /// The filter cannot be read.
    #[error("{0}")]
    Filter(String),
    /// There is no such grouping.
    #[error("{0}")]
    GroupBy(String),
    /// The view leaves out nothing of that name.
    #[error("nothing called `{0}` is left out of the view {1}")]
    Show(String, &'static str),
    /// The figures that are asked for cannot be.
    #[error("{0}")]
    Metrics(String),
    /// No room.
    #[error("there are as many subscriptions already as this server takes: close others first")]
    TooMany,
    /// No thread to compute in.
    #[error("cannot start a thread for the views of a tenant: {0}")]
    Thread(String),
}

/// All views that somebody subscribes to. One thread for each tenant computes them; all end with this.
#[derive(Debug)]
pub struct Views {
    live: Arc<Live>,
    limits: Limits,
    hubs: Mutex<BTreeMap<Tenant, Hub>>,
}

/// Bounds of subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Subscriptions of a tenant.
    pub subscriptions: usize,
    /// Different views, filters and groupings of a tenant that are kept current at a time.
    pub views: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { subscriptions: 1000, views: 100 }
    }
}

/// What subscriptions cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Subscriptions that are open.
    pub subscriptions: usize,
    /// Different views that are kept current for them.
    pub views: usize,
    /// Fresh snapshots that slow subscribers got.
    pub overflows: u64,
    /// Messages made.
    pub messages: u64,
    /// Time spent computing them, in microseconds.
    pub busy_us: u64,
}

/// Where a subscriber's stream broke: the epoch of its last snapshot, and the number of the last message that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// From the snapshot.
    pub epoch: u64,
    /// From the last message.
    pub seq: u64,
}

impl Views {
    /// No subscriptions yet.
    pub fn new(live: Arc<Live>, limits: Limits) -> Self {
        Self { live, limits, hubs: Mutex::default() }
    }

    /// A view kept current: a snapshot, then what changes.
    pub fn subscribe(&self, key: &ViewKey) -> Result<Subscription, SubscribeError> {
        self.resume(key, None)
    }

    /// Goes on where a subscription broke, if what was missed is still known; else begins with a snapshot.
    pub fn resume(&self, key: &ViewKey, resume: Option<Resume>) -> Result<Subscription, SubscribeError> {
        let registry = self.live.read(&key.tenant, &key.visibility, registry_of);
        let (text, wanted) = key.read(&registry)?;
        self.open(&key.tenant, &key.visibility, text, wanted, resume)
    }

    /// One node in full, kept current. Where it does not exist the snapshot says so, and what follows when it comes.
    pub fn subscribe_node(&self, tenant: &Tenant, visibility: &Visibility, id: NodeId, resume: Option<Resume>) -> Result<Subscription, SubscribeError> {
        let text = format!("{}\n\n{id}", visibility.key());
        self.open(tenant, visibility, text, key::Wanted::Node(id), resume)
    }

    /// What the subscriptions of a tenant cost.
    pub fn usage(&self, tenant: &Tenant) -> Usage {
        self.hubs.lock().unwrap_or_else(PoisonError::into_inner).get(tenant).map(Hub::usage).unwrap_or_default()
    }

    fn open(
        &self,
        tenant: &Tenant,
        visibility: &Visibility,
        text: String,
        wanted: key::Wanted,
        resume: Option<Resume>,
    ) -> Result<Subscription, SubscribeError> {
        let mut hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
        if !hubs.contains_key(tenant) {
            hubs.insert(tenant.clone(), Hub::start(self.live.tenant(tenant), self.limits)?);
        }
        hubs.get(tenant).ok_or(SubscribeError::TooMany)?.open(visibility, text, wanted, resume)
    }
}

/// The fields that a state knows.
fn registry_of(state: &scope_core::state::State) -> scope_core::field::Registry {
    let mut registry = scope_core::field::Registry::new();
    for field in scope_render::graph::field_records(state) {
        // One that cannot be shown as it says is shown plainly.
        let _ = registry.add(field);
    }
    registry
}

#[cfg(test)]
mod client;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod tests;
