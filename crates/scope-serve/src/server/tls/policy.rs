//! Where a server may listen, and with what. Beyond loopback it has TLS, and nobody reads without credentials; only `--insecure` does without the former.

use std::net::SocketAddr;
use std::path::Path;

/// The TLS that flags ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// None.
    Nothing,
    /// A certificate from files.
    Files,
    /// One that the server makes itself.
    SelfSigned,
}

/// How the server is to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether only processes of this machine reach it: then they read without a token.
    pub loopback: bool,
    /// The TLS that it needs.
    pub tls: Asked,
    /// Whether passwords and records cross a network in clear, as was insisted on: to be said at every start.
    pub in_clear: bool,
}

/// The server must not listen there like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{address} can be reached from other machines, and without TLS everything would cross the network in clear, tokens too: \
     `scope serve --bind {address} --tls-self-signed`, or with a certificate of yours, \
     `scope serve --bind {address} --tls-cert FILE --tls-key FILE`; behind a proxy that ends TLS on this machine, `scope serve --bind 127.0.0.1:{port}`; \
     to insist, add --insecure",
    port = address.port()
)]
pub struct Refusal {
    /// The first address that other machines reach.
    pub address: SocketAddr,
}

/// How to listen on `bind`. In a container everything comes through a bridge, so it listens on all addresses there, with a certificate of its own.
pub fn bind_policy(bind: &[SocketAddr], asked: Asked, insecure: bool, in_container: bool) -> Result<Policy, Refusal> {
    let Some(public) = bind.iter().find(|address| !address.ip().to_canonical().is_loopback()) else {
        return Ok(Policy { loopback: true, tls: asked, in_clear: false });
    };
    match asked {
        Asked::Files | Asked::SelfSigned => Ok(Policy { loopback: false, tls: asked, in_clear: false }),
        Asked::Nothing if insecure => Ok(Policy { loopback: false, tls: Asked::Nothing, in_clear: true }),
        Asked::Nothing if in_container => Ok(Policy { loopback: false, tls: Asked::SelfSigned, in_clear: false }),
        Asked::Nothing => Err(Refusal { address: *public }),
    }
}

/// The sign by which this process runs in a container, as far as engines leave one.
pub fn container_sign() -> Option<&'static str> {
    let file = ["/.dockerenv", "/run/.containerenv"].into_iter().find(|sign| Path::new(sign).exists());
    let variable = || ["container", "KUBERNETES_SERVICE_HOST"].into_iter().find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    file.or_else(variable)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    fn policy(bind: &str, asked: Asked, insecure: bool, in_container: bool) -> Result<Policy, Refusal> {
        bind_policy(&[bind.parse().unwrap()], asked, insecure, in_container)
    }

    #[test]
    fn loopback_needs_nothing() {
        for bind in ["127.0.0.1:4040", "127.9.9.9:1", "[::1]:4040", "[::ffff:127.0.0.1]:4040"] {
            assert_eq!(policy(bind, Asked::Nothing, false, false), Ok(Policy { loopback: true, tls: Asked::Nothing, in_clear: false }), "{bind}");
        }
    }

    #[test]
    fn beyond_loopback_tls_is_needed_or_insisted_against() {
        for bind in ["0.0.0.0:4040", "[::]:4040", "192.168.1.5:4040", "[2001:db8::1]:4040"] {
            let refusal = policy(bind, Asked::Nothing, false, false).unwrap_err();
            assert!(refusal.to_string().contains(&format!("scope serve --bind {bind} --tls-self-signed")), "{refusal}");
            assert!(!policy(bind, Asked::Files, false, false).unwrap().loopback);
            assert_eq!(policy(bind, Asked::Nothing, true, false), Ok(Policy { loopback: false, tls: Asked::Nothing, in_clear: true }));
        }
    }

    #[test]
    fn one_public_address_among_several_is_public() {
        let bind = ["127.0.0.1:4040".parse().unwrap(), "10.0.0.1:4040".parse().unwrap()];
        assert_eq!(bind_policy(&bind, Asked::Nothing, false, false), Err(Refusal { address: bind[1] }));
    }

    #[test]
    fn in_a_container_it_makes_a_certificate_itself() {
        assert_eq!(policy("0.0.0.0:4040", Asked::Nothing, false, true), Ok(Policy { loopback: false, tls: Asked::SelfSigned, in_clear: false }));
        assert_eq!(policy("127.0.0.1:4040", Asked::Nothing, false, true), Ok(Policy { loopback: true, tls: Asked::Nothing, in_clear: false }));
    }
}
