//! An HTML document: the base path filled in, and a policy that names its one inline script by hash.

use std::io::Write as _;

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

use super::{HTML, embedded};
use crate::server::coding::takes_gzip;
use crate::server::config::BasePath;

/// What is said where the page was not built.
const ABSENT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>scope</title>\
    <h1>This server was built without its page</h1><p>The API is here all the same: <a href=\"/api/docs\">/api/docs</a>. \
    <code>make ui</code>, and then building the command again, puts the page in.</p>";

/// The one style attribute there is: that of the hidden element by which the router tells screen readers where they are (`SvelteKit`'s documentation of `csp`
/// gives this hash).
const ANNOUNCER: &str = "'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='";

/// A document as it is sent.
#[derive(Clone)]
pub(super) struct Document {
    html: Bytes,
    /// Nothing where it could not be compressed.
    gzip: Option<Bytes>,
    policy: HeaderValue,
}

impl Document {
    /// The app, which connects to nothing but its own server.
    pub(super) fn app(base: &BasePath) -> Self {
        let built = embedded::text("app/index.html").unwrap_or_else(|| ABSENT.to_owned());
        let html = if base.is_root() { built } else { based(&built, base.as_str()) };
        Self::new(html, "'self'")
    }

    /// The hosts page, the one document that opens sockets elsewhere: to the agents that somebody names there.
    pub(super) fn hosts() -> Self {
        Self::new(embedded::text("hosts/index.html").unwrap_or_else(|| ABSENT.to_owned()), "'self' ws: wss:")
    }

    fn new(html: String, connect: &str) -> Self {
        let hash = |script: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script.as_bytes())));
        let hashes = inline_scripts(&html).map(hash).collect::<Vec<_>>().join(" ");
        let policy = format!(
            "default-src 'none'; script-src 'self' {hashes}; style-src 'self'; style-src-attr 'unsafe-hashes' {ANNOUNCER}; img-src 'self' data: blob:; font-src 'self'; connect-src {connect}; \
             worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        // Base64, keywords and schemes are ASCII; were they not, nothing at all would be allowed.
        let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let gzip = encoder.write_all(html.as_bytes()).and_then(|()| encoder.finish()).ok().map(Bytes::from);
        Self { html: html.into(), gzip, policy }
    }

    /// The answer.
    pub(super) fn answer(&self, asked: &HeaderMap) -> Response {
        self.answer_as(StatusCode::OK, asked)
    }

    /// The answer with a status of its own.
    pub(super) fn answer_as(&self, status: StatusCode, asked: &HeaderMap) -> Response {
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(HTML)),
            (header::CONTENT_SECURITY_POLICY, self.policy.clone()),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
        ];
        match &self.gzip {
            Some(gzip) if takes_gzip(asked) => (status, headers, [(header::CONTENT_ENCODING, "gzip")], gzip.clone()).into_response(),
            _ => (status, headers, self.html.clone()).into_response(),
        }
    }
}

/// The built document names its files from the root on; a base path is letters, digits and little else, so it is safe within quotes.
fn based(html: &str, base: &str) -> String {
    html.replace("\"/_app/", &format!("\"{base}/_app/"))
        .replace("\"/favicon.svg\"", &format!("\"{base}/favicon.svg\""))
        .replace("\"/api/docs\"", &format!("\"{base}/api/docs\""))
        .replace("base: \"\"", &format!("base: \"{base}\""))
}

fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script>").skip(1).filter_map(|rest| rest.split_once("</script>").map(|(script, _)| script))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    const BUILT: &str =
        "<link rel=\"icon\" href=\"/favicon.svg\"><link href=\"/_app/immutable/a.css\"><script>\n{ base: \"\" }; import(\"/_app/b.js\")</script>";

    #[test]
    fn a_base_path_goes_before_everything() {
        let html = based(BUILT, "/a/scope");
        assert_eq!(
            html,
            "<link rel=\"icon\" href=\"/a/scope/favicon.svg\"><link href=\"/a/scope/_app/immutable/a.css\"><script>\n{ base: \"/a/scope\" }; import(\"/a/scope/_app/b.js\")</script>"
        );
    }

    #[test]
    fn the_policy_allows_the_inline_script_as_it_is_sent_and_no_other() {
        let document = Document::new(based(BUILT, "/scope"), "'self'");
        let html = std::str::from_utf8(&document.html).unwrap();
        let script = html.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
        let hash = format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script.as_bytes())));
        let policy = document.policy.to_str().unwrap();
        assert!(policy.contains(&format!("script-src 'self' {hash};")), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval") && policy.contains("connect-src 'self';"), "{policy}");
    }
}
