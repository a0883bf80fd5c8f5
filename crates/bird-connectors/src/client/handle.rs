//! The client: connections and settings that all its clones share.

use std::fmt;
use std::sync::Arc;

use crate::transport::Transport;
use bird_connectors_api::types::WorkspaceId;

/// A client for one access key.
///
/// Cloning is cheap, and clones share connections and settings. A client needs a tokio runtime with time and I/O
/// enabled when it is used (not when it is built); a current-thread runtime is enough.
///
/// ```
/// # fn main() -> Result<(), bird_connectors::Error> {
/// use std::time::Duration;
///
/// let client = bird_connectors::Client::builder()
///     .access_key("an-access-key")
///     .timeout(Duration::from_secs(20))
///     .build()?;
/// assert!(!format!("{client:?}").contains("an-access-key"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) transport: Arc<Transport>,
    pub(super) default_workspace: Option<WorkspaceId>,
}

impl Client {
    /// Where requests go, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.shared.transport.base_url.as_str()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.shared.transport.base_url.as_str())
            .field("default_workspace", &self.shared.default_workspace)
            .field("timeouts", &self.shared.transport.timeouts)
            .field("max_attempts", &self.shared.transport.max_attempts)
            .finish_non_exhaustive()
    }
}
