//! Removes secrets from what is shown or copied: values by the names of their fields, and known secrets wherever they occur.

use serde_json::{Map, Value};

#[cfg(test)]
mod tests;

/// What is shown instead of a secret.
pub(crate) const MASK: &str = "•••";

/// The signing key of copied subscriptions. It is not a secret.
pub(crate) const PLACEHOLDER_KEY: &str = "signing-key-of-the-scene";

/// Shorter secrets are masked only in their fields: masking them everywhere would hide unrelated text.
const SHORTEST: usize = 4;

/// Masks secrets in strings and JSON.
#[derive(Default)]
pub(crate) struct Redactor {
    /// The longest ones first, because one secret can contain another one.
    secrets: Vec<String>,
}

impl Redactor {
    pub(crate) fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut secrets: Vec<_> = secrets.into_iter().collect();
        secrets.retain(|secret| secret.len() >= SHORTEST && secret != PLACEHOLDER_KEY);
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self { secrets }
    }

    /// The string without known secrets.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), MASK);
            }
        }
        text
    }

    /// The value without known secrets, and without the values of fields whose name says that they are secret.
    pub(crate) fn json(&self, value: &Value) -> Value {
        match value {
            Value::String(string) if string.contains("://") => Value::String(self.url(string)),
            Value::String(string) => Value::String(self.text(string)),
            Value::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| {
                    let masked = if is_secret_name(name) {
                        mask(value)
                    } else {
                        self.json(value)
                    };
                    (self.text(name), masked)
                })
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    /// The value without known secrets. The names of fields do not matter.
    #[cfg(feature = "ui")]
    pub(crate) fn json_values(&self, value: &Value) -> Value {
        match value {
            Value::String(string) => Value::String(self.text(string)),
            Value::Array(items) => items.iter().map(|item| self.json_values(item)).collect(),
            Value::Object(fields) => {
                let fields = fields.iter();
                let masked = fields.map(|(name, value)| (self.text(name), self.json_values(value)));
                Value::Object(masked.collect())
            }
            other => other.clone(),
        }
    }

    /// A query string, decoded, without secrets.
    pub(crate) fn query(&self, query: &str) -> String {
        let pairs = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| {
            if is_secret_name(&name) {
                format!("{}={MASK}", self.text(&name))
            } else {
                format!("{}={}", self.text(&name), self.text(&value))
            }
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// A URL without the password and the secret parameters that it can contain.
    pub(crate) fn url(&self, url: &str) -> String {
        let (start, query) = match url.split_once('?') {
            Some((start, query)) => (start, Some(query)),
            None => (url, None),
        };
        let start = match (start.split_once("://"), start.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{MASK}@{host}"),
            _ => start.to_owned(),
        };
        match query {
            Some(query) => format!("{}?{}", self.text(&start), self.query(query)),
            None => self.text(&start),
        }
    }
}

/// The secrets of a request body, by the names of their fields.
#[cfg(feature = "ui")]
pub(crate) fn secrets_of(body: &Value) -> Vec<String> {
    fn strings(value: &Value, secrets: &mut Vec<String>) {
        match value {
            Value::String(string) => secrets.push(string.clone()),
            Value::Array(items) => items.iter().for_each(|item| strings(item, secrets)),
            Value::Object(fields) => fields.values().for_each(|item| strings(item, secrets)),
            _ => {}
        }
    }
    fn search(value: &Value, secrets: &mut Vec<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| search(item, secrets)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    if is_secret_name(name) {
                        strings(value, secrets);
                    } else {
                        search(value, secrets);
                    }
                }
            }
            _ => {}
        }
    }
    let mut secrets = Vec::new();
    search(body, &mut secrets);
    secrets
}

/// Whether a word is a usual scheme of the header `Authorization`, and not a key.
#[cfg(feature = "ui")]
pub(crate) fn is_authorization_scheme(word: &str) -> bool {
    let schemes = ["accesskey", "bearer", "basic"];
    schemes
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Masks every value below a secret field, and keeps the names and the structure.
fn mask(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Array(items) => items.iter().map(mask).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            let masked = fields.map(|(name, value)| (name.clone(), mask(value)));
            Value::Object(masked.collect())
        }
        _ => Value::String(MASK.to_owned()),
    }
}

/// Whether the name of a field, header or parameter says that its value is a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase().replace(['-', '_'], "");
    let parts = [
        "secret",
        "password",
        "passwd",
        "credential",
        "signingkey",
        "apikey",
        "accesskey",
        "privatekey",
        "authorization",
        "securityarguments",
    ];
    let is_page_token = name.ends_with("pagetoken");
    parts.iter().any(|part| name.contains(part)) || (name.ends_with("token") && !is_page_token)
}
