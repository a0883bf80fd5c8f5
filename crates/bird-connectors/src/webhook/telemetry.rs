//! The span and the events of a verification.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::field::Empty;
use tracing::{debug, info, info_span};

use super::{Event, WebhookError};
use crate::telemetry::{WEBHOOK, record_error};

/// Verifies a delivery within its span, and reports the result.
pub(super) fn in_span(
    now: DateTime<Utc>,
    verify: impl FnOnce() -> Result<Event, WebhookError>,
) -> Result<Event, WebhookError> {
    let span = info_span!(
        target: WEBHOOK,
        "verify",
        bird.lag = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    );
    span.in_scope(|| {
        let result = verify();
        match &result {
            Ok(event) => {
                let lag = lag(event.timestamp, now).as_secs_f64();
                span.record("bird.lag", lag);
                debug!(target: WEBHOOK, { bird.lag = lag }, "delivery verified");
            }
            Err(error) => {
                record_error(&span, error.reason());
                info!(target: WEBHOOK, { error.type = error.reason() }, "delivery refused");
            }
        }
        result
    })
}

/// The time since the first attempt of a delivery. Zero if the clock of the sender is ahead.
fn lag(timestamp: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (now - timestamp).to_std().unwrap_or_default()
}
