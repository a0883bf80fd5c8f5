//! One attempt: send the request and read the whole body, up to a size limit. A failure says whether the server may have
//! processed the request.

use std::error::Error as StdError;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode, Version};

use super::content_encoding::{self, Decoded};
use super::rate::NoSlotInTime;
use crate::config::Proxy;
use crate::error::{ConnectionFailure, ErrorKind, RequestOutcome, cause_of};
use crate::future::AbortOnDrop;

/// A complete response with any status.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    /// The version of HTTP, if it is known.
    pub(crate) version: Option<Version>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// No complete response arrived.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    pub(crate) outcome: RequestOutcome,
    /// A retry cannot succeed.
    pub(crate) permanent: bool,
    pub(crate) message: String,
    /// The status, if the head of a response arrived.
    pub(crate) status: Option<StatusCode>,
    /// When a retry can succeed.
    pub(crate) retry_after: Option<Duration>,
    /// The step at which the connection failed. `None` if it was established.
    pub(crate) connection: Option<ConnectionFailure>,
}

/// Whether the body of a successful response is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SuccessBody {
    Needed,
    /// The status says everything. The body is not read, so that a broken one cannot turn the success into a failure.
    Unused,
}

/// The status of an attempt, as soon as the head of its response arrives. It is known even if the attempt is dropped.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReceivedStatus(Arc<OnceLock<StatusCode>>);

impl ReceivedStatus {
    pub(crate) fn get(&self) -> Option<StatusCode> {
        self.0.get().copied()
    }

    fn set(&self, status: StatusCode) {
        // An attempt has one response.
        let _ = self.0.set(status);
    }
}

/// Sends the request once. Cancel-safe: dropping the future resets the request or closes its connection.
pub(crate) async fn attempt(
    http: &reqwest::Client,
    request: reqwest::Request,
    max_body: usize,
    success_body: SuccessBody,
    proxy: Option<&Proxy>,
    received: &ReceivedStatus,
) -> Result<Reply, Failure> {
    let response = http.execute(request).await;
    let mut response = response.map_err(|error| while_sending(error, proxy))?;
    let (status, version) = (response.status(), Some(response.version()));
    received.set(status);
    let mut headers = std::mem::take(response.headers_mut());
    // A web page is read, because a proxy may have sent it in place of the API.
    if success_body == SuccessBody::Unused && status.is_success() && !is_html(&headers) {
        return Ok(Reply {
            status,
            version,
            headers,
            body: Bytes::new(),
        });
    }
    // The length of the compressed body, if it is compressed.
    let expected = response
        .content_length()
        .map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX));
    if expected > max_body && status.is_success() {
        return Err(too_large(status, max_body));
    }
    let mut body = Body::default();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= max_body => {
                body.push(chunk, expected.min(max_body));
            }
            Ok(Some(_)) if status.is_success() => return Err(too_large(status, max_body)),
            // The beginning of an error body is enough to report the error.
            Ok(_) => {
                let body = content_encoding::decode(&mut headers, body.into_bytes(), max_body);
                return match body {
                    Decoded::Complete(body) => Ok(Reply {
                        status,
                        version,
                        headers,
                        body,
                    }),
                    Decoded::TooLarge(_) if status.is_success() => Err(too_large(status, max_body)),
                    Decoded::Broken(_, cause) if status.is_success() => {
                        Err(unreadable(status, ErrorKind::Transport, &cause))
                    }
                    Decoded::TooLarge(body) | Decoded::Broken(body, _) => Ok(Reply {
                        status,
                        version,
                        headers,
                        body,
                    }),
                };
            }
            Err(error) => return Err(while_reading(status, error)),
        }
    }
}

/// Makes an attempt in a task of the runtime. Dropping the future aborts the task.
///
/// A task is polled by the thread that serves its connection, so no part of the response moves to another thread before it is
/// complete, and the connection can be reused when the future is ready.
///
/// The task is in no span: one that is aborted ends only when a thread runs the runtime, and the span of the attempt must have
/// ended before.
pub(crate) async fn in_task(
    attempt: impl Future<Output = Result<Reply, Failure>> + Send + 'static,
) -> Result<Reply, Failure> {
    let mut task = AbortOnDrop(tokio::spawn(attempt));
    match (&mut task.0).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Failure::interrupted()),
        },
    }
}

/// Whether the response claims to be a web page, which the API never sends.
pub(crate) fn is_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("text/html")
}

/// The part of a body received so far. A small body arrives in one chunk, which is not copied.
#[derive(Default)]
struct Body {
    /// Everything before the last chunk.
    before: BytesMut,
    last: Bytes,
}

impl Body {
    fn len(&self) -> usize {
        self.before.len() + self.last.len()
    }

    /// Adds a chunk. `expected` is the announced length of the body.
    fn push(&mut self, chunk: Bytes, expected: usize) {
        if !self.last.is_empty() {
            self.before
                .reserve(expected.saturating_sub(self.before.len()));
            self.before.extend_from_slice(&self.last);
        }
        self.last = chunk;
    }

    fn into_bytes(mut self) -> Bytes {
        if self.before.is_empty() {
            return self.last;
        }
        self.before.extend_from_slice(&self.last);
        self.before.freeze()
    }
}

impl Failure {
    /// The request itself is invalid.
    pub(crate) fn unsendable(why: &str) -> Self {
        Self {
            kind: ErrorKind::InvalidInput,
            outcome: RequestOutcome::NotSent,
            permanent: true,
            message: format!("the request cannot be sent: {why}"),
            status: None,
            retry_after: None,
            connection: None,
        }
    }

    /// The claim of the journal does not permit the request.
    pub(crate) fn not_permitted(why: &str) -> Self {
        Self {
            kind: ErrorKind::Journal,
            message: format!("the request was not sent: {why}"),
            ..Self::unsendable("")
        }
    }

    /// The next rate-limit slot is after the call's deadline.
    pub(crate) fn no_slot(late: NoSlotInTime, total: Duration) -> Self {
        let why = if late.paused {
            "the API answered 429 and asked for a pause"
        } else {
            "too many requests of this process are waiting for this workspace"
        };
        // Whole milliseconds are precise enough.
        let after =
            Duration::from_millis(u64::try_from(late.after.as_millis()).unwrap_or(u64::MAX));
        Self {
            kind: ErrorKind::RateLimited,
            outcome: RequestOutcome::NotSent,
            permanent: true,
            message: format!(
                "not sent because of the rate limit: {why}; the next rate-limit slot is in {after:?}, after the call's \
                 timeout of {total:?}"
            ),
            status: None,
            retry_after: Some(late.after),
            connection: None,
        }
    }

    /// The runtime ended before there was a response.
    fn interrupted() -> Self {
        Self {
            kind: ErrorKind::Transport,
            ..Self::timed_out("the runtime of the client was shut down".to_owned())
        }
    }

    /// The timeout of the attempt or of the call has passed.
    pub(crate) fn timed_out(message: String) -> Self {
        Self {
            kind: ErrorKind::Timeout,
            outcome: RequestOutcome::Unknown,
            permanent: false,
            message,
            status: None,
            retry_after: None,
            connection: None,
        }
    }
}

/// A failure before the head of the response. Only a failure to connect, or a refusal over HTTP/2, proves that the server did
/// not process the request.
fn while_sending(error: reqwest::Error, proxy: Option<&Proxy>) -> Failure {
    let error = error.without_url();
    if error.is_connect() {
        let failed = ConnectionFailure::of(&error);
        return Failure {
            kind: kind_of(&error),
            outcome: RequestOutcome::NotSent,
            permanent: failed.is_permanent(),
            message: failed.message(&cause_of(&error), proxy),
            status: None,
            retry_after: None,
            connection: Some(failed),
        };
    }
    let cause = cause_of(&error);
    if error.is_builder() {
        return Failure::unsendable(&cause);
    }
    let (outcome, message) = if is_refused_stream(&error) {
        (
            RequestOutcome::NotSent,
            format!("the server refused the request before it processed it: {cause}"),
        )
    } else {
        (
            RequestOutcome::Unknown,
            format!("the connection broke before a response arrived: {cause}"),
        )
    };
    Failure {
        kind: kind_of(&error),
        outcome,
        permanent: false,
        message,
        status: None,
        retry_after: None,
        connection: None,
    }
}

fn while_reading(status: StatusCode, error: reqwest::Error) -> Failure {
    let error = error.without_url();
    unreadable(status, kind_of(&error), &cause_of(&error))
}

fn unreadable(status: StatusCode, kind: ErrorKind, cause: &str) -> Failure {
    Failure {
        kind,
        outcome: RequestOutcome::Unknown,
        permanent: false,
        message: format!("the response could not be read completely: {cause}"),
        status: Some(status),
        retry_after: None,
        connection: None,
    }
}

fn kind_of(error: &reqwest::Error) -> ErrorKind {
    if error.is_timeout() {
        ErrorKind::Timeout
    } else {
        ErrorKind::Transport
    }
}

/// The server processed the request, and a retry would return the same body.
pub(super) fn too_large(status: StatusCode, max_body: usize) -> Failure {
    Failure {
        kind: ErrorKind::Decode,
        outcome: RequestOutcome::Answered,
        permanent: true,
        message: format!(
            "the request succeeded, but its response is larger than {max_body} bytes and was not read"
        ),
        status: Some(status),
        retry_after: None,
        connection: None,
    }
}

/// True if the server states that it did not process the request: the stream was refused (RFC 9113, section 8.7), or the
/// server shut the connection down before it accepted the stream (section 6.8).
fn is_refused_stream(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            return error.is_remote()
                && match error.reason() {
                    Some(h2::Reason::REFUSED_STREAM) => error.is_reset(),
                    Some(h2::Reason::NO_ERROR) => error.is_go_away(),
                    _ => false,
                };
        }
        next = error.source();
    }
    false
}
