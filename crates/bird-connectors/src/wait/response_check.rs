//! Checks that a response is about the install of the wait, and that the fields that the wait needs can be read. Otherwise the
//! response counts as an error that does not end the wait. Pure.

use bird_connectors_api::types::{Channel, ChannelId, Connector, ConnectorId};

use crate::error::{Error, ErrorKind, RequestOutcome, one_line, shorten};

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

/// The error for a connector that names its channel in a form that cannot be read. A connector that has no channel yet is
/// not an error.
pub(crate) fn unreadable_channel(connector: &Connector) -> Option<Error> {
    let own = connector.undecoded().map(|(name, _)| name);
    let of_channel = connector.channel.iter().flat_map(|channel| {
        let undecoded = channel.undecoded().map(|(name, _)| name);
        undecoded.filter(|name| *name == "channelId")
    });
    let field = own
        .filter(|name| *name == "channel")
        .chain(of_channel)
        .next()?;
    Some(answered(
        "get a connector",
        format!(
            "the field `{field}` of the connector cannot be read, so its channel is looked up in the list of channels"
        ),
    ))
}

/// The maximum length of an unreadable status in a message, in bytes.
const SHOWN_LENGTH: usize = 256;

/// The error for a channel whose status cannot be read. It contains the status, because the wait is about it.
pub(crate) fn unreadable_status(channel: &Channel) -> Option<Error> {
    let (_, status) = channel.undecoded().find(|(name, _)| *name == "status")?;
    let mut shown = one_line(&status.to_string());
    shorten(&mut shown, SHOWN_LENGTH);
    Some(answered(
        "get a channel",
        format!(
            "the status of channel {} cannot be read: expected a string, not `{shown}`",
            channel.id
        ),
    ))
}

fn unrelated(action: &'static str, why: String) -> Error {
    answered(action, format!("the response was ignored, because {why}"))
}

/// An error about the content of a response.
fn answered(action: &'static str, message: String) -> Error {
    Error::new(ErrorKind::Decode, action, message)
        .with_outcome(RequestOutcome::Answered)
        .with_attempts(1)
}

#[cfg(test)]
mod tests;
