//! The totals of a bulk wait and its cancellations, shared between the driver and the caller's handles.

use std::fmt;
use std::mem::take;
use std::sync::Mutex;
use std::task::{Context, Poll};

use bird_connectors_api::types::ConnectorId;
use futures_util::task::AtomicWaker;

use crate::lock::lock;

/// The totals of a bulk wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitTotals {
    /// Installs whose condition holds.
    pub ready: usize,
    /// Installs whose wait ended with an error.
    pub failed: usize,
    /// Installs that are still followed.
    pub pending: usize,
    /// Installs that [`WaitControl::cancel`](crate::wait::WaitControl::cancel) has removed from the wait.
    pub cancelled: usize,
    /// Rounds begun.
    pub rounds: u32,
    /// Requests answered, all of them GET.
    pub gets: u64,
}

impl fmt::Display for WaitTotals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ready, {} failed, {} pending, {} rounds, {} GETs",
            self.ready, self.failed, self.pending, self.rounds, self.gets
        )
    }
}

#[derive(Debug, Default)]
pub(super) struct SharedTotals {
    totals: Mutex<WaitTotals>,
    cancelled: Mutex<Vec<ConnectorId>>,
    waker: AtomicWaker,
}

impl SharedTotals {
    pub(super) fn totals(&self) -> WaitTotals {
        *lock(&self.totals)
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut WaitTotals)) {
        change(&mut lock(&self.totals));
    }

    pub(super) fn cancel(&self, connector: ConnectorId) {
        lock(&self.cancelled).push(connector);
        self.waker.wake();
    }

    /// Ready once the caller has cancelled an install.
    pub(super) fn poll_cancelled(&self, cx: &Context<'_>) -> Poll<()> {
        self.waker.register(cx.waker());
        if lock(&self.cancelled).is_empty() {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }

    pub(super) fn take_cancelled(&self) -> Vec<ConnectorId> {
        take(&mut lock(&self.cancelled))
    }
}
