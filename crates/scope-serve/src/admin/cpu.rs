//! `/debug/pprof/profile`: stacks of all threads, sampled while they compute. Costs nothing while nobody asks.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::pprof::{ProfilerGuardBuilder, Report};
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::pprof::{Sampled, write};

/// Samples a second of computing: no divisor of what goes on at round times.
const FREQUENCY: i32 = 99;
/// Where no stack can be read safely.
const UNREADABLE: [&str; 4] = ["libc", "libgcc", "pthread", "vdso"];

/// The timer and its signal belong to the whole process.
static ONE: Semaphore = Semaphore::const_new(1);

/// What is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// How long to look.
    #[serde(default = "ten")]
    seconds: u64,
    /// The form: `pprof`, or `folded` for flame graphs.
    #[serde(default)]
    format: Form,
}

fn ten() -> u64 {
    10
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    #[default]
    Pprof,
    Folded,
}

/// Looks for a while, then says what was seen. Asked for by somebody who goes away, it ends at once.
pub(super) async fn profile(Query(wanted): Query<Wanted>) -> Response {
    if !(1..=120).contains(&wanted.seconds) {
        return (StatusCode::BAD_REQUEST, "`seconds` lies between 1 and 120\n").into_response();
    }
    let Ok(_one) = ONE.try_acquire() else { return (StatusCode::CONFLICT, "another profile is being made\n").into_response() };
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let length = Duration::from_secs(wanted.seconds);
    let guard = match ProfilerGuardBuilder::default().frequency(FREQUENCY).blocklist(&UNREADABLE).build() {
        Ok(guard) => guard,
        Err(error) => return failed(&error),
    };
    tokio::time::sleep(length).await;
    // Finding names takes a while. The guard ends there, and the sampling with it.
    match tokio::task::spawn_blocking(move || guard.report().build()).await {
        Ok(Ok(report)) => {
            let sampled = Sampled { stacks: stacks(&report), began, length, frequency: FREQUENCY };
            match wanted.format {
                Form::Pprof => ([(header::CONTENT_TYPE, "application/octet-stream")], write(&sampled)).into_response(),
                Form::Folded => folded(&sampled).into_response(),
            }
        }
        Ok(Err(error)) => failed(&error),
        Err(panic) => failed(&panic),
    }
}

fn failed(error: &dyn std::fmt::Display) -> Response {
    tracing::warn!("no profile could be made: {error}");
    (StatusCode::INTERNAL_SERVER_ERROR, "no profile could be made; the log says why\n").into_response()
}

/// Each stack from its thread inwards, and how often it was seen.
fn stacks(report: &Report) -> Vec<(Vec<String>, i64)> {
    let mut stacks: Vec<_> = report
        .data
        .iter()
        .map(|(frames, count)| {
            let names = frames.frames.iter().rev().flat_map(|inlined| inlined.iter().rev()).map(|symbol| match &symbol.name {
                Some(_) => symbol.name(),
                None => symbol.addr.map_or_else(|| "unknown".to_owned(), |address| format!("{address:p}")),
            });
            (std::iter::once(frames.thread_name_or_id()).chain(names).collect(), i64::try_from(*count).unwrap_or(i64::MAX))
        })
        .collect();
    stacks.sort();
    stacks
}

/// A stack a line, as flame graphs are made of.
fn folded(sampled: &Sampled) -> String {
    let mut text = String::new();
    for (names, count) in &sampled.stacks {
        let names: Vec<String> = names.iter().map(|name| name.replace([';', '\n'], ":")).collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{} {count}", names.join(";"));
    }
    text
}
