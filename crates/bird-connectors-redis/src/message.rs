//! The messages of the channel, one for each event. Pure. The format is shared with the Python package.

use bird_connectors::models::{ChannelId, ConnectorId};
use bird_connectors::webhook::{DeliveryKey, Event, EventSubject};
use chrono::{DateTime, FixedOffset, SecondsFormat};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the format. Readers ignore messages of another version.
const VERSION: u64 = 1;

/// Longer messages are ignored.
const LONGEST: usize = 65_536;

/// What is published of an event. Neither the payload, which can contain secrets, nor the request id, which is not signed.
#[derive(Serialize)]
struct Published<'a> {
    v: u64,
    service: &'a str,
    event: &'a str,
    timestamp: String,
    delivery_key: DeliveryKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    connector_id: Option<ConnectorId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_id: Option<ChannelId>,
}

#[derive(Deserialize)]
struct Received {
    v: u64,
    service: String,
    event: String,
    timestamp: String,
    delivery_key: DeliveryKey,
    connector_id: Option<ConnectorId>,
    channel_id: Option<ChannelId>,
}

/// The message of an event. `None` if the event names neither a connector nor a channel: no wait is interested in it.
pub(crate) fn encode(event: &Event) -> Option<String> {
    let subject = EventSubject::from(event);
    if subject.connector_id.is_none() && subject.channel_id.is_none() {
        return None;
    }
    let message = Published {
        v: VERSION,
        service: event.service.as_str(),
        event: &event.event,
        timestamp: event.timestamp.to_rfc3339_opts(SecondsFormat::Secs, true),
        delivery_key: subject.delivery_key,
        connector_id: subject.connector_id,
        channel_id: subject.channel_id,
    };
    // A struct of strings can always be written.
    serde_json::to_string(&message).ok()
}

/// The subject of the event in a message. `None` if the message is not valid: anyone with access to the server can publish
/// to the channel.
pub(crate) fn decode(message: &[u8]) -> Option<EventSubject> {
    if message.len() > LONGEST {
        return None;
    }
    let message: Value = serde_json::from_slice(message).ok()?;
    // A struct can also be read from an array.
    if !message.is_object() {
        return None;
    }
    let message: Received = serde_json::from_value(message).ok()?;
    let is_valid = message.v == VERSION
        && !message.service.is_empty()
        && !message.event.is_empty()
        && DateTime::<FixedOffset>::parse_from_rfc3339(&message.timestamp).is_ok();
    let subject = EventSubject::new(
        message.delivery_key,
        message.connector_id,
        message.channel_id,
    );
    (is_valid && (subject.connector_id.is_some() || subject.channel_id.is_some()))
        .then_some(subject)
}

#[cfg(test)]
mod tests;
