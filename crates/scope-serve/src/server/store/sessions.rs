//! Sessions of browsers.

use redb::ReadableTableMetadata;
use scope_core::Timestamp;

use super::tables::{SESSIONS, encode, get, list};
use super::{AuditEntry, SecretHash, SessionRecord, Store, StoreError, audit};

/// Most sessions, of all tenants. Beyond it the oldest ends.
const LIMIT: u64 = 10_000;

impl Store {
    /// Adds a session and writes that down. Sessions that have ended go; where there are too many, the oldest one too.
    pub fn add_session(&self, hash: &SecretHash, session: &SessionRecord, now: Timestamp, entry: &AuditEntry) -> Result<(), StoreError> {
        self.write(|transaction| {
            {
                let mut table = transaction.open_table(SESSIONS)?;
                if table.len()? >= LIMIT {
                    let mut all = list(&table, |_: &SessionRecord| true)?;
                    all.sort_by_key(|(_, session)| session.created);
                    let ended = all.iter().filter(|(_, session)| session.expires <= now).count();
                    let removed = all.iter().filter(|(_, session)| ended == 0 || session.expires <= now).take(ended.max(1));
                    for (old, _) in removed {
                        table.remove(old.as_bytes())?;
                    }
                }
                table.insert(hash.as_bytes(), encode(session)?.as_slice())?;
            }
            audit::append(transaction, &session.tenant, std::slice::from_ref(entry))
        })
    }

    /// The session with this hash, also when it has ended.
    pub fn session(&self, hash: &SecretHash) -> Result<Option<SessionRecord>, StoreError> {
        self.read(|transaction| get(&transaction.open_table(SESSIONS)?, hash))
    }

    /// Ends a session and writes that down.
    pub fn remove_session(&self, hash: &SecretHash, session: &SessionRecord, entry: &AuditEntry) -> Result<(), StoreError> {
        self.write(|transaction| {
            drop(transaction.open_table(SESSIONS)?.remove(hash.as_bytes())?);
            audit::append(transaction, &session.tenant, std::slice::from_ref(entry))
        })
    }
}
