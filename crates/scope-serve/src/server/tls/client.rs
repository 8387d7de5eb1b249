//! The certificate of an agent that comes with one: which agent it names. That it is genuine was checked in the handshake.

use rustls::pki_types::CertificateDer;

/// OID 2.5.4.3, the common name.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_ID: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;

/// A certificate that its client proved to own, signed by the authority of `--tls-client-ca`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Whom it names: its only alternative name, or without one its common name.
    pub name: String,
}

/// The certificate names nobody, or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client's certificate does not name one agent: it needs the agent's name as its only DNS alternative name, or as its common name")]
pub struct NamesNobody;

impl ClientCertificate {
    /// Whom the client of a finished handshake is, where it brought a certificate.
    pub fn of(connection: &rustls::ServerConnection) -> Option<Result<Self, NamesNobody>> {
        connection.peer_certificates()?.first().map(Self::read)
    }

    /// Whom `certificate` names. A certificate with several alternative names is no agent's: it would be a choice of identities.
    pub fn read(certificate: &CertificateDer<'_>) -> Result<Self, NamesNobody> {
        let parsed = webpki::EndEntityCert::try_from(certificate).map_err(|_| NamesNobody)?;
        let mut names = parsed.valid_dns_names();
        let name = match (names.next(), names.next()) {
            (Some(name), None) => name.to_owned(),
            (None, _) => common_name(parsed.subject()).ok_or(NamesNobody)?,
            (Some(_), Some(_)) => return Err(NamesNobody),
        };
        Ok(Self { name })
    }
}

/// The only common name of a subject: a sequence of sets of pairs of a kind and a text.
fn common_name(subject: &[u8]) -> Option<String> {
    let mut found = None;
    let mut rest = subject;
    while !rest.is_empty() {
        let (tag, mut set, after) = element(rest)?;
        rest = after;
        if tag != SET {
            return None;
        }
        while !set.is_empty() {
            let (tag, pair, after) = element(set)?;
            set = after;
            if tag != SEQUENCE {
                return None;
            }
            let (kind, oid, value) = element(pair)?;
            if kind != OBJECT_ID || oid != COMMON_NAME {
                continue;
            }
            let (text_kind, text, _) = element(value)?;
            if !matches!(text_kind, UTF8_STRING | PRINTABLE_STRING) || found.is_some() {
                return None;
            }
            found = Some(str::from_utf8(text).ok()?.to_owned());
        }
    }
    found
}

/// The first element of `bytes`: its tag, its content, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        0x82 => rest.split_first_chunk::<2>().map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?,
        _ => return None,
    };
    rest.split_at_checked(length).map(|(content, rest)| (tag, content, rest))
}
