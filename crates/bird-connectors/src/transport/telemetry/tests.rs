use super::*;

#[test]
fn custom_method_is_not_logged() {
    let own = Method::from_bytes(b"PLANTED").unwrap();
    assert_eq!(known_method(&own), "_OTHER");
    assert_eq!(known_method(&Method::PATCH), "PATCH");
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
