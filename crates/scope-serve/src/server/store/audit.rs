//! The audit: what was done and what was refused, numbered, the newest so many; how many older ones were dropped is counted.

use redb::{ReadableTable, WriteTransaction};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::Fault;
use super::tables::{AUDIT, AUDIT_DROPPED, decode, encode};
use super::{AuditEntry, Store, StoreError};
use crate::server::tenant::Tenant;

/// How many entries of a tenant are kept.
pub const AUDIT_LIMIT: u64 = 50_000;
/// Most entries in one answer.
const PAGE: usize = 1_000;

/// A part of the audit, the newest entry first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<NumberedEntry>,
    /// How many older entries were dropped, ever.
    pub dropped: u64,
    /// Give this as `before` for the entries that came before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// An entry and its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NumberedEntry {
    /// Rises by one with each entry of the tenant.
    pub number: u64,
    /// What happened.
    #[serde(flatten)]
    pub entry: AuditEntry,
}

impl Store {
    /// Writes `entries` down; they are on the disk when this returns.
    pub fn audit(&self, tenant: &Tenant, entries: &[AuditEntry]) -> Result<(), StoreError> {
        self.write(|transaction| append(transaction, tenant, entries))
    }

    /// At most `limit` entries before number `before`, the newest first.
    pub fn audited(&self, tenant: &Tenant, before: Option<u64>, limit: usize) -> Result<AuditPage, StoreError> {
        self.read(|transaction| {
            let table = transaction.open_table(AUDIT)?;
            let dropped = transaction.open_table(AUDIT_DROPPED)?.get(tenant.as_str())?.map_or(0, |dropped| dropped.value());
            let limit = limit.clamp(1, PAGE);
            let mut entries = Vec::new();
            let mut next = None;
            for found in table.range((tenant.as_str(), 0)..(tenant.as_str(), before.unwrap_or(u64::MAX)))?.rev() {
                let (key, bytes) = found?;
                if entries.len() == limit {
                    next = entries.last().map(|last: &NumberedEntry| last.number);
                    break;
                }
                entries.push(NumberedEntry { number: key.value().1, entry: decode(bytes.value())? });
            }
            Ok(AuditPage { entries, dropped, next })
        })
    }
}

/// Adds `entries` within a change, so that there is no change without its entry. Drops the oldest beyond the limit.
pub(super) fn append(transaction: &WriteTransaction, tenant: &Tenant, entries: &[AuditEntry]) -> Result<(), Fault> {
    append_bounded(transaction, tenant, entries, AUDIT_LIMIT)
}

pub(super) fn append_bounded(transaction: &WriteTransaction, tenant: &Tenant, entries: &[AuditEntry], limit: u64) -> Result<(), Fault> {
    let mut table = transaction.open_table(AUDIT)?;
    let tenant = tenant.as_str();
    let all = (tenant, 0)..=(tenant, u64::MAX);
    let mut range = table.range(all)?;
    let first = range.next().transpose()?.map(|(key, _)| key.value().1);
    let last = range.next_back().transpose()?.map(|(key, _)| key.value().1).or(first);
    drop(range);
    let mut next = last.map_or(1, |last| last + 1);
    let first = first.unwrap_or(next);
    for entry in entries {
        table.insert((tenant, next), encode(entry)?.as_slice())?;
        next += 1;
    }
    let keep_from = next.saturating_sub(limit);
    if keep_from > first {
        for number in first..keep_from {
            table.remove((tenant, number))?;
        }
        let mut dropped = transaction.open_table(AUDIT_DROPPED)?;
        let before = dropped.get(tenant)?.map_or(0, |dropped| dropped.value());
        dropped.insert(tenant, before + (keep_from - first))?;
    }
    Ok(())
}
