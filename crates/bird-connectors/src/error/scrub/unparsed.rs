//! Finds the values of secret fields in text that is not a JSON document: a truncated body, a body with text around it, or
//! a message that quotes a request.

use bird_connectors_api::SECRET_FIELDS;
use serde_json::Value;

/// The values of secret fields. If a value is cut off, everything after its field counts as secret.
pub(super) fn secret_values(text: &str) -> Vec<Value> {
    let mut values = Vec::new();
    for name in SECRET_FIELDS {
        for (position, _) in text.match_indices(name) {
            if let Some(value) = value_after(&text[position + name.len()..]) {
                collect_value(value, &mut values);
            }
        }
    }
    values
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

fn collect_value(text: &str, values: &mut Vec<Value>) {
    let mut parsed = serde_json::Deserializer::from_str(text).into_iter();
    if let Some(Ok(value)) = parsed.next() {
        values.push(value);
        return;
    }
    let text = text.trim_start_matches('\\');
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let value = &text[1..];
            let end = value.find(quote).unwrap_or(value.len());
            // The backslash belongs to an escaped quote.
            values.push(value[..end].trim_end_matches('\\').into());
        }
        Some('{' | '[') => {
            values.push(text.into());
            let strings = text.split(['"', '\'', '\\']);
            let strings = strings.filter(|part| part.chars().any(char::is_alphanumeric));
            values.extend(strings.map(Value::from));
        }
        _ => {
            let end =
                text.find(|letter: char| letter.is_whitespace() || "&,;\"'<>".contains(letter));
            values.push(text[..end.unwrap_or(text.len())].into());
        }
    }
}

#[cfg(test)]
mod tests;
