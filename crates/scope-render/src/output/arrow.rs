//! An Arrow IPC stream with one table: what pyarrow, polars, DuckDB and R read without parsing.

use std::io::{self, Write};

use arrow_ipc::writer::StreamWriter;
use arrow_schema::ArrowError;

use super::{Options, batches};
use crate::view::Rendered;

pub(super) fn write(rendered: &Rendered<'_, '_>, out: &mut dyn Write, options: &Options<'_>) -> io::Result<()> {
    stream(rendered, out, options).map_err(|error| match error {
        ArrowError::IoError(_, source) => source,
        other => io::Error::other(other),
    })
}

fn stream(rendered: &Rendered<'_, '_>, out: &mut dyn Write, options: &Options<'_>) -> Result<(), ArrowError> {
    let batch = batches::table(rendered, options.part, options)?;
    let mut writer = StreamWriter::try_new(out, &batch.schema())?;
    writer.write(&batch)?;
    writer.finish()
}

/// The stream, for polars.
#[cfg(feature = "sql")]
pub(crate) fn bytes(rendered: &Rendered<'_, '_>, options: &Options<'_>) -> Result<Vec<u8>, ArrowError> {
    let mut bytes = Vec::new();
    stream(rendered, &mut bytes, options)?;
    Ok(bytes)
}
