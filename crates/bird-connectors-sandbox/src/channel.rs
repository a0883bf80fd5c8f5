//! A channel as the API shows it at a given moment. Channels are not kept: they follow from their connector's script.

use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::behavior::{Behavior, EventChannelId};
use crate::clock::Clock;
use crate::connector::Connector;
use crate::record::ChannelEvent;
use crate::state::Workspace;

#[derive(Clone, Copy)]
pub(crate) struct ChannelView<'a> {
    pub(crate) id: Uuid,
    pub(crate) connector: &'a Connector,
    pub(crate) status: &'a str,
    pub(crate) created: Duration,
    pub(crate) updated: Duration,
    /// Whether nothing has changed since it came into being.
    pub(crate) is_first_sight: bool,
}

/// Whether inbound messages open conversations, once a request has set it.
#[derive(Clone)]
pub(crate) struct Conversational {
    pub(crate) active: bool,
    pub(crate) updated: Duration,
}

impl ChannelView<'_> {
    /// The number, address or handle.
    fn identifier(&self, workspace: &Workspace) -> String {
        let number = self
            .connector
            .argument("phoneNumberId")
            .and_then(crate::query::parse_uuid)
            .and_then(|id| workspace.number(id));
        match (number, self.connector.argument("phoneNumber")) {
            (Some(number), _) => number.number_string().to_owned(),
            (None, Some(phone_number)) => phone_number.to_owned(),
            (None, None) => self.connector.name.clone(),
        }
    }

    pub(crate) fn to_json(
        self,
        workspace: &Workspace,
        behavior: &Behavior,
        clock: &Clock,
    ) -> Value {
        let conversational = workspace.conversational.get(&self.id);
        json!({
            "id": self.id,
            "platformId": self.connector.slug(),
            "name": self.connector.name,
            "connectorId": self.connector.id,
            "identifier": self.identifier(workspace),
            "status": self.status,
            "createdAt": clock.date(self.created, behavior.date_precision),
            "updatedAt": clock.date(conversational.map_or(self.updated, |set| set.updated.max(self.updated)), behavior.date_precision),
            "capabilities": {},
        })
    }

    pub(crate) fn conversational_json(
        &self,
        workspace: &Workspace,
        behavior: &Behavior,
        clock: &Clock,
    ) -> Value {
        let set = workspace.conversational.get(&self.id);
        let active = set.map_or(self.connector.conversational, |set| set.active);
        json!({
            "status": if active { "active" } else { "inactive" },
            "createdAt": clock.date(self.created, behavior.date_precision),
            "updatedAt": clock.date(set.map_or(self.created, |set| set.updated), behavior.date_precision),
        })
    }

    /// The event, as a webhook would tell it.
    pub(crate) fn event(
        &self,
        event: &'static str,
        at: Duration,
        workspace: &Workspace,
        behavior: &Behavior,
        clock: &Clock,
    ) -> ChannelEvent {
        let mut payload = self.to_json(workspace, behavior, clock);
        if behavior.event_channel_id == EventChannelId::ChannelId
            && let Some(fields) = payload.as_object_mut()
            && let Some(id) = Map::remove(fields, "id")
        {
            fields.insert("channelId".to_owned(), id);
        }
        ChannelEvent {
            event,
            workspace_id: workspace.id,
            connector_id: self.connector.id,
            channel_id: self.id,
            status: self.status.to_owned(),
            payload,
            at,
        }
    }
}
