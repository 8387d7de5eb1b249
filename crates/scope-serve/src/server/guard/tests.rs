#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]

use http::{Method, Request};

use super::*;

const BROWSER: &str = "192.0.2.7:50000";

fn config(bind: &str) -> GuardConfig {
    GuardConfig { bind: vec![bind.parse().unwrap()], ..GuardConfig::default() }
}

fn request(method: Method, peer: &str, tls: bool, headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder().method(method).uri("/api/v1/views");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(()).unwrap();
    request.extensions_mut().insert(Peer::accepted(peer.parse().unwrap(), tls, None));
    request
}

fn admit(config: GuardConfig, mut request: Request<()>) -> Result<(Site, Peer), Turned> {
    Guard::new(config).admit(&mut request)?;
    Ok((request.extensions().get::<Site>().unwrap().clone(), request.extensions().get::<Peer>().unwrap().clone()))
}

fn get(bind: &str, headers: &[(&str, &str)]) -> Result<(), Turned> {
    admit(config(bind), request(Method::GET, "127.0.0.1:50000", false, headers)).map(drop)
}

#[test]
fn a_name_that_was_rebound_to_this_machine_is_refused() {
    for host in ["evil.example", "evil.example:4040", "localhost.evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "evil.example/localhost"] {
        for method in [Method::GET, Method::POST] {
            let answer = admit(config("127.0.0.1:4040"), request(method, "127.0.0.1:50000", false, &[("host", host)]));
            assert!(matches!(answer, Err(Turned::OtherHost | Turned::NoHost)), "{host}: {answer:?}");
        }
    }
}

#[test]
fn hosts_that_a_server_goes_by() {
    let ok = [
        ("127.0.0.1:4040", "localhost:4040"),
        ("127.0.0.1:4040", "LOCALHOST."),
        ("127.0.0.1:4040", "127.0.0.1:9999"),
        ("[::1]:4040", "[::1]:4040"),
        ("192.0.2.1:4040", "192.0.2.1:4040"),
        ("0.0.0.0:4040", "198.51.100.9:8443"),
    ];
    for (bind, host) in ok {
        assert_eq!(get(bind, &[("host", host)]), Ok(()), "{bind} {host}");
    }
    for (bind, host) in [("192.0.2.1:4040", "192.0.2.2:4040"), ("127.0.0.1:4040", "192.0.2.1"), ("0.0.0.0:4040", "some-name")] {
        assert_eq!(get(bind, &[("host", host)]), Err(Turned::OtherHost), "{bind} {host}");
    }
    let named = GuardConfig { host_names: vec!["Scope.Example.".to_owned()], ..config("0.0.0.0:4040") };
    assert!(admit(named, request(Method::GET, BROWSER, true, &[("host", "scope.example:4040")])).is_ok());
}

#[test]
fn a_host_that_is_missing_doubled_or_contradicted_is_refused() {
    assert_eq!(get("127.0.0.1:4040", &[]), Err(Turned::NoHost));
    assert_eq!(get("127.0.0.1:4040", &[("host", "localhost"), ("host", "localhost")]), Err(Turned::NoHost));
    for host in ["", "local host", "localhost:port", "localhost:99999", "[::1", "[::1]x", "a:b:c"] {
        assert_eq!(get("127.0.0.1:4040", &[("host", host)]), Err(Turned::NoHost), "{host:?}");
    }
    let mut contradicted = request(Method::GET, "127.0.0.1:50000", false, &[("host", "localhost")]);
    *contradicted.uri_mut() = "http://evil.example/".parse().unwrap();
    assert_eq!(admit(config("127.0.0.1:4040"), contradicted).unwrap_err(), Turned::NoHost);
}

/// A request of each kind that matters: reading, changing, and both ways to upgrade.
fn kinds() -> Vec<(Method, Vec<(&'static str, &'static str)>)> {
    vec![
        (Method::GET, vec![]),
        (Method::POST, vec![]),
        (Method::DELETE, vec![]),
        (Method::GET, vec![("upgrade", "websocket"), ("connection", "upgrade")]),
        (Method::CONNECT, vec![]),
    ]
}

#[test]
fn the_four_origins_on_reading_changing_and_upgrading() {
    let cases = [
        (Some("http://127.0.0.1:4040"), true),
        (None, true),
        (Some("http://evil.example"), false),
        (Some("http://127.0.0.1:4041"), false),
        (Some("https://127.0.0.1:4040"), false),
        (Some("http://localhost:4040"), false),
        (Some("http://127.0.0.1"), false),
        (Some("null"), false),
        (Some(""), false),
        (Some("http://127.0.0.1:4040/"), false),
        (Some("http://127.0.0.1:4040.evil.example"), false),
    ];
    for (origin, ok) in cases {
        for (method, extra) in kinds() {
            let mut headers = vec![("host", "127.0.0.1:4040")];
            headers.extend(origin.map(|origin| ("origin", origin)));
            headers.extend(&extra);
            let answer = admit(config("127.0.0.1:4040"), request(method.clone(), "127.0.0.1:50000", false, &headers)).map(drop);
            assert_eq!(answer, if ok { Ok(()) } else { Err(Turned::OtherOrigin) }, "{method} {headers:?}");
        }
    }
}

#[test]
fn two_origins_are_none() {
    let headers = [("host", "localhost"), ("origin", "http://localhost"), ("origin", "http://evil.example")];
    assert_eq!(get("127.0.0.1:80", &headers), Err(Turned::OtherOrigin));
}

#[test]
fn ports_that_the_scheme_implies_are_the_same() {
    let tls = |origin: &str| {
        let named = GuardConfig { host_names: vec!["scope.example".to_owned()], ..config("0.0.0.0:443") };
        admit(named, request(Method::POST, BROWSER, true, &[("host", "scope.example"), ("origin", origin)])).map(drop)
    };
    assert_eq!(tls("https://scope.example"), Ok(()));
    assert_eq!(tls("https://scope.example:443"), Ok(()));
    assert_eq!(tls("http://scope.example"), Err(Turned::OtherOrigin));
    assert_eq!(tls("https://scope.example:80"), Err(Turned::OtherOrigin));
}

#[test]
fn what_browsers_say_of_where_a_request_comes_from_is_heard() {
    type Case = (&'static [(&'static str, &'static str)], Method, bool);
    let cases: [Case; 8] = [
        (&[("sec-fetch-site", "same-origin")], Method::POST, true),
        (&[("sec-fetch-site", "none")], Method::GET, true),
        (&[("sec-fetch-site", "cross-site")], Method::GET, false),
        (&[("sec-fetch-site", "same-site")], Method::POST, false),
        (&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], Method::GET, true),
        (&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], Method::POST, false),
        (&[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "navigate"), ("upgrade", "websocket")], Method::GET, false),
        (&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")], Method::GET, false),
    ];
    for (headers, method, ok) in cases {
        let mut all = vec![("host", "127.0.0.1:4040")];
        all.extend(headers);
        let answer = admit(config("127.0.0.1:4040"), request(method.clone(), "127.0.0.1:50000", false, &all)).map(drop);
        assert_eq!(answer, if ok { Ok(()) } else { Err(Turned::OtherOrigin) }, "{method} {headers:?}");
    }
}

#[test]
fn a_proxy_that_is_not_trusted_is_only_a_sign_that_there_is_one() {
    let headers = [("host", "localhost:4040"), ("x-forwarded-for", "203.0.113.5"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.example")];
    let (site, peer) = admit(config("127.0.0.1:4040"), request(Method::GET, "127.0.0.1:50000", false, &headers)).unwrap();
    assert_eq!(site, Site { tls: false, host: "localhost:4040".to_owned() });
    assert_eq!((peer.ip().to_string(), peer.tls, peer.is_local()), ("127.0.0.1".to_owned(), false, false));
    for sign in ["forwarded", "via", "x-real-ip", "x-forwarded-host"] {
        let (_, peer) = admit(config("127.0.0.1:4040"), request(Method::GET, "127.0.0.1:50000", false, &[("host", "localhost"), (sign, "x")])).unwrap();
        assert!(!peer.is_local(), "{sign}");
    }
    let (_, peer) = admit(config("127.0.0.1:4040"), request(Method::GET, "127.0.0.1:50000", false, &[("host", "localhost")])).unwrap();
    assert!(peer.is_local());
}

#[test]
fn a_trusted_proxy_tells_who_asks_and_for_what() {
    let behind = || GuardConfig {
        host_names: vec!["scope.example".to_owned()],
        trusted_proxies: vec!["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()],
        ..config("127.0.0.1:4040")
    };
    let ask = |headers: &[(&str, &str)]| admit(behind(), request(Method::POST, "127.0.0.1:50000", false, headers));
    let told = [
        ("host", "127.0.0.1:4040"),
        ("x-forwarded-for", "1.1.1.1, 203.0.113.5, 10.1.2.3"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "scope.example"),
    ];
    let (site, peer) = ask(&[&told[..], &[("origin", "https://scope.example")]].concat()).unwrap();
    assert_eq!(site.origin(), "https://scope.example");
    assert_eq!((peer.ip().to_string(), peer.tls, peer.is_local()), ("203.0.113.5".to_owned(), true, false), "the first hop that is not trusted");
    assert_eq!(ask(&[&told[..], &[("origin", "http://127.0.0.1:4040")]].concat()).unwrap_err(), Turned::OtherOrigin);

    let (_, peer) = ask(&[("host", "scope.example"), ("x-forwarded-for", "127.0.0.1")]).unwrap();
    assert!(!peer.is_local(), "what came through a proxy is never local");
    let (_, peer) = ask(&[("host", "localhost")]).unwrap();
    assert!(!peer.is_local(), "nor when the proxy says nothing");
    assert_eq!(ask(&[("host", "localhost"), ("x-forwarded-host", "evil.example")]).unwrap_err(), Turned::OtherHost);
    let (_, peer) = ask(&[("host", "localhost"), ("x-forwarded-for", "nonsense, <b>")]).unwrap();
    assert_eq!(peer.ip().to_string(), "127.0.0.1");
}

#[test]
fn a_certificate_of_the_proxy_is_nobody_elses() {
    let mut request = request(Method::GET, "10.0.0.1:50000", true, &[("host", "localhost"), ("x-forwarded-for", "203.0.113.5")]);
    let certificate = crate::server::tls::ClientCertificate { name: "proxy".to_owned() };
    request.extensions_mut().insert(Peer::accepted("10.0.0.1:50000".parse().unwrap(), true, Some(Arc::new(certificate))));
    let config = GuardConfig { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..config("0.0.0.0:4040") };
    let (_, peer) = admit(config, request).unwrap();
    assert_eq!(peer.certificate, None);
}

#[test]
fn networks() {
    let contains = |network: &str, address: &str| network.parse::<Network>().unwrap().contains(address.parse().unwrap());
    assert!(contains("10.0.0.0/8", "10.255.0.1") && !contains("10.0.0.0/8", "11.0.0.1"));
    assert!(contains("0.0.0.0/0", "1.2.3.4") && contains("::/0", "2001:db8::1") && !contains("::/0", "1.2.3.4"));
    assert!(contains("192.0.2.1", "192.0.2.1") && !contains("192.0.2.1", "192.0.2.2"));
    assert!(contains("10.0.0.0/8", "::ffff:10.1.1.1"), "IPv4 as an IPv6 socket sees it");
    assert!(contains("fd00::/8", "fdff::1") && !contains("fd00::/8", "fe80::1"));
    for text in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "a/8", "10.0.0.0/", "10.0.0.0/-1"] {
        assert!(text.parse::<Network>().is_err(), "{text}");
    }
}
