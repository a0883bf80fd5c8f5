//! A verified event: what a delivery says.

use std::str::FromStr;

use bird_connectors_api::from_json;
use bird_connectors_api::types::{
    ChannelId, ChannelStatus, ConnectorId, WebhookDelivery, WebhookService,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::WebhookError;
use super::signature::DeliveryKey;

/// A verified event. Made by [`Verifier::verify`](super::Verifier::verify).
///
/// Events come more than once, late, and out of order, and a status can be older than one that came before: take an
/// event as a reason to look, not as the truth.
///
/// It serialises with serde, so that it can wait on a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// The service that it comes from. One that this release does not know is delivered like any other.
    pub service: WebhookService,
    /// Its name, such as `channel.updated`.
    pub event: String,
    /// What happened, as it came. [`kind`](Self::kind) reads it where its form is known.
    pub payload: Map<String, Value>,
    /// The id that all attempts of the delivery share, for support questions. It is not signed: decide nothing by it.
    pub request_id: Option<String>,
    /// When it was first sent, in whole seconds. Retries keep it.
    pub timestamp: DateTime<Utc>,
    /// Fields beside service, event and payload. None are known.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
    /// The same for all attempts of this delivery, and for no other.
    pub delivery_key: DeliveryKey,
}

/// What an [`Event`] is about.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// `channel.created` of service `channels`.
    ChannelCreated(ChannelEvent),
    /// `channel.updated` of service `channels`: any change. One of the status always fires it.
    ChannelUpdated(ChannelEvent),
    /// Any other: go by `service` and `event`.
    Other,
}

/// What an event tells of a channel. No captured body is public, so that each field can be absent; one that cannot be
/// read is absent too, and stands in the payload as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelEvent {
    /// The channel.
    pub channel_id: Option<ChannelId>,
    /// The connector that installed it.
    pub connector_id: Option<ConnectorId>,
    /// What the channel sends from: a number, an address or a handle.
    pub identifier: Option<String>,
    /// The platform, such as `sms-messagebird`.
    pub platform_id: Option<String>,
    /// The status at that time. It can be older than one that was delivered before.
    pub status: Option<ChannelStatus>,
}

impl Event {
    pub(super) fn read(
        body: &[u8],
        request_id: Option<String>,
        timestamp: DateTime<Utc>,
        delivery_key: DeliveryKey,
    ) -> Result<Self, WebhookError> {
        let delivery: WebhookDelivery =
            from_json(body).map_err(|error| WebhookError::InvalidBody {
                reason: reason(&error),
            })?;
        Ok(Self {
            service: delivery.service,
            event: delivery.event,
            payload: delivery.payload,
            request_id,
            timestamp,
            extra: delivery.extra,
            delivery_key,
        })
    }

    /// What it is about, with the payload in types where its form is known.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        match (&self.service, self.event.as_str()) {
            (WebhookService::Channels, "channel.created") => {
                EventKind::ChannelCreated(self.channel())
            }
            (WebhookService::Channels, "channel.updated") => {
                EventKind::ChannelUpdated(self.channel())
            }
            _ => EventKind::Other,
        }
    }

    /// The connector that it names, whatever its kind.
    #[must_use]
    pub fn connector_id(&self) -> Option<ConnectorId> {
        self.id("connectorId")
    }

    /// The channel that it names, whatever its kind.
    #[must_use]
    pub fn channel_id(&self) -> Option<ChannelId> {
        // In an event about anything else, `id` is that thing's.
        let is_channel =
            self.service == WebhookService::Channels && self.event.starts_with("channel.");
        self.id("channelId")
            .or_else(|| is_channel.then(|| self.id("id")).flatten())
    }

    fn channel(&self) -> ChannelEvent {
        ChannelEvent {
            channel_id: self.channel_id(),
            connector_id: self.connector_id(),
            identifier: self.text("identifier").map(str::to_owned),
            platform_id: self.text("platformId").map(str::to_owned),
            status: self.text("status").map(ChannelStatus::from),
        }
    }

    fn id<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// An empty text means absent, as everywhere in this API.
    fn text(&self, name: &str) -> Option<&str> {
        self.payload
            .get(name)?
            .as_str()
            .filter(|text| !text.is_empty())
    }
}

/// What is wrong with a body, in words that repeat nothing of it.
fn reason(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let what = match error.classify() {
        serde_json::error::Category::Data => words
            .split_once(" at line ")
            .map(|(what, _)| what)
            .filter(|what| what.starts_with("missing field") || what.starts_with("duplicate field"))
            .unwrap_or("it is JSON, but not of the form {service, event, payload}"),
        serde_json::error::Category::Eof => "it is cut short, or empty",
        _ => "it is not JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}
