//! The flags of every command that reads streams: where from, and by what right.

use std::path::PathBuf;

use clap::Args;

/// Streams of a server, beside the inputs.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct FromArgs {
    /// Read the live records of this server: `https://host:port`, or on this machine `localhost:4040`. An input that is the address of a server without a path means the same.
    #[arg(long, value_name = "SERVER")]
    pub(crate) from: Vec<String>,

    /// The token to read a server with.
    #[arg(long, value_name = "TOKEN", env = "SCOPE_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,

    /// Authorities that may vouch for servers, in PEM, beside the system's.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}
