//! The handle of a running sandbox.

pub(crate) mod builder;
mod control;
mod data;
mod inspect;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::shared::Shared;

/// A running sandbox. Dropping it stops it: it accepts no new connections, and requests in flight get one second to finish.
/// [`Sandbox::shutdown`] also waits for that.
pub struct Sandbox {
    shared: Arc<Shared>,
    address: SocketAddr,
    access_key: String,
    workspace_id: Uuid,
    organization_id: Uuid,
    /// The address of the page, if it is switched on.
    #[cfg(feature = "ui")]
    page: Option<SocketAddr>,
    /// Dropping it stops the server.
    stop: watch::Sender<()>,
    server: JoinHandle<()>,
}

impl Sandbox {
    /// The URL of the server, for example `http://127.0.0.1:41234`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The socket address of the server.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of the page in the browser, if [`SandboxBuilder::ui`](crate::SandboxBuilder::ui) has switched it on.
    #[cfg(feature = "ui")]
    #[must_use]
    pub fn ui_url(&self) -> Option<String> {
        let address = self.page?;
        Some(format!("http://{address}{}/", crate::ui::page::PREFIX))
    }

    /// The access key.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The id of the workspace.
    #[must_use]
    pub const fn workspace_id(&self) -> Uuid {
        self.workspace_id
    }

    /// The id of the organization that the workspace belongs to.
    #[must_use]
    pub const fn organization_id(&self) -> Uuid {
        self.organization_id
    }

    /// The time since the sandbox started, on tokio's clock.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.shared.lock().clock.elapsed()
    }

    /// Stops the sandbox and waits until all of its tasks have ended, which takes at most one second.
    pub async fn shutdown(self) {
        let Self { stop, server, .. } = self;
        drop(stop);
        // An error means that the runtime has aborted the task, so it has ended as well.
        let _ = server.await;
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("base_url", &self.base_url())
            .field("workspace_id", &self.workspace_id)
            .field("organization_id", &self.organization_id)
            .finish_non_exhaustive()
    }
}
