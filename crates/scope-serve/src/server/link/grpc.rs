//! The link over gRPC: one stream for an agent, one for each of its pipes, on the router that everything else is on. What is said is `connection`'s business.

use std::future::Ready;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::{Stream, StreamExt};
use scope_core::link::CHUNK_BYTES;
use scope_core::link::message::Chunk;
use tokio::sync::mpsc;
use tonic::server::{Grpc, StreamingService};
use tonic::{Status, Streaming};
use tonic_prost::ProstCodec;

use super::{Broken, Caller, Incoming, Links, OUTGOING, connection};
use crate::server::auth::Denied;

/// The routes of the gRPC service `scope.link.v1.Link`.
pub fn grpc(links: Arc<Links>) -> Router {
    let pipes = Arc::clone(&links);
    Router::new()
        .route("/scope.link.v1.Link/Connect", post(move |request| answer(links, Method::Connect, request)))
        .route("/scope.link.v1.Link/Pipe", post(move |request| answer(pipes, Method::Pipe, request)))
}

#[derive(Clone, Copy)]
enum Method {
    Connect,
    Pipe,
}

async fn answer(links: Arc<Links>, method: Method, request: Request) -> Response {
    let Some(caller) = Caller::of(request.extensions()) else {
        return Status::unauthenticated("this needs the credential of an agent: enrol it with `scope serve enrol`")
            .into_http::<axum::body::Body>()
            .into_response();
    };
    let mut grpc = Grpc::new(ProstCodec::<Chunk, Chunk>::default()).max_decoding_message_size(CHUNK_BYTES);
    grpc.streaming(Service { links, method, caller: Some(caller) }, request).await.into_response()
}

struct Service {
    links: Arc<Links>,
    method: Method,
    /// Until its one call.
    caller: Option<Caller>,
}

impl StreamingService<Chunk> for Service {
    type Response = Chunk;
    type ResponseStream = Driven;
    type Future = Ready<Result<tonic::Response<Driven>, Status>>;

    fn call(&mut self, request: tonic::Request<Streaming<Chunk>>) -> Self::Future {
        let (outgoing, waiting) = mpsc::channel(OUTGOING);
        let (links, caller) = (Arc::clone(&self.links), self.caller.take());
        let incoming: Incoming = Box::pin(request.into_inner().map(|chunk| chunk.map_err(|status| status.message().to_owned())));
        let method = self.method;
        let work = async move {
            let caller = caller.ok_or(Broken::Denied(Denied::SignIn))?;
            match method {
                Method::Connect => connection::serve(&links, caller, incoming, outgoing).await,
                Method::Pipe => links.pipes.read(&caller.identity, incoming).await,
            }
        };
        std::future::ready(Ok(tonic::Response::new(Driven { work: Some(Box::pin(work)), waiting, ended: None })))
    }
}

type Work = Pin<Box<dyn Future<Output = Result<(), Broken>> + Send>>;

/// The response: what is to be sent, and the work that makes it. It is dropped with the connection, and no task outlives it.
struct Driven {
    work: Option<Work>,
    waiting: mpsc::Receiver<Chunk>,
    ended: Option<Status>,
}

impl Stream for Driven {
    type Item = Result<Chunk, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(work) = &mut self.work
            && let Poll::Ready(ended) = work.as_mut().poll(context)
        {
            self.work = None;
            self.ended = ended.err().map(|broken| status(&broken));
        }
        match self.waiting.poll_recv(context) {
            Poll::Ready(Some(chunk)) => Poll::Ready(Some(Ok(chunk))),
            // All senders are gone, so the work has ended, and with it its status.
            Poll::Ready(None) if self.work.is_none() => Poll::Ready(self.ended.take().map(Err)),
            _ => Poll::Pending,
        }
    }
}

fn status(broken: &Broken) -> Status {
    let message = broken.to_string();
    match broken {
        Broken::Denied(_) | Broken::SignedOut => Status::permission_denied(message),
        Broken::Refused(_) => Status::resource_exhausted(message),
        Broken::Stopping => Status::unavailable(message),
        Broken::Link(_) | Broken::Manners(_) => Status::invalid_argument(message),
        Broken::Transport(_) | Broken::Silent(_) | Broken::Stuck | Broken::Superseded => Status::aborted(message),
    }
}
