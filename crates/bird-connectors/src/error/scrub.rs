//! Taking secrets out of what a server may have repeated: the known ones wherever they stand, and what stands under a
//! name that the contract calls secret.

use bird_connectors_api::SECRET_FIELDS;
use serde_json::Value;

const REDACTED: &str = "[redacted]";

/// Takes a secret out of a text, also where it is written with escapes.
pub(crate) fn scrub(text: &mut String, secret: &str) {
    if secret.is_empty() {
        return;
    }
    if text.contains(secret) {
        *text = text.replace(secret, REDACTED);
    }
    // JSON in a body, or serde quoting a value, may write some of its characters in another way. Such secrets are rare
    // enough to give up the whole text for them.
    if text.contains('\\') && unescaped(text).contains(secret) {
        REDACTED.clone_into(text);
    }
}

/// Takes a secret out of every key and value.
pub(crate) fn scrub_value(value: &mut Value, secret: &str) {
    match value {
        Value::String(text) => scrub(text, secret),
        Value::Number(number) if !secret.is_empty() && number.to_string().contains(secret) => {
            *value = REDACTED.into();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| scrub_value(item, secret)),
        Value::Object(fields) => {
            *fields = std::mem::take(fields)
                .into_iter()
                .map(|(mut key, mut value)| {
                    scrub(&mut key, secret);
                    scrub_value(&mut value, secret);
                    (key, value)
                })
                .collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What stands in a JSON text under a secret name.
pub(crate) fn secrets_in_text(json: &str) -> Vec<String> {
    let named = SECRET_FIELDS.iter().any(|name| json.contains(name));
    let value = named.then(|| serde_json::from_str(json).ok()).flatten();
    value.as_ref().map(secrets_in).unwrap_or_default()
}

pub(super) fn secrets_in(value: &Value) -> Vec<String> {
    let mut secrets = Vec::new();
    collect(value, false, &mut secrets);
    secrets
}

fn collect(value: &Value, secret: bool, secrets: &mut Vec<String>) {
    match value {
        Value::String(text) if secret => secrets.push(text.clone()),
        Value::Number(number) if secret => secrets.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, secret, secrets)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            let secret = secret || SECRET_FIELDS.contains(&name.as_str());
            collect(value, secret, secrets);
        }),
        _ => {}
    }
}

/// Reads the escapes of JSON and of Rust's `Debug`. What is no escape stays as it is.
fn unescaped(text: &str) -> String {
    // In UTF-16, because JSON writes characters beyond its first plane as two escapes.
    let mut units = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        let (letter, length) = match letter {
            '\\' => escape(rest).unwrap_or((letter.into(), 0)),
            _ => (letter.into(), 0),
        };
        rest = &rest[length..];
        match char::from_u32(letter) {
            Some(letter) => units.extend_from_slice(letter.encode_utf16(&mut [0; 2])),
            // Half of a pair.
            None => units.extend(u16::try_from(letter)),
        }
    }
    String::from_utf16_lossy(&units)
}

/// The character that an escape stands for, and the escape's length without its backslash.
fn escape(text: &str) -> Option<(u32, usize)> {
    let letter = text.chars().next()?;
    Some(match letter {
        'n' => ('\n'.into(), 1),
        'r' => ('\r'.into(), 1),
        't' => ('\t'.into(), 1),
        'b' => (0x08, 1),
        'f' => (0x0c, 1),
        '0' => (0, 1),
        'u' => {
            let (digits, braces) = match text.strip_prefix("u{") {
                Some(rest) => (rest.split_once('}')?.0, 2),
                None => (text.get(1..5)?, 0),
            };
            (
                u32::from_str_radix(digits, 16).ok()?,
                1 + digits.len() + braces,
            )
        }
        other => (other.into(), other.len_utf8()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn scrubbed(text: &str, secret: &str) -> String {
        let mut text = text.to_owned();
        scrub(&mut text, secret);
        text
    }

    #[test]
    fn plain_secrets_leave_the_rest_alone() {
        assert_eq!(
            scrubbed("a s3cret, s3cret\\", "s3cret"),
            "a [redacted], [redacted]\\"
        );
        assert_eq!(scrubbed("nothing \\u12", "s3cret"), "nothing \\u12");
        assert_eq!(scrubbed("nothing", ""), "nothing");
    }

    #[test]
    fn escapes_hide_nothing() {
        for text in [
            r#""a\"ä\u20ac\ud83d\ude00/<\n""#,
            r#""a\u0022\u00e4€😀\/\u003c\u000a""#,
            r#"string "a\"ä\u{20ac}\u{1f600}/<\n", expected"#,
        ] {
            assert_eq!(scrubbed(text, "a\"ä€😀/<\n"), REDACTED, "{text}");
        }
    }

    #[test]
    fn an_escape_that_is_cut_off_is_no_escape() {
        for text in [r"\u{0", r"\u{", r"\u12", r"\u", r"\"] {
            assert_eq!(scrubbed(text, "secret"), text);
        }
    }

    #[test]
    fn values_are_cleaned_at_every_depth() {
        let mut value = json!({"s3cret": ["a s3cret", {"b": "s3cret"}], "n": 5, "null": null});
        scrub_value(&mut value, "s3cret");
        scrub_value(&mut value, "5");
        assert_eq!(
            value,
            json!({"[redacted]": ["a [redacted]", {"b": "[redacted]"}], "n": "[redacted]", "null": null})
        );
    }

    #[test]
    fn secret_names_tell_what_is_secret() {
        let json = r#"{"a": [{"signingKey": "k"}], "securityArguments": {"oauth": {"x": "t", "y": 7}}, "b": "c"}"#;
        assert_eq!(secrets_in_text(json), ["k", "t", "7"]);
        assert!(secrets_in_text(r#"{"signingKey": "#).is_empty());
        assert!(secrets_in_text(r#"{"signing": "k"}"#).is_empty());
    }

    proptest! {
        #[test]
        fn no_secret_survives_being_quoted(secret in "\\PC{6,20}|[\"\\\\\n\u{7f}/<&\u{e9}\u{1f600}]{6,20}") {
            for quoted in [
                serde_json::to_string(&secret).unwrap(),
                format!("{secret:?}"),
                secret.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect(),
            ] {
                let text = scrubbed(&quoted, &secret);
                prop_assert!(!text.contains(&secret) && !unescaped(&text).contains(&secret), "{quoted}: {text}");
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}|[\\\\u{}0-9a-f\u{e9}]{0,60}") {
            unescaped(&text);
        }
    }
}
