//! The body of an error response.

use bird_connectors_api::from_json;
use http::StatusCode;
use serde_json::{Map, Value};

/// The API's `{code, message, details}`, or the useful parts of another body.
pub(crate) struct Answer {
    pub(super) code: Option<String>,
    pub(super) message: String,
    pub(super) details: Option<Value>,
    /// The whole body; `None` if it is empty.
    pub(super) raw: Option<String>,
    /// Whether the body says more than the code and the message, so that the error shows its beginning.
    pub(super) shows_raw: bool,
}

/// The maximum length of a body that is parsed. Error responses of the API have a few hundred bytes.
pub(super) const MAX_ERROR_BODY: usize = 64 * 1024;

impl Answer {
    /// Reads the body of an error response. A proxy may have sent it, as HTML or without content.
    pub(crate) fn read(status: StatusCode, content_type: Option<&str>, body: &[u8]) -> Self {
        let mut answer = Self {
            code: None,
            message: status
                .canonical_reason()
                .unwrap_or("no reason given")
                .to_owned(),
            details: None,
            raw: (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned()),
            shows_raw: false,
        };
        let json = (body.len() <= MAX_ERROR_BODY)
            .then(|| from_json(body).ok())
            .flatten();
        match json {
            _ if body.is_empty() => {}
            Some(Value::Object(mut fields)) => {
                answer.code = fields.get("code").and_then(string_of);
                let message = fields.get("message").and_then(message_of);
                answer.shows_raw = message.is_none() && says_more_than_its_code(&fields);
                answer.details = if answer.code.is_some() || message.is_some() {
                    fields
                        .remove("details")
                        .filter(|details| !details.is_null())
                } else {
                    // Another JSON format, which is kept completely.
                    Some(Value::Object(fields))
                };
                answer.message = message.unwrap_or(answer.message);
            }
            _ => {
                answer.message = format!(
                    "{}; the response is not in the API's error format ({}); a proxy may have sent it",
                    answer.message,
                    content_type.unwrap_or("no content type"),
                );
                answer.shows_raw = true;
            }
        }
        answer
    }
}

/// A message, or several ones as a list.
fn message_of(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(string_of).collect::<Option<_>>()?;
            (!items.is_empty()).then(|| items.join("; "))
        }
        value => string_of(value),
    }
}

fn says_more_than_its_code(fields: &Map<String, Value>) -> bool {
    let mut present = fields
        .iter()
        .filter(|(_, value)| !value.is_null() && *value != "");
    present.any(|(name, value)| name != "code" || string_of(value).is_none())
}

fn string_of(value: &Value) -> Option<String> {
    match value {
        Value::String(string) if !string.is_empty() => Some(string.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
