//! The arithmetic of the token bucket: when the next request may be sent. Pure: the caller passes the time.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

/// The pacing of one limit: a burst of a tenth of it, then four fifths of it per second, evenly spaced.
///
/// Together that is nine tenths of the limit in any second. The last tenth compensates for the network: a server counts
/// requests when they arrive, and a request on a new connection arrives later than one on an open connection. Delays of up
/// to an eighth of a second never exceed the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RatePacing {
    pub(super) interval: Duration,
    /// How far ahead of the even spacing a request may be.
    tolerance: Duration,
}

impl RatePacing {
    pub(super) fn of(limit: NonZeroU32) -> Self {
        let burst = (limit.get() / 10).max(1);
        let interval = Duration::from_millis(1250) / limit.get();
        Self {
            interval,
            tolerance: interval * (burst - 1),
        }
    }
}

/// The slots taken so far, as the time up to which evenly spaced slots are used.
#[derive(Clone, Copy, Debug)]
pub(super) struct TokenBucket(Instant);

impl TokenBucket {
    pub(super) fn full(now: Instant) -> Self {
        Self(now)
    }

    /// Time until the next slot; zero if one is free.
    pub(super) fn wait(self, now: Instant, pace: RatePacing) -> Duration {
        self.0
            .saturating_duration_since(now)
            .saturating_sub(pace.tolerance)
    }

    /// Takes a slot. The caller must have waited for it.
    pub(super) fn take(&mut self, now: Instant, pace: RatePacing) {
        self.0 = self.0.max(now) + pace.interval;
    }

    /// True if no taken slot has an effect any more.
    pub(super) fn is_full(self, now: Instant) -> bool {
        self.0 <= now
    }
}

#[cfg(test)]
mod tests;
