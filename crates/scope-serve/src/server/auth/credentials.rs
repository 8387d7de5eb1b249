//! From what a request carries to an identity: a token, an agent's credential, a certificate, a session cookie, or that it comes from this machine.

use std::time::Instant;

use http::request::Parts;
use http::{HeaderMap, Method, header};
use scope_core::{AgentName, CompactString, Timestamp};

use super::identity::{Denied, Identity, Role, Via, Visibility};
use super::{Auth, Peer, Proof, Refused, Secret, now};
use crate::server::store::SecretHash;
use crate::server::tenant::Tenant;
use crate::server::tls::ClientCertificate;

/// What the credentials of agents begin with.
pub(super) const AGENT_PREFIX: &str = "scope_agent_";
/// Uses are noted to a minute.
const NOTE_MICROS: i64 = 60_000_000;

impl Auth {
    /// Who sends this request. [`Denied::SignIn`] where it carries no proof and comes from elsewhere; everything else says that a proof is wrong.
    pub fn identify(&self, parts: &Parts, peer: &Peer) -> Result<Identity, Refused> {
        if let Some(text) = bearer(&parts.headers)? {
            return self.by_secret(text, peer);
        }
        if let Some(certificate) = &peer.certificate {
            return by_certificate(certificate);
        }
        if let Some(identity) = self.by_session(parts, peer)? {
            return Ok(identity);
        }
        if self.config.loopback && peer.is_local() {
            return Ok(Identity {
                name: CompactString::const_new("loopback"),
                tenant: Tenant::default(),
                role: Some(Role::Viewer),
                visibility: Visibility::all(),
                via: Via::Loopback,
                proof: Proof::Connection,
                agent: None,
            });
        }
        Err(Denied::SignIn.into())
    }

    fn by_secret(&self, text: &str, peer: &Peer) -> Result<Identity, Refused> {
        let known = match Secret::read(text) {
            Some(secret) if secret.reveal().starts_with(AGENT_PREFIX) => self.by_agent_credential(&secret.hash())?,
            Some(secret) => self.by_token(&secret.hash())?,
            None => None,
        };
        known.ok_or_else(|| self.failed("token", peer))
    }

    fn by_token(&self, hash: &SecretHash) -> Result<Option<Identity>, Refused> {
        let now = now();
        let Some(token) = self.store.token(hash)?.filter(|token| token.expires.is_none_or(|end| end > now)) else { return Ok(None) };
        self.note_use(*hash, token.last_used, now);
        let visibility = self.visibility(token.filter.as_deref())?;
        Ok(Some(Identity {
            name: token.name.into(),
            tenant: token.tenant,
            role: Some(token.role),
            visibility,
            via: Via::Token,
            proof: Proof::Token(*hash),
            agent: None,
        }))
    }

    fn by_agent_credential(&self, hash: &SecretHash) -> Result<Option<Identity>, Refused> {
        let Some(record) = self.store.agent(hash)? else { return Ok(None) };
        self.note_use(*hash, record.last_used, now());
        Ok(Some(agent_identity(record.tenant, record.agent, Proof::Credential(*hash))))
    }

    /// A failed attempt, counted and written down; how it is answered.
    pub(super) fn failed(&self, with: &'static str, peer: &Peer) -> Refused {
        let wait = self.failures().failed(peer.ip(), Instant::now());
        if let Some(secs) = wait {
            return Refused::TooMany(secs);
        }
        tracing::warn!(address = %peer.ip(), with, "a login failed");
        self.write_down_later(Tenant::default(), "unknown", peer, "login", Some(with.to_owned()), "refused");
        Refused::Unknown
    }

    fn note_use(&self, hash: SecretHash, last: Option<Timestamp>, now: Timestamp) {
        if last.is_none_or(|last| now.micros_since(last) >= NOTE_MICROS) {
            self.pending().note_use(hash, now);
        }
    }

    /// The visibility of a filter. Filters that were read are remembered: reading one needs the registry of fields.
    pub(super) fn visibility(&self, filter: Option<&str>) -> Result<Visibility, Refused> {
        let Some(text) = filter else { return Ok(Visibility::all()) };
        if let Some(known) = self.pending().visibility(text) {
            return Ok(known);
        }
        // Never wider than it was meant: a filter that no longer reads shuts its token out.
        let filter = text.parse().map_err(|error| Refused::Internal(format!("the filter `{text}` of a token does not read: {error}")))?;
        let visibility = Visibility::of(filter);
        self.pending().remember_visibility(text, visibility.clone());
        Ok(visibility)
    }
}

fn agent_identity(tenant: Tenant, agent: AgentName, proof: Proof) -> Identity {
    Identity { name: agent.as_str().into(), tenant, role: None, visibility: Visibility::all(), via: Via::Agent, proof, agent: Some(agent) }
}

fn by_certificate(certificate: &ClientCertificate) -> Result<Identity, Refused> {
    let agent = certificate.name.parse().map_err(|_| Refused::Unknown)?;
    Ok(agent_identity(Tenant::default(), agent, Proof::Connection))
}

/// The token in `Authorization`. Other schemes are a proxy's business and carry nothing for this server.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refused> {
    let mut found = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err(Refused::Invalid("more than one Authorization header".to_owned()));
    }
    let Ok(text) = value.to_str() else { return Err(Refused::Unknown) };
    Ok(text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim()))
}

/// Whether a method changes nothing. A WebSocket over HTTP/2 begins with CONNECT; its `Origin` is what the guard goes by.
pub(super) fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::CONNECT)
}
