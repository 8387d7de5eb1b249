//! The enrolment string: what an agent needs to join a server, in one word. Who may make one is the server's business, what is done with it the agent's.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

const PREFIX: &str = "scope1:";
/// Longest enrolment string that is read.
const MAX_BYTES: usize = 4096;

/// Where a server is, a secret that it takes once, and how it is known: `scope1:` and base64 of JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentString {
    /// Where the server is, with its base path.
    pub url: String,
    /// What the agent turns in, once, for its credential: `POST URL/api/v1/enrol`.
    pub secret: String,
    /// SHA-256 of the server's certificate; none where its authority is trusted anyway.
    pub fingerprint: Option<[u8; 32]>,
}

#[derive(Serialize, Deserialize)]
struct Json {
    url: String,
    secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
}

impl fmt::Display for EnrolmentString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = Json { url: self.url.clone(), secret: self.secret.clone(), fingerprint: self.fingerprint.as_ref().map(hex) };
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(serde_json::to_vec(&json).map_err(|_| fmt::Error)?))
    }
}

/// Without the secret, as it may end in a log.
impl fmt::Debug for EnrolmentString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrolmentString").field("url", &self.url).field("fingerprint", &self.fingerprint.as_ref().map(hex)).finish_non_exhaustive()
    }
}

/// The text is no enrolment string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is no enrolment string: it begins with {PREFIX} and is printed whole, in one line, by `scope serve enrol`")]
pub struct ParseEnrolmentError;

impl FromStr for EnrolmentString {
    type Err = ParseEnrolmentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let coded = text.trim().strip_prefix(PREFIX).filter(|coded| coded.len() <= MAX_BYTES).ok_or(ParseEnrolmentError)?;
        let json = URL_SAFE_NO_PAD.decode(coded).map_err(|_| ParseEnrolmentError)?;
        let Json { url, secret, fingerprint } = serde_json::from_slice(&json).map_err(|_| ParseEnrolmentError)?;
        // A fingerprint that does not read must not become none.
        let fingerprint = fingerprint.map(|text| unhex(&text).ok_or(ParseEnrolmentError)).transpose()?;
        Ok(Self { url, secret, fingerprint })
    }
}

/// 32 bytes as 64 hexadecimal digits.
pub fn hex(bytes: &[u8; 32]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// 32 bytes from 64 hexadecimal digits; colons between them, as other tools write fingerprints, are skipped.
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> =
        text.bytes().filter(|byte| *byte != b':').map(|byte| char::from(byte).to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    if digits.len() == 64 { bytes.try_into().ok() } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    #[test]
    fn reads_back_what_it_writes() {
        for fingerprint in [None, Some([0xab; 32])] {
            let string = EnrolmentString { url: "https://example:4040/scope".to_owned(), secret: "scope_enrol_x".to_owned(), fingerprint };
            let text = string.to_string();
            assert!(text.starts_with("scope1:") && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":-_".contains(&byte)), "{text}");
            assert_eq!(text.parse(), Ok(string));
        }
    }

    #[test]
    fn refuses_what_is_none() {
        let bad_print = format!("scope1:{}", URL_SAFE_NO_PAD.encode(r#"{"url":"https://a","secret":"b","fingerprint":"zz"}"#));
        for text in ["", "scope1:", "scope1:!!!", "scope2:e30", "scope1:e30", bad_print.as_str(), &format!("scope1:{}", "A".repeat(5000))] {
            assert_eq!(text.parse::<EnrolmentString>(), Err(ParseEnrolmentError), "{text}");
        }
    }

    #[test]
    fn its_secret_is_in_no_log() {
        let string = EnrolmentString { url: String::new(), secret: "hidden".to_owned(), fingerprint: None };
        assert!(!format!("{string:?}").contains("hidden"));
    }

    #[test]
    fn fingerprints() {
        let bytes: [u8; 32] = std::array::from_fn(|at| at as u8);
        assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        assert_eq!(
            unhex(&hex(&bytes).to_uppercase().as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap()).collect::<Vec<_>>().join(":")),
            Some(bytes)
        );
        for text in ["", "00", "+0", &"0".repeat(63), &"0".repeat(66), &"é".repeat(32)] {
            assert_eq!(unhex(text), None, "{text}");
        }
    }
}
