//! A response: status, headers and body. The handlers of the sandbox and the rules of a test use the same type.

use axum::body::Body;
use axum::http::{HeaderValue, Response as HttpResponse, StatusCode, header::CONTENT_TYPE};
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::api::redaction::{MASK, Redactor, is_secret_name};

/// A response to a request.
///
/// ```
/// use bird_connectors_sandbox::Response;
///
/// let busy = Response::status(503).header("retry-after", "2");
/// let bad_gateway = Response::text(502, "text/html", "<h1>Bad Gateway</h1>");
/// assert_ne!(busy, bad_gateway);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Content,
}

/// The body of a response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Empty,
    Json(Value),
    Bytes(Bytes),
}

impl Response {
    /// A response with this status. The body is an error in the format of the API for 400 and above, and empty below.
    #[must_use]
    pub fn status(status: u16) -> Self {
        if status < 400 {
            return Self::empty(status);
        }
        Self::json(
            status,
            json!({
                "code": default_error_code(status),
                "message": format!("the sandbox is configured to answer {status}"),
            }),
        )
    }

    /// A response without a body.
    #[must_use]
    pub const fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Content::Empty,
        }
    }

    /// A JSON response.
    #[must_use]
    pub fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Content::Json(body),
        }
    }

    /// A response with a string as its body, for example the HTML page of a proxy, or truncated JSON.
    #[must_use]
    pub fn text(status: u16, content_type: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.into())],
            body: Content::Bytes(body.into().into()),
        }
    }

    /// A response whose body does not have to be UTF-8.
    #[must_use]
    pub fn bytes(status: u16, content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.into())],
            body: Content::Bytes(body.into().into()),
        }
    }

    /// Adds a header. Names and values that HTTP does not allow are dropped.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The body as it is sent.
    pub(crate) fn body_bytes(&self) -> Bytes {
        match &self.body {
            Content::Empty => Bytes::new(),
            Content::Json(json) => json.to_string().into(),
            Content::Bytes(bytes) => bytes.clone(),
        }
    }

    pub(crate) fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    pub(crate) const fn content(&self) -> &Content {
        &self.body
    }

    /// The response without secrets: without the values of headers and fields whose names say that they are secret, and without
    /// known secrets.
    pub(crate) fn without_secrets(&self, redactor: &Redactor) -> Self {
        let headers = self.headers.iter().map(|(name, value)| {
            let value = if is_secret_name(name) {
                MASK.to_owned()
            } else {
                redactor.string(value)
            };
            (redactor.text(name), value)
        });
        let body = match &self.body {
            Content::Empty => Content::Empty,
            Content::Json(json) => Content::Json(redactor.json(json)),
            Content::Bytes(bytes) => Content::Bytes(bytes_without_secrets(bytes, redactor)),
        };
        Self {
            status: self.status,
            headers: headers.collect(),
            body,
        }
    }

    pub(crate) const fn status_code(&self) -> u16 {
        self.status
    }

    /// The items of the page, if the response is a page of a list.
    pub(crate) fn results_mut(&mut self) -> Option<&mut Vec<Value>> {
        match &mut self.body {
            Content::Json(body) => body.get_mut("results")?.as_array_mut(),
            _ => None,
        }
    }

    /// Sets a field, if the body is a JSON object.
    pub(crate) fn set_field(&mut self, name: &str, value: Value) {
        if let Content::Json(Value::Object(body)) = &mut self.body {
            body.insert(name.to_owned(), value);
        }
    }

    /// Cuts the second half of the body off.
    pub(crate) fn truncate_body(&mut self) {
        let whole = match &self.body {
            // A truncated body has at least one byte.
            Content::Empty => Bytes::from_static(b"{}"),
            Content::Json(value) => Bytes::from(value.to_string()),
            Content::Bytes(bytes) => bytes.clone(),
        };
        if self.status == 204 {
            self.status = 200;
        }
        self.body = Content::Bytes(whole.slice(..whole.len() / 2));
    }

    pub(crate) fn into_http(self) -> HttpResponse<Body> {
        let body = match self.body {
            Content::Empty => Body::empty(),
            Content::Json(value) => Body::from(value.to_string()),
            Content::Bytes(bytes) => Body::from(bytes),
        };
        let mut response = HttpResponse::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (
                axum::http::HeaderName::try_from(name),
                HeaderValue::try_from(value),
            ) {
                if name == CONTENT_TYPE {
                    response.headers_mut().insert(name, value);
                } else {
                    response.headers_mut().append(name, value);
                }
            }
        }
        response
    }
}

/// What contains no secret stays as it is, byte for byte.
fn bytes_without_secrets(bytes: &Bytes, redactor: &Redactor) -> Bytes {
    if let Ok(json) = serde_json::from_slice::<Value>(bytes) {
        let masked = redactor.json(&json);
        return if masked == json {
            bytes.clone()
        } else {
            masked.to_string().into()
        };
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => redactor.string(text).into(),
        Err(_) => bytes.clone(),
    }
}

/// A plausible error code for a scripted status.
const fn default_error_code(status: u16) -> &'static str {
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
