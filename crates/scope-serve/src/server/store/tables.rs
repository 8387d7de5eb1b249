//! The tables of the database, and how records stand in them: JSON, so that an older file reads in a newer version.

use redb::{ReadableTable, TableDefinition};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Fault;
use super::records::SecretHash;

/// Tables of records that are found by the hash of a secret.
pub(super) type BySecret = TableDefinition<'static, &'static [u8; 32], &'static [u8]>;

/// Figures of the file itself, such as its schema.
pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// Settings by tenant and name.
pub(super) const SETTINGS: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("settings");
/// Tokens of people and programs.
pub(super) const TOKENS: BySecret = TableDefinition::new("tokens");
/// Sessions of browsers.
pub(super) const SESSIONS: BySecret = TableDefinition::new("sessions");
/// One-time codes that open a session.
pub(super) const CODES: BySecret = TableDefinition::new("codes");
/// Credentials of agents.
pub(super) const AGENTS: BySecret = TableDefinition::new("agents");
/// One-time secrets that become an agent's credential.
pub(super) const ENROLMENTS: BySecret = TableDefinition::new("enrolments");
/// What was done, by tenant and number.
pub(super) const AUDIT: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("audit");
/// How many of the oldest entries of the audit were dropped, by tenant.
pub(super) const AUDIT_DROPPED: TableDefinition<'_, &str, u64> = TableDefinition::new("audit_dropped");

/// A record as bytes.
pub(super) fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(record).map_err(|error| Fault::record(&error))
}

/// A record from bytes.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|error| Fault::record(&error))
}

/// The record of a secret.
pub(super) fn get<T: DeserializeOwned>(table: &impl ReadableTable<&'static [u8; 32], &'static [u8]>, hash: &SecretHash) -> Result<Option<T>, Fault> {
    table.get(hash.as_bytes())?.map(|bytes| decode(bytes.value())).transpose()
}

/// All records that `wanted` takes.
pub(super) fn list<T: DeserializeOwned>(
    table: &impl ReadableTable<&'static [u8; 32], &'static [u8]>,
    wanted: impl Fn(&T) -> bool,
) -> Result<Vec<(SecretHash, T)>, Fault> {
    let mut found = Vec::new();
    for entry in table.iter()? {
        let (hash, bytes) = entry?;
        let record: T = decode(bytes.value())?;
        if wanted(&record) {
            found.push((SecretHash::from(*hash.value()), record));
        }
    }
    Ok(found)
}
