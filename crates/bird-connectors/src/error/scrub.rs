//! Removes secrets from what a server may have repeated: known secrets anywhere, and the values of fields that the
//! contract marks as secret.

use bird_connectors_api::SECRET_FIELDS;
use serde_json::Value;

mod unparsed;

use unparsed::secret_values;

const REDACTED: &str = "[redacted]";

/// A secret with fewer characters is removed only where no letter or digit is next to it: without each `a`, no message could be
/// read.
const SHORT: usize = 4;

/// Removes a secret from a string, even if some of its characters are escaped.
pub(crate) fn scrub(string: &mut String, secret: &str) {
    if let Some(clean) = without(string, secret) {
        *string = clean;
    }
    // JSON in a body and values quoted by serde can contain the secret with escapes. This is rare, so the whole string is
    // redacted.
    if string.contains('\\') && without(&unescaped(string), secret).is_some() {
        REDACTED.clone_into(string);
    }
}

/// The string without a secret. `None` if it does not contain it.
fn without(string: &str, secret: &str) -> Option<String> {
    if secret.is_empty() {
        return None;
    }
    let is_short = secret.chars().count() < SHORT;
    let (mut clean, mut end) = (String::new(), 0);
    for (start, found) in string.match_indices(secret) {
        let (before, after) = (&string[..start], &string[start + found.len()..]);
        let neighbors = [before.chars().next_back(), after.chars().next()];
        if is_short && neighbors.into_iter().flatten().any(char::is_alphanumeric) {
            continue;
        }
        clean += &string[end..start];
        clean += REDACTED;
        end = start + found.len();
    }
    (end > 0).then(|| clean + &string[end..])
}

/// Removes a secret from every key and value.
pub(crate) fn scrub_value(value: &mut Value, secret: &str) {
    match value {
        Value::String(string) => scrub(string, secret),
        Value::Number(number) if without(&number.to_string(), secret).is_some() => {
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

/// The values of secret fields in a JSON document, or in text that should have been one.
pub(crate) fn secrets_in_json(json: &str) -> Vec<String> {
    if !names_a_secret(json) {
        return Vec::new();
    }
    match serde_json::from_str(json) {
        Ok(value) => secrets_in(&value),
        Err(_) => {
            let mut secrets = Vec::new();
            collect_from_text(json, &mut secrets);
            secrets
        }
    }
}

fn names_a_secret(text: &str) -> bool {
    SECRET_FIELDS.iter().any(|name| text.contains(name))
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
        Value::String(string) if names_a_secret(string) => collect_from_text(string, secrets),
        Value::Array(items) => items.iter().for_each(|item| collect(item, secret, secrets)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            let secret = secret || SECRET_FIELDS.contains(&name.as_str());
            collect(value, secret, secrets);
        }),
        _ => {}
    }
}

fn collect_from_text(text: &str, secrets: &mut Vec<String>) {
    for value in secret_values(text) {
        collect(&value, true, secrets);
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
mod tests;
