//! The options of an apply.

use std::fmt;
use std::time::Duration;

use bird_connectors::wait::Condition;

use super::stop::ApplyStop;
use crate::secret_reference::SecretResolver;

/// How an apply works.
#[derive(Clone)]
#[non_exhaustive]
pub struct ApplyOptions {
    /// Apply only a plan with this hash: the one that was reviewed. Default: none.
    pub expect: Option<String>,
    /// Delete more than 30 % of ten or more. Default: false.
    pub force: bool,
    /// Wait for the channels of created connectors: until when, and for how long at most. Default: no wait.
    pub wait: Option<(Condition, Duration)>,
    /// How long to search for what a create of unknown outcome has created. Default: 30 s.
    pub reconcile_window: Duration,
    /// Create once more if nothing is found within the window. Default: false.
    pub recreate_after_window: bool,
    /// The maximum number of concurrent installs in each workspace. Default: 16.
    pub concurrency: usize,
    /// Returns the secrets, in place of the environment and the files. Default: none.
    pub secrets: Option<SecretResolver>,
    /// Stops the apply in order, such as after Ctrl-C. Default: none.
    pub stop: Option<ApplyStop>,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self {
            expect: None,
            force: false,
            wait: None,
            reconcile_window: Duration::from_secs(30),
            recreate_after_window: false,
            concurrency: 16,
            secrets: None,
            stop: None,
        }
    }
}

impl fmt::Debug for ApplyOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplyOptions")
            .field("expect", &self.expect)
            .field("force", &self.force)
            .field("waits", &self.wait.is_some())
            .field("reconcile_window", &self.reconcile_window)
            .field("recreate_after_window", &self.recreate_after_window)
            .field("concurrency", &self.concurrency)
            .field("resolves_secrets", &self.secrets.is_some())
            .field("can_be_stopped", &self.stop.is_some())
            .finish()
    }
}
