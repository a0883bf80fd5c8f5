//! What the caller asked for: the condition, the words that mean failure, and how often one must be seen.

use super::condition::Condition;

/// How many times running something must be seen before it is believed. Polls that brought no answer to the question
/// do not count either way.
pub(super) const RUNNING: u8 = 2;

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
pub(super) struct Rules {
    pub(super) condition: Condition,
    pub(super) failure_statuses: Vec<String>,
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

/// How many times running a source has shown a failure.
#[derive(Debug, Default)]
pub(super) struct Streak {
    times: u8,
    status: String,
}

impl Streak {
    pub(super) fn count(&mut self, status: Option<&str>, rules: &Rules) {
        *self = match status {
            Some(status) if rules.is_failure(status) => Self {
                times: self.times.saturating_add(1),
                status: status.to_owned(),
            },
            _ => Self::default(),
        };
    }

    /// The failure, once it has been seen often enough.
    pub(super) fn believed(&self) -> Option<&str> {
        (self.times >= RUNNING).then_some(self.status.as_str())
    }
}
