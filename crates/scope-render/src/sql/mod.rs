//! SQL over the tables of a view, by polars, which gets and gives Arrow IPC bytes. Behind the feature `sql`.
//!
//! What may be asked is decided in [`check`] before polars sees it. The tables are `nodes`, `edges` and `flows`.

mod answer;
mod check;

use std::io::Cursor;

use polars::prelude::{CompatLevel, IntoLazy, IpcStreamReader, IpcStreamWriter, PolarsError, SerReader, SerWriter};
use polars::sql::SQLContext;

use crate::output::{self, Options, Part};
use crate::view::Rendered;

pub use answer::Answer;
pub use check::Refused;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// It is not one SELECT over the tables of the view.
    #[error("could not take the SQL")]
    Refused(#[from] Refused),
    /// Polars could not answer it: an unknown column, types that do not fit.
    #[error("could not answer the SQL")]
    Query(#[source] PolarsError),
    /// The view could not be handed over, or the answer taken.
    #[error("could not hand over table `{table}`")]
    Exchange {
        /// The table.
        table: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The tables and what is in them.
const TABLES: [(&str, Part); 3] = [("nodes", Part::Nodes), ("edges", Part::Edges), ("flows", Part::Flows)];

/// Answers one SELECT over `nodes`, `edges` and `flows`.
pub fn query(rendered: &Rendered<'_, '_>, options: &Options<'_>, sql: &str) -> Result<Answer, SqlError> {
    check::check(sql, &TABLES.map(|(name, _)| name))?;
    let mut context = SQLContext::new();
    for (name, part) in TABLES {
        let frame = frame(rendered, &Options { part, ..*options }, name)?;
        context.register(name, frame.lazy());
    }
    let mut found = context.execute(sql).and_then(polars::prelude::LazyFrame::collect).map_err(SqlError::Query)?;
    let mut bytes = Vec::new();
    IpcStreamWriter::new(&mut bytes).with_compat_level(CompatLevel::oldest()).finish(&mut found).map_err(SqlError::Query)?;
    Answer::from_ipc(bytes).map_err(|source| SqlError::Exchange { table: "answer", source: source.into() })
}

fn frame(rendered: &Rendered<'_, '_>, options: &Options<'_>, table: &'static str) -> Result<polars::prelude::DataFrame, SqlError> {
    let bytes = output::arrow::bytes(rendered, options).map_err(|source| SqlError::Exchange { table, source: source.into() })?;
    IpcStreamReader::new(Cursor::new(bytes)).finish().map_err(|source| SqlError::Exchange { table, source: source.into() })
}

#[cfg(test)]
mod tests;
