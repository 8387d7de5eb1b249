//! TLS of the server: its certificate, from files or made by itself and read again when it changes, and the certificates of clients. Which connections
//! get TLS is the listener's business.

mod client;
mod error;
mod policy;
mod self_signed;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

pub use client::{ClientCertificate, NamesNobody};
pub use error::TlsError;
pub use policy::{Asked, Policy, Refusal, bind_policy, container_sign};

use crate::pinned;

/// How often files are looked at.
const PACE: Duration = Duration::from_secs(10);

/// Where the server's certificate comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Files in PEM: `--tls-cert` with the chain, the server's own first, and `--tls-key`.
    Files {
        /// The chain.
        cert: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// Made once, and kept in the data directory: `--tls-self-signed`.
    SelfSigned {
        /// The data directory.
        dir: PathBuf,
        /// Names and addresses that it is for, beside `localhost`.
        names: Vec<String>,
    },
}

/// What the server's TLS is made of.
#[derive(Clone, Debug)]
pub struct TlsSettings {
    /// The server's certificate.
    pub source: Source,
    /// Authorities, in PEM, whose certificates name agents: `--tls-client-ca`. Clients without one are let in, and prove themselves otherwise.
    pub client_ca: Option<PathBuf>,
}

/// The server's TLS as its files say now.
#[derive(Debug)]
pub struct Tls {
    files: Files,
    self_signed: bool,
    current: RwLock<Current>,
}

#[derive(Debug)]
struct Files {
    cert: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
}

#[derive(Clone, Debug)]
struct Current {
    config: Arc<ServerConfig>,
    fingerprint: [u8; 32],
    changed: [Option<SystemTime>; 3],
}

impl Tls {
    /// Reads the files; makes a certificate first, where the server is to have one of its own and has none.
    pub fn open(settings: TlsSettings) -> Result<Self, TlsError> {
        let (cert, key, self_signed) = match settings.source {
            Source::Files { cert, key } => (cert, key, false),
            Source::SelfSigned { dir, names } => {
                let (cert, key) = self_signed::files(&dir, &names)?;
                (cert, key, true)
            }
        };
        let files = Files { cert, key, client_ca: settings.client_ca };
        let current = RwLock::new(files.read()?);
        Ok(Self { files, self_signed, current })
    }

    /// What to shake hands with: to be asked for each connection, as it changes.
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).config)
    }

    /// SHA-256 of the server's certificate.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.current.read().unwrap_or_else(PoisonError::into_inner).fingerprint
    }

    /// The fingerprint that agents have to know the server by: that of a certificate that it made itself.
    pub fn pin(&self) -> Option<[u8; 32]> {
        self.self_signed.then(|| self.fingerprint())
    }

    /// Reads the files again. What cannot be used changes nothing: connections go on with what was there before.
    pub fn reload(&self) -> Result<(), TlsError> {
        let read = self.files.read()?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// Reads the files again where one of them changed. Says whether it did.
    pub fn reload_if_changed(&self) -> Result<bool, TlsError> {
        let before = self.current.read().unwrap_or_else(PoisonError::into_inner).changed;
        if self.files.changed() == before {
            return Ok(false);
        }
        self.reload().map(|()| true)
    }
}

/// Looks at the files every ten seconds and reads them again when they changed. The server owns this task and joins it when `stop` has come.
pub async fn watch(tls: Arc<Tls>, stop: impl Future<Output = ()> + Send) {
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(PACE) => {}
        }
        let reader = Arc::clone(&tls);
        match tokio::task::spawn_blocking(move || reader.reload_if_changed()).await {
            Ok(Ok(true)) => tracing::info!("the certificate changed and was read again"),
            Ok(Ok(false)) => {}
            Ok(Err(error)) => tracing::error!("{error}; connections go on with the certificate that was there before"),
            Err(panic) => tracing::error!("reading certificates: {panic}"),
        }
    }
}

impl Files {
    fn changed(&self) -> [Option<SystemTime>; 3] {
        let changed = |path: &Path| std::fs::metadata(path).and_then(|about| about.modified()).ok();
        [changed(&self.cert), changed(&self.key), self.client_ca.as_deref().and_then(changed)]
    }

    fn read(&self) -> Result<Current, TlsError> {
        // Asked before reading: a change in between is seen next time.
        let changed = self.changed();
        let chain = certificates(&self.cert)?;
        let first = chain.first().ok_or_else(|| TlsError::Empty { path: self.cert.clone(), what: "certificate" })?;
        let fingerprint = pinned::fingerprint(first);
        let key = PrivateKeyDer::from_pem_slice(&bytes(&self.key)?).map_err(|_| TlsError::Empty { path: self.key.clone(), what: "private key" })?;
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions();
        let builder = builder.map_err(|cause| TlsError::Unusable { path: self.cert.clone(), cause })?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for authority in certificates(path)? {
                    roots.add(authority).map_err(|cause| TlsError::Unusable { path: path.clone(), cause })?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(ring::default_provider()));
                builder.with_client_cert_verifier(
                    verifier.allow_unauthenticated().build().map_err(|_| TlsError::Empty { path: path.clone(), what: "certificate of an authority" })?,
                )
            }
        };
        let mut config = builder.with_single_cert(chain, key).map_err(|cause| TlsError::Unusable { path: self.cert.clone(), cause })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Current { config: Arc::new(config), fingerprint, changed })
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|cause| TlsError::Read { path: path.to_owned(), cause })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = bytes(path)?;
    CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| TlsError::Empty { path: path.to_owned(), what: "certificate" })
}
