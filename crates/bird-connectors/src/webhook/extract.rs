//! [`Event`] as an axum extractor: feature `axum`.

use std::fmt;

use axum_core::body::Body;
use axum_core::extract::rejection::BytesRejection;
use axum_core::extract::{FromRef, FromRequest, Request};
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;

use super::{Event, Verifier, WebhookError};

/// Verifies a delivery with the [`Verifier`] in the state of the router. The state is the verifier, or contains it and
/// implements [`FromRef`]. A request that is not a valid delivery never reaches the handler.
///
/// ```
/// use axum::{Router, http::StatusCode, routing::post};
/// use bird_connectors::webhook::{Event, Verifier};
///
/// async fn receive(event: Event) -> StatusCode {
///     println!("{} {}", event.service, event.event);
///     StatusCode::NO_CONTENT
/// }
///
/// # fn main() -> Result<(), bird_connectors::Error> {
/// let verifier = Verifier::new(["signing key"], ["https://hooks.example.com/bird"])?;
/// let app: Router = Router::new().route("/bird", post(receive)).with_state(verifier);
/// # Ok(())
/// # }
/// ```
///
/// Take `Result<Event, EventRejection>` instead to log why a delivery was rejected.
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
impl<S> FromRequest<S> for Event
where
    Verifier: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = EventRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, EventRejection> {
        let verifier = Verifier::from_ref(state);
        let (mut parts, body) = request.into_parts();
        // Reading the body needs no headers.
        let headers = std::mem::take(&mut parts.headers);
        // Reads the whole body, within the body limit of the router.
        let body = Bytes::from_request(Request::<Body>::from_parts(parts, body), state)
            .await
            .map_err(EventRejection::Body)?;
        verifier
            .verify((&headers, &body))
            .map_err(EventRejection::Webhook)
    }
}

/// Why the extractor rejected a request.
///
/// As a response it is 401 with the [reason](WebhookError::reason), or 400 with a description if the signature is valid
/// but the body is not. If the body cannot be read, it is axum's response: 413 if the body is too large, otherwise 400.
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
#[derive(Debug)]
#[non_exhaustive]
pub enum EventRejection {
    /// The body is too large or incomplete.
    Body(BytesRejection),
    /// The delivery did not pass verification.
    Webhook(WebhookError),
}

impl IntoResponse for EventRejection {
    fn into_response(self) -> Response {
        match self {
            Self::Body(rejection) => rejection.into_response(),
            // The sender has the signing key, so it may see the details.
            Self::Webhook(WebhookError::InvalidBody { reason }) => {
                (StatusCode::BAD_REQUEST, reason).into_response()
            }
            // The sender is not authenticated, so it gets no details.
            Self::Webhook(error) => (StatusCode::UNAUTHORIZED, error.reason()).into_response(),
        }
    }
}

impl fmt::Display for EventRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(rejection) => rejection.fmt(f),
            Self::Webhook(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for EventRejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Body(rejection) => Some(rejection),
            Self::Webhook(error) => Some(error),
        }
    }
}
