//! What a process shows of itself to its own machine, on an address of its own: profiles, and the routes that its owner adds. Nothing here is for
//! browsers, and nothing leaves the machine.
//!
//! | path | what |
//! |---|---|
//! | `/debug/pprof/profile` | where its CPU time goes |
//! | `/debug/pprof/heap` | who asked for its memory, where its allocator tells |
//! | `/debug/memory` | what its memory is made of |

mod cpu;
mod heap;
mod memory;
mod pprof;

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Connections at once.
const CONNECTIONS: usize = 16;
/// Time to send a request's head.
const HEAD: Duration = Duration::from_secs(10);
/// How long accepting pauses when the process is out of descriptors.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);

/// Listens at `at`, an address of this machine alone.
pub(crate) async fn bind(at: SocketAddr) -> std::io::Result<TcpListener> {
    if !at.ip().is_loopback() {
        let what = "not an address of this machine alone: take 127.0.0.1 or [::1]";
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, what));
    }
    TcpListener::bind(at).await
}

/// Serves profiles and `routes` until `stop` completes; what is under way then is cut off.
pub(crate) async fn serve(listener: TcpListener, routes: Router, stop: impl Future<Output = ()>) {
    let profiles =
        Router::new().route("/debug/pprof/profile", get(cpu::profile)).route("/debug/pprof/heap", get(heap::profile)).route("/debug/memory", get(memory::show));
    let routes = TowerToHyperService::new(routes.merge(profiles).layer(middleware::from_fn(local)));
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept(), if connections.len() < CONNECTIONS => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let routes = routes.clone();
                connections.spawn(async move {
                    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
                    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
                    // Whoever breaks off gets no answer, which is all there is to it.
                    drop(builder.serve_connection(TokioIo::new(stream), routes).await);
                });
            }
            Err(error) => {
                tracing::warn!("could not accept a connection to the admin address: {error}");
                tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
            }
        }
    }
    connections.shutdown().await;
}

/// Pages of other sites reach this address through a browser; a name that leads here is not ours.
async fn local(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(host, |(name, _)| name);
    let ours = matches!(name, "localhost" | "127.0.0.1" | "[::1]");
    // Pages of any site may ask without `Origin`; what asks by itself sends neither.
    let page = [header::ORIGIN.as_str(), "sec-fetch-site"].iter().any(|sign| request.headers().contains_key(*sign));
    if ours && !page { next.run(request).await } else { (StatusCode::MISDIRECTED_REQUEST, "this address is for programs of this machine\n").into_response() }
}
