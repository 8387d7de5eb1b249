//! Requests that were sent down one link and wait for their answers.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use scope_core::link::message::{self, Wanted};
use tokio::sync::oneshot;

use super::pipes::Pipes;
use crate::request::{Answer, Request, RequestEnvelope};
use crate::server::auth::Identity;
use scope_core::AgentName;

/// How long an agent may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// Requests that may wait for one agent.
const WAITING: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Asked {
    next: u64,
    waiting: BTreeMap<u64, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    until: Instant,
    to: To,
}

#[derive(Debug)]
enum To {
    /// Whoever asked.
    Caller(oneshot::Sender<Answer>),
    /// The pipe of this key, if it is not opened.
    Pipe(String),
}

impl Asked {
    /// The message for a request; none where too many wait.
    pub(super) fn ask(&mut self, envelope: RequestEnvelope, pipes: &Pipes, identity: &Identity, agent: &AgentName, now: Instant) -> Option<message::Request> {
        self.expire(pipes, now);
        if self.waiting.len() >= WAITING {
            let _ = envelope.answer.send(Answer::Failed("too many requests wait for the agent".to_owned()));
            return None;
        }
        self.next += 1;
        let (pipe, wanted, to) = match envelope.request {
            Request::Ping => (String::new(), Wanted::Ping(true), To::Caller(envelope.answer)),
            Request::Connections(id) => {
                let key = pipes.expect(identity, agent, envelope.answer);
                (key.clone(), Wanted::Connections(id.as_str().to_owned()), To::Pipe(key))
            }
        };
        self.waiting.insert(self.next, Waiting { until: now + DEADLINE, to });
        Some(message::Request { id: self.next, deadline_ms: DEADLINE.as_millis() as u32, pipe, wanted: Some(wanted) })
    }

    /// Hands an answer over. One that nobody waits for any more is dropped.
    pub(super) fn answer(&mut self, answer: message::Answer, pipes: &Pipes) {
        let Some(waiting) = self.waiting.remove(&answer.id) else { return };
        let failed = !answer.error.is_empty();
        let (to, pong) = match waiting.to {
            To::Caller(to) => (Some(to), true),
            // Without an error the answer comes through the pipe.
            To::Pipe(key) if failed => (pipes.give_up(&key), false),
            To::Pipe(_) => (None, false),
        };
        if let Some(to) = to {
            let _ = to.send(if failed || !pong { Answer::Failed(answer.error) } else { Answer::Pong });
        }
    }

    /// Gives up what has waited for too long: whoever asked hears that there is no answer.
    pub(super) fn expire(&mut self, pipes: &Pipes, now: Instant) {
        self.waiting.retain(|_, waiting| {
            let holds = now < waiting.until;
            if let (To::Pipe(key), false) = (&waiting.to, holds) {
                drop(pipes.give_up(key));
            }
            holds
        });
    }

    /// The link is over.
    pub(super) fn end(&mut self, pipes: &Pipes) {
        for waiting in std::mem::take(&mut self.waiting).into_values() {
            if let To::Pipe(key) = waiting.to {
                drop(pipes.give_up(&key));
            }
        }
    }
}
