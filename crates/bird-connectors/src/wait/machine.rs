//! What a wait has learned and what follows from it: pure decisions. It says what to read next, takes the answers,
//! and judges. It knows no clock and sends nothing.

use std::time::Duration;

use bird_connectors_api::types::{Channel, Connector, ConnectorReadiness};
use uuid::Uuid;

use super::condition::Condition;
use super::error::StatusSource;
use crate::error::{Error, Kind};

/// A connector that was just created can 404 for a moment.
const SETTLING: Duration = Duration::from_secs(30);

/// How many times running something must be seen before it is believed.
const RUNNING: u8 = 2;

/// Statuses that count as a failed install where the caller does not say otherwise. How a failed install shows is
/// not documented; `inactive` and `preview` are no failures.
pub(crate) const FAILURE_STATUSES: [&str; 6] = [
    "failed",
    "error",
    "rejected",
    "suspended",
    "deleted",
    "cancelled",
];

/// What the caller asked for.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) condition: Condition,
    pub(crate) failure_statuses: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            condition: Condition::active(),
            failure_statuses: FAILURE_STATUSES.map(str::to_owned).to_vec(),
        }
    }
}

/// What one step of a poll reads, all at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asks {
    pub(crate) connector: bool,
    pub(crate) readiness: bool,
    pub(crate) channel: Option<Uuid>,
    /// Look for the channel by its connector in the channel list.
    pub(crate) list: Option<Lookup>,
}

/// Whether a list without a status filter leaves channels out is not known, so both kinds take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    Unfiltered,
    ByStatus,
}

impl Asks {
    pub(crate) fn nothing(self) -> bool {
        self == Self::default()
    }
}

/// The answers to some [`Asks`].
#[derive(Default)]
pub(crate) struct Answers {
    pub(crate) connector: Option<Result<Connector, Error>>,
    pub(crate) readiness: Option<Result<ConnectorReadiness, Error>>,
    pub(crate) channel: Option<Result<Channel, Error>>,
    pub(crate) list: Option<Result<Option<Channel>, Error>>,
}

/// What a poll came to.
#[derive(Debug)]
pub(crate) enum Verdict {
    Ready {
        channel_id: Uuid,
        confirmed_by: StatusSource,
    },
    Failed {
        status: String,
        source: StatusSource,
    },
    Vanished,
    Denied(Error),
    /// Not finished; the server may ask for a pause.
    Pending {
        at_least: Duration,
    },
}

/// A source of information: whether it still answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Access {
    #[default]
    Open,
    /// 403: never asked again.
    Refused,
    /// Not there for this template: never asked again.
    Absent,
}

/// What one poll did so far.
#[derive(Debug, Default)]
struct Poll {
    connector: bool,
    readiness: bool,
    channel: bool,
    list: bool,
    /// The channel, or the readiness reply, at hand is from this poll.
    fresh_channel: bool,
    fresh_readiness: bool,
    error: Option<Error>,
    at_least: Duration,
}

#[derive(Debug)]
pub(crate) struct Machine {
    rules: Rules,
    pub(crate) connector: Option<Connector>,
    pub(crate) channel: Option<Channel>,
    pub(crate) readiness: Option<ConnectorReadiness>,
    pub(crate) channel_id: Option<Uuid>,
    pub(crate) seen: bool,
    pub(crate) last_error: Option<Error>,
    polls: u32,
    poll: Poll,
    connector_access: Access,
    readiness_access: Access,
    channel_access: Access,
    list_access: Access,
    denial: Option<Error>,
    unauthorized: Option<Error>,
    reread: bool,
    connector_missing: u8,
    readiness_missing: u8,
    failing: [(u8, String); 3],
}

impl Machine {
    /// `connector` is what the create answered, where this process made it.
    pub(crate) fn new(rules: Rules, connector: Option<Connector>, seen: bool) -> Self {
        let channel_id = connector.as_ref().and_then(Connector::channel_id);
        Self {
            rules,
            connector,
            channel: None,
            readiness: None,
            channel_id,
            seen,
            last_error: None,
            polls: 0,
            poll: Poll::default(),
            connector_access: Access::Open,
            readiness_access: Access::Open,
            channel_access: Access::Open,
            list_access: Access::Open,
            denial: None,
            unauthorized: None,
            reread: false,
            connector_missing: 0,
            readiness_missing: 0,
            failing: Default::default(),
        }
    }

    pub(crate) fn begin_poll(&mut self) {
        self.polls += 1;
        self.poll = Poll::default();
    }

    pub(crate) fn polls(&self) -> u32 {
        self.polls
    }

    /// The error of the current poll, where it had one.
    pub(crate) fn poll_error(&self) -> Option<&Error> {
        self.poll.error.as_ref()
    }

    /// What this poll still has to read; nothing where it is done.
    pub(crate) fn asks(&self) -> Asks {
        if self.unauthorized.is_some() {
            return Asks::default();
        }
        let Poll {
            connector,
            readiness,
            channel,
            list,
            ..
        } = self.poll;
        let open = |access: Access| access == Access::Open;
        let connector_wanted = self.channel_id.is_none() || self.reread;
        let status_source = open(self.channel_access) || open(self.readiness_access);
        let lookup = (!open(self.connector_access) && self.channel_id.is_none())
            || (self.channel_id.is_some() && !status_source);
        Asks {
            connector: connector_wanted && open(self.connector_access) && !connector,
            // Also before there is a channel: an install may fail without ever getting one.
            readiness: open(self.readiness_access) && !readiness,
            channel: self
                .channel_id
                .filter(|_| open(self.channel_access) && !channel && !self.reread),
            list: (lookup && open(self.list_access) && !list).then_some(if self.polls % 2 == 1 {
                Lookup::Unfiltered
            } else {
                Lookup::ByStatus
            }),
        }
    }

    /// Takes the answers of one step. `age` is how long ago the connector was created.
    pub(crate) fn take(&mut self, answers: Answers, age: Duration) {
        // The connector first: the others may be about the channel that it no longer has.
        if let Some(answer) = answers.connector {
            self.poll.connector = true;
            self.take_connector(answer, age);
        }
        if let Some(answer) = answers.readiness {
            self.poll.readiness = true;
            self.take_readiness(answer);
        }
        if let Some(answer) = answers.channel {
            self.poll.channel = true;
            self.take_channel(answer);
        }
        if let Some(answer) = answers.list {
            self.poll.list = true;
            self.take_list(answer);
        }
    }

    fn take_connector(&mut self, answer: Result<Connector, Error>, age: Duration) {
        match answer {
            Ok(connector) => {
                self.seen = true;
                self.connector_missing = 0;
                self.reread = false;
                let id = connector.channel_id();
                if id != self.channel_id {
                    self.channel = None;
                    self.failing = Default::default();
                }
                self.channel_id = id;
                self.connector = Some(connector);
            }
            Err(error) if error.kind() == Kind::NotFound => {
                if self.seen || age >= SETTLING {
                    self.connector_missing = self.connector_missing.saturating_add(1);
                }
                self.absorb(error);
            }
            Err(error) => self.connector_access = self.refused(error, self.connector_access),
        }
    }

    fn take_readiness(&mut self, answer: Result<ConnectorReadiness, Error>) {
        match answer {
            Ok(readiness) => {
                self.readiness_missing = 0;
                let word = |status: Option<&String>| status.cloned();
                let channel = word(
                    readiness
                        .channel
                        .as_ref()
                        .and_then(|channel| channel.status.as_ref()),
                );
                let number = word(
                    readiness
                        .number
                        .as_ref()
                        .and_then(|number| number.status.as_ref()),
                );
                self.count(StatusSource::ReadinessChannel, channel);
                self.count(StatusSource::ReadinessNumber, number);
                self.poll.fresh_readiness = true;
                self.readiness = Some(readiness);
            }
            // Templates without the endpoint answer 404, and so does a connector that is not there yet.
            Err(error) if error.kind() == Kind::NotFound => {
                if self.seen {
                    self.readiness_missing += 1;
                    if self.readiness_missing >= RUNNING {
                        self.readiness_access = Access::Absent;
                    }
                }
            }
            Err(error) => self.readiness_access = self.refused(error, self.readiness_access),
        }
    }

    fn take_channel(&mut self, answer: Result<Channel, Error>) {
        match answer {
            Ok(channel) => self.sight(channel),
            // It may have been replaced by another: the connector knows, or else the list.
            Err(error) if error.kind() == Kind::NotFound => {
                if self.connector_access == Access::Open {
                    self.reread = true;
                } else {
                    self.channel_id = None;
                }
                self.absorb(error);
            }
            Err(error) => self.channel_access = self.refused(error, self.channel_access),
        }
    }

    fn take_list(&mut self, answer: Result<Option<Channel>, Error>) {
        match answer {
            Ok(Some(channel)) => {
                self.channel_id = Some(channel.id);
                self.poll.channel = true;
                self.sight(channel);
            }
            // Absence from the list proves nothing.
            Ok(None) => {}
            Err(error) => self.list_access = self.refused(error, self.list_access),
        }
    }

    fn sight(&mut self, channel: Channel) {
        self.count(
            StatusSource::Channel,
            channel
                .status
                .as_ref()
                .map(|status| status.as_str().to_owned()),
        );
        self.poll.fresh_channel = true;
        self.channel = Some(channel);
    }

    /// Counts how often running a source has shown a failure.
    fn count(&mut self, source: StatusSource, status: Option<String>) {
        let failure = status.filter(|status| {
            self.rules
                .failure_statuses
                .iter()
                .any(|word| word.eq_ignore_ascii_case(status))
        });
        let slot = &mut self.failing[source as usize];
        *slot = match failure {
            Some(status) => (slot.0.saturating_add(1), status),
            None => (0, String::new()),
        };
    }

    /// What an error other than 404 makes of a source.
    fn refused(&mut self, error: Error, access: Access) -> Access {
        match error.kind() {
            Kind::PermissionDenied => {
                self.denial = Some(error.clone());
                self.absorb(error);
                Access::Refused
            }
            Kind::Authentication => {
                self.unauthorized = Some(error);
                access
            }
            _ => {
                self.absorb(error);
                access
            }
        }
    }

    pub(crate) fn absorb(&mut self, error: Error) {
        self.poll.at_least = self
            .poll
            .at_least
            .max(error.retry_after().unwrap_or_default());
        self.last_error = Some(error.clone());
        self.poll.error = Some(error);
    }

    /// What the poll came to, once there is nothing left to ask.
    pub(crate) fn verdict(&self) -> Verdict {
        if let Some(error) = &self.unauthorized {
            return Verdict::Denied(error.clone());
        }
        if let Some((channel_id, confirmed_by)) = self.ready() {
            return Verdict::Ready {
                channel_id,
                confirmed_by,
            };
        }
        for source in [
            StatusSource::Channel,
            StatusSource::ReadinessChannel,
            StatusSource::ReadinessNumber,
        ] {
            let (times, status) = &self.failing[source as usize];
            if *times >= RUNNING {
                return Verdict::Failed {
                    status: status.clone(),
                    source,
                };
            }
        }
        if self.connector_missing >= RUNNING {
            return Verdict::Vanished;
        }
        match &self.denial {
            Some(error) if self.nothing_left() => Verdict::Denied(error.clone()),
            _ => Verdict::Pending {
                at_least: self.poll.at_least,
            },
        }
    }

    /// Only what this poll has read counts: an older sight proves nothing.
    fn ready(&self) -> Option<(Uuid, StatusSource)> {
        let id = self.channel_id.filter(|_| !self.reread)?;
        if self.rules.condition.needs_no_status() {
            return Some((id, StatusSource::Channel));
        }
        if let Some(channel) = self.channel.as_ref().filter(|_| self.poll.fresh_channel) {
            return self
                .rules
                .condition
                .holds(channel)
                .then_some((id, StatusSource::Channel));
        }
        if self.channel_access == Access::Refused && self.poll.fresh_readiness {
            let status = self
                .readiness
                .as_ref()?
                .channel
                .as_ref()?
                .status
                .as_deref()?;
            return self
                .rules
                .condition
                .holds_for_status(status)
                .then_some((id, StatusSource::ReadinessChannel));
        }
        None
    }

    fn nothing_left(&self) -> bool {
        let open = |access: Access| access == Access::Open;
        if open(self.list_access) {
            return false;
        }
        match self.channel_id {
            None => !open(self.connector_access),
            Some(_) => !open(self.channel_access) && !open(self.readiness_access),
        }
    }

    /// The last status seen: the channel's, or what readiness says of the channel.
    pub(crate) fn status(&self) -> Option<String> {
        let channel = self
            .channel
            .as_ref()
            .and_then(|channel| channel.status.as_ref())
            .map(|status| status.as_str().to_owned());
        channel.or_else(|| self.readiness.as_ref()?.channel.as_ref()?.status.clone())
    }

    pub(crate) fn stage(&self) -> Option<String> {
        self.readiness.as_ref()?.channel.as_ref()?.stage.clone()
    }
}
