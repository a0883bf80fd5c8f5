//! The options that a wait for one install and a bulk wait share.

use std::time::Duration;

use futures_core::Stream;

use super::condition::Condition;
use super::limits::{DEFAULT_TIMEOUT, check_interval};
use super::rules::WaitRules;
use super::signal::EventStream;
use crate::error::Error;
use crate::webhook::EventSubject;

/// The options of a wait for one install or for many. Pass them to [`UntilReady::options`](crate::wait::UntilReady::options),
/// [`WaitAll::options`](crate::wait::WaitAll::options) or
/// [`InstallAll::options`](crate::install::InstallAll::options).
///
/// | option | default |
/// |---|---|
/// | [`timeout`](Self::timeout) | 300 s |
/// | [`until`](Self::until) | [`Condition::active`] |
/// | [`failure_statuses`](Self::failure_statuses) | `failed`, `error`, `rejected`, `suspended`, `deleted`, `cancelled` |
/// | [`interval`](Self::interval) | 0.5 s to 10 s for one install, 1.8 s to 10 s in a bulk wait |
/// | [`signal`](Self::signal) | no webhook events |
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use bird_connectors_sandbox::{Sandbox, Script};
/// # let sandbox = Sandbox::builder().default_script(Script::instant()).start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace_id = bird_connectors::WorkspaceId::from(sandbox.workspace_id());
/// # let connectors = client.build()?.workspace(workspace_id).connectors();
/// # let number = sandbox.numbers()[0].id();
/// # let sms = |name| bird_connectors::templates::Sms::new(name, number, "conversational");
/// use std::time::Duration;
///
/// use bird_connectors::wait::{Condition, WaitOptions};
///
/// let options = WaitOptions::new()
///     .timeout(Duration::from_secs(60))
///     .until(Condition::has_channel())
///     .interval(Duration::from_millis(200), Duration::from_secs(2));
/// let install = connectors.install(sms("Support NL")).await?;
/// let ready = install.until_ready().options(options).await?;
/// println!("channel {} exists", ready.channel_id);
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "options do nothing unless they are passed to a wait"]
pub struct WaitOptions {
    /// `None` waits without a timeout.
    pub(crate) timeout: Option<Duration>,
    pub(crate) rules: WaitRules,
    /// The first and the longest interval; `None` is the default of the kind of wait.
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

    /// Stops waiting for an install after this long. Default: 300 s.
    ///
    /// The deadline is hard: a poll that is still running then is cut off. The last poll starts early enough for its
    /// response to arrive in time: twice as long before the deadline as recent polls took, at least 0.25 s and at most 5 s.
    /// In a bulk wait, it starts up to half a second earlier, so that several installs share one poll. What the last poll
    /// reads counts.
    ///
    /// A timeout of zero makes one poll, which is cut off after 2 s. The same applies to a last poll that starts after the
    /// deadline because the caller reads the progress or the results too slowly. One poll never confirms a failure, because that
    /// takes two.
    ///
    /// The time counts from when the wait starts to follow the install. That is when the future or the stream is first
    /// polled, and, in [`install_all`](crate::resources::Connectors::install_all), as soon as the connector is created or adopted.
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

    /// The statuses that mean that the install failed. Case and white space around a status do not count. Default: `failed`, `error`, `rejected`,
    /// `suspended`, `deleted`, `cancelled`; the API does not document its statuses.
    ///
    /// A wait compares them with the status of the channel, and with those of channel and number in the readiness
    /// reply. It fails when two consecutive polls confirm one, at least half a first [interval](Self::interval) apart.
    pub fn failure_statuses<W: Into<String>>(
        mut self,
        statuses: impl IntoIterator<Item = W>,
    ) -> Self {
        self.rules.failure_statuses = statuses.into_iter().map(Into::into).collect();
        self
    }

    /// How often to poll: the first and the longest interval. Each kind of wait has its own default and pacing:
    ///
    /// - A wait for one install pauses between two polls, by default from 0.5 s up to 10 s. From one poll to the next the
    ///   pause grows by half, and each one is shortened by up to half at random.
    /// - A bulk wait starts a round of polls every interval, by default from 1.8 s up to 10 s. The interval is the first
    ///   one while statuses change, and later a twentieth of the time since the last change, shortened by up to a tenth
    ///   at random. It is longer if rounds take more than 20 requests a second.
    ///
    /// A `Retry-After` of the server makes both longer. A first interval below 10 ms is invalid, and so is a longest one
    /// that is shorter than the first. [`validate`](Self::validate) checks that. The wait checks it when it starts, and
    /// returns [`WaitError::Invalid`](crate::wait::WaitError::Invalid).
    pub fn interval(mut self, first: Duration, longest: Duration) -> Self {
        self.interval = Some((first, longest));
        self
    }

    /// Polls as soon as a webhook event names a connector of the wait or its channel, instead of when the next poll is
    /// due. The wait ignores events about other connectors.
    ///
    /// Take the events from [`Signals::events`](crate::webhook::Signals::events), or pass any stream of verified events or
    /// of their [subjects](EventSubject).
    /// An event only triggers a poll, and the poll decides. So a lost, late or duplicate event changes how long the wait
    /// takes, and not how it ends: a failure that two polls have to confirm needs the same time between these polls as
    /// without events.
    ///
    /// The first three events can each trigger a poll at once, and one more can per first [interval](Self::interval).
    /// Further events share these polls, and duplicates trigger none. A `Retry-After` of the server applies to these polls
    /// as well. When the stream ends, the wait continues without it. A bulk wait reads only the install that an event names
    /// if that takes fewer requests than a whole round.
    pub fn signal<S>(mut self, events: S) -> Self
    where
        S: Stream<Item: Into<EventSubject>> + Send + 'static,
    {
        self.events = Some(EventStream::new(events));
        self
    }

    /// Checks the options, as a wait does when it starts. No request is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the [interval](Self::interval) is invalid.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use bird_connectors::wait::WaitOptions;
    ///
    /// let options = WaitOptions::new().interval(Duration::from_millis(1), Duration::from_secs(1));
    /// let error = options.validate().unwrap_err();
    /// assert!(error.message().contains("below 10 ms"));
    /// ```
    pub fn validate(&self) -> Result<(), Error> {
        match self.interval {
            Some((first, longest)) => check_interval("wait for an install", first, longest),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
