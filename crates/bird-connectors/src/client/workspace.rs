//! One workspace, and the organization on the way to it. Resources add their own methods to [`Workspace`].

use bird_connectors_api::types::{OrganizationId, WorkspaceId};
use secrecy::SecretString;

use super::handle::Client;
use super::options::Options;
use crate::config;
use crate::error::Error;
use crate::transport::call::{Call, CallSettings};

impl Client {
    /// The resources of one workspace. No request is made.
    ///
    /// `None` stands for the default workspace: the one of [`ClientBuilder::workspace_id`](crate::ClientBuilder::workspace_id)
    /// or `BIRD_WORKSPACE_ID`.
    ///
    /// # Errors
    /// A [`Kind::Configuration`](crate::Kind::Configuration) error for `None` where there is no default.
    pub fn workspace(&self, id: impl Into<Option<WorkspaceId>>) -> Result<Workspace, Error> {
        self.workspace_of(None, id.into())
    }

    /// One organization, for the older paths of webhook subscriptions. No request is made.
    #[must_use]
    pub fn organization(&self, id: impl Into<OrganizationId>) -> Organization {
        Organization {
            client: self.clone(),
            id: id.into(),
        }
    }

    fn workspace_of(
        &self,
        organization: Option<OrganizationId>,
        id: Option<WorkspaceId>,
    ) -> Result<Workspace, Error> {
        let id = id.or(self.shared.default_workspace).ok_or_else(|| {
            Error::configuration(format!(
                "no workspace is given, and there is no default: pass its id, or set {} (or workspace_id of the builder)",
                config::ENV_WORKSPACE_ID
            ))
        })?;
        Ok(Workspace {
            client: self.clone(),
            organization,
            id,
            single_attempt: false,
        })
    }
}

/// An organization, on the way to one of its workspaces. Made by [`Client::organization`].
#[derive(Clone, Debug)]
pub struct Organization {
    client: Client,
    id: OrganizationId,
}

impl Organization {
    /// The workspace, with its webhook subscriptions on the older path below the organization. All other resources
    /// are the same as those of [`Client::workspace`].
    ///
    /// # Errors
    /// As [`Client::workspace`].
    pub fn workspace(&self, id: impl Into<Option<WorkspaceId>>) -> Result<Workspace, Error> {
        self.client.workspace_of(Some(self.id), id.into())
    }
}

/// One workspace: the way to its resources. Made by [`Client::workspace`]; cheap to clone.
#[derive(Clone, Debug)]
pub struct Workspace {
    client: Client,
    organization: Option<OrganizationId>,
    id: WorkspaceId,
    single_attempt: bool,
}

impl Workspace {
    /// The workspace's id.
    #[must_use]
    pub fn id(&self) -> WorkspaceId {
        self.id
    }

    /// The same workspace with other settings for its calls: see [`Client::with_options`].
    ///
    /// # Errors
    /// As [`Client::with_options`].
    pub fn with_options(&self, options: Options) -> Result<Self, Error> {
        Ok(Self {
            client: self.client.with_options(options)?,
            ..self.clone()
        })
    }

    /// Set where the older paths are to be used.
    pub(crate) fn organization_id(&self) -> Option<OrganizationId> {
        self.organization
    }

    /// This workspace with every request tried once, for a caller that polls: its next poll is the retry.
    pub(crate) fn single_attempt(&self) -> Self {
        Self {
            single_attempt: true,
            ..self.clone()
        }
    }

    pub(crate) fn call(&self, operation: &'static str) -> Call {
        self.call_with(operation, Vec::new())
    }

    /// A call whose request contains secrets, which no error may show.
    pub(crate) fn call_with(&self, operation: &'static str, secrets: Vec<SecretString>) -> Call {
        let settings = CallSettings {
            single_attempt: self.single_attempt,
            secrets,
        };
        Call::new(&self.client.shared.transport, operation, settings)
    }
}
