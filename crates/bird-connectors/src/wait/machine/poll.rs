//! The state of the current poll, and its outcome.

use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::{Channel, ChannelId};

use crate::error::Error;
use crate::wait::error::StatusSource;

/// What the current poll has requested and received. The next poll starts from an empty one.
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
    /// The longest `Retry-After` of this poll.
    pub(super) retry_after: Duration,
}

/// The outcome of a poll.
#[derive(Debug)]
pub(crate) enum PollOutcome {
    Ready {
        channel_id: ChannelId,
        confirmed_by: StatusSource,
    },
    Failed {
        status: String,
        reported_by: StatusSource,
    },
    Vanished,
    Denied(Arc<Error>),
    /// The install is not finished.
    Pending {
        /// The minimum pause before the next poll, from `Retry-After`. Zero if the server sent none.
        retry_after: Duration,
    },
}
