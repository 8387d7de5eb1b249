//! Joins the streams of all files that are named, in any encoding, and writes the fewest records that say the same.

use std::error::Error;
use std::fs::File;
use std::io;

use scope_core::codec::{Compression, Format, Reader, Writer};
use scope_core::state::{Applied, State};

fn main() -> Result<(), Box<dyn Error>> {
    let mut state = State::default();
    for path in std::env::args().skip(1) {
        // The reader tells NDJSON from Arrow, and both from zstd, by the first bytes.
        for record in Reader::new(File::open(&path)?) {
            // An error is one line or row that is lost, unless it ends the input; here any ends the program.
            let record = record.map_err(|error| format!("{path}: {error}"))?;
            match state.apply(record) {
                // Order and repetition do not matter: applying is a join.
                Applied::Taken => {}
                // Raw connections, and types of record that a later version brought.
                Applied::NotState(record) => drop(record),
            }
        }
    }
    let mut writer = Writer::new(io::stdout(), Format::Ndjson, Compression::None)?;
    for record in state.records() {
        writer.write(&record)?;
    }
    writer.finish()?;
    Ok(())
}
