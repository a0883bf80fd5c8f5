//! How the rest of the crate builds errors.

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::answer::{Answer, MAX_ERROR_BODY};
use super::docs_anchor::DocsAnchor;
use super::message::{cut, shorten};
use super::scrub::{scrub, scrub_value, secrets_in, secrets_in_json};
use super::{ConnectionFailure, Error, ErrorKind, Inner, JournalFailure, RequestOutcome};
use crate::resume::{Checkpoint, UnresolvedCreate};

/// The maximum length of a message, in bytes. It can repeat what the caller passed or what the server sent, such as a path of
/// any length.
const MAX_MESSAGE: usize = 4 * 1024;

/// The maximum length of an action, a code or a request id, in bytes.
const MAX_ACTION: usize = 256;

impl Error {
    pub(crate) fn new(
        kind: ErrorKind,
        action: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        let outcome = match kind {
            ErrorKind::Configuration | ErrorKind::InvalidInput | ErrorKind::Journal => {
                Some(RequestOutcome::NotSent)
            }
            ErrorKind::Transport | ErrorKind::Timeout => Some(RequestOutcome::Unknown),
            ErrorKind::CursorCycle => None,
            _ => Some(RequestOutcome::Answered),
        };
        let mut action = action.into();
        if action.len() > MAX_ACTION {
            shorten(action.to_mut(), MAX_ACTION);
        }
        let mut message = message.into();
        // The message of another error, such as one that the caller passes for an item of a bulk install.
        message.truncate(DocsAnchor::without(&message).len());
        // The message about a response can repeat a secret, which `scrubbed` removes before it shortens the message.
        if !matches!(
            kind,
            ErrorKind::Transport | ErrorKind::Timeout | ErrorKind::Decode
        ) {
            shorten(&mut message, MAX_MESSAGE);
        }
        Self(Box::new(Inner {
            kind,
            outcome,
            action,
            status: None,
            code: None,
            message,
            details: None,
            request_id: None,
            attempts: 0,
            retry_after: None,
            help: None,
            raw: None,
            shows_raw: false,
            connection_failure: None,
            journal_failure: None,
            checkpoint: None,
            unresolved: None,
        }))
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, "set up the client", message)
    }

    pub(crate) fn invalid_input(
        action: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(ErrorKind::InvalidInput, action, message)
    }

    /// The journal failed, or its content is invalid.
    pub(crate) fn journal(
        action: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(ErrorKind::Journal, action, message)
    }

    /// The journal failed after the create. The outcome of the create is not that of this error.
    pub(crate) fn after_create(mut self) -> Self {
        self.0.outcome = None;
        self.with_help("what was created exists, and a later run with this journal searches for it")
    }

    /// The error for a response that is not a success.
    pub(crate) fn from_answer(
        action: impl Into<Cow<'static, str>>,
        status: StatusCode,
        answer: Answer,
    ) -> Self {
        let mut error = Self::new(ErrorKind::of_status(status), action, String::new());
        error.0.message = answer.message;
        error.0.outcome = Some(RequestOutcome::of_status(status));
        error.0.status = Some(status);
        error.0.code = answer.code;
        error.0.details = answer.details;
        error.0.raw = answer.raw;
        error.0.shows_raw = answer.shows_raw;
        error
    }

    pub(crate) fn with_outcome(mut self, outcome: RequestOutcome) -> Self {
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
        let mut help = help.into();
        if help.len() > MAX_MESSAGE {
            shorten(help.to_mut(), MAX_MESSAGE);
        }
        self.0.help = Some(help);
        self
    }

    /// Shows the beginning of the raw body in the message.
    pub(crate) fn showing_raw(mut self) -> Self {
        self.0.shows_raw = true;
        self
    }

    pub(crate) fn with_raw(mut self, raw: &[u8]) -> Self {
        self.0.raw = Some(String::from_utf8_lossy(raw).into_owned());
        self
    }

    pub(crate) fn with_connection_failure(mut self, failure: Option<ConnectionFailure>) -> Self {
        self.0.connection_failure = failure;
        self
    }

    /// Keeps the code of the operation of a journal that failed, and whether it can succeed later.
    pub(crate) fn with_io_error(mut self, error: &io::Error) -> Self {
        use io::ErrorKind::{InvalidData, InvalidInput, NotFound, PermissionDenied, Unsupported};
        self.0.journal_failure = Some(JournalFailure {
            os_error: error.raw_os_error(),
            is_transient: !matches!(
                error.kind(),
                InvalidData | InvalidInput | NotFound | PermissionDenied | Unsupported
            ),
        });
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

    /// Removes the given secrets, and the values of secret fields in the response, from everything that a server may have
    /// repeated. Then shortens what can have any length, so that the error fits a log.
    pub(crate) fn scrubbed(mut self, secrets: &[&str]) -> Self {
        let inner = &mut *self.0;
        let mut all = secrets
            .iter()
            .map(|&secret| secret.to_owned())
            .collect::<Vec<_>>();
        all.extend(inner.details.iter().flat_map(secrets_in));
        all.extend(inner.raw.iter().flat_map(|raw| secrets_in_json(raw)));
        for secret in &all {
            let strings = [
                Some(&mut inner.message),
                inner.code.as_mut(),
                inner.request_id.as_mut(),
                inner.raw.as_mut(),
            ];
            for string in strings.into_iter().flatten() {
                scrub(string, secret);
            }
            if let Some(details) = &mut inner.details {
                scrub_value(details, secret);
            }
        }
        if let Some(raw) = &mut inner.raw {
            cut(raw, MAX_ERROR_BODY);
        }
        shorten(&mut inner.message, MAX_MESSAGE);
        for string in [inner.code.as_mut(), inner.request_id.as_mut()] {
            string
                .into_iter()
                .for_each(|string| shorten(string, MAX_ACTION));
        }
        self
    }
}

impl ErrorKind {
    fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Authentication,
            403 => Self::PermissionDenied,
            404 => Self::NotFound,
            409 => Self::Conflict,
            400 | 422 => Self::Validation,
            429 => Self::RateLimited,
            500..=599 => Self::Server,
            _ => Self::Api,
        }
    }
}

impl RequestOutcome {
    /// The outcome that a status implies. A 429 is documented as "not processed". After a 408 or any 5xx, the server may have
    /// processed a create.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            429 => Self::Rejected,
            408 | 500..=599 => Self::Unknown,
            _ => Self::Answered,
        }
    }
}
