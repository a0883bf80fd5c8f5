use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use super::check;

fn allows(method: &Method, headers: &[(&'static str, &str)]) -> bool {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let value = HeaderValue::from_str(value);
        map.append(HeaderName::from_static(name), value.expect("a valid value"));
    }
    check(method, &Uri::from_static("/"), &map, 4000).is_ok()
}

#[test]
fn only_the_address_of_the_sandbox_is_a_host() {
    for host in ["127.0.0.1:4000", "localhost:4000"] {
        assert!(allows(&Method::GET, &[("host", host)]), "{host}");
    }
    for host in [
        "127.0.0.1",
        "127.0.0.1:4001",
        "rebound.example.com:4000",
        "127.0.0.1.example.com:4000",
        "127.0.0.1:4000.example.com",
        "LOCALHOST.:4000",
        "[::1]:4000",
        "0.0.0.0:4000",
        "",
    ] {
        assert!(!allows(&Method::GET, &[("host", host)]), "{host}");
    }
    assert!(!allows(&Method::GET, &[]));
    let twice = [("host", "127.0.0.1:4000"), ("host", "evil.example.com")];
    assert!(!allows(&Method::GET, &twice));
}

#[test]
fn only_the_address_of_the_page_is_the_host_of_an_absolute_uri() {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("127.0.0.1:4000"));
    for (uri, allowed) in [
        ("http://127.0.0.1:4000/", true),
        ("http://localhost:4000/", true),
        ("http://rebound.example.com:4000/", false),
        ("http://rebound.example.com@127.0.0.1:4000/", false),
        ("http://127.0.0.1:4001/", false),
    ] {
        let uri = Uri::from_static(uri);
        let result = check(&Method::GET, &uri, &headers, 4000);
        assert_eq!(result.is_ok(), allowed, "{uri}");
    }
}

#[test]
fn only_the_page_itself_is_an_origin() {
    let own = ("host", "127.0.0.1:4000");
    let json = ("content-type", "application/json");
    assert!(allows(&Method::POST, &[own, json]), "a program");
    assert!(allows(
        &Method::POST,
        &[own, json, ("origin", "http://127.0.0.1:4000")]
    ));
    for origin in [
        "https://evil.example.com",
        "http://127.0.0.1:4001",
        "http://127.0.0.1",
        "https://127.0.0.1:4000",
        "http://localhost:4000",
        "null",
        "",
    ] {
        assert!(
            !allows(&Method::POST, &[own, json, ("origin", origin)]),
            "{origin}"
        );
    }
}

#[test]
fn requests_of_other_sites_are_refused_and_links_to_the_page_are_not() {
    let own = ("host", "127.0.0.1:4000");
    for site in ["same-origin", "none"] {
        assert!(
            allows(&Method::GET, &[own, ("sec-fetch-site", site)]),
            "{site}"
        );
    }
    for site in ["same-site", "cross-site", "?"] {
        assert!(
            !allows(&Method::GET, &[own, ("sec-fetch-site", site)]),
            "{site}"
        );
    }
    let link = [
        own,
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    assert!(allows(&Method::GET, &link));
    assert!(!allows(
        &Method::POST,
        &[
            link[0],
            link[1],
            link[2],
            link[3],
            ("content-type", "application/json")
        ]
    ));
    let frame = [own, link[1], link[2], ("sec-fetch-dest", "iframe")];
    assert!(!allows(&Method::GET, &frame));
}

#[test]
fn what_a_form_can_send_is_refused() {
    let own = ("host", "127.0.0.1:4000");
    assert!(!allows(&Method::POST, &[own]));
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        assert!(!allows(
            &Method::POST,
            &[own, ("content-type", content_type)]
        ));
    }
    assert!(allows(
        &Method::POST,
        &[own, ("content-type", "application/json; charset=utf-8")]
    ));
}
