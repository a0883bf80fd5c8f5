//! A bulk wait: it follows many installs with shared polls.
//!
//! N separate waits send N requests per round, and the API allows 50 requests a second. A bulk wait reads the channel
//! list instead, which returns the status of 1000 channels in one request.

mod agenda;
mod driver;
mod followed;
mod install_ref;
mod installs;
mod list_plan;
mod pacing;
mod reads;
mod round;
mod state;
mod totals;

use std::collections::HashMap;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bird_connectors_api::types::{ConnectorId, WorkspaceId};
use futures_core::Stream;
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::time::Instant;

use agenda::Agenda;
use driver::{BulkWaitDriver, JoiningInstalls};
pub use install_ref::InstallRef;
use pacing::PollPacing;
use state::{BulkWaitState, FollowSettings};
use totals::SharedTotals;
pub use totals::WaitTotals;

use crate::error::Error;
use crate::future::{BoxFuture, BoxStream, SyncStream};
use crate::resources::Connectors;
use crate::wait::options::WaitOptions;
use crate::wait::source::{ApiSource, SharedSource};
use crate::wait::telemetry::BulkWaitTelemetry;
use crate::wait::{Ready, WaitError};

impl Connectors {
    /// Waits for many installs with shared polls: see [`WaitAll`]. Pass ids of connectors, [`WaitToken`](crate::wait::WaitToken)s,
    /// [`Install`](crate::install::Install)s or [`Connector`](crate::Connector)s; duplicates are followed once. This sends no request.
    pub fn wait_all<I: Into<InstallRef>>(&self, installs: impl IntoIterator<Item = I>) -> WaitAll {
        let installs = installs.into_iter().map(Into::into).collect();
        WaitAll::new(
            ApiSource::new(self.workspace()),
            self.workspace().id(),
            installs,
        )
    }
}

/// A wait for many installs that has not started. Made by [`Connectors::wait_all`](crate::resources::Connectors::wait_all). Read the
/// [`results`](Self::results) as they arrive, or await all of them.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use bird_connectors_sandbox::{Sandbox, Script};
/// # let sandbox = Sandbox::builder().default_script(Script::standard().scaled(0.02)).start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace_id = bird_connectors::WorkspaceId::from(sandbox.workspace_id());
/// # let connectors = client.build()?.workspace(workspace_id).connectors();
/// # let mut numbers = (1..).map(uuid::Uuid::from_u128);
/// # let mut sms = |name| bird_connectors::templates::Sms::new(name, numbers.next().unwrap(), "conversational");
/// use std::time::Duration;
///
/// let mut installs = Vec::new();
/// for name in ["Shop 1", "Shop 2", "Shop 3"] {
///     installs.push(connectors.install(sms(name)).await?);
/// }
/// let mut results = connectors.wait_all(&installs).timeout(Duration::from_secs(60)).results();
/// while let Some(wait) = results.next().await {
///     match wait.result {
///         Ok(ready) => println!("{}: channel {}", wait.connector_id, ready.channel_id),
///         Err(error) => eprintln!("{error}"),
///     }
///     println!("{}", results.totals());
/// }
/// # assert_eq!(results.totals().ready, 3);
/// # Ok(()) }
/// ```
///
/// # Requests
/// Each round reads the channel list: all pages, or only the channels of the followed installs if that takes fewer
/// requests. An install that three rounds have not shown is read individually, with at most five such reads per round.
/// A channel in the list counts like the channel read by its id; everything else works as in a
/// [wait for one install](crate::wait::UntilReady).
///
/// A round begins every 1.8 s while statuses change, and less often while they do not
/// ([`WaitOptions::interval`]). An install that fails without ever having a channel appears in no list, so the wait may
/// notice that late while it follows many others.
#[must_use = "a wait does nothing unless it is awaited or its results are read"]
pub struct WaitAll {
    source: ApiSource,
    settings: BulkWaitSettings,
}

impl WaitAll {
    pub(crate) fn new(
        source: ApiSource,
        workspace: WorkspaceId,
        installs: Vec<InstallRef>,
    ) -> Self {
        Self {
            source,
            settings: BulkWaitSettings::new(workspace, installs),
        }
    }

    /// Replaces the options of this wait. Default: [`WaitOptions::default`]. The timeouts of
    /// [`timeout_each`](Self::timeout_each) stay.
    pub fn options(mut self, options: WaitOptions) -> Self {
        self.settings.options = options;
        self
    }

    /// Sets only the timeout, as [`WaitOptions::timeout`] does for every install; the other options stay. Call it after
    /// [`options`](Self::options), which replaces all of them. Default: 300 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.options = self.settings.options.timeout(timeout);
        self
    }

    /// Separate timeouts for some installs, by the id of their connector. The others keep the
    /// [common timeout](WaitOptions::timeout). Timeouts that expire close together share the last poll, which may
    /// therefore start half a second late.
    pub fn timeout_each(
        mut self,
        timeouts: impl IntoIterator<Item = (ConnectorId, Duration)>,
    ) -> Self {
        self.settings.timeouts.extend(timeouts);
        self
    }

    /// Returns the result of each install as soon as its wait is over. The stream ends after the last install.
    ///
    /// The wait starts when the stream is first polled, and polls no faster than the stream is read. Dropping the stream
    /// stops the wait; the installs themselves continue.
    ///
    /// A wait takes less than 2 KB per install, because it keeps no object that it has read. So the connector in a result
    /// is the one that was passed in, unless the last poll has read it, and likewise in a
    /// [`WaitReport`](crate::wait::WaitReport).
    pub fn results(self) -> WaitResults {
        self.settings.results(self.source)
    }

    /// Also follows installs that join later; the wait continues until these have ended.
    pub(crate) fn and(mut self, installs: impl Stream<Item = InstallRef> + Send + 'static) -> Self {
        self.settings.joins = Some(JoiningInstalls::new(Box::pin(installs)));
        self
    }
}

impl IntoFuture for WaitAll {
    type Output = Vec<WaitResult>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.results().collect())
    }
}

impl fmt::Debug for WaitAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitAll")
            .field("installs", &self.settings.installs.len())
            .finish_non_exhaustive()
    }
}

/// The result of a bulk wait for one install.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WaitResult {
    /// The id of the connector.
    pub connector_id: ConnectorId,
    /// The ready channel, or why there is none: what [`UntilReady`](crate::wait::UntilReady) returns for this install.
    pub result: Result<Ready, WaitError>,
}

/// The results of a bulk wait as they arrive, one per install. Made by [`WaitAll::results`].
#[must_use = "a wait does nothing unless its results are read"]
pub struct WaitResults {
    results: SyncStream<WaitResult>,
    shared: Arc<SharedTotals>,
}

impl WaitResults {
    /// The next result; `None` after the last one. The future can be dropped and called again without losing a result.
    pub async fn next(&mut self) -> Option<WaitResult> {
        self.results.next().await
    }

    /// The current totals.
    #[must_use]
    pub fn totals(&self) -> WaitTotals {
        self.shared.totals()
    }

    /// A handle to read the totals, and to cancel the wait for some installs, from another task.
    #[must_use]
    pub fn control(&self) -> WaitControl {
        WaitControl(Arc::clone(&self.shared))
    }
}

impl Stream for WaitResults {
    type Item = WaitResult;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.results.poll_next_unpin(cx)
    }
}

impl fmt::Debug for WaitResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitResults")
            .field("totals", &self.totals())
            .finish_non_exhaustive()
    }
}

/// A handle to a bulk wait, for use from other tasks. Cheap to clone. Made by [`WaitResults::control`].
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use bird_connectors_sandbox::{Sandbox, Script};
/// # let sandbox = Sandbox::builder().default_script(Script::instant()).start().await?;
/// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
/// # let workspace_id = bird_connectors::WorkspaceId::from(sandbox.workspace_id());
/// # let connectors = client.build()?.workspace(workspace_id).connectors();
/// # let mut numbers = (1..).map(uuid::Uuid::from_u128);
/// # let mut sms = |name| bird_connectors::templates::Sms::new(name, numbers.next().unwrap(), "conversational");
/// let first = connectors.install(sms("Shop 1")).await?;
/// let second = connectors.install(sms("Shop 2")).await?;
/// let mut results = connectors.wait_all([&first, &second]).results();
/// let control = results.control();
/// control.cancel(second.id());
/// while let Some(wait) = results.next().await {
///     println!("{}: {:?}", wait.connector_id, wait.result);
/// }
/// assert_eq!((control.totals().ready, control.totals().cancelled), (1, 1));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct WaitControl(Arc<SharedTotals>);

impl WaitControl {
    /// Stops following this connector. The wait returns no result for it, and the install itself continues. To cancel the whole
    /// wait, drop the [`WaitResults`].
    pub fn cancel(&self, connector: ConnectorId) {
        self.0.cancel(connector);
    }

    /// The current totals.
    #[must_use]
    pub fn totals(&self) -> WaitTotals {
        self.0.totals()
    }
}

/// The settings of a bulk wait: everything but its source.
struct BulkWaitSettings {
    workspace: WorkspaceId,
    installs: Vec<InstallRef>,
    joins: Option<JoiningInstalls>,
    options: WaitOptions,
    /// The timeouts of installs that have their own, by connector.
    timeouts: HashMap<ConnectorId, Duration>,
}

impl BulkWaitSettings {
    fn new(workspace: WorkspaceId, installs: Vec<InstallRef>) -> Self {
        Self {
            workspace,
            installs,
            joins: None,
            options: WaitOptions::default(),
            timeouts: HashMap::new(),
        }
    }

    fn results<S: SharedSource>(self, source: S) -> WaitResults {
        let shared = Arc::new(SharedTotals::default());
        let begin = (self, source, Arc::clone(&shared));
        let results = stream::once(async move {
            let (settings, source, shared) = begin;
            settings.run(source, shared)
        });
        WaitResults {
            results: SyncStream::new(Box::pin(results.flatten())),
            shared,
        }
    }

    /// Starts the wait.
    fn run<S: SharedSource>(self, source: S, shared: Arc<SharedTotals>) -> BoxStream<WaitResult> {
        let pacing = match self
            .options
            .interval
            .map(|(first, longest)| PollPacing::new(first, longest))
        {
            None => PollPacing::default(),
            Some(Ok(pacing)) => pacing,
            Some(Err(error)) => return self.fail(error, shared),
        };
        if let Err(error) = source.check_runtime() {
            return self.fail(error, shared);
        }
        let now = Instant::now();
        let telemetry = BulkWaitTelemetry::new(self.workspace);
        let span = telemetry.span().clone();
        let settings = FollowSettings {
            workspace: self.workspace,
            rules: Arc::new(self.options.rules),
            timeout: self.options.timeout,
            timeouts: self.timeouts,
        };
        let agenda = Agenda::new(pacing, now);
        let mut state = BulkWaitState::new(settings, agenda, Arc::clone(&shared), telemetry);
        for install in self.installs {
            state.follow(install, now);
        }
        let events = self.options.events;
        let driver = BulkWaitDriver::new(state, source, self.joins, events, shared, span);
        Box::pin(stream::unfold(Box::new(driver), |mut driver| async move {
            let (connector_id, result) = driver.next().await?;
            let result = WaitResult {
                connector_id,
                result: result.map(|ready| ready.into_ready()),
            };
            Some((result, driver))
        }))
    }

    /// Returns the error for each install.
    fn fail(self, error: Error, shared: Arc<SharedTotals>) -> BoxStream<WaitResult> {
        let installs = self
            .installs
            .into_iter()
            .map(|install| install.connector_id());
        let joining = self
            .joins
            .unwrap_or_else(|| JoiningInstalls::new(Box::pin(stream::empty())));
        let all = stream::iter(installs).chain(joining.map(|install| install.connector_id()));
        Box::pin(all.map(move |connector_id| {
            shared.count(|totals| totals.failed += 1);
            WaitResult {
                connector_id,
                result: Err(WaitError::Invalid(error.clone())),
            }
        }))
    }
}

#[cfg(test)]
mod tests;
