//! The files that the build made, and how they are handed out: compressed as they are kept, for good where their name has a hash of what is in them.

use std::io::Read as _;

use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::server::coding::{takes, takes_gzip};
use crate::server::problem::ProblemDetails;

/// The policy of the hosts page's worker, which has one of its own: it holds the sockets to the agents that somebody names there.
const AGENTS: &str = "default-src 'none'; script-src 'self'; connect-src ws: wss:; frame-ancestors 'none'";

/// A file of the page.
struct File {
    /// Within `ui/build`.
    path: &'static str,
    gzip: &'static [u8],
    /// A seventh less. Browsers take it over TLS and from their own machine.
    brotli: Option<&'static [u8]>,
}

/// Sorted by path; empty where the page was not built.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

fn find(path: &str) -> Option<&'static File> {
    FILES.binary_search_by_key(&path, |file| file.path).ok().and_then(|at| FILES.get(at))
}

/// The text of a file, unless the page was not built.
pub(super) fn text(path: &str) -> Option<String> {
    let mut text = String::new();
    GzDecoder::new(find(path)?.gzip).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The answer to who asks for a file.
pub(super) fn answer(path: &str, headers: &HeaderMap) -> Response {
    let mut response = content(path, headers);
    if is_worker_of_hosts(path) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(AGENTS));
    }
    response
}

fn is_worker_of_hosts(path: &str) -> bool {
    path.starts_with("hosts/_app/immutable/workers/")
}

fn content(path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = find(path) else {
        return ProblemDetails::new(StatusCode::NOT_FOUND, "the page has no such file; load the page again, it may be another version by now").into_response();
    };
    let caching = if path.contains("/immutable/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let common = [(header::CONTENT_TYPE, media(path)), (header::CACHE_CONTROL, caching), (header::VARY, "accept-encoding")];
    if let Some(brotli) = file.brotli.filter(|_| takes("br", headers)) {
        return (common, [(header::CONTENT_ENCODING, "br")], brotli).into_response();
    }
    if takes_gzip(headers) {
        return (common, [(header::CONTENT_ENCODING, "gzip")], file.gzip).into_response();
    }
    let mut plain = Vec::new();
    match GzDecoder::new(file.gzip).read_to_end(&mut plain) {
        Ok(_) => (common, plain).into_response(),
        Err(error) => ProblemDetails::new(StatusCode::INTERNAL_SERVER_ERROR, format!("a file of the page cannot be unpacked: {error}")).into_response(),
    }
}

fn media(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sorted_by_path() {
        assert!(FILES.is_sorted_by_key(|file| file.path));
    }

    #[test]
    fn only_the_worker_of_the_hosts_page_opens_sockets() {
        for file in FILES {
            let answer = answer(file.path, &HeaderMap::new());
            let policy = answer.headers().get(header::CONTENT_SECURITY_POLICY).and_then(|value| value.to_str().ok());
            assert_eq!(policy, is_worker_of_hosts(file.path).then_some(AGENTS), "{}", file.path);
        }
        assert_eq!(FILES.is_empty(), !FILES.iter().any(|file| is_worker_of_hosts(file.path)));
    }
}
