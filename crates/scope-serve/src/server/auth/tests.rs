#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]

mod decisions;
mod flows;
mod proofs;
mod walk;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::server::guard::{Guard, GuardConfig};
use crate::server::tls::ClientCertificate;

const LOCAL: &str = "127.0.0.1:50000";
const FAR: &str = "192.0.2.7:50000";

/// A server without a socket: the routes, behind guard and identification.
struct Server {
    auth: Arc<Auth>,
    admin: String,
    code: String,
    router: Router,
    _dir: tempfile::TempDir,
}

/// A request in parts.
#[derive(Clone, Default)]
struct Ask {
    method: &'static str,
    path: String,
    body: Option<Value>,
    headers: Vec<(&'static str, String)>,
    peer: Option<&'static str>,
    tls: bool,
    certificate: Option<&'static str>,
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

fn ask(method: &'static str, path: impl Into<String>) -> Ask {
    Ask { method, path: path.into(), ..Ask::default() }
}

impl Ask {
    fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    fn from(mut self, peer: &'static str) -> Self {
        self.peer = Some(peer);
        self
    }
}

impl Server {
    /// On loopback only.
    fn local() -> Self {
        Self::new(true, "/")
    }

    /// On all addresses, with TLS.
    fn public() -> Self {
        Self::new(false, "/")
    }

    fn new(loopback: bool, base_path: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(dir.path()).unwrap());
        let config = AuthConfig { loopback, base_path: base_path.to_owned(), fingerprint: Some([7; 32]), url: None };
        let auth = Arc::new(Auth::new(store, config));
        let first = auth.first_start().unwrap().unwrap();
        let bind = if loopback { "127.0.0.1:4040" } else { "0.0.0.0:4040" };
        let guard = Guard::new(GuardConfig { bind: vec![bind.parse().unwrap()], ..GuardConfig::default() });
        let read = get(|Caller(identity): Caller| async move {
            authorize(&identity, Action::Read, Target::Tenant(&identity.tenant))?;
            Ok::<_, Refused>(identity.visibility.key())
        });
        let (routes, _) = routes::<()>(Arc::clone(&auth)).split_for_parts();
        let router = protect(routes.route("/read", read.clone().post(read)), Arc::new(guard), Arc::clone(&auth));
        Self { auth, admin: first.admin_token.reveal().to_owned(), code: first.code.reveal().to_owned(), router, _dir: dir }
    }

    async fn send(&self, ask: Ask) -> Answer {
        let mut request = Request::builder().method(ask.method).uri(&ask.path).header(header::HOST, "127.0.0.1:4040");
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        let body = match ask.body {
            None => Body::empty(),
            Some(value) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(value.to_string())
            }
        };
        let certificate = ask.certificate.map(|name| Arc::new(ClientCertificate { name: name.to_owned() }));
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(Peer::accepted(ask.peer.unwrap_or(LOCAL).parse().unwrap(), ask.tls, certificate));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        if parts.status.is_client_error() || parts.status.is_server_error() {
            assert_eq!(parts.headers[header::CONTENT_TYPE], "application/problem+json", "{body}");
        }
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn status(&self, ask: Ask) -> u16 {
        self.send(ask).await.status.as_u16()
    }

    /// A new token.
    async fn token(&self, body: Value) -> Answer {
        self.send(ask("POST", "/api/v1/tokens").bearer(&self.admin).body(body)).await
    }

    /// The cookie and the token for changes of a new session.
    async fn session(&self, token: &str, tls: bool) -> (String, String) {
        let answer = self.send(Ask { tls, ..ask("POST", "/api/v1/session").body(serde_json::json!({ "token": token })) }).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
        (cookie.split(';').next().unwrap().to_owned(), answer.body["csrf"].as_str().unwrap().to_owned())
    }

    /// What the audit says happened, the newest first, as `action outcome`.
    async fn audited(&self) -> Vec<String> {
        let answer = self.send(ask("GET", "/api/v1/audit?limit=1000").bearer(&self.admin)).await;
        let entries = answer.body["entries"].as_array().unwrap();
        entries.iter().map(|entry| format!("{} {}", entry["action"].as_str().unwrap(), entry["outcome"].as_str().unwrap())).collect()
    }
}
