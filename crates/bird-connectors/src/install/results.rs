//! The results of a bulk install, with or without a wait for the channels.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bird_connectors_api::types::{ChannelId, ConnectorId, WorkspaceId};
use futures_core::Stream;
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::ensured::Ensured;
use super::telemetry::BulkInstallTelemetry;
use crate::error::Error;
use crate::future::BoxStream;
use crate::wait::{InstallRef, Ready, WaitAll, WaitError, WaitResults, WaitTotals};

/// The result of one template of a bulk install.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct InstallResult {
    /// The index of the template, from 0.
    pub index: usize,
    /// The connector, or the error that [`ensure`](crate::resources::Connectors::ensure) would have returned.
    pub result: Result<Ensured, Error>,
    /// The channel, or the error of the wait. `None` if there is no connector, or if the run does not wait
    /// ([`InstallAll::until_ready`](crate::install::InstallAll::until_ready)).
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
}

/// The totals of a bulk install.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstallTotals {
    /// Connectors that this run created.
    pub created: usize,
    /// Connectors that were found, including those whose create was sent but whose response was lost.
    pub adopted: usize,
    /// Templates without a connector.
    pub failed: usize,
    /// Templates whose install has not finished.
    pub pending: usize,
}

impl InstallTotals {
    fn count(&mut self, result: &Result<Ensured, Error>) {
        self.pending -= 1;
        match result {
            Ok(ensured) if ensured.adopted() => self.adopted += 1,
            Ok(_) => self.created += 1,
            Err(_) => self.failed += 1,
        }
    }
}

impl fmt::Display for InstallTotals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} created, {} adopted, {} failed, {} pending",
            self.created, self.adopted, self.failed, self.pending
        )
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
    finished: bool,
    totals: InstallTotals,
    wait: Option<ChannelWait>,
    workspace: WorkspaceId,
    started: bool,
    /// `None` before the first poll, and after the last result. It is dropped after the requests of the run.
    telemetry: Option<BulkInstallTelemetry>,
}

impl InstallResults {
    pub(super) fn new(
        workspace: WorkspaceId,
        templates: usize,
        installs: EnsuredStream,
        wait: Option<WaitAll>,
    ) -> Self {
        Self {
            installs,
            finished: false,
            totals: InstallTotals {
                pending: templates,
                ..InstallTotals::default()
            },
            wait: wait.map(ChannelWait::new),
            workspace,
            started: false,
            telemetry: None,
        }
    }

    /// Returns the next result, or `None` after the last one. Cancel safe: dropping the future loses no result.
    pub async fn next(&mut self) -> Option<InstallResult> {
        stream::StreamExt::next(self).await
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
            Some(wait) => wait.poll_next(cx),
            None if this.finished => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl Stream for InstallResults {
    type Item = InstallResult;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if !this.started {
            this.started = true;
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
            telemetry.finished(result);
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
