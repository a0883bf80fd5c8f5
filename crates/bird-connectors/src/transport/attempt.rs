//! One attempt: send, and read the whole body under the cap. What went wrong is told in terms of what the server may
//! have seen.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};

use super::rate::TooLate;
use crate::error::{Kind, Outcome, cause_of};

/// A whole answer, whatever its status.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// No whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) outcome: Outcome,
    /// Another try cannot come out otherwise.
    pub(crate) permanent: bool,
    pub(crate) message: String,
    /// The status, where the head of an answer came.
    pub(crate) status: Option<StatusCode>,
    /// After which time another try is worth it.
    pub(crate) retry_after: Option<Duration>,
}

/// Sends once. Cancel-safe: dropping the future closes or resets the connection's request.
pub(crate) async fn attempt(
    http: &reqwest::Client,
    request: reqwest::Request,
    max_body: usize,
) -> Result<Reply, Failure> {
    let mut response = http.execute(request).await.map_err(while_sending)?;
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    // Unknown where the body is compressed.
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
            // What is wrong stands at the beginning of an error answer, if anywhere.
            Ok(_) => {
                return Ok(Reply {
                    status,
                    headers,
                    body: body.into_bytes(),
                });
            }
            Err(error) => return Err(while_reading(status, error)),
        }
    }
}

/// What has come of a body. A small one comes in one piece, which is kept as it is.
#[derive(Default)]
struct Body {
    /// What came before the last piece.
    before: BytesMut,
    last: Bytes,
}

impl Body {
    fn len(&self) -> usize {
        self.before.len() + self.last.len()
    }

    /// Adds a piece of a body of the length that was told.
    fn push(&mut self, piece: Bytes, expected: usize) {
        if !self.last.is_empty() {
            self.before
                .reserve(expected.saturating_sub(self.before.len()));
            self.before.extend_from_slice(&self.last);
        }
        self.last = piece;
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
    /// There is something about the request itself.
    pub(crate) fn unsendable(why: &str) -> Self {
        Self {
            kind: Kind::InvalidInput,
            outcome: Outcome::NotSent,
            permanent: true,
            message: format!("the request cannot be sent: {why}"),
            status: None,
            retry_after: None,
        }
    }

    /// There is no turn within the call's time.
    pub(crate) fn no_turn(late: TooLate, total: Duration) -> Self {
        let why = if late.paused {
            "the API has answered 429 and asked for a pause"
        } else {
            "too many requests of this process wait for this workspace"
        };
        // Whole milliseconds: the rest is noise.
        let after =
            Duration::from_millis(u64::try_from(late.after.as_millis()).unwrap_or(u64::MAX));
        Self {
            kind: Kind::RateLimited,
            outcome: Outcome::NotSent,
            permanent: true,
            message: format!(
                "not sent, to keep the rate limit: {why}, and a turn comes in {after:?} at the earliest, which does not \
                 fit the call's time of {total:?}"
            ),
            status: None,
            retry_after: Some(late.after),
        }
    }

    /// The attempt's time, or the call's, is up.
    pub(crate) fn timed_out(message: String) -> Self {
        Self {
            kind: Kind::Timeout,
            outcome: Outcome::Unknown,
            permanent: false,
            message,
            status: None,
            retry_after: None,
        }
    }
}

/// Up to the head of the answer. Only what failed before the connection stood was certainly not sent.
fn while_sending(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let cause = cause_of(&error);
    if error.is_builder() {
        return Failure::unsendable(&cause);
    }
    let certificate = is_certificate_error(&error);
    let (outcome, message) = match (error.is_connect(), error.is_timeout()) {
        (true, _) if certificate => (
            Outcome::NotSent,
            format!(
                "no connection: the server's certificate is not accepted: {cause}; check the base URL and this \
                 machine's clock, and name an authority of your own in SSL_CERT_FILE"
            ),
        ),
        (true, true) => (Outcome::NotSent, "no connection in time".to_owned()),
        (true, false) => (Outcome::NotSent, format!("no connection: {cause}")),
        (false, _) => (
            Outcome::Unknown,
            format!("the connection broke before an answer came: {cause}"),
        ),
    };
    Failure {
        kind: kind_of(&error),
        outcome,
        permanent: certificate,
        message,
        status: None,
        retry_after: None,
    }
}

fn while_reading(status: StatusCode, error: reqwest::Error) -> Failure {
    let error = error.without_url();
    Failure {
        kind: kind_of(&error),
        outcome: Outcome::Unknown,
        permanent: false,
        message: format!(
            "the answer could not be read to its end: {}",
            cause_of(&error)
        ),
        status: Some(status),
        retry_after: None,
    }
}

fn kind_of(error: &reqwest::Error) -> Kind {
    if error.is_timeout() {
        Kind::Timeout
    } else {
        Kind::Transport
    }
}

/// It was dealt with, and the next answer would be as large.
fn too_large(status: StatusCode, max_body: usize) -> Failure {
    Failure {
        kind: Kind::Decode,
        outcome: Outcome::Answered,
        permanent: true,
        message: format!(
            "the request succeeded, but its answer is larger than {max_body} bytes and was not read"
        ),
        status: Some(status),
        retry_after: None,
    }
}

/// A certificate that is refused now is refused in half a second, too.
fn is_certificate_error(error: &(dyn StdError + 'static)) -> bool {
    if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return true;
    }
    // An I/O error names what it wraps not as its source but as its inner error.
    let inner = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    inner.is_some_and(|inner| is_certificate_error(inner))
        || error.source().is_some_and(is_certificate_error)
}
