//! Arrow IPC and NDJSON hold the same thing.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use scope_core::codec::{Compression, Format, ReadError, Reader, Writer};
use scope_core::record::{Stamp, Tick};
use scope_core::value::Fields;
use scope_core::{Body, Node, NodeId, Record, RunId, Timestamp};

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
    fn what_nodes_belong_to_reads_back_however_often_it_changes(said in vec((0..3_u8, option::of(vec(0..4_u8, 0..10))), 0..40), batches in 1..4_usize) {
        let id = |number: u8| NodeId::host(&format!("host-{number}").parse().unwrap());
        let mut records = Vec::new();
        for (seq, (number, parents)) in said.into_iter().enumerate() {
            let node = Node { parents: parents.map(|parents| parents.into_iter().map(id).collect()), ..Node::new(id(number)) };
            let record = |source: &str, body| Record {
                agent: "a".parse().unwrap(),
                stamp: Stamp { run: RunId::from_u128(1), seq: seq as u64 },
                source: source.into(),
                at: Timestamp::from_micros(0),
                body,
                extra: Fields::default(),
            };
            records.push(record("docker", Body::Node(node)));
            // A report ends the batch.
            if seq % batches == 0 {
                records.push(record("", Body::Tick(Tick::default())));
            }
        }
        prop_assert_eq!(&decode(&encode(&records, Format::Arrow, Compression::None)), &records);
    }

    #[test]
    fn ndjson_through_arrow_and_back_is_the_same_text(records in vec(any_record(), 0..12)) {
        let text = encode(&records, Format::Ndjson, Compression::None);
        let arrow = encode(&decode(&text), Format::Arrow, Compression::None);
        let back = encode(&decode(&arrow), Format::Ndjson, Compression::None);
        prop_assert_eq!(String::from_utf8(back).unwrap(), String::from_utf8(text).unwrap());
    }
}
