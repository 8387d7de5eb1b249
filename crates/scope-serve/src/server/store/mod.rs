//! What must outlive the server: settings, tokens, sessions, agents' credentials, enrolments and the audit, in an embedded database (redb).
//! Secrets are known here by their SHA-256 alone. What a record allows is `auth`'s business.
//!
//! Several processes may have the database open, so `scope token` works beside a running server: each change is one transaction that is on the disk
//! when the call returns, and each read sees the newest one. Two servers on one directory are kept apart by a lock of their own, [`ServerLock`].

mod agents;
mod audit;
mod error;
mod migrations;
mod open;
mod records;
mod sessions;
mod settings;
mod tables;
mod tokens;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use redb::{Database, ReadTransaction, ReadableDatabase, WriteTransaction};

pub use agents::Enrolled;
pub use audit::{AUDIT_LIMIT, AuditPage};
pub use error::StoreError;
pub use open::ServerLock;
pub use records::{AgentRecord, AuditEntry, CodeRecord, EnrolmentRecord, SecretHash, SessionRecord, TokenRecord};

use error::Fault;

/// The database in a data directory.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    /// None only while it is opened again, or when that failed.
    database: RwLock<Option<Database>>,
}

impl Store {
    /// Opens the database in `dir`, making both where they are missing, and brings it to this version's schema.
    ///
    /// A file that is not sound is refused and left as it is. Reads the whole file, which holds megabytes at most.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        Self::at(open::prepare(dir)?)
    }

    /// Opens the database of a server that has started on `dir` before; makes nothing where there is none.
    pub fn open_existing(dir: &Path) -> Result<Self, StoreError> {
        Self::at(open::existing(dir)?)
    }

    fn at(path: PathBuf) -> Result<Self, StoreError> {
        let database = open::database(&path)?;
        migrations::run(&database).map_err(|fault| fault.at(&path))?;
        Ok(Self { path, database: RwLock::new(Some(database)) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads in one consistent state.
    fn read<T>(&self, read: impl FnOnce(&ReadTransaction) -> Result<T, Fault>) -> Result<T, StoreError> {
        let result = {
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            match database.as_ref() {
                Some(database) => database.begin_read().map_err(Fault::from).and_then(|transaction| read(&transaction)),
                None => Err(Fault::closed()),
            }
        };
        result.map_err(|fault| self.failed(fault))
    }

    /// Changes all that `write` changes, on the disk when this returns, or nothing.
    fn write<T>(&self, write: impl FnOnce(&WriteTransaction) -> Result<T, Fault>) -> Result<T, StoreError> {
        let result = {
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            match database.as_ref() {
                Some(database) => database.begin_write().map_err(Fault::from).and_then(|transaction| {
                    let done = write(&transaction)?;
                    transaction.commit()?;
                    Ok(done)
                }),
                None => Err(Fault::closed()),
            }
        };
        result.map_err(|fault| self.failed(fault))
    }

    /// After an error of the disk the database takes nothing more until it is opened again: a disk that was full and no longer is must not need a restart.
    fn failed(&self, fault: Fault) -> StoreError {
        if fault.needs_reopening() {
            let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
            drop(database.take());
            match open::database(&self.path) {
                Ok(opened) => *database = Some(opened),
                Err(error) => tracing::error!("{error}"),
            }
        }
        fault.at(&self.path)
    }
}
