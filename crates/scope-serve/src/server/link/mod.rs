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

use std::sync::Arc;
use std::time::Duration;

use scope_core::AgentName;
use scope_core::link::message::Chunk;
use tokio::sync::watch;

use crate::server::auth::{Action, Denied, Identity, Target, Via, authorize};
use crate::server::live::Live;

pub use grpc::grpc;
pub use websocket::websocket;

/// How links are kept.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether an agent on this machine needs no credential.
    pub loopback_may_push: bool,
    /// Time between two questions for an agent's clock.
    pub heartbeat: Duration,
    /// Silence after which a link is given up.
    pub silence: Duration,
    /// Least time between two wishes for a full report of one agent.
    pub full_at_most: Duration,
}

impl Default for Settings {
    /// Heartbeats every 5 s, patience of 30 s, and no push without a credential.
    fn default() -> Self {
        Self { loopback_may_push: false, heartbeat: Duration::from_secs(5), silence: Duration::from_secs(30), full_at_most: Duration::from_secs(30) }
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

    /// Whether who asks may push as `agent`.
    fn authorize(&self, identity: &Identity, agent: &AgentName) -> Result<(), Denied> {
        if identity.via == Via::Loopback && self.settings.loopback_may_push {
            return Ok(());
        }
        authorize(identity, Action::Push, Target::Agent(&identity.tenant, agent))
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
    #[error("another link of the agent took over")]
    Superseded,
    /// The server ends.
    #[error("the server stops")]
    Stopping,
}

/// Chunks that come, whatever carries them.
type Incoming = std::pin::Pin<Box<dyn futures_util::Stream<Item = Result<Chunk, String>> + Send>>;

/// Chunks that may wait to be sent to one agent.
const OUTGOING: usize = 64;
