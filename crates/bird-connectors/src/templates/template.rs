//! The request for a connector that every template converts into, and its validation.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bird_connectors_api::types::CreateConnector;
use bird_connectors_api::{SentSecret, looks_secret};
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::common::{CommonSettings, FreeArguments, KeysOnly};
use crate::error::Error;

/// A request for a connector. [`Connectors::install`](crate::resources::Connectors::install),
/// [`ensure`](crate::resources::Connectors::ensure) and [`install_all`](crate::resources::Connectors::install_all) take
/// anything that converts into it: every type of the [module](crate::templates).
///
/// The conversion always succeeds. Values that are not valid, such as an empty name, are reported by [`validate`](Self::validate),
/// and by the install before it sends a request.
///
/// `Debug` shows the names of secrets, but not their values. Of arguments that the API does not document, it shows only the
/// names too, because they can contain secrets.
///
/// ```
/// use bird_connectors::templates::{Template, Voice};
/// use bird_connectors::models::NumberId;
///
/// let template = Template::from(Voice::new("Reception", NumberId::from_u128(1)));
/// assert_eq!(template.reference(), "voice-messagebird:1");
/// assert!(template.validate().is_ok());
/// ```
#[derive(Clone)]
pub struct Template {
    reference: String,
    name: String,
    /// Shared with what a bulk install compares.
    arguments: Arc<Map<String, Value>>,
    /// Whether the caller chose the names of the arguments.
    free: bool,
    secrets: BTreeMap<String, BTreeMap<String, SentSecret>>,
    conversational: Option<bool>,
    invitation_token: Option<SentSecret>,
    problems: Vec<Problem>,
}

/// Something that makes a template invalid.
#[derive(Clone, Debug, PartialEq)]
struct Problem {
    /// The name of the argument.
    argument: &'static str,
    /// What is wrong, as a clause that names the argument.
    description: String,
}

impl Template {
    pub(super) fn new(reference: impl Into<String>, common: CommonSettings) -> Self {
        let mut template = Self {
            reference: reference.into(),
            name: common.name,
            arguments: Arc::default(),
            free: false,
            secrets: BTreeMap::new(),
            conversational: common.conversational,
            invitation_token: common.invitation_token,
            problems: Vec::new(),
        };
        let named = !template.name.trim().is_empty();
        template.require(named, "name", "the name is empty");
        template
    }

    pub(super) fn with_free_arguments(
        reference: impl Into<String>,
        common: CommonSettings,
        free: FreeArguments,
    ) -> Self {
        let mut template = Self::new(reference, common);
        template.arguments = Arc::new(free.arguments);
        template.free = true;
        template.secrets = free.secrets;
        template
    }

    /// Records a problem with an argument unless the condition holds.
    pub(super) fn require(
        &mut self,
        condition: bool,
        argument: &'static str,
        description: impl Into<String>,
    ) {
        if !condition {
            self.problems.push(Problem {
                argument,
                description: description.into(),
            });
        }
    }

    pub(super) fn add_argument(&mut self, key: &'static str, value: impl Into<Value>) {
        Arc::make_mut(&mut self.arguments).insert(key.to_owned(), value.into());
    }

    /// Adds a string that must not be blank.
    pub(super) fn add_required_string(&mut self, key: &'static str, value: impl Into<String>) {
        let value = value.into();
        self.require(!value.trim().is_empty(), key, format!("`{key}` is empty"));
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

    pub(crate) fn shared_arguments(&self) -> Arc<Map<String, Value>> {
        Arc::clone(&self.arguments)
    }

    /// Checks everything that can be checked without a request. Installing does this, too, before it sends anything.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput). The message lists all problems, and
    /// [`details`](Error::details) has them by argument, in the form of the API's own validation errors: a map from the name of
    /// an argument to a list of strings.
    pub fn validate(&self) -> Result<(), Error> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let mut by_argument = Map::new();
        for problem in &self.problems {
            let of_argument = by_argument.entry(problem.argument);
            let of_argument = of_argument.or_insert_with(|| Value::Array(Vec::new()));
            if let Some(descriptions) = of_argument.as_array_mut() {
                descriptions.push(problem.description.as_str().into());
            }
        }
        let all: Vec<_> = self
            .problems
            .iter()
            .map(|problem| &*problem.description)
            .collect();
        let message = format!("invalid template `{}`: {}", self.reference, all.join("; "));
        Err(Error::invalid_input("create a connector", message).with_details(by_argument.into()))
    }

    /// Whether the template has values that the API returns masked or not at all.
    pub(crate) fn has_secrets(&self) -> bool {
        !self.secrets.is_empty() || self.invitation_token.is_some()
    }

    /// All secrets of the template, so that they can be removed from responses. The arguments that the API does not document can
    /// contain some, too: they are those whose names suggest it.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let arguments = self.secrets.values().flat_map(BTreeMap::values);
        let mut secrets: Vec<SecretString> = arguments
            .chain(&self.invitation_token)
            .map(|secret| secret.expose().to_owned().into())
            .collect();
        if self.free {
            for (name, value) in &*self.arguments {
                collect_named_secrets(looks_secret(name), value, &mut secrets);
            }
        }
        secrets
    }

    pub(crate) fn into_request(self) -> CreateConnector {
        CreateConnector {
            name: self.name,
            connector_template_ref: Some(self.reference),
            arguments: (!self.arguments.is_empty()).then(|| Arc::unwrap_or_clone(self.arguments)),
            security_arguments: (!self.secrets.is_empty()).then_some(self.secrets),
            channel_conversational_status_enabled: self.conversational,
            invitation_token: self.invitation_token,
        }
    }
}

/// The shortest value of an argument that is taken for a secret because of its name. A shorter one occurs in other words.
const MIN_NAMED_SECRET: usize = 6;

fn collect_named_secrets(secret: bool, value: &Value, secrets: &mut Vec<SecretString>) {
    match value {
        Value::String(string) if secret && string.len() >= MIN_NAMED_SECRET => {
            secrets.push(string.clone().into());
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_named_secrets(secret, item, secrets)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            collect_named_secrets(secret || looks_secret(name), value, secrets);
        }),
        _ => {}
    }
}

/// Two templates that send the same request are equal.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            reference,
            name,
            arguments,
            free: _,
            secrets,
            conversational,
            invitation_token,
            problems,
        } = self;
        *reference == other.reference
            && *name == other.name
            && *arguments == other.arguments
            && *secrets == other.secrets
            && *conversational == other.conversational
            && *invitation_token == other.invitation_token
            && *problems == other.problems
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut template = f.debug_struct("Template");
        template
            .field("reference", &self.reference)
            .field("name", &self.name);
        if self.free {
            template.field("arguments", &KeysOnly(&self.arguments));
        } else {
            template.field("arguments", &self.arguments);
        }
        template
            .field("secrets", &self.secrets)
            .field("conversational", &self.conversational)
            .field("invitation_token", &self.invitation_token)
            .field("problems", &self.problems)
            .finish()
    }
}
