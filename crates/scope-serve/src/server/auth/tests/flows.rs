//! Enrolment from its string to a credential, failed logins in number, and what the audit says of it all.

use serde_json::json;

use super::*;
use crate::enrolment::EnrolmentString;

impl Server {
    async fn enrolment(&self, body: Value) -> (EnrolmentString, String) {
        let made = self.send(ask("POST", "/api/v1/enrolments").bearer(&self.admin).body(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        (made.body["string"].as_str().unwrap().parse().unwrap(), made.body["id"].as_str().unwrap().to_owned())
    }

    async fn enrol(&self, secret: &str, agent: &str) -> Answer {
        self.send(ask("POST", "/api/v1/enrol").from(FAR).body(json!({ "secret": secret, "agent": agent, "machine_id": "m" }))).await
    }
}

#[tokio::test]
async fn an_enrolment_becomes_a_credential_once() {
    let server = Server::public();
    let (string, _) = server.enrolment(json!({})).await;
    assert_eq!((string.url.as_str(), string.fingerprint), ("http://127.0.0.1:4040", Some([7; 32])));
    let enrolled = server.enrol(&string.secret, "host-a").await;
    assert_eq!((enrolled.status, &enrolled.body["agent"]), (StatusCode::OK, &json!("host-a")));
    let credential = enrolled.body["credential"].as_str().unwrap().to_owned();
    assert!(credential.starts_with("scope_agent_"), "{credential}");
    assert_eq!(server.enrol(&string.secret, "host-b").await.status, StatusCode::UNAUTHORIZED, "a second time");

    let peer = Peer::accepted(FAR.parse().unwrap(), true, None);
    let identify = |credential: &str| {
        let (parts, ()) = Request::builder().uri("/").header("authorization", format!("Bearer {credential}")).body(()).unwrap().into_parts();
        server.auth.identify(&parts, &peer)
    };
    let identity = identify(&credential).unwrap();
    let push = |name: &str| authorize(&identity, Action::Push, Target::Agent(&identity.tenant, &name.parse().unwrap()));
    assert_eq!(push("host-a"), Ok(()));
    assert_eq!(push("host-b"), Err(Denied::Elsewhere), "another's name");
    assert_eq!(server.status(ask("GET", "/read").bearer(&credential).from(FAR)).await, 403, "an agent reads nothing");
    assert_eq!(server.status(ask("POST", "/api/v1/session").body(json!({ "token": credential }))).await, 401, "nor does it sign in");

    let agents = server.send(ask("GET", "/api/v1/agent-credentials").bearer(&server.admin)).await;
    assert_eq!(agents.body["agents"][0]["agent"], "host-a");
    assert!(!agents.body.to_string().contains("scope_agent_"));
    assert_eq!(server.status(ask("DELETE", "/api/v1/agent-credentials/host-a").bearer(&server.admin)).await, 204);
    assert!(matches!(identify(&credential), Err(Refused::Unknown)));
}

#[tokio::test]
async fn an_enrolment_takes_nobody_elses_name() {
    let server = Server::public();
    let (first, _) = server.enrolment(json!({})).await;
    assert_eq!(server.enrol(&first.secret, "host-a").await.status, StatusCode::OK);
    let (second, _) = server.enrolment(json!({})).await;
    let taken = server.enrol(&second.secret, "host-a").await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert!(taken.body["detail"].as_str().unwrap().contains("scope serve enrol --agent host-a"), "{taken:?}");
    let (named, _) = server.enrolment(json!({ "agent": "host-c" })).await;
    assert_eq!(server.enrol(&named.secret, "host-b").await.status, StatusCode::CONFLICT);
    assert_eq!(server.enrol(&named.secret, "host-c").await.status, StatusCode::OK);
    assert_eq!(server.enrol(&second.secret, "host-d").await.status, StatusCode::OK, "what was refused is not used up");
}

#[tokio::test]
async fn an_enrolment_can_be_taken_back_and_ends() {
    let server = Server::public();
    let (string, id) = server.enrolment(json!({})).await;
    let listed = server.send(ask("GET", "/api/v1/enrolments").bearer(&server.admin)).await;
    assert_eq!(listed.body["enrolments"][0]["id"], id.as_str());
    assert!(!listed.body.to_string().contains(&string.secret), "no secret is shown twice");
    assert_eq!(server.status(ask("DELETE", format!("/api/v1/enrolments/{id}")).bearer(&server.admin)).await, 204);
    assert_eq!(server.enrol(&string.secret, "host-a").await.status, StatusCode::UNAUTHORIZED);
    let past = server.send(ask("POST", "/api/v1/enrolments").bearer(&server.admin).body(json!({ "expires": "2020-01-01T00:00:00Z" }))).await;
    assert_eq!(past.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn names_and_ids_from_outside_are_only_names_and_ids() {
    let server = Server::public();
    let (string, _) = server.enrolment(json!({})).await;
    for agent in ["", "../host", "a/b", "a b", "a\u{0}", "<script>", "a;drop", &"x".repeat(300)] {
        let answer = server.enrol(&string.secret, agent).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{agent:?}: {answer:?}");
    }
    for id in ["..", "%2e%2e%2f", "a%00", "%ff", "*", "%27%20OR%201=1", &"x".repeat(3000)] {
        let status = server.status(ask("DELETE", format!("/api/v1/tokens/{id}")).bearer(&server.admin)).await;
        assert!([400, 404].contains(&status), "{id}: {status}");
        let status = server.status(ask("DELETE", format!("/api/v1/agent-credentials/{id}")).bearer(&server.admin)).await;
        assert!([400, 404, 422].contains(&status), "{id}: {status}");
    }
    for name in ["", " ", "a\nb", "\u{1b}[31m", &"x".repeat(200)] {
        assert_eq!(server.token(json!({ "name": name, "role": "viewer" })).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
    }
    assert_eq!(server.token(json!({ "name": "x", "role": "root" })).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        server.token(json!({ "name": "x", "role": "viewer", "tenant": "other" })).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "no tenant but its own"
    );
    assert_eq!(
        server.send(ask("GET", "/api/v1/tokens").bearer(&server.admin)).await.body["tokens"].as_array().unwrap().len(),
        1,
        "nothing was made or removed"
    );
}

#[tokio::test]
async fn ten_thousand_bad_logins_cost_little_and_shut_nobody_else_out() {
    let server = Server::public();
    let mut limited = 0;
    for number in 0..10_000_u32 {
        let [_, _, c, d] = number.to_be_bytes();
        let peer = Peer::accepted(std::net::SocketAddr::from(([198, 51, c, d], 1)), true, None);
        let (parts, ()) = Request::builder().uri("/").header("authorization", format!("Bearer scope_admin_{number:043}")).body(()).unwrap().into_parts();
        match server.auth.identify(&parts, &peer) {
            Err(Refused::TooMany(_)) => limited += 1,
            Err(Refused::Unknown) => {}
            other => panic!("{other:?}"),
        }
    }
    let figures = server.auth.figures();
    assert_eq!((figures.failed, figures.limited), (10_000, limited));
    assert!(limited > 9_000, "{limited}");
    assert!(server.auth.failures().addresses() <= failures::ADDRESSES);
    assert!(server.audited().await.len() < 1_000, "the audit is not drowned");
    assert_eq!(server.status(ask("GET", "/read").bearer(&server.admin).from(FAR)).await, 200);
}

#[tokio::test]
async fn an_address_that_fails_often_is_told_to_wait() {
    let server = Server::public();
    let fail = || ask("POST", "/api/v1/session").from(FAR).body(json!({ "token": format!("scope_admin_{:043}", 0) }));
    for _ in 0..10 {
        assert_eq!(server.status(fail()).await, 401);
    }
    let answer = server.send(fail()).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
    let right = || ask("POST", "/api/v1/session").body(json!({ "token": server.admin }));
    assert_eq!(server.status(right().from(FAR)).await, 429, "this door is shut for it");
    assert_eq!(server.status(right().from("192.0.2.200:1")).await, 200, "and open for others");
}

#[tokio::test]
async fn everything_is_written_down() {
    let server = Server::public();
    let made = server.token(json!({ "name": "ci", "role": "viewer" })).await;
    server.session(made.body["secret"].as_str().unwrap(), true).await;
    server.status(ask("GET", "/read").from(FAR).bearer(&format!("scope_admin_{:043}", 0))).await;
    let (string, _) = server.enrolment(json!({ "agent": "host-a" })).await;
    server.enrol(&string.secret, "host-b").await;
    server.enrol(&string.secret, "host-a").await;
    server.status(ask("DELETE", format!("/api/v1/tokens/{}", made.body["id"].as_str().unwrap())).bearer(&server.admin)).await;
    let mut audited = server.audited().await;
    audited.sort();
    let wanted =
        ["enrol done", "enrol refused", "enrolment.create done", "login done", "login refused", "token.create done", "token.create done", "token.revoke done"];
    assert_eq!(audited, wanted);
    let text = server.send(ask("GET", "/api/v1/audit").bearer(&server.admin)).await.body.to_string();
    for secret in [made.body["secret"].as_str().unwrap(), &server.admin, &string.secret] {
        assert!(!text.contains(secret), "no secret is in the audit");
    }
}

#[tokio::test]
async fn uses_are_noted() {
    let server = Server::local();
    server.status(ask("GET", "/read").bearer(&server.admin)).await;
    server.auth.flush().unwrap();
    let listed = server.send(ask("GET", "/api/v1/tokens").bearer(&server.admin)).await;
    assert!(listed.body["tokens"][0]["last_used"].is_string(), "{listed:?}");
}

#[tokio::test]
async fn what_waits_for_the_disk_is_written_at_the_end() {
    let server = Server::public();
    server.status(ask("GET", "/read").from(FAR).bearer(&format!("scope_admin_{:043}", 0))).await;
    keep(Arc::clone(&server.auth), async {}).await;
    let page = server.auth.store().audited(&crate::server::tenant::Tenant::default(), None, 1).unwrap();
    assert_eq!((page.entries[0].entry.action.as_str(), page.entries[0].entry.outcome.as_str()), ("login", "refused"));
}
