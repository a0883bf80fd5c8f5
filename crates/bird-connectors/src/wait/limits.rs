//! The time limits of a wait.

use std::time::Duration;

use crate::error::{Error, ErrorKind, RequestOutcome};

/// The default timeout.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

/// A poll that starts when the deadline has passed is cut off after this. That happens with a timeout of zero, which asks for
/// one poll, and if the caller reads the progress or the results too late.
pub(crate) const LATE_POLL: Duration = Duration::from_secs(2);

/// The longest pause, so that no sum of times overflows.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(365 * 24 * 3600);

/// The shortest first interval between two polls.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);

/// Checks the first and the longest interval between two polls.
pub(crate) fn check_interval(
    action: &'static str,
    first: Duration,
    longest: Duration,
) -> Result<(), Error> {
    let message = if first < SHORTEST_INTERVAL {
        "invalid `interval`: the first interval is below 10 ms, which would exceed the rate limit"
    } else if longest < first {
        "invalid `interval`: the longest interval is shorter than the first"
    } else {
        return Ok(());
    };
    Err(Error::invalid_input(action, message))
}

/// The error of a poll that was cut off.
pub(crate) fn cut_off() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "poll an install",
        "cut off because it was still running when the timeout of the wait expired",
    )
    .with_outcome(RequestOutcome::Unknown)
    .with_attempts(1)
}
