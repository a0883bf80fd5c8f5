//! Clients that are derived from another one: with other call options, or another access key.

use std::time::Duration;

use super::handle::Client;
use crate::config::{AccessKey, CallLimits, Timeouts};
use crate::error::Error;

impl Client {
    /// Returns a client with other call options. Connections, rate limits and everything else are shared with this client,
    /// so this is cheap enough for a single call.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
    /// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
    /// # let (client, id) = (client.build()?, bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
    /// use std::time::Duration;
    /// use bird_connectors::client::CallOptions;
    ///
    /// let quick = client.with_options(CallOptions::new().timeout(Duration::from_secs(5)).max_attempts(1))?;
    /// let page = quick.workspace(id).numbers().list().first_page().await?;
    /// # assert!(!page.items.is_empty());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::error::ErrorKind::Configuration) for a timeout below 1 ms or zero attempts.
    pub fn with_options(&self, options: CallOptions) -> Result<Self, Error> {
        let transport = &self.shared.transport;
        let limits = options.apply_to(transport.limits).check()?;
        Ok(self.with_transport(transport.with_limits(limits)))
    }

    /// Returns a client with another access key, for services that have a key for each tenant. Connections, rate limits
    /// and everything else are shared with this client, including the default workspace.
    ///
    /// The key is sent only with the requests of the returned client and its clones.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
    /// # let id = bird_connectors::WorkspaceId::from(sandbox.workspace_id());
    /// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key("another-key").build()?;
    /// # let tenants = [(id, sandbox.access_key())];
    /// for (workspace_id, access_key) in tenants {
    ///     let tenant = client.with_access_key(access_key)?;
    ///     let page = tenant.workspace(workspace_id).connectors().list().first_page().await?;
    ///     println!("workspace {workspace_id} has {} connectors", page.items.len());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::error::ErrorKind::Configuration) if the key is empty or cannot be one.
    pub fn with_access_key(&self, key: impl Into<String>) -> Result<Self, Error> {
        let key = AccessKey::parse(key.into().into(), "with_access_key")?;
        Ok(self.with_transport(self.shared.transport.with_access_key(key)))
    }
}

/// Options for [`Client::with_options`] and [`Workspace::with_options`]. An option that is not set keeps its current
/// value.
///
/// [`Workspace::with_options`]: crate::client::Workspace::with_options
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace = client.build()?.workspace(sandbox.workspace_id());
/// use std::time::Duration;
/// use bird_connectors::client::CallOptions;
///
/// // Fail fast: one attempt of at most two seconds.
/// let options = CallOptions::new().attempt_timeout(Duration::from_secs(2)).max_attempts(1);
/// let page = workspace.with_options(options)?.numbers().list().first_page().await?;
/// # assert!(!page.items.is_empty());
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "options do nothing until they are passed to `with_options`"]
pub struct CallOptions {
    timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    max_attempts: Option<u32>,
}

impl CallOptions {
    /// Returns options that change nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The timeout of one API call, including all attempts and the pauses between them.
    pub fn timeout(mut self, total: Duration) -> Self {
        self.timeout = Some(total);
        self
    }

    /// The timeout of one attempt, up to the last byte of the response. The requests of a wait are single attempts.
    pub fn attempt_timeout(mut self, attempt: Duration) -> Self {
        self.attempt_timeout = Some(attempt);
        self
    }

    /// The maximum number of attempts of a call, including the first. 1 turns retries off.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    fn apply_to(self, current: CallLimits) -> CallLimits {
        CallLimits {
            timeouts: Timeouts {
                total: self.timeout.unwrap_or(current.timeouts.total),
                attempt: self.attempt_timeout.unwrap_or(current.timeouts.attempt),
                connect: current.timeouts.connect,
            },
            max_attempts: self.max_attempts.unwrap_or(current.max_attempts),
        }
    }
}
