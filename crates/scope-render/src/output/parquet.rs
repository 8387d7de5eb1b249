//! A Parquet file of the tables of [`super::batches`], written by polars from the Arrow stream.

use std::io::{self, Cursor, Write};

use polars::prelude::{IpcStreamReader, ParquetCompression, ParquetWriter, SerReader};

use super::{Options, arrow};
use crate::view::Rendered;

pub(super) fn write(rendered: &Rendered<'_, '_>, out: &mut dyn Write, options: &Options<'_>) -> io::Result<()> {
    let bytes = arrow::bytes(rendered, options).map_err(io::Error::other)?;
    let mut frame = IpcStreamReader::new(Cursor::new(bytes)).finish().map_err(io::Error::other)?;
    ParquetWriter::new(out).with_compression(ParquetCompression::Zstd(None)).finish(&mut frame).map(drop).map_err(io::Error::other)
}
