//! Plain pages, embedded: the views with their counts and nodes at `/`, the way in at `/sign-in`, the API to browse at `/api/docs`. They hold nothing of
//! any state, so they are open to everybody; what they show they ask the API for, as whoever looks at them.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use http::header;

use super::app::App;

/// A file of the pages: where it is, what it is, what is in it.
struct Asset {
    path: &'static str,
    media: &'static str,
    text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

const ASSETS: [Asset; 7] = [
    Asset { path: "/", media: HTML, text: include_str!("assets/views.html") },
    Asset { path: "/views.js", media: SCRIPT, text: include_str!("assets/views.js") },
    Asset { path: "/sign-in", media: HTML, text: include_str!("assets/sign-in.html") },
    Asset { path: "/sign-in.js", media: SCRIPT, text: include_str!("assets/sign-in.js") },
    Asset { path: "/style.css", media: STYLE, text: include_str!("assets/style.css") },
    Asset { path: "/api/docs", media: HTML, text: include_str!("assets/docs.html") },
    Asset { path: "/api/docs.js", media: SCRIPT, text: include_str!("assets/docs.js") },
];

/// All pages and what belongs to them.
pub(super) fn routes() -> Router<Arc<App>> {
    let answer = |asset: &'static Asset| get(move || async move { ([(header::CONTENT_TYPE, asset.media)], asset.text).into_response() });
    let router = Router::new().route("/api", get(|| async { Redirect::temporary("api/docs") }));
    ASSETS.iter().fold(router, |router, asset| router.route(asset.path, answer(asset)))
}
