//! The installs of a bulk run that have started, and whether more may start.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What the installs of a run and the reader of their results share.
#[derive(Debug, Default)]
pub(super) struct StartedInstalls {
    count: AtomicUsize,
    stopped: AtomicBool,
}

impl StartedInstalls {
    /// No more installs start.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// How many installs have started.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Counts one more install, unless the run is stopped.
    pub(super) fn start(&self) -> bool {
        let starts = !self.is_stopped();
        if starts {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
        starts
    }
}
