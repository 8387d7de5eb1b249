//! Whether what proved an identity still does, asked again and again while a stream is open. Requests are asked each by itself.

use std::sync::Arc;
use std::time::Duration;

use super::{Auth, Identity, Refused, now};
use crate::server::store::SecretHash;

/// How often. A stream outlives its token by no more than this and the time that asking takes.
const PACE: Duration = Duration::from_secs(15);

/// What proved an identity, to be asked for again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proof {
    /// The connection itself: it comes from this machine, or brought a certificate.
    #[default]
    Connection,
    /// A token.
    Token(SecretHash),
    /// A session, which is nothing without its token.
    Session(SecretHash),
    /// The credential of an agent.
    Credential(SecretHash),
}

/// An identity for as long as a stream is open. In each request's extensions where it has an identity.
#[derive(Clone, Debug)]
pub struct Standing {
    auth: Arc<Auth>,
    identity: Identity,
}

impl Standing {
    pub(super) fn new(auth: Arc<Auth>, identity: Identity) -> Self {
        Self { auth, identity }
    }

    /// Completes once the identity is no longer proved: its token was revoked or has ended, its session was left, its credential was taken away.
    pub async fn over(self) {
        if self.identity.proof == Proof::Connection {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(PACE).await;
            let Self { auth, identity } = self.clone();
            let proof = identity.proof;
            match tokio::task::spawn_blocking(move || auth.holds(proof)).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => return tracing::info!(who = %identity.name, "a stream ends: what proved its identity does so no more"),
                Ok(Err(error)) => return tracing::error!(who = %identity.name, "a stream ends: its identity cannot be proved again: {error}"),
                Err(panic) => return tracing::error!("proving an identity again: {panic}"),
            }
        }
    }
}

impl Auth {
    fn holds(&self, proof: Proof) -> Result<bool, Refused> {
        Ok(match proof {
            Proof::Connection => true,
            Proof::Token(hash) => self.store.token(&hash)?.is_some_and(|token| token.expires.is_none_or(|end| end > now())),
            Proof::Session(hash) => self.session(&hash)?.is_some(),
            Proof::Credential(hash) => self.store.agent(&hash)?.is_some(),
        })
    }
}
