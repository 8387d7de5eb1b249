//! `scope collect`: settings from flags, the agent's records to standard output.

use std::io;

use anyhow::{Context, Result};
use scope_collect::agent::Ended;
use scope_collect::config::{Config, Source};
use scope_core::Record;
use scope_core::redact::Redactor;
use tokio::sync::mpsc;

use crate::args::{CollectArgs, OutputArgs};
use crate::exit::Exit;
use crate::interruption::{asked_to_end, interruption};

/// Reports that may wait for a slow reader of the output. Beyond that the agent waits too, and its figures span a longer time.
const WAITING_REPORTS: usize = 8;

/// Runs the command.
pub(crate) fn run(args: CollectArgs) -> Result<Exit> {
    #[cfg(feature = "listen")]
    if let Some((at, settings)) = args.listen.settings() {
        return super::listen::run(at, settings, args);
    }
    #[cfg(feature = "push")]
    if let Some(target) = args.push.push.clone() {
        let push = args.push.clone();
        let (every, full_every) = crate::args::pace(args.every).map_err(anyhow::Error::msg)?;
        return super::push::run(config(CollectArgs { every: Some(every), full_every, ..args })?, push, target);
    }
    let output = args.output;
    output.refuse_bytes_on_a_terminal()?;
    let config = config(args)?;
    let goes_on = config.every.is_some();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("could not start the runtime")?;
    let (reports, waiting) = mpsc::channel(WAITING_REPORTS);
    // Writing blocks when the reader is slow, so it has a thread of its own.
    let writer = std::thread::Builder::new().name("output".to_owned()).spawn(move || write(waiting, output)).context("could not start the output's thread")?;
    let ended = runtime.block_on(scope_collect::agent::run(config, reports, interruption()));
    let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    written.context("could not write to standard output")?;
    Ok(match ended? {
        // Who wants one report and stops it has none.
        Ended::Stopped if goes_on => asked_to_end(),
        Ended::Stopped => Exit::Interrupted,
        Ended::Done | Ended::Closed => Exit::Done,
    })
}

fn write(mut reports: mpsc::Receiver<Vec<Record>>, output: OutputArgs) -> io::Result<()> {
    let mut writer = output.writer()?;
    while let Some(report) = reports.blocking_recv() {
        for record in &report {
            writer.write(record)?;
        }
        writer.flush()?;
    }
    writer.finish().map(drop)
}

pub(super) fn config(args: CollectArgs) -> Result<Config> {
    let sources = |names: &[String]| names.iter().map(|name| name.parse::<Source>()).collect::<Result<Vec<_>, _>>();
    let (only, except) = (sources(&args.only)?, sources(&args.except)?);
    let chosen = |source: &Source| (only.is_empty() || only.contains(source)) && !except.contains(source);
    let mut config = Config {
        agent: args.agent,
        realm: args.realm,
        every: args.every.map(|pace| pace.0),
        count: args.count,
        full_every: args.full_every.0,
        sources: Source::ALL.into_iter().filter(chosen).collect(),
        docker_endpoint: args.docker_endpoint.filter(|endpoint| !endpoint.is_empty()),
        runtime_dir: std::env::var_os("XDG_RUNTIME_DIR").map(Into::into),
        proc_root: args.proc,
        sys_root: args.sys,
        connections: args.connections,
        resolve_names: !args.no_names,
        kernel_threads: args.kernel_threads,
        storage: args.storage,
        redactor: Redactor::new(),
        shares_process: false,
    };
    if !args.allow_env.is_empty() {
        config.redactor = Redactor::allowing(&args.allow_env).context("could not use --allow-env")?;
    }
    anyhow::ensure!(!config.sources.is_empty(), "no source is left to read: --except names all of them");
    Ok(config)
}
