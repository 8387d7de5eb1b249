//! Records to bytes.

use std::io::{self, Write};

use serde::Serialize;

use super::{Visible, arrow};
use crate::record::{Body, Record};

/// How records are encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// A JSON object a line.
    #[default]
    Ndjson,
    /// The stream format of Arrow IPC.
    Arrow,
}

/// How the encoded bytes are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// One zstd frame for the whole stream, so that what was said before makes what follows small.
    Zstd,
}

/// Lines are handed on once so many bytes of them are waiting, if no tick comes before.
const LINES_BYTES: usize = 64 << 10;

/// Writes records. What is written reaches the output at the latest with the next tick, so a pipe is as live as its collector.
///
/// [`Writer::finish`] must be called at the end: dropping a writer loses what came after the last tick, and leaves the stream without its end.
#[must_use = "what follows the last tick is written by `finish`"]
#[derive(Debug)]
pub struct Writer<W: Write> {
    encoder: Encoder<W>,
}

enum Encoder<W: Write> {
    Lines { output: Sink<W>, waiting: Vec<u8> },
    Arrow(Box<arrow::Encoder<Sink<W>>>),
}

impl<W: Write> std::fmt::Debug for Encoder<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Lines { .. } => "Lines",
            Self::Arrow(_) => "Arrow",
        })
    }
}

impl<W: Write> Writer<W> {
    /// A writer to `output`, which needs no buffer of its own. Arrow's schema is written at once. Fails where the output does.
    pub fn new(output: W, format: Format, compression: Compression) -> io::Result<Self> {
        let output = match compression {
            Compression::None => Sink::Plain(output),
            Compression::Zstd => Sink::Zstd(zstd::Encoder::new(output, zstd::DEFAULT_COMPRESSION_LEVEL)?),
        };
        let encoder = match format {
            Format::Ndjson => Encoder::Lines { output, waiting: Vec::with_capacity(LINES_BYTES) },
            Format::Arrow => Encoder::Arrow(Box::new(arrow::Encoder::new(output)?)),
        };
        Ok(Self { encoder })
    }

    /// Writes one record; a tick flushes.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        match &mut self.encoder {
            Encoder::Lines { output, waiting } => {
                record.serialize(&mut serde_json::Serializer::with_formatter(&mut *waiting, Visible))?;
                waiting.push(b'\n');
                if waiting.len() >= LINES_BYTES {
                    output.write_all(waiting)?;
                    waiting.clear();
                }
            }
            Encoder::Arrow(encoder) => encoder.write(record)?,
        }
        if matches!(record.body, Body::Tick(_)) { self.flush() } else { Ok(()) }
    }

    /// Hands everything written so far to the output, and flushes that.
    pub fn flush(&mut self) -> io::Result<()> {
        match &mut self.encoder {
            Encoder::Lines { output, waiting } => {
                output.write_all(waiting)?;
                waiting.clear();
                output.flush()
            }
            Encoder::Arrow(encoder) => encoder.flush(),
        }
    }

    /// Ends the stream and gives the output back.
    pub fn finish(mut self) -> io::Result<W> {
        self.flush()?;
        let mut output = match self.encoder {
            Encoder::Lines { output, .. } => output,
            Encoder::Arrow(encoder) => encoder.finish()?,
        }
        .finish()?;
        output.flush()?;
        Ok(output)
    }
}

/// An output, behind the compression if there is one.
enum Sink<W: Write> {
    Plain(W),
    Zstd(zstd::Encoder<'static, W>),
}

impl<W: Write> Sink<W> {
    fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(output) => Ok(output),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Sink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(output) => output.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(output) => output.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}
