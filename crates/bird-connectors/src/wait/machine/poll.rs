//! The state of the current poll. The next poll starts from an empty one.

use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::{Channel, ChannelId};

use crate::error::Error;

/// What the current poll has requested and received.
#[derive(Debug, Default)]
pub(super) struct CurrentPoll {
    pub(super) requested_connector: bool,
    pub(super) requested_readiness: bool,
    pub(super) requested_channel: Option<ChannelId>,
    pub(super) requested_list: bool,
    /// The connector or a list has named the channel in this poll.
    pub(super) channel_named: bool,
    /// The channel from the list. It counts if the channel itself cannot be read.
    pub(super) listed: Option<Box<Channel>>,
    /// The channel that was read, and whether the condition holds for it.
    pub(super) channel_read: Option<(ChannelId, bool)>,
    /// The channel's status according to readiness.
    pub(super) readiness_status: Option<String>,
    /// Readiness was read, without a status of the channel.
    pub(super) readiness_without_status: bool,
    /// The last error of this poll.
    pub(super) error: Option<Arc<Error>>,
    /// The longest pause that the server asked for.
    pub(super) retry_after: Duration,
}
