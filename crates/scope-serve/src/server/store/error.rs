//! What can go wrong with the database, and what to do then.

use std::io;
use std::path::{Path, PathBuf};

/// The database could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory or the file cannot be read or written.
    #[error("could not use {}: {cause}; {advice}", path.display())]
    Path {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
        /// What to do.
        advice: String,
    },
    /// There is no database, and nobody is to make one here.
    #[error(
        "no server has kept anything in {}: start `scope serve --data-dir {}` first, or name the server's directory with --data-dir (one that root runs has /var/lib/scope, others have ~/.local/state/scope)",
        dir.display(), dir.display()
    )]
    Nothing {
        /// The directory.
        dir: PathBuf,
    },
    /// Others may change what is in the directory.
    #[error("{} can be written by others (mode {mode:03o}): chmod 0700 {}", path.display(), path.display())]
    Mode {
        /// The directory.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file is damaged. It was left as it is.
    #[error(
        "{} is damaged ({detail}) and was left as it is: put a copy of it back, or start anew with `mv {} {}.damaged`, after which tokens are made anew and agents enrol again",
        path.display(), path.display(), path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A later version wrote it.
    #[error("{} has schema {found}, and this version of scope knows up to {known}: use the version that wrote it, or a later one", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u64,
        /// The last one known here.
        known: u64,
    },
    /// Another process has it.
    #[error("{} is in use by another process: stop it, or give another directory with --data-dir", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// No space is left. Nothing that was written before is lost.
    #[error("no space is left for {}: free some on that disk and try again; nothing was changed", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The disk failed.
    #[error("could not read or write {}: {detail}; nothing was changed", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What failed.
        detail: String,
    },
    /// There are as many as there may be.
    #[error("there are {limit} {what} already, as many as there may be: remove some first")]
    Limit {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        limit: u64,
    },
}

impl StoreError {
    /// What the system says of a file or directory, with what to do: of another user's, whose it is.
    pub(super) fn at(path: PathBuf, cause: io::Error) -> Self {
        let owner = (cause.kind() == io::ErrorKind::PermissionDenied).then(|| owner(&path)).flatten();
        let advice = match owner {
            Some((dir, owner)) => format!("{} belongs to {owner}: run this as that user, or name another directory with --data-dir", dir.display()),
            None => "name another directory with --data-dir, or mend its owner and mode".to_owned(),
        };
        Self::Path { path, cause, advice }
    }
}

/// Whose `path` is, or of what lies above it the nearest that there is, where it is somebody else's.
#[cfg(unix)]
fn owner(path: &Path) -> Option<(PathBuf, String)> {
    use std::os::unix::fs::MetadataExt;
    let mine = std::fs::metadata("/proc/self").ok()?.uid();
    let (found, uid) = path.ancestors().find_map(|at| Some((at, std::fs::metadata(at).ok()?.uid())))?;
    let named = || {
        let users = std::fs::read_to_string("/etc/passwd").ok()?;
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)? == uid.to_string()).then(|| name.to_owned())
        })
    };
    (uid != mine).then(|| (found.to_owned(), named().unwrap_or_else(|| format!("user {uid}"))))
}

#[cfg(not(unix))]
fn owner(_: &Path) -> Option<(PathBuf, String)> {
    None
}

/// What failed inside a transaction, before it is known of which file.
#[derive(Debug)]
pub(super) enum Fault {
    /// The database.
    Database(redb::Error),
    /// A limit.
    Limit(&'static str, u64),
    /// The schema is newer: found, known.
    Newer(u64, u64),
}

impl Fault {
    /// A record that does not read.
    pub(super) fn record(error: &serde_json::Error) -> Self {
        Self::Database(redb::Error::Corrupted(format!("a record does not read: {error}")))
    }

    /// The database could not be opened again after an error of the disk.
    pub(super) fn closed() -> Self {
        Self::Database(redb::Error::PreviousIo)
    }

    pub(super) fn needs_reopening(&self) -> bool {
        matches!(self, Self::Database(redb::Error::Io(_) | redb::Error::PreviousIo | redb::Error::DatabaseClosed))
    }

    pub(super) fn at(self, path: &Path) -> StoreError {
        let path = path.to_owned();
        match self {
            Self::Limit(what, limit) => StoreError::Limit { what, limit },
            Self::Newer(found, known) => StoreError::Newer { path, found, known },
            Self::Database(error) => match error {
                redb::Error::Corrupted(detail) => StoreError::Corrupt { path, detail },
                redb::Error::TableTypeMismatch { .. } | redb::Error::TableDoesNotExist(_) | redb::Error::TableIsMultimap(_) => {
                    StoreError::Corrupt { path, detail: error.to_string() }
                }
                redb::Error::UpgradeRequired(_) => StoreError::Corrupt { path, detail: error.to_string() },
                redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => StoreError::InUse { path },
                redb::Error::Io(source) if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => StoreError::DiskFull { path },
                redb::Error::Io(source) if matches!(source.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => {
                    StoreError::Corrupt { path, detail: source.to_string() }
                }
                redb::Error::Io(source) if matches!(source.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound) => StoreError::at(path, source),
                other => StoreError::Disk { path, detail: other.to_string() },
            },
        }
    }
}

impl<E> From<E> for Fault
where
    E: Into<redb::Error> + IsRedb,
{
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

/// The errors of redb, so that `?` takes each of them.
pub(super) trait IsRedb {}
impl IsRedb for redb::Error {}
impl IsRedb for redb::DatabaseError {}
impl IsRedb for redb::TransactionError {}
impl IsRedb for redb::TableError {}
impl IsRedb for redb::StorageError {}
impl IsRedb for redb::CommitError {}
