//! What makes two connectors the same: the table, and nothing else. Pure; see [`Connectors::ensure`] for its words.
//!
//! [`Connectors::ensure`]: crate::resources::Connectors::ensure

use std::collections::BTreeMap;
use std::fmt;

use bird_connectors_api::types::{Connector, NumberId, WorkspaceId};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::scrub_value;
use crate::resume::UnresolvedCreate;
use crate::resume::{Identity, IdentityRule, slug};
use crate::templates::{Sms, Template, Voice, WhatsApp};

/// What showed that two connectors are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MatchedBy {
    /// These arguments are equal.
    Arguments(Vec<String>),
    /// The API shows no arguments, but the number that the connector uses, which is the same.
    NumberId,
    /// The name is equal, and no argument that would tell is shown (or none is known to tell).
    Name,
    /// The journal names the connector that an earlier run made.
    Journal,
}

impl MatchedBy {
    /// As one stable lower-case word: `arguments`, `number_id`, `name` or `journal`.
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

/// Something of an adopted connector that is not as the template has it. There is no call that would change it.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Drift {
    /// Which field: `name`, `connectorTemplateRef`, or an argument as `arguments.useCaseId`.
    pub field: String,
    /// What the template has.
    pub wanted: Value,
    /// What the connector has. The template's secrets are taken out of it.
    pub found: Value,
}

impl fmt::Debug for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Arguments whose keys nobody documents may hold anything.
        f.debug_struct("Drift")
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}

/// What is looked for: a template without what cannot be compared.
#[derive(Clone, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) reference: String,
    pub(crate) name: String,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) identity: Identity,
}

/// The identity that the template's slug brings with it. A template that lacks the arguments has its name.
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
        .filter_map(|&key| Some((key.to_owned(), given(template.arguments(), key)?.clone())))
        .collect();
    let by = if arguments.is_empty() {
        IdentityRule::Name
    } else {
        by
    };
    Identity { by, arguments }
}

/// The identity that the caller chooses; the error says what is wrong with the choice.
pub(crate) fn chosen_identity(template: &Template, keys: &[String]) -> Result<Identity, String> {
    if keys.is_empty() {
        return Err("`identified_by` names no argument".to_owned());
    }
    let mut arguments = Map::new();
    for key in keys {
        let value = given(template.arguments(), key).ok_or_else(|| {
            format!("`identified_by` names `{key}`, which the template has no value for")
        })?;
        arguments.insert(key.clone(), value.clone());
    }
    Ok(Identity {
        by: IdentityRule::AllArguments,
        arguments,
    })
}

/// A create whose outcome is unknown names what it wanted, but for the arguments that do not identify it.
impl From<&UnresolvedCreate> for Wanted {
    fn from(unresolved: &UnresolvedCreate) -> Self {
        Self {
            reference: unresolved.template().to_owned(),
            name: unresolved.name().to_owned(),
            arguments: unresolved.arguments().clone(),
            identity: unresolved.identity().clone(),
        }
    }
}

impl Wanted {
    pub(crate) fn new(template: &Template, identity: Identity) -> Self {
        Self {
            reference: template.reference().to_owned(),
            name: template.name().to_owned(),
            arguments: template.arguments().clone(),
            identity,
        }
    }

    pub(crate) fn slug(&self) -> &str {
        slug(&self.reference)
    }

    /// What is the same for everything that is the same, and says nothing: for the key of a journal.
    pub(crate) fn canonical(&self) -> Value {
        let arguments: BTreeMap<_, _> = self
            .identity
            .arguments
            .iter()
            .map(|(key, value)| (key, canonical(key, value)))
            .collect();
        let name = (self.identity.by == IdentityRule::Name).then(|| self.name.trim());
        serde_json::json!({
            "slug": self.slug(), "by": self.identity.by, "arguments": arguments, "name": name,
        })
    }

    /// What another template shares with this one where both stand for the same connector.
    pub(super) fn marks(&self) -> Vec<String> {
        if self.identity.by != IdentityRule::AnyArgument {
            return vec![self.canonical().to_string()];
        }
        let each = self.identity.arguments.iter().map(|(key, value)| {
            let value = canonical(key, value);
            serde_json::json!([self.slug(), key, value]).to_string()
        });
        each.collect()
    }

    /// What to look for, for people.
    pub(crate) fn describe(&self) -> String {
        self.identity.describe(&self.reference, &self.name)
    }

    /// What to store of a create that is about to be sent.
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

/// A connector as far as it matters here: also one of which only parts can be read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sight<'a> {
    slug: Option<&'a str>,
    name: Option<&'a str>,
    arguments: Option<&'a Map<String, Value>>,
    number_id: Option<NumberId>,
}

impl<'a> From<&'a Connector> for Sight<'a> {
    fn from(connector: &'a Connector) -> Self {
        let channel = connector.channel.as_ref();
        let platform = channel.and_then(|channel| channel.platform.as_deref());
        Self {
            slug: slug_of(
                connector.connector_template_slug.as_deref(),
                connector.connector_template_ref.as_deref(),
                platform,
            ),
            name: Some(&connector.name),
            arguments: connector.arguments.as_ref(),
            number_id: connector
                .number
                .as_ref()
                .and_then(|number| number.number_id),
        }
    }
}

impl<'a> Sight<'a> {
    /// What can be made out of an item that cannot be read as a connector.
    pub(crate) fn raw(item: &'a Value) -> Self {
        let text = |value: &'a Value| value.as_str();
        Self {
            slug: slug_of(
                text(&item["connectorTemplateSlug"]),
                text(&item["connectorTemplateRef"]),
                text(&item["channel"]["platform"]),
            ),
            name: text(&item["name"]),
            arguments: item["arguments"].as_object(),
            number_id: text(&item["number"]["numberId"]).and_then(|id| id.trim().parse().ok()),
        }
    }
}

/// Whether a connector is the wanted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Same(MatchedBy),
    Different,
    /// What would tell is not shown.
    Unclear,
}

/// The table.
pub(crate) fn verdict(wanted: &Wanted, seen: Sight<'_>) -> Verdict {
    if seen.slug.is_some_and(|slug| slug != wanted.slug()) {
        return Verdict::Different;
    }
    let verdict = same_thing(wanted, seen);
    match verdict {
        // The same number can serve SMS and Voice.
        Verdict::Same(_) if seen.slug.is_none() => Verdict::Unclear,
        verdict => verdict,
    }
}

/// The same, but for the slug.
fn same_thing(wanted: &Wanted, seen: Sight<'_>) -> Verdict {
    let (mut equal, mut different, mut absent) = (Vec::new(), 0, 0);
    for (key, value) in &wanted.identity.arguments {
        match seen.arguments.and_then(|arguments| given(arguments, key)) {
            Some(found) if canonical(key, found) == canonical(key, value) => {
                equal.push(key.clone());
            }
            Some(_) => different += 1,
            None => absent += 1,
        }
    }
    match wanted.identity.by {
        IdentityRule::AnyArgument if !equal.is_empty() => {
            Verdict::Same(MatchedBy::Arguments(equal))
        }
        _ if different > 0 => Verdict::Different,
        IdentityRule::Number | IdentityRule::AllArguments if absent == 0 => {
            Verdict::Same(MatchedBy::Arguments(equal))
        }
        IdentityRule::Number => match seen.number_id {
            Some(id) if wanted_number(wanted) == Some(id) => Verdict::Same(MatchedBy::NumberId),
            Some(_) => Verdict::Different,
            None => same_name(wanted, seen),
        },
        _ => same_name(wanted, seen),
    }
}

fn same_name(wanted: &Wanted, seen: Sight<'_>) -> Verdict {
    match seen.name {
        Some(name) if name.trim() == wanted.name.trim() => Verdict::Same(MatchedBy::Name),
        Some(_) => Verdict::Different,
        None => Verdict::Unclear,
    }
}

fn wanted_number(wanted: &Wanted) -> Option<NumberId> {
    let id = wanted.identity.arguments.values().next()?.as_str()?;
    id.trim().parse().ok()
}

/// How a connector differs from what was wanted, where it shows. Values of the template's secrets are taken out.
pub(crate) fn drift(wanted: &Wanted, found: &Connector, secrets: &[&str]) -> Vec<Drift> {
    let mut all = Vec::new();
    let mut differ = |field: &str, wanted: &Value, found: &Value| {
        let mut found = found.clone();
        for secret in secrets {
            scrub_value(&mut found, secret);
        }
        all.push(Drift {
            field: field.to_owned(),
            wanted: wanted.clone(),
            found,
        });
    };
    if found.name.trim() != wanted.name.trim() {
        differ("name", &text(&wanted.name), &text(&found.name));
    }
    match found.connector_template_ref.as_deref() {
        Some(reference) if !reference.is_empty() && reference != wanted.reference => {
            differ(
                "connectorTemplateRef",
                &text(&wanted.reference),
                &text(reference),
            );
        }
        _ => {}
    }
    for (key, value) in &wanted.arguments {
        let shown = found.arguments.as_ref();
        if let Some(found) = shown.and_then(|arguments| given(arguments, key))
            && canonical(key, found) != canonical(key, value)
        {
            differ(&format!("arguments.{key}"), value, found);
        }
    }
    all
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn slug_of<'a>(
    own: Option<&'a str>,
    reference: Option<&'a str>,
    platform: Option<&'a str>,
) -> Option<&'a str> {
    let given = |text: Option<&'a str>| text.filter(|text| !text.is_empty());
    given(own)
        .or_else(|| given(reference.map(slug)))
        .or_else(|| given(platform))
}

/// An argument that says something: null and empty are as good as absent.
fn given<'a>(arguments: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    arguments.get(key).filter(|value| match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    })
}

/// A value in the one form of all its spellings: UUIDs parsed, numbers as text, phone numbers as their digits.
fn canonical(key: &str, value: &Value) -> Value {
    match value {
        Value::Number(number) => text(&number.to_string()),
        Value::String(spelled) => {
            let spelled = spelled.trim();
            if let Ok(id) = Uuid::try_parse(spelled) {
                return text(&id.to_string());
            }
            if key == "phoneNumber" {
                let digits = spelled.chars().filter(char::is_ascii_digit).collect();
                return Value::String(digits);
            }
            text(spelled)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
