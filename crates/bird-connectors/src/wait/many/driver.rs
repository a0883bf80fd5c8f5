//! The loop of a wait for many: what happens next, and what it leads to. What a round reads is in `round`.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bird_connectors_api::types::{ConnectorId, WorkspaceId};
use futures_core::Stream;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, Sleep, sleep_until};
use tracing::{Instrument as _, Span};

use super::control::Shared;
use super::followed::{Crowd, Followed, InstallRef, Outcome};
use super::plan::{Kinds, Lists, Pace};
use super::round::{Read, Round};
use crate::future::BoxFuture;
use crate::wait::WaitError;
use crate::wait::driver::GRACE;
use crate::wait::rules::Rules;
use crate::wait::schedule::LONGEST_PAUSE;
use crate::wait::signal::{Bucket, Events, Mention};
use crate::wait::source::SharedSource;
use crate::wait::telemetry::Watch;

/// Installs that are yet to be followed.
pub(super) type Joins = Pin<Box<dyn Stream<Item = InstallRef> + Send>>;

pub(super) struct Driver<S> {
    pub(super) source: Arc<S>,
    workspace: WorkspaceId,
    rules: Arc<Rules>,
    pub(super) pace: Pace,
    deadline: Option<Duration>,
    deadlines: HashMap<ConnectorId, Duration>,
    pub(super) crowd: Crowd,
    joins: Option<Joins>,
    pub(super) reads: FuturesUnordered<BoxFuture<Read>>,
    pub(super) round: Option<Round>,
    pub(super) lists: Lists,
    pub(super) kinds: Kinds,
    /// How many single reads this round may still make.
    pub(super) budget: usize,
    /// When the next round is due by itself.
    pub(super) next: Instant,
    /// Not earlier than this: the server has asked for a pause.
    pub(super) floor: Instant,
    /// When anything last changed.
    pub(super) changed: Instant,
    /// When the last polls are to begin, and when they are cut.
    pub(super) ends: BTreeSet<(Instant, ConnectorId)>,
    pub(super) cuts: BTreeSet<(Instant, ConnectorId)>,
    /// The next round that a deadline causes is no earlier, so that deadlines that follow each other share rounds.
    pub(super) last_polls: Instant,
    events: Option<Events>,
    bucket: Bucket,
    /// What events have named, and when to look.
    pub(super) named: BTreeSet<ConnectorId>,
    wake: Option<Instant>,
    results: VecDeque<(ConnectorId, Outcome)>,
    pub(super) shared: Arc<Shared>,
    pub(super) span: Span,
    sleep: Pin<Box<Sleep>>,
}

/// What a driver begins with.
pub(super) struct Start {
    pub(super) workspace: WorkspaceId,
    pub(super) installs: Vec<InstallRef>,
    pub(super) joins: Option<Joins>,
    pub(super) rules: Rules,
    pub(super) pace: Pace,
    pub(super) deadline: Option<Duration>,
    pub(super) deadlines: HashMap<ConnectorId, Duration>,
    pub(super) events: Option<Events>,
}

enum Happening {
    Told,
    Read(Read),
    Time,
    Joined(Option<InstallRef>),
    Heard(Option<Mention>),
}

impl<S: SharedSource> Driver<S> {
    pub(super) fn new(source: S, start: Start, shared: Arc<Shared>) -> Self {
        let now = Instant::now();
        let mut driver = Self {
            source: Arc::new(source),
            workspace: start.workspace,
            rules: Arc::new(start.rules),
            pace: start.pace,
            deadline: start.deadline,
            deadlines: start.deadlines,
            crowd: Crowd::default(),
            joins: start.joins,
            reads: FuturesUnordered::new(),
            round: None,
            lists: Lists {
                open: true,
                by_ids: true,
                pages: 1,
            },
            kinds: Kinds::default(),
            budget: 0,
            next: now,
            floor: now,
            changed: now,
            ends: BTreeSet::new(),
            cuts: BTreeSet::new(),
            last_polls: now,
            events: start.events,
            bucket: Bucket::new(start.pace.first(), now),
            named: BTreeSet::new(),
            wake: None,
            results: VecDeque::new(),
            shared,
            span: Watch::span_of_many(start.workspace),
            sleep: Box::pin(sleep_until(now)),
        };
        for install in start.installs {
            driver.join(install);
        }
        driver
    }

    /// The next install that is finished; `None` where all are.
    pub(super) async fn next(&mut self) -> Option<(ConnectorId, Outcome)> {
        let span = self.span.clone();
        self.go_on().instrument(span).await
    }

    async fn go_on(&mut self) -> Option<(ConnectorId, Outcome)> {
        loop {
            if let Some(result) = self.results.pop_front() {
                return Some(result);
            }
            if self.crowd.is_empty() && self.joins.is_none() {
                return None;
            }
            match self.happening().await {
                Happening::Told => {
                    for connector in self.shared.take_cancelled() {
                        if self.leave(connector).is_some() {
                            self.shared.count(|totals| totals.cancelled += 1);
                        }
                    }
                }
                Happening::Read(read) => self.take(read),
                Happening::Time => self.look(Instant::now()),
                Happening::Joined(Some(install)) => self.join(install),
                Happening::Joined(None) => self.joins = None,
                Happening::Heard(None) => self.events = None,
                Happening::Heard(Some(mention)) => {
                    self.hear(mention);
                    // A stream that never rests must not hold up the clock.
                    tokio::task::consume_budget().await;
                }
            }
        }
    }

    async fn happening(&mut self) -> Happening {
        let due = self.due();
        if let Some(due) = due {
            self.sleep.as_mut().reset(due);
        }
        poll_fn(|cx| self.poll_happening(cx, due.is_some())).await
    }

    fn poll_happening(&mut self, cx: &mut Context<'_>, timed: bool) -> Poll<Happening> {
        if self.shared.poll_told(cx).is_ready() {
            return Poll::Ready(Happening::Told);
        }
        if let Poll::Ready(Some(read)) = self.reads.poll_next_unpin(cx) {
            return Poll::Ready(Happening::Read(read));
        }
        if timed && self.sleep.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Happening::Time);
        }
        if let Some(joins) = &mut self.joins
            && let Poll::Ready(install) = joins.poll_next_unpin(cx)
        {
            return Poll::Ready(Happening::Joined(install));
        }
        // Nobody is followed yet whom an event could name.
        if let Some(events) = &mut self.events
            && !self.crowd.is_empty()
            && let Poll::Ready(mention) = events.poll_next(cx)
        {
            return Poll::Ready(Happening::Heard(mention));
        }
        Poll::Pending
    }

    /// When there is something to do by the clock.
    fn due(&self) -> Option<Instant> {
        let first = |times: &BTreeSet<(Instant, ConnectorId)>| times.first().map(|(at, _)| *at);
        let cut = first(&self.cuts);
        if self.round.is_some() {
            // A poll that is under way at the deadline is the last.
            let end = first(&self.ends).and_then(|end| end.checked_add(GRACE));
            return earlier(cut, end);
        }
        if self.crowd.is_empty() {
            return None;
        }
        let end = first(&self.ends).map(|end| end.max(self.last_polls));
        let wake = self.wake.map(|wake| wake.max(self.floor));
        let next = Some(self.next.max(self.floor));
        earlier(earlier(cut, end), earlier(wake, next))
    }

    /// Does what is due.
    fn look(&mut self, now: Instant) {
        while let Some(&(at, connector)) = self.cuts.first()
            && at <= now
        {
            self.cut(connector, now);
        }
        if self.round.is_some() {
            while let Some(&(end, connector)) = self.ends.first()
                && end.checked_add(GRACE).is_some_and(|cut| cut <= now)
            {
                self.cut(connector, now);
            }
            return;
        }
        if self.next.max(self.floor) <= now {
            self.spend_wake(now);
            return self.begin_round(now, None);
        }
        let mut about = BTreeSet::new();
        if self.last_polls <= now {
            let ended = self.ends.iter().take_while(|(end, _)| *end <= now);
            about.extend(ended.map(|(_, connector)| *connector));
            if !about.is_empty() {
                self.last_polls = now + self.pace.rest() / 2;
            }
        }
        if self.wake.is_some_and(|wake| wake.max(self.floor) <= now) {
            self.spend_wake(now);
            about.append(&mut self.named);
        }
        if !about.is_empty() {
            self.begin_round(now, Some(about));
        }
    }

    fn spend_wake(&mut self, now: Instant) {
        if self.wake.take().is_some_and(|wake| wake <= now) {
            self.bucket.spend(now);
        }
    }

    fn hear(&mut self, mention: Mention) {
        let Some(connector) = self.crowd.connector_of(mention.connector, mention.channel) else {
            return;
        };
        self.named.insert(connector);
        if self.wake.is_none() {
            let now = Instant::now();
            self.wake = Some(self.bucket.next(now).max(now));
        }
    }

    /// Follows one more.
    fn join(&mut self, install: InstallRef) {
        let connector = install.id();
        if self.crowd.contains(connector) {
            return;
        }
        self.shared.count(|totals| totals.pending += 1);
        let deadline = self.deadlines.get(&connector).copied().or(self.deadline);
        let followed = Followed::new(
            install.0,
            self.workspace,
            Arc::clone(&self.rules),
            deadline,
            self.pace.rest(),
        );
        match followed {
            Ok(followed) => {
                if let Some(end) = followed.deadline {
                    self.ends.insert((end, connector));
                }
                self.changed = Instant::now();
                self.crowd.insert(connector, followed);
                // A wait that has grown slow is quick again.
                let soon = self.changed + self.pace.first();
                self.next = self.next.min(soon.max(self.floor));
            }
            Err(error) => self.finish(connector, Err(WaitError::Invalid(error))),
        }
    }

    /// Follows it no more.
    fn leave(&mut self, connector: ConnectorId) -> Option<Box<Followed>> {
        let followed = self.crowd.remove(connector)?;
        if let Some(end) = followed.deadline {
            self.ends.remove(&(end, connector));
        }
        if let Some(cut) = followed.cut {
            self.cuts.remove(&(cut, connector));
        }
        self.named.remove(&connector);
        self.shared.count(|totals| totals.pending -= 1);
        Some(followed)
    }

    /// Ends the wait for one where what is known of it says so.
    pub(super) fn judge(&mut self, connector: ConnectorId, now: Instant) {
        let Some(followed) = self.crowd.get_mut(connector) else {
            return;
        };
        if let Some(outcome) = followed.judge(now) {
            followed.tell(&outcome, now, &self.span);
            self.leave(connector);
            self.end(connector, outcome);
        } else if followed.deadline.is_some_and(|end| end <= now) && followed.cut.is_none() {
            // Single reads of the last poll are under way.
            self.last_poll(connector, now);
        }
    }

    /// The last poll of this install has begun: it is cut in a while.
    pub(super) fn last_poll(&mut self, connector: ConnectorId, began: Instant) {
        if let Some(followed) = self.crowd.get_mut(connector)
            && let Some(end) = followed.deadline
            && followed.cut.is_none()
            && let Some(cut) = end.max(began).checked_add(GRACE)
        {
            followed.cut = Some(cut);
            self.ends.remove(&(end, connector));
            self.cuts.insert((cut, connector));
        }
    }

    fn cut(&mut self, connector: ConnectorId, now: Instant) {
        if let Some(mut followed) = self.leave(connector) {
            let outcome = followed.cut_off(now);
            followed.tell(&outcome, now, &self.span);
            self.end(connector, outcome);
        }
    }

    fn end(&mut self, connector: ConnectorId, outcome: Outcome) {
        self.changed = Instant::now();
        self.shared.count(|totals| match &outcome {
            Ok(_) => totals.done += 1,
            Err(_) => totals.failed += 1,
        });
        self.results.push_back((connector, outcome));
    }

    /// One that could not be followed at all.
    fn finish(&mut self, connector: ConnectorId, outcome: Outcome) {
        self.shared.count(|totals| totals.pending -= 1);
        self.end(connector, outcome);
    }

    /// The next round by itself.
    pub(super) fn schedule(&mut self, began: Instant, gets: u32) {
        let now = Instant::now();
        let unchanged = now.saturating_duration_since(self.changed);
        let pause = self.pace.pause(unchanged, gets, fastrand::f64());
        let due = began + pause.min(LONGEST_PAUSE);
        self.next = due.max(now + self.pace.rest().min(LONGEST_PAUSE));
    }
}

fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
