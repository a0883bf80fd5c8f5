//! `Display`, kinds and outcomes of errors, and the removal of secrets.

use super::*;

fn error_for(status: u16, content_type: &str, body: &str) -> Error {
    let status = StatusCode::from_u16(status).unwrap();
    Error::from_answer(
        "create a connector",
        status,
        Answer::read(status, Some(content_type), body.as_bytes()),
    )
    .with_attempts(1)
}

#[test]
fn display_is_one_line_with_action_status_and_request() {
    let body = r#"{"code":"ResourceAlreadyExists","message":"connector\n already exists","details":{"id":"x"}}"#;
    let error = error_for(409, "application/json", body).with_request_id(Some("r-1".into()));
    assert_eq!(
        error.to_string(),
        "create a connector: 409 ResourceAlreadyExists: connector already exists (request id r-1, 1 attempt) \
         [errors#conflict]"
    );
    assert_eq!(error.details().unwrap()["id"], "x");
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Conflict, Some(RequestOutcome::Answered))
    );
}

#[test]
fn message_ends_with_the_anchor_of_its_kind() {
    for kind in [
        ErrorKind::Configuration,
        ErrorKind::InvalidInput,
        ErrorKind::Journal,
        ErrorKind::Transport,
        ErrorKind::Timeout,
        ErrorKind::Authentication,
        ErrorKind::PermissionDenied,
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::Validation,
        ErrorKind::RateLimited,
        ErrorKind::Server,
        ErrorKind::Api,
        ErrorKind::Decode,
        ErrorKind::CursorCycle,
    ] {
        let error = Error::new(kind, "read", "it failed")
            .with_help("repeat it")
            .with_attempts(2);
        let message = error.to_string();
        assert!(
            message.ends_with(&format!("2 attempts) [errors#{kind}]")),
            "{message}"
        );
    }
}

#[test]
fn message_of_another_error_is_kept_without_its_anchor() {
    let cause = Error::invalid_input("read a row", "it is empty");
    let error = Error::new(
        ErrorKind::Validation,
        "create a connector",
        cause.to_string(),
    );
    assert_eq!(
        error.to_string(),
        "create a connector: read a row: it is empty [errors#validation]"
    );
    for message in ["[errors#not an anchor]", "[errors#x", "a] [errors#b] c"] {
        assert_eq!(Error::configuration(message).message(), message);
    }
}

#[test]
fn proxy_page_is_reported_and_kept_as_raw_body() {
    let error = error_for(502, "text/html", "<html>bad gateway</html>").with_attempts(3);
    assert_eq!(
        error.to_string(),
        "create a connector: 502 Bad Gateway; the response is not in the API's error format (text/html); \
         a proxy may have sent it; body: <html>bad gateway</html> (outcome unknown, 3 attempts) [errors#server]"
    );
    assert_eq!(error.raw(), Some("<html>bad gateway</html>"));
}

#[test]
fn body_of_an_error_in_another_format_is_kept_and_shown() {
    for (body, shown) in [
        (
            r#"{"code":"InvalidPayload","message":{"name":["is required"]}}"#,
            r#"422 InvalidPayload: Unprocessable Entity; body: {"code":"InvalidPayload","message":{"name":["is required"]}} ("#,
        ),
        (
            r#"{"code":"InvalidPayload","message":[{"text":"no"}]}"#,
            r#"body: {"code":"InvalidPayload","message":[{"text":"no"}]} ("#,
        ),
        (
            r#"{"code":{"id":7}}"#,
            r#"422 Unprocessable Entity; body: {"code":{"id":7}} ("#,
        ),
        (
            r#"{"errors":[{"description":"no"}]}"#,
            r#"body: {"errors":[{"description":"no"}]} ("#,
        ),
        (
            "the name\n is taken",
            "a proxy may have sent it; body: the name is taken (",
        ),
        ("\"quoted\"", "body: \"quoted\" ("),
        ("17", "body: 17 ("),
        // In the API's format, or as good as.
        (
            r#"{"code":"InvalidPayload","message":["a is required","b is required"]}"#,
            "422 InvalidPayload: a is required; b is required (",
        ),
        (
            r#"{"code":"InvalidPayload","message":null}"#,
            "422 InvalidPayload: Unprocessable Entity (",
        ),
        ("{}", "422 Unprocessable Entity ("),
    ] {
        let error = error_for(422, "application/json", body).scrubbed(&[]);
        let text = error.to_string();
        assert!(text.contains(shown), "{body}: {text}");
        assert_eq!(error.raw(), Some(body));
    }
}

#[test]
fn shown_body_is_short_and_contains_no_part_of_a_secret() {
    let page = format!("{}<html>{}", " \n".repeat(1_000), "a ".repeat(1_000_000));
    let error = error_for(502, "text/html", &page).scrubbed(&[]);
    assert!(error.to_string().contains("body: <html>a a a"), "{error}");
    assert!(error.to_string().len() < 600, "{}", error.to_string().len());
    assert_eq!(error.raw().unwrap().len(), answer::MAX_ERROR_BODY);
    for start in 180..210 {
        let page = format!("{}s3cret-s3cret", "a".repeat(start));
        let error = error_for(502, "text/html", &page).scrubbed(&["s3cret-s3cret"]);
        assert!(!error.to_string().contains("s3c"), "{start}: {error}");
    }
    let body = r#"{"signingKey":"planted","errors":["wrong: planted"]}"#;
    let error = error_for(400, "application/json", body).scrubbed(&[]);
    assert!(
        !format!("{error} {:?}", error.raw()).contains("planted"),
        "{error}"
    );
}

#[test]
fn empty_or_foreign_body_is_an_error() {
    assert_eq!(error_for(404, "", "").message(), "Not Found");
    let foreign = error_for(
        400,
        "application/json",
        r#"{"errors":[{"description":"no"}]}"#,
    );
    assert_eq!(foreign.details().unwrap()["errors"][0]["description"], "no");
    assert_eq!(error_for(400, "application/json", "[1]").raw(), Some("[1]"));
    assert_eq!(
        error_for(422, "application/json", r#"{"code":7}"#).code(),
        Some("7")
    );
}

#[test]
fn status_determines_kind_and_outcome() {
    for (status, kind, outcome) in [
        (302, ErrorKind::Api, RequestOutcome::Answered),
        (400, ErrorKind::Validation, RequestOutcome::Answered),
        (401, ErrorKind::Authentication, RequestOutcome::Answered),
        (403, ErrorKind::PermissionDenied, RequestOutcome::Answered),
        (404, ErrorKind::NotFound, RequestOutcome::Answered),
        (408, ErrorKind::Api, RequestOutcome::Unknown),
        (409, ErrorKind::Conflict, RequestOutcome::Answered),
        (422, ErrorKind::Validation, RequestOutcome::Answered),
        (429, ErrorKind::RateLimited, RequestOutcome::Rejected),
        (500, ErrorKind::Server, RequestOutcome::Unknown),
        (501, ErrorKind::Server, RequestOutcome::Unknown),
        (599, ErrorKind::Server, RequestOutcome::Unknown),
    ] {
        let error = error_for(status, "", "");
        assert_eq!(
            (error.kind(), error.outcome()),
            (kind, Some(outcome)),
            "{status}"
        );
    }
}

#[test]
fn only_statuses_that_may_pass_are_transient() {
    let transient: Vec<u16> = [
        400, 401, 403, 404, 408, 409, 422, 429, 500, 501, 502, 503, 504, 505,
    ]
    .into_iter()
    .filter(|status| error_for(*status, "", "").is_transient())
    .collect();
    assert_eq!(transient, [408, 429, 500, 502, 503, 504]);
}

#[test]
fn repeated_secrets_are_removed_everywhere() {
    let body =
        r#"{"code":"C-s3cret","message":"bad token s3cret","details":{"s3cret":["a s3cret b"]}}"#;
    let error = error_for(422, "application/json", body)
        .with_request_id(Some("s3cret".into()))
        .scrubbed(&["s3cret", ""]);
    let everything = format!(
        "{error} {error:?} {:?} {:?} {:?}",
        error.details(),
        error.code(),
        error.request_id()
    );
    assert!(!everything.contains("s3cret"), "{everything}");
    assert!(everything.contains("bad token [redacted]"));
    let page = error_for(502, "text/html", "<p>s3cret</p>").scrubbed(&["s3cret"]);
    assert_eq!(page.raw(), Some("<p>[redacted]</p>"));
}

#[test]
fn invalid_id_becomes_an_error_that_describes_it() {
    let parse = || -> Result<bird_connectors_api::types::ChannelId, Error> {
        Ok("sms-messagebird:1".parse()?)
    };
    let error = parse().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let text = error.to_string();
    assert!(
        text.starts_with("parse an id: invalid channel id: ")
            && text.contains("got a template reference"),
        "{text}"
    );
}

#[test]
fn long_input_does_not_make_a_long_error() {
    let long = "ä".repeat(10_000_000);
    let configuration = Error::configuration(format!("invalid {long}"));
    let input = Error::invalid_input(long.clone(), long.clone());
    let conflict =
        Error::new(ErrorKind::Conflict, long.clone(), long.clone()).with_help(long.clone());
    let body = format!(r#"{{"code":"{long}","message":"{}"}}"#, &long[..40_000]);
    let answered = error_for(422, "application/json", &body)
        .with_request_id(Some(long.clone()))
        .scrubbed(&[]);
    let undecodable = Error::new(ErrorKind::Decode, "read", long.clone()).scrubbed(&[]);
    for error in [configuration, input, conflict, answered, undecodable] {
        let shown = format!("{error} {error:?} {} {}", error.action(), error.message());
        assert!(shown.len() < 50_000, "{}", shown.len());
        assert!(error.to_string().contains('…') || error.status().is_some());
    }
}

#[test]
fn secret_across_the_end_of_a_long_message_is_removed() {
    for start in 4080..4100 {
        let message = format!("{}s3cret-s3cret{}", "a".repeat(start), "b".repeat(100));
        let body = format!(r#"{{"code":"C","message":"{message}"}}"#);
        let error = error_for(400, "application/json", &body).scrubbed(&["s3cret-s3cret"]);
        assert!(!error.to_string().contains("s3c"), "{start}");
    }
}

#[test]
fn causes_are_listed_once_and_without_filler() {
    #[derive(Debug)]
    struct Layer(&'static str, Option<Box<Layer>>);
    impl fmt::Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }
    impl StdError for Layer {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            self.1
                .as_deref()
                .map(|layer| layer as &(dyn StdError + 'static))
        }
    }
    let chain = Layer(
        "error sending request",
        Some(Box::new(Layer(
            "client error (Connect)",
            Some(Box::new(Layer(
                "tcp connect error",
                Some(Box::new(Layer("Connection refused", None))),
            ))),
        ))),
    );
    assert_eq!(cause_of(&chain), "tcp connect error: Connection refused");
    assert_eq!(
        cause_of(&Layer("error sending request", None)),
        "error sending request"
    );
}
