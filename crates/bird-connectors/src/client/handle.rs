//! The client: connections and settings that all its clones share.

use std::fmt;
use std::sync::Arc;

use crate::transport::Transport;
use bird_connectors_api::types::WorkspaceId;

/// A client of the API, with one access key.
///
/// Create one client for each process and clone it: clones are cheap and share connections, settings and rate limits.
/// [`with_access_key`](Client::with_access_key) and [`with_options`](Client::with_options) return clients that differ in
/// one respect and share the rest.
///
/// A client needs a tokio runtime with time and I/O enabled when it is used, not when it is built. A current-thread runtime
/// is enough. Without one, a call returns an error of the kind [`Configuration`](crate::ErrorKind::Configuration), and nothing
/// is sent. A client can be used from several runtimes, and each of them has its own connections.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let (base_url, access_key) = (sandbox.base_url(), sandbox.access_key());
/// use bird_connectors::{Client, WorkspaceId};
///
/// // `Client::from_env()` reads BIRD_ACCESS_KEY and BIRD_WORKSPACE_ID instead.
/// let client = Client::builder()
///     .access_key(access_key)
/// #   .base_url(base_url)
///     .build()?;
///
/// let id: WorkspaceId = "2d7a1e03-25e4-401e-bf1e-0ace545673d7".parse()?;
/// # let id = WorkspaceId::from(sandbox.workspace_id());
/// let workspace = client.workspace(id);
/// let page = workspace.numbers().list().first_page().await?;
/// for number in page.items {
///     println!("{}", number.id);
/// }
/// # Ok(()) }
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
    /// The base URL of all requests, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.shared.transport.base_url.as_str()
    }

    /// Returns a client with the same default workspace and this transport.
    pub(super) fn with_transport(&self, transport: Transport) -> Self {
        Self {
            shared: Arc::new(Shared {
                transport: Arc::new(transport),
                default_workspace: self.shared.default_workspace,
            }),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.shared.transport.base_url.as_str())
            .field("default_workspace", &self.shared.default_workspace)
            .field("limits", &self.shared.transport.limits)
            .finish_non_exhaustive()
    }
}
