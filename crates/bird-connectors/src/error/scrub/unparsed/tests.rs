use proptest::prelude::*;
use serde_json::json;

use super::super::{REDACTED, scrub, secrets_in, secrets_in_json};

/// The text as an error would show it.
fn scrubbed(text: &str) -> String {
    let mut scrubbed = text.to_owned();
    for secret in secrets_in_json(text) {
        scrub(&mut scrubbed, &secret);
    }
    scrubbed
}

#[test]
fn secrets_in_json_finds_them_in_a_broken_document() {
    for text in [
        r#"{"signingKey": "planted", "#,
        r#"{"signingKey": "planted"#,
        r#"{"securityArguments": {"oauth": {"accessToken": "planted"#,
        r#"{"securityArguments": {"oauth": {"accessToken": "planted"}}"#,
        r#"<pre>{"signingKey":"planted"}</pre>"#,
        r#"{"signingKey":"planted"}{"#,
        "{'signingKey': 'planted'}",
        "url=x&signingKey=planted&a=b",
    ] {
        let scrubbed = scrubbed(text);
        assert!(!scrubbed.contains("planted"), "{text} -> {scrubbed}");
        assert!(scrubbed.contains(REDACTED), "{text} -> {scrubbed}");
    }
}

#[test]
fn secrets_are_found_in_a_string_that_quotes_a_request() {
    let quoted = json!({"signingKey": "planted", "url": "https://example.com"}).to_string();
    let body = json!({"code": "Invalid", "message": format!("cannot process {quoted}")});
    assert_eq!(secrets_in(&body), ["planted"]);
    assert!(!scrubbed(&body.to_string()).contains("planted"));
    assert!(!scrubbed(&body.to_string()[..70]).contains("planted"));
}

#[test]
fn prose_about_a_secret_field_stays_readable() {
    for text in [
        "signingKey: must not be empty",
        r#"the field "signingKey" is missing"#,
        "signingKey",
        r#"{"details": {"signingKey": ["#,
    ] {
        let scrubbed = scrubbed(text);
        assert_eq!(scrubbed.replace(REDACTED, "["), text);
    }
}

proptest! {
    #[test]
    fn cut_document_never_shows_a_secret(
        // Digits, which no name in the document contains.
        secret in "[0-9]{12}",
        cut in 0_usize..200,
    ) {
        let document = json!({
            "a": "b",
            "securityArguments": {"oauth": {"accessToken": secret}},
            "signingKey": secret,
        })
        .to_string();
        let text = &document[..cut.min(document.len())];
        // What remains of a secret at the end of the text is its beginning.
        prop_assert!(!scrubbed(text).contains(&secret[..2]) || !text.contains(&secret[..2]), "{text}");
    }

    #[test]
    fn arbitrary_text_does_not_panic(text in "(signingKey|[\\\\\"':={}\\[\\], é€a0-9]){0,40}") {
        secrets_in_json(&text);
    }
}
