//! The spans of installs.

use std::borrow::Cow;

use bird_connectors_api::types::WorkspaceId;
use tracing::field::Empty;
use tracing::info_span;

use super::totals::InstallTotals;
use crate::telemetry::{CancellableSpan, INSTALL};
use crate::templates::{Template, is_reference};

pub(super) fn ensure(workspace: WorkspaceId, template: &Template) -> CancellableSpan {
    CancellableSpan::new(info_span!(
        target: INSTALL,
        "ensure",
        bird.workspace.id = %workspace,
        // An invalid reference could be any string.
        bird.template = Some(template.reference()).filter(|reference| is_reference(reference)),
        bird.result = Empty,
        bird.outcome = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    ))
}

pub(super) fn reconcile(workspace: WorkspaceId) -> CancellableSpan {
    CancellableSpan::new(info_span!(
        target: INSTALL,
        "reconcile",
        bird.workspace.id = %workspace,
        bird.result = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    ))
}

/// The span of a bulk install, and how its installs have failed.
#[derive(Debug)]
pub(super) struct BulkInstallTelemetry {
    span: CancellableSpan,
    error_type: Option<Cow<'static, str>>,
    totals: InstallTotals,
    /// The number of templates without a result.
    left: usize,
}

impl BulkInstallTelemetry {
    pub(super) fn new(workspace: WorkspaceId, installs: usize) -> Self {
        let span = info_span!(
            target: INSTALL,
            "install_all",
            bird.workspace.id = %workspace,
            bird.installs = count(installs),
            bird.installs_created = Empty,
            bird.installs_adopted = Empty,
            bird.installs_failed = Empty,
            error.type = Empty,
            otel.status_code = Empty,
        );
        Self {
            span: CancellableSpan::new(span),
            error_type: None,
            totals: InstallTotals::default(),
            left: installs,
        }
    }

    /// Does work in the span.
    pub(super) fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
        self.span.span().in_scope(work)
    }

    pub(super) fn set_totals(&mut self, totals: InstallTotals) {
        self.totals = totals;
    }

    /// A template has its result, or the error of this type.
    pub(super) fn finished(&mut self, error: Option<Cow<'static, str>>) {
        self.left -= 1;
        let Some(error) = error else { return };
        self.error_type = match &self.error_type {
            Some(before) if *before != error => Some("several".into()),
            _ => Some(error),
        };
    }
}

impl Drop for BulkInstallTelemetry {
    /// The run has ended, or the program drops it.
    fn drop(&mut self) {
        let span = self.span.span();
        span.record("bird.installs_created", count(self.totals.created));
        span.record("bird.installs_adopted", count(self.totals.adopted));
        span.record("bird.installs_failed", count(self.totals.failed));
        if let Some(error) = &self.error_type {
            self.span.fail(error);
        } else if self.left == 0 {
            self.span.end();
        }
    }
}

fn count(installs: usize) -> i64 {
    i64::try_from(installs).unwrap_or(i64::MAX)
}
