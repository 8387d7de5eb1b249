//! The client of the link: dials a server, says hello, sends reports, answers requests, and dials again. Where reports come from and who answers requests is
//! the caller's business; how records become frames is core's.
//!
//! | part | what |
//! |---|---|
//! | `spool` | what is not known to have arrived, within a bound, and the state that everything falls back to |
//! | `connection` | what is said over one connection |
//! | `dial`, `grpc`, `websocket`, `tls` | how a connection comes about |
//! | `credential` | enrolment, and where its outcome is kept |
//! | `refusal` | what a server says that does not let this agent in |
//! | `figures` | what can be seen of it, beside profiles |

mod backoff;
mod connection;
mod credential;
mod dial;
mod figures;
mod grpc;
mod refusal;
mod spool;
mod target;
mod tls;
mod websocket;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use scope_core::{CompactString, Record};
use tokio::sync::mpsc;

use self::backoff::Backoff;
use self::connection::{Closing, End};
use self::dial::{DialError, Dialler};
use self::figures::Figures;
use self::refusal::{Lost, Proof};
use self::spool::Spool;
use crate::admin;
use crate::machine::{TAKEN_OVER, machine_id};
use crate::request::RequestEnvelope;

pub use target::{Target, TargetError};
pub use tls::ClientCertificate;

/// How frames travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// gRPC, and the WebSocket where that does not get through.
    #[default]
    Auto,
    /// gRPC over HTTP/2 only.
    Grpc,
    /// The WebSocket only.
    Websocket,
}

/// How to push.
#[derive(Clone, Debug)]
pub struct PushConfig {
    /// The server.
    pub target: Target,
    /// How frames travel.
    pub transport: Transport,
    /// Certificates of the authorities that may vouch for the server, as PEM; the system's where absent.
    pub ca: Option<PathBuf>,
    /// The certificate that names this agent, for servers that take certificates.
    pub client: Option<ClientCertificate>,
    /// Whether plain HTTP to another machine is wanted.
    pub insecure: bool,
    /// What to show the server instead of a credential from an enrolment.
    pub token: Option<String>,
    /// Where the credential of an enrolment is kept.
    pub state_dir: Option<PathBuf>,
    /// Where figures and health are served: an address of this machine only.
    pub admin: Option<SocketAddr>,
    /// The version of scope, for the server.
    pub version: CompactString,
    /// Bytes of reports that may wait for the server.
    pub spool_bytes: usize,
    /// The first wait before dialling again, and the longest.
    pub backoff: (Duration, Duration),
}

impl PushConfig {
    /// Pushes to `target`, with the usual settings.
    pub fn new(target: Target, version: &str) -> Self {
        Self {
            target,
            transport: Transport::Auto,
            ca: None,
            client: None,
            insecure: false,
            token: None,
            state_dir: None,
            admin: None,
            version: version.into(),
            spool_bytes: 4 << 20,
            backoff: (Duration::from_secs(1), Duration::from_mins(1)),
        }
    }
}

/// Why pushing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// There are no more reports; those that there were have arrived, or had five seconds for it.
    Closed,
    /// `stop` came.
    Stopped,
}

/// Why pushing cannot begin, or makes no sense any more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The target cannot be used like this.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The certificates cannot be used.
    #[error("{0}")]
    Tls(String),
    /// The server does not take the enrolment.
    #[error("the server refused the enrolment: {0}")]
    Enrolment(String),
    /// The credential cannot be kept.
    #[error("could not keep the agent's credential in `{path}`: name a directory that can be written to with --state-dir")]
    State {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Figures cannot be served.
    #[error("could not serve figures and health at {at}")]
    Admin {
        /// The address.
        at: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// Pushes `reports`, each message a whole report of one agent, until there are no more or `stop` completes. Requests of the server go to `requests`; where
/// nobody takes them they are refused. Whatever happens to the connection, the next one makes up for it.
pub async fn run(
    config: PushConfig,
    mut reports: mpsc::Receiver<Vec<Record>>,
    requests: mpsc::Sender<RequestEnvelope>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, PushError> {
    config.target.check(config.insecure)?;
    let figures = Arc::new(Figures::default());
    let listener = match config.admin {
        Some(at) => Some(admin::bind(at).await.map_err(|source| PushError::Admin { at, source })?),
        None => None,
    };
    let mut stop = pin!(stop);
    let mut push = pin!(push(&config, &mut reports, &requests, &figures));
    let mut serve = pin!(async {
        if let Some(listener) = listener {
            admin::serve(listener, figures::routes(Arc::clone(&figures)), std::future::pending()).await;
        }
        std::future::pending::<std::convert::Infallible>().await
    });
    tokio::select! {
        () = &mut stop => Ok(Ended::Stopped),
        ended = &mut push => ended,
        never = &mut serve => match never {},
    }
}

async fn push(
    config: &PushConfig,
    reports: &mut mpsc::Receiver<Vec<Record>>,
    requests: &mpsc::Sender<RequestEnvelope>,
    figures: &Arc<Figures>,
) -> Result<Ended, PushError> {
    // Who speaks stands in what is said.
    let Some(first) = reports.recv().await else { return Ok(Ended::Closed) };
    let Some(agent) = first.last().map(|record| record.agent.clone()) else { return Ok(Ended::Closed) };
    let machine = machine_id(&first).map(str::to_owned);
    let mut spool = Spool::new(agent.clone(), config.spool_bytes, Arc::clone(figures));
    spool.take(first);
    let mut backoff = Backoff::new(config.backoff.0, config.backoff.1);
    let mut closing = Closing::default();
    let mut credential = credential::load(config)?;
    let mut dialler: Option<Dialler> = None;
    loop {
        let attempt = async {
            let dialler = match &mut dialler {
                Some(dialler) => dialler,
                None => dialler.insert(Dialler::new(config, &credential)?),
            };
            if credential.needs_enrolment() {
                credential.enrol(dialler.address(), &agent, machine.as_deref()).await?;
                dialler.set_credential(credential.text());
            }
            dialler.dial().await
        };
        let dialled = meanwhile(attempt, reports, &mut spool, &mut closing).await;
        let why = match dialled {
            None => return Ok(Ended::Closed),
            Some(Ok(wire)) => {
                let hello = spool.hello(&config.version, machine.as_deref());
                match connection::run(wire, hello, &mut spool, reports, requests, &mut closing, figures).await {
                    End::Closed => return Ok(Ended::Closed),
                    End::Broken { why, worked } => {
                        if worked {
                            backoff.reset();
                        } else if let (Lost::Broken(_), Some(dialler)) = (&why, &mut dialler) {
                            dialler.fall_back();
                        }
                        why.into()
                    }
                }
            }
            Some(Err(error)) => error,
        };
        figures.down();
        let wait = backoff.next();
        match why {
            DialError::Fatal(error) => return Err(error),
            DialError::Failed(why) => {
                let why = tls::in_words(&why).unwrap_or(why.as_str());
                let what = if why.contains(TAKEN_OVER) {
                    "another agent of this name on this machine has taken the link: stop one of them, or give it a name of its own with --agent"
                } else if why.starts_with("the server answered") {
                    // One that answers was reached.
                    "the server does not take this agent for now"
                } else {
                    "the server cannot be reached"
                };
                tracing::warn!(server = %config.target, %why, again_in = ?wait, "{what}; reports wait");
            }
            DialError::Refused(why) => {
                let message = Proof::of(config, &credential).refused(agent.as_str(), why.as_deref());
                tracing::warn!(server = %config.target, again_in = ?wait, "{message}; reports wait");
            }
        }
        if meanwhile(tokio::time::sleep(wait), reports, &mut spool, &mut closing).await.is_none() {
            return Ok(Ended::Closed);
        }
    }
}

/// Waits for `work`, taking reports in meanwhile. Nothing where there are no more of them, and their time to arrive is over.
async fn meanwhile<T>(work: impl Future<Output = T>, reports: &mut mpsc::Receiver<Vec<Record>>, spool: &mut Spool, closing: &mut Closing) -> Option<T> {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Some(done),
            report = reports.recv(), if !closing.begun() => match report {
                Some(report) => spool.take(report),
                None => closing.begin(),
            },
            () = closing.over() => return None,
        }
    }
}
