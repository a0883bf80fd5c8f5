use super::*;

#[test]
fn log_yields_requests_and_violations() {
    let lines = [
        "[1:00:00 PM] › [CLI] ▶  start     Prism is listening on http://127.0.0.1:1",
        "[1:00:00 PM] › [HTTP SERVER] get /workspaces/1/connectors ℹ  info      Request received",
        "[1:00:00 PM] ›     [VALIDATOR] ⚠  warning   Violation: request We currently do not support this type of security scheme: http/accesskey",
        "[1:00:00 PM] ›     [VALIDATOR] ✖  error     Violation: request.query.limit Request query parameter limit must be >= 1",
    ];
    let log = Log::parse(&lines.map(str::to_owned));
    assert_eq!(log.requests.len(), log.validated);
    assert_eq!(
        log.requests[0],
        ("get".to_owned(), "/workspaces/1/connectors".to_owned())
    );
    assert_eq!(log.violations.len(), 1);
    assert!(log.violations[0].contains("limit must be"));
}

#[test]
fn path_matches_template_of_the_same_length() {
    assert!(matches("/a/1/b", "/a/{id}/b"));
    assert!(!matches("/a/1/c", "/a/{id}/b") && !matches("/a/1", "/a/{id}/b"));
}
