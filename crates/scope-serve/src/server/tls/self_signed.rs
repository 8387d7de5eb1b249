//! The certificate that a server makes itself: once, kept in its data directory, so that agents that know its fingerprint know it for good.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};

use super::TlsError;

const CERT: &str = "self-signed.crt";
const KEY: &str = "self-signed.key";

/// Its files in `dir`, made where they are missing. Agents pin it and browsers ask once, so names that change later are no reason for a new one: that
/// would shut every agent out.
pub(super) fn files(dir: &Path, names: &[String]) -> Result<(PathBuf, PathBuf), TlsError> {
    let (cert, key) = (dir.join(CERT), dir.join(KEY));
    if !(cert.exists() && key.exists()) {
        let (cert_pem, key_pem) = make(names)?;
        // The certificate last: with it, both are there.
        write(&key, key_pem.as_bytes()).map_err(|cause| TlsError::Write { path: key.clone(), cause })?;
        write(&cert, cert_pem.as_bytes()).map_err(|cause| TlsError::Write { path: cert.clone(), cause })?;
    }
    Ok((cert, key))
}

fn make(names: &[String]) -> Result<(String, String), TlsError> {
    let mut all: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    all.extend(names.iter().filter(|name| !["localhost", "127.0.0.1", "::1"].contains(&name.as_str())).cloned());
    let mut params = CertificateParams::new(all)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "scope");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Whoever takes it knows it by its fingerprint: dates protect nobody here, and clocks that are off must not shut agents out.
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2120, 1, 1);
    let key = KeyPair::generate()?;
    let cert = params.self_signed(&key)?;
    Ok((cert.pem(), key.serialize_pem()))
}

/// Whole or not at all, and nobody else's from the first byte.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = (|| {
        let mut file = options.open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}
