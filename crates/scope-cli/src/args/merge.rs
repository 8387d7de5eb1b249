//! The flags of `scope merge`.

use clap::Args;

use super::values::OutputArgs;

/// Join streams of records into one.
///
/// Reads files, addresses (http, https) and `-` for standard input, in NDJSON or Arrow, plain or under zstd, told apart by their first
/// bytes; without any, standard input. Writes the fewest records that say the same. The order of the inputs does not matter.
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// Files, addresses, or `-`.
    #[arg(value_name = "INPUT")]
    pub(crate) inputs: Vec<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// Pass every record on as it comes, instead of joining all of them at the end.
    #[arg(long)]
    pub(crate) follow: bool,

    /// End at the first line that is not a record, instead of reporting and skipping it.
    #[arg(long)]
    pub(crate) strict: bool,
}
