//! The desired state: what files describe, checked and without secrets.

mod template;

use std::collections::BTreeMap;

use bird_connectors::models::{OrganizationId, WebhookSubscriptionStatus};
use bird_connectors::resources::{NewSubscription, PhoneNumber};
use bird_connectors::{ChannelMessageType, NumberId, UseCaseId, WorkspaceId};
use serde_json::{Map, Value};

use crate::place::Place;
use crate::secret_reference::{ReadSecret, SecretError, SecretReference};
use crate::template_kind::TemplateKind;

/// What workspaces should contain, from files: see [`DesiredState::parse`].
#[derive(Clone, Debug)]
pub struct DesiredState {
    pub(crate) project: String,
    pub(crate) workspaces: Vec<DesiredWorkspace>,
}

impl DesiredState {
    /// The name of the project, which owns what an apply creates.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The workspaces, in the order in which the files name them first.
    #[must_use]
    pub fn workspaces(&self) -> &[DesiredWorkspace] {
        &self.workspaces
    }
}

/// What one workspace should contain.
#[derive(Clone, Debug)]
pub struct DesiredWorkspace {
    pub(crate) id: WorkspaceId,
    pub(crate) label: Option<String>,
    pub(crate) organization: Option<OrganizationId>,
    /// `None` if the files do not describe the connectors.
    pub(crate) connectors: Option<Vec<DesiredConnector>>,
    /// `None` if the files do not describe the webhook subscriptions.
    pub(crate) subscriptions: Option<Vec<DesiredSubscription>>,
}

impl DesiredWorkspace {
    /// The workspace's id.
    #[must_use]
    pub fn id(&self) -> WorkspaceId {
        self.id
    }

    /// The name of the workspace in plans: its label, or else its id.
    #[must_use]
    pub fn name(&self) -> String {
        self.label.clone().unwrap_or_else(|| self.id.to_string())
    }

    /// The connectors. `None` if the files do not describe them.
    #[must_use]
    pub fn connectors(&self) -> Option<&[DesiredConnector]> {
        self.connectors.as_deref()
    }

    /// The webhook subscriptions. `None` if the files do not describe them.
    #[must_use]
    pub fn subscriptions(&self) -> Option<&[DesiredSubscription]> {
        self.subscriptions.as_deref()
    }
}

/// Which number a connector uses.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DesiredNumber {
    Id(NumberId),
    /// Its id is looked up in the workspace.
    Number(PhoneNumber),
}

/// A connector that a workspace should contain.
#[derive(Clone, Debug)]
pub struct DesiredConnector {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) kind: TemplateKind,
    pub(crate) reference: String,
    pub(crate) conversational: Option<bool>,
    pub(crate) invitation_token: Option<SecretReference>,
    pub(crate) arguments: DesiredArguments,
}

impl DesiredConnector {
    /// Where the files describe it.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The name of the connector.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The reference of the template, `slug:version`.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

/// The arguments of a connector, by its template.
#[derive(Clone)]
pub(crate) enum DesiredArguments {
    Sms {
        number: DesiredNumber,
        message_type: ChannelMessageType,
        use_case_id: Option<UseCaseId>,
    },
    Voice {
        number: DesiredNumber,
    },
    WhatsApp {
        waba_id: String,
        phone_id: String,
        phone_number: String,
        access_token: SecretReference,
        mb_phone_id: Option<NumberId>,
    },
    Free {
        /// Values without secrets.
        plain: Map<String, Value>,
        /// Arguments that contain a value whose name suggests a secret. In place of each secret is its reference.
        with_secrets: BTreeMap<String, SecretArgument>,
        /// By security scheme and name.
        security: BTreeMap<String, BTreeMap<String, SecretReference>>,
    },
}

/// An argument of a template that contains secrets.
#[derive(Clone, Debug)]
pub(crate) enum SecretArgument {
    Secret(SecretReference),
    Plain(Value),
    Object(BTreeMap<String, SecretArgument>),
    Array(Vec<SecretArgument>),
}

/// Shows no values of arguments that Bird does not document.
impl std::fmt::Debug for DesiredArguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sms { .. } => "Sms",
            Self::Voice { .. } => "Voice",
            Self::WhatsApp { .. } => "WhatsApp",
            Self::Free { .. } => "Free",
        })
    }
}

/// A webhook subscription that a workspace should contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredSubscription {
    pub(crate) place: Place,
    pub(crate) service: String,
    pub(crate) event: String,
    pub(crate) url: String,
    pub(crate) filters: BTreeMap<String, String>,
    pub(crate) signing_key: Option<SecretReference>,
    pub(crate) active: bool,
}

impl DesiredSubscription {
    /// Where the files describe it.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The event, such as `channel.updated`.
    #[must_use]
    pub fn event(&self) -> &str {
        &self.event
    }

    /// The URL that receives the events.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn status(&self) -> WebhookSubscriptionStatus {
        if self.active { "active" } else { "inactive" }.into()
    }

    /// The request, with the signing key if secrets are read.
    pub(crate) fn request(
        &self,
        read: Option<&ReadSecret<'_>>,
    ) -> Result<NewSubscription, SecretError> {
        let mut request =
            NewSubscription::new(&self.event, &self.url).service(self.service.as_str());
        for (key, value) in &self.filters {
            request = request.filter(key, value);
        }
        if let (Some(read), Some(reference)) = (read, &self.signing_key) {
            request = request.signing_key(read(reference)?);
        }
        Ok(request)
    }
}
