//! When the next poll is due: pure, with the dice thrown by the caller.

use std::time::Duration;

use crate::error::Error;

/// The default timeout of a wait.
pub(crate) const DEADLINE: Duration = Duration::from_secs(300);

/// No pause is longer, so that no sum of times overflows.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Pauses that grow by half from `first` up to `longest`, each shortened by up to half at random, so that many waits
/// that began together do not poll together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Schedule {
    pause: Duration,
    longest: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            pause: Duration::from_millis(500),
            longest: Duration::from_secs(10),
        }
    }
}

impl Schedule {
    pub(super) fn new(first: Duration, longest: Duration) -> Result<Self, Error> {
        let refuse = |why: &str| Err(Error::invalid_input("wait for an install", why));
        if first < Duration::from_millis(10) {
            return refuse(
                "the first poll interval is below 10 ms, which would only run into the rate limit",
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

    /// The pause before the next poll, unshortened.
    pub(super) fn step(&self) -> Duration {
        self.pause
    }

    /// The shortest pause that can still come: no two polls that this schedule alone causes are closer.
    pub(super) fn shortest(&self) -> Duration {
        self.pause / 2
    }

    /// The pause before the next poll. `dice` is a number from 0 to 1.
    pub(super) fn next(&mut self, dice: f64) -> Duration {
        let pause = self.pause;
        self.pause = pause.saturating_add(pause / 2).min(self.longest);
        pause / 2 + (pause / 2).mul_f64(dice)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pauses_grow_by_half_up_to_the_longest() {
        let mut schedule = Schedule::default();
        let pauses: Vec<f64> = (0..10).map(|_| schedule.next(1.0).as_secs_f64()).collect();
        assert_eq!(pauses[..4], [0.5, 0.75, 1.125, 1.6875]);
        assert_eq!(pauses[8..], [10.0, 10.0]);
        assert_eq!(Schedule::default().next(0.0), Duration::from_millis(250));
    }

    #[test]
    fn useless_intervals_are_refused() {
        let second = Duration::from_secs(1);
        assert!(
            Schedule::new(Duration::ZERO, second)
                .unwrap_err()
                .to_string()
                .contains("below 10 ms")
        );
        assert!(
            Schedule::new(second, second / 2)
                .unwrap_err()
                .to_string()
                .contains("shorter")
        );
        assert!(Schedule::new(second, Duration::MAX).is_ok());
    }

    proptest! {
        #[test]
        fn a_pause_is_between_half_and_all_of_its_step(first in 10u64..100_000, more in 0u64..1_000_000, dice in 0.0f64..1.0, n in 0usize..60) {
            let (first, longest) = (Duration::from_millis(first), Duration::from_millis(first + more));
            let mut schedule = Schedule::new(first, longest).unwrap();
            let pause = (0..=n).map(|_| schedule.next(dice)).last().unwrap();
            prop_assert!(pause >= first / 2 && pause <= longest);
        }
    }
}
