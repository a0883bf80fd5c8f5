//! The requests of a poll, and their results.

use std::sync::Arc;

use bird_connectors_api::types::{Channel, ChannelId, Connector, ConnectorReadiness};

use crate::error::Error;
use crate::wait::source::Lookup;

/// One read of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadTarget {
    Connector,
    Readiness,
    Channel(ChannelId),
    /// The channel list, to find the channel by its connector.
    List(Lookup),
}

/// The result of a [`ReadTarget`], or of a channel list that many waits share.
pub(crate) enum ReadResult {
    Connector(Result<Box<Connector>, Error>),
    Readiness(Result<ConnectorReadiness, Error>),
    Channel(Result<Channel, Error>),
    List(Result<Option<Channel>, Error>),
    /// The channel from a shared list, or why that list could not be read. It counts as a read of the channel itself.
    Shared(Result<Box<Channel>, Arc<Error>>),
}

impl ReadResult {
    pub(crate) fn error(&self) -> Option<&Error> {
        match self {
            Self::Connector(result) => result.as_ref().err(),
            Self::Readiness(result) => result.as_ref().err(),
            Self::Channel(result) => result.as_ref().err(),
            Self::List(result) => result.as_ref().err(),
            Self::Shared(result) => result.as_ref().err().map(|error| &**error),
        }
    }
}
