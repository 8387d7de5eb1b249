//! A `WebSocket` that sends long messages in pieces. A message that is sent whole is first copied whole, for each of those who get it; of one that goes in
//! pieces only the piece is on its way. What is said over it is not known here.

use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::request::Parts;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// Bytes of a message that are sent at once.
const PIECE: usize = 32 << 10;
/// Bytes of what the other end may say: nothing but pings and the like.
const SAID_BYTES: usize = 4 << 10;

/// A request that can become a socket.
pub(in crate::server::api) struct Upgrade {
    answer: WebSocketUpgrade,
    connection: OnUpgrade,
}

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = WebSocketUpgradeRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        // What is asked for is checked and answered as always; the connection itself is not given away.
        let none = || hyper::upgrade::on(http::Request::new(()));
        let connection = parts.extensions.remove::<OnUpgrade>();
        if connection.is_some() {
            parts.extensions.insert(none());
        }
        let answer = WebSocketUpgrade::from_request_parts(parts, state).await?;
        Ok(Self { answer, connection: connection.unwrap_or_else(none) })
    }
}

impl Upgrade {
    /// The answer. `serve` has the socket once it is open, and ends with it.
    pub(super) fn open<F: Future<Output = ()> + Send + 'static>(self, serve: impl FnOnce(Socket) -> F + Send + 'static) -> Response {
        let connection = self.connection;
        tokio::spawn(async move {
            // One that broke before it was open has nobody to hear of it.
            let Ok(upgraded) = connection.await else { return };
            let config = WebSocketConfig::default()
                .max_message_size(Some(SAID_BYTES))
                .max_frame_size(Some(SAID_BYTES))
                .read_buffer_size(SAID_BYTES)
                .write_buffer_size(PIECE)
                .max_write_buffer_size(PIECE * 8);
            serve(Socket(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await)).await;
        });
        self.answer.on_upgrade(|_| std::future::ready(()))
    }
}

/// An open socket.
pub(super) struct Socket(WebSocketStream<TokioIo<Upgraded>>);

/// Whoever it was is gone.
#[derive(Debug)]
pub(super) struct Gone;

impl Socket {
    /// Sends a message: text, or bytes.
    pub(super) async fn send(&mut self, is_text: bool, mut message: Bytes) -> Result<(), Gone> {
        let mut kind = if is_text { Data::Text } else { Data::Binary };
        loop {
            let piece = message.split_to(message.len().min(PIECE));
            let is_last = message.is_empty();
            self.0.feed(Message::Frame(Frame::message(piece, OpCode::Data(kind), is_last))).await.map_err(|_| Gone)?;
            if is_last {
                return self.0.flush().await.map_err(|_| Gone);
            }
            kind = Data::Continue;
        }
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), Gone> {
        self.0.send(Message::Ping(Bytes::new())).await.map_err(|_| Gone)
    }

    /// Says why it ends.
    pub(super) async fn close(&mut self, code: CloseCode, reason: &'static str) -> Result<(), Gone> {
        self.0.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await.map_err(|_| Gone)
    }

    /// Waits until anything is said.
    pub(super) async fn heard(&mut self) -> Result<(), Gone> {
        match self.0.next().await {
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Gone),
            Some(Ok(_)) => Ok(()),
        }
    }
}
