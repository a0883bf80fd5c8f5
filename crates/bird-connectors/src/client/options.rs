//! Settings that can differ from call to call, for a client or a workspace that shares everything else.

use std::sync::Arc;
use std::time::Duration;

use super::handle::{Client, Shared};
use crate::config::Timeouts;
use crate::error::Error;

impl Client {
    /// A client with other settings, that shares connections, rate limit and everything else with this one. It is cheap:
    /// make one for a single call.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
    /// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
    /// # let (client, id) = (client.build()?, bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
    /// use std::time::Duration;
    /// use bird_connectors::CallOptions;
    ///
    /// let quick = client.with_options(CallOptions::new().timeout(Duration::from_secs(5)).max_attempts(1))?;
    /// let numbers = quick.workspace(id).numbers().list().collect_up_to(10).await;
    /// # assert!(numbers.is_ok());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// A [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) error for a zero time-out, or no attempts.
    pub fn with_options(&self, options: CallOptions) -> Result<Self, Error> {
        let transport = &self.shared.transport;
        let (timeouts, max_attempts) = options.over(transport.timeouts, transport.max_attempts)?;
        Ok(Self {
            shared: Arc::new(Shared {
                transport: Arc::new(transport.with_settings(timeouts, max_attempts)),
                default_workspace: self.shared.default_workspace,
            }),
        })
    }
}

/// Settings that can be changed without making a new client: for [`Client::with_options`] and
/// [`Workspace::with_options`]. What is not set stays as it is.
///
/// [`Client::with_options`]: crate::Client::with_options
/// [`Workspace::with_options`]: crate::Workspace::with_options
///
/// ```
/// use std::time::Duration;
/// use bird_connectors::CallOptions;
///
/// let impatient = CallOptions::new().timeout(Duration::from_secs(5)).max_attempts(1);
/// # let _ = impatient;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "options do nothing until a client or a workspace is made with them"]
pub struct CallOptions {
    timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    max_attempts: Option<u32>,
}

impl CallOptions {
    /// Changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long one API call may take, with all its attempts and pauses.
    pub fn timeout(mut self, total: Duration) -> Self {
        self.timeout = Some(total);
        self
    }

    /// How long one attempt may take, to the last byte of the answer. A poll of a wait is one attempt.
    pub fn attempt_timeout(mut self, attempt: Duration) -> Self {
        self.attempt_timeout = Some(attempt);
        self
    }

    /// How often a request is tried where repeating is safe, the first time included. 1 turns repeating off.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// These options, or the current values where an option is not set.
    pub(super) fn over(
        self,
        timeouts: Timeouts,
        max_attempts: u32,
    ) -> Result<(Timeouts, u32), Error> {
        let timeouts = Timeouts {
            total: self.timeout.unwrap_or(timeouts.total),
            attempt: self.attempt_timeout.unwrap_or(timeouts.attempt),
            connect: timeouts.connect,
        };
        let max_attempts = self.max_attempts.unwrap_or(max_attempts);
        if max_attempts == 0 {
            return Err(Error::configuration(
                "max_attempts is 0: nothing would ever be sent; 1 turns repeating off",
            ));
        }
        Ok((timeouts.check()?, max_attempts))
    }
}
