//! Requests beyond the contract: see [`Client::request`](crate::Client::request).

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
    /// A request beyond the contract: the same key, transport, retries and errors, on a path of your own.
    ///
    /// The path starts with one slash and is appended to the base URL; it cannot lead to another host. Path and
    /// query are sent as they are, so percent-encode what a caller of yours typed, or use [`RawRequest::query`].
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
    /// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
    /// # let (client, workspace) = (client.build()?, sandbox.workspace_id());
    /// let path = format!("/workspaces/{workspace}/numbers");
    /// let reply = client.request(bird_connectors::Method::GET, &path).query("limit", 1).send().await?;
    /// let body: serde_json::Value = reply.json()?;
    /// assert_eq!(body["results"].as_array().map(Vec::len), Some(1));
    /// # Ok(()) }
    /// ```
    pub fn request(&self, method: Method, path: &str) -> RawRequest {
        RawRequest::new(Arc::clone(&self.shared.transport), method, path)
    }
}

/// A request that the contract does not have. Nothing is sent before [`send`](RawRequest::send).
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

    /// Adds a query parameter; it is percent-encoded here. Call it again for a parameter that repeats.
    pub fn query(mut self, name: &str, value: impl Display) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// Sets the body. Where the value cannot be written as JSON, [`send`](Self::send) says so.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_vec(body).map_err(|error| error.to_string()));
        self
    }

    /// Sends it, under the same rules as every call: GET and DELETE are repeated where that is worth it, anything
    /// else only where it was certainly not processed.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) where the path would leave the configured base URL;
    /// otherwise as every call.
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
                    format!("the body cannot be serialised as JSON: {why}"),
                )
            })?;
            *request.body_mut() = Some(body.into());
            request
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let call = Call::beyond(&self.transport, action);
        let reply = call.send(request).await?;
        Ok(RawResponse {
            status: reply.status,
            headers: reply.headers,
            body: reply.body,
            call,
        })
    }
}

impl RawRequest {
    /// Without the query: it may hold what should not be in a log.
    fn action(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        format!("{} {path}", self.method)
    }
}

impl fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("action", &self.action())
            .finish_non_exhaustive()
    }
}

/// The successful answer to a [`RawRequest`].
pub struct RawResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    call: Call,
}

impl RawResponse {
    /// The status: any 2xx.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body as it came; empty where there was none.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body read as JSON.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) where it is something else, or nothing.
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
