//! Who is at the other end of a connection, as the listener and the guard know it. Which identity that proves is decided elsewhere.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::server::tls::ClientCertificate;

/// The other end of a request's connection. The listener puts it into the extensions of each request; [`crate::server::guard`] corrects it
/// where a trusted proxy stands between.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its address; that of the browser, where a trusted proxy told it.
    pub address: SocketAddr,
    /// Whether it speaks TLS, with this server or with a trusted proxy.
    pub tls: bool,
    /// The certificate that it proved to own, signed by the authority of `--tls-client-ca`.
    pub certificate: Option<Arc<ClientCertificate>>,
    /// Whether a proxy stands between, trusted or not: then a loopback address says nothing of who asks.
    pub proxied: bool,
}

impl Peer {
    /// The other end of a connection that was just accepted.
    pub fn accepted(address: SocketAddr, tls: bool, certificate: Option<Arc<ClientCertificate>>) -> Self {
        Self { address, tls, certificate, proxied: false }
    }

    /// The address without a port, IPv4 where it is one.
    pub fn ip(&self) -> IpAddr {
        self.address.ip().to_canonical()
    }

    /// Whether it is a process on this machine, as far as that can be known.
    pub fn is_local(&self) -> bool {
        self.ip().is_loopback() && !self.proxied
    }
}
