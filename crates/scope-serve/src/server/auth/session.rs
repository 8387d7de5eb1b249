//! Sessions of browsers: opened with a token or a one-time code, carried by a cookie, and each change confirmed by a token that other sites cannot read.

use std::time::Instant;

use http::HeaderMap;
use http::header;
use http::request::Parts;
use scope_core::Timestamp;
use subtle::ConstantTimeEq;

use super::credentials::is_safe;
use super::{Auth, Identity, NewToken, Peer, Proof, Refused, Role, Secret, Via, now};
use crate::server::store::{AuditEntry, CodeRecord, SecretHash, SessionRecord};
use crate::server::tenant::Tenant;

const SESSION_PREFIX: &str = "scope_session_";
const CODE_PREFIX: &str = "scope_code_";
/// How long a session lives.
const SESSION_SECS: i64 = 7 * 24 * 3600;
/// How long the code of the first start lives.
const CODE_SECS: i64 = 3600;
/// The header that confirms a change.
pub(super) const CSRF_HEADER: &str = "x-scope-csrf";

/// Made once, when there is no token at all, and shown once.
#[derive(Debug)]
pub struct FirstStart {
    /// A token of role admin.
    pub admin_token: Secret,
    /// Opens one session of role admin, within the hour: `BASE/sign-in#CODE`.
    pub code: Secret,
}

/// A session that was just opened.
#[derive(Debug)]
pub struct SignedIn {
    /// The value of `Set-Cookie`.
    pub cookie: String,
    /// What each change has to carry in `X-Scope-CSRF`.
    pub csrf: String,
    /// Who it is now.
    pub identity: Identity,
    /// When the session ends.
    pub expires: Timestamp,
}

impl Auth {
    /// Makes an administrator's token and a one-time code, where there is no token: what the first start shows.
    pub fn first_start(&self) -> Result<Option<FirstStart>, Refused> {
        if self.store.has_tokens()? {
            return Ok(None);
        }
        let tenant = Tenant::default();
        let new = NewToken { name: "first start".to_owned(), role: Role::Admin, filter: None, expires: None };
        let (admin_token, _) = self.create_token(&tenant, "first start", None, &new)?;
        let code = draw(CODE_PREFIX)?;
        let record = CodeRecord {
            tenant,
            name: "first start".to_owned(),
            role: Role::Admin,
            token: Some(admin_token.hash().to_hex()),
            expires: Timestamp::from_micros(now().as_micros() + CODE_SECS * 1_000_000),
        };
        self.store.set_code(&code.hash(), &record)?;
        Ok(Some(FirstStart { admin_token, code }))
    }

    /// Opens a session with a token or a one-time code.
    pub fn sign_in(&self, proof: &str, peer: &Peer) -> Result<SignedIn, Refused> {
        if let Some(secs) = self.failures().blocked(peer.ip(), Instant::now()) {
            return Err(Refused::TooMany(secs));
        }
        let now = now();
        let Some(session) = self.session_for(proof, now)? else { return Err(self.failed("sign-in", peer)) };
        let visibility = self.visibility(session.filter.as_deref())?;
        let secret = draw(SESSION_PREFIX)?;
        let entry = AuditEntry {
            at: now,
            who: session.name.clone(),
            address: Some(peer.ip()),
            action: "login".to_owned(),
            target: Some("session".to_owned()),
            outcome: "done".to_owned(),
        };
        self.store.add_session(&secret.hash(), &session, now, &entry)?;
        let max_age = session.expires.micros_since(now) / 1_000_000;
        let identity = Identity {
            name: session.name.into(),
            tenant: session.tenant,
            role: Some(session.role),
            visibility,
            via: Via::Session,
            proof: Proof::Session(secret.hash()),
            agent: None,
        };
        Ok(SignedIn { cookie: self.cookie(peer.tls, secret.reveal(), max_age), csrf: csrf_of(secret.reveal()), identity, expires: session.expires })
    }

    fn session_for(&self, proof: &str, now: Timestamp) -> Result<Option<SessionRecord>, Refused> {
        let Some(secret) = Secret::read(proof) else { return Ok(None) };
        let longest = Timestamp::from_micros(now.as_micros() + SESSION_SECS * 1_000_000);
        let hash = secret.hash();
        if proof.starts_with(CODE_PREFIX) {
            let Some(code) = self.store.take_code(&hash, now)? else { return Ok(None) };
            let session =
                SessionRecord { tenant: code.tenant, name: code.name, role: code.role, filter: None, token: code.token, created: now, expires: longest };
            return Ok(self.is_backed(&session)?.then_some(session));
        }
        let token = self.store.token(&hash)?.filter(|token| token.expires.is_none_or(|end| end > now));
        Ok(token.map(|token| SessionRecord {
            tenant: token.tenant,
            name: token.name,
            role: token.role,
            filter: token.filter,
            token: Some(hash.to_hex()),
            created: now,
            expires: token.expires.map_or(longest, |end| end.min(longest)),
        }))
    }

    /// The identity of the session that the request's cookie opens; none where there is no such session, which is no attempt at anything: cookies outlive
    /// their sessions.
    pub(super) fn by_session(&self, parts: &Parts, peer: &Peer) -> Result<Option<Identity>, Refused> {
        let Some((secret, session)) = self.session_of(&parts.headers, peer)? else { return Ok(None) };
        if !is_safe(&parts.method) {
            let given = parts.headers.get(CSRF_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
            if !bool::from(given.ct_eq(csrf_of(&secret).as_bytes())) {
                return Err(Refused::Csrf);
            }
        }
        let visibility = self.visibility(session.filter.as_deref())?;
        Ok(Some(Identity {
            name: session.name.into(),
            tenant: session.tenant,
            role: Some(session.role),
            visibility,
            via: Via::Session,
            proof: Proof::Session(SecretHash::of(&secret)),
            agent: None,
        }))
    }

    /// The token that confirms changes of the session that the request's cookie opens.
    pub fn csrf(&self, headers: &HeaderMap, peer: &Peer) -> Result<Option<String>, Refused> {
        Ok(self.session_of(headers, peer)?.map(|(secret, _)| csrf_of(&secret)))
    }

    /// Ends the session that the request's cookie opens. The value of `Set-Cookie` that removes the cookie.
    pub fn sign_out(&self, headers: &HeaderMap, peer: &Peer) -> Result<String, Refused> {
        if let Some((secret, session)) = self.session_of(headers, peer)? {
            let entry = AuditEntry {
                at: now(),
                who: session.name.clone(),
                address: Some(peer.ip()),
                action: "logout".to_owned(),
                target: Some("session".to_owned()),
                outcome: "done".to_owned(),
            };
            self.store.remove_session(&SecretHash::of(&secret), &session, &entry)?;
        }
        Ok(self.cookie(peer.tls, "", 0))
    }

    fn session_of(&self, headers: &HeaderMap, peer: &Peer) -> Result<Option<(String, SessionRecord)>, Refused> {
        let Some(secret) = cookie(headers, self.cookie_name(peer.tls)).and_then(Secret::read) else { return Ok(None) };
        Ok(self.session(&secret.hash())?.map(|session| (secret.reveal().to_owned(), session)))
    }

    /// The session with this secret, where it has not ended.
    pub(super) fn session(&self, secret: &SecretHash) -> Result<Option<SessionRecord>, Refused> {
        let Some(session) = self.store.session(secret)?.filter(|session| session.expires > now()) else { return Ok(None) };
        Ok(self.is_backed(&session)?.then_some(session))
    }

    /// Whether the token is still there that a session is of: without it a session is nothing.
    fn is_backed(&self, session: &SessionRecord) -> Result<bool, Refused> {
        let Some(token) = session.token.as_deref() else { return Ok(true) };
        let token = SecretHash::from_hex(token).map(|token| self.store.token(&token)).transpose()?.flatten();
        Ok(token.is_some_and(|token| token.expires.is_none_or(|end| end > now())))
    }

    /// The prefixes make browsers insist on TLS, and `__Host-` on this very host, which allows no path but `/`.
    fn cookie_name(&self, tls: bool) -> &'static str {
        match (tls, self.config.base_path.as_str()) {
            (false, _) => "scope_session",
            (true, "/" | "") => "__Host-scope_session",
            (true, _) => "__Secure-scope_session",
        }
    }

    fn cookie(&self, tls: bool, value: &str, max_age: i64) -> String {
        let path = if self.config.base_path.is_empty() { "/" } else { &self.config.base_path };
        let secure = if tls { "; Secure" } else { "" };
        format!("{}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}", self.cookie_name(tls))
    }
}

pub(super) fn draw(prefix: &str) -> Result<Secret, Refused> {
    Secret::draw(prefix).map_err(|error| Refused::Internal(error.to_string()))
}

/// Derived from the session's secret, which no script can read, so that nothing more has to be kept.
fn csrf_of(secret: &str) -> String {
    SecretHash::of(&format!("csrf:{secret}")).to_hex()
}

/// The value of a cookie that occurs once. Twice, somebody else has set one of them.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut found = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(key, _)| *key == name).map(|(_, value)| value);
    found.next().filter(|_| found.next().is_none())
}
