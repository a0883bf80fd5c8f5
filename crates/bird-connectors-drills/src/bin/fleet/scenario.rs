//! What a run simulates: its size, its faults, and the fault that a test plants to see a check fail.

use std::time::Duration;

use bird_connectors::client::RateLimits;

/// The limits of the API for each workspace.
pub(crate) const LIMITS: RateLimits = RateLimits { get: 50, post: 500 };

/// The limits of each process: at most two processes install in a workspace at the same time.
pub(crate) const PROCESS_LIMITS: RateLimits = RateLimits { get: 25, post: 250 };

/// Longer than the API takes to list a connector.
pub(crate) const RECONCILE_WINDOW: Duration = Duration::from_secs(30);

/// When a wait ends without a result.
pub(crate) const WAIT_TIMEOUT: Duration = Duration::from_secs(600);

/// The time after which the queue delivers a batch again, unless its worker is alive.
pub(crate) const VISIBILITY: Duration = Duration::from_secs(30);

/// The default of the concurrent installs of one batch of `install_all`.
pub(crate) const BULK_CONCURRENCY: usize = 100;

/// The default of the concurrent installs of a batch that is installed one by one.
pub(crate) const SINGLE_CONCURRENCY: usize = 50;

#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) seed: u64,
    pub(crate) workspaces: u32,
    /// The installs of each workspace.
    pub(crate) installs: u32,
    pub(crate) workers: u32,
    /// The batches that a worker installs at the same time. A batch contains the installs of one workspace.
    pub(crate) batches: u32,
    /// The concurrent installs of a batch that is installed in bulk.
    pub(crate) bulk_concurrency: usize,
    /// One workspace in this many is installed one by one instead of in bulk.
    pub(crate) single_every: u32,
    /// The concurrent installs of such a workspace.
    pub(crate) single_concurrency: usize,
    /// One batch in this many is delivered to two workers at the same time.
    pub(crate) duplicate_every: u32,
    /// The mean time after which a worker crashes. `None`: never.
    pub(crate) crash_after: Option<Duration>,
    /// Whether responses are lost and requests are throttled.
    pub(crate) faults: bool,
    /// Whether webhooks are delivered.
    pub(crate) webhooks: bool,
    pub(crate) planted: Option<PlantedFault>,
}

/// A fault that one of the checks must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlantedFault {
    /// The journal grants every claim and returns no line.
    ClaimsIgnored,
    /// The workers do not limit their rate.
    RateUnlimited,
    /// The queue forgets the batches of a worker that crashes.
    BatchesForgotten,
    /// The channel list shows every channel as active.
    WrongStatuses,
    /// The workers poll once a minute, and ignore webhooks.
    SlowPolls,
    /// Each claim has a lease of a second, and is renewed three times in it.
    ShortLeases,
    /// The names of the templates are long, and a worker keeps them in memory.
    LongNames,
}

/// How a worker installs a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// With `install_all` and its shared polls.
    Bulk,
    /// With `ensure` and `until_ready` for each install.
    Single,
}

impl Scenario {
    /// A run for tests: small, with all patterns and all faults of the API.
    #[cfg(test)]
    pub(crate) fn small() -> Self {
        Self {
            seed: 1,
            workspaces: 6,
            installs: 50,
            workers: 3,
            batches: 2,
            bulk_concurrency: 100,
            single_every: 3,
            single_concurrency: 50,
            duplicate_every: 2,
            crash_after: Some(Duration::from_secs(240)),
            faults: true,
            webhooks: true,
            planted: None,
        }
    }

    pub(crate) fn pattern(&self, workspace: u32) -> Pattern {
        match self.single_every {
            0 => Pattern::Bulk,
            every if workspace % every == every - 1 => Pattern::Single,
            _ => Pattern::Bulk,
        }
    }

    pub(crate) fn is_duplicated(&self, workspace: u32) -> bool {
        self.duplicate_every > 0 && workspace.is_multiple_of(self.duplicate_every)
    }

    pub(crate) fn has(&self, fault: PlantedFault) -> bool {
        self.planted == Some(fault)
    }
}
