//! The bounds of the pauses between attempts.

use std::time::Duration;

use crate::error::Error;

/// The pause before retry `n` is a random value between zero and `initial` times 2^(n-1), at most `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backoff {
    pub(crate) initial: Duration,
    pub(crate) max: Duration,
}

impl Backoff {
    pub(crate) const DEFAULT: Self = Self {
        initial: Duration::from_millis(500),
        max: Duration::from_secs(8),
    };

    pub(crate) fn check(self) -> Result<Self, Error> {
        if self.initial.is_zero() {
            return Err(Error::configuration(
                "invalid retry_backoff: the initial pause is zero, so retries would follow each other without a pause; set \
                 max_attempts to 1 to turn retries off",
            ));
        }
        if self.max < self.initial {
            return Err(Error::configuration(format!(
                "invalid retry_backoff: the maximum pause ({:?}) is shorter than the initial pause ({:?})",
                self.max, self.initial
            )));
        }
        Ok(self)
    }

    /// The upper bound of the pause after this many attempts.
    pub(crate) fn limit(self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(31);
        self.initial.saturating_mul(1 << doublings).min(self.max)
    }
}
