//! Shortcuts over what replies may say in more than one way.

use crate::types::{
    ChannelEventPayload, ChannelId, Connector, ConnectorNumberCapabilities, NumberCapability,
};

impl Connector {
    /// The id of the installed channel. `None` while there is none: the reply then leaves `channel` out, or has null, an
    /// empty object or an empty id in its place.
    #[must_use]
    pub fn channel_id(&self) -> Option<ChannelId> {
        self.channel.as_ref()?.channel_id
    }
}

impl ChannelEventPayload {
    /// The id of the channel, whichever of the two fields names it. `channelId` is preferred, as it cannot be mistaken.
    #[must_use]
    pub fn channel_id(&self) -> Option<ChannelId> {
        self.channel_id.or(self.id)
    }
}

impl ConnectorNumberCapabilities {
    /// The single capabilities, whether they came as one text with commas or as a list.
    ///
    /// ```
    /// use bird_connectors_api::types::{ConnectorNumberCapabilities, NumberCapability};
    ///
    /// let capabilities = ConnectorNumberCapabilities::Text("sms-inbound, sms-outbound".to_owned());
    /// assert_eq!(
    ///     capabilities.list(),
    ///     [NumberCapability::SmsInbound, NumberCapability::SmsOutbound]
    /// );
    /// ```
    #[must_use]
    pub fn list(&self) -> Vec<NumberCapability> {
        match self {
            Self::Text(text) => text
                .split(',')
                .map(str::trim)
                .filter(|word| !word.is_empty())
                .map(NumberCapability::from)
                .collect(),
            Self::List(list) => list.clone(),
        }
    }
}
