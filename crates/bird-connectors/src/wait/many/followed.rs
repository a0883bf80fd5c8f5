//! One install of a bulk wait: its state machine, its channel in the current round, and its outcome.

use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::{
    Channel, ChannelId, ChannelStatus, Connector, Timestamp, WorkspaceId,
};
use tokio::time::Instant;
use tracing::Span;

use super::agenda::InstallEnd;
use super::install_ref::KnownInstall;
use super::list_plan::ListStrategy;
use super::pacing::PollPacing;
use crate::clock::now as wall_clock;
use crate::error::Error;
use crate::resume::WaitToken;
use crate::wait::channel_state::filled;
use crate::wait::error::{StatusSource, WaitError, WaitReport};
use crate::wait::last_poll::end_of_last_poll;
use crate::wait::limits::cut_off;
use crate::wait::machine::{PollOutcome, ReadResult, ReadTarget, WaitMachine};
use crate::wait::progress::{Progress, Ready};
use crate::wait::rules::{ReadTime, WaitRules};
use crate::wait::source::Lookup;
use crate::wait::telemetry::WaitTelemetry;

/// After this many rounds that did not show an install, it is read individually.
const UNLISTED_ROUNDS: u32 = 3;

/// The readiness of a listed install that has not changed for this long is read now and then: an install can fail
/// because of its number, which no list shows.
const STUCK: Duration = Duration::from_secs(60);

/// No round takes so long that it decides the end of a wait whose timeout expires later than this.
const LONG_BEFORE_END: Duration = Duration::from_secs(60);

/// How the wait for one install ended. Many can end in one round, before the caller reads the first result.
pub(super) type WaitOutcome = Result<Box<BoxedReady>, WaitError>;

/// A [`Ready`] whose objects stay where they were read: most results have one of the two, or none.
pub(super) struct BoxedReady {
    channel_id: ChannelId,
    channel: Option<Box<Channel>>,
    connector: Option<Box<Connector>>,
    confirmed_by: StatusSource,
    polls: u32,
    elapsed: Duration,
}

impl BoxedReady {
    pub(super) fn into_ready(self) -> Ready {
        Ready {
            channel_id: self.channel_id,
            channel: self.channel.map(|channel| *channel),
            connector: self.connector.map(|connector| *connector),
            confirmed_by: self.confirmed_by,
            polls: self.polls,
            elapsed: self.elapsed,
        }
    }
}

/// What a round keeps of a listed channel. A round of a wait for thousands of installs lists all their channels before it
/// ends, and most of them are pending: whole channels would be half of the memory of the wait.
enum ListedChannel {
    Whole(Box<Channel>),
    /// A channel that does not end the wait in this round.
    Pending(Box<PendingChannel>),
}

struct PendingChannel {
    id: ChannelId,
    status: Option<ChannelStatus>,
    created_at: Option<Timestamp>,
}

impl ListedChannel {
    fn created_at(&self) -> &Option<Timestamp> {
        match self {
            Self::Whole(channel) => &channel.created_at,
            Self::Pending(channel) => &channel.created_at,
        }
    }

    /// The channel, of which a pending one has only what decides the wait.
    fn into_channel(self) -> Box<Channel> {
        let pending = match self {
            Self::Whole(channel) => return channel,
            Self::Pending(pending) => pending,
        };
        let mut channel = Box::new(Channel::new(pending.id));
        channel.status = pending.status;
        channel.created_at = pending.created_at;
        channel
    }
}

pub(super) struct FollowedInstall {
    machine: WaitMachine,
    token: WaitToken,
    /// The connector that the caller passed.
    given: Option<Box<Connector>>,
    joined: Instant,
    /// `None` without a timeout.
    end: Option<InstallEnd>,
    /// Whether its last poll has begun.
    in_last_poll: bool,
    /// Whether the current round includes this install.
    in_round: bool,
    /// The newest channel that the current round has listed.
    newest: Option<ListedChannel>,
    /// Whether the unfiltered list and the list by status have shown it in the current round.
    listed_by: [bool; 2],
    /// The number of consecutive rounds that did not show it.
    rounds_unlisted: u32,
    last_change: Instant,
    /// The number of individual reads that are running.
    running_reads: usize,
    individual_polls: usize,
    last_individual_poll: Option<Instant>,
    /// Whether the current round reads it individually, too.
    read_in_round: bool,
}

/// Why an install is read individually, the most urgent reason first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ReadReason {
    /// Something that needs two observations has been observed once.
    Suspicious,
    /// No list shows it.
    Unlisted,
    /// A list shows it, and it has not changed for a long time.
    Stuck,
}

/// The token of a connector that the caller passed. It does not count as observed, because it may be the response to a create:
/// a 404 right after that gets the time to settle. A connector without a date counts as just created.
fn token_of(connector: &Connector, workspace: WorkspaceId) -> WaitToken {
    let created_at = connector.created_at.as_ref();
    WaitToken::new(
        connector.workspace_id.unwrap_or(workspace),
        connector.id,
        created_at.map_or_else(wall_clock, |created| created.to_utc()),
        false,
    )
}

impl FollowedInstall {
    /// Begins to follow an install. `min_spacing` is the shortest time between two rounds.
    pub(super) fn new(
        install: KnownInstall,
        workspace: WorkspaceId,
        rules: Arc<WaitRules>,
        timeout: Option<Duration>,
        min_spacing: Duration,
    ) -> Result<Self, Error> {
        let (token, given) = match install {
            // It counts as just created, so that a 404 gets the time to settle.
            KnownInstall::Id(id) => (WaitToken::new(workspace, id, wall_clock(), false), None),
            KnownInstall::Token(token) => (token, None),
            KnownInstall::Install(token, connector) => (token, connector),
            KnownInstall::Connector(connector) => {
                (token_of(&connector, workspace), Some(connector))
            }
        };
        let token = token.clamped(wall_clock());
        if token.workspace_id() != workspace {
            return Err(Error::invalid_input(
                "wait for installs",
                format!(
                    "the install belongs to workspace {}, not to {workspace}",
                    token.workspace_id()
                ),
            ));
        }
        let joined = Instant::now();
        Ok(Self {
            machine: WaitMachine::with_channel_id(
                rules,
                given.as_deref().and_then(Connector::channel_id),
                token.age(wall_clock()),
                token.observed(),
                min_spacing,
            ),
            token,
            given,
            joined,
            // A timeout that exceeds the range of the clock never expires.
            end: timeout
                .and_then(|timeout| joined.checked_add(timeout))
                .map(|deadline| InstallEnd {
                    deadline,
                    end: end_of_last_poll(deadline, joined),
                }),
            in_last_poll: false,
            in_round: false,
            newest: None,
            listed_by: [false; 2],
            rounds_unlisted: 0,
            last_change: joined,
            running_reads: 0,
            individual_polls: 0,
            last_individual_poll: None,
            read_in_round: false,
        })
    }

    pub(super) fn channel_id(&self) -> Option<ChannelId> {
        self.machine.channel_id()
    }

    /// Whether only the list of channels can show the channel.
    pub(super) fn needs_list(&self) -> bool {
        self.machine.needs_list()
    }

    pub(super) fn joined(&self) -> Instant {
        self.joined
    }

    /// When the wait ends; `None` without a timeout.
    pub(super) fn end(&self) -> Option<InstallEnd> {
        self.end
    }

    /// Whether the last poll has begun.
    pub(super) fn is_in_last_poll(&self) -> bool {
        self.in_last_poll
    }

    pub(super) fn is_in_round(&self) -> bool {
        self.in_round
    }

    pub(super) fn is_decided(&self) -> bool {
        self.machine.is_decided()
    }

    pub(super) fn has_running_reads(&self) -> bool {
        self.running_reads > 0
    }

    fn is_overdue(&self, now: Instant) -> bool {
        self.end.is_some_and(|end| end.deadline <= now)
    }

    /// Records that the last poll begins now. Returns when it is cut off.
    pub(super) fn begin_last_poll(&mut self, before: InstallEnd, now: Instant) -> Instant {
        let end = end_of_last_poll(before.deadline, now);
        self.in_last_poll = true;
        self.end = Some(InstallEnd { end, ..before });
        end
    }

    /// Begins a round that includes this install.
    pub(super) fn begin_round(&mut self) {
        self.in_round = true;
        self.read_in_round = false;
        self.listed_by = [false; 2];
        self.machine.begin_shared_poll();
    }

    /// Takes a listed channel of this connector. A channel that was replaced may still be listed.
    pub(super) fn show(&mut self, lookup: Lookup, channel: Channel, now: Instant) {
        self.listed_by[lookup as usize] = true;
        let is_newer = |newest: &ListedChannel| *newest.created_at() < channel.created_at;
        if self.newest.as_ref().is_none_or(is_newer) {
            self.newest = Some(self.keep_listed(channel, now));
        }
    }

    /// Keeps the whole channel only if the result of the wait may contain it.
    fn keep_listed(&self, channel: Channel, now: Instant) -> ListedChannel {
        let ends_soon = self
            .end
            .is_some_and(|end| end.deadline.saturating_duration_since(now) < LONG_BEFORE_END);
        let is_pending = |status: &ChannelStatus| {
            filled(Some(status.as_str())).is_some_and(|status| self.machine.is_pending(status))
        };
        if ends_soon || self.read_in_round || !channel.status.as_ref().is_some_and(is_pending) {
            return ListedChannel::Whole(Box::new(channel));
        }
        ListedChannel::Pending(Box::new(PendingChannel {
            id: channel.id,
            status: channel.status,
            created_at: channel.created_at,
        }))
    }

    pub(super) fn was_listed_by(&self, lookup: Lookup) -> bool {
        self.listed_by[lookup as usize]
    }

    /// Ends the round with the channel that it has listed, or with the error of its lists. Returns whether the state
    /// changed.
    pub(super) fn end_round(
        &mut self,
        began: Instant,
        failure: Option<&Arc<Error>>,
        span: &Span,
        now: Instant,
    ) -> bool {
        self.in_round = false;
        let newest = self.newest.take();
        let is_partial = matches!(newest, Some(ListedChannel::Pending(_)));
        let result = match (newest, failure) {
            (Some(channel), _) => {
                self.rounds_unlisted = 0;
                Ok(channel.into_channel())
            }
            (None, Some(error)) => Err(Arc::clone(error)),
            (None, None) => {
                // Absence from the list proves nothing.
                self.rounds_unlisted = self.rounds_unlisted.saturating_add(1);
                self.machine.note_unlisted();
                return false;
            }
        };
        let time = ReadTime {
            sent: began.saturating_duration_since(self.joined),
            received: now - self.joined,
        };
        let changed = self.receive(ReadResult::Shared(result), time, span, now);
        if is_partial {
            // No report may contain it.
            self.machine.take_channel();
        }
        changed
    }

    /// Whether the lists of this strategy do not show the install.
    pub(super) fn is_unlisted(&self, strategy: ListStrategy) -> bool {
        let not_requested = match strategy {
            ListStrategy::AllPages => false,
            ListStrategy::ByIds => self.channel_id().is_none(),
            ListStrategy::None => true,
        };
        // The last poll also finds out why no list shows it.
        let rounds = if self.in_last_poll {
            1
        } else {
            UNLISTED_ROUNDS
        };
        not_requested || self.rounds_unlisted >= rounds
    }

    /// Why the install should be read individually now, if it should.
    pub(super) fn read_reason(
        &self,
        unlisted: bool,
        pacing: PollPacing,
        now: Instant,
    ) -> Option<ReadReason> {
        if self.machine.is_suspicious() {
            return Some(ReadReason::Suspicious);
        }
        let since_last = self.last_individual_poll.map(|last| now - last);
        if unlisted {
            let pause = pacing.between_individual_polls(now - self.joined);
            let due = self.in_last_poll || since_last.is_none_or(|time| time >= pause);
            return due.then_some(ReadReason::Unlisted);
        }
        let stuck = now - self.last_change >= STUCK && self.machine.can_read_readiness();
        (stuck && since_last.is_none_or(|time| time >= STUCK)).then_some(ReadReason::Stuck)
    }

    /// When the install was last read individually.
    pub(super) fn last_individual_poll(&self) -> Option<Instant> {
        self.last_individual_poll
    }

    /// Starts at most `limit` individual reads. If there are more installs than that, successive polls rotate through them.
    pub(super) fn begin_individual_reads(&mut self, limit: usize, now: Instant) -> Vec<ReadTarget> {
        let mut targets = self.machine.reads();
        if targets.len() > limit {
            let offset = self.individual_polls % targets.len();
            targets.rotate_left(offset);
            targets.truncate(limit);
        }
        self.individual_polls += 1;
        self.read_in_round = true;
        self.last_individual_poll = Some(now);
        self.running_reads += targets.len();
        targets
    }

    /// Takes the result of an individual read. Returns whether the state changed.
    pub(super) fn end_individual_read(
        &mut self,
        result: ReadResult,
        time: ReadTime,
        span: &Span,
        now: Instant,
    ) -> bool {
        self.running_reads = self.running_reads.saturating_sub(1);
        self.receive(result, time, span, now)
    }

    /// Takes a result, and logs a change of the channel, the status or the stage.
    pub(super) fn receive(
        &mut self,
        result: ReadResult,
        time: ReadTime,
        span: &Span,
        now: Instant,
    ) -> bool {
        let state = |machine: &WaitMachine| {
            let status = machine.status().map(str::to_owned);
            (
                machine.channel_id(),
                status,
                machine.stage().map(str::to_owned),
            )
        };
        let before = state(&self.machine);
        self.machine.receive(result, time);
        let changed = before != state(&self.machine);
        if changed {
            self.last_change = now;
            let progress = self.progress(now);
            self.telemetry(span, &progress).changed(&progress);
        }
        changed
    }

    /// The outcome, if the wait is over. Otherwise the objects that were read are dropped between polls.
    pub(super) fn outcome(&mut self, now: Instant) -> Option<WaitOutcome> {
        let is_idle = self.running_reads == 0 && !self.in_round;
        let outcome = match self.machine.outcome() {
            PollOutcome::Pending { .. } if !is_idle => return None,
            PollOutcome::Pending { .. } if !self.is_overdue(now) => {
                // The report at the end contains what the last poll has read.
                if !self.in_last_poll {
                    self.machine.forget();
                }
                return None;
            }
            PollOutcome::Pending { .. } => Err(WaitError::TimedOut(self.report(now))),
            PollOutcome::Ready {
                channel_id,
                confirmed_by,
            } => Ok(Box::new(BoxedReady {
                channel_id,
                channel: self.machine.take_channel(),
                connector: self.take_connector(),
                confirmed_by,
                polls: self.machine.polls(),
                elapsed: now - self.joined,
            })),
            PollOutcome::Failed {
                status,
                reported_by,
            } => Err(WaitError::Failed {
                status,
                reported_by,
                report: self.report(now),
            }),
            PollOutcome::Vanished => Err(WaitError::Vanished(self.report(now))),
            PollOutcome::Denied(error) => Err(WaitError::Denied {
                error: Arc::unwrap_or_clone(error),
                report: self.report(now),
            }),
        };
        Some(outcome)
    }

    /// Cuts off what is running, and returns the outcome. What the current round has listed so far counts.
    pub(super) fn cut_off(&mut self, span: &Span, now: Instant) -> WaitOutcome {
        let is_running = self.in_round || self.running_reads > 0;
        if self.newest.is_some() {
            // When the request was sent is unknown here. The earliest time never confirms an earlier observation.
            self.end_round(self.joined, None, span, now);
        }
        if is_running {
            self.machine.cut_off(cut_off());
        }
        (self.in_round, self.running_reads) = (false, 0);
        self.outcome(now)
            .unwrap_or_else(|| Err(WaitError::TimedOut(self.report(now))))
    }

    /// Logs how the wait ended.
    pub(super) fn log_outcome(&self, outcome: &WaitOutcome, now: Instant, span: &Span) {
        let progress = self.progress(now);
        let mut telemetry = self.telemetry(span, &progress);
        match outcome {
            Ok(_) => telemetry.ready(&progress),
            Err(error) => telemetry.ended(&progress, error),
        }
    }

    fn telemetry(&self, span: &Span, progress: &Progress) -> WaitTelemetry {
        WaitTelemetry::of_bulk(span.clone(), &self.token, progress)
    }

    fn progress(&self, now: Instant) -> Progress {
        self.machine
            .summary(self.token.connector_id(), now - self.joined)
    }

    fn take_connector(&mut self) -> Option<Box<Connector>> {
        let read = self.machine.take_connector();
        read.or_else(|| self.given.take())
    }

    fn report(&mut self, now: Instant) -> Box<WaitReport> {
        let mut report = self.machine.report(&self.token, now - self.joined);
        if report.connector.is_none() {
            report.connector = self.given.take().map(|connector| *connector);
        }
        Box::new(report)
    }
}
