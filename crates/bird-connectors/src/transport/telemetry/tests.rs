use super::*;

#[test]
fn custom_method_is_not_logged() {
    let own = Method::from_bytes(b"PLANTED").unwrap();
    assert_eq!(known_method(&own), "_OTHER");
    assert_eq!(known_method(&Method::PATCH), "PATCH");
    let query = Method::from_bytes(b"QUERY").unwrap();
    assert_eq!(known_method(&query), "QUERY");
}

#[test]
fn server_address_is_the_host_of_the_base_url_without_brackets() {
    for (url, expected) in [
        ("https://api.example.com", "api.example.com"),
        ("http://[::1]:8080", "::1"),
        ("http://127.0.0.1:8080", "127.0.0.1"),
    ] {
        let base_url = BaseUrl::parse(url, "a test").unwrap();
        assert_eq!(base_url.host(), Some(expected));
    }
}

#[test]
fn protocol_version_has_the_form_of_the_conventions() {
    let reply = |version| {
        Ok(Reply {
            status: http::StatusCode::OK,
            version,
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::new(),
        })
    };
    for (version, expected) in [
        (Version::HTTP_10, "1.0"),
        (Version::HTTP_11, "1.1"),
        (Version::HTTP_2, "2"),
        (Version::HTTP_3, "3"),
    ] {
        assert_eq!(super::version(&reply(Some(version))), Some(expected));
    }
    assert_eq!(super::version(&reply(None)), None);
}

#[test]
fn span_of_a_custom_method_has_the_name_of_the_conventions() {
    let base_url = BaseUrl::parse("https://api.example.com", "a test").unwrap();
    let custom = Method::from_bytes(b"PLANTED").unwrap();
    for (method, expected) in [(custom, "HTTP"), (Method::PATCH, "PATCH")] {
        let telemetry = CallTelemetry::new(None, &method, None, &base_url);
        assert_eq!(telemetry.attempt_name(), expected);
    }
}

#[test]
fn refusal_of_a_proxy_is_not_logged_as_a_certificate_error() {
    let error_type = |connection| {
        error_type(&Err(Failure {
            kind: ErrorKind::Transport,
            outcome: RequestOutcome::NotSent,
            permanent: true,
            message: String::new(),
            status: None,
            retry_after: None,
            connection: Some(connection),
        }))
    };
    assert_eq!(
        error_type(ConnectionFailure::ServerCertificate).as_deref(),
        Some("certificate")
    );
    assert_eq!(
        error_type(ConnectionFailure::NoTunnel).as_deref(),
        Some("connection")
    );
}

#[test]
fn full_url_hides_values_of_the_query_and_the_path_of_a_raw_request() {
    let base_url = BaseUrl::parse("https://api.example.com/prefix", "a test").unwrap();
    let operation = Operation::find("listNumbers");
    for (operation, url, expected) in [
        (operation, "/workspaces/1/numbers", "/workspaces/1/numbers"),
        (
            operation,
            "/workspaces/1/numbers?limit=7&flag&a=b=c&pageToken=x%26y",
            "/workspaces/1/numbers?limit=REDACTED&flag=REDACTED&a=REDACTED&pageToken=REDACTED",
        ),
        (None, "/invitations/secret?secret=1", "/REDACTED"),
    ] {
        let url = Url::parse(&format!("https://api.example.com/prefix{url}")).unwrap();
        let telemetry = CallTelemetry::new(operation, &Method::GET, None, &base_url);
        assert_eq!(
            telemetry.with_url(&url).url_full(),
            Some(format!("https://api.example.com/prefix{expected}"))
        );
    }
}
