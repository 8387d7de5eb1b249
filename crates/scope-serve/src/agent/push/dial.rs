//! How a connection comes about: TCP, TLS, and the transport that gets through. What is said over it is `connection`'s business.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;
use rustls::pki_types::ServerName;
use scope_core::link::message::Chunk;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::credential::Credential;
use super::refusal::Lost;
use super::target::Target;
use super::tls::Trust;
use super::{PushConfig, PushError, Transport, grpc, websocket};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// Chunks that may wait for the transport. More wait as reports, in the spool, where they are bounded.
pub(super) const OUTGOING: usize = 8;

/// Bytes both ways, under TLS or not.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Chunks both ways. Dropped, the connection is closed.
pub(super) struct Wire {
    pub(super) outgoing: mpsc::Sender<Chunk>,
    pub(super) incoming: Pin<Box<dyn Stream<Item = Result<Chunk, Lost>> + Send>>,
    /// For pipes beside it.
    pub(super) pipes: Opener,
    /// The task that sends, where the transport needs one.
    pub(super) _sender: Option<Sender>,
}

/// A task that ends with its owner.
pub(super) struct Sender(pub(super) tokio::task::JoinHandle<()>);

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Opens pipes on the server that a link leads to.
#[derive(Clone)]
pub(super) enum Opener {
    Grpc(tonic::transport::Channel, Option<Arc<str>>),
    Websocket(Arc<Address>),
}

impl Opener {
    pub(super) async fn open(&self) -> Result<Wire, DialError> {
        let opened = match self {
            Self::Grpc(channel, credential) => timeout(CONNECT, grpc::open(channel.clone(), credential.clone(), grpc::PIPE)).await,
            Self::Websocket(address) => timeout(CONNECT, websocket::open(Arc::clone(address), "/api/v1/link?pipe=true")).await,
        };
        opened.unwrap_or_else(|_| Err(DialError::Failed("the server does not answer".to_owned())))
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum DialError {
    /// Trying again may help.
    Failed(String),
    /// It does once the server was told of this agent: what it says, where it says something.
    Refused(Option<String>),
    /// It does not.
    Fatal(PushError),
}

impl From<Lost> for DialError {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Broken(why) => Self::Failed(why),
            Lost::Unknown => Self::Refused(None),
            Lost::Denied(why) => Self::Refused(Some(why)),
        }
    }
}

impl From<PushError> for DialError {
    fn from(error: PushError) -> Self {
        Self::Fatal(error)
    }
}

/// Where the server is, and how it is spoken to.
pub(super) struct Address {
    pub(super) target: Target,
    tls: Option<Arc<rustls::ClientConfig>>,
    pub(super) credential: Option<Arc<str>>,
}

impl Address {
    /// A connection over which `protocol` is spoken: `h2` or `http/1.1`.
    pub(super) async fn connect(&self, protocol: &str) -> Result<Box<dyn Io>, String> {
        let connect = async {
            let tcp = TcpStream::connect((self.target.bare_host(), self.target.port)).await.map_err(|error| error.to_string())?;
            // Reports are small, and wait for nothing.
            tcp.set_nodelay(true).map_err(|error| error.to_string())?;
            let Some(tls) = &self.tls else { return Ok(Box::new(tcp) as Box<dyn Io>) };
            let mut tls = rustls::ClientConfig::clone(tls);
            tls.alpn_protocols = vec![protocol.as_bytes().to_vec()];
            let name = ServerName::try_from(self.target.bare_host().to_owned()).map_err(|error| error.to_string())?;
            let stream = TlsConnector::from(Arc::new(tls)).connect(name, tcp).await.map_err(|error| error.to_string())?;
            if protocol == "h2" && stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                return Err("the server speaks no HTTP/2".to_owned());
            }
            Ok(Box::new(stream) as Box<dyn Io>)
        };
        timeout(CONNECT, connect).await.unwrap_or_else(|_| Err("the server does not answer".to_owned()))
    }
}

/// Dials one server, again and again.
pub(super) struct Dialler {
    address: Arc<Address>,
    trust: Trust,
    transport: Transport,
    /// Which transport is tried, where either may be.
    websocket: bool,
}

impl Dialler {
    pub(super) fn new(config: &PushConfig, credential: &Credential) -> Result<Self, PushError> {
        let target = config.target.clone();
        let fingerprint = target.fingerprint.or(credential.fingerprint());
        let trust = Trust { fingerprint, ca: config.ca.clone(), client: config.client.clone() };
        let tls = target.tls.then(|| trust.config()).transpose().map_err(PushError::Tls)?;
        // Under a path gRPC has no place: its own paths begin at the root.
        let websocket = config.transport == Transport::Websocket || (config.transport == Transport::Auto && !target.base.is_empty());
        let address = Address { target, tls: tls.map(Arc::new), credential: credential.text() };
        Ok(Self { address: Arc::new(address), trust, transport: config.transport, websocket })
    }

    pub(super) fn address(&self) -> &Arc<Address> {
        &self.address
    }

    pub(super) fn set_credential(&mut self, credential: Option<Arc<str>>) {
        let address = Address { target: self.address.target.clone(), tls: self.address.tls.clone(), credential };
        self.address = Arc::new(address);
    }

    /// The last way did not lead to a server that says welcome: the next attempt takes the other one, where either may be taken.
    pub(super) fn fall_back(&mut self) {
        if self.transport == Transport::Auto && self.address.target.base.is_empty() {
            self.websocket = !self.websocket;
        }
    }

    /// The certificate of this agent may have been renewed since the last connection.
    fn read_certificate(&mut self) -> Result<(), DialError> {
        if self.address.tls.is_some() && self.trust.client.is_some() {
            let tls = Some(Arc::new(self.trust.config().map_err(DialError::Failed)?));
            self.address = Arc::new(Address { target: self.address.target.clone(), tls, credential: self.address.credential.clone() });
        }
        Ok(())
    }

    /// A link, by the transport that got through last; the other one is tried next.
    pub(super) async fn dial(&mut self) -> Result<Wire, DialError> {
        let attempts = if self.transport == Transport::Auto && self.address.target.base.is_empty() { 2 } else { 1 };
        self.read_certificate()?;
        let mut why = String::new();
        for attempt in 0..attempts {
            if attempt > 0 {
                self.fall_back();
            }
            let dialled = if self.websocket {
                timeout(CONNECT, websocket::open(Arc::clone(&self.address), "/api/v1/link")).await
            } else {
                timeout(CONNECT, grpc::dial(&self.address)).await
            };
            match dialled.unwrap_or_else(|_| Err(DialError::Failed("the server does not answer".to_owned()))) {
                Err(DialError::Failed(reason)) => {
                    tracing::debug!(websocket = self.websocket, %reason, "could not dial");
                    if why.is_empty() {
                        why = reason;
                    }
                }
                other => return other,
            }
        }
        Err(DialError::Failed(why))
    }
}
