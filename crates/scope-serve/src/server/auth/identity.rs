//! Identities, and the decision about each of their actions. How an identity is proved is not decided here.

use std::sync::Arc;

use scope_core::filter::Filter;
use scope_core::{AgentName, CompactString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Proof;
use crate::server::tenant::Tenant;

/// What an identity may do at most. The greater one may all that the lesser may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Acts on what it sees.
    Operator,
    /// Settings, tokens, agents.
    Admin,
}

impl Role {
    /// As it is written in tokens and flags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

/// How an identity was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// By nothing but coming from this machine.
    Loopback,
    /// By a token in `Authorization`.
    Token,
    /// By a browser's session cookie.
    Session,
    /// By the credential or certificate of an agent.
    Agent,
}

/// What of the state exists for an identity: everything, or what a filter takes. The rest is as if it were not there.
#[derive(Clone, Debug, Default)]
pub struct Visibility(Option<Arc<Filter>>);

impl Visibility {
    /// Everything.
    pub fn all() -> Self {
        Self(None)
    }

    /// What `filter` takes, what that belongs to, and what belongs to it.
    pub fn of(filter: Filter) -> Self {
        Self(Some(Arc::new(filter)))
    }

    /// The filter, where not everything is to be seen.
    pub fn filter(&self) -> Option<&Filter> {
        self.0.as_deref()
    }

    /// What tells visibilities apart: the canonical text of the filter, empty for everything.
    pub fn key(&self) -> String {
        self.0.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Identity {
    /// For the audit: the token's name, the agent's, `loopback`.
    pub name: CompactString,
    /// Whose state it asks for.
    pub tenant: Tenant,
    /// What it may do; none for an agent, which only pushes.
    pub role: Option<Role>,
    /// What exists for it.
    pub visibility: Visibility,
    /// How it was proved.
    pub via: Via,
    /// By what, to be asked for again while a stream is open.
    pub proof: Proof,
    /// The agent that it speaks for, where it is one.
    pub agent: Option<AgentName>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read state, views, figures.
    Read,
    /// Run SQL over what it may read.
    Query,
    /// Hand records in.
    Push,
    /// Act on something: stop, restart, exec.
    Control,
    /// Read settings and tokens, without secrets.
    ReadSettings,
    /// Change settings, tokens, enrolments.
    ChangeSettings,
}

/// On what.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// The tenant as a whole.
    Tenant(&'a Tenant),
    /// What one agent says, or is to do.
    Agent(&'a Tenant, &'a AgentName),
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The role does not allow it.
    #[error("not allowed: this needs a token with the role {0}")]
    Role(&'static str),
    /// It belongs to somebody else.
    #[error("there is no such thing")]
    Elsewhere,
    /// A proof of identity is needed.
    #[error("sign in first: this needs a token")]
    SignIn,
}

/// Whether `identity` may do `action` on `target`. Whatever is not allowed here is not allowed.
pub fn authorize(identity: &Identity, action: Action, target: Target<'_>) -> Result<(), Denied> {
    let (Target::Tenant(tenant) | Target::Agent(tenant, _)) = target;
    if *tenant != identity.tenant {
        return Err(Denied::Elsewhere);
    }
    if let (Action::Push, Some(agent), Target::Agent(_, wanted)) = (action, &identity.agent, target) {
        return if agent == wanted { Ok(()) } else { Err(Denied::Elsewhere) };
    }
    let needed = match action {
        Action::Read | Action::Query => Role::Viewer,
        Action::Control => Role::Operator,
        Action::Push | Action::ReadSettings | Action::ChangeSettings => Role::Admin,
    };
    match identity.role {
        _ if identity.via == Via::Loopback && needed > Role::Viewer => Err(Denied::SignIn),
        Some(role) if role >= needed => Ok(()),
        _ => Err(Denied::Role(needed.as_str())),
    }
}
