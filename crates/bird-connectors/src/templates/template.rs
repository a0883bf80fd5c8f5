//! A checked request for a connector, and the parts that templates share.

use std::collections::BTreeMap;

use bird_connectors_api::SentSecret;
use bird_connectors_api::types::CreateConnector;
use secrecy::SecretString;
use serde_json::{Map, Value};

/// A checked request for a connector: what [`Connectors::install`](crate::Connectors::install) takes. Each type of
/// this module converts into it; the conversion is where the checks are.
///
/// `Debug` shows the names of secrets, never their values.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub(super) reference: String,
    pub(super) name: String,
    pub(super) arguments: Map<String, Value>,
    pub(super) secrets: BTreeMap<String, BTreeMap<String, SentSecret>>,
    pub(super) conversational: Option<bool>,
    pub(super) invitation_token: Option<SentSecret>,
}

impl Template {
    /// The template's reference, `slug:version`.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// The name that the connector gets.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The arguments, as they are sent.
    #[must_use]
    pub fn arguments(&self) -> &Map<String, Value> {
        &self.arguments
    }

    /// Every secret in it, so that no answer can show one.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let arguments = self.secrets.values().flat_map(BTreeMap::values);
        arguments
            .chain(&self.invitation_token)
            .map(|secret| secret.expose().to_owned().into())
            .collect()
    }

    pub(crate) fn into_request(self) -> CreateConnector {
        CreateConnector {
            name: self.name,
            connector_template_ref: Some(self.reference),
            arguments: (!self.arguments.is_empty()).then_some(self.arguments),
            security_arguments: (!self.secrets.is_empty()).then_some(self.secrets),
            channel_conversational_status_enabled: self.conversational,
            invitation_token: self.invitation_token,
        }
    }
}

/// What every template has.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Common {
    pub(super) name: String,
    pub(super) conversational: Option<bool>,
    pub(super) invitation_token: Option<SentSecret>,
}

/// Arguments whose keys nobody documents: as the caller gives them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Free {
    pub(super) arguments: Map<String, Value>,
    pub(super) secrets: BTreeMap<String, BTreeMap<String, SentSecret>>,
}

pub(super) fn named(name: impl Into<String>) -> Common {
    Common {
        name: name.into(),
        ..Common::default()
    }
}
