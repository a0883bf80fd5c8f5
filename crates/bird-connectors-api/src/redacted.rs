//! Decoding of free JSON in responses: the values of secret fields are replaced, at any depth.
//!
//! A response can repeat the request. Its secrets must not appear in `Debug`, logs or stored models. The serde attributes of
//! the generated types name these functions.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::{SECRET_FIELDS, secret::REDACTED};

/// Reads free JSON, without secrets.
pub(crate) fn free<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Free,
{
    let mut value = T::deserialize(deserializer)?;
    value.redact();
    Ok(value)
}

/// Types for any JSON.
pub(crate) trait Free {
    /// Replaces every secret by a placeholder. A null is kept, because it means that there is no secret.
    fn redact(&mut self);
}

impl Free for Map<String, Value> {
    fn redact(&mut self) {
        for (name, value) in self {
            if is_secret(name) && !value.is_null() {
                *value = Value::from(REDACTED);
            } else {
                value.redact();
            }
        }
    }
}

impl Free for Value {
    fn redact(&mut self) {
        match self {
            Self::Object(fields) => fields.redact(),
            Self::Array(items) => items.iter_mut().for_each(Free::redact),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => {}
        }
    }
}

impl<T: Free> Free for Option<T> {
    fn redact(&mut self) {
        self.iter_mut().for_each(Free::redact);
    }
}

pub(crate) fn is_secret(name: &str) -> bool {
    let mut names = SECRET_FIELDS.iter();
    names.any(|secret| secret.eq_ignore_ascii_case(name))
}

/// Whether the name of a field suggests that its value is a secret, such as `botToken`, `api_key` or `PIN`.
///
/// This is a guess, for places that only show data, such as `repr` in Python. The fields that the contract marks as secret are
/// [`SECRET_FIELDS`].
///
/// ```
/// use bird_connectors_api::looks_secret;
///
/// assert!(looks_secret("botToken") && looks_secret("api_key"));
/// assert!(!looks_secret("phoneNumberId"));
/// ```
#[must_use]
pub fn looks_secret(name: &str) -> bool {
    const PARTS: [&str; 7] = [
        "token",
        "secret",
        "password",
        "passphrase",
        "passcode",
        "credential",
        "apikey",
    ];
    // Too short to search for them inside of words.
    const WORDS: [&str; 4] = ["key", "keys", "pin", "pwd"];
    let lower = name.to_ascii_lowercase();
    is_secret(name)
        || PARTS.iter().any(|part| lower.contains(part))
        || words(name).any(|word| WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

/// The words of a name in camel case, snake case or kebab case.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let parts = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    parts.flat_map(|part| {
        let bytes = part.as_bytes();
        // Before the `K` of `apiKey`, and of `APIKey`.
        let starts = (1..bytes.len()).filter(|&index| {
            let before_lower = bytes.get(index + 1).is_some_and(u8::is_ascii_lowercase);
            bytes[index].is_ascii_uppercase()
                && (!bytes[index - 1].is_ascii_uppercase() || before_lower)
        });
        let bounds: Vec<_> = [0].into_iter().chain(starts).chain([bytes.len()]).collect();
        let words: Vec<_> = bounds
            .windows(2)
            .map(|word| &part[word[0]..word[1]])
            .collect();
        words
    })
}

#[cfg(test)]
mod tests;
