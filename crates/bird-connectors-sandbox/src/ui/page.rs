//! What the handlers of the page share.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::shared::Shared;

/// The prefix of all paths of the page. The paths of its JSON start with `/_sandbox/ui/api/`.
pub(crate) const PREFIX: &str = "/_sandbox/ui";

/// A sandbox with its page.
pub(crate) struct Page {
    pub(crate) shared: Arc<Shared>,
    /// The address of the page.
    pub(crate) address: SocketAddr,
    /// The address of the API.
    pub(crate) api: SocketAddr,
    /// The workspace of the sandbox, whose scene is copied.
    pub(crate) workspace: Uuid,
    /// The command that has started the sandbox, if it is known.
    pub(crate) command: Option<String>,
    pub(crate) stop: watch::Receiver<()>,
}

/// The number of a request or a delivery in a path.
pub(super) fn parse_number(number: &str) -> Result<u64, ApiError> {
    number.parse().map_err(|_| {
        ApiError::invalid_parameters(&[format!(
            "the number must be a whole number, not \"{number}\""
        )])
    })
}
