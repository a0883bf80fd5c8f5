//! A reply: status, headers, body. The sandbox's own handlers and scripted replies use the same type.

use axum::body::Body;
use axum::http::{HeaderValue, Response as HttpResponse, StatusCode, header::CONTENT_TYPE};
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::error::code_for;

/// A reply to a request.
///
/// ```
/// use bird_connectors_sandbox::Response;
///
/// let busy = Response::status(503).header("retry-after", "2");
/// let proxy = Response::text(502, "text/html", "<h1>Bad Gateway</h1>");
/// assert_ne!(busy, proxy);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Content,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    Empty,
    Json(Value),
    Bytes(Bytes),
}

impl Response {
    /// A reply with this status. From 400 on it carries an error body in the API's form; below it is empty.
    #[must_use]
    pub fn status(status: u16) -> Self {
        if status < 400 {
            return Self::empty(status);
        }
        Self::json(
            status,
            json!({ "code": code_for(status), "message": format!("the sandbox was told to answer {status}") }),
        )
    }

    /// A reply without a body.
    #[must_use]
    pub const fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Content::Empty,
        }
    }

    /// A JSON reply.
    #[must_use]
    pub fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Content::Json(body),
        }
    }

    /// A reply with any other body: what a proxy answers, or JSON that is cut short.
    #[must_use]
    pub fn text(status: u16, content_type: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.into())],
            body: Content::Bytes(body.into().into()),
        }
    }

    /// A reply whose body need not be text.
    #[must_use]
    pub fn bytes(status: u16, content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.into())],
            body: Content::Bytes(body.into().into()),
        }
    }

    /// Adds a header. A name or value that HTTP does not allow is left out of the reply.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn code(&self) -> u16 {
        self.status
    }

    /// The items of a page, if it is one.
    pub(crate) fn results_mut(&mut self) -> Option<&mut Vec<Value>> {
        match &mut self.body {
            Content::Json(body) => body.get_mut("results")?.as_array_mut(),
            _ => None,
        }
    }

    /// Sets a field of a JSON object.
    pub(crate) fn set_field(&mut self, name: &str, value: Value) {
        if let Content::Json(Value::Object(body)) = &mut self.body {
            body.insert(name.to_owned(), value);
        }
    }

    /// Leaves half of the body.
    pub(crate) fn shorten(&mut self) {
        let whole = match &self.body {
            // Something must be missing: a body begins, and that is all.
            Content::Empty => Bytes::from_static(b"{}"),
            Content::Json(value) => Bytes::from(value.to_string()),
            Content::Bytes(bytes) => bytes.clone(),
        };
        if self.status == 204 {
            self.status = 200;
        }
        self.body = Content::Bytes(whole.slice(..whole.len() / 2));
    }

    pub(crate) fn into_response(self) -> HttpResponse<Body> {
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
