//! Raw requests, for operations that the SDK does not have. See [`Client::request`].

use std::fmt::{self, Display};
use std::sync::Arc;

use bird_connectors_api::from_json;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::handle::Client;
use crate::error::Error;
use crate::transport::Transport;
use crate::transport::call::Call;

impl Client {
    /// Returns a raw request, for an operation that the SDK does not have. It is sent with the client's access key, retries,
    /// rate limits and errors.
    ///
    /// The path starts with a slash and is appended to the base URL. Path and query are sent unchanged, so percent-encode
    /// user input, or use [`RawRequest::query`].
    pub fn request(&self, method: Method, path: &str) -> RawRequest {
        RawRequest::new(Arc::clone(&self.shared.transport), method, path)
    }
}

/// A request for an operation that the SDK does not have. Created by [`Client::request`].
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let (client, workspace_id) = (client.build()?, sandbox.workspace_id());
/// use bird_connectors::client::Method;
///
/// let path = format!("/workspaces/{workspace_id}/numbers");
/// let response = client.request(Method::GET, &path).query("limit", 1).send().await?;
/// let body: serde_json::Value = response.json()?;
/// assert_eq!(body["results"].as_array().map(Vec::len), Some(1));
/// # Ok(()) }
/// ```
#[must_use = "a request is not sent until `send` is awaited"]
pub struct RawRequest {
    transport: Arc<Transport>,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Result<Vec<u8>, String>>,
}

impl RawRequest {
    pub(crate) fn new(transport: Arc<Transport>, method: Method, path: &str) -> Self {
        Self {
            transport,
            method,
            path: path.to_owned(),
            query: Vec::new(),
            body: None,
        }
    }

    /// Adds a query parameter and percent-encodes it. Call it again to repeat a parameter.
    pub fn query(mut self, name: &str, value: impl Display) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// Sets the body. If the value cannot be serialized as JSON, [`send`](Self::send) returns the error.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_vec(body).map_err(|error| error.to_string()));
        self
    }

    /// Sends the request. GET, HEAD and DELETE are retried after transient failures, other methods only if the server
    /// certainly did not process the request.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::error::ErrorKind::InvalidInput) if the path leaves the base URL or the body cannot
    /// be serialized; nothing was sent. Otherwise as any call: see [`Error::outcome`].
    pub async fn send(self) -> Result<RawResponse, Error> {
        let action = self.action();
        let mut url = self.transport.base_url.join(&self.path, &action)?;
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        let mut request = reqwest::Request::new(self.method, url);
        if let Some(body) = self.body {
            let body = body.map_err(|why| {
                Error::invalid_input(
                    action.clone(),
                    format!("the body cannot be serialized as JSON: {why}"),
                )
            })?;
            *request.body_mut() = Some(body.into());
            request
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let call = Call::raw_request(&self.transport, action);
        let response = call.send(request).await?;
        Ok(RawResponse {
            status: response.status,
            headers: response.headers,
            body: response.body,
            call,
        })
    }
}

impl RawRequest {
    /// Method and path, for errors and logs. The query is omitted, because it can contain secrets.
    fn action(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        // An error and a span can have only as much of it.
        let shown: String = path.chars().take(200).collect();
        let rest = if shown.len() < path.len() { "…" } else { "" };
        format!("{} {shown}{rest}", self.method)
    }
}

impl fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("action", &self.action())
            .finish_non_exhaustive()
    }
}

/// The successful response to a [`RawRequest`].
pub struct RawResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    call: Call,
}

impl RawResponse {
    /// The HTTP status: any 2xx.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The HTTP headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body, empty if the response has none.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Deserializes the body from JSON.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::error::ErrorKind::Decode) if the body is empty or does not match the type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        from_json(&self.body).map_err(|cause| self.call.undecodable(&self.body, cause))
    }
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
