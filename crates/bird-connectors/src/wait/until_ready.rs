//! A wait for one install: its settings, the future, and the stream of its steps.

use std::borrow::Borrow;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::Connector;
use futures_core::Stream;
use futures_util::stream;

use super::condition::Condition;
use super::driver::{PollStep, WaitDriver};
use super::error::WaitError;
use super::limits::DEFAULT_TIMEOUT;
use super::machine::WaitMachine;
use super::options::WaitOptions;
use super::progress::{Progress, Ready};
use super::rules::WaitRules;
use super::schedule::PollSchedule;
use super::signal::EventStream;
use super::source::{ApiSource, Source};
use crate::clock::now;
use crate::future::BoxFuture;
use crate::resume::WaitToken;
use crate::webhook::Event;

/// A wait that has not started. Await it, or read each poll with [`progress`](Self::progress).
///
/// Dropping the future or the stream stops the wait; the install itself continues.
#[derive(Debug)]
#[must_use = "a wait does nothing unless it is awaited or its progress is read"]
pub struct UntilReady {
    source: ApiSource,
    settings: WaitSettings,
}

impl UntilReady {
    pub(crate) fn new(source: ApiSource, token: WaitToken, connector: Option<Connector>) -> Self {
        Self {
            source,
            settings: WaitSettings::new(token, connector),
        }
    }

    /// Replaces all options of this wait. Default: [`WaitOptions::default`].
    pub fn options(mut self, options: WaitOptions) -> Self {
        self.settings.deadline = options.timeout;
        self.settings.rules = options.rules;
        self.settings.interval = options.interval;
        self.settings.events = options.events;
        self
    }

    /// Stops waiting after this long: the last poll starts then, and is cut off 2 s later. Default: 300 s.
    pub fn deadline(mut self, after: Duration) -> Self {
        self.settings.deadline = Some(after);
        self
    }

    /// Waits without a timeout.
    pub fn forever(mut self) -> Self {
        self.settings.deadline = None;
        self
    }

    /// What to wait for. Default: [`Condition::active`].
    pub fn until(mut self, condition: Condition) -> Self {
        self.settings.rules.condition = condition;
        self
    }

    /// The pause after the first poll, and the longest pause. From one poll to the next the pause grows by half, and each
    /// one is shortened by up to half at random. A `Retry-After` of the server makes it longer. Default: 0.5 s and 10 s.
    ///
    /// With less than 10 ms the wait ends with [`WaitError::Invalid`] when it starts.
    pub fn interval(mut self, first: Duration, longest: Duration) -> Self {
        self.settings.interval = Some((first, longest));
        self
    }

    /// Polls as soon as a webhook event names this connector or its channel, instead of when the next poll is due. The
    /// wait ignores events about other connectors.
    ///
    /// Take the events from [`Signals::events`](crate::webhook::Signals::events), or pass any stream of verified events.
    /// An event only triggers a poll, and the poll decides. So a lost, late or duplicate event changes how long the wait
    /// takes, and not how it ends: a failure that two polls have to confirm needs the same time between these polls as
    /// without events. Three events can trigger a poll at once, and one more per first [interval](Self::interval); further
    /// events share these polls. A `Retry-After` of the server applies to them as well. When the stream ends, the wait
    /// continues without it.
    pub fn signal<S>(mut self, events: S) -> Self
    where
        S: Stream<Item: Borrow<Event>> + Send + 'static,
    {
        self.settings.events = Some(EventStream::new(events));
        self
    }

    /// The statuses that mean that the install failed, in upper or lower case. Default: `failed`, `error`, `rejected`,
    /// `suspended`, `deleted`, `cancelled`; the API does not document its statuses.
    ///
    /// The wait compares them with the status of the channel, and with those of channel and number in the readiness
    /// reply. It fails when two consecutive polls confirm one, at least half a first [interval](Self::interval) apart.
    pub fn failure_statuses<W: Into<String>>(
        mut self,
        statuses: impl IntoIterator<Item = W>,
    ) -> Self {
        self.settings.rules.failure_statuses = statuses.into_iter().map(Into::into).collect();
        self
    }

    /// Returns each poll, as a stream that drives the wait. It yields a poll before the pause that follows it. The last
    /// item is a poll with `ready` set, or the error.
    ///
    /// The wait starts when the stream is first polled, and polls no faster than the stream is read.
    pub fn progress(
        self,
    ) -> impl Stream<Item = Result<Progress, WaitError>> + Send + Unpin + 'static {
        self.settings.steps(self.source)
    }
}

impl IntoFuture for UntilReady {
    type Output = Result<Ready, WaitError>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.settings.run(self.source))
    }
}

/// The settings of a wait: everything but its source.
#[derive(Debug)]
pub(crate) struct WaitSettings {
    token: WaitToken,
    connector: Option<Connector>,
    rules: WaitRules,
    pub(crate) deadline: Option<Duration>,
    interval: Option<(Duration, Duration)>,
    events: Option<EventStream>,
}

impl WaitSettings {
    pub(crate) fn new(token: WaitToken, connector: Option<Connector>) -> Self {
        Self {
            token,
            connector,
            rules: WaitRules::default(),
            deadline: Some(DEFAULT_TIMEOUT),
            interval: None,
            events: None,
        }
    }

    /// Starts the wait.
    fn driver<S: Source>(self, source: S) -> Result<WaitDriver<S>, WaitError> {
        let schedule = match self.interval {
            Some((first, longest)) => {
                PollSchedule::new(first, longest).map_err(WaitError::Invalid)?
            }
            None => PollSchedule::default(),
        };
        let machine = WaitMachine::new(
            Arc::new(self.rules),
            self.connector,
            self.token.age(now()),
            self.token.seen(),
            schedule.min_spacing(),
        );
        Ok(WaitDriver::new(
            source,
            machine,
            schedule,
            self.token,
            self.deadline,
            self.events,
        ))
    }

    pub(crate) async fn run<S: Source>(self, source: S) -> Result<Ready, WaitError> {
        let mut driver = self.driver(source)?;
        loop {
            match driver.step().await {
                PollStep::Pending(_) => {}
                PollStep::Ready(_, ready) => return Ok(*ready),
                PollStep::Ended(_, error) => return Err(error),
            }
        }
    }

    fn steps<S: Source + 'static>(
        self,
        source: S,
    ) -> impl Stream<Item = Result<Progress, WaitError>> + Send + Unpin + 'static {
        let wait = StepsState::NotStarted(Box::new((self, source)));
        Box::pin(stream::unfold(wait, |wait| async move {
            let mut driver = match wait {
                StepsState::NotStarted(parts) => match parts.0.driver(parts.1) {
                    Ok(driver) => Box::new(driver),
                    Err(error) => return Some((Err(error), StepsState::Done)),
                },
                StepsState::Polling(driver) => driver,
                StepsState::Failed(error) => return Some((Err(error), StepsState::Done)),
                StepsState::Done => return None,
            };
            Some(match driver.step().await {
                PollStep::Pending(progress) => (Ok(progress), StepsState::Polling(driver)),
                PollStep::Ready(progress, _) => (Ok(progress), StepsState::Done),
                PollStep::Ended(progress, error) => (Ok(progress), StepsState::Failed(error)),
            })
        }))
    }
}

/// The state of the stream of steps.
enum StepsState<S> {
    NotStarted(Box<(WaitSettings, S)>),
    Polling(Box<WaitDriver<S>>),
    /// The last step was yielded, and the error follows.
    Failed(WaitError),
    Done,
}

#[cfg(test)]
mod tests;
