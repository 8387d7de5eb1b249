//! Connections: how many there may be, HTTP up to the upgrade, `/healthz`. What an upgraded client is sent is [`super::client`]'s business.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{self, HeaderMap, HeaderName};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::client::{self, Upgraded};
use super::frame::VERSION;
use super::hub::Hub;

/// Clients from one address, at most. The machine itself is not bound by it: a proxy there speaks for many.
const CLIENTS_OF_ADDRESS: usize = 64;
/// Connections beyond the clients: those that ask for `/healthz`, or have not said yet what they want.
const VISITORS: usize = 64;
/// How long a request may take to arrive, and a connection to become a client's.
const HEADER: Duration = Duration::from_secs(5);
const VISIT: Duration = Duration::from_secs(10);
/// How long to wait when the machine has no descriptor left for another connection.
const BREATH: Duration = Duration::from_millis(100);

const ABOUT: &str = "This is a live agent of scope: figures of this host's containers, every second.\n\
    Open a WebSocket here or at /ws to read them. It is read-only, and takes nothing.\n";

/// Takes connections in until the task is dropped. `connections` owns their tasks.
pub(super) async fn accept(listener: &TcpListener, hub: &Arc<Hub>, connections: &mut JoinSet<()>) {
    let places = Arc::new(Places::default());
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    if connections.len() < hub.settings.clients + VISITORS {
                        connections.spawn(visit(stream, peer, Arc::clone(hub), Arc::clone(&places)));
                    } else {
                        tracing::info!(%peer, "turned a connection away: there are {} already", connections.len());
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(BREATH).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection, from its first byte to its last.
async fn visit(stream: TcpStream, peer: SocketAddr, hub: Arc<Hub>, places: Arc<Places>) {
    // Each frame is written whole: nothing is gained by waiting for more.
    drop(stream.set_nodelay(true));
    let upgrade = Mutex::new(None);
    let answer = |request: Request<Incoming>| std::future::ready(Ok::<_, Infallible>(answer(request, peer, &hub, &places, &upgrade)));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_buf_size(16 << 10)
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .with_upgrades();
    // A broken request or a connection that goes is no event here.
    drop(timeout(VISIT, served).await);
    let upgrade = upgrade.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Some((on_upgrade, _place)) = upgrade else { return };
    let Ok(Ok(upgraded)) = timeout(VISIT, on_upgrade).await else { return };
    if let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() {
        client::serve(Upgraded { io: parts.io, read: parts.read_buf.into() }, peer, &hub).await;
    }
}

/// What becomes of a connection after its request: a client, in its place.
type Upgrade = Mutex<Option<(OnUpgrade, Place)>>;

fn answer(mut request: Request<Incoming>, peer: SocketAddr, hub: &Hub, places: &Arc<Places>, upgrade: &Upgrade) -> Response<Full<Bytes>> {
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    match request.uri().path() {
        "/" | "/ws" | "/healthz" if !reading => with(plain(StatusCode::METHOD_NOT_ALLOWED, "Only GET is answered here.\n"), &[(header::ALLOW, "GET, HEAD")]),
        "/" | "/ws" if wants_upgrade(request.headers()) => {
            let accepted = match accept_key(&request) {
                Ok(accepted) => accepted,
                Err(refusal) => return *refusal,
            };
            if !hub.settings.admits(request.headers().get_all(header::ORIGIN).iter().map(|origin| origin.as_bytes())) {
                return plain(StatusCode::FORBIDDEN, "This agent is not open to pages of this origin. `--allow-origin` names those that may read.\n");
            }
            let Some(place) = places.take(peer.ip(), hub.settings.clients) else {
                tracing::info!(%peer, "turned a client away: there are too many");
                return with(plain(StatusCode::SERVICE_UNAVAILABLE, "There are too many clients. Try again later.\n"), &[(header::RETRY_AFTER, "5")]);
            };
            *upgrade.lock().unwrap_or_else(PoisonError::into_inner) = Some((hyper::upgrade::on(&mut request), place));
            let mut switching = plain(StatusCode::SWITCHING_PROTOCOLS, "");
            switching.headers_mut().clear();
            with(switching, &[(header::CONNECTION, "Upgrade"), (header::UPGRADE, "websocket"), (header::SEC_WEBSOCKET_ACCEPT, &accepted)])
        }
        "/" | "/ws" => plain(StatusCode::OK, ABOUT),
        "/healthz" => health(&request, peer, hub),
        _ => plain(StatusCode::NOT_FOUND, "There is nothing here.\n"),
    }
}

fn wants_upgrade(headers: &HeaderMap) -> bool {
    has_token(headers, &header::UPGRADE, "websocket")
}

fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let words = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    words.map(str::trim).any(|word| word.eq_ignore_ascii_case(token))
}

/// What proves to the client that its `WebSocket` was understood.
fn accept_key(request: &Request<Incoming>) -> Result<String, Box<Response<Full<Bytes>>>> {
    let headers = request.headers();
    let bad = |why| Err(Box::new(plain(StatusCode::BAD_REQUEST, why)));
    if request.method() != Method::GET || request.version() != http::Version::HTTP_11 || !has_token(headers, &header::CONNECTION, "upgrade") {
        return bad("A WebSocket begins with GET, HTTP/1.1 and `Connection: upgrade`.\n");
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        let refusal = plain(StatusCode::UPGRADE_REQUIRED, "Only version 13 of WebSocket is spoken here.\n");
        return Err(Box::new(with(refusal, &[(header::SEC_WEBSOCKET_VERSION, "13")])));
    }
    match headers.get(header::SEC_WEBSOCKET_KEY) {
        Some(key) if key.len() == 24 => Ok(derive_accept_key(key.as_bytes())),
        _ => bad("A WebSocket needs a Sec-WebSocket-Key of 24 characters.\n"),
    }
}

/// Build, uptime and when containers were last read, for this machine only.
fn health(request: &Request<Incoming>, peer: SocketAddr, hub: &Hub) -> Response<Full<Bytes>> {
    #[derive(Serialize)]
    struct Report<'a> {
        status: &'static str,
        version: &'static str,
        agent_id: &'a str,
        uptime_secs: u64,
        last_docker_poll: Option<scope_core::Timestamp>,
        docker_problem: Option<String>,
    }
    // A proxy on this machine speaks for others and says so; a name that was bent to point here is no name of this machine.
    let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| request.headers().contains_key(*name));
    if !peer.ip().to_canonical().is_loopback() || forwarded || !names_this_machine(request.headers()) {
        return plain(StatusCode::FORBIDDEN, "This answers on the loopback address only.\n");
    }
    let health = hub.health();
    let report = Report {
        status: if health.problem.is_none() { "ok" } else { "degraded" },
        version: VERSION,
        agent_id: hub.agent.as_str(),
        uptime_secs: hub.uptime().as_secs(),
        last_docker_poll: health.polled_at,
        docker_problem: health.problem,
    };
    let Ok(mut text) = serde_json::to_string(&report) else { return plain(StatusCode::INTERNAL_SERVER_ERROR, "") };
    text.push('\n');
    with(plain(StatusCode::OK, &text), &[(header::CONTENT_TYPE, "application/json")])
}

fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text.to_owned()));
    *response.status_mut() = status;
    let nosniff = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    let close = (header::CONNECTION, "close");
    with(response, &[(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store"), nosniff, close])
}

fn with(mut response: Response<Full<Bytes>>, headers: &[(HeaderName, &str)]) -> Response<Full<Bytes>> {
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// How many clients each address has.
#[derive(Debug, Default)]
struct Places(Mutex<HashMap<IpAddr, usize>>);

/// A client's place, given back when it is dropped.
struct Place {
    of: Arc<Places>,
    address: IpAddr,
}

impl Places {
    fn take(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let address = address.to_canonical();
        let of_address = taken.get(&address).copied().unwrap_or(0);
        if taken.values().sum::<usize>() >= most || (of_address >= CLIENTS_OF_ADDRESS && !address.is_loopback()) {
            return None;
        }
        taken.insert(address, of_address + 1);
        Some(Place { of: Arc::clone(self), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_and_given_back() {
        let places = Arc::new(Places::default());
        let (far, near): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "127.0.0.1".parse().unwrap());
        let mut held: Vec<_> = (0..CLIENTS_OF_ADDRESS).map(|_| places.take(far, 1000).unwrap()).collect();
        assert!(places.take(far, 1000).is_none(), "an address has its share");
        assert!(places.take("::ffff:192.0.2.1".parse().unwrap(), 1000).is_none(), "however it is written");
        held.extend((0..=CLIENTS_OF_ADDRESS).map(|_| places.take(near, 1000).unwrap()));
        assert!(places.take(near, held.len()).is_none(), "all together have theirs");
        held.clear();
        assert!(places.0.lock().unwrap().is_empty());
    }
}
