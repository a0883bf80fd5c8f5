//! A create whose outcome is unknown, as data that can be stored, so that another process can resolve it.

use std::fmt;

use bird_connectors_api::types::WorkspaceId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::identity::Identity;
use super::versioned::Versioned;

/// A create whose outcome is unknown, from [`Error::unresolved`](crate::Error::unresolved). Pass it to
/// [`Connectors::reconcile`](crate::resources::Connectors::reconcile) to search for the connector later, in this process or
/// in another one.
///
/// It serializes with serde as JSON, and with `Display` as one line; `FromStr` reads both. It contains no secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnresolvedCreate(Versioned<Fields>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Fields {
    workspace: WorkspaceId,
    template: String,
    name: String,
    identity: Identity,
    at: DateTime<Utc>,
}

impl UnresolvedCreate {
    pub(crate) fn new(
        workspace: WorkspaceId,
        template: String,
        name: String,
        identity: Identity,
        at: DateTime<Utc>,
    ) -> Self {
        Self(Versioned::new(Fields {
            workspace,
            template,
            name,
            identity,
            at,
        }))
    }

    /// Reads either form, or returns the reason why that is not possible.
    pub(crate) fn parse(string: &str) -> Result<Self, String> {
        Versioned::parse(string, "unresolved create", "unresolved").map(Self)
    }

    /// The id of the workspace in which the connector may exist.
    #[must_use]
    pub fn workspace_id(&self) -> WorkspaceId {
        self.0.data.workspace
    }

    /// The reference of the template, `slug:version`.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.0.data.template
    }

    /// The name of the connector.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.data.name
    }

    /// The arguments that identify the connector; empty if its name identifies it.
    #[must_use]
    pub fn arguments(&self) -> &Map<String, Value> {
        &self.0.data.identity.arguments
    }

    /// The time just before the create was sent, by the clock of the machine that sent it.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        self.0.data.at
    }

    /// A description of the connector for people.
    #[must_use]
    pub fn what(&self) -> String {
        self.identity().describe(self.template(), self.name())
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.0.data.identity
    }
}

impl fmt::Display for UnresolvedCreate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
