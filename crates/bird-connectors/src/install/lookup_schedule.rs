//! When to look up a connector whose create has an unknown outcome. Pure.

use std::time::Duration;

/// The pause after the first lookup. Each pause is half as long again as the one before it.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long to repeat a lookup, and the pauses in between.
#[derive(Clone, Copy, Debug)]
pub(super) struct LookupSchedule {
    pub(super) span: Duration,
    pause: Duration,
}

impl LookupSchedule {
    /// Repeats the lookup until the window ends. In a short window the first pause is a tenth of it.
    pub(super) fn within(window: Duration) -> Self {
        Self {
            span: window,
            pause: FIRST_PAUSE.min(window / 10),
        }
    }

    /// Two lookups with one pause in between.
    pub(super) fn twice(window: Duration) -> Self {
        let schedule = Self::within(window);
        Self {
            span: schedule.pause,
            ..schedule
        }
    }

    /// The next pause.
    pub(super) fn next_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        pause
    }
}

#[cfg(test)]
mod tests;
