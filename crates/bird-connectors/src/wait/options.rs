//! The options that a wait for one install and a bulk wait share.

use std::borrow::Borrow;
use std::time::Duration;

use futures_core::Stream;

use super::condition::Condition;
use super::limits::DEFAULT_TIMEOUT;
use super::rules::WaitRules;
use super::signal::EventStream;
use crate::webhook::Event;

/// The options of a wait. Pass them to [`UntilReady::options`](crate::UntilReady::options) or
/// [`WaitAll::options`](crate::WaitAll::options).
///
/// By default a wait stops after 300 s, waits for [`Condition::active`], treats the default
/// [failure statuses](Self::failure_statuses) as failures, uses the default [interval](Self::interval) of its kind, and
/// reads no webhook events.
///
/// ```
/// use std::time::Duration;
///
/// use bird_connectors::WaitOptions;
///
/// let options = WaitOptions::new()
///     .timeout(Duration::from_secs(60))
///     .failure_statuses(["failed", "rejected"]);
/// # let _ = options;
/// ```
#[derive(Debug)]
#[must_use = "options do nothing unless they are passed to a wait"]
pub struct WaitOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) rules: WaitRules,
    pub(crate) interval: Option<(Duration, Duration)>,
    pub(crate) events: Option<EventStream>,
}

impl Default for WaitOptions {
    fn default() -> Self {
        Self {
            timeout: Some(DEFAULT_TIMEOUT),
            rules: WaitRules::default(),
            interval: None,
            events: None,
        }
    }
}

impl WaitOptions {
    /// The default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops waiting for an install after this long: its last poll starts then, and is cut off 2 s later. Default: 300 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Waits without a timeout.
    pub fn no_timeout(mut self) -> Self {
        self.timeout = None;
        self
    }

    /// What to wait for. Default: [`Condition::active`].
    pub fn until(mut self, condition: Condition) -> Self {
        self.rules.condition = condition;
        self
    }

    /// The statuses that mean that the install failed, in upper or lower case. Default: `failed`, `error`, `rejected`,
    /// `suspended`, `deleted`, `cancelled`; the API does not document its statuses.
    pub fn failure_statuses<W: Into<String>>(
        mut self,
        statuses: impl IntoIterator<Item = W>,
    ) -> Self {
        self.rules.failure_statuses = statuses.into_iter().map(Into::into).collect();
        self
    }

    /// The first and the longest time between two polls. Default: 0.5 s and 10 s in a wait for one install, and 1.8 s
    /// and 10 s in a bulk wait.
    ///
    /// With less than 10 ms the wait ends with [`WaitError::Invalid`](crate::WaitError::Invalid) when it starts.
    pub fn interval(mut self, first: Duration, longest: Duration) -> Self {
        self.interval = Some((first, longest));
        self
    }

    /// Polls as soon as a webhook event names the connector or its channel, instead of when the next poll is due: see
    /// [`UntilReady::signal`](crate::UntilReady::signal).
    pub fn signal<S>(mut self, events: S) -> Self
    where
        S: Stream<Item: Borrow<Event>> + Send + 'static,
    {
        self.events = Some(EventStream::new(events));
        self
    }
}
