//! The spans of methods that make several calls.

use bird_connectors_api::types::WorkspaceId;
use tracing::field::Empty;
use tracing::info_span;

use crate::error::{Error, RequestOutcome};
use crate::telemetry::{CancellableSpan, RESOURCES};

pub(super) fn find_number(workspace: WorkspaceId) -> CancellableSpan {
    CancellableSpan::new(info_span!(
        target: RESOURCES,
        "find_number",
        bird.workspace.id = %workspace,
        bird.result = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    ))
}

pub(crate) fn ensure_subscription(workspace: WorkspaceId) -> CancellableSpan {
    CancellableSpan::new(info_span!(
        target: RESOURCES,
        "ensure_subscription",
        bird.workspace.id = %workspace,
        bird.result = Empty,
        bird.outcome = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    ))
}

pub(super) fn subscribe_to_channels(workspace: WorkspaceId) -> CancellableSpan {
    CancellableSpan::new(info_span!(
        target: RESOURCES,
        "subscribe_to_channels",
        bird.workspace.id = %workspace,
        bird.result = Empty,
        bird.outcome = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    ))
}

/// Ends the span of a search.
pub(crate) fn search_ended<T>(mut span: CancellableSpan, result: &Result<Option<T>, Error>) {
    match result {
        Ok(Some(_)) => span.end_with("found"),
        Ok(None) => span.end_with("not_found"),
        Err(error) => span.fail(&error.error_type()),
    }
}

/// Ends the span of an idempotent create. `is_adopted`: nothing was created.
pub(crate) fn create_ended<T>(
    mut span: CancellableSpan,
    result: &Result<T, Error>,
    is_adopted: impl FnOnce(&T) -> bool,
) {
    match result {
        Ok(value) if is_adopted(value) => span.end_with("adopted"),
        Ok(_) => span.end_with("created"),
        Err(error) => {
            let outcome = error.outcome().map(RequestOutcome::as_str);
            span.span().record("bird.outcome", outcome);
            span.fail(&error.error_type());
        }
    }
}
