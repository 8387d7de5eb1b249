//! The flags of the live agent, a part of those of `scope collect`.

use std::net::SocketAddr;

use clap::Args;
use scope_serve::agent::listen::settings::{Attribute, CLIENTS, Origin, Settings};

/// Let browsers read figures of containers straight from this agent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Live agent")]
pub(crate) struct ListenArgs {
    /// Serve figures of containers to browsers here, every second and without a server, rather than write records: `0.0.0.0:8080`.
    ///
    /// Read-only, for everybody who reaches the port: ids, names and figures. Reads host, docker and cgroup unless `--only` or `--except` say otherwise.
    #[arg(long, value_name = "ADDRESS", env = "SCOPE_LISTEN")]
    #[cfg_attr(feature = "push", arg(conflicts_with = "push"))]
    pub(crate) listen: Option<SocketAddr>,

    /// Let pages of these origins only read: `https://example.org`. [default: any]
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', requires = "listen", env = "SCOPE_ALLOW_ORIGIN")]
    pub(crate) allow_origin: Vec<Origin>,

    /// Show these attributes too: command, image, labels, ports, state, … Needs `--allow-origin`.
    #[arg(long, value_name = "ATTRIBUTE", value_delimiter = ',', requires = "allow_origin", env = "SCOPE_EXPOSE")]
    pub(crate) expose: Vec<Attribute>,

    /// Clients at a time.
    #[arg(long, value_name = "N", default_value_t = CLIENTS, requires = "listen", value_parser = clients)]
    pub(crate) max_clients: usize,
}

fn clients(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|clients| (1..=10_000).contains(clients)).ok_or_else(|| "is a number from 1 to 10000".to_owned())
}

impl ListenArgs {
    /// Where to listen and under which settings, where that is wanted.
    pub(crate) fn settings(&self) -> Option<(SocketAddr, Settings)> {
        let settings = Settings { origins: self.allow_origin.clone(), expose: self.expose.clone(), clients: self.max_clients, ..Settings::default() };
        self.listen.map(|at| (at, settings))
    }
}
