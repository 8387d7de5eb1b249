//! Settings of a tenant: named JSON values. What they mean is known to whoever keeps them.

use redb::{ReadableTable, ReadableTableMetadata};

use super::error::Fault;
use super::tables::{SETTINGS, decode, encode};
use super::{AuditEntry, Store, StoreError};
use crate::server::tenant::Tenant;

/// Most settings, of all tenants.
const LIMIT: u64 = 10_000;
/// Longest value, in bytes of JSON.
const MAX_BYTES: u64 = 64 << 10;

impl Store {
    /// The setting `name`.
    pub fn setting(&self, tenant: &Tenant, name: &str) -> Result<Option<serde_json::Value>, StoreError> {
        self.read(|transaction| transaction.open_table(SETTINGS)?.get((tenant.as_str(), name))?.map(|bytes| decode(bytes.value())).transpose())
    }

    /// All settings, by name.
    pub fn settings(&self, tenant: &Tenant) -> Result<Vec<(String, serde_json::Value)>, StoreError> {
        self.read(|transaction| {
            let table = transaction.open_table(SETTINGS)?;
            let mut found = Vec::new();
            for entry in table.range((tenant.as_str(), "")..)? {
                let (key, bytes) = entry?;
                let (owner, name) = key.value();
                if owner != tenant.as_str() {
                    break;
                }
                found.push((name.to_owned(), decode(bytes.value())?));
            }
            Ok(found)
        })
    }

    /// Sets `name`, or removes it where there is no value, and writes that down.
    pub fn set_setting(&self, tenant: &Tenant, name: &str, value: Option<&serde_json::Value>, entry: &AuditEntry) -> Result<(), StoreError> {
        self.write(|transaction| {
            {
                let mut table = transaction.open_table(SETTINGS)?;
                let key = (tenant.as_str(), name);
                match value {
                    Some(value) => {
                        let bytes = encode(value)?;
                        if bytes.len() as u64 > MAX_BYTES {
                            return Err(Fault::Limit("bytes in that setting", MAX_BYTES));
                        }
                        if table.len()? >= LIMIT && table.get(key)?.is_none() {
                            return Err(Fault::Limit("settings", LIMIT));
                        }
                        table.insert(key, bytes.as_slice())?;
                    }
                    None => drop(table.remove(key)?),
                }
            }
            super::audit::append(transaction, tenant, std::slice::from_ref(entry))
        })
    }
}
