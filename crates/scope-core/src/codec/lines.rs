//! Records from lines of JSON. A bad line loses nothing but itself.

use std::io::{self, BufRead, Read};

use super::error::{Place, ReadError};
use super::input::Input;
use super::json;
use crate::limits::LINE_BYTES;
use crate::record::Record;

/// The lines of an input.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// How many were read.
    count: u64,
    /// A line that does not lie whole within a chunk of the input.
    gathered: Vec<u8>,
}

impl Lines {
    /// The line last read.
    pub(super) fn place(&self) -> Place {
        Place::Line(self.count)
    }

    /// Reads the next line; none where it is blank.
    pub(super) fn read<R: Read>(&mut self, input: &mut Input<R>) -> io::Result<Option<Result<Record, ReadError>>> {
        self.count += 1;
        // Most lines lie whole within a chunk, and are read where they are.
        let chunk = input.fill_buf()?;
        if let Some(end) = memchr::memchr(b'\n', chunk) {
            let record = self.decode(chunk.get(..end).unwrap_or_default(), true);
            input.consume(end + 1);
            return Ok(record);
        }
        self.gathered.clear();
        let mut too_long = false;
        let ended = loop {
            let chunk = input.fill_buf()?;
            if chunk.is_empty() {
                break false;
            }
            let end = memchr::memchr(b'\n', chunk);
            let part = end.map_or(chunk, |end| chunk.get(..end).unwrap_or_default());
            too_long |= self.gathered.len() + part.len() > LINE_BYTES;
            if !too_long {
                self.gathered.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            input.consume(used);
            if end.is_some() {
                break true;
            }
        };
        if too_long { Ok(Some(Err(ReadError::TooLong { at: self.place() }))) } else { Ok(self.decode(&self.gathered, ended)) }
    }

    /// The record of a line; `ended` where the line has an end, so that the input cannot have been cut within it.
    fn decode(&self, line: &[u8], ended: bool) -> Option<Result<Record, ReadError>> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        Some(json::decode(line).map_err(|error| match error {
            json::Malformed { cut_short: true, .. } if !ended => ReadError::Truncated { what: self.place().to_string() },
            json::Malformed { column, message, .. } => ReadError::Malformed { at: self.place(), column, message },
        }))
    }
}
