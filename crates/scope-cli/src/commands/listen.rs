//! `scope collect --listen`: the agent's reports to the live agent, and to nothing else.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use scope_collect::agent::Ended;
use scope_collect::config::Source;
use scope_serve::agent::listen::{self, settings::Settings};
use tokio::sync::mpsc;

use super::collect::config;
use crate::args::CollectArgs;
use crate::exit::Exit;
use crate::interruption::{asked_to_end, interruption};

/// The pace of figures, where no other is asked for.
const EVERY: Duration = Duration::from_secs(1);
/// What figures of containers need, where nothing else is asked for. Connections and processes would be most of the cost.
const SOURCES: [Source; 3] = [Source::Host, Source::Docker, Source::Cgroup];
/// Reports that may wait. They are folded at once; more than one waits only while the machine is busy.
const WAITING_REPORTS: usize = 4;

/// Runs the command.
pub(super) fn run(at: SocketAddr, settings: Settings, args: CollectArgs) -> Result<Exit> {
    let narrow = args.only.is_empty() && args.except.is_empty();
    let mut config = config(args)?;
    config.every = config.every.or(Some(EVERY));
    if narrow {
        config.sources = SOURCES.to_vec();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("could not start the runtime")?;
    let (collected, ()) = runtime.block_on(async {
        let listener = listen::bind(at)?;
        let at = listener.local_addr().context("could not tell where it listens")?;
        // Who closed standard error does not want to know.
        drop(writeln!(std::io::stderr(), "scope: serving figures of containers at ws://{at}/"));
        let (reports, waiting) = mpsc::channel(WAITING_REPORTS);
        Ok::<_, anyhow::Error>(tokio::join!(scope_collect::agent::run(config, reports, interruption()), listen::run(settings, listener, waiting)))
    })?;
    Ok(match collected? {
        Ended::Stopped => asked_to_end(),
        Ended::Done | Ended::Closed => Exit::Done,
    })
}
