//! What proves an identity and what does not: tokens, cookies, certificates, coming from this machine.

use serde_json::json;

use super::*;

#[tokio::test]
async fn reading_needs_no_token_on_this_machine_and_one_from_elsewhere() {
    let (local, public) = (Server::local(), Server::public());
    assert_eq!(local.status(ask("GET", "/read")).await, 200);
    assert_eq!(local.status(ask("GET", "/read").header("x-forwarded-for", "127.0.0.1")).await, 401, "a proxy on this machine lets anybody in");
    assert_eq!(local.status(ask("GET", "/read").from(FAR)).await, 401);
    assert_eq!(public.status(ask("GET", "/read")).await, 401, "beyond loopback nobody reads without a token, from here neither");
    let refused = public.send(ask("GET", "/read")).await;
    assert!(refused.headers.contains_key(header::WWW_AUTHENTICATE) && refused.body["detail"].as_str().unwrap().contains("token"), "{refused:?}");
    assert_eq!(public.status(ask("GET", "/read").bearer(&public.admin)).await, 200);
}

#[tokio::test]
async fn loopback_changes_nothing() {
    let server = Server::local();
    for (method, path, body) in [
        ("GET", "/api/v1/tokens", None),
        ("GET", "/api/v1/audit", None),
        ("POST", "/api/v1/tokens", Some(json!({ "name": "x", "role": "admin" }))),
        ("POST", "/api/v1/enrolments", Some(json!({}))),
        ("DELETE", "/api/v1/tokens/000000000000", None),
    ] {
        assert_eq!(server.status(Ask { body, ..ask(method, path) }).await, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn tokens_that_are_wrong_ended_or_revoked_open_nothing() {
    let server = Server::local();
    let made = server.token(json!({ "name": "ci", "role": "viewer" })).await;
    let (secret, id) = (made.body["secret"].as_str().unwrap().to_owned(), made.body["id"].as_str().unwrap().to_owned());
    assert!(secret.starts_with("scope_viewer_") && secret.len() == 56, "{secret}");
    assert_eq!(server.status(ask("GET", "/read").bearer(&secret)).await, 200);
    let (cookie, _) = server.session(&secret, false).await;
    assert_eq!(server.status(ask("GET", "/read").from(FAR).header("cookie", cookie.clone())).await, 200);

    assert_eq!(server.status(ask("DELETE", format!("/api/v1/tokens/{id}")).bearer(&secret)).await, 403, "a viewer revokes nothing");
    assert_eq!(server.status(ask("DELETE", format!("/api/v1/tokens/{id}")).bearer(&server.admin)).await, 204);
    assert_eq!(server.status(ask("DELETE", format!("/api/v1/tokens/{id}")).bearer(&server.admin)).await, 404);
    assert_eq!(server.status(ask("GET", "/read").bearer(&secret)).await, 401);
    assert_eq!(server.status(ask("GET", "/read").from(FAR).header("cookie", cookie)).await, 401, "its sessions end with it");

    let hash = Secret::draw("scope_viewer_").unwrap();
    let mut ended = server.auth.tokens(&crate::server::tenant::Tenant::default()).unwrap().remove(0).1;
    ended.expires = Some(Timestamp::from_micros(now().as_micros() - 1));
    let entry = crate::server::store::AuditEntry {
        at: now(),
        who: "test".to_owned(),
        address: None,
        action: "token.create".to_owned(),
        target: None,
        outcome: "done".to_owned(),
    };
    server.auth.store().add_token(&hash.hash(), &ended, &entry).unwrap();
    assert_eq!(server.status(ask("GET", "/read").bearer(hash.reveal())).await, 401);
    assert_eq!(server.status(ask("POST", "/api/v1/session").body(json!({ "token": hash.reveal() }))).await, 401);

    for wrong in ["", "x", "scope_admin_", &server.admin[..server.admin.len() - 1], &format!("{}x", server.admin), "scope_admin_' OR 1=1 --"] {
        assert_eq!(server.status(ask("GET", "/read").bearer(wrong).from("192.0.2.8:1")).await, 401, "{wrong}");
    }
    assert_eq!(
        server.status(ask("GET", "/read").header("authorization", "Basic dXNlcjpwYXNz")).await,
        200,
        "another scheme is the proxy's, and proves nothing"
    );
    assert_eq!(server.status(ask("GET", "/api/v1/tokens").header("authorization", format!("Basic {}", server.admin))).await, 401);
}

#[tokio::test]
async fn a_token_sees_through_its_filter() {
    let server = Server::local();
    let made = server.token(json!({ "name": "web", "role": "operator", "filter": "app:web   -state:exited" })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let seen = server.send(ask("GET", "/read").bearer(made.body["secret"].as_str().unwrap())).await;
    assert_eq!(seen.body, made.body["filter"]);
    assert_ne!(seen.body, Value::String(String::new()));
    let (cookie, _) = server.session(made.body["secret"].as_str().unwrap(), false).await;
    assert_eq!(server.send(ask("GET", "/read").header("cookie", cookie)).await.body, made.body["filter"], "its session sees no more");
    for bad in [json!({ "name": "x", "role": "viewer", "filter": "(((" }), json!({ "name": "x", "role": "admin", "filter": "app:web" })] {
        assert_eq!(server.token(bad).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn a_change_with_a_cookie_needs_its_token() {
    let server = Server::local();
    let (cookie, csrf) = server.session(&server.admin, false).await;
    let change = || ask("POST", "/api/v1/tokens").header("cookie", cookie.clone()).body(json!({ "name": "x", "role": "viewer" }));
    assert_eq!(server.status(ask("GET", "/api/v1/tokens").header("cookie", cookie.clone())).await, 200);
    assert_eq!(server.status(change()).await, 403);
    assert_eq!(server.status(change().header("x-scope-csrf", "")).await, 403);
    assert_eq!(server.status(change().header("x-scope-csrf", csrf[1..].to_owned())).await, 403);
    let (_, other) = server.session(&server.admin, false).await;
    assert_eq!(server.status(change().header("x-scope-csrf", other)).await, 403, "of another session");
    assert_eq!(server.status(change().header("x-scope-csrf", csrf.clone())).await, 201);
    assert_eq!(server.status(change().header("x-scope-csrf", csrf.clone()).header("origin", "http://evil.example")).await, 403);
    let again = ask("POST", "/api/v1/session").header("cookie", cookie.clone()).body(json!({ "token": server.admin }));
    assert_eq!(server.status(again).await, 200, "signing in again proves itself");
    for method in ["DELETE", "PUT", "PATCH"] {
        assert_eq!(server.status(ask(method, "/read").header("cookie", cookie.clone())).await, 403, "{method}");
    }
    let shown = server.send(ask("GET", "/api/v1/session").header("cookie", cookie.clone())).await;
    assert_eq!((shown.body["csrf"].as_str(), shown.body["via"].as_str(), shown.body["role"].as_str()), (Some(csrf.as_str()), Some("session"), Some("admin")));
}

#[tokio::test]
async fn cookies_are_out_of_reach_of_scripts_and_other_sites() {
    for (base, tls, name, path) in [
        ("/", false, "scope_session", "/"),
        ("/", true, "__Host-scope_session", "/"),
        ("/scope", true, "__Secure-scope_session", "/scope"),
        ("/scope", false, "scope_session", "/scope"),
    ] {
        let server = Server::new(true, base);
        let answer = server.send(Ask { tls, ..ask("POST", "/api/v1/session").body(json!({ "token": server.admin })) }).await;
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.starts_with(&format!("{name}=")), "{cookie}");
        for part in ["HttpOnly", "SameSite=Strict", &format!("Path={path}")] {
            assert!(cookie.split("; ").any(|found| found == part), "{part}: {cookie}");
        }
        assert_eq!(cookie.ends_with("; Secure"), tls, "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

#[tokio::test]
async fn a_cookie_that_was_set_twice_or_over_another_scheme_is_none() {
    let server = Server::local();
    let (cookie, _) = server.session(&server.admin, false).await;
    let twice = format!("{cookie}; {cookie}");
    assert_eq!(server.status(ask("GET", "/read").from(FAR).header("cookie", twice)).await, 401);
    assert_eq!(server.status(Ask { tls: true, ..ask("GET", "/read").from(FAR).header("cookie", cookie) }).await, 401);
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let server = Server::local();
    let (cookie, csrf) = server.session(&server.admin, false).await;
    let out = server.send(ask("DELETE", "/api/v1/session").header("cookie", cookie.clone()).header("x-scope-csrf", csrf)).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(server.status(ask("GET", "/read").from(FAR).header("cookie", cookie)).await, 401);
}

#[tokio::test]
async fn the_code_of_the_first_start_opens_one_session() {
    let server = Server::local();
    let (cookie, _) = server.session(&server.code, false).await;
    assert_eq!(server.send(ask("GET", "/api/v1/session").header("cookie", cookie)).await.body["role"], "admin");
    assert_eq!(server.status(ask("POST", "/api/v1/session").body(json!({ "token": server.code }))).await, 401);
    assert!(server.auth.first_start().unwrap().is_none(), "there is one first start");
}

/// Whoever revokes what the first start printed revokes all that it printed.
#[tokio::test]
async fn the_code_of_the_first_start_and_its_session_end_with_the_token_beside_it() {
    for opened in [true, false] {
        let server = Server::local();
        let mine = server.token(json!({ "name": "mine", "role": "admin" })).await.body["secret"].as_str().unwrap().to_owned();
        let cookie = if opened { server.session(&server.code, false).await.0 } else { String::new() };
        let listed = server.send(ask("GET", "/api/v1/tokens").bearer(&mine)).await;
        let first = listed.body["tokens"].as_array().unwrap().iter().find(|token| token["name"] == "first start").unwrap();
        let path = format!("/api/v1/tokens/{}", first["id"].as_str().unwrap());
        assert_eq!(server.status(ask("DELETE", path).bearer(&mine)).await, 204);
        if opened {
            assert_eq!(server.status(ask("GET", "/read").from(FAR).header("cookie", cookie)).await, 401);
        } else {
            assert_eq!(server.status(ask("POST", "/api/v1/session").body(json!({ "token": server.code }))).await, 401);
        }
    }
}

#[tokio::test]
async fn an_agents_certificate_is_its_identity() {
    let server = Server::public();
    let named = |name: &'static str| Ask { tls: true, certificate: Some(name), ..ask("GET", "/read").from(FAR) };
    assert_eq!(server.status(named("host-a")).await, 403, "an agent reads nothing");
    assert_eq!(server.status(named("../../etc")).await, 401);
    let peer = Peer::accepted(FAR.parse().unwrap(), true, Some(Arc::new(ClientCertificate { name: "host-a".to_owned() })));
    let (parts, ()) = Request::builder().uri("/").body(()).unwrap().into_parts();
    let identity = server.auth.identify(&parts, &peer).unwrap();
    assert_eq!((identity.via, identity.agent), (Via::Agent, Some("host-a".parse().unwrap())));
}
