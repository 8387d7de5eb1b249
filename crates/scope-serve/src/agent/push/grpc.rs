//! The link over gRPC: chunks as the messages of one stream over HTTP/2. What is said is `connection`'s business.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use http::StatusCode;
use http::uri::PathAndQuery;
use hyper_util::rt::TokioIo;
use scope_core::link::CHUNK_BYTES;
use scope_core::link::message::Chunk;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

use super::dial::{Address, DialError, OUTGOING, Opener, Wire};
use super::refusal::Lost;

/// Where gRPC says how a call ended.
const STATUS: &str = "grpc-status";
/// The stream of a link.
const CONNECT: &str = "/scope.link.v1.Link/Connect";
/// The stream of a pipe.
pub(super) const PIPE: &str = "/scope.link.v1.Link/Pipe";

/// Dials the server and opens the link.
pub(super) async fn dial(address: &Arc<Address>) -> Result<Wire, DialError> {
    let failed = |error: &dyn std::error::Error| DialError::Failed(with_causes(error));
    let scheme = if address.target.tls { "https" } else { "http" };
    let origin = format!("{scheme}://{}", address.target.authority()).parse().map_err(|error: http::uri::InvalidUri| failed(&error))?;
    // TLS is ours, so the endpoint itself speaks none.
    let endpoint = Endpoint::from_shared(format!("http://{}", address.target.authority())).map_err(|error| failed(&error))?.origin(origin);
    let endpoint = endpoint.http2_keep_alive_interval(Duration::from_secs(20)).keep_alive_timeout(Duration::from_secs(20));
    let dialled = Arc::clone(address);
    let connector = tower::service_fn(move |_: http::Uri| {
        let dialled = Arc::clone(&dialled);
        async move { dialled.connect("h2").await.map(TokioIo::new).map_err(std::io::Error::other) }
    });
    let channel = endpoint.connect_with_connector(connector).await.map_err(|error| failed(&error))?;
    open(channel, address.credential.clone(), CONNECT).await
}

/// Opens a stream beside others on one connection.
pub(super) async fn open(channel: Channel, credential: Option<Arc<str>>, path: &'static str) -> Result<Wire, DialError> {
    let (outgoing, waiting) = mpsc::channel::<Chunk>(OUTGOING);
    let mut request = tonic::Request::new(ReceiverStream::new(waiting));
    if let Some(credential) = &credential {
        let value: AsciiMetadataValue =
            format!("Bearer {credential}").parse().map_err(|_| DialError::Failed("the credential holds what no header can".to_owned()))?;
        request.metadata_mut().insert("authorization", value);
    }
    let mut client = tonic::client::Grpc::new(tower::util::MapResponse::new(channel.clone(), with_status)).max_decoding_message_size(CHUNK_BYTES);
    client.ready().await.map_err(|error| DialError::Failed(with_causes(&error)))?;
    let codec = ProstCodec::<Chunk, Chunk>::default();
    let response = client.streaming(request, PathAndQuery::from_static(path), codec).await.map_err(|status| lost(&status))?;
    let incoming = response.into_inner().map(|chunk| chunk.map_err(|status| lost(&status)));
    Ok(Wire { outgoing, incoming: Box::pin(incoming), pipes: Opener::Grpc(channel, credential), _sender: None })
}

/// An answer that is no gRPC, with a status that says what it is: its body would be read as messages.
fn with_status<B>(mut response: http::Response<B>) -> http::Response<B> {
    if response.status() != StatusCode::OK && !response.headers().contains_key(STATUS) {
        let (code, why) = match Lost::of_status(response.status()) {
            Lost::Broken(why) => (Code::Unavailable, why),
            Lost::Unknown => (Code::Unauthenticated, String::new()),
            Lost::Denied(why) => (Code::PermissionDenied, why),
        };
        let status = tonic::Status::new(code, why);
        // Codes and the words for HTTP's statuses are text that any header can hold.
        let _ = status.add_header(response.headers_mut());
    }
    response
}

fn lost(status: &tonic::Status) -> Lost {
    let message = scope_core::limits::cut(status.message(), 300).escape_debug().to_string();
    match status.code() {
        Code::Unauthenticated => Lost::Unknown,
        Code::PermissionDenied => Lost::Denied(message),
        Code::Unavailable => Lost::Broken(message),
        code => Lost::Broken(format!("{}: {message}", code.description())),
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
