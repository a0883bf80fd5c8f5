//! The pauses between the polls of a wait for one install. Pure: the caller passes the random value.

use std::time::Duration;

use crate::error::Error;

/// Pauses that grow by half from `first` up to `longest`. Each is shortened by up to half at random, so that waits that
/// began at the same time do not poll at the same time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PollSchedule {
    pause: Duration,
    longest: Duration,
}

impl Default for PollSchedule {
    fn default() -> Self {
        Self {
            pause: Duration::from_millis(500),
            longest: Duration::from_secs(10),
        }
    }
}

impl PollSchedule {
    pub(super) fn new(first: Duration, longest: Duration) -> Result<Self, Error> {
        let refuse = |why: &str| Err(Error::invalid_input("wait for an install", why));
        if first < Duration::from_millis(10) {
            return refuse(
                "the first poll interval is below 10 ms, which would exceed the rate limit",
            );
        }
        if longest < first {
            return refuse("the longest poll interval is shorter than the first");
        }
        Ok(Self {
            pause: first,
            longest,
        })
    }

    /// The pause before the next poll, without the random reduction.
    pub(super) fn next_pause(&self) -> Duration {
        self.pause
    }

    /// The shortest pause from now on. Polls are closer only if events trigger them.
    pub(super) fn min_spacing(&self) -> Duration {
        self.pause / 2
    }

    /// The pause before the next poll. `random` is in `0..=1`.
    pub(super) fn next(&mut self, random: f64) -> Duration {
        let pause = self.pause;
        self.pause = pause.saturating_add(pause / 2).min(self.longest);
        pause / 2 + (pause / 2).mul_f64(random)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pauses_grow_by_half_up_to_the_longest() {
        let mut schedule = PollSchedule::default();
        let pauses: Vec<f64> = (0..10).map(|_| schedule.next(1.0).as_secs_f64()).collect();
        assert_eq!(pauses[..4], [0.5, 0.75, 1.125, 1.6875]);
        assert_eq!(pauses[8..], [10.0, 10.0]);
        assert_eq!(
            PollSchedule::default().next(0.0),
            Duration::from_millis(250)
        );
    }

    #[test]
    fn new_refuses_too_short_and_reversed_intervals() {
        let second = Duration::from_secs(1);
        assert!(
            PollSchedule::new(Duration::ZERO, second)
                .unwrap_err()
                .to_string()
                .contains("below 10 ms")
        );
        assert!(
            PollSchedule::new(second, second / 2)
                .unwrap_err()
                .to_string()
                .contains("shorter")
        );
        assert!(PollSchedule::new(second, Duration::MAX).is_ok());
    }

    proptest! {
        #[test]
        fn pause_is_between_half_of_the_first_and_the_longest(first in 10u64..100_000, more in 0u64..1_000_000, random in 0.0f64..1.0, n in 0usize..60) {
            let (first, longest) = (Duration::from_millis(first), Duration::from_millis(first + more));
            let mut schedule = PollSchedule::new(first, longest).unwrap();
            let pause = (0..=n).map(|_| schedule.next(random)).last().unwrap();
            prop_assert!(pause >= first / 2 && pause <= longest);
        }
    }
}
