//! The time limits of a wait.

use std::time::Duration;

use crate::error::{Error, ErrorKind, RequestOutcome};

/// The default timeout.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

/// The last poll starts when the timeout expires, and is cut off after this.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// The longest pause, so that no sum of times overflows.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(365 * 24 * 3600);

/// The error of a poll that was cut off.
pub(crate) fn cut_off() -> Error {
    let message = format!(
        "cut off because it was still running {} s after the timeout",
        GRACE.as_secs()
    );
    Error::new(ErrorKind::Timeout, "poll an install", message)
        .with_outcome(RequestOutcome::Unknown)
        .with_attempts(1)
}
