//! The loop around the machine: when to poll, when to stop, and what each poll reads. Generic over where the answers
//! come from, so that tests run it in paused time.

use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::ConnectorId;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tracing::Instrument as _;

use super::error::{WaitError, WaitReport};
use super::machine::{Answer, Ask, Machine, Verdict};
use super::progress::{Progress, Ready};
use super::rules::Moment;
use super::schedule::{LONGEST_PAUSE, Schedule};
use super::signal::{Events, Signal};
use super::source::Source;
use super::telemetry::Watch;
use crate::error::{Error, Kind, Outcome};
use crate::resume::WaitToken;

/// The last poll starts at the deadline and is cut after this.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// Once a poll knows enough, the reads still under way may complete the picture, but not hold it up.
const STRAGGLERS: Duration = Duration::from_millis(250);

pub(super) struct Driver<S> {
    source: S,
    machine: Machine,
    schedule: Schedule,
    watch: Watch,
    token: WaitToken,
    start: Instant,
    deadline: Option<Instant>,
    next: Instant,
    /// What may make that earlier.
    signal: Option<Signal>,
    /// Not earlier than this: the server has asked for a pause.
    floor: Instant,
}

/// What a poll came to.
pub(super) enum Step {
    Pending(Progress),
    Ready(Progress, Box<Ready>),
    /// The progress of the last poll, and why there is no other.
    Over(Progress, WaitError),
}

impl<S: Source> Driver<S> {
    pub(super) fn new(
        source: S,
        machine: Machine,
        schedule: Schedule,
        token: WaitToken,
        deadline: Option<Duration>,
        events: Option<Events>,
    ) -> Self {
        let start = Instant::now();
        Self {
            source,
            machine,
            schedule,
            watch: Watch::new(&token),
            token,
            start,
            // A deadline beyond what a clock can hold is none.
            deadline: deadline.and_then(|deadline| start.checked_add(deadline)),
            next: start,
            signal: events.map(|events| Signal::new(events, schedule.step())),
            floor: start,
        }
    }

    /// Waits until the next poll is due, polls, and judges. Not to be called again after anything but
    /// [`Step::Pending`].
    pub(super) async fn step(&mut self) -> Step {
        let span = self.watch.span();
        let step = self.advance().instrument(span).await;
        match &step {
            Step::Pending(progress) => self.watch.saw(progress),
            Step::Ready(progress, _) => self.watch.ready(progress),
            Step::Over(progress, error) => self.watch.gave_up(progress, error),
        }
        step
    }

    async fn advance(&mut self) -> Step {
        let (connector, channel) = (self.token.connector(), self.machine.channel_id);
        match &mut self.signal {
            Some(signal) => {
                signal
                    .sleep(self.next, self.floor, connector, channel)
                    .await
            }
            None => sleep_until(self.next).await,
        }
        self.machine.begin_poll();
        // A poll that its reader asks for late has its time, too.
        let last = self.deadline.map(|deadline| deadline.max(Instant::now()));
        match last.and_then(|last| last.checked_add(GRACE)) {
            Some(cut) => {
                if timeout_at(cut, self.poll()).await.is_err() && !self.machine.decided() {
                    self.machine.absorb(Arc::new(cut_off()));
                }
            }
            None => self.poll().await,
        }
        let verdict = self.machine.verdict();
        let mut progress = self.progress();
        let end = match verdict {
            Verdict::Ready {
                channel_id,
                confirmed_by,
            } => {
                progress.ready = true;
                progress.confirmed_by = Some(confirmed_by);
                let ready = Ready {
                    channel_id,
                    channel: progress.channel.clone(),
                    connector: progress.connector.clone(),
                    confirmed_by,
                    polls: progress.poll,
                    elapsed: progress.elapsed,
                };
                return Step::Ready(progress, Box::new(ready));
            }
            Verdict::Pending { at_least } => {
                let now = Instant::now();
                if self.deadline.is_none_or(|deadline| now < deadline) {
                    let pause = self.schedule.next(fastrand::f64()).max(at_least);
                    let due = now + pause.min(LONGEST_PAUSE);
                    self.floor = now + at_least.min(LONGEST_PAUSE);
                    self.next = self.deadline.map_or(due, |deadline| due.min(deadline));
                    progress.next_poll_in = Some(self.next - now);
                    return Step::Pending(progress);
                }
                WaitError::TimedOut(self.report())
            }
            Verdict::Failed { status, source } => WaitError::Failed {
                status,
                source,
                report: self.report(),
            },
            Verdict::Vanished => WaitError::Vanished(self.report()),
            Verdict::Denied(error) => WaitError::Denied {
                error: Arc::unwrap_or_clone(error),
                report: self.report(),
            },
        };
        Step::Over(progress, end)
    }

    /// Reads what the machine asks for, as much as possible at once, and hands it every answer as it comes.
    async fn poll(&mut self) {
        let Self {
            source,
            machine,
            token,
            start,
            ..
        } = self;
        let (source, connector, start) = (&*source, token.connector(), *start);
        let mut reads = FuturesUnordered::new();
        while !machine.decided() {
            reads.extend(
                machine
                    .asks()
                    .into_iter()
                    .map(|ask| read(source, connector, ask, start)),
            );
            let Some((answer, seen)) = reads.next().await else {
                return;
            };
            machine.take(answer, seen);
        }
        let rest = async {
            while let Some((answer, seen)) = reads.next().await {
                machine.take(answer, seen);
            }
        };
        // Whether they made it does not matter.
        let _ = timeout(STRAGGLERS, rest).await;
    }

    fn progress(&self) -> Progress {
        Progress {
            poll: self.machine.polls,
            elapsed: self.start.elapsed(),
            connector_id: self.token.connector(),
            channel_id: self.machine.channel_id,
            status: self.machine.status.clone(),
            stage: self.machine.stage.clone(),
            connector: self.machine.connector.as_deref().cloned(),
            channel: self.machine.channel.as_deref().cloned(),
            readiness: self.machine.readiness.as_deref().cloned(),
            error: self.machine.poll_error().cloned(),
            next_poll_in: None,
            ready: false,
            confirmed_by: None,
        }
    }

    fn report(&self) -> Box<WaitReport> {
        Box::new(report(&self.machine, &self.token, self.start.elapsed()))
    }
}

/// What a machine knows, as it is told at the end.
pub(crate) fn report(machine: &Machine, token: &WaitToken, elapsed: Duration) -> WaitReport {
    let last_error = machine.last_error.as_ref();
    WaitReport {
        connector: machine.connector.as_deref().cloned(),
        channel: machine.channel.as_deref().cloned(),
        readiness: machine.readiness.as_deref().cloned(),
        status: machine.status.clone(),
        stage: machine.stage.clone(),
        last_poll_error: last_error.map(|(_, error)| Error::clone(error)),
        last_error_poll: last_error.map(|(poll, _)| *poll),
        polls: machine.polls,
        elapsed,
        token: token.with_seen(machine.seen),
    }
}

/// One read, and when it was made.
pub(crate) async fn read(
    source: &impl Source,
    connector: ConnectorId,
    ask: Ask,
    start: Instant,
) -> (Answer, Moment) {
    let asked = start.elapsed();
    let answer = match ask {
        Ask::Connector => Answer::Connector(source.connector(connector).await.map(Box::new)),
        Ask::Readiness => Answer::Readiness(source.readiness(connector).await),
        Ask::Channel(id) => Answer::Channel(source.channel(id).await),
        Ask::List(how) => Answer::List(source.find_channel(connector, how).await),
    };
    let came = start.elapsed();
    (answer, Moment { asked, came })
}

/// The error of a poll that the deadline ended.
pub(crate) fn cut_off() -> Error {
    let message = format!(
        "still under way {} s after the deadline, and cut off",
        GRACE.as_secs()
    );
    Error::new(Kind::Timeout, "poll an install", message)
        .with_outcome(Outcome::Unknown)
        .with_attempts(1)
}
