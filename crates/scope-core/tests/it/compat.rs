//! What others wrote, and what the documentation says, reads as it should.

use std::fs;
use std::path::{Path, PathBuf};

use scope_core::codec::{Format, Reader};
use scope_core::{Body, Record};

use crate::codec_arrow::{decode, encode};

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/arrow").join(name)).unwrap()
}

#[test]
fn arrow_of_other_writers_reads_as_the_same_records() {
    let text = fixture("records.ndjson");
    let records = decode(&text);
    assert_eq!(encode(&records, Format::Ndjson, scope_core::codec::Compression::None), text, "the fixture is canonical");
    for name in ["scope.arrows", "pyarrow.arrows", "pyarrow-zstd.arrow", "polars.arrows", "polars-zstd.arrow", "duckdb.arrows"] {
        assert_eq!(decode(&fixture(name)), records, "{name}");
    }
}

#[test]
fn lz4_is_refused_once_with_a_hint() {
    let items: Vec<_> = Reader::new(fixture("pyarrow-lz4.arrows").as_slice()).collect();
    let [Err(error)] = items.as_slice() else { panic!("{items:?}") };
    assert!(error.ends_input() && error.hint().unwrap().contains("zstd"), "{error:?}");
}

fn documentation() -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "docs", "records.md"].iter().collect();
    fs::read_to_string(path).unwrap()
}

/// The lines of all blocks of the documentation that are marked as `ndjson`.
fn samples() -> Vec<String> {
    documentation().split("```ndjson\n").skip(1).flat_map(|block| block.split("```").next().unwrap().lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn every_sample_of_the_documentation_is_a_record_in_canonical_form() {
    let samples = samples();
    let records: Vec<Record> = samples.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
    for (line, record) in samples.iter().zip(&records) {
        assert_eq!(&serde_json::to_string(record).unwrap(), line);
    }
    assert_eq!(decode(&encode(&records, Format::Arrow, scope_core::codec::Compression::None)), records);
    for word in ["node", "flow", "connection", "gone", "problem", "field", "tick"] {
        assert!(records.iter().any(|record| record.body.name() == word && !matches!(record.body, Body::Unknown(_))), "no sample of {word}");
    }
}

#[test]
fn the_documentation_names_every_column() {
    let documentation = documentation();
    for field in scope_core::codec::schema().fields() {
        assert!(documentation.contains(&format!("| `{}` |", field.name())), "{}", field.name());
    }
}
