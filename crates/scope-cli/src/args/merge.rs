//! The flags of `scope merge`.

use clap::Args;

use super::from::FromArgs;
use super::values::{OutputArgs, Pace, parse_pace};

/// Join streams of records into one.
///
/// Reads files, addresses (http, https) and `-` for standard input, in NDJSON or Arrow, plain or under zstd, told apart by their first
/// bytes; without any, standard input. Writes the fewest records that say the same. The order of the inputs does not matter.
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// Files, addresses, or `-`. `*` and `?` in the last part of a path stand for what the directory has.
    #[arg(value_name = "INPUT")]
    pub(crate) inputs: Vec<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Pass every record on as it comes, instead of joining all of them at the end.
    #[arg(long)]
    pub(crate) follow: bool,

    /// Write what all inputs say together so often, while they go on: each time only what changed. `1s`, `500ms`, `1m`.
    #[arg(long, value_name = "TIME", value_parser = parse_pace, conflicts_with = "follow")]
    pub(crate) every: Option<Pace>,

    /// End at the first line that is not a record, instead of reporting and skipping it.
    #[arg(long)]
    pub(crate) strict: bool,

    #[command(flatten)]
    pub(crate) from: FromArgs,
}
