//! Following many installs with one shared poll: the builder, the stream of results, and the totals.
//!
//! One by one, N installs take N requests a round, against a limit of 50 a second. Here a round reads the channel list,
//! which tells the status of 1000 channels in one request.

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

use std::borrow::Borrow;
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
use followed::WaitOutcome;
pub use install_ref::InstallRef;
use pacing::PollPacing;
use state::{BulkWaitState, FollowSettings};
use totals::SharedTotals;
pub use totals::WaitTotals;

use crate::error::Error;
use crate::future::BoxFuture;
use crate::resources::Connectors;
use crate::wait::limits::DEFAULT_TIMEOUT;
use crate::wait::rules::WaitRules;
use crate::wait::signal::EventStream;
use crate::wait::source::{ApiSource, SharedSource};
use crate::wait::telemetry::WaitTelemetry;
use crate::wait::{Condition, Ready, WaitError};
use crate::webhook::Event;

impl Connectors {
    /// Follows many installs with one shared poll, given as ids of connectors, [`WaitToken`](crate::WaitToken)s or
    /// [`Install`](crate::Install)s: see
    /// [`WaitAll`]. One that is given twice is followed once. No request is made.
    pub fn wait_all<I: Into<InstallRef>>(&self, installs: impl IntoIterator<Item = I>) -> WaitAll {
        let installs = installs.into_iter().map(Into::into).collect();
        WaitAll::new(
            ApiSource::new(self.workspace()),
            self.workspace().id(),
            installs,
        )
    }
}

/// A wait for many installs that has not begun. Made by [`Connectors::wait_all`](crate::Connectors::wait_all). Take its
/// [`results`](Self::results) as they come, or await them all.
///
/// ```no_run
/// use bird_connectors::{Client, Error, WaitToken};
/// use futures_util::StreamExt;
///
/// # async fn example(client: Client, tokens: Vec<WaitToken>) -> Result<(), Error> {
/// let connectors = client.workspace(None)?.connectors();
/// let mut results = connectors.wait_all(tokens).results();
/// while let Some((connector, result)) = results.next().await {
///     match result {
///         Ok(ready) => println!("{connector}: channel {}", ready.channel_id),
///         Err(error) => eprintln!("{error}"),
///     }
///     println!("{}", results.totals());
/// }
/// # Ok(())
/// # }
/// ```
///
/// # What it reads
/// A round reads the channel list: all of its pages, or only the channels that are waited for where those are fewer
/// requests. What three rounds have not shown is read by itself, with five such reads a round at most. What the list says
/// of a channel counts as the channel's own word; everything else is judged as in a [wait for one](crate::UntilReady).
///
/// A round begins each 1.8 s while things change, and later where nothing does ([`interval`](Self::interval)). It
/// follows that an install that fails without ever having a channel, which no list can show, may be noticed late while
/// many others are under way.
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

    /// Gives up on each install after this long: its last poll starts then, and is cut 2 s later. It is counted from
    /// the moment at which the install is first followed, which is when the results are first asked for. Default: 300 s.
    pub fn deadline(mut self, after: Duration) -> Self {
        self.settings.deadline = Some(after);
        self
    }

    /// Deadlines of their own for some installs, by the id of their connector; the others keep the one for all. Deadlines
    /// that follow each other closely share their last poll, which may start half a second late for that.
    pub fn deadline_each(
        mut self,
        deadlines: impl IntoIterator<Item = (ConnectorId, Duration)>,
    ) -> Self {
        self.settings.deadlines.extend(deadlines);
        self
    }

    /// Never gives up, but for installs that have a deadline of their own.
    pub fn forever(mut self) -> Self {
        self.settings.deadline = None;
        self
    }

    /// What to wait for. Default: [`Condition::active`].
    pub fn until(mut self, condition: Condition) -> Self {
        self.settings.rules.condition = condition;
        self
    }

    /// How long after the beginning of a round the next one begins: the first while things change, then a twentieth of
    /// the time since anything last did, and never more than the longest. A tenth of it is left to chance. It is longer
    /// where rounds take many requests, so that there are no more than 20 a second, and where the server asks for a pause.
    /// Default: 1.8 s and 10 s.
    ///
    /// Less than 10 ms is refused when the wait begins.
    pub fn interval(mut self, first: Duration, longest: Duration) -> Self {
        self.settings.interval = Some((first, longest));
        self
    }

    /// Looks as soon as a webhook event names one of the connectors or its channel, at this one alone where that is
    /// cheaper. Otherwise as [`UntilReady::signal`](crate::UntilReady::signal): three events can each cause a round at
    /// once, and one more for every first [interval](Self::interval) that has passed.
    pub fn signal<S>(mut self, events: S) -> Self
    where
        S: Stream<Item: Borrow<Event>> + Send + 'static,
    {
        self.settings.events = Some(EventStream::new(events));
        self
    }

    /// The statuses that mean that an install failed: see
    /// [`UntilReady::failure_statuses`](crate::UntilReady::failure_statuses).
    pub fn failure_statuses<W: Into<String>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.settings.rules.failure_statuses = words.into_iter().map(Into::into).collect();
        self
    }

    /// The results as the installs finish, each once: the id of the connector, and what
    /// [`UntilReady`](crate::UntilReady) would have come to. The stream ends when nothing is left to wait for.
    ///
    /// The wait begins when the stream is first polled, and polls no faster than the stream is read. Dropping it ends the
    /// wait; the installs themselves go on.
    ///
    /// Of what was read, only what follows from it is kept, so that a wait takes less than 2 KB for each install: the
    /// connector is the one that was handed in, unless the last poll has read it, and so is the rest of a
    /// [`WaitReport`](crate::WaitReport).
    pub fn results(self) -> WaitResults {
        self.settings.results(self.source)
    }

    /// Follows these, too, as they come; the wait goes on until they have ended.
    pub(crate) fn and(mut self, installs: impl Stream<Item = InstallRef> + Send + 'static) -> Self {
        self.settings.joins = Some(Box::pin(installs));
        self
    }
}

impl IntoFuture for WaitAll {
    type Output = Vec<(ConnectorId, Result<Ready, WaitError>)>;
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

/// The results of a wait for many, as they come. Made by [`WaitAll::results`].
#[must_use = "a wait does nothing unless its results are read"]
pub struct WaitResults {
    results: Results,
    shared: Arc<SharedTotals>,
}

impl WaitResults {
    /// How the wait stands.
    #[must_use]
    pub fn totals(&self) -> WaitTotals {
        self.shared.totals()
    }

    /// To look at the wait, and cancel parts of it, from elsewhere.
    #[must_use]
    pub fn control(&self) -> WaitControl {
        WaitControl(Arc::clone(&self.shared))
    }
}

impl Stream for WaitResults {
    type Item = (ConnectorId, Result<Ready, WaitError>);

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

/// A handle on a wait for many that is cheap to clone. Made by [`WaitResults::control`].
#[derive(Clone, Debug)]
pub struct WaitControl(Arc<SharedTotals>);

impl WaitControl {
    /// Follows this connector no more: there is no result for it. The install itself goes on. All are cancelled by
    /// dropping the [`WaitResults`].
    pub fn cancel(&self, connector: ConnectorId) {
        self.0.cancel(connector);
    }

    /// How the wait stands.
    #[must_use]
    pub fn totals(&self) -> WaitTotals {
        self.0.totals()
    }
}

type Results = Pin<Box<dyn Stream<Item = (ConnectorId, WaitOutcome)> + Send>>;

/// The settings of a bulk wait: everything but its source.
struct BulkWaitSettings {
    workspace: WorkspaceId,
    installs: Vec<InstallRef>,
    joins: Option<JoiningInstalls>,
    rules: WaitRules,
    deadline: Option<Duration>,
    deadlines: HashMap<ConnectorId, Duration>,
    interval: Option<(Duration, Duration)>,
    events: Option<EventStream>,
}

impl BulkWaitSettings {
    fn new(workspace: WorkspaceId, installs: Vec<InstallRef>) -> Self {
        Self {
            workspace,
            installs,
            joins: None,
            rules: WaitRules::default(),
            deadline: Some(DEFAULT_TIMEOUT),
            deadlines: HashMap::new(),
            interval: None,
            events: None,
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
            results: Box::pin(results.flatten()),
            shared,
        }
    }

    /// Starts the wait.
    fn run<S: SharedSource>(self, source: S, shared: Arc<SharedTotals>) -> Results {
        let pacing = match self
            .interval
            .map(|(first, longest)| PollPacing::new(first, longest))
        {
            None => PollPacing::default(),
            Some(Ok(pacing)) => pacing,
            Some(Err(error)) => return self.fail(error, shared),
        };
        let now = Instant::now();
        let span = WaitTelemetry::bulk_span(self.workspace);
        let settings = FollowSettings {
            workspace: self.workspace,
            rules: Arc::new(self.rules),
            timeout: self.deadline,
            timeouts: self.deadlines,
        };
        let agenda = Agenda::new(pacing, now);
        let mut state = BulkWaitState::new(settings, agenda, Arc::clone(&shared), span.clone());
        for install in self.installs {
            state.follow(install, now);
        }
        let driver = BulkWaitDriver::new(state, source, self.joins, self.events, shared, span);
        Box::pin(stream::unfold(Box::new(driver), |mut driver| async move {
            driver.next().await.map(|result| (result, driver))
        }))
    }

    /// Returns the error for each install.
    fn fail(self, error: Error, shared: Arc<SharedTotals>) -> Results {
        let installs = self.installs.into_iter().map(|install| install.id());
        let joining = self.joins.unwrap_or_else(|| Box::pin(stream::empty()));
        let all = stream::iter(installs).chain(joining.map(|install| install.id()));
        Box::pin(all.map(move |connector| {
            shared.count(|totals| totals.failed += 1);
            (connector, Err(WaitError::Invalid(error.clone())))
        }))
    }
}

#[cfg(test)]
mod tests;
