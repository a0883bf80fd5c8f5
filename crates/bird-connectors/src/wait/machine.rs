//! What a wait has learned and what follows from it: pure decisions. It says what to read next, takes the answers,
//! and judges. It knows no clock and sends nothing.

use std::mem::replace;
use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::{Channel, ChannelId, Connector, ConnectorReadiness};

use super::error::StatusSource;
use super::rules::{Moment, Rules, Sightings, Streak};
use super::source::Lookup;
use crate::error::{Error, Kind};

/// A connector that was just created can 404 for a moment.
const SETTLING: Duration = Duration::from_secs(30);

/// One read of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Connector,
    Readiness,
    Channel(ChannelId),
    /// Look for the channel by its connector in the channel list.
    List(Lookup),
}

/// What came of an [`Ask`], or of a list that is read for many waits at once.
pub(crate) enum Answer {
    Connector(Result<Box<Connector>, Error>),
    Readiness(Result<ConnectorReadiness, Error>),
    Channel(Result<Channel, Error>),
    List(Result<Option<Channel>, Error>),
    /// The channel as the list for many shows it, or why that could not be read. It counts as the channel itself.
    Shared(Result<Box<Channel>, Arc<Error>>),
}

impl Answer {
    pub(crate) fn error(&self) -> Option<&Error> {
        match self {
            Self::Connector(answer) => answer.as_ref().err(),
            Self::Readiness(answer) => answer.as_ref().err(),
            Self::Channel(answer) => answer.as_ref().err(),
            Self::List(answer) => answer.as_ref().err(),
            Self::Shared(answer) => answer.as_ref().err().map(|error| &**error),
        }
    }
}

/// What a poll came to.
#[derive(Debug)]
pub(crate) enum Verdict {
    Ready {
        channel_id: ChannelId,
        confirmed_by: StatusSource,
    },
    Failed {
        status: String,
        source: StatusSource,
    },
    Vanished,
    Denied(Arc<Error>),
    /// Not finished; the server may ask for a pause.
    Pending {
        at_least: Duration,
    },
}

/// Whether a source still answers.
#[derive(Debug, Default)]
enum Access {
    #[default]
    Open,
    /// 403: never asked again.
    Refused(Arc<Error>),
    /// Not there for this template: never asked again.
    Absent,
}

impl Access {
    fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    fn judge(&mut self, error: &Arc<Error>) {
        if error.kind() == Kind::PermissionDenied {
            *self = Self::Refused(Arc::clone(error));
        }
    }
}

/// What the poll under way has asked and learned.
#[derive(Debug, Default)]
struct Poll {
    asked_connector: bool,
    asked_readiness: bool,
    asked_channel: Option<ChannelId>,
    asked_list: bool,
    /// The connector, or the list, has said which channel it is.
    named: bool,
    /// The channel as the list has it: what counts where the channel itself may not be read.
    listed: Option<Box<Channel>>,
    /// The channel that has been read, and whether the condition holds for it.
    sighted: Option<(ChannelId, bool)>,
    /// The status that readiness tells of the channel.
    told: Option<String>,
    /// Readiness has answered, without a status of the channel.
    silent: bool,
    error: Option<Arc<Error>>,
    at_least: Duration,
}

#[derive(Debug)]
pub(crate) struct Machine {
    rules: Arc<Rules>,
    /// How far apart two sights of the same must be to count as two.
    apart: Duration,
    /// How old the connector was when the wait began.
    age: Duration,
    /// These three as last read.
    pub(crate) connector: Option<Box<Connector>>,
    pub(crate) channel: Option<Box<Channel>>,
    pub(crate) readiness: Option<Box<ConnectorReadiness>>,
    pub(crate) channel_id: Option<ChannelId>,
    /// The channel that was read last.
    sighted: Option<ChannelId>,
    /// The last status seen: the channel's, or what readiness says of the channel.
    pub(crate) status: Option<String>,
    /// The last stage seen.
    pub(crate) stage: Option<String>,
    /// Whether the connector was there at some time.
    pub(crate) seen: bool,
    /// The last error that was absorbed, and in which poll.
    pub(crate) last_error: Option<(u32, Arc<Error>)>,
    pub(crate) polls: u32,
    poll: Poll,
    named_by: StatusSource,
    connector_access: Access,
    readiness_access: Access,
    channel_access: Access,
    list_access: Access,
    unauthorized: Option<Arc<Error>>,
    connector_missing: Sightings,
    readiness_missing: Sightings,
    channel_failing: Streak,
    readiness_channel_failing: Streak,
    readiness_number_failing: Streak,
}

impl Machine {
    /// `connector` is what the create answered, where this process made it; `age` how long ago that was, and `seen`
    /// whether it has been read since. `apart` is the shortest pause of the schedule.
    pub(crate) fn new(
        rules: Arc<Rules>,
        connector: Option<Connector>,
        age: Duration,
        seen: bool,
        apart: Duration,
    ) -> Self {
        Self {
            rules,
            apart,
            age,
            channel_id: connector.as_ref().and_then(Connector::channel_id),
            connector: connector.map(Box::new),
            channel: None,
            readiness: None,
            sighted: None,
            status: None,
            stage: None,
            seen,
            last_error: None,
            polls: 0,
            poll: Poll::default(),
            named_by: StatusSource::Connector,
            connector_access: Access::Open,
            readiness_access: Access::Open,
            channel_access: Access::Open,
            list_access: Access::Open,
            unauthorized: None,
            connector_missing: Sightings::default(),
            readiness_missing: Sightings::default(),
            channel_failing: Streak::default(),
            readiness_channel_failing: Streak::default(),
            readiness_number_failing: Streak::default(),
        }
    }

    pub(crate) fn begin_poll(&mut self) {
        self.polls = self.polls.saturating_add(1);
        self.poll = Poll::default();
    }

    /// The last error of the current poll, where it had one.
    pub(crate) fn poll_error(&self) -> Option<&Error> {
        self.poll.error.as_deref()
    }

    /// A poll that looks into a list that is read for many: what it shows comes as [`Answer::Shared`].
    pub(crate) fn begin_shared_poll(&mut self) {
        self.begin_poll();
        self.poll.asked_list = true;
    }

    /// Lets go of everything that was read, but for what follows from it.
    pub(crate) fn forget(&mut self) {
        (self.connector, self.channel, self.readiness) = (None, None, None);
        self.poll = Poll::default();
    }

    /// Something that must be seen twice was seen once, where no list shows it.
    pub(crate) fn is_suspicious(&self) -> bool {
        let failing = [
            &self.readiness_channel_failing,
            &self.readiness_number_failing,
        ];
        self.connector_missing.are_one() || failing.iter().any(|streak| streak.is_one())
    }

    /// Whether readiness may still be asked.
    pub(crate) fn may_read_readiness(&self) -> bool {
        self.readiness_access.is_open()
    }

    /// What can be read at this point of the poll and has not been asked yet. An answer may lead to more.
    pub(crate) fn asks(&mut self) -> Vec<Ask> {
        let unreadable = !self.channel_access.is_open();
        // Where the channel may not be read, whoever names it is asked each time: it may have been replaced.
        let unnamed = self.channel_id.is_none() || unreadable;
        let connector = self.connector_access.is_open();
        let lookup = (unnamed && !connector) || (unreadable && !self.readiness_tells());

        let poll = &mut self.poll;
        let mut asks = Vec::new();
        if unnamed && connector && !replace(&mut poll.asked_connector, true) {
            asks.push(Ask::Connector);
        }
        // Also before there is a channel: an install may fail without ever getting one.
        if self.readiness_access.is_open() && !replace(&mut poll.asked_readiness, true) {
            asks.push(Ask::Readiness);
        }
        if let Some(id) = self.channel_id.filter(|_| !unreadable)
            && poll.asked_channel.replace(id) != Some(id)
        {
            asks.push(Ask::Channel(id));
        }
        if lookup && self.list_access.is_open() && !replace(&mut poll.asked_list, true) {
            asks.push(Ask::List(if self.polls % 2 == 1 {
                Lookup::Unfiltered
            } else {
                Lookup::ByStatus
            }));
        }
        asks
    }

    /// Whether readiness can stand in for a channel that may not be read.
    fn readiness_tells(&self) -> bool {
        self.readiness_access.is_open()
            && !self.rules.condition.needs_channel()
            && !self.poll.silent
    }

    /// Takes an answer.
    pub(crate) fn take(&mut self, answer: Answer, seen: Moment) {
        match answer {
            Answer::Connector(answer) => self.take_connector(answer, seen),
            Answer::Readiness(answer) => self.take_readiness(answer, seen),
            Answer::Channel(answer) => self.take_channel(answer, seen),
            Answer::List(answer) => self.take_list(answer, seen),
            Answer::Shared(answer) => self.take_shared(answer, seen),
        }
    }

    fn take_connector(&mut self, answer: Result<Box<Connector>, Error>, seen: Moment) {
        match answer {
            Ok(connector) => {
                self.seen = true;
                self.connector_missing = Sightings::default();
                self.channel_id = connector.channel_id();
                self.named_by = StatusSource::Connector;
                self.poll.named = true;
                self.connector = Some(connector);
            }
            Err(error) => {
                let error = Arc::new(error);
                if error.kind() == Kind::NotFound && self.settled_in(seen) {
                    self.connector_missing.count(seen, self.apart);
                }
                self.connector_access.judge(&error);
                self.absorb(error);
            }
        }
    }

    fn take_readiness(&mut self, answer: Result<ConnectorReadiness, Error>, seen: Moment) {
        match answer {
            Ok(readiness) => {
                self.readiness_missing = Sightings::default();
                let channel = readiness.channel.as_ref();
                let channel = channel.and_then(|channel| channel.status.clone());
                let number = readiness.number.as_ref();
                let number = number.and_then(|number| number.status.as_deref());
                self.readiness_channel_failing.count(
                    channel.as_deref(),
                    &self.rules,
                    seen,
                    self.apart,
                );
                self.readiness_number_failing
                    .count(number, &self.rules, seen, self.apart);
                // The channel speaks for itself where it may be read.
                if channel.is_some() && (self.sighted.is_none() || !self.channel_access.is_open()) {
                    self.status.clone_from(&channel);
                }
                self.poll.silent = channel.is_none();
                self.poll.told = channel;
                self.stage = readiness
                    .channel
                    .as_ref()
                    .and_then(|channel| channel.stage.clone());
                self.readiness = Some(Box::new(readiness));
            }
            Err(error) => {
                let error = Arc::new(error);
                self.poll.silent = true;
                // Templates without the endpoint answer 404, and so does a connector that is not there yet.
                if error.kind() == Kind::NotFound {
                    if self.settled_in(seen) {
                        self.readiness_missing.count(seen, self.apart);
                    }
                    if self.readiness_missing.are_enough() {
                        self.readiness_access = Access::Absent;
                    }
                    return;
                }
                self.readiness_access.judge(&error);
                self.absorb(error);
            }
        }
    }

    fn take_channel(&mut self, answer: Result<Channel, Error>, seen: Moment) {
        match answer {
            Ok(channel) => self.sight(Box::new(channel), seen),
            Err(error) => {
                let error = Arc::new(error);
                // It may have been replaced by another: whoever names it is asked again.
                if error.kind() == Kind::NotFound {
                    self.channel_id = None;
                }
                self.channel_access.judge(&error);
                self.absorb(error);
                self.sight_listed(seen);
            }
        }
    }

    fn take_list(&mut self, answer: Result<Option<Channel>, Error>, seen: Moment) {
        match answer {
            Ok(Some(channel)) => {
                self.seen = true;
                self.channel_id = Some(channel.id);
                self.named_by = StatusSource::Channel;
                self.poll.named = true;
                self.poll.listed = Some(Box::new(channel));
                self.sight_listed(seen);
            }
            // Absence from the list proves nothing.
            Ok(None) => {}
            Err(error) => {
                let error = Arc::new(error);
                self.list_access.judge(&error);
                self.absorb(error);
            }
        }
    }

    fn take_shared(&mut self, answer: Result<Box<Channel>, Arc<Error>>, seen: Moment) {
        match answer {
            Ok(channel) => {
                self.channel_id = Some(channel.id);
                self.named_by = StatusSource::Channel;
                self.poll.named = true;
                self.sight(channel, seen);
            }
            Err(error) => {
                self.list_access.judge(&error);
                self.absorb(error);
            }
        }
    }

    fn sight(&mut self, channel: Box<Channel>, seen: Moment) {
        self.seen = true;
        if self.sighted.replace(channel.id) != Some(channel.id) {
            self.channel_failing = Streak::default();
        }
        let status = channel.status.as_ref().map(|status| status.as_str());
        self.channel_failing
            .count(status, &self.rules, seen, self.apart);
        if let Some(status) = status {
            self.status = Some(status.to_owned());
        }
        self.poll.sighted = Some((channel.id, self.rules.condition.holds(&channel)));
        self.channel = Some(channel);
    }

    fn sight_listed(&mut self, seen: Moment) {
        if !self.channel_access.is_open()
            && let Some(channel) = self.poll.listed.take()
        {
            self.sight(channel, seen);
        }
    }

    /// From when on a 404 means something.
    fn settled_in(&self, seen: Moment) -> bool {
        self.seen || self.age + seen.came >= SETTLING
    }

    /// Remembers an error, and goes on; there is nothing to go on with where the key itself is not accepted.
    pub(crate) fn absorb(&mut self, error: Arc<Error>) {
        if error.kind() == Kind::Authentication {
            self.unauthorized = Some(Arc::clone(&error));
        }
        if let Some(pause) = error.retry_after() {
            self.poll.at_least = self.poll.at_least.max(pause);
        }
        self.last_error = Some((self.polls, Arc::clone(&error)));
        self.poll.error = Some(error);
    }

    /// Whether nothing that this poll could still read would change the verdict.
    pub(crate) fn decided(&self) -> bool {
        self.unauthorized.is_some() || self.ready().is_some()
    }

    /// What the poll came to, once there is nothing left to ask, or no time.
    pub(crate) fn verdict(&self) -> Verdict {
        if let Some((channel_id, confirmed_by)) = self.ready() {
            return Verdict::Ready {
                channel_id,
                confirmed_by,
            };
        }
        if let Some(error) = self.unauthorized.as_ref().or_else(|| self.denied()) {
            return Verdict::Denied(Arc::clone(error));
        }
        let sources = [
            (StatusSource::Channel, &self.channel_failing),
            (
                StatusSource::ReadinessChannel,
                &self.readiness_channel_failing,
            ),
            (
                StatusSource::ReadinessNumber,
                &self.readiness_number_failing,
            ),
        ];
        for (source, failing) in sources {
            if let Some(status) = failing.believed() {
                return Verdict::Failed {
                    status: status.to_owned(),
                    source,
                };
            }
        }
        if self.connector_missing.are_enough() {
            return Verdict::Vanished;
        }
        Verdict::Pending {
            at_least: self.poll.at_least,
        }
    }

    /// Only what this poll has read counts: an older sight proves nothing.
    fn ready(&self) -> Option<(ChannelId, StatusSource)> {
        let id = self.channel_id?;
        let condition = &self.rules.condition;
        if condition.needs_no_status() {
            return Some((id, self.named_by));
        }
        if let Some((sighted, holds)) = self.poll.sighted
            && sighted == id
        {
            return holds.then_some((id, StatusSource::Channel));
        }
        let named =
            self.poll.named || !(self.connector_access.is_open() || self.list_access.is_open());
        let holds = condition.holds_for_status(self.poll.told.as_deref()?);
        (named && holds && !self.channel_access.is_open())
            .then_some((id, StatusSource::ReadinessChannel))
    }

    /// The last refusal, where no source is left. The list is the last resort, so that it is the list's.
    fn denied(&self) -> Option<&Arc<Error>> {
        let Access::Refused(error) = &self.list_access else {
            return None;
        };
        let left = match self.channel_id {
            None => self.connector_access.is_open(),
            Some(_) => {
                self.channel_access.is_open()
                    || (self.readiness_access.is_open() && !self.rules.condition.needs_channel())
            }
        };
        (!left).then_some(error)
    }
}
