//! One install of many: what it waits for, what the round under way has shown of it, and what it comes to.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::{Channel, ChannelId, Connector, ConnectorId, WorkspaceId};
use tokio::time::Instant;
use tracing::Span;

use crate::error::Error;
use crate::resume::WaitToken;
use crate::wait::driver::{cut_off, report};
use crate::wait::machine::{Answer, Ask, Machine, Verdict};
use crate::wait::rules::{Moment, Rules};
use crate::wait::source::Lookup;
use crate::wait::telemetry::Watch;
use crate::wait::{Progress, Ready, WaitError, WaitReport};

/// An install to follow: its connector's id, its [`WaitToken`], or the [`Install`](crate::Install) itself.
#[derive(Clone, Debug)]
pub struct InstallRef(pub(super) Known);

#[derive(Clone, Debug)]
pub(super) enum Known {
    Id(ConnectorId),
    Token(WaitToken),
    Install(WaitToken, Option<Box<Connector>>),
}

impl InstallRef {
    /// An install whose connector may be known already.
    pub(crate) fn with_connector(token: WaitToken, connector: Option<Connector>) -> Self {
        Self(Known::Install(token, connector.map(Box::new)))
    }

    /// The connector's id.
    #[must_use]
    pub fn id(&self) -> ConnectorId {
        match &self.0 {
            Known::Id(id) => *id,
            Known::Token(token) | Known::Install(token, _) => token.connector(),
        }
    }
}

impl From<ConnectorId> for InstallRef {
    fn from(connector: ConnectorId) -> Self {
        Self(Known::Id(connector))
    }
}

impl From<WaitToken> for InstallRef {
    fn from(token: WaitToken) -> Self {
        Self(Known::Token(token))
    }
}

/// What a wait came to.
pub(super) type Outcome = Result<Ready, WaitError>;

pub(super) struct Followed {
    pub(super) machine: Machine,
    token: WaitToken,
    /// The connector as it was handed in.
    given: Option<Box<Connector>>,
    pub(super) joined: Instant,
    pub(super) deadline: Option<Instant>,
    /// When the last poll is cut; set once it has begun.
    pub(super) cut: Option<Instant>,
    /// Whether the round under way is about it, too.
    pub(super) in_round: bool,
    /// The newest channel that the round has shown.
    best: Option<Box<Channel>>,
    /// Whether the list without a filter has shown one, and the one with it.
    shown_by: [bool; 2],
    /// Rounds running that have not shown it.
    pub(super) unshown: u32,
    /// When it last changed.
    pub(super) news: Instant,
    /// Single reads under way.
    pub(super) reads: usize,
    pub(super) visits: usize,
    pub(super) visited: Option<Instant>,
}

impl Followed {
    pub(super) fn new(
        known: Known,
        workspace: WorkspaceId,
        rules: Arc<Rules>,
        deadline: Option<Duration>,
        apart: Duration,
    ) -> Result<Self, Error> {
        let (token, given) = match known {
            // It counts as just created: a 404 is given the time to settle.
            Known::Id(id) => (
                WaitToken::new(workspace, id, crate::clock::now(), false),
                None,
            ),
            Known::Token(token) => (token, None),
            Known::Install(token, connector) => (token, connector),
        };
        if token.workspace() != workspace {
            return Err(Error::invalid_input(
                "wait for installs",
                format!(
                    "the install belongs to workspace {}, not to {workspace}",
                    token.workspace()
                ),
            ));
        }
        let mut machine = Machine::new(
            rules,
            None,
            token.age(crate::clock::now()),
            token.seen(),
            apart,
        );
        machine.channel_id = given.as_deref().and_then(Connector::channel_id);
        let joined = Instant::now();
        Ok(Self {
            machine,
            token,
            given,
            joined,
            // A deadline beyond what a clock can hold is none.
            deadline: deadline.and_then(|deadline| joined.checked_add(deadline)),
            cut: None,
            in_round: false,
            best: None,
            shown_by: [false; 2],
            unshown: 0,
            news: joined,
            reads: 0,
            visits: 0,
            visited: None,
        })
    }

    /// The round that begins is about this install, too.
    pub(super) fn begin_round(&mut self) {
        self.in_round = true;
        self.shown_by = [false; 2];
        self.machine.begin_shared_poll();
    }

    /// A list of this kind has shown a channel of this connector. One that was replaced may still be listed.
    pub(super) fn show(&mut self, kind: Lookup, channel: Channel) {
        self.shown_by[kind as usize] = true;
        let newer = |best: &Channel| best.created_at < channel.created_at;
        if self.best.as_deref().is_none_or(newer) {
            self.best = Some(Box::new(channel));
        }
    }

    pub(super) fn was_shown_by(&self, kind: Lookup) -> bool {
        self.shown_by[kind as usize]
    }

    /// The round is over: takes what it has shown, or why it could not. Hands back the channel's id where one was shown.
    pub(super) fn end_round(
        &mut self,
        seen: Moment,
        failure: Option<&Arc<Error>>,
        span: &Span,
    ) -> Option<ChannelId> {
        self.in_round = false;
        let answer = match (self.best.take(), failure) {
            (Some(channel), _) => {
                self.unshown = 0;
                Ok(channel)
            }
            (None, Some(error)) => Err(Arc::clone(error)),
            (None, None) => {
                // Absence from the list proves nothing.
                self.unshown = self.unshown.saturating_add(1);
                return None;
            }
        };
        let id = answer.as_ref().ok().map(|channel| channel.id);
        self.take(Answer::Shared(answer), seen, span);
        id
    }

    /// Takes an answer, and notes whether it changes anything.
    pub(super) fn take(&mut self, answer: Answer, seen: Moment, span: &Span) -> bool {
        let sight = |machine: &Machine| {
            let (status, stage) = (machine.status.clone(), machine.stage.clone());
            (machine.channel_id, status, stage)
        };
        let before = sight(&self.machine);
        self.machine.take(answer, seen);
        let changed = before != sight(&self.machine);
        if changed {
            self.news = Instant::now();
            let progress = self.progress(self.news);
            self.watch(span, &progress).changed(&progress);
        }
        changed
    }

    fn watch(&self, span: &Span, progress: &Progress) -> Watch {
        Watch::one_of_many(span.clone(), &self.token, progress)
    }

    /// Tells how the wait ended.
    pub(super) fn tell(&self, outcome: &Outcome, now: Instant, span: &Span) {
        let progress = self.progress(now);
        let mut watch = self.watch(span, &progress);
        match outcome {
            Ok(_) => watch.ready(&progress),
            Err(error) => watch.gave_up(&progress, error),
        }
    }

    /// As far as it is told of.
    fn progress(&self, now: Instant) -> Progress {
        Progress {
            poll: self.machine.polls,
            elapsed: now - self.joined,
            connector_id: self.token.connector(),
            channel_id: self.machine.channel_id,
            status: self.machine.status.clone(),
            stage: self.machine.stage.clone(),
            connector: None,
            channel: None,
            readiness: None,
            error: None,
            next_poll_in: None,
            ready: false,
            confirmed_by: None,
        }
    }

    /// What can be read of it one by one, in turn where not everything may be.
    pub(super) fn asks(&mut self, budget: usize) -> Vec<Ask> {
        let mut asks = self.machine.asks();
        if asks.len() > budget {
            let turn = self.visits % asks.len();
            asks.rotate_left(turn);
            asks.truncate(budget);
        }
        self.visits += 1;
        asks
    }

    /// How the wait ended, if it did. Otherwise what was read is let go of.
    pub(super) fn judge(&mut self, now: Instant) -> Option<Outcome> {
        let outcome = match self.machine.verdict() {
            Verdict::Pending { .. } => {
                let over = self.deadline.is_some_and(|deadline| deadline <= now);
                if !over {
                    if self.reads == 0 && !self.in_round {
                        self.machine.forget();
                    }
                    return None;
                }
                if self.reads > 0 {
                    return None;
                }
                Err(WaitError::TimedOut(self.report(now)))
            }
            Verdict::Ready {
                channel_id,
                confirmed_by,
            } => Ok(Ready {
                channel_id,
                channel: self.machine.channel.take().map(|channel| *channel),
                connector: self.connector(),
                confirmed_by,
                polls: self.machine.polls,
                elapsed: now - self.joined,
            }),
            Verdict::Failed { status, source } => Err(WaitError::Failed {
                status,
                source,
                report: self.report(now),
            }),
            Verdict::Vanished => Err(WaitError::Vanished(self.report(now))),
            Verdict::Denied(error) => Err(WaitError::Denied {
                error: Arc::unwrap_or_clone(error),
                report: self.report(now),
            }),
        };
        Some(outcome)
    }

    /// The last poll took too long.
    pub(super) fn cut_off(&mut self, now: Instant) -> Outcome {
        if !self.machine.decided() {
            self.machine.absorb(Arc::new(cut_off()));
        }
        self.reads = 0;
        self.judge(now)
            .unwrap_or_else(|| Err(WaitError::TimedOut(self.report(now))))
    }

    fn connector(&mut self) -> Option<Connector> {
        let read = self.machine.connector.take();
        read.or_else(|| self.given.take())
            .map(|connector| *connector)
    }

    fn report(&mut self, now: Instant) -> Box<WaitReport> {
        let mut report = report(&self.machine, &self.token, now - self.joined);
        if report.connector.is_none() {
            report.connector = self.given.take().map(|connector| *connector);
        }
        Box::new(report)
    }
}

/// The installs that are not finished, found by their connector and by their channel.
#[derive(Default)]
pub(super) struct Crowd {
    members: BTreeMap<ConnectorId, Box<Followed>>,
    by_channel: HashMap<ChannelId, ConnectorId>,
}

impl Crowd {
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn contains(&self, connector: ConnectorId) -> bool {
        self.members.contains_key(&connector)
    }

    pub(super) fn insert(&mut self, connector: ConnectorId, followed: Followed) {
        if let Some(channel) = followed.machine.channel_id {
            self.by_channel.insert(channel, connector);
        }
        self.members.insert(connector, Box::new(followed));
    }

    pub(super) fn remove(&mut self, connector: ConnectorId) -> Option<Box<Followed>> {
        let followed = self.members.remove(&connector)?;
        if let Some(channel) = followed.machine.channel_id {
            self.by_channel.remove(&channel);
        }
        Some(followed)
    }

    pub(super) fn get(&self, connector: ConnectorId) -> Option<&Followed> {
        self.members.get(&connector).map(|followed| &**followed)
    }

    pub(super) fn get_mut(&mut self, connector: ConnectorId) -> Option<&mut Followed> {
        self.members
            .get_mut(&connector)
            .map(|followed| &mut **followed)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ConnectorId, &Followed)> {
        self.members.iter().map(|(id, followed)| (*id, &**followed))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (ConnectorId, &mut Followed)> {
        self.members
            .iter_mut()
            .map(|(id, followed)| (*id, &mut **followed))
    }

    /// Remembers which channel a connector has.
    pub(super) fn name(&mut self, channel: ChannelId, connector: ConnectorId) {
        self.by_channel.insert(channel, connector);
    }

    /// The connector of a channel that a list shows or an event names.
    pub(super) fn connector_of(
        &self,
        connector: Option<ConnectorId>,
        channel: Option<ChannelId>,
    ) -> Option<ConnectorId> {
        connector
            .filter(|id| self.members.contains_key(id))
            .or_else(|| self.by_channel.get(&channel?).copied())
            .filter(|id| self.members.contains_key(id))
    }
}
