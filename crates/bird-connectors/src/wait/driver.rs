//! The loop of a wait for one install: it sleeps until the next poll is due, reads what the state machine asks for, and
//! reports each poll. It is generic over the source, so that tests run it in paused time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tracing::Instrument as _;

use super::error::{WaitError, WaitReport};
use super::last_poll::{LastPollLead, end_of_last_poll};
use super::limits::{LONGEST_PAUSE, cut_off};
use super::machine::{PollOutcome, WaitMachine};
use super::progress::{Progress, Ready};
use super::read::read;
use super::schedule::PollSchedule;
use super::signal::{EventStream, EventTrigger};
use super::source::Source;
use super::telemetry::WaitTelemetry;
use crate::resume::WaitToken;

/// Once a poll is decided, reads that are still running get this long to complete the report.
const STRAGGLERS: Duration = Duration::from_millis(250);

pub(super) struct WaitDriver<S> {
    source: S,
    machine: WaitMachine,
    schedule: PollSchedule,
    telemetry: WaitTelemetry,
    token: WaitToken,
    start: Instant,
    deadline: Option<Instant>,
    /// When the next poll is due.
    next: Instant,
    /// Webhook events, which can make the next poll earlier.
    trigger: Option<EventTrigger>,
    /// The earliest time of the next poll, from the last `Retry-After`.
    floor: Instant,
    /// How long before the deadline the last poll starts.
    lead: LastPollLead,
}

/// The result of one poll.
pub(super) enum PollStep {
    Pending(Progress),
    Ready(Progress, Box<Ready>),
    /// The wait is over: the progress of the last poll, and the error.
    Ended(Progress, WaitError),
}

impl<S: Source> WaitDriver<S> {
    pub(super) fn new(
        source: S,
        machine: WaitMachine,
        schedule: PollSchedule,
        token: WaitToken,
        timeout: Option<Duration>,
        events: Option<EventStream>,
    ) -> Self {
        let start = Instant::now();
        Self {
            source,
            machine,
            schedule,
            telemetry: WaitTelemetry::new(&token),
            token,
            start,
            // A timeout that exceeds the range of the clock never expires.
            deadline: timeout.and_then(|timeout| start.checked_add(timeout)),
            next: start,
            trigger: events.map(|events| EventTrigger::new(events, schedule.next_pause())),
            floor: start,
            lead: LastPollLead::default(),
        }
    }

    /// Sleeps until the next poll is due, polls, and returns the result. Must not be called again after a result other
    /// than [`PollStep::Pending`].
    pub(super) async fn step(&mut self) -> PollStep {
        let span = self.telemetry.span();
        let step = self.advance().instrument(span).await;
        match &step {
            PollStep::Pending(progress) => self.telemetry.polled(progress),
            PollStep::Ready(progress, _) => self.telemetry.ready(progress),
            PollStep::Ended(progress, error) => self.telemetry.ended(progress, error),
        }
        step
    }

    async fn advance(&mut self) -> PollStep {
        self.sleep().await;
        self.machine.begin_poll();
        self.poll_within_timeout().await;
        let outcome = self.machine.outcome();
        let connector = self.token.connector_id();
        let progress = self.machine.progress(connector, self.start.elapsed());
        let error = match outcome {
            PollOutcome::Ready {
                channel_id,
                confirmed_by,
            } => {
                let ready = Ready {
                    channel_id,
                    channel: progress.channel.clone(),
                    connector: progress.connector.clone(),
                    confirmed_by,
                    polls: progress.poll,
                    elapsed: progress.elapsed,
                };
                let progress = Progress {
                    ready: true,
                    confirmed_by: Some(confirmed_by),
                    ..progress
                };
                return PollStep::Ready(progress, Box::new(ready));
            }
            PollOutcome::Pending { retry_after } => match self.schedule_next(retry_after) {
                Some(pause) => {
                    return PollStep::Pending(Progress {
                        next_poll_in: Some(pause),
                        ..progress
                    });
                }
                None => {
                    // The install has its whole timeout, although no further poll fits into it.
                    if let Some(deadline) = self.deadline {
                        sleep_until(deadline).await;
                    }
                    WaitError::TimedOut(self.report())
                }
            },
            PollOutcome::Failed {
                status,
                reported_by,
            } => WaitError::Failed {
                status,
                reported_by,
                report: self.report(),
            },
            PollOutcome::Vanished => WaitError::Vanished(self.report()),
            PollOutcome::Denied(error) => WaitError::Denied {
                error: Arc::unwrap_or_clone(error),
                report: self.report(),
            },
        };
        PollStep::Ended(progress, error)
    }

    /// Sleeps until the next poll is due, or until an event triggers one.
    async fn sleep(&mut self) {
        let (connector, channel) = (self.token.connector_id(), self.machine.channel_id());
        match &mut self.trigger {
            Some(trigger) => {
                trigger
                    .sleep(self.next, self.floor, connector, channel)
                    .await;
            }
            None => sleep_until(self.next).await,
        }
    }

    /// Polls, and cuts the poll off at the deadline.
    async fn poll_within_timeout(&mut self) {
        let began = Instant::now();
        match self.deadline {
            Some(deadline) => {
                let cut = end_of_last_poll(deadline, began);
                if timeout_at(cut, self.poll()).await.is_err() {
                    self.machine.cut_off(cut_off());
                }
            }
            None => self.poll().await,
        }
        self.lead.note(began.elapsed());
    }

    /// Reads what the machine asks for, concurrently, and passes it each result on arrival.
    async fn poll(&mut self) {
        let Self {
            source,
            machine,
            token,
            start,
            ..
        } = self;
        let (source, connector, start) = (&*source, token.connector_id(), *start);
        let mut reads = FuturesUnordered::new();
        while !machine.is_decided() {
            let targets = machine.reads().into_iter();
            reads.extend(targets.map(|target| read(source, connector, target, start)));
            let Some((result, time)) = reads.next().await else {
                return;
            };
            machine.receive(result, time);
        }
        let stragglers = async {
            while let Some((result, time)) = reads.next().await {
                machine.receive(result, time);
            }
        };
        // Their results can no longer change the outcome.
        let _ = timeout(STRAGGLERS, stragglers).await;
    }

    /// Schedules the next poll and returns the pause before it; `None` after the last poll.
    fn schedule_next(&mut self, retry_after: Duration) -> Option<Duration> {
        let now = Instant::now();
        let pause = self.schedule.next(fastrand::f64()).max(retry_after);
        let due = now + pause.min(LONGEST_PAUSE);
        self.floor = now + retry_after.min(LONGEST_PAUSE);
        self.next = match self.deadline {
            Some(deadline) => self.lead.next_poll(now, due, deadline)?,
            None => due,
        };
        Some(self.next - now)
    }

    fn report(&self) -> Box<WaitReport> {
        Box::new(self.machine.report(&self.token, self.start.elapsed()))
    }
}
