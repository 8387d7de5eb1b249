//! The link over `WebSocket`, for where HTTP/2 does not get through: the same chunks as binary messages, one socket for an agent, one for each of its pipes.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Query;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use http::StatusCode;
use prost::Message as _;
use scope_core::link::CHUNK_BYTES;
use scope_core::link::message::Chunk;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::{Broken, Caller, Incoming, Links, OUTGOING, connection};
use crate::server::problem::ProblemDetails;

/// Bytes that are read at once. A report takes a few thousand, and a server has such a buffer for every agent.
const READ_BYTES: usize = 8 << 10;
/// How long the last words may take.
const FAREWELL: Duration = Duration::from_secs(5);

#[derive(Debug, Deserialize)]
struct Wanted {
    /// A pipe rather than a link.
    #[serde(default)]
    pipe: bool,
}

/// The route of the link: `GET /api/v1/link`, with `?pipe=true` for a pipe.
pub fn websocket<S: Clone + Send + Sync + 'static>(links: Arc<Links>) -> MethodRouter<S> {
    get(|upgrade: WebSocketUpgrade, wanted: Query<Wanted>, extensions: http::Extensions| async move {
        let Some(caller) = Caller::of(&extensions) else {
            return ProblemDetails::new(StatusCode::UNAUTHORIZED, "this needs the credential of an agent: enrol it with `scope serve enrol`").into_response();
        };
        accept(links, upgrade, wanted.pipe, caller)
    })
}

fn accept(links: Arc<Links>, upgrade: WebSocketUpgrade, pipe: bool, caller: Caller) -> Response {
    let upgrade = upgrade.protocols(["scope.link.v1"]).max_message_size(CHUNK_BYTES).max_frame_size(CHUNK_BYTES).read_buffer_size(READ_BYTES);
    upgrade.on_upgrade(move |socket| async move {
        let (sink, source) = socket.split();
        let incoming: Incoming = Box::pin(source.filter_map(|message| async move { chunk(message) }));
        let (outgoing, waiting) = mpsc::channel(OUTGOING);
        let work = async {
            if pipe {
                let read = links.pipes.read(&caller.identity, incoming).await;
                // Until here the socket stays open, though nothing goes out.
                drop(outgoing);
                read
            } else {
                connection::serve(&links, caller, incoming, outgoing).await
            }
        };
        send_while(work, sink, waiting).await;
    })
}

/// Sends what waits until the work is done and nothing waits any more.
async fn send_while(work: impl Future<Output = Result<(), Broken>>, mut sink: SplitSink<WebSocket, Message>, mut waiting: mpsc::Receiver<Chunk>) {
    let mut work = std::pin::pin!(work);
    let mut send = std::pin::pin!(async move {
        while let Some(chunk) = waiting.recv().await {
            sink.feed(message(&chunk)).await.ok()?;
            // What waits already goes with it.
            while let Ok(chunk) = waiting.try_recv() {
                sink.feed(message(&chunk)).await.ok()?;
            }
            sink.flush().await.ok()?;
        }
        // All senders are gone: the work is over.
        Some(sink)
    });
    let ended = tokio::select! {
        ended = &mut work => ended,
        // Nothing can be sent any more.
        _ = &mut send => return,
    };
    // The work's end drops its sender; what it said last is still sent.
    let Ok(Some(mut sink)) = tokio::time::timeout(FAREWELL, send).await else { return };
    let reason = ended.err().map(|broken| CloseFrame {
        code: if matches!(broken, Broken::Denied(_) | Broken::SignedOut) { close_code::POLICY } else { close_code::ERROR },
        reason: scope_core::limits::cut(&broken.to_string(), 120).into_owned().into(),
    });
    let _ = tokio::time::timeout(FAREWELL, sink.send(Message::Close(reason))).await;
}

fn message(chunk: &Chunk) -> Message {
    Message::Binary(chunk.encode_to_vec().into())
}

/// The chunk of a message; nothing for those that the protocol answers itself.
fn chunk(message: Result<Message, axum::Error>) -> Option<Result<Chunk, String>> {
    match message {
        Ok(Message::Binary(bytes)) => Some(Chunk::decode(bytes).map_err(|error| error.to_string())),
        Ok(Message::Text(_)) => Some(Err("text came where frames are binary".to_owned())),
        Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_)) => None,
        Err(error) => Some(Err(error.to_string())),
    }
}
