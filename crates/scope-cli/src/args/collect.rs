//! The flags of `scope collect`.

use std::path::PathBuf;

use clap::Args;
use scope_core::{AgentName, Scope};

use super::values::{OutputArgs, Pace, parse_pace};

/// Read this machine and write what is on it as records.
///
/// Without `--every` it makes one full report and ends. Root sees everything; an ordinary user sees less, and a `problem` record says
/// what is missing and why. Nothing on the machine is changed.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct CollectArgs {
    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[cfg(feature = "listen")]
    #[command(flatten)]
    pub(crate) listen: super::listen::ListenArgs,

    /// Go on reporting, so often: `1s`, `500ms`, `1m`. Events are reported at once.
    #[arg(long, value_name = "TIME", value_parser = parse_pace, env = "SCOPE_EVERY")]
    pub(crate) every: Option<Pace>,

    /// End after so many reports at the interval.
    #[arg(long, value_name = "N", requires = "every", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,

    /// Time between full reports; the others say only what changed.
    #[arg(long, value_name = "TIME", value_parser = parse_pace, default_value = "60s")]
    pub(crate) full_every: Pace,

    /// Read these sources only: host, docker, cgroup, process, net.
    #[arg(long, value_name = "SOURCE", value_delimiter = ',')]
    pub(crate) only: Vec<String>,

    /// Read all sources but these.
    #[arg(long, value_name = "SOURCE", value_delimiter = ',', conflicts_with = "only")]
    pub(crate) except: Vec<String>,

    /// The name of this agent. [default: the host's name]
    #[arg(long, value_name = "NAME", env = "SCOPE_AGENT")]
    pub(crate) agent: Option<AgentName>,

    /// What private addresses of this host belong to: hosts of one realm can reach each other's.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true, env = "SCOPE_REALM")]
    pub(crate) realm: Scope,

    /// Where the container engine listens: `unix:///path` or `tcp://host:port`. [default: the usual places of Docker and Podman]
    #[arg(long, value_name = "ENDPOINT", env = "DOCKER_HOST")]
    pub(crate) docker_endpoint: Option<String>,

    /// Where the host's /proc is mounted.
    #[arg(long, value_name = "DIR", default_value = "/proc", env = "SCOPE_PROC")]
    pub(crate) proc: PathBuf,

    /// Where the host's /sys is mounted.
    #[arg(long, value_name = "DIR", default_value = "/sys", env = "SCOPE_SYS")]
    pub(crate) sys: PathBuf,

    /// Write a record for every connection beside the flows.
    #[arg(long)]
    pub(crate) connections: bool,

    /// Do not look up names for addresses.
    #[arg(long)]
    pub(crate) no_names: bool,

    /// Show kernel threads too.
    #[arg(long)]
    pub(crate) kernel_threads: bool,

    /// Ask the engine how much space writable layers and volumes use. It walks its disks for that.
    #[arg(long)]
    pub(crate) storage: bool,

    /// Environment variables whose values may leave the host: `NAME` or `PREFIX*`. All others are redacted.
    #[arg(long, value_name = "NAME", value_delimiter = ',', env = "SCOPE_ALLOW_ENV")]
    pub(crate) allow_env: Vec<String>,

    #[cfg(feature = "push")]
    #[command(flatten)]
    pub(crate) push: super::PushArgs,
}
