//! Why a delivery was rejected.

use std::fmt;
use std::time::Duration;

use super::names::{REQUEST_ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use crate::error::DocsAnchor;

/// Why a delivery was rejected. It does not contain the signing key or any part of the body.
///
/// The signature is checked first. So [`TimestampTooOld`](Self::TimestampTooOld),
/// [`TimestampInFuture`](Self::TimestampInFuture) and [`InvalidBody`](Self::InvalidBody) mean that the signature is valid.
///
/// ```
/// use bird_connectors::webhook::{Verifier, WebhookError};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = Verifier::new(["signing key"], ["https://hooks.example.com/bird"])?;
/// let headers = [("content-type", "application/json")];
/// let error = verifier.verify((&headers, b"{}")).unwrap_err();
/// assert!(matches!(error, WebhookError::MissingHeader { header: "messagebird-signature", .. }));
/// assert_eq!(error.reason(), "missing_header");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookError {
    /// A header is missing: the request is not a delivery, or a proxy removed the header.
    #[non_exhaustive]
    MissingHeader {
        /// The name, in lower case.
        header: &'static str,
    },
    /// A header has an invalid format, so no signing key can match.
    #[non_exhaustive]
    MalformedHeader {
        /// The name, in lower case.
        header: &'static str,
        /// Why its value is invalid.
        reason: &'static str,
    },
    /// The signature does not match for any pair of signing key and URL. [`HINTS`](Self::HINTS) lists the usual causes.
    SignatureMismatch,
    /// The signature is valid, but the delivery is older than [`max_age`](super::Verifier::max_age): it is a replay, or the
    /// receiver was unreachable for a long time.
    #[non_exhaustive]
    TimestampTooOld {
        /// The time by which it exceeds `max_age`.
        by: Duration,
    },
    /// The signature is valid, but the timestamp is further in the future than
    /// [`tolerance`](super::Verifier::tolerance) allows: the clock of the sender or of this machine is wrong.
    #[non_exhaustive]
    TimestampInFuture {
        /// The time by which it exceeds `tolerance`.
        by: Duration,
    },
    /// The signature is valid, but the body is not of the form `{"service": …, "event": …, "payload": {…}}`.
    #[non_exhaustive]
    InvalidBody {
        /// Why it is invalid, with line and column.
        reason: String,
    },
}

impl WebhookError {
    /// What to check if signatures do not match, the most frequent cause first.
    pub const HINTS: [&'static str; 3] = [
        "the URL must be the one that the subscription was registered with, including scheme, path and query, not the one that a server sees after a proxy",
        "the body must be the bytes as received, not JSON that was parsed and serialized again",
        "the key must be the signing key of this subscription, used as a plain string even if it looks like base64",
    ];

    /// The variant as a stable lower-case string: `missing_header`, `malformed_header`, `signature_mismatch`,
    /// `timestamp_too_old`, `timestamp_in_future` or `invalid_body`. Safe to return to the sender. It is also the anchor of the
    /// variant on the page `errors` of the documentation.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::MissingHeader { .. } => "missing_header",
            Self::MalformedHeader { .. } => "malformed_header",
            Self::SignatureMismatch => "signature_mismatch",
            Self::TimestampTooOld { .. } => "timestamp_too_old",
            Self::TimestampInFuture { .. } => "timestamp_in_future",
            Self::InvalidBody { .. } => "invalid_body",
        }
    }
}

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingHeader { header } => write!(
                f,
                "header {header} is missing: deliveries have {SIGNATURE_HEADER}, {TIMESTAMP_HEADER} and {REQUEST_ID_HEADER}; check that no proxy removes them"
            ),
            Self::MalformedHeader { header, reason } => {
                write!(f, "invalid header {header}: {reason}")
            }
            Self::SignatureMismatch => {
                let [url, body, key] = Self::HINTS;
                write!(
                    f,
                    "the signature does not match; check: {url}; {body}; {key}"
                )
            }
            Self::TimestampTooOld { by } => write!(
                f,
                "the signature is valid, but the delivery is {} beyond the maximum age: retries keep the timestamp of the first attempt for hours, so keep the maximum age above 8 hours",
                DisplayDuration(*by)
            ),
            Self::TimestampInFuture { by } => write!(
                f,
                "the signature is valid, but the timestamp is {} further in the future than the tolerance allows; check the clock of this machine",
                DisplayDuration(*by)
            ),
            Self::InvalidBody { reason } => {
                write!(f, "the signature is valid, but the body is not: {reason}")
            }
        }?;
        write!(f, "{}", DocsAnchor(self.reason()))
    }
}

impl std::error::Error for WebhookError {}

/// Displays a duration in its two largest units.
struct DisplayDuration(Duration);

impl fmt::Display for DisplayDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
            (0, 0, seconds) => write!(f, "{seconds} s"),
            (0, minutes, seconds) => write!(f, "{minutes} min {seconds} s"),
            (hours, minutes, _) => write!(f, "{hours} h {minutes} min"),
        }
    }
}

#[cfg(test)]
mod tests;
