//! When the last poll of a wait starts, so that its answer arrives before the deadline. Pure: the caller passes the time.

use std::time::Duration;

use tokio::time::Instant;

use super::limits::LATE_POLL;

/// The last poll starts at least this long before the deadline.
pub(crate) const SHORTEST_LEAD: Duration = Duration::from_millis(250);

/// The last poll starts at most this long before the deadline, however slow the server is.
pub(crate) const LONGEST_LEAD: Duration = Duration::from_secs(5);

/// How long before its deadline a wait starts its last poll: twice as long as recent polls took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LastPollLead {
    /// How long polls took. A slow poll counts for several of the following ones.
    duration: Duration,
}

impl LastPollLead {
    /// Takes the duration of a poll.
    pub(crate) fn note(&mut self, duration: Duration) {
        self.duration = duration.max(self.duration / 2);
    }

    /// The time between the start of the last poll and the deadline.
    pub(crate) fn get(&self) -> Duration {
        self.duration
            .saturating_mul(2)
            .clamp(SHORTEST_LEAD, LONGEST_LEAD)
    }

    /// When the next poll of a wait starts, given when it would be due without a deadline. `None` if the last poll is over,
    /// and a further one would probably be cut off.
    pub(crate) fn next_poll(
        &self,
        now: Instant,
        due: Instant,
        deadline: Instant,
    ) -> Option<Instant> {
        let last = deadline.checked_sub(self.get()).unwrap_or(now);
        if now < last {
            return Some(due.min(last));
        }
        let needed = self.duration.min(SHORTEST_LEAD);
        let end = due.checked_add(needed)?;
        (due < deadline && end <= deadline).then_some(due)
    }
}

/// When a poll that begins at this time is cut off: at the deadline, unless that has passed.
pub(crate) fn end_of_last_poll(deadline: Instant, began: Instant) -> Instant {
    if deadline <= began {
        began + LATE_POLL
    } else {
        deadline
    }
}

#[cfg(test)]
mod tests;
