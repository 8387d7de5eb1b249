//! Who asks, and what they may do. How an identity was proved lives with each proof; every route asks [`authorize`] and nothing else.
//!
//! [`protect`] puts the guard and the identification around a router: handlers behind it find an [`Identity`] in the request's extensions, or take a
//! [`Caller`]. A request without credentials goes on without an identity, for the few routes that need none; wrong credentials are refused here.

mod announced;
mod credentials;
mod enrol;
mod failures;
mod identity;
mod layer;
mod peer;
mod pending;
mod refused;
mod routes;
mod secret;
mod session;
mod standing;
mod token;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use scope_core::Timestamp;

pub use announced::Announced;
pub use enrol::NewEnrolment;
pub use identity::{Action, Denied, Identity, Role, Target, Via, Visibility, authorize};
pub use layer::{Caller, protect};
pub use peer::Peer;
pub use pending::{Figures, keep};
pub use refused::Refused;
pub use routes::{OPEN, routes};
pub use secret::{NoEntropy, Secret};
pub use session::{FirstStart, SignedIn};
pub use standing::{Proof, Standing};
pub use token::NewToken;

use crate::server::store::Store;
use failures::Failures;
use pending::Pending;

/// Where the server stands, as far as identities depend on it.
#[derive(Clone, Debug, Default)]
pub struct AuthConfig {
    /// Whether the server listens on loopback addresses only. Then processes of this machine read without a token.
    pub loopback: bool,
    /// The path that all routes lie beneath: `/`, or such as `/scope`.
    pub base_path: String,
    /// SHA-256 of the server's certificate, for enrolment strings; none where the certificate is one that agents trust anyway.
    pub fingerprint: Option<[u8; 32]>,
    /// Where agents reach the server, for enrolment strings; where the request that asks for one reached it, without.
    pub url: Option<String>,
}

/// Proves identities.
#[derive(Debug)]
pub struct Auth {
    store: Arc<Store>,
    config: AuthConfig,
    failures: Mutex<Failures>,
    pending: Mutex<Pending>,
}

impl Auth {
    /// Over the tokens and credentials in `store`.
    pub fn new(store: Arc<Store>, config: AuthConfig) -> Self {
        Self { store, config, failures: Mutex::new(Failures::new(Instant::now())), pending: Mutex::default() }
    }

    /// The database.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time now.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
