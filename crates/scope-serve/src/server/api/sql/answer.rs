//! The server's side: the state goes to the process that answers, and its answer comes back, or nothing does before the deadline.

use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use scope_core::codec::{Compression, Format, Writer};
use scope_core::limits::cut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::SqlQuestion;
use super::worker::{Answered, Asked};
use crate::server::api::question::find_view;
use crate::server::app::App;
use crate::server::auth::Identity;
use crate::server::problem::ProblemDetails;

/// This program itself, also after an update has replaced its file.
const PROGRAM: &str = "/proc/self/exe";
/// Its hidden command that answers.
const COMMAND: &str = "sql-worker";
/// Bytes of an answer.
const ANSWER_BYTES: u64 = 64 << 20;

pub(super) async fn answer(app: &Arc<App>, identity: Identity, question: SqlQuestion) -> Result<Response, ProblemDetails> {
    find_view(&question.view)?;
    let limits = app.config.limits.sql;
    let busy = || ProblemDetails::new(StatusCode::SERVICE_UNAVAILABLE, "other questions are being answered: try again in a moment");
    let _place = app.sql_places.try_acquire().map_err(|_| busy())?;
    let asked = Asked { question, rows: limits.rows, memory_bytes: limits.memory_bytes, cpu_secs: limits.time.as_secs() };
    let late = || ProblemDetails::new(StatusCode::GATEWAY_TIMEOUT, format!("no answer within {} s: ask for less", limits.time.as_secs()));
    let answered = tokio::time::timeout(limits.time, async {
        let input = app.read(identity, move |state| {
            let mut input = serde_json::to_vec(&asked).map_err(|error| failed(&error))?;
            input.push(b'\n');
            let mut writer = Writer::new(input, Format::Ndjson, Compression::None).map_err(|error| failed(&error))?;
            for record in state.records() {
                writer.write(&record).map_err(|error| failed(&error))?;
            }
            writer.finish().map_err(|error| failed(&error))
        });
        run(&input.await?).await
    });
    let (output, status) = answered.await.map_err(|_| late())??;
    match (serde_json::from_slice(&output), status.signal()) {
        (Ok(Answered::Rows(answer)), _) => Ok(axum::Json(answer).into_response()),
        (Ok(Answered::Refused(why)), _) => Err(ProblemDetails::new(StatusCode::UNPROCESSABLE_ENTITY, cut(&why, 1000))),
        (Err(_), Some(XCPU | KILL)) => Err(late()),
        // What allocates beyond the limit aborts; what waits for it in another thread may panic first.
        (Err(_), _) => {
            tracing::warn!("the process that was to answer SQL ended with {status}");
            let detail = format!("it could not be answered with {} MiB of memory: ask for less", limits.memory_bytes >> 20);
            Err(ProblemDetails::new(StatusCode::UNPROCESSABLE_ENTITY, detail))
        }
    }
}

const KILL: i32 = rustix::process::Signal::KILL.as_raw();
const XCPU: i32 = rustix::process::Signal::XCPU.as_raw();

/// Runs the process on `input`; what it says, and how it ended. Dropped, the process is killed.
async fn run(input: &[u8]) -> Result<(Vec<u8>, ExitStatus), ProblemDetails> {
    let mut command = Command::new(PROGRAM);
    command.arg(COMMAND).env_clear().env("POLARS_MAX_THREADS", "2").env("MALLOC_ARENA_MAX", "2").current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| failed(&error))?;
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else { return Err(failed(&"it has no pipes")) };
    let mut output = Vec::new();
    let mut stdout = stdout.take(ANSWER_BYTES);
    let ((), read) = tokio::join!(
        async move {
            // One that was ended by a limit reads no more; its silence says so.
            let _ = stdin.write_all(input).await;
        },
        stdout.read_to_end(&mut output)
    );
    read.map_err(|error| failed(&error))?;
    // It may still want to write.
    drop(stdout);
    let status = child.wait().await.map_err(|error| failed(&error))?;
    Ok((output, status))
}

fn failed(error: &dyn std::fmt::Display) -> ProblemDetails {
    tracing::error!("SQL could not be asked: {error}");
    ProblemDetails::new(StatusCode::INTERNAL_SERVER_ERROR, "the question could not be asked; the server's log says more")
}
