//! What can be wrong with certificates and keys.

use std::io;
use std::path::PathBuf;

/// TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("could not read {}: {cause}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The server's own certificate cannot be written.
    #[error("could not write {}: {cause}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A file does not hold what it should.
    #[error("there is no {what} in PEM that reads in {}: a file of one begins with -----BEGIN", path.display())]
    Empty {
        /// Which.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// The certificate, or that it belongs to the key.
    #[error("could not use {}: {cause}; the key must be the one of the first certificate", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: rustls::Error,
    },
    /// The server's own certificate cannot be made.
    #[error("could not make a certificate: {0}; check the names given with --host-name")]
    Make(#[from] rcgen::Error),
}
