//! What a wait reports: each poll, and the channel that can send.

use std::time::Duration;

use bird_connectors_api::types::{Channel, ChannelId, Connector, ConnectorId, ConnectorReadiness};

use super::error::StatusSource;
use crate::error::Error;

/// The result of a wait: a channel that can send, or one that meets another [condition](crate::Condition).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Ready {
    /// The channel's id, for sending messages.
    pub channel_id: ChannelId,
    /// The channel as last read. `None` if the access key cannot read it, or if the wait did not need it
    /// ([`Condition::has_channel`](crate::Condition::has_channel)).
    pub channel: Option<Channel>,
    /// The connector as last read. `None` if this process did not create it and cannot read it.
    pub connector: Option<Connector>,
    /// The source that confirmed the condition. [`StatusSource::ReadinessChannel`] means that the access key cannot read
    /// the channel itself.
    pub confirmed_by: StatusSource,
    /// The number of polls.
    pub polls: u32,
    /// The time since the wait started.
    pub elapsed: Duration,
}

/// The state after one poll.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// The number of the poll, from 1.
    pub poll: u32,
    /// The time since the wait started.
    pub elapsed: Duration,
    /// The connector's id.
    pub connector_id: ConnectorId,
    /// The channel's id, once it is known.
    pub channel_id: Option<ChannelId>,
    /// The last status: the channel's own, or the one in the readiness reply. An unknown status means that the install is
    /// not finished.
    pub status: Option<String>,
    /// The last stage in the readiness reply.
    pub stage: Option<String>,
    /// The connector as last read.
    pub connector: Option<Connector>,
    /// The channel as last read.
    pub channel: Option<Channel>,
    /// The readiness reply as last read.
    pub readiness: Option<ConnectorReadiness>,
    /// The last error of this poll. It does not end the wait.
    pub error: Option<Error>,
    /// The pause before the next poll; `None` if this was the last one.
    pub next_poll_in: Option<Duration>,
    /// Whether the condition holds. Then this was the last poll.
    pub ready: bool,
    /// The source that confirmed the condition, if it holds.
    pub confirmed_by: Option<StatusSource>,
}
