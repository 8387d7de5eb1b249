//! Inputs as they come: joined, cut, compressed, damaged, of the wrong kind.

use std::io::{self, Read, Write};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use scope_core::codec::{Compression, Format, Place, ReadError, Reader, Writer};
use scope_core::{Body, Record};

use crate::codec_arrow::{decode, encode};
use crate::strategy::any_record;

const ENCODINGS: [(Format, Compression); 4] =
    [(Format::Ndjson, Compression::None), (Format::Ndjson, Compression::Zstd), (Format::Arrow, Compression::None), (Format::Arrow, Compression::Zstd)];

fn gone(number: u64) -> String {
    format!(
        r#"{{"record":"gone","agent":"a","run":"01930000-0000-7000-8000-000000000000","seq":{number},"source":"kube","at":"2026-11-21T18:34:00.000000Z","id":"pod:{number}"}}"#
    )
}

fn records(count: u64) -> Vec<Record> {
    (1..=count).map(|number| serde_json::from_str(&gone(number)).unwrap()).collect()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// What an input gives: its records, and its errors.
fn read(bytes: &[u8]) -> (Vec<Record>, Vec<ReadError>) {
    let (mut records, mut errors) = (Vec::new(), Vec::new());
    for item in Reader::new(bytes) {
        match item {
            Ok(record) => records.push(record),
            Err(error) => errors.push(error),
        }
    }
    (records, errors)
}

/// Gives a byte at a time, as a slow pipe does.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
        let Some(place) = buffer.first_mut() else { return Ok(0) };
        (*place, self.0) = (*first, rest);
        Ok(1)
    }
}

proptest! {
    #[test]
    fn streams_joined_in_any_encoding_read_as_one(parts in vec((vec(any_record(), 0..4), 0..ENCODINGS.len()), 0..5)) {
        let joined: Vec<u8> = parts.iter().flat_map(|(records, encoding)| encode(records, ENCODINGS[*encoding].0, ENCODINGS[*encoding].1)).collect();
        let records: Vec<Record> = parts.into_iter().flat_map(|(records, _)| records).collect();
        prop_assert_eq!(decode(&joined), records);
    }

    #[test]
    fn a_cut_stream_gives_what_is_whole_and_one_error(records in vec(any_record(), 1..8), encoding in 0..ENCODINGS.len(), cut: Index) {
        let (format, compression) = ENCODINGS[encoding];
        let bytes = encode(&records, format, compression);
        let (got, errors) = read(&bytes[..cut.index(bytes.len())]);
        prop_assert_eq!(&got, &records[..got.len()]);
        prop_assert!(errors.len() <= 1, "{:?}", errors);
        prop_assert!(errors.iter().all(ReadError::ends_input), "{:?}", errors);
    }

    #[test]
    fn a_damaged_stream_never_panics_and_comes_to_an_end(
        records in vec(any_record(), 1..8),
        encoding in 0..ENCODINGS.len(),
        damage in vec((any::<Index>(), any::<u8>()), 1..12),
    ) {
        let (format, compression) = ENCODINGS[encoding];
        let mut bytes = encode(&records, format, compression);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let (_, errors) = read(&bytes);
        prop_assert!(errors.iter().filter(|error| error.ends_input()).count() <= 1);
    }

    #[test]
    fn any_bytes_come_to_an_end(start in prop::sample::select(vec![&b""[..], b"\xff\xff\xff\xff", b"ARROW1\0\0", b"\x28\xb5\x2f\xfd", b"{", b"\xef\xbb\xbf"]), rest in vec(any::<u8>(), 0..300)) {
        let bytes = [start, &rest].concat();
        read(&bytes);
    }
}

#[test]
fn a_slow_pipe_reads_the_same() {
    for (format, compression) in ENCODINGS {
        let bytes = encode(&records(40), format, compression);
        let got: Vec<Record> = Reader::new(Trickle(&bytes)).collect::<Result<_, _>>().unwrap();
        assert_eq!(got, records(40), "{format:?} {compression:?}");
    }
}

#[test]
fn what_precedes_a_tick_is_written_with_it() {
    let tick = r#"{"record":"tick","agent":"a","run":"01930000-0000-7000-8000-000000000000","seq":3,"at":"2026-11-21T18:34:00.000000Z"}"#;
    let mut said = records(2);
    said.push(serde_json::from_str(tick).unwrap());
    for (format, compression) in ENCODINGS {
        let output = Shared::default();
        let mut writer = Writer::new(output.clone(), format, compression).unwrap();
        for record in &said {
            writer.write(record).unwrap();
        }
        // The writer is still open: what has left it must be enough.
        let got: Vec<Record> = Reader::new(output.bytes().as_slice()).take_while(Result::is_ok).map(Result::unwrap).collect();
        assert_eq!(got, said, "{format:?} {compression:?}");
        writer.write(&said[0]).unwrap();
        writer.finish().unwrap();
        assert_eq!(decode(&output.bytes()).len(), 4, "{format:?} {compression:?}");
    }
}

/// An output that can be looked at while it is written.
#[derive(Clone, Default)]
struct Shared(std::rc::Rc<std::cell::RefCell<Vec<u8>>>);

impl Shared {
    fn bytes(&self) -> Vec<u8> {
        self.0.borrow().clone()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_failing_output_fails_the_writer() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for (format, compression) in ENCODINGS {
        let result = Writer::new(Full, format, compression).and_then(|mut writer| {
            writer.write(&records(1)[0])?;
            writer.flush()
        });
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::BrokenPipe, "{format:?} {compression:?}");
    }
}

#[test]
fn marks_blank_lines_and_foreign_line_ends_are_no_errors() {
    let text = format!("\u{feff}\n  \r\n{}\r\n\n \t{}\n\u{feff}{}", gone(1), gone(2), gone(3));
    assert_eq!(decode(text.as_bytes()), records(3));
    assert_eq!(decode(&zstd(text.as_bytes())), records(3));
    assert_eq!(decode(b""), []);
    assert_eq!(decode(&zstd(b"")), []);
    assert_eq!(decode("\u{feff}".as_bytes()), []);
}

#[test]
fn frames_may_end_within_a_line() {
    // pzstd cuts its input into frames wherever it likes.
    let text = format!("{}\n{}\n", gone(1), gone(2));
    let (a, b) = text.as_bytes().split_at(50);
    let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    assert_eq!(decode(&[zstd(a), skipped.to_vec(), zstd(b)].concat()), records(2));
}

#[test]
fn bad_lines_are_told_and_cost_only_themselves() {
    let text = format!("{}\nnot json\n\n{}\n{{\"record\":\"node\"}}\n[1]\n{}\n", gone(1), gone(2), gone(3));
    let (got, errors) = read(text.as_bytes());
    assert_eq!(got, records(3));
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 2, column 2: not a record: expected ident",
            "line 5, column 17: not a record: a `node` record without `source`",
            "line 6, column 0: not a record: invalid type: sequence, expected a record",
        ]
        .map(|line| line.replace(", column 0", ""))
    );
    assert!(errors.iter().all(|error| !error.ends_input() && !error.is_warning()));

    let mut reader = Reader::new(text.as_bytes());
    assert_eq!(reader.place(), None);
    assert!(reader.next().unwrap().is_ok());
    assert_eq!(reader.place(), Some(Place::Line(1)));
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().unwrap().is_ok());
    assert_eq!(reader.place(), Some(Place::Line(4)));
}

#[test]
fn invalid_utf8_costs_its_line() {
    let bytes = [gone(1).as_bytes(), b"\n{\"record\":\"\xff\"}\n", gone(2).as_bytes()].concat();
    let (got, errors) = read(&bytes);
    assert_eq!(got, records(2));
    assert_eq!(errors[0].to_string(), "line 2, column 12: not a record: not UTF-8");
}

#[test]
fn a_line_too_long_is_skipped_within_bounds() {
    // A gigabyte that is never in memory: the line is longer than any record, and compresses well.
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.write_all(b"{\"record\":\"").unwrap();
    io::copy(&mut io::repeat(b'a').take(1 << 30), &mut encoder).unwrap();
    encoder.write_all(format!("\n{}\n", gone(1)).as_bytes()).unwrap();
    let (got, errors) = read(&encoder.finish().unwrap());
    assert_eq!(got, records(1));
    assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), ["line 1: longer than 4194304 bytes"]);
}

#[test]
fn a_frame_with_a_huge_window_is_refused() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(gone(1).as_bytes()).unwrap();
    let (got, errors) = read(&encoder.finish().unwrap());
    assert_eq!(got, []);
    assert!(matches!(errors.as_slice(), [ReadError::Format { .. }]), "{errors:?}");
    assert!(errors[0].hint().unwrap().contains("--long"), "{errors:?}");
}

#[test]
fn compression_does_not_nest() {
    let (got, errors) = read(&zstd(&zstd(gone(1).as_bytes())));
    assert_eq!(got, []);
    assert!(!errors.is_empty());
}

#[test]
fn other_formats_are_named_with_a_hint() {
    for (bytes, what, hint) in [
        (&b"\x1f\x8b\x08\0\0\0"[..], "gzip", "gzip -dc"),
        (b"\xfd7zXZ\0\0\0", "xz", "xz -dc"),
        (b"\x04\x22\x4d\x18\0\0\0", "lz4", "lz4 -dc"),
        (b"PAR1\x15\x04\x15", "Parquet", "DuckDB"),
        (b"\xff\xfe{\0\"\0", "UTF-16", "iconv"),
    ] {
        let (_, errors) = read(bytes);
        let [error] = errors.as_slice() else { panic!("{what}: {errors:?}") };
        assert!(error.ends_input() && error.to_string().contains(what), "{error}");
        assert!(error.hint().unwrap().contains(hint), "{error:?}");
    }
}

#[test]
fn an_input_that_fails_says_why_after_what_it_gave() {
    struct Failing<'a>(&'a [u8]);
    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() { Err(io::Error::other("the disk is gone")) } else { self.0.read(buffer) }
        }
    }
    for (format, compression) in ENCODINGS {
        let mut bytes = encode(&records(2), format, compression);
        if format == Format::Ndjson && compression == Compression::None {
            bytes.extend_from_slice(b"{\"record\":");
        }
        let items: Vec<_> = Reader::new(Failing(&bytes)).collect();
        assert_eq!(items.iter().filter(|item| item.is_ok()).count(), 2, "{format:?} {compression:?}");
        let Some(Err(error @ ReadError::Read(_))) = items.last() else { panic!("{items:?}") };
        assert_eq!(std::error::Error::source(error).unwrap().to_string(), "the disk is gone");
    }
}

#[test]
fn ticks_do_not_split_what_belongs_together() {
    // More rows than a batch takes, and more words than a dictionary takes: cut into batches, nothing lost.
    let many: Vec<Record> = (0..20_000_u64)
        .map(|number| {
            let mut record = records(1).remove(0);
            record.source = format!("source_{number}").into();
            record
        })
        .collect();
    let bytes = encode(&many, Format::Arrow, Compression::None);
    assert_eq!(decode(&bytes), many);
    let mut reader = Reader::new(bytes.as_slice());
    while reader.next().is_some() {
        if let Some(Place::Row { batch, row }) = reader.place() {
            assert!(batch >= 1 && (1..=8192).contains(&row), "batch {batch}, row {row}");
        }
    }
    assert!(many.iter().all(|record| matches!(record.body, Body::Gone(_))));
}
