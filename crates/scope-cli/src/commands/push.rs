//! `scope collect --push`: the agent's records to a server, and the server's questions to the agent.

use std::path::PathBuf;

use anyhow::{Context, Result};
use scope_collect::agent::{self, Ended, Question};
use scope_collect::config::Config;
use scope_serve::agent::push::{self, ClientCertificate, PushConfig, Target};
use scope_serve::request::{Answer, Request, RequestEnvelope};
use tokio::sync::mpsc;

use crate::args::PushArgs;
use crate::data_dir;
use crate::exit::Exit;
use crate::interruption::{asked_to_end, interruption};
use crate::questions;

/// Reports that may wait for the link. What it cannot send it keeps itself.
const WAITING_REPORTS: usize = 8;
/// Questions that may wait for the collector.
const WAITING_QUESTIONS: usize = 8;

/// Runs the agent until it is told to end, or has made all reports.
pub(crate) fn run(config: Config, args: PushArgs, target: Target) -> Result<Exit> {
    let state_dir = args.state_dir.map_or_else(default_state_dir, Some);
    let push = PushConfig {
        transport: args.push_transport.into(),
        ca: args.push_ca,
        client: args.push_cert.zip(args.push_key).map(|(cert, key)| ClientCertificate { cert, key }),
        insecure: args.insecure,
        token: args.push_token,
        state_dir,
        admin: args.admin,
        ..PushConfig::new(target, env!("CARGO_PKG_VERSION"))
    };
    // Two threads: reading the machine blocks, and heartbeats are not to wait for it.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().context("could not start the runtime")?;
    runtime.block_on(both(config, push))
}

async fn both(config: Config, push: PushConfig) -> Result<Exit> {
    let (reports, waiting) = mpsc::channel(WAITING_REPORTS);
    let (requests, asked) = mpsc::channel(WAITING_QUESTIONS);
    let (questions, put) = mpsc::channel(WAITING_QUESTIONS);
    // The collector ends first; then its reports have a moment to arrive. Where the link gives up for good, nobody takes reports, and the collector ends too.
    let collect = agent::run_answering(config, reports, put, interruption());
    let link = push::run(push, waiting, requests, std::future::pending());
    let (collected, pushed, ()) = tokio::join!(collect, link, pass_on(asked, questions));
    pushed.context("could not push")?;
    Ok(match collected? {
        Ended::Stopped => asked_to_end(),
        Ended::Done | Ended::Closed => Exit::Done,
    })
}

/// Puts the server's questions to the collector, one after the other.
async fn pass_on(mut asked: mpsc::Receiver<RequestEnvelope>, questions: mpsc::Sender<Question>) {
    while let Some(RequestEnvelope { request, answer }) = asked.recv().await {
        let answered = match request {
            Request::Ping => Answer::Pong,
            Request::Connections(node) => questions::connections(node, &questions).await,
        };
        // Whoever asked may have gone away.
        drop(answer.send(answered));
    }
}

fn default_state_dir() -> Option<PathBuf> {
    data_dir::default_of("scope-agent")
}
