//! The span and the events of a wait.

use bird_connectors_api::types::{ChannelId, ConnectorId, WorkspaceId};
use tracing::field::{self, Empty};
use tracing::{Span, info, info_span, warn};

use super::error::WaitError;
use super::progress::Progress;
use crate::resume::WaitToken;
use crate::telemetry::{STATUS_ERROR, WAIT};

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
    workspace: WorkspaceId,
    connector: ConnectorId,
    /// Channel id, status and stage of the last event.
    last: (Option<ChannelId>, Option<String>, Option<String>),
}

impl WaitTelemetry {
    pub(crate) fn new(token: &WaitToken) -> Self {
        Self {
            span: info_span!(
                target: WAIT,
                "wait",
                bird.workspace.id = %token.workspace_id(),
                bird.connector.id = %token.connector_id(),
                error.type = Empty,
                otel.status_code = Empty,
            ),
            workspace: token.workspace_id(),
            connector: token.connector_id(),
            last: (None, None, None),
        }
    }

    /// The span of a bulk wait.
    pub(crate) fn bulk_span(workspace: WorkspaceId) -> Span {
        info_span!(target: WAIT, "wait", bird.workspace.id = %workspace)
    }

    /// One install of a bulk wait, with its current progress as the last one.
    pub(crate) fn of_bulk(span: Span, token: &WaitToken, current: &Progress) -> Self {
        Self {
            span,
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
    }

    pub(crate) fn ended(&mut self, progress: &Progress, error: &WaitError) {
        self.polled(progress);
        let error = match error {
            WaitError::TimedOut(_) => "timed_out",
            WaitError::Failed { .. } => "failed",
            WaitError::Vanished(_) => "vanished",
            WaitError::Denied { .. } => "denied",
            WaitError::Invalid(_) => "invalid",
        };
        wait_event!(warn, self, progress, { error.type = error, }, "wait failed");
        // The span of a bulk wait has neither field: one install does not decide how the wait ends.
        self.span.record("error.type", error);
        self.span.record("otel.status_code", STATUS_ERROR);
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
