//! The rules of a wait: its condition, its failure statuses, and how often a failure has to be observed.

use std::time::Duration;

use super::condition::{Condition, is_same_status};

/// How many consecutive observations confirm a failure. A poll without a result for the source counts neither way.
const CONFIRMATIONS: u8 = 2;

/// When a read was sent and when its result arrived, since the beginning of the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReadTime {
    pub(crate) sent: Duration,
    pub(crate) received: Duration,
}

/// The default failure statuses. The API does not document how a failed install shows; `inactive` and `preview` are not
/// failures.
const FAILURE_STATUSES: [&str; 6] = [
    "failed",
    "error",
    "rejected",
    "suspended",
    "deleted",
    "cancelled",
];

#[derive(Clone, Debug)]
pub(crate) struct WaitRules {
    pub(crate) condition: Condition,
    pub(crate) failure_statuses: Vec<String>,
}

impl Default for WaitRules {
    fn default() -> Self {
        Self {
            condition: Condition::active(),
            failure_statuses: FAILURE_STATUSES.map(str::to_owned).to_vec(),
        }
    }
}

impl WaitRules {
    /// Whether a channel with this status can neither satisfy the condition nor count as failed, whatever its other fields.
    pub(crate) fn is_pending(&self, status: &str) -> bool {
        let depends_on_status =
            !self.condition.needs_no_status() && !self.condition.needs_channel();
        depends_on_status && !self.condition.holds_for_status(status) && !self.is_failure(status)
    }

    fn is_failure(&self, status: &str) -> bool {
        self.failure_statuses
            .iter()
            .any(|failure| is_same_status(failure, status))
    }
}

/// Counts consecutive observations that are far enough apart. Webhook events can cause polls in quick succession, and a
/// state that lasts a moment must not count as a lasting one.
#[derive(Debug, Default)]
pub(crate) struct Observations {
    count: u8,
    /// When the last observation that counts was received.
    last: Duration,
}

impl Observations {
    /// Counts an observation if its read was sent at least `min_spacing` after the last one that counts.
    pub(crate) fn count(&mut self, time: ReadTime, min_spacing: Duration) {
        if self.count == 0 || time.sent.saturating_sub(self.last) >= min_spacing {
            self.count = self.count.saturating_add(1);
            self.last = time.received;
        }
    }

    pub(crate) fn is_single(&self) -> bool {
        self.count == 1
    }

    pub(crate) fn are_confirmed(&self) -> bool {
        self.count >= CONFIRMATIONS
    }
}

/// Counts consecutive failure statuses of one source.
#[derive(Debug, Default)]
pub(crate) struct FailureStreak {
    observations: Observations,
    status: String,
}

impl FailureStreak {
    /// Counts a failure status. Any other status ends the streak.
    pub(crate) fn count(
        &mut self,
        status: Option<&str>,
        rules: &WaitRules,
        time: ReadTime,
        min_spacing: Duration,
    ) {
        match status {
            Some(status) if rules.is_failure(status) => {
                self.observations.count(time, min_spacing);
                status.clone_into(&mut self.status);
            }
            _ => *self = Self::default(),
        }
    }

    pub(crate) fn is_single(&self) -> bool {
        self.observations.is_single()
    }

    /// The last failure status, if the failure is confirmed.
    pub(crate) fn confirmed(&self) -> Option<&str> {
        self.observations
            .are_confirmed()
            .then_some(self.status.as_str())
    }
}
