//! The server to push to, as it is written: an address, or an enrolment string. What is kept of an enrolment is not known here.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::enrolment::EnrolmentString;

/// A server, and how it is joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether TLS is spoken.
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// The path that the server stands under: empty, or `/` and more without one at its end.
    pub(super) base: String,
    /// A secret that is turned into a credential, once.
    pub(super) secret: Option<String>,
    /// SHA-256 of the server's certificate.
    pub(super) fingerprint: Option<[u8; 32]>,
}

/// The text names no server that can be pushed to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is neither an address nor an enrolment string.
    #[error("`{0}` is not an address such as https://scope.example:4040, nor an enrolment string (scope1:...)")]
    Text(String),
    /// Secrets would go over the network for all to read.
    #[error("plain HTTP to {0} would show credentials and records to everyone on the way: use https, or insist with --insecure")]
    Plain(String),
}

impl Target {
    /// Whether the connection protects what goes over it, or need not.
    pub(super) fn check(&self, insecure: bool) -> Result<(), TargetError> {
        if self.tls || insecure || self.is_loopback() { Ok(()) } else { Err(TargetError::Plain(self.host.clone())) }
    }

    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.bare_host().parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// The host without the brackets of IPv6.
    pub(super) fn bare_host(&self) -> &str {
        self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&self.host)
    }

    /// `host:port`.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Target {
    /// The address without any secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}{}", if self.tls { "https" } else { "http" }, self.host, self.port, self.base)
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().starts_with("scope1:") {
            // The text holds a secret, so it is not repeated.
            let error = |_| TargetError::Text("scope1:...".to_owned());
            let enrolment: EnrolmentString = text.parse().map_err(error)?;
            let target: Self = enrolment.url.parse()?;
            return Ok(Self { secret: Some(enrolment.secret), fingerprint: enrolment.fingerprint, ..target });
        }
        let error = || TargetError::Text(scope_core::limits::cut(text, 200).escape_debug().to_string());
        let uri: http::Uri = text.parse().map_err(|_| error())?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(error()),
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(error)?;
        if uri.query().is_some() || authority.host().is_empty() {
            return Err(error());
        }
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        Ok(Self { tls, host: authority.host().to_owned(), port, base: uri.path().trim_end_matches('/').to_owned(), secret: None, fingerprint: None })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    #[test]
    fn addresses() {
        for (text, shown) in [
            ("http://127.0.0.1:4040", "http://127.0.0.1:4040"),
            ("https://scope.example", "https://scope.example:443"),
            ("https://scope.example/scope/", "https://scope.example:443/scope"),
            ("http://[::1]:4040/", "http://[::1]:4040"),
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), shown);
        }
        for text in ["", "scope.example", "ftp://a", "https://user:secret@a", "https://a?b=c", "scope1:zzz", "/a/b"] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }

    #[test]
    fn plain_http_stays_on_the_machine() {
        for (text, may) in
            [("http://127.0.0.1:1", true), ("http://[::1]:1", true), ("http://localhost:1", true), ("https://a:1", true), ("http://10.0.0.1:1", false)]
        {
            assert_eq!(text.parse::<Target>().unwrap().check(false).is_ok(), may, "{text}");
        }
        assert!("http://10.0.0.1:1".parse::<Target>().unwrap().check(true).is_ok());
    }

    #[test]
    fn an_enrolment_holds_a_server() {
        let string = EnrolmentString { url: "https://a:4040/scope".to_owned(), secret: "s".to_owned(), fingerprint: Some([7; 32]) };
        let target: Target = string.to_string().parse().unwrap();
        assert_eq!((target.to_string().as_str(), target.secret.as_deref(), target.fingerprint), ("https://a:4040/scope", Some("s"), Some([7; 32])));
    }
}
