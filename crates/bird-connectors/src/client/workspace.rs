//! Handles for a workspace and an organization. Resources add their own methods to [`Workspace`].

use bird_connectors_api::types::{OrganizationId, WorkspaceId};
use secrecy::SecretString;

use super::handle::Client;
use super::options::CallOptions;
use crate::config;
use crate::error::Error;
use crate::transport::SendPermission;
use crate::transport::call::{Call, CallSettings};

impl Client {
    /// Returns the handle for one workspace, with the handles of its resources. This makes no request.
    pub fn workspace(&self, id: impl Into<WorkspaceId>) -> Workspace {
        Workspace::new(self.clone(), None, id.into())
    }

    /// Returns the handle for the default workspace: the one set with [`ClientBuilder::workspace_id`] or
    /// `BIRD_WORKSPACE_ID`. This makes no request.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::error::ErrorKind::Configuration) if the client has no default workspace.
    ///
    /// [`ClientBuilder::workspace_id`]: crate::client::ClientBuilder::workspace_id
    pub fn default_workspace(&self) -> Result<Workspace, Error> {
        match self.shared.default_workspace {
            Some(id) => Ok(self.workspace(id)),
            None => Err(no_default_workspace()),
        }
    }

    /// Returns the handle for one organization, for the older paths of webhook subscriptions. This makes no request.
    #[must_use]
    pub fn organization(&self, id: impl Into<OrganizationId>) -> Organization {
        Organization {
            client: self.clone(),
            id: id.into(),
        }
    }
}

fn no_default_workspace() -> Error {
    Error::configuration(format!(
        "the client has no default workspace: set workspace_id (in the environment: {}), or pass a workspace id",
        config::ENV_WORKSPACE_ID
    ))
}

/// One organization, whose webhook subscriptions use the API's older paths. Created by [`Client::organization`].
#[derive(Clone, Debug)]
pub struct Organization {
    client: Client,
    id: OrganizationId,
}

impl Organization {
    /// Returns the handle for a workspace whose webhook subscriptions use the older path below the organization. All
    /// other resources are those of [`Client::workspace`].
    pub fn workspace(&self, id: impl Into<WorkspaceId>) -> Workspace {
        Workspace::new(self.client.clone(), Some(self.id), id.into())
    }

    /// Returns the handle for the client's default workspace, on the older path below the organization.
    ///
    /// # Errors
    /// As [`Client::default_workspace`].
    pub fn default_workspace(&self) -> Result<Workspace, Error> {
        let workspace = self.client.default_workspace()?;
        Ok(self.workspace(workspace.id))
    }
}

/// One workspace. Its methods return its resources: [connectors](Workspace::connectors), [channels](Workspace::channels),
/// [numbers](Workspace::numbers) and [webhook subscriptions](Workspace::webhook_subscriptions).
///
/// Created by [`Client::workspace`] or [`Client::default_workspace`], without a request. Cheap to clone.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = bird_connectors_sandbox::Sandbox::start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let client = client.workspace_id(sandbox.workspace_id()).build()?;
/// let workspace = client.default_workspace()?;
/// let connectors = workspace.connectors().list().first_page().await?;
/// let channels = workspace.channels().list().first_page().await?;
/// println!("{} connectors, {} channels", connectors.items.len(), channels.items.len());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Workspace {
    client: Client,
    organization: Option<OrganizationId>,
    id: WorkspaceId,
    single_attempt: bool,
}

impl Workspace {
    fn new(client: Client, organization: Option<OrganizationId>, id: WorkspaceId) -> Self {
        Self {
            client,
            organization,
            id,
            single_attempt: false,
        }
    }

    /// The workspace's id.
    #[must_use]
    pub fn id(&self) -> WorkspaceId {
        self.id
    }

    /// Returns the same workspace with other call options: see [`Client::with_options`].
    ///
    /// # Errors
    /// As [`Client::with_options`].
    pub fn with_options(&self, options: CallOptions) -> Result<Self, Error> {
        Ok(Self {
            client: self.client.with_options(options)?,
            ..self.clone()
        })
    }

    pub(crate) fn base_url(&self) -> &str {
        self.client.base_url()
    }

    /// The organization, if webhook subscriptions use the older paths.
    pub(crate) fn organization_id(&self) -> Option<OrganizationId> {
        self.organization
    }

    /// Returns the same workspace, with a single attempt for each request. For waits: their next poll is the retry.
    pub(crate) fn single_attempt(&self) -> Self {
        Self {
            single_attempt: true,
            ..self.clone()
        }
    }

    /// Whether this is the handle of a wait, which sends nothing beyond its polls.
    pub(crate) fn is_single_attempt(&self) -> bool {
        self.single_attempt
    }

    /// Checks that the current thread is in a tokio runtime that can send requests.
    pub(crate) fn check_runtime(&self) -> Result<(), Error> {
        self.client.shared.transport.check_runtime()
    }

    pub(crate) fn call(&self, operation: &'static str) -> Call {
        self.call_with(operation, Vec::new())
    }

    /// A call whose request contains secrets, which no error may show.
    pub(crate) fn call_with(&self, operation: &'static str, secrets: Vec<SecretString>) -> Call {
        self.permitted_call(operation, secrets, None)
    }

    /// A call that asks for a permission before each attempt.
    pub(crate) fn permitted_call(
        &self,
        operation: &'static str,
        secrets: Vec<SecretString>,
        permission: Option<SendPermission>,
    ) -> Call {
        let settings = CallSettings {
            single_attempt: self.single_attempt,
            secrets,
            permission,
        };
        Call::new(&self.client.shared.transport, operation, settings)
    }
}
