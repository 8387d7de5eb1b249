//! Arrow streams and files of anything: no bytes panic or ask for more memory than the bounds allow, and what was read is the same after a round trip.
//! Random bytes seldom get past the frame: begin from real ones with `cargo +nightly fuzz run arrow fuzz/corpus/arrow tests/fixtures/arrow`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scope_core::Record;
use scope_core::codec::{Compression, Format, Reader, Writer};

fuzz_target!(|bytes: &[u8]| {
    // A few bytes can be very many rows; they need not all be looked at.
    let records: Vec<Record> = Reader::new(bytes).take(2000).flatten().collect();
    let mut writer = Writer::new(Vec::new(), Format::Ndjson, Compression::None).expect("memory takes all");
    for record in &records {
        writer.write(record).expect("memory takes all");
    }
    let text = writer.finish().expect("memory takes all");
    let back: Vec<Record> = Reader::new(text.as_slice()).map(|record| record.expect("what was written reads back")).collect();
    assert_eq!(back, records);
});
