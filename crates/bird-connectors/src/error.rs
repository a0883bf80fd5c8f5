//! The one error that users see, and the only place where errors of progenitor and reqwest are looked at.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

pub(crate) use answer::Answer;
use answer::MAX_ERROR_BODY;
use scrub::secrets_in;
pub(crate) use scrub::{scrub, scrub_value, secrets_in_text};

use crate::resume::Checkpoint;
use crate::resume::UnresolvedCreate;

mod answer;
mod parse;
mod scrub;

/// What a call came to when it did not succeed.
///
/// `Display` is one line: what was tried, what came back, the request id and the number of attempts. No secret of
/// the client or of the request is in it, nor in `Debug` or any accessor, even where a server repeats one in its
/// answer. The causes that other libraries name are part of the message: there is no
/// [`source`](std::error::Error::source), so that nothing is told twice and no text gets out unread.
///
/// Whether the request may have reached the server is told by [`outcome`](Error::outcome).
#[derive(Clone)]
pub struct Error(Box<Inner>);

/// The sort of an [`Error`]. Coarse on purpose: new details become accessors, not kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The client's settings cannot be used: the access key, the base URL, a time-out, the certificate store.
    /// Nothing was sent.
    Configuration,
    /// An argument of this call cannot be used. Nothing was sent.
    InvalidInput,
    /// No connection, or one that broke, before a whole answer was there.
    Transport,
    /// No whole answer in time.
    Timeout,
    /// 401: the access key is not accepted.
    Authentication,
    /// 403: the access key is valid, but its access policy does not cover this call.
    PermissionDenied,
    /// 404.
    NotFound,
    /// 409: it exists already, or its state does not allow this. See [`Error::details`].
    Conflict,
    /// 400 or 422: the API refuses the content of the request.
    Validation,
    /// 429: too many requests. The request was not processed. Or it was not sent, because its turn under the client's
    /// own [rate limit](crate::Rate) would come after the end of the call's time. See [`Error::retry_after`].
    RateLimited,
    /// Any 5xx.
    Server,
    /// Any other status that is no success, redirects included: they are not followed.
    Api,
    /// A success whose body is not what the contract says, or is over 16 MiB. See [`Error::raw`].
    Decode,
    /// A list whose page tokens go round in a circle.
    CursorCycle,
}

/// What is known of the request behind an [`Error`], with all its attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It never left this machine: repeating is safe.
    NotSent,
    /// The server refused to process it (429): repeating later is safe.
    Rejected,
    /// It was sent, and nothing says whether it was processed: a repeated create may make a second one.
    Unknown,
    /// The server dealt with it, and this error is its answer: repeating the same request brings the same.
    Answered,
}

impl Outcome {
    /// What is known after a further attempt. An answer settles it; short of that, one attempt whose end nobody saw
    /// is enough to leave it open.
    pub(crate) fn then(self, later: Self) -> Self {
        match (self, later) {
            (_, Self::Answered) => Self::Answered,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Rejected, _) | (_, Self::Rejected) => Self::Rejected,
            (Self::NotSent | Self::Answered, Self::NotSent) => Self::NotSent,
        }
    }

    /// The outcome as one stable lower-case word: `not_sent`, `rejected`, `unknown` or `answered`.
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

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone)]
struct Inner {
    kind: Kind,
    outcome: Option<Outcome>,
    /// What was tried, as a phrase that starts in lower case: "create a connector".
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
    checkpoint: Option<Checkpoint>,
    unresolved: Option<UnresolvedCreate>,
}

impl Error {
    /// The sort of error.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What is known of the request; `None` where the error is not about one request (a token loop).
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.0.outcome
    }

    /// The HTTP status, where an answer came, or at least its head.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status.map(|status| status.as_u16())
    }

    /// The API's own error code, such as `InvalidPayload`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The API's own words, or ours where it had none.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the API adds to its message. After a 409 this can hold the id of what exists already.
    #[must_use]
    pub fn details(&self) -> Option<&Value> {
        self.0.details.as_ref()
    }

    /// The id that the server (or a proxy) gave the request, for support questions.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How many times the request was tried; 0 where nothing was sent on purpose.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the server asks to wait before the next try, counted from when its answer came.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The text that could not be read, where there was one: a broken item of a list, or the first 64 KiB of a body.
    /// Secrets are taken out of it.
    #[must_use]
    pub fn raw(&self) -> Option<&str> {
        self.0.raw.as_deref()
    }

    /// Where a list stopped: hand it to `from` of the same list to go on behind what was already delivered.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&Checkpoint> {
        self.0.checkpoint.as_ref()
    }

    /// What is needed to find out later what a create of unknown outcome has come to: hand it to
    /// [`Connectors::reconcile`](crate::Connectors::reconcile), in this process or in another. `None` where nothing can
    /// have been created.
    #[must_use]
    pub fn unresolved(&self) -> Option<&UnresolvedCreate> {
        self.0.unresolved.as_ref()
    }

    /// What was tried, as a phrase: `create a connector`.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.0.action
    }

    /// True for 404.
    ///
    /// Right after a create this can be true for a moment although the connector exists.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.kind == Kind::NotFound
    }

    /// True for 409. [`details`](Error::details) may hold the id of what exists.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.0.kind == Kind::Conflict
    }

    /// True for 403.
    ///
    /// The key itself is valid. `Display` names the permission that the documents list for the call, if any: give
    /// it to the access role of the key. Repeating does not help.
    #[must_use]
    pub fn is_permission_denied(&self) -> bool {
        self.0.kind == Kind::PermissionDenied
    }

    /// True where the same request may succeed later: a transport failure, a time-out, 408, 429 or 5xx.
    ///
    /// This says nothing about whether repeating is *safe*: see [`outcome`](Error::outcome).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.0.kind {
            Kind::Transport | Kind::Timeout | Kind::RateLimited => true,
            Kind::Server => !matches!(self.status(), Some(501 | 505)),
            Kind::Api => self.status() == Some(408),
            _ => false,
        }
    }
}

/// Building errors: for the rest of the crate.
impl Error {
    pub(crate) fn new(
        kind: Kind,
        action: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        let outcome = match kind {
            Kind::Configuration | Kind::InvalidInput => Some(Outcome::NotSent),
            Kind::Transport | Kind::Timeout => Some(Outcome::Unknown),
            Kind::CursorCycle => None,
            _ => Some(Outcome::Answered),
        };
        Self(Box::new(Inner {
            kind,
            outcome,
            action: action.into(),
            status: None,
            code: None,
            message: message.into(),
            details: None,
            request_id: None,
            attempts: 0,
            retry_after: None,
            help: None,
            raw: None,
            checkpoint: None,
            unresolved: None,
        }))
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(Kind::Configuration, "set up the client", message)
    }

    pub(crate) fn invalid_input(
        action: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(Kind::InvalidInput, action, message)
    }

    /// An answer that is no success.
    pub(crate) fn from_answer(
        action: impl Into<Cow<'static, str>>,
        status: StatusCode,
        answer: Answer,
    ) -> Self {
        let mut error = Self::new(kind_of(status), action, answer.message);
        error.0.outcome = Some(outcome_of(status));
        error.0.status = Some(status);
        error.0.code = answer.code;
        error.0.details = answer.details;
        error.0.raw = answer.raw;
        error
    }

    pub(crate) fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = Some(outcome);
        self
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.0.request_id = request_id;
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    pub(crate) fn with_details(mut self, details: Value) -> Self {
        self.0.details = Some(details);
        self
    }

    pub(crate) fn with_help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    pub(crate) fn with_raw(mut self, raw: &[u8]) -> Self {
        self.0.raw = Some(String::from_utf8_lossy(raw).into_owned());
        self
    }

    pub(crate) fn with_checkpoint(mut self, checkpoint: Option<Checkpoint>) -> Self {
        self.0.checkpoint = checkpoint;
        self
    }

    pub(crate) fn with_unresolved(mut self, unresolved: UnresolvedCreate) -> Self {
        self.0.unresolved = Some(unresolved);
        self
    }

    /// Takes every given secret, and what an answer shows under a secret name, out of whatever a server may have
    /// repeated. What is left of an unreadable body is cut to a length that fits a log.
    pub(crate) fn scrubbed(mut self, secrets: &[&str]) -> Self {
        let inner = &mut *self.0;
        let mut all = secrets
            .iter()
            .map(|&secret| secret.to_owned())
            .collect::<Vec<_>>();
        all.extend(inner.details.iter().flat_map(secrets_in));
        all.extend(inner.raw.iter().flat_map(|raw| secrets_in_text(raw)));
        for secret in &all {
            let texts = [
                Some(&mut inner.message),
                inner.code.as_mut(),
                inner.request_id.as_mut(),
                inner.raw.as_mut(),
            ];
            for text in texts.into_iter().flatten() {
                scrub(text, secret);
            }
            if let Some(details) = &mut inner.details {
                scrub_value(details, secret);
            }
        }
        if let Some(raw) = &mut inner.raw {
            let mut end = raw.len().min(MAX_ERROR_BODY);
            while !raw.is_char_boundary(end) {
                end -= 1;
            }
            raw.truncate(end);
        }
        self
    }
}

fn kind_of(status: StatusCode) -> Kind {
    match status.as_u16() {
        401 => Kind::Authentication,
        403 => Kind::PermissionDenied,
        404 => Kind::NotFound,
        409 => Kind::Conflict,
        400 | 422 => Kind::Validation,
        429 => Kind::RateLimited,
        500..=599 => Kind::Server,
        _ => Kind::Api,
    }
}

/// What a status says of the request: documented for 429 ("not processed"); behind a 408 or any 5xx a create may
/// have happened.
pub(crate) fn outcome_of(status: StatusCode) -> Outcome {
    match status.as_u16() {
        429 => Outcome::Rejected,
        408 | 500..=599 => Outcome::Unknown,
        _ => Outcome::Answered,
    }
}

/// Words that only say that there was an error, and in which layer of a library.
const FILLER: [&str; 7] = [
    "client error (Connect)",
    "client error (SendRequest)",
    "connection error",
    "error decoding response body",
    "error reading a body from connection",
    "error sending request",
    "request or response body error",
];

/// The words of an error's causes, told once and without filler.
pub(crate) fn cause_of(error: &(dyn StdError + 'static)) -> String {
    let mut words: Vec<String> = Vec::new();
    for cause in std::iter::successors(Some(error), |&error| error.source()) {
        let text = cause.to_string();
        if !FILLER.contains(&text.as_str()) && !words.iter().any(|word| word.contains(&text)) {
            words.retain(|word| !text.contains(word.as_str()));
            words.push(text);
        }
    }
    if words.is_empty() {
        error.to_string()
    } else {
        words.join(": ")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let mut line = format!("{}: ", inner.action);
        if let Some(status) = inner.status {
            line += &format!("{} ", status.as_u16());
        }
        if let Some(code) = &inner.code {
            line += &format!("{code}: ");
        }
        line += &inner.message;
        if let Some(help) = &inner.help {
            line += &format!("; {help}");
        }
        let notes = self.notes();
        if !notes.is_empty() {
            line += &format!(" ({})", notes.join(", "));
        }
        // One line, whatever the server put into its words.
        let words: Vec<&str> = line
            .split(|letter: char| letter.is_whitespace() || letter.is_control())
            .filter(|word| !word.is_empty())
            .collect();
        f.write_str(&words.join(" "))
    }
}

impl Error {
    /// What `Display` adds about the request; nothing where none was to be sent.
    fn notes(&self) -> Vec<String> {
        let inner = &*self.0;
        let mut notes = Vec::new();
        if inner.attempts == 0 {
            return notes;
        }
        match inner.outcome {
            Some(Outcome::NotSent) => notes.push("not sent".to_owned()),
            Some(Outcome::Unknown) => notes.push("outcome unknown".to_owned()),
            _ => {}
        }
        if let Some(wait) = inner.retry_after {
            notes.push(format!("retry after {} s", wait.as_secs_f64().ceil()));
        }
        if let Some(id) = &inner.request_id {
            notes.push(format!("request id {id}"));
        }
        notes.push(match inner.attempts {
            1 => "1 attempt".to_owned(),
            attempts => format!("{attempts} attempts"),
        });
        notes
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("outcome", &self.0.outcome)
            .field("text", &format_args!("{self}"))
            .field("details", &self.0.details)
            .finish_non_exhaustive()
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
