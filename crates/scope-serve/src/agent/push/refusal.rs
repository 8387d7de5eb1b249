//! What a server says that does not let this agent in, and what to do about it. Dialling again helps only once somebody has done that.

use http::StatusCode;

use super::PushConfig;
use super::credential::Credential;

/// Why a connection did not come about, or is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// The way there, or the server.
    Broken(String),
    /// The server does not know what this agent shows it, or wants to be shown something.
    Unknown,
    /// The server knows who this is, and does not let it in: its words.
    Denied(String),
}

impl Lost {
    /// What an answer says that is no link.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unknown,
            StatusCode::FORBIDDEN => Self::Denied(format!("it answered {status}")),
            StatusCode::TOO_MANY_REQUESTS => Self::Broken(format!("the server answered {status}: too many attempts from this address have failed")),
            _ => Self::Broken(format!("the server answered {status}")),
        }
    }
}

/// What an agent shows a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    Token,
    Enrolled,
    Certificate,
    Nothing,
}

impl Proof {
    pub(super) fn of(config: &PushConfig, credential: &Credential) -> Self {
        match (&config.token, credential.text(), &config.client) {
            (Some(_), ..) => Self::Token,
            (None, Some(_), _) => Self::Enrolled,
            (None, None, Some(_)) => Self::Certificate,
            (None, None, None) => Self::Nothing,
        }
    }

    /// What failed, and what to do next. `denied` is what the server said of somebody whom it knows.
    pub(super) fn refused(self, agent: &str, denied: Option<&str>) -> String {
        let why = denied.unwrap_or(match self {
            Self::Token | Self::Enrolled => "it is unknown there, was revoked, or has ended",
            Self::Certificate | Self::Nothing => "it does not say who this agent is",
        });
        match self {
            Self::Nothing => "the server lets in only agents that it knows: `scope serve enrol` on its machine prints a string for --push".to_owned(),
            Self::Token => format!("the server refuses this token: {why}; `scope serve enrol` on its machine prints a string for --push, which needs no token"),
            Self::Enrolled => {
                format!(
                    "the server refuses this agent's credential: {why}; `scope serve enrol --agent {agent}` on its machine prints a string for --push that gives another"
                )
            }
            Self::Certificate => format!("the server refuses this agent's certificate: {why}; it takes those of the authorities in its --tls-client-ca"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_proof_has_its_own_advice() {
        assert!(Proof::Token.refused("vm", None).starts_with("the server refuses this token: it is unknown there"));
        assert!(Proof::Token.refused("vm", Some("not allowed")).contains("token: not allowed; `scope serve enrol`"));
        assert!(Proof::Enrolled.refused("vm", None).contains("`scope serve enrol --agent vm`"));
        assert!(Proof::Nothing.refused("vm", None).contains("`scope serve enrol`"));
        assert!(Proof::Certificate.refused("vm", None).contains("--tls-client-ca"));
    }

    #[test]
    fn statuses() {
        assert_eq!(Lost::of_status(StatusCode::UNAUTHORIZED), Lost::Unknown);
        assert!(matches!(Lost::of_status(StatusCode::FORBIDDEN), Lost::Denied(_)));
        assert!(matches!(Lost::of_status(StatusCode::TOO_MANY_REQUESTS), Lost::Broken(why) if why.contains("429")));
    }
}
