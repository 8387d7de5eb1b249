//! What can go wrong between here and an engine, and what to do about it.

use std::io;
use std::time::Duration;

use scope_core::Problem;

use super::endpoint::Endpoint;

/// A conversation with an engine that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text names no endpoint.
    #[error("read the engine's endpoint `{text}`: {why}")]
    Endpoint {
        /// The text, made safe to show.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No connection.
    #[error("connect to the engine at {endpoint}")]
    Connect {
        /// Where.
        endpoint: Endpoint,
        /// Why.
        source: io::Error,
    },
    /// The conversation broke off, or was not HTTP.
    #[error("read {path} from the engine at {endpoint}")]
    Transfer {
        /// Where.
        endpoint: Endpoint,
        /// What was asked.
        path: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No answer in time.
    #[error("read {path} from the engine at {endpoint}: no answer within {} s", after.as_secs_f32())]
    Timeout {
        /// Where.
        endpoint: Endpoint,
        /// What was asked.
        path: String,
        /// How long was waited.
        after: Duration,
    },
    /// The engine refused.
    #[error("read {path} from the engine: it answered {status}{}{message}", if message.is_empty() { "" } else { ": " })]
    Status {
        /// What was asked.
        path: String,
        /// The HTTP status.
        status: u16,
        /// What the engine said, made safe to show.
        message: String,
    },
    /// The answer is larger than any sane one.
    #[error("read {path} from the engine: the answer is larger than {limit} bytes")]
    TooLarge {
        /// What was asked.
        path: String,
        /// The bound.
        limit: usize,
    },
    /// The answer is not what the API says.
    #[error("decode what the engine answered to {path}")]
    Decode {
        /// What was asked.
        path: String,
        /// Why.
        source: serde_json::Error,
    },
    /// An answer that should go on came to its end.
    #[error("read {path} from the engine at {endpoint}: the stream ended")]
    Ended {
        /// Where.
        endpoint: Endpoint,
        /// What was asked.
        path: String,
    },
    /// None of the usual sockets exists.
    #[error("find a container engine: none of {} exists", join(tried))]
    NoEngine {
        /// Where was looked.
        tried: Vec<Endpoint>,
    },
}

fn join(endpoints: &[Endpoint]) -> String {
    endpoints.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Error {
    pub(crate) fn endpoint(text: &str, why: &'static str) -> Self {
        Self::Endpoint { text: scope_core::limits::cut(text, 200).escape_debug().to_string(), why }
    }

    /// Whether the engine says that there is no such thing.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { status: 404, .. })
    }

    /// The kind of the failure to connect, where it is one.
    pub(crate) fn connect_kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Connect { source, .. } => Some(source.kind()),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoEngine { .. } => "start Docker or Podman's service, or name its socket with --docker-endpoint",
            Self::Endpoint { .. } => "use unix:///path or tcp://host:port; for an engine behind TLS or ssh, forward its socket and name that",
            Self::Connect { endpoint: Endpoint::Unix(_), source } => match source.kind() {
                io::ErrorKind::PermissionDenied => {
                    "run as root, add the user to the group that owns the socket (`docker`, for Docker), or name another socket with --docker-endpoint"
                }
                io::ErrorKind::ConnectionRefused => "the socket is there but nothing listens: start the engine (`systemctl start docker`)",
                io::ErrorKind::NotFound => "there is no such socket: start the engine, or name its socket with --docker-endpoint",
                _ => return None,
            },
            Self::Connect { .. } => "check that the engine listens on that address and that no firewall is between",
            Self::Status { status: 400, .. } => "the engine may be too old or too new for this version",
            Self::Timeout { .. } => "the engine may be overloaded or stuck on one container",
            _ => return None,
        })
    }

    /// The problem to report: the whole chain of causes, and the hint.
    pub fn problem(&self) -> Problem {
        let mut message = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        Problem { message: scope_core::limits::cut(&message, 1024).as_ref().into(), hint: self.hint().map(Into::into), id: None }
    }
}
