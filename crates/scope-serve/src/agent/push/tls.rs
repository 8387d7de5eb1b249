//! Whom to believe that it is the server: the holder of one certificate, or whoever an authority vouches for.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Where systems keep the certificates of the authorities that they trust.
const SYSTEM: [&str; 4] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];

/// Settings that trust the certificate with `fingerprint` alone; else the authorities in `ca`, else those of the system.
pub(super) fn config(fingerprint: Option<[u8; 32]>, ca: Option<&Path>) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    if let Some(fingerprint) = fingerprint {
        return Ok(builder.dangerous().with_custom_certificate_verifier(crate::pinned::verifier(fingerprint)).with_no_client_auth());
    }
    let path = match ca {
        Some(path) => path,
        None => SYSTEM.iter().map(Path::new).find(|path| path.exists()).ok_or("this machine has no list of authorities: name one with --push-ca, or enrol")?,
    };
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| format!("could not read certificates from `{}`: {error}", path.display()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| format!("could not read a certificate in `{}`: {error}", path.display()))?;
        // Lists of systems hold some that rustls does not take; they vouch for nobody then.
        if let Err(error) = roots.add(certificate)
            && ca.is_some()
        {
            return Err(format!("a certificate in `{}` cannot be used: {error}", path.display()));
        }
    }
    if roots.is_empty() {
        return Err(format!("there is no certificate in `{}`", path.display()));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
