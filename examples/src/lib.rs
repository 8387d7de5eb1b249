//! Programs that use the crates of `scope`, each a file beside this package's manifest: `cargo run --example collect_once`.
//!
//! | example | what it shows |
//! |---|---|
//! | `collect_once` | the collector in a program of one's own: what runs here, and what cannot be seen |
//! | `merge_streams` | state, the join of streams: `cargo run --example merge_streams -- a.ndjson b.arrow` |
//! | `render_svg` | records to a graph, a view and a picture: `scope collect \| cargo run --example render_svg > map.svg` |
//! | `custom_source` | a source of one's own, whose figure stands beside the built-in ones |
//! | `serve_records` | the server: page and API over a stream of one's own, `scope collect --every 1s \| cargo run --example serve_records -- ./data` |
//!
//! `pipelines/` does the like with the command and other programs in a line of shell.
