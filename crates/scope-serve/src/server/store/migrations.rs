//! The schema of the database, as steps from each version to the next.

use redb::{Database, ReadableDatabase, ReadableTable, TableError, WriteTransaction};

use super::error::Fault;
use super::tables::{AGENTS, AUDIT, AUDIT_DROPPED, CODES, ENROLMENTS, META, SESSIONS, SETTINGS, TOKENS};

/// A step from one schema to the next.
type Step = fn(&WriteTransaction) -> Result<(), Fault>;

/// `STEPS[n]` leads from schema n to n + 1. A released step never changes.
const STEPS: &[Step] = &[tables_of_schema_1];

const SCHEMA: &str = "schema";

/// Brings the database to the newest schema: all of the way, or not at all.
pub(super) fn run(database: &Database) -> Result<(), Fault> {
    let known = STEPS.len() as u64;
    let found = schema(database)?;
    if found > known {
        return Err(Fault::Newer(found, known));
    }
    if found == known {
        return Ok(());
    }
    let transaction = database.begin_write()?;
    // Another process may have been quicker, so it is asked once more under the lock.
    let from = transaction.open_table(META)?.get(SCHEMA)?.map_or(0, |schema| schema.value());
    for step in STEPS.iter().skip(usize::try_from(from).unwrap_or(usize::MAX)) {
        step(&transaction)?;
    }
    transaction.open_table(META)?.insert(SCHEMA, known.max(from))?;
    transaction.commit()?;
    Ok(())
}

fn schema(database: &Database) -> Result<u64, Fault> {
    match database.begin_read()?.open_table(META) {
        Ok(meta) => Ok(meta.get(SCHEMA)?.map_or(0, |schema| schema.value())),
        Err(TableError::TableDoesNotExist(_)) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

fn tables_of_schema_1(transaction: &WriteTransaction) -> Result<(), Fault> {
    for table in [TOKENS, SESSIONS, CODES, AGENTS, ENROLMENTS] {
        transaction.open_table(table)?;
    }
    transaction.open_table(SETTINGS)?;
    transaction.open_table(AUDIT)?;
    transaction.open_table(AUDIT_DROPPED)?;
    Ok(())
}
