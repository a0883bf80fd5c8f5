//! What a wait needs of an event.

use std::sync::Arc;

use bird_connectors_api::types::{ChannelId, ConnectorId};

use super::{DeliveryKey, Event};

/// What an event is about: the connector and the channel that it names, and the delivery that carried it.
///
/// A wait polls when an event names its connector or its channel, and needs nothing else of the event. So events that come
/// from another process, for example through a message broker, can be sent as these three values, without the payload:
///
/// ```
/// use bird_connectors::ConnectorId;
/// use bird_connectors::webhook::{DeliveryKey, EventSubject, Signals};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let signals = Signals::new();
/// # let message = "0b9f2c1e-0000-4000-8000-000000000002 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// // Received from another process, which has verified the event.
/// let (connector, delivery) = message.split_once(' ').ok_or("invalid message")?;
/// let connector: ConnectorId = connector.parse()?;
/// let delivery: DeliveryKey = delivery.parse()?;
/// signals.push(EventSubject::new(delivery, Some(connector), None));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct EventSubject {
    /// Identifies the delivery. A wait polls once for all events with the same key.
    pub delivery_key: DeliveryKey,
    /// The connector in the payload.
    pub connector_id: Option<ConnectorId>,
    /// The channel in the payload.
    pub channel_id: Option<ChannelId>,
}

impl EventSubject {
    /// The subject of an event that another process has verified.
    #[must_use]
    pub fn new(
        delivery_key: DeliveryKey,
        connector_id: Option<ConnectorId>,
        channel_id: Option<ChannelId>,
    ) -> Self {
        Self {
            delivery_key,
            connector_id,
            channel_id,
        }
    }

    pub(crate) fn includes(self, connector: ConnectorId, channel: Option<ChannelId>) -> bool {
        self.connector_id == Some(connector) || (channel.is_some() && self.channel_id == channel)
    }
}

impl From<&Event> for EventSubject {
    fn from(event: &Event) -> Self {
        Self::new(event.delivery_key, event.connector_id(), event.channel_id())
    }
}

impl From<Event> for EventSubject {
    fn from(event: Event) -> Self {
        Self::from(&event)
    }
}

impl From<Arc<Event>> for EventSubject {
    fn from(event: Arc<Event>) -> Self {
        Self::from(&*event)
    }
}
