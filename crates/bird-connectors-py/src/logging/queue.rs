//! The bounded queue between the SDK's threads and Python: records for `logging` and, while OpenTelemetry is on, spans. Nothing
//! here needs the interpreter.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::open_span::OpenSpan;
use super::records::{LogRecord, SpanRecord, TelemetryRecord};
use crate::process::lock;

/// Maximum number of queued log records. Records beyond it are counted and dropped.
const LOG_CAPACITY: usize = 1000;

/// Maximum number of queued starts and events of spans. Those beyond it are counted and dropped.
const SPAN_CAPACITY: usize = 4_000;

/// Records that were taken out of a queue.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) records: VecDeque<TelemetryRecord>,
    /// The number of log records that were dropped because the queue was full.
    pub(crate) dropped_logs: usize,
    /// The number of starts and events of spans that were dropped because the queue was full.
    pub(crate) dropped_spans: usize,
    logs: usize,
    spans: usize,
}

/// The telemetry of one process that Python has not received yet.
#[derive(Debug, Default)]
pub(crate) struct TelemetryQueue {
    waiting: Mutex<Batch>,
    len: AtomicUsize,
    /// The spans that have not ended, by their ids.
    pub(super) open: Mutex<HashMap<u64, OpenSpan>>,
}

impl TelemetryQueue {
    pub(crate) fn push_log(&self, record: LogRecord) {
        let mut waiting = lock(&self.waiting);
        if waiting.logs < LOG_CAPACITY {
            waiting.logs += 1;
            self.append(&mut waiting, TelemetryRecord::Log(record));
        } else {
            waiting.dropped_logs += 1;
        }
    }

    /// Queues the start or an event of a span. Returns whether there was room for it.
    pub(super) fn push_span(&self, record: SpanRecord) -> bool {
        let mut waiting = lock(&self.waiting);
        let has_room = waiting.spans < SPAN_CAPACITY;
        if has_room {
            waiting.spans += 1;
            self.append(&mut waiting, TelemetryRecord::Span(record));
        } else {
            waiting.dropped_spans += 1;
        }
        has_room
    }

    /// Queues the end of something whose start was queued, also if the queue is full: Python keeps what has started.
    pub(super) fn push_end(&self, record: SpanRecord) {
        self.append(&mut lock(&self.waiting), TelemetryRecord::Span(record));
    }

    fn append(&self, waiting: &mut Batch, record: TelemetryRecord) {
        waiting.records.push_back(record);
        self.len.store(waiting.records.len(), Ordering::Relaxed);
    }

    pub(crate) fn take(&self) -> Batch {
        let mut waiting = lock(&self.waiting);
        self.len.store(0, Ordering::Relaxed);
        std::mem::take(&mut *waiting)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len.load(Ordering::Relaxed) == 0
    }
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch")
            .field("records", &self.records.len())
            .finish_non_exhaustive()
    }
}

thread_local! {
    /// The queue that telemetry of this thread goes to, and the process that it belongs to.
    static QUEUE: RefCell<Option<(u32, Arc<TelemetryQueue>)>> = const { RefCell::new(None) };
}

/// Sends the telemetry of this thread to a queue from now on.
pub(crate) fn set_thread_queue(queue: &Arc<TelemetryQueue>) {
    QUEUE.with_borrow_mut(|current| {
        if !current
            .as_ref()
            .is_some_and(|(_, current)| Arc::ptr_eq(current, queue))
        {
            *current = Some((std::process::id(), Arc::clone(queue)));
        }
    });
}

/// The queue that telemetry of this thread goes to. `None` also while the thread ends, and in a forked child that has not set its
/// own: a thread of the parent may have held a lock of the parent's queue.
pub(crate) fn thread_queue() -> Option<Arc<TelemetryQueue>> {
    QUEUE
        .try_with(|queue| {
            let queue = queue.borrow();
            let (process, queue) = queue.as_ref()?;
            (*process == std::process::id()).then(|| Arc::clone(queue))
        })
        .unwrap_or_default()
}
