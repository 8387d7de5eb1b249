//! Pipes that are expected: who may open each, and where what comes through it goes. How its pieces travel is the transport's business.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use hashbrown::HashMap;
use scope_core::codec::Reader;
use scope_core::link::Unpacker;
use scope_core::link::message::Kind;
use scope_core::{AgentName, Body, Record};
use tokio::sync::oneshot;

use super::{Broken, Incoming};
use crate::request::Answer;
use crate::server::auth::Identity;
use crate::server::tenant::Tenant;

/// Bytes of one answer, at most: 40,000 connections and more.
const ANSWER_BYTES: usize = 16 << 20;
/// How long an agent may take from one piece to the next.
const PIECE: Duration = Duration::from_secs(10);

/// Pipes that agents are to open.
#[derive(Debug, Default)]
pub(super) struct Pipes(Mutex<HashMap<String, Expected>>);

#[derive(Debug)]
struct Expected {
    tenant: Tenant,
    /// What the agent is called here.
    agent: AgentName,
    /// The agent of the credential that may open it; any identity of the tenant that may push where there was none.
    by: Option<AgentName>,
    answer: oneshot::Sender<Answer>,
}

impl Pipes {
    /// Expects a pipe for the answer of `agent`; gives back what opens it.
    pub(super) fn expect(&self, identity: &Identity, agent: &AgentName, answer: oneshot::Sender<Answer>) -> String {
        // 74 random bits: nobody else opens it by guessing within its ten seconds.
        let key = uuid::Uuid::now_v7().to_string();
        let expected = Expected { tenant: identity.tenant.clone(), agent: agent.clone(), by: identity.agent.clone(), answer };
        self.lock().insert(key.clone(), expected);
        key
    }

    /// No longer expects a pipe; gives back where its answer was to go.
    pub(super) fn give_up(&self, key: &str) -> Option<oneshot::Sender<Answer>> {
        self.lock().remove(key).map(|expected| expected.answer)
    }

    fn take(&self, key: &str, identity: &Identity) -> Option<Expected> {
        let mut pipes = self.lock();
        let may = pipes.get(key).is_some_and(|expected| expected.tenant == identity.tenant && expected.by == identity.agent);
        if may { pipes.remove(key) } else { None }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Expected>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a pipe that was opened to its end, and hands its answer over.
    pub(super) async fn read(&self, identity: &Identity, mut incoming: Incoming) -> Result<(), Broken> {
        let mut unpacker = Unpacker::default();
        let mut expected: Option<Expected> = None;
        let mut bytes = Vec::new();
        loop {
            let chunk = tokio::time::timeout(PIECE, incoming.next()).await.map_err(|_| Broken::Silent(PIECE))?;
            let chunk = chunk.unwrap_or_else(|| Err("before the pipe's end".to_owned())).map_err(Broken::Transport)?;
            let Some(Kind::Pipe(piece)) = unpacker.unpack(&chunk)?.kind else { continue };
            let to = match expected.take() {
                Some(expected) => expected,
                None => self.take(&piece.pipe, identity).ok_or(Broken::Manners("opened a pipe that is not expected"))?,
            };
            if !piece.error.is_empty() {
                let _ = to.answer.send(Answer::Failed(piece.error));
                return Ok(());
            }
            if bytes.len() + piece.data.len() > ANSWER_BYTES {
                let _ = to.answer.send(Answer::Failed("the answer is larger than 16 MiB".to_owned()));
                return Err(Broken::Manners("answered with more than 16 MiB"));
            }
            bytes.extend(piece.data);
            if piece.end {
                let agent = to.agent.clone();
                let records = tokio::task::spawn_blocking(move || connections(&bytes, &agent)).await.unwrap_or_default();
                let _ = to.answer.send(Answer::Connections(records));
                return Ok(());
            }
            expected = Some(to);
        }
    }
}

/// The raw connections among what came; nothing else was asked for.
fn connections(bytes: &[u8], agent: &AgentName) -> Vec<Record> {
    let records = Reader::new(bytes).filter_map(Result::ok).filter(|record| matches!(record.body, Body::Connection(_)));
    records
        .map(|mut record| {
            record.agent.clone_from(agent);
            record
        })
        .collect()
}
