//! The pauses between the polls of a wait for one install. Pure: the caller passes the random value.

use std::time::Duration;

use super::limits::check_interval;
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
        check_interval("wait for an install", first, longest)?;
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
mod tests;
