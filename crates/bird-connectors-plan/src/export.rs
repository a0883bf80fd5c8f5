//! The observed state as a file. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bird_connectors::install::{ConnectorIdentity, ConnectorSnapshot};
use bird_connectors::models::{WebhookSubscription, looks_secret};
use bird_connectors::{Connector, WorkspaceId};
use serde_json::{Map, Value};
use serde_saphyr::{Location, Spanned};

use crate::desired::{DesiredState, DesiredWorkspace};
use crate::file::SourceFile;
use crate::file::format::{
    ChannelFile, ConnectorEntry, SubscriptionEntry, VERSION, WorkspaceEntry,
};
use crate::observed::{ObservedState, ObservedWorkspace};
use crate::template_kind::TemplateKind;

/// The observed state as a file. Created by [`Export::new`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Export {
    /// The file, as YAML. It contains references in place of secrets, which the API does not return.
    pub yaml: String,
    /// What the file does not contain, and why.
    pub omitted: Vec<String>,
    /// The references to secrets that have to exist before the file is applied.
    pub secrets: Vec<String>,
}

/// The first lines of every file.
const HEADER: &str = "# yaml-language-server: $schema=bird-connectors.schema.json\n";

impl DesiredState {
    /// A state that describes nothing of these workspaces, to observe and export all of them.
    #[must_use]
    pub fn empty(
        project: impl Into<String>,
        workspaces: impl IntoIterator<Item = WorkspaceId>,
    ) -> Self {
        let workspaces = workspaces.into_iter().map(|id| DesiredWorkspace {
            id,
            label: None,
            organization: None,
            connectors: Some(Vec::new()),
            subscriptions: Some(Vec::new()),
        });
        Self {
            project: project.into(),
            workspaces: workspaces.collect(),
        }
    }
}

impl Export {
    /// Writes what was observed as a file of this project. A plan for the file has no changes: everything is adopted, and what the
    /// file cannot describe is only live.
    ///
    /// A connector is omitted if the API does not return the documented arguments that its template needs. All of several that have
    /// the same identity are omitted, because a file cannot tell them apart; so are identical webhook subscriptions, and those that a
    /// file must not contain, such as one with an `http` URL.
    ///
    /// A connector of another template stays in the file if the API returns no arguments of it, and so does a webhook subscription
    /// without its signing key: [`omitted`](Self::omitted) names what is missing.
    ///
    /// # Errors
    /// The reason, if the name of the project is invalid.
    pub fn new(project: &str, observed: &ObservedState) -> Result<Self, String> {
        let mut draft = Draft::default();
        let workspaces = observed.workspaces.iter();
        let workspaces = workspaces.map(|(id, seen)| draft.workspace(*id, seen));
        let file = ChannelFile {
            version: spanned(VERSION),
            project: spanned(project.to_owned()),
            workspaces: workspaces.collect(),
        };
        let yaml = serde_saphyr::to_string(&file)
            .map_err(|why| format!("the file cannot be written: {why}"))?;
        let yaml = format!("{HEADER}{yaml}");
        DesiredState::parse(&[SourceFile::new(Path::new("export"), &*yaml)])
            .map_err(|errors| format!("the exported file would be invalid: {errors}"))?;
        Ok(Self {
            yaml,
            omitted: draft.omitted,
            secrets: draft.secrets.into_iter().collect(),
        })
    }
}

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(value, Location::UNKNOWN, Location::UNKNOWN)
}

#[derive(Default)]
struct Draft {
    omitted: Vec<String>,
    /// References, such as `env:SHOP_ACCESS_TOKEN`.
    secrets: BTreeSet<String>,
}

impl Draft {
    fn workspace(&mut self, id: WorkspaceId, seen: &ObservedWorkspace) -> WorkspaceEntry {
        let connectors = seen.connectors.as_ref().map(|snapshot| {
            for item in snapshot.undecodable() {
                let why = format!("a connector that cannot be decoded: {}", item.reason);
                self.omitted.push(why);
            }
            let (mut entries, mut ids) = (Vec::new(), BTreeSet::new());
            for connector in snapshot.connectors() {
                if !ids.insert(connector.id) {
                    continue;
                }
                match self.connector(id, connector, snapshot) {
                    Ok(entry) => entries.push(spanned(entry)),
                    Err(why) => self.omitted.push(format!(
                        "connector {} (`{}`): {why}",
                        connector.id, connector.name
                    )),
                }
            }
            entries
        });
        let webhook_subscriptions = seen.subscriptions.as_ref().map(|all| {
            let mut entries = Vec::new();
            let mut ids = BTreeSet::new();
            let all: Vec<_> = all.iter().filter(|one| ids.insert(one.id)).collect();
            for one in &all {
                match self.subscription(id, one, &all) {
                    Ok(entry) => entries.push(spanned(entry)),
                    Err(why) => self
                        .omitted
                        .push(format!("webhook subscription {}: {why}", one.id)),
                }
            }
            let without_key = |entry: &&Spanned<SubscriptionEntry>| entry.value.signing_key.is_none();
            let unsigned = entries.iter().filter(without_key).count();
            if unsigned > 0 {
                self.omitted.push(format!(
                    "signing keys of {unsigned} webhook subscriptions in the workspace {id}: the API does not return them; add the \
                     reference of each key as `signing_key`, because the file would create the subscription without it"
                ));
            }
            entries
        });
        WorkspaceEntry {
            id: spanned(id.to_string()),
            label: None,
            organization: None,
            connectors,
            webhook_subscriptions,
        }
    }

    /// A reference for a secret that the API does not return.
    fn secret(&mut self, name: &str, field: &str) -> String {
        let words = format!("{name}_{}", snake_case(field));
        let mut variable = String::new();
        for letter in words.chars() {
            let letter = letter.to_ascii_uppercase();
            if letter.is_ascii_alphanumeric() {
                variable.push(letter);
            } else if !variable.ends_with('_') && !variable.is_empty() {
                variable.push('_');
            }
        }
        if variable.starts_with(|first: char| first.is_ascii_digit()) || variable.is_empty() {
            variable.insert_str(0, "BIRD_");
        }
        let reference = format!("env:{}", variable.trim_end_matches('_'));
        self.secrets.insert(reference.clone());
        reference
    }

    fn connector(
        &mut self,
        workspace: WorkspaceId,
        connector: &Connector,
        snapshot: &ConnectorSnapshot,
    ) -> Result<ConnectorEntry, String> {
        if connector.name.trim().is_empty() {
            return Err("it has no name".to_owned());
        }
        let reference = connector.connector_template_ref.as_deref();
        let reference = reference.filter(|reference| !reference.is_empty());
        let reference = reference.ok_or("the API does not return its template")?;
        let kind =
            TemplateKind::parse(reference).ok_or("the reference of its template is invalid")?;
        let empty = Map::new();
        let arguments = connector.arguments.as_ref().unwrap_or(&empty);
        let string = |key: &str| {
            let value = arguments.get(key)?.as_str()?;
            (!value.trim().is_empty()).then(|| spanned(value.to_owned()))
        };
        let needed =
            |key: &str| string(key).ok_or_else(|| format!("the API does not return `{key}`"));
        let number = || {
            let id = connector
                .number
                .as_ref()
                .and_then(|number| number.number_id);
            let id = id.map(|id| spanned(id.to_string()));
            let number = string("phoneNumberId").or(id);
            number.ok_or_else(|| "the API does not return `phoneNumberId`".to_owned())
        };
        let template = match kind {
            TemplateKind::Custom => reference,
            named => named.name(),
        };
        let mut entry = ConnectorEntry {
            name: Some(spanned(connector.name.clone())),
            template: Some(spanned(template.to_owned())),
            ..ConnectorEntry::default()
        };
        let mut lacks_arguments = false;
        match kind {
            TemplateKind::Sms => {
                entry.phone_number_id = Some(number()?);
                entry.message_type = Some(needed("channelMessageType")?);
                entry.use_case_id = string("useCaseId");
            }
            TemplateKind::Voice => entry.phone_number_id = Some(number()?),
            TemplateKind::WhatsApp => {
                entry.waba_id = Some(needed("wabaId")?);
                entry.phone_id = Some(needed("phoneId")?);
                entry.phone_number = Some(needed("phoneNumber")?);
                entry.mb_phone_id = string("mbPhoneId");
                let token = self.secret(&connector.name, "accessToken");
                entry.access_token = Some(spanned(token));
            }
            // The API documents neither their names nor which of them are secrets.
            _ if arguments.is_empty() => lacks_arguments = true,
            _ => {
                let arguments = arguments.iter().map(|(key, value)| {
                    let value = self.without_secrets(&connector.name, key, value);
                    (key.clone(), value)
                });
                entry.arguments = Some(spanned(arguments.collect()));
            }
        }
        check(workspace, &entry, connector, snapshot)?;
        if lacks_arguments {
            self.omitted.push(format!(
                "arguments of connector {} (`{}`): the API returns none; before the file creates it, add those that its template needs",
                connector.id, connector.name
            ));
        }
        Ok(entry)
    }

    /// Replaces values whose names suggest secrets by references.
    fn without_secrets(&mut self, name: &str, key: &str, value: &Value) -> Value {
        match value {
            Value::Null => Value::Null,
            _ if looks_secret(key) => Value::from(self.secret(name, key)),
            Value::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| {
                    let value = self.without_secrets(name, key, value);
                    (key.clone(), value)
                });
                Value::Object(fields.collect())
            }
            Value::Array(items) => items
                .iter()
                .map(|item| self.without_secrets(name, key, item))
                .collect(),
            plain => plain.clone(),
        }
    }

    fn subscription(
        &mut self,
        workspace: WorkspaceId,
        seen: &WebhookSubscription,
        all: &[&WebhookSubscription],
    ) -> Result<SubscriptionEntry, String> {
        let same = |one: &&&WebhookSubscription| {
            one.service == seen.service
                && one.event == seen.event
                && one.url == seen.url
                && filters(one) == filters(seen)
        };
        if all.iter().filter(same).count() > 1 {
            return Err("another subscription is identical".to_owned());
        }
        let pairs = filters(seen);
        let filters: BTreeMap<String, String> = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        if filters.len() < pairs.len() {
            return Err("it has two filters with the same key".to_owned());
        }
        let service = seen.service.as_str();
        let active = match seen.status.as_str() {
            "active" => true,
            "inactive" => false,
            other => return Err(format!("its status is `{other}`")),
        };
        let mut entry = SubscriptionEntry {
            service: (service != "channels").then(|| spanned(service.to_owned())),
            event: Some(spanned(seen.event.clone())),
            url: Some(spanned(seen.url.clone())),
            filters: (!filters.is_empty()).then_some(filters),
            signing_key: None,
            status: (!active).then(|| spanned("inactive".to_owned())),
        };
        let mut described = described(workspace);
        described.webhook_subscriptions = Some(vec![spanned(entry.clone())]);
        parse(described)?;
        if seen.signing_key.is_some() {
            entry.signing_key = Some(spanned(self.secret("bird", "signingKey")));
        }
        Ok(entry)
    }
}

fn filters(seen: &WebhookSubscription) -> BTreeSet<(&str, &str)> {
    let filters = seen.event_filters.iter().flatten();
    filters
        .map(|filter| (filter.key.as_str(), filter.value.as_str()))
        .collect()
}

/// A workspace of which nothing is described.
fn described(id: WorkspaceId) -> WorkspaceEntry {
    WorkspaceEntry {
        id: spanned(id.to_string()),
        label: None,
        organization: None,
        connectors: None,
        webhook_subscriptions: None,
    }
}

/// Checks a workspace like one of a file.
fn parse(workspace: WorkspaceEntry) -> Result<DesiredState, String> {
    let file = ChannelFile {
        version: spanned(VERSION),
        project: spanned("export".to_owned()),
        workspaces: vec![workspace],
    };
    let yaml = serde_saphyr::to_string(&file).map_err(|why| why.to_string())?;
    let parsed = DesiredState::parse(&[SourceFile::new(Path::new("export"), yaml)]);
    parsed.map_err(|errors| {
        let messages = errors.problems().iter().map(|one| one.message.clone());
        messages.collect::<Vec<_>>().join("; ")
    })
}

/// Checks an entry like one of a file, and that a plan for it finds this connector.
fn check(
    workspace: WorkspaceId,
    entry: &ConnectorEntry,
    connector: &Connector,
    snapshot: &ConnectorSnapshot,
) -> Result<(), String> {
    let mut described = described(workspace);
    described.connectors = Some(vec![spanned(entry.clone())]);
    let parsed = parse(described)?;
    let described = parsed.workspaces.first();
    let described = described.and_then(|one| one.connectors.as_ref()?.first());
    let Some(described) = described else {
        return Err("it cannot be described".to_owned());
    };
    let template = described.comparable_template(bird_connectors::NumberId::from_u128(1));
    let found = ConnectorIdentity::of(&template).find(snapshot);
    match found.map_err(|error| error.message().to_owned())? {
        Some(found) if found.connector.id == connector.id && found.drift.is_empty() => Ok(()),
        _ => Err("a file cannot describe it so that a plan finds it".to_owned()),
    }
}

/// `accessToken` as `access_Token`; the caller converts the case.
fn snake_case(name: &str) -> String {
    let mut words = String::new();
    let mut before_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && before_lower {
            words.push('_');
        }
        before_lower = letter.is_ascii_lowercase();
        words.push(letter);
    }
    words
}

#[cfg(test)]
mod tests;
