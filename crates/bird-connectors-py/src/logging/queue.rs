//! The bounded queue between the SDK's threads and Python's `logging`. Nothing here needs the interpreter.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::process::lock;

/// Maximum number of queued records. Records beyond it are counted and dropped.
const CAPACITY: usize = 1000;

/// One log record.
#[derive(Debug)]
pub(crate) struct LogRecord {
    /// Index of the logger, in the order of `_logging.py`.
    pub(crate) logger: usize,
    /// The level as a number of Python's `logging`.
    pub(crate) level: u8,
    pub(crate) message: String,
    /// Seconds since 1970.
    pub(crate) created: f64,
    pub(crate) fields: Vec<(&'static str, FieldValue)>,
}

#[derive(Debug)]
pub(crate) enum FieldValue {
    Int(i64),
    Float(f64),
    String(String),
}

/// Records that were taken out of a queue.
pub(crate) struct Batch {
    pub(crate) records: VecDeque<LogRecord>,
    /// The number of records that were dropped because the queue was full.
    pub(crate) dropped: usize,
}

/// The records of one process that `logging` has not received yet.
#[derive(Debug, Default)]
pub(crate) struct LogQueue {
    records: Mutex<VecDeque<LogRecord>>,
    len: AtomicUsize,
    dropped: AtomicUsize,
}

impl LogQueue {
    pub(crate) fn push(&self, record: LogRecord) {
        let mut records = lock(&self.records);
        if records.len() < CAPACITY {
            records.push_back(record);
            self.len.store(records.len(), Ordering::Relaxed);
        } else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn take(&self) -> Batch {
        let mut records = lock(&self.records);
        self.len.store(0, Ordering::Relaxed);
        Batch {
            records: std::mem::take(&mut *records),
            dropped: self.dropped.swap(0, Ordering::Relaxed),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len.load(Ordering::Relaxed) == 0
    }
}

thread_local! {
    /// The queue that events of this thread go to.
    static QUEUE: RefCell<Option<Arc<LogQueue>>> = const { RefCell::new(None) };
}

/// Sends the events of this thread to a queue from now on.
pub(crate) fn set_thread_queue(queue: &Arc<LogQueue>) {
    QUEUE.with_borrow_mut(|current| {
        if !current
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, queue))
        {
            *current = Some(Arc::clone(queue));
        }
    });
}

/// The queue that events of this thread go to. `None` also while the thread ends.
pub(crate) fn thread_queue() -> Option<Arc<LogQueue>> {
    QUEUE
        .try_with(|queue| queue.borrow().clone())
        .unwrap_or_default()
}
