//! A wait for one install: the builder, the future, and the stream of its steps.

use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use bird_connectors_api::types::Connector;
use futures_util::stream;

use super::driver::{PollStep, WaitDriver};
use super::error::WaitError;
use super::machine::WaitMachine;
use super::options::WaitOptions;
use super::progress::{Ready, Step, Steps};
use super::schedule::PollSchedule;
use super::source::{ApiSource, Source};
use crate::clock::now;
use crate::future::BoxFuture;
use crate::resume::WaitToken;

/// A wait for one install that has not started. Made by [`Install::until_ready`](crate::install::Install::until_ready). Await it, or
/// read each poll with [`progress`](Self::progress).
///
/// Each poll reads the connector, its readiness and its channel. Transient errors do not end the wait. Dropping the future
/// or the stream stops the wait; the install itself continues.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use bird_connectors_sandbox::{Sandbox, Script};
/// # let sandbox = Sandbox::builder().default_script(Script::standard().scaled(0.02)).start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace_id = bird_connectors::WorkspaceId::from(sandbox.workspace_id());
/// # let connectors = client.build()?.workspace(workspace_id).connectors();
/// # let number = sandbox.numbers()[0].id();
/// # let sms = |name| bird_connectors::templates::Sms::new(name, number, "conversational");
/// use bird_connectors::wait::WaitError;
///
/// let install = connectors.install(sms("Support NL")).await?;
/// match install.until_ready().await {
///     Ok(ready) => println!("channel {} can send", ready.channel_id),
///     // The install may still succeed. Store the token, and resume the wait later.
///     Err(WaitError::TimedOut(report)) => println!("resume with {}", report.token),
///     Err(WaitError::Failed { status, .. }) => println!("the install failed: {status}"),
///     Err(error) => return Err(error.into()),
/// }
/// # assert_eq!(sandbox.channels().len(), 1);
/// # Ok(()) }
/// ```
///
/// # Errors
/// The future returns a [`WaitError`]: the timeout expired, the install failed, the connector does not exist, the access
/// key cannot read it, or an option is invalid.
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

    /// Replaces the options of this wait. Default: [`WaitOptions::default`].
    pub fn options(mut self, options: WaitOptions) -> Self {
        self.settings.options = options;
        self
    }

    /// Sets only the timeout, as [`WaitOptions::timeout`] does; the other options stay. Call it after
    /// [`options`](Self::options), which replaces all of them. Default: 300 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.options = self.settings.options.timeout(timeout);
        self
    }

    /// Returns the steps of the wait: each poll as it ends, and last the ready channel or the error.
    ///
    /// The wait starts when the stream is first polled, and polls no faster than the stream is read.
    pub fn progress(self) -> Steps {
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
    pub(crate) options: WaitOptions,
}

impl WaitSettings {
    pub(crate) fn new(token: WaitToken, connector: Option<Connector>) -> Self {
        Self {
            token,
            connector,
            options: WaitOptions::default(),
        }
    }

    /// Starts the wait.
    fn driver<S: Source>(self, source: S) -> Result<WaitDriver<S>, WaitError> {
        source.check_runtime().map_err(WaitError::Invalid)?;
        let options = self.options;
        let token = self.token.clamped(now());
        let schedule = match options.interval {
            Some((first, longest)) => {
                PollSchedule::new(first, longest).map_err(WaitError::Invalid)?
            }
            None => PollSchedule::default(),
        };
        let machine = WaitMachine::new(
            Arc::new(options.rules),
            self.connector,
            token.age(now()),
            token.observed(),
            schedule.min_spacing(),
        );
        Ok(WaitDriver::new(
            source,
            machine,
            schedule,
            token,
            options.timeout,
            options.events,
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

    fn steps<S: Source + 'static>(self, source: S) -> Steps {
        let wait = StepsState::NotStarted(Box::new((self, source)));
        Steps::new(stream::unfold(wait, |wait| async move {
            let mut driver = match wait {
                StepsState::NotStarted(parts) => match parts.0.driver(parts.1) {
                    Ok(driver) => Box::new(driver),
                    Err(error) => return Some((Err(error), StepsState::Done)),
                },
                StepsState::Polling(driver) => driver,
                StepsState::Ready(ready) => {
                    return Some((Ok(Step::Ready(*ready)), StepsState::Done));
                }
                StepsState::Failed(error) => return Some((Err(error), StepsState::Done)),
                StepsState::Done => return None,
            };
            let (progress, next) = match driver.step().await {
                PollStep::Pending(progress) => (progress, StepsState::Polling(driver)),
                PollStep::Ready(progress, ready) => (progress, StepsState::Ready(ready)),
                PollStep::Ended(progress, error) => (progress, StepsState::Failed(error)),
            };
            Some((Ok(Step::Poll(progress)), next))
        }))
    }
}

/// The state of the stream of steps.
enum StepsState<S> {
    NotStarted(Box<(WaitSettings, S)>),
    Polling(Box<WaitDriver<S>>),
    /// The last poll was yielded, and the ready channel follows.
    Ready(Box<Ready>),
    /// The last poll was yielded, and the error follows.
    Failed(WaitError),
    Done,
}

#[cfg(test)]
mod tests;
