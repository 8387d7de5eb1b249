//! `scope merge`: streams in, the fewest records that say the same out.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, IsTerminal};

use anyhow::{Context, Result};
use scope_core::Record;
use scope_core::codec::{Compression, Format, Writer};
use scope_core::state::{Applied, State};

use crate::args::{Encoding, MergeArgs, OutputArgs};
use crate::exit::{Exit, Hint};
use crate::input;
use crate::read;

impl OutputArgs {
    /// A terminal obeys bytes that were never meant for it.
    pub(crate) fn refuse_bytes_on_a_terminal(self) -> Result<()> {
        if !io::stdout().is_terminal() || (matches!(self.output, Encoding::Ndjson) && !self.zstd) {
            return Ok(());
        }
        let hint = "pipe it on, or write it to a file: scope collect -o arrow > host.arrow";
        Err(anyhow::anyhow!("what would be written is not text, and would garble the terminal").context(Hint(hint.to_owned())))
    }

    /// A writer of records to standard output.
    pub(crate) fn writer(self) -> io::Result<Writer<io::Stdout>> {
        let format = match self.output {
            Encoding::Ndjson => Format::Ndjson,
            Encoding::Arrow => Format::Arrow,
        };
        Writer::new(io::stdout(), format, if self.zstd { Compression::Zstd } else { Compression::None })
    }
}

/// Runs the command.
pub(crate) fn run(args: &MergeArgs) -> Result<Exit> {
    const WRITE: &str = "could not write to standard output";
    args.output.refuse_bytes_on_a_terminal()?;
    let inputs = input::open_all(&args.inputs, &args.from, args.follow)?;
    let mut writer = args.output.writer().context(WRITE)?;
    let lost = if args.follow {
        read::follow(inputs, args.strict, None, |record| match record {
            Some(record) => writer.write(&record).context(WRITE),
            None => Ok(()),
        })?
    } else if let Some(pace) = args.every {
        let mut joined = Joined::default();
        let lost = read::follow(inputs, args.strict, Some(pace.0), |record| match record {
            Some(record) => joined.take(record, &mut writer).context(WRITE),
            None => joined.write(&mut writer).context(WRITE),
        })?;
        joined.write(&mut writer).context(WRITE)?;
        lost
    } else {
        let heard = read::read_all(inputs, args.strict)?;
        for record in heard.state.records().chain(heard.rest) {
            writer.write(&record).context(WRITE)?;
        }
        heard.lost
    };
    writer.finish().context(WRITE)?;
    Ok(if lost > 0 { Exit::Partial } else { Exit::Done })
}

/// What all inputs have said up to now, and what of that was written.
#[derive(Default)]
struct Joined {
    state: State,
    stale: bool,
    /// The records of the last time, by their hashes: a collision would leave one out until it changes, once in 2^64.
    written: HashSet<u64>,
}

impl Joined {
    /// Takes a record in; what state does not hold goes on at once.
    fn take(&mut self, record: Record, out: &mut Writer<io::Stdout>) -> io::Result<()> {
        self.stale = true;
        match self.state.apply(record) {
            Applied::NotState(record) => out.write(&record),
            Applied::Taken => Ok(()),
        }
    }

    /// Writes the records that make the state now and did not before. Joined to what was written before they are the state, by the laws of merge.
    fn write(&mut self, out: &mut Writer<io::Stdout>) -> io::Result<()> {
        if !std::mem::take(&mut self.stale) {
            return Ok(());
        }
        let mut now = HashSet::with_capacity(self.written.len());
        for record in self.state.records() {
            let hash = hash(&record)?;
            if !self.written.contains(&hash) {
                out.write(&record)?;
            }
            now.insert(hash);
        }
        self.written = now;
        out.flush()
    }
}

/// The hash of a record's canonical text.
fn hash(record: &Record) -> io::Result<u64> {
    let mut text = Writer::new(Vec::new(), Format::Ndjson, Compression::None)?;
    text.write(record)?;
    let mut hasher = DefaultHasher::new();
    hasher.write(&text.finish()?);
    Ok(hasher.finish())
}
