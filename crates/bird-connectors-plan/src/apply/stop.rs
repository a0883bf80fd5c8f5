//! Stops an apply in order.

use std::sync::Arc;

use tokio::sync::watch;

/// Stops an apply in order: no step starts any more, and the steps that are in progress end as usual. So the outcome of each
/// request that was sent is known and in the journal. Clones stop the same applies. It can be used from any thread, such as by a
/// handler of Ctrl-C.
///
/// ```
/// use bird_connectors_plan::{ApplyOptions, ApplyStop};
///
/// let stop = ApplyStop::new();
/// let mut options = ApplyOptions::default();
/// options.stop = Some(stop.clone());
/// // While `plan.apply(…, &options, …)` runs:
/// stop.stop();
/// assert!(stop.is_stopped());
/// ```
#[derive(Clone, Debug, Default)]
pub struct ApplyStop(Arc<watch::Sender<bool>>);

impl ApplyStop {
    /// Stops nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops all applies that have it in their [options](crate::ApplyOptions::stop), and those that start later.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it has stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it has stopped.
    pub(super) async fn stopped(&self) {
        // Fails only without a sender, which is `self`.
        let _ = self.0.subscribe().wait_for(|stopped| *stopped).await;
    }
}
