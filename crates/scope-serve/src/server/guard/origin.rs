//! Whether a page of another origin sent a request. A request without `Origin` comes from no script of another page, or from no browser at all.

use http::{HeaderMap, Method, header};

use super::{Site, Turned, host};

/// Refuses what another origin's page sent: whatever carries another `Origin`, and what the browser calls cross-site unless it is a person who followed
/// a link.
pub(super) fn check<B>(request: &http::Request<B>, site: &Site) -> Result<(), Turned> {
    let mut origins = request.headers().get_all(header::ORIGIN).iter();
    if let Some(origin) = origins.next() {
        let same = origin.to_str().is_ok_and(|origin| is_same(origin, site));
        return if same && origins.next().is_none() { Ok(()) } else { Err(Turned::OtherOrigin) };
    }
    match fetch(request.headers(), "sec-fetch-site") {
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) if is_link(request) => Ok(()),
        Some(_) => Err(Turned::OtherOrigin),
    }
}

/// A page that is opened from elsewhere: to look at, not to change anything.
fn is_link<B>(request: &http::Request<B>) -> bool {
    let upgrade = request.headers().contains_key(header::UPGRADE);
    !upgrade && matches!(*request.method(), Method::GET | Method::HEAD) && fetch(request.headers(), "sec-fetch-mode") == Some("navigate")
}

fn fetch<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // What does not read is nothing that a browser sends: it counts as another site.
    headers.get(name).map(|value| value.to_str().unwrap_or("cross-site"))
}

/// Scheme, host and port are the same, a missing port being the scheme's.
fn is_same(origin: &str, site: &Site) -> bool {
    let scheme = if site.tls { "https://" } else { "http://" };
    let default = if site.tls { 443 } else { 80 };
    let read = |authority: &str| host::split(authority).map(|(host, port)| (host, port.unwrap_or(default)));
    origin.strip_prefix(scheme).and_then(read).is_some_and(|origin| read(&site.host) == Some(origin))
}
