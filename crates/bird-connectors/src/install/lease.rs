//! The lease of a claim, seen by its holder: when to renew it, and whether a create may still be sent. Pure: the caller passes
//! the time.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::clock;

/// One time on two clocks. A monotonic clock can stand still while the machine sleeps, and the wall clock can be set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) monotonic: Instant,
    pub(super) wall: DateTime<Utc>,
}

impl Moment {
    pub(super) fn now() -> Self {
        let (monotonic, wall) = clock::moment();
        Self { monotonic, wall }
    }

    /// The larger of the times that have passed on both clocks.
    fn elapsed_since(self, earlier: Self) -> Duration {
        let monotonic = self.monotonic.saturating_duration_since(earlier.monotonic);
        let wall = (self.wall - earlier.wall).to_std().unwrap_or_default();
        monotonic.max(wall)
    }
}

/// A lease that started at the latest when the store was asked for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lease {
    length: Duration,
    asked: Moment,
}

impl Lease {
    pub(super) fn new(length: Duration, asked: Moment) -> Self {
        Self { length, asked }
    }

    /// Starts the lease again.
    pub(super) fn restart(&mut self, asked: Moment) {
        self.asked = asked;
    }

    /// Whether so little of the lease has passed that a request can be sent without asking the store. The other half is for
    /// clocks that run at different speeds, and for the way to the network.
    pub(super) fn is_fresh(&self, now: Moment) -> bool {
        now.elapsed_since(self.asked) < self.length / 2
    }

    /// When to renew the lease: after a third of it. The caller sleeps until then by the monotonic clock, so that this clock
    /// decides, and a simulation in paused time does not depend on the machine.
    pub(super) fn renew_in(&self, now: Moment) -> Duration {
        let elapsed = now
            .monotonic
            .saturating_duration_since(self.asked.monotonic);
        (self.length / 3).saturating_sub(elapsed)
    }

    /// The pause after a renewal that failed.
    pub(super) fn retry_pause(&self) -> Duration {
        (self.length / 10).max(Duration::from_millis(10))
    }
}

#[cfg(test)]
mod tests;
