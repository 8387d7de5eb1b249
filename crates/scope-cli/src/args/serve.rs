//! The flags of `scope serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use scope_serve::server::config::BasePath;
use scope_serve::server::guard::Network;

use super::agents::AgentsArgs;
use super::enrol::EnrolArgs;
use super::limits::LimitArgs;
use crate::data_dir::DataDirArgs;

/// What else there is to do with a server.
#[derive(Debug, Subcommand)]
pub(crate) enum ServeCommand {
    /// Let one more agent in: write the string that it needs to standard output.
    Enrol(EnrolArgs),
    /// List the agents that have a credential, and take credentials away.
    Agents(AgentsArgs),
}

/// Show this machine, and the agents that dial in, to browsers and tools.
///
/// Without flags it shows this machine at `http://127.0.0.1:4040` to whoever is on it. Every other address needs TLS and credentials.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ServeArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ServeCommand>,

    /// Where to listen. Beyond loopback it needs TLS: in a container it makes a certificate by itself, as with `--tls-self-signed`.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4040", env = "SCOPE_BIND")]
    pub(crate) bind: SocketAddr,

    /// The path that everything lies under, behind a proxy: `/scope`.
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true, env = "SCOPE_BASE_PATH")]
    pub(crate) base_path: BasePath,

    /// The server's certificate in PEM, with its chain. Read again when it changes.
    #[arg(long, value_name = "FILE", requires = "tls_key", conflicts_with = "tls_self_signed", env = "SCOPE_TLS_CERT", help_heading = "TLS")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The key of that certificate, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "SCOPE_TLS_KEY", help_heading = "TLS")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Make a certificate at the first start, and keep it in the data directory.
    #[arg(long, help_heading = "TLS")]
    pub(crate) tls_self_signed: bool,

    /// Authorities, in PEM, whose certificates name agents.
    #[arg(long, value_name = "FILE", env = "SCOPE_TLS_CLIENT_CA", help_heading = "TLS")]
    pub(crate) tls_client_ca: Option<PathBuf>,

    /// Listen beyond this machine without TLS all the same: whoever is on the way reads everything, tokens too.
    #[arg(long, help_heading = "TLS")]
    pub(crate) insecure: bool,

    /// A name that browsers and agents call it by, beside `localhost` and its addresses.
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = parse_host_name, env = "SCOPE_HOST_NAME")]
    pub(crate) host_name: Vec<String>,

    /// A proxy that is believed for whom it speaks: its address, or a network such as 10.0.0.0/8.
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',', env = "SCOPE_TRUST_PROXY")]
    pub(crate) trust_proxy: Vec<Network>,

    /// Serve health, metrics and profiles here too, to this machine only: `127.0.0.1:4041`.
    #[arg(long, value_name = "ADDRESS", env = "SCOPE_ADMIN")]
    pub(crate) admin: Option<SocketAddr>,

    #[command(flatten)]
    pub(crate) data_dir: DataDirArgs,

    /// Do not read this machine: show what agents say only.
    #[cfg(feature = "collect")]
    #[arg(long)]
    pub(crate) no_collect: bool,

    #[cfg(feature = "collect")]
    #[command(flatten)]
    pub(crate) local: LocalArgs,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// A name as browsers write it, without a scheme, a port or a path. Addresses need none: a server is known by those that it listens on.
fn parse_host_name(text: &str) -> Result<String, String> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let is_name = text.len() <= 253 && text.strip_suffix('.').unwrap_or(text).split('.').all(is_word);
    if is_name && text.parse::<std::net::IpAddr>().is_err() {
        Ok(text.to_owned())
    } else {
        Err("it is a name such as scope.example, without a scheme, a port or a path".to_owned())
    }
}

/// How this machine is read.
#[cfg(feature = "collect")]
#[derive(Debug, Args)]
#[command(next_help_heading = "This machine")]
pub(crate) struct LocalArgs {
    /// How often it reports.
    #[arg(long, value_name = "TIME", value_parser = super::values::parse_pace, default_value = "1s", env = "SCOPE_EVERY")]
    pub(crate) every: super::values::Pace,

    /// The name of its agent. [default: the host's name]
    #[arg(long, value_name = "NAME", env = "SCOPE_AGENT")]
    pub(crate) agent: Option<scope_core::AgentName>,

    /// What private addresses of this host belong to: hosts of one realm can reach each other's.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true, env = "SCOPE_REALM")]
    pub(crate) realm: scope_core::Scope,

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
