//! `scope merge`: streams in, the fewest records that say the same out.

use std::io;

use anyhow::{Context, Result};
use scope_core::codec::{Compression, Format, Writer};

use crate::args::{Encoding, MergeArgs, OutputArgs};
use crate::exit::Exit;
use crate::input;
use crate::read;

impl OutputArgs {
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
    let inputs = input::open_all(&args.inputs)?;
    let mut writer = args.output.writer().context("could not write to standard output")?;
    let lost = if args.follow {
        read::follow(inputs, args.strict, |record| {
            writer.write(&record).context("could not write to standard output")?;
            Ok(true)
        })?
    } else {
        let heard = read::read_all(inputs, args.strict)?;
        for record in heard.state.records().chain(heard.rest) {
            writer.write(&record).context("could not write to standard output")?;
        }
        heard.lost
    };
    writer.finish().context("could not write to standard output")?;
    Ok(if lost > 0 { Exit::Partial } else { Exit::Done })
}
