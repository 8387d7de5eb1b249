//! `POST /api/v1/records`: a stream of records, taken in report by report as it comes.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use http::StatusCode;
use scope_core::codec::Reader;
use scope_core::limits::cut;
use scope_core::{AgentName, Body as Said, Record};
use serde::Serialize;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use crate::server::api::extract::NoQuery;
use crate::server::api::{Allowed, Push};
use crate::server::app::App;
use crate::server::auth::{Action, Identity, Target, authorize};
use crate::server::config::Limits;
use crate::server::problem::ProblemDetails;

/// Parts of a body that wait to be read.
const PARTS: usize = 8;
/// Records taken in at once, where no tick comes before.
const BATCH: usize = 5000;
/// Mistakes that are told one by one.
const ERRORS: usize = 20;
/// Mistakes after which the rest is not read.
const MAX_ERRORS: u64 = 10_000;
/// Agents in one stream.
const AGENTS: usize = 1000;

/// What became of the records.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Taken {
    /// Records that were taken in.
    taken: u64,
    /// Records that were refused, as the sender may not say them, or beyond a limit.
    dropped: u64,
    /// What could not be read, where and why: the first 20 mistakes.
    errors: Vec<String>,
    /// How many mistakes there were.
    errors_total: u64,
}

/// Takes in a stream of records: `scope collect | curl --data-binary @- …`.
///
/// NDJSON or Arrow IPC, each plain or under zstd; they are told apart by their first bytes. Records are taken in as they come, so a long stream shows at
/// once. They expire after three intervals of their agent, or after a minute where there was one report only.
#[utoipa::path(
    post, path = "/api/v1/records", tag = "records",
    request_body(content((String = "application/x-ndjson"), (Vec<u8> = "application/vnd.apache.arrow.stream")), description = "Records"),
    responses(
        (status = 200, body = Taken),
        (status = 400, description = "Nothing in it is a record", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "This needs a token", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "The token does not allow it", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 408, description = "The body came too slowly", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, description = "An agent of that name is connected", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn write(caller: Allowed<Push>, State(app): State<Arc<App>>, _: NoQuery, body: Body) -> Result<Json<Taken>, ProblemDetails> {
    let limits = app.config.limits;
    let (parts, waiting) = mpsc::channel(PARTS);
    let shared = Arc::clone(&app);
    let reading = tokio::task::spawn_blocking(move || Intake { app: shared, identity: caller.identity, done: Taken::default() }.read(waiting, limits));
    let came = pass_on(body, parts, limits.records_bytes).await;
    let taken = reading.await.map_err(|panic| {
        tracing::error!("records could not be read: {panic}");
        ProblemDetails::new(StatusCode::INTERNAL_SERVER_ERROR, "the records could not be read; the server's log says more")
    })??;
    came?;
    match taken.errors.first() {
        Some(first) if taken.taken == 0 && taken.dropped == 0 => {
            Err(ProblemDetails::new(StatusCode::BAD_REQUEST, format!("nothing in the body is a record: {first}")))
        }
        _ => Ok(Json(taken)),
    }
}

/// Hands the body over, part by part.
async fn pass_on(body: Body, parts: mpsc::Sender<Bytes>, limit: usize) -> Result<(), ProblemDetails> {
    let mut stream = body.into_data_stream();
    let mut bytes = 0;
    while let Some(part) = stream.next().await {
        let part = part.map_err(|error| ProblemDetails::new(StatusCode::REQUEST_TIMEOUT, format!("the body broke off: {error}")))?;
        bytes += part.len();
        if bytes > limit {
            let detail = format!("the body is larger than {limit} bytes; what came before was taken in. For a stream without end, `scope collect --push`");
            return Err(ProblemDetails::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        if parts.send(part).await.is_err() {
            // The reader has had enough, and says why.
            break;
        }
    }
    Ok(())
}

/// One body being read.
struct Intake {
    app: Arc<App>,
    identity: Identity,
    done: Taken,
}

impl Intake {
    fn read(mut self, waiting: mpsc::Receiver<Bytes>, limits: Limits) -> Result<Taken, ProblemDetails> {
        let reader = Reader::new(Parts { waiting, part: Bytes::new() });
        let mut agents: BTreeMap<AgentName, Vec<Record>> = BTreeMap::new();
        let (mut records, mut batched) = (0, 0);
        for next in reader {
            match next {
                Ok(record) => {
                    records += 1;
                    if records > limits.records {
                        let detail = format!("there are more than {} records; those before were taken in", limits.records);
                        return Err(ProblemDetails::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
                    }
                    let ends = matches!(record.body, Said::Tick(_));
                    if agents.len() >= AGENTS && !agents.contains_key(&record.agent) {
                        return Err(ProblemDetails::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the stream names more than {AGENTS} agents")));
                    }
                    agents.entry(record.agent.clone()).or_default().push(record);
                    batched += 1;
                    if ends || batched >= BATCH {
                        self.take(&mut agents)?;
                        batched = 0;
                    }
                }
                Err(error) if error.is_warning() => {}
                Err(error) => {
                    self.done.errors_total += 1;
                    if self.done.errors.len() < ERRORS {
                        let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
                        self.done.errors.push(cut(&format!("{error}{hint}"), 400).into_owned());
                    }
                    if error.ends_input() || self.done.errors_total >= MAX_ERRORS {
                        break;
                    }
                }
            }
        }
        self.take(&mut agents)?;
        Ok(self.done)
    }

    fn take(&mut self, agents: &mut BTreeMap<AgentName, Vec<Record>>) -> Result<(), ProblemDetails> {
        for (agent, records) in std::mem::take(agents) {
            authorize(&self.identity, Action::Push, Target::Agent(&self.identity.tenant, &agent))?;
            let posted = self.app.live.post(&self.identity.tenant, &agent, records);
            let posted = posted.map_err(|error| ProblemDetails::new(StatusCode::CONFLICT, format!("agent {agent}: {error}")))?;
            self.done.taken += posted.taken as u64;
            self.done.dropped += posted.dropped as u64;
        }
        Ok(())
    }
}

/// A body as something to read from, on a thread that may wait.
struct Parts {
    waiting: mpsc::Receiver<Bytes>,
    part: Bytes,
}

impl Read for Parts {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.part.is_empty() {
            match self.waiting.blocking_recv() {
                Some(part) => self.part = part,
                None => return Ok(0),
            }
        }
        let count = self.part.len().min(into.len());
        self.part.copy_to_slice(into.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}
