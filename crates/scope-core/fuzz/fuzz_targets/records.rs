//! Streams of records in any encoding: no bytes panic, reading ends, and what was read is the same after a round trip through either encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scope_core::Record;
use scope_core::codec::{Compression, Format, Reader, Writer};
use scope_core::state::State;

fn again(records: &[Record], format: Format) -> Vec<Record> {
    let mut writer = Writer::new(Vec::new(), format, Compression::None).expect("memory takes all");
    for record in records {
        writer.write(record).expect("memory takes all");
    }
    let bytes = writer.finish().expect("memory takes all");
    Reader::new(bytes.as_slice()).map(|record| record.expect("what was written reads back")).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let mut state = State::default();
    let mut records = Vec::new();
    for record in Reader::new(bytes) {
        match record {
            Ok(record) => {
                drop(state.apply(record.clone()));
                records.push(record);
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    assert_eq!(again(&records, Format::Ndjson), records);
    assert_eq!(again(&records, Format::Arrow), records);
});
