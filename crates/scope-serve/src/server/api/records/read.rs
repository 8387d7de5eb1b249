//! `GET /api/v1/records`: all that the caller may see as records, then every report as it comes.

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, StatusCode, header};
use scope_core::Record;
use scope_core::codec::{Compression, Format, Writer};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{ARROW, NDJSON};
use crate::server::api::extract::Query;
use crate::server::api::{Allowed, Read};
use crate::server::app::App;
use crate::server::live::RecordStream;
use crate::server::problem::ProblemDetails;

/// Records that become bytes at once; a large state comes in several pieces.
const PIECE: usize = 4096;

/// Whether the stream goes on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RecordsQuery {
    /// Whether reports follow as they come; without, the stream ends with the state as it is now.
    #[serde(default = "yes")]
    #[param(default = true)]
    follow: bool,
}

fn yes() -> bool {
    true
}

/// The state as a stream of records: all of it, then every report as it comes.
///
/// NDJSON, or Arrow IPC where `Accept` says so. A reader that is too slow gets all of the state anew instead of what it missed, which joins to the same.
#[utoipa::path(
    get, path = "/api/v1/records", tag = "records", params(RecordsQuery),
    responses(
        (status = 200, description = "Records", content((String = "application/x-ndjson"), (Vec<u8> = "application/vnd.apache.arrow.stream"))),
        (status = 406, description = "`Accept` takes neither form", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn read(
    caller: Allowed<Read>,
    State(app): State<Arc<App>>,
    Query(query): Query<RecordsQuery>,
    headers: HeaderMap,
) -> Result<Response, ProblemDetails> {
    let (format, media) = negotiate(&headers)?;
    let records = app.live.records(&caller.identity.tenant, &caller.identity.visibility);
    let pipe = Pipe::default();
    let writer = Writer::new(pipe.clone(), format, Compression::None).map_err(|error| broken(&error))?;
    let over = Box::pin(caller.standing.over());
    let source = Source { records, app, over, follow: query.follow, begun: false };
    let sending = Sending { source, writer, pipe, waiting: Arc::from(Vec::new()), at: 0 };
    let body = Body::from_stream(stream::unfold(Some(sending), |sending| async move { Some(sending?.next().await) }));
    Ok(([(header::CONTENT_TYPE, media), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], body).into_response())
}

/// The form that the caller takes: the first of its list that there is.
fn negotiate(headers: &HeaderMap) -> Result<(Format, &'static str), ProblemDetails> {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("*/*");
    for wanted in accept.split(',').map(|range| range.split(';').next().unwrap_or_default().trim()) {
        match wanted {
            ARROW => return Ok((Format::Arrow, ARROW)),
            NDJSON | "*/*" | "application/*" | "" => return Ok((Format::Ndjson, NDJSON)),
            _ => {}
        }
    }
    Err(ProblemDetails::new(StatusCode::NOT_ACCEPTABLE, format!("records come as {NDJSON} or {ARROW}")))
}

fn broken(error: &io::Error) -> ProblemDetails {
    tracing::error!("records could not be written: {error}");
    ProblemDetails::new(StatusCode::INTERNAL_SERVER_ERROR, "the records could not be written; the server's log says more")
}

/// Where the records come from.
struct Source {
    records: RecordStream,
    app: Arc<App>,
    /// Completes once the caller is nobody any more.
    over: Pin<Box<dyn Future<Output = ()> + Send>>,
    follow: bool,
    begun: bool,
}

impl Source {
    /// The next report; none at the end.
    async fn next(&mut self) -> Option<Arc<[Record]>> {
        if std::mem::replace(&mut self.begun, true) && !self.follow {
            return None;
        }
        tokio::select! {
            () = self.app.stopping() => None,
            () = &mut self.over => None,
            report = self.records.next() => report,
        }
    }
}

/// A stream on its way to one reader.
struct Sending {
    source: Source,
    writer: Writer<Pipe>,
    pipe: Pipe,
    waiting: Arc<[Record]>,
    at: usize,
}

impl Sending {
    /// The next piece, and what goes on sending.
    async fn next(mut self) -> (io::Result<Bytes>, Option<Self>) {
        if self.at >= self.waiting.len() {
            let Some(report) = self.source.next().await else {
                let pipe = self.pipe;
                return (self.writer.finish().map(|_| pipe.take()), None);
            };
            self.waiting = report;
            self.at = 0;
        }
        // Encoding a piece takes a while.
        match tokio::task::spawn_blocking(move || self.encode()).await {
            Ok(Ok((bytes, sending))) => (Ok(bytes), Some(sending)),
            Ok(Err(error)) => (Err(error), None),
            Err(panic) => (Err(io::Error::other(panic)), None),
        }
    }

    fn encode(mut self) -> io::Result<(Bytes, Self)> {
        for record in self.waiting.iter().skip(self.at).take(PIECE) {
            self.writer.write(record)?;
        }
        self.at += PIECE;
        self.writer.flush()?;
        Ok((self.pipe.take(), self))
    }
}

/// Bytes between a writer and a body.
#[derive(Clone, Debug, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
