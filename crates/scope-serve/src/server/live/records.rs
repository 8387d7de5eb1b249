//! The state as a stream of records: all of it, then every report as it comes.

use std::sync::Arc;
use std::time::Duration;

use scope_core::record::Body;
use scope_core::value::Fields;
use scope_core::{AgentName, Record, RunId, Timestamp, Value};
use tokio::sync::broadcast;

use super::tenant::TenantLive;
use crate::server::auth::Visibility;

/// How often a reader that does not see everything gets what it sees.
const RESTRICTED: Duration = Duration::from_secs(1);

/// Records as they come. Whoever falls too far behind gets all of the state anew, which says the same.
#[derive(Debug)]
pub struct RecordStream {
    tenant: Arc<TenantLive>,
    visibility: Visibility,
    reports: broadcast::Receiver<Arc<[Record]>>,
    begun: bool,
    seen: super::marks::Marks,
    /// What was last told to a reader that does not see everything.
    told: Arc<[Record]>,
}

impl RecordStream {
    pub(super) fn new(tenant: Arc<TenantLive>, visibility: Visibility) -> Self {
        let reports = tenant.reports.subscribe();
        Self { tenant, visibility, reports, begun: false, seen: super::marks::Marks::default(), told: Arc::default() }
    }

    /// The next records: first the whole state, then reports. None once the server ends.
    pub async fn next(&mut self) -> Option<Arc<[Record]>> {
        if !std::mem::replace(&mut self.begun, true) {
            return self.whole().await;
        }
        if self.visibility.filter().is_some() {
            // Which of a report's records are to be seen can only be told from the whole; and where nothing of it is, that there was one is not to be seen either.
            loop {
                tokio::time::sleep(RESTRICTED).await;
                if self.tenant.board.read() == self.seen {
                    continue;
                }
                let told = Arc::clone(&self.told);
                let now = self.whole().await?;
                if !now.iter().map(said).eq(told.iter().map(said)) {
                    return Some(now);
                }
            }
        }
        match self.reports.recv().await {
            Ok(report) => Some(report),
            Err(broadcast::error::RecvError::Lagged(_)) => {
                self.reports = self.reports.resubscribe();
                self.whole().await
            }
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }

    async fn whole(&mut self) -> Option<Arc<[Record]>> {
        self.seen = self.tenant.board.read();
        let (tenant, visibility) = (Arc::clone(&self.tenant), self.visibility.clone());
        let whole: Arc<[Record]> = tokio::task::spawn_blocking(move || tenant.with_visible(&visibility, |state| state.records().collect())).await.ok()?;
        if self.visibility.filter().is_some() {
            self.told = Arc::clone(&whole);
        }
        Some(whole)
    }
}

/// A record without the number of its report, which of what is restricted is another each time.
fn said(record: &Record) -> (&AgentName, RunId, &str, Timestamp, &Body, &Fields<Value>) {
    let Record { agent, stamp, source, at, body, extra } = record;
    (agent, stamp.run, source, *at, body, extra)
}
