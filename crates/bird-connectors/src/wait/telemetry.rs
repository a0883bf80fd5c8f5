//! The spans and the events of waits.

use bird_connectors_api::types::{ChannelId, ConnectorId, WorkspaceId};
use tracing::field::{self, Empty};
use tracing::{Span, info, info_span, warn};

use super::error::WaitError;
use super::progress::Progress;
use crate::resume::WaitToken;
use crate::telemetry::{CancellableSpan, WAIT, record_error};

macro_rules! wait_event {
    ($macro:ident, $wait:expr, $progress:expr, { $($fields:tt)* }, $message:literal) => {
        $wait.span.in_scope(|| {
            $macro!(
                target: WAIT,
                {
                    bird.workspace.id = %$wait.workspace,
                    bird.connector.id = %$wait.connector,
                    $($fields)*
                    bird.channel.id = $progress.channel_id.map(field::display),
                    bird.status = loggable($progress.status.as_deref()),
                    bird.stage = loggable($progress.stage.as_deref()),
                    bird.poll = i64::from($progress.poll),
                    bird.elapsed = $progress.elapsed.as_secs_f64(),
                },
                $message
            );
        })
    };
}

/// The span of a wait, and the state that its last event reported.
#[derive(Debug)]
pub(crate) struct WaitTelemetry {
    span: Span,
    /// `None` in a bulk wait, whose span covers all of its installs.
    own: Option<CancellableSpan>,
    workspace: WorkspaceId,
    connector: ConnectorId,
    /// Channel id, status and stage of the last event.
    last: (Option<ChannelId>, Option<String>, Option<String>),
}

impl WaitTelemetry {
    pub(crate) fn new(token: &WaitToken) -> Self {
        let span = info_span!(
            target: WAIT,
            "wait",
            bird.workspace.id = %token.workspace_id(),
            bird.connector.id = %token.connector_id(),
            error.type = Empty,
            otel.status_code = Empty,
        );
        Self {
            own: Some(CancellableSpan::new(span.clone())),
            span,
            workspace: token.workspace_id(),
            connector: token.connector_id(),
            last: (None, None, None),
        }
    }

    /// One install of a bulk wait, with its current progress as the last one.
    pub(crate) fn of_bulk(span: Span, token: &WaitToken, current: &Progress) -> Self {
        Self {
            span,
            own: None,
            workspace: token.workspace_id(),
            connector: token.connector_id(),
            last: (
                current.channel_id,
                current.status.clone(),
                current.stage.clone(),
            ),
        }
    }

    /// Logs a change.
    pub(crate) fn changed(&self, progress: &Progress) {
        wait_event!(info, self, progress, {}, "status changed");
    }

    /// The span of the polls.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Logs the poll if the channel, the status or the stage changed.
    pub(crate) fn polled(&mut self, progress: &Progress) {
        let current = (progress.channel_id, &progress.status, &progress.stage);
        let (channel, status, stage) = &self.last;
        if (*channel, status, stage) == current {
            return;
        }
        self.last = (current.0, current.1.clone(), current.2.clone());
        wait_event!(info, self, progress, {}, "status changed");
    }

    pub(crate) fn ready(&mut self, progress: &Progress) {
        self.polled(progress);
        wait_event!(info, self, progress, {}, "ready");
        if let Some(own) = &mut self.own {
            own.end();
        }
    }

    pub(crate) fn ended(&mut self, progress: &Progress, error: &WaitError) {
        self.polled(progress);
        let error = error_type(error);
        wait_event!(warn, self, progress, { error.type = error, }, "wait failed");
        // One install does not decide how a bulk wait ends.
        if let Some(own) = &mut self.own {
            record_error(own.span(), error);
            own.end();
        }
    }
}

impl Drop for WaitTelemetry {
    fn drop(&mut self) {
        if self.own.as_ref().is_some_and(|own| !own.is_ended()) {
            self.span
                .in_scope(|| cancelled_install(self.workspace, self.connector));
        }
    }
}

fn cancelled_install(workspace: WorkspaceId, connector: ConnectorId) {
    info!(
        target: WAIT,
        { bird.workspace.id = %workspace, bird.connector.id = %connector },
        "wait cancelled"
    );
}

/// The span of a bulk wait, and how its installs have failed.
#[derive(Debug)]
pub(crate) struct BulkWaitTelemetry {
    span: Span,
    workspace: WorkspaceId,
    error_type: Option<&'static str>,
}

impl BulkWaitTelemetry {
    pub(crate) fn new(workspace: WorkspaceId) -> Self {
        let span = info_span!(
            target: WAIT,
            "wait",
            bird.workspace.id = %workspace,
            error.type = Empty,
            otel.status_code = Empty,
        );
        Self {
            span,
            workspace,
            error_type: None,
        }
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// The wait for an install has failed.
    pub(crate) fn failed(&mut self, error: &WaitError) {
        let error = error_type(error);
        self.error_type = match self.error_type {
            Some(before) if before != error => Some("several"),
            _ => Some(error),
        };
    }

    /// The caller has cancelled the wait for an install.
    pub(crate) fn cancelled(&self, connector: ConnectorId) {
        self.span
            .in_scope(|| cancelled_install(self.workspace, connector));
    }

    /// The wait ends, although this many installs are still followed.
    pub(crate) fn end(&mut self, pending: usize) {
        if pending > 0 {
            self.span.in_scope(|| {
                info!(
                    target: WAIT,
                    {
                        bird.workspace.id = %self.workspace,
                        bird.installs = i64::try_from(pending).unwrap_or(i64::MAX),
                    },
                    "wait cancelled"
                );
            });
        }
        let cancelled = (pending > 0).then_some("cancelled");
        if let Some(error) = self.error_type.or(cancelled) {
            record_error(&self.span, error);
        }
    }
}

pub(crate) fn error_type(error: &WaitError) -> &'static str {
    match error {
        WaitError::TimedOut(_) => "timed_out",
        WaitError::Failed { .. } => "failed",
        WaitError::Vanished(_) => "vanished",
        WaitError::Denied { .. } => "denied",
        WaitError::Invalid(_) => "invalid",
    }
}

/// A status, if it has the form of one. The server chooses the string, and must not be able to forge or flood log lines.
fn loggable(status: Option<&str>) -> Option<&str> {
    let status = status?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_. ".contains(&byte);
    let is_status = status.len() <= 40 && status.bytes().all(plain);
    Some(if is_status {
        status
    } else {
        "(invalid status)"
    })
}

#[cfg(test)]
mod tests;
