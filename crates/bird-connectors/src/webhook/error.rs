//! Why a delivery was refused.

use std::fmt;
use std::time::Duration;

use super::names::{REQUEST_ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};

/// Why a delivery was refused. No key is in it, and nothing of the body.
///
/// Only [`TooOld`](Self::TooOld), [`FromTheFuture`](Self::FromTheFuture) and [`InvalidBody`](Self::InvalidBody) are
/// about deliveries with a right signature: it is checked before anything else is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookError {
    /// A header is not there: the request is no delivery, or something on the way took the header out.
    #[non_exhaustive]
    MissingHeader {
        /// The name, in lower case.
        header: &'static str,
    },
    /// A header cannot be what it should be, whatever the key.
    #[non_exhaustive]
    MalformedSignature {
        /// The name, in lower case.
        header: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No signing key makes this signature for any URL. [`HINTS`](Self::HINTS) lists the usual reasons.
    SignatureMismatch,
    /// The signature is right, and older than `max_age`: a replay, or a receiver that was down for long.
    #[non_exhaustive]
    TooOld {
        /// By how much it is beyond `max_age`.
        by: Duration,
    },
    /// The signature is right, and its time lies further ahead than `tolerance`: one of the two clocks is wrong.
    #[non_exhaustive]
    FromTheFuture {
        /// By how much it is beyond `tolerance`.
        by: Duration,
    },
    /// The signature is right, and the body is not `{"service": …, "event": …, "payload": {…}}`.
    #[non_exhaustive]
    InvalidBody {
        /// What is wrong with it, and where.
        reason: String,
    },
}

impl WebhookError {
    /// What to look at when signatures do not match, the most frequent reason first.
    pub const HINTS: [&'static str; 3] = [
        "the URL has to be the one that the subscription was registered with, scheme, path and query included, and not what a server behind a proxy sees",
        "the body has to be the bytes as they came, not JSON that was read and written again",
        "the key has to be the signing key of this very subscription, as text, even where it looks like base64",
    ];

    /// The sort of error as one stable lower-case word: `missing_header`, `malformed_signature`,
    /// `signature_mismatch`, `too_old`, `from_the_future` or `invalid_body`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::MissingHeader { .. } => "missing_header",
            Self::MalformedSignature { .. } => "malformed_signature",
            Self::SignatureMismatch => "signature_mismatch",
            Self::TooOld { .. } => "too_old",
            Self::FromTheFuture { .. } => "from_the_future",
            Self::InvalidBody { .. } => "invalid_body",
        }
    }
}

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader { header } => write!(
                f,
                "the header {header} is missing; deliveries carry {SIGNATURE_HEADER}, {TIMESTAMP_HEADER} and {REQUEST_ID_HEADER}, and a proxy may have taken it out"
            ),
            Self::MalformedSignature { header, reason } => {
                write!(f, "the header {header} cannot be right: {reason}")
            }
            Self::SignatureMismatch => {
                let [url, body, key] = Self::HINTS;
                write!(
                    f,
                    "the signature does not match. Check: {url}; {body}; {key}"
                )
            }
            Self::TooOld { by } => write!(
                f,
                "the signature is right, but {} beyond the maximum age; retries keep the time of their first attempt for hours",
                span(*by)
            ),
            Self::FromTheFuture { by } => write!(
                f,
                "the signature is right, but its time lies {} further ahead than is tolerated; check the clock of this machine",
                span(*by)
            ),
            Self::InvalidBody { reason } => {
                write!(
                    f,
                    "the signature is right, but the body cannot be read: {reason}"
                )
            }
        }
    }
}

impl std::error::Error for WebhookError {}

/// A span of time in the two units that matter.
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
