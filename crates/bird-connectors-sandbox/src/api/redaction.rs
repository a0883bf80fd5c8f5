//! Removes secrets from what is shown or copied: values by the names of their fields, and known secrets wherever they occur.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::api::percent::decode;

#[cfg(test)]
mod tests;

/// What is shown instead of a secret.
pub(crate) const MASK: &str = "•••";

/// The signing key of copied subscriptions. It is not a secret.
pub(crate) const PLACEHOLDER_KEY: &str = "signing-key-of-the-scene";

/// The access key in the nearest form of a request. It is not a secret.
const PLACEHOLDER_ACCESS_KEY: &str = "YOUR_ACCESS_KEY";

/// The schemes of the header `Authorization` that are found in any text, with the space that follows, which can be encoded.
const SCHEMES: [&str; 4] = ["accesskey ", "accesskey%20", "bearer ", "bearer%20"];

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

    /// The string without known secrets and without values of the header `Authorization`, also if some of their characters are percent-encoded.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = without_authorization(text);
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), MASK);
            }
            if text.contains('%') {
                text = mask_encoded(&text, secret);
            }
        }
        text
    }

    /// A string of which nothing is known: it is a URL if it looks like one.
    pub(crate) fn string(&self, string: &str) -> String {
        if let Some(json) = embedded_json(string) {
            let masked = self.json(&json);
            if masked != json {
                return masked.to_string();
            }
        }
        if string.contains("://") {
            self.url(string)
        } else {
            self.text(string)
        }
    }

    /// The value without known secrets, and without the values of fields whose name says that they are secret.
    pub(crate) fn json(&self, value: &Value) -> Value {
        match value {
            Value::String(string) => Value::String(self.string(string)),
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

    /// A query string without secrets. Everything else stays as it is, byte for byte.
    pub(crate) fn query(&self, query: &str) -> String {
        let pairs = query.split('&').map(|pair| {
            let raw_name = pair.split('=').next().unwrap_or_default();
            let decoded = form_urlencoded::parse(pair.as_bytes()).next();
            let (name, value) = decoded.unwrap_or_default();
            let name_is_masked = self.text(&name) != name;
            // A value can be a URL with its own query.
            let value_is_masked = is_secret_parameter(&name) || self.string(&value) != value;
            match (name_is_masked, value_is_masked && raw_name != pair) {
                (false, false) => pair.to_owned(),
                (false, true) => format!("{raw_name}={MASK}"),
                (true, _) => MASK.to_owned(),
            }
        });
        self.text(&pairs.collect::<Vec<_>>().join("&"))
    }

    /// A URL without the password and the secret parameters that it can contain. Everything else stays as it is, byte for byte.
    pub(crate) fn url(&self, url: &str) -> String {
        let (url, fragment) = match url.split_once('#') {
            Some((url, fragment)) => (url, format!("#{}", self.query(fragment))),
            None => (url, String::new()),
        };
        let (start, query) = match url.split_once('?') {
            Some((start, query)) => (start, format!("?{}", self.query(query))),
            None => (url, String::new()),
        };
        let start = self.text(&without_credentials(start));
        format!("{start}{query}{fragment}")
    }
}

/// A JSON object or array in a string.
fn embedded_json(string: &str) -> Option<Value> {
    let is_json = string.trim_start().starts_with(['{', '[']);
    is_json.then(|| serde_json::from_str(string).ok()).flatten()
}

/// A text without the keys and tokens that follow the name of a scheme, such as `Bearer …`.
fn without_authorization(text: &str) -> String {
    // Upper and lower case have the same length.
    let lower = text.to_ascii_lowercase();
    let mut masked = String::new();
    let mut at = 0;
    while let Some((start, scheme)) = SCHEMES
        .iter()
        .filter_map(|scheme| Some((at + lower[at..].find(scheme)?, scheme)))
        .min()
    {
        let is_word = !lower[..start].ends_with(|letter: char| letter.is_ascii_alphanumeric());
        let token = start + scheme.len();
        let token = token + lower[token..].len() - lower[token..].trim_start_matches(' ').len();
        let ends = |letter: char| letter.is_whitespace() || "\"'`,;<>()&\\".contains(letter);
        let end = lower[token..]
            .find(ends)
            .map_or(text.len(), |length| token + length);
        masked.push_str(&text[at..token]);
        at = token;
        let value = &text[token..end];
        if is_word && value.len() >= SHORTEST && value != PLACEHOLDER_ACCESS_KEY {
            masked.push_str(MASK);
            at = end;
        }
    }
    masked.push_str(&text[at..]);
    masked
}

/// Masks a secret of which any characters may be percent-encoded. Everything else stays as it is, byte for byte.
fn mask_encoded(text: &str, secret: &str) -> String {
    let decoded = decode(text);
    let mut masked = String::with_capacity(text.len());
    let (mut at, mut copied) = (0, 0);
    while let Some(rest) = decoded.bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(secret.as_bytes()) {
            masked.push_str(&text[copied..decoded.offsets[at]]);
            masked.push_str(MASK);
            at += secret.len();
            copied = decoded.offsets[at];
        } else {
            at += 1;
        }
    }
    masked.push_str(&text[copied..]);
    masked
}

/// A URL without the user and the password before its host.
fn without_credentials(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Cow::Borrowed(url);
    };
    let (authority, path) = match rest.find(['/', '\\']) {
        Some(end) => rest.split_at(end),
        None => (rest, ""),
    };
    let host = authority.rsplit('@').next().unwrap_or_default();
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    // A password can contain a slash, although it must not: then its start looks like a port.
    let is_clear = port.bytes().all(|byte| byte.is_ascii_digit()) && !rest.contains("://");
    let host = match (authority.rsplit_once('@'), rest.rsplit_once('@')) {
        (Some((_, host)), _) if is_clear => format!("{host}{path}"),
        (_, Some((_, host))) if !is_clear => host.to_owned(),
        _ => return Cow::Borrowed(url),
    };
    Cow::Owned(format!("{scheme}://{MASK}@{host}"))
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
            Value::String(string) => {
                if let Some(json) = embedded_json(string) {
                    search(&json, secrets);
                }
            }
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
    let mut words = words(name);
    if words.any(|word| ["auth", "pin"].contains(&word.as_str())) {
        return true;
    }
    let name = name.to_lowercase().replace(['-', '_'], "");
    let parts = [
        "secret",
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "credential",
        "signingkey",
        "apikey",
        "accesskey",
        "privatekey",
        "authorization",
        "securityarguments",
        "cookie",
    ];
    let is_page_token = name.ends_with("pagetoken");
    parts.iter().any(|part| name.contains(part)) || (name.ends_with("token") && !is_page_token)
}

/// Whether the name of a query parameter says so. Signed URLs have a signature or a key, which are no secrets elsewhere.
pub(crate) fn is_secret_parameter(name: &str) -> bool {
    let lower = name.to_lowercase();
    is_secret_name(name) || ["key", "sig"].contains(&lower.as_str()) || lower.ends_with("signature")
}

/// The words of a name in any style, such as `user` and `pin` of `userPin` or `user_pin`.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut spaced = String::with_capacity(name.len());
    let mut after_lower = false;
    for letter in name.chars() {
        if letter.is_uppercase() && after_lower {
            spaced.push(' ');
        }
        after_lower = letter.is_lowercase() || letter.is_ascii_digit();
        spaced.push(if letter.is_alphanumeric() {
            letter
        } else {
            ' '
        });
    }
    let words = spaced.to_lowercase();
    words
        .split(' ')
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}
