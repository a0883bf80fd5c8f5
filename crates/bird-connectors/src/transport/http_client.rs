//! An HTTP client of the caller, which replaces connections: the trait, its error, and one attempt with it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use super::attempt::{Failure, Reply, too_large};
use crate::error::{ErrorKind, RequestOutcome};

/// A request as an [`HttpClient`] sends it.
pub type HttpRequest = http::Request<Bytes>;

/// A response with its complete body.
pub type HttpResponse = http::Response<Bytes>;

/// The future of [`HttpClient::send`].
pub type HttpResponseFuture =
    Pin<Box<dyn Future<Output = Result<HttpResponse, HttpClientError>> + Send>>;

/// Sends the requests of a client, in place of its own connections. Passed to
/// [`ClientBuilder::http_client`](crate::ClientBuilder::http_client).
///
/// Use it to test a program without a socket, to simulate many installs in paused time, or to send requests through your own
/// HTTP stack. Everything else stays: retries, timeouts, rate limits, telemetry and the conversion of responses.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use bird_connectors::client::{HttpClient, HttpRequest, HttpResponse, HttpResponseFuture};
/// use bird_connectors::{Client, WorkspaceId};
///
/// /// Every list is empty.
/// struct EmptyWorkspace;
///
/// impl HttpClient for EmptyWorkspace {
///     fn send(&self, request: HttpRequest) -> HttpResponseFuture {
///         println!("{} {}", request.method(), request.uri().path());
///         Box::pin(async { Ok(HttpResponse::new(r#"{"results": []}"#.into())) })
///     }
/// }
///
/// let client = Client::builder().access_key("test").http_client(EmptyWorkspace).build()?;
/// let numbers = client.workspace(WorkspaceId::from_u128(1)).numbers();
/// assert!(numbers.list().first_page().await?.items.is_empty());
/// # Ok(()) }
/// ```
pub trait HttpClient: Send + Sync {
    /// Sends a request once, and returns its response, whatever its status. The URI is absolute. The body of the response must not
    /// be compressed, and the response may have at most 16 MiB.
    ///
    /// The headers contain the access key. The future is dropped when the attempt times out.
    ///
    /// # Errors
    /// If there is no complete response. Whether the request is repeated depends on whether it
    /// [may have been processed](HttpClientError).
    fn send(&self, request: HttpRequest) -> HttpResponseFuture;
}

/// No complete response arrived.
#[derive(Clone, Debug)]
pub struct HttpClientError {
    outcome: RequestOutcome,
    message: String,
}

impl HttpClientError {
    /// The request certainly did not reach the server, for example because no connection was established. It is retried, also if
    /// it is a create.
    #[must_use]
    pub fn not_sent(message: impl Into<String>) -> Self {
        Self {
            outcome: RequestOutcome::NotSent,
            message: message.into(),
        }
    }

    /// The server may have processed the request. It is retried only if it reads or deletes.
    #[must_use]
    pub fn unknown(message: impl Into<String>) -> Self {
        Self {
            outcome: RequestOutcome::Unknown,
            message: message.into(),
        }
    }
}

impl fmt::Display for HttpClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for HttpClientError {}

/// The HTTP client of the caller.
#[derive(Clone)]
pub(crate) struct CustomHttpClient(Arc<dyn HttpClient>);

impl CustomHttpClient {
    pub(crate) fn new(client: impl HttpClient + 'static) -> Self {
        Self(Arc::new(client))
    }

    /// Sends the request once.
    pub(super) async fn attempt(
        &self,
        request: reqwest::Request,
        max_body: usize,
    ) -> Result<Reply, Failure> {
        let response = self.0.send(convert(request)?).await;
        let (head, body) = response.map_err(failure)?.into_parts();
        if body.len() > max_body && head.status.is_success() {
            return Err(too_large(head.status, max_body));
        }
        Ok(Reply {
            status: head.status,
            // A response that the client of the caller makes has a default version.
            version: None,
            headers: head.headers,
            // The beginning of an error body is enough to report the error.
            body: body.slice(..body.len().min(max_body)),
        })
    }
}

impl fmt::Debug for CustomHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomHttpClient").finish_non_exhaustive()
    }
}

/// Every body is in memory.
fn convert(mut request: reqwest::Request) -> Result<HttpRequest, Failure> {
    let body = request.body().and_then(reqwest::Body::as_bytes);
    let mut converted = HttpRequest::new(body.map(Bytes::copy_from_slice).unwrap_or_default());
    *converted.uri_mut() = request
        .url()
        .as_str()
        .parse()
        .map_err(|_| Failure::unsendable("its URL is invalid"))?;
    *converted.method_mut() = request.method().clone();
    *converted.headers_mut() = std::mem::take(request.headers_mut());
    Ok(converted)
}

fn failure(error: HttpClientError) -> Failure {
    Failure {
        kind: ErrorKind::Transport,
        outcome: error.outcome,
        permanent: false,
        message: error.message,
        status: None,
        retry_after: None,
        connection: None,
    }
}
