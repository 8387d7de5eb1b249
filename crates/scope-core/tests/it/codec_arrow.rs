//! Arrow IPC and NDJSON hold the same thing.

use proptest::collection::vec;
use proptest::prelude::*;
use scope_core::Record;
use scope_core::codec::{Compression, Format, ReadError, Reader, Writer};

use crate::strategy::any_record;

pub(crate) fn encode(records: &[Record], format: Format, compression: Compression) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), format, compression).unwrap();
    for record in records {
        writer.write(record).unwrap();
    }
    writer.finish().unwrap()
}

pub(crate) fn decode(bytes: &[u8]) -> Vec<Record> {
    Reader::new(bytes).collect::<Result<_, ReadError>>().unwrap()
}

proptest! {
    #[test]
    fn every_encoding_reads_back(records in vec(any_record(), 0..12)) {
        for format in [Format::Ndjson, Format::Arrow] {
            for compression in [Compression::None, Compression::Zstd] {
                let bytes = encode(&records, format, compression);
                prop_assert_eq!(&decode(&bytes), &records, "{:?} {:?}", format, compression);
            }
        }
    }

    #[test]
    fn ndjson_through_arrow_and_back_is_the_same_text(records in vec(any_record(), 0..12)) {
        let text = encode(&records, Format::Ndjson, Compression::None);
        let arrow = encode(&decode(&text), Format::Arrow, Compression::None);
        let back = encode(&decode(&arrow), Format::Ndjson, Compression::None);
        prop_assert_eq!(String::from_utf8(back).unwrap(), String::from_utf8(text).unwrap());
    }
}
