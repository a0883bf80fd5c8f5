use proptest::prelude::*;
use serde_json::json;

use super::*;

fn scrubbed(string: &str, secret: &str) -> String {
    let mut string = string.to_owned();
    scrub(&mut string, secret);
    string
}

#[test]
fn scrub_replaces_only_the_secret() {
    assert_eq!(
        scrubbed("a s3cret, s3cret\\", "s3cret"),
        "a [redacted], [redacted]\\"
    );
    assert_eq!(scrubbed("nothing \\u12", "s3cret"), "nothing \\u12");
    assert_eq!(scrubbed("nothing", ""), "nothing");
}

#[test]
fn short_secret_is_removed_only_where_it_stands_alone() {
    let message = "create a channel: the token `a` (\"a\") is a bad token, not 5 or 15";
    assert_eq!(
        scrubbed(message, "n"),
        message,
        "a letter of other words stays"
    );
    assert_eq!(
        scrubbed(r#"{"token":"e","name":"erased"}"#, "e"),
        r#"{"token":"[redacted]","name":"erased"}"#
    );
    assert_eq!(scrubbed("5, 15, 5.", "5"), "[redacted], 15, [redacted].");
    assert_eq!(scrubbed("abc, xabc, abcd", "abc"), "[redacted], xabc, abcd");
    assert_eq!(scrubbed("abcd xabcdx", "abcd"), "[redacted] x[redacted]x");
    assert_eq!(scrubbed(r#"the key \"\u0065\""#, "e"), REDACTED);
    let mut number = json!([5, 15]);
    scrub_value(&mut number, "5");
    assert_eq!(number, json!(["[redacted]", 15]));
}

#[test]
fn scrub_finds_escaped_secret() {
    for string in [
        r#""a\"ä\u20ac\ud83d\ude00/<\n""#,
        r#""a\u0022\u00e4€😀\/\u003c\u000a""#,
        r#"string "a\"ä\u{20ac}\u{1f600}/<\n", expected"#,
    ] {
        assert_eq!(scrubbed(string, "a\"ä€😀/<\n"), REDACTED, "{string}");
    }
}

#[test]
fn truncated_escape_stays_unchanged() {
    for string in [r"\u{0", r"\u{", r"\u12", r"\u", r"\"] {
        assert_eq!(scrubbed(string, "secret"), string);
    }
}

#[test]
fn scrub_value_cleans_every_depth() {
    let mut value = json!({"s3cret": ["a s3cret", {"b": "s3cret"}], "n": 5, "null": null});
    scrub_value(&mut value, "s3cret");
    scrub_value(&mut value, "5");
    assert_eq!(
        value,
        json!({"[redacted]": ["a [redacted]", {"b": "[redacted]"}], "n": "[redacted]", "null": null})
    );
}

#[test]
fn secrets_are_found_by_field_name() {
    let json = r#"{"a": [{"signingKey": "k"}], "securityArguments": {"oauth": {"x": "t", "y": 7}}, "b": "c"}"#;
    assert_eq!(secrets_in_json(json), ["k", "t", "7"]);
    assert!(secrets_in_json(r#"{"signingKey": "#).is_empty());
    assert!(secrets_in_json(r#"{"signing": "k"}"#).is_empty());
}

proptest! {
    #[test]
    fn quoted_secret_is_always_removed(secret in "\\PC{6,20}|[\"\\\\\n\u{7f}/<&\u{e9}\u{1f600}]{6,20}") {
        for quoted in [
            serde_json::to_string(&secret).unwrap(),
            format!("{secret:?}"),
            secret.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect(),
        ] {
            let string = scrubbed(&quoted, &secret);
            prop_assert!(!string.contains(&secret) && !unescaped(&string).contains(&secret), "{quoted}: {string}");
        }
    }

    #[test]
    fn arbitrary_string_does_not_panic(string in ".{0,60}|[\\\\u{}0-9a-f\u{e9}]{0,60}") {
        unescaped(&string);
    }
}
