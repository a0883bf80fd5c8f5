//! Accessors for facts that a response can express in more than one way.

use crate::types::{
    ChannelEventPayload, ChannelId, Connector, ConnectorNumberCapabilities, NumberCapability,
};

impl Connector {
    /// The id of the installed channel, or `None` while there is no channel. Then the response omits `channel`, or has
    /// null, an empty object, an empty id or the zero UUID instead.
    #[must_use]
    pub fn channel_id(&self) -> Option<ChannelId> {
        let id = self.channel.as_ref()?.channel_id;
        id.filter(|id| !id.as_uuid().is_nil())
    }
}

impl ChannelEventPayload {
    /// The id of the channel, from `channelId` or `id`. `channelId` takes precedence, because it is unambiguous.
    #[must_use]
    pub fn channel_id(&self) -> Option<ChannelId> {
        let mut ids = [self.channel_id, self.id].into_iter().flatten();
        ids.find(|id| !id.as_uuid().is_nil())
    }
}

impl ConnectorNumberCapabilities {
    /// The capabilities as a list, whether the API sent a list or a comma-separated string.
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
            Self::Text(string) => string
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(NumberCapability::from)
                .collect(),
            Self::List(list) => list.clone(),
        }
    }
}
