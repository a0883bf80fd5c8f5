//! Removes secrets from what a server may have repeated: known secrets anywhere, and the values of fields that the
//! contract marks as secret.

use bird_connectors_api::SECRET_FIELDS;
use serde_json::Value;

const REDACTED: &str = "[redacted]";

/// Removes a secret from a string, even if some of its characters are escaped.
pub(crate) fn scrub(string: &mut String, secret: &str) {
    if secret.is_empty() {
        return;
    }
    if string.contains(secret) {
        *string = string.replace(secret, REDACTED);
    }
    // JSON in a body and values quoted by serde can contain the secret with escapes. This is rare, so the whole string is
    // redacted.
    if string.contains('\\') && unescaped(string).contains(secret) {
        REDACTED.clone_into(string);
    }
}

/// Removes a secret from every key and value.
pub(crate) fn scrub_value(value: &mut Value, secret: &str) {
    match value {
        Value::String(string) => scrub(string, secret),
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

/// The values of secret fields in a JSON document.
pub(crate) fn secrets_in_json(json: &str) -> Vec<String> {
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
        Value::String(string) if secret => secrets.push(string.clone()),
        Value::Number(number) if secret => secrets.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, secret, secrets)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            let secret = secret || SECRET_FIELDS.contains(&name.as_str());
            collect(value, secret, secrets);
        }),
        _ => {}
    }
}

/// Replaces the escapes of JSON and of Rust's `Debug`. Invalid escapes stay unchanged.
fn unescaped(string: &str) -> String {
    // UTF-16, because JSON escapes characters outside the basic plane as surrogate pairs.
    let mut units = Vec::with_capacity(string.len());
    let mut rest = string;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        let (letter, length) = match letter {
            '\\' => escape(rest).unwrap_or((letter.into(), 0)),
            _ => (letter.into(), 0),
        };
        rest = &rest[length..];
        match char::from_u32(letter) {
            Some(letter) => units.extend_from_slice(letter.encode_utf16(&mut [0; 2])),
            // Half of a surrogate pair.
            None => units.extend(u16::try_from(letter)),
        }
    }
    String::from_utf16_lossy(&units)
}

/// Decodes an escape. Returns the character and the length of the escape without its backslash.
fn escape(string: &str) -> Option<(u32, usize)> {
    let letter = string.chars().next()?;
    Some(match letter {
        'n' => ('\n'.into(), 1),
        'r' => ('\r'.into(), 1),
        't' => ('\t'.into(), 1),
        'b' => (0x08, 1),
        'f' => (0x0c, 1),
        '0' => (0, 1),
        'u' => {
            let (digits, braces) = match string.strip_prefix("u{") {
                Some(rest) => (rest.split_once('}')?.0, 2),
                None => (string.get(1..5)?, 0),
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
}
