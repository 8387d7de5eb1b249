//! What is written down a moment later, so that no request waits for the disk: failed logins, and when tokens were used. All of it is bounded.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap;
use scope_core::Timestamp;

use super::{Auth, Peer, Visibility, now};
use crate::server::store::{AuditEntry, SecretHash, StoreError};
use crate::server::tenant::Tenant;

/// Entries that may wait for the disk.
const ENTRIES: usize = 1_024;
/// Uses that may wait for the disk.
const USES: usize = 4_096;
/// Filters that are remembered.
const VISIBILITIES: usize = 1_024;
/// How long anything waits.
const PACE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Pending {
    entries: VecDeque<(Tenant, AuditEntry)>,
    uses: HashMap<SecretHash, Timestamp>,
    visibilities: HashMap<String, Visibility>,
    dropped: u64,
}

impl Pending {
    pub(super) fn note_use(&mut self, hash: SecretHash, at: Timestamp) {
        if self.uses.len() < USES || self.uses.contains_key(&hash) {
            self.uses.insert(hash, at);
        }
    }

    pub(super) fn visibility(&self, filter: &str) -> Option<Visibility> {
        self.visibilities.get(filter).cloned()
    }

    pub(super) fn remember_visibility(&mut self, filter: &str, visibility: Visibility) {
        if self.visibilities.len() >= VISIBILITIES {
            self.visibilities.clear();
        }
        self.visibilities.insert(filter.to_owned(), visibility);
    }

    fn write_down(&mut self, tenant: Tenant, entry: AuditEntry) {
        if self.entries.len() >= ENTRIES {
            self.entries.pop_front();
            self.dropped += 1;
        }
        self.entries.push_back((tenant, entry));
    }
}

/// Figures for the server's metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Attempts to prove an identity that failed.
    pub failed: u64,
    /// Those of them beyond the limit.
    pub limited: u64,
    /// Entries that never reached the audit, as the disk did not keep up.
    pub audit_dropped: u64,
}

impl Auth {
    /// Figures since the start.
    pub fn figures(&self) -> Figures {
        let (failed, limited) = {
            let failures = self.failures();
            (failures.failed, failures.limited)
        };
        Figures { failed, limited, audit_dropped: self.pending().dropped }
    }

    /// An entry for the audit that is on the disk within seconds, for what changes nothing.
    pub(in crate::server) fn write_down_later(&self, tenant: Tenant, who: &str, peer: &Peer, action: &str, target: Option<String>, outcome: &str) {
        let entry = AuditEntry { at: now(), who: who.to_owned(), address: Some(peer.ip()), action: action.to_owned(), target, outcome: outcome.to_owned() };
        self.pending().write_down(tenant, entry);
    }

    /// Writes down what waits. What cannot be written waits on, up to its bound.
    pub fn flush(&self) -> Result<(), StoreError> {
        let (entries, uses) = {
            let mut pending = self.pending();
            (std::mem::take(&mut pending.entries), std::mem::take(&mut pending.uses))
        };
        let mut waiting = entries.into_iter().peekable();
        while let Some((tenant, entry)) = waiting.next() {
            let mut batch = vec![entry];
            while let Some((_, entry)) = waiting.next_if(|(next, _)| *next == tenant) {
                batch.push(entry);
            }
            if let Err(error) = self.store.audit(&tenant, &batch) {
                let mut pending = self.pending();
                let newer = std::mem::take(&mut pending.entries);
                let older = batch.into_iter().map(|entry| (tenant.clone(), entry)).chain(waiting);
                for (tenant, entry) in older.chain(newer) {
                    pending.write_down(tenant, entry);
                }
                return Err(error);
            }
        }
        if uses.is_empty() {
            return Ok(());
        }
        self.store.note_used(&uses.into_iter().collect::<Vec<_>>())
    }
}

/// Writes down what waits, every second and at the end. The server owns this task and joins it when `stop` has come.
pub async fn keep(auth: Arc<Auth>, stop: impl Future<Output = ()> + Send) {
    let mut stop = std::pin::pin!(stop);
    let mut stopped = false;
    let mut failing = false;
    while !stopped {
        tokio::select! {
            () = &mut stop => stopped = true,
            () = tokio::time::sleep(PACE) => {}
        }
        let writer = Arc::clone(&auth);
        match tokio::task::spawn_blocking(move || writer.flush()).await {
            Ok(Ok(())) => failing = false,
            // Once is enough: a disk that stays full would fill the log too.
            Ok(Err(error)) if !failing => {
                tracing::error!("{error}");
                failing = true;
            }
            Ok(Err(_)) => {}
            Err(panic) => tracing::error!("writing the audit: {panic}"),
        }
    }
}
