//! How often a bulk wait polls. Pure: the caller passes the random value.

use std::time::Duration;

use crate::error::Error;

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
        let refuse = |why: &str| Err(Error::invalid_input("wait for installs", why));
        if first < Duration::from_millis(10) {
            return refuse("the first interval is below 10 ms, which would exceed the rate limit");
        }
        if longest < first {
            return refuse("the longest interval is shorter than the first");
        }
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pause_grows_without_changes_and_with_requests() {
        let pacing = PollPacing::default();
        let pause = |seconds: u64| {
            pacing
                .pause(Duration::from_secs(seconds), 1, 1.0)
                .as_millis()
        };
        assert_eq!(
            [0, 30, 36, 60, 200, 999].map(pause),
            [1800, 1800, 1800, 3000, 10_000, 10_000]
        );
        assert_eq!(pacing.pause(Duration::ZERO, 1, 0.0).as_millis(), 1620);
        // More requests per round lengthen the pause.
        assert_eq!(pacing.pause(Duration::ZERO, 100, 1.0).as_millis(), 5000);
    }

    #[test]
    fn new_refuses_too_short_and_reversed_intervals() {
        let second = Duration::from_secs(1);
        let refused = |first, longest| PollPacing::new(first, longest).unwrap_err().to_string();
        assert!(refused(Duration::from_millis(9), second).contains("below 10 ms"));
        assert!(refused(second, second / 2).contains("shorter than the first"));
        assert!(PollPacing::new(second, second).is_ok());
    }

    proptest! {
        #[test]
        fn pause_is_within_its_bounds(
            first in 10_u64..u64::MAX,
            more in any::<u64>(),
            unchanged in any::<u64>(),
            requests in any::<u32>(),
            random in 0.0_f64..1.0,
        ) {
            let first = Duration::from_millis(first);
            let longest = first.saturating_add(Duration::from_millis(more));
            let pacing = PollPacing::new(first, longest).unwrap();
            let pause = pacing.pause(Duration::from_millis(unchanged), requests, random);
            prop_assert!(pause >= first - first / 10 && pause <= longest.max(PER_REQUEST.saturating_mul(requests)));
        }
    }
}
