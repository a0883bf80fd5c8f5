//! An event as an extractor of axum: feature `axum`.

use std::fmt;

use axum_core::body::Body;
use axum_core::extract::rejection::BytesRejection;
use axum_core::extract::{FromRef, FromRequest, Request};
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;

use super::{Event, Verifier, WebhookError};

/// Verifies a delivery with the [`Verifier`] that is the router's state or, with [`FromRef`], part of it.
///
/// ```no_run
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
/// To log why a delivery was refused, take `Result<Event, EventRejection>` instead.
impl<S> FromRequest<S> for Event
where
    Verifier: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = EventRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, EventRejection> {
        let verifier = Verifier::from_ref(state);
        let (parts, body) = request.into_parts();
        let headers = parts.headers.clone();
        // Whole, with the limit that the router sets.
        let body = Bytes::from_request(Request::<Body>::from_parts(parts, body), state)
            .await
            .map_err(EventRejection::Body)?;
        verifier
            .verify(&headers, &body, None)
            .map_err(EventRejection::Webhook)
    }
}

/// Why a request is no event. As a response it is 401 or 400 with one line of text, or what axum answers to a body that
/// it cannot read.
#[derive(Debug)]
#[non_exhaustive]
pub enum EventRejection {
    /// The body is too large, or was cut short.
    Body(BytesRejection),
    /// The delivery was refused.
    Webhook(WebhookError),
}

impl IntoResponse for EventRejection {
    fn into_response(self) -> Response {
        match self {
            Self::Body(rejection) => rejection.into_response(),
            // Verified: what is wrong is between friends.
            Self::Webhook(WebhookError::InvalidBody { reason }) => {
                (StatusCode::BAD_REQUEST, reason).into_response()
            }
            // To strangers the sort of error is enough.
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
