//! Whom to believe that it is the server: the holder of one certificate, or whoever an authority vouches for. And with which certificate this agent says
//! who it is, where it has one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// The files of the certificate that names this agent. They are read for each connection, so that one that was renewed is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate in PEM, with its chain.
    pub cert: PathBuf,
    /// Its key, in PEM.
    pub key: PathBuf,
}

/// How TLS is spoken with the server.
#[derive(Clone, Debug)]
pub(super) struct Trust {
    /// SHA-256 of the only certificate that is believed.
    pub(super) fingerprint: Option<[u8; 32]>,
    /// Authorities that are believed without one; the system's where absent.
    pub(super) ca: Option<PathBuf>,
    pub(super) client: Option<ClientCertificate>,
}

/// Where systems keep the certificates of the authorities that they trust.
const SYSTEM: [&str; 4] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];

impl Trust {
    /// The settings of the next connection.
    pub(super) fn config(&self) -> Result<ClientConfig, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
        let builder = match self.fingerprint {
            Some(fingerprint) => builder.dangerous().with_custom_certificate_verifier(crate::pinned::verifier(fingerprint)),
            None => builder.with_root_certificates(self.roots()?),
        };
        let Some(files) = &self.client else { return Ok(builder.with_no_client_auth()) };
        let chain = certificates(&files.cert)?;
        let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| format!("could not read a key from `{}`: {error}", files.key.display()))?;
        builder
            .with_client_auth_cert(chain, key)
            .map_err(|error| format!("the certificate in `{}` and the key in `{}` cannot be used together: {error}", files.cert.display(), files.key.display()))
    }

    fn roots(&self) -> Result<RootCertStore, String> {
        let path = match &self.ca {
            Some(path) => path,
            None => {
                SYSTEM.iter().map(Path::new).find(|path| path.exists()).ok_or("this machine has no list of authorities: name one with --push-ca, or enrol")?
            }
        };
        let mut roots = RootCertStore::empty();
        for certificate in certificates(path)? {
            // Lists of systems hold some that rustls does not take; they vouch for nobody then.
            if let Err(error) = roots.add(certificate)
                && self.ca.is_some()
            {
                return Err(format!("a certificate in `{}` cannot be used: {error}", path.display()));
            }
        }
        Ok(roots)
    }
}

/// What a refused certificate means, for people; none where it is something else that went wrong.
pub(super) fn in_words(why: &str) -> Option<&'static str> {
    // Clients for gRPC and WebSockets hand on nothing but the text of the error.
    if why.contains("ApplicationVerificationFailure") {
        Some(
            "another server answers at its address: the certificate there is not the one that this agent was enrolled with; where the server has a new one, \
             enrol again (`scope serve enrol --agent NAME`), else look who answers",
        )
    } else if why.contains("UnknownIssuer") {
        Some("no authority that this machine knows signed its certificate: name that authority with --push-ca, or push with a string of `scope serve enrol`")
    } else {
        None
    }
}

/// The certificates in a file, of which there is one at least.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.map_err(|error| format!("could not read certificates from `{}`: {error}", path.display()))?;
    if found.is_empty() { Err(format!("there is no certificate in `{}`", path.display())) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use rustls::{CertificateError, Error};

    use super::in_words;

    #[test]
    fn refused_certificates_are_told_in_words() {
        let words = |error| in_words(&Error::InvalidCertificate(error).to_string()).unwrap_or_default();
        assert!(words(CertificateError::ApplicationVerificationFailure).contains("another server"));
        assert!(words(CertificateError::UnknownIssuer).contains("--push-ca"));
        assert_eq!(words(CertificateError::Expired), "");
    }
}
