//! How often a bulk wait polls. Pure: the caller passes the random value.

use std::time::Duration;

use crate::error::Error;
use crate::wait::limits::check_interval;

/// The minimum time per request: a bulk wait sends at most 20 requests a second, less than half of what the API allows.
const PER_REQUEST: Duration = Duration::from_millis(50);

/// The pauses between rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PollPacing {
    first: Duration,
    longest: Duration,
}

impl Default for PollPacing {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(1800),
            longest: Duration::from_secs(10),
        }
    }
}

impl PollPacing {
    pub(super) fn new(first: Duration, longest: Duration) -> Result<Self, Error> {
        check_interval("wait for installs", first, longest)?;
        Ok(Self { first, longest })
    }

    /// The shortest time from the end of a round to the next one, and between two observations for them to count as two.
    pub(super) fn min_spacing(&self) -> Duration {
        self.first / 2
    }

    /// The first interval, and the interval at which events can trigger rounds.
    pub(super) fn first(&self) -> Duration {
        self.first
    }

    /// The time from the beginning of a round to the beginning of the next one, given the time since the last change and
    /// the number of requests of the round. It is the first interval while things change, and later a twentieth of the
    /// time without a change. `random`, in `0..=1`, shortens it by up to a tenth, so that processes that began at the
    /// same time drift apart.
    pub(super) fn pause(&self, unchanged: Duration, requests: u32, random: f64) -> Duration {
        let pause = (unchanged / 20).clamp(self.first, self.longest);
        let pause = pause - (pause / 10).mul_f64(1.0 - random);
        pause.max(PER_REQUEST.saturating_mul(requests))
    }

    /// The pause between two individual polls of an install that has been waited for this long.
    pub(super) fn between_individual_polls(&self, waited: Duration) -> Duration {
        (waited / 10).clamp(self.first / 2, self.longest)
    }
}

#[cfg(test)]
mod tests;
