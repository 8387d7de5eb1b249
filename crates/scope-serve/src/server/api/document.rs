//! The OpenAPI document, made whole: what all routes have in common is added here instead of being repeated at each.

use http::StatusCode;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, PathItem, Ref, RefOr, Response};

/// The media type of errors.
const PROBLEM: &str = "application/problem+json";

/// What any route may answer, and why.
const ANY: [(StatusCode, &str); 8] = [
    (StatusCode::BAD_REQUEST, "The request cannot be understood"),
    (StatusCode::UNAUTHORIZED, "This needs credentials, or those given are not known"),
    (StatusCode::FORBIDDEN, "The caller may not do this, or the request comes from a page of another origin"),
    (StatusCode::NOT_FOUND, "There is no such thing"),
    (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
    (StatusCode::MISDIRECTED_REQUEST, "The server does not go by that name"),
    (StatusCode::TOO_MANY_REQUESTS, "Too many failed attempts, or too much at once"),
    (StatusCode::SERVICE_UNAVAILABLE, "The server is busy, or about to end"),
];

/// The document of all routes.
pub(super) fn complete(mut own: OpenApi, identities: OpenApi) -> OpenApi {
    own.merge(identities);
    for (path, item) in &mut own.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(name(method, path));
            errors(operation);
        }
    }
    let components = own.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description("scope_session", "A browser's session; changes carry X-Scope-CSRF too"));
    components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    own
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let all = [("get", get), ("put", put), ("post", post), ("delete", delete), ("patch", patch)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// `get_nodes_id_connections`: functions of several modules have the same name, operations have not.
fn name(method: &str, path: &str) -> String {
    let words = path.trim_start_matches("/api/v1/").split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |name, word| format!("{name}_{word}"))
}

/// Every error is a problem, and any route may answer some of them.
fn errors(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    for (status, why) in ANY {
        responses.entry(status.as_str().to_owned()).or_insert_with(|| RefOr::T(Response::new(why)));
    }
    for (_, response) in responses.iter_mut().filter(|(status, _)| status.starts_with('4') || status.starts_with('5')) {
        if let RefOr::T(response) = response {
            let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("ProblemDetails"))));
            response.content = std::iter::once((PROBLEM.to_owned(), RefOr::T(problem))).collect();
        }
    }
}
