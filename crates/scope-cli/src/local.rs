//! This machine as one of the server's agents, without a network between them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use scope_collect::agent::Question;
use scope_collect::config::Config;
use scope_core::Record;
use scope_serve::machine::machine_id;
use scope_serve::request::{Answer, Request, RequestEnvelope};
use scope_serve::server::live::{Hello, Live};
use scope_serve::server::tenant::Tenant;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use crate::args::LocalArgs;
use crate::questions;

/// Reports that may wait. Beyond that the collector waits too.
const WAITING_REPORTS: usize = 8;
/// Questions that may wait.
const WAITING_REQUESTS: usize = 16;
/// How long the end of the collector is waited for.
const END: Duration = Duration::from_secs(5);

/// Whether this machine can be read as `args` say: what they name wrongly is told before a server starts that would show nothing.
pub(crate) fn check(args: &LocalArgs) -> anyhow::Result<()> {
    let Some(endpoint) = args.docker_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty()) else { return Ok(()) };
    scope_collect::docker::Endpoint::parse(endpoint).map(drop).context("this machine cannot be read as --docker-endpoint or DOCKER_HOST says")
}

/// The collector of this machine.
pub(crate) struct Local {
    stop: oneshot::Sender<()>,
    collector: Option<std::thread::JoinHandle<()>>,
    reader: JoinHandle<()>,
}

impl Local {
    /// Begins to read this machine. The collector has a thread and a runtime of its own: reading files blocks.
    pub(crate) fn start(args: LocalArgs, live: Arc<Live>) -> Self {
        let (reports, waiting) = mpsc::channel(WAITING_REPORTS);
        let (stop, stops) = oneshot::channel::<()>();
        let (questions, asked) = mpsc::channel(WAITING_REQUESTS);
        let collector = std::thread::Builder::new().name("collect".to_owned()).spawn(move || {
            if let Err(error) = collect(config(args), reports, asked, stops) {
                tracing::error!("this machine is not shown: {error:#}");
            }
        });
        if let Err(error) = &collector {
            tracing::error!("this machine is not shown: could not start a thread: {error}");
        }
        Self { stop, collector: collector.ok(), reader: tokio::spawn(read(waiting, questions, live)) }
    }

    /// Ends it, and waits for that.
    pub(crate) async fn stop(self) {
        // It may have ended by itself.
        let _ = self.stop.send(());
        if tokio::time::timeout(END, self.reader).await.is_err() {
            tracing::warn!("reading this machine did not end in time");
        } else if let Some(collector) = self.collector {
            drop(collector.join());
        }
    }
}

/// Hands the collector's reports over, and answers what is asked of it.
async fn read(mut reports: mpsc::Receiver<Vec<Record>>, questions: mpsc::Sender<Question>, live: Arc<Live>) {
    let (requests, mut asked) = mpsc::channel(WAITING_REQUESTS);
    let mut session = None;
    let mut answers = JoinSet::new();
    loop {
        let report = tokio::select! {
            report = reports.recv() => report,
            Some(envelope) = asked.recv() => {
                answers.spawn(answer(envelope, questions.clone()));
                continue;
            }
            Some(_) = answers.join_next() => continue,
        };
        let Some(report) = report else { break };
        if session.is_none()
            && let Some(first) = report.first()
        {
            // Whoever pushes from this machine too is told apart from others by it.
            let machine_id = machine_id(&report).map(Into::into);
            let version = env!("CARGO_PKG_VERSION").into();
            let hello = Hello { agent: first.agent.clone(), version, machine_id, address: None, requests: requests.clone() };
            session = live.connect(&Tenant::default(), hello).inspect_err(|error| tracing::error!("this machine is not shown: {error}")).ok();
        }
        if let Some(session) = &session {
            session.apply(report);
        }
    }
}

async fn answer(envelope: RequestEnvelope, questions: mpsc::Sender<Question>) {
    let answer = match envelope.request {
        Request::Ping => Answer::Pong,
        Request::Connections(node) => questions::connections(node, &questions).await,
    };
    // Whoever asked may have gone away.
    drop(envelope.answer.send(answer));
}

fn collect(config: Config, reports: mpsc::Sender<Vec<Record>>, asked: mpsc::Receiver<Question>, stop: oneshot::Receiver<()>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("could not start its runtime")?;
    let stopped = async { drop(stop.await) };
    runtime.block_on(scope_collect::agent::run_answering(config, reports, asked, stopped)).map(drop).context("could not read it")
}

fn config(args: LocalArgs) -> Config {
    Config {
        agent: args.agent,
        realm: args.realm,
        every: Some(args.every.0),
        docker_endpoint: args.docker_endpoint.filter(|endpoint| !endpoint.is_empty()),
        runtime_dir: std::env::var_os("XDG_RUNTIME_DIR").map(Into::into),
        proc_root: args.proc,
        sys_root: args.sys,
        shares_process: true,
        ..Config::default()
    }
}
