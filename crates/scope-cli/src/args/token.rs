//! The flags of `scope token`.

use clap::{Args, Subcommand, ValueEnum};

use super::values::{Age, parse_age};
use crate::data_dir::DataDirArgs;

/// Make, list and revoke the tokens of a server.
///
/// Works on the files of the server on this machine, also while it runs. From elsewhere, the API does the same: `/api/v1/tokens`.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and write it to standard output. It is not shown again.
    Create(TokenCreateArgs),
    /// List the tokens, without their secrets.
    List(TokenListArgs),
    /// Revoke a token. Its sessions end with it.
    Revoke(TokenRevokeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TokenCreateArgs {
    /// What to call it, such as whose it is.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// What it may do.
    #[arg(long, value_enum, default_value_t = TokenRole::Viewer)]
    pub(crate) role: TokenRole,

    /// Show it only what this filter takes. The rest is as if it were not there.
    #[arg(long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,

    /// When it ends: 90m, 12h, 30d. [default: never]
    #[arg(long, value_name = "TIME", value_parser = parse_age)]
    pub(crate) expires: Option<Age>,

    #[command(flatten)]
    pub(crate) data_dir: DataDirArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TokenListArgs {
    /// Write a JSON object a line instead of a table.
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) data_dir: DataDirArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TokenRevokeArgs {
    /// As `scope token list` says.
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    #[command(flatten)]
    pub(crate) data_dir: DataDirArgs,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TokenRole {
    /// Read.
    Viewer,
    /// Read, and act on what it sees.
    Operator,
    /// Everything: settings, tokens, agents.
    Admin,
}
