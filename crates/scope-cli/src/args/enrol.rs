//! The flags of `scope serve enrol`.

use clap::Args;

use super::values::{Age, parse_age};
use crate::data_dir::DataDirArgs;

/// Let one more agent in: write the string that it needs to standard output.
///
/// On the other host, `scope collect --push STRING` turns it into a credential of that agent's own. It works once. This command works on the files
/// of the server on this machine, also while it runs.
#[derive(Debug, Args)]
pub(crate) struct EnrolArgs {
    /// The only agent that may use it; it also replaces the credential that this agent has. [default: any agent without one]
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<scope_core::AgentName>,

    /// When it ends, unused: 90m, 12h, 30d.
    #[arg(long, value_name = "TIME", value_parser = parse_age, default_value = "1h")]
    pub(crate) expires: Age,

    /// Where agents reach the server. [default: as the server said when it last started]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,

    /// Insist on an address without TLS beyond this machine: secrets and records cross the network in clear.
    #[arg(long)]
    pub(crate) insecure: bool,

    #[command(flatten)]
    pub(crate) data_dir: DataDirArgs,
}
