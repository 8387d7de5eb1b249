//! Accepts connections and serves them, up to a number at once, until the server is to end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::Service;

use crate::server::app::App;
use crate::server::auth::Peer;
use crate::server::tls::ClientCertificate;

/// How long accepting pauses when the process is out of descriptors.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);
/// Streams of one HTTP/2 connection at once: an agent's link has one for records and one for each pipe.
const STREAMS: u32 = 128;
/// Bytes of a request's head.
const HEAD_BYTES: usize = 32 << 10;
/// How often a silent HTTP/2 connection is asked for a sign of life.
const PING: Duration = Duration::from_secs(20);

/// Serves until the server is to end, and then until all connections are closed or the time for that is over.
pub(crate) async fn serve(listener: TcpListener, app: Arc<App>, router: Router) {
    let places = Arc::new(Semaphore::new(app.config.limits.connections));
    let mut connections = JoinSet::new();
    let mut stopping = pin!(app.stopping());
    loop {
        let accepted = tokio::select! {
            () = &mut stopping => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                    app.counters.connections_refused.fetch_add(1, Ordering::Relaxed);
                    continue;
                };
                let (app, router) = (Arc::clone(&app), router.clone());
                connections.spawn(async move {
                    app.counters.connections_open.fetch_add(1, Ordering::Relaxed);
                    connection(stream, address, &app, router).await;
                    app.counters.connections_open.fetch_sub(1, Ordering::Relaxed);
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!("could not accept a connection: {error}");
                tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
            }
        }
    }
    drop(listener);
    let drained = tokio::time::timeout(app.config.limits.drain, async { while connections.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::info!("{} connections were still open at the end", connections.len());
        connections.shutdown().await;
    }
}

async fn connection(stream: TcpStream, address: SocketAddr, app: &App, router: Router) {
    // Small answers go out at once; an error means that the other end is gone already.
    drop(stream.set_nodelay(true));
    let Some(tls) = &app.tls else { return speak(stream, Peer::accepted(address, false, None), app, router).await };
    let handshake = TlsAcceptor::from(tls.config()).accept(stream);
    let stream = match tokio::time::timeout(app.config.limits.head, handshake).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!("could not shake hands with {address}: {error}"),
        Err(_) => return tracing::debug!("{address} did not shake hands in time"),
    };
    let certificate = match ClientCertificate::of(stream.get_ref().1).transpose() {
        Ok(certificate) => certificate.map(Arc::new),
        Err(error) => return tracing::warn!("the connection of {address} is refused: {error}"),
    };
    speak(stream, Peer::accepted(address, true, certificate), app, router).await;
}

/// HTTP/1.1 or HTTP/2 over `stream`, whichever the other end begins with.
async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, peer: Peer, app: &App, router: Router) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(app.config.limits.head).max_buf_size(HEAD_BYTES).max_headers(100).half_close(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_BYTES as u32);
    let service = hyper::service::service_fn(move |request: http::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer.clone());
        let mut router = router.clone();
        async move { Service::call(&mut router, request).await.map_err(|never: Infallible| never) }
    });
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = app.stopping() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection broke off: {error}");
    }
}
