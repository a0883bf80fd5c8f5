//! The requests of one class that arrive for one workspace: how many in each second, and which exceed the limit. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// The arrivals of the last second.
    arrived: VecDeque<Instant>,
    /// Those that were not rejected.
    accepted: VecDeque<Instant>,
    pub(crate) total: u64,
    pub(crate) rejected: u64,
    /// The most arrivals in any second.
    pub(crate) peak: usize,
}

impl Traffic {
    /// Counts an arrival. Returns `false` if the limit of this moment is exceeded.
    pub(crate) fn arrive(&mut self, now: Instant, limit: usize) -> bool {
        for window in [&mut self.arrived, &mut self.accepted] {
            while window.front().is_some_and(|first| now - *first >= SECOND) {
                window.pop_front();
            }
        }
        self.arrived.push_back(now);
        self.total += 1;
        self.peak = self.peak.max(self.arrived.len());
        let is_accepted = self.accepted.len() < limit;
        if is_accepted {
            self.accepted.push_back(now);
        } else {
            self.rejected += 1;
        }
        is_accepted
    }
}

/// The most events in any second, where seconds begin at whole numbers.
#[derive(Debug, Default)]
pub(crate) struct PeakMeter {
    second: u64,
    events: u64,
    pub(crate) peak: u64,
}

impl PeakMeter {
    pub(crate) fn count(&mut self, since_start: Duration) {
        if since_start.as_secs() != self.second {
            (self.second, self.events) = (since_start.as_secs(), 0);
        }
        self.events += 1;
        self.peak = self.peak.max(self.events);
    }
}

#[cfg(test)]
mod tests;
