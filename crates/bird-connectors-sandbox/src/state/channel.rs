//! Channels are not stored: a channel is a view of its connector's script at a given time.

use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::id::{other_id, parse_uuid};
use crate::record::ChannelEvent;
use crate::scenario::behavior::{EventChannelId, IrrelevantFields, ReadSubject};
use crate::scenario::script::ChannelSnapshot;
use crate::state::connector::Connector;
use crate::state::render::RenderContext;

#[derive(Clone, Copy)]
pub(crate) struct ChannelView<'a> {
    pub(crate) id: Uuid,
    pub(crate) connector: &'a Connector,
    pub(crate) status: &'a str,
    pub(crate) created: Duration,
    pub(crate) updated: Duration,
    /// Whether the channel has not changed since it was created.
    is_new: bool,
}

impl Connector {
    /// Its channel, if it has one.
    pub(crate) fn channel(&self, now: Duration) -> Option<ChannelView<'_>> {
        Some(self.view(self.script.snapshot(self.age(now)).channel?))
    }

    fn view<'a>(&'a self, channel: ChannelSnapshot<'a>) -> ChannelView<'a> {
        ChannelView {
            id: self.channel_id(channel.ordinal),
            connector: self,
            status: channel.status,
            created: self.created + channel.created_after,
            updated: self.created + channel.changed_after,
            is_new: channel.created_after == channel.changed_after,
        }
    }

    /// The events that its script has caused until now, without the first `skip` ones.
    pub(crate) fn channel_events(
        &self,
        skip: usize,
        context: &RenderContext<'_>,
        now: Duration,
    ) -> Vec<ChannelEvent> {
        let end = self.deleted.unwrap_or(now);
        let mut events = Vec::new();
        for change in self.script.channel_changes(self.age(end)).skip(skip) {
            let channel = self.view(change);
            let event = if channel.is_new {
                "channel.created"
            } else {
                "channel.updated"
            };
            events.push(channel.event(event, channel.updated, context));
        }
        events
    }
}

impl ChannelView<'_> {
    /// The phone number, address or handle.
    fn identifier(&self, context: &RenderContext<'_>) -> String {
        let number = self
            .connector
            .argument("phoneNumberId")
            .and_then(parse_uuid)
            .and_then(|id| context.number(id));
        match (number, self.connector.argument("phoneNumber")) {
            (Some(number), _) => number.number_string().to_owned(),
            (None, Some(phone_number)) => phone_number.to_owned(),
            (None, None) => self.connector.name.clone(),
        }
    }

    /// The connector that it names as its own.
    fn owner(&self, context: &RenderContext<'_>) -> Uuid {
        match context.behavior.read_subject {
            ReadSubject::OtherOwner => other_id(self.connector.id),
            ReadSubject::Requested | ReadSubject::OtherConnector => self.connector.id,
        }
    }

    pub(crate) fn to_json(self, context: &RenderContext<'_>) -> Value {
        let conversational = context.conversational.get(&self.id);
        let updated = conversational.map_or(self.updated, |set| set.updated.max(self.updated));
        let mut body = json!({
            "id": self.id,
            "platformId": self.connector.platform_id(context.behavior.platform_ids),
            "name": self.connector.name,
            "connectorId": self.owner(context),
            "identifier": self.identifier(context),
            "status": self.status,
            "createdAt": context.date(self.created),
            "updatedAt": context.date(updated),
            "capabilities": {},
            "suites": [],
            "settings": {},
            "preferences": {},
            "connectionParams": {},
        });
        let fields = self.connector.script.channel_filter_fields();
        for (name, value) in [
            (
                "channelMessageType",
                self.connector.argument("channelMessageType"),
            ),
            ("useCaseId", self.connector.argument("useCaseId")),
            ("useCaseType", fields.use_case_type.as_deref()),
        ] {
            if let Some(value) = value {
                body[name] = json!(value);
            }
        }
        if context.behavior.irrelevant_fields == IrrelevantFields::Unexpected {
            body["updatedAt"] = json!("2026-01-01T00:00:00");
            body["settings"] = json!("none");
            body["name"] = json!({ "en": self.connector.name });
        }
        body
    }

    pub(crate) fn conversational_json(&self, context: &RenderContext<'_>) -> Value {
        let set = context.conversational.get(&self.id);
        let active = set.map_or(self.connector.conversational, |set| set.active);
        json!({
            "status": if active { "active" } else { "inactive" },
            "createdAt": context.date(self.created),
            "updatedAt": context.date(set.map_or(self.created, |set| set.updated)),
        })
    }

    /// An event of this channel, with the payload of a webhook.
    pub(crate) fn event(
        &self,
        event: &'static str,
        at: Duration,
        context: &RenderContext<'_>,
    ) -> ChannelEvent {
        let mut payload = self.to_json(context);
        if context.behavior.event_channel_id == EventChannelId::ChannelId
            && let Some(fields) = payload.as_object_mut()
            && let Some(id) = Map::remove(fields, "id")
        {
            fields.insert("channelId".to_owned(), id);
        }
        ChannelEvent {
            event,
            workspace_id: context.workspace_id,
            connector_id: self.connector.id,
            channel_id: self.id,
            status: self.status.to_owned(),
            payload,
            at,
        }
    }
}
