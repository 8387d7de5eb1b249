//! The flags of `scope serve agents`.

use clap::{Args, Subcommand};

use crate::data_dir::DataDirArgs;

/// List the agents that have a credential, and take credentials away.
///
/// Works on the files of the server on this machine, also while it runs. From elsewhere, the API does the same: `/api/v1/agent-credentials`.
#[derive(Debug, Args)]
pub(crate) struct AgentsArgs {
    #[command(subcommand)]
    pub(crate) command: AgentsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AgentsCommand {
    /// List the agents with a credential, without it.
    List(AgentsListArgs),
    /// Take an agent's credential away. Its link ends within a minute.
    Revoke(AgentsRevokeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AgentsListArgs {
    /// Write a JSON object a line instead of a table.
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) data_dir: DataDirArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AgentsRevokeArgs {
    /// The agent's name, as `scope serve agents list` says.
    #[arg(value_name = "NAME")]
    pub(crate) name: scope_core::AgentName,

    #[command(flatten)]
    pub(crate) data_dir: DataDirArgs,
}
