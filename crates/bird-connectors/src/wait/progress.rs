//! What a wait reports: each poll, and the channel that can send.

use std::time::Duration;

use bird_connectors_api::types::{Channel, ChannelId, Connector, ConnectorId, ConnectorReadiness};

use super::error::StatusSource;
use crate::error::Error;

/// A channel that can send (or whatever else was waited for).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Ready {
    /// The channel's id: what messages are sent over.
    pub channel_id: ChannelId,
    /// The channel as last read; `None` where the access key may not read it, or nothing was asked of it
    /// ([`Condition::has_channel`](crate::Condition::has_channel)).
    pub channel: Option<Channel>,
    /// The connector as last read; `None` where this process neither made it nor may read it.
    pub connector: Option<Connector>,
    /// Which reading said so. [`StatusSource::ReadinessChannel`] means that the access key may not read the channel
    /// itself.
    pub confirmed_by: StatusSource,
    /// Polls made.
    pub polls: u32,
    /// Since the wait began.
    pub elapsed: Duration,
}

/// What one poll saw.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// The number of the poll, from 1.
    pub poll: u32,
    /// Since the wait began.
    pub elapsed: Duration,
    /// The connector that is waited for.
    pub connector_id: ConnectorId,
    /// The channel's id, once there is one.
    pub channel_id: Option<ChannelId>,
    /// The last status seen: the channel's, or what readiness says of the channel. A word that is not known means:
    /// not finished.
    pub status: Option<String>,
    /// The last stage seen: readiness tells it.
    pub stage: Option<String>,
    /// The connector as last read.
    pub connector: Option<Connector>,
    /// The channel as last read.
    pub channel: Option<Channel>,
    /// The readiness reply as last read.
    pub readiness: Option<ConnectorReadiness>,
    /// What went wrong in this poll, and was absorbed.
    pub error: Option<Error>,
    /// The pause before the next poll; `None` where this was the last.
    pub next_poll_in: Option<Duration>,
    /// True on the last step of a wait that came out well.
    pub ready: bool,
    /// Which reading said so; `None` before that.
    pub confirmed_by: Option<StatusSource>,
}
