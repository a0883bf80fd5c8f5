//! Decides whether a connector is the one that a template describes. Pure. The rules are documented at
//! [`Connectors::ensure`](crate::resources::Connectors::ensure).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bird_connectors_api::types::{Connector, NumberId, WorkspaceId};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::resume::UnresolvedCreate;
use crate::resume::{Identity, IdentityRule, slug};
use crate::templates::{Sms, Template, Voice, WhatsApp};

/// Why an adopted connector matches its template.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MatchedBy {
    /// These arguments are equal.
    Arguments(Vec<String>),
    /// The API returns no arguments, but the id of the number that the connector uses, and that id is equal.
    NumberId,
    /// The name is equal, and the API returns no identifying argument, or the template has none.
    Name,
    /// The journal contains the connector that an earlier run created.
    Journal,
}

impl MatchedBy {
    /// The stable lower-case name: `arguments`, `number_id`, `name` or `journal`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Arguments(_) => "arguments",
            Self::NumberId => "number_id",
            Self::Name => "name",
            Self::Journal => "journal",
        }
    }
}

impl fmt::Display for MatchedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arguments(keys) => {
                let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
                write!(f, "the arguments {}", keys.join(", "))
            }
            Self::NumberId => f.write_str("the id of the number"),
            Self::Name => f.write_str("the name"),
            Self::Journal => f.write_str("the journal"),
        }
    }
}

/// The connector that a template describes: everything of the template that can be compared, without secrets.
#[derive(Clone, PartialEq)]
pub(crate) struct WantedConnector {
    pub(crate) reference: String,
    pub(crate) name: String,
    pub(crate) arguments: Arc<Map<String, Value>>,
    pub(crate) identity: Identity,
}

/// The default identity of a template, by its slug. A template without the identifying arguments is identified by its name.
pub(crate) fn identity_of(template: &Template) -> Identity {
    let (by, keys): (_, &[&str]) = match slug(template.reference()) {
        known if known == slug(Sms::TEMPLATE) || known == slug(Voice::TEMPLATE) => {
            (IdentityRule::Number, &["phoneNumberId"])
        }
        known if known == slug(WhatsApp::TEMPLATE) => {
            (IdentityRule::AnyArgument, &["phoneId", "phoneNumber"])
        }
        _ => (IdentityRule::Name, &[]),
    };
    let arguments: Map<_, _> = keys
        .iter()
        .filter_map(|&key| Some((key.to_owned(), value_of(template.arguments(), key)?.clone())))
        .collect();
    let by = if arguments.is_empty() {
        IdentityRule::Name
    } else {
        by
    };
    Identity { by, arguments }
}

/// The identity by the arguments that the caller selects.
///
/// # Errors
/// The reason, if the template has no value for one of them.
pub(crate) fn chosen_identity(template: &Template, keys: &[String]) -> Result<Identity, String> {
    if keys.is_empty() {
        return Err("`identified_by` is empty: name at least one argument".to_owned());
    }
    let mut arguments = Map::new();
    for key in keys {
        let value = value_of(template.arguments(), key).ok_or_else(|| {
            format!("`identified_by` contains `{key}`, but the template has no value for it")
        })?;
        arguments.insert(key.clone(), value.clone());
    }
    Ok(Identity {
        by: IdentityRule::AllArguments,
        arguments,
    })
}

/// An unresolved create contains only the identifying arguments.
impl From<&UnresolvedCreate> for WantedConnector {
    fn from(unresolved: &UnresolvedCreate) -> Self {
        Self {
            reference: unresolved.template().to_owned(),
            name: unresolved.name().to_owned(),
            arguments: Arc::new(unresolved.arguments().clone()),
            identity: unresolved.identity().clone(),
        }
    }
}

impl WantedConnector {
    /// The connector that a template describes, identified by the selected arguments or else by the default ones.
    ///
    /// # Errors
    /// The reason, if the template has no value for a selected argument.
    pub(crate) fn of_template(
        template: &Template,
        identified_by: Option<&[String]>,
    ) -> Result<Self, String> {
        let identity = match identified_by {
            None => identity_of(template),
            Some(keys) => chosen_identity(template, keys)?,
        };
        Ok(Self::new(template, identity))
    }

    pub(crate) fn new(template: &Template, identity: Identity) -> Self {
        Self {
            reference: template.reference().to_owned(),
            name: template.name().to_owned(),
            arguments: template.shared_arguments(),
            identity,
        }
    }

    pub(crate) fn slug(&self) -> &str {
        slug(&self.reference)
    }

    /// The normalized identity, without secrets. Templates that describe the same connector have an equal one.
    pub(crate) fn canonical(&self) -> Value {
        let arguments: BTreeMap<_, _> = self
            .identity
            .arguments
            .iter()
            .map(|(key, value)| (key, Canonical::of(key, value).into_value()))
            .collect();
        let name = (self.identity.by == IdentityRule::Name).then(|| self.name.trim());
        serde_json::json!({
            "slug": self.slug(), "by": self.identity.by, "arguments": arguments, "name": name,
        })
    }

    /// Keys of the identity. Two templates describe the same connector if they have a key in common.
    pub(super) fn identity_keys(&self) -> Vec<String> {
        let mut arguments: Vec<_> = self.identity.arguments.iter().collect();
        arguments.sort_unstable_by_key(|(key, _)| *key);
        let start = |rule: &str| {
            let mut key = String::with_capacity(128);
            push_part(&mut key, rule);
            push_part(&mut key, self.slug());
            key
        };
        let push = |identity: &mut String, key: &str, value: &Value| {
            push_part(identity, key);
            match Canonical::of(key, value) {
                Canonical::Id(id) => {
                    push_part(
                        identity,
                        id.hyphenated().encode_lower(&mut Uuid::encode_buffer()),
                    );
                }
                Canonical::String(string) => push_part(identity, &string),
                // A part of a string starts with a digit.
                Canonical::Other(value) => {
                    identity.push('=');
                    push_part(identity, &value.to_string());
                }
            }
        };
        let rule = match self.identity.by {
            IdentityRule::Number => "number",
            IdentityRule::AllArguments => "all",
            IdentityRule::Name => "name",
            IdentityRule::AnyArgument => {
                let each = arguments.into_iter().map(|(key, value)| {
                    let mut identity = start("any");
                    push(&mut identity, key, value);
                    identity
                });
                return each.collect();
            }
        };
        let mut identity = start(rule);
        if self.identity.by == IdentityRule::Name {
            push_part(&mut identity, self.name.trim());
        }
        for (key, value) in arguments {
            push(&mut identity, key, value);
        }
        vec![identity]
    }

    /// A description for people, for use in messages.
    pub(crate) fn describe(&self) -> String {
        self.identity.describe(&self.reference, &self.name)
    }

    /// A description by the template and the identifying arguments, for messages that name the templates separately.
    pub(super) fn describe_arguments(&self) -> String {
        self.identity.describe_arguments(&self.reference)
    }

    /// The record of a create that is about to be sent.
    pub(crate) fn unresolved(&self, workspace: WorkspaceId, at: DateTime<Utc>) -> UnresolvedCreate {
        UnresolvedCreate::new(
            workspace,
            self.reference.clone(),
            self.name.clone(),
            self.identity.clone(),
            at,
        )
    }
}

/// The fields of a connector that matching compares. Any of them may be missing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ConnectorView<'a> {
    slug: Option<&'a str>,
    pub(super) name: Option<&'a str>,
    pub(super) arguments: Option<&'a Map<String, Value>>,
    pub(super) number_id: Option<NumberId>,
    /// Whether the API returned arguments or a number in a form that cannot be read. They may be the wanted ones.
    pub(super) unreadable: bool,
}

impl<'a> From<&'a Connector> for ConnectorView<'a> {
    fn from(connector: &'a Connector) -> Self {
        Self {
            slug: slug_of(
                connector.connector_template_slug.as_deref(),
                connector.connector_template_ref.as_deref(),
            ),
            // An unreadable name is empty. It proves no difference.
            name: Some(connector.name.as_str()).filter(|name| !name.is_empty()),
            arguments: connector.arguments.as_ref(),
            number_id: connector
                .number
                .as_ref()
                .and_then(|number| number.number_id)
                .filter(|id| !id.as_uuid().is_nil()),
            unreadable: connector
                .undecoded()
                .any(|(name, _)| name == "arguments" || name == "number")
                || connector
                    .number
                    .iter()
                    .flat_map(|number| number.undecoded())
                    .any(|(name, _)| name == "numberId"),
        }
    }
}

impl<'a> ConnectorView<'a> {
    /// Reads the fields from an item that cannot be decoded as a connector.
    pub(crate) fn raw(item: &'a Value) -> Self {
        let string = |value: &'a Value| value.as_str();
        let number = &item["number"];
        let number_id = string(&number["numberId"]).and_then(|id| Uuid::try_parse(id.trim()).ok());
        let has_readable_number = match number {
            Value::Null => true,
            Value::Object(_) => number["numberId"].is_null() || number_id.is_some(),
            _ => false,
        };
        Self {
            slug: slug_of(
                string(&item["connectorTemplateSlug"]),
                string(&item["connectorTemplateRef"]),
            ),
            name: string(&item["name"]),
            arguments: item["arguments"].as_object(),
            // The zero UUID means that there is no number.
            number_id: number_id.filter(|id| !id.is_nil()).map(NumberId::from),
            unreadable: !has_readable_number
                || !(item["arguments"].is_null() || item["arguments"].is_object()),
        }
    }
}

/// Whether a connector matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    Matches(MatchedBy),
    Differs,
    /// The API does not return enough of the connector to decide.
    Undecided,
}

/// Compares a connector with the wanted one.
pub(crate) fn compare(wanted: &WantedConnector, seen: ConnectorView<'_>) -> Match {
    if seen.slug.is_some_and(|slug| slug != wanted.slug()) {
        return Match::Differs;
    }
    match compare_identity(wanted, seen) {
        // SMS and Voice can use the same number, so the slug is needed.
        Match::Matches(_) if seen.slug.is_none() => Match::Undecided,
        result => result,
    }
}

/// Compares everything but the slug.
fn compare_identity(wanted: &WantedConnector, seen: ConnectorView<'_>) -> Match {
    let (mut equal, mut different, mut absent) = (Vec::new(), 0, 0);
    for (key, value) in &wanted.identity.arguments {
        match seen
            .arguments
            .and_then(|arguments| value_of(arguments, key))
        {
            Some(found) if is_same(key, found, value) => {
                equal.push(key.clone());
            }
            Some(_) => different += 1,
            None => absent += 1,
        }
    }
    match wanted.identity.by {
        IdentityRule::AnyArgument if !equal.is_empty() => {
            Match::Matches(MatchedBy::Arguments(equal))
        }
        _ if different > 0 => Match::Differs,
        IdentityRule::Number | IdentityRule::AllArguments if absent == 0 => {
            Match::Matches(MatchedBy::Arguments(equal))
        }
        IdentityRule::Number => match seen.number_id {
            Some(id) if wanted_number(wanted) == Some(id) => Match::Matches(MatchedBy::NumberId),
            Some(_) => Match::Differs,
            None => compare_name(wanted, seen),
        },
        _ => compare_name(wanted, seen),
    }
}

fn compare_name(wanted: &WantedConnector, seen: ConnectorView<'_>) -> Match {
    match seen.name {
        Some(name) if name.trim() == wanted.name.trim() => Match::Matches(MatchedBy::Name),
        // Another name proves a difference only if the API does not return what identifies the connector.
        Some(_) if seen.unreadable && wanted.identity.by != IdentityRule::Name => Match::Undecided,
        Some(_) => Match::Differs,
        None => Match::Undecided,
    }
}

pub(super) fn wanted_number(wanted: &WantedConnector) -> Option<NumberId> {
    let id = wanted.identity.arguments.values().next()?.as_str()?;
    id.trim().parse().ok()
}

pub(super) fn string(string: &str) -> Value {
    Value::String(string.to_owned())
}

/// The slug of a connector's template. The platform of its channel is not used: it can differ from the slug.
fn slug_of<'a>(own: Option<&'a str>, reference: Option<&'a str>) -> Option<&'a str> {
    let nonempty = |string: Option<&'a str>| string.filter(|string| !string.is_empty());
    nonempty(own).or_else(|| nonempty(reference.map(slug)))
}

/// The value of an argument, unless it is null or blank: both count as missing.
pub(super) fn value_of<'a>(arguments: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    arguments.get(key).filter(|value| match value {
        Value::Null => false,
        Value::String(string) => !string.trim().is_empty(),
        _ => true,
    })
}

/// Whether two values are equal in any of their spellings.
pub(super) fn is_same(key: &str, one: &Value, other: &Value) -> bool {
    one == other || Canonical::of(key, one) == Canonical::of(key, other)
}

/// A normalized value, so that different spellings compare equal: UUIDs in their usual form, numbers as strings, phone
/// numbers as digits.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Canonical<'a> {
    Id(Uuid),
    /// It is never a UUID.
    String(Cow<'a, str>),
    Other(&'a Value),
}

impl<'a> Canonical<'a> {
    pub(super) fn of(key: &str, value: &'a Value) -> Self {
        match value {
            Value::Number(number) => Self::String(number.to_string().into()),
            Value::String(spelled) => {
                let spelled = spelled.trim();
                if let Ok(id) = Uuid::try_parse(spelled) {
                    return Self::Id(id);
                }
                if key == "phoneNumber" {
                    let digits: String = spelled.chars().filter(char::is_ascii_digit).collect();
                    return Self::String(digits.into());
                }
                Self::String(spelled.into())
            }
            other => Self::Other(other),
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::Id(id) => string(&id.to_string()),
            Self::String(string) => Value::String(string.into_owned()),
            Self::Other(value) => value.clone(),
        }
    }
}

/// Appends a string and its length, so that no two lists of strings result in the same key.
fn push_part(key: &mut String, part: &str) {
    key.push_str(&part.len().to_string());
    key.push(':');
    key.push_str(part);
}

#[cfg(test)]
mod tests;
