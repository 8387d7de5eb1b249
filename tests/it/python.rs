//! What `-o arrow` writes, as Python's libraries read it: pyarrow and polars, with typed columns. Also that the two encodings of one real stream are one.

use std::path::{Path, PathBuf};
use std::process::Command;

use scope_tests::command::{Finished, run, run_scope};
use scope_tests::need;

/// A Python that has both: of `make bootstrap`'s environment, else the one on the path.
fn python() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cache = std::env::var_os("SCOPE_CACHE").map_or_else(|| home.join(".cache/scope"), PathBuf::from);
    let candidates = [cache.join("python/bin/python"), PathBuf::from("python3")];
    let has_both = |python: &&PathBuf| Command::new(python).args(["-c", "import pyarrow, polars"]).output().is_ok_and(|ended| ended.status.success());
    let found = candidates.iter().find(has_both).cloned();
    need::that(found.is_some(), "Python with pyarrow and polars; `make bootstrap` installs them")?;
    found
}

fn run_python(python: &Path, program: &str, args: &[&Path]) -> Finished {
    run(Command::new(python).arg("-c").arg(program).args(args), b"").ok()
}

/// One real stream of this machine, a few reports long, with what the recorded ones cannot have: today's kernel.
fn collected() -> Vec<u8> {
    run_scope(["collect", "--every", "300ms", "--count", "3", "--connections", "--no-names"], b"").ok().stdout
}

#[test]
fn a_collected_stream_is_the_same_in_both_encodings() {
    let text = collected();
    assert!(text.len() > 1000);
    for flags in [&["-o", "arrow"][..], &["-o", "arrow", "--zstd"]] {
        let arrow = run_scope([&["merge", "--follow"], flags].concat(), &text).ok().stdout;
        let back = run_scope(["merge", "--follow"], &arrow).ok().stdout;
        assert!(back == text, "{flags:?}: NDJSON, Arrow, NDJSON is not the same text");
        let again = run_scope([&["merge", "--follow"], flags].concat(), &back).ok().stdout;
        assert!(again == arrow, "{flags:?}: Arrow, NDJSON, Arrow is not the same bytes");
    }
}

#[test]
fn a_collected_stream_opens_in_pyarrow_with_typed_columns() {
    let Some(python) = python() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let stream = scratch.path().join("stream.arrow");
    std::fs::write(&stream, run_scope(["collect", "-o", "arrow", "--no-names"], b"").ok().stdout).unwrap();
    let program = r#"
import sys, pyarrow as pa
table = pa.ipc.open_stream(sys.argv[1]).read_all()
table.validate(full=True)
schema = table.schema
utc = pa.timestamp("us", tz="UTC")
assert schema.metadata[b"scope.records"] == b"1", schema.metadata
assert schema.field("at").type == utc, schema
assert schema.field("seq").type == pa.uint64(), schema
assert pa.types.is_dictionary(schema.field("record").type), schema
assert schema.field("open").type == pa.uint64(), schema
metrics = schema.field("metrics").type
assert pa.types.is_list(metrics) and metrics.value_type.field("value").type == pa.float64(), metrics
attrs = schema.field("attrs").type.value_type
assert [attrs.field(name).type for name in ("int", "float", "bool", "time")] == [pa.int64(), pa.float64(), pa.bool_(), utc], attrs
rows = table.to_pylist()
hosts = [row for row in rows if row["record"] == "node" and row["kind"] == "host"]
assert len({row["id"] for row in hosts}) == 1, hosts
figures = {m["name"]: m["value"] for m in hosts[0]["metrics"]}
assert figures["mem_limit_bytes" if "mem_limit_bytes" in figures else "mem_bytes"] > 1e6, figures
assert rows[-1]["record"] == "tick", rows[-1]
print(table.num_rows)
"#;
    let rows: usize = run_python(&python, program, &[&stream]).text().trim().parse().unwrap();
    assert!(rows > 10, "{rows}");
}

#[test]
fn a_collected_stream_opens_in_polars_with_typed_columns() {
    let Some(python) = python() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let stream = scratch.path().join("stream.arrow");
    std::fs::write(&stream, run_scope(["collect", "-o", "arrow", "--no-names"], b"").ok().stdout).unwrap();
    let program = r#"
import sys, polars as pl
frame = pl.read_ipc_stream(sys.argv[1])
assert frame.schema["at"] == pl.Datetime("us", "UTC"), frame.schema
assert frame.schema["seq"] == pl.UInt64, frame.schema
assert frame.schema["record"] in (pl.Categorical, pl.String, pl.Enum), frame.schema
busy = frame.filter(pl.col("record").cast(pl.String) == "node").explode("metrics").unnest("metrics", separator=".")
assert busy.schema["metrics.value"] == pl.Float64, busy.schema
memory = busy.filter(pl.col("metrics.name").cast(pl.String) == "mem_bytes")["metrics.value"]
assert memory.len() > 1 and memory.min() >= 0, memory
print(frame.height)
"#;
    let rows: usize = run_python(&python, program, &[&stream]).text().trim().parse().unwrap();
    assert!(rows > 10, "{rows}");
}

/// The wide table that `render` writes: a column for each field, with its own type.
#[test]
fn a_drawn_table_opens_in_both() {
    let Some(python) = python() else { return };
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("processes.arrow");
    let collected = run_scope(["collect", "--no-names"], b"").ok().stdout;
    std::fs::write(&path, run_scope(["render", "--view", "processes", "--show=all", "-o", "arrow"], &collected).ok().stdout).unwrap();
    let program = r#"
import sys, pyarrow as pa, polars as pl
table = pa.ipc.open_stream(sys.argv[1]).read_all()
table.validate(full=True)
assert pa.types.is_floating(table.schema.field("cpu_pct").type), table.schema
assert table.schema.field("started_at").type == pa.timestamp("us", tz="UTC"), table.schema
frame = pl.read_ipc_stream(sys.argv[1])
assert frame.height == table.num_rows > 5
assert frame["id"].n_unique() == frame.height
"#;
    let _ = run_python(&python, program, &[&path]);
}
