//! Agents' links: one gRPC stream or one WebSocket for each, and one more for each pipe. What records mean, and which agents there are, is `live`'s business;
//! who an agent is was found out before a request comes here.
//!
//! | part | what |
//! |---|---|
//! | `connection` | what is said over a link, whatever carries it |
//! | `grpc`, `websocket` | the two ways in which chunks travel |
//! | `asked`, `pipes` | requests on their way, and the streams that carry long answers |
//! | `clock` | how far an agent's clock is off |

mod asked;
mod clock;
mod connection;
mod grpc;
mod pipes;
mod websocket;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use scope_core::link::message::Chunk;
use tokio::sync::watch;

use crate::server::auth::{Denied, Identity, Peer, Standing};
use crate::server::live::Live;

pub use grpc::grpc;
pub use websocket::websocket;

/// How links are kept.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Time between two questions for an agent's clock.
    pub heartbeat: Duration,
    /// Silence after which a link is given up.
    pub silence: Duration,
    /// Least time between two wishes for a full report of one agent.
    pub full_at_most: Duration,
}

impl Default for Settings {
    /// Heartbeats every 5 s, and patience of 30 s.
    fn default() -> Self {
        Self { heartbeat: Duration::from_secs(5), silence: Duration::from_secs(30), full_at_most: Duration::from_secs(30) }
    }
}

/// The server's end of all links.
#[derive(Debug)]
pub struct Links {
    live: Arc<Live>,
    settings: Settings,
    pipes: pipes::Pipes,
    stop: watch::Sender<bool>,
}

impl Links {
    /// Links that feed `live`.
    pub fn new(live: Arc<Live>, settings: Settings) -> Arc<Self> {
        Arc::new(Self { live, settings, pipes: pipes::Pipes::default(), stop: watch::Sender::new(false) })
    }

    /// Ends every link; agents dial again.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }
}

/// Why a link ended, for the log.
#[derive(Debug, thiserror::Error)]
enum Broken {
    /// The transport failed, or the agent went away.
    #[error("the connection ended: {0}")]
    Transport(String),
    /// What came makes no sense.
    #[error(transparent)]
    Link(#[from] scope_core::link::LinkError),
    /// The agent said something else than its turn was.
    #[error("the agent {0}")]
    Manners(&'static str),
    /// It may not push.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no room for it, or not under its name.
    #[error(transparent)]
    Refused(#[from] crate::server::live::ConnectError),
    /// Nothing came for too long.
    #[error("nothing came from the agent for {0:?}")]
    Silent(Duration),
    /// The agent does not take what is sent.
    #[error("the agent takes nothing in")]
    Stuck,
    /// The agent dialled anew.
    #[error("{}", crate::machine::TAKEN_OVER)]
    Superseded,
    /// Its credential was taken away, or its token has ended.
    #[error("its credential is no longer valid")]
    SignedOut,
    /// The server ends.
    #[error("the server stops")]
    Stopping,
}

/// Who is at the other end of a link, and for how long.
struct Caller {
    identity: Identity,
    /// None where whoever made the routes knows nothing that could end.
    standing: Option<Standing>,
    address: Option<IpAddr>,
}

impl Caller {
    /// Who sends this request; nobody without an identity.
    fn of(extensions: &http::Extensions) -> Option<Self> {
        let identity = extensions.get::<Identity>()?.clone();
        Some(Self { identity, standing: extensions.get().cloned(), address: extensions.get::<Peer>().map(Peer::ip) })
    }

    /// Completes once it is nobody any more.
    async fn over(standing: Option<Standing>) {
        match standing {
            Some(standing) => standing.over().await,
            None => std::future::pending().await,
        }
    }
}

/// Chunks that come, whatever carries them.
type Incoming = std::pin::Pin<Box<dyn futures_util::Stream<Item = Result<Chunk, String>> + Send>>;

/// Chunks that may wait to be sent to one agent.
const OUTGOING: usize = 64;
