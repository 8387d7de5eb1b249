//! Questions to an engine over HTTP: bounded answers, deadlines, kept connections. What the answers mean is [`super::wire`]'s business.
//!
//! Answers that come line by line are [`super::lines`]'s.
//!
//! A general Docker client is not used: those at hand collect answers without a bound, and refuse a whole list for one odd container in it.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::Request;
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio::time::timeout;

use super::endpoint::Endpoint;
use super::error::Error;
use super::lines::Lines;
use super::version::ApiVersion;

/// Connections kept open between questions.
const IDLE_CONNECTIONS: usize = 4;
/// Bytes of an error's text that are read.
pub(super) const ERROR_BYTES: usize = 4096;

/// How long an engine may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// To take a connection.
    pub connect: Duration,
    /// To answer in full.
    pub answer: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), answer: Duration::from_secs(10) }
    }
}

/// A client of one engine at one API version. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Client(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    endpoint: Endpoint,
    api: Option<ApiVersion>,
    deadlines: Deadlines,
    idle: Mutex<Vec<Connection>>,
}

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + std::fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + std::fmt::Debug> Stream for T {}

pub(super) type Driver = http1::Connection<TokioIo<Box<dyn Stream>>, String>;

/// A connection and what moves its bytes. The driver is polled beside each question instead of in a task of its own, so that nothing is left behind.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) sender: http1::SendRequest<String>,
    pub(super) driver: Option<Pin<Box<Driver>>>,
}

impl Connection {
    async fn over(stream: Box<dyn Stream>) -> Result<Self, hyper::Error> {
        let (sender, driver) = http1::Builder::new().max_buf_size(64 << 10).handshake(TokioIo::new(stream)).await?;
        Ok(Self { sender, driver: Some(Box::pin(driver)) })
    }

    /// Completes `work` while the connection's bytes move.
    pub(super) async fn drive<T>(driver: &mut Option<Pin<Box<Driver>>>, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if driver.as_mut().is_some_and(|driver| driver.as_mut().poll(cx).is_ready()) {
                *driver = None;
            }
            work.as_mut().poll(cx)
        })
        .await
    }

    pub(super) async fn next_frame(driver: &mut Option<Pin<Box<Driver>>>, body: &mut Incoming) -> Option<Result<Bytes, hyper::Error>> {
        loop {
            let frame = Self::drive(driver, poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx))).await?;
            match frame.map(hyper::body::Frame::into_data) {
                Ok(Ok(bytes)) => return Some(Ok(bytes)),
                Ok(Err(_trailers)) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Client {
    /// A client that asks `endpoint` in version `api`; without one, in the version that the engine prefers. Nothing is sent yet.
    pub fn new(endpoint: Endpoint, api: Option<ApiVersion>, deadlines: Deadlines) -> Self {
        Self(Arc::new(Shared { endpoint, api, deadlines, idle: Mutex::default() }))
    }

    /// Where the engine is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// How long the engine may take.
    pub(super) fn deadlines(&self) -> Deadlines {
        self.0.deadlines
    }

    /// The API version in use.
    pub fn api(&self) -> Option<ApiVersion> {
        self.0.api
    }

    /// The answer to `GET path`, at most `limit` bytes of it.
    pub(crate) async fn get(&self, path: &str, limit: usize) -> Result<Vec<u8>, Error> {
        self.get_within(path, limit, self.0.deadlines.answer).await
    }

    /// As [`Client::get`], for answers that take the engine longer.
    pub(crate) async fn get_within(&self, path: &str, limit: usize, within: Duration) -> Result<Vec<u8>, Error> {
        let path = self.versioned(path);
        match timeout(within, self.ask(&path, limit)).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::Timeout { endpoint: self.0.endpoint.clone(), path: bare(&path), after: within }),
        }
    }

    /// The answer to `GET path` line by line, for as long as it lasts. Comes back before the engine answers; see [`Lines::opened`].
    pub(crate) async fn lines(&self, path: &str, limit: usize) -> Result<Lines, Error> {
        Lines::ask(self.clone(), self.connect().await?, self.versioned(path), limit)
    }

    fn versioned(&self, path: &str) -> String {
        match self.0.api {
            Some(version) => format!("/v{version}{path}"),
            None => path.to_owned(),
        }
    }

    async fn ask(&self, path: &str, limit: usize) -> Result<Vec<u8>, Error> {
        // The engine may have closed a kept connection in the meantime; only a fresh one's failure counts.
        let kept = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(connection) = kept
            && let Ok(answer) = self.ask_on(connection, path, limit).await
        {
            return Ok(answer);
        }
        self.ask_on(self.connect().await?, path, limit).await
    }

    async fn ask_on(&self, mut connection: Connection, path: &str, limit: usize) -> Result<Vec<u8>, Error> {
        let transfer = |source: hyper::Error| Error::Transfer { endpoint: self.0.endpoint.clone(), path: bare(path), source: source.into() };
        let Connection { sender, driver } = &mut connection;
        Connection::drive(driver, sender.ready()).await.map_err(transfer)?;
        let answer = sender.send_request(self.request(path)?);
        let (head, mut body) = Connection::drive(driver, answer).await.map_err(transfer)?.into_parts();
        let limit = if head.status.is_success() { limit } else { ERROR_BYTES };
        let mut bytes = Vec::with_capacity(body.size_hint().exact().map_or(0, |size| (size as usize).min(limit)));
        let mut whole = true;
        while let Some(frame) = Connection::next_frame(driver, &mut body).await {
            let frame = frame.map_err(transfer)?;
            let room = limit - bytes.len();
            bytes.extend(frame.iter().take(room));
            if frame.len() > room {
                whole = false;
                break;
            }
        }
        if whole {
            let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < IDLE_CONNECTIONS && connection.driver.is_some() {
                idle.push(connection);
            }
        }
        match head.status.is_success() {
            true if whole => Ok(bytes),
            true => Err(Error::TooLarge { path: bare(path), limit }),
            false => Err(status_error(path, head.status.as_u16(), &bytes)),
        }
    }

    pub(super) fn request(&self, path: &str) -> Result<Request<String>, Error> {
        Request::get(path)
            // Engines look at the name only to tell a browser's request, which would carry a real one.
            .header(hyper::header::HOST, "docker")
            .header(hyper::header::USER_AGENT, concat!("scope/", env!("CARGO_PKG_VERSION")))
            .body(String::new())
            .map_err(|source| Error::Transfer { endpoint: self.0.endpoint.clone(), path: bare(path), source: source.into() })
    }

    async fn connect(&self) -> Result<Connection, Error> {
        let endpoint = &self.0.endpoint;
        let failed = |source| Error::Connect { endpoint: endpoint.clone(), source };
        let within = self.0.deadlines.connect;
        let stream = timeout(within, open(endpoint)).await.map_err(|_| failed(std::io::ErrorKind::TimedOut.into()))?.map_err(failed)?;
        Connection::over(stream).await.map_err(|source| failed(std::io::Error::other(source)))
    }
}

async fn open(endpoint: &Endpoint) -> std::io::Result<Box<dyn Stream>> {
    match endpoint {
        Endpoint::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?)),
        Endpoint::Tcp { host, port } => Ok(Box::new(connect_tcp(host, *port).await?)),
    }
}

/// Connects with keep-alive on, so that a quiet event stream notices a peer that vanished.
async fn connect_tcp(host: &str, port: u16) -> std::io::Result<TcpStream> {
    let mut failure = std::io::ErrorKind::AddrNotAvailable.into();
    for address in tokio::net::lookup_host((host, port)).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_keepalive(true)?;
        socket.set_nodelay(true)?;
        match socket.connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// A path without its query, for messages.
pub(super) fn bare(path: &str) -> String {
    path.split('?').next().unwrap_or_default().to_owned()
}

pub(super) fn status_error(path: &str, status: u16, body: &[u8]) -> Error {
    #[derive(serde::Deserialize)]
    struct Message {
        message: String,
    }
    let text = match serde_json::from_slice::<Message>(body) {
        Ok(answer) => answer.message,
        // Before API 1.24 errors are plain text.
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    Error::Status { path: bare(path), status, message: scope_core::limits::cut(text.trim(), 300).escape_debug().to_string() }
}

/// `text` for the value of a query, everything but unreserved characters escaped (RFC 3986).
pub(crate) fn query_value(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len() * 2), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// A client that takes `answer` for what an engine sent, whatever it asks.
#[cfg(any(fuzzing, test))]
pub(crate) fn read_anything(answer: &[u8]) {
    const LIMIT: usize = 1 << 10;
    let engine = || {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().ok()?;
        ours.set_nonblocking(true).ok()?;
        theirs.set_nonblocking(true).ok()?;
        std::io::Write::write(&mut &theirs, answer).ok()?;
        theirs.shutdown(std::net::Shutdown::Write).ok()?;
        // The other end stays open, so that the question finds somebody.
        Some((Box::new(UnixStream::from_std(ours).ok()?) as Box<dyn Stream>, theirs))
    };
    let client = Client::new(Endpoint::Unix("/nowhere".into()), None, Deadlines::default());
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        let Some((stream, _engine)) = engine() else { return };
        if let Ok(connection) = Connection::over(stream).await {
            match client.ask_on(connection, "/anything", LIMIT).await {
                Ok(answer) => assert!(answer.len() <= LIMIT),
                Err(error) => assert!(error.to_string().len() < LIMIT << 4),
            }
        }
        let Some((stream, _engine)) = engine() else { return };
        let Ok(connection) = Connection::over(stream).await else { return };
        let Ok(mut lines) = Lines::ask(client.clone(), connection, "/anything".to_owned(), LIMIT) else { return };
        let mut most = answer.len() + 1;
        while let Ok(Some(line)) = lines.next().await {
            assert!(
                matches!(&line, super::lines::Line::TooLong)
                    || matches!(&line, super::lines::Line::Text(text) if text.len() <= LIMIT && !text.contains(&b'\n'))
            );
            most -= 1;
        }
        assert!(most > 0);
    });
}
