//! Checks that a response is about the install of the wait. Another object's response counts as an error that does not end
//! the wait. Pure.

use bird_connectors_api::types::{Channel, ChannelId, Connector, ConnectorId};

use crate::error::{Error, ErrorKind, RequestOutcome};

/// The connector, unless it is another one.
pub(crate) fn check_connector(
    wanted: ConnectorId,
    connector: Connector,
) -> Result<Connector, Error> {
    if connector.id == wanted {
        return Ok(connector);
    }
    Err(unrelated(
        "get a connector",
        format!("it is about connector {}, not {wanted}", connector.id),
    ))
}

/// The channel, unless it is another one or belongs to another connector.
pub(crate) fn check_channel(
    connector: ConnectorId,
    wanted: ChannelId,
    channel: Channel,
) -> Result<Channel, Error> {
    if channel.id != wanted {
        return Err(unrelated(
            "get a channel",
            format!("it is about channel {}, not {wanted}", channel.id),
        ));
    }
    match owner_of(&channel) {
        Some(owner) if owner != connector => Err(foreign_channel("get a channel", wanted, owner)),
        _ => Ok(channel),
    }
}

/// The error for a channel of another connector.
pub(crate) fn foreign_channel(
    action: &'static str,
    channel: ChannelId,
    owner: ConnectorId,
) -> Error {
    unrelated(
        action,
        format!("channel {channel} belongs to connector {owner}"),
    )
}

/// The connector that a channel names as its own. A zero UUID is not an id.
pub(crate) fn owner_of(channel: &Channel) -> Option<ConnectorId> {
    channel
        .connector_id
        .filter(|connector| !connector.as_uuid().is_nil())
}

fn unrelated(action: &'static str, why: String) -> Error {
    Error::new(
        ErrorKind::Decode,
        action,
        format!("the response was ignored, because {why}"),
    )
    .with_outcome(RequestOutcome::Answered)
    .with_attempts(1)
}

#[cfg(test)]
mod tests;
