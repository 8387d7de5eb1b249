//! The records of the database. What they allow is decided elsewhere.

use std::net::IpAddr;

use scope_core::{AgentName, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::enrolment;
use crate::server::auth::Role;
use crate::server::tenant::Tenant;

/// The SHA-256 of a secret of 256 random bits: what is kept of it. Such secrets need no slow hash, as nobody tries them all.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of `secret`.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As 64 hexadecimal digits.
    pub fn to_hex(&self) -> String {
        enrolment::hex(&self.0)
    }

    /// From 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        enrolment::unhex(text).map(Self)
    }

    /// What people call the secret by: 12 hexadecimal digits, which say nothing of it.
    pub fn id(&self) -> String {
        let mut hex = self.to_hex();
        hex.truncate(12);
        hex
    }
}

impl From<[u8; 32]> for SecretHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.id())
    }
}

/// A token of a person or a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Whose.
    pub tenant: Tenant,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// What it sees, as the canonical text of a filter; everything without.
    pub filter: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// When it was last used, to a minute.
    pub last_used: Option<Timestamp>,
}

/// A browser's session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Whose.
    pub tenant: Tenant,
    /// For the audit: the name of the token that opened it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// What it sees.
    pub filter: Option<String>,
    /// The token that opened it, and ends it by its own end.
    pub token: Option<String>,
    /// When it was opened.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

/// A one-time code that opens a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRecord {
    /// Whose.
    pub tenant: Tenant,
    /// For the audit.
    pub name: String,
    /// What the session may do.
    pub role: Role,
    /// The token that was shown with it: revoked, it ends the code and its session.
    #[serde(default)]
    pub token: Option<String>,
    /// When it ends, unused.
    pub expires: Timestamp,
}

/// An agent's credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRecord {
    /// Whose.
    pub tenant: Tenant,
    /// The only agent that it speaks for.
    pub agent: AgentName,
    /// The machine that it was given to, as it said itself.
    pub machine_id: Option<String>,
    /// When.
    pub created: Timestamp,
    /// When it was last used, to a minute.
    pub last_used: Option<Timestamp>,
}

/// A one-time secret that becomes an agent's credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentRecord {
    /// Whose.
    pub tenant: Tenant,
    /// The only agent that may use it; any new one without.
    pub agent: Option<AgentName>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends, unused.
    pub expires: Timestamp,
}

/// Something that was done, or was not allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who: the name of a token, an agent, `loopback`, `data-dir` for the command on the server's own files.
    pub who: String,
    /// From where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub address: Option<IpAddr>,
    /// What, such as `login` or `token.create`.
    pub action: String,
    /// On what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// How it ended: `done`, `refused`, or what failed.
    pub outcome: String,
}
