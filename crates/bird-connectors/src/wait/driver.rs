//! The loop around the machine: when to poll, when to stop, and what each poll reads. Generic over where the answers
//! come from, so that tests run it in paused time.

use std::future::Future;
use std::time::Duration;

use bird_connectors_api::types::{Channel, Connector, ConnectorReadiness};
use futures_util::future::join4;
use tokio::time::Instant;
use uuid::Uuid;

use super::machine::{Answers, Asks, Lookup, Machine, Verdict};
use super::schedule::Schedule;
use super::{Progress, Ready, WaitError, WaitReport, WaitToken};
use crate::error::{Error, Kind};

/// The last poll starts at the deadline and is cut after this.
const GRACE: Duration = Duration::from_secs(2);

/// Where a wait reads from. Every read is a single attempt.
pub(crate) trait Source: Send + Sync {
    fn connector(&self, id: Uuid) -> impl Future<Output = Result<Connector, Error>> + Send;
    fn readiness(
        &self,
        connector: Uuid,
    ) -> impl Future<Output = Result<ConnectorReadiness, Error>> + Send;
    fn channel(&self, id: Uuid) -> impl Future<Output = Result<Channel, Error>> + Send;
    /// Looks for the channel of a connector in the channel list.
    fn find_channel(
        &self,
        connector: Uuid,
        how: Lookup,
    ) -> impl Future<Output = Result<Option<Channel>, Error>> + Send;
}

pub(crate) struct Driver<S> {
    source: S,
    machine: Machine,
    schedule: Schedule,
    token: WaitToken,
    /// How old the connector was when the wait began.
    age: Duration,
    start: Instant,
    deadline: Option<Instant>,
    next: Instant,
}

/// What a poll came to.
pub(crate) enum Step {
    Pending(Progress),
    Ready(Progress, Box<Ready>),
    /// The progress of the last poll, and why there is no other.
    Over(Progress, WaitError),
}

impl<S: Source> Driver<S> {
    pub(crate) fn new(
        source: S,
        machine: Machine,
        schedule: Schedule,
        token: WaitToken,
        age: Duration,
        deadline: Option<Duration>,
    ) -> Self {
        let start = Instant::now();
        Self {
            source,
            machine,
            schedule,
            token,
            age,
            start,
            // A deadline beyond what a clock can hold is none.
            deadline: deadline.and_then(|deadline| start.checked_add(deadline)),
            next: start,
        }
    }

    /// Waits until the next poll is due, polls, and judges. Not to be called again after anything but
    /// [`Step::Pending`].
    pub(crate) async fn step(&mut self) -> Step {
        tokio::time::sleep_until(self.next).await;
        self.machine.begin_poll();
        match self.deadline {
            None => self.poll().await,
            Some(deadline) => {
                if tokio::time::timeout_at(deadline + GRACE, self.poll())
                    .await
                    .is_err()
                {
                    let message = format!(
                        "the poll was still under way {} s after the deadline and was cut",
                        GRACE.as_secs()
                    );
                    self.machine.absorb(
                        Error::new(Kind::Timeout, "poll an install", message).with_attempts(1),
                    );
                }
            }
        }
        let verdict = self.machine.verdict();
        let mut progress = self.progress();
        let end = match verdict {
            Verdict::Ready {
                channel_id,
                confirmed_by,
            } => {
                let ready = Ready {
                    channel_id,
                    channel: self.machine.channel.clone(),
                    connector: self.machine.connector.clone(),
                    confirmed_by,
                    polls: self.machine.polls(),
                    elapsed: progress.elapsed,
                };
                progress.ready = true;
                return Step::Ready(progress, Box::new(ready));
            }
            Verdict::Failed { status, source } => WaitError::Failed {
                status,
                source,
                report: self.report(),
            },
            Verdict::Vanished => WaitError::Vanished(self.report()),
            Verdict::Denied(error) => WaitError::Denied {
                error,
                report: self.report(),
            },
            Verdict::Pending { at_least } => {
                let now = Instant::now();
                if self.deadline.is_none_or(|deadline| now < deadline) {
                    let pause = self.schedule.next(fastrand::f64()).max(at_least);
                    let due = now.checked_add(pause);
                    self.next = match (due, self.deadline) {
                        (Some(due), Some(deadline)) => due.min(deadline),
                        (Some(due), None) => due,
                        (None, Some(deadline)) => deadline,
                        (None, None) => now + Duration::from_secs(24 * 3600),
                    };
                    progress.next_poll_in = Some(self.next - now);
                    return Step::Pending(progress);
                }
                WaitError::TimedOut(self.report())
            }
        };
        Step::Over(progress, end)
    }

    async fn poll(&mut self) {
        loop {
            let asks = self.machine.asks();
            if asks.nothing() {
                return;
            }
            let answers = self.read(asks).await;
            self.machine.take(answers, self.age + self.start.elapsed());
        }
    }

    async fn read(&self, asks: Asks) -> Answers {
        let (source, id) = (&self.source, self.token.connector());
        let connector = async {
            if asks.connector {
                Some(source.connector(id).await)
            } else {
                None
            }
        };
        let readiness = async {
            if asks.readiness {
                Some(source.readiness(id).await)
            } else {
                None
            }
        };
        let channel = async {
            match asks.channel {
                Some(channel) => Some(source.channel(channel).await),
                None => None,
            }
        };
        let list = async {
            match asks.list {
                Some(how) => Some(source.find_channel(id, how).await),
                None => None,
            }
        };
        let (connector, readiness, channel, list) =
            join4(connector, readiness, channel, list).await;
        Answers {
            connector,
            readiness,
            channel,
            list,
        }
    }

    fn progress(&self) -> Progress {
        Progress {
            poll: self.machine.polls(),
            elapsed: self.start.elapsed(),
            connector_id: self.token.connector(),
            channel_id: self.machine.channel_id,
            status: self.machine.status(),
            stage: self.machine.stage(),
            connector: self.machine.connector.clone(),
            channel: self.machine.channel.clone(),
            readiness: self.machine.readiness.clone(),
            error: self.machine.poll_error().cloned(),
            next_poll_in: None,
            ready: false,
        }
    }

    fn report(&self) -> Box<WaitReport> {
        let token = &self.token;
        Box::new(WaitReport {
            connector: self.machine.connector.clone(),
            channel: self.machine.channel.clone(),
            readiness: self.machine.readiness.clone(),
            status: self.machine.status(),
            stage: self.machine.stage(),
            last_poll_error: self.machine.last_error.clone(),
            polls: self.machine.polls(),
            elapsed: self.start.elapsed(),
            token: WaitToken::new(
                token.workspace(),
                token.connector(),
                token.created_at(),
                self.machine.seen,
            ),
        })
    }
}
