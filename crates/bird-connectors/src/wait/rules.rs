//! What the caller asked for: the condition, the words that mean failure, and how often one must be seen.

use std::time::Duration;

use super::condition::Condition;

/// How many times running something must be seen before it is believed. Polls that brought no answer to the question
/// do not count either way.
const RUNNING: u8 = 2;

/// When something was asked for and when the answer came, both counted from the beginning of the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) asked: Duration,
    pub(crate) came: Duration,
}

/// Statuses that count as a failed install where the caller does not say otherwise. How a failed install shows is
/// not documented; `inactive` and `preview` are no failures.
const FAILURE_STATUSES: [&str; 6] = [
    "failed",
    "error",
    "rejected",
    "suspended",
    "deleted",
    "cancelled",
];

#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) condition: Condition,
    pub(crate) failure_statuses: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            condition: Condition::active(),
            failure_statuses: FAILURE_STATUSES.map(str::to_owned).to_vec(),
        }
    }
}

impl Rules {
    fn is_failure(&self, status: &str) -> bool {
        let status = status.to_lowercase();
        self.failure_statuses
            .iter()
            .any(|word| word.to_lowercase() == status)
    }
}

/// How many times running something was seen, where the times are far enough apart: events can make polls follow each
/// other at once, and what lasts only a moment must not be taken for what lasts.
#[derive(Debug, Default)]
pub(crate) struct Sightings {
    times: u8,
    /// When the last one that counts was seen.
    last: Duration,
}

impl Sightings {
    /// One more. It counts where it was asked for this long after the last one that does.
    pub(crate) fn count(&mut self, seen: Moment, apart: Duration) {
        if self.times == 0 || seen.asked.saturating_sub(self.last) >= apart {
            self.times = self.times.saturating_add(1);
            self.last = seen.came;
        }
    }

    pub(crate) fn are_one(&self) -> bool {
        self.times == 1
    }

    pub(crate) fn are_enough(&self) -> bool {
        self.times >= RUNNING
    }
}

/// How many times running a source has shown a failure.
#[derive(Debug, Default)]
pub(crate) struct Streak {
    sightings: Sightings,
    status: String,
}

impl Streak {
    pub(crate) fn count(
        &mut self,
        status: Option<&str>,
        rules: &Rules,
        seen: Moment,
        apart: Duration,
    ) {
        match status {
            Some(status) if rules.is_failure(status) => {
                self.sightings.count(seen, apart);
                status.clone_into(&mut self.status);
            }
            _ => *self = Self::default(),
        }
    }

    pub(crate) fn is_one(&self) -> bool {
        self.sightings.are_one()
    }

    /// The failure, once it has been seen often enough.
    pub(crate) fn believed(&self) -> Option<&str> {
        self.sightings.are_enough().then_some(self.status.as_str())
    }
}
