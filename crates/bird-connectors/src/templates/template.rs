//! The request for a connector that every template converts into, and its validation.

use std::collections::BTreeMap;

use bird_connectors_api::SentSecret;
use bird_connectors_api::types::CreateConnector;
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::common::{CommonSettings, FreeArguments};
use crate::error::Error;

/// A request for a connector. [`Connectors::install`](crate::resources::Connectors::install),
/// [`ensure`](crate::resources::Connectors::ensure) and [`install_all`](crate::resources::Connectors::install_all) take
/// anything that converts into it: every type of the [module](crate::templates).
///
/// The conversion always succeeds. Values that are not valid, such as an empty name, are reported by [`validate`](Self::validate),
/// and by the install before it sends a request.
///
/// `Debug` shows the names of secrets, but not their values.
///
/// ```
/// use bird_connectors::templates::{Template, Voice};
/// use bird_connectors::models::NumberId;
///
/// let template = Template::from(Voice::new("Reception", NumberId::from_u128(1)));
/// assert_eq!(template.reference(), "voice-messagebird:1");
/// assert!(template.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    reference: String,
    name: String,
    arguments: Map<String, Value>,
    secrets: BTreeMap<String, BTreeMap<String, SentSecret>>,
    conversational: Option<bool>,
    invitation_token: Option<SentSecret>,
    /// Everything that makes this template invalid.
    problems: Vec<String>,
}

impl Template {
    pub(super) fn new(reference: impl Into<String>, common: CommonSettings) -> Self {
        let mut template = Self {
            reference: reference.into(),
            name: common.name,
            arguments: Map::new(),
            secrets: BTreeMap::new(),
            conversational: common.conversational,
            invitation_token: common.invitation_token,
            problems: Vec::new(),
        };
        template.require(!template.name.trim().is_empty(), "the name is empty");
        template
    }

    pub(super) fn with_free_arguments(
        reference: impl Into<String>,
        common: CommonSettings,
        free: FreeArguments,
    ) -> Self {
        let mut template = Self::new(reference, common);
        template.arguments = free.arguments;
        template.secrets = free.secrets;
        template
    }

    /// Records a problem unless the condition holds.
    pub(super) fn require(&mut self, condition: bool, problem: impl Into<String>) {
        if !condition {
            self.problems.push(problem.into());
        }
    }

    pub(super) fn add_argument(&mut self, key: &str, value: impl Into<Value>) {
        self.arguments.insert(key.to_owned(), value.into());
    }

    /// Adds a string that must not be blank.
    pub(super) fn add_required_string(&mut self, key: &str, value: impl Into<String>) {
        let value = value.into();
        self.require(!value.trim().is_empty(), format!("`{key}` is empty"));
        self.add_argument(key, value);
    }

    pub(super) fn add_secret(&mut self, scheme: &str, key: &str, value: SentSecret) {
        self.secrets
            .entry(scheme.to_owned())
            .or_default()
            .insert(key.to_owned(), value);
    }

    /// The reference of the template, `slug:version`.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// The name of the connector.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The arguments as they are sent, without the secrets.
    #[must_use]
    pub fn arguments(&self) -> &Map<String, Value> {
        &self.arguments
    }

    /// Checks everything that can be checked without a request. Installing does this, too, before it sends anything.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput). The message lists all problems.
    pub fn validate(&self) -> Result<(), Error> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let message = format!(
            "invalid template `{}`: {}",
            self.reference,
            self.problems.join("; ")
        );
        Err(Error::invalid_input("create a connector", message))
    }

    /// All secrets of the template, so that they can be removed from responses.
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
