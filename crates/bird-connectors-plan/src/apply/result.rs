//! The results of an apply.

use bird_connectors::Error;
use bird_connectors::models::{ChannelId, ConnectorId, SubscriptionId};
use bird_connectors::wait::{Ready, WaitError};

/// The result of one step.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StepResult {
    /// The index of the step in the plan.
    pub step: usize,
    /// What was done, or why it failed.
    pub result: Result<StepOutcome, Error>,
    /// The channel, or the error of the wait. `None` if the apply does not wait for it, or was [stopped](crate::ApplyStop).
    pub ready: Option<Result<Ready, WaitError>>,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepOutcome {
    /// The connector was created. Also if it was replaced.
    CreatedConnector(ConnectorId),
    /// A matching connector was found and adopted: an earlier run, or somebody else, has created it.
    AdoptedConnector(ConnectorId),
    /// The webhook subscription was created.
    CreatedSubscription(SubscriptionId),
    /// A matching webhook subscription was found and adopted.
    AdoptedSubscription(SubscriptionId),
    /// The webhook subscription was updated.
    Updated,
    /// The journal records that the project owns it.
    Owned,
    /// It does not exist any more.
    Deleted,
}

impl StepResult {
    pub(super) fn new(step: usize, result: Result<StepOutcome, Error>) -> Self {
        Self {
            step,
            result,
            ready: None,
        }
    }

    /// Why the step failed; `None` if it succeeded.
    #[must_use]
    pub fn error(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        match (&self.result, &self.ready) {
            (Err(error), _) => Some(error),
            (Ok(_), Some(Err(error))) => Some(error),
            _ => None,
        }
    }

    /// The id of the channel, if the apply has waited for it and it is ready.
    #[must_use]
    pub fn channel_id(&self) -> Option<ChannelId> {
        let ready = self.ready.as_ref()?.as_ref().ok()?;
        Some(ready.channel_id)
    }
}

impl StepOutcome {
    /// The stable name: `created`, `adopted`, `updated`, `owned` or `deleted`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::CreatedConnector(_) | Self::CreatedSubscription(_) => "created",
            Self::AdoptedConnector(_) | Self::AdoptedSubscription(_) => "adopted",
            Self::Updated => "updated",
            Self::Owned => "owned",
            Self::Deleted => "deleted",
        }
    }

    /// The id of what was created or adopted.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        match self {
            Self::CreatedConnector(id) | Self::AdoptedConnector(id) => Some(id.to_string()),
            Self::CreatedSubscription(id) | Self::AdoptedSubscription(id) => Some(id.to_string()),
            _ => None,
        }
    }
}
