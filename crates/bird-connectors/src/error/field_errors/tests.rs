//! Which details are errors of fields, and how `Display` shows them.

use http::StatusCode;
use serde_json::json;

use super::super::Answer;
use super::*;

fn error(status: u16, body: &Value) -> Error {
    let status = StatusCode::from_u16(status).unwrap();
    let body = body.to_string();
    let answer = Answer::read(status, Some("application/json"), body.as_bytes());
    Error::from_answer("create a connector", status, answer).with_attempts(1)
}

fn invalid(message: &str, details: &Value) -> Error {
    let body = json!({"code": "InvalidPayload", "message": message, "details": details});
    error(422, &body)
}

#[test]
fn details_of_a_422_are_errors_by_path() {
    let details = json!({
        ".receiver.contacts[0]": ["is unknown", "is blocked"],
        ".name": "is required",
        ".other": [5, "is odd"],
        ".empty": [],
        ".nested": {"a": ["b"]},
    });
    let error = invalid("invalid payload", &details);
    let expected = BTreeMap::from([
        (".receiver.contacts[0]", vec!["is unknown", "is blocked"]),
        (".name", vec!["is required"]),
        (".other", vec!["is odd"]),
    ]);
    assert_eq!(error.field_errors(), expected);
    assert_eq!(error.details(), Some(&details));
}

#[test]
fn other_details_are_not_field_errors() {
    for details in [json!(null), json!("x"), json!(["x"]), json!({"id": 5})] {
        assert_eq!(invalid("no", &details).field_errors(), BTreeMap::new());
    }
    let conflict = json!({"code": "Exists", "message": "no", "details": {"conversationId": "c-1"}});
    assert_eq!(error(409, &conflict).field_errors(), BTreeMap::new());
}

#[test]
fn display_shows_the_first_three_fields() {
    let details = json!({".a": ["one", "two"], ".b": ["three"], ".c": ["four"], ".d": ["five"], ".e": ["six"]});
    assert_eq!(
        invalid("invalid payload", &json!({".b": ["three"]})).to_string(),
        "create a connector: 422 InvalidPayload: invalid payload; .b: three (1 attempt) [errors#validation]"
    );
    assert_eq!(
        invalid("wrong", &details).to_string(),
        "create a connector: 422 InvalidPayload: wrong; .a: one, two; .b: three; .c: four; and 2 more fields (1 attempt) [errors#validation]"
    );
}

#[test]
fn display_omits_fields_that_the_message_names() {
    let details = json!({".arguments.phoneNumberId": ["is required"], ".name": ["is too long"]});
    assert_eq!(
        invalid("arguments.phoneNumberId is required", &details).to_string(),
        "create a connector: 422 InvalidPayload: arguments.phoneNumberId is required; .name: is too long (1 attempt) [errors#validation]"
    );
}

#[test]
fn display_shortens_long_paths_and_errors_and_stays_on_one_line() {
    let details = json!({format!(".{}", "é".repeat(500)): ["line one\nline two", "x".repeat(500)]});
    let shown = invalid("wrong", &details).to_string();
    assert!(shown.chars().count() < 300, "{shown}");
    assert!(shown.contains("…") && !shown.contains('\n'), "{shown}");
}

#[test]
fn secrets_in_field_errors_are_removed() {
    let details = json!({".token.s3cret": ["the value s3cret is wrong"]});
    let error = invalid("wrong", &details).scrubbed(&["s3cret"]);
    let shown = format!("{error} {:?}", error.field_errors());
    assert!(
        !shown.contains("s3cret") && shown.contains("[redacted]"),
        "{shown}"
    );
}
