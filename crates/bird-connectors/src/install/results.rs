//! The results of a bulk install, with or without a wait for the channels.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bird_connectors_api::types::{ChannelId, ConnectorId, WorkspaceId};
use futures_core::Stream;
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::ensured::Ensured;
use super::started_installs::StartedInstalls;
use super::telemetry::BulkInstallTelemetry;
use super::totals::InstallTotals;
use crate::error::Error;
use crate::future::BoxStream;
use crate::wait::error_type as wait_error_type;
use crate::wait::{InstallRef, Ready, WaitAll, WaitError, WaitResults, WaitTotals};

/// The result of one template of a bulk install.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InstallResult {
    /// The index of the template, from 0.
    pub index: usize,
    /// The connector, or the error that [`ensure`](crate::resources::Connectors::ensure) would have returned.
    pub result: Result<Ensured, Error>,
    /// The channel, or the error of the wait. `None` if there is no connector, if the run does not wait
    /// ([`InstallAll::until_ready`](crate::install::InstallAll::until_ready)), or if it was [stopped](InstallResults::stop).
    pub ready: Option<Result<Ready, WaitError>>,
}

impl InstallResult {
    /// The connector's id, if there is a connector.
    #[must_use]
    pub fn connector_id(&self) -> Option<ConnectorId> {
        self.result.as_ref().ok().map(Ensured::id)
    }

    /// The id of the channel, if the run has waited for it and it is ready.
    #[must_use]
    pub fn channel_id(&self) -> Option<ChannelId> {
        let ready = self.ready.as_ref()?.as_ref().ok()?;
        Some(ready.channel_id)
    }

    /// Why the install or the wait failed; `None` if it succeeded.
    #[must_use]
    pub fn error(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        match (&self.result, &self.ready) {
            (Err(error), _) => Some(error),
            (Ok(_), Some(Err(error))) => Some(error),
            (Ok(_), Some(Ok(_)) | None) => None,
        }
    }

    /// The type of the error in spans.
    fn error_type(&self) -> Option<Cow<'static, str>> {
        match (&self.result, &self.ready) {
            (Err(error), _) => Some(error.error_type()),
            (Ok(_), Some(Err(error))) => Some(wait_error_type(error).into()),
            (Ok(_), Some(Ok(_)) | None) => None,
        }
    }
}

/// The installs of a run as they finish, each with the index of its template.
pub(super) type EnsuredStream = BoxStream<(usize, Result<Ensured, Error>)>;

/// The results of a bulk install as they arrive. Created by [`InstallAll::results`](crate::install::InstallAll::results).
///
/// Read them with [`next`](Self::next), or as a [`Stream`].
#[must_use = "nothing is sent unless the results are read"]
pub struct InstallResults {
    installs: EnsuredStream,
    started: Arc<StartedInstalls>,
    finished: bool,
    totals: InstallTotals,
    wait: Option<ChannelWait>,
    workspace: WorkspaceId,
    /// Whether the stream was polled, which begins the span of the run.
    polled: bool,
    /// `None` before the first poll, and after the last result. It is dropped after the requests of the run.
    telemetry: Option<BulkInstallTelemetry>,
}

impl InstallResults {
    pub(super) fn new(
        workspace: WorkspaceId,
        templates: usize,
        started: Arc<StartedInstalls>,
        installs: EnsuredStream,
        wait: Option<WaitAll>,
    ) -> Self {
        Self {
            installs,
            started,
            finished: false,
            totals: InstallTotals {
                pending: templates,
                ..InstallTotals::default()
            },
            wait: wait.map(ChannelWait::new),
            workspace,
            polled: false,
            telemetry: None,
        }
    }

    /// Returns the next result, or `None` after the last one. Cancel safe: dropping the future loses no result.
    pub async fn next(&mut self) -> Option<InstallResult> {
        stream::StreamExt::next(self).await
    }

    /// Starts no more installs, and waits for no more channels. The results that follow are those of the installs that are in
    /// progress, so that the outcome of each create that was sent is known and in the journal. Then, or at once if none is in
    /// progress, the stream ends. Templates whose install has not started have no result.
    ///
    /// An install in progress takes at most as long as its requests and the search for a create of unknown outcome: limit the time
    /// for which you read on. A connector whose channel is not ready yet has a result without [`ready`](InstallResult::ready).
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = bird_connectors_sandbox::Sandbox::builder()
    /// #     .default_script(bird_connectors_sandbox::Script::instant()).start().await?;
    /// # let client = bird_connectors::Client::builder().base_url(sandbox.base_url()).access_key(sandbox.access_key());
    /// # let workspace = client.build()?.workspace(bird_connectors::WorkspaceId::from(sandbox.workspace_id()));
    /// use bird_connectors::templates::Telegram;
    ///
    /// let bots = (1..=3).map(|shop| Telegram::new(format!("Shop {shop}")));
    /// let mut results = workspace.connectors().install_all(bots).concurrency(1).results();
    /// results.next().await;
    /// results.stop();
    /// assert!(results.next().await.is_none());
    /// assert_eq!((results.totals().created, results.totals().pending), (1, 2));
    /// # Ok(()) }
    /// ```
    pub fn stop(&mut self) {
        self.started.stop();
    }

    /// Whether a stopped run has nothing in progress.
    fn has_stopped(&self) -> bool {
        let totals = &self.totals;
        let ended = totals.created + totals.adopted + totals.failed;
        self.started.is_stopped() && ended >= self.started.count()
    }

    /// The totals of the installs. The channels of finished installs may still be waited for.
    #[must_use]
    pub fn totals(&self) -> InstallTotals {
        self.totals
    }

    /// The totals of the wait for the channels. All zero if the run does not wait.
    #[must_use]
    pub fn wait_totals(&self) -> WaitTotals {
        let wait = self.wait.as_ref();
        wait.map(|wait| wait.results.totals()).unwrap_or_default()
    }
}

impl InstallResults {
    fn poll_result(&mut self, cx: &mut Context<'_>) -> Poll<Option<InstallResult>> {
        let this = self;
        while !this.finished {
            if this.has_stopped() {
                this.finished = true;
                break;
            }
            match this.installs.poll_next_unpin(cx) {
                Poll::Ready(Some((index, result))) => {
                    this.totals.count(&result);
                    match (result, &mut this.wait) {
                        (Ok(ensured), Some(wait)) => wait.follow(index, ensured),
                        (result, _) => {
                            return Poll::Ready(Some(InstallResult {
                                index,
                                result,
                                ready: None,
                            }));
                        }
                    }
                }
                Poll::Ready(None) => {
                    this.finished = true;
                    if let Some(wait) = &mut this.wait {
                        wait.close();
                    }
                }
                Poll::Pending => break,
            }
        }
        match &mut this.wait {
            Some(wait) => match wait.poll_next(cx) {
                Poll::Pending if this.finished && this.started.is_stopped() => {
                    Poll::Ready(wait.abandon_next())
                }
                result => result,
            },
            None if this.finished => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl Stream for InstallResults {
    type Item = InstallResult;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if !this.polled {
            this.polled = true;
            this.telemetry = Some(BulkInstallTelemetry::new(
                this.workspace,
                this.totals.pending,
            ));
        }
        let Some(mut telemetry) = this.telemetry.take() else {
            return this.poll_result(cx);
        };
        let polled = telemetry.in_scope(|| this.poll_result(cx));
        telemetry.set_totals(this.totals);
        if let Poll::Ready(Some(result)) = &polled {
            telemetry.finished(result.error_type());
        }
        // The end of the run is the end of its span.
        if !matches!(polled, Poll::Ready(None)) {
            this.telemetry = Some(telemetry);
        }
        polled
    }
}

impl fmt::Debug for InstallResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstallResults")
            .field("totals", &self.totals())
            .field("wait_totals", &self.wait_totals())
            .finish_non_exhaustive()
    }
}

/// The wait for the channels of a run, with the installs that it follows.
struct ChannelWait {
    /// Passes connectors to the wait. `None` after the last one.
    joining: Option<UnboundedSender<InstallRef>>,
    results: WaitResults,
    followed: HashMap<ConnectorId, (usize, Ensured)>,
}

impl ChannelWait {
    fn new(wait: WaitAll) -> Self {
        let (joining, mut joined) = unbounded_channel();
        let joins = stream::poll_fn(move |cx| joined.poll_recv(cx));
        Self {
            joining: Some(joining),
            results: wait.and(joins).results(),
            followed: HashMap::new(),
        }
    }

    fn follow(&mut self, index: usize, ensured: Ensured) {
        if let Some(joining) = &self.joining {
            // The receiver exists as long as `results`.
            let _ = joining.send(ensured.token().into());
        }
        self.followed.insert(ensured.id(), (index, ensured));
    }

    fn close(&mut self) {
        self.joining = None;
    }

    /// The first install whose channel is still waited for.
    fn abandon_next(&mut self) -> Option<InstallResult> {
        let first = self.followed.iter().min_by_key(|(_, (index, _))| *index);
        let first = *first?.0;
        let (index, ensured) = self.followed.remove(&first)?;
        Some(InstallResult {
            index,
            result: Ok(ensured),
            ready: None,
        })
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<InstallResult>> {
        while let Some(wait) = std::task::ready!(self.results.poll_next_unpin(cx)) {
            if let Some((index, ensured)) = self.followed.remove(&wait.connector_id) {
                return Poll::Ready(Some(InstallResult {
                    index,
                    result: Ok(ensured),
                    ready: Some(wait.result),
                }));
            }
        }
        Poll::Ready(None)
    }
}
