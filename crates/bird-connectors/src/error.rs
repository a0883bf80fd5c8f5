//! The public error type, its kinds and outcomes. Errors of progenitor and reqwest are converted here and nowhere else.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

pub(crate) use answer::Answer;
pub(crate) use cause::cause_of;
pub use connection_failure::ConnectionFailure;
pub(crate) use docs_anchor::DocsAnchor;
pub(crate) use message::{one_line, shorten};
pub(crate) use scrub::{scrub, scrub_value, secrets_in_json};

use crate::resume::{Checkpoint, UnresolvedCreate};

mod answer;
mod build;
mod cause;
mod connection_failure;
mod display;
mod docs_anchor;
mod error_type;
mod field_errors;
mod message;
mod parse;
mod scrub;

/// Why a call failed.
///
/// `Display` is one line: what was attempted, what the server returned, the request id and the number of attempts. It ends with
/// the anchor of the kind on the page `errors` of the documentation, such as `[errors#not_found]`.
/// `Display`, `Debug` and the accessors never show a secret of the client or of the request, even if the server
/// repeats one in its response. A secret of fewer than 4 characters is removed only where it stands alone. The message includes the causes that other libraries report. There is no
/// [`source`](std::error::Error::source), so that no cause is printed twice, and everything printed is free of secrets.
///
/// [`kind`](Error::kind) says what went wrong. [`outcome`](Error::outcome) says whether the server may have processed the
/// request.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
/// use bird_connectors::{ConnectorId, ErrorKind};
///
/// let unknown = ConnectorId::from_u128(1);
/// let error = workspace.connectors().get(unknown).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.status(), Some(http::StatusCode::NOT_FOUND));
/// assert!(!error.may_have_been_processed());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

/// The category of an [`Error`]. Categories are coarse: details are accessors of the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting of the client is invalid: the access key, the base URL, a timeout, the certificate store. Nothing was
    /// sent.
    Configuration,
    /// An argument of this call is invalid. Nothing was sent.
    InvalidInput,
    /// The [journal](crate::install::Journal) could not be opened, read, claimed or written, or one of its lines is invalid. Nothing
    /// was sent if the [`outcome`](Error::outcome) is [`NotSent`](RequestOutcome::NotSent). It is `None` in
    /// [`Ensured::journal_error`](crate::install::Ensured::journal_error), which is about the time after the create.
    Journal,
    /// The connection failed, or broke before a complete response arrived.
    Transport,
    /// No complete response arrived in time.
    Timeout,
    /// 401: the API does not accept the access key.
    Authentication,
    /// 403: the access key is valid, but its access policy does not cover this call.
    PermissionDenied,
    /// 404: the resource does not exist.
    NotFound,
    /// 409: the resource exists already, or its state does not allow this call. See [`Error::details`].
    Conflict,
    /// 400 or 422: the API rejects the content of the request.
    Validation,
    /// 429: too many requests, and the request was not processed. Also returned without sending the request, if its slot
    /// under the client's own [rate limit](crate::client::RateLimits) would come after the call's deadline. See
    /// [`Error::retry_after`].
    RateLimited,
    /// Any 5xx status.
    Server,
    /// Any other status that is not a success, including redirects, which are not followed.
    Api,
    /// A successful response with a body that does not match the contract, or that exceeds 16 MiB. See [`Error::raw`].
    Decode,
    /// The page tokens of a list form a cycle, or too many pages in a row are empty. See
    /// [`List::max_empty_pages`](crate::list::List::max_empty_pages).
    CursorCycle,
}

impl ErrorKind {
    /// The kind as a stable identifier in snake case, such as `not_found`. It is also the anchor of the kind on the page
    /// `errors` of the documentation.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::InvalidInput => "invalid_input",
            Self::Journal => "journal",
            Self::Transport => "transport",
            Self::Timeout => "timeout",
            Self::Authentication => "authentication",
            Self::PermissionDenied => "permission_denied",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Validation => "validation",
            Self::RateLimited => "rate_limited",
            Self::Server => "server",
            Self::Api => "api",
            Self::Decode => "decode",
            Self::CursorCycle => "cursor_cycle",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the server processed the request of an [`Error`], over all attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestOutcome {
    /// The request never left this machine. Retrying is safe.
    NotSent,
    /// The server refused to process the request (429). Retrying later is safe.
    Rejected,
    /// The request was sent, and it is unknown whether the server processed it. Retrying a create can make a duplicate.
    Unknown,
    /// The server processed the request, and this error is its response. Retrying returns the same response.
    Answered,
}

impl RequestOutcome {
    /// The outcome after one more attempt. A response settles it. Without a response, one attempt with an unknown outcome
    /// makes the whole call's outcome unknown.
    pub(crate) fn then(self, later: Self) -> Self {
        match (self, later) {
            (_, Self::Answered) => Self::Answered,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Rejected, _) | (_, Self::Rejected) => Self::Rejected,
            (Self::NotSent | Self::Answered, Self::NotSent) => Self::NotSent,
        }
    }

    /// The outcome as a stable identifier: `not_sent`, `rejected`, `unknown` or `answered`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Answered => "answered",
        }
    }
}

impl fmt::Display for RequestOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    outcome: Option<RequestOutcome>,
    /// What was attempted, as a phrase in lower case: "create a connector".
    action: Cow<'static, str>,
    status: Option<StatusCode>,
    code: Option<String>,
    message: String,
    details: Option<Value>,
    request_id: Option<String>,
    attempts: u32,
    retry_after: Option<Duration>,
    help: Option<Cow<'static, str>>,
    raw: Option<String>,
    /// Whether `Display` shows the beginning of `raw`.
    shows_raw: bool,
    connection_failure: Option<ConnectionFailure>,
    /// The operation of a journal that failed. `None` if the error is not about a journal, or about its content.
    journal_failure: Option<JournalFailure>,
    checkpoint: Option<Checkpoint>,
    unresolved: Option<UnresolvedCreate>,
}

/// An operation of a journal that failed.
#[derive(Clone, Copy)]
struct JournalFailure {
    /// The code of a file operation.
    os_error: Option<i32>,
    is_transient: bool,
}

impl Error {
    /// The category of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the server processed the request. `None` if the error is not about one request: a token cycle, or a journal that
    /// failed after the create.
    #[must_use]
    pub fn outcome(&self) -> Option<RequestOutcome> {
        self.0.outcome
    }

    /// True if the server may have processed the request: its outcome is unknown, or a success could not be decoded.
    ///
    /// Before you retry a create for which this is true, check whether the connector exists; see
    /// [`unresolved`](Error::unresolved).
    #[must_use]
    pub fn may_have_been_processed(&self) -> bool {
        self.0.outcome == Some(RequestOutcome::Unknown) || self.0.kind == ErrorKind::Decode
    }

    /// The HTTP status, if the head of a response arrived.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The API's own error code, such as `InvalidPayload`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The API's message, or the SDK's if the API sent none. Several messages are separated by semicolons.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The `details` of the API's error. After a 409 they can contain the id of the existing resource. After a 422 they can
    /// contain the errors of each field: see [`field_errors`](Self::field_errors).
    #[must_use]
    pub fn details(&self) -> Option<&Value> {
        self.0.details.as_ref()
    }

    /// The request id that the server or a proxy assigned, for support requests.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The number of attempts. 0 if the SDK did not try to send the request.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the server asks the client to wait before it retries, from the time of the response.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The first 64 KiB of the body of an error response, or of the input that could not be decoded: a body, or an item of a
    /// list. Secrets are removed from it. `None` if there is no such body, or if it is empty.
    ///
    /// If the body of an error response is not in the API's format, such as the page of a proxy, `Display` shows its
    /// beginning.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
    /// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
    /// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
    /// use bird_connectors::ConnectorId;
    ///
    /// let error = workspace.connectors().get(ConnectorId::from_u128(1)).await.unwrap_err();
    /// println!("{}", error.raw().unwrap_or("no body"));
    /// # assert!(error.raw().is_some_and(|body| body.contains("message")));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn raw(&self) -> Option<&str> {
        self.0.raw.as_deref()
    }

    /// The step at which the connection failed. `None` if a connection was established, or if none was attempted.
    #[must_use]
    pub fn connection_failure(&self) -> Option<ConnectionFailure> {
        self.0.connection_failure
    }

    /// The operating system's code of the operation of a [journal](crate::install::Journal) that failed, such as 28 for a full disk
    /// on Linux. `None` for other errors, and if the journal has no such code.
    #[must_use]
    pub fn raw_os_error(&self) -> Option<i32> {
        self.0.journal_failure?.os_error
    }

    /// Where a list stopped. Pass it to `resume_from` of the same list to continue after the items already returned.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&Checkpoint> {
        self.0.checkpoint.as_ref()
    }

    /// The create whose outcome is unknown. Pass it to [`Connectors::reconcile`](crate::resources::Connectors::reconcile), in this
    /// process or another, to find out whether the connector exists. `None` if nothing can have been created.
    #[must_use]
    pub fn unresolved(&self) -> Option<&UnresolvedCreate> {
        self.0.unresolved.as_ref()
    }

    /// What was attempted, as a phrase: `create a connector`.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.0.action
    }

    /// True for 404.
    ///
    /// For a moment after a create, the API can return 404 although the connector exists.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// True for 409. [`details`](Error::details) may contain the id of the existing resource.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.0.kind == ErrorKind::Conflict
    }

    /// True for 403.
    ///
    /// The key itself is valid. `Display` names the permission that the documentation lists for the call, if any: add it
    /// to the role of the access key. Retrying does not help.
    #[must_use]
    pub fn is_permission_denied(&self) -> bool {
        self.0.kind == ErrorKind::PermissionDenied
    }

    /// True if the same request may succeed later: a transport failure, a timeout, 408, 429, 5xx, or a journal that does not
    /// respond.
    ///
    /// This does not mean that retrying is *safe*: see [`may_have_been_processed`](Error::may_have_been_processed).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.0.kind {
            ErrorKind::Transport | ErrorKind::Timeout | ErrorKind::RateLimited => true,
            ErrorKind::Server => !matches!(
                self.status(),
                Some(StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED)
            ),
            ErrorKind::Api => self.status() == Some(StatusCode::REQUEST_TIMEOUT),
            ErrorKind::Journal => self
                .0
                .journal_failure
                .is_some_and(|failure| failure.is_transient),
            _ => false,
        }
    }
}

impl StdError for Error {}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests;
