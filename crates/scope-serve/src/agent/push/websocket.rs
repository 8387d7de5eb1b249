//! The link over a `WebSocket`: chunks as its binary messages. What is said is `connection`'s business.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use prost::Message as _;
use scope_core::link::CHUNK_BYTES;
use scope_core::link::message::Chunk;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::dial::{Address, DialError, OUTGOING, Opener, Sender, Wire};
use super::refusal::Lost;

/// Opens a socket at `path` of the server.
pub(super) async fn open(address: Arc<Address>, path: &str) -> Result<Wire, DialError> {
    let failed = |error: &Error| DialError::from(lost(error));
    let stream = address.connect("http/1.1").await.map_err(DialError::Failed)?;
    let scheme = if address.target.tls { "wss" } else { "ws" };
    let mut request =
        format!("{scheme}://{}{}{path}", address.target.authority(), address.target.base).into_client_request().map_err(|error| failed(&error))?;
    if let Some(credential) = &address.credential {
        let value =
            HeaderValue::try_from(format!("Bearer {credential}")).map_err(|_| DialError::Failed("the credential holds what no header can".to_owned()))?;
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("scope.link.v1"));
    let limits = WebSocketConfig::default().max_message_size(Some(CHUNK_BYTES)).max_frame_size(Some(CHUNK_BYTES));
    let (socket, _) = tokio_tungstenite::client_async_with_config(request, stream, Some(limits)).await.map_err(|error| failed(&error))?;
    let (mut sink, source) = socket.split();
    let (outgoing, mut waiting) = mpsc::channel::<Chunk>(OUTGOING);
    let sender = tokio::spawn(async move {
        while let Some(chunk) = waiting.recv().await {
            if sink.send(Message::Binary(chunk.encode_to_vec().into())).await.is_err() {
                return;
            }
        }
        // What was said last is on its way, and then this end.
        let _ = sink.close().await;
    });
    let incoming = source.filter_map(|message| async move {
        match message {
            Ok(Message::Binary(bytes)) => Some(Chunk::decode(bytes).map_err(|error| Lost::Broken(error.to_string()))),
            Ok(Message::Close(Some(frame))) => {
                let why = scope_core::limits::cut(frame.reason.as_str(), 300).escape_debug().to_string();
                Some(Err(if frame.code == CloseCode::Policy { Lost::Denied(why) } else { Lost::Broken(why) }))
            }
            Ok(_) => None,
            Err(error) => Some(Err(lost(&error))),
        }
    });
    Ok(Wire { outgoing, incoming: Box::pin(incoming), pipes: Opener::Websocket(address), _sender: Some(Sender(sender)) })
}

fn lost(error: &Error) -> Lost {
    match error {
        Error::Http(response) => Lost::of_status(response.status()),
        other => Lost::Broken(other.to_string()),
    }
}
