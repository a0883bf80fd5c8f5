//! What a wait last saw of the channel, and the clause about it in the error at the end of the wait. Pure. A wait for one
//! install and a bulk wait share it.

use bird_connectors_api::types::{ChannelId, Connector};

use crate::error::{Error, one_line, shorten};

/// What a wait last saw of the channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ChannelState {
    /// Nothing that explains the end of the wait.
    #[default]
    Unremarkable,
    /// The rounds of a bulk wait have not listed it, and the connector was not read.
    Unlisted,
    /// The connector names no channel.
    NotNamed,
    /// The connector names the zero UUID.
    NamedZero,
    /// The channel was read, and it has no status.
    WithoutStatus(ChannelId),
    /// The response about the connector was ignored, or what it says of its channel cannot be read: the message of that error.
    UnusableConnector(Box<str>),
    /// The response about the channel was ignored, or its status cannot be read: the message of that error.
    UnusableChannel(Box<str>),
}

/// The maximum length of the message of an error, in bytes. A bulk wait keeps one for each install.
const MESSAGE_LENGTH: usize = 512;

fn kept(error: &Error) -> Box<str> {
    let mut message = error.message().to_owned();
    shorten(&mut message, MESSAGE_LENGTH);
    message.into()
}

impl ChannelState {
    /// What a connector says about its channel. `None` if it names one: then the channel itself decides.
    pub(crate) fn of_connector(connector: &Connector) -> Option<Self> {
        let named = connector
            .channel
            .as_ref()
            .and_then(|channel| channel.channel_id);
        match named {
            None => Some(Self::NotNamed),
            Some(id) if id.as_uuid().is_nil() => Some(Self::NamedZero),
            Some(_) => None,
        }
    }

    pub(crate) fn unusable_connector(error: &Error) -> Self {
        Self::UnusableConnector(kept(error))
    }

    pub(crate) fn unusable_channel(error: &Error) -> Self {
        Self::UnusableChannel(kept(error))
    }

    /// Whether it is about a channel that was read.
    pub(crate) fn is_of_channel(&self) -> bool {
        matches!(self, Self::WithoutStatus(_) | Self::UnusableChannel(_))
    }

    /// The clause of the message, if the state explains the end of the wait.
    pub(crate) fn reason(&self) -> Option<String> {
        Some(match self {
            Self::Unremarkable => return None,
            Self::Unlisted => {
                "no channel of this connector is in the list of channels, and the connector was not read".to_owned()
            }
            Self::NotNamed => "the connector names no channel yet".to_owned(),
            Self::NamedZero => {
                "the connector names the zero UUID as its channel, which means that it has none yet".to_owned()
            }
            Self::WithoutStatus(channel) => format!("channel {channel} has no status"),
            Self::UnusableConnector(message) | Self::UnusableChannel(message) => message.to_string(),
        })
    }

    /// The clause, unless this message of an error says the same.
    pub(crate) fn reason_besides(&self, error: Option<&str>) -> Option<String> {
        let reason = self.reason()?;
        let is_repeated = error.is_some_and(|error| error.contains(reason.trim_end_matches('…')));
        (!is_repeated).then_some(reason)
    }
}

/// The maximum length of a status or a stage in a message, in bytes.
const SHOWN_LENGTH: usize = 256;

/// A status or a stage for a message, in one line. The API does not document their values, so they can contain characters that
/// cannot be seen, which would make two values look the same.
pub(crate) fn shown(value: &str) -> String {
    let mut shown = String::new();
    for letter in one_line(value).chars() {
        if matches!(letter, '\'' | '"' | '\\') {
            shown.push(letter);
        } else {
            shown.extend(letter.escape_debug());
        }
    }
    shorten(&mut shown, SHOWN_LENGTH);
    shown
}

/// A status with more than white space.
pub(crate) fn filled(status: Option<&str>) -> Option<&str> {
    status.filter(|status| !status.trim().is_empty())
}

#[cfg(test)]
mod tests;
