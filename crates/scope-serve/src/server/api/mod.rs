//! The API under `/api/v1`: every route with its description, from which the OpenAPI document is made. Views, state and identities are made elsewhere;
//! here they become answers.
//!
//! Every handler takes [`Allowed`] first: it asks [`authorize`](super::auth::authorize) and gives the identity. A route that answers without having
//! asked is turned into an error.

mod agents;
mod allowed;
mod connections;
mod docs;
mod document;
mod extract;
mod fields;
mod graph;
mod json;
mod metrics;
mod node;
mod problems;
mod question;
mod records;
mod search;
mod shape;
mod sql;
mod subscribe;
mod views;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;
use super::auth::{self, Auth};
use super::config::BasePath;

pub(super) use agents::visible;
pub(super) use allowed::{Allowed, Change, Push, Query, Read};
#[cfg(feature = "sql")]
pub(super) use sql::worker;
pub(super) use subscribe::Places;

/// The document, without its paths.
#[derive(OpenApi)]
#[openapi(
    info(title = "scope", description = "Hosts, containers, processes and the connections between them, as one live graph.", license(name = "Apache-2.0")),
    tags(
        (name = "views", description = "What is drawn: views, their nodes and edges"),
        (name = "nodes", description = "Single nodes, their connections and figures"),
        (name = "subscriptions", description = "Views and nodes kept current"),
        (name = "records", description = "Records as they are, in and out"),
        (name = "identity", description = "Sessions, tokens, enrolments, audit"),
        (name = "agents", description = "Who reports, and what could not be seen"),
    )
)]
struct Document;

fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(views::list))
        .routes(routes!(graph::show))
        .routes(routes!(search::search))
        .routes(routes!(fields::list))
        .routes(routes!(node::show))
        .routes(routes!(connections::raw))
        .routes(routes!(metrics::query))
        .routes(routes!(agents::list))
        .routes(routes!(agents::forget))
        .routes(routes!(records::read::read, records::write::write))
        .routes(routes!(sql::ask))
        .routes(routes!(problems::list))
        .routes(routes!(subscribe::websocket::subscribe))
        .routes(routes!(subscribe::sse::events))
}

/// All routes of the API.
pub(super) fn routes(auth: &Arc<Auth>, base_path: &BasePath) -> Router<Arc<App>> {
    let (routes, own) = described().split_for_parts();
    let (identities, theirs) = auth::routes(Arc::clone(auth)).split_for_parts();
    // The routes of identities decide by themselves; a test asks each of them without an identity.
    let router = routes.route_layer(middleware::from_fn(allowed::decided)).merge(identities);
    let mut document = document::complete(own, theirs);
    // Its paths are those of a server at the root.
    document.servers = (!base_path.is_root()).then(|| vec![utoipa::openapi::Server::new(base_path.to_string())]);
    router.merge(docs::routes(Arc::new(document)))
}
