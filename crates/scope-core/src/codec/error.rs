//! What can be wrong with an input. Nothing here is fatal to the program; most of it is not even fatal to the input.

use std::fmt;
use std::io;

use crate::limits::LINE_BYTES;

/// Where in an input a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Place {
    /// A line of NDJSON, counted from 1 over the whole input.
    Line(u64),
    /// A row of Arrow, counted from 1 within its batch; the batches are counted from 1 over the whole input.
    Row {
        /// The batch.
        batch: u64,
        /// The row of the batch.
        row: u64,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Row { batch, row } => write!(f, "batch {batch}, row {row}"),
        }
    }
}

/// Why a part of an input gave no record. Unless [`ReadError::ends_input`], what comes after that part is read all the same.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A line or a row is not a record.
    #[error("{at}{}: not a record: {message}", Column(*column))]
    Malformed {
        /// Where.
        at: Place,
        /// The byte of the line, from 1; 0 where the whole is meant.
        column: usize,
        /// What is wrong with it.
        message: String,
    },
    /// A line is longer than any record.
    #[error("{at}: longer than {LINE_BYTES} bytes")]
    TooLong {
        /// Where.
        at: Place,
    },
    /// A batch of rows, or a dictionary that batches refer to, cannot be read; its rows are lost.
    #[error("could not read batch {batch}: {message}")]
    Batch {
        /// The batch, from 1.
        batch: u64,
        /// What is wrong with it.
        message: String,
    },
    /// A column that this version does not know has a type that it cannot keep, or a known one has a type that it cannot have. Said once for a
    /// stream; its records are read without it.
    #[error("left out column `{column}`: {message}")]
    Column {
        /// The name of the column, escaped and cut.
        column: String,
        /// Why.
        message: String,
    },
    /// The input ends in the middle of a record, a batch or a compressed frame. All that was whole has been read.
    #[error("the input ends in the middle of {what}")]
    Truncated {
        /// Of what.
        what: String,
    },
    /// The input is not, or no longer, a stream of records.
    #[error("could not read the input as records: {message}")]
    Format {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<&'static str>,
    },
    /// The input could not be read.
    #[error("could not read the input")]
    Read(#[source] io::Error),
}

impl ReadError {
    /// Whether nothing more comes after this error.
    pub fn ends_input(&self) -> bool {
        matches!(self, Self::Truncated { .. } | Self::Format { .. } | Self::Read(_))
    }

    /// Whether no record was lost.
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::Column { .. })
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Format { hint, .. } => *hint,
            Self::Column { .. } => Some("it may come from a newer version; upgrade to keep it"),
            _ => None,
        }
    }

    pub(super) fn format(message: impl Into<String>, hint: &'static str) -> Self {
        Self::Format { message: message.into(), hint: Some(hint) }
    }
}

/// The column, where there is one.
struct Column(usize);

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            column => write!(f, ", column {column}"),
        }
    }
}
