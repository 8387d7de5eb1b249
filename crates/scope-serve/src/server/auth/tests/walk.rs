//! Every route that is described: without credentials, with too few, and from pages of other origins.

use super::*;

/// Method and path of every route, with a part put in where there is a place for one.
fn described(auth: &Arc<Auth>) -> Vec<(&'static str, String)> {
    let document = serde_json::to_value(routes::<()>(Arc::clone(auth)).into_openapi()).unwrap();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (name, method) in [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE")] {
            if methods.get(name).is_some() {
                found.push((method, path.clone()));
            }
        }
    }
    assert!(found.len() >= 12, "{found:?}");
    found
}

fn filled(path: &str) -> String {
    path.replace("{id}", "000000000000").replace("{agent}", "host-a")
}

fn body(method: &str) -> Option<Value> {
    (method == "POST").then(|| serde_json::json!({}))
}

#[tokio::test]
async fn every_route_asks_who_it_is() {
    let server = Server::public();
    for (method, path) in described(&server.auth) {
        let status = server.status(Ask { body: body(method), ..ask(method, filled(&path)).from(FAR) }).await;
        let open = OPEN.contains(&(method, path.as_str()));
        // An open route looks at what it was sent, which proves nothing here.
        assert_eq!(status, if open { 422 } else { 401 }, "{method} {path}");
    }
}

#[tokio::test]
async fn every_route_asks_what_it_may() {
    let server = Server::public();
    let token = |role: &str| server.token(serde_json::json!({ "name": role, "role": role }));
    for role in ["viewer", "operator"] {
        let made = token(role).await;
        let secret = made.body["secret"].as_str().unwrap();
        for (method, path) in described(&server.auth) {
            if path == "/api/v1/session" || OPEN.contains(&(method, path.as_str())) {
                continue;
            }
            let status = server.status(Ask { body: body(method), ..ask(method, filled(&path)).bearer(secret) }).await;
            assert_eq!(status, 403, "{role} {method} {path}");
        }
    }
}

#[tokio::test]
async fn no_route_answers_pages_of_other_origins_or_other_hosts() {
    let server = Server::local();
    for (method, path) in described(&server.auth) {
        let with = |name, value: &str| Ask { body: body(method), ..ask(method, filled(&path)).bearer(&server.admin).header(name, value) };
        for origin in ["http://evil.example", "http://127.0.0.1:4041", "null"] {
            assert_eq!(server.status(with("origin", origin)).await, 403, "{method} {path} {origin}");
        }
        assert_ne!(server.status(with("origin", "http://127.0.0.1:4040")).await, 403, "{method} {path}");
    }
    let answer = server.send(ask("GET", "/api/v1/session")).await;
    for name in ["content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"] {
        assert!(answer.headers.contains_key(name), "{name}");
    }
    assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")), "no other origin is let in");
}
