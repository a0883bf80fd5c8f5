//! The state machine of a wait. It is pure: it decides what to read next, takes the results, and decides when the wait
//! is over. It reads no clock and does no I/O.
//!
//! A poll calls, in this order: [`begin_poll`](WaitMachine::begin_poll), then [`reads`](WaitMachine::reads) and
//! [`receive`](WaitMachine::receive) until there is nothing more to read or the poll is
//! [decided](WaitMachine::is_decided), then [`outcome`](WaitMachine::outcome).

mod access;
mod outcome;
mod poll;
mod read;
mod receive;
mod report;

use std::mem::replace;
use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::{Channel, ChannelId, Connector, ConnectorReadiness};

pub(crate) use poll::PollOutcome;
pub(crate) use read::{ReadResult, ReadTarget};

use super::channel_state::ChannelState;
use super::error::StatusSource;
use super::rules::{FailureStreak, Observations, WaitRules};
use super::source::Lookup;
use crate::error::Error;
use access::SourceAccess;
use poll::CurrentPoll;

#[derive(Debug)]
pub(crate) struct WaitMachine {
    rules: Arc<WaitRules>,
    /// The minimum time between two observations for them to count as two.
    min_spacing: Duration,
    /// The connector's age when the wait began.
    age: Duration,
    polls: u32,
    current: CurrentPoll,
    access: SourceAccess,
    /// The connector, the channel and the readiness reply as last read.
    connector: Option<Box<Connector>>,
    channel: Option<Box<Channel>>,
    readiness: Option<Box<ConnectorReadiness>>,
    channel_id: Option<ChannelId>,
    channel_id_source: StatusSource,
    /// The connector as last read names its channel in a form that cannot be read.
    channel_unreadable: bool,
    /// The id of the channel that was read last.
    last_channel_read: Option<ChannelId>,
    /// The last status: the channel's own, or the one that readiness reports if the channel was not read.
    status: Option<String>,
    /// Whether readiness reported the status.
    status_is_of_readiness: bool,
    channel_state: ChannelState,
    stage: Option<String>,
    /// Whether the connector existed at some point. If it did, a 404 means that it was deleted.
    connector_observed: bool,
    /// The last absorbed error, and the number of its poll.
    last_error: Option<(u32, Arc<Error>)>,
    /// The API does not accept the access key.
    unauthorized: Option<Arc<Error>>,
    connector_missing: Observations,
    readiness_missing: Observations,
    channel_failing: FailureStreak,
    readiness_channel_failing: FailureStreak,
    readiness_number_failing: FailureStreak,
}

impl WaitMachine {
    /// `connector` is the reply to the create, if this process created it; `age` is the time since the create, and
    /// `observed` says whether the connector has been read since. `min_spacing` is the shortest pause between polls.
    pub(crate) fn new(
        rules: Arc<WaitRules>,
        connector: Option<Connector>,
        age: Duration,
        observed: bool,
        min_spacing: Duration,
    ) -> Self {
        let channel_id = connector.as_ref().and_then(Connector::channel_id);
        Self {
            connector: connector.map(Box::new),
            ..Self::with_channel_id(rules, channel_id, age, observed, min_spacing)
        }
    }

    /// A machine that does not keep the connector, but only the id of its channel, if that is known.
    pub(crate) fn with_channel_id(
        rules: Arc<WaitRules>,
        channel_id: Option<ChannelId>,
        age: Duration,
        observed: bool,
        min_spacing: Duration,
    ) -> Self {
        Self {
            rules,
            min_spacing,
            age,
            polls: 0,
            current: CurrentPoll::default(),
            access: SourceAccess::default(),
            connector: None,
            channel: None,
            readiness: None,
            channel_id,
            channel_id_source: StatusSource::Connector,
            channel_unreadable: false,
            last_channel_read: None,
            status: None,
            status_is_of_readiness: false,
            channel_state: ChannelState::default(),
            stage: None,
            connector_observed: observed,
            last_error: None,
            unauthorized: None,
            connector_missing: Observations::default(),
            readiness_missing: Observations::default(),
            channel_failing: FailureStreak::default(),
            readiness_channel_failing: FailureStreak::default(),
            readiness_number_failing: FailureStreak::default(),
        }
    }

    pub(crate) fn begin_poll(&mut self) {
        self.polls = self.polls.saturating_add(1);
        self.current = CurrentPoll::default();
    }

    /// Begins a poll that reads a list shared with other waits; the result arrives as [`ReadResult::Shared`].
    pub(crate) fn begin_shared_poll(&mut self) {
        self.begin_poll();
        self.current.requested_list = true;
    }

    /// What the current poll can read now and has not requested yet. A result may lead to further reads.
    pub(crate) fn reads(&mut self) -> Vec<ReadTarget> {
        let channel_closed = !self.access.channel.is_open();
        // If the channel cannot be read, every poll asks for its id again: the channel may have been replaced.
        let needs_id = self.channel_id.is_none() || channel_closed;
        let connector_open = self.access.connector.is_open();
        let needs_list = (needs_id && (!connector_open || self.channel_unreadable))
            || (channel_closed && !self.readiness_can_replace_channel());

        let current = &mut self.current;
        let mut reads = Vec::new();
        if needs_id && connector_open && !replace(&mut current.requested_connector, true) {
            reads.push(ReadTarget::Connector);
        }
        // Also before there is a channel: an install may fail without ever getting one.
        if self.access.readiness.is_open() && !replace(&mut current.requested_readiness, true) {
            reads.push(ReadTarget::Readiness);
        }
        if let Some(id) = self.channel_id.filter(|_| !channel_closed)
            && current.requested_channel.replace(id) != Some(id)
        {
            reads.push(ReadTarget::Channel(id));
        }
        if needs_list && self.access.list.is_open() && !replace(&mut current.requested_list, true) {
            reads.push(ReadTarget::List(if self.polls % 2 == 1 {
                Lookup::Unfiltered
            } else {
                Lookup::ByStatus
            }));
        }
        reads
    }

    /// Whether readiness can confirm the condition for a channel that cannot be read.
    fn readiness_can_replace_channel(&self) -> bool {
        self.access.readiness.is_open()
            && !self.rules.condition.needs_channel()
            && !self.current.readiness_without_status
    }

    /// Drops everything that was read; the conclusions stay.
    pub(crate) fn forget(&mut self) {
        (self.connector, self.channel, self.readiness) = (None, None, None);
        self.current = CurrentPoll::default();
    }

    /// Whether something that needs two observations has been observed once, in a source that no list shows.
    pub(crate) fn is_suspicious(&self) -> bool {
        let failing = [
            &self.readiness_channel_failing,
            &self.readiness_number_failing,
        ];
        self.connector_missing.is_single() || failing.iter().any(|streak| streak.is_single())
    }

    /// Records that a list that was read does not contain the channel.
    pub(crate) fn note_unlisted(&mut self) {
        if self.channel_state == ChannelState::Unremarkable && self.channel_id.is_none() {
            self.channel_state = ChannelState::Unlisted;
        }
    }

    /// Whether readiness can still be read.
    pub(crate) fn can_read_readiness(&self) -> bool {
        self.access.readiness.is_open()
    }

    /// Whether a channel with this status can neither satisfy the condition nor count as failed.
    pub(crate) fn is_pending(&self, status: &str) -> bool {
        self.rules.is_pending(status)
    }

    pub(crate) fn polls(&self) -> u32 {
        self.polls
    }

    /// Whether only the list of channels can show the channel.
    pub(crate) fn needs_list(&self) -> bool {
        self.channel_id.is_none() && self.channel_unreadable
    }

    pub(crate) fn channel_id(&self) -> Option<ChannelId> {
        self.channel_id
    }

    pub(crate) fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    pub(crate) fn stage(&self) -> Option<&str> {
        self.stage.as_deref()
    }

    /// Moves the connector out, for a wait that is over.
    pub(crate) fn take_connector(&mut self) -> Option<Box<Connector>> {
        self.connector.take()
    }

    /// Moves the channel out, for a wait that is over.
    pub(crate) fn take_channel(&mut self) -> Option<Box<Channel>> {
        self.channel.take()
    }
}
