//! Error responses: a status and the body `{code, message, details?}`.
//!
//! `InvalidPayload` and `ResourceAlreadyExists` are codes of the API. All other codes are invented in the same style, for
//! statuses whose code is not documented.

use serde_json::{Map, Value, json};

use crate::api::response::Response;

#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: u16,
    code: &'static str,
    message: String,
    /// The single errors of the message.
    #[cfg(feature = "ui")]
    messages: Vec<String>,
    details: Option<Value>,
}

impl ApiError {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status,
            code,
            #[cfg(feature = "ui")]
            messages: vec![message.clone()],
            message,
            details: None,
        }
    }

    /// 422 for a request body, with all its errors in one message, and those of fields in the details.
    pub(crate) fn invalid_payload(messages: &[String]) -> Self {
        Self::joined("InvalidPayload", messages).with_details(field_details(messages))
    }

    /// 422 for query or path parameters, with all their errors in one message.
    pub(crate) fn invalid_parameters(messages: &[String]) -> Self {
        Self::joined("InvalidParameter", messages)
    }

    /// 422 with several errors in one message.
    fn joined(code: &'static str, messages: &[String]) -> Self {
        Self {
            #[cfg(feature = "ui")]
            messages: messages.to_vec(),
            ..Self::new(422, code, messages.join("; "))
        }
    }

    /// 404 for a resource, for example `connector 8362fa40-…`.
    pub(crate) fn not_found(resource: impl std::fmt::Display) -> Self {
        Self::new(404, "ResourceNotFound", format!("{resource} was not found"))
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn with_details(mut self, details: Option<Value>) -> Self {
        self.details = details;
        self
    }

    #[cfg(feature = "ui")]
    pub(crate) const fn status(&self) -> u16 {
        self.status
    }

    #[cfg(feature = "ui")]
    pub(crate) const fn code(&self) -> &'static str {
        self.code
    }

    /// The single errors of the message, which can contain any characters of the request.
    #[cfg(feature = "ui")]
    pub(crate) fn messages(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().map(String::as_str)
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The details as a list of errors instead of a map by path.
    pub(crate) fn with_listed_details(mut self) -> Self {
        if let Some(Value::Object(by_path)) = &self.details {
            let errors = by_path
                .iter()
                .map(|(path, errors)| json!({ "field": path, "errors": errors }));
            self.details = Some(errors.collect());
        }
        self
    }
}

/// The errors of each field, by its path. A message about a field begins with the path of the field, followed by `is` or
/// `must`.
fn field_details(messages: &[String]) -> Option<Value> {
    let mut details = Map::new();
    for message in messages {
        let Some((path, error)) = message.split_once(' ') else {
            continue;
        };
        if !(error.starts_with("is ") || error.starts_with("must ")) {
            continue;
        }
        let errors = details
            .entry(format!(".{path}"))
            .or_insert_with(|| json!([]));
        if let Value::Array(errors) = errors {
            errors.push(json!(error));
        }
    }
    (!details.is_empty()).then_some(Value::Object(details))
}

impl From<ApiError> for Response {
    fn from(error: ApiError) -> Self {
        let mut body = json!({ "code": error.code, "message": error.message });
        if let Some(details) = error.details {
            body["details"] = details;
        }
        Self::json(error.status, body)
    }
}
