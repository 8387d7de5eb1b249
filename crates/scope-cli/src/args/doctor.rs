//! The flags of `scope doctor`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Say what can be seen on this machine, what is missing, and the command that mends it.
///
/// Tries what `scope collect` would do as this user, and changes nothing: settings of the machine that would help are named. Exit status 1
/// where something is missing.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// The form of the output.
    #[arg(short, long, value_enum, default_value_t = DoctorOutput::Table)]
    pub(crate) output: DoctorOutput,

    /// Look at these sources only: host, docker, cgroup, process, net.
    #[arg(long, value_name = "SOURCE", value_delimiter = ',')]
    pub(crate) only: Vec<String>,

    /// Where the container engine listens: `unix:///path` or `tcp://host:port`. [default: the usual places of Docker and Podman]
    #[arg(long, value_name = "ENDPOINT", env = "DOCKER_HOST")]
    pub(crate) docker_endpoint: Option<String>,

    /// Where the host's /proc is mounted.
    #[arg(long, value_name = "DIR", default_value = "/proc", env = "SCOPE_PROC")]
    pub(crate) proc: PathBuf,

    /// Where the host's /sys is mounted.
    #[arg(long, value_name = "DIR", default_value = "/sys", env = "SCOPE_SYS")]
    pub(crate) sys: PathBuf,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoctorOutput {
    /// A table for people.
    Table,
    /// One JSON object.
    Json,
}
