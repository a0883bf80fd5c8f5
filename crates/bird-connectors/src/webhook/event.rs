//! A verified event and its typed view.

use std::fmt;
use std::str::FromStr;

use bird_connectors_api::types::{
    ChannelId, ChannelStatus, ConnectorId, WebhookDelivery, WebhookService,
};
use bird_connectors_api::{FromJson as _, Masked};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::WebhookError;
use super::signature::DeliveryKey;

/// A verified event, returned by [`Verifier::verify`](super::Verifier::verify).
///
/// Events arrive more than once, late and out of order, so a status can be older than one that arrived before. Use an event
/// as a trigger to read the current state, not as the state itself.
///
/// An event can be serialized with serde, for example to put it into a queue.
///
/// ```
/// use bird_connectors::webhook::{Event, EventKind};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let queued = r#"{"service": "channels", "event": "channel.updated", "request_id": null,
/// #     "timestamp": "2026-01-01T00:00:00Z",
/// #     "payload": {"id": "8362fa40-9ff1-5430-a3ab-79ecc61b96b1", "status": "active"},
/// #     "delivery_key": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}"#;
/// let event: Event = serde_json::from_str(queued)?;
/// match event.kind() {
///     EventKind::ChannelUpdated(channel) => {
///         println!("channel {:?} is {:?}", channel.channel_id, channel.status);
/// #       assert_eq!(channel.status.unwrap().as_str(), "active");
///     }
///     _ => println!("{} {}: {:?}", event.service, event.event, event.payload),
/// }
/// # assert_eq!(event.channel_id(), Some("8362fa40-9ff1-5430-a3ab-79ecc61b96b1".parse()?));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// The service that sent it. A service that this release does not know is accepted too.
    pub service: WebhookService,
    /// The name of the event, such as `channel.updated`.
    pub event: String,
    /// The payload. [`raw_body`](Self::raw_body) states how it can differ from the received one. [`kind`](Self::kind) gives typed access to known events.
    pub payload: Map<String, Value>,
    /// The id that all attempts of the delivery share. Use it for support questions only, because it is not signed.
    pub request_id: Option<String>,
    /// The time of the first attempt, in whole seconds. Retries keep it.
    pub timestamp: DateTime<Utc>,
    /// Fields of the body other than service, event and payload, of which none are documented. A payload that is not an
    /// object is here too, and `payload` is empty.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
    /// Identifies the delivery across its attempts. [Deduplication](super::Deduplicator) uses it.
    pub delivery_key: DeliveryKey,
    #[serde(skip)]
    raw_body: RawBody,
}

/// The body of a delivery that was repaired. It can contain secrets, so it is neither printed nor serialized.
#[derive(Clone, Default)]
struct RawBody(Option<Bytes>);

impl fmt::Debug for RawBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.0.as_ref().map(Bytes::len);
        f.debug_struct("RawBody").field("bytes", &length).finish()
    }
}

impl PartialEq for RawBody {
    /// Events with one delivery key have the same body, so there is nothing to compare.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Masks the values of the payload whose names suggest a secret: it can be a channel with the parameters of its connection.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("service", &self.service)
            .field("event", &self.event)
            .field("payload", &Masked(&self.payload))
            .field("request_id", &self.request_id)
            .field("timestamp", &self.timestamp)
            .field("extra", &Masked(&self.extra))
            .field("delivery_key", &self.delivery_key)
            .field("raw_body", &self.raw_body)
            .finish()
    }
}

/// The typed view of an [`Event`], returned by [`Event::kind`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// `channel.created` of the service `channels`: a connector created a channel.
    ChannelCreated(ChannelEvent),
    /// `channel.updated` of the service `channels`. A change of status always sends it; whether other changes do is
    /// documented in two ways.
    ChannelUpdated(ChannelEvent),
    /// Any other event. Match on its `service` and `event`.
    Other,
}

/// The channel that an event is about. The payload is not documented, so every field is optional. A field that cannot be
/// decoded is `None`; the [payload](Event::payload) has its original value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelEvent {
    /// The channel.
    pub channel_id: Option<ChannelId>,
    /// The connector that installed the channel.
    pub connector_id: Option<ConnectorId>,
    /// The sender of the channel: a number, an address or a handle.
    pub identifier: Option<String>,
    /// The platform, such as `sms-messagebird`. Names of events contain a short name instead: see
    /// [`platform_id_of_event`](super::platform_id_of_event).
    pub platform_id: Option<String>,
    /// The status at the time of the event. It can be older than one that was delivered before.
    pub status: Option<ChannelStatus>,
}

impl Event {
    pub(super) fn read(
        body: &[u8],
        request_id: Option<&str>,
        timestamp: DateTime<Utc>,
        delivery_key: DeliveryKey,
    ) -> Result<Self, WebhookError> {
        let (delivery, is_repaired) =
            WebhookDelivery::from_json_with_repair(body).map_err(|error| {
                WebhookError::InvalidBody {
                    reason: describe(&error, body),
                }
            })?;
        // The service and the name identify the event.
        for (name, value) in [
            ("service", delivery.service.as_str()),
            ("event", &delivery.event),
        ] {
            if value.is_empty() {
                return Err(WebhookError::InvalidBody {
                    reason: format!("missing field `{name}`, or it is not a string"),
                });
            }
        }
        let undecoded: Vec<_> = delivery
            .undecoded()
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect();
        let mut extra = delivery.extra;
        extra.extend(undecoded);
        Ok(Self {
            service: delivery.service,
            event: delivery.event,
            payload: delivery.payload,
            request_id: request_id.map(str::to_owned),
            timestamp,
            extra,
            delivery_key,
            raw_body: RawBody(is_repaired.then(|| Bytes::copy_from_slice(body))),
        })
    }

    /// The bytes of the body, if it was repaired: if it has a byte order mark, characters that are not valid, which are read
    /// as U+FFFD, or numbers that are read as strings, because they are integers that do not fit in 64 bits or above the range of
    /// a 64-bit float. It is also kept if it is nested more than 127 levels deep. `None` for any other delivery, whose
    /// [`payload`](Self::payload) has the values that were sent, up to the precision of 64-bit floats, and for a deserialized
    /// event.
    ///
    /// It contains the secrets of the payload, if there are any.
    #[must_use]
    pub fn raw_body(&self) -> Option<&[u8]> {
        self.raw_body.0.as_deref()
    }

    /// The typed view: which event it is, with the decoded payload if the event is known.
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

    /// The connector id in the payload of any event.
    #[must_use]
    pub fn connector_id(&self) -> Option<ConnectorId> {
        self.id("connectorId")
    }

    /// The channel id in the payload of any event.
    #[must_use]
    pub fn channel_id(&self) -> Option<ChannelId> {
        // In other events, `id` identifies something other than a channel.
        let is_channel =
            self.service == WebhookService::Channels && self.event.starts_with("channel.");
        self.id("channelId")
            .or_else(|| is_channel.then(|| self.id("id")).flatten())
    }

    fn channel(&self) -> ChannelEvent {
        ChannelEvent {
            channel_id: self.channel_id(),
            connector_id: self.connector_id(),
            identifier: self.string("identifier").map(str::to_owned),
            platform_id: self.string("platformId").map(str::to_owned),
            status: self.string("status").map(ChannelStatus::from_any_case),
        }
    }

    fn id<T: FromStr>(&self, name: &str) -> Option<T> {
        self.string(name)?.parse().ok()
    }

    /// An empty string means absent, as everywhere in this API.
    fn string(&self, name: &str) -> Option<&str> {
        self.payload
            .get(name)?
            .as_str()
            .filter(|value| !value.is_empty())
    }
}

/// Describes why a body is invalid and what it is, without quoting the body.
fn describe(error: &serde_json::Error, body: &[u8]) -> String {
    let message = error.to_string();
    let what = match error.classify() {
        _ if body.trim_ascii().is_empty() => "it is empty",
        _ if std::str::from_utf8(body).is_err() => "it is not UTF-8",
        serde_json::error::Category::Data => message
            .split_once(" at line ")
            .map(|(what, _)| what)
            .filter(|what| what.starts_with("missing field") || what.starts_with("duplicate field"))
            .unwrap_or("it is JSON, but not of this form"),
        serde_json::error::Category::Eof => "it is truncated JSON",
        _ => "it is not JSON",
    };
    let position = match error.line() {
        0 => String::new(),
        line => format!(" (line {line}, column {})", error.column()),
    };
    let got = kind_of(body);
    format!("{what}{position}; expected an object {{service, event, payload}}, got {got}")
}

/// What a body is, as far as its first character and its length show.
fn kind_of(body: &[u8]) -> String {
    let kind = match body.trim_ascii_start().first() {
        Some(b'{') => "an object of ",
        Some(b'[') => "an array of ",
        Some(b'"') => "a string of ",
        Some(b'<') => "a web page or XML of ",
        _ => "",
    };
    let length = body.len();
    let bytes = if length == 1 { "byte" } else { "bytes" };
    format!("{kind}{length} {bytes}")
}
