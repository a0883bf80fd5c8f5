//! Replies that are errors: Bird's body `{code, message, details?}` and the status that goes with it.
//!
//! `InvalidPayload` and `ResourceAlreadyExists` are codes of the API. The other codes are the sandbox's reading: plain
//! names in the same style, for statuses whose code is not documented.

use serde_json::{Value, json};

use crate::reply::Response;

#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: u16,
    code: &'static str,
    message: String,
    details: Option<Value>,
}

impl ApiError {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            details: None,
        }
    }

    /// 422: several things can be wrong at once.
    pub(crate) fn invalid(messages: &[String]) -> Self {
        Self::new(422, "InvalidPayload", messages.join("; "))
    }

    /// 422 for a query or path parameter.
    pub(crate) fn invalid_parameters(messages: &[String]) -> Self {
        Self::new(422, "InvalidParameter", messages.join("; "))
    }

    /// 404: `what` names the kind of thing and its id.
    pub(crate) fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(404, "ResourceNotFound", format!("{what} was not found"))
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn with_details(mut self, details: Option<Value>) -> Self {
        self.details = details;
        self
    }
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

/// A plausible code for a status that a scripted reply sends without a body of its own.
pub(crate) const fn code_for(status: u16) -> &'static str {
    match status {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "AccessDenied",
        404 => "ResourceNotFound",
        408 => "RequestTimeout",
        409 => "ResourceAlreadyExists",
        422 => "InvalidPayload",
        429 => "TooManyRequests",
        502 => "BadGateway",
        503 => "ServiceUnavailable",
        504 => "GatewayTimeout",
        500..=599 => "InternalError",
        _ => "RequestFailed",
    }
}
