//! The time limit of a command that searches and waits.

use std::time::Duration;

use tokio::time::Instant;

/// The time that a command has for its searches and waits together.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeLimit {
    start: Instant,
    pub(super) timeout: Duration,
}

impl TimeLimit {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            start: Instant::now(),
            timeout,
        }
    }

    /// Zero once the time is over: a wait then makes one poll.
    pub(super) fn remaining(&self) -> Duration {
        self.timeout.saturating_sub(self.start.elapsed())
    }
}
