//! What browsers are shown, embedded: the app, the hosts page, the API to browse. It holds nothing of any state, so it is open to everybody; what is shown is
//! asked from the API, as whoever looks at it.

mod document;
mod embedded;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, Method, StatusCode, header};

use self::document::Document;
use super::app::App;
use super::config::BasePath;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// The plain page of the API: where it is, what it is, what is in it.
const DOCS: [(&str, &str, &str); 3] = [
    ("/api/docs", HTML, include_str!("assets/docs.html")),
    ("/api/docs.js", SCRIPT, include_str!("assets/docs.js")),
    ("/api/docs.css", STYLE, include_str!("assets/docs.css")),
];

/// Where the app goes on by itself: every one of these is the same document.
const APP: [&str; 5] = ["/", "/view/{view}", "/agents", "/start", "/sign-in"];

/// What a person sees where there is nothing: the app, which says so and leads on. Programs get a problem detail.
#[derive(Clone)]
pub(super) struct Absent(Document);

impl Absent {
    pub(super) fn new(base: &BasePath) -> Self {
        Self(Document::app(base))
    }

    /// The page, if it is a browser that asks for one.
    pub(super) fn answer(&self, request: &Request) -> Option<Response> {
        let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("text/html"));
        let of_api = request.uri().path().starts_with("/api/");
        (request.method() == Method::GET && accepts && !of_api).then(|| self.0.answer_as(StatusCode::NOT_FOUND, request.headers()))
    }
}

/// All pages and what belongs to them.
pub(super) fn routes(base: &BasePath) -> Router<Arc<App>> {
    let mut router = Router::new().route("/api", get(|| async { Redirect::temporary("api/docs") }));
    for (path, media, text) in DOCS {
        router = router.route(path, get(move || async move { ([(header::CONTENT_TYPE, media)], text).into_response() }));
    }
    let app = Document::app(base);
    for path in APP {
        let app = app.clone();
        router = router.route(path, get(move |headers: HeaderMap| async move { app.answer(&headers) }));
    }
    let hosts = Document::hosts();
    router
        .route("/hosts", get(|| async { Redirect::temporary("hosts/") }))
        .route("/hosts/", get(move |headers: HeaderMap| async move { hosts.answer(&headers) }))
        .route("/favicon.svg", get(|headers| async move { embedded::answer("app/favicon.svg", &headers) }))
        .route("/_app/{*path}", get(|Path(path): Path<String>, headers| async move { embedded::answer(&format!("app/_app/{path}"), &headers) }))
        .route("/hosts/{*path}", get(|Path(path): Path<String>, headers| async move { embedded::answer(&format!("hosts/{path}"), &headers) }))
}
