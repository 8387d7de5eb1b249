//! What stands before every route and every upgrade: whether the request was meant for this server (`Host`), whether a page of this server sent it
//! (`Origin`, `Sec-Fetch-Site`), what a proxy says of it, and the headers that every answer carries. Who asks is `auth`'s business.

mod headers;
mod host;
mod network;
mod origin;
mod proxy;

#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

pub use network::{Network, ParseNetworkError};

use crate::server::auth::Peer;
use crate::server::problem::ProblemDetails;
use host::HostName;

/// What a guard lets through.
#[derive(Clone, Debug, Default)]
pub struct GuardConfig {
    /// Where the server listens.
    pub bind: Vec<SocketAddr>,
    /// Names that it goes by, beside `localhost` and its addresses: `--host-name`.
    pub host_names: Vec<String>,
    /// Proxies whose word is taken: `--trust-proxy`.
    pub trusted_proxies: Vec<Network>,
}

/// Lets requests through that were meant for this server.
#[derive(Debug)]
pub struct Guard {
    names: Vec<String>,
    addresses: Vec<IpAddr>,
    /// Bound to all addresses: then any address is its own. A page that was rebound has a name, so nothing is lost by that.
    any_address: bool,
    proxies: Vec<Network>,
}

/// Under which scheme and host the request reached this server, as the browser sees it. In each request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Whether by TLS.
    pub tls: bool,
    /// Host, and port where one was given, in lower case.
    pub host: String,
}

impl Site {
    /// `https://host:port`, without a path.
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.host)
    }
}

impl Guard {
    /// A guard for a server that listens there and goes by those names.
    pub fn new(config: GuardConfig) -> Self {
        let addresses: Vec<IpAddr> = config.bind.iter().map(|bind| bind.ip().to_canonical()).collect();
        Self {
            names: config.host_names.iter().map(|name| name.trim_end_matches('.').to_ascii_lowercase()).collect(),
            any_address: addresses.iter().any(IpAddr::is_unspecified),
            addresses,
            proxies: config.trusted_proxies,
        }
    }

    fn goes_by(&self, host: &HostName) -> bool {
        match host {
            HostName::Address(address) => address.is_loopback() || self.any_address || self.addresses.contains(address),
            HostName::Name(name) => name == "localhost" || self.names.contains(name),
        }
    }
}

/// Why the guard did not let a request through.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Turned {
    #[error("the request does not say for which host it is, or says it twice")]
    NoHost,
    #[error("this server does not go by that name: start it with --host-name NAME where it should, and --trust-proxy ADDRESS behind a proxy")]
    OtherHost,
    #[error(
        "a page of another origin sent this request, and pages of other origins may not use this server; behind a proxy that ends TLS, --trust-proxy ADDRESS is needed"
    )]
    OtherOrigin,
}

impl Turned {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoHost => StatusCode::BAD_REQUEST,
            Self::OtherHost => StatusCode::MISDIRECTED_REQUEST,
            Self::OtherOrigin => StatusCode::FORBIDDEN,
        }
    }
}

/// The guard as a layer.
pub(crate) async fn check(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    let mut response = match guard.admit(&mut request) {
        Ok(()) => next.run(request).await,
        Err(turned) => {
            tracing::debug!(path = request.uri().path(), "turned away: {turned}");
            ProblemDetails::new(turned.status(), turned.to_string()).into_response()
        }
    };
    headers::add(response.headers_mut());
    response
}

impl Guard {
    /// Checks a request, and puts its [`Site`] and its corrected [`Peer`] into its extensions.
    fn admit<B>(&self, request: &mut http::Request<B>) -> Result<(), Turned> {
        let (told, trusted) = match request.extensions().get::<Peer>() {
            Some(peer) => proxy::told(peer, request.headers(), &self.proxies),
            None => return Err(Turned::NoHost),
        };
        let said = host::of(request)?;
        let authority = told.host.as_deref().unwrap_or(&said);
        let (name, port) = host::split(authority).ok_or(Turned::NoHost)?;
        if !self.goes_by(&name) {
            return Err(Turned::OtherHost);
        }
        let site = Site { tls: told.peer.tls, host: host::join(&name, port) };
        origin::check(request, &site)?;
        let mut peer = told.peer;
        // Whoever calls this server by a public name came by a public way.
        peer.proxied |= trusted || !name.is_local();
        request.extensions_mut().insert(site);
        request.extensions_mut().insert(peer);
        Ok(())
    }
}
