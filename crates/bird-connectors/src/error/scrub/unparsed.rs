//! Finds the values of secret fields in text that is not a JSON document: a truncated body, a body with text around it, or
//! a message that quotes a request.

use bird_connectors_api::SECRET_FIELDS;
use serde_json::Value;

use super::collect;

/// Adds the values of secret fields to `secrets`. If a value is cut off, everything after its field counts as secret.
pub(super) fn collect_unparsed(text: &str, secrets: &mut Vec<String>) {
    for name in SECRET_FIELDS {
        for (position, _) in text.match_indices(name) {
            if let Some(value) = value_after(&text[position + name.len()..]) {
                collect_value(value, secrets);
            }
        }
    }
}

/// The text from the value of a field on, given the text after the name of the field.
fn value_after(text: &str) -> Option<&str> {
    // The quotes are escaped in JSON that is inside of a JSON string.
    let text = text.trim_start_matches(['\\', '"', '\'']).trim_start();
    if let Some(form_value) = text.strip_prefix('=') {
        return Some(form_value);
    }
    let value = text.strip_prefix(':')?.trim_start();
    // Prose continues after a colon, as in `signingKey: must not be empty`.
    let first = value.trim_start_matches('\\').chars().next()?;
    (matches!(first, '"' | '\'' | '{' | '[' | '-') || first.is_ascii_digit()).then_some(value)
}

fn collect_value(text: &str, secrets: &mut Vec<String>) {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    if let Some(Ok(value)) = values.next() {
        return collect(&value, true, secrets);
    }
    let text = text.trim_start_matches('\\');
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let value = &text[1..];
            let end = value.find(quote).unwrap_or(value.len());
            // The backslash belongs to an escaped quote.
            secrets.push(value[..end].trim_end_matches('\\').to_owned());
        }
        Some('{' | '[') => {
            secrets.push(text.to_owned());
            let strings = text.split(['"', '\'', '\\']);
            secrets.extend(
                strings
                    .filter(|part| part.chars().any(char::is_alphanumeric))
                    .map(str::to_owned),
            );
        }
        _ => {
            let end =
                text.find(|letter: char| letter.is_whitespace() || "&,;\"'<>".contains(letter));
            secrets.push(text[..end.unwrap_or(text.len())].to_owned());
        }
    }
}

#[cfg(test)]
mod tests;
