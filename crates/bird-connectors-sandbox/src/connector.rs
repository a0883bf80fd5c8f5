//! A connector as the sandbox keeps it, and as the API shows it at a given moment.

use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::behavior::{Arguments, Behavior, ConnectorNumber, EmptyFields};
use crate::channel::ChannelView;
use crate::clock::Clock;
use crate::record::ChannelEvent;
use crate::script::{ChannelField, ChannelSnapshot, Script, Step};
use crate::state::Workspace;

pub(crate) struct Connector {
    pub(crate) id: Uuid,
    pub(crate) workspace: Uuid,
    pub(crate) name: String,
    pub(crate) template: Option<Template>,
    pub(crate) arguments: Option<Map<String, Value>>,
    /// Whether inbound messages open conversations.
    pub(crate) conversational: bool,
    /// The secret of the key that created it: what "my channels" means.
    pub(crate) owner: String,
    pub(crate) script: Script,
    /// The ids of all channels its script gives it, by their ordinal.
    channel_ids: Vec<Uuid>,
    /// When it was created, since the start of the sandbox.
    pub(crate) created: Duration,
    pub(crate) deleted: Option<Duration>,
}

/// A template reference: `slug:version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) reference: String,
    slug: usize,
}

impl Template {
    /// A reference is a slug and a version with a colon between them.
    pub(crate) fn parse(reference: &str) -> Option<Self> {
        let (slug, version) = reference.split_once(':')?;
        let slug_ok = !slug.is_empty()
            && slug
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let version_ok = !version.is_empty()
            && version
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        (slug_ok && version_ok).then(|| Self {
            reference: reference.to_owned(),
            slug: slug.len(),
        })
    }

    pub(crate) fn slug(&self) -> &str {
        &self.reference[..self.slug]
    }
}

/// What a create settles about a connector.
pub(crate) struct Created {
    pub(crate) name: String,
    pub(crate) template: Option<Template>,
    pub(crate) arguments: Option<Map<String, Value>>,
    pub(crate) conversational: bool,
}

impl Connector {
    pub(crate) fn new(
        create: Created,
        workspace: Uuid,
        owner: String,
        script: Script,
        now: Duration,
    ) -> Self {
        let id = Uuid::new_v4();
        Self {
            id,
            workspace,
            name: create.name,
            template: create.template,
            arguments: create.arguments,
            conversational: create.conversational,
            owner,
            channel_ids: script.channel_ids_for(id),
            script,
            created: now,
            deleted: None,
        }
    }

    pub(crate) fn slug(&self) -> &str {
        self.template.as_ref().map_or("", Template::slug)
    }

    pub(crate) fn argument(&self, name: &str) -> Option<&str> {
        self.arguments.as_ref()?.get(name)?.as_str()
    }

    /// Whether the create counts: it does from the start, even before the connector can be seen.
    pub(crate) fn exists(&self, now: Duration) -> bool {
        self.deleted.is_none() && !self.script.has_vanished(self.age(now))
    }

    pub(crate) fn is_visible(&self, now: Duration) -> bool {
        self.deleted.is_none() && self.script.snapshot(self.age(now)).visible
    }

    pub(crate) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.created)
    }

    /// Lets something happen to it now.
    pub(crate) fn apply_step(&mut self, now: Duration, step: Step) {
        self.script.add(self.age(now), step);
        self.channel_ids = self.script.channel_ids_for(self.id);
    }

    /// Whether one of its channels has, had or will have this id.
    pub(crate) fn knows_channel(&self, id: Uuid) -> bool {
        self.channel_ids.contains(&id)
    }

    /// The ids of all channels it has, had or will have.
    pub(crate) fn channel_ids(&self) -> impl Iterator<Item = Uuid> {
        self.channel_ids.iter().copied()
    }

    pub(crate) fn channel(&self, now: Duration) -> Option<ChannelView<'_>> {
        Some(self.view(self.script.snapshot(self.age(now)).channel?))
    }

    fn view<'a>(&'a self, channel: ChannelSnapshot<'a>) -> ChannelView<'a> {
        ChannelView {
            id: self
                .channel_ids
                .get(channel.ordinal)
                .copied()
                .unwrap_or_default(),
            connector: self,
            status: channel.status,
            created: self.created + channel.created_after,
            updated: self.created + channel.changed_after,
            is_first_sight: channel.created_after == channel.changed_after,
        }
    }

    /// What its timeline did to its channel until now, without the first `seen` changes.
    pub(crate) fn events(
        &self,
        seen: usize,
        workspace: &Workspace,
        now: Duration,
        behavior: &Behavior,
        clock: &Clock,
    ) -> Vec<ChannelEvent> {
        let end = self.deleted.unwrap_or(now);
        let mut events = Vec::new();
        for change in self.script.channel_changes(self.age(end)).skip(seen) {
            let channel = self.view(change);
            let event = if channel.is_first_sight {
                "channel.created"
            } else {
                "channel.updated"
            };
            events.push(channel.event(event, channel.updated, workspace, behavior, clock));
        }
        events
    }

    /// When its timeline does something next.
    pub(crate) fn next_change(&self, now: Duration) -> Option<Duration> {
        let next = self.script.next_step(self.age(now))?;
        self.deleted.is_none().then(|| self.created + next)
    }

    pub(crate) fn to_json(
        &self,
        workspace: &Workspace,
        now: Duration,
        behavior: &Behavior,
        clock: &Clock,
    ) -> Value {
        let seen = self.script.snapshot(self.age(now));
        let mut body = Map::new();
        let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
        set("id", json!(self.id));
        set("name", json!(self.name));
        set("workspaceId", json!(self.workspace));
        set(
            "createdAt",
            json!(clock.date(self.created, behavior.date_precision)),
        );
        set(
            "updatedAt",
            json!(clock.date(self.created + seen.changed_after, behavior.date_precision)),
        );
        if let Some(template) = &self.template {
            set("connectorTemplateRef", json!(template.reference));
            set("connectorTemplateSlug", json!(template.slug()));
        }
        match (seen.channel, seen.channel_field) {
            (Some(channel), _) => drop(set(
                "channel",
                json!({ "channelId": self.view(channel).id, "platform": self.slug() }),
            )),
            (None, ChannelField::Missing) => {}
            (None, ChannelField::Null) => drop(set("channel", Value::Null)),
            (None, ChannelField::EmptyObject) => drop(set("channel", json!({}))),
            (None, ChannelField::EmptyId) => drop(set("channel", json!({ "channelId": "" }))),
        }
        match (behavior.arguments, &self.arguments) {
            (Arguments::Echoed, Some(arguments)) => drop(set("arguments", json!(arguments))),
            (Arguments::Null, _) => drop(set("arguments", Value::Null)),
            _ => {}
        }
        match (
            behavior.connector_number,
            self.number_json(workspace, behavior),
        ) {
            (ConnectorNumber::Present, Some(number)) => drop(set("number", number)),
            (ConnectorNumber::Present, None) if behavior.empty_fields == EmptyFields::Null => {
                drop(set("number", Value::Null))
            }
            (ConnectorNumber::Null, _) => drop(set("number", Value::Null)),
            _ => {}
        }
        if behavior.empty_fields == EmptyFields::Null {
            set("routingKey", Value::Null);
            set("dataCapture", Value::Null);
        }
        Value::Object(body)
    }

    fn number_json(&self, workspace: &Workspace, behavior: &Behavior) -> Option<Value> {
        let id = crate::query::parse_uuid(self.argument("phoneNumberId")?)?;
        Some(match workspace.number(id) {
            Some(number) => number.connector_json(self.id, behavior),
            None => json!({ "numberId": id }),
        })
    }

    pub(crate) fn readiness_json(&self, now: Duration) -> Value {
        let seen = self.script.snapshot(self.age(now));
        let mut body =
            json!({ "channel": { "status": seen.readiness_status, "stage": seen.stage } });
        if self.argument("phoneNumberId").is_some() {
            body["number"] = json!({ "status": seen.number_status });
        }
        body
    }
}
