//! One attempt: send, and read the whole body under the cap. What went wrong is told in terms of what the server may
//! have seen.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};

use crate::error::{Outcome, cause_of};

/// A whole answer, whatever its status.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// No whole answer.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) outcome: Outcome,
    pub(crate) timeout: bool,
    /// Another try cannot come out otherwise.
    pub(crate) permanent: bool,
    pub(crate) message: String,
    /// The status, where the head of an answer came.
    pub(crate) status: Option<StatusCode>,
    /// Never with a URL.
    pub(crate) source: Option<reqwest::Error>,
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
    let expected = headers
        .get(http::header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok())
        .unwrap_or(0);
    if expected > max_body {
        return Err(too_large(status, max_body));
    }
    // The first chunk is often the whole body: nothing is copied then.
    let Some(first) = response
        .chunk()
        .await
        .map_err(|error| while_reading(status, error))?
    else {
        return Ok(Reply {
            status,
            headers,
            body: Bytes::new(),
        });
    };
    let Some(second) = response
        .chunk()
        .await
        .map_err(|error| while_reading(status, error))?
    else {
        return if first.len() > max_body {
            Err(too_large(status, max_body))
        } else {
            Ok(Reply {
                status,
                headers,
                body: first,
            })
        };
    };
    let mut body = BytesMut::with_capacity(expected.max(first.len() + second.len()));
    body.extend_from_slice(&first);
    body.extend_from_slice(&second);
    while body.len() <= max_body {
        match response
            .chunk()
            .await
            .map_err(|error| while_reading(status, error))?
        {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => {
                return Ok(Reply {
                    status,
                    headers,
                    body: body.freeze(),
                });
            }
        }
    }
    Err(too_large(status, max_body))
}

impl Failure {
    /// The attempt's time, or the call's, is up.
    pub(crate) fn timed_out(message: String) -> Self {
        Self {
            outcome: Outcome::Unknown,
            timeout: true,
            permanent: false,
            message,
            status: None,
            source: None,
        }
    }
}

/// Up to the head of the answer. Only what failed before the connection stood was certainly not sent.
fn while_sending(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let before_connection = error.is_connect() || error.is_builder();
    let certificate = is_certificate_error(&error);
    let timeout = error.is_timeout();
    let cause = cause_of(&error);
    let message = match (before_connection, timeout) {
        (true, true) => format!("no connection in time: {cause}"),
        (true, false) if certificate => {
            format!("the server's certificate is not accepted: {cause}")
        }
        (true, false) => format!("no connection: {cause}"),
        (false, _) => format!("the connection broke before an answer came: {cause}"),
    };
    Failure {
        outcome: if before_connection {
            Outcome::NotSent
        } else {
            Outcome::Unknown
        },
        timeout,
        permanent: certificate || error.is_builder(),
        message,
        status: None,
        source: Some(error),
    }
}

fn while_reading(status: StatusCode, error: reqwest::Error) -> Failure {
    let error = error.without_url();
    Failure {
        outcome: Outcome::Unknown,
        timeout: error.is_timeout(),
        permanent: false,
        message: format!("the answer was cut off: {}", cause_of(&error)),
        status: Some(status),
        source: Some(error),
    }
}

fn too_large(status: StatusCode, max_body: usize) -> Failure {
    Failure {
        outcome: if status.is_success() {
            Outcome::Answered
        } else {
            crate::error::outcome_of(status)
        },
        timeout: false,
        permanent: true,
        message: format!("the answer is larger than {max_body} bytes and was not read"),
        status: Some(status),
        source: None,
    }
}

/// A certificate that is refused now is refused in half a second, too.
fn is_certificate_error(error: &reqwest::Error) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = next {
        let inner = current
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        let tls = current
            .downcast_ref::<rustls::Error>()
            .or_else(|| inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()));
        if let Some(tls) = tls {
            return matches!(tls, rustls::Error::InvalidCertificate(_));
        }
        next = current.source();
    }
    false
}
