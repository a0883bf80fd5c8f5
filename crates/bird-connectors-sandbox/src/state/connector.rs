//! A connector, and its JSON at a given time.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::id::parse_uuid;
use crate::scenario::behavior::{
    Arguments, ChannelFieldForm, ConnectorNumber, EmptyFields, IrrelevantFields, PlatformIds,
};
use crate::scenario::script::{ChannelField, Script, Step};
use crate::state::render::RenderContext;

/// Pairs of the slug of a template and the `platformId` of its channels.
const KNOWN_PLATFORMS: [(&str, &str); 4] = [
    ("sms-messagebird", "sms-messagebird"),
    ("voice-messagebird", "voice-messagebird"),
    ("whatsapp", "whatsapp"),
    ("email-messagebird", "email-sparkpost"),
];

pub(crate) struct Connector {
    pub(crate) id: Uuid,
    pub(crate) workspace: Uuid,
    pub(crate) name: String,
    pub(crate) template: Option<Template>,
    pub(crate) arguments: Option<Map<String, Value>>,
    /// Whether inbound messages open conversations.
    pub(crate) conversational: bool,
    /// The secret of the key that created it. The filter `onlyMyChannels` compares it.
    pub(crate) owner: String,
    pub(crate) script: Script,
    /// The ids of all channels that the script gives it, in order.
    channel_ids: Vec<Uuid>,
    /// When it was created, as time since the sandbox started.
    pub(crate) created: Duration,
    pub(crate) deleted: Option<Duration>,
}

/// A template reference: `slug:version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) reference: String,
    slug_length: usize,
}

impl Template {
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
            slug_length: slug.len(),
        })
    }

    pub(crate) fn slug(&self) -> &str {
        &self.reference[..self.slug_length]
    }
}

/// The content of a create request.
pub(crate) struct NewConnector {
    pub(crate) name: String,
    pub(crate) template: Option<Template>,
    pub(crate) arguments: Option<Map<String, Value>>,
    pub(crate) conversational: bool,
}

impl Connector {
    pub(crate) fn new(
        create: NewConnector,
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

    /// Sets the id, and those of its channels, which follow from it.
    pub(crate) fn with_id(mut self, id: Uuid) -> Self {
        self.id = id;
        self.channel_ids = self.script.channel_ids_for(id);
        self
    }

    /// Changes the script.
    #[cfg(feature = "ui")]
    pub(crate) fn change_script<T>(&mut self, change: impl FnOnce(&mut Script) -> T) -> T {
        let changed = change(&mut self.script);
        self.channel_ids = self.script.channel_ids_for(self.id);
        changed
    }

    pub(crate) fn slug(&self) -> &str {
        self.template.as_ref().map_or("", Template::slug)
    }

    /// The `platformId` of its channel.
    pub(crate) fn platform_id(&self, platforms: PlatformIds) -> Cow<'static, str> {
        let slug = self.slug();
        let mut known = KNOWN_PLATFORMS.iter();
        match known.find(|(known, _)| *known == slug) {
            Some((_, platform)) if platforms == PlatformIds::Known => Cow::Borrowed(platform),
            _ => Cow::Owned(format!("{slug}-sandbox")),
        }
    }

    pub(crate) fn argument(&self, name: &str) -> Option<&str> {
        self.arguments.as_ref()?.get(name)?.as_str()
    }

    /// Whether the connector exists, committed or not.
    pub(crate) fn exists(&self, now: Duration) -> bool {
        self.deleted.is_none() && !self.script.has_vanished(self.age(now))
    }

    /// Whether the connector can be read and listed.
    pub(crate) fn is_visible(&self, now: Duration) -> bool {
        self.deleted.is_none() && self.script.snapshot(self.age(now)).visible
    }

    pub(crate) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.created)
    }

    /// Adds a step to its script that happens now.
    pub(crate) fn apply_step(&mut self, now: Duration, step: Step) {
        self.script.add_step(self.age(now), step);
        self.channel_ids = self.script.channel_ids_for(self.id);
    }

    /// The ids of its past, present and future channels.
    pub(crate) fn channel_ids(&self) -> impl Iterator<Item = Uuid> {
        self.channel_ids.iter().copied()
    }

    pub(crate) fn channel_id(&self, ordinal: usize) -> Uuid {
        self.channel_ids.get(ordinal).copied().unwrap_or_default()
    }

    /// The time of the next step of its script.
    pub(crate) fn next_change(&self, now: Duration) -> Option<Duration> {
        let next = self.script.next_step(self.age(now))?;
        self.deleted.is_none().then(|| self.created + next)
    }

    pub(crate) fn to_json(&self, context: &RenderContext<'_>, now: Duration) -> Value {
        let behavior = context.behavior;
        let snapshot = self.script.snapshot(self.age(now));
        let mut body = Map::new();
        let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
        set("id", json!(self.id));
        set("name", json!(self.name));
        set("workspaceId", json!(self.workspace));
        set("createdAt", json!(context.date(self.created)));
        set(
            "updatedAt",
            json!(context.date(self.created + snapshot.changed_after)),
        );
        if let Some(template) = &self.template {
            set("connectorTemplateRef", json!(template.reference));
            set("connectorTemplateSlug", json!(template.slug()));
        }
        match (snapshot.channel, snapshot.channel_field) {
            (Some(channel), _) => drop(set(
                "channel",
                json!({
                    "channelId": self.channel_id(channel.ordinal),
                    "platform": self.platform_id(behavior.platform_ids),
                }),
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
        match (behavior.connector_number, self.number_json(context)) {
            (ConnectorNumber::Present, Some(number)) => drop(set("number", number)),
            (ConnectorNumber::Present, None) if behavior.empty_fields == EmptyFields::Null => {
                drop(set("number", Value::Null));
            }
            (ConnectorNumber::Null, _) => drop(set("number", Value::Null)),
            _ => {}
        }
        match (behavior.channel_field_form, snapshot.channel) {
            (ChannelFieldForm::ZeroId, None) => {
                set("channel", json!({ "channelId": Uuid::nil() }));
            }
            (ChannelFieldForm::List, Some(_)) => {
                if let Some(channel) = body.get_mut("channel") {
                    *channel = json!([channel.take()]);
                }
            }
            _ => {}
        }
        let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
        if behavior.empty_fields == EmptyFields::Null {
            set("routingKey", Value::Null);
            set("dataCapture", Value::Null);
        }
        if behavior.irrelevant_fields == IrrelevantFields::Unexpected {
            set("updatedAt", json!("2026-01-01T00:00:00"));
            set("workspaceId", json!("not a UUID"));
            set("dataCapture", json!("none"));
        }
        Value::Object(body)
    }

    fn number_json(&self, context: &RenderContext<'_>) -> Option<Value> {
        let id = parse_uuid(self.argument("phoneNumberId")?)?;
        Some(match context.number(id) {
            Some(number) => number.connector_json(self.id, context.behavior),
            None => json!({ "numberId": id }),
        })
    }

    pub(crate) fn readiness_json(&self, now: Duration) -> Value {
        let snapshot = self.script.snapshot(self.age(now));
        let mut body = json!({
            "channel": { "status": snapshot.readiness_status, "stage": snapshot.stage },
        });
        if self.argument("phoneNumberId").is_some() {
            body["number"] = json!({ "status": snapshot.number_status });
        }
        body
    }
}
