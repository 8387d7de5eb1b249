//! Arrow IPC and NDJSON hold the same thing.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use scope_core::codec::{Compression, Format, ReadError, Reader, Writer};
use scope_core::endpoint::OwnedEndpoint;
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

/// The number of a node, what it belongs to, and where it can be reached since when.
type NodeLists = (u8, Option<Vec<u8>>, Option<Vec<(u16, Option<i64>)>>);

fn any_lists() -> impl Strategy<Value = NodeLists> {
    (0..3_u8, option::of(vec(0..4_u8, 0..10)), option::of(vec((1..3_u16, option::of(0..2_i64)), 0..10)))
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
    fn lists_of_nodes_read_back_however_often_they_change(said in vec(any_lists(), 0..40), batches in 1..4_usize) {
        let id = |number: u8| NodeId::host(&format!("host-{number}").parse().unwrap());
        let endpoint = |(port, since): (u16, Option<i64>)| OwnedEndpoint {
            at: format!("net:a|10.0.0.1:{port}/tcp").parse().unwrap(),
            since: since.map(Timestamp::from_micros),
        };
        let mut records = Vec::new();
        for (seq, (number, parents, endpoints)) in said.into_iter().enumerate() {
            let node = Node {
                parents: parents.map(|parents| parents.into_iter().map(id).collect()),
                endpoints: endpoints.map(|endpoints| endpoints.into_iter().map(endpoint).collect()),
                ..Node::new(id(number))
            };
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
