//! The OpenAPI document, made whole: what all routes have in common is added here instead of being repeated at each.

use std::collections::BTreeSet;

use http::StatusCode;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, PathItem, Ref, RefOr, Response};

use crate::server::auth;

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

/// What a route with a body may answer beside that.
const WITH_BODY: [(StatusCode, &str); 3] = [
    (StatusCode::REQUEST_TIMEOUT, "The body did not come in time"),
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is of a type that is not read here"),
    (StatusCode::UNPROCESSABLE_ENTITY, "The body makes no sense"),
];

/// What a route may answer that changes what is kept.
const CHANGES: [(StatusCode, &str); 1] = [(StatusCode::INSUFFICIENT_STORAGE, "The server's disk is full; nothing was changed")];

/// The document of all routes.
pub(super) fn complete(mut own: OpenApi, identities: OpenApi) -> OpenApi {
    let kept: BTreeSet<String> = identities.paths.paths.keys().cloned().collect();
    own.merge(identities);
    let mut bodies = BTreeSet::new();
    for (path, item) in &mut own.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(name(method, path));
            operation.security = Some(security(method, path));
            let has_body = operation.request_body.is_some();
            let changes = method != "get" && kept.contains(path);
            errors(operation, if has_body { &WITH_BODY } else { &[] }, if changes { &CHANGES } else { &[] });
            bodies.extend(body(operation));
        }
    }
    let components = own.components.get_or_insert_default();
    for (_, schema) in components.schemas.iter_mut().filter(|(name, _)| !bodies.contains(*name)) {
        never_null(schema);
    }
    components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description("scope_session", "A browser's session; changes carry X-Scope-CSRF too"));
    components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    let description = Some("An agent's, signed by the authority of `--tls-client-ca`".to_owned());
    components.add_security_scheme("certificate", SecurityScheme::MutualTls { description, deprecated: None, extensions: None });
    own
}

/// What proves who may use a route: any one of these. Reading needs nothing on the server's own machine, where it listens for that alone.
fn security(method: &str, path: &str) -> Vec<SecurityRequirement> {
    let by = |name: &str| SecurityRequirement::new::<_, [&str; 0], _>(name, []);
    let nothing = SecurityRequirement::default;
    if auth::OPEN.iter().any(|(open, at)| open.eq_ignore_ascii_case(method) && *at == path) {
        return vec![nothing()];
    }
    match (method, path) {
        ("get", _) => vec![nothing(), by("token"), by("session")],
        ("post", "/api/v1/records") => vec![by("token"), by("certificate")],
        _ => vec![by("token"), by("session")],
    }
}

/// The names of the schemas of a request's body.
fn body(operation: &Operation) -> Vec<String> {
    let Some(RefOr::T(body)) = &operation.request_body else { return Vec::new() };
    let schemas = body.content.values().filter_map(|content| match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(schema)), .. }) => schema.ref_location.rsplit_once('/'),
        _ => None,
    });
    schemas.map(|(_, name)| name.to_owned()).collect()
}

/// What is not there is left out of an answer, and never null.
fn never_null(schema: &mut RefOr<Schema>) {
    let RefOr::T(own) = schema else { return };
    match own {
        Schema::Object(object) => {
            if let SchemaType::Array(types) = &mut object.schema_type {
                types.retain(|known| *known != Type::Null);
                if let [only] = types.as_slice() {
                    object.schema_type = SchemaType::Type(only.clone());
                }
            }
            object.properties.values_mut().for_each(never_null);
        }
        Schema::AllOf(all) => all.items.iter_mut().for_each(never_null),
        Schema::OneOf(one) => {
            one.items.retain(|item| !matches!(item, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null)));
            if let [only] = one.items.as_slice() {
                *schema = only.clone();
            }
        }
        _ => {}
    }
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
fn errors(operation: &mut Operation, with_body: &[(StatusCode, &str)], changes: &[(StatusCode, &str)]) {
    let responses = &mut operation.responses.responses;
    for (status, why) in ANY.iter().chain(with_body).chain(changes) {
        responses.entry(status.as_str().to_owned()).or_insert_with(|| RefOr::T(Response::new(*why)));
    }
    for (_, response) in responses.iter_mut().filter(|(status, _)| status.starts_with('4') || status.starts_with('5')) {
        if let RefOr::T(response) = response {
            let problem = Content::new(Some(RefOr::Ref(Ref::from_schema_name("ProblemDetails"))));
            response.content = std::iter::once((PROBLEM.to_owned(), RefOr::T(problem))).collect();
        }
    }
}
