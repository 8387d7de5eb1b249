//! Records from bytes, whichever encoding they are in.

use std::io::{self, BufRead, Read};

use super::arrow;
use super::error::{Place, ReadError};
use super::input::Input;
use super::lines::Lines;
use crate::record::Record;

// What an input can begin with that is not NDJSON. No line of JSON begins with the first byte of any of these, so another encoding is noticed
// wherever a line begins.
const ARROW_STREAM: &[u8] = &[0xff, 0xff, 0xff, 0xff];
const ARROW_FILE: &[u8] = b"ARROW1\0\0";
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What people feed by mistake: how it begins, what it is, what to do about it.
const FOREIGN: [(&[u8], &str, &str); 6] = [
    (&[0x1f, 0x8b], "it is gzip", "decompress it first with `gzip -dc`; zstd is read as it is"),
    (&[0xfd, b'7', b'z', b'X', b'Z'], "it is xz", "decompress it first with `xz -dc`; zstd is read as it is"),
    (&[0x04, 0x22, 0x4d, 0x18], "it is lz4", "decompress it first with `lz4 -dc`; zstd is read as it is"),
    (b"PAR1", "it is Parquet", "convert it to NDJSON or Arrow IPC, with DuckDB, pandas or polars"),
    (&[0xff, 0xfe], "it is UTF-16", "convert it with `iconv -f UTF-16 -t UTF-8`"),
    (&[0xfe, 0xff], "it is UTF-16", "convert it with `iconv -f UTF-16 -t UTF-8`"),
];

/// Reads records from any [`Read`]: NDJSON, Arrow IPC in its stream or its file format, each plain or under zstd, told apart by their first bytes,
/// and any of them after each other in one input.
///
/// Iterates until the end of the input or an error that [ends it](ReadError::ends_input). Any other error stands for one line, row or batch that is
/// lost, and the next item is what follows it.
///
/// ```
/// use scope_core::codec::Reader;
/// let line = br#"{"record":"gone","agent":"a","run":"01930000-0000-7000-8000-000000000000","seq":1,"source":"kube","at":"2026-11-21T18:34:00Z","id":"pod:1"}"#;
/// let records = Reader::new(line.as_slice()).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(records.len(), 1);
/// # Ok::<(), scope_core::codec::ReadError>(())
/// ```
#[derive(Debug)]
pub struct Reader<R> {
    input: Input<R>,
    state: State,
    lines: Lines,
    /// Arrow batches read so far.
    batches: u64,
    place: Option<Place>,
}

#[derive(Debug)]
enum State {
    Lines,
    Arrow(Box<arrow::Stream>),
    End,
}

/// What comes where a line may begin.
enum Next {
    Line,
    Mark,
    Arrow(arrow::Container),
    Foreign(&'static str, &'static str),
    /// The input ends within what may have become one of the above.
    CutShort,
    Nothing,
}

impl<R: Read> Reader<R> {
    /// A reader of `input`, which needs no buffer of its own.
    pub fn new(input: R) -> Self {
        Self { input: Input::new(input), state: State::Lines, lines: Lines::default(), batches: 0, place: None }
    }

    /// Where the record or the error last given stands, if it stands in one place.
    pub fn place(&self) -> Option<Place> {
        self.place
    }

    /// Looks at what comes, without consuming it.
    fn sniff(&mut self) -> io::Result<Next> {
        if let Some(b'{') = self.input.fill_buf()?.first() {
            return Ok(Next::Line);
        }
        self.input.boundary()?;
        let bytes = self.input.peek(ARROW_FILE.len())?;
        Ok(if bytes.is_empty() {
            Next::Nothing
        } else if bytes.starts_with(ARROW_STREAM) {
            Next::Arrow(arrow::Container::Stream)
        } else if bytes.starts_with(ARROW_FILE) {
            Next::Arrow(arrow::Container::File)
        } else if bytes.starts_with(BYTE_ORDER_MARK) {
            Next::Mark
        } else if let Some((_, what, hint)) = FOREIGN.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
            Next::Foreign(what, hint)
        } else if [ARROW_STREAM, ARROW_FILE, ZSTD, BYTE_ORDER_MARK].iter().any(|magic| magic.starts_with(bytes)) {
            Next::CutShort
        } else {
            Next::Line
        })
    }

    /// The next item of the state that the input is in; none where the state has changed, or a line is blank.
    fn step(&mut self) -> Result<Option<Result<Record, ReadError>>, ReadError> {
        if let State::Arrow(stream) = &mut self.state {
            let item = stream.next(&mut self.input, &mut self.batches);
            self.place = stream.place();
            if item.is_none() {
                self.input.expect_large(false);
                self.state = State::Lines;
            }
            return Ok(item);
        }
        match self.sniff().map_err(from_io)? {
            Next::Line => {
                let item = self.lines.read(&mut self.input).map_err(from_io)?;
                self.place = Some(self.lines.place());
                return Ok(item);
            }
            Next::Mark => self.input.consume(BYTE_ORDER_MARK.len()),
            Next::Arrow(container) => {
                if matches!(container, arrow::Container::File) {
                    self.input.consume(ARROW_FILE.len());
                }
                self.input.expect_large(true);
                self.state = State::Arrow(Box::new(arrow::Stream::new(container)));
            }
            Next::Foreign(what, hint) => return Err(ReadError::format(what, hint)),
            Next::CutShort => return Err(ReadError::Truncated { what: "the first bytes of a stream".to_owned() }),
            Next::Nothing => self.state = State::End,
        }
        Ok(None)
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Record, ReadError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        // Most often: the next row of a batch.
        if let State::Arrow(stream) = &mut self.state
            && !stream.has_warnings()
            && let Some(item) = stream.next_row()
        {
            self.place = stream.place();
            return Some(item);
        }
        self.next_item()
    }
}

impl<R: Read> Reader<R> {
    fn next_item(&mut self) -> Option<Result<Record, ReadError>> {
        loop {
            if let State::End = self.state {
                return None;
            }
            let Some(item) = self.step().unwrap_or_else(|error| Some(Err(error))) else { continue };
            if item.as_ref().is_err_and(ReadError::ends_input) {
                self.state = State::End;
            }
            return Some(item);
        }
    }
}

/// The error for what [`Input`] could not give.
pub(super) fn from_io(error: io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ReadError::Truncated { what: "a zstd frame".to_owned() },
        io::ErrorKind::InvalidData => {
            ReadError::format(format!("damaged zstd: {error}"), "compress it anew, with a window of at most 8 MiB (`zstd` without `--long` and `--ultra`)")
        }
        _ => ReadError::Read(error),
    }
}
