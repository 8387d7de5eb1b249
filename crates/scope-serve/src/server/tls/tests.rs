#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ServerConnection};

use super::*;

/// An authority, and certificates that it signs.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// PEM of a certificate and its key.
    fn sign(&self, common_name: &str, names: &[&str]) -> (String, String) {
        let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, common_name);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

fn self_signed(dir: &Path) -> TlsSettings {
    TlsSettings { source: Source::SelfSigned { dir: dir.to_owned(), names: vec!["example.test".to_owned()] }, client_ca: None }
}

fn client(pin: [u8; 32], identity: Option<&(String, String)>) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
    let builder = builder.dangerous().with_custom_certificate_verifier(pinned::verifier(pin));
    Arc::new(match identity {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let chain = CertificateDer::pem_slice_iter(cert.as_bytes()).collect::<Result<_, _>>().unwrap();
            builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap()
        }
    })
}

/// One connection: who the server takes the client for, or why there was none.
fn shake(server: &Tls, client: Arc<ClientConfig>) -> Result<Option<Result<ClientCertificate, NamesNobody>>, String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let config = server.config();
    let serving = std::thread::spawn(move || {
        let (mut tcp, _) = listener.accept().unwrap();
        let mut connection = ServerConnection::new(config).unwrap();
        let mut stream = rustls::Stream::new(&mut connection, &mut tcp);
        let mut byte = [0];
        stream.read_exact(&mut byte).map_err(|error| error.to_string())?;
        stream.write_all(b"!").map_err(|error| error.to_string())?;
        Ok::<_, String>(ClientCertificate::of(&connection))
    });
    let mut tcp = TcpStream::connect(address).unwrap();
    let mut connection = ClientConnection::new(client, ServerName::try_from("whatever.test").unwrap()).unwrap();
    let mut stream = rustls::Stream::new(&mut connection, &mut tcp);
    let mut byte = [0];
    let heard = stream.write_all(b"?").and_then(|()| stream.read_exact(&mut byte)).map_err(|error| error.to_string());
    drop(tcp);
    let served = serving.join().unwrap();
    heard?;
    served
}

#[test]
fn a_certificate_of_its_own_is_kept_and_known_by_its_fingerprint() {
    let dir = tempfile::tempdir().unwrap();
    let tls = Tls::open(self_signed(dir.path())).unwrap();
    assert_eq!(tls.pin(), Some(tls.fingerprint()));
    assert_eq!(Tls::open(self_signed(dir.path())).unwrap().fingerprint(), tls.fingerprint(), "a second start has the same");
    assert_eq!(shake(&tls, client(tls.fingerprint(), None)), Ok(None));
    let other = tempfile::tempdir().unwrap();
    let other = Tls::open(self_signed(other.path())).unwrap();
    let error = shake(&tls, client(other.fingerprint(), None)).unwrap_err();
    assert!(error.contains("invalid peer certificate"), "{error}");
    #[cfg(unix)]
    for file in fs::read_dir(dir.path()).unwrap() {
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.unwrap().metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn it_offers_both_versions_of_http() {
    let dir = tempfile::tempdir().unwrap();
    let tls = Tls::open(self_signed(dir.path())).unwrap();
    assert_eq!(tls.config().alpn_protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
}

#[test]
fn clients_with_a_certificate_of_the_authority_are_known_and_others_are_not_let_in_with_theirs() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (Authority::new(), Authority::new());
    let ca = dir.path().join("ca.pem");
    fs::write(&ca, ours.0.pem()).unwrap();
    let without = Tls::open(self_signed(dir.path())).unwrap();
    let with = Tls::open(TlsSettings { client_ca: Some(ca), ..self_signed(dir.path()) }).unwrap();
    let agent = ours.sign("host-a", &[]);
    let named = |name: &str| Ok(Some(Ok(ClientCertificate { name: name.to_owned() })));

    assert_eq!(shake(&with, client(with.fingerprint(), None)), Ok(None), "browsers have none");
    assert_eq!(shake(&with, client(with.fingerprint(), Some(&agent))), named("host-a"));
    assert_eq!(shake(&with, client(with.fingerprint(), Some(&ours.sign("ignored", &["host-b"])))), named("host-b"));
    assert_eq!(shake(&with, client(with.fingerprint(), Some(&ours.sign("x", &["host-b", "host-c"])))), Ok(Some(Err(NamesNobody))), "a choice of identities");
    let foreign = shake(&with, client(with.fingerprint(), Some(&theirs.sign("host-a", &[]))));
    assert!(foreign.is_err(), "{foreign:?}");
    assert_eq!(shake(&without, client(without.fingerprint(), Some(&agent))), Ok(None), "without --tls-client-ca no certificate is asked for");
}

#[test]
fn files_that_change_are_read_again_and_broken_ones_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    let put = |(cert_pem, key_pem): &(String, String), age: u64| {
        for (path, text) in [(&cert, cert_pem), (&key, key_pem)] {
            fs::write(path, text).unwrap();
            // Clocks of file systems are coarse; a renewal is never so quick.
            fs::File::options().write(true).open(path).unwrap().set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        }
    };
    put(&authority.sign("one", &["localhost"]), 300);
    let tls = Tls::open(TlsSettings { source: Source::Files { cert: cert.clone(), key: key.clone() }, client_ca: None }).unwrap();
    let first = tls.fingerprint();
    assert_eq!(tls.pin(), None, "an authority's certificate is renewed, so nobody pins it");
    assert!(!tls.reload_if_changed().unwrap());

    put(&authority.sign("two", &["localhost"]), 200);
    assert!(tls.reload_if_changed().unwrap());
    let second = tls.fingerprint();
    assert_ne!(first, second);
    assert_eq!(shake(&tls, client(second, None)), Ok(None));

    put(&("-----BEGIN nonsense".to_owned(), String::new()), 100);
    let error = tls.reload_if_changed().unwrap_err().to_string();
    assert!(error.contains("cert.pem"), "{error}");
    assert_eq!(shake(&tls, client(second, None)), Ok(None), "what was there goes on");
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    fs::write(&cert, authority.sign("one", &["localhost"]).0).unwrap();
    fs::write(&key, authority.sign("two", &["localhost"]).1).unwrap();
    let error = Tls::open(TlsSettings { source: Source::Files { cert, key }, client_ca: None }).unwrap_err().to_string();
    assert!(error.contains("the key must be the one of the first certificate"), "{error}");
}
