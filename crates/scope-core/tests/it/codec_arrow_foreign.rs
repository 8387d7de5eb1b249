//! Arrow streams that are not ours: other types for the same thing, fewer columns and more, wrong ones, lies about sizes.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, LargeListBuilder, StringBuilder, StructBuilder};
use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int32Array, Int64Array, LargeStringArray, ListArray, RecordBatch, StringArray, StringViewArray,
    TimestampSecondArray, UInt64Array,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::{DataType, Field};
use scope_core::codec::{ReadError, Reader};
use scope_core::{Body, Number, Record, Timestamp, Value};

const RUN: &str = "01930000-0000-7000-8000-000000000000";

fn text(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

/// Three nodes, with other columns beside.
fn nodes(others: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("record", text(&[Some("node"); 3])),
        ("agent", text(&[Some("a"); 3])),
        ("run", text(&[Some(RUN); 3])),
        ("seq", Arc::new(UInt64Array::from(vec![1, 2, 3]))),
        ("source", text(&[Some("kube"); 3])),
        ("at", text(&[Some("2026-11-21T18:34:00Z"); 3])),
        ("id", text(&[Some("pod:1"), Some("pod:2"), Some("pod:3")])),
    ];
    for (name, column) in others {
        columns.retain(|(known, _)| *known != name);
        columns.push((name, column));
    }
    // Every field nullable, and in an order that is not ours.
    columns.reverse();
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

fn stream(batches: &[RecordBatch]) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.into_inner().unwrap()
}

fn read(bytes: &[u8]) -> (Vec<Record>, Vec<String>) {
    let (mut records, mut errors) = (Vec::new(), Vec::new());
    for item in Reader::new(bytes) {
        match item {
            Ok(record) => records.push(record),
            Err(error) => errors.push(error.to_string()),
        }
    }
    (records, errors)
}

fn node(record: &Record) -> &scope_core::Node {
    let Body::Node(node) = &record.body else { panic!("{record:?}") };
    node
}

#[test]
fn other_types_say_the_same() {
    let plain = read(&stream(&[nodes(vec![("name", text(&[Some("x"), None, Some("z")]))])]));
    assert_eq!((plain.0.len(), plain.1.len()), (3, 0), "{plain:?}");
    let at = Timestamp::from_seconds(1_795_286_040);
    assert_eq!(plain.0[0].at, at);
    let others: Vec<Vec<(&str, ArrayRef)>> = vec![
        vec![("name", Arc::new(LargeStringArray::from(vec![Some("x"), None, Some("z")]))), ("seq", Arc::new(Int64Array::from(vec![1, 2, 3])))],
        vec![("name", Arc::new(StringViewArray::from(vec![Some("x"), None, Some("z")]))), ("seq", Arc::new(Int32Array::from(vec![1, 2, 3])))],
        vec![
            ("name", Arc::new([Some("x"), None, Some("z")].into_iter().collect::<DictionaryArray<Int8Type>>())),
            ("seq", Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0]))),
        ],
        vec![("name", text(&[Some("x"), None, Some("z")])), ("at", Arc::new(TimestampSecondArray::from(vec![1_795_286_040; 3])))],
    ];
    for columns in others {
        let batch = nodes(columns);
        assert_eq!(read(&stream(std::slice::from_ref(&batch))), plain, "{:?}", batch.schema());
    }
}

#[test]
fn the_file_format_reads_as_the_stream_does() {
    let batch = nodes(vec![]);
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    let file = writer.into_inner().unwrap();
    assert_eq!(read(&file), read(&stream(std::slice::from_ref(&batch))));
    // The footer ends where it says, and another stream may follow.
    let (records, errors) = read(&[file.clone(), stream(&[batch]), file].concat());
    assert_eq!((records.len(), errors.len()), (9, 0), "{errors:?}");
}

#[test]
fn simple_columns_of_tomorrow_are_kept_and_others_left_out_once() {
    let batch = nodes(vec![
        ("colour", text(&[Some("red"), None, Some("2026-11-21T18:34:00.000000Z")])),
        ("weight", Arc::new(Float64Array::from(vec![Some(1.5), Some(2.0), None]))),
        ("fresh", Arc::new(BooleanArray::from(vec![true, false, true]))),
        ("tree\u{1b}[31m", Arc::new(ListArray::from_iter_primitive::<Int8Type, _, _>(vec![Some(vec![Some(1)]); 3]))),
        ("empty", Arc::new(arrow_array::NullArray::new(3))),
    ]);
    let (records, errors) = read(&stream(&[batch.clone(), batch]));
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].starts_with(r"left out column `tree\u{1b}[31m`: type List"), "{errors:?}");
    assert_eq!(records.len(), 6);
    assert_eq!(
        records[0].extra,
        [("colour", Value::from("red")), ("fresh", true.into()), ("weight", Value::Number(Number::from_f64(1.5).unwrap()))].into_iter().collect()
    );
    assert_eq!(records[1].extra, [("fresh", Value::from(false)), ("weight", 2_u64.into())].into_iter().collect());
    assert_eq!(records[2].extra.get("colour"), Some(&Value::Time(Timestamp::from_seconds(1_795_286_040))));
}

#[test]
fn a_known_column_of_a_wrong_type_is_left_out_with_a_warning() {
    let bytes = stream(&[nodes(vec![("name", Arc::new(Int32Array::from(vec![1, 2, 3]))), ("parents", text(&[Some("host:a"); 3]))])]);
    let items: Vec<_> = Reader::new(bytes.as_slice()).collect();
    let warnings: Vec<&ReadError> = items.iter().filter_map(|item| item.as_ref().err()).collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings.iter().all(|warning| warning.is_warning() && !warning.ends_input()));
    assert_eq!(items.iter().filter(|item| item.as_ref().is_ok_and(|record| node(record).name.is_none())).count(), 3);
}

#[test]
fn bad_rows_are_told_and_cost_only_themselves() {
    let batch = nodes(vec![("id", text(&[Some("pod:1"), Some("../../etc"), Some("pod:3")])), ("extra", text(&[None, None, Some(r#"{"id":"pod:9"}"#)]))]);
    let second = nodes(vec![("agent", text(&[None, Some("a b"), Some("a")])), ("extra", text(&[None; 3]))]);
    let second = second.project(&batch.schema().fields().iter().map(|field| second.schema().index_of(field.name()).unwrap()).collect::<Vec<_>>()).unwrap();
    let (records, errors) = read(&stream(&[batch, second]));
    assert_eq!(records.iter().map(|record| node(record).id.as_str()).collect::<Vec<_>>(), ["pod:1", "pod:3"]);
    let [a, b, c, d] = errors.as_slice() else { panic!("{errors:?}") };
    assert!(a.starts_with("batch 1, row 2: not a record: column `id`: `../../etc` is not a node id"), "{a}");
    assert_eq!(b, "batch 1, row 3: not a record: column `extra`: `id` has a column of its own");
    assert_eq!(c, "batch 2, row 1: not a record: a `node` record without `agent`");
    assert!(d.starts_with("batch 2, row 2: not a record: column `agent`: `a b` is not an agent's name"), "{d}");
}

#[test]
fn counts_that_are_none_are_refused() {
    for seq in [-1.0, 1.5, 1e30] {
        let (records, errors) = read(&stream(&[nodes(vec![("seq", Arc::new(Float64Array::from(vec![seq, 2.0, 3.0])))])]));
        assert_eq!((records.len(), errors.len()), (2, 1), "{errors:?}");
    }
}

#[test]
fn figures_in_large_lists_and_without_a_value() {
    let item = DataType::Struct(vec![Field::new("name", DataType::Utf8, true), Field::new("value", DataType::Float64, true)].into());
    let mut builder =
        LargeListBuilder::new(StructBuilder::from_fields(vec![Field::new("name", DataType::Utf8, true), Field::new("value", DataType::Float64, true)], 3))
            .with_field(Arc::new(Field::new("item", item, true)));
    for (name, value, present) in [("z", 1.0, true), ("nan", f64::NAN, true), ("a", 2.5, true), ("hidden", 9.0, false)] {
        builder.values().field_builder::<StringBuilder>(0).unwrap().append_value(name);
        builder.values().field_builder::<Float64Builder>(1).unwrap().append_value(value);
        builder.values().append(present);
    }
    builder.append(true);
    builder.append(true);
    builder.append(false);
    let (records, errors) = read(&stream(&[nodes(vec![("metrics", Arc::new(builder.finish()))])]));
    assert_eq!(errors, Vec::<String>::new());
    let figures: Vec<(&str, f64)> = node(&records[0]).metrics.iter().map(|(name, figure)| (name, figure.as_f64())).collect();
    assert_eq!(figures, [("a", 2.5), ("z", 1.0)]);
    assert!(node(&records[1]).metrics.is_empty() && node(&records[2]).metrics.is_empty());
}

#[test]
fn a_stream_of_something_else_is_refused() {
    let batch = RecordBatch::try_from_iter([("price", Arc::new(Float64Array::from(vec![1.0])) as ArrayRef)]).unwrap();
    let items: Vec<_> = Reader::new(stream(&[batch]).as_slice()).collect();
    let [Err(error)] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!(error.to_string(), "could not read the input as records: it has no column `record`");
    assert!(error.ends_input() && error.hint().is_some());
}

/// A stream whose buffers are compressed, and where the body of its batch begins.
fn compressed() -> (Vec<u8>, usize) {
    let batch = nodes(vec![("name", text(&[Some("x".repeat(4096).as_str()); 3]))]);
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD)).unwrap();
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &batch.schema(), options).unwrap();
    writer.write(&batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    let length = |at: usize| u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
    let batch_at = 8 + length(0);
    let body_at = batch_at + 8 + length(batch_at);
    (bytes, body_at)
}

#[test]
fn what_a_compressed_buffer_claims_to_hold_is_bounded() {
    let (mut bytes, body_at) = compressed();
    assert_eq!(read(&bytes).0.len(), 3);
    // The first word of the first buffer is its size once decompressed. A terabyte must not even be asked for.
    bytes[body_at..body_at + 8].copy_from_slice(&(1_i64 << 40).to_le_bytes());
    let (records, errors) = read(&bytes);
    assert_eq!(records, []);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].starts_with("could not read batch 1: more than 268435456 bytes once decompressed"), "{errors:?}");
}

#[test]
fn what_a_message_claims_to_be_long_is_bounded() {
    let (bytes, _) = compressed();
    for (at, claim) in [(4_usize, u32::MAX), (4, 1 << 30)] {
        let mut bytes = bytes.clone();
        bytes[at..at + 4].copy_from_slice(&claim.to_le_bytes());
        let (records, errors) = read(&bytes);
        assert_eq!((records.len(), errors.len()), (0, 1));
        assert!(errors[0].contains("too large"), "{errors:?}");
    }
}

#[test]
fn bytes_that_are_no_text_cost_their_batch() {
    let batch = |name: &str| nodes(vec![("name", text(&[Some(name), Some("y"), Some("z")]))]);
    let bytes = stream(&[batch("aü"), batch("b")]);
    let place = |pattern: &[u8]| bytes.windows(pattern.len()).position(|window| window == pattern).unwrap();
    // No character at all; half of one, at the end of a text and at the beginning of the next; offsets that fall.
    let texts = place("aüyz".as_bytes());
    let offsets = place(&[0_u32, 3, 4, 5].map(u32::to_le_bytes).concat());
    for (at, damage) in [(texts + 1, 0xff_u8), (texts + 2, b'x'), (offsets + 4, 2), (offsets + 4, 5), (offsets + 12, 200)] {
        let mut bytes = bytes.clone();
        bytes[at] = damage;
        let (records, errors) = read(&bytes);
        assert_eq!((records.len(), errors.len()), (3, 1), "{damage} at {at}: {errors:?}");
        assert!(errors[0].starts_with("could not read batch 1: "), "{errors:?}");
        assert_eq!(node(&records[0]).name.as_deref(), Some("b"));
    }
}

/// Where the descriptions of the messages of a stream begin and end.
fn descriptions(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    let mut at = 0;
    while at + 8 <= bytes.len() {
        let length = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
        if length == 0 {
            break;
        }
        let range = at + 8..at + 8 + length;
        at = range.end + arrow_ipc::root_as_message(&bytes[range.clone()]).unwrap().bodyLength() as usize;
        ranges.push(range);
    }
    ranges
}

#[test]
fn no_place_of_a_buffer_is_believed() {
    // Every word of the description of a batch in turn becomes a place, a length or a count that is not there, or only just: arrow panics at a
    // buffer that ends within an item.
    let batch = nodes(vec![("name", text(&[Some("x"), None, Some("z")]))]);
    let ours = stream(&[batch.clone(), batch]);
    let theirs = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/arrow/polars.arrows")).unwrap();
    let mut lost = 0;
    for whole in [ours, theirs] {
        let all = read(&whole).0.len();
        for range in descriptions(&whole).into_iter().skip(1) {
            for at in range.step_by(8) {
                let word = i64::from_le_bytes(whole[at..at + 8].try_into().unwrap());
                for claim in [i64::MAX, -1, 1 << 20, word.wrapping_add(1), word.wrapping_sub(1)] {
                    let mut bytes = whole.clone();
                    bytes[at..at + 8].copy_from_slice(&claim.to_le_bytes());
                    // Not all damage can be told from what a writer may mean; that nothing panics is what is asked.
                    lost += usize::from(read(&bytes).0.len() < all);
                }
            }
        }
    }
    assert!(lost > 1000, "{lost}");
}
