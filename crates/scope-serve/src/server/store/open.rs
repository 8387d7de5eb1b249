//! The data directory: made, guarded, and the database in it opened. What is in the database lives with its tables.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use redb::{ConcurrencyMode, Database, DatabaseError};

use super::error::{Fault, StoreError};
use super::migrations;

/// The database's file in the data directory.
const FILE: &str = "scope.redb";
/// What a server locks for as long as it lives.
const LOCK: &str = "server.lock";
/// How long to wait for a process that has the file to itself, such as one that is just repairing it.
const PATIENCE: Duration = Duration::from_secs(3);
/// Memory for pages: all of a large installation's records.
const CACHE_BYTES: usize = 16 << 20;

/// Held by the one server of a data directory; released when dropped, or with the process.
#[derive(Debug)]
pub struct ServerLock {
    _file: File,
}

impl ServerLock {
    /// Takes the lock of `dir`, making the directory where it is missing.
    pub fn take(dir: &Path) -> Result<Self, StoreError> {
        directory(dir)?;
        let path = dir.join(LOCK);
        let failed = |cause| StoreError::at(path.clone(), cause);
        let file = options().create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// The path of the database in `dir`, where there is one.
pub(super) fn existing(dir: &Path) -> Result<PathBuf, StoreError> {
    let path = dir.join(FILE);
    match fs::metadata(&path) {
        Ok(_) => prepare(dir),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::Nothing { dir: dir.to_owned() }),
        Err(error) => Err(StoreError::at(path, error)),
    }
}

/// Makes the directory and an empty database where they are missing. The path of the database.
pub(super) fn prepare(dir: &Path) -> Result<PathBuf, StoreError> {
    directory(dir)?;
    let path = dir.join(FILE);
    let failed = |cause| StoreError::at(path.clone(), cause);
    match fs::metadata(&path) {
        Ok(about) => private(&path, &about).map_err(failed)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(dir, &path)?,
        Err(error) => return Err(failed(error)),
    }
    Ok(path)
}

/// A database appears under its name only when it is whole, so that an empty or half a file is known to be a damaged one.
fn create(dir: &Path, path: &Path) -> Result<(), StoreError> {
    let new = dir.join(format!("{FILE}.{}.new", std::process::id()));
    let failed = |cause| StoreError::at(new.clone(), cause);
    let made = (|| {
        // The file is made here, so that it is nobody else's from the start.
        drop(options().create(true).truncate(true).open(&new).map_err(failed)?);
        let database = builder().create(&new).map_err(Fault::from).map_err(|fault| fault.at(path))?;
        migrations::run(&database).map_err(|fault| fault.at(path))?;
        database.close().map_err(Fault::from).map_err(|fault| fault.at(path))?;
        match fs::hard_link(&new, path) {
            Ok(()) => {}
            // Another process was quicker: its database is as good.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            // A file system without links.
            Err(_) => fs::rename(&new, path).map_err(failed)?,
        }
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(|cause| StoreError::at(dir.to_owned(), cause))
    })();
    // After a rename there is nothing to remove.
    let _ = fs::remove_file(&new);
    made
}

/// Opens the database that is at `path`, waiting a little for a process that has it to itself.
pub(super) fn database(path: &Path) -> Result<Database, StoreError> {
    let until = Instant::now() + PATIENCE;
    loop {
        match builder().open(path) {
            Ok(database) => return Ok(database),
            Err(DatabaseError::DatabaseAlreadyOpen) if Instant::now() < until => std::thread::sleep(Duration::from_millis(50)),
            Err(error) => return Err(Fault::from(error).at(path)),
        }
    }
}

fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES).set_concurrency_mode(ConcurrencyMode::MultiWriter).set_check_integrity_on_open(true);
    builder
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn directory(dir: &Path) -> Result<(), StoreError> {
    let failed = |cause| StoreError::at(dir.to_owned(), cause);
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(failed)?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(dir).map_err(failed)?.permissions()) & 0o777;
        if mode & 0o022 != 0 {
            return Err(StoreError::Mode { path: dir.to_owned(), mode });
        }
    }
    Ok(())
}

/// A file that others could read is closed to them: it holds nobody's secret, but everybody's name.
#[cfg(unix)]
fn private(path: &Path, about: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let others = about.permissions().mode() & 0o077;
    if others == 0 { Ok(()) } else { fs::set_permissions(path, fs::Permissions::from_mode(0o600)) }
}

#[cfg(not(unix))]
fn private(_: &Path, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}
