//! The flags of `scope collect --push`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use scope_serve::agent::push::{Target, Transport};

use super::values::{Pace, parse_pace};

/// Reports to a server instead of standard output.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Push")]
pub(crate) struct PushArgs {
    /// Push to this server instead of writing: `https://host:port`, or what `scope serve enrol` printed. Reports once a second unless `--every` says otherwise.
    #[arg(long, value_name = "URL|ENROLMENT", env = "SCOPE_PUSH", hide_env_values = true, conflicts_with_all = ["output", "zstd"])]
    pub(crate) push: Option<Target>,

    /// Authorities that may vouch for the server, in PEM. [default: the system's; with an enrolment the certificate that it names]
    #[arg(long, value_name = "FILE", requires = "push")]
    pub(crate) push_ca: Option<PathBuf>,

    /// The certificate that names this agent, in PEM with its chain, for a server with `--tls-client-ca`. Read again for each connection.
    #[arg(long, value_name = "FILE", env = "SCOPE_PUSH_CERT", requires_all = ["push", "push_key"], conflicts_with = "push_token")]
    pub(crate) push_cert: Option<PathBuf>,

    /// The key of that certificate, in PEM.
    #[arg(long, value_name = "FILE", env = "SCOPE_PUSH_KEY", requires_all = ["push", "push_cert"])]
    pub(crate) push_key: Option<PathBuf>,

    /// How to get through to the server.
    #[arg(long, value_enum, value_name = "WAY", default_value_t = Way::Auto, requires = "push")]
    pub(crate) push_transport: Way,

    /// Push over plain HTTP to another machine, where everyone on the way can read credentials and records.
    #[arg(long, requires = "push")]
    pub(crate) insecure: bool,

    /// A token to push with, instead of an enrolment.
    #[arg(long, value_name = "TOKEN", env = "SCOPE_PUSH_TOKEN", hide_env_values = true, requires = "push")]
    pub(crate) push_token: Option<String>,

    /// Where the credential from an enrolment is kept. [default: /var/lib/scope-agent for root, else ~/.local/state/scope-agent]
    #[arg(long, value_name = "DIR", env = "SCOPE_STATE_DIR", requires = "push")]
    pub(crate) state_dir: Option<PathBuf>,

    /// Serve the agent's own figures and health here, to this machine only: `127.0.0.1:4041` has `/metrics` and `/healthz`.
    #[arg(long, value_name = "ADDRESS", requires = "push")]
    pub(crate) admin: Option<SocketAddr>,
}

/// How to get through to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// gRPC, and a WebSocket where that does not get through.
    Auto,
    /// gRPC over HTTP/2.
    Grpc,
    /// A WebSocket.
    Websocket,
}

impl From<Way> for Transport {
    fn from(way: Way) -> Self {
        match way {
            Way::Auto => Self::Auto,
            Way::Grpc => Self::Grpc,
            Way::Websocket => Self::Websocket,
        }
    }
}

/// How often an agent that pushes reports, and how rarely it says everything again: the link finds out by itself when that is needed.
pub(crate) fn pace(every: Option<Pace>) -> Result<(Pace, Pace), String> {
    Ok((every.map_or_else(|| parse_pace("1s"), Ok)?, parse_pace("24h")?))
}
