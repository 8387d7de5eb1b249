//! All routes, and the layers around them: base path, guard and identification, limits of size and time.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::StatusCode;

use super::body;
use crate::server::app::App;
use crate::server::auth;
use crate::server::guard::{Guard, GuardConfig};
use crate::server::problem::ProblemDetails;
use crate::server::{api, link, ops, page};

/// Everything that the server answers.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let shared = Arc::clone(app);
    let page = page::Absent::new(&app.config.base_path);
    let routes: Router<Arc<App>> =
        Router::new().merge(api::routes(&app.auth, &app.config.base_path)).merge(ops::routes()).merge(page::routes(&app.config.base_path));
    let routes = routes
        .fallback(move |request: Request| async move { page.answer(&request).unwrap_or_else(|| nothing_at(&request)) })
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(app.config.limits.body_bytes))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), body::limit_time))
        // A link lasts, and bounds its frames itself.
        .route("/api/v1/link", link::websocket(Arc::clone(&app.links)));
    let base = &app.config.base_path;
    let based = if base.is_root() {
        routes
    } else {
        let home = format!("{base}/");
        let outside = Router::new()
            .route(
                "/",
                get({
                    let home = home.clone();
                    move || async move { Redirect::temporary(&home) }
                }),
            )
            .fallback(nothing_here);
        // The pages name what belongs to them relative to `{base}/`, so that the base itself leads there; nesting alone takes one for the other.
        let bare = base.as_str().to_owned();
        let to_home = home.clone();
        let lead_home = middleware::from_fn(move |request: Request, next: Next| {
            let leads = request.uri().path() == bare;
            let home = to_home.clone();
            async move { if leads { Redirect::temporary(&home).into_response() } else { next.run(request).await } }
        });
        Router::new().nest_service(base.as_str(), routes.with_state(Arc::clone(&shared))).merge(outside).layer(lead_home)
    };
    let config = &app.config;
    let guard = Guard::new(GuardConfig { bind: vec![config.bind], host_names: config.host_names.clone(), trusted_proxies: config.trusted_proxies.clone() });
    // gRPC knows no base path.
    let based = based.with_state(Arc::clone(&shared)).merge(link::grpc(Arc::clone(&app.links)));
    let guarded = auth::protect(based, Arc::new(guard), Arc::clone(&app.auth));
    guarded.layer(middleware::from_fn_with_state(shared, count))
}

/// Counts every answer, the refused ones too.
async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    app.counters.answered(response.status());
    response
}

async fn nothing_here(request: Request) -> Response {
    nothing_at(&request)
}

fn nothing_at(request: &Request) -> Response {
    let path = scope_core::limits::cut(request.uri().path(), 200).into_owned();
    ProblemDetails::new(StatusCode::NOT_FOUND, format!("there is nothing at {path}; /api/v1/openapi.json says what there is")).into_response()
}

async fn wrong_method(request: Request) -> Response {
    let detail =
        format!("{} cannot be asked for with {}; the header Allow says with what", scope_core::limits::cut(request.uri().path(), 200), request.method());
    ProblemDetails::new(StatusCode::METHOD_NOT_ALLOWED, detail).into_response()
}
